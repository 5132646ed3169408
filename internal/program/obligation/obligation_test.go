package obligation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/obligation"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/training"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

// staff is the workforce of a test.
type staff []obligation.Worker

func (s staff) Workers(context.Context, actor.Actor) ([]obligation.Worker, error) {
	return slices.Clone(s), nil
}

func (s staff) Worker(_ context.Context, _ actor.Actor, id string) (obligation.Worker, error) {
	for _, w := range s {
		if w.ID == id {
			return w, nil
		}
	}
	return obligation.Worker{}, fault.NotFoundf("staff.standing")
}

func everybody() staff {
	long := recordtest.Start.AddDate(-1, 0, 0)
	return staff{
		{ID: "w1", Held: actor.Held{Role: actor.CaseManager}, Started: long, Supervisor: "s1", Programs: []string{"housing"}},
		{ID: "w2", Held: actor.Held{Role: actor.CaseManager}, Started: long, Supervisor: "s2", Programs: []string{"reentry"}},
		{ID: "s1", Held: actor.Held{Role: actor.Supervisor}, Started: long, Programs: []string{"housing"}},
		{ID: "m1", Held: actor.Held{Role: actor.ProgramManager}, Started: long, Programs: []string{"reentry"}},
		{ID: "p1", Held: actor.Held{Role: actor.PrivacyOfficer}, Started: long},
	}
}

func course(code string) string {
	return "---\ncode: " + code + "\ntitle: About " + code + "\nform: micro\nfor: everyone\nminutes: 10\npass: 80\ntopics: devices\ncitations: agency practice\n---\n\n# Lesson: One\n\nRead this.\n\n# Question: Which?\n\n- [ ] Wrong\n- [x] Right\n\n> So it is.\n"
}

const doors = `---
code: doors
title: Doors
family: access
owner: security_officer
audience: everyone
standards: 45 CFR 164.310(a)(1)
review: 12
---

## 1 Purpose

Doors are shut.
`

// house is a program with people.
type house struct {
	testing.TB
	*recordtest.World
	tr   *training.Training
	ps   *policydoc.Policies
	owed *obligation.Obligations
}

func open(t testing.TB, w *recordtest.World, s staff) *house {
	h := &house{TB: t, World: w, tr: training.New(w.Door, w.Service("trainer"), s), ps: policydoc.New(w.Door, w.Service("authn")), owed: obligation.New(w.Door, s)}
	h.owed.Join("training", h.tr)
	h.owed.Join("policies", h.ps)
	return h
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err, fault.FieldsOf(err))
	}
}

func (h *house) officer() actor.Actor { return h.Proved("p1", actor.PrivacyOfficer) }

// asks has every case manager take courses, within some days of when it was asked, and
// again each year.
func (h *house) asks(days int, codes ...string) {
	h.Helper()
	var ls []training.Line
	for _, code := range codes {
		id, err := h.tr.Write(ctx, h.officer(), course(code), "")
		h.ok(err)
		h.ok(h.tr.Publish(ctx, h.officer(), id, 1))
		ls = append(ls, training.Line{Course: code, Settle: days, Within: days, Grace: days, Every: 12})
	}
	h.ok(h.tr.Require(ctx, h.officer(), actor.CaseManager, 0, ls))
}

// says is what is due, in short: from whom, of what.
func (h *house) says(who actor.Actor, side obligation.Side) string {
	h.Helper()
	all, err := h.owed.Of(ctx, who, side, "en", h.Clock.Now().Add(obligation.Ahead))
	h.ok(err)
	var out []string
	for _, o := range all {
		out = append(out, o.Module+" "+o.Worker+" "+o.Name)
	}
	return strings.Join(out, "; ")
}

