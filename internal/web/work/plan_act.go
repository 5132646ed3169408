package work

import (
	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// planAct shows the form of something that is done to a plan as a whole.
func (w *Work) planAct(act pages.PlanAct) site.Handler {
	return func(r *site.Request) (site.Answer, error) {
		c, o, err := w.openPlan(r)
		if err != nil {
			return site.Answer{}, err
		}
		if o.Value.Stage != plan.InForce && (act != pages.PlanBegin || o.Value.Stage != plan.Drafted) {
			return w.closedForm(r), nil
		}
		if act == pages.PlanBegin && o.Value.Stage == plan.InForce {
			return site.SeeOther(planPath(r, "")).Saying(ui.Note, "The plan is in force already."), nil
		}
		today := r.Now.Format("2006-01-02")
		form := ui.NewForm("agreed_on", today, "on", today, "key", plan.Key(), "next", plan.NextReview(plan.Date(r.Now), 3).DiscloseISO())
		next := o.Value.ReviewOn
		if next.Empty() {
			next = plan.NextReview(plan.Date(r.Now), 3)
		}
		form.Add("review_on", phi.NewText(next.DiscloseISO()))
		return w.actPage(r, c, o, act, form, nil, false)
	}
}

func (w *Work) actPage(r *site.Request, c *chart, o plan.Opened, act pages.PlanAct, form ui.Form, merged *ui.Merged, again bool) (site.Answer, error) {
	s, err := w.planSheet(r, o)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanActPage{Chart: w.head(r, c), Act: act, Sheet: s, Form: form, Merged: merged}
	view := func(f ui.Frame) templ.Component { return pages.PlanActForm(f, p) }
	if again {
		return site.Invalid(view), nil
	}
	return page(view)
}

// act carries out what do does, or shows the form again with what was typed.
func (w *Work) act(r *site.Request, act pages.PlanAct, said string, do func(person.ID, plan.Opened, plan.Served) error) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = do(c.id, o, served(c, o.Value))
	switch {
	case err == nil:
		return site.SeeOther(planPath(r, "")).Saying(ui.Good, said), nil
	case fault.Is(err, fault.Conflict):
		// What is to be done is done to what a colleague made of the plan: it is
		// shown first.
		if c, o, err = w.openPlan(r); err != nil {
			return site.Answer{}, err
		}
		names, err := w.names(r, o.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		return w.actPage(r, c, o, act, r.Posted(nil), &ui.Merged{By: names[o.ChangedBy], At: o.ChangedAt.In(r.Zone)}, true)
	case fault.Is(err, fault.Invalid):
		return w.actPage(r, c, o, act, r.Posted(err), nil, true)
	}
	return site.Answer{}, err
}

func answerOf(r *site.Request) plan.AgreementInput {
	in := plan.AgreementInput{Answer: plan.Answer(r.Value("answer")), On: r.Text("agreed_on"), How: plan.How(r.Value("how")), Words: lines(r, "words"), Today: plan.Date(r.Now)}
	if in.Answer == "later" {
		in.Answer = plan.NotAsked
	}
	return in
}

func (w *Work) beginPlan(r *site.Request) (site.Answer, error) {
	return w.act(r, pages.PlanBegin, "The plan is in force. The review is on the calendar of the case.", func(client person.ID, o plan.Opened, s plan.Served) error {
		if r.Value("answer") == "" {
			return fault.InvalidFields("plan.change", fault.Field{Name: "answer", Message: "Choose what the client said, or that you ask later."})
		}
		in := plan.BeginInput{ReviewOn: r.Text("review_on"), Agreement: answerOf(r), Served: s, Today: plan.Date(r.Now)}
		if !o.Value.Before.IsZero() {
			old, err := w.Plans.Read(r.Ctx(), r.Who, o.Value.Before)
			if err != nil {
				return err
			}
			if !old.Value.Imported() && old.Value.Stage == plan.InForce {
				in.Supersedes = old.ID
			}
		}
		return w.Plans.Begin(r.Ctx(), r.Who, client, o.ID, versionOf(r), in)
	})
}

func (w *Work) agreePlan(r *site.Request) (site.Answer, error) {
	return w.act(r, pages.PlanAgree, "The client’s answer is recorded.", func(client person.ID, o plan.Opened, _ plan.Served) error {
		return w.Plans.Agree(r.Ctx(), r.Who, client, o.ID, revisionOf(r), answerOf(r))
	})
}

func (w *Work) reviewPlan(r *site.Request) (site.Answer, error) {
	return w.act(r, pages.PlanReview, "Review recorded. The next one is on the calendar of the case.", func(client person.ID, o plan.Opened, s plan.Served) error {
		in := plan.ReviewInput{Key: r.Value("key"), On: r.Text("on"), Next: r.Text("next"), With: r.Text("with"), Summary: lines(r, "summary"), Served: s, Today: plan.Date(r.Now)}
		for _, k := range union(nil, r.Values("goal")) {
			in.Decisions = append(in.Decisions, plan.DecisionInput{
				Goal: k, What: plan.Choice(r.Value(plan.DecisionField(k, "what"))), Words: lines(r, plan.DecisionField(k, "words")), Rating: r.Text(plan.DecisionField(k, "rating"))})
		}
		return w.Plans.Review(r.Ctx(), r.Who, client, o.ID, in)
	})
}

func (w *Work) endPlan(r *site.Request) (site.Answer, error) {
	return w.act(r, pages.PlanEnd, "The plan has ended. A new one can take over what is open.", func(client person.ID, o plan.Opened, s plan.Served) error {
		return w.Plans.End(r.Ctx(), r.Who, client, o.ID, plan.Ending{On: r.Text("on"), Outcome: plan.Outcome(r.Value("outcome")), Words: lines(r, "words"), Served: s, Today: plan.Date(r.Now)})
	})
}
