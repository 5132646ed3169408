package pages

import (
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// SearchFirstPage is GET /clients/new, and POST /clients/new/search with fields
// given, family, birth, phone: who may be here already. Draft is when an
// unfinished registration was kept.
type SearchFirstPage struct {
	Form   ui.Form
	Draft  time.Time
	Looked bool
	Rows   []FoundClient
}

// DuplicatesPage is GET /duplicates: pairs that may be one person, of those the
// reader may see.
type DuplicatesPage struct {
	Pairs  []DuplicatePair
	Looked int
	More   string
}

// DuplicatePair is two records with what they have in common.
type DuplicatePair struct {
	A, B  FoundClient
	Score int
	Like  []string // in words
}

func (p DuplicatePair) compare() string { return compareURL(p.A.Client.ID, p.B.Client.ID) }

// ComparePage is GET /duplicates/compare?a=&b= and POST with a, b, version_a,
// version_b, pick_{field} (keep, take, both) and do (preview, join). A is the
// record that stays.
type ComparePage struct {
	A, B               FoundClient
	VersionA, VersionB string
	Like               []string
	Score              int
	Rows               []CompareRow
	Form               ui.Form
	Preview            bool   // shows what would stand in the record that stays
	Says               string // English source: why it was not joined
}

// CompareRow is a field of both.
type CompareRow struct {
	Name   string
	Label  string
	List   bool
	A, B   phi.Text
	Same   bool
	Pick   string
	Hidden ui.Hidden
}

// result is what would stand in the record that stays.
func (x CompareRow) result() phi.Text {
	switch x.Pick {
	case "take":
		return x.B
	case "both":
		switch {
		case x.A.Empty():
			return x.B
		case x.B.Empty(), x.Same:
			return x.A
		}
		return phi.NewText(ui.Show(x.A) + "\n" + ui.Show(x.B))
	}
	return x.A
}

// MergesPage is GET /clients/{id}/merges; one is undone by POST
// /clients/{id}/merges/{merge}/undo.
type MergesPage struct {
	Chart
	Rows []MergeLine
}

// MergeLine is what was said of this record and another.
type MergeLine struct {
	ID       string
	Goes     string
	Number   phi.Text
	By       string
	At       time.Time
	State    string // joined, undone, distinct
	UndoneBy string
	UndoneAt time.Time
	Taken    []string // in words
	MayUndo  bool
}

// HouseholdPage is GET /clients/{id}/household: who lives with the client and who
// is close to them. POST …/household/find (who) looks for a client; begin (from,
// private), enter (member, relation, from, private), out (member, place, version,
// until), privacy (…, private=yes), head, split (places, on) change it; POST
// /clients/{id}/people adds or changes somebody (at, version, other, name, kind,
// relation, phone, note, birth, lives_with, emergency, role, document, role_from,
// role_until), …/people/{at}/remove takes them off.
type HouseholdPage struct {
	Chart
	Current   *HouseholdGroup
	Past      []HouseholdGroup
	People    []RelatedPerson
	Form      ui.Form
	Version   string
	At        string // which of the people is changed; -1: a new one
	Query     phi.Text
	Found     []ui.Option // clients found
	Relations []ui.Option
	Roles     []ui.Option
	Today     string
	MayChange bool
	MayRelate bool
}

// HouseholdGroup is a household as the reader may know it.
type HouseholdGroup struct {
	Current     bool
	From, Until phi.Date
	Members     []HouseholdPerson
}

// HouseholdPerson is somebody of it.
type HouseholdPerson struct {
	Client      string
	Name        phi.Text
	Relation    string
	Head        bool
	Private     bool
	Self        bool
	From, Until phi.Date
	Place       string // empty: told by another's place only
	Version     string
	MayChange   bool
}

// RelatedPerson is somebody close to the client.
type RelatedPerson struct {
	At        string
	Name      phi.Text
	Relation  phi.Text
	Phone     phi.Text
	Note      phi.Text
	Birth     phi.Date
	Client    string // their own chart, if they are a client
	LivesWith bool
	Emergency bool
	Roles     []LegalRole
}

// LegalRole is a right to act for the client.
type LegalRole struct {
	Role        string
	Document    phi.Text
	From, Until phi.Date
	Holds       bool
}

// AddressPage is GET and POST /clients/{id}/household/address: fields street,
// city, state, zip, rule, on, member (several), version (several, id:version), do
// (preview, move).
type AddressPage struct {
	Chart
	Form    ui.Form
	People  []AddressPerson
	Preview bool
}

func (p AddressPage) to() string {
	s := ui.Show(p.Form.Value("street"))
	for _, n := range []string{"city", "state", "zip"} {
		if t := ui.Show(p.Form.Value(n)); t != "" {
			if s != "" {
				s += ", "
			}
			s += t
		}
	}
	return s
}

// AddressPerson is somebody who may get the new address.
type AddressPerson struct {
	Client  string
	Name    phi.Text
	Now     phi.Text
	Version string
	Chosen  bool
}

// ImportPage is GET /import, and POST with the field file.
type ImportPage struct {
	Form ui.Form
	Rows []ImportLine
}

// ImportLine is a list that was brought.
type ImportLine struct {
	ID      string
	File    phi.Text
	At      time.Time
	State   string
	Rows    int
	Done    int
	Created int
}

// ImportListPage is GET /import/{list}: what the columns mean (POST
// /import/{list}/columns: column, several; version), and what came of it.
type ImportListPage struct {
	ID       string
	File     phi.Text
	State    string
	Rows     int
	Done     int
	Version  string
	Gone     bool // the file is no longer kept
	Columns  []ImportColumn
	Meanings []ui.Option
	Form     ui.Form
	Counts   ImportCounts
	Results  []ImportRow
}

// ImportColumn is a column of the file.
type ImportColumn struct {
	Header   phi.Text
	Examples []phi.Text
}

// ImportCounts counts rows by what came of them.
type ImportCounts struct{ Created, Duplicate, Already, Rejected int }

// ImportRow is what came of a row.
type ImportRow struct {
	Line     int
	Outcome  string
	External phi.Text
	Client   string
	Number   phi.Text
	Why      []string // in words
}

// ImportCheckPage is GET /import/{list}/check: what would come of every row. POST
// /import/{list}/run brings them in.
type ImportCheckPage struct {
	ID        string
	File      phi.Text
	Rows      int
	Version   string
	Counts    ImportCounts
	Results   []ImportRow
	SteppedUp bool
}
