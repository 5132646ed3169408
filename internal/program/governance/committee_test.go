package governance_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/program/governance"
	"caseward/internal/program/obligation"
	"caseward/internal/record/recordtest"
	"caseward/law"
)

// table is a house with a committee: pat, sol and mia sit on it, and mia chairs.
type table struct {
	*house
	com            *governance.Committees
	mia, lou, cleo org.ID
	owed           *obligation.Obligations
}

type people struct{ *table }

func (p people) Workers(_ context.Context, _ actor.Actor) ([]obligation.Worker, error) {
	return []obligation.Worker{
		{ID: p.pat.String(), Held: actor.Held{Role: actor.PrivacyOfficer}}, {ID: p.sol.String(), Held: actor.Held{Role: actor.SecurityOfficer}}, {ID: p.mia.String(), Held: actor.Held{Role: actor.ProgramManager}},
		{ID: p.lou.String(), Held: actor.Held{Role: actor.ProgramManager}}, {ID: p.cleo.String(), Held: actor.Held{Role: actor.CaseManager}},
	}, nil
}

func (p people) Worker(c context.Context, who actor.Actor, id string) (obligation.Worker, error) {
	all, _ := p.Workers(c, who)
	i := slices.IndexFunc(all, func(w obligation.Worker) bool { return w.ID == id })
	if i < 0 {
		return obligation.Worker{}, fault.NotFoundf("staff.read")
	}
	return all[i], nil
}

func sit(t *testing.T, w *recordtest.World) *table {
	t.Helper()
	h := &table{house: open(t, w)}
	h.pat, h.sol = h.invite("pat@example.org", actor.PrivacyOfficer), h.invite("sol@example.org", actor.SecurityOfficer)
	h.mia, h.lou = h.invite("mia@example.org", actor.ProgramManager), h.invite("lou@example.org", actor.ProgramManager)
	h.cleo = h.invite("cleo@example.org", actor.CaseManager)
	h.com = governance.NewCommittees(w.Door, w.Service("sequencer"), org.NewDirectory(w.Door, w.Service("authn")))
	h.owed = obligation.New(w.Door, people{h})
	h.owed.Join("committee", h.com)
	return h
}

func (h *table) is(id org.ID) actor.Actor {
	roles := map[org.ID]actor.Role{h.pat: actor.PrivacyOfficer, h.sol: actor.SecurityOfficer, h.mia: actor.ProgramManager, h.lou: actor.ProgramManager, h.cleo: actor.CaseManager, h.ada: actor.Administrator}
	return h.As(id.String(), roles[id])
}

func (h *table) setting() governance.Committee {
	return governance.Committee{
		Name: "Compliance committee", Chair: h.mia.String(), Quorum: 2, Months: 3,
		Seats: []governance.Seat{{Voice: governance.PrivacyVoice, Worker: h.pat.String()}, {Voice: governance.SecurityVoice, Worker: h.sol.String()}, {Voice: governance.CareVoice, Worker: h.mia.String()}, {Voice: governance.LeadVoice, Worker: h.mia.String()}},
	}
}

func (h *table) setUp() *table {
	h.t.Helper()
	if err := h.com.SetUp(ctx, h.is(h.pat), 0, h.setting()); err != nil {
		h.t.Fatal(err, fault.FieldsOf(err))
	}
	return h
}

// said is what a meeting a moment ago decided.
func (h *table) said(decisions ...governance.Resolved) governance.Protocol {
	return governance.Protocol{
		At: h.Clock.Now().Add(-time.Hour), Came: []string{h.pat.String(), h.mia.String()}, Agenda: "- Decisions of last time", Minutes: "All is **well**.", Decisions: decisions,
	}
}

func (h *table) owner(id org.ID) governance.Resolved {
	return governance.Resolved{What: "Try the backup of the house at the river", Owner: id.String(), Due: h.Clock.Now().Add(10 * day)}
}

// filed is a meeting that decided one thing, and the decision.
func (h *table) filed(owner org.ID) (governance.MeetingID, governance.DecisionOpened) {
	h.t.Helper()
	in := h.said(h.owner(owner))
	id, err := h.com.Convene(ctx, h.is(h.mia), in)
	if err == nil {
		err = h.com.File(ctx, h.is(h.mia), id, 1, in)
	}
	if err != nil {
		h.t.Fatal(err, fault.FieldsOf(err))
	}
	_, _, decided, err := h.com.Meeting(ctx, h.is(h.pat), id)
	if err != nil || len(decided) != 1 {
		h.t.Fatal(decided, err)
	}
	return id, decided[0]
}

