package training_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/program/training"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

// staff is the workforce of a test.
type staff []training.Worker

func (s staff) Workers(context.Context, actor.Actor) ([]training.Worker, error) {
	return slices.Clone(s), nil
}

// everybody is a supervisor with two workers, a worker of another team, a program
// manager, both officers, an administrator and an auditor.
func everybody() staff {
	long := recordtest.Start.AddDate(-1, 0, 0)
	return staff{
		{ID: "w1", Held: actor.Held{Role: actor.CaseManager}, Started: long, Supervisor: "s1", Programs: []string{"housing"}},
		{ID: "w2", Held: actor.Held{Role: actor.CaseManager}, Started: recordtest.Start.AddDate(0, 0, 1), Supervisor: "s1", Programs: []string{"reentry"}},
		{ID: "w3", Held: actor.Held{Role: actor.CaseManager}, Started: long, Supervisor: "s2", Programs: []string{"housing"}},
		{ID: "i1", Held: actor.Held{Role: actor.Intake}, Started: long},
		{ID: "s1", Held: actor.Held{Role: actor.Supervisor}, Started: long, Programs: []string{"housing"}},
		{ID: "m1", Held: actor.Held{Role: actor.ProgramManager}, Started: long, Programs: []string{"housing"}},
		{ID: "p1", Held: actor.Held{Role: actor.PrivacyOfficer}, Started: long},
		{ID: "x1", Held: actor.Held{Role: actor.Auditor}, Started: long},
	}
}

// text is a course of one lesson, one scenario and so many questions, of which the
// second choice is right.
func text(code string, form training.Form, questions int) string {
	var b strings.Builder
	b.WriteString("---\ncode: " + code + "\ntitle: About " + code + "\nform: " + string(form) + "\nfor: everyone\nminutes: 10\npass: 80\ntopics: devices\ncitations: agency practice\n---\n\n")
	b.WriteString("# Lesson: One\n\nRead this.\n\n# Scenario: Two\n\nIt happens.\n\n## What now?\n\n- [ ] This\n  > No.\n- [x] That\n  > Yes.\n\n")
	for i := range questions {
		b.WriteString("# Question: Number " + string(rune('A'+i)) + "?\n\n- [ ] Wrong\n- [x] Right\n\n> So it is.\n\n")
	}
	return b.String()
}

