package work

import (
	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (w *Work) goal(r *site.Request) (site.Answer, error) {
	return w.goalWith(r, func(*pages.PlanGoalPage) {}, false)
}

// goalWith shows a goal, with what set puts into the page.
func (w *Work) goalWith(r *site.Request, set func(*pages.PlanGoalPage), again bool) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	g, ok := o.Value.Goal(r.PathValue("goal"))
	if !ok {
		return site.Answer{}, fault.NotFoundf("plan.read")
	}
	s, err := w.planSheet(r, o)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanGoalPage{Chart: w.head(r, c), Sheet: s, Goal: g, MayPlan: w.mayPlan(r, c, o.Value.Part2)}
	p.Log = ui.NewForm("key", plan.Key(), "on", r.Now.Format("2006-01-02"))
	p.Step = ui.NewForm("key", plan.Key())
	set(&p)
	view := func(f ui.Frame) templ.Component { return pages.PlanGoal(f, p) }
	if again {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) logProgress(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Plans.Log(r.Ctx(), r.Who, client, id, r.PathValue("goal"), plan.ProgressInput{
		Key: r.Value("key"), On: r.Text("on"), Rating: r.Text("rating"), Words: lines(r, "words"), Step: r.Value("step"), Today: plan.Date(r.Now)})
	if fault.Is(err, fault.Invalid) {
		return w.goalWith(r, func(p *pages.PlanGoalPage) { p.Log = r.Posted(err) }, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(r.Next(goalPath(r))).Saying(ui.Good, "Progress saved."), nil
}

func (w *Work) strikeProgress(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Plans.Strike(r.Ctx(), r.Who, client, id, r.PathValue("goal"), r.Value("entry"), lines(r, "why"))
	if fault.Is(err, fault.Invalid) {
		return w.goalWith(r, func(p *pages.PlanGoalPage) { p.Strike, p.Struck = r.Posted(err), r.Value("entry") }, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(goalPath(r)).Saying(ui.Good, "Struck out. The entry stays, with your name and the reason."), nil
}

func stepOf(r *site.Request, key string) plan.StepInput {
	return plan.StepInput{
		Key: key, Text: lines(r, "text"), Who: plan.Party(r.Value("who")), With: r.Text("with"), Frequency: r.Text("frequency"), Due: r.Text("due"),
		State: plan.StepState(r.Value("state")),
	}
}

func (w *Work) addStep(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Plans.AddStep(r.Ctx(), r.Who, client, id, r.PathValue("goal"), stepOf(r, r.Value("key")), plan.Date(r.Now))
	if fault.Is(err, fault.Invalid) {
		return w.goalWith(r, func(p *pages.PlanGoalPage) { p.Step = r.Posted(err) }, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(goalPath(r)).Saying(ui.Good, "Step added."), nil
}

func (w *Work) markStep(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	to := plan.StepState(r.Value("state"))
	if err := w.Plans.MarkStep(r.Ctx(), r.Who, client, id, r.PathValue("goal"), r.PathValue("step"), to, plan.Date(r.Now)); err != nil {
		return site.Answer{}, err
	}
	said := "The step is done."
	if to != plan.StepDone {
		said = "The step is to be done again."
	}
	return site.SeeOther(r.Next(goalPath(r))).Saying(ui.Good, said), nil
}

// stepForm is a step on record, as the form shows it.
func stepForm(s plan.Intervention) ui.Form {
	var f ui.Form
	f.Add("text", s.Text)
	f.Add("who", phi.NewText(string(s.Who)))
	f.Add("with", s.With)
	f.Add("frequency", s.Frequency)
	f.Add("due", phi.NewText(s.DueOn.DiscloseISO()))
	f.Add("state", phi.NewText(string(s.State)))
	return f
}

// stepPage reads a step and makes its page.
func (w *Work) stepPage(r *site.Request) (pages.PlanStepPage, plan.Opened, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return pages.PlanStepPage{}, o, err
	}
	g, _ := o.Value.Goal(r.PathValue("goal"))
	s, ok := g.Step(r.PathValue("step"))
	if !ok {
		return pages.PlanStepPage{}, o, fault.NotFoundf("plan.read")
	}
	return pages.PlanStepPage{Chart: w.head(r, c), Plan: o.ID.String(), Version: o.Version, Goal: g, Step: s.Key, Form: stepForm(s)}, o, nil
}

func (w *Work) editStep(r *site.Request) (site.Answer, error) {
	p, o, err := w.stepPage(r)
	if err != nil {
		return site.Answer{}, err
	}
	if !o.Value.Open() {
		return w.closedForm(r), nil
	}
	return page(func(f ui.Frame) templ.Component { return pages.PlanStep(f, p) })
}

func (w *Work) saveStep(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	in, today := stepOf(r, r.PathValue("step")), plan.Date(r.Now)
	save := func(version int64) error {
		return w.Plans.EditStep(r.Ctx(), r.Who, client, id, version, r.PathValue("goal"), in, today)
	}
	done := site.SeeOther(goalPath(r)).Saying(ui.Good, "Step saved.")
	version := versionOf(r)
	if err = save(version); err == nil {
		return done, nil
	}
	if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
		return site.Answer{}, err
	}
	p, o, rerr := w.stepPage(r)
	if rerr != nil {
		return site.Answer{}, rerr
	}
	if fault.Is(err, fault.Conflict) {
		m := ui.Merge(r.Posted(nil), p.Form, pages.StepFields...)
		if len(m.Changes) == 0 {
			if err = save(o.Version); err == nil {
				return done, nil
			}
		}
		if fault.Is(err, fault.Conflict) {
			names, err := w.names(r, o.ChangedBy)
			if err != nil {
				return site.Answer{}, err
			}
			m.By, m.At = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
			p.Form, p.Merged = m.Form, &m
			return site.Invalid(func(f ui.Frame) templ.Component { return pages.PlanStep(f, p) }), nil
		}
		if !fault.Is(err, fault.Invalid) {
			return site.Answer{}, err
		}
	}
	p.Version, p.Form = version, r.Posted(err)
	return site.Invalid(func(f ui.Frame) templ.Component { return pages.PlanStep(f, p) }), nil
}
