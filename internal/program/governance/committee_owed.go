package governance

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
	"caseward/law"
)

// Paths of the pages where what is owed is done.
const (
	committeePath = "/governance/committee"
	meetingPath   = committeePath + "/meetings/"
	decisionPath  = committeePath + "/decisions/"
)

// fileWithin is how long after a meeting its minutes are to be filed (agency practice).
const fileWithin = 14 * 24 * time.Hour

// WantObligations implements [obligation.Module]: decisions to carry out, of their owners;
// decisions that wait for a second look; and of who chairs and the privacy officer that the
// committee meets, and that its minutes are filed.
func (cs *Committees) WantObligations(v *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	mine := record.Query{Limit: 500}
	if ask.Only != "" {
		mine.Owner = ask.Only
	}
	open := mine
	open.State, open.ByDue, open.DueBefore = Open, true, ask.Until.UnixMicro()+1
	work := cs.decisions.WantAll(v, open)
	if ask.Asks(actor.PrivacyOfficer) {
		mine.Owner = ""
	}
	committees := cs.committees.WantAll(v, mine)
	reported := &record.List[Decision]{}
	meetings := &record.List[Meeting]{}
	if ask.Only == "" || slices.Contains(chairs, ask.Role) {
		reported = cs.decisions.WantAll(v, record.Query{State: Reported, Limit: 500})
		meetings = cs.meetings.WantAll(v, record.Query{Limit: 30}) // the newest: more than a year of them
	}
	return func(context.Context) (out []obligation.Obligation, err error) {
		asked := func(worker string) bool {
			return slices.ContainsFunc(ask.Of(), func(w obligation.Worker) bool { return w.ID == worker })
		}
		for _, d := range work.Rows {
			if x := d.Value; asked(x.Owner) {
				out = append(out, obligation.Obligation{
					Code: "decision " + d.ID.String(), Worker: x.Owner, What: "Carry out a decision of the committee", Name: x.What,
					Why: "The committee decided it, and it is yours.", Cite: law.Practice, Due: x.Due, Path: decisionPath + d.ID.String(),
				})
			}
		}
		if len(committees.Rows) == 0 {
			return append(out, cs.waiting(reported.Rows, ask, "")...), nil
		}
		c := committees.Rows[0].Value
		out = append(out, cs.waiting(reported.Rows, ask, c.Chair)...)
		n := next(c, meetings.Rows, ask.Now)
		o := obligation.Obligation{Code: "meeting", Cite: law.Practice, Name: c.Name, What: "Call the committee together", Why: "It meets in turn.", Due: n.Due, Path: committeePath}
		if p := n.Planned; p != nil {
			o.Path = meetingPath + p.ID.String()
			o.What, o.Why = "Hold the meeting of the committee", "It is called together, and meets in turn."
			if !p.Value.At.After(ask.Now) {
				o.Code, o.What, o.Why, o.Due = "minutes", "File the minutes of the committee", "The day of the meeting is past.", p.Value.At.Add(fileWithin)
			}
		}
		if asked(c.Chair) {
			x := o
			x.Worker = c.Chair
			out = append(out, x)
		}
		// Whoever chairs does not hear it twice.
		if ask.Asks(actor.PrivacyOfficer) && ask.Only != c.Chair {
			o.Roles, o.Code, o.About = officers[:1], o.Code+" officer", c.Chair
			out = append(out, o)
		}
		return out, nil
	}
}

// waiting are the decisions that somebody other than their owner is to look at.
func (cs *Committees) waiting(rows []DecisionOpened, ask obligation.Ask, chair string) (out []obligation.Obligation) {
	for _, d := range rows {
		x := d.Value
		o := obligation.Obligation{
			Code: "look " + d.ID.String(), Roles: officers, About: x.Owner, What: "Look at what was reported of a decision", Name: x.What,
			Why: "Its owner reports it, and somebody else looks.", Cite: law.Practice, Due: x.Due, Path: decisionPath + d.ID.String(),
		}
		if ask.Asks(officers...) && ask.Only != x.Owner {
			out = append(out, o)
		} else if ask.Only != "" && ask.Only == chair && chair != x.Owner {
			o.Worker, o.Roles = chair, nil
			out = append(out, o)
		}
	}
	return out
}
