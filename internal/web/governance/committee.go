package governance

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/paper"
	"caseward/internal/phi"
	"caseward/internal/program/governance"
	"caseward/internal/prose"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

const (
	committee = home + "/committee"
	raci      = home + "/raci"
)

func (p *Pages) committeeRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET " + committee, Action: "committee.find", Handle: p.committee},
		{Pattern: "GET /governance/committee/set", Action: "committee.change", Handle: p.setForm},
		{Pattern: "POST /governance/committee/set", Action: "committee.change", Handle: p.set},
		{Pattern: "GET /governance/committee/meetings/new", Action: "committee_meeting.create", Handle: p.conveneForm},
		{Pattern: "POST /governance/committee/meetings/new", Action: "committee_meeting.create", Handle: p.convene},
		{Pattern: "GET /governance/committee/meetings/{id}", Action: "committee_meeting.read", Handle: p.meeting},
		{Pattern: "POST /governance/committee/meetings/{id}", Action: "committee_meeting.change", Handle: p.write},
		{Pattern: "GET /governance/committee/meetings/{id}/pdf", Action: "committee_meeting.read", Handle: p.minutesPDF},
		{Pattern: "GET /governance/committee/meetings/{id}/correct", Action: "committee_meeting.correct", Handle: p.correctForm},
		{Pattern: "POST /governance/committee/meetings/{id}/correct", Action: "committee_meeting.correct", Handle: p.correct},
		{Pattern: "GET /governance/committee/decisions/{id}", Action: "committee_decision.read", Handle: p.decision},
		{Pattern: "POST /governance/committee/decisions/{id}/report", Action: "committee_decision.report", Handle: p.reportDecision},
		{Pattern: "GET /governance/committee/decisions/{id}/report", Action: "committee_decision.read", Handle: p.backToDecision},
		{Pattern: "POST /governance/committee/decisions/{id}/settle", Action: "committee_decision.settle", Handle: p.settle},
		{Pattern: "GET /governance/committee/decisions/{id}/settle", Action: "committee_decision.read", Handle: p.backToDecision},
		{Pattern: "POST /governance/committee/decisions/{id}/drop", Action: "committee_decision.drop", Handle: p.drop},
		{Pattern: "GET /governance/committee/decisions/{id}/drop", Action: "committee_decision.read", Handle: p.backToDecision},
		{Pattern: "GET " + raci, Action: "raci.read", Handle: p.duties},
		{Pattern: "POST " + raci, Action: "raci.change", Handle: p.takeOver},
		{Pattern: "GET /governance/raci/pdf", Action: "raci.read", Handle: p.dutiesPDF},
		{Pattern: "GET /governance/raci/{id}", Action: "raci.change", Handle: p.dutyForm},
		{Pattern: "POST /governance/raci/{id}", Action: "raci.change", Handle: p.duty},
	}
}

func meetingOf(r *site.Request) (governance.MeetingID, error) {
	id, err := record.ParseID[governance.Meeting](r.PathValue("id"))
	if err != nil {
		return id, fault.NotFoundf("committee_meeting.read")
	}
	return id, nil
}

func decisionOf(r *site.Request) (governance.DecisionID, error) {
	id, err := record.ParseID[governance.Decision](r.PathValue("id"))
	if err != nil {
		return id, fault.NotFoundf("committee_decision.read")
	}
	return id, nil
}

func meetingAt(id governance.MeetingID) string   { return committee + "/meetings/" + id.String() }
func decisionAt(id governance.DecisionID) string { return committee + "/decisions/" + id.String() }

// versionOf is the version that a form was opened with.
func versionOf(r *site.Request) int64 {
	n, _ := strconv.ParseInt(r.Value("version"), 10, 64)
	return n
}

func (p *Pages) names(r *site.Request, ids []string) (map[string]string, error) {
	return p.org.Directory().Names(r.Ctx(), r.Who, ids)
}

