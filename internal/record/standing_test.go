package record_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// duty is a record of the program that requires something, or says who holds it.
type duty struct {
	Role    actor.Role  `class:"program" doc:"Whose."`
	Name    string      `class:"program" doc:"What."`
	Class   policy.Lack `class:"program" doc:"Its class."`
	Since   time.Time   `class:"program" doc:"Since when."`
	Settle  int         `class:"program" doc:"Days at first."`
	Grace   int         `class:"program" doc:"Days of grace."`
	Limited int         `class:"program" doc:"Days of reading."`
	Every   int         `class:"program" doc:"Months until it is held anew."`
	Worker  string      `class:"program" doc:"Who holds it."`
	First   bool        `class:"program" doc:"It is the worker's first day."`
	From    time.Time   `class:"program" doc:"From when."`
	Until   time.Time   `class:"program" doc:"Until when."`
}

var dutyKind = record.Define(record.Kind[duty]{
	Name: "coverage", Doc: "A duty.", Retention: "workforce",
	Labels: func(duty) record.Labels { return record.Labels{State: "active"} },
	Facts: func(_ string, _ record.Subject, v duty) []record.Fact {
		switch {
		case v.First:
			return []record.Fact{record.Works(v.Worker, v.From, v.Until)}
		case v.Worker != "":
			return []record.Fact{record.Holding(v.Worker, v.Name, v.From, v.Until)}
		}
		return []record.Fact{record.Requirement{Role: v.Role, Name: v.Name, Class: v.Class, Since: v.Since, Settle: v.Settle, Grace: v.Grace, Limited: v.Limited, Every: v.Every}.Fact(v.From, v.Until)}
	},
})

