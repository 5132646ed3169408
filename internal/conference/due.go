package conference

import (
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/task"
)

// What of conferences falls due.
const (
	DutyDue    task.What = "conference_duty"    // a decision that became no task, due in the conference
	HoldDue    task.What = "conference"         // the conference itself, for who called it and who is invited
	MinutesDue task.What = "conference_minutes" // it is over, and the minutes are to be signed by who called it
)

// What a conference waits for, as the label says it.
const (
	hasDuties = "duties"
	unsigned  = "unsigned" // to be held, and its minutes signed
)

// signWithin is how long after it the minutes of a conference are not late: as long
// as those who were invited still read them (agency practice).
const signWithin = GuestsRead

// over is when a conference ends.
func (c Conference) over() time.Time { return c.At.Add(time.Duration(c.Length) * time.Minute) }

// awaits is what a conference waits for, and by when: the day of a duty, or the
// moment the conference begins.
func (c Conference) awaits() (tag string, due time.Time) {
	if !c.Signed {
		return unsigned, c.At
	}
	for _, d := range c.Duties {
		y, m, day := d.Due.Disclose()
		at := time.Date(y, time.Month(m), day, 0, 0, 0, 0, time.UTC)
		if !d.Done && (tag == "" || at.Before(due)) {
			tag, due = hasDuties, at
		}
	}
	return tag, due
}

// invites reports whether a worker called the conference or is invited to it.
func (c Conference) invites(worker string) bool {
	return c.Organizer == worker || slices.ContainsFunc(c.Attendees, func(a Attendee) bool { return a.Worker == worker })
}

// WantDue implements [task.Source]: of the conferences that the asker may open,
// those that are to be held, those whose minutes are to be signed, and the duties.
// It takes of them only that they are there and until when; what is to be done is
// read in the conference.
func (cs *Conferences) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	bare := policy.Set(policy.Case)
	l := cs.records.WantAll(v, record.Query{Tag: hasDuties, DueBefore: ask.Before(), ByDue: true, Limit: 500, Only: bare})
	called := cs.records.WantAll(v, record.Query{Tag: unsigned, DueBefore: ask.BeforeMoment(), ByDue: true, Limit: 500, Only: bare})
	return []record.Listed{l, called}, func() []task.Due {
		var out []task.Due
		for _, o := range called.Rows {
			c := o.Value
			if ask.Worker != "" && !c.invites(ask.Worker) {
				continue
			}
			d := task.Due{What: HoldDue, Client: o.Subject, Path: path(o.Subject, o.ID), Owner: c.Organizer, LateFrom: c.over()}
			d.On, d.At = ask.Clock(c.At)
			if _, d.End = ask.Clock(c.over()); !ask.Now.Before(c.over()) {
				if ask.Worker != "" && c.Organizer != ask.Worker {
					continue // who called it signs
				}
				d.What, d.LateFrom = MinutesDue, c.over().Add(signWithin)
			}
			out = append(out, d)
		}
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