func (h *table) due(id org.ID, role actor.Role) (out []obligation.Obligation) {
	h.t.Helper()
	all, err := h.owed.Of(ctx, h.As(id.String(), role), obligation.Mine, "en", h.Clock.Now().Add(obligation.Ahead))
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func whats(all []obligation.Obligation) (out []string) {
	for _, o := range all {
		out = append(out, o.What)
	}
	return out
}

func (h *table) refused(name, action string, err error) {
	h.t.Helper()
	if !fault.Is(err, fault.Denied) {
		h.t.Errorf("%s: %v", name, err)
	}
	if e := h.Entries(h.t)[0]; e.Outcome == audit.Allowed || e.Action != action {
		h.t.Errorf("%s: the entry is %s %v", name, e.Action, e.Outcome)
	}
}

func TestCommitteeIsSetUpByThoseWhoLeadAndOfThoseWhoReadMinutes(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := sit(t, w)
		if c, version, err := h.com.Committee(ctx, h.is(h.cleo)); err != nil || version != 0 || c.Name != "" {
			t.Errorf("before: %+v %d %v", c, version, err)
		}
		if _, err := h.com.Convene(ctx, h.is(h.pat), h.said()); !fault.Is(err, fault.Conflict) {
			t.Errorf("called before there is one: %v", err)
		}
		h.refused("a case manager", "committee.change", h.com.SetUp(ctx, h.is(h.cleo), 0, h.setting()))
		h.refused("a supervisor", "committee.change", h.com.SetUp(ctx, h.As("sue", actor.Supervisor), 0, h.setting()))
		for field, change := range map[string]func(*governance.Committee){
			"name":         func(c *governance.Committee) { c.Name = " " },
			"seat-care":    func(c *governance.Committee) { c.Seats[2].Worker = h.cleo.String() },
			"seat-privacy": func(c *governance.Committee) { c.Seats, c.Chair = c.Seats[:1], h.pat.String() },
			"chair":        func(c *governance.Committee) { c.Chair = h.lou.String() },
			"quorum":       func(c *governance.Committee) { c.Quorum = 4 },
			"months":       func(c *governance.Committee) { c.Months = 13 },
		} {
			c := h.setting()
			change(&c)
			if err := h.com.SetUp(ctx, h.is(h.ada), 0, c); !wrong(err, field) {
				t.Errorf("%s: %v %v", field, err, fault.FieldsOf(err))
			}
		}
		h.setUp()
		c, version, err := h.com.Committee(ctx, h.is(h.cleo))
		if err != nil || version != 1 || len(c.Members()) != 3 || c.Since.IsZero() {
			t.Errorf("everybody sees who sits on it: %+v %d %v", c, version, err)
		}
		if err := h.com.SetUp(ctx, h.is(h.sol), 0, h.setting()); !fault.Is(err, fault.Conflict) {
			t.Errorf("set up twice: %v", err)
		}
	})
}