func TestStanding(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		duties := record.Use(w.Door, dutyKind)
		state := func(t *testing.T, v duty) record.ID[duty] {
			t.Helper()
			work := w.Door.Work(w.As("sue", actor.Supervisor), "coverage.create")
			id := duties.Create(work, record.Subject{}, v)
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			return id
		}
		change := func(t *testing.T, id record.ID[duty], edit func(*duty)) {
			t.Helper()
			work := w.Door.Work(w.As("sue", actor.Supervisor), "coverage.end")
			duties.Change(work, "end", id, 0, func(v *duty) error { edit(v); return nil })
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		}
		ann := func() actor.Actor { return w.As("ann", actor.CaseManager) }
		read := func() error { _, err := d.clients.Read(ctx, ann(), d.who); return err }
		write := func() error {
			work := w.Door.Work(ann(), "note.create")
			d.notes.Create(work, record.SubjectOf(d.who), note{Title: "Call", Author: "ann", State: "draft", At: w.Clock.Now(), Body: phi.NewText("She called.")})
			return work.Commit(ctx)
		}
		count := func() int64 {
			n, err := d.clients.Tally(ctx, ann(), record.Query{})
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		stands := func(t *testing.T, readable, writable bool, rule string) {
			t.Helper()
			for _, x := range []struct {
				what string
				ok   bool
				err  error
			}{{"reading", readable, read()}, {"writing", writable, write()}} {
				switch {
				case x.ok && x.err != nil:
					t.Errorf("%s is refused: %v", x.what, x.err)
				case !x.ok && !slices.Contains(reasons(x.err), rule):
					t.Errorf("%s: %v, because of %v and not %q", x.what, x.err, reasons(x.err), rule)
				case !x.ok:
					if e := w.Entries(t)[0]; e.Outcome != audit.Refused || !slices.Contains(e.Rules, rule) {
						t.Errorf("the entry of %s says %v by %v", x.what, e.Outcome, e.Rules)
					}
				}
			}
			if n := count(); (n == 1) != readable {
				t.Errorf("%d clients are counted", n)
			}
		}
		const day = 24 * time.Hour
		began := w.Clock.Now()
		t.Run("while nothing is required nobody lacks anything", func(t *testing.T) { stands(t, true, true, "") })
		state(t, duty{Worker: "ann", First: true, From: began.Add(-100 * day)})
		orientation := duty{Role: actor.CaseManager, Name: "training/orientation", Class: policy.Orientation, Since: began, Settle: 30, From: began}
		required := state(t, orientation)
		t.Run("who worked here already has the days to settle, to the minute", func(t *testing.T) {
			stands(t, true, true, "")
			w.Clock.Advance(30*day - time.Minute)
			stands(t, true, true, "")
			w.Clock.Advance(time.Minute)
			stands(t, false, false, "not-oriented")
		})
		t.Run("another role is not asked for it", func(t *testing.T) {
			if l, _, err := w.Door.Lacks(ctx, w.As("sue", actor.Supervisor)); err != nil || l != 0 {
				t.Error(l, err)
			}
		})
		t.Run("what is about no client stays open, and so does keeping what is being typed", func(t *testing.T) {
			if err := w.Door.Permit(ctx, ann(), "staff.find", record.Subject{}, false, policy.Set(policy.Workforce), nil); err != nil {
				t.Error(err)
			}
			if _, err := w.Door.KeepDraft(ctx, ann(), record.SubjectOf(d.who), "note/new", 0, map[string]phi.Text{"body": phi.NewText("She")}); err != nil {
				t.Error(err)
			}
			if _, _, err := w.Door.Draft(ctx, ann(), record.SubjectOf(d.who), "note/new"); !slices.Contains(reasons(err), "not-oriented") {
				t.Error(err)
			}
		})
		var held record.ID[duty]
		t.Run("from the instant it is held all is open", func(t *testing.T) {
			held = state(t, duty{Worker: "ann", Name: "training/orientation", From: w.Clock.Now()})
			stands(t, true, true, "")
		})
		t.Run("who begins later has no days at all", func(t *testing.T) {
			state(t, duty{Worker: "new", First: true, From: w.Clock.Now()})
			if l, _, err := w.Door.Lacks(ctx, w.As("new", actor.CaseManager)); err != nil || l != policy.Lacking(policy.Orientation) {
				t.Error(l.List(), err)
			}
		})
		t.Run("what is taken away is missing the next instant", func(t *testing.T) {
			change(t, held, func(v *duty) { v.Until = w.Clock.Now() })
			stands(t, false, false, "not-oriented")
			held = state(t, duty{Worker: "ann", Name: "training/orientation", From: w.Clock.Now()})
			stands(t, true, true, "")
		})
		refresher := duty{Name: "training/yearly", Class: policy.Training, Since: w.Clock.Now(), Settle: 5, Grace: 14, Limited: 7, From: w.Clock.Now()}
		yearly := state(t, refresher)
		state(t, duty{Worker: "ann", Name: "training/yearly", From: w.Clock.Now(), Until: w.Clock.Now().AddDate(1, 0, 0)})
		lapsed := w.Clock.Now().AddDate(1, 0, 0)
		t.Run("a refresher that lapses leaves a grace, then reading one's own caseload, then nothing", func(t *testing.T) {
			for _, x := range []struct {
				after           time.Duration
				readable, write bool
				rule            string
				stage           record.Stage
			}{
				{-time.Minute, true, true, "", record.Met},
				{0, true, true, "", record.Due},
				{14*day - time.Minute, true, true, "", record.Due},
				{14 * day, true, false, "lapsed", record.Limited},
				{21*day - time.Minute, true, false, "lapsed", record.Limited},
				{21 * day, false, false, "not-trained", record.Missing},
			} {
				w.Clock.Advance(lapsed.Add(x.after).Sub(w.Clock.Now()))
				stands(t, x.readable, x.write, x.rule)
				all, err := w.Door.Requirements(ctx, ann(), time.Time{}, record.Bearer{Worker: "ann", Role: actor.CaseManager})
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(all["ann"], func(i record.Item) bool { return i.Name == "training/yearly" })
				if i < 0 || all["ann"][i].Stage != x.stage {
					t.Errorf("%v after: %+v", x.after, all["ann"])
				}
			}
		})
		t.Run("reading alone is of one's own caseload: whoever only manages the program reads nothing", func(t *testing.T) {
			w.Clock.Advance(lapsed.Add(14 * day).Sub(w.Clock.Now()))
			if err := read(); err != nil {
				t.Error(err)
			}
			sue := w.As("sue", actor.Supervisor)
			if _, err := d.clients.Read(ctx, sue, d.who); err == nil {
				t.Error("it is open to a stranger")
			}
		})
		t.Run("an emergency waits for no course, and what it opens is open", func(t *testing.T) {
			w.Clock.Advance(lapsed.Add(40 * day).Sub(w.Clock.Now()))
			stands(t, false, false, "not-trained")
			proved := w.Proved("ann", actor.CaseManager)
			if err := w.Door.Permit(ctx, proved, "glass.break", record.SubjectOf(d.who), false, policy.Set(policy.Case), nil); err != nil {
				t.Error(err)
			}
		})
		t.Run("terms that change count from the change, and what was before can be asked", func(t *testing.T) {
			before := w.Clock.Now()
			w.Clock.Advance(time.Hour)
			change(t, yearly, func(v *duty) { v.Grace, v.From = 60, w.Clock.Now() })
			stands(t, true, true, "")
			for at, want := range map[time.Time]record.Stage{before: record.Missing, w.Clock.Now(): record.Due} {
				all, err := w.Door.Requirements(ctx, w.As("sue", actor.Supervisor), at, record.Bearer{Worker: "ann", Role: actor.CaseManager})
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(all["ann"], func(i record.Item) bool { return i.Name == "training/yearly" })
				if i < 0 || all["ann"][i].Stage != want {
					t.Errorf("at %v: %+v, want %s", at, all["ann"], want)
				}
			}
			for at, want := range map[time.Time]policy.Lacks{before: policy.Lacking(policy.Training), {}: 0, began: 0} {
				q, err := w.Door.QuestionFor(ctx, record.Asker{Worker: "ann", Role: actor.CaseManager, Purpose: actor.Treatment, At: at}, "client.read", record.SubjectOf(d.who), "", false, policy.Set(policy.Identity))
				if err != nil || q.Lacks != want || !q.Relations.Has(policy.Assigned) {
					t.Errorf("at %v: lacks %v, relations %v, %v", at, q.Lacks.List(), q.Relations.List(), err)
				}
			}
			if e := w.Entries(t)[0]; e.Action != "standing.read" || e.Detail["worker"] != "ann" {
				t.Errorf("%+v", e)
			}
		})
		t.Run("of who has two roles what either requires is asked", func(t *testing.T) {
			state(t, duty{Role: actor.PrivacyOfficer, Name: "training/log", Class: policy.Training, Since: w.Clock.Now(), Settle: 5, Grace: 14, Limited: 7, From: w.Clock.Now()})
			for _, x := range []struct {
				role, also actor.Role
				want       bool
			}{{actor.CaseManager, actor.PrivacyOfficer, true}, {actor.PrivacyOfficer, actor.CaseManager, true}, {actor.CaseManager, "", false}, {actor.CaseManager, actor.Intake, false}} {
				all, err := w.Door.Requirements(ctx, ann(), time.Time{}, record.Bearer{Worker: "ann", Role: x.role, Also: x.also})
				if err != nil {
					t.Fatal(err)
				}
				n := map[string]int{}
				for _, item := range all["ann"] {
					n[item.Name]++
				}
				if (n["training/log"] == 1) != x.want || n["training/yearly"] != 1 {
					t.Errorf("%s and %s: %v", x.role, x.also, n)
				}
			}
		})
		t.Run("what is no longer required is not lacked", func(t *testing.T) {
			change(t, held, func(v *duty) { v.Until = w.Clock.Now() })
			stands(t, false, false, "not-oriented")
			change(t, required, func(v *duty) { v.Until = w.Clock.Now() })
			stands(t, true, true, "")
		})
		t.Run("how often something is renewed reaches what was held before, with days to settle", func(t *testing.T) {
			change(t, yearly, func(v *duty) { v.Until = w.Clock.Now() })
			from := w.Clock.Now()
			oath := state(t, duty{Name: "training/oath", Class: policy.Training, Since: from, Settle: 5, Grace: 3, Limited: 2, From: from})
			state(t, duty{Worker: "ann", Name: "training/oath", From: from})
			item := func(t *testing.T) record.Item {
				t.Helper()
				all, err := w.Door.Requirements(ctx, ann(), time.Time{}, record.Bearer{Worker: "ann", Role: actor.CaseManager})
				i := slices.IndexFunc(all["ann"], func(i record.Item) bool { return i.Name == "training/oath" })
				if err != nil || i < 0 {
					t.Fatal(all, err)
				}
				return all["ann"][i]
			}
			at := func(when time.Time) { w.Clock.Advance(when.Sub(w.Clock.Now())) }
			at(from.AddDate(2, 0, 0))
			if x := item(t); x.Stage != record.Met || !x.Until.IsZero() {
				t.Errorf("held for good it is %+v", x)
			}
			changed := w.Clock.Now()
			change(t, oath, func(v *duty) { v.Every, v.From = 12, changed })
			if x := item(t); x.Stage != record.Due || !x.Since.Equal(changed) || !x.Limit.Equal(changed.AddDate(0, 0, 5)) {
				t.Errorf("who lapses by the change has %+v", x)
			}
			at(changed.AddDate(0, 0, 1))
			change(t, oath, func(v *duty) { v.Every, v.From = 6, w.Clock.Now() })
			if x := item(t); !x.Since.Equal(changed) || !x.Limit.Equal(changed.AddDate(0, 0, 5)) {
				t.Errorf("a second change gives other days: %+v", x)
			}
			at(changed.AddDate(0, 0, 6))
			stands(t, true, false, "lapsed")
			change(t, oath, func(v *duty) { v.Every, v.From = 0, w.Clock.Now() })
			if x := item(t); x.Stage != record.Met {
				t.Errorf("required once again, it is %+v", x)
			}
			stands(t, true, true, "")
			again := w.Clock.Now()
			change(t, oath, func(v *duty) { v.Every, v.From = 36, again })
			if x := item(t); x.Stage != record.Met || !x.Until.Equal(from.AddDate(3, 0, 0)) {
				t.Errorf("longer than it was held, it is %+v", x)
			}
			at(from.AddDate(3, 0, 0).Add(-time.Second))
			stands(t, true, true, "")
			at(from.AddDate(3, 0, 3))
			stands(t, true, false, "lapsed")
			change(t, oath, func(v *duty) { v.Until = w.Clock.Now() })
		})
		t.Run("a colleague does not see how somebody stands", func(t *testing.T) {
			if _, err := w.Door.Requirements(ctx, ann(), time.Time{}, record.Bearer{Worker: "new", Role: actor.CaseManager}); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
	})
}

func reasons(err error) []string {
	var e *fault.Error
	if errors.As(err, &e) {
		return e.Reasons
	}
	return nil
}

// TestStandingOfAnotherServer has one server change what another has worked out.
func TestStandingOfAnotherServer(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, here *recordtest.World) {
		there := here.Beside(t)
		duties := record.Use(there, dutyKind)
		ann := here.As("ann", actor.CaseManager)
		lacks := func(want policy.Lacks) {
			t.Helper()
			if l, _, err := here.Door.Lacks(ctx, ann); err != nil || l != want {
				t.Error(l.List(), err)
			}
		}
		lacks(0)
		work := there.Work(here.As("sue", actor.Supervisor), "coverage.create")
		duties.Create(work, record.Subject{}, duty{Name: "workforce/clearance", Class: policy.Clearance, Since: here.Clock.Now(), From: here.Clock.Now()})
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		lacks(policy.Lacking(policy.Clearance))
		work = there.Work(here.As("sue", actor.Supervisor), "coverage.create")
		duties.Create(work, record.Subject{}, duty{Worker: "ann", Name: "workforce/clearance", From: here.Clock.Now()})
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		lacks(0)
	})
}
