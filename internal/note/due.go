package note

import (
	"caseward/internal/actor"
	"caseward/internal/record"
	"caseward/internal/task"
)

// DraftDue is a draft to be signed.
const DraftDue task.What = "draft"

// WantDue implements [task.Source]: drafts, by when they are to be signed.
func (ns *Notes) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	l := ns.records.WantAll(v, record.Query{Owner: ask.Worker, State: Draft, DueBefore: ask.BeforeMoment(), ByDue: true, Limit: 100})
	return []record.Listed{l}, func() []task.Due {
		var out []task.Due
		for _, o := range l.Rows {
			d := task.Due{What: DraftDue, Client: o.Subject, Title: o.Value.Title, Owner: o.Value.Author, LateFrom: o.Value.SignBy()}
			d.On, _ = ask.Clock(o.Value.SignBy())
			d.Path = "/clients/" + o.Subject.String() + "/notes/" + o.ID.String() + "/edit"
			out = append(out, d)
		}
		return out
	}
}