func published(t *testing.T, w *recordtest.World, tr *training.Training, code string, form training.Form, questions int) {
	t.Helper()
	officer := w.Proved("p1", actor.PrivacyOfficer)
	id, err := tr.Write(ctx, officer, text(code, form, questions), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Publish(ctx, officer, id, 1); err != nil {
		t.Fatal(err)
	}
}

// take takes a course as far as it goes, with so many of its answers wrong.
func take(t *testing.T, tr *training.Training, who actor.Actor, code string, wrong int) training.Attempt {
	t.Helper()
	id, err := tr.Start(ctx, who, code)
	if err != nil {
		t.Fatal(err)
	}
	a, e, err := tr.Taking(ctx, who, id)
	if err != nil {
		t.Fatal(err)
	}
	c := e.Value.In("en")
	for step := range training.Steps(c, len(a.Value.Drawn)) - 1 {
		place := training.At(c, len(a.Value.Drawn), step)
		chosen := []int{1}
		if place.Question >= 0 && place.Question < wrong {
			chosen = []int{0}
		}
		if err := tr.Keep(ctx, who, id, step, chosen); err != nil {
			t.Fatal(step, err)
		}
		if place.Scenario >= 0 {
			if err := tr.GoOn(ctx, who, id, step); err != nil {
				t.Fatal(step, err)
			}
		}
	}
	out, err := tr.Finish(ctx, who, id)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func item(t *testing.T, items []training.Item, worker, course string) training.Item {
	t.Helper()
	for _, i := range items {
		if i.Worker == worker && i.Course == course {
			return i
		}
	}
	return training.Item{}
}

func TestACourseIsWrittenPublishedAndNeverChanged(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		officer, proved := w.As("p1", actor.PrivacyOfficer), w.Proved("p1", actor.PrivacyOfficer)
		if _, err := tr.Write(ctx, w.As("s1", actor.Supervisor), text("a", training.Micro, 3), ""); !fault.Is(err, fault.Denied) {
			t.Error("a supervisor wrote a course:", err)
		}
		// What is wrong is kept, and keeps it from being published, by line.
		id, err := tr.Write(ctx, officer, text("a", training.Micro, 3)+"stray\n", "not Spanish")
		if err != nil {
			t.Fatal(err)
		}
		err = tr.Publish(ctx, proved, id, 1)
		var names []string
		for _, f := range fault.FieldsOf(err) {
			names = append(names, f.Name)
		}
		if !slices.Contains(names, "en:48") || !slices.Contains(names, "es:1") {
			t.Error("what is wrong is not told by line:", names)
		}
		if err := tr.Rewrite(ctx, officer, id, 1, text("a", training.Micro, 3), text("a", training.Micro, 2)); err != nil {
			t.Fatal(err)
		}
		if err := tr.Publish(ctx, proved, id, 2); len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Name != "es" {
			t.Error("another course passed for its Spanish:", err)
		}
		if err := tr.Rewrite(ctx, officer, id, 2, text("a", training.Micro, 3), ""); err != nil {
			t.Fatal(err)
		}
		if err := tr.Publish(ctx, officer, id, 3); !fault.Is(err, fault.Denied) {
			t.Error("it was published without a fresh proof:", err)
		}
		if err := tr.Publish(ctx, proved, id, 2); !fault.Is(err, fault.Conflict) {
			t.Error("what was not seen was published:", err)
		}
		if err := tr.Publish(ctx, proved, id, 3); err != nil {
			t.Fatal(err)
		}
		if err := tr.Rewrite(ctx, officer, id, 0, text("a", training.Micro, 5), ""); !fault.Is(err, fault.Conflict) {
			t.Error("what was published was changed:", err)
		}
		if err := tr.Discard(ctx, officer, id, 0); !fault.Is(err, fault.Conflict) {
			t.Error("what was published was thrown away:", err)
		}
		// A second edition takes its place.
		next, err := tr.Write(ctx, officer, text("a", training.Micro, 5), "")
		if err != nil {
			t.Fatal(err)
		}
		worker := w.As("w1", actor.CaseManager)
		if _, err := tr.Read(ctx, worker, next); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			t.Error("a worker reads a draft:", err)
		}
		if err := tr.Publish(ctx, proved, next, 1); err != nil {
			t.Fatal(err)
		}
		o, err := tr.Published(ctx, worker, "a")
		if err != nil || o.ID != next || o.Value.Number != 2 {
			t.Error("the new edition is not the one that is taken:", o.Value.Number, err)
		}
		if o, err := tr.Read(ctx, worker, id); err != nil || o.Value.Status != training.Retired || o.Value.Number != 1 {
			t.Error("the edition before is not there any more as it was:", o.Value.Status, err)
		}
		// An orientation opens charts: a code does not become one by an edition.
		turned, err := tr.Write(ctx, officer, text("a", training.Orientation, 5), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Publish(ctx, proved, turned, 1); len(fault.FieldsOf(err)) != 1 {
			t.Error("a course became an orientation:", err)
		}
	})
}

