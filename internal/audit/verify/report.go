package verify

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind says what is wrong.
type Kind string

// The kinds of fault.
const (
	Changed    Kind = "changed"    // an entry is not the one that was promised
	Removed    Kind = "removed"    // a promised entry is missing
	Inserted   Kind = "inserted"   // an entry stands between promised ones and was never promised
	Reordered  Kind = "reordered"  // a promised entry stands at another place
	Detail     Kind = "detail"     // the sealed detail is not the one the entry commits to
	Subjects   Kind = "subjects"   // the index by client does not name the clients the entry commits to
	Columns    Kind = "columns"    // a column beside the entry says something else than it
	Tile       Kind = "tile"       // a stored hash of the tree is wrong
	Checkpoint Kind = "checkpoint" // a checkpoint cannot be trusted
	Truncated  Kind = "truncated"  // a kept checkpoint has more entries than the log
	Forked     Kind = "forked"     // a kept checkpoint promises other entries
	Segment    Kind = "segment"    // a closed segment is missing, or is not the one that was closed
	Head       Kind = "head"       // what the log says of its own length or key is wrong
)

// Fault is one thing that is wrong.
type Fault struct {
	Kind     Kind      `json:"kind"`
	Position int64     `json:"position"`         // place in the tree, counted from 0; -1 where it is not about one entry
	Count    int64     `json:"count,omitempty"`  // how many entries from there on; 0 means one
	ID       int64     `json:"id,omitempty"`     // row number in the database; 0 in an export
	At       time.Time `json:"at,omitzero"`      // time the entry says
	Action   string    `json:"action,omitempty"` // action the entry says
	Text     string    `json:"text"`             // the fault in a sentence
}

// Report is what a check found.
type Report struct {
	OK        bool      `json:"ok"`
	Origin    string    `json:"origin"`
	PublicKey string    `json:"public_key"`
	Entries   int64     `json:"entries"`            // entries of the newest signed checkpoint
	Waiting   int64     `json:"waiting"`            // entries that are not signed for yet
	SignedAt  time.Time `json:"signed_at,omitzero"` // when the newest checkpoint says it was signed, if known
	History   int       `json:"history"`            // older checkpoints in the database that were checked
	Kept      int       `json:"kept"`               // checkpoints kept elsewhere that were checked
	Segments  int       `json:"segments"`           // closed segments that there should be
	Faults    []Fault   `json:"faults"`
	Omitted   int       `json:"omitted,omitempty"` // faults beyond the first thousand
	Notes     []string  `json:"notes,omitempty"`   // what limits the check
}

const maxFaults = 1000

func (r *Report) add(f Fault) {
	if len(r.Faults) == maxFaults {
		r.Omitted++
		return
	}
	r.Faults = append(r.Faults, f)
}

// String is the report for a person.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Log %s\n", r.Origin)
	fmt.Fprintf(&b, "  entries signed for    %s\n", count(r.Entries))
	if !r.SignedAt.IsZero() {
		fmt.Fprintf(&b, "  newest checkpoint     %s\n", stamp(r.SignedAt))
	}
	if r.Waiting > 0 {
		fmt.Fprintf(&b, "  entries waiting       %s (checked against themselves only)\n", count(r.Waiting))
	}
	fmt.Fprintf(&b, "  checkpoints checked   %d in the log, %d kept elsewhere\n", r.History, r.Kept)
	if r.Segments > 0 {
		fmt.Fprintf(&b, "  closed segments       %s\n", count(int64(r.Segments)))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	if r.OK {
		b.WriteString("The log is whole: every entry is the one that was signed for.\n")
		return b.String()
	}
	n := len(r.Faults) + r.Omitted
	fmt.Fprintf(&b, "THE LOG WAS CHANGED: %s\n", plural(int64(n), "fault", "faults"))
	for i, f := range r.Faults {
		fmt.Fprintf(&b, "%4d. [%s] %s\n", i+1, f.Kind, f.Text)
	}
	if r.Omitted > 0 {
		fmt.Fprintf(&b, "      and %s more\n", count(int64(r.Omitted)))
	}
	return b.String()
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// count writes 1234567 as 1,234,567.
func count(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}