func (p *Pages) committee(r *site.Request) (site.Answer, error) {
	o, err := p.com.Overview(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.CommitteePage{Overview: o, SetsUp: p.com.MaySetUp(r.Who), Sees: p.com.Sees(r.Who), Left: map[string]bool{}}
	ids := o.Committee.Members()
	for _, d := range o.Decisions {
		ids = append(ids, d.Value.Owner)
	}
	for _, id := range o.Committee.Members() {
		st, err := p.org.Directory().Standing(r.Ctx(), id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return site.Answer{}, err
		}
		page.Left[id] = err != nil || !st.Active
	}
	if page.Names, err = p.names(r, ids); err != nil {
		return site.Answer{}, err
	}
	if page.Meets, err = p.com.Meets(r.Ctx(), r.Who); err != nil {
		return site.Answer{}, err
	}
	page.Starters = slices.Contains([]actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}, r.Who.Role())
	if page.Charter, err = p.policies.InForce(r.Ctx(), governance.Charter); err != nil {
		return site.Answer{}, err
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Committee(f, page) }), nil
}

// able are those who work here and have one of some roles, to choose from.
func (p *Pages) able(r *site.Request, roles []actor.Role) (out []ui.Option, err error) {
	for _, role := range roles {
		l, err := p.org.Staff(r.Ctx(), r.Who, org.StaffQuery{Role: role, Limit: 500})
		if err != nil {
			return nil, err
		}
		for _, o := range l.Rows {
			out = append(out, ui.Option{Value: o.ID.String(), Text: ui.Show(o.Value.Name()) + " · " + ui.RoleName(r.Lang, o.Value.Role)})
		}
	}
	return out, nil
}