func TestAnAttemptIsKeptStepByStepAndScored(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		published(t, w, tr, "a", training.Module, 13)
		one, two := w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager)
		id, err := tr.Start(ctx, one, "a")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := tr.Start(ctx, one, "a"); err != nil || again != id {
			t.Error("going on begins another:", err)
		}
		a, _, err := tr.Taking(ctx, one, id)
		if err != nil || len(a.Value.Drawn) != 10 {
			t.Fatal(len(a.Value.Drawn), err)
		}
		if _, _, err := tr.Taking(ctx, two, id); err == nil {
			t.Error("a colleague sees it")
		}
		if err := tr.Keep(ctx, two, id, 0, nil); err == nil {
			t.Error("a colleague takes it")
		}
		if err := tr.Keep(ctx, w.As("s1", actor.Supervisor), id, 0, nil); err == nil {
			t.Error("a supervisor takes it for a worker")
		}
		if err := tr.Keep(ctx, one, id, 3, []int{1}); !fault.Is(err, fault.NotFound) {
			t.Error("a step was left out:", err)
		}
		if _, err := tr.Finish(ctx, one, id); len(fault.FieldsOf(err)) != 1 {
			t.Error("it was handed in with steps open:", err)
		}
		if err := tr.Keep(ctx, one, id, 0, nil); err != nil {
			t.Fatal(err)
		}
		for _, chosen := range [][]int{nil, {2}, {-1}, {0, 1}} {
			if err := tr.Keep(ctx, one, id, 1, chosen); len(fault.FieldsOf(err)) != 1 {
				t.Error("a decision took", chosen, err)
			}
		}
		if err := tr.GoOn(ctx, one, id, 1); len(fault.FieldsOf(err)) != 1 {
			t.Error("a decision was gone by:", err)
		}
		// The first choice of a decision counts.
		for _, n := range []int{0, 1} {
			if err := tr.Keep(ctx, one, id, 1, []int{n}); err != nil {
				t.Fatal(err)
			}
		}
		w.Clock.Advance(4 * time.Minute)
		if err := tr.GoOn(ctx, one, id, 1); err != nil {
			t.Fatal(err)
		}
		a, _, _ = tr.Taking(ctx, one, id)
		if n, made := a.Value.Turned(0, 0); !made || n != 0 || a.Value.Step != 2 {
			t.Error("the first choice is not what is kept:", n, made, a.Value.Step)
		}
		// Eight of ten, one of them put right before handing in; a night between.
		w.Clock.Advance(14 * time.Hour)
		one = w.As("w1", actor.CaseManager)
		for q := range 10 {
			chosen := []int{1}
			if q < 3 {
				chosen = []int{0}
			}
			if err := tr.Keep(ctx, one, id, 2+q, chosen); err != nil {
				t.Fatal(err)
			}
		}
		if err := tr.Keep(ctx, one, id, 2, []int{1}); err != nil {
			t.Fatal(err)
		}
		got, err := tr.Finish(ctx, one, id)
		if err != nil || got.Status != training.Passed || got.Score != 80 || got.Paper != 1 || got.Minutes() != 19 {
			t.Errorf("%s with %d, certificate %d, %d minutes: %v", got.Status, got.Score, got.Paper, got.Minutes(), err)
		}
		if want := w.Clock.Now().AddDate(1, 0, 0); !got.Until.Equal(want) {
			t.Error("it holds until", got.Until)
		}
		if _, err := tr.Finish(ctx, one, id); !fault.Is(err, fault.Conflict) {
			t.Error("it was handed in twice:", err)
		}
		if err := tr.Keep(ctx, one, id, 2, []int{0}); !fault.Is(err, fault.Conflict) {
			t.Error("it was changed after it was handed in:", err)
		}
		// Short of the mark is not passed, and the next one is drawn anew.
		if got := take(t, tr, two, "a", 3); got.Status != training.Failed || got.Score != 70 || got.Paper != 0 || !got.Until.IsZero() {
			t.Errorf("%s with %d, certificate %d", got.Status, got.Score, got.Paper)
		}
		w.Clock.Advance(time.Second)
		if got := take(t, tr, w.As("w2", actor.CaseManager), "a", 0); got.Status != training.Passed || got.Score != 100 || got.Paper != 2 || slices.Equal(got.Drawn, a.Value.Drawn) {
			t.Errorf("%s with %d, certificate %d", got.Status, got.Score, got.Paper)
		}
		// An auditor, who changes nothing, is trained too.
		if got := take(t, tr, w.As("x1", actor.Auditor), "a", 0); got.Status != training.Passed {
			t.Error(got.Status)
		}
	})
}

