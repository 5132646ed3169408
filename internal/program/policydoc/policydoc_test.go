package policydoc_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/policydoc"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

const day = 24 * time.Hour

// text is a small policy; what is given is put in place of its own.
func text(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`---
code: doors
title: Doors
family: access
owner: security_officer
audience: everyone
standards: 45 CFR 164.310(a)(1)
review: 12
governs: chart 2.1
---

## 1 Purpose

Doors of {{agency}} are shut.

## 2 Rules

### 2.1 Charts

Lock the cabinet.
`)
}

// cast is who plays in a world.
type cast struct {
	w  *recordtest.World
	ps *policydoc.Policies
}

func play(w *recordtest.World) cast {
	return cast{w, policydoc.New(w.Door, w.Service("authn"))}
}

func (c cast) privacy() actor.Actor  { return c.w.Proved("pia", actor.PrivacyOfficer) }
func (c cast) security() actor.Actor { return c.w.Proved("sam", actor.SecurityOfficer) }
func (c cast) ann() actor.Actor      { return c.w.As("ann", actor.CaseManager) }

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// enforced is a document with a version in force from a moment; zero is now.
func (c cast) enforced(t *testing.T, source string, from time.Time) (policydoc.ID, policydoc.VersionID) {
	t.Helper()
	id, v, err := c.ps.Create(ctx, c.security(), source, "First.", 0)
	ok(t, err)
	c.pass(t, v, source, from)
	return id, v
}

// pass brings a draft of the security officer's through review into force.
func (c cast) pass(t *testing.T, v policydoc.VersionID, source string, from time.Time) {
	t.Helper()
	ok(t, c.ps.Submit(ctx, c.security(), v))
	ok(t, c.ps.Approve(ctx, c.privacy(), v, policydoc.Sum(source)))
	ok(t, c.ps.Enforce(ctx, c.privacy(), v, from))
}

func is(t *testing.T, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v, want %v", what, err, kind)
	}
}

