package work

import (
	"strings"
	"time"

	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/conference"
	"caseward/internal/form"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// perSource is how many appointments and how many conferences a page asks for:
// more than a page shows, since those of other states and sources lie between.
const perSource = 4 * perTimeline

// before is until, or now if that is sooner: what is still ahead is no event.
func (s span) before(now time.Time) time.Time {
	if s.until.IsZero() || now.Before(s.until) {
		return now
	}
	return s.until
}

// assessmentEntries are assessments, the agency's own forms, and what the reader
// has begun of either. All of a client's are asked for, not those of the span: one
// outside of it may correct one in it.
func assessmentEntries(w *Work, r *site.Request, c *chart, s span) entries {
	list := w.Assess.WantOf(c.view, c.id)
	known := w.Assess.WantInstruments(c.view)
	filled := w.Forms.WantFilledOf(c.view, c.id)
	drafts, derr := w.Door.Drafts(r.Ctx(), r.Who, c.subject())
	forms := &record.List[form.Definition]{}
	for slot := range drafts {
		if strings.HasPrefix(slot, "form/") {
			forms = w.Forms.WantForms(c.view)
			break
		}
	}
	return func() ([]pages.TimelineItem, time.Time, error) {
		if derr != nil {
			return nil, time.Time{}, derr
		}
		var ids []string
		for _, o := range list.Rows {
			ids = append(ids, o.Value.SignedBy)
		}
		for _, o := range filled.Rows {
			ids = append(ids, o.CreatedBy)
		}
		names, err := w.names(r, ids...)
		if err != nil {
			return nil, time.Time{}, err
		}
		cat := assessment.CatalogueOf(known)
		var out []pages.TimelineItem
		for _, x := range append(assessmentItems(r, list.Rows, list.Rows, cat, names), formItems(r, filled.Rows, names)...) {
			if s.holds(x.At) {
				out = append(out, x)
			}
		}
		for _, x := range begunItems(r, c, drafts, list.Rows, cat, forms.Rows) {
			if s.holds(x.At) {
				out = append(out, x)
			}
		}
		return out, time.Time{}, nil
	}
}

// assessmentItems are assessments as entries of a timeline, looked up among all
// for those that correct them. What was withheld is left out.
func assessmentItems(r *site.Request, rows, all []assessment.Opened, cat assessment.Catalogue, names map[string]string) (out []pages.TimelineItem) {
	for _, o := range rows {
		if o.Withheld != 0 {
			continue
		}
		v := o.Value
		says := result(r, v.Result).Words(r.Lang)
		if _, ok := assessment.CorrectedBy(all, o.ID); ok {
			says = strings.TrimSuffix(r.T("Corrected since")+". "+says, ". ")
		}
		x := event(o.ID.String(), "assessment", title(r, cat, v), phi.NewText(says), day(r, v.TakenOn))
		x.URL, x.Author, x.DayOnly = "/clients/"+o.Subject.String()+"/assessments/"+o.ID.String(), names[v.SignedBy], true
		out = append(out, x)
	}
	return out
}

// formItems are the agency's forms that were filled in, as entries of a timeline.
// Which form it is says something of the case: whoever may not see the case sees
// none.
func formItems(r *site.Request, rows []form.OpenedFilled, names map[string]string) (out []pages.TimelineItem) {
	for _, o := range rows {
		if !o.Shown.Has(policy.Case) {
			continue
		}
		x := event(o.ID.String(), "form", o.Value.Title.In(string(r.Lang)), phi.Text{}, o.CreatedAt.In(r.Zone))
		x.URL, x.Author = "/clients/"+o.Subject.String()+"/forms/"+o.ID.String(), names[o.CreatedBy]
		out = append(out, x)
	}
	return out
}

// begunItems are what the reader alone has begun and not signed: a draft is
// nobody else's to see.
func begunItems(r *site.Request, c *chart, drafts map[string]time.Time, rows []assessment.Opened, cat assessment.Catalogue, forms []form.Opened) (out []pages.TimelineItem) {
	base := "/clients/" + c.id.String()
	for slot, at := range drafts {
		kind, key, _ := strings.Cut(slot, "/")
		called, url := "", ""
		switch kind {
		case "assessment":
			if k, ok := cat.Current(key); ok {
				called, url = r.T(k.Title), pages.TakeURL(c.id.String(), k.Code, "")
				break
			}
			for _, o := range rows {
				if o.ID.String() == key {
					called, url = title(r, cat, o.Value), base+"/assessments/"+key+"/correct"
				}
			}
		case "form":
			for _, o := range forms {
				if o.ID.String() == key && o.Value.Status == form.Published {
					called, url = o.Value.Live.Title.In(string(r.Lang)), base+"/fill/"+key
				}
			}
		}
		if url == "" {
			continue
		}
		x := event(slot, kind, called, phi.NewText(r.T("Draft. Only you see it; continue it from here.")), at.In(r.Zone))
		x.Key, x.URL = "draft/"+slot, url
		out = append(out, x)
	}
	return out
}

// appointmentEntries are the meetings that came about or not, at the time they
// were for. Those ahead are what comes next, not what was.
func appointmentEntries(w *Work, r *site.Request, c *chart, s span) entries {
	list := w.Calendar.WantOf(c.view, c.subject(), s.from, s.before(r.Now), perSource)
	return func() ([]pages.TimelineItem, time.Time, error) {
		names, err := w.meetingNames(r, list.Rows)
		if err != nil {
			return nil, time.Time{}, err
		}
		out := appointmentItems(r, list.Rows, names)
		if list.Next == "" {
			return out, time.Time{}, nil
		}
		return out, list.Rows[len(list.Rows)-1].Labels.At.Add(time.Microsecond), nil
	}
}

// appointmentItems are appointments as entries of a timeline. With whom somebody
// is busy is a matter of the case: whoever may not see that sees none. What it was
// for is in words, and empty where those are not the reader's.
func appointmentItems(r *site.Request, rows []appointment.Opened, names map[string]string) (out []pages.TimelineItem) {
	for _, o := range rows {
		if !o.Shown.Has(policy.Case) {
			continue
		}
		a := o.Value
		state := pages.MeetingState(r.Lang, a.Status)
		if by := pages.CancellerName(r.Lang, string(a.CancelledBy)); a.Status == appointment.Cancelled && by != "" {
			state += ": " + by
		}
		says := []string{state}
		for _, t := range []phi.Text{a.Purpose, a.Why} {
			if v := ui.Show(t); v != "" {
				says = append(says, v)
			}
		}
		x := event(o.ID.String(), "appointment", pages.MeetingName(r.Lang, string(a.Type)), phi.NewText(strings.Join(says, "\n")), a.Start.In(r.Zone))
		x.URL, x.Minutes, x.Author = appointment.Path(o.Subject, o.ID), a.Minutes, names[a.Worker]
		if a.With != "" && names[a.With] != "" {
			x.Author += ", " + names[a.With]
		}
		out = append(out, x)
	}
	return out
}

// conferenceEntries are the case conferences that were held.
func conferenceEntries(w *Work, r *site.Request, c *chart, s span) entries {
	list := w.Conferences.WantHeld(c.view, c.id, s.from, s.before(r.Now), perSource)
	return func() ([]pages.TimelineItem, time.Time, error) {
		out, err := w.conferenceItems(r, list.Rows)
		if err != nil || list.Next == "" {
			return out, time.Time{}, err
		}
		return out, list.Rows[len(list.Rows)-1].Labels.At.Add(time.Microsecond), nil
	}
}

// conferenceItems are conferences as entries of a timeline: whether the minutes
// are signed, and what it was about where those words are the reader's.
func (w *Work) conferenceItems(r *site.Request, rows []conference.Opened) (out []pages.TimelineItem, err error) {
	var ids []string
	for _, o := range rows {
		ids = append(ids, o.Value.Organizer)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return nil, err
	}
	for _, o := range rows {
		if !o.Shown.Has(policy.Case) {
			continue
		}
		c := o.Value
		says := r.T("Minutes not signed")
		if c.Signed {
			says = r.T("Minutes signed")
		}
		if a := ui.Show(c.Agenda); a != "" {
			says += "\n" + a
		}
		x := event(o.ID.String(), "conference", "", phi.NewText(says), c.At.In(r.Zone))
		x.URL, x.Minutes, x.Author, x.Restricted = "/clients/"+o.Subject.String()+"/conferences/"+o.ID.String(), c.Length, names[c.Organizer], c.Restricted || c.Part2
		out = append(out, x)
	}
	return out, nil
}
