package assessment

import (
	"caseward/internal/actor"
	"caseward/internal/record"
	"caseward/internal/task"
)

// AskAgain is an assessment to be asked again.
const AskAgain task.What = "assessment"

// WantDue implements [task.Source]: assessments to be asked again, those with no
// later one. A case manager is told of every client they work with, whoever asked
// last; who supervises or manages, of what they asked themselves or, for a team,
// of all they may see.
func (as *Assessments) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	q := record.Query{State: Signed, DueBefore: ask.Before(), ByDue: true, Limit: 100}
	if who.Role() != actor.CaseManager {
		q.Owner = ask.Worker
	}
	l := as.records.WantLabels(v, q)
	return []record.Listed{l}, func() []task.Due {
		var out []task.Due
		for _, o := range l.Rows {
			out = append(out, task.Due{
				What: AskAgain, Client: o.Subject, On: task.Civil(o.Labels.Due.UTC()), Owner: o.Labels.Owner,
				Path: "/clients/" + o.Subject.String() + "/assessments",
			})
		}
		return out
	}
}