func TestACourseIsTakenInOneAct(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		ann, officer := w.As("w1", actor.CaseManager), w.As("p1", actor.PrivacyOfficer)
		published(t, w, tr, "phones", training.Module, 6)
		if err := tr.Assign(ctx, w.As("s1", actor.Supervisor), "w1", "phones", training.Remedial, w.Clock.Now().AddDate(0, 0, 9)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		wrong := 0
		choose := func(_ training.Course, _ training.Attempt, p training.Place) []int {
			if p.Question >= 0 && p.Question < wrong {
				return []int{0}
			}
			return []int{1}
		}
		now := w.Clock.Now()
		for _, x := range []struct {
			name, course string
			began        time.Time
			choose       func(training.Course, training.Attempt, training.Place) []int
			want         fault.Kind
		}{
			{"a course that there is not", "nothing", now, choose, fault.NotFound},
			{"one begun later than it is handed in", "phones", now.Add(time.Minute), choose, fault.Invalid},
			{"one begun yesterday", "phones", now.AddDate(0, 0, -1), choose, fault.Invalid},
			{"one with a question left open", "phones", now, func(_ training.Course, _ training.Attempt, p training.Place) []int {
				if p.Question == 3 {
					return nil
				}
				return []int{1}
			}, fault.Invalid},
		} {
			if _, err := tr.Sit(ctx, ann, x.course, x.began, x.choose); !fault.Is(err, x.want) {
				t.Errorf("%s: %v", x.name, err)
			}
		}
		wrong = 3
		if a, err := tr.Sit(ctx, ann, "phones", now.Add(-20*time.Minute), choose); err != nil || a.Status != training.Failed || a.Score != 50 || a.Paper != 0 || !a.Until.IsZero() {
			t.Errorf("half of it right: %s with %d, certificate %d, %v", a.Status, a.Score, a.Paper, err)
		}
		if items, _, err := tr.Mine(ctx, ann); err != nil || !item(t, items, "w1", "phones").Open {
			t.Error("what was not passed is done:", err)
		}
		wrong = 1
		a, err := tr.Sit(ctx, ann, "phones", now.Add(-20*time.Minute), choose)
		if err != nil || a.Status != training.Passed || a.Score != 83 || a.Paper == 0 || a.Minutes() != 20 || !a.Until.Equal(now.AddDate(1, 0, 0)) {
			t.Errorf("%s with %d, certificate %d, %d minutes, until %s, %v", a.Status, a.Score, a.Paper, a.Minutes(), a.Until, err)
		}
		if i, _, err := tr.Mine(ctx, ann); err != nil || item(t, i, "w1", "phones").Open || !item(t, i, "w1", "phones").Held {
			t.Error("what was passed is still to be taken:", err)
		}
		// It is kept as any other attempt is, for whoever looks after them.
		s, err := tr.Staff(ctx, officer)
		if err != nil || len(s.Attempts) != 2 || len(s.Attempts[0].Value.Answers) != 6 || len(s.Attempts[0].Value.Turns) != 1 {
			t.Errorf("%d attempts are kept, %v", len(s.Attempts), err)
		}
	})
}

