package pages

import (
	"strings"
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// SectionField is what a form calls the section under a heading.
func SectionField(heading string) string {
	if heading == "" {
		return "text"
	}
	return heading
}

// headings are the sections of a note form in order, with the formats that ask
// for each; one of another format is shown while there is something in it.
var headings = []section{
	{"", []string{"plain"}},
	{"subjective", []string{"soap"}},
	{"objective", []string{"soap"}},
	{"data", []string{"dap"}},
	{"intervention", nil},
	{"assessment", []string{"soap", "dap"}},
	{"plan", []string{"soap", "dap"}},
}

// HeadingName is a section's heading in words. A heading that came from
// elsewhere is its own name.
func HeadingName(lang ui.Lang, heading string) string {
	switch heading {
	case "":
		return ui.T(lang, "What happened")
	case "subjective":
		return ui.T(lang, "Subjective")
	case "objective":
		return ui.T(lang, "Objective")
	case "data":
		return ui.T(lang, "Data")
	case "intervention":
		return ui.T(lang, "Intervention")
	case "assessment":
		return ui.T(lang, "Assessment")
	case "plan":
		return ui.T(lang, "Plan")
	}
	return heading
}

func headingHint(lang ui.Lang, heading string) string {
	switch heading {
	case "":
		return ui.T(lang, "The client can ask to read this note.")
	case "subjective":
		return ui.T(lang, "What the client says, in their words.")
	case "objective":
		return ui.T(lang, "What you saw and did.")
	case "data":
		return ui.T(lang, "What was said, seen and done.")
	case "assessment":
		return ui.T(lang, "What it means for the goals.")
	case "plan":
		return ui.T(lang, "What is next, who does it and by when.")
	}
	return ""
}

// FormatOptions are the formats of notes, as the field "format" says them.
func FormatOptions(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "plain", Text: ui.T(lang, "Plain")}, {Value: "soap", Text: "SOAP"}, {Value: "dap", Text: "DAP"}}
}

func formatText(lang ui.Lang, format string) string {
	for _, o := range FormatOptions(lang) {
		if o.Value == format {
			return o.Text
		}
	}
	return ui.T(lang, "Plain")
}

// quick are the minutes that take one tap.
var quick = []ui.Option{{Value: "15", Text: "15"}, {Value: "30", Text: "30"}, {Value: "45", Text: "45"}, {Value: "60", Text: "60"}}

// NoteSection is a part of a note's text, with its heading in words.
type NoteSection struct {
	Heading string
	Text    phi.Text
}

// Phrase is something a note form can put into the note.
type Phrase struct {
	ID       string
	Key      string // of a short phrase
	Title    string // of a template
	Text     string
	Template bool
}

func (p NoteForm) templates() (out []Phrase) {
	for _, x := range p.Phrases {
		if x.Template {
			out = append(out, x)
		}
	}
	return out
}

func (p NoteForm) short() (out []Phrase) {
	for _, x := range p.Phrases {
		if !x.Template {
			out = append(out, x)
		}
	}
	return out
}

// OrdinaryAccess is who may read a note, as the field "access" says it.
func OrdinaryAccess(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "team", Text: ui.T(lang, "Care team")}, {Value: "restricted", Text: ui.T(lang, "Restricted")}}
}

// Part2Access is OrdinaryAccess of a note that is a record of a program under 42
// CFR Part 2.
func Part2Access(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "sud", Text: ui.T(lang, "Care team, Part 2")}, {Value: "sud_counselling", Text: ui.T(lang, "Restricted, Part 2")}}
}

// AccessOptions are all that the field "access" can say.
func AccessOptions(lang ui.Lang) []ui.Option {
	return append(OrdinaryAccess(lang), Part2Access(lang)...)
}

// access is what the form says of who may read the note, as one of its options: a
// form begun before the note belonged to a Part 2 program says it in other words.
func (p NoteForm) access() string {
	if len(p.Access) == 0 {
		return ""
	}
	for _, o := range p.Access {
		if p.Form.Has("access", o.Value) {
			return o.Value
		}
	}
	apart := p.Form.Has("access", "restricted") || p.Form.Has("access", "sud_counselling")
	for _, o := range p.Access {
		if apart == keptApart(o.Value) {
			return o.Value
		}
	}
	return p.Access[0].Value
}

// keptApart reports whether a note of this access is its author's alone.
func keptApart(access string) bool { return access == "restricted" || access == "sud_counselling" }

// Typed are the fields of the note form that are kept while they are written.
func Typed() []string {
	out := []string{"type", "on", "start", "minutes", "goal", "title", "format"}
	for _, h := range headings {
		out = append(out, SectionField(h.heading))
	}
	return append(out, "late_reason", "access")
}

// typedName is what a field of the note form is called on the page.
func typedName(f ui.Frame) func(string) string {
	return func(name string) string {
		switch name {
		case "type":
			return f.T("How did you connect?")
		case "on":
			return f.T("Date")
		case "start":
			return f.T("Start")
		case "minutes":
			return f.T("Minutes")
		case "goal":
			return f.T("Goal")
		case "title":
			return f.T("Title")
		case "format":
			return f.T("Format")
		case "late_reason":
			return f.T("Why it is late")
		case "access":
			return f.T("Who may read it")
		case "text":
			return HeadingName(f.Lang, "")
		}
		return HeadingName(f.Lang, name)
	}
}

