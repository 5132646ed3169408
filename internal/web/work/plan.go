package work

import (
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// planRoutes is the part of the route table about care plans.
func (w *Work) planRoutes() []site.Route {
	const one, goal = "/clients/{id}/plan/{plan}", "/clients/{id}/plan/{plan}/goals/{goal}"
	return []site.Route{
		{Pattern: "GET /clients/{id}/plan", Action: "plan.find", Handle: w.plan},
		{Pattern: "GET /clients/{id}/plan/new", Action: "plan.create", Handle: w.newPlan},
		{Pattern: "POST /clients/{id}/plan/new", Action: "plan.create", Handle: w.startPlan},
		{Pattern: "POST /clients/{id}/plan/goals/start", Action: "plan.change", Handle: w.startGoal},
		{Pattern: "GET " + one, Action: "plan.read", Handle: w.onePlan},
		{Pattern: "GET " + one + "/edit", Action: "plan.change", Handle: w.editPlan},
		{Pattern: "POST " + one + "/edit", Action: "plan.change", Handle: w.savePlan},
		{Pattern: "GET " + one + "/begin", Action: "plan.change", Handle: w.planAct(pages.PlanBegin)},
		{Pattern: "POST " + one + "/begin", Action: "plan.change", Handle: w.beginPlan},
		{Pattern: "GET " + one + "/agree", Action: "plan.change", Handle: w.planAct(pages.PlanAgree)},
		{Pattern: "POST " + one + "/agree", Action: "plan.change", Handle: w.agreePlan},
		{Pattern: "GET " + one + "/review", Action: "plan.change", Handle: w.planAct(pages.PlanReview)},
		{Pattern: "POST " + one + "/review", Action: "plan.change", Handle: w.reviewPlan},
		{Pattern: "GET " + one + "/end", Action: "plan.change", Handle: w.planAct(pages.PlanEnd)},
		{Pattern: "POST " + one + "/end", Action: "plan.change", Handle: w.endPlan},
		{Pattern: "POST " + one + "/renew", Action: "plan.create", Handle: w.renewPlan},
		{Pattern: "POST " + one + "/discard", Action: "plan.change", Handle: w.discardPlan},
		{Pattern: "GET " + one + "/history", Action: "plan.history", Handle: w.planHistory},
		{Pattern: "GET " + one + "/print", Action: "plan.read", Handle: w.printPlan},
		{Pattern: "GET " + one + "/goals/new", Action: "plan.change", Handle: w.newGoal},
		{Pattern: "POST " + one + "/goals/new", Action: "plan.change", Handle: w.addGoal},
		{Pattern: "GET " + goal, Action: "plan.read", Handle: w.goal},
		{Pattern: "GET " + goal + "/edit", Action: "plan.change", Handle: w.editPlan},
		{Pattern: "POST " + goal + "/edit", Action: "plan.change", Handle: w.savePlan},
		{Pattern: "POST " + goal + "/remove", Action: "plan.change", Handle: w.removeGoal},
		{Pattern: "POST " + goal + "/progress", Action: "plan.change", Handle: w.logProgress},
		{Pattern: "POST " + goal + "/strike", Action: "plan.change", Handle: w.strikeProgress},
		{Pattern: "POST " + goal + "/steps", Action: "plan.change", Handle: w.addStep},
		{Pattern: "GET " + goal + "/steps/{step}", Action: "plan.change", Handle: w.editStep},
		{Pattern: "POST " + goal + "/steps/{step}", Action: "plan.change", Handle: w.saveStep},
		{Pattern: "POST " + goal + "/steps/{step}/mark", Action: "plan.change", Handle: w.markStep},
	}
}

func planID(r *site.Request) (plan.ID, error) { return record.ParseID[plan.Plan](r.PathValue("plan")) }

// freshPlan is the id that the form of a new plan carries; zero for none.
func freshPlan(r *site.Request) plan.ID {
	id, err := record.ParseID[plan.Plan](r.Value("new"))
	if err != nil {
		return plan.ID{}
	}
	return id
}

func planPath(r *site.Request, rest string) string {
	p := "/clients/" + r.PathValue("id") + "/plan/" + r.PathValue("plan")
	if rest != "" {
		p += "/" + rest
	}
	return p
}

func goalPath(r *site.Request) string { return planPath(r, "goals/"+r.PathValue("goal")) }

// openPlan reads a chart and one plan of it.
func (w *Work) openPlan(r *site.Request) (*chart, plan.Opened, error) {
	id, err := planID(r)
	if err != nil {
		return nil, plan.Opened{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return nil, plan.Opened{}, err
	}
	got := w.Plans.WantOne(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return nil, plan.Opened{}, err
	}
	if err := w.belongs(r, c.subject(), got.Subject, "plan.read"); err != nil {
		return nil, plan.Opened{}, err
	}
	return c, got.Opened, nil
}

// mayPlan reports whether the reader works on plans of this client, or on this
// one where it is specially protected.
func (w *Work) mayPlan(r *site.Request, c *chart, part2 bool) bool {
	class := policy.Set(policy.Plan)
	if part2 {
		class = policy.Set(policy.SUD)
	}
	got, err := w.Door.May(r.Ctx(), r.Who, "plan.change", c.subject(), false, class)
	return err == nil && got == class
}

// served is the case that a plan serves: its own while that is open, and the
// current one otherwise.
func served(c *chart, p plan.Plan) plan.Served {
	for _, o := range c.cases.Rows {
		if o.ID == p.Case && o.Value.IsOpen() {
			return plan.Served{Case: o.ID, Worker: o.Value.Worker}
		}
	}
	if o, ok := casefile.Current(c.cases.Rows); ok && o.Value.IsOpen() {
		return plan.Served{Case: o.ID, Worker: o.Value.Worker}
	}
	return plan.Served{}
}

// planSheet is a plan with the names of who is in it.
func (w *Work) planSheet(r *site.Request, o plan.Opened) (pages.PlanSheet, error) {
	v := o.Value
	ids := []string{v.BegunBy, v.Agreement.By, o.ChangedBy}
	for _, x := range v.Reviews {
		ids = append(ids, x.By)
	}
	for _, g := range v.Goals {
		for _, x := range g.Progress {
			ids = append(ids, x.By, x.StruckBy)
		}
	}
	names, err := w.names(r, ids...)
	return pages.PlanSheet{Plan: v, ID: o.ID.String(), Version: o.Version, Names: names, Today: plan.Date(r.Now), Fresh: record.FreshID[plan.Plan](r.Now).String()}, err
}

func planLine(o plan.Opened) pages.PlanLine {
	v := o.Value
	l := pages.PlanLine{ID: o.ID.String(), Title: v.Title, Stage: v.Stage, Current: v.Current, From: v.From, Until: v.Until, Goals: len(v.Goals)}
	if v.Imported() {
		l.Source = v.Source.System
	}
	return l
}

// plan shows the plan in force, and which others there are.
func (w *Work) plan(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	list := w.Plans.Want(c.view, c.id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanPage{Chart: w.head(r, c), MayPlan: w.mayPlan(r, c, false)}
	for i, o := range plan.Sorted(list.Rows) {
		if i > 0 {
			p.Others = append(p.Others, planLine(o))
			continue
		}
		s, err := w.planSheet(r, o)
		if err != nil {
			return site.Answer{}, err
		}
		p.Sheet = &s
		p.MayPlan = w.mayPlan(r, c, s.Part2)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Plan(f, p) })
}

func (w *Work) onePlan(r *site.Request) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	s, err := w.planSheet(r, o)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanPage{Chart: w.head(r, c), Sheet: &s, MayPlan: w.mayPlan(r, c, o.Value.Part2)}
	return page(func(f ui.Frame) templ.Component { return pages.Plan(f, p) })
}

// planForm is what is on record, as the form shows it.
func planForm(p plan.Plan, only string) ui.Form {
	var f ui.Form
	if only == "" {
		f.Add("title", p.Title)
		f.Add("from", phi.NewText(p.From.DiscloseISO()))
		f.Add("until", phi.NewText(p.Until.DiscloseISO()))
		f.Add("review_on", phi.NewText(p.ReviewOn.DiscloseISO()))
		f.Add("matters", p.Matters)
		f.Add("strengths", p.Strengths)
		f.Add("barriers", p.Barriers)
		if p.Part2 {
			f.Add("part2", phi.NewText("yes"))
		}
	}
	for _, g := range p.Goals {
		if only != "" && g.Key != only || only == "" && !g.Open() {
			continue
		}
		at := func(n string, t phi.Text) { f.Add(plan.GoalField(g.Key, n), t) }
		at("area", phi.NewText(string(g.Area)))
		at("text", g.Text)
		at("measure", g.Measure)
		at("baseline", g.Baseline)
		at("target", phi.NewText(g.TargetOn.DiscloseISO()))
		at("priority", phi.NewText(string(g.Priority)))
		if only != "" {
			at("state", phi.NewText(string(g.State)))
			at("reason", g.Reason)
		}
	}
	return f
}

// goalKeys are the keys of the goals that a form about p holds.
func goalKeys(p plan.Plan, only string) []string {
	if only != "" {
		return []string{only}
	}
	var out []string
	for _, g := range p.Goals {
		if g.Open() {
			out = append(out, g.Key)
		}
	}
	return out
}

// planKeys tells which goals a plan has.
func planKeys(p plan.Plan) map[string]bool {
	out := map[string]bool{}
	for _, g := range p.Goals {
		out[g.Key] = true
	}
	return out
}

// lines is a posted text with ends of lines as they are kept.
func lines(r *site.Request, name string) phi.Text {
	return phi.NewText(strings.TrimSpace(strings.ReplaceAll(r.FormValue(name), "\r\n", "\n")))
}

func detailsOf(r *site.Request) plan.Details {
	return plan.Details{
		Title: r.Text("title"), From: r.Text("from"), Until: r.Text("until"), ReviewOn: r.Text("review_on"),
		Matters: lines(r, "matters"), Strengths: lines(r, "strengths"), Barriers: lines(r, "barriers"), Part2: r.Value("part2") == "yes",
	}
}

func goalsOf(r *site.Request, keys []string) []plan.GoalInput {
	var out []plan.GoalInput
	for _, k := range keys {
		at := func(n string) phi.Text { return lines(r, plan.GoalField(k, n)) }
		var steps []plan.StepInput
		if t := at("step"); !t.Empty() {
			// A key made from the goal's: sent twice, it is one step.
			steps = append(steps, plan.StepInput{Key: k, Text: t, Who: plan.Party(r.Value(plan.GoalField(k, "who"))), State: plan.StepPlanned})
		}
		out = append(out, plan.GoalInput{
			Steps: steps,
			Key:   k, Area: plan.Domain(r.Value(plan.GoalField(k, "area"))), Text: at("text"), Measure: at("measure"), Baseline: at("baseline"), Target: at("target"),
			Priority: plan.Priority(r.Value(plan.GoalField(k, "priority"))), State: plan.GoalState(r.Value(plan.GoalField(k, "state"))), Reason: at("reason"),
		})
	}
	return out
}

// showForm shows the form of a plan or of a goal, with the goals it knows.
func (w *Work) showForm(r *site.Request, c *chart, p pages.PlanFormPage, known plan.Plan, again bool) (site.Answer, error) {
	p.Chart, p.Known = w.head(r, c), planKeys(known)
	view := func(f ui.Frame) templ.Component { return pages.PlanForm(f, p) }
	if again {
		return site.Invalid(view), nil
	}
	return page(view)
}

// closedForm answers for a form about a plan that can no longer be worked on.
func (w *Work) closedForm(r *site.Request) site.Answer {
	return site.SeeOther(planPath(r, "")).Refusing("This plan cannot be changed any more.")
}

func (w *Work) newPlan(r *site.Request) (site.Answer, error) { return w.newPlanWith(r, ui.Form{}) }

// newPlanWith shows the form of a new plan, with a goal begun elsewhere if goal
// holds one.
func (w *Work) newPlanWith(r *site.Request, goal ui.Form) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanFormPage{Draft: true, Fresh: record.FreshID[plan.Plan](r.Now).String(), Keys: []string{plan.Key()}}
	p.Form = ui.NewForm("title", r.T("Care plan"), "from", r.Now.Format("2006-01-02"), "review_on", plan.NextReview(plan.Date(r.Now), 3).DiscloseISO())
	for _, n := range []string{"area", "text", "measure"} {
		p.Form.Add(plan.GoalField(p.Keys[0], n), goal.Value(n))
	}
	return w.showForm(r, c, p, plan.Plan{}, false)
}

