package job

import (
	"context"
	"fmt"
	"strings"

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
	mailer Mailer // nil: nothing is sent, and nobody is said to have been reminded
	who    actor.Actor
	origin string
}

// NewReminder returns a job that acts as the service who. origin is where people sign in.
func NewReminder(o *obligation.Obligations, dir *org.Directory, m Mailer, who actor.Actor, origin string) *Reminder {
	return &Reminder{owed: o, dir: dir, mailer: m, who: who, origin: origin}
}

// Remind sends what is to be sent today and was not yet.
func (r *Reminder) Remind(ctx context.Context) error {
	if r.mailer == nil {
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
	st, err := r.dir.Standing(ctx, l.Worker)
	if err != nil || !st.Active {
		return err
	}
	var b strings.Builder
	where := r.origin + "/due"
	if l.Due > 0 {
		fmt.Fprintf(&b, "%s due from you, the first by %s.\n\n", things(l.Due), l.First.Format("January 2, 2006"))
	}
	if l.Others > 0 {
		fmt.Fprintf(&b, "%s a week overdue for people whose work you answer for.\n\n", things(l.Others))
		if l.Due == 0 {
			where += "?whose=team"
			if st.Works(actor.PrivacyOfficer) {
				where = r.origin + "/due?whose=agency"
			}
		}
	}
	fmt.Fprintf(&b, "Sign in to see what, and why: %s\n\nThis message says nothing about any client, and never will.\n", where)
	return r.mailer.Send(ctx, Mail{To: st.Mail.Disclose(), Subject: "Caseward: something is due", Text: b.String()})
}

func things(n int) string {
	if n == 1 {
		return "1 thing is"
	}
	return fmt.Sprintf("%d things are", n)
}
