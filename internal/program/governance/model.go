package governance

import (
	"time"

	"caseward/internal/phi"
	"caseward/internal/record"
)

// Function is what somebody is designated for.
type Function string

// The functions. Law asks for the first two; that somebody stands in for them while they
// are away is agency practice, and closes no gap.
const (
	Privacy        Function = "privacy_officer"  // 45 CFR 164.530(a)(1)(i)
	Security       Function = "security_officer" // 45 CFR 164.308(a)(2)
	PrivacyDeputy  Function = "privacy_deputy"
	SecurityDeputy Function = "security_deputy"
)

// Functions lists the functions in the order pages show them.
func Functions() []Function { return []Function{Privacy, Security, PrivacyDeputy, SecurityDeputy} }

// Required reports whether somebody must hold the function at every time.
func (f Function) Required() bool { return f == Privacy || f == Security }

// English is the function in words.
func (f Function) English() string {
	switch f {
	case Privacy:
		return "Privacy Officer"
	case Security:
		return "Security Officer"
	case PrivacyDeputy:
		return "Deputy Privacy Officer"
	case SecurityDeputy:
		return "Deputy Security Officer"
	}
	return ""
}

// Cite is the paragraph that asks for the function; empty where none does.
func (f Function) Cite() string {
	switch f {
	case Privacy:
		return "45 CFR 164.530(a)(1)(i)"
	case Security:
		return "45 CFR 164.308(a)(2)"
	}
	return ""
}

// other is the other officer, whose function needs a word about conflicts where one
// person holds both; empty for deputies.
func (f Function) other() Function {
	switch f {
	case Privacy:
		return Security
	case Security:
		return Privacy
	}
	return ""
}

// Designation is one person designated for one function for a time.
type Designation struct {
	Person    string    `class:"workforce" doc:"Worker id of who is designated."`
	Function  Function  `class:"program" doc:"What for: privacy or security officer, or deputy of one."`
	From      time.Time `class:"program" doc:"Since when."`
	Until     time.Time `class:"program" doc:"Until when, not included; empty for no end."`
	Document  string    `class:"program" doc:"The document that designates them, as it is filed."`
	Contact   phi.Text  `class:"program" doc:"How people reach them with complaints and questions: office, phone, mail."`
	By        string    `class:"program" doc:"Worker id of who designated them."`
	Alone     bool      `class:"program" doc:"They designated themselves, for there was nobody else who could."`
	Conflicts string    `class:"program" doc:"How conflicts are handled where one person is both officers."`
	EndedBy   string    `class:"program" doc:"Worker id of who set the end; empty if it was set with the designation."`
	EndWhy    string    `class:"workforce" doc:"Why it ends, in a few words."`
}

// Span is when the designation holds, as far as it says itself.
func (d Designation) Span() Span { return Span{d.From, d.Until} }

// ID is the id of a designation.
type ID = record.ID[Designation]

// Opened is a designation as the asker may see it.
type Opened = record.Opened[Designation]

// Kind declares designations. Each owner is the person, so that the policies know whose it
// is.
var Kind = record.Define(record.Kind[Designation]{
	Name:      "designation",
	Doc:       "Who is designated as privacy or security officer, or as deputy of one.",
	Retention: "program",
	Labels: func(d Designation) record.Labels {
		return record.Labels{Owner: d.Person, Tag: string(d.Function), Ref: string(d.Function), At: d.From, Due: d.Until}
	},
})
