package note

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"caseward/internal/casefile"
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

// The states of a note, as the label says them.
const (
	Draft    = policy.Draft
	Signed   = policy.Signed
	Imported = "imported"
)

// SignWithin is how long after the contact a draft is to be signed.
const SignWithin = 3 * 24 * time.Hour

// Note is what happened in one contact, or an addendum to that.
type Note struct {
	Status     string          `class:"case" doc:"Where the note stands: draft, signed or imported."`
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

	Title    phi.Text      `class:"note" doc:"The title of the note."`
	Goal     phi.Text      `class:"note" doc:"The goal of the care plan that the contact served, in words."`
	Sections []Section     `class:"note" doc:"What happened, in one section or in several with headings."`
	Hash     []byte        `class:"note" doc:"SHA-256 of the content at signing."`
	Source   person.Source `class:"note" doc:"The system the note was imported from, if any."`
}

// Section is a part of a note's text. A plain note has one, without a heading.
type Section struct {
	Heading string   `cbor:"heading,omitzero"` // "subjective", "plan"; empty in a plain note
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
	if n.Status != Draft || n.At.IsZero() {
		return time.Time{}
	}
	return n.At.Add(SignWithin)
}

// Whole reports whether the content of a signed note is what was signed. It is
// false if any of it was withheld.
func (n Note) Whole() bool {
	h := n.hash()
	return n.Status == Signed && string(n.Hash) == string(h)
}

// hash is SHA-256 over every part that is signed, each with its length before
// it, so that no text can be moved from one part to the next.
func (n Note) hash() []byte {
	h := sha256.New()
	put := func(parts ...string) {
		for _, s := range parts {
			var size [8]byte
			binary.BigEndian.PutUint64(size[:], uint64(len(s)))
			h.Write(size[:])
			h.Write([]byte(s))
		}
	}
	put("caseward-note/1", string(n.Type), n.At.UTC().Format(time.RFC3339Nano), string(binary.AppendVarint(nil, int64(n.Minutes))),
		string(n.Protection), n.Author, n.Parent.String(), n.SignedAt.UTC().Format(time.RFC3339Nano), n.SignedBy, n.Title.Disclose(), n.Goal.Disclose())
	for _, s := range n.Sections {
		put(s.Heading, s.Text.Disclose())
	}
	return h.Sum(nil)
}

// Kind keeps notes.
var Kind = record.Define(record.Kind[Note]{
	Name:      "note",
	Doc:       "What happened in one contact with a client.",
	Retention: "designated record set",
	Labels: func(n Note) record.Labels {
		return record.Labels{State: n.Status, Owner: n.Author, Ref: n.Parent.String(), Tag: string(n.Type), At: n.At, Due: n.SignBy(), Ext: n.Source.Ext()}
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
	May: policy.Set(policy.Psychotherapy, policy.SUD, policy.SUDCounselling),
})

// Notes are the use-cases on notes.
type Notes struct {
	door    *record.Door
	records record.Records[Note]
	cases   *casefile.Cases
}

// New returns the use-cases behind door.
func New(door *record.Door, cases *casefile.Cases) *Notes {
	return &Notes{door: door, records: record.Use(door, Kind), cases: cases}
}
