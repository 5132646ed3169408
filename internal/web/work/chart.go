package work

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/inspect"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/web/pages"
	"caseward/internal/web/privacy"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

const week = 7 * 24 * time.Hour

func (w *Work) overview(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	timeline := w.Notes.WantTimeline(c.view, c.id, note.TimelineQuery{Limit: 5})
	plans := w.Plans.Want(c.view, c.id)
	c.openers = w.Inspect.WantOpeners(c.view, c.subject())
	w.comes(c)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	v := c.client.Value
	p := pages.OverviewPage{Chart: w.head(r, c), Next: w.nextUp(r, c), Goals: goals(r, plans.Rows)}
	if p.Seen, err = w.seen(r, c, r.Now.Add(-week)); err != nil {
		return site.Answer{}, err
	}
	if p.Recent, err = w.items(r, timeline.Rows); err != nil {
		return site.Answer{}, err
	}
	for _, x := range v.Phones {
		p.Contacts = append(p.Contacts, pages.ContactPoint{Kind: "phone", Label: phi.NewText(r.T(useWord(x.Use, "Phone"))), Value: x.Number, Preferred: x.Preferred, NoVoice: x.NoVoicemail, TextOnly: x.TextOnly, Unsafe: x.DoNotUse})
	}
	for _, x := range v.Emails {
		p.Contacts = append(p.Contacts, pages.ContactPoint{Kind: "email", Label: phi.NewText(r.T("Email")), Value: x.Address, Preferred: x.Preferred})
	}
	for _, x := range v.Emergency {
		p.Contacts = append(p.Contacts, pages.ContactPoint{Kind: "phone", Label: phi.NewText(strings.TrimSpace(x.Name.Disclose() + " " + x.Relation.Disclose())), Value: x.Phone})
	}
	for _, x := range v.Addresses {
		lines := append([]phi.Text(nil), x.Lines...)
		if s := strings.TrimSpace(strings.TrimSuffix(x.City.Disclose()+", "+x.State.Disclose()+" "+x.PostalCode.Disclose(), ", ")); strings.Trim(s, ", ") != "" {
			lines = append(lines, phi.NewText(strings.TrimPrefix(s, ", ")))
		}
		p.Addresses = append(p.Addresses, pages.Address{Label: phi.NewText(r.T(useWord(x.Use, "Address"))), Lines: lines, Sensitive: v.Flagged(person.SafetyPlan)})
	}
	people, err := w.Homes.Names(r.Ctx(), r.Who, v.Household)
	if err != nil {
		return site.Answer{}, err
	}
	for _, x := range v.Household {
		if !x.Client.IsZero() {
			n, ok := people[x.Client]
			if !ok {
				continue
			}
			x.Name = n.Name
		}
		detail := ""
		if x.LivesWith {
			detail = r.T("lives with the client")
		}
		p.Household = append(p.Household, pages.HouseholdMember{Name: x.Name, Relation: phi.NewText(relationText(r, x)), Detail: phi.NewText(detail)})
	}
	p.About = about(r, c.client.Opened)
	names, err := w.caseNames(r, c.cases.Rows)
	if err != nil {
		return site.Answer{}, err
	}
	programs := w.programs(r.Ctx())
	for _, o := range c.cases.Rows {
		p.Cases = append(p.Cases, caseLine(r, o, names, programs))
	}
	return page(func(f ui.Frame) templ.Component { return pages.OverviewTab(f, p) })
}

// useWord says what a number or address is for.
func useWord(use, otherwise string) string {
	switch use {
	case "home":
		return "Home"
	case "mobile":
		return "Cell"
	case "work":
		return "Work"
	case "mailing":
		return "Mailing"
	case "shelter":
		return "Shelter"
	case "temporary", "temp":
		return "Temporary"
	case "old":
		return "Former"
	}
	return otherwise
}

