package work

import (
	"strings"

	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/conference"
	"caseward/internal/form"
	"caseward/internal/paper"
	"caseward/internal/report"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// keptIDs are the workers that the assessments, forms, appointments and
// conferences of a printed chart name.
func keptIDs(got report.Printed) (ids []string) {
	for _, o := range got.Documents {
		ids = append(ids, o.Value.UploadedBy)
	}
	for _, o := range got.Assessments {
		ids = append(ids, o.Value.SignedBy)
	}
	for _, o := range got.Filled {
		ids = append(ids, o.CreatedBy)
	}
	for _, o := range got.Meetings {
		ids = append(ids, o.Value.Worker, o.Value.With)
	}
	for _, o := range got.Conferences {
		c := o.Value
		ids = append(ids, c.Organizer, c.SignedBy)
		for _, a := range c.Attendees {
			ids = append(ids, a.Worker)
		}
		for _, d := range c.Decisions {
			ids = append(ids, d.Who)
		}
		for _, a := range c.Addenda {
			ids = append(ids, a.By)
		}
	}
	return ids
}

// assessmentBlocks is an assessment with every question that was asked.
func assessmentBlocks(r *site.Request, got report.Printed, o assessment.Opened, names map[string]string) []paper.Block {
	v := o.Value
	facts := []string{ui.DayYear(r.Lang, day(r, v.TakenOn)), names[v.SignedBy]}
	if s := result(r, v.Result).Words(r.Lang); s != "" {
		facts = append(facts, s)
	}
	out := []paper.Block{{Sub: title(r, got.Catalogue, v)}, {Small: strings.Join(facts, " · ")}}
	if by, ok := assessment.CorrectedBy(got.AllAssessments, o.ID); ok {
		out = append(out, paper.Block{Small: r.T("Corrected since: see the one of %s.", stamp(r, by.Value.SignedAt))})
	}
	if s := ui.Show(v.Reason); s != "" {
		out = append(out, paper.Block{Small: r.T("Corrects an earlier one: %s", s)})
	}
	k, _ := got.Catalogue.Of(v)
	t := &paper.Sheet{Heads: []string{r.T("Question"), r.T("Answer")}}
	for _, g := range answered(r, k.Questionnaire, v) {
		for _, x := range g.Rows {
			t.Rows = append(t.Rows, []paper.Cell{paper.Word(x.Question), paper.Word(ui.Show(x.Answer))})
		}
	}
	if len(t.Rows) > 0 {
		out = append(out, paper.Block{Table: t})
	}
	return append(out, paper.Block{Small: r.T("Signed by %s, %s.", names[v.SignedBy], stamp(r, v.SignedAt))})
}

// formBlocks is a filled form: the fields whose classes the reader may see.
func (w *Work) formBlocks(r *site.Request, o form.OpenedFilled, names map[string]string) ([]paper.Block, error) {
	kept, err := w.kept(r, o)
	if err != nil {
		return nil, err
	}
	out := []paper.Block{{Sub: o.Value.Title.In(string(r.Lang))}, {Small: strings.Join([]string{r.T("Form of the agency"), stamp(r, o.CreatedAt), names[o.CreatedBy]}, " · ")}}
	values := o.Value.Values()
	var pairs []string
	for _, f := range o.Value.Fields {
		if !kept.Has(f.Class) {
			pairs = append(pairs, f.Label.In(string(r.Lang)), ui.Show(filledWords(r, f, values[f.Key])))
		}
	}
	return append(out, said(pairs...)...), nil
}

// meetingTable is the appointments of a printed chart, a row each.
func meetingTable(r *site.Request, rows []appointment.Opened, names map[string]string) []paper.Block {
	if len(rows) == 0 {
		return nil
	}
	t := &paper.Sheet{Heads: []string{r.T("Date"), r.T("Where and how"), r.T("With"), r.T("State"), r.T("What for")}}
	for _, o := range rows {
		a := o.Value
		with := names[a.Worker]
		if names[a.With] != "" {
			with += ", " + names[a.With]
		}
		how := pages.MeetingName(r.Lang, string(a.Type))
		if s := ui.Show(a.Place); s != "" {
			how += ": " + s
		}
		state := pages.MeetingState(r.Lang, a.Status)
		if by := pages.CancellerName(r.Lang, string(a.CancelledBy)); a.Status == appointment.Cancelled && by != "" {
			state += ": " + by
		}
		what := strings.TrimSpace(ui.Show(a.Purpose) + "\n" + ui.Show(a.Why))
		t.Rows = append(t.Rows, []paper.Cell{paper.Word(stamp(r, a.Start)), paper.Word(how), paper.Word(with), paper.Word(state), paper.Word(what)})
	}
	return []paper.Block{{Table: t}}
}

// conferenceBlocks is a conference with its signed minutes.
func conferenceBlocks(r *site.Request, o conference.Opened, names map[string]string) []paper.Block {
	c := o.Value
	facts := []string{ui.Minutes(r.Lang, c.Length), names[c.Organizer]}
	if c.Restricted {
		facts = append(facts, r.T("Restricted"))
	}
	var came, absent []string
	for _, a := range c.Attendees {
		who := names[a.Worker]
		if a.Worker == "" {
			who = ui.Show(a.Name)
		}
		if a.Came {
			came = append(came, who)
		} else {
			absent = append(absent, who)
		}
	}
	out := []paper.Block{{Sub: r.T("Case conference, %s", stamp(r, c.At))}, {Small: strings.Join(facts, " · ")}}
	out = append(out, said(r.T("Place"), ui.Show(c.Place), r.T("Who came"), strings.Join(came, ", "), r.T("Did not come"), strings.Join(absent, ", "),
		r.T("Agenda"), ui.Show(c.Agenda))...)
	out = append(out, paper.Block{Text: ui.Show(c.Minutes)})
	if len(c.Decisions) > 0 {
		t := &paper.Sheet{Heads: []string{r.T("Decision"), r.T("Who"), r.T("Due"), r.T("State")}}
		for _, d := range c.Decisions {
			state := r.T("Open")
			if d.Done() {
				state = r.T("Done")
			}
			t.Rows = append(t.Rows, []paper.Cell{paper.Word(ui.Show(d.What)), paper.Word(names[d.Who]), paper.Word(ui.ShowDate(d.Due, r.Lang)), paper.Word(state)})
		}
		out = append(out, paper.Block{Table: t})
	}
	out = append(out, paper.Block{Small: r.T("Signed by %s, %s.", names[c.SignedBy], stamp(r, c.SignedAt))})
	for _, a := range c.Addenda {
		out = append(out, paper.Block{Small: r.T("Addendum by %s, %s:", names[a.By], stamp(r, a.At))}, paper.Block{Text: ui.Show(a.Text)})
	}
	return out
}

// hitsKept puts what a search found of assessments, forms, appointments and
// conferences into words, each as in the timeline.
func (w *Work) hitsKept(r *site.Request, p *pages.WithinPage, h report.Hits) error {
	var ids []string
	for _, o := range h.Assessments {
		ids = append(ids, o.Value.SignedBy)
	}
	for _, o := range h.Filled {
		ids = append(ids, o.CreatedBy)
	}
	for _, o := range h.Meetings {
		ids = append(ids, o.Value.Worker, o.Value.With)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return err
	}
	held, err := w.conferenceItems(r, h.Conferences)
	if err != nil {
		return err
	}
	p.Assessments = append(assessmentItems(r, h.Assessments, h.AllAssessments, h.Catalogue, names), formItems(r, h.Filled, names)...)
	p.Meetings = append(appointmentItems(r, h.Meetings, names), held...)
	return nil
}
