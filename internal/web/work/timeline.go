package work

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/note"
	"caseward/internal/order"
	"caseward/internal/phi"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// perTimeline is how many entries a page of the timeline shows.
const perTimeline = 25

// span is what part of a timeline is looked at: from a time on, until one before
// which everything lies that was not shown yet.
type span struct {
	from, until time.Time // zero for any; until is not included
	contact     note.Type // of notes; empty for any
}

func (s span) holds(t time.Time) bool {
	return !t.IsZero() && (s.from.IsZero() || !t.Before(s.from)) && (s.until.IsZero() || t.Before(s.until))
}

// source is where a part of the timeline comes from. want asks the chart's view
// for what it needs, so that a page is one entry of the log; the function it
// returns gives the entries once the view is open.
type source struct {
	kind string // as the filter names it
	text func(r *site.Request) string
	want func(w *Work, r *site.Request, c *chart, s span) entries
}

// entries gives what a source has of a span, and from when on that is all of it:
// the zero time where nothing is left out.
type entries func() (items []pages.TimelineItem, since time.Time, err error)

// sources are what makes up the timeline.
var sources = []source{
	{"note", func(r *site.Request) string { return r.T("Notes") }, noteEntries},
	{"case", func(r *site.Request) string { return r.T("Case") }, caseEntries},
	{"plan", func(r *site.Request) string { return r.T("Care plan") }, planEntries},
	{"assessment", func(r *site.Request) string { return r.T("Assessments") }, assessmentEntries},
	{"appointment", func(r *site.Request) string { return r.T("Appointments") }, appointmentEntries},
	{"conference", func(r *site.Request) string { return r.T("Conferences") }, conferenceEntries},
	{"document", func(r *site.Request) string { return r.T("Documents") }, documentEntries},
	{"clinical", func(r *site.Request) string { return r.T("Clinical") }, clinicalEntries},
}

// timeline is a page of the timeline that is being read.
type timeline struct {
	kind, from, until string
	after             mark
	span              span
	parts             []entries
}

// mark is the last entry of the page before.
type mark struct {
	at time.Time
	id string
}

func (m mark) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(m.at.UnixMicro(), 10) + "." + m.id))
}

func parseMark(s string) (m mark) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return m
	}
	at, id, _ := strings.Cut(string(b), ".")
	if n, err := strconv.ParseInt(at, 10, 64); err == nil {
		m.at, m.id = time.UnixMicro(n), id
	}
	return m
}

// past reports whether an entry comes after the mark.
func (m mark) past(x pages.TimelineItem) bool {
	return m.at.IsZero() || x.At.Before(m.at) || x.At.Equal(m.at) && x.Key > m.id
}

// wantTimeline asks the view of a chart for a page of its timeline.
func (w *Work) wantTimeline(r *site.Request, c *chart) *timeline {
	q := r.URL.Query()
	t := &timeline{kind: q.Get("kind"), from: q.Get("from"), until: q.Get("until"), after: parseMark(q.Get("after"))}
	if d, err := time.ParseInLocation("2006-01-02", t.from, r.Zone); err == nil {
		t.span.from = d
	} else {
		t.from = ""
	}
	if d, err := time.ParseInLocation("2006-01-02", t.until, r.Zone); err == nil {
		t.span.until = d.AddDate(0, 0, 1)
	} else {
		t.until = ""
	}
	if !t.after.at.IsZero() && (t.span.until.IsZero() || t.after.at.Before(t.span.until)) {
		t.span.until = t.after.at.Add(time.Microsecond)
	}
	t.span.contact = noteType(t.kind)
	for _, s := range sources {
		if t.kind == "" || t.kind == s.kind || s.kind == "note" && t.span.contact != "" {
			t.parts = append(t.parts, s.want(w, r, c, t.span))
		}
	}
	return t
}