func TestMeetingIsCalledAndFiledByAnOfficerOrWhoChairsAndNeverChangesThen(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := sit(t, w).setUp()
		_, err := h.com.Convene(ctx, h.is(h.lou), h.said())
		h.refused("a program manager who does not chair", "committee_meeting.create", err)
		_, err = h.com.Convene(ctx, h.is(h.cleo), h.said())
		h.refused("a case manager", "committee_meeting.create", err)
		id, err := h.com.Convene(ctx, h.is(h.sol), governance.Protocol{At: w.Clock.Now().Add(day), Agenda: "- Risks"})
		if err != nil {
			t.Fatal(err, fault.FieldsOf(err))
		}
		if err := h.com.File(ctx, h.is(h.sol), id, 1, governance.Protocol{At: w.Clock.Now().Add(day), Agenda: "- Risks"}); !wrong(err, "on") || !wrong(err, "came") || !wrong(err, "minutes") {
			t.Errorf("filed before it met: %v", fault.FieldsOf(err))
		}
		w.Clock.Advance(2 * day)
		alone := h.said(h.owner(h.cleo))
		alone.Came = alone.Came[:1]
		if err := h.com.File(ctx, h.is(h.mia), id, 1, alone); !wrong(err, "came") {
			t.Errorf("a decision of too few: %v", err)
		}
		for field, change := range map[string]func(*governance.Resolved){
			"what-1": func(d *governance.Resolved) { d.What = "" }, "owner-1": func(d *governance.Resolved) { d.Owner = "nobody" }, "due-1": func(d *governance.Resolved) { d.Due = time.Time{} },
		} {
			d := h.owner(h.cleo)
			change(&d)
			if err := h.com.Write(ctx, h.is(h.mia), id, 1, h.said(d)); !wrong(err, field) {
				t.Errorf("%s: %v", field, fault.FieldsOf(err))
			}
		}
		h.refused("a program manager who does not chair", "committee_meeting.file", h.com.File(ctx, h.is(h.lou), id, 1, h.said()))
		if err := h.com.Write(ctx, h.is(h.mia), id, 1, h.said()); err != nil {
			t.Fatal(err)
		}
		if err := h.com.File(ctx, h.is(h.pat), id, 1, h.said()); !fault.Is(err, fault.Conflict) {
			t.Errorf("of an old version: %v", err)
		}
		if err := h.com.File(ctx, h.is(h.mia), id, 2, h.said(h.owner(h.cleo))); err != nil {
			t.Fatal(err, fault.FieldsOf(err))
		}
		o, later, decided, err := h.com.Meeting(ctx, h.As("ole", actor.Auditor), id)
		if err != nil || o.Value.Sum == "" || o.Value.Sum != o.Value.Hash() || len(later) != 0 || len(decided) != 1 || decided[0].Value.State != governance.Open {
			t.Fatalf("filed: %+v %d %v %v", o.Value, len(later), decided, err)
		}
		for _, who := range []actor.Actor{h.is(h.pat), h.is(h.mia)} {
			if err := h.com.Write(ctx, who, id, 3, h.said()); !fault.Is(err, fault.Denied) {
				t.Errorf("written again: %v", err)
			}
			if err := h.com.File(ctx, who, id, 3, h.said()); !fault.Is(err, fault.Denied) {
				t.Errorf("filed again: %v", err)
			}
		}
		if _, _, _, err := h.com.Meeting(ctx, h.is(h.cleo), id); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
			t.Errorf("a case manager reads the minutes: %v", err)
		}

		// A correction is another filing; the first stays.
		in := h.said()
		in.Minutes = "All is well but the roof."
		if _, err := h.com.Correct(ctx, h.is(h.pat), id, in, " "); !wrong(err, "why") {
			t.Errorf("without a word: %v", err)
		}
		_, err = h.com.Correct(ctx, h.is(h.lou), id, in, "The roof was left out.")
		h.refused("a correction of who does not chair", "committee_meeting.correct", err)
		again, err := h.com.Correct(ctx, h.is(h.pat), id, in, "The roof was left out.")
		if err != nil {
			t.Fatal(err, fault.FieldsOf(err))
		}
		if _, err := h.com.Correct(ctx, h.is(h.sol), id, in, "The cellar too."); !fault.Is(err, fault.Conflict) {
			t.Errorf("corrected twice: %v", err)
		}
		x, later, decided, err := h.com.Meeting(ctx, h.is(h.pat), again)
		if err != nil || x.Value.Was != o.Value.Sum || x.Value.Sum != x.Value.Hash() || len(decided) != 1 {
			t.Errorf("the correction: %+v %d %v", x.Value, len(decided), err)
		}
		if was, _, _, err := h.com.Meeting(ctx, h.is(h.pat), id); err != nil || was.Value.Hash() != o.Value.Sum || was.Value.Minutes != "All is **well**." || governance.ReplacedBy(later, id) != again.String() {
			t.Errorf("the first: %+v %v", was.Value, err)
		}
	})
}

