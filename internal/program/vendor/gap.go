package vendor

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/order"
	"caseward/law"
)

// Gap is something about a vendor that is not as it should be.
type Gap struct {
	Vendor Opened
	Code   string
	Text   string
	Cite   string // a paragraph, or [law.Practice]
	Since  time.Time
}

// The gaps, in the order pages show them: what the law asks for first.
const (
	GapAgreement = "agreement" // has health information and no agreement in effect
	GapBreach    = "breach"    // broke its agreement, and nobody decided what follows
	GapCure      = "cure"      // was to put it right by a day that is past
	GapLeft      = "left"      // ended, and nothing shows what became of the information
	GapFlowDown  = "flow_down" // has a subcontractor that it attested nothing of
	GapReview    = "review"    // is to be reviewed
	GapAsked     = "asked"     // never answered a questionnaire
	GapEvidence  = "evidence"  // has not shown what it was to, or that has expired
	GapExit      = "exit"      // of tier 1, and nobody knows how to go on without it
	GapAudit     = "audit"     // of tier 1, and the agency may not look how the agreement is kept
)

// leftFor is how long what became of the information may be open after the end, by the
// agreement that comes with the program; the law sets no days.
const leftFor = 30 * 24 * time.Hour

// Row is a line of the register of vendors.
type Row struct {
	Opened
	Bound bool      // an agreement is in effect
	Stage Stage     // of that agreement
	Ends  time.Time // when it expires; zero for never
	Gaps  []Gap
}

// Register lists the vendors and how they stand now, those watched most closely first.
func (vs *Vendors) Register(ctx context.Context, who actor.Actor) ([]Row, error) {
	all, err := vs.All(ctx, who)
	if err != nil {
		return nil, err
	}
	agreements, err := vs.Agreements(ctx, who, ID{})
	if err != nil {
		return nil, err
	}
	asked, err := vs.Questionnaires(ctx, who, ID{})
	if err != nil {
		return nil, err
	}
	now := vs.door.Clock().Now()
	var out []Row
	for _, o := range all {
		s, err := vs.InForce(ctx, who, o.ID, now)
		if err != nil {
			return nil, err
		}
		out = append(out, stands(o, s, agreements, asked, now))
	}
	return out, nil
}

// stands is the line of one vendor. Of agreements and questionnaires there may be those of
// others.
func stands(o Opened, s Standing, agreements []OpenedAgreement, asked []OpenedQuestionnaire, now time.Time) Row {
	r := Row{Opened: o, Bound: s.Bound}
	var a *Agreement
	if i := slices.IndexFunc(agreements, func(x OpenedAgreement) bool { return s.Bound && x.ID.String() == s.Agreement }); i >= 0 {
		a = &agreements[i].Value
		r.Stage, r.Ends = a.At(now, time.Time{}), a.Expiry
	}
	answered := slices.ContainsFunc(asked, func(q OpenedQuestionnaire) bool {
		_, ok := q.Value.Score()
		return ok && q.Value.Vendor == o.ID.String()
	})
	r.Gaps = gaps(o, a, answered, now)
	return r
}

// Gaps lists what is not as it should be, worked out from the records now: the law's gaps
// first, of each the vendors watched most closely first. Closed vendors have none.
func (vs *Vendors) Gaps(ctx context.Context, who actor.Actor) ([]Gap, error) {
	rows, err := vs.Register(ctx, who)
	return InOrder(rows), err
}

// InOrder are the gaps of all rows, the law's first.
func InOrder(rows []Row) (out []Gap) {
	for _, r := range rows {
		out = append(out, r.Gaps...)
	}
	first := []string{GapAgreement, GapBreach, GapCure, GapLeft, GapFlowDown, GapReview, GapAsked, GapEvidence, GapExit, GapAudit}
	order.By(out, func(a, b Gap) int { return slices.Index(first, a.Code) - slices.Index(first, b.Code) })
	return out
}

// gaps are those of one vendor; a is the agreement in effect, nil for none.
func gaps(o Opened, a *Agreement, answered bool, now time.Time) (out []Gap) {
	v := o.Value
	add := func(code, text, cite string, since time.Time) { out = append(out, Gap{o, code, text, cite, since}) }
	works := v.Status == Active || v.Status == Cure
	if v.Status == Closed {
		return nil
	}
	if works && v.Outcome == Associate && a == nil {
		add(GapAgreement, "It is a business associate and no agreement is in effect.", "45 CFR 164.502(e)(1)", v.Since)
	}
	for _, b := range v.Breaches {
		switch {
		case b.Decision == "":
			add(GapBreach, "A breach of its agreement is known, and neither cure nor end was decided.", "45 CFR 164.504(e)(1)(ii)", b.KnownAt)
		case b.Open() && v.Status != Terminated && !now.Before(b.Due):
			add(GapCure, "The day by which it was to cure a breach is past.", "45 CFR 164.504(e)(1)(ii)", b.Due)
		}
	}
	if by := v.Since.Add(leftFor); v.Status == Terminated && v.PHI() && !now.Before(by) {
		add(GapLeft, "Its work has ended, and nothing shows what became of the information.", "45 CFR 164.504(e)(2)(ii)(J)", by)
	}
	if works && v.Outcome == Associate && slices.ContainsFunc(v.Subcontractors, func(s Subcontractor) bool { return s.Attested.IsZero() }) {
		add(GapFlowDown, "It has not attested that the same binds a subcontractor.", "45 CFR 164.504(e)(2)(ii)(D)", v.Since)
	}
	if due := v.ReviewDue(); !due.IsZero() && !now.Before(due) {
		add(GapReview, "Its review is due.", law.Practice, due)
	}
	if works && v.Outcome == Associate && !answered {
		add(GapAsked, "It has not answered the questionnaire.", law.Practice, v.Since)
	}
	for _, e := range v.Evidence {
		switch {
		case !works:
		case e.ReceivedAt.IsZero() && !now.Before(e.Due):
			add(GapEvidence, "It has not shown what it was asked to.", law.Practice, e.Due)
		case !e.Expires.IsZero() && !now.Before(e.Expires):
			add(GapEvidence, "What it showed has expired.", law.Practice, e.Expires)
		}
	}
	if works && v.Tier() == 1 {
		if v.ExitPlan == "" {
			add(GapExit, "Nobody has written how we would go on without it.", law.Practice, v.Since)
		}
		if a != nil && !slices.Contains(a.Terms(), Audit) {
			add(GapAudit, "The agreement gives us no right to look how it is kept.", law.Practice, a.From)
		}
	}
	return out
}
