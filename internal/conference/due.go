package conference

import (
	"time"

	"caseward/internal/actor"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/task"
)

// DutyDue is a decision that became no task, due in the conference.
const DutyDue task.What = "conference_duty"

// What a conference waits for, as the label says it.
const hasDuties = "duties"

// awaits is what a conference waits for, and by when.
func (c Conference) awaits() (tag string, due time.Time) {
	for _, d := range c.Duties {
		y, m, day := d.Due.Disclose()
		at := time.Date(y, time.Month(m), day, 0, 0, 0, 0, time.UTC)
		if !d.Done && (tag == "" || at.Before(due)) {
			tag, due = hasDuties, at
		}
	}
	return tag, due
}

// WantDue implements [task.Source]: the duties of conferences that the asker may
// open. It takes of them only that they are there and until when; what is to be
// done is read in the conference.
func (cs *Conferences) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	bare := policy.Set(policy.Case)
	l := cs.records.WantAll(v, record.Query{Tag: hasDuties, DueBefore: ask.Before(), ByDue: true, Limit: 200, Only: bare})
	return []record.Listed{l}, func() []task.Due {
		var out []task.Due
		for _, o := range l.Rows {
			for _, d := range o.Value.Duties {
				if !d.Done && ask.Wants(d.Due) && (ask.Worker == "" || ask.Worker == d.Who) {
					out = append(out, task.Due{What: DutyDue, Client: o.Subject, On: d.Due, Path: path(o.Subject, o.ID), Owner: d.Who})
				}
			}
		}
		return out
	}
}
