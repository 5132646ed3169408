package casefile

import (
	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/task"
)

// What of a case falls due.
const (
	ContactDue     task.What = "contact"
	PlanReviewDue  task.What = "plan_review"
	EligibilityEnd task.What = "eligibility"
)

// WantDue implements [task.Source]: the next contact, the review of the plan and
// the end of eligibility of open cases.
func (cs *Cases) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	l := cs.records.WantAll(v, record.Query{
		Owner: ask.Worker, State: StateOpen, DueBefore: ask.Before(), ByDue: true, Limit: 500, Only: policy.Set(policy.Case),
	})
	return []record.Listed{l}, func() []task.Due {
		var out []task.Due
		for _, o := range l.Rows {
			c, chart := o.Value, "/clients/"+o.Subject.String()
			add := func(what task.What, on phi.Date, d task.Due) {
				if ask.Wants(on) {
					d.What, d.Client, d.On, d.Owner = what, o.Subject, on, c.Worker
					out = append(out, d)
				}
			}
			add(ContactDue, c.NextContactOn, task.Due{Title: c.NextContact, Path: chart, Log: chart + "/notes"})
			add(PlanReviewDue, c.PlanReviewOn, task.Due{Path: chart + "/plan", Log: chart + "/notes"})
			add(EligibilityEnd, c.EligibleUntil, task.Due{Path: chart + "/case"})
		}
		return out
	}
}