// about are demographics and identifiers, each hidden or not by its own class.
func about(r *site.Request, o person.Opened) []ui.Fact {
	v := o.Value
	h := hidden(o.Withheld)
	words := func(cs []person.Coded) phi.Text {
		var out []string
		for _, c := range cs {
			if !c.Display.Empty() {
				out = append(out, c.Display.Disclose())
			}
		}
		return phi.NewText(strings.Join(out, ", "))
	}
	yes := func(b bool) phi.Text {
		if b {
			return phi.NewText(r.T("Needed"))
		}
		return phi.Text{}
	}
	demo, ssn := h.Of(string(policy.Demographics)), h.Of(string(policy.SSN))
	facts := []ui.Fact{
		{Label: r.T("Gender"), Value: v.Gender, Hidden: demo}, {Label: r.T("Race"), Value: words(v.Races), Hidden: demo},
		{Label: r.T("Ethnicity"), Value: words(v.Ethnicities), Hidden: demo}, {Label: r.T("Language"), Value: v.Language.Display, Hidden: demo},
		{Label: r.T("Interpreter"), Value: yes(v.Interpreter), Hidden: demo}, {Label: r.T("Marital status"), Value: v.MaritalStatus.Display, Hidden: demo},
		{Label: r.T("Social security number"), Value: v.SSN, Hidden: ssn, Mono: true},
	}
	for _, x := range v.Identifiers {
		label := x.Label.Disclose()
		if label == "" {
			label = r.T("Number elsewhere")
		}
		facts = append(facts, ui.Fact{Label: label, Value: x.Value, Mono: true})
	}
	for _, x := range v.OtherNames {
		facts = append(facts, ui.Fact{Label: r.T("Also known as"), Value: x.Full()})
	}
	var out []ui.Fact
	for _, f := range facts {
		if !f.Value.Empty() || f.Hidden.Yes() {
			out = append(out, f)
		}
	}
	return out
}

// typeOf is a contact type as pages call it, and back.
var typeOf = map[note.Type]string{
	note.PhoneCall: "phone", note.HomeVisit: "home", note.OfficeVisit: "office", note.Message: "message", note.VideoCall: "video", note.CareCoordination: "coordination", note.Group: "group", note.Other: "other",
}

func noteType(s string) note.Type {
	for t, p := range typeOf {
		if p == s {
			return t
		}
	}
	return ""
}

