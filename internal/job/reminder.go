package job

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/program/obligation"
)

// Reminder reminds people by mail of what the program asks of them. A mail says how much
// and by when, and where to sign in: no name of anything or anybody stands in it.
type Reminder struct {
	owed   *obligation.Obligations
	dir    *org.Directory
	writer *Writer // nil: nothing is sent, and nobody is said to have been reminded
	who    actor.Actor
	origin string
}

// NewReminder returns a job that acts as the service who. origin is where people sign in.
func NewReminder(o *obligation.Obligations, dir *org.Directory, w *Writer, who actor.Actor, origin string) *Reminder {
	return &Reminder{owed: o, dir: dir, writer: w, who: who, origin: origin}
}

// Remind sends what is to be sent today and was not yet.
func (r *Reminder) Remind(ctx context.Context) error {
	if r.writer == nil {
		return nil
	}
	agency, err := r.dir.Agency(ctx)
	if fault.Is(err, fault.NotFound) {
		return nil // not set up yet
	} else if err != nil {
		return err
	}
	return r.owed.Remind(ctx, r.who, agency.Zone(), r.send)
}

func (r *Reminder) send(ctx context.Context, l obligation.Letter) error {
	_, err := r.writer.Write(ctx, l.Worker, func(in Words, to org.Standing) (string, []string) {
		var parts []string
		where := r.origin + "/due"
		switch {
		case l.Due == 1:
			parts = append(parts, in.T("1 thing is due from you, the first by %s.", in.Day(l.First)))
		case l.Due > 1:
			parts = append(parts, in.T("%d things are due from you, the first by %s.", l.Due, in.Day(l.First)))
		}
		if l.Others > 0 {
			if l.Others == 1 {
				parts = append(parts, in.T("1 thing is a week overdue for people whose work you answer for."))
			} else {
				parts = append(parts, in.T("%d things are a week overdue for people whose work you answer for.", l.Others))
			}
			if l.Due == 0 {
				where += "?whose=team"
				if to.Works(actor.PrivacyOfficer) {
					where = r.origin + "/due?whose=agency"
				}
			}
		}
		return in.T("Caseward: something is due"), append(parts, in.T("Sign in to see what, and why: %s", where))
	})
	return err
}
