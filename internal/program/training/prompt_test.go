package training_test

import (
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/program/training"
	"caseward/internal/record/recordtest"
)

func question(code, ask string) training.Prompt {
	return training.Prompt{En: "---\ncode: " + code + "\ntitle: " + ask + "\nform: micro\nfor: everyone\nminutes: 1\npass: 100\ntopics: paper\ncitations: agency practice\n---\n\n# Scenario: One\n\nIt happens.\n\n## " + ask + "\n\n- [ ] This\n  > No.\n- [x] That\n  > Yes.\n"}
}

func questions() []training.Prompt {
	return []training.Prompt{question("export-one", "First?"), question("export-two", "Second?"), question("print-one", "Paper?"), question("glass-one", "Glass?")}
}

func TestAPromptIsAskedAtMostWeekly(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		zone, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		ann, bob := w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager)
		ask := func(who actor.Actor, m training.Moment, want bool) training.AskingID {
			t.Helper()
			id, ok, err := tr.Ask(ctx, who, m, zone)
			if err != nil || ok != want {
				t.Fatalf("asked: %v, %v; want %v", ok, err, want)
			}
			return id
		}
		ask(ann, training.BeforeExport, false) // there is no question yet
		tr.Prompts(questions)

		// It is put once, and again the same until it is answered.
		id := ask(ann, training.BeforeExport, true)
		if again := ask(ann, training.BeforeExport, true); again != id {
			t.Error("another one is put while one waits")
		}
		o, p, err := tr.Asked(ctx, ann, id)
		if err != nil || o.Value.Status != training.Open || o.Value.Prompt != "export-one" || p.In("es").Title != "First?" {
			t.Fatal(o.Value, err)
		}
		if _, _, err := tr.Asked(ctx, bob, id); err == nil {
			t.Error("a colleague sees the question of another")
		}
		if err := tr.Reply(ctx, bob, id, 1); err == nil {
			t.Error("a colleague answers for another")
		}
		for _, n := range []int{-1, 2} {
			if err := tr.Reply(ctx, ann, id, n); !fault.Is(err, fault.Invalid) {
				t.Error(n, err)
			}
		}
		if err := tr.Reply(ctx, ann, id, 0); err != nil {
			t.Fatal(err)
		}
		if err := tr.Reply(ctx, ann, id, 1); !fault.Is(err, fault.Conflict) {
			t.Error("an answer is changed:", err)
		}
		if o, _, err := tr.Asked(ctx, ann, id); err != nil || o.Value.Status != training.Wrongly || o.Value.Chosen != 0 {
			t.Error(o.Value, err)
		}
		es, err := w.Log.Find(ctx, audit.Query{Worker: "w1", Action: "prompt.answer", Limit: 10})
		answered := 0
		for _, e := range es {
			if e.Outcome == audit.Allowed {
				answered++
			}
		}
		if err != nil || answered != 1 {
			t.Errorf("%d answers in the log, %v", answered, err)
		}
		ask(ann, training.BeforeExport, false)
		ask(ann, training.BeforePrint, true) // another kind
		ask(bob, training.BeforeExport, true)

		// A week later by the calendar, whatever the clocks did: they go forward on March 14,
		// 2027, so that seven days from the noon of the tenth are an hour less.
		w.Clock.Advance(time.Date(2027, 3, 10, 12, 0, 0, 0, zone).Sub(w.Clock.Now()))
		id = ask(ann, training.BeforeExport, true)
		if o, _, err := tr.Asked(ctx, ann, id); err != nil || o.Value.Prompt != "export-two" {
			t.Error("the same question in turn:", o.Value.Prompt, err)
		}
		if err := tr.Reply(ctx, ann, id, 1); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(7*24*time.Hour - time.Hour - time.Second)
		ask(ann, training.BeforeExport, false)
		w.Clock.Advance(time.Second)
		ask(ann, training.BeforeExport, true)
		// And back on November 7: a week is an hour more.
		w.Clock.Advance(time.Date(2027, 11, 4, 12, 0, 0, 0, zone).Sub(w.Clock.Now()))
		if err := tr.Reply(ctx, ann, ask(ann, training.BeforeExport, true), 1); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(7 * 24 * time.Hour)
		ask(ann, training.BeforeExport, false)
		w.Clock.Advance(time.Hour)
		ask(ann, training.BeforeExport, true)
	})
}