func (w *Work) startPlan(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanFormPage{Draft: true, Fresh: r.Value("new"), Keys: union(nil, r.Values("goal"))}
	if r.Value("do") == "more" {
		p.Form, p.Keys = r.Posted(nil), append(p.Keys, plan.Key())
		return w.showForm(r, c, p, plan.Plan{}, false)
	}
	id, err := w.Plans.Start(r.Ctx(), r.Who, c.id, plan.Beginning{Details: detailsOf(r), New: freshPlan(r), Goals: goalsOf(r, p.Keys), Case: served(c, plan.Plan{}).Case, Today: plan.Date(r.Now)})
	if fault.Is(err, fault.Invalid) {
		p.Form = r.Posted(err)
		return w.showForm(r, c, p, plan.Plan{}, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+c.id.String()+"/plan/"+id.String()).Saying(ui.Good, "Saved as a draft. Put it in force when you and the client are ready."), nil
}

// startGoal begins a goal that another page suggests: the form of a new goal of
// the plan being worked on, or of a new plan where there is none.
func (w *Work) startGoal(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	list := w.Plans.Want(c.view, c.id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	area := plan.AreaOf(r.Text("domain"))
	var goal ui.Form
	goal.Add("area", phi.NewText(string(area)))
	goal.Add("text", lines(r, "title"))
	goal.Add("measure", lines(r, "measure"))
	for _, o := range plan.Sorted(list.Rows) {
		if o.Value.Open() && w.mayPlan(r, c, o.Value.Part2) {
			return w.goalForm(r, c, o, goal)
		}
	}
	return w.newPlanWith(r, goal)
}

// goalForm shows the form of a new goal of a plan.
func (w *Work) goalForm(r *site.Request, c *chart, o plan.Opened, goal ui.Form) (site.Answer, error) {
	p := pages.PlanFormPage{Plan: o.ID.String(), Version: o.Version, Title: o.Value.Title, One: true, New: true, Keys: []string{plan.Key()}}
	for _, n := range []string{"area", "text", "measure"} {
		p.Form.Add(plan.GoalField(p.Keys[0], n), goal.Value(n))
	}
	return w.showForm(r, c, p, o.Value, false)
}

func (w *Work) newGoal(r *site.Request) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	if !o.Value.Open() {
		return w.closedForm(r), nil
	}
	return w.goalForm(r, c, o, ui.Form{})
}

func (w *Work) addGoal(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	keys := union(nil, r.Values("goal"))
	if len(keys) != 1 {
		return site.Answer{}, fault.Invalidf("plan.change", "the form names no goal")
	}
	err = w.Plans.AddGoal(r.Ctx(), r.Who, client, id, goalsOf(r, keys)[0], plan.Date(r.Now))
	if fault.Is(err, fault.Invalid) {
		c, o, rerr := w.openPlan(r)
		if rerr != nil {
			return site.Answer{}, rerr
		}
		p := pages.PlanFormPage{Plan: o.ID.String(), Version: o.Version, Title: o.Value.Title, One: true, New: true, Keys: keys, Form: r.Posted(err)}
		return w.showForm(r, c, p, o.Value, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(planPath(r, "goals/"+keys[0])).Saying(ui.Good, "Goal added. Add a first step towards it."), nil
}

// planFormOf is the page of the form about o: the whole of it, or one goal.
func planFormOf(o plan.Opened, only string) pages.PlanFormPage {
	v := o.Value
	return pages.PlanFormPage{Plan: o.ID.String(), Version: o.Version, Title: v.Title, Draft: v.Stage == plan.Drafted, Part2: v.Part2, One: only != "", Keys: goalKeys(v, only), Form: planForm(v, only)}
}

func (w *Work) editPlan(r *site.Request) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	only := r.PathValue("goal")
	if _, ok := o.Value.Goal(only); only != "" && !ok {
		return site.Answer{}, fault.NotFoundf("plan.read")
	}
	if !o.Value.Open() {
		return w.closedForm(r), nil
	}
	return w.showForm(r, c, planFormOf(o, only), o.Value, false)
}

// savePlan saves a plan, or one goal of it. What a colleague saved meanwhile is
// put together with it: where that touches nothing the form shows it is saved as
// it is, and otherwise both are shown.
func (w *Work) savePlan(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	only := r.PathValue("goal")
	keys := union(nil, r.Values("goal"))
	if only != "" {
		keys = []string{only}
	}
	in := plan.Edit{Goals: goalsOf(r, keys), Today: plan.Date(r.Now)}
	if only == "" {
		d := detailsOf(r)
		in.Details = &d
	}
	version := versionOf(r)
	if r.Value("do") != "more" {
		err = w.Plans.Edit(r.Ctx(), r.Who, client, id, version, in)
		if err == nil {
			return w.savedPlan(r, only), nil
		}
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
			return site.Answer{}, err
		}
	}
	c, o, rerr := w.openPlan(r)
	if rerr != nil {
		return site.Answer{}, rerr
	}
	p := planFormOf(o, only)
	theirs := p.Form
	p.Keys, p.Known = union(keys, p.Keys), planKeys(o.Value)
	if fault.Is(err, fault.Conflict) {
		m := ui.Merge(r.Posted(nil), theirs, p.Fields()...)
		if len(m.Changes) == 0 && o.Value.Open() {
			if err = w.Plans.Edit(r.Ctx(), r.Who, client, id, o.Version, in); err == nil {
				return w.savedPlan(r, only), nil
			}
		}
		if fault.Is(err, fault.Conflict) {
			names, err := w.names(r, o.ChangedBy)
			if err != nil {
				return site.Answer{}, err
			}
			m.By, m.At = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
			p.Form, p.Merged = m.Form, &m
			return w.showForm(r, c, p, o.Value, true)
		}
		if !fault.Is(err, fault.Invalid) {
			return site.Answer{}, err
		}
	}
	// The form still stands for the version it was made from.
	p.Version, p.Form = version, r.Posted(err)
	if err == nil {
		p.Keys = append(keys, plan.Key())
		return w.showForm(r, c, p, o.Value, false)
	}
	p.Keys = keys
	return w.showForm(r, c, p, o.Value, true)
}

func (w *Work) savedPlan(r *site.Request, only string) site.Answer {
	if only != "" {
		return site.SeeOther(goalPath(r)).Saying(ui.Good, "Goal saved.")
	}
	return site.SeeOther(planPath(r, "")).Saying(ui.Good, "Care plan saved.")
}

func (w *Work) removeGoal(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Plans.Remove(r.Ctx(), r.Who, client, id, versionOf(r), r.PathValue("goal"))
	if fault.Is(err, fault.Conflict) {
		return site.SeeOther(planPath(r, "edit")).Refusing("A colleague changed the plan meanwhile. Look at it again; nothing was taken out."), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(planPath(r, "edit")).Saying(ui.Good, "Goal taken out of the draft."), nil
}

func (w *Work) renewPlan(r *site.Request) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := w.Plans.Renew(r.Ctx(), r.Who, c.id, o.ID, freshPlan(r), served(c, o.Value), plan.Date(r.Now))
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+c.id.String()+"/plan/"+id.String()+"/edit").Saying(ui.Good, "A draft with the open goals of the old plan. The old plan stays in force until you put this one in its place."), nil
}

