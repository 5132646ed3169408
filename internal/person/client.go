package person

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a client; it is also the subject of everything about
// them.
type ID = record.ID[Client]

// Client is one person the agency serves.
type Client struct {
	Number      phi.Text     `class:"identity" doc:"The client number the agency gave, as C-20417."`
	Name        Name         `class:"identity" doc:"The name used on documents."`
	Preferred   phi.Text     `class:"identity" doc:"The name the client wants to be called by."`
	OtherNames  []Name       `class:"identity" doc:"Former names, maiden names and aliases, each with its use."`
	Pronouns    phi.Text     `class:"identity" doc:"The pronouns the client uses."`
	BirthDate   phi.Date     `class:"identity" doc:"The date of birth, or as much of it as is known."`
	Deceased    bool         `class:"identity" doc:"Whether the client has died."`
	DeceasedOn  phi.Date     `class:"identity" doc:"The date of death, or as much of it as is known."`
	Inactive    bool         `class:"identity" doc:"Whether the agency no longer works with the client."`
	Identifiers []Identifier `class:"identity" doc:"Numbers other systems know the client by, as a medical record number."`
	Source      Source       `class:"identity" doc:"The system the client was imported from, if any."`

	MergedInto record.Subject `class:"identity" doc:"The client whose record this one was joined to, since both are of one person."`

	SSN           phi.Text     `class:"ssn" doc:"The social security number."`
	GovernmentIDs []Identifier `class:"ssn" doc:"Driver's licence, passport and other government numbers."`

	Phones    []Phone     `class:"contact" doc:"Telephone numbers, and what may be done with each."`
	Emails    []Email     `class:"contact" doc:"Mail addresses, and what may be done with each."`
	Addresses []Address   `class:"contact" doc:"Postal addresses, and whether mail there is safe."`
	Emergency []Emergency `class:"contact" doc:"Whom to reach in an emergency."`

	BirthSex       phi.Text `class:"demographics" doc:"The sex recorded at birth, as F, M or UNK."`
	Gender         phi.Text `class:"demographics" doc:"The gender, in the client's words or the administrative code."`
	Races          []Coded  `class:"demographics" doc:"Race, in the categories of the Office of Management and Budget and finer ones."`
	Ethnicities    []Coded  `class:"demographics" doc:"Ethnicity, in the same categories."`
	Language       Coded    `class:"demographics" doc:"The language the client prefers to speak."`
	OtherLanguages []Coded  `class:"demographics" doc:"Other languages the client speaks."`
	Interpreter    bool     `class:"demographics" doc:"Whether an interpreter is needed."`
	MaritalStatus  Coded    `class:"demographics" doc:"The marital status."`
	BirthPlace     phi.Text `class:"demographics" doc:"The place of birth."`

	Household []Related `class:"household" doc:"Household members and related persons."`

	Flags []Flag `class:"flags" doc:"What everybody who opens the chart must know first."`
}

// Name is a name and what it is used for.
type Name struct {
	Use    NameUse  `cbor:"use,omitzero"`
	Prefix phi.Text `cbor:"prefix,omitzero"`
	Given  phi.Text `cbor:"given,omitzero"`
	Middle phi.Text `cbor:"middle,omitzero"`
	Family phi.Text `cbor:"family,omitzero"`
	Suffix phi.Text `cbor:"suffix,omitzero"`
	// Text is the whole name where the source gives no parts.
	Text phi.Text `cbor:"text,omitzero"`
}

// NameUse says what a name is used for.
type NameUse string

// The uses of a name.
const (
	Official NameUse = "official"
	Nickname NameUse = "nickname"
	Maiden   NameUse = "maiden"
	Former   NameUse = "former"
	Alias    NameUse = "alias"
)

// Empty reports whether the name has no part.
func (n Name) Empty() bool {
	return n.Given.Empty() && n.Middle.Empty() && n.Family.Empty() && n.Text.Empty()
}

// Full is the name as it is spoken: prefix left out, suffix kept.
func (n Name) Full() phi.Text {
	if s := joined(" ", n.Given, n.Middle, n.Family, n.Suffix); s != "" {
		return phi.NewText(s)
	}
	return n.Text
}

// Identifier is a number another system knows the client by.
type Identifier struct {
	Kind   string   `cbor:"kind,omitzero"`  // as "mrn" or "medicaid"; see IdentifierKinds
	Label  phi.Text `cbor:"label,omitzero"` // "Medical record number"
	System phi.Text `cbor:"system,omitzero"`
	Value  phi.Text `cbor:"value,omitzero"`
}