func (p *Pages) setForm(r *site.Request) (site.Answer, error) {
	if !p.com.MaySetUp(r.Who) {
		return site.Answer{}, fault.DeniedBy("committee.change")
	}
	c, version, err := p.com.Committee(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	if version == 0 {
		c = governance.Committee{Quorum: 3, Months: 3}
	}
	form := ui.NewForm("name", c.Name, "chair", c.Chair, "quorum", strconv.Itoa(c.Quorum), "months", strconv.Itoa(c.Months))
	for _, s := range c.Seats {
		form.Add("seat-"+string(s.Voice), phi.NewText(s.Worker))
	}
	v, err := p.forming(r, form, strconv.FormatInt(version, 10))
	return site.Page(v), err
}

func (p *Pages) forming(r *site.Request, form ui.Form, version string) (site.View, error) {
	page := pages.SetCommitteePage{Form: form, Version: version}
	var err error
	page.People, err = p.able(r, governance.Sits())
	return func(f ui.Frame) templ.Component {
		f.Path = committee + "/set"
		return pages.SetCommittee(f, page)
	}, err
}

func (p *Pages) set(r *site.Request) (site.Answer, error) {
	c := governance.Committee{Name: r.Value("name"), Chair: r.Value("chair")}
	for _, v := range governance.Voices() {
		if id := r.Value("seat-" + string(v)); id != "" {
			c.Seats = append(c.Seats, governance.Seat{Voice: v, Worker: id})
		}
	}
	// What is no number is none that is allowed.
	c.Quorum, _ = strconv.Atoi(r.Value("quorum"))
	c.Months, _ = strconv.Atoi(r.Value("months"))
	err := p.com.SetUp(r.Ctx(), r.Who, versionOf(r), c)
	if fault.Is(err, fault.Invalid) {
		v, perr := p.forming(r, r.Posted(err), r.Value("version"))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(committee).Saying(ui.Good, "The committee is set up."), nil
}

// protocol reads a form about a meeting; a day that is none is left out, and asked for.
func protocol(r *site.Request) governance.Protocol {
	in := governance.Protocol{Came: r.Values("came"), Agenda: r.Value("agenda"), Minutes: r.Value("minutes")}
	clock := r.Value("at")
	if clock == "" {
		clock = "09:00"
	}
	in.At, _ = time.ParseInLocation("2006-01-02 15:04", r.Value("on")+" "+clock, r.Zone)
	for i := range maxRows {
		n := "-" + strconv.Itoa(i+1)
		d := governance.Resolved{What: r.Value("what" + n), Owner: r.Value("owner" + n)}
		d.Due, _ = time.ParseInLocation(time.DateOnly, r.Value("due"+n), r.Zone)
		in.Decisions = append(in.Decisions, d)
	}
	return in
}

// maxRows is how many decisions a form has at most.
const maxRows = 20

// meets refuses whoever does not call the committee together.
func (p *Pages) meets(r *site.Request, op string) error {
	may, err := p.com.Meets(r.Ctx(), r.Who)
	if err == nil && !may {
		err = fault.DeniedBy(op)
	}
	return err
}

func (p *Pages) conveneForm(r *site.Request) (site.Answer, error) {
	if err := p.meets(r, "committee_meeting.create"); err != nil {
		return site.Answer{}, err
	}
	v, err := p.writing(r, pages.MeetingPage{Form: ui.NewForm("at", "09:00")}, nil, nil)
	return site.Page(v), err
}

// writing is the form about a meeting; what was decided stands in its first rows, and some
// are empty.
func (p *Pages) writing(r *site.Request, page pages.MeetingPage, members []string, names map[string]string) (site.View, error) {
	var err error
	if page.Files {
		if page.People, err = p.people(r); err != nil {
			return nil, err
		}
		for _, id := range members {
			page.Members = append(page.Members, ui.Option{Value: id, Text: names[id]})
		}
		for i := range maxRows {
			if !page.Form.Value("what-" + strconv.Itoa(i+1)).Empty() {
				page.Rows = i + 1
			}
		}
		page.Rows = min(max(page.Rows+2, 3), maxRows)
	}
	return func(f ui.Frame) templ.Component {
		f.Path = committee + "/meetings/" + page.ID
		if page.ID == "" {
			f.Path += "new"
		}
		return pages.WriteMeeting(f, page)
	}, nil
}

func (p *Pages) convene(r *site.Request) (site.Answer, error) {
	id, err := p.com.Convene(r.Ctx(), r.Who, protocol(r))
	if fault.Is(err, fault.Invalid) {
		v, perr := p.writing(r, pages.MeetingPage{Form: r.Posted(err)}, nil, nil)
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(meetingAt(id)).Saying(ui.Good, "The meeting is called. Take the minutes here."), nil
}

// kept is a form that holds a meeting as it is on record.
func kept(r *site.Request, m governance.Meeting, decisions bool) ui.Form {
	at := m.At.In(r.Zone)
	form := ui.NewForm("on", at.Format(time.DateOnly), "at", at.Format("15:04"), "agenda", m.Agenda, "minutes", m.Minutes)
	for _, id := range m.Came {
		form.Add("came", phi.NewText(id))
	}
	for i, d := range m.Decisions {
		if n := "-" + strconv.Itoa(i+1); decisions {
			form.Add("what"+n, phi.NewText(d.What))
			form.Add("owner"+n, phi.NewText(d.Owner))
			form.Add("due"+n, phi.NewText(d.Due.In(r.Zone).Format(time.DateOnly)))
		}
	}
	return form
}

// opened is a meeting with the names of everybody in it.
func (p *Pages) opened(r *site.Request) (id governance.MeetingID, m governance.MeetingOpened, page pages.FiledMeetingPage, err error) {
	if id, err = meetingOf(r); err != nil {
		return
	}
	m, all, decided, err := p.com.Meeting(r.Ctx(), r.Who, id)
	if err != nil {
		return
	}
	v := m.Value
	v.At, v.FiledAt = r.InZone(v.At), r.InZone(v.FiledAt)
	page = pages.FiledMeetingPage{ID: id.String(), Meeting: v, Decisions: decided, Replaced: governance.ReplacedBy(all, id)}
	page.Agenda, page.Minutes = prose.Parse(v.Agenda).HTML(&prose.Fill{}), prose.Parse(v.Minutes).HTML(&prose.Fill{})
	ids := append(slices.Clone(v.Members), v.Chair, v.FiledBy)
	for _, d := range decided {
		ids = append(ids, d.Value.Owner)
	}
	for _, d := range v.Decisions {
		ids = append(ids, d.Owner)
	}
	if page.Names, err = p.names(r, ids); err != nil {
		return
	}
	page.Corrects, err = p.com.Meets(r.Ctx(), r.Who)
	page.Corrects = page.Corrects && page.Replaced == ""
	return
}

func (p *Pages) meeting(r *site.Request) (site.Answer, error) {
	_, m, page, err := p.opened(r)
	if err != nil {
		return site.Answer{}, err
	}
	if m.Value.Draft() && page.Corrects {
		v, err := p.writing(r, pages.MeetingPage{
			Form: kept(r, m.Value, true), ID: page.ID, Version: strconv.FormatInt(m.Version, 10), Files: true,
		}, m.Value.Members, page.Names)
		return site.Page(v), err
	}
	page.Corrects = page.Corrects && !m.Value.Draft()
	return site.Page(func(f ui.Frame) templ.Component { return pages.FiledMeeting(f, page) }), nil
}

// minutesPDF is minutes on paper as they were filed, with their SHA-256. It is read as the
// page is.
func (p *Pages) minutesPDF(r *site.Request) (site.Answer, error) {
	_, m, page, err := p.opened(r)
	if err != nil {
		return site.Answer{}, err
	}
	v := page.Meeting
	if v.Draft() {
		return site.Answer{}, fault.NotFoundf("committee_meeting.read")
	}
	agency, err := p.org.Directory().Agency(r.Ctx())
	if err != nil {
		return site.Answer{}, err
	}
	title := r.T("Meeting of the committee") + ", " + ui.DayYear(r.Lang, v.At)
	came := make([]string, len(v.Came))
	for i, id := range v.Came {
		came[i] = page.Names[id]
	}
	d := paper.Doc{
		Title: title, Lang: map[ui.Lang]string{ui.English: "en-US", ui.Spanish: "es-US"}[r.Lang], At: r.Now, Letter: true, Page: r.T("Page %s of %s"),
		Head: []string{agency.Name, title}, Foot: []string{"SHA-256 " + v.Sum}, Blocks: []paper.Block{{Heading: title}},
	}
	add := func(b ...paper.Block) { d.Blocks = append(d.Blocks, b...) }
	if m.Value.Sum != m.Value.Hash() {
		add(paper.Block{Notice: r.T("These minutes are not as they were filed. Tell the Security Officer. The SHA-256 of what was filed:") + " " + v.Sum})
	}
	if page.Replaced != "" {
		add(paper.Block{Notice: r.T("A later filing replaces these minutes.")})
	}
	if v.Replaces != "" {
		add(paper.Block{Notice: r.T("These minutes correct earlier ones: %s", v.Why) + " SHA-256 " + v.Was})
	}
	add(paper.Block{Facts: [][2]string{
		{r.T("Day"), ui.DayYear(r.Lang, v.At) + ", " + ui.Clock(r.Lang, v.At)},
		{r.T("Chair"), page.Names[v.Chair]},
		{r.T("Who came"), strings.Join(came, ", ")},
		{r.T("To decide"), r.T("%d of %d members", v.Quorum, len(v.Members))},
		{r.T("minutes|Filed"), r.T("%s by %s", ui.DayYear(r.Lang, v.FiledAt), page.Names[v.FiledBy])},
		{"SHA-256", v.Sum},
	}}, paper.Block{Heading: r.T("Agenda")})
	add(prose.Parse(v.Agenda).Paper(&prose.Fill{})...)
	add(paper.Block{Heading: r.T("Minutes")})
	add(prose.Parse(v.Minutes).Paper(&prose.Fill{})...)
	if len(v.Decisions) > 0 {
		t := &paper.Sheet{Heads: []string{r.T("Decision"), r.T("Who carries it out"), r.T("By when")}}
		for _, x := range v.Decisions {
			t.Rows = append(t.Rows, []paper.Cell{paper.Word(x.What), paper.Word(page.Names[x.Owner]), paper.Word(ui.DayYear(r.Lang, r.InZone(x.Due)))})
		}
		add(paper.Block{Heading: r.T("Decisions")}, paper.Block{Table: t})
	}
	b, err := paper.PDF(d)
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("application/pdf", "minutes-"+v.At.Format("20060102")+".pdf", b), nil
}

func (p *Pages) write(r *site.Request) (site.Answer, error) {
	id, err := meetingOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	do, says := p.com.Write, "Saved."
	if r.Value("do") == "file" {
		do, says = p.com.File, "The minutes are filed."
	}
	if err = do(r.Ctx(), r.Who, id, versionOf(r), protocol(r)); fault.Is(err, fault.Invalid) {
		_, m, page, perr := p.opened(r)
		if perr != nil {
			return site.Answer{}, perr
		}
		v, perr := p.writing(r, pages.MeetingPage{Form: r.Posted(err), ID: page.ID, Version: r.Value("version"), Files: true}, m.Value.Members, page.Names)
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(meetingAt(id)).Saying(ui.Good, says), nil
}

func (p *Pages) correctForm(r *site.Request) (site.Answer, error) {
	if err := p.meets(r, "committee_meeting.correct"); err != nil {
		return site.Answer{}, err
	}
	_, m, page, err := p.opened(r)
	if err != nil {
		return site.Answer{}, err
	}
	v, err := p.writing(r, pages.MeetingPage{Form: kept(r, m.Value, false), ID: page.ID, Correct: true, Files: true}, m.Value.Members, page.Names)
	return site.Page(v), err
}

func (p *Pages) correct(r *site.Request) (site.Answer, error) {
	of, err := meetingOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := p.com.Correct(r.Ctx(), r.Who, of, protocol(r), r.Value("why"))
	if fault.Is(err, fault.Invalid) {
		_, m, page, perr := p.opened(r)
		if perr != nil {
			return site.Answer{}, perr
		}
		v, perr := p.writing(r, pages.MeetingPage{Form: r.Posted(err), ID: page.ID, Correct: true, Files: true}, m.Value.Members, page.Names)
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(meetingAt(id)).Saying(ui.Good, "The minutes are filed."), nil
}

func (p *Pages) decision(r *site.Request) (site.Answer, error) {
	v, err := p.decisionWith(r, ui.NewForm("on", r.Now.Format(time.DateOnly)))
	return site.Page(v), err
}

func (p *Pages) decisionWith(r *site.Request, form ui.Form) (site.View, error) {
	id, err := decisionOf(r)
	if err != nil {
		return nil, err
	}
	o, settles, err := p.com.Decision(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	v := o.Value
	v.Due, v.Held, v.On = r.InZone(v.Due), r.InZone(v.Held), r.InZone(v.On)
	page := pages.DecisionPage{Form: form, ID: id.String(), Version: strconv.FormatInt(o.Version, 10), Decision: v, Owns: r.Who.Worker() == v.Owner && r.Who.Role() != actor.Auditor, Settles: settles, Minutes: p.com.Sees(r.Who)}
	if page.Sanctions, err = p.sanction.Referring(r.Ctx(), r.Who, id.String()); err != nil {
		return nil, err
	}
	ids := []string{v.Owner}
	for _, s := range v.Steps {
		ids = append(ids, s.By)
	}
	for _, s := range page.Sanctions {
		ids = append(ids, s.Value.Person)
	}
	if page.Names, err = p.names(r, ids); err != nil {
		return nil, err
	}
	return func(f ui.Frame) templ.Component {
		f.Path = decisionAt(id)
		return pages.CommitteeDecision(f, page)
	}, nil
}

func (p *Pages) backToDecision(r *site.Request) (site.Answer, error) {
	id, err := decisionOf(r)
	return site.SeeOther(decisionAt(id)), err
}

// step does something with a decision and shows it again.
func (p *Pages) step(r *site.Request, says string, do func(governance.DecisionID) error) (site.Answer, error) {
	id, err := decisionOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err = do(id); fault.Is(err, fault.Invalid) {
		v, perr := p.decisionWith(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(decisionAt(id)).Saying(ui.Good, says), nil
}

func (p *Pages) reportDecision(r *site.Request) (site.Answer, error) {
	on, _ := time.ParseInLocation(time.DateOnly, r.Value("on"), r.Zone) // a day that is none is asked for
	return p.step(r, "Reported.", func(id governance.DecisionID) error {
		return p.com.Report(r.Ctx(), r.Who, id, versionOf(r), r.Value("do") == "drop", on, r.Value("words"))
	})
}

func (p *Pages) settle(r *site.Request) (site.Answer, error) {
	return p.step(r, "Saved.", func(id governance.DecisionID) error {
		return p.com.Accept(r.Ctx(), r.Who, id, versionOf(r), r.Value("do") == "accept", r.Value("words"))
	})
}

func (p *Pages) drop(r *site.Request) (site.Answer, error) {
	return p.step(r, "The decision is dropped.", func(id governance.DecisionID) error {
		return p.com.Drop(r.Ctx(), r.Who, id, versionOf(r), r.Value("words"))
	})
}

// answering is the table of who answers for what, on the day that is asked for.
func (p *Pages) answering(r *site.Request) (page pages.DutiesPage, err error) {
	var at time.Time
	if s := r.Value("on"); s != "" {
		if at, err = time.ParseInLocation(time.DateOnly, s, r.Zone); err != nil {
			return page, fault.NotFoundf("raci.read")
		}
		page.On, at = s, at.AddDate(0, 0, 1).Add(-time.Microsecond) // as the day ended
	}
	if page.Duties, err = p.gov.Duties(r.Ctx(), r.Who, at); err != nil {
		return page, err
	}
	page.Answers = p.gov.MayAnswer(r.Who)
	for _, t := range page.Changes {
		d := r.InZone(t)
		if n := len(page.Days); n == 0 || page.Days[n-1].Format(time.DateOnly) != d.Format(time.DateOnly) {
			page.Days = append(page.Days, d)
		}
	}
	ids := []string{page.By}
	for _, s := range page.Rows {
		ids = append(ids, s.Holders...)
		for _, all := range [][]governance.Party{s.Responsible, s.Accountable, s.Consulted, s.Informed} {
			for _, x := range all {
				ids = append(ids, x.Worker())
			}
		}
	}
	page.Names, err = p.names(r, ids)
	return page, err
}

func (p *Pages) duties(r *site.Request) (site.Answer, error) {
	page, err := p.answering(r)
	return site.Page(func(f ui.Frame) templ.Component { return pages.Duties(f, page) }), err
}

func (p *Pages) takeOver(r *site.Request) (site.Answer, error) {
	if err := p.gov.TakeOver(r.Ctx(), r.Who); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(raci).Saying(ui.Good, "Taken over. Change what is otherwise here."), nil
}

// dutiesPDF is the table on paper.
func (p *Pages) dutiesPDF(r *site.Request) (site.Answer, error) {
	page, err := p.answering(r)
	if err != nil {
		return site.Answer{}, err
	}
	agency, err := p.org.Directory().Agency(r.Ctx())
	if err != nil {
		return site.Answer{}, err
	}
	title := r.T("Who answers for what")
	t := &paper.Sheet{Heads: []string{r.T("Process"), r.T("Accountable"), r.T("Responsible"), r.T("Consulted"), r.T("Informed")}}
	for _, d := range page.Rows {
		row := []paper.Cell{paper.Word(r.T(d.Process.English()) + " · " + d.Process.Cite())}
		for _, all := range [][]governance.Party{d.Accountable, d.Responsible, d.Consulted, d.Informed} {
			row = append(row, paper.Word(pages.Parties(r.Lang, page.Names, all)))
		}
		if d.Vacant {
			row[1] = paper.Word(row[1].Text + " · " + r.T("Nobody holds this office"))
		}
		t.Rows = append(t.Rows, row)
	}
	since := r.T("Nobody has set this yet. It is what Caseward proposes, and binds nobody until an officer takes it over.")
	if page.Version > 0 {
		since = r.T("So since %s, by %s.", ui.DayYear(r.Lang, r.InZone(page.At)), page.Names[page.By])
	}
	b, err := paper.PDF(paper.Doc{
		Title: title, Lang: map[ui.Lang]string{ui.English: "en-US", ui.Spanish: "es-US"}[r.Lang], At: r.Now, Letter: true, Wide: true, Page: r.T("Page %s of %s"),
		Head: []string{agency.Name}, Foot: []string{title}, Blocks: []paper.Block{{Heading: title}, {Small: since}, {Table: t}},
	})
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("application/pdf", "who-answers-for-what.pdf", b), nil
}

func processOf(r *site.Request) (governance.Process, error) {
	p := governance.Process(r.PathValue("id"))
	if p.English() == "" {
		return p, fault.NotFoundf("raci.read")
	}
	return p, nil
}

func (p *Pages) dutyForm(r *site.Request) (site.Answer, error) {
	if !p.gov.MayAnswer(r.Who) {
		return site.Answer{}, fault.DeniedBy("raci.change")
	}
	process, err := processOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	now, err := p.gov.Duties(r.Ctx(), r.Who, time.Time{})
	if err != nil {
		return site.Answer{}, err
	}
	var form ui.Form
	for _, d := range now.Rows {
		if d.Process != process {
			continue
		}
		for name, all := range map[string][]governance.Party{"responsible": d.Responsible, "accountable": d.Accountable, "consulted": d.Consulted, "informed": d.Informed} {
			for _, x := range all {
				field := name
				if x.Worker() != "" && name != "accountable" {
					field += "-one"
				}
				form.Add(field, phi.NewText(string(x)))
			}
		}
	}
	v, err := p.dutyWith(r, process, form, strconv.FormatInt(now.Version, 10))
	return site.Page(v), err
}

func (p *Pages) dutyWith(r *site.Request, process governance.Process, form ui.Form, version string) (site.View, error) {
	page := pages.DutyPage{Form: form, Process: process, Version: version}
	people, err := p.people(r)
	for _, o := range people {
		page.People = append(page.People, ui.Option{Value: string(governance.PartyOf(o.Value)), Text: o.Text})
	}
	for _, o := range governance.Offices() {
		page.Offices = append(page.Offices, ui.Option{Value: string(o), Text: r.T(o.English())})
	}
	return func(f ui.Frame) templ.Component {
		f.Path = raci + "/" + string(process)
		return pages.Duty(f, page)
	}, err
}

func (p *Pages) duty(r *site.Request) (site.Answer, error) {
	process, err := processOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	parties := func(name string) (out []governance.Party) {
		for _, s := range append(slices.Clone(r.Values(name)), r.Values(name+"-one")...) {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, governance.Party(s))
			}
		}
		return out
	}
	err = p.gov.Answer(r.Ctx(), r.Who, versionOf(r), governance.Duty{
		Process: process, Responsible: parties("responsible"), Accountable: parties("accountable"), Consulted: parties("consulted"), Informed: parties("informed"),
	})
	if fault.Is(err, fault.Invalid) {
		v, perr := p.dutyWith(r, process, r.Posted(err), r.Value("version"))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(raci).Saying(ui.Good, "Saved."), nil
}
