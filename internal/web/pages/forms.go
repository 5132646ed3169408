package pages

import (
	"net/url"
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// FillPage is GET /clients/{id}/fill/{form}, and GET
// /clients/{id}/forms/{filled}/edit where Version is set.
type FillPage struct {
	Chart
	Title    string
	Action   string
	Items    []TakeItem
	Hidden   []HiddenField // fields of classes not shown to the reader
	Form     ui.Form
	Names    []string
	Edition  int
	Version  string // of a filled form
	New      string // id of the filled form it makes, for the field "new"
	Rev      string // of the draft of a new one, for the field "draft"
	Saved    time.Time
	Merged   *ui.Merged
	Editing  bool
	Outdated bool // the form was published anew since it was opened
}

// HiddenField is a field whose answer the reader may not see.
type HiddenField struct {
	Label  string
	Hidden ui.Hidden
}

// FilledPage is GET /clients/{id}/forms/{filled}.
type FilledPage struct {
	Chart
	ID      string
	Title   string
	Edition int
	Rows    []FilledRow
	FirstBy string
	FirstAt time.Time
	LastBy  string
	LastAt  time.Time
	Changed bool
	MayEdit bool
}

// FilledRow is a field and what was filled in.
type FilledRow struct {
	Label  string
	Value  phi.Text
	Hidden ui.Hidden
}

// FormsPage is GET /settings/forms: the agency's forms, and the instruments.
type FormsPage struct {
	Rows        []FormRow
	Instruments []InstrumentRow
	Programs    []ui.Option
	Form        ui.Form // title, title_es, programs; file, of an instrument
}

// FormRow is a form in the list.
type FormRow struct {
	ID        string
	Title     string
	Programs  string
	State     string // "draft", "published", "retired"
	Edition   int
	Changed   bool // designed anew and not yet published
	Questions int
}

// InstrumentRow is an instrument in the list.
type InstrumentRow struct {
	ID       string // empty: it comes with Caseward
	Title    string
	Asks     int
	Programs string
	Rights   string
	On       time.Time
}

// DesignPage is GET /settings/forms/{form}: a form being designed. Each question
// has a key; the names of its fields end with it: type-f1, class-f1, label-f1,
// label_es-f1, help-f1, help_es-f1, required-f1, options-f1. The field "order"
// stands once for each question.
type DesignPage struct {
	ID       string
	Version  string
	Title    string
	State    string
	Edition  int
	Changed  bool
	Keys     []string // of the questions, in order
	Form     ui.Form
	Names    []string
	Merged   *ui.Merged
	Programs []ui.Option
	Classes  []ui.Option
}

// PreviewPage is GET /settings/forms/{form}/preview: what the form will ask, in
// both languages.
type PreviewPage struct {
	ID      string
	Title   string
	English []TakeItem
	TitleEs string
	Spanish []TakeItem
}

func formTypes(f ui.Frame) []ui.Option {
	return []ui.Option{
		{Value: "text", Text: f.T("A line of text")}, {Value: "long_text", Text: f.T("Long text")}, {Value: "number", Text: f.T("A number")}, {Value: "date", Text: f.T("A date")},
		{Value: "yes_no", Text: f.T("Yes or no")}, {Value: "choice", Text: f.T("One of several answers")}, {Value: "several", Text: f.T("Any of several answers")},
	}
}

func formURL(id, verb string) string {
	p := "/settings/forms/" + url.PathEscape(id)
	if verb != "" {
		p += "/" + verb
	}
	return p
}

// DesignParts are the fields of each question of a form being designed, before
// the hyphen and the key.
var DesignParts = []string{"label", "label_es", "type", "class", "required", "help", "help_es", "options"}

func (p DesignPage) label(f ui.Frame) func(string) string {
	return func(name string) string {
		switch name {
		case "title":
			return f.T("Title")
		case "title_es":
			return f.T("Title in Spanish")
		case "programs":
			return f.T("Programs")
		case "order":
			return f.T("Order of the questions")
		}
		for i, k := range p.Keys {
			if len(name) > len(k) && name[len(name)-len(k)-1:] == "-"+k {
				return f.T("Question %d", i+1)
			}
		}
		return f.T("A question")
	}
}

// more reports whether the part of a question that most do not need is shown
// at once: there is something in it, or something wrong with it.
func (p DesignPage) more(k string) bool {
	t := ui.Show(p.Form.Value("type-" + k))
	if t == "choice" || t == "several" || p.Form.Error("options-"+k) != "" {
		return true
	}
	for _, part := range []string{"options-", "help-", "help_es-"} {
		if !p.Form.Value(part + k).Empty() {
			return true
		}
	}
	return false
}

func (p FillPage) label(name string) string {
	for _, x := range p.Items {
		if x.Name == name {
			return x.Text
		}
	}
	return name
}