func TestWhoeverChairsNowFilesTheDraftsOfWhoChairedBefore(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := sit(t, w).setUp()
		var drafts [2]governance.MeetingID
		for i := range drafts {
			id, err := h.com.Convene(ctx, h.is(h.mia), h.said())
			if err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
			drafts[i] = id
		}
		h.refused("who does not chair yet", "committee_meeting.file", h.com.File(ctx, h.is(h.lou), drafts[0], 1, h.said()))
		c := h.setting()
		c.Chair = h.lou.String()
		c.Seats = append(c.Seats, governance.Seat{Voice: governance.VendorVoice, Worker: h.lou.String()})
		if err := h.com.SetUp(ctx, h.is(h.pat), 1, c); err != nil {
			t.Fatal(err, fault.FieldsOf(err))
		}
		if err := h.com.File(ctx, h.is(h.lou), drafts[0], 7, h.said()); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Conflict) {
			t.Errorf("of a version that there is not: %v", err)
		}
		if err := h.com.Write(ctx, h.is(h.lou), drafts[0], 1, h.said()); err != nil {
			t.Fatal(err)
		}
		for _, id := range drafts {
			o, _, _, err := h.com.Meeting(ctx, h.is(h.lou), id)
			if err == nil {
				err = h.com.File(ctx, h.is(h.lou), id, o.Version, h.said())
			}
			if err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
			if o, _, _, err = h.com.Meeting(ctx, h.is(h.pat), id); err != nil || o.Value.State != governance.Filed || o.Value.Chair != h.lou.String() || o.Value.FiledBy != h.lou.String() {
				t.Errorf("%+v, %v", o.Value, err)
			}
		}
		// Who chaired before does so no more.
		id, err := h.com.Convene(ctx, h.is(h.lou), h.said())
		if err != nil {
			t.Fatal(err)
		}
		h.refused("who chairs no more", "committee_meeting.file", h.com.File(ctx, h.is(h.mia), id, 1, h.said()))
	})
}

func TestDecisionIsReportedByItsOwnerAndSettledBySomebodyElse(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := sit(t, w).setUp()
		_, d := h.filed(h.cleo)
		now := w.Clock.Now()
		if got := whats(h.due(h.cleo, actor.CaseManager)); !slices.Equal(got, []string{"Carry out a decision of the committee"}) {
			t.Errorf("the owner owes %v", got)
		}
		if err := h.com.Report(ctx, h.is(h.cleo), d.ID, 1, false, now.Add(day), " "); !wrong(err, "words") || !wrong(err, "on") {
			t.Errorf("without a word, tomorrow: %v", fault.FieldsOf(err))
		}
		h.refused("an officer reports what is another's", "committee_decision.report", h.com.Report(ctx, h.is(h.pat), d.ID, 1, false, now, "Tried it."))
		if err := h.com.Accept(ctx, h.is(h.pat), d.ID, 1, true, ""); !fault.Is(err, fault.Conflict) {
			t.Errorf("accepted before it is reported: %v", err)
		}
		if err := h.com.Report(ctx, h.is(h.cleo), d.ID, 1, false, now, "Tried it on a machine of its own."); err != nil {
			t.Fatal(err)
		}
		if got := h.due(h.cleo, actor.CaseManager); len(got) != 0 {
			t.Errorf("reported, and still owed: %v", whats(got))
		}
		for name, x := range map[string]struct {
			id   org.ID
			role actor.Role
		}{"who chairs": {h.mia, actor.ProgramManager}, "an officer": {h.sol, actor.SecurityOfficer}} {
			if got := whats(h.due(x.id, x.role)); !slices.Contains(got, "Look at what was reported of a decision") {
				t.Errorf("%s owes %v", name, got)
			}
		}
		h.refused("the owner accepts", "committee_decision.settle", h.com.Accept(ctx, h.is(h.cleo), d.ID, 2, true, ""))
		h.refused("a program manager who does not chair", "committee_decision.settle", h.com.Accept(ctx, h.is(h.lou), d.ID, 2, true, ""))
		if err := h.com.Accept(ctx, h.is(h.mia), d.ID, 2, false, ""); !wrong(err, "words") {
			t.Errorf("returned without a word: %v", err)
		}
		if err := h.com.Accept(ctx, h.is(h.mia), d.ID, 2, false, "Which machine?"); err != nil {
			t.Fatal(err)
		}
		if err := h.com.Report(ctx, h.is(h.cleo), d.ID, 3, false, now, "On the spare one in the cellar."); err != nil {
			t.Fatal(err)
		}
		if err := h.com.Accept(ctx, h.is(h.sol), d.ID, 4, true, ""); err != nil {
			t.Fatal(err)
		}
		o, settles, err := h.com.Decision(ctx, h.is(h.cleo), d.ID)
		if err != nil || settles || o.Value.State != governance.Done || o.Value.Alone || len(o.Value.Steps) != 4 || !o.Value.On.Equal(now) {
			t.Errorf("%+v %v %v", o.Value, settles, err)
		}
		if err := h.com.Drop(ctx, h.is(h.pat), d.ID, 5, "Not needed."); !fault.Is(err, fault.Conflict) {
			t.Errorf("dropped when it is over: %v", err)
		}
	})
}