func TestWhatIsDueIsKnownToWhomItConcernsAndGoneOnceDone(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w, everybody())
		w1, s1, m1, p1 := w.As("w1", actor.CaseManager), w.As("s1", actor.Supervisor), w.As("m1", actor.ProgramManager), w.As("p1", actor.PrivacyOfficer)
		if got := h.says(w1, obligation.Mine); got != "" {
			t.Error("something is due where nothing was asked:", got)
		}
		h.asks(10, "locks")
		for _, x := range []struct {
			name string
			who  actor.Actor
			side obligation.Side
			want string
		}{
			{"a worker sees their own", w1, obligation.Mine, "training w1 About locks"},
			{"a supervisor owes nothing", s1, obligation.Mine, ""},
			{"and sees those of their workers", s1, obligation.Team, "training w1 About locks"},
			{"a program manager those of the program", m1, obligation.Team, "training w2 About locks"},
			{"an officer everybody's", p1, obligation.Agency, "training w1 About locks; training w2 About locks"},
		} {
			if got := h.says(x.who, x.side); got != x.want {
				t.Errorf("%s: %q, want %q", x.name, got, x.want)
			}
		}
		for _, x := range []struct {
			who  actor.Actor
			side obligation.Side
		}{{w1, obligation.Team}, {w1, obligation.Agency}, {s1, obligation.Agency}, {p1, obligation.Team}, {actor.Actor{}, obligation.Mine}, {w1, "everyone"}} {
			if _, err := h.owed.Of(ctx, x.who, x.side, "en", h.Clock.Now()); !fault.Is(err, fault.Denied) {
				t.Errorf("%s saw %q: %v", x.who.Role(), x.side, err)
			}
		}
		h.pass(w1, "locks")
		if got := h.says(p1, obligation.Agency); got != "training w2 About locks" {
			t.Error("what was done is still due:", got)
		}
		// It comes up again 60 days before its year is over, and not a day sooner.
		w.Clock.Advance(300 * 24 * time.Hour)
		if got := h.says(w1, obligation.Mine); got != "" {
			t.Error("asked for too soon:", got)
		}
		w.Clock.Advance(6 * 24 * time.Hour)
		if got := h.says(w1, obligation.Mine); got != "training w1 About locks" {
			t.Error("not asked for again:", got)
		}
	})
}

// pass has somebody take a course.
func (h *house) pass(who actor.Actor, code string) {
	h.Helper()
	id, err := h.tr.Start(ctx, who, code)
	h.ok(err)
	a, e, err := h.tr.Taking(ctx, who, id)
	h.ok(err)
	for step := range training.Steps(e.Value.In("en"), len(a.Value.Drawn)) - 1 {
		h.ok(h.tr.Keep(ctx, who, id, step, []int{1}))
	}
	if v, err := h.tr.Finish(ctx, who, id); err != nil || v.Status != training.Passed {
		h.Fatal(v.Status, err)
	}
}

func TestPoliciesAreAcknowledgedApprovedAndLookedAtAgain(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w, everybody())
		w1, m1, p1 := w.As("w1", actor.CaseManager), w.As("m1", actor.ProgramManager), w.As("p1", actor.PrivacyOfficer)
		doc, v, err := h.ps.Create(ctx, h.officer(), doors, "", 0)
		h.ok(err)
		h.ok(h.ps.Submit(ctx, h.officer(), v))
		if got := h.says(m1, obligation.Mine); got != "policies  Doors" {
			t.Error("who may approve it is not asked to:", got)
		}
		for _, who := range []actor.Actor{p1, w1} {
			if got := h.says(who, obligation.Mine); got != "" {
				t.Errorf("%s is asked to approve it: %s", who.Role(), got)
			}
		}
		manager := w.Proved("m1", actor.ProgramManager)
		h.ok(h.ps.Approve(ctx, manager, v, policydoc.Sum(doors)))
		h.ok(h.ps.SetCare(ctx, h.officer(), doc, 0, policydoc.Care{Acknowledged: true, Grace: 20}))
		h.ok(h.ps.Enforce(ctx, manager, v, time.Time{}))
		w.Clock.Advance(time.Minute)
		if got := h.says(w1, obligation.Mine); got != "policies w1 Doors" {
			t.Error("whom it binds is not asked:", got)
		}
		h.ok(h.ps.Acknowledge(ctx, w1, v))
		if got := h.says(w1, obligation.Mine); got != "" {
			t.Error("asked again after acknowledging:", got)
		}
		h.ok(h.ps.Acknowledge(ctx, p1, v))
		if got := h.says(p1, obligation.Mine); got != "" {
			t.Error("it is to be looked at a year too soon:", got)
		}
		w.Clock.Advance(310 * 24 * time.Hour)
		if got := h.says(w.As("p1", actor.PrivacyOfficer), obligation.Mine); got != "policies  Doors" {
			t.Error("it is not to be looked at again:", got)
		}
		if got := h.says(w.As("w1", actor.CaseManager), obligation.Mine); got != "" {
			t.Error("a worker is to look at it:", got)
		}
	})
}

