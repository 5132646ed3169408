package job

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/org"
)

// Teller mails the notices that are told by mail too. A mail says that something about
// somebody's access changes, on which day, and where to sign in: neither what, nor a name.
type Teller struct {
	notices *notice.Notices
	dir     *org.Directory
	writer  *Writer // nil: nothing is sent
	who     actor.Actor
	origin  string
}

// NewTeller returns a job that acts as the service who. origin is where people sign in.
func NewTeller(ns *notice.Notices, dir *org.Directory, w *Writer, who actor.Actor, origin string) *Teller {
	return &Teller{notices: ns, dir: dir, writer: w, who: who, origin: origin}
}

// Tell sends what is to be sent by now and was not yet.
func (t *Teller) Tell(ctx context.Context) error {
	if t.writer == nil {
		return nil
	}
	return t.notices.Mail(ctx, t.who, t.send)
}

func (t *Teller) send(ctx context.Context, n notice.Notice) error {
	agency, err := t.dir.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	_, err = t.writer.Write(ctx, n.To, func(in Words, _ org.Standing) (string, []string) {
		day := in.Day(n.From.In(agency.Zone()))
		says := in.T("Something about your access changes on %s.", day)
		if n.What == org.ChangeCalledOff {
			says = in.T("Something about your access was to change on %s. That is called off.", day)
		}
		return in.T("Caseward: a change of your access"), []string{says, in.T("Sign in to see what: %s", t.origin+n.Path)}
	})
	return err
}