// Phone is a telephone number and what may be done with it.
type Phone struct {
	Number      phi.Text `cbor:"number,omitzero"`
	Use         string   `cbor:"use,omitzero"` // home, mobile, work, other
	TextOnly    bool     `cbor:"text_only,omitzero"`
	NoVoicemail bool     `cbor:"no_voicemail,omitzero"`
	MayLeave    bool     `cbor:"may_leave,omitzero"` // a message may be left
	Preferred   bool     `cbor:"preferred,omitzero"`
	DoNotUse    bool     `cbor:"do_not_use,omitzero"` // it is known, and must not be used
	Note        phi.Text `cbor:"note,omitzero"`
}

// Email is a mail address and what may be done with it.
type Email struct {
	Address   phi.Text `cbor:"address,omitzero"`
	Use       string   `cbor:"use,omitzero"`
	Safe      bool     `cbor:"safe,omitzero"` // it is safe to write there
	Preferred bool     `cbor:"preferred,omitzero"`
}

// Address is a postal address.
type Address struct {
	Use        string     `cbor:"use,omitzero"` // home, mailing, shelter, temporary, old, other
	Lines      []phi.Text `cbor:"lines,omitempty"`
	City       phi.Text   `cbor:"city,omitzero"`
	State      phi.Text   `cbor:"state,omitzero"`
	PostalCode phi.Text   `cbor:"postal_code,omitzero"`
	Country    phi.Text   `cbor:"country,omitzero"`
	SafeToMail bool       `cbor:"safe_to_mail,omitzero"`
	From       phi.Date   `cbor:"from,omitzero"`
	Until      phi.Date   `cbor:"until,omitzero"`
}

// Emergency is somebody to reach in an emergency.
type Emergency struct {
	Name     phi.Text `cbor:"name,omitzero"`
	Relation phi.Text `cbor:"relation,omitzero"`
	Phone    phi.Text `cbor:"phone,omitzero"`
	Note     phi.Text `cbor:"note,omitzero"`
}

// Coded is a term of a code system, and the words for it.
type Coded struct {
	System  string   `cbor:"system,omitzero"`
	Code    phi.Text `cbor:"code,omitzero"`
	Display phi.Text `cbor:"display,omitzero"`
}

// Empty reports whether there is neither code nor words.
func (c Coded) Empty() bool { return c.Code.Empty() && c.Display.Empty() }

// FlagKind says what a flag warns of.
type FlagKind string

// The kinds of flag.
const (
	SafetyPlan  FlagKind = "safety_plan"
	Part2       FlagKind = "part2" // records of a Part 2 program: 42 CFR 2.11
	Interpreter FlagKind = "interpreter"
	NoVoicemail FlagKind = "no_voicemail"
	CustomFlag  FlagKind = "custom"
)

// FlagKinds lists the kinds in the order screens show them.
func FlagKinds() []FlagKind {
	return []FlagKind{SafetyPlan, Part2, Interpreter, NoVoicemail, CustomFlag}
}

// Flag is an alert that stands at the head of the chart.
type Flag struct {
	Kind   FlagKind `cbor:"kind,omitzero"`
	Text   phi.Text `cbor:"text,omitzero"`
	Since  phi.Date `cbor:"since,omitzero"`
	Until  phi.Date `cbor:"until,omitzero"`  // the last day on which it is shown; none: no end
	Review phi.Date `cbor:"review,omitzero"` // when somebody looks at it again
	By     string   `cbor:"by,omitzero"`     // id of the worker who set it
}

// Over reports whether the flag has ended by a day.
func (f Flag) Over(on phi.Date) bool { return before(f.Until, on) }

// Overdue reports whether the flag should have been looked at again by a day.
func (f Flag) Overdue(on phi.Date) bool {
	return !f.Review.Empty() && !before(on, f.Review) && !f.Over(on)
}

// Source is where an imported record came from. The zero Source: it was made
// here.
type Source struct {
	System      phi.Text `cbor:"system,omitzero"`       // the system, as a URI
	Type        string   `cbor:"type,omitzero"`         // kind of thing there, as a FHIR resource type
	Ref         phi.Text `cbor:"ref,omitzero"`          // its id there
	Fingerprint []byte   `cbor:"fingerprint,omitempty"` // keyed hash of what was imported
}

// Imported reports whether there is a source.
func (s Source) Imported() bool { return !s.Ref.Empty() }

// The states of a client, as the label says them.
const (
	Active   = "active"
	Inactive = "inactive"
	Deceased = "deceased"
	Merged   = "merged" // joined to another record of the same person
)

// State is where the client stands.
func (c Client) State() string {
	switch {
	case !c.MergedInto.IsZero():
		return Merged
	case c.Deceased || !c.DeceasedOn.Empty():
		return Deceased
	case c.Inactive:
		return Inactive
	}
	return Active
}