// page puts the entries of every source in order, newest first.
func (t *timeline) page(base string) (items []pages.TimelineItem, older string, err error) {
	var since time.Time
	for _, part := range t.parts {
		some, from, err := part()
		if err != nil {
			return nil, "", err
		}
		if from.After(since) {
			since = from
		}
		for _, x := range some {
			if t.after.past(x) {
				items = append(items, x)
			}
		}
	}
	order.By(items, func(a, b pages.TimelineItem) int {
		if !a.At.Equal(b.At) {
			return b.At.Compare(a.At)
		}
		return cmp.Compare(a.Key, b.Key)
	})
	// What lies before a source's own page ends would stand in the wrong place.
	whole := len(items)
	for whole > 0 && items[whole-1].At.Before(since) {
		whole--
	}
	cut := min(whole, perTimeline)
	if cut == 0 || cut == len(items) && since.IsZero() {
		return items, "", nil
	}
	items = items[:cut]
	last := items[cut-1]
	return items, t.url(base, t.kind, mark{last.At, last.Key}.String()), nil
}

func (t *timeline) url(base, kind, after string) string {
	var q []string
	for _, x := range [][2]string{{"kind", kind}, {"from", t.from}, {"until", t.until}, {"after", after}} {
		if x[1] != "" {
			q = append(q, x[0]+"="+x[1])
		}
	}
	if len(q) == 0 {
		return base
	}
	return base + "?" + strings.Join(q, "&")
}

// kinds are the filters: everything, each source, each type of contact.
func (t *timeline) kinds(r *site.Request, base string) []ui.Tab {
	out := []ui.Tab{{Text: r.T("All"), URL: t.url(base, "", ""), Current: t.kind == ""}}
	for _, s := range sources {
		out = append(out, ui.Tab{Text: s.text(r), URL: t.url(base, s.kind, ""), Current: t.kind == s.kind})
	}
	for _, o := range pages.ContactTypes(r.Lang) {
		out = append(out, ui.Tab{Text: o.Text, URL: t.url(base, o.Value, ""), Current: t.kind == o.Value})
	}
	return out
}

// event is an entry that nobody wrote as a note.
func event(id, kind, title string, body phi.Text, at time.Time) pages.TimelineItem {
	return pages.TimelineItem{Key: kind + "/" + id, Type: kind, Title: phi.NewText(title), Body: body, At: at, Event: true}
}

func noteEntries(w *Work, r *site.Request, c *chart, s span) entries {
	// Addenda stand under their notes, so more rows are asked for than are shown.
	list := w.Notes.WantTimeline(c.view, c.id, note.TimelineQuery{Type: s.contact, From: s.from, Until: s.until, Limit: 4 * perTimeline})
	return func() ([]pages.TimelineItem, time.Time, error) {
		items, err := w.items(r, list.Rows)
		if err != nil || list.Next == "" {
			return items, time.Time{}, err
		}
		return items, list.Rows[len(list.Rows)-1].Value.At, nil
	}
}

func caseEntries(w *Work, r *site.Request, c *chart, s span) entries {
	return func() ([]pages.TimelineItem, time.Time, error) {
		names, err := w.caseNames(r, c.cases.Rows)
		if err != nil {
			return nil, time.Time{}, err
		}
		programs := w.programs(r.Ctx())
		var out []pages.TimelineItem
		for _, o := range c.cases.Rows {
			k, id, program := o.Value, o.ID.String(), programName(programs, o.Value.Program)
			add := func(key, title string, body phi.Text, at time.Time) {
				if s.holds(at) {
					x := event(id+"/"+key, "case", title, body, at.In(r.Zone))
					x.URL, x.DayOnly = "/clients/"+c.id.String()+"/case", key == "1" || key == "5"
					out = append(out, x)
				}
			}
			add("1", r.T("Case opened: %s", program), k.OpenReason, inZone(casefile.Midnight(k.OpenedOn), r.Zone))
			for i, a := range k.Previous {
				add("2/"+number(int64(i)), r.T("Assigned to %s", names[a.Worker]), phi.Text{}, a.From)
			}
			if k.Worker != "" {
				add("3", r.T("Assigned to %s", names[k.Worker]), phi.Text{}, k.AssignedAt)
			}
			for i, m := range k.Team {
				add("4/"+number(int64(i)), r.T("%s joined the care team", names[m.Worker]), m.Role, m.From)
			}
			if !k.IsOpen() {
				why := r.T(closeWords[k.Outcome])
				if n := ui.Show(k.CloseNote); n != "" {
					why = strings.TrimPrefix(why+". "+n, ". ")
				}
				add("5", r.T("Case closed: %s", program), phi.NewText(why), inZone(casefile.Midnight(k.ClosedOn), r.Zone))
			}
		}
		return out, time.Time{}, nil
	}
}

