package sanction_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/obligation"
	"caseward/internal/program/sanction"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

const day = 24 * time.Hour

// house is an agency with two officers, a program manager and two case managers.
type house struct {
	*testing.T
	*recordtest.World
	org *org.Org
	s   *sanction.Sanctions

	given string // the course that was assigned last, and to whom

	pat, sol, moe, ann, bob, ada org.ID
}

// AssignIn stands in for training; a course "none" is not published.
func (h *house) AssignIn(_ context.Context, who actor.Actor, w *record.Work, worker, course string, due time.Time) error {
	if course == "none" {
		return fault.InvalidFields("x", fault.Field{Name: "course", Message: "Choose a course that is published."})
	}
	h.given = worker + " " + course
	return nil
}

// InForce stands in for policies: one is in force.
func (h *house) InForce(_ context.Context, code string) (bool, error) {
	return code == "sanctions", nil
}

func open(t *testing.T, w *recordtest.World) *house {
	t.Helper()
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	h := &house{T: t, World: w, org: org.New(w.Door, dir)}
	h.s = sanction.New(w.Door, w.Service("sequencer"), dir, glass.New(w.Door, dir, nil, nil), h, h, h)
	h.ok(h.org.Found(ctx, w.Service("operator"), org.Agency{Name: "North Agency", TimeZone: "UTC", Programs: []org.Program{{Code: "recovery", Name: "Recovery"}}}))
	for _, x := range []struct {
		id   *org.ID
		name string
		role actor.Role
	}{
		{&h.ada, "ada", actor.Administrator}, {&h.pat, "pat", actor.PrivacyOfficer}, {&h.sol, "sol", actor.SecurityOfficer},
		{&h.moe, "moe", actor.ProgramManager}, {&h.ann, "ann", actor.CaseManager}, {&h.bob, "bob", actor.CaseManager},
	} {
		id, err := h.org.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText(x.name), Family: phi.NewText("Worker"), Mail: phi.NewText(x.name + "@example.org"), Role: x.role, Programs: []string{"recovery"}})
		h.ok(err)
		*x.id = id
	}
	return h
}

// Decided says that the committee decided one thing.
func (h *house) Decided(_ context.Context, _ actor.Actor, id string) (bool, error) {
	return id == "roof", nil
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err, fault.FieldsOf(err))
	}
}

func (h *house) privacy() actor.Actor  { return h.Proved(h.pat.String(), actor.PrivacyOfficer) }
func (h *house) security() actor.Actor { return h.Proved(h.sol.String(), actor.SecurityOfficer) }
func (h *house) manager() actor.Actor  { return h.Proved(h.moe.String(), actor.ProgramManager) }
func (h *house) worker() actor.Actor   { return h.As(h.ann.String(), actor.CaseManager) }

// reported is something that was reported of somebody.
func (h *house) reported(of org.ID, by actor.Actor) sanction.ID {
	h.Helper()
	id, err := h.s.Report(ctx, by, h.report(of))
	h.ok(err)
	return id
}

func (h *house) report(of org.ID) sanction.Sanction {
	return sanction.Sanction{Person: of.String(), Cause: sanction.Rule, Policy: "sanctions", Section: "4.1", What: "Left the screen open in the hall.", Known: h.Clock.Now()}
}

// confirmed is something of a case manager that the privacy officer found to be so.
func (h *house) confirmed() sanction.ID {
	h.Helper()
	id := h.reported(h.ann, h.privacy())
	h.ok(h.s.Find(ctx, h.privacy(), id, 1, true, false, sanction.Careless, "Two colleagues saw it."))
	return id
}

var unprotected = sanction.Guard{Disclosure: sanction.No, Opposition: sanction.No}

func warning() sanction.Decision {
	return sanction.Decision{Guard: unprotected, Level: 2, Why: "The screen stood open twice."}
}

func (h *house) read(id sanction.ID) sanction.Sanction {
	h.Helper()
	o, err := h.s.Read(ctx, h.privacy(), id)
	h.ok(err)
	return o.Value
}

// wrong reports whether err is about a field.
func wrong(err error, field string) bool {
	return slices.ContainsFunc(fault.FieldsOf(err), func(f fault.Field) bool { return f.Name == field && f.Message != "" })
}