func TestDecisionIsDroppedWithAReasonAndNeverByItsOwnerWhileAnotherCouldLook(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := sit(t, w).setUp()
		_, d := h.filed(h.pat)
		h.refused("the owner drops", "committee_decision.drop", h.com.Drop(ctx, h.is(h.pat), d.ID, 1, "No time."))
		if err := h.com.Drop(ctx, h.is(h.mia), d.ID, 1, ""); !wrong(err, "words") {
			t.Errorf("without a reason: %v", err)
		}
		if err := h.com.Report(ctx, h.is(h.pat), d.ID, 1, true, time.Time{}, "The house is sold."); err != nil {
			t.Fatal(err)
		}
		if err := h.com.Accept(ctx, h.is(h.mia), d.ID, 2, true, ""); err != nil {
			t.Fatal(err)
		}
		if o, _, err := h.com.Decision(ctx, h.is(h.pat), d.ID); err != nil || o.Value.State != governance.Dropped {
			t.Errorf("%+v %v", o.Value, err)
		}
		_, d = h.filed(h.pat)
		if err := h.com.Drop(ctx, h.is(h.sol), d.ID, 1, "The house is sold."); err != nil {
			t.Error(err)
		}

		// Where nobody else could look, the owner ends it, and it is marked.
		_, d = h.filed(h.pat)
		for _, id := range []org.ID{h.mia, h.sol} {
			if err := h.org.Terminate(ctx, h.admin(), id); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.com.Report(ctx, h.is(h.pat), d.ID, 1, false, w.Clock.Now(), "Tried."); err != nil {
			t.Fatal(err)
		}
		if o, _, err := h.com.Decision(ctx, h.is(h.pat), d.ID); err != nil || o.Value.State != governance.Done || !o.Value.Alone {
			t.Errorf("%+v %v", o.Value, err)
		}
	})
}

func TestNextMeetingIsDueFromWhoChairsAndThePrivacyOfficer(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := sit(t, w).setUp()
		since := w.Clock.Now()
		if got := h.due(h.mia, actor.ProgramManager); len(got) != 0 {
			t.Errorf("three months before it is due: %v", whats(got))
		}
		w.Clock.Advance(60 * day)
		for _, x := range []struct {
			id   org.ID
			role actor.Role
			want int
		}{{h.mia, actor.ProgramManager, 1}, {h.pat, actor.PrivacyOfficer, 1}, {h.sol, actor.SecurityOfficer, 0}, {h.lou, actor.ProgramManager, 0}, {h.cleo, actor.CaseManager, 0}} {
			got := h.due(x.id, x.role)
			if len(got) != x.want {
				t.Errorf("%s owes %v", x.role, whats(got))
			}
			if x.want == 1 && (got[0].What != "Call the committee together" || !got[0].Due.Equal(since.AddDate(0, 3, 0))) {
				t.Errorf("%s owes %+v", x.role, got[0])
			}
		}
		id, err := h.com.Convene(ctx, h.is(h.mia), governance.Protocol{At: w.Clock.Now().Add(day), Agenda: "- Risks"})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.due(h.mia, actor.ProgramManager); len(got) != 1 || got[0].What != "Hold the meeting of the committee" {
			t.Errorf("called: %v", whats(got))
		}
		w.Clock.Advance(2 * day)
		if got := h.due(h.mia, actor.ProgramManager); len(got) != 1 || got[0].What != "File the minutes of the committee" || got[0].Path != "/governance/committee/meetings/"+id.String() {
			t.Errorf("met: %+v", got)
		}
		// Too few came: it is filed, and does not count.
		few := h.said()
		few.Came = few.Came[:1]
		if err := h.com.File(ctx, h.is(h.mia), id, 1, few); err != nil {
			t.Fatal(err)
		}
		if got := h.due(h.mia, actor.ProgramManager); len(got) != 1 || got[0].What != "Call the committee together" {
			t.Errorf("after too few met: %v", whats(got))
		}
		met := w.Clock.Now().Add(-time.Hour)
		h.filed(h.cleo)
		o, err := h.com.Overview(ctx, h.is(h.mia))
		if err != nil || !o.Next.Last.Equal(met) || !o.Next.Due.Equal(met.AddDate(0, 3, 0)) || o.Next.Late || o.Next.Planned != nil || len(o.Meetings) != 2 {
			t.Errorf("after enough met: %+v %v", o.Next, err)
		}
		w.Clock.Advance(100 * day)
		if o, err = h.com.Overview(ctx, h.is(h.cleo)); err != nil || len(o.Meetings) != 0 || len(o.Decisions) != 1 || o.Version != 1 {
			t.Errorf("a case manager sees %d meetings and %d decisions, %v", len(o.Meetings), len(o.Decisions), err)
		}
		if got := h.due(h.mia, actor.ProgramManager); len(got) != 1 || got[0].When(w.Clock.Now()) != obligation.Late {
			t.Errorf("late: %v", got)
		}
		all, err := h.owed.Of(ctx, w.Service("notifier"), obligation.Agency, "", w.Clock.Now().Add(obligation.Ahead))
		if err != nil || len(all) != 3 {
			t.Errorf("the notifier is told %v %v", whats(all), err)
		}
	})
}

