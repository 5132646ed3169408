package org_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type closed struct {
	workers []string
	proved  int
	leaky   bool // something still lets them in
}

func (r *closed) Terminate(_ context.Context, _ actor.Actor, worker string) error {
	r.workers = append(r.workers, worker)
	return nil
}

func (r *closed) Prove(context.Context, actor.Actor, string) (bool, time.Time, error) {
	r.proved++
	return !r.leaky, time.Time{}, nil
}

// house is an agency with an administrator, a supervisor and a case manager.
type house struct {
	*recordtest.World
	org                   *org.Org
	accounts              *closed
	admin, boss, casework org.ID
}

func open(t *testing.T, w *recordtest.World) *house {
	t.Helper()
	h := &house{World: w, accounts: &closed{}}
	h.org = org.New(w.Door, org.NewDirectory(w.Door, w.Service("authn")))
	h.org.Accounts(h.accounts)
	op := w.Service("operator")
	if err := h.org.Found(ctx, op, org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing"}, {Code: "health", Name: "Health"}}}); err != nil {
		t.Fatal(err)
	}
	h.admin = h.invite(t, op, "Ada", "admin@example.org", actor.Administrator, "")
	h.boss = h.invite(t, op, "Sam", "sam@example.org", actor.Supervisor, "")
	h.casework = h.invite(t, op, "Cleo", "cleo@example.org", actor.CaseManager, h.boss.String())
	return h
}

