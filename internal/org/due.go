package org

import (
	"caseward/internal/actor"
	"caseward/internal/record"
	"caseward/internal/task"
)

// CoverEnds is the end of standing in for a colleague.
const CoverEnds task.What = "coverage"

// WantDue implements [task.Source]: coverages that end soon. One that is over
// needs nothing more.
func (o *Org) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	l := o.coverages.WantAll(v, record.Query{Owner: ask.Worker, DueBefore: ask.BeforeMoment(), Limit: 50})
	return []record.Listed{l}, func() []task.Due {
		var out []task.Due
		for _, c := range l.Rows {
			if c.Value.Until.After(ask.Now) {
				d := task.Due{What: CoverEnds, Owner: c.Value.Cover, Path: "/coverage", LateFrom: c.Value.Until}
				d.On, _ = ask.Clock(c.Value.Until)
				out = append(out, d)
			}
		}
		return out
	}
}