func TestAViolationIsReportedFoundAndDecidedByTwo(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		id := h.confirmed()
		if err := h.s.Find(ctx, h.security(), id, 0, false, false, "", "No."); !fault.Is(err, fault.Conflict) {
			t.Errorf("found twice: %v", err)
		}
		if err := h.s.Decide(ctx, h.privacy(), id, 2, warning()); !fault.Is(err, fault.Denied) {
			t.Errorf("who found it decides: %v", err)
		}
		if x := h.read(id); x.State != sanction.Confirmed || x.Level != "" {
			t.Errorf("after the refusal it is %+v", x)
		}
		if err := h.s.Decide(ctx, w.As(h.sol.String(), actor.SecurityOfficer), id, 2, warning()); fault.KindOf(err) != fault.Denied {
			t.Errorf("decided without fresh proof: %v", err)
		}
		d := warning()
		d.Course, d.Due = "acceptable-use", w.Clock.Now().Add(30*day)
		h.ok(h.s.Decide(ctx, h.security(), id, 2, d))
		x := h.read(id)
		if x.State != sanction.Decided || x.Level != "Written warning" || x.Rank != 2 || x.Ends || x.DecidedBy != h.sol.String() || x.FoundBy != h.pat.String() || h.given != h.ann.String()+" acceptable-use" {
			t.Errorf("decided it is %+v, and %q was assigned", x, h.given)
		}
		if err := h.s.Decide(ctx, h.security(), id, 0, d); !fault.Is(err, fault.Conflict) {
			t.Errorf("decided twice: %v", err)
		}
		if e := h.Entries(t)[0]; e.Action != "sanction.decide" {
			t.Errorf("the last entry is %s", e.Action)
		}
		// That nothing follows is a decision too, and what was not so needs none.
		id = h.confirmed()
		h.ok(h.s.Decide(ctx, h.security(), id, 2, sanction.Decision{Guard: unprotected, Why: "It was told at once."}))
		if x := h.read(id); x.State != sanction.Decided || x.Rank != 0 || x.Level != "" {
			t.Errorf("it is %+v", x)
		}
		id = h.reported(h.bob, h.security())
		h.ok(h.s.Find(ctx, h.security(), id, 1, false, false, sanction.Careless, "It was somebody else."))
		if x := h.read(id); x.State != sanction.Unfounded || x.Intent != "" || x.Open() {
			t.Errorf("it is %+v", x)
		}
		if err := h.s.Decide(ctx, h.privacy(), id, 2, warning()); !fault.Is(err, fault.Conflict) {
			t.Errorf("decided though it was not so: %v", err)
		}
		// A course that cannot be given stops the decision with it.
		id, d.Course = h.confirmed(), "none"
		if err := h.s.Decide(ctx, h.security(), id, 2, d); !wrong(err, "course") || h.read(id).State != sanction.Confirmed {
			t.Errorf("a course that is not there: %v, %s", err, h.read(id).State)
		}
	})
}

func TestNobodyHandlesWhatIsAboutThemselves(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		if _, err := h.s.Report(ctx, h.privacy(), h.report(h.pat)); !fault.Is(err, fault.Denied) {
			t.Errorf("reports themselves: %v", err)
		}
		id := h.reported(h.pat, h.security())
		if _, err := h.s.Read(ctx, h.privacy(), id); !fault.Is(err, fault.Denied) {
			t.Errorf("an officer opens what is about them: %v", err)
		}
		rows, err := h.s.All(ctx, h.privacy())
		if err != nil || len(rows) != 0 {
			t.Errorf("an officer finds %d, %v", len(rows), err)
		}
		if err := h.s.Find(ctx, h.privacy(), id, 1, false, false, "", "No."); !fault.Is(err, fault.Denied) {
			t.Errorf("an officer finds about themselves: %v", err)
		}
		// Nobody else who is an officer could decide: it is a program manager's.
		if err := h.s.Find(ctx, h.security(), id, 1, true, false, sanction.Curious, "The log shows it."); !wrong(err, "refer") {
			t.Errorf("left to nobody: %v", err)
		}
		h.ok(h.s.Find(ctx, h.security(), id, 1, true, true, sanction.Curious, "The log shows it."))
		if err := h.s.Decide(ctx, h.privacy(), id, 2, warning()); !fault.Is(err, fault.Denied) {
			t.Errorf("an officer decides about themselves: %v", err)
		}
		rows, err = h.s.All(ctx, h.manager())
		if err != nil || len(rows) != 1 {
			t.Fatalf("the program manager finds %d, %v", len(rows), err)
		}
		h.ok(h.s.Decide(ctx, h.manager(), id, 2, warning()))
		if rows, err = h.s.All(ctx, h.manager()); err != nil || len(rows) != 0 {
			t.Errorf("after deciding the program manager finds %d, %v", len(rows), err)
		}
		if o, err := h.s.Read(ctx, h.privacy(), id); err != nil || o.Value.Level != "Written warning" || o.Value.What != "" || o.Value.Finding != "" {
			t.Errorf("the person reads %+v, %v", o.Value, err)
		}
		// What is not referred is not a program manager's to see.
		if _, err := h.s.Read(ctx, h.manager(), h.confirmed()); !fault.Is(err, fault.Denied) {
			t.Errorf("a program manager opens what is not referred: %v", err)
		}
		// Where there is no program manager it is not referred to one.
		h.ok(h.org.Terminate(ctx, w.Proved(h.ada.String(), actor.Administrator), h.moe))
		id = h.reported(h.ann, h.privacy())
		if err := h.s.Find(ctx, h.privacy(), id, 1, true, true, sanction.Curious, "The log shows it."); !wrong(err, "refer") {
			t.Errorf("referred to nobody: %v", err)
		}
	})
}

