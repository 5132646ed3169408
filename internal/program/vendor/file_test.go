package vendor_test

import (
	"testing"

	"caseward/internal/program/vendor"
	"caseward/internal/record/recordtest"
)

func TestWhatComesNextAndWhetherItMayReceive(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		id := h.begin(host())
		is := func(when string, step vendor.Step, receives bool) {
			t.Helper()
			f, err := h.vs.File(ctx, h.officer(), id)
			h.ok(err)
			got, _, a := f.Next()
			if got != step {
				t.Errorf("%s, %q comes next, not %q", when, got, step)
			}
			if may, why := f.Receives(); may != receives || why.Text == "" || why.Cite == "" {
				t.Errorf("%s, it may receive: %v, %q", when, may, why)
			}
			if concerns := step == vendor.ToFinish || step == vendor.ToSend || step == vendor.ToWait || step == vendor.ToCountSign; concerns != (a != nil) {
				t.Errorf("%s, no agreement is named, or one too many", when)
			}
		}
		is("described", vendor.ToAssess, false)
		h.ok(h.vs.Assess(ctx, h.officer(), id, 0, nil))
		is("assessed", vendor.ToDraft, false)
		a := baa()
		a.Text = vendor.StarterAgreement("en")
		draft, err := h.vs.Draft(ctx, h.officer(), id, a)
		h.ok(err)
		is("with blanks in the draft", vendor.ToFinish, false)
		h.ok(h.vs.Redraft(ctx, h.officer(), draft, 0, baa()))
		is("with a whole draft", vendor.ToSend, false)
		secret, err := h.vs.Send(ctx, h.officer(), draft, 0)
		h.ok(err)
		is("sent", vendor.ToWait, false)
		hash := h.agreement(draft).Value.Hash()
		h.ok(h.vs.Countersign(ctx, secret, hash, mara, true))
		is("signed by the vendor", vendor.ToCountSign, false)
		h.ok(h.vs.Sign(ctx, h.other(), draft, hash, sol, true))
		is("signed by both", vendor.ToStart, false)
		h.ok(h.vs.Start(ctx, h.officer(), id, 0))
		is("started before the agreement takes effect", vendor.ToAsk, false)
		w.Clock.Advance(2 * day)
		is("in effect", vendor.ToAsk, true)
		secret, err = h.vs.Ask(ctx, h.officer(), id, "en")
		h.ok(err)
		is("asked", vendor.ToHear, true)
		_, q, err := h.vs.Answering(ctx, secret)
		h.ok(err)
		h.ok(h.vs.Submit(ctx, secret, answers(q, vendor.Yes), "Mara Lund", "Director"))
		is("answered", vendor.NoStep, true)
		h.ok(h.vs.AskEvidence(ctx, h.officer(), id, 0, "a report", w.Clock.Now().Add(day)))
		is("asked to show something", vendor.NoStep, true)
		w.Clock.Advance(day)
		is("when that is due", vendor.ToReceive, true)
		h.ok(h.vs.Breached(ctx, h.officer(), id, 0, "it used a list of ours"))
		is("with a breach that nobody decided on", vendor.ToDecide, true)
		h.ok(h.vs.DecideBreach(ctx, h.officer(), id, 0, 0, vendor.ToCure, "delete it", w.Clock.Now().Add(10*day)))
		is("while it is to cure one", vendor.ToCured, false)
		h.ok(h.vs.CuredBreach(ctx, h.officer(), id, 0, 0, "it is deleted"))
		is("after the cure", vendor.ToReceive, true)
		w.Clock.Advance(370 * day)
		is("when the agreement has expired", vendor.ToDraft, false)
		h.ok(h.vs.Terminate(ctx, h.officer(), id, 0, "not needed"))
		is("terminated", vendor.ToClose, false)
		h.ok(h.vs.Close(ctx, h.officer(), id, 0, vendor.Ending{Left: vendor.Infeasible, What: "backups run out", CertifiedBy: "Mara Lund", Protection: "sealed"}))
		is("closed", vendor.NoStep, false)
	})
}

func TestWhatIsNoBusinessAssociateMayReceive(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		for outcome, want := range map[vendor.Outcome]struct {
			answers vendor.Answers
			may     bool
		}{
			vendor.NoPHI:      {vendor.Answers{ForUs: true}, false},
			vendor.Workforce:  {vendor.Answers{Receives: true, ForUs: true, Workforce: true}, true},
			vendor.Treatment:  {vendor.Answers{Receives: true, Treats: true}, true},
			vendor.PublicBody: {vendor.Answers{Receives: true, Benefits: true}, false},
			vendor.Own:        {vendor.Answers{Receives: true}, false},
			vendor.Conduit:    {vendor.Answers{Transmits: true, Passing: true, ForUs: true}, true},
		} {
			v := host()
			v.Answers = want.answers
			id := h.assessed(v)
			for _, started := range []bool{false, true} {
				if started {
					h.ok(h.vs.Start(ctx, h.officer(), id, 0))
				}
				f, err := h.vs.File(ctx, h.officer(), id)
				h.ok(err)
				if may, _ := f.Receives(); f.Value.Outcome != outcome || may != (started && want.may) {
					t.Errorf("%s, started %v: %v", f.Value.Outcome, started, may)
				}
			}
		}
	})
}

func TestTheTierIsTheSumOfItsWeights(t *testing.T) {
	for _, v := range []vendor.Vendor{host(), landlord()} {
		sum := 0
		for _, x := range v.Weights() {
			if x.Text == "" || x.Points < 0 || x.Points > 2 {
				t.Errorf("%+v", x)
			}
			sum += x.Points
		}
		if (v.Tier() == 1) != (sum >= 4) || (v.Tier() == 3) != (sum < 2) {
			t.Errorf("tier %d of %d points", v.Tier(), sum)
		}
	}
}