func TestWhatIsApprovedIsTheTextThatWasRead(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		c := play(w)
		id, v, err := c.ps.Create(ctx, c.security(), text(), "First.", 0)
		ok(t, err)
		is(t, "approving a draft", c.ps.Approve(ctx, c.privacy(), v, policydoc.Sum(text())), fault.Denied)
		is(t, "a draft read by staff", second(c.ps.Open(ctx, c.ann(), id)), fault.Denied)
		ok(t, c.ps.Submit(ctx, c.security(), v))
		is(t, "changing what is in review", c.ps.Save(ctx, c.security(), v, 0, text("shut", "open"), "", 0), fault.Denied)
		is(t, "approving one's own", c.ps.Approve(ctx, c.security(), v, policydoc.Sum(text())), fault.Denied)
		is(t, "reviewing one's own", c.ps.Review(ctx, c.security(), v, ""), fault.Denied)
		is(t, "approving without a step-up", c.ps.Approve(ctx, w.As("pia", actor.PrivacyOfficer), v, policydoc.Sum(text())), fault.Denied)
		is(t, "approving as a case manager", c.ps.Approve(ctx, w.Proved("ann", actor.CaseManager), v, policydoc.Sum(text())), fault.Denied)
		is(t, "approving another text", c.ps.Approve(ctx, c.privacy(), v, policydoc.Sum(text("shut", "open"))), fault.Conflict)
		is(t, "putting in force before approval", c.ps.Enforce(ctx, c.privacy(), v, time.Time{}), fault.Denied)

		// Returned, changed by an officer who then has had a hand in it, sent again.
		ok(t, c.ps.Return(ctx, c.privacy(), v, "Say open."))
		ok(t, c.ps.Save(ctx, c.privacy(), v, 0, text("shut", "open"), "First.", 0))
		ok(t, c.ps.Submit(ctx, c.security(), v))
		open := policydoc.Sum(text("shut", "open"))
		is(t, "approving what one had a hand in", c.ps.Approve(ctx, c.privacy(), v, open), fault.Denied)
		manager := w.Proved("mia", actor.ProgramManager)
		ok(t, c.ps.Review(ctx, manager, v, "Reads well."))
		ok(t, c.ps.Approve(ctx, manager, v, open))
		is(t, "changing what is approved", c.ps.Save(ctx, c.security(), v, 0, text(), "", 0), fault.Denied)
		ok(t, c.ps.Enforce(ctx, c.privacy(), v, time.Time{}))
		is(t, "changing what is in force", c.ps.Save(ctx, c.security(), v, 0, text(), "", 0), fault.Denied)
		is(t, "withdrawing what is in force", c.ps.Discard(ctx, c.security(), v, ""), fault.Denied)

		f, err := c.ps.Open(ctx, c.ann(), id)
		ok(t, err)
		x := f.Versions[0].Value
		if x.Text != text("shut", "open") || x.ApprovedSum != open || x.Approver != "mia" || x.Reviewer != "mia" || x.Author != "sam" || !x.In(w.Clock.Now()) {
			t.Errorf("in force: %+v", x)
		}
		var steps []string
		for _, s := range x.Steps {
			steps = append(steps, s.What+" "+s.By)
		}
		if want := []string{"create sam", "submit sam", "return pia", "submit sam", "review mia", "approve mia", "enforce pia"}; !cmp.Equal(steps, want) {
			t.Error(cmp.Diff(want, steps))
		}
		// The entry of the reading names the version.
		e := w.Entries(t)[0]
		if e.Action != "policydoc.read" || e.Detail["policy"] != policydoc.Cited("doors", f.Versions[0].ID) {
			t.Errorf("the reading's entry: %s %v", e.Action, e.Detail)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestAnyDayResolvesToTheVersionThenInForce(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		c := play(w)
		start := w.Clock.Now()
		id, first := c.enforced(t, text(), start.Add(day))
		shelf, err := c.ps.List(ctx, c.ann())
		ok(t, err)
		if d := shelf.Documents[0].Value; len(shelf.Documents) != 1 || d.Title != "Doors" {
			t.Fatalf("the shelf: %+v", shelf)
		} else if _, in := d.At(start); in {
			t.Error("a version that takes effect tomorrow is in force today")
		}
		v2 := text("shut", "open", "Doors\n", "Gates\n")
		next, err := c.ps.Begin(ctx, c.security(), id, v2, "Open.", 0)
		ok(t, err)
		ok(t, c.ps.Submit(ctx, c.security(), next))
		ok(t, c.ps.Approve(ctx, c.privacy(), next, policydoc.Sum(v2)))
		is(t, "in force in the past", c.ps.Enforce(ctx, c.privacy(), next, start.Add(-day)), fault.Invalid)
		is(t, "in force before the one before", c.ps.Enforce(ctx, c.privacy(), next, start.Add(time.Hour)), fault.Invalid)
		ok(t, c.ps.Enforce(ctx, c.privacy(), next, start.Add(10*day)))

		f, err := c.ps.Open(ctx, c.ann(), id)
		ok(t, err)
		for _, x := range []struct {
			at   time.Time
			want policydoc.VersionID
		}{{start, policydoc.VersionID{}}, {start.Add(day), first}, {start.Add(10*day - time.Microsecond), first}, {start.Add(10 * day), next}, {start.Add(1000 * day), next}} {
			p, _ := f.Value.At(x.at)
			if p.Version != x.want {
				t.Errorf("at %v: %v, want %v", x.at, p.Version, x.want)
			}
			for _, v := range f.Versions {
				if v.Value.In(x.at) != (v.ID == x.want) {
					t.Errorf("at %v: version %v says otherwise", x.at, v.ID)
				}
			}
		}
		if f.Value.Number(next) != 2 || f.Value.Number(policydoc.VersionID{}) != 0 {
			t.Error("versions are not numbered as they took effect")
		}
		// What governs a page follows, with no clock of its own.
		for _, x := range []struct {
			after time.Duration
			want  []policydoc.VersionID
		}{{0, nil}, {2 * day, []policydoc.VersionID{first}}, {11 * day, []policydoc.VersionID{next}}} {
			w.Clock.Set(start.Add(x.after))
			got, err := c.ps.Governing(ctx, c.ann(), "chart")
			ok(t, err)
			var ids []policydoc.VersionID
			for _, g := range got {
				ids = append(ids, g.ID)
				if s, found := c.ps.Text(g.Value).Clause(g.Clause); !found || s.Title != "Charts" {
					t.Errorf("the clause is %+v", s)
				}
			}
			if !slices.Equal(ids, x.want) {
				t.Errorf("after %v the page is governed by %v, want %v", x.after, ids, x.want)
			}
		}
		if got, err := c.ps.Governing(ctx, c.ann(), "export"); err != nil || len(got) != 0 {
			t.Errorf("a page nothing governs: %v, %v", got, err)
		}
		ok(t, c.ps.Retire(ctx, c.privacy(), id, "Merged."))
		if got, err := c.ps.Governing(ctx, c.ann(), "chart"); err != nil || len(got) != 0 {
			t.Errorf("what is taken out of use governs: %v, %v", got, err)
		}
	})
}