func TestACurriculumSaysWhatIsDue(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		published(t, w, tr, "first", training.Orientation, 4)
		published(t, w, tr, "rules", training.Module, 4)
		officer := w.Proved("p1", actor.PrivacyOfficer)
		want := []training.Line{{Course: "rules", Settle: 30, Within: 20, Every: 12, Grace: 45, Limited: 30}}
		if err := tr.Require(ctx, w.As("p1", actor.PrivacyOfficer), "", 0, want); !fault.Is(err, fault.Denied) {
			t.Error("it was set without a fresh proof:", err)
		}
		err := tr.Require(ctx, officer, actor.CaseManager, 0, []training.Line{
			{Course: "nothing"}, {Course: "rules", Within: 30, Grace: 10}, {Course: "rules", Every: 61, Limited: 400},
		})
		var names []string
		for _, f := range fault.FieldsOf(err) {
			names = append(names, f.Name)
		}
		if want := []string{"course-0", "grace-1", "course-2", "limited-2", "every-2"}; !slices.Equal(names, want) {
			t.Error(names)
		}
		if err := tr.Require(ctx, officer, actor.CaseManager, 0, want); err != nil {
			t.Fatal(err)
		}
		if err := tr.Require(ctx, officer, "", 0, []training.Line{{Course: "first", Grace: 10}}); err != nil {
			t.Fatal(err)
		}
		if err := tr.Require(ctx, officer, "", 0, nil); !fault.Is(err, fault.Conflict) {
			t.Error("a second curriculum of one role was made:", err)
		}
		now := w.Clock.Now()
		one, fresh := w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager)
		items, _, err := tr.Mine(ctx, one)
		if err != nil || len(items) != 2 || items[0].Course != "first" || !items[0].Open {
			t.Fatal(items, err)
		}
		if x := item(t, items, "w1", "rules"); !x.Open || !x.Due.Equal(now.AddDate(0, 0, 30)) {
			t.Error("whoever was here before has the days from when it is asked for:", x)
		}
		if items, _, _ := tr.Mine(ctx, fresh); item(t, items, "w2", "rules").Why != training.Hire || !item(t, items, "w2", "rules").Due.Equal(now.AddDate(0, 0, 1).AddDate(0, 0, 20)) {
			t.Error("whoever is new has the days from the first day:", item(t, items, "w2", "rules"))
		}
		if got := take(t, tr, one, "rules", 0); !got.Until.Equal(now.AddDate(1, 0, 0)) {
			t.Error(got.Until)
		}
		for _, x := range []struct {
			name             string
			days             int
			held, open, late bool
			why              training.Why
		}{
			{"it holds", 1, true, false, false, training.Yearly},
			{"it is asked for two months before", 306, true, true, false, training.Yearly},
			{"it has lapsed", 366, false, true, true, training.Yearly},
		} {
			w.Clock.Set(now.AddDate(0, 0, x.days))
			items, _, err := tr.Mine(ctx, w.As("w1", actor.CaseManager))
			if err != nil {
				t.Fatal(err)
			}
			got := item(t, items, "w1", "rules")
			if got.Held != x.held || got.Open != x.open || got.Late(w.Clock.Now()) != x.late || got.Why != x.why {
				t.Errorf("%s: %+v", x.name, got)
			}
		}
		w.Clock.Set(now)
		if items, _, _ := tr.Mine(ctx, w.As("i1", actor.Intake)); len(items) != 1 || items[0].Course != "first" {
			t.Error("another role is asked for what is not its own:", items)
		}
		// Lines that stay keep their day.
		cs, err := tr.Curricula(ctx, officer)
		if err != nil || len(cs) != 2 || cs[0].Value.Role != "" {
			t.Fatal(len(cs), err)
		}
		w.Clock.Advance(time.Hour)
		officer = w.Proved("p1", actor.PrivacyOfficer)
		if err := tr.Require(ctx, officer, actor.CaseManager, cs[1].Version, []training.Line{{Course: "rules", Within: 14, Every: 24, Grace: 14}}); err != nil {
			t.Fatal(err)
		}
		if cs, _ = tr.Curricula(ctx, officer); !cs[1].Value.Lines[0].Since.Equal(now) || cs[1].Value.Lines[0].From.Equal(now) {
			t.Error("a line that stays begins anew, or its terms do not")
		}
		o, _ := tr.Published(ctx, officer, "rules")
		if err := tr.Retire(ctx, officer, o.ID, o.Version); !fault.Is(err, fault.Conflict) {
			t.Error("a course that is asked for was taken away:", err)
		}
		// How often reaches those who passed before, on the page as at the door.
		both := func() (training.Item, record.Item) {
			t.Helper()
			one := w.As("w1", actor.CaseManager)
			items, _, err := tr.Mine(ctx, one)
			if err != nil {
				t.Fatal(err)
			}
			all, err := w.Door.Requirements(ctx, one, time.Time{}, record.Bearer{Worker: "w1", Role: actor.CaseManager})
			i := slices.IndexFunc(all["w1"], func(i record.Item) bool { return i.Name == "training/rules" })
			if err != nil || i < 0 {
				t.Fatal(all, err)
			}
			return item(t, items, "w1", "rules"), all["w1"][i]
		}
		w.Clock.Set(now.AddDate(0, 18, 0))
		if page, door := both(); !page.Held || !page.Due.Equal(now.AddDate(2, 0, 0)) || door.Stage != record.Met || !door.Until.Equal(page.Due) {
			t.Errorf("every two years: %+v, %+v", page, door)
		}
		officer = w.Proved("p1", actor.PrivacyOfficer)
		if err := tr.Require(ctx, officer, actor.CaseManager, cs[1].Version, []training.Line{{Course: "rules", Within: 14, Every: 6, Settle: 10, Grace: 14}}); err != nil {
			t.Fatal(err)
		}
		if page, door := both(); page.Held || !page.Due.Equal(w.Clock.Now().AddDate(0, 0, 10)) || door.Stage != record.Due || !door.Limit.Equal(page.Due) {
			t.Errorf("every half year: %+v, %+v", page, door)
		}
	})
}

