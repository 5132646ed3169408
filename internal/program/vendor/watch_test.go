package vendor_test

import (
	"slices"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/record/recordtest"
	"caseward/law"
)

// working is a business associate that works, under an agreement that holds.
func (h *house) working(a vendor.Agreement) vendor.ID {
	h.Helper()
	v := h.assessed(host())
	h.bound(v, a)
	h.ok(h.vs.Start(ctx, h.officer(), v, 0))
	h.Clock.Advance(2 * day)
	return v
}

func (h *house) gaps() (codes []string) {
	h.Helper()
	gs, err := h.vs.Gaps(ctx, h.officer())
	h.ok(err)
	for _, g := range gs {
		if g.Text == "" || g.Since.IsZero() || g.Cite != law.Practice && !law.Known(g.Cite) {
			h.Errorf("a gap is %+v", g)
		}
		codes = append(codes, g.Code)
	}
	return codes
}

// answers answers every question alike.
func answers(q vendor.Questionnaire, a vendor.Answer) (out []vendor.Given) {
	for _, s := range vendor.Asked(q.Lang, q.Tier) {
		for _, x := range s.Questions {
			out = append(out, vendor.Given{Code: x.Code, Answer: a})
		}
	}
	return out
}

func TestAQuestionnaireIsAnsweredByALinkSavedAndScored(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.assessed(host())
		secret, err := h.vs.Ask(ctx, h.officer(), v, "es")
		h.ok(err)
		name, q, err := h.vs.Answering(ctx, secret)
		if err != nil || name != "Harbor Records" || q.Tier != 1 || q.Lang != "es" {
			t.Fatalf("%s is asked %+v, %v", name, q, err)
		}
		all := answers(q, vendor.Yes)
		h.ok(h.vs.Save(ctx, secret, all[:2]))
		if err := h.vs.Save(ctx, secret, []vendor.Given{{Code: "Q99", Answer: vendor.Yes}, {Code: all[2].Code, Answer: "perhaps"}}); !wrong(err, "Q99") || !wrong(err, all[2].Code) {
			t.Errorf("answers that are none: %v", err)
		}
		if _, q, _ = h.vs.Answering(ctx, secret); len(q.Given) != 2 || q.Saves != 1 {
			t.Errorf("saved are %d answers in %d saves", len(q.Given), q.Saves)
		}
		if err := h.vs.Submit(ctx, secret, nil, "Mara Lund", "Director"); !wrong(err, all[2].Code) || wrong(err, all[0].Code) {
			t.Errorf("handed in unfinished: %v", err)
		}
		if _, ok := q.Score(); ok {
			t.Error("it is scored before it is handed in")
		}
		// One no, one that does not apply: the one counts against it, the other on neither side.
		all[0].Answer, all[1].Answer = vendor.No, vendor.NA
		if err := h.vs.Submit(ctx, secret, all, "Mara Lund", "Director"); !wrong(err, all[1].Code) || wrong(err, all[0].Code) {
			t.Errorf("what does not apply has no reason: %v", err)
		}
		all[1].Note = "We have no such thing."
		h.ok(h.vs.Submit(ctx, secret, all, "Mara Lund", "Director"))
		if _, _, err := h.vs.Answering(ctx, secret); !fault.Is(err, fault.NotFound) {
			t.Errorf("the link leads on: %v", err)
		}
		rows, err := h.vs.Questionnaires(ctx, h.officer(), v)
		if err != nil || len(rows) != 1 || len(rows[0].Value.OpenPoints()) != 1 || rows[0].Value.Name != "Mara Lund" {
			t.Fatalf("%d are on record, %v", len(rows), err)
		}
		var weight, no, na int
		for _, s := range vendor.Asked("es", 1) {
			for _, x := range s.Questions {
				weight += x.Weight
				switch x.Code {
				case all[0].Code:
					no = x.Weight
				case all[1].Code:
					na = x.Weight
				}
			}
		}
		if got, ok := rows[0].Value.Score(); !ok || got != (weight-na-no)*100/(weight-na) {
			t.Errorf("the score is %d", got)
		}
		id := rows[0].ID
		if err := h.vs.Except(ctx, h.officer(), id, 0, all[0].Code, " "); !wrong(err, "why") {
			t.Errorf("accepted without a reason: %v", err)
		}
		h.ok(h.vs.Except(ctx, h.officer(), id, 0, all[0].Code, "they have no such systems"))
		if err := h.vs.Except(ctx, h.officer(), id, 0, all[3].Code, "fine"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a yes is accepted: %v", err)
		}
		if rows, _ = h.vs.Questionnaires(ctx, h.officer(), v); len(rows[0].Value.OpenPoints()) != 0 {
			t.Error("what was accepted is still open")
		}
		if q := (vendor.Questionnaire{Tier: 1, Lang: "en", State: vendor.Submitted, Given: answers(q, vendor.NA)}); true {
			if _, ok := q.Score(); ok {
				t.Error("where nothing applies there is a score")
			}
		}
	})
}