func TestAcknowledging(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		c := play(w)
		id, v, err := c.ps.Create(ctx, c.security(), text(), "", 0)
		ok(t, err)
		is(t, "acknowledging a draft", c.ps.Acknowledge(ctx, c.ann(), v), fault.NotFound)
		c.pass(t, v, text(), time.Time{})
		f, err := c.ps.Open(ctx, c.privacy(), id)
		ok(t, err)
		ok(t, c.ps.SetCare(ctx, c.privacy(), id, f.Version, policydoc.Care{Owner: "sam", Acknowledged: true, Grace: 14, Limited: 7}))
		is(t, "what somebody else changed", c.ps.SetCare(ctx, c.privacy(), id, f.Version, policydoc.Care{}), fault.Conflict)
		is(t, "days beyond a year", c.ps.SetCare(ctx, c.privacy(), id, 0, policydoc.Care{Grace: 400}), fault.Invalid)
		ok(t, c.ps.Acknowledge(ctx, c.ann(), v))
		ok(t, c.ps.Acknowledge(ctx, c.ann(), v)) // twice is once
		ok(t, c.ps.Acknowledge(ctx, w.As("aud", actor.Auditor), v))
		who, err := c.ps.Acknowledged(ctx, c.privacy(), v)
		ok(t, err)
		if len(who) != 2 || who["ann"].Owner != "ann" {
			t.Errorf("acknowledged by %v", who)
		}
		is(t, "who acknowledged, asked by staff", second(c.ps.Acknowledged(ctx, c.ann(), v)), fault.Denied)
		shelf, err := c.ps.List(ctx, c.ann())
		ok(t, err)
		p, _ := shelf.Documents[0].Value.At(w.Clock.Now())
		if !shelf.Done(v) || !p.Wants(w.Clock.Now(), actor.CaseManager) {
			t.Errorf("%+v", p)
		}
		bob, err := c.ps.List(ctx, w.As("bob", actor.CaseManager))
		ok(t, err)
		if bob.Done(v) {
			t.Error("ann's word counts for bob")
		}
		// A newer version wants a new word, and the old one takes none.
		v2 := text("shut", "open")
		next, err := c.ps.Begin(ctx, c.security(), id, v2, "", 0)
		ok(t, err)
		c.pass(t, next, v2, w.Clock.Now().Add(day))
		is(t, "acknowledging what is not in force yet", c.ps.Acknowledge(ctx, c.ann(), next), fault.NotFound)
		w.Clock.Set(w.Clock.Now().Add(2 * day))
		is(t, "acknowledging what was superseded", c.ps.Acknowledge(ctx, c.ann(), v), fault.Conflict)
		ok(t, c.ps.Acknowledge(ctx, c.ann(), next))
	})
}