func TestAChangeIsAssignedToExactlyTheAffected(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		people := everybody()
		tr := training.New(w.Door, w.Service("trainer"), people)
		published(t, w, tr, "a", training.Module, 4)
		published(t, w, tr, "b", training.Micro, 4)
		due := w.Clock.Now().AddDate(0, 0, 14)
		// Somebody has begun before it changed: what changed was not in that.
		early, err := tr.Start(ctx, w.As("w3", actor.CaseManager), "a")
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		officer := w.As("p1", actor.PrivacyOfficer)
		if _, err := tr.Announce(ctx, w.As("s1", actor.Supervisor), training.Change{Why: training.LawChange, Title: "x", Courses: []string{"a"}, Roles: []actor.Role{actor.Intake}, Due: due}); !fault.Is(err, fault.Denied) {
			t.Error("a supervisor announced a change:", err)
		}
		_, err = tr.Announce(ctx, officer, training.Change{Why: training.Hire, Courses: []string{"c"}, Roles: []actor.Role{"boss"}, Due: w.Clock.Now().Add(-time.Hour)})
		if n := len(fault.FieldsOf(err)); n != 6 {
			t.Error(n, fault.FieldsOf(err))
		}
		for _, x := range []struct {
			change training.Change
			exact  []string
		}{
			{training.Change{Why: training.LawChange, Title: "Part 2", Roles: []actor.Role{actor.CaseManager}, Courses: []string{"a", "b", "a"}}, []string{"w1", "w2", "w3"}},
			{training.Change{Why: training.PolicyChange, Title: "Faxes", Roles: []actor.Role{actor.Intake}, Workers: []string{"w1", "gone"}, Courses: []string{"b"}}, []string{"w1", "i1"}},
			{training.Change{Why: training.SystemChange, Title: "Messages", Workers: []string{"m1"}, Courses: []string{"b"}}, []string{"m1"}},
		} {
			x.change.Due = due
			n, err := tr.Announce(ctx, officer, x.change)
			if err != nil || n != len(x.exact) {
				t.Fatal(x.change.Title, n, err)
			}
			for _, p := range people {
				items, _, err := tr.Mine(ctx, w.As(p.ID, p.Role))
				if err != nil {
					t.Fatal(err)
				}
				for _, code := range x.change.Courses {
					got := item(t, items, p.ID, code)
					if affected := slices.Contains(x.exact, p.ID); affected && (!got.Open || !got.Due.Equal(due)) || !affected && got.Open && got.Why == x.change.Why {
						t.Errorf("%s, %s: %+v", x.change.Title, p.ID, got)
					}
				}
			}
		}
		if cs, err := tr.Changes(ctx, w.As("x1", actor.Auditor)); err != nil || len(cs) != 3 || !slices.ContainsFunc(cs, func(c record.Opened[training.Change]) bool {
			return c.Value.Title == "Part 2" && c.Value.Count == 3
		}) {
			t.Error("an auditor does not see what staff were trained on:", len(cs), err)
		}
		// Passing the course does every assignment of it that was there before.
		if n, err := tr.Tally(ctx, w.As("w1", actor.CaseManager)); n != 3 || err != nil {
			t.Error(n, err)
		}
		w.Clock.Advance(time.Minute)
		take(t, tr, w.As("w1", actor.CaseManager), "b", 0)
		if n, _ := tr.Tally(ctx, w.As("w1", actor.CaseManager)); n != 1 {
			t.Error(n, "assignments are open of one")
		}
		third := w.As("w3", actor.CaseManager)
		if again, err := tr.Start(ctx, third, "a"); err != nil || again != early {
			t.Fatal(err)
		}
		take(t, tr, third, "a", 0)
		items, _, _ := tr.Mine(ctx, third)
		if !item(t, items, "w3", "a").Open {
			t.Error("what was begun before the change counts for it")
		}
		take(t, tr, third, "a", 0)
		if items, _, _ = tr.Mine(ctx, third); item(t, items, "w3", "a").Open {
			t.Error("what was begun after the change does not count for it")
		}
	})
}