// items turns notes into a timeline.
func (w *Work) items(r *site.Request, rows []note.Opened) ([]pages.TimelineItem, error) {
	var ids []string
	for _, o := range rows {
		ids = append(ids, o.Value.Author)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return nil, err
	}
	var out []pages.TimelineItem
	for _, t := range note.Threads(rows) {
		x := item(r, t.Note, len(t.Addenda), names)
		for _, a := range t.Addenda {
			switch a.Value.Status {
			case note.Awaiting:
				x.Waiting++
			case note.Draft:
				x.Unsent = a.ID.String()
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func item(r *site.Request, o note.Opened, addenda int, names map[string]string) pages.TimelineItem {
	n := o.Value
	x := pages.TimelineItem{
		ID: o.ID.String(), ClientID: o.Subject.String(), Key: o.ID.String(), Type: typeOf[n.Type], Title: n.Title, Sections: sections(r, n), At: n.At.In(r.Zone), Minutes: n.Minutes,
		Author: names[n.Author], State: pages.Signed, Restricted: n.Protection.Apart(), Part2: n.Protection.Part2(), Addenda: addenda,
		Timed: n.Timed, Units: n.Units, UnitLength: n.UnitMinutes, Late: n.Late, LateReason: n.LateReason,
	}
	// A note of which only the day was given lies at noon.
	x.DayOnly = !n.WrittenAt.IsZero() && !n.Timed && x.At.Hour() == 12 && x.At.Minute() == 0 && x.At.Second() == 0
	if n.Late {
		x.WrittenAt = n.WrittenAt.In(r.Zone)
		if !n.SignedAt.IsZero() {
			x.SignedAt = n.SignedAt.In(r.Zone)
		}
	}
	if n.Author == "" {
		x.Author = n.AuthorName.Disclose()
	}
	if !n.Goal.Empty() {
		x.Goals = []phi.Text{n.Goal}
	}
	mine := n.Author == r.Who.Worker()
	switch n.Status {
	case note.Draft:
		x.State, x.SignBy, x.MaySign = pages.Draft, n.SignBy().In(r.Zone), mine
		x.Returned = !n.ReturnedAt.IsZero()
	case note.Wrong:
		x.State, x.WrongReason = pages.Wrong, n.WrongReason
	case note.Awaiting:
		x.State, x.CoSignBy = pages.Awaiting, n.CoSignBy().In(r.Zone)
	case note.Imported:
		if x.Type == "" {
			x.Type = "import"
		}
		x.MayAdd = o.Withheld == 0
	default:
		x.MayAdd = o.Withheld == 0
	}
	if n.IsAddendum() {
		x.MayAdd = false
		if x.Title.Empty() {
			x.Title = phi.NewText(r.T("Addendum"))
		}
	}
	for _, c := range o.Withheld.List() {
		x.Hidden = ui.Hidden{Class: string(c), Why: "/why"}
	}
	return x
}

// sections are the parts of a note, with their headings in words.
func sections(r *site.Request, n note.Note) (out []pages.NoteSection) {
	for _, s := range n.Sections {
		x := pages.NoteSection{Text: s.Text}
		if s.Heading != "" {
			x.Heading = pages.HeadingName(r.Lang, strings.ToLower(s.Heading))
		}
		out = append(out, x)
	}
	return out
}

func (w *Work) notes(r *site.Request) (site.Answer, error) {
	return w.notesWith(r, nil)
}

// notesWith shows the notes tab, with a form that holds x where what was posted
// could not be done.
func (w *Work) notesWith(r *site.Request, x *composer) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	line := w.wantTimeline(r, c)
	plans := w.Plans.Want(c.view, c.id)
	c.openers = w.Inspect.WantOpeners(c.view, c.subject())
	w.comes(c)
	set := w.Phrases.Want(c.view, r.Who)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.NotesPage{Chart: w.head(r, c), Next: w.nextUp(r, c), Goals: goals(r, plans.Rows)}
	if p.Seen, err = w.seen(r, c, r.Now.Add(-week)); err != nil {
		return site.Answer{}, err
	}
	base := "/clients/" + c.id.String() + "/notes"
	if p.Items, p.Older, err = line.page(base); err != nil {
		return site.Answer{}, err
	}
	p.Kinds, p.Kind, p.From, p.Until = line.kinds(r, base), line.kind, line.from, line.until
	bad := false
	if p.MayWrite {
		f := w.noteForm(r, c, p.Goals, set)
		if x != nil {
			f.Form, f.Kept, f.Aside, f.Merged, f.From, bad = x.form, x.kept, x.aside, x.merged, x.from, x.bad
		} else if err := w.takeUp(r, c.id, note.ID{}, f.Form, time.Time{}, &f); err != nil {
			return site.Answer{}, err
		}
		p.Composer = &f
	} else if stays := p.MergedInto; stays != "" && x == nil {
		// What was being typed here when the two were joined is finished in the
		// record that stays.
		d, found, err := w.Notes.Take(r.Ctx(), r.Who, c.id, note.ID{})
		if err != nil && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
			return site.Answer{}, err
		}
		if found {
			f := w.noteForm(r, c, p.Goals, set)
			f.ClientID, f.From, f.Form = stays, c.id.String(), keptForm(d)
			f.Form.Fail("", r.T("You were writing this when the record was joined to another one of the same person. Save or sign it: it goes into the record that stays."))
			p.Composer = &f
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.Notes(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) caseNames(r *site.Request, rows []casefile.Opened) (map[string]string, error) {
	var ids []string
	for _, o := range rows {
		ids = append(ids, o.Value.Worker)
		for _, x := range o.Value.Offers {
			ids = append(ids, x.By, x.To, x.EndedBy)
		}
		for _, h := range o.Value.Handovers {
			ids = append(ids, h.By, h.To)
		}
		for _, p := range o.Value.Periods {
			ids = append(ids, p.ReopenedBy)
		}
		for _, e := range o.Value.Earlier {
			ids = append(ids, e.By)
		}
		for _, m := range o.Value.Team {
			ids = append(ids, m.Worker)
		}
		for _, a := range o.Value.Previous {
			ids = append(ids, a.Worker)
		}
	}
	return w.names(r, ids...)
}

func caseLine(r *site.Request, o casefile.Opened, names, programs map[string]string) pages.CaseLine {
	v := o.Value
	return pages.CaseLine{
		ID: o.ID.String(), Program: phi.NewText(programName(programs, v.Program)), State: v.Status,
		Opened: inZone(casefile.Midnight(v.OpenedOn), r.Zone), Closed: inZone(casefile.Midnight(v.ClosedOn), r.Zone), Worker: names[v.Worker],
	}
}

func (w *Work) cases(r *site.Request) (site.Answer, error) {
	c, err := w.beginWith(r, "chart.open", w.Cases.WantWhole)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.CasePage{Chart: w.head(r, c)}
	names, err := w.caseNames(r, c.cases.Rows)
	if err != nil {
		return site.Answer{}, err
	}
	programs := w.programs(r.Ctx())
	may := func(action string) bool {
		set, err := w.Door.May(r.Ctx(), r.Who, action, c.subject(), false, policy.Set(policy.Case))
		return err == nil && set != 0
	}
	p.MayOpen = may("case.open")
	assign, shut := may("case.assign"), may("case.close")
	offers, edits, reopens := may("case.offer"), may("case.change"), may("case.reopen")
	for _, o := range c.cases.Rows {
		v := o.Value
		d := pages.CaseDetail{CaseLine: caseLine(r, o, names, programs), MayAssign: assign && v.IsOpen(), MayTeam: assign && v.IsOpen(), MayClose: shut && v.IsOpen()}
		if v.Outcome != "" {
			d.Reason = phi.NewText(r.T(closeWords[v.Outcome]))
		}
		if v.Worker != "" {
			d.Team = append(d.Team, pages.TeamMember{StaffID: v.Worker, Name: names[v.Worker], Relation: string(policy.Assigned), From: v.AssignedAt.In(r.Zone)})
		}
		for _, m := range v.Team {
			t := pages.TeamMember{StaffID: m.Worker, Name: names[m.Worker], Role: m.Role.Disclose(), Relation: string(policy.CareTeam), From: m.From.In(r.Zone), MayEnd: d.MayTeam}
			if !m.Until.IsZero() {
				t.Until = m.Until.In(r.Zone)
			}
			d.Team = append(d.Team, t)
		}
		// A case manager offers what is theirs.
		own := r.Who.Role() != actor.CaseManager || v.Worker == r.Who.Worker()
		d.MayOffer, d.MayEdit, d.MayReopen = offers && own && v.IsOpen(), edits && v.IsOpen(), reopens && !v.IsOpen()
		caseDetail(r, &d, o, names)
		p.Cases = append(p.Cases, d)
	}
	return page(func(f ui.Frame) templ.Component { return pages.CaseAndTeam(f, p) })
}

func (w *Work) access(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	q := inspect.Query{Before: int64(parse(r.Value("before"))), Limit: 50}
	found, err := w.Inspect.WhoOpened(r.Ctx(), r.Who, c.subject(), q)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.AccessPage{Chart: w.head(r, c), Since: r.Now.AddDate(0, 0, -90)}
	year, err := w.Inspect.WhoOpened(r.Ctx(), r.Who, c.subject(), inspect.Query{Since: p.Since, Limit: 999})
	if err != nil {
		return site.Answer{}, err
	}
	if p.People, err = w.seenBy(r, inspect.Openers(year.Entries)); err != nil {
		return site.Answer{}, err
	}
	if p.Entries, err = privacy.Entries(r.Ctx(), r.Who, w.Inspect, w.Org.Directory(), found.Entries, found.Numbers, r.Zone); err != nil {
		return site.Answer{}, err
	}
	switch r.Who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
		p.MayFollow = true
	}
	base := "/clients/" + c.id.String() + "/access"
	if found.Older != 0 {
		p.Older = base + "?before=" + number(found.Older)
	}
	if q.Before != 0 {
		p.Newer = base
	}
	return page(func(f ui.Frame) templ.Component { return pages.Access(f, p) })
}
