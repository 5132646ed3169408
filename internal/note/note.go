package note

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"

	"caseward/internal/casefile"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a note.
type ID = record.ID[Note]

// Opened is a note as the asker may see it. If Withheld is not empty, content
// is there and was not opened: a page shows "restricted note".
type Opened = record.Opened[Note]

// Page is a page of notes, filled when its view is opened.
type Page = record.List[Note]

// Type is how worker and client were in contact.
type Type string

// The types of contact.
const (
	PhoneCall        Type = "phone_call"
	HomeVisit        Type = "home_visit"
	OfficeVisit      Type = "office_visit"
	Message          Type = "message"
	VideoCall        Type = "video_call"
	CareCoordination Type = "care_coordination"
	Group            Type = "group"
	Other            Type = "other"
)

// Types lists the types in the order screens show them.
func Types() []Type {
	return []Type{PhoneCall, HomeVisit, OfficeVisit, Message, VideoCall, CareCoordination, Group, Other}
}

// Protection is how a note is protected.
type Protection string

// The protections.
const (
	Ordinary       Protection = ""
	Psychotherapy  Protection = "psychotherapy"
	SUD            Protection = "sud"
	SUDCounselling Protection = "sud_counselling"
)

// Protections lists the protections in the order screens show them.
func Protections() []Protection { return []Protection{Ordinary, Psychotherapy, SUD, SUDCounselling} }

// Part2 reports whether what is so protected is a record of a program under 42
// CFR Part 2.
func (p Protection) Part2() bool { return p == SUD || p == SUDCounselling }

// Apart reports whether what is so protected is its author's alone.
func (p Protection) Apart() bool { return p == Psychotherapy || p == SUDCounselling }

// The states of a note, as the label says them.
const (
	Draft    = policy.Draft
	Awaiting = policy.Awaiting // signed by its author, and not co-signed yet
	Signed   = policy.Signed
	Imported = policy.Imported
	// Wrong is a note that was signed and returned, and that its author then
	// marked as entered in error: it stays where it was, and says so.
	Wrong = "entered_in_error"
)

// Note is what happened in one contact, or an addendum to that.
type Note struct {
	Status     string          `class:"case" doc:"Where the note stands: draft, awaiting (signed, not co-signed yet), signed, imported, discarded or entered_in_error."`
	Type       Type            `class:"case" doc:"How worker and client were in contact."`
	At         time.Time       `class:"case" doc:"When the contact was; of an addendum, when the contact it adds to was."`
	Minutes    int             `class:"case" doc:"How many minutes the contact took."`
	Protection Protection      `class:"case" doc:"How the note is protected: ordinary, psychotherapy, sud or sud_counselling."`
	Author     string          `class:"case" doc:"Id of the worker who wrote the note; empty for an imported one."`
	AuthorName phi.Text        `class:"case" doc:"Who wrote an imported note, as its source names them."`
	Parent     record.ID[Note] `class:"case" doc:"The note that this one adds to, if it is an addendum."`
	Case       casefile.ID     `class:"case" doc:"The case the contact counts for, if one was chosen."`
	SignedAt   time.Time       `class:"case" doc:"When the note was signed."`
	SignedBy   string          `class:"case" doc:"Id of the worker who signed the note."`

	Timed       bool      `class:"case" doc:"Whether the time of day of the contact was given, not its day alone."`
	Format      Format    `class:"case" doc:"Which sections the note was written in: empty for plain, soap or dap."`
	Program     string    `class:"case" doc:"Code of the program whose rules of notes hold, from the case."`
	Units       int       `class:"case" doc:"How many units of time the minutes are, by the program's rule."`
	UnitMinutes int       `class:"case" doc:"How many minutes a unit was when the note was written."`
	WrittenAt   time.Time `class:"case" doc:"When the note was first kept; editing does not change it."`
	Late        bool      `class:"case" doc:"The note was written or signed later than the program's limit."`
	Due         time.Time `class:"case" doc:"When a draft is to be signed, or a signed note to be co-signed."`
	CoSignedAt  time.Time `class:"case" doc:"When the note was co-signed."`
	CoSignedBy  string    `class:"case" doc:"Id of the worker who co-signed the note."`
	CoHash      []byte    `class:"case" doc:"SHA-256 of the first signature's sum with who co-signed and when."`
	ReturnedAt  time.Time `class:"case" doc:"When the note was last returned instead of being co-signed."`
	ReturnedBy  string    `class:"case" doc:"Id of the worker who returned the note."`

	Title    phi.Text      `class:"note" doc:"The title of the note."`
	Goal     phi.Text      `class:"note" doc:"The goal of the care plan that the contact served, in words."`
	Sections []Section     `class:"note" doc:"What happened, in one section or in several with headings."`
	Hash     []byte        `class:"note" doc:"SHA-256 of the content at signing."`
	Source   person.Source `class:"note" doc:"The system the note was imported from, if any."`

	LateReason  phi.Text `class:"note" doc:"Why the note was written late, as its author says."`
	WrongReason phi.Text `class:"note" doc:"Why a note that was returned is an error as a whole, as its author says."`
	Remarks     phi.Text `class:"note" doc:"What whoever returned the note asks for."`
}

