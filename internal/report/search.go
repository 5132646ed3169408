package report

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Hits is what a search within a chart found.
type Hits struct {
	Notes     []note.Opened
	Documents []document.Opened
	Goals     []Goal
	Clinical  []clinical.Opened

	Assessments    []assessment.Opened
	AllAssessments []assessment.Opened // among which a correction is looked up
	Catalogue      assessment.Catalogue
	Filled         []form.OpenedFilled
	Meetings       []appointment.Opened
	Conferences    []conference.Opened
	// Searched is how many records were looked through; More: there are older ones
	// that were not.
	Searched int
	More     bool
}

// Goal is a goal of a care plan that was found.
type Goal struct {
	Plan plan.ID
	Goal plan.Goal
}

// None reports whether nothing was found.
func (h Hits) None() bool {
	return len(h.Notes)+len(h.Documents)+len(h.Goals)+len(h.Clinical)+len(h.Assessments)+len(h.Filled)+len(h.Meetings)+len(h.Conferences) == 0
}

// Search looks for words in what the asker may see of one client: notes, titles
// of documents, goals, the clinical summary, assessments, forms, appointments and
// conferences, as one read.
func (rs *Reports) Search(ctx context.Context, who actor.Actor, client person.ID, box phi.Text) (Hits, error) {
	v := rs.door.View(who, "chart.search")
	rs.people.Want(v, client)
	found, err := rs.WantSearch(v, client, box)
	if err != nil {
		return Hits{}, err
	}
	if err := v.Open(ctx); err != nil {
		return Hits{}, err
	}
	return found(), nil
}

// WantSearch asks a view for everything that is searched; what it returns gives
// what was found once the view is open. The entry says that it was a search, never
// for what, and words are compared in memory: content has no index. Case and
// accents do not matter; every word must be there.
func (rs *Reports) WantSearch(v *record.View, client person.ID, box phi.Text) (func() Hits, error) {
	const op = "chart.search"
	words := strings.Fields(fold(box.Disclose()))
	if len(words) == 0 {
		return nil, fault.InvalidFields(op, fault.Field{Name: "q", Message: "Enter a word to look for."})
	}
	if utf8.RuneCountInString(box.Disclose()) > 200 {
		return nil, fault.InvalidFields(op, fault.Field{Name: "q", Message: "Search with fewer words."})
	}
	v.Detail("words", number(len(words)))
	notes := rs.writing.WantTimeline(v, client, note.TimelineQuery{Limit: step})
	papers := rs.papers.WantCards(v, client, "")
	plans := rs.carePlans.Want(v, client)
	items := rs.items.Want(v, client)
	taken, known := rs.assessed.WantOf(v, client), rs.assessed.WantInstruments(v)
	filled := rs.forms.WantFilledOf(v, client)
	meetings := rs.calendar.WantOf(v, record.SubjectOf(client), time.Time{}, time.Time{}, step)
	conferences := rs.conferences.WantHeld(v, client, time.Time{}, time.Time{}, step)
	return func() Hits {
		h := Hits{
			Searched: len(notes.Rows) + len(papers.Rows) + len(plans.Rows) + len(items.Rows) + len(taken.Rows) + len(filled.Rows) + len(meetings.Rows) + len(conferences.Rows),
			More: notes.Next != "" || papers.Next != "" || plans.Next != "" || items.Next != "" ||
				taken.Next != "" || filled.Next != "" || meetings.Next != "" || conferences.Next != "",
			AllAssessments: taken.Rows, Catalogue: assessment.CatalogueOf(known),
		}
		for _, o := range notes.Rows {
			n := o.Value
			if has(words, n.Title, n.Goal, n.Text()) {
				h.Notes = append(h.Notes, o)
			}
		}
		for _, o := range papers.Rows {
			if has(words, o.Value.Title, o.Value.Type, o.Value.Category, o.Value.Author) {
				h.Documents = append(h.Documents, o)
			}
		}
		for _, o := range plans.Rows {
			for _, g := range o.Value.Goals {
				if has(words, g.Text, g.Domain, g.Note) {
					h.Goals = append(h.Goals, Goal{o.ID, g})
				}
			}
		}
		for _, o := range items.Rows {
			if has(words, o.Value.Display, o.Value.Note, o.Value.Reason) {
				h.Clinical = append(h.Clinical, o)
			}
		}
		for _, o := range taken.Rows {
			if k, _ := h.Catalogue.Of(o.Value); o.Withheld == 0 && has(words, append(answered(k, o.Value), phi.NewText(k.Title), o.Value.Reason)...) {
				h.Assessments = append(h.Assessments, o)
			}
		}
		for _, o := range filled.Rows {
			// Which form it is says something of the case.
			if o.Shown.Has(policy.Case) && has(words, filledIn(o.Value)...) {
				h.Filled = append(h.Filled, o)
			}
		}
		for _, o := range meetings.Rows {
			if a := o.Value; o.Shown.Has(policy.Case) && has(words, a.Place, a.Purpose, a.Why) {
				h.Meetings = append(h.Meetings, o)
			}
		}
		for _, o := range conferences.Rows {
			c := o.Value
			texts := []phi.Text{c.Place, c.Agenda, c.Minutes}
			for _, a := range c.Attendees {
				texts = append(texts, a.Name)
			}
			for _, d := range c.Decisions {
				texts = append(texts, d.What)
			}
			for _, a := range c.Addenda {
				texts = append(texts, a.Text)
			}
			if has(words, texts...) {
				h.Conferences = append(h.Conferences, o)
			}
		}
		return h
	}, nil
}

// answered is what was answered in an assessment, in the words of its options in
// each language.
func answered(k assessment.Known, a assessment.Assessment) (out []phi.Text) {
	given := assessment.Given(a.Answers)
	k.Questionnaire.Each(func(it assessment.Item, _ []string) {
		for _, v := range given[it.Link] {
			if o, ok := it.Option(v); ok {
				out = append(out, phi.NewText(o.Text.En), phi.NewText(o.Text.Es))
			} else {
				out = append(out, phi.NewText(strings.TrimPrefix(v, assessment.OtherKey)))
			}
		}
	})
	return out
}

// filledIn is what was filled in at the fields of a form that are the asker's to
// see, with its title.
func filledIn(f form.Filled) []phi.Text {
	out := []phi.Text{phi.NewText(f.Title.En), phi.NewText(f.Title.Es)}
	values := f.Values()
	for _, q := range f.Fields {
		for _, v := range values[q.Key] {
			out = append(out, v)
			if o, ok := q.Option(v.Disclose()); ok {
				out = append(out, phi.NewText(o.Text.En), phi.NewText(o.Text.Es))
			}
		}
	}
	return out
}

// has reports whether every word stands in the texts.
func has(words []string, texts ...phi.Text) bool {
	var all strings.Builder
	for _, t := range texts {
		all.WriteString(fold(t.Disclose()))
		all.WriteByte(' ')
	}
	hay := all.String()
	for _, w := range words {
		if !strings.Contains(hay, w) {
			return false
		}
	}
	return true
}

// fold drops case and accents, for comparing.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if r < 0x300 || r > 0x36f {
			b.WriteRune(r)
		}
	}
	return b.String()
}