func (h *house) invite(t *testing.T, who actor.Actor, given, mail string, role actor.Role, boss string) org.ID {
	t.Helper()
	id, err := h.org.Invite(ctx, who, org.Invitation{
		Given: phi.NewText(given), Family: phi.NewText("Example"), Mail: phi.NewText(mail), Role: role, Supervisor: boss, Programs: []string{"housing"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (h *house) as(id org.ID, role actor.Role) actor.Actor { return h.Proved(id.String(), role) }

// stands is the relations that facts say hold at the world's time.
func (h *house) stands(t *testing.T, holder, object string) []string {
	t.Helper()
	rows, err := h.DB.Query(ctx, `SELECT rel FROM fact WHERE holder = $1 AND object = $2 AND from_at <= $3 AND until_at > $3 ORDER BY rel`, holder, object, db.Micros(h.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var r string
		if err := rows.Scan(&r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func kind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if !fault.Is(err, want) {
		t.Fatalf("got %v, want an error of kind %v", err, want)
	}
}

func field(t *testing.T, err error, name string) {
	t.Helper()
	for _, f := range fault.FieldsOf(err) {
		if f.Name == name {
			return
		}
	}
	t.Fatalf("got %v, want it to name %s", err, name)
}

func TestStaff(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		dir := h.org.Directory()

		t.Run("an administrator who proved again who they are invites", func(t *testing.T) {
			id := h.invite(t, h.as(h.admin, actor.Administrator), "Noor", "  Noor@Example.org ", actor.Intake, "")
			st, err := dir.Standing(ctx, id.String())
			if err != nil {
				t.Fatal(err)
			}
			if !st.Active || st.Role != actor.Intake || st.Name.Disclose() != "Noor Example" || st.Mail.Disclose() != "noor@example.org" {
				t.Errorf("standing: active %v, role %v, name %q, mail %q", st.Active, st.Role, st.Name.Disclose(), st.Mail.Disclose())
			}
			got, ok, err := dir.ByMail(ctx, "noor@example.org")
			if err != nil || !ok || got != id.String() {
				t.Errorf("by mail: %q, %v, %v", got, ok, err)
			}
		})
		t.Run("without the proof nobody is invited, and the log says so", func(t *testing.T) {
			_, err := h.org.Invite(ctx, h.As(h.admin.String(), actor.Administrator), org.Invitation{Given: phi.NewText("X"), Mail: phi.NewText("x@example.org"), Role: actor.Intake})
			kind(t, err, fault.Denied)
			if e := h.Entries(t)[0]; e.Action != "staff.invite" || e.Outcome != audit.Refused || !cmp.Equal(e.Rules, []string{"step-up"}) {
				t.Errorf("entry: %s %c %v", e.Action, e.Outcome, e.Rules)
			}
		})
		t.Run("a case manager invites nobody", func(t *testing.T) {
			_, err := h.org.Invite(ctx, h.as(h.casework, actor.CaseManager), org.Invitation{})
			kind(t, err, fault.Denied)
		})
		t.Run("an address that somebody has is refused, however it is written", func(t *testing.T) {
			_, err := h.org.Invite(ctx, h.Service("operator"), org.Invitation{Given: phi.NewText("X"), Mail: phi.NewText("SAM@example.org"), Role: actor.Intake})
			field(t, err, "mail")
		})
		t.Run("an address that differs in its signs only is another one", func(t *testing.T) {
			if _, ok, err := dir.ByMail(ctx, "sa.m@example.org"); ok || err != nil {
				t.Errorf("found %v, %v", ok, err)
			}
		})
		t.Run("a supervisor must be one", func(t *testing.T) {
			_, err := h.org.Invite(ctx, h.Service("operator"), org.Invitation{Given: phi.NewText("X"), Mail: phi.NewText("x@example.org"), Role: actor.Intake, Supervisor: h.casework.String()})
			field(t, err, "supervisor")
		})
		t.Run("the record says who supervises whom, and a change says so at once", func(t *testing.T) {
			boss, worker := "worker:"+h.boss.String(), "worker:"+h.casework.String()
			if got := h.stands(t, boss, worker); !cmp.Equal(got, []string{"supervises"}) {
				t.Fatalf("before: %v", got)
			}
			none := ""
			if err := h.org.Change(ctx, h.as(h.admin, actor.Administrator), h.casework, 0, org.Edit{Supervisor: &none}); err != nil {
				t.Fatal(err)
			}
			if got := h.stands(t, boss, worker); got != nil {
				t.Errorf("after: %v", got)
			}
			again := h.boss.String()
			h.Clock.Advance(time.Hour)
			if err := h.org.Change(ctx, h.as(h.admin, actor.Administrator), h.casework, 0, org.Edit{Supervisor: &again}); err != nil {
				t.Fatal(err)
			}
			if got := h.stands(t, boss, worker); !cmp.Equal(got, []string{"supervises"}) {
				t.Errorf("again: %v", got)
			}
		})
		t.Run("a program manager manages the programs, and a new role ends that", func(t *testing.T) {
			id := h.invite(t, h.Service("operator"), "Pia", "pia@example.org", actor.ProgramManager, "")
			if got := h.stands(t, "worker:"+id.String(), "program:housing"); !cmp.Equal(got, []string{"manages"}) {
				t.Fatalf("as manager: %v", got)
			}
			role := actor.Intake
			if err := h.org.Change(ctx, h.as(h.admin, actor.Administrator), id, 0, org.Edit{Role: &role}); err != nil {
				t.Fatal(err)
			}
			if got := h.stands(t, "worker:"+id.String(), "program:housing"); got != nil {
				t.Errorf("as intake: %v", got)
			}
			if st, err := dir.Standing(ctx, id.String()); err != nil || st.Role != actor.Intake {
				t.Errorf("role: %v, %v", st.Role, err)
			}
		})
		t.Run("nobody changes their own role", func(t *testing.T) {
			role := actor.PrivacyOfficer
			kind(t, h.org.Change(ctx, h.as(h.admin, actor.Administrator), h.admin, 0, org.Edit{Role: &role}), fault.Invalid)
		})
		t.Run("a version that is not the newest is a conflict", func(t *testing.T) {
			title := phi.NewText("Lead")
			if err := h.org.Change(ctx, h.as(h.admin, actor.Administrator), h.boss, 1, org.Edit{Title: &title}); err != nil {
				t.Fatal(err)
			}
			kind(t, h.org.Change(ctx, h.as(h.admin, actor.Administrator), h.boss, 1, org.Edit{Title: &title}), fault.Conflict)
		})
		t.Run("names are given for ids, and an unknown id is left out", func(t *testing.T) {
			got, err := dir.Names(ctx, h.As(h.casework.String(), actor.CaseManager), []string{h.boss.String(), "service:import", "nobody"})
			want := map[string]string{h.boss.String(): "Sam Example", "service:import": "Importer"}
			if err != nil || !cmp.Equal(got, want) {
				t.Errorf("names: %v, %v", got, err)
			}
			if _, err := dir.Names(ctx, actor.Actor{}, nil); !fault.Is(err, fault.Denied) {
				t.Errorf("without an asker: %v", err)
			}
		})
	})
}

// TestOneAddressIsOnePersonsWhoeverInvites has two servers add one person at once, of whom
// neither waits for the other.
func TestOneAddressIsOnePersonsWhoeverInvites(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		beside := w.Beside(t)
		servers := []*org.Org{h.org, org.New(beside, org.NewDirectory(beside, w.Service("authn")))}
		for round := range 20 {
			mail := fmt.Sprintf("new%d@example.org", round)
			var errs [2]error
			var all sync.WaitGroup
			for i, o := range servers {
				in := org.Invitation{Given: phi.NewText("Noor"), Role: actor.Intake, Mail: phi.NewText(mail)}
				if round%2 == 1 { // what the personnel system calls them is theirs alone too
					in.Mail, in.External = phi.NewText(fmt.Sprint(i, mail)), phi.NewText(mail)
				}
				all.Go(func() { _, errs[i] = o.Invite(ctx, w.Service("operator"), in) })
			}
			all.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("round %d: %v and %v", round, errs[0], errs[1])
			}
			err := errs[0]
			if err == nil {
				err = errs[1]
			}
			kind(t, err, fault.Invalid)
			field(t, err, []string{"mail", "external"}[round%2])
		}
	})
}

func TestTerminationActsAtOnce(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		// Another node has its own directory and has asked before.
		elsewhere := org.NewDirectory(w.Door, w.Service("authn"))
		if st, err := elsewhere.Standing(ctx, h.casework.String()); err != nil || !st.Active {
			t.Fatalf("before: %v, %v", st.Active, err)
		}
		kind(t, h.org.Terminate(ctx, h.as(h.admin, actor.Administrator), h.admin), fault.Invalid)
		if err := h.org.Terminate(ctx, h.as(h.admin, actor.Administrator), h.casework); err != nil {
			t.Fatal(err)
		}
		for name, dir := range map[string]*org.Directory{"here": h.org.Directory(), "elsewhere": elsewhere} {
			if st, err := dir.Standing(ctx, h.casework.String()); err != nil || st.Active {
				t.Errorf("%s: active %v, %v", name, st.Active, err)
			}
			if _, ok, err := dir.ByMail(ctx, "cleo@example.org"); ok || err != nil {
				t.Errorf("%s: found by mail %v, %v", name, ok, err)
			}
		}
		if !cmp.Equal(h.accounts.workers, []string{h.casework.String()}) {
			t.Errorf("accounts closed: %v", h.accounts.workers)
		}
		if got := h.stands(t, "worker:"+h.boss.String(), "worker:"+h.casework.String()); got != nil {
			t.Errorf("still supervised: %v", got)
		}
		kind(t, h.org.Terminate(ctx, h.as(h.admin, actor.Administrator), h.casework), fault.Conflict)
		list, err := h.org.Staff(ctx, h.As(h.boss.String(), actor.Supervisor), org.StaffQuery{})
		if err != nil || list.Total != 2 || len(list.Rows) != 2 {
			t.Errorf("listed: %d of %d, %v", len(list.Rows), list.Total, err)
		}
	})
}