func TestTheQuestionsAreAlikeInBothLanguages(t *testing.T) {
	for tier := 1; tier <= 3; tier++ {
		en, es := vendor.Asked("en", tier), vendor.Asked("es", tier)
		if len(en) == 0 || len(en) != len(es) {
			t.Fatalf("tier %d: %d and %d sections", tier, len(en), len(es))
		}
		for i := range en {
			if !slices.EqualFunc(en[i].Questions, es[i].Questions, func(a, b vendor.Question) bool {
				return a.Code == b.Code && a.Weight == b.Weight && a.Weight > 0 && slices.Equal(a.Answers, b.Answers) && a.Text != b.Text
			}) {
				t.Errorf("tier %d: section %d is not the same", tier, i)
			}
		}
	}
}

func TestAKnownBreachIsCuredOrEndsTheWork(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.working(baa())
		names := policy.Set(policy.Identity)
		if !h.stands(v, w.Clock.Now()).Covers(names) {
			t.Fatal("it does not work")
		}
		h.ok(h.vs.Breached(ctx, h.officer(), v, 0, "It had files on a server in the open."))
		if !slices.Contains(h.gaps(), vendor.GapBreach) {
			t.Error("a known breach without a decision is no finding")
		}
		if err := h.vs.DecideBreach(ctx, h.officer(), v, 0, 0, vendor.ToCure, "Close it.", w.Clock.Now()); !wrong(err, "due") {
			t.Errorf("a cure by now: %v", err)
		}
		h.ok(h.vs.DecideBreach(ctx, h.officer(), v, 0, 0, vendor.ToCure, "Close it and show that nobody came.", w.Clock.Now().Add(30*day)))
		if h.stands(v, w.Clock.Now()).Covers(names) {
			t.Error("information goes there before it is cured")
		}
		if g := h.gaps(); slices.Contains(g, vendor.GapBreach) || slices.Contains(g, vendor.GapCure) {
			t.Errorf("decided, the findings are %v", g)
		}
		w.Clock.Advance(30 * day)
		if !slices.Contains(h.gaps(), vendor.GapCure) {
			t.Error("a cure that is late is no finding")
		}
		if err := h.vs.CuredBreach(ctx, h.officer(), v, 0, 0, ""); !wrong(err, "cured") {
			t.Errorf("cured without a word: %v", err)
		}
		h.ok(h.vs.CuredBreach(ctx, h.officer(), v, 0, 0, "The report of an examiner is filed."))
		if !h.stands(v, w.Clock.Now()).Covers(names) || h.stands(v, w.Clock.Now().Add(-time.Microsecond)).Covers(names) {
			t.Error("it does not work again from when it was cured")
		}
		h.ok(h.vs.Breached(ctx, h.officer(), v, 0, "The same again."))
		h.ok(h.vs.DecideBreach(ctx, h.officer(), v, 0, 1, vendor.ToEnd, "It cannot be trusted.", time.Time{}))
		if x := h.read(v); x.Status != vendor.Terminated || h.stands(v, w.Clock.Now()).Covers(names) {
			t.Errorf("it is %s", x.Status)
		}
		if g := h.gaps(); slices.Contains(g, vendor.GapBreach) || slices.Contains(g, vendor.GapCure) {
			t.Errorf("ended, the findings are %v", g)
		}
	})
}