func planEntries(w *Work, r *site.Request, c *chart, s span) entries {
	list := w.Plans.Want(c.view, c.id)
	return func() ([]pages.TimelineItem, time.Time, error) {
		var out []pages.TimelineItem
		for _, o := range list.Rows {
			v, id := o.Value, o.ID.String()
			for _, x := range []struct {
				key, title string
				on         phi.Date
			}{{"1", r.T("Care plan begins"), v.From}, {"2", r.T("Care plan ends"), v.Until}} {
				at := inZone(casefile.Midnight(x.on), r.Zone)
				// An end that is still ahead is no event.
				if !s.holds(at) || at.After(r.Now) {
					continue
				}
				e := event(id+"/"+x.key, "plan", x.title, v.Title, at)
				e.URL, e.Restricted, e.DayOnly = "/clients/"+c.id.String()+"/plan", v.Part2, true
				out = append(out, e)
			}
		}
		return out, time.Time{}, nil
	}
}

func documentEntries(w *Work, r *site.Request, c *chart, s span) entries {
	list := w.Documents.WantCards(c.view, c.id, "")
	return func() ([]pages.TimelineItem, time.Time, error) {
		var out []pages.TimelineItem
		for _, o := range list.Rows {
			v := o.Value
			if !s.holds(v.At) || o.Withheld != 0 {
				continue
			}
			x := documentRow(r, o, nil)
			e := event(o.ID.String(), "document", "", v.Type, v.At.In(r.Zone))
			e.Title, e.Author, e.URL, e.Restricted = x.Title, ui.Show(v.Author), "/clients/"+o.Subject.String()+"/documents/"+o.ID.String(), v.Part2
			if v.Title.Empty() {
				e.Body = phi.Text{}
			}
			if v.Status != document.Filed || x.Upload && !x.Scanned {
				e.Body = phi.NewText(strings.Trim(ui.Show(e.Body)+" · "+pages.DocumentState(r.Lang, x), " ·"))
			}
			out = append(out, e)
		}
		return out, time.Time{}, nil
	}
}

func clinicalEntries(w *Work, r *site.Request, c *chart, s span) entries {
	list := w.Items.Want(c.view, c.id)
	return func() ([]pages.TimelineItem, time.Time, error) {
		var out []pages.TimelineItem
		for _, o := range list.Rows {
			v := o.Value
			if o.Withheld != 0 || v.Wrong {
				continue
			}
			word := sortWord(r, v.Sort)
			add := func(key, state string, d phi.Date) {
				if y, m, day := d.Disclose(); y == 0 || m == 0 || day == 0 {
					return // a year alone has no place in the order of days
				}
				at := inZone(casefile.Midnight(d), r.Zone)
				if !s.holds(at) || at.After(r.Now) {
					return
				}
				e := event(o.ID.String()+"/"+key, "clinical", "", phi.Text{}, at)
				e.Title = phi.NewText(word + ": " + ui.Show(v.Display))
				e.Body = phi.NewText(state)
				e.URL, e.Restricted, e.DayOnly = "/clients/"+c.id.String()+"/clinical", v.Part2, true
				out = append(out, e)
			}
			add("1", began(r, v), v.OnsetOn)
			add("2", r.T("Ended"), v.EndedOn)
		}
		return out, time.Time{}, nil
	}
}

func began(r *site.Request, v clinical.Item) string {
	if v.Sort == clinical.Medication {
		return r.T("Started")
	}
	return r.T("Began")
}