func TestProcessHasExactlyOneWhoIsAccountable(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := sit(t, w)
		d := governance.Duty{Process: governance.Sanctions, Responsible: []governance.Party{governance.ManagerParty}, Accountable: []governance.Party{governance.PartyOf(h.lou.String())}}
		h.refused("an administrator", "raci.change", h.gov.Answer(ctx, h.is(h.ada), 0, d))
		h.refused("a case manager", "raci.change", h.gov.TakeOver(ctx, h.is(h.cleo)))
		if x, err := h.gov.Duties(ctx, h.is(h.cleo), time.Time{}); err != nil || x.Version != 0 || len(x.Rows) != len(governance.Processes()) {
			t.Errorf("before: %d %d %v", x.Version, len(x.Rows), err)
		}
		for name, parties := range map[string][]governance.Party{"nobody": nil, "two": {governance.PrivacyParty, governance.SecurityParty}, "the committee": {governance.CommitteeParty}, "a stranger": {governance.PartyOf("nobody")}, "no office": {"janitor"}} {
			x := d
			x.Accountable = parties
			if err := h.gov.Answer(ctx, h.is(h.pat), 0, x); !wrong(err, "accountable") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := h.gov.TakeOver(ctx, h.is(h.sol)); err != nil {
			t.Fatal(err)
		}
		before := w.Clock.Now()
		w.Clock.Advance(day)
		if err := h.gov.Answer(ctx, h.is(h.pat), 0, d); !fault.Is(err, fault.Conflict) {
			t.Errorf("of an old version: %v", err)
		}
		if err := h.gov.Answer(ctx, h.is(h.pat), 1, d); err != nil {
			t.Fatal(err, fault.FieldsOf(err))
		}
		of := func(at time.Time) governance.Standing {
			t.Helper()
			x, err := h.gov.Duties(ctx, h.is(h.cleo), at)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(x.Rows, func(s governance.Standing) bool { return s.Process == governance.Sanctions })
			return x.Rows[i]
		}
		if s := of(time.Time{}); s.Vacant || s.Several || !slices.Equal(s.Holders, []string{h.lou.String()}) {
			t.Errorf("now: %+v", s)
		}
		if s := of(before); s.Accountable[0] != governance.PrivacyParty || !s.Vacant {
			t.Errorf("before, with nobody designated: %+v", s)
		}
		if _, err := h.gov.Duties(ctx, h.is(h.cleo), before.Add(-day)); !fault.Is(err, fault.NotFound) {
			t.Errorf("before anything was set: %v", err)
		}
		h.designate(h.admin(), of2(h.pat))
		if s := of(before); s.Vacant || s.Holders[0] != h.pat.String() {
			t.Errorf("with somebody designated: %+v", s)
		}
		if err := h.org.Terminate(ctx, h.admin(), h.lou); err != nil {
			t.Fatal(err)
		}
		if s := of(time.Time{}); !s.Vacant {
			t.Errorf("who left is accountable still: %+v", s)
		}
	})
}

func of2(id org.ID) governance.Designation { return of(id, governance.Privacy) }

func TestWhatIsProposedIsWholeAndCitesTheLaw(t *testing.T) {
	for _, v := range governance.Voices() {
		if v.English() == "" || v.Cite() != law.Practice && !law.Known(v.Cite()) {
			t.Errorf("%s cites %s", v, v.Cite())
		}
	}
	rows := governance.Proposed()
	for i, p := range governance.Processes() {
		if p.English() == "" || !law.Known(p.Cite()) {
			t.Errorf("%s cites %s", p, p.Cite())
		}
		if d := rows[i]; d.Process != p || len(d.Accountable) != 1 || len(d.Responsible) == 0 {
			t.Errorf("%s: %+v", p, d)
		}
	}
}