func TestStandingLeavesNoEntry(t *testing.T) {
	h := open(t, recordtest.Open(t))
	dir := h.org.Directory()
	if _, err := dir.Standing(ctx, h.boss.String()); err != nil {
		t.Fatal(err)
	}
	before := len(h.Entries(t))
	for range 100 {
		if _, err := dir.Standing(ctx, h.boss.String()); err != nil {
			t.Fatal(err)
		}
	}
	if after := len(h.Entries(t)); after != before {
		t.Errorf("%d entries for asking again, want none: the record is opened once a version", after-before)
	}
}

func TestCoverage(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		stand := h.invite(t, h.Service("operator"), "Ines", "ines@example.org", actor.CaseManager, h.boss.String())
		boss := h.as(h.boss, actor.Supervisor)
		until := h.Clock.Now().Add(48 * time.Hour)
		id, err := h.org.Cover(ctx, boss, org.Coverage{Cover: stand.String(), Absent: h.casework.String(), Until: until})
		if err != nil {
			t.Fatal(err)
		}
		holder, object := "worker:"+stand.String(), "worker:"+h.casework.String()
		t.Run("covers until the date and not a moment longer", func(t *testing.T) {
			if got := h.stands(t, holder, object); !cmp.Equal(got, []string{"covering"}) {
				t.Fatalf("now: %v", got)
			}
			h.Clock.Set(until)
			if got := h.stands(t, holder, object); got != nil {
				t.Errorf("at the end: %v", got)
			}
			kind(t, h.org.EndCover(ctx, boss, id), fault.Conflict)
		})
		t.Run("is ended at once", func(t *testing.T) {
			id, err := h.org.Cover(ctx, boss, org.Coverage{Cover: stand.String(), Absent: h.casework.String(), Until: h.Clock.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			h.Clock.Advance(time.Minute)
			if err := h.org.EndCover(ctx, boss, id); err != nil {
				t.Fatal(err)
			}
			if got := h.stands(t, holder, object); got != nil {
				t.Errorf("after: %v", got)
			}
		})
		t.Run("one planned and called off never holds", func(t *testing.T) {
			from := h.Clock.Now().Add(24 * time.Hour)
			id, err := h.org.Cover(ctx, boss, org.Coverage{Cover: stand.String(), Absent: h.casework.String(), From: from, Until: from.Add(24 * time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if err := h.org.EndCover(ctx, boss, id); err != nil {
				t.Fatal(err)
			}
			h.Clock.Set(from.Add(time.Hour))
			if got := h.stands(t, holder, object); got != nil {
				t.Errorf("in the planned time: %v", got)
			}
		})
		t.Run("tells both, from when until when, and when it ends before its time", func(t *testing.T) {
			notices, clients := notice.New(w.Door), person.New(w.Door)
			told := func(id org.ID) []notice.Notice {
				p, err := notices.Mine(ctx, h.as(id, actor.CaseManager), clients, false, "")
				if err != nil {
					t.Fatal(err)
				}
				var ids []notice.ID
				var out []notice.Notice
				for _, o := range p.Rows {
					ids, out = append(ids, o.ID), append(out, o.Value)
				}
				if err := notices.See(ctx, h.as(id, actor.CaseManager), ids...); err != nil {
					t.Fatal(err)
				}
				return out
			}
			told(stand)
			told(h.casework)
			from := h.Clock.Now().Add(24 * time.Hour)
			c := org.Coverage{Cover: stand.String(), Absent: h.casework.String(), From: from, Until: from.Add(72 * time.Hour)}
			id, err := h.org.Cover(ctx, boss, c)
			if err != nil {
				t.Fatal(err)
			}
			got, of := told(stand), told(h.casework)
			if len(got) != 1 || got[0].What != org.YouCover || got[0].Whom != c.Absent || !got[0].From.Equal(c.From) || !got[0].Until.Equal(c.Until) || got[0].By != h.boss.String() || got[0].Path != "/coverage" {
				t.Errorf("%+v", got)
			}
			if len(of) != 1 || of[0].What != org.Covered || of[0].Whom != c.Cover || !of[0].Until.Equal(c.Until) {
				t.Errorf("%+v", of)
			}
			if err := h.org.EndCover(ctx, boss, id); err != nil {
				t.Fatal(err)
			}
			if got, of := told(stand), told(h.casework); len(got) != 1 || got[0].What != org.CoverEnded || len(of) != 1 || of[0].What != org.NotCovered || of[0].Whom != c.Cover {
				t.Errorf("%+v %+v", got, of)
			}
			// Whoever arranges it for themselves knows.
			id, err = h.org.Cover(ctx, boss, org.Coverage{Cover: h.boss.String(), Absent: h.casework.String(), Until: h.Clock.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := notices.Tally(ctx, boss); err != nil || n != 0 {
				t.Error(n, err)
			}
			if of := told(h.casework); len(of) != 1 {
				t.Errorf("%+v", of)
			}
			if err := h.org.EndCover(ctx, boss, id); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a supervisor arranges it only for those they supervise", func(t *testing.T) {
			other := h.invite(t, h.Service("operator"), "Olu", "olu@example.org", actor.Supervisor, "")
			_, err := h.org.Cover(ctx, h.as(other, actor.Supervisor), org.Coverage{Cover: other.String(), Absent: h.casework.String(), Until: h.Clock.Now().Add(time.Hour)})
			field(t, err, "absent")
		})
		t.Run("a program manager arranges it in their programs", func(t *testing.T) {
			pm := h.invite(t, h.Service("operator"), "Pia", "pia@example.org", actor.ProgramManager, "")
			if _, err := h.org.Cover(ctx, h.as(pm, actor.ProgramManager), org.Coverage{Cover: stand.String(), Absent: h.casework.String(), Until: h.Clock.Now().Add(time.Hour)}); err != nil {
				t.Error(err)
			}
		})
		t.Run("it has an end, and not a far one", func(t *testing.T) {
			_, err := h.org.Cover(ctx, boss, org.Coverage{Cover: stand.String(), Absent: h.casework.String()})
			field(t, err, "until")
			_, err = h.org.Cover(ctx, boss, org.Coverage{Cover: stand.String(), Absent: h.casework.String(), Until: h.Clock.Now().Add(org.MaxCoverage + time.Hour)})
			field(t, err, "until")
		})
		t.Run("a case manager arranges none", func(t *testing.T) {
			_, err := h.org.Cover(ctx, h.as(stand, actor.CaseManager), org.Coverage{Cover: stand.String(), Absent: h.casework.String(), Until: h.Clock.Now().Add(time.Hour)})
			kind(t, err, fault.Denied)
		})
	})
}

func TestWhoeverChoosesALanguageIsWrittenToInIt(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		is := func(want string) {
			t.Helper()
			if got, err := h.org.Directory().Language(ctx, h.casework.String()); err != nil || got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		}
		entries := func() int {
			es, err := h.Log.Find(ctx, audit.Query{Action: "staff.language", Limit: 50})
			if err != nil {
				t.Fatal(err)
			}
			return len(es)
		}
		who := h.as(h.casework, actor.CaseManager)
		is("en")
		for _, lang := range []string{"es", "es", "en"} {
			if err := h.org.Speak(ctx, who, lang); err != nil {
				t.Fatal(err)
			}
			is(lang)
		}
		if n := entries(); n != 2 {
			t.Errorf("%d entries: choosing what one has leaves none", n)
		}
		kind(t, h.org.Speak(ctx, who, "fr"), fault.Invalid)
		is("en")
		kind(t, h.org.Speak(ctx, h.Service("notifier"), "es"), fault.NotFound)
		auditor := h.invite(t, h.Service("operator"), "Aud", "aud@example.org", actor.Auditor, "")
		if err := h.org.Speak(ctx, h.as(auditor, actor.Auditor), "es"); err != nil {
			t.Error("an auditor:", err)
		}
		if s, err := h.org.Read(ctx, who, h.casework); err != nil || s.Value.Role != actor.CaseManager || s.Value.Status == org.Terminated {
			t.Errorf("something else changed: %+v, %v", s.Value, err)
		}
	})
}

func TestAgency(t *testing.T) {
	h := open(t, recordtest.Open(t))
	admin := h.As(h.admin.String(), actor.Administrator)
	got, err := h.org.Agency(ctx, admin)
	if err != nil || got.Value.Name != "North Agency" || got.Value.Zone().String() != "America/New_York" {
		t.Fatalf("settings: %+v, %v", got.Value, err)
	}
	t.Run("is set up once", func(t *testing.T) {
		kind(t, h.org.Found(ctx, h.Service("operator"), org.Agency{Name: "Other", TimeZone: "UTC"}), fault.Conflict)
	})
	t.Run("a change is seen by everybody at the next question", func(t *testing.T) {
		next := got.Value
		next.Name = "South Agency"
		if err := h.org.ChangeAgency(ctx, admin, got.Version, next); err != nil {
			t.Fatal(err)
		}
		if a, err := h.org.Directory().Agency(ctx); err != nil || a.Name != "South Agency" {
			t.Errorf("name: %q, %v", a.Name, err)
		}
	})
	t.Run("a program stays on the list", func(t *testing.T) {
		next := got.Value
		next.Programs = next.Programs[:1]
		field(t, h.org.ChangeAgency(ctx, admin, 0, next), "programs")
	})
	t.Run("a case manager reads and does not change it", func(t *testing.T) {
		who := h.as(h.casework, actor.CaseManager)
		if _, err := h.org.Agency(ctx, who); err != nil {
			t.Error(err)
		}
		kind(t, h.org.ChangeAgency(ctx, who, 0, got.Value), fault.Denied)
	})
}