func TestWhatTheLawProtectsIsNeverSanctioned(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		for name, g := range map[string]sanction.Guard{
			"a whistleblower":           {Disclosure: sanction.Yes, Opposition: sanction.No},
			"who complains":             {Disclosure: sanction.No, Opposition: sanction.Yes},
			"who does both":             {Disclosure: sanction.Yes, Opposition: sanction.Yes},
			"nobody asked of the first": {Opposition: sanction.No},
			"nobody asked of either":    {},
		} {
			id := h.confirmed()
			for level := 1; level <= 5; level++ {
				d := warning()
				d.Guard, d.Level = g, level
				err := h.s.Decide(ctx, h.security(), id, 2, d)
				if asked := g.Answered(); asked != wrong(err, "level") || asked == (wrong(err, "disclosure") || wrong(err, "opposition")) {
					t.Errorf("%s, level %d: %v", name, level, fault.FieldsOf(err))
				}
			}
			if x := h.read(id); x.State != sanction.Confirmed || x.Rank != 0 {
				t.Errorf("%s: after the refusals it is %+v", name, x)
			}
			if !g.Answered() {
				continue
			}
			d := sanction.Decision{Guard: g, Why: "You told the board in good faith.", Course: "acceptable-use", Due: w.Clock.Now().Add(day)}
			h.given = ""
			if err := h.s.Decide(ctx, h.security(), id, 2, d); !wrong(err, "course") || h.given != "" {
				t.Errorf("%s is sent to a course: %v", name, err)
			}
			// That nothing follows, and why, is what can be decided and is kept.
			d.Course = ""
			h.ok(h.s.Decide(ctx, h.security(), id, 2, d))
			if x := h.read(id); x.State != sanction.Decided || x.Rank != 0 || x.Guard != g || !x.Guard.Protects() {
				t.Errorf("%s: it is %+v", name, x)
			}
		}
		if unprotected.Protects() || !unprotected.Answered() || (sanction.Guard{Disclosure: "no", Opposition: "maybe"}).Answered() {
			t.Error("the questions are read otherwise than they are answered")
		}
	})
}