func TestWhoSeesWhoWasTrained(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		published(t, w, tr, "a", training.Module, 4)
		take(t, tr, w.As("w1", actor.CaseManager), "a", 0)
		take(t, tr, w.As("w3", actor.CaseManager), "a", 0)
		for _, x := range []struct {
			who    actor.Actor
			people []string
			did    int
		}{
			{w.As("s1", actor.Supervisor), []string{"w1", "w2"}, 1},
			{w.As("m1", actor.ProgramManager), []string{"w1", "w3", "s1"}, 2},
			{w.As("p1", actor.PrivacyOfficer), []string{"w1", "w2", "w3", "i1", "s1", "m1", "p1", "x1"}, 2},
			{w.As("x1", actor.Auditor), []string{"w1", "w2", "w3", "i1", "s1", "m1", "p1", "x1"}, 2},
			{w.As("w1", actor.CaseManager), nil, 0},
			{w.As("a1", actor.Administrator), nil, 0},
		} {
			got, err := tr.Staff(ctx, x.who)
			if err != nil {
				t.Fatal(x.who.Role(), err)
			}
			var ids []string
			for _, p := range got.Workers {
				ids = append(ids, p.ID)
			}
			if !slices.Equal(ids, x.people) || len(got.Attempts) != x.did {
				t.Errorf("%s sees %v and %d attempts", x.who.Role(), ids, len(got.Attempts))
			}
		}
		due := w.Clock.Now().AddDate(0, 0, 7)
		supervisor := w.As("s1", actor.Supervisor)
		if err := tr.Assign(ctx, supervisor, "w3", "a", training.Remedial, due); len(fault.FieldsOf(err)) != 1 {
			t.Error("another team's worker was given a course:", err)
		}
		if err := tr.Assign(ctx, w.As("w1", actor.CaseManager), "w2", "a", training.Remedial, due); err == nil {
			t.Error("a colleague gave a course")
		}
		if err := tr.Assign(ctx, supervisor, "w1", "a", training.Remedial, due); err != nil {
			t.Fatal(err)
		}
		items, _, _ := tr.Mine(ctx, w.As("w1", actor.CaseManager))
		x := item(t, items, "w1", "a")
		if !x.Open || x.Why != training.Remedial || len(x.Given) != 1 {
			t.Errorf("%+v", x)
		}
		if err := tr.Withdraw(ctx, supervisor, x.Given[0]); err == nil {
			t.Error("a supervisor took back what only officers do")
		}
		if err := tr.Withdraw(ctx, w.As("p1", actor.PrivacyOfficer), x.Given[0]); err != nil {
			t.Fatal(err)
		}
		if items, _, _ = tr.Mine(ctx, w.As("w1", actor.CaseManager)); item(t, items, "w1", "a").Open {
			t.Error("what was taken back is still asked for")
		}
		for _, e := range w.Entries(t) {
			if strings.HasPrefix(e.Action, "attempt.") || strings.HasPrefix(e.Action, "assignment.") {
				return
			}
		}
		t.Error("the log says nothing of it")
	})
}