func TestAnAgencySetsHowItIsAsked(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		tr.Prompts(questions)
		ann, officer := w.As("w1", actor.CaseManager), w.As("p1", actor.PrivacyOfficer)
		set := func(version int64, r training.PromptRule) error { return tr.SetPrompt(ctx, officer, version, r) }
		if err := tr.SetPrompt(ctx, w.As("s1", actor.Supervisor), 0, training.PromptRule{Moment: training.AfterGlass, Days: 7}); !fault.Is(err, fault.Denied) {
			t.Error("a supervisor set it:", err)
		}
		for _, days := range []int{0, 366} {
			if err := set(0, training.PromptRule{Moment: training.AfterGlass, Days: days}); !fault.Is(err, fault.Invalid) {
				t.Error(days, err)
			}
		}
		// It waits after an emergency, and not once nothing is asked there.
		if _, ok, err := tr.Ask(ctx, ann, training.AfterGlass, time.UTC); err != nil || !ok {
			t.Fatal(ok, err)
		}
		if waits, err := tr.Waiting(ctx, ann, training.AfterGlass); err != nil || !waits {
			t.Error("it does not wait:", err)
		}
		if waits, _ := tr.Waiting(ctx, w.As("w2", actor.CaseManager), training.AfterGlass); waits {
			t.Error("it waits for a colleague")
		}
		if err := set(0, training.PromptRule{Moment: training.AfterGlass, Off: true, Days: 7}); err != nil {
			t.Fatal(err)
		}
		if err := set(0, training.PromptRule{Moment: training.AfterGlass, Days: 7}); !fault.Is(err, fault.Conflict) {
			t.Error("a change was lost:", err)
		}
		if waits, err := tr.Waiting(ctx, ann, training.AfterGlass); err != nil || waits {
			t.Error("it waits though it is switched off:", err)
		}
		if _, ok, err := tr.Ask(ctx, ann, training.AfterGlass, time.UTC); err != nil || ok {
			t.Error("it is asked though it is switched off:", err)
		}
		// Another interval.
		if err := set(0, training.PromptRule{Moment: training.BeforePrint, Days: 2}); err != nil {
			t.Fatal(err)
		}
		id, _, err := tr.Ask(ctx, ann, training.BeforePrint, time.UTC)
		if err == nil {
			err = tr.Reply(ctx, ann, id, 1)
		}
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(48*time.Hour - time.Second)
		if _, ok, err := tr.Ask(ctx, ann, training.BeforePrint, time.UTC); err != nil || ok {
			t.Error("too soon", err)
		}
		w.Clock.Advance(time.Second)
		if _, ok, err := tr.Ask(ctx, ann, training.BeforePrint, time.UTC); err != nil || !ok {
			t.Error("not again", err)
		}
		rules, err := tr.PromptRules(ctx, ann)
		if err != nil || len(rules) != 3 || rules[0].Value.Days != training.PromptDays || rules[1].Value.Days != 2 || !rules[2].Value.Off || rules[2].Version != 1 {
			t.Error(rules, err)
		}
	})
}

func TestWrongAnswersAreCounted(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		tr.Prompts(questions)
		for worker, chosen := range map[string]int{"w1": 0, "w2": 1, "w3": 0} {
			who := w.As(worker, actor.CaseManager)
			id, _, err := tr.Ask(ctx, who, training.BeforeExport, time.UTC)
			if err == nil {
				err = tr.Reply(ctx, who, id, chosen)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := tr.Ask(ctx, w.As("w1", actor.CaseManager), training.AfterGlass, time.UTC); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			who           actor.Actor
			export, glass training.PromptFigures
		}{
			{w.As("s1", actor.Supervisor), training.PromptFigures{Moment: training.BeforeExport, Asked: 2, Answered: 2, Wrong: 1}, training.PromptFigures{Moment: training.AfterGlass, Asked: 1}},
			{w.As("p1", actor.PrivacyOfficer), training.PromptFigures{Moment: training.BeforeExport, Asked: 3, Answered: 3, Wrong: 2}, training.PromptFigures{Moment: training.AfterGlass, Asked: 1}},
		} {
			s, err := tr.Staff(ctx, x.who)
			if err != nil {
				t.Fatal(err)
			}
			f := training.Count(w.Clock.Now(), s).Prompts
			if len(f) != 3 || f[0] != x.export || f[2] != x.glass {
				t.Errorf("%s: %+v", x.who.Role(), f)
			}
			if f := training.Count(w.Clock.Now().AddDate(1, 0, 1), s).Prompts; f[0].Asked != 0 {
				t.Error("what is older than a year is counted")
			}
		}
	})
}

func TestWhatAPromptLacksIsTold(t *testing.T) {
	good := question("export-one", "First?").En
	if _, ps := training.ParsePrompt(good); len(ps) > 0 {
		t.Fatal(ps)
	}
	for what, text := range map[string]string{
		"another moment": question("mail-one", "First?").En,
		"two right":      question("export-one", "First?").En + "- [x] Both\n  > No.\n",
		"four choices":   good + "- [ ] A\n  > No.\n- [ ] B\n  > No.\n",
		"a lesson":       good + "\n# Lesson: One\n\nRead.\n",
		"no head":        "# Scenario: One\n",
	} {
		if _, ps := training.ParsePrompt(text); len(ps) == 0 {
			t.Error(what)
		}
	}
}