func (w *Work) discardPlan(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := planID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Plans.Discard(r.Ctx(), r.Who, client, id, versionOf(r))
	if fault.Is(err, fault.Conflict) {
		return site.SeeOther(planPath(r, "")).Refusing("A colleague changed the plan meanwhile. Look at it again; it was not thrown away."), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/plan").Saying(ui.Good, "The draft was thrown away. Its history stays."), nil
}

func (w *Work) planHistory(r *site.Request) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	all, err := w.Plans.History(r.Ctx(), r.Who, o.ID)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, v := range all {
		ids = append(ids, v.ChangedBy)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanHistoryPage{Chart: w.head(r, c), ID: o.ID.String(), Title: o.Value.Title}
	for i, v := range all {
		x := pages.PlanVersion{Version: v.Version, By: names[v.ChangedBy], At: v.ChangedAt.In(r.Zone), First: i == len(all)-1, Held: v.Withheld != 0}
		if !x.First && !x.Held {
			x.Changes = plan.Diff(all[i+1].Value, v.Value)
		}
		p.Versions = append(p.Versions, x)
	}
	return page(func(f ui.Frame) templ.Component { return pages.PlanHistory(f, p) })
}

// printPlan shows the copy for the client, in the language asked for.
func (w *Work) printPlan(r *site.Request) (site.Answer, error) {
	c, o, err := w.openPlan(r)
	if err != nil {
		return site.Answer{}, err
	}
	s, err := w.planSheet(r, o)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.PlanPrintPage{Chart: w.head(r, c), Sheet: s}
	worker := served(c, o.Value).Worker
	names, err := w.names(r, worker)
	if err != nil {
		return site.Answer{}, err
	}
	p.Worker = names[worker]
	p.Lang = r.Lang
	switch r.Value("in") {
	case "es":
		p.Lang = ui.Spanish
	case "en":
		p.Lang = ui.English
	}
	return page(func(f ui.Frame) templ.Component { return pages.PlanPrint(f, p) })
}
