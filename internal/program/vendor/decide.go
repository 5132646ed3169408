package vendor

import "caseward/law"

// Answers is what intake asks about an organization.
type Answers struct {
	// The four verbs of 45 CFR 160.103: what it does with protected health information.
	Creates, Receives, Maintains, Transmits bool

	ForUs     bool // in doing something for the agency, and not for purposes of its own
	Workforce bool // its people work under the agency's direct control
	Treats    bool // a provider, and the information is about treating the person
	Benefits  bool // a public body that decides who is eligible for a public health plan, or enrols them
	Passing   bool // it only carries: keeps nothing beyond carrying, looks at random or seldom
}

// Verbs reports whether any of the four verbs holds.
func (a Answers) Verbs() bool { return a.Creates || a.Receives || a.Maintains || a.Transmits }

// Outcome is what an organization is to the agency.
type Outcome string

// The outcomes.
const (
	Associate  Outcome = "associate"   // a business associate: an agreement first
	NoPHI      Outcome = "no_phi"      // has nothing to do with protected health information
	Workforce  Outcome = "workforce"   // its people are the agency's workforce
	Treatment  Outcome = "treatment"   // a provider, for treating the person
	PublicBody Outcome = "public_body" // a public body, for eligibility or enrolment
	Own        Outcome = "own"         // for purposes of its own: a recipient, not an associate
	Conduit    Outcome = "conduit"     // carries only, as the post does
)

// Outcomes lists the outcomes in the order pages show them.
func Outcomes() []Outcome {
	return []Outcome{Associate, Conduit, Treatment, NoPHI, Workforce, PublicBody, Own}
}

// English is the outcome in words.
func (o Outcome) English() string {
	switch o {
	case Associate:
		return "Business associate"
	case NoPHI:
		return "No health information"
	case Workforce:
		return "Part of the workforce"
	case Treatment:
		return "Treatment provider"
	case PublicBody:
		return "Public body that decides eligibility"
	case Own:
		return "Recipient for its own purposes"
	case Conduit:
		return "Conduit"
	}
	return ""
}

// Reason is why an outcome is what it is, and where that is written.
type Reason struct{ Text, Cite string }

const definition = "45 CFR 160.103"

// row is one row of the decision table: the first that holds decides.
type row struct {
	holds   func(Answers) bool
	outcome Outcome
	reason  Reason
}

// table is the decision table, in order. What excludes somebody from being a business
// associate stands before what makes one, except that a conduit is asked last: whoever
// keeps information is none, however it is locked.
var table = []row{
	{func(a Answers) bool { return !a.Verbs() }, NoPHI,
		Reason{"It creates, receives, maintains and transmits no health information of ours.", definition}},
	{func(a Answers) bool { return a.Workforce }, Workforce,
		Reason{"Its people work under our direct control: they are our workforce, trained and cleared like everybody here.", definition}},
	{func(a Answers) bool { return a.Treats }, Treatment,
		Reason{"It is a provider, and what it gets from us is for treating the person.", definition}},
	{func(a Answers) bool { return a.Benefits }, PublicBody,
		Reason{"It is a public body that decides who is eligible for a public health plan, or enrols them.", definition}},
	{func(a Answers) bool { return !a.ForUs }, Own,
		Reason{"It does nothing for us with it. Each disclosure to it needs a permission of its own.", "45 CFR 164.502(a)"}},
	{func(a Answers) bool { return a.Transmits && a.Passing && !a.Creates && !a.Receives && !a.Maintains }, Conduit,
		Reason{"It only carries, keeps nothing beyond carrying, and looks at it at random or seldom.", definition}},
	{func(Answers) bool { return true }, Associate, Reason{}},
}

// Decide says what an organization is to the agency, and why. It is a table over the
// answers and looks at nothing else.
func Decide(a Answers) (Outcome, []Reason) {
	for _, r := range table {
		if !r.holds(a) {
			continue
		}
		if r.outcome != Associate {
			return r.outcome, []Reason{r.reason}
		}
		var why []Reason
		for _, v := range []struct {
			is   bool
			text string
		}{
			{a.Creates, "It creates health information for us."},
			{a.Receives, "It receives health information for us."},
			{a.Maintains, "It maintains health information for us; that it is encrypted and the key is elsewhere changes nothing."},
			{a.Transmits, "It transmits health information for us, and does more than carry it."},
		} {
			if v.is {
				why = append(why, Reason{v.text, definition})
			}
		}
		return Associate, append(why, Reason{"An agreement in writing is signed before it gets any.", "45 CFR 164.502(e)(2)"})
	}
	return "", nil
}

// Basis says whether a citation is law or the agency's own practice.
func Basis(cite string) string {
	if cite == law.Practice {
		return "practice"
	}
	return "law"
}