func TestWhenFollowsTheDaysOfTheAgency(t *testing.T) {
	for _, x := range []struct {
		name, zone, now, due string
		want                 obligation.When
	}{
		{"in an hour is due today", "America/New_York", "2026-11-20T15:00:00Z", "2026-11-20T16:00:00Z", obligation.Week},
		{"an hour ago is not late before the day is over", "America/New_York", "2026-11-20T15:00:00Z", "2026-11-20T14:00:00Z", obligation.Week},
		{"late at midnight where the agency is", "America/New_York", "2026-11-21T05:00:00Z", "2026-11-20T16:00:00Z", obligation.Late},
		{"and not before, though it is the next day in London", "America/New_York", "2026-11-21T04:59:59Z", "2026-11-20T16:00:00Z", obligation.Week},
		{"where the day begins sooner it is late sooner", "Asia/Tokyo", "2026-11-20T15:00:00Z", "2026-11-20T14:59:59Z", obligation.Late},
		{"seven days on is this week", "America/New_York", "2026-11-20T15:00:00Z", "2026-11-28T04:59:59Z", obligation.Week},
		{"eight are not", "America/New_York", "2026-11-20T15:00:00Z", "2026-11-28T05:00:00Z", obligation.Later},
		{"a week with a day of 25 hours", "America/New_York", "2026-10-29T04:30:00Z", "2026-11-06T04:30:00Z", obligation.Week},
		{"a week with a day of 23 hours", "America/New_York", "2026-03-05T05:30:00Z", "2026-03-13T03:30:00Z", obligation.Week},
		{"from leap day on", "America/New_York", "2028-02-29T15:00:00Z", "2028-03-07T15:00:00Z", obligation.Week},
		{"March 1 makes leap day late", "America/New_York", "2028-03-01T05:00:00Z", "2028-02-29T15:00:00Z", obligation.Late},
	} {
		t.Run(x.name, func(t *testing.T) {
			zone, err := time.LoadLocation(x.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, _ := time.Parse(time.RFC3339, x.now)
			due, _ := time.Parse(time.RFC3339, x.due)
			if got := (obligation.Obligation{Due: due}).When(now.In(zone)); got != x.want {
				t.Errorf("got %d, want %d", got, x.want)
			}
		})
	}
	if (obligation.Obligation{}).When(recordtest.Start) != obligation.Later {
		t.Error("what has no day is not last")
	}
}

// crowd is an agency of n case managers, who are to take 20 courses.
func crowd(b *testing.B, n int) *house {
	s := everybody()
	for i := range n {
		s = append(s, obligation.Worker{ID: fmt.Sprintf("c%04d", i), Held: actor.Held{Role: actor.CaseManager}, Started: recordtest.Start.AddDate(-1, 0, 0), Supervisor: "s1"})
	}
	h := open(b, recordtest.Open(b), s)
	var codes []string
	for i := range 20 {
		codes = append(codes, fmt.Sprintf("course-%02d", i))
	}
	h.asks(30, codes...)
	return h
}

func benchmark(b *testing.B, n int, until time.Duration) {
	h := crowd(b, n)
	who := h.As("p1", actor.PrivacyOfficer)
	for b.Loop() {
		all, err := h.owed.Of(ctx, who, obligation.Agency, "en", h.Clock.Now().Add(until))
		if err != nil || len(all) < 20*n {
			b.Fatal(len(all), err)
		}
		obligation.Tally(h.Clock.Now(), all, h.owed.Modules())
	}
}

// BenchmarkYear works out a year of obligations of 1,000 staff who are to take 20 courses.
func BenchmarkYear(b *testing.B) { benchmark(b, 1000, 365*24*time.Hour) }

// BenchmarkAgency works out what an officer's page shows of 500 staff who are to take 20
// courses.
func BenchmarkAgency(b *testing.B) { benchmark(b, 500, obligation.Ahead) }
