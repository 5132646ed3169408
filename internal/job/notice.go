package job

import (
	"context"
	"fmt"

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
	mailer  Mailer // nil: nothing is sent
	who     actor.Actor
	origin  string
}

// NewTeller returns a job that acts as the service who. origin is where people sign in.
func NewTeller(ns *notice.Notices, dir *org.Directory, m Mailer, who actor.Actor, origin string) *Teller {
	return &Teller{notices: ns, dir: dir, mailer: m, who: who, origin: origin}
}

// Tell sends what is to be sent by now and was not yet.
func (t *Teller) Tell(ctx context.Context) error {
	if t.mailer == nil {
		return nil
	}
	return t.notices.Mail(ctx, t.who, t.send)
}

// send writes in both languages, for which of them somebody reads is known to their browser
// only.
func (t *Teller) send(ctx context.Context, n notice.Notice) error {
	st, err := t.dir.Standing(ctx, n.To)
	if err != nil || !st.Active {
		return err
	}
	agency, err := t.dir.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	day := n.From.In(agency.Zone())
	en, es := "Something about your access changes on %s.", "Algo de su acceso cambia el %s."
	if n.What == org.ChangeCalledOff {
		en, es = "Something about your access was to change on %s. That is called off.", "Algo de su acceso iba a cambiar el %s. Eso queda cancelado."
	}
	where := t.origin + n.Path
	return t.mailer.Send(ctx, Mail{
		To: st.Mail.Disclose(), Subject: "Caseward: a change of your access / un cambio de su acceso",
		Text: fmt.Sprintf(en+"\n\nSign in to see what: %s\n\nThis message says nothing about any client, and never will.\n\n", day.Format("January 2, 2006"), where) +
			fmt.Sprintf(es+"\n\nInicie sesión para ver qué: %s\n\nEste mensaje no dice nada de ningún cliente, ni lo dirá nunca.\n", day.Format("02/01/2006"), where),
	})
}