func TestTheEndIsClosedOnlyByACertificateOrAReason(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.working(baa())
		certificate := vendor.Ending{Left: vendor.Destroyed, What: "Discs shredded.", CertifiedBy: "Mara Lund, Director", On: w.Clock.Now(), Place: "Cabinet 2"}
		if err := h.vs.Close(ctx, h.officer(), v, 0, certificate); !fault.Is(err, fault.Conflict) {
			t.Errorf("closed while it works: %v", err)
		}
		h.ok(h.vs.Terminate(ctx, h.officer(), v, 0, "another does it for less"))
		if slices.Contains(h.gaps(), vendor.GapLeft) {
			t.Error("it is late at once")
		}
		w.Clock.Advance(30 * day)
		if !slices.Contains(h.gaps(), vendor.GapLeft) {
			t.Error("after 30 days nothing is said")
		}
		for field, e := range map[string]vendor.Ending{
			"left":         {},
			"what":         {Left: vendor.Returned, CertifiedBy: "Mara", On: w.Clock.Now(), Place: "Cabinet"},
			"certified_by": {Left: vendor.Destroyed, What: "Shredded.", On: w.Clock.Now(), Place: "Cabinet"},
			"on":           {Left: vendor.Destroyed, What: "Shredded.", CertifiedBy: "Mara", On: w.Clock.Now().Add(1), Place: "Cabinet"},
			"protection":   {Left: vendor.Infeasible, What: "Backups run out in a year.", CertifiedBy: "Mara"},
		} {
			if err := h.vs.Close(ctx, h.officer(), v, 0, e); !wrong(err, field) {
				t.Errorf("%s: %v %v", field, err, fault.FieldsOf(err))
			}
		}
		h.ok(h.vs.Close(ctx, h.officer(), v, 0, vendor.Ending{Left: vendor.Infeasible, What: "Backups run out in a year.", Protection: "Sealed, and read by nobody.", CertifiedBy: "Mara Lund"}))
		if x := h.read(v); x.Status != vendor.Closed || x.Ending.Left != vendor.Infeasible {
			t.Errorf("it is %+v", x)
		}
		if g := h.gaps(); len(g) != 0 {
			t.Errorf("closed, the findings are %v", g)
		}
		// One that never had any closes without.
		other := h.assessed(landlord())
		if err := h.vs.Terminate(ctx, h.officer(), other, 0, "moved"); !fault.Is(err, fault.Conflict) {
			t.Errorf("ended though it never worked: %v", err)
		}
		h.ok(h.vs.Start(ctx, h.officer(), other, 0))
		h.ok(h.vs.Terminate(ctx, h.officer(), other, 0, "moved"))
		h.ok(h.vs.Close(ctx, h.officer(), other, 0, vendor.Ending{}))
	})
}