func TestThePersonReadsTheDecisionAndMayAppeal(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		id := h.confirmed()
		if _, err := h.s.Read(ctx, h.worker(), id); !fault.Is(err, fault.Denied) {
			t.Errorf("the person reads the draft: %v", err)
		}
		if rows, err := h.s.Told(ctx, h.worker()); err != nil || len(rows) != 0 {
			t.Errorf("the person is told %d, %v", len(rows), err)
		}
		if err := h.s.Appeal(ctx, h.worker(), id, 2, "Look again."); !fault.Is(err, fault.Denied) {
			t.Errorf("appealed before it is decided: %v", err)
		}
		h.ok(h.s.Decide(ctx, h.security(), id, 2, warning()))
		rows, err := h.s.Told(ctx, h.worker())
		if err != nil || len(rows) != 1 {
			t.Fatalf("the person is told %d, %v", len(rows), err)
		}
		if x := rows[0].Value; x.Level != "Written warning" || x.Why == "" || x.What != "" || x.Finding != "" || x.ReportedBy != "" || x.Guard != (sanction.Guard{}) {
			t.Errorf("the person reads %+v", x)
		}
		bob := w.As(h.bob.String(), actor.CaseManager)
		if rows, err := h.s.Told(ctx, bob); err != nil || len(rows) != 0 {
			t.Errorf("a colleague is told %d, %v", len(rows), err)
		}
		if err := h.s.Appeal(ctx, bob, id, 3, "Look again."); !fault.Is(err, fault.Denied) {
			t.Errorf("a colleague appeals: %v", err)
		}
		if err := h.s.Appeal(ctx, h.worker(), id, 3, " "); !wrong(err, "words") {
			t.Errorf("appealed without a word: %v", err)
		}
		h.ok(h.s.Appeal(ctx, h.worker(), id, 3, "I was called to an emergency."))
		if err := h.s.Answer(ctx, h.security(), id, 4, 1, 0, "No."); !fault.Is(err, fault.Denied) {
			t.Errorf("who decided answers: %v", err)
		}
		if err := h.s.Answer(ctx, h.privacy(), id, 4, 3, 0, "Harder."); !wrong(err, "level") {
			t.Errorf("made harder: %v", err)
		}
		// Another scale has other levels: what is slighter is not known any more.
		h.ok(h.s.SetScale(ctx, h.privacy(), 0, scale("A talk", "A letter", "The end")))
		if err := h.s.Answer(ctx, h.privacy(), id, 4, 1, 1, "Slighter."); !wrong(err, "level") {
			t.Errorf("a level of another scale: %v", err)
		}
		h.ok(h.s.Answer(ctx, h.privacy(), id, 4, 0, 1, "The emergency was real."))
		if rows, err = h.s.Told(ctx, h.worker()); err != nil || rows[0].Value.Rank != 0 || rows[0].Value.Was != "Written warning" || rows[0].Value.Level != "" {
			t.Errorf("the person reads %+v, %v", rows, err)
		}
		// After the time for it nobody appeals, and nobody appeals that nothing follows.
		id = h.confirmed()
		d := warning()
		d.Scale = 1
		h.ok(h.s.Decide(ctx, h.security(), id, 2, d))
		w.Clock.Advance(sanction.AppealWithin)
		if err := h.s.Appeal(ctx, h.worker(), id, 3, "Look again."); !fault.Is(err, fault.Conflict) {
			t.Errorf("appealed too late: %v", err)
		}
		id = h.confirmed()
		h.ok(h.s.Decide(ctx, h.security(), id, 2, sanction.Decision{Guard: unprotected, Scale: 1, Why: "It was told at once."}))
		if err := h.s.Appeal(ctx, h.worker(), id, 3, "Look again."); !fault.Is(err, fault.Conflict) {
			t.Errorf("appealed that nothing follows: %v", err)
		}
	})
}

func scale(names ...string) sanction.Scale {
	s := sanction.Scale{Usual: map[sanction.Intent]int{}}
	for i, n := range names {
		s.Levels = append(s.Levels, sanction.Level{Name: n, Ends: i == len(names)-1})
	}
	for i, x := range sanction.Intents() {
		s.Usual[x] = min(i+1, len(names))
	}
	return s
}

