package note

import (
	"caseward/internal/actor"
	"caseward/internal/record"
	"caseward/internal/task"
)

// What of notes falls due.
const (
	DraftDue  task.What = "draft"  // to be signed by its author
	CoSignDue task.What = "cosign" // to be co-signed by who is asking
)

// WantDue implements [task.Source]: drafts, by when they are to be signed, and
// for a supervisor the notes that wait for a co-signature.
func (ns *Notes) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	l := ns.records.WantAll(v, record.Query{Owner: ask.Worker, State: Draft, DueBefore: ask.BeforeMoment(), ByDue: true, Limit: 100})
	lists, waiting := []record.Listed{l}, &Page{}
	if who.Role() == actor.Supervisor {
		waiting = ns.records.WantAll(v, record.Query{Verb: "await", State: Awaiting, DueBefore: ask.BeforeMoment(), ByDue: true, Limit: 100})
		lists = append(lists, waiting)
	}
	return lists, func() []task.Due {
		var out []task.Due
		for _, o := range waiting.Rows {
			d := task.Due{What: CoSignDue, Client: o.Subject, Title: o.Value.Title, Owner: who.Worker(), LateFrom: o.Labels.Due}
			d.On, _ = ask.Clock(o.Labels.Due)
			d.Path = "/clients/" + o.Subject.String() + "/notes/" + o.ID.String()
			out = append(out, d)
		}
		for _, o := range l.Rows {
			d := task.Due{What: DraftDue, Client: o.Subject, Title: o.Value.Title, Owner: o.Value.Author, LateFrom: o.Value.SignBy()}
			d.On, _ = ask.Clock(o.Value.SignBy())
			d.Path = "/clients/" + o.Subject.String() + "/notes/" + o.ID.String() + "/edit"
			out = append(out, d)
		}
		return out
	}
}