func TestGapsAreNamedAndComeToNothing(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.working(baa())
		if g, want := h.gaps(), []string{vendor.GapAsked, vendor.GapExit, vendor.GapAudit}; !slices.Equal(g, want) {
			t.Errorf("the gaps are %v, want %v", g, want)
		}
		with := host()
		with.ExitPlan, with.Subcontractors = "Restore elsewhere.", []vendor.Subcontractor{{Name: "Deep Storage"}}
		h.ok(h.vs.Describe(ctx, h.officer(), v, 0, with))
		renewed := baa()
		renewed.Ticked, renewed.Effective = []string{vendor.Audit}, w.Clock.Now()
		renewed.Expiry = time.Time{}
		h.bound(v, renewed)
		if g, want := h.gaps(), []string{vendor.GapFlowDown, vendor.GapAsked}; !slices.Equal(g, want) {
			t.Errorf("the gaps are %v, want %v", g, want)
		}
		with.Subcontractors[0].Attested = w.Clock.Now()
		h.ok(h.vs.Describe(ctx, h.officer(), v, 0, with))
		secret, err := h.vs.Ask(ctx, h.officer(), v, "en")
		h.ok(err)
		_, q, err := h.vs.Answering(ctx, secret)
		h.ok(err)
		h.ok(h.vs.Submit(ctx, secret, answers(q, vendor.Partly), "Mara Lund", "Director"))
		h.ok(h.vs.AskEvidence(ctx, h.officer(), v, 0, "A test of restoring", w.Clock.Now().Add(10*day)))
		if g := h.gaps(); len(g) != 0 {
			t.Errorf("with everything there, the gaps are %v", g)
		}
		w.Clock.Advance(10 * day)
		if g := h.gaps(); !slices.Equal(g, []string{vendor.GapEvidence}) {
			t.Errorf("with evidence late, the gaps are %v", g)
		}
		h.ok(h.vs.ReceiveEvidence(ctx, h.officer(), v, 0, 0, "Cabinet 2", w.Clock.Now().Add(30*day)))
		if g := h.gaps(); len(g) != 0 {
			t.Errorf("with evidence there, the gaps are %v", g)
		}
		w.Clock.Advance(30 * day)
		if g := h.gaps(); !slices.Equal(g, []string{vendor.GapEvidence}) {
			t.Errorf("with evidence expired, the gaps are %v", g)
		}
		due := h.read(v).ReviewDue()
		w.Clock.Advance(due.Sub(w.Clock.Now()))
		if g := h.gaps(); !slices.Contains(g, vendor.GapReview) {
			t.Errorf("a year on, the gaps are %v", g)
		}
		if err := h.vs.Reviewed(ctx, h.officer(), v, 0, "In order."); !fault.Is(err, fault.Denied) {
			t.Errorf("whoever looks after it reviews it: %v", err)
		}
		h.ok(h.vs.Reviewed(ctx, h.other(), v, 0, "In order."))
		if g := h.gaps(); slices.Contains(g, vendor.GapReview) || !h.read(v).ReviewDue().Equal(w.Clock.Now().AddDate(1, 0, 0)) {
			t.Errorf("reviewed, the gaps are %v", g)
		}
		// An agreement that ran out, with nobody doing anything.
		h2 := open(t, w)
		short := baa()
		short.Effective, short.Expiry = w.Clock.Now(), w.Clock.Now().Add(10*day)
		h2.working(short)
		if slices.Contains(h.gaps(), vendor.GapAgreement) {
			t.Error("it is missed while it holds")
		}
		w.Clock.Advance(8 * day)
		if g := h.gaps(); g[0] != vendor.GapAgreement {
			t.Errorf("expired, the gaps are %v", g)
		}
	})
}

func TestAVendorReportsAnIncidentByALink(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.working(baa())
		secret, err := h.vs.ReportLink(ctx, h.officer(), v)
		h.ok(err)
		if name, err := h.vs.Reporting(ctx, secret); err != nil || name != "Harbor Records" {
			t.Errorf("it is %q, %v", name, err)
		}
		found := w.Clock.Now().Add(-12 * time.Hour)
		r := vendor.Report{What: "A disc was lost.", Kinds: "Names and notes.", DiscoveredAt: found, Contact: "555-0142", By: "Mara Lund, Director", People: phi.NewText("Anna Lindqvist")}
		for field, change := range map[string]func(*vendor.Report){
			"what":       func(r *vendor.Report) { r.What = "" },
			"kinds":      func(r *vendor.Report) { r.Kinds = "" },
			"discovered": func(r *vendor.Report) { r.DiscoveredAt = w.Clock.Now().Add(time.Hour) },
			"contact":    func(r *vendor.Report) { r.Contact = "" },
			"by":         func(r *vendor.Report) { r.By = "" },
		} {
			x := r
			change(&x)
			if err := h.vs.Report(ctx, secret, x); !wrong(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		h.ok(h.vs.Report(ctx, secret, r))
		if err := h.vs.Report(ctx, secret, r); !fault.Is(err, fault.NotFound) {
			t.Errorf("reported twice by one link: %v", err)
		}
		rows, err := h.vs.Reports(ctx, h.officer(), v)
		if err != nil || len(rows) != 1 || !rows[0].Value.DueBy.Equal(found.Add(48*time.Hour)) || rows[0].Value.Late() || rows[0].Value.People.Disclose() != "Anna Lindqvist" {
			t.Errorf("%v, %v", rows, err)
		}
		for name, who := range map[string]actor.Actor{"an auditor": h.As("ole", actor.Auditor), "the security officer": h.other()} {
			rows, err = h.vs.Reports(ctx, who, v)
			if err != nil || len(rows) != 1 || !rows[0].Value.People.Empty() || rows[0].Value.What == "" {
				t.Errorf("%s sees %v, %v", name, rows, err)
			}
		}
		if rows, _ = h.vs.Reports(ctx, h.As("moe", actor.ProgramManager), v); len(rows) != 0 {
			t.Error("a program manager reads it")
		}
	})
}