func TestReviewsComeWithTimeAndWithWhatChanges(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		c := play(w)
		now := w.Clock.Now()
		id, _ := c.enforced(t, text(), time.Time{})
		other, _ := c.enforced(t, text("doors", "locks", "Doors", "Locks", "164.310(a)(1)", "164.312(b)"), time.Time{})
		read := func(id policydoc.ID) policydoc.Document {
			t.Helper()
			f, err := c.ps.Open(ctx, c.privacy(), id)
			ok(t, err)
			return f.Value
		}
		if d := read(id); !d.Due.Equal(now.AddDate(0, 12, 0)) {
			t.Errorf("due %v", d.Due)
		}
		n, err := c.ps.Trigger(ctx, c.privacy(), policydoc.LawChanged, []string{"45 CFR 164.310"}, nil, "A new rule.")
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if d := read(id); !d.Due.Equal(now) {
			t.Errorf("a change of the law left it due %v", d.Due)
		} else if l, asked := d.Asked(); !asked || l.Cause != policydoc.LawChanged || l.Words != "A new rule." {
			t.Errorf("asked: %+v", l)
		}
		if d := read(other); !d.Due.After(now) {
			t.Error("a document that answers another paragraph is due")
		}
		ok(t, c.ps.Confirm(ctx, c.privacy(), id, "Nothing to change."))
		if d := read(id); !d.Due.Equal(now.AddDate(0, 12, 0)) {
			t.Errorf("looked at and due %v", d.Due)
		} else if _, asked := d.Asked(); asked {
			t.Error("it was looked at, and is still asked for")
		}
		is(t, "a trigger by staff", second(c.ps.Trigger(ctx, c.ann(), policydoc.Incident, nil, nil, "x")), fault.Denied)
		is(t, "a trigger without words", second(c.ps.Trigger(ctx, c.privacy(), policydoc.Incident, nil, nil, " ")), fault.Invalid)
		if n, err := c.ps.Trigger(ctx, c.privacy(), policydoc.Incident, nil, []string{"locks"}, "Lost."); err != nil || n != 1 {
			t.Error(n, err)
		}
		if n, err := c.ps.Trigger(ctx, c.privacy(), policydoc.SystemChanged, nil, nil, "Upgrade."); err != nil || n != 2 {
			t.Error(n, err)
		}
	})
}

func TestAnOwnerWritesAndOthersDoNot(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		c := play(w)
		id, _ := c.enforced(t, text(), time.Time{})
		is(t, "a version by staff", second(c.ps.Begin(ctx, c.ann(), id, text(), "", 0)), fault.Denied)
		is(t, "a document by staff", second2(c.ps.Create(ctx, c.ann(), text("doors", "locks"), "", 0)), fault.Denied)
		is(t, "whether a code is taken, asked by staff", second2(c.ps.Create(ctx, c.ann(), text(), "", 0)), fault.Denied)
		is(t, "a code that is taken", second2(c.ps.Create(ctx, c.security(), text(), "", 0)), fault.Invalid)
		ok(t, c.ps.SetCare(ctx, c.privacy(), id, 0, policydoc.Care{Owner: "ann"}))
		v, err := c.ps.Begin(ctx, c.ann(), id, text("review: 12", "review: x"), "", 0)
		ok(t, err)
		is(t, "sending mistakes to review", c.ps.Submit(ctx, c.ann(), v), fault.Invalid)
		is(t, "another code", c.ps.Save(ctx, c.ann(), v, 0, text("doors", "locks"), "", 0), fault.Invalid)
		ok(t, c.ps.Save(ctx, c.ann(), v, 0, text("review: 12", "review: 6"), "Twice a year.", 0))
		is(t, "what was changed since", c.ps.Save(ctx, c.ann(), v, 1, text(), "", 0), fault.Conflict)
		is(t, "a stranger's change", c.ps.Save(ctx, w.As("bob", actor.CaseManager), v, 0, text(), "", 0), fault.Denied)
		ok(t, c.ps.Submit(ctx, c.ann(), v))
		ok(t, c.ps.Return(ctx, c.privacy(), v, "No."))
		ok(t, c.ps.Discard(ctx, c.ann(), v, ""))
		f, err := c.ps.Open(ctx, w.As("bob", actor.CaseManager), id)
		ok(t, err)
		if len(f.Versions) != 1 {
			t.Errorf("staff see %d versions", len(f.Versions))
		}
		f, err = c.ps.Open(ctx, w.As("aud", actor.Auditor), id)
		ok(t, err)
		if len(f.Versions) != 2 {
			t.Errorf("an auditor sees %d versions", len(f.Versions))
		}
	})
}

func second2[A, B any](_ A, _ B, err error) error { return err }