func TestWhatWasPassedOpensChartsAtTheDoor(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		published(t, w, tr, "first", training.Orientation, 4)
		published(t, w, tr, "rules", training.Module, 4)
		if title, path, err := tr.Describe(ctx, "en", "first"); title != "About first" || path != "/training/courses/first" || err != nil {
			t.Error(title, path, err)
		}
		if title, path, err := tr.Describe(ctx, "es", "gone"); title != "gone" || path != "" || err != nil {
			t.Error(title, path, err)
		}
		clients := person.New(w.Door)
		intake := w.As("i1", actor.Intake)
		opens := func(days int) bool {
			t.Helper()
			w.Clock.Set(recordtest.Start.AddDate(0, 0, days))
			_, err := clients.Register(ctx, w.As("i1", actor.Intake), person.Client{Name: person.Name{Family: phi.NewText("Quell" + string(rune('a'+days%26)))}}, true)
			if err != nil && !fault.Is(err, fault.Denied) {
				t.Fatal(err)
			}
			return err == nil
		}
		if !opens(0) {
			t.Fatal("a fresh agency works without any curriculum")
		}
		officer := w.Proved("p1", actor.PrivacyOfficer)
		if err := tr.Require(ctx, officer, actor.Intake, 0, []training.Line{
			{Course: "first", Settle: 2}, {Course: "rules", Settle: 10, Within: 5, Every: 1, Grace: 10, Limited: 5},
		}); err != nil {
			t.Fatal(err)
		}
		if !opens(1) {
			t.Error("who worked here already has the days given")
		}
		if opens(3) {
			t.Error("a client was registered without orientation")
		}
		if got := take(t, tr, w.As("i1", actor.Intake), "first", 4); got.Status != training.Failed || opens(3) {
			t.Error("an orientation that was not passed opens:", got.Status)
		}
		w.Clock.Advance(time.Second)
		take(t, tr, w.As("i1", actor.Intake), "first", 0)
		if !opens(4) {
			t.Error("an orientation that was passed does not open")
		}
		take(t, tr, w.As("i1", actor.Intake), "rules", 0)
		if !opens(30) || !opens(43) {
			t.Error("a course that was passed, and the grace after it, do not open")
		}
		if opens(46) {
			t.Error("in the days of reading somebody was registered")
		}
		take(t, tr, w.As("i1", actor.Intake), "rules", 0)
		if !opens(46) {
			t.Error("taking it again does not open")
		}
		if l, _, err := w.Door.Lacks(ctx, intake); err != nil || l != 0 {
			t.Error(l, err)
		}
	})
}

func TestFiguresAreCountedFromTheRecords(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		published(t, w, tr, "a", training.Module, 4)
		if err := tr.Require(ctx, w.Proved("p1", actor.PrivacyOfficer), actor.CaseManager, 0, []training.Line{{Course: "a", Settle: 3, Within: 3, Every: 12, Grace: 9}}); err != nil {
			t.Fatal(err)
		}
		// Of three who must, one passes at once, one at the second try, one not at all.
		one := take(t, tr, w.As("w1", actor.CaseManager), "a", 0)
		two := take(t, tr, w.As("w3", actor.CaseManager), "a", 2)
		w.Clock.Advance(time.Second)
		three := take(t, tr, w.As("w3", actor.CaseManager), "a", 0)
		w.Clock.Advance(5 * 24 * time.Hour)
		s, err := tr.Staff(ctx, w.As("p1", actor.PrivacyOfficer))
		if err != nil {
			t.Fatal(err)
		}
		f := training.Count(w.Clock.Now(), s)
		if f.People != 8 || f.Asked != 3 || f.Held != 2 || f.Overdue != 1 || f.Passed != 2 || f.Failed != 1 || f.Median != 100 {
			t.Errorf("%+v", f)
		}
		// The same from the attempts as they were handed in.
		asked, wrong := 0, 0
		for _, a := range []training.Attempt{one, two, three} {
			for _, q := range a.Drawn {
				asked++
				if c, _ := a.Chosen(q); !slices.Equal(c, []int{1}) {
					wrong++
				}
			}
		}
		gotAsked, gotWrong := 0, 0
		for _, m := range f.Missed {
			gotWrong += m.Wrong
			gotAsked = max(gotAsked, m.Asked)
			if m.Percent != m.Wrong*100/m.Asked {
				t.Errorf("%+v", m)
			}
		}
		if asked != 12 || wrong != 2 || gotWrong != 2 || gotAsked != 3 {
			t.Error(asked, wrong, gotAsked, gotWrong)
		}
		if c := f.Courses; len(c) != 1 || c[0].Score != 100 || c[0].Overdue != 1 {
			t.Errorf("%+v", c)
		}
		if f := training.Count(w.Clock.Now(), training.Staff{}); f.Median != 0 || len(f.Courses) != 0 {
			t.Errorf("%+v", f)
		}
	})
}
