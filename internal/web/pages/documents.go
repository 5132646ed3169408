package pages

import (
	"net/url"
	"strings"
	"time"

	"caseward/internal/document"
	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// DocumentsPage is GET /clients/{id}/documents.
type DocumentsPage struct {
	Chart
	Rows     []DocumentRow
	Total    int
	Older    string
	MayAdd   bool
	Taken    bool // files are taken here at all
	States   []ui.Tab
	Category string
	State    string
}

// DocumentRow is a document in the list.
type DocumentRow struct {
	Whose   string // whose document it is, where that is a record joined to this one; empty for the chart's
	ID      string // opened at /clients/{id}/documents/{doc}
	Title   phi.Text
	Kind    phi.Text // "Discharge summary"
	On      time.Time
	Author  string
	Size    string // "184 KB"
	Format  string // "PDF"
	State   string // of package document
	Scanned bool
	Upload  bool // it was uploaded here, and not imported
	Special bool // 42 CFR Part 2
	Version int
	Hidden  ui.Hidden
}

// stateOf says where a document stands: in words, how grave, and under which sign.
func stateOf(lang ui.Lang, d DocumentRow) (word string, tone ui.Tone, icon string) {
	switch d.State {
	case document.Received:
		return ui.T(lang, "Waits for the virus check"), ui.Warning, "hourglass"
	case document.Quarantined:
		return ui.T(lang, "In quarantine"), ui.Danger, "shield-alert"
	case document.Destroyed:
		return ui.T(lang, "Destroyed"), ui.Plain, "trash-2"
	case document.Withdrawn:
		return ui.T(lang, "Filed in error"), ui.Plain, "ban"
	case document.Superseded:
		return ui.T(lang, "Older version"), ui.Plain, "history"
	}
	switch {
	case d.Upload && !d.Scanned:
		return ui.T(lang, "Not scanned"), ui.Warning, "file-warning"
	case d.Upload:
		return ui.T(lang, "Filed"), ui.Good, "file-check"
	}
	return ui.T(lang, "Imported"), ui.Plain, "download"
}

// DocumentState is where a document stands, in words.
func DocumentState(lang ui.Lang, d DocumentRow) string {
	word, _, _ := stateOf(lang, d)
	return word
}

// DocumentPage is GET /clients/{id}/documents/{doc}: what a document is, what it
// says as far as a browser may show it, and its versions.
type DocumentPage struct {
	Chart
	DocumentRow
	Record     int64 // version of the record, for the field "version"
	Facts      []ui.Fact
	Held       document.Hold
	Misnamed   bool
	Text       phi.Text // of one that is text
	Cut        bool     // there is more than Text
	Picture    bool     // a browser shows it
	Versions   []DocumentVersion
	Newest     string // id of the one that is filed, if it is another
	EndedBy    string
	EndedAt    time.Time
	EndedWhy   phi.Text
	ReleasedBy string
	MayOpen    bool // its content is there and open to this reader
	MayChange  bool
	MayRenew   bool // add a newer version
	MayEnd     bool // mark it as filed in error
	Form       ui.Form
}

// DocumentVersion is one version of a document.
type DocumentVersion struct {
	ID      string
	Number  int
	By      string
	At      time.Time
	Why     phi.Text
	State   string
	Current bool // it is the one shown
}

// DocumentAddPage is GET /clients/{id}/documents/new and, for a newer version,
// /clients/{id}/documents/{doc}/version. The form has the fields title, category,
// on, case, part2=yes, why; and then file, several times.
type DocumentAddPage struct {
	Chart
	Form   ui.Form
	Of     string   // the document it is a newer version of
	OfName phi.Text // its title
	Cases  []ui.Option
	Max    string // "50 MB"
	Files  int    // how many at once
	Taken  bool
	Scans  bool
	MaySUD bool
	Added  []AddedFile // what was kept although something was wrong
}

// AddedFile is a file that was kept.
type AddedFile struct {
	Name phi.Text
	ID   string
}

// DocumentEditPage is GET,POST /clients/{id}/documents/{doc}/edit: fields title,
// category, on, case, version.
type DocumentEditPage struct {
	Chart
	ID      string
	Version string
	Form    ui.Form
	Cases   []ui.Option
	Merged  *ui.Merged
}

// QuarantinePage is GET /quarantine: ?view=all ?after=
type QuarantinePage struct {
	Views []ui.Tab
	Rows  []QuarantineRow
	Older string
}

// QuarantineRow is a document in quarantine.
type QuarantineRow struct {
	ID         string
	Held       document.Hold
	Threat     string
	Format     string
	Size       string
	By         string // who uploaded it
	UploadedAt time.Time
	HeldAt     time.Time
	State      string // of package document: open, releasing, removing, done
	Released   bool
}

// QuarantineReviewPage is GET,POST /quarantine/{id}: decision (release, destroy),
// why, version.
type QuarantineReviewPage struct {
	QuarantineRow
	Version   string
	DecidedBy string
	DecidedAt time.Time
	Why       phi.Text
	Proved    bool // the reader has proved who they are a moment ago
	Form      ui.Form
}

// documentNoticeNames say what whoever uploaded a document is told.
var documentNoticeNames = map[notice.What]string{
	document.ToldFiled:       "A document you added was checked for viruses and is filed.",
	document.ToldQuarantined: "A document you added may do harm and is kept closed.",
	document.ToldReleased:    "A document you added was released by the security officer and is filed.",
	document.ToldDestroyed:   "A document you added was found to do harm and was destroyed.",
}

// filingNames are what a document can be filed under, in words.
var filingNames = map[string]string{
	"letter": "Letter or notice", "consent": "Consent or authorization", "identification": "Identification", "medical": "Medical record",
	"assessment": "Assessment", "legal": "Legal paper", "income": "Income and benefits", "housing": "Housing", "school": "School or work",
	"photo": "Photo", "other": "Other document",
}

// Filing says what a document is filed under.
func Filing(lang ui.Lang, category string) string {
	if n := filingNames[category]; n != "" {
		return ui.T(lang, n)
	}
	return category
}

func filings(lang ui.Lang, first string) []ui.Option {
	out := []ui.Option{{Text: first}}
	for _, c := range document.Categories() {
		out = append(out, ui.Option{Value: c, Text: Filing(lang, c)})
	}
	return out
}

// holdNames say why a document is in quarantine.
var holdNames = map[document.Hold]string{
	document.Virus:     "The virus scanner found something in it.",
	document.Encrypted: "It has a password, so nobody can look into it.",
	document.TooMuch:   "It unpacks to more than can be looked at.",
	document.Macro:     "It holds a program that runs when it is opened.",
	document.Archive:   "It holds an archive that cannot be looked into.",
}

func held(f ui.Frame, h document.Hold) string { return f.T(holdNames[h]) }

// documentURL is the path of a document of a client, or of something of it.
func documentURL(client, doc, verb string) string {
	p := chartURL(client, "documents") + "/" + url.PathEscape(doc)
	if verb != "" {
		p += "/" + verb
	}
	return p
}

// editLabel gives the words for a field of a document.
func editLabel(f ui.Frame) func(string) string {
	return func(name string) string {
		switch name {
		case "title":
			return f.T("Title")
		case "category":
			return f.T("Filed under")
		case "on":
			return f.T("Date of the document")
		}
		return f.T("Case")
	}
}

func (p DocumentAddPage) action() string {
	if p.Of != "" {
		return documentURL(p.Client.ID, p.Of, "version")
	}
	return chartURL(p.Client.ID, "documents")
}

func (p DocumentAddPage) back() string {
	if p.Of != "" {
		return documentURL(p.Client.ID, p.Of, "")
	}
	return chartURL(p.Client.ID, "documents")
}

func (p DocumentPage) shown() string {
	return strings.TrimSpace(documentURL(p.Client.ID, p.ID, "file") + "?view=1")
}
