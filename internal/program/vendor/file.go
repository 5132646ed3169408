package vendor

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
)

// File is all that the agency knows of one vendor, and how it stands at a moment.
type File struct {
	Row
	Standing       Standing
	Agreements     []OpenedAgreement
	Questionnaires []OpenedQuestionnaire
	At             time.Time
}

// File returns one vendor with its agreements and questionnaires, and how it stands now.
// Errors: Denied, NotFound.
func (vs *Vendors) File(ctx context.Context, who actor.Actor, id ID) (f File, err error) {
	o, err := vs.vendors.Read(ctx, who, id)
	if err != nil {
		return f, err
	}
	f.At = vs.door.Clock().Now()
	if f.Agreements, err = vs.Agreements(ctx, who, id); err != nil {
		return f, err
	}
	if f.Questionnaires, err = vs.Questionnaires(ctx, who, id); err != nil {
		return f, err
	}
	if f.Standing, err = vs.InForce(ctx, who, id, f.At); err != nil {
		return f, err
	}
	f.Row = stands(o, f.Standing, f.Agreements, f.Questionnaires, f.At)
	return f, nil
}

// Step is what comes next with a vendor.
type Step string

// The steps.
const (
	ToAssess    Step = "assess"
	ToDraft     Step = "draft"    // write an agreement
	ToFinish    Step = "finish"   // a draft lacks terms or has blanks
	ToSend      Step = "send"     // a draft has all it needs
	ToWait      Step = "wait"     // the vendor is to sign
	ToCountSign Step = "sign"     // the agency is to sign
	ToStart     Step = "start"    // it may begin
	ToDecide    Step = "decide"   // a breach is known, and nothing was decided
	ToCured     Step = "cured"    // it is to put a breach right
	ToClose     Step = "close"    // it ended, and what became of the information is open
	ToAsk       Step = "ask"      // it was never asked
	ToHear      Step = "hear"     // it was asked, and has not answered
	ToReview    Step = "review"   // its review is due
	ToReceive   Step = "evidence" // it was to show something
	NoStep      Step = ""         // nothing waits
)

// Next is what comes next: the law's first. at counts breaches or evidence from 0, and a is
// the agreement that is concerned, where one is.
func (f File) Next() (s Step, at int, a *OpenedAgreement) {
	v := f.Value
	for i, b := range v.Breaches {
		if b.Decision == "" && v.Status != Closed {
			return ToDecide, i, nil
		}
	}
	switch v.Status {
	case Intake:
		return ToAssess, 0, nil
	case Terminated:
		return ToClose, 0, nil
	case Closed:
		return NoStep, 0, nil
	case Cure:
		for i, b := range v.Breaches {
			if b.Open() {
				return ToCured, i, nil
			}
		}
	}
	if v.Outcome == Associate && !f.Bound && !f.coming() {
		for i := range f.Agreements {
			switch a := &f.Agreements[i]; {
			case a.Value.Stage == Sent && a.Value.Theirs.At.IsZero():
				return ToWait, 0, a
			case a.Value.Stage == Sent:
				return ToCountSign, 0, a
			case a.Value.Stage == Draft && a.Value.ready("") != nil:
				return ToFinish, 0, a
			case a.Value.Stage == Draft && a.Value.OnPaper():
				return ToCountSign, 0, a
			case a.Value.Stage == Draft:
				return ToSend, 0, a
			}
		}
		return ToDraft, 0, nil
	}
	if v.Status == Assessed {
		return ToStart, 0, nil
	}
	for _, g := range f.Gaps {
		switch g.Code {
		case GapReview:
			return ToReview, 0, nil
		case GapAsked:
			if slices.ContainsFunc(f.Questionnaires, func(q OpenedQuestionnaire) bool { return q.Value.State == Answering }) {
				return ToHear, 0, nil
			}
			return ToAsk, 0, nil
		case GapEvidence:
			for i, e := range v.Evidence {
				if e.ReceivedAt.IsZero() && !f.At.Before(e.Due) {
					return ToReceive, i, nil
				}
			}
		}
	}
	return NoStep, 0, nil
}

// coming reports whether an agreement that both signed takes effect later.
func (f File) coming() bool {
	return slices.ContainsFunc(f.Agreements, func(a OpenedAgreement) bool { return a.Value.At(f.At, time.Time{}) == Coming })
}

// Receives says whether the vendor may receive health information now, and why.
func (f File) Receives() (bool, Reason) {
	const associate = "45 CFR 164.502(e)(1)(i)"
	v := f.Value
	switch {
	case v.Status == Intake:
		return false, Reason{"Nobody has assessed yet what it is to us.", associate}
	case v.Outcome == NoPHI:
		return false, Reason{"It has nothing to do with health information of ours.", definition}
	case v.Status == Cure:
		return false, Reason{"It broke its agreement. Nothing goes there until that is put right.", "45 CFR 164.504(e)(1)(ii)"}
	case v.Status == Terminated || v.Status == Closed:
		return false, Reason{"The work with it has ended.", associate}
	case !f.Standing.Engaged:
		return false, Reason{"It has not started to work for us.", associate}
	case v.Outcome == Associate && !f.Standing.Bound && f.coming():
		return false, Reason{"Its agreement is signed and takes effect later.", associate}
	case v.Outcome == Associate && !f.Standing.Bound:
		return false, Reason{"It is a business associate, and no agreement is in effect.", associate}
	case v.Outcome == Associate:
		return true, Reason{"An agreement that both sides signed is in effect. It may receive the kinds of information that the agreement names, for its purposes.", associate}
	case v.Outcome == Treatment:
		return true, Reason{"It is a provider. It may receive what it needs to treat the person.", "45 CFR 164.506(c)(2)"}
	case v.Outcome == Workforce:
		return true, Reason{"Its people are our workforce. Each sees what their role here allows.", definition}
	case v.Outcome == Conduit:
		return true, Reason{"It only carries. It may be given what is sealed and on its way.", definition}
	}
	return false, Reason{"It is no business associate. Each disclosure to it needs a permission of its own.", "45 CFR 164.502(a)"}
}