func TestTheScaleIsSetAndItsVersionsStay(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		s, err := h.s.Scale(ctx, h.worker())
		if err != nil || s.Version != 0 || len(s.Levels) != 5 || !s.Levels[4].Ends || s.Usual[sanction.Malicious] != 5 {
			t.Fatalf("it begins as %+v, %v", s, err)
		}
		for field, change := range map[string]func(*sanction.Scale){
			"name-2":          func(s *sanction.Scale) { s.Levels[1].Name = " " },
			"name-3":          func(s *sanction.Scale) { s.Levels[2].Name = "a TALK" },
			"about-1":         func(s *sanction.Scale) { s.Levels[0].About = strings.Repeat("x", 201) },
			"name-1":          func(s *sanction.Scale) { s.Levels = s.Levels[:1] },
			"usual-malicious": func(s *sanction.Scale) { s.Usual[sanction.Malicious] = 1 },
			"usual-careless":  func(s *sanction.Scale) { s.Usual[sanction.Careless] = 9 },
		} {
			x := scale("A talk", "A letter", "The end")
			change(&x)
			if err := h.s.SetScale(ctx, h.privacy(), 0, x); !wrong(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		for name, who := range map[string]actor.Actor{"a program manager": h.manager(), "an administrator": w.Proved(h.ada.String(), actor.Administrator), "an officer without fresh proof": w.As(h.pat.String(), actor.PrivacyOfficer)} {
			if err := h.s.SetScale(ctx, who, 0, scale("A", "B")); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", name, err)
			}
		}
		id := h.confirmed()
		h.ok(h.s.SetScale(ctx, h.privacy(), 0, scale("A talk", "A letter", "The end")))
		if err := h.s.SetScale(ctx, h.security(), 0, scale("A", "B")); !fault.Is(err, fault.Conflict) {
			t.Errorf("set beside another: %v", err)
		}
		if err := h.s.Decide(ctx, h.security(), id, 2, warning()); !fault.Is(err, fault.Conflict) {
			t.Errorf("decided by a scale that is past: %v", err)
		}
		d := warning()
		d.Level, d.Scale = 3, 1
		h.ok(h.s.Decide(ctx, h.security(), id, 2, d))
		h.ok(h.s.SetScale(ctx, h.security(), 1, scale("Talk", "Letter")))
		s, err = h.s.Scale(ctx, h.worker())
		if err != nil || s.Version != 2 || len(s.Past) != 1 || s.Past[0].Value.Levels[1].Name != "A letter" || s.By != h.sol.String() {
			t.Errorf("it is %+v, %v", s, err)
		}
		if x := h.read(id); x.Level != "The end" || !x.Ends || x.Scale != 1 {
			t.Errorf("what was decided is %+v", x)
		}
	})
}

func TestWhatIsReportedIsChecked(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		for name, tc := range map[string]struct {
			field  string
			change func(*sanction.Sanction)
		}{
			"of nobody":                  {"person", func(x *sanction.Sanction) { x.Person = "" }},
			"without what happened":      {"what", func(x *sanction.Sanction) { x.What = " " }},
			"known tomorrow":             {"known", func(x *sanction.Sanction) { x.Known = w.Clock.Now().Add(day) }},
			"known never":                {"known", func(x *sanction.Sanction) { x.Known = time.Time{} }},
			"of a policy that is none":   {"policy", func(x *sanction.Sanction) { x.Policy = "napping" }},
			"of a rule without a policy": {"policy", func(x *sanction.Sanction) { x.Policy = "" }},
			"for an exercise":            {"cause", func(x *sanction.Sanction) { x.Cause = "exercise" }},
			"for a click":                {"cause", func(x *sanction.Sanction) { x.Cause = "phishing" }},
			"for an access of nobody":    {"cause", func(x *sanction.Sanction) { x.Cause = sanction.Emergency }},
		} {
			in := h.report(h.ann)
			tc.change(&in)
			if _, err := h.s.Report(ctx, h.privacy(), in); !wrong(err, tc.field) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// What follows from what is done is not taken from who reports.
		in := h.report(h.ann)
		in.State, in.Rank, in.Level, in.FoundBy = sanction.Decided, 5, "Termination", h.sol.String()
		id, err := h.s.Report(ctx, h.privacy(), in)
		h.ok(err)
		if x := h.read(id); x.State != sanction.Reported || x.Rank != 0 || x.Level != "" || x.FoundBy != "" || x.ReportedBy != h.pat.String() {
			t.Errorf("it is %+v", x)
		}
		for name, who := range map[string]actor.Actor{"a supervisor": w.As("sue", actor.Supervisor), "a program manager": h.manager(), "an administrator": w.Proved(h.ada.String(), actor.Administrator), "an auditor": w.As("ole", actor.Auditor), "a colleague": w.As(h.bob.String(), actor.CaseManager)} {
			if _, err := h.s.Report(ctx, who, h.report(h.ann)); !fault.Is(err, fault.Denied) {
				t.Errorf("%s reports: %v", name, err)
			}
			if _, err := h.s.Read(ctx, who, id); !fault.Is(err, fault.Denied) {
				t.Errorf("%s opens it: %v", name, err)
			}
			if e := h.Entries(t)[0]; e.Action != "sanction.read" || e.Outcome != audit.Refused {
				t.Errorf("%s: the entry is %s %v", name, e.Action, e.Outcome)
			}
			if rows, err := h.s.All(ctx, who); err != nil || len(rows) != 0 {
				t.Errorf("%s finds %d, %v", name, len(rows), err)
			}
		}
	})
}