// when says when a contact was: with its hours where they were given.
func (x TimelineItem) when(f ui.Frame) string {
	switch {
	case x.DayOnly && x.At.Year() != f.Now.Year():
		return ui.DayYear(f.Lang, x.At)
	case x.DayOnly:
		return ui.Day(f.Lang, x.At)
	case x.Timed && x.Minutes > 0:
		return f.T("%s to %s", ui.At(f.Lang, f.Now, x.At), ui.Clock(f.Lang, x.At.Add(time.Duration(x.Minutes)*time.Minute)))
	}
	return ui.At(f.Lang, f.Now, x.At)
}

// CoSignPage is GET /cosign.
type CoSignPage struct {
	Rows   []CoSignRow
	Total  int
	Drafts []DraftRow
	Others int // how many drafts there are in all
}

// CoSignRow is a note that waits for a co-signature.
type CoSignRow struct {
	Client  ui.Client
	Note    string
	Title   phi.Text
	Type    string
	Author  string
	Contact time.Time
	Signed  time.Time
	Due     time.Time
	Late    bool
}

// DraftRow is a colleague's draft, without a word of it.
type DraftRow struct {
	Client  ui.Client
	Author  string
	Contact time.Time
	Due     time.Time
}

// VersionsPage is GET /clients/{id}/notes/{note}/versions.
type VersionsPage struct {
	Chart
	Note string
	Rows []TimelineItem // newest first
}

// PhrasesPage is GET and POST /phrases: own templates and phrases, and shared
// ones.
type PhrasesPage struct {
	Rows []PhraseRow
}

// PhraseRow is a phrase in the list.
type PhraseRow struct {
	Phrase
	Own     bool
	Program string // name; empty for all
	MayEdit bool
}

// PhraseFormPage is GET and POST /phrases/new and /phrases/{phrase}.
type PhraseFormPage struct {
	ID       string // empty for a new one
	Version  string
	Template bool
	MayShare bool
	// Form has the fields key, title, type, format, program, scope (own,
	// shared) and the sections of a note.
	Form     ui.Form
	Programs []ui.Option
	Merged   *ui.Merged
}

// Fields of the form of a phrase, for putting two changes together.
func PhraseFields() []string {
	out := []string{"key", "title", "type", "format", "program"}
	for _, h := range headings {
		out = append(out, SectionField(h.heading))
	}
	return out
}

func phraseName(f ui.Frame) func(string) string {
	return func(name string) string {
		switch name {
		case "key":
			return f.T("Short word")
		case "program":
			return f.T("Program")
		case "text":
			return f.T("Text")
		}
		return typedName(f)(name)
	}
}

func (p PhraseFormPage) action() string {
	if p.ID == "" {
		return "/phrases/new"
	}
	return "/phrases/" + p.ID
}

// ProgramsPage is GET /settings/programs.
type ProgramsPage struct {
	MayWeigh bool // offers the page of what a case weighs
	Rows     []ProgramRow
}

// ProgramRow is how the notes of a program are kept, in short.
type ProgramRow struct {
	Code, Name string
	Format     string // as the field says it
	Unit       int
	LateHours  int
	SignDays   int
	CoSigned   bool
	MayEdit    bool
}

// ProgramFormPage is GET and POST /settings/programs/{program}.
type ProgramFormPage struct {
	Code, Name string
	Version    string
	// Form has the fields format, unit, rounding, late, sign, cosign_roles
	// (several) and cosign_workers (several).
	Form    ui.Form
	Workers []ui.Option
	Merged  *ui.Merged
}

// ProgramFields of the form of a program, for putting two changes together.
func ProgramFields() []string {
	return []string{"format", "unit", "rounding", "late", "sign", "cosign_roles", "cosign_workers"}
}

func programName(f ui.Frame) func(string) string {
	return func(name string) string {
		switch name {
		case "format":
			return f.T("Format of new notes")
		case "unit":
			return f.T("Minutes of a unit")
		case "rounding":
			return f.T("Rounding")
		case "late":
			return f.T("Hours until a late entry")
		case "sign":
			return f.T("Days to sign")
		case "cosign_roles":
			return f.T("By role")
		}
		return f.T("By worker")
	}
}

type section struct {
	heading string
	formats []string
}

func (s section) class() string {
	c := "sec"
	for _, f := range s.formats {
		c += " in-" + f
	}
	return c
}

func (s section) field() ui.Field { return ui.Field{Name: SectionField(s.heading)} }

// clip is the beginning of a text, for a list.
func clip(s string) string {
	r := []rune(s)
	if len(r) <= 90 {
		return s
	}
	return string(r[:90]) + "…"
}

// Roundings are the ways minutes become units, as the field "rounding" says them.
func Roundings(lang ui.Lang) []ui.Option {
	return []ui.Option{
		{Value: "midpoint", Text: ui.T(lang, "More than half of a unit counts (8 of 15 minutes)")},
		{Value: "full", Text: ui.T(lang, "Only whole units count")},
		{Value: "started", Text: ui.T(lang, "Every unit begun counts")},
	}
}

// CoSignRoles are the roles whose notes can all be co-signed.
func CoSignRoles(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "case_manager", Text: ui.T(lang, "All case managers")}}
}

// describedBy names what is said about a section's field besides its label.
func (s section) describedBy(lang ui.Lang, form ui.Form) string {
	name, by := s.field().Name, ""
	if headingHint(lang, s.heading) != "" {
		by = name + "-hint"
	}
	if form.Error(name) != "" {
		by += " " + name + "-err"
	}
	return strings.TrimSpace(by)
}
