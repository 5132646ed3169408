package job_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/job"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

func TestPeopleAreMailedThatTheirAccessChangesAndNoMore(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		dir := org.NewDirectory(w.Door, w.Service("authn"))
		o := org.New(w.Door, dir)
		if err := o.Found(ctx, w.Operator(), org.Agency{Name: "Harbor Test Services", TimeZone: "America/New_York"}); err != nil {
			t.Fatal(err)
		}
		invite := func(name string, r actor.Role) org.ID {
			id, err := o.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Quellmark"), Mail: phi.NewText(strings.ToLower(name) + "@example.org"), Role: r})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		root, ann, bob := invite("Root", actor.Administrator), invite("Ann", actor.CaseManager), invite("Bob", actor.CaseManager)
		admin := w.Proved(root.String(), actor.Administrator)
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
		}
		role := actor.Supervisor
		plan := func(id org.ID) {
			t.Helper()
			ok(o.Plan(ctx, admin, id, org.Planning{From: time.Date(2026, 12, 10, 0, 0, 0, 0, time.UTC), Role: &role}))
		}
		box := &mailbox{}
		writer := writes(dir, box)
		tell := func(m *job.Writer) []job.Mail {
			t.Helper()
			ok(job.NewTeller(notice.New(w.Door), dir, m, w.Service("notifier"), "https://care.example.org").Tell(ctx))
			out := box.sent
			box.sent = nil
			return out
		}
		one := func(says ...string) {
			t.Helper()
			all := tell(writer)
			if len(all) != 1 || all[0].To != "ann@example.org" {
				t.Fatalf("%+v", all)
			}
			for _, s := range append(says, "https://care.example.org/staff/"+ann.String()+"\n") {
				if !strings.Contains(all[0].Text, s) {
					t.Errorf("the mail lacks %q: %s", s, all[0].Text)
				}
			}
			for _, s := range []string{"Supervisor", "supervisor", "role", "función", "Quellmark", "Ann", "Root"} {
				if strings.Contains(all[0].Subject+all[0].Text, s) {
					t.Errorf("the mail says %q: %s", s, all[0].Text)
				}
			}
		}
		plan(ann)
		if all := tell(nil); len(all) != 0 {
			t.Errorf("without a mail server: %+v", all)
		}
		one("Something about your access changes on Dec 10, 2026.\n")
		if all := tell(writer); len(all) != 0 {
			t.Errorf("again: %+v", all)
		}
		s, err := o.Read(ctx, admin, ann)
		ok(err)
		ok(o.Cancel(ctx, admin, ann, s.Value.Planned[0].Key))
		ok(o.Speak(ctx, w.As(ann.String(), actor.CaseManager), "es"))
		one("Algo de su acceso iba a cambiar el 10 dic 2026. Eso queda cancelado.\n", "Inicie sesión para ver qué: ")

		// Whose access has ended is written no more.
		plan(bob)
		ok(o.Leave(ctx, w.Service("operator"), bob, org.Leaving{}))
		if all := tell(writer); len(all) != 0 {
			t.Errorf("to who left: %+v", all)
		}
	})
}