func TestEmergencyAccessIsACauseOnlyOnceItWasFoundWrong(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		g := glass.New(w.Door, h.org.Directory(), nil, nil)
		client, err := person.New(w.Door).Register(ctx, w.Service("demo"), person.Client{Name: person.Name{Given: phi.NewText("Ruth"), Family: phi.NewText("Sample")}}, true)
		h.ok(err)
		grant := func(verdict glass.Verdict) string {
			t.Helper()
			broken, err := g.Break(ctx, w.Proved(h.ann.String(), actor.CaseManager), glass.Ask{Subject: record.SubjectOf(client.ID), Reason: glass.CrisisOutreach, Words: phi.NewText("called from the bridge, on the way there"), Scope: []policy.Class{policy.Contact}})
			h.ok(err)
			if verdict != "" {
				h.ok(g.End(ctx, h.worker(), broken.Grant))
				h.ok(g.Review(ctx, h.privacy(), broken.Grant, 0, verdict, phi.NewText("So it was.")))
			}
			return broken.Grant.String()
		}
		for name, tc := range map[string]struct {
			ref  string
			of   org.ID
			good bool
		}{
			"found wrong":              {grant(glass.NotAppropriate), h.ann, true},
			"found right":              {grant(glass.Appropriate), h.ann, false},
			"not reviewed":             {grant(""), h.ann, false},
			"found wrong, of somebody": {grant(glass.NotAppropriate), h.bob, false},
			"of no access":             {"01m7c4vd2k0000000000000001", h.ann, false},
		} {
			in := h.report(tc.of)
			in.Cause, in.Ref, in.Policy = sanction.Emergency, tc.ref, ""
			_, err := h.s.Report(ctx, h.privacy(), in)
			if tc.good && err != nil || !tc.good && !wrong(err, "cause") {
				t.Errorf("%s: %v %v", name, err, fault.FieldsOf(err))
			}
		}
	})
}

func TestWhatWaitsIsOwedByWhoMayDoIt(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		id := h.reported(h.ann, h.privacy())
		people := []obligation.Worker{{ID: h.pat.String(), Held: actor.Held{Role: actor.PrivacyOfficer}}, {ID: h.sol.String(), Held: actor.Held{Role: actor.SecurityOfficer}}, {ID: h.moe.String(), Held: actor.Held{Role: actor.ProgramManager}}, {ID: h.ann.String(), Held: actor.Held{Role: actor.CaseManager}}}
		owed := func(who actor.Actor, only org.ID, role actor.Role) (out []obligation.Obligation) {
			t.Helper()
			v := w.Door.View(who, "due.read")
			ask := obligation.Ask{Now: w.Clock.Now(), Until: w.Clock.Now().Add(90 * day), Role: role, People: people}
			if only != (org.ID{}) {
				ask.Only = only.String()
			}
			tell := h.s.WantObligations(v, who, ask)
			h.ok(v.Open(ctx))
			out, err := tell(ctx)
			h.ok(err)
			return out
		}
		whose := func(all []obligation.Obligation) (out []string) {
			for _, o := range all {
				out = append(out, o.Worker)
				if o.Name != "" || o.About != "" || o.Cite != "agency practice" {
					t.Errorf("it says more than it should: %+v", o)
				}
			}
			slices.Sort(out)
			return out
		}
		is := func(name string, got []obligation.Obligation, want ...org.ID) {
			t.Helper()
			ids := []string{}
			for _, x := range want {
				ids = append(ids, x.String())
			}
			slices.Sort(ids)
			if !slices.Equal(whose(got), ids) && len(whose(got))+len(ids) > 0 {
				t.Errorf("%s: it is owed by %v, want %v", name, whose(got), ids)
			}
		}
		bot := w.Service("notifier")
		is("reported", owed(bot, org.ID{}, actor.Service), h.pat, h.sol)
		h.ok(h.s.Find(ctx, h.privacy(), id, 1, true, false, sanction.Careless, "So it is."))
		is("confirmed", owed(bot, org.ID{}, actor.Service), h.sol)
		is("confirmed, of who decides", owed(h.security(), h.sol, actor.SecurityOfficer), h.sol)
		is("confirmed, of who found it", owed(h.privacy(), h.pat, actor.PrivacyOfficer))
		is("confirmed, of a program manager", owed(h.manager(), h.moe, actor.ProgramManager))
		is("confirmed, of the person", owed(h.worker(), h.ann, actor.CaseManager))
		if o := owed(h.security(), h.sol, actor.SecurityOfficer)[0]; !o.Due.Equal(w.Clock.Now().Add(sanction.DecideWithin)) || o.Path != "/sanctions/"+id.String() {
			t.Errorf("it is %+v", o)
		}
		h.ok(h.s.Decide(ctx, h.security(), id, 2, warning()))
		is("decided", owed(h.security(), h.sol, actor.SecurityOfficer))
		is("decided, of the person", owed(h.worker(), h.ann, actor.CaseManager), h.ann)
		is("decided, by mail", owed(bot, org.ID{}, actor.Service), h.ann)
		h.ok(h.s.Appeal(ctx, h.worker(), id, 3, "Look again."))
		is("appealed", owed(bot, org.ID{}, actor.Service), h.pat)
		h.ok(h.s.Answer(ctx, h.privacy(), id, 4, 2, 0, "It stands."))
		is("answered", owed(bot, org.ID{}, actor.Service))
		// What is about an officer is owed by others, and not told to them by mail either.
		id = h.reported(h.pat, h.security())
		is("reported of an officer", owed(bot, org.ID{}, actor.Service), h.sol)
		h.ok(h.s.Find(ctx, h.security(), id, 1, true, true, sanction.Curious, "So it is."))
		is("referred", owed(bot, org.ID{}, actor.Service), h.moe)
		is("referred, of the program manager", owed(h.manager(), h.moe, actor.ProgramManager), h.moe)
		is("referred, of the officer", owed(h.privacy(), h.pat, actor.PrivacyOfficer))
	})
}