// Kind keeps clients.
var Kind = record.Define(record.Kind[Client]{
	Name:      "client",
	Doc:       "A person the agency serves.",
	Retention: "designated record set",
	Labels: func(c Client) record.Labels {
		l := record.Labels{State: c.State(), Ext: c.Source.ext()}
		if c.Source.Imported() {
			l.Tag = "imported"
		}
		return l
	},
	Terms: terms,
})

// ext is the identity of something imported: system, type and id there.
func (s Source) ext() string {
	if !s.Imported() {
		return ""
	}
	return s.System.Disclose() + "\x00" + s.Type + "\x00" + s.Ref.Disclose()
}

// Ext is the identity of something imported, for the label of that name.
func (s Source) Ext() string { return s.ext() }

// terms is what a client can be found by. Government numbers are left out: a
// search that finds somebody by one confirms it to whoever searched.
func terms(c Client) []record.Term {
	var out []record.Term
	name := func(t phi.Text) {
		if !t.Empty() {
			out = append(out, record.Term{Field: record.NameTerm, Text: t})
		}
	}
	for _, n := range append([]Name{c.Name}, c.OtherNames...) {
		name(n.Given)
		name(n.Middle)
		name(n.Family)
		name(n.Text)
	}
	name(c.Preferred)
	if iso := c.BirthDate.DiscloseISO(); len(iso) == len("2006-01-02") {
		out = append(out, record.Term{Field: record.DateTerm, Text: phi.NewText(iso)})
	}
	for _, p := range c.Phones {
		out = append(out, record.Term{Field: record.PhoneTerm, Text: p.Number})
	}
	number := func(t phi.Text) { out = append(out, record.Term{Field: record.NumberTerm, Text: t}) }
	if n := c.Number.Disclose(); n != "" {
		number(c.Number)
		number(phi.NewText(strings.TrimPrefix(n, numberPrefix)))
	}
	for _, id := range c.Identifiers {
		number(id.Value)
	}
	return out
}

const (
	numberPrefix = "C-"
	numberSeries = "client"
	firstNumber  = 20001
)

// FullName is the client's name as it is spoken.
func (c Client) FullName() phi.Text { return c.Name.Full() }

// ListName is the client's name as lists sort it: family name first.
func (c Client) ListName() phi.Text {
	family := joined(" ", c.Name.Family, c.Name.Suffix)
	given := joined(" ", c.Name.Given, c.Name.Middle)
	switch {
	case family != "" && given != "":
		return phi.NewText(family + ", " + given)
	case family != "" || given != "":
		return phi.NewText(family + given)
	}
	return c.Name.Text
}

// Initials are at most two letters for the client's mark.
func (c Client) Initials() phi.Text {
	var b strings.Builder
	words := []string{c.Name.Given.Disclose(), c.Name.Family.Disclose()}
	if c.Name.Given.Empty() && c.Name.Family.Empty() {
		words = strings.Fields(c.Name.Text.Disclose())
	}
	for _, w := range words[:min(len(words), 2)] {
		if r, n := utf8.DecodeRuneInString(w); n > 0 && r != utf8.RuneError {
			b.WriteRune(unicode.ToUpper(r))
		}
	}
	return phi.NewText(b.String())
}

// Age is the client's age in full years on a day, and at death for a client who
// has died; it is unknown without a birth year.
func (c Client) Age(on phi.Date) phi.Number {
	if !c.DeceasedOn.Empty() {
		on = c.DeceasedOn
	}
	by, bm, bd := c.BirthDate.Disclose()
	y, m, d := on.Disclose()
	if by == 0 || y == 0 || y < by {
		return phi.Number{}
	}
	age := y - by
	if m < bm || (m == bm && d < bd) {
		age--
	}
	return phi.NewNumber(int64(max(age, 0)))
}

// PreferredPhone is the phone to use first; ok is false if there is none.
func (c Client) PreferredPhone() (p Phone, ok bool) {
	for _, p := range c.Phones {
		if p.Preferred {
			return p, true
		}
	}
	if len(c.Phones) == 0 {
		return Phone{}, false
	}
	return c.Phones[0], true
}

// Flagged reports whether the client has a flag of kind k.
func (c Client) Flagged(k FlagKind) bool {
	for _, f := range c.Flags {
		if f.Kind == k {
			return true
		}
	}
	return false
}

func joined(sep string, parts ...phi.Text) string {
	var out []string
	for _, p := range parts {
		if !p.Empty() {
			out = append(out, p.Disclose())
		}
	}
	return strings.Join(out, sep)
}

// Clients are the use-cases on clients.
type Clients struct {
	door    *record.Door
	records record.Records[Client]
	private func(ctx context.Context, who actor.Actor, client record.Subject) (bool, error)
}

// New returns the use-cases behind door.
func New(door *record.Door) *Clients {
	return &Clients{door: door, records: record.Use(door, Kind)}
}

// Classes is the set of classes a client's own record has.
func Classes() policy.ClassSet { return Kind.Classes() }