// Section is a part of a note's text. A plain note has one, without a heading.
type Section struct {
	Heading string   `cbor:"heading,omitzero"` // a code of [Headings]; empty in a plain note
	Text    phi.Text `cbor:"text"`
}

// Plain is the sections of a plain note.
func Plain(text phi.Text) []Section {
	if text.Empty() {
		return nil
	}
	return []Section{{Text: text}}
}

// Text is all sections as one text.
func (n Note) Text() phi.Text {
	var s string
	for i, sec := range n.Sections {
		if i > 0 {
			s += "\n\n"
		}
		if sec.Heading != "" {
			s += sec.Heading + "\n"
		}
		s += sec.Text.Disclose()
	}
	return phi.NewText(s)
}

// IsAddendum reports whether the note adds to another.
func (n Note) IsAddendum() bool { return !n.Parent.IsZero() }

// SignBy is when a draft is to be signed; zero for any other note.
func (n Note) SignBy() time.Time {
	switch {
	case n.Status != Draft || n.At.IsZero():
		return time.Time{}
	case n.Due.IsZero(): // kept before programs had rules
		return n.At.AddDate(0, 0, 3)
	}
	return n.Due
}

// CoSignBy is when a note is to be co-signed; zero for any that waits for none.
func (n Note) CoSignBy() time.Time {
	if n.Status != Awaiting {
		return time.Time{}
	}
	return n.Due
}

func (n Note) due() time.Time {
	if n.Status == Awaiting {
		return n.Due
	}
	return n.SignBy()
}

// IsSigned reports whether the author signed the note, co-signed or not: it is
// part of the record and is not changed.
func (n Note) IsSigned() bool {
	return n.Status == Signed || n.Status == Awaiting || n.Status == Wrong
}

// Whole reports whether the content of a signed note is what was signed, and
// co-signed where it was. It is false if any of it was withheld.
func (n Note) Whole() bool {
	if !n.IsSigned() || string(n.Hash) != string(n.hash()) {
		return false
	}
	return n.CoSignedBy == "" || string(n.CoHash) == string(n.coHash())
}

// hash is SHA-256 over every part that is signed, each with its length before
// it, so that no text can be moved from one part to the next. What a note of the
// first form did not have is left out of its sum, so that it keeps the one it was
// signed with.
func (n Note) hash() []byte {
	parts := []string{string(n.Type), n.At.UTC().Format(time.RFC3339Nano), count(n.Minutes), string(n.Protection), n.Author, n.Parent.String(),
		n.SignedAt.UTC().Format(time.RFC3339Nano), n.SignedBy, n.Title.Disclose(), n.Goal.Disclose()}
	form := "caseward-note/1"
	if !n.WrittenAt.IsZero() {
		form = "caseward-note/2"
		parts = append(parts, string(n.Format), n.Program, count(n.Units), count(n.UnitMinutes), n.WrittenAt.UTC().Format(time.RFC3339Nano),
			strconv.FormatBool(n.Timed), strconv.FormatBool(n.Late), n.LateReason.Disclose())
	}
	if !n.WrongReason.Empty() {
		form = "caseward-note/3"
		parts = append(parts, n.WrongReason.Disclose())
	}
	for _, s := range n.Sections {
		parts = append(parts, s.Heading, s.Text.Disclose())
	}
	return sum(form, parts...)
}

// coHash is SHA-256 over what the author signed and the co-signature.
func (n Note) coHash() []byte {
	return sum("caseward-cosign/1", string(n.Hash), n.CoSignedBy, n.CoSignedAt.UTC().Format(time.RFC3339Nano))
}

func count(n int) string { return string(binary.AppendVarint(nil, int64(n))) }

func sum(form string, parts ...string) []byte {
	h := sha256.New()
	for _, s := range append([]string{form}, parts...) {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(s)))
		h.Write(size[:])
		h.Write([]byte(s))
	}
	return h.Sum(nil)
}

// Kind keeps notes.
var Kind = record.Define(record.Kind[Note]{
	Name:      "note",
	Doc:       "What happened in one contact with a client.",
	Retention: "designated record set",
	Labels: func(n Note) record.Labels {
		return record.Labels{State: n.Status, Owner: n.Author, Ref: n.Parent.String(), Tag: string(n.Type), At: n.At, Due: n.due(), Ext: n.Source.Ext()}
	},
	Reclass: func(n Note, c policy.Class) policy.Class {
		switch n.Protection {
		case Psychotherapy:
			if c == policy.Note {
				return policy.Psychotherapy
			}
		case SUD:
			return policy.SUD
		case SUDCounselling:
			if c == policy.Note {
				return policy.SUDCounselling
			}
			return policy.SUD
		}
		return c
	},
	May:  policy.Set(policy.Psychotherapy, policy.SUD, policy.SUDCounselling),
	Late: []string{"note.addend"},
})

// Notes are the use-cases on notes.
type Notes struct {
	door    *record.Door
	records record.Records[Note]
	cases   *casefile.Cases
	dir     *org.Directory
	notices *notice.Notices
}

// New returns the use-cases behind door. dir knows the rules of the programs and
// who supervises whom.
func New(door *record.Door, cases *casefile.Cases, dir *org.Directory, notices *notice.Notices) *Notes {
	return &Notes{door: door, records: record.Use(door, Kind), cases: cases, dir: dir, notices: notices}
}