func TestUndecidedIsCountedAsOfAMoment(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		bot := w.Service("counter")
		is := func(name string, at time.Time, want int64) {
			t.Helper()
			if n, err := h.s.Undecided(ctx, bot, at); err != nil || n != want {
				t.Errorf("%s: %d, %v", name, n, err)
			}
		}
		start := w.Clock.Now()
		w.Clock.Advance(day)
		h.reported(h.bob, h.privacy())
		id := h.confirmed()
		w.Clock.Advance(day)
		confirmed := w.Clock.Now()
		h.ok(h.s.Decide(ctx, h.security(), id, 2, warning()))
		w.Clock.Advance(day)
		is("before anything", start, 0)
		is("while it waits", confirmed, 1)
		is("now", w.Clock.Now(), 0)
		if _, err := h.s.Undecided(ctx, w.Service("calendar"), w.Clock.Now()); err == nil {
			if n, _ := h.s.Undecided(ctx, w.Service("calendar"), confirmed); n != 0 {
				t.Error("another service counts")
			}
		}
	})
}

func TestADecisionMayReferToOneOfTheCommittee(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		id := h.reported(h.ann, h.privacy())
		h.ok(h.s.Find(ctx, h.privacy(), id, 1, true, false, sanction.Careless, "She says so."))
		d := sanction.Decision{Guard: sanction.Guard{Disclosure: sanction.No, Opposition: sanction.No}, Level: 1, Why: "It stood open.", Committee: "cellar"}
		if err := h.s.Decide(ctx, h.security(), id, 2, d); !slices.ContainsFunc(fault.FieldsOf(err), func(f fault.Field) bool { return f.Name == "committee" }) {
			t.Errorf("a decision that there is not: %v", err)
		}
		d.Committee = "roof"
		h.ok(h.s.Decide(ctx, h.security(), id, 2, d))
		o, err := h.s.Read(ctx, h.privacy(), id)
		h.ok(err)
		if o.Value.Committee != "roof" {
			t.Errorf("it refers to %q", o.Value.Committee)
		}
		for _, tc := range []struct {
			who actor.Actor
			ref string
			n   int
		}{{h.privacy(), "roof", 1}, {h.privacy(), "cellar", 0}, {h.manager(), "roof", 0}, {h.worker(), "roof", 0}} {
			if all, err := h.s.Referring(ctx, tc.who, tc.ref); err != nil || len(all) != tc.n {
				t.Errorf("%s, %s: %d, %v", tc.who.Role(), tc.ref, len(all), err)
			}
		}
	})
}
