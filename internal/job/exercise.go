package job

import (
	"context"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/org"
	"caseward/internal/program/training"
)

// Exerciser sends the mails of exercises with suspicious mail that officers approved. In
// a mail stands the given name of whom it goes to and what the sheet says; nothing else
// about anybody.
type Exerciser struct {
	training *training.Training
	dir      *org.Directory
	mailer   Mailer // nil: nothing is sent
	who      actor.Actor
}

// NewExerciser returns a job that acts as the service who.
func NewExerciser(t *training.Training, dir *org.Directory, m Mailer, who actor.Actor) *Exerciser {
	return &Exerciser{training: t, dir: dir, mailer: m, who: who}
}

// Send sends what is to be sent by now and was not yet.
func (x *Exerciser) Send(ctx context.Context) error {
	if x.mailer == nil {
		return nil
	}
	return x.training.Dispatch(ctx, x.who, x.send)
}

func (x *Exerciser) send(ctx context.Context, p training.Parcel) error {
	st, err := x.dir.Standing(ctx, p.Worker)
	if err != nil || !st.Active {
		return err
	}
	given, _, _ := strings.Cut(st.Name.Disclose(), " ")
	return x.mailer.Send(ctx, Mail{
		To: st.Mail.Disclose(), From: p.Lure.From(p.Domain), Name: p.Lure.FromName, Subject: p.Lure.Subject, Text: p.Lure.Said(given, p.Link, p.Domain), Exercise: true,
	})
}