func TestAdoptingTheStarterSet(t *testing.T) {
	w := recordtest.Open(t)
	c := play(w)
	n, err := c.ps.Adopt(ctx, c.privacy(), "en", []string{"access", "incident"})
	if err != nil || n != 2 {
		t.Fatal(n, err)
	}
	if e := w.Entries(t)[0]; e.Action != "policydoc.create" {
		t.Errorf("the entry is of %s", e.Action)
	}
	if n, err = c.ps.Adopt(ctx, c.privacy(), "en", []string{"access", "records"}); err != nil || n != 1 {
		t.Errorf("%d begun, %v: one was there", n, err)
	}
	is(t, "nothing to adopt", second(c.ps.Adopt(ctx, c.privacy(), "en", []string{"access"})), fault.Invalid)
	is(t, "adopting as staff", second(c.ps.Adopt(ctx, c.ann(), "en", []string{"media"})), fault.Denied)
	shelf, err := c.ps.List(ctx, c.privacy())
	ok(t, err)
	if len(shelf.Documents) != 3 || shelf.Documents[0].Value.State != policydoc.Draft {
		t.Errorf("%d documents", len(shelf.Documents))
	}
	if staff, err := c.ps.List(ctx, c.ann()); err != nil || len(staff.Documents) != 0 {
		t.Errorf("staff see %d drafts, %v", len(staff.Documents), err)
	}
}

// TestTheDoorKnowsWhatIsToBeAcknowledged wants what a version asks of those it binds to
// be with the door for as long as it is in force and wanted, and no longer.
func TestTheDoorKnowsWhatIsToBeAcknowledged(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		c := play(w)
		source := text("audience: everyone", "audience: case_manager, auditor")
		id, v := c.enforced(t, source, time.Time{})
		stands := func(worker string, role actor.Role) string {
			t.Helper()
			got, err := w.Door.Requirements(ctx, w.As(worker, role), time.Time{}, record.Bearer{Worker: worker, Role: role})
			ok(t, err)
			var out []string
			for _, i := range got[worker] {
				out = append(out, strings.ReplaceAll(strings.ReplaceAll(i.Name, v.String(), "v1"), id.String(), "")+" "+string(i.Stage))
			}
			return strings.Join(out, ", ")
		}
		if got := stands("ann", actor.CaseManager); got != "" {
			t.Errorf("nothing is wanted yet, and the door has %q", got)
		}
		ok(t, c.ps.SetCare(ctx, c.privacy(), id, 0, policydoc.Care{Acknowledged: true, Grace: 2, Limited: 1}))
		if got := stands("ann", actor.CaseManager); got != "policy/doors@v1 due" {
			t.Errorf("wanted, and the door has %q", got)
		}
		if title, path, err := c.ps.Describe(ctx, "en", policydoc.Cited("doors", v)); err != nil || title != "Doors" || path != "/policies/doc/doors" {
			t.Errorf("described as %q at %q, %v", title, path, err)
		}
		if got := stands("sue", actor.Supervisor); got != "" {
			t.Errorf("whom it does not bind has %q", got)
		}
		w.Clock.Set(w.Clock.Now().Add(2*day + time.Hour))
		if got := stands("ann", actor.CaseManager); got != "policy/doors@v1 limited" {
			t.Errorf("after the grace the door has %q", got)
		}
		w.Clock.Set(w.Clock.Now().Add(day))
		if got := stands("ann", actor.CaseManager); got != "policy/doors@v1 missing" {
			t.Errorf("after the limited days the door has %q", got)
		}
		ok(t, c.ps.Acknowledge(ctx, c.ann(), v))
		if got := stands("ann", actor.CaseManager); got != "policy/doors@v1 met" {
			t.Errorf("acknowledged, and the door has %q", got)
		}
		// The next version asks anew, and the one before no more.
		v2 := strings.Replace(source, "shut", "open", 1)
		next, err := c.ps.Begin(ctx, c.security(), id, v2, "", 0)
		ok(t, err)
		c.pass(t, next, v2, w.Clock.Now().Add(day))
		if got := stands("ann", actor.CaseManager); got != "policy/doors@v1 met" {
			t.Errorf("before the next takes effect the door has %q", got)
		}
		w.Clock.Set(w.Clock.Now().Add(day))
		if got := stands("ann", actor.CaseManager); got != "policy/doors@"+next.String()+" due" {
			t.Errorf("with the next in force the door has %q", got)
		}
		ok(t, c.ps.SetCare(ctx, c.privacy(), id, 0, policydoc.Care{}))
		if got := stands("ann", actor.CaseManager); got != "" {
			t.Errorf("no longer wanted, and the door has %q", got)
		}
	})
}
