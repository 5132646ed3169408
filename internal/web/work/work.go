package work

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/filter"
	"caseward/internal/form"
	"caseward/internal/household"
	"caseward/internal/inspect"
	"caseward/internal/intake"
	"caseward/internal/merge"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/phrase"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
	"caseward/internal/report"
	"caseward/internal/roster"
	"caseward/internal/supervision"
	"caseward/internal/task"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Uses is what the pages are made of.
type Uses struct {
	Door        *record.Door
	Clients     *person.Clients
	Cases       *casefile.Cases
	Notes       *note.Notes
	Items       *clinical.Items
	Documents   *document.Documents
	Plans       *plan.Plans
	Notices     *notice.Notices
	Assess      *assessment.Assessments
	Forms       *form.Forms
	Intake      *intake.Intake
	Merges      *merge.Merges
	Homes       *household.Households
	Rosters     *roster.Rosters
	Tasks       *task.Tasks
	Calendar    *appointment.Appointments
	Feeds       *appointment.Feeds
	Origin      string // where a calendar feed is fetched: "https://cases.example.org"
	Reports     *report.Reports
	Phrases     *phrase.Phrases
	Org         *org.Org
	Inspect     *inspect.Inspect
	Conferences *conference.Conferences
	Filters     *filter.Filters
	Supervision *supervision.Supervision
	Owed        *obligation.Obligations
	Mailed      bool // reminders of what is due go out by mail
}

// Work is the handlers.
type Work struct{ Uses }

// New returns the handlers.
func New(u Uses) *Work { return &Work{u} }

// Routes is the part of the route table that is here.
func (w *Work) Routes() []site.Route {
	return slices.Concat(
		w.chartRoutes(),
		w.noteRoutes(),
		w.planRoutes(),
		w.assessRoutes(),
		w.formRoutes(),
		w.documentRoutes(),
		w.intakeRoutes(),
		w.duplicateRoutes(),
		w.householdRoutes(),
		w.rosterRoutes(),
		w.todayRoutes(),
		w.reportsRoutes(),
		w.casesRoutes(),
		w.supervisionRoutes(),
		w.conferenceRoutes(),
	)
}

// chartRoutes are those of caseload, search, chart, notes and cases.
func (w *Work) chartRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /{$}", Handle: w.home},
		{Pattern: "GET /caseload", Action: "case.find", Handle: w.caseload},
		{Pattern: "POST /caseload", Action: "case.find", Handle: w.caseload},
		{Pattern: "GET /find", Action: "client.find", Handle: w.find},
		{Pattern: "POST /find", Action: "client.find", Handle: w.find},

		{Pattern: "GET /clients/{id}", Action: "client.read", Handle: w.overview},
		{Pattern: "GET /clients/{id}/notes", Action: "note.find", Handle: w.notes},
		{Pattern: "GET /clients/{id}/clinical", Action: "clinical.find", Handle: w.clinical},
		{Pattern: "GET /clients/{id}/case", Action: "case.find", Handle: w.cases},
		{Pattern: "GET /clients/{id}/access", Action: "log.client", Handle: w.access},

		{Pattern: "POST /clients/{id}/notes", Action: "note.create", Handle: w.writeNote},
		{Pattern: "POST /clients/{id}/notes/draft", Action: "draft.keep", Handle: w.autosave},
		{Pattern: "GET /clients/{id}/notes/{note}", Action: "note.read", Handle: w.note},
		{Pattern: "POST /clients/{id}/notes/{note}", Action: "note.change", Handle: w.writeNote},
		{Pattern: "POST /clients/{id}/notes/{note}/draft", Action: "draft.keep", Handle: w.autosave},
		{Pattern: "GET /clients/{id}/notes/{note}/edit", Action: "note.change", Handle: w.editNote},
		{Pattern: "POST /clients/{id}/notes/{note}/sign", Action: "note.sign", Handle: w.signNote},
		{Pattern: "POST /clients/{id}/notes/{note}/discard", Action: "note.discard", Handle: w.discardNote},
		{Pattern: "POST /clients/{id}/notes/{note}/wrong", Action: "note.change", Handle: w.wrongNote},
		{Pattern: "POST /clients/{id}/notes/{note}/addenda", Action: "note.addend", Handle: w.addend},
		{Pattern: "POST /clients/{id}/notes/{note}/addendum", Action: "note.sign", Handle: w.amend},

		{Pattern: "GET /clients/{id}/case/new", Action: "case.open", Handle: w.openCaseForm},
		{Pattern: "POST /clients/{id}/case/new", Action: "case.open", Handle: w.openCase},
		{Pattern: "GET /clients/{id}/case/{case}/assign", Action: "case.assign", Handle: w.caseForm(pages.AssignCase)},
		{Pattern: "POST /clients/{id}/case/{case}/assign", Action: "case.assign", Handle: w.assignCase},
		{Pattern: "GET /clients/{id}/case/{case}/team", Action: "case.change", Handle: w.caseForm(pages.JoinTeam)},
		{Pattern: "POST /clients/{id}/case/{case}/team", Action: "case.change", Handle: w.joinTeam},
		{Pattern: "POST /clients/{id}/case/{case}/team/end", Action: "case.change", Handle: w.leaveTeam},
		{Pattern: "GET /clients/{id}/case/{case}/close", Action: "case.close", Handle: w.caseForm(pages.CloseCase)},
		{Pattern: "POST /clients/{id}/case/{case}/close", Action: "case.close", Handle: w.closeCase},
	}
}

// home leads to what the role starts the day with.
func (w *Work) home(r *site.Request) (site.Answer, error) {
	switch r.Who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
		return site.SeeOther("/log"), nil
	case actor.Administrator:
		return site.SeeOther("/staff"), nil
	case actor.Intake:
		return site.SeeOther("/find"), nil
	}
	return site.SeeOther("/today"), nil
}

func clientID(r *site.Request) (person.ID, error) {
	return record.ParseID[person.Client](r.PathValue("id"))
}

// chart is a read of a chart under way: the parts every tab needs, and the
// view that a tab asks more of.
type chart struct {
	id      person.ID
	view    *record.View
	client  *record.Got[person.Client]
	cases   *record.List[casefile.Case]
	openers func(context.Context, time.Time) ([]inspect.Opener, error)
	// What comes next for the client, of the tabs that show it.
	tasks    *record.List[task.Task]
	meetings *record.List[appointment.Appointment]
}

// comes asks for the client's tasks and appointments to come.
func (w *Work) comes(c *chart) {
	c.tasks, c.meetings = w.Tasks.WantOf(c.view, c.subject()), w.Calendar.WantNext(c.view, c.subject())
}

// begin asks for what stands above every tab.
func (w *Work) begin(r *site.Request) (*chart, error) { return w.beginAs(r, "chart.open") }

// beginAs is begin under an action of its own.
func (w *Work) beginAs(r *site.Request, action string) (*chart, error) {
	return w.beginWith(r, action, w.Cases.WantOf)
}

// beginWith is beginAs that says how much of the cases is wanted.
func (w *Work) beginWith(r *site.Request, action string, cases func(*record.View, person.ID) *record.List[casefile.Case]) (*chart, error) {
	id, err := clientID(r)
	if err != nil {
		return nil, err
	}
	c := &chart{id: id, view: w.Door.View(r.Who, action)}
	c.client = w.Clients.Want(c.view, id)
	c.cases = cases(c.view, id)
	return c, nil
}

// belongs refuses a record that a path looked for in the chart of another client than
// its own. No page compares the two by itself: a record that was joined to another one
// is in the chart of that one too.
func (w *Work) belongs(r *site.Request, chart, of record.Subject, op string) error {
	return w.Door.Belongs(r.Ctx(), r.Who, op, chart, of)
}

func (c *chart) subject() record.Subject { return record.SubjectOf(c.id) }

// badges are the flags of a client as alerts.
func badges(r *site.Request, c person.Client, withDetail bool) []ui.Badge {
	var out []ui.Badge
	today := phi.NewDate(r.Now.Year(), int(r.Now.Month()), r.Now.Day())
	for _, f := range c.Flags {
		if f.Over(today) {
			continue
		}
		b := ui.Badge{Tone: ui.Note, Icon: "flag"}
		switch f.Kind {
		case person.SafetyPlan:
			b = ui.Badge{Tone: ui.Danger, Icon: "shield-alert", Text: phi.NewText(r.T("Safety plan"))}
		case person.Part2:
			b = ui.Badge{Tone: ui.Special, Icon: "lock-keyhole", Text: phi.NewText(r.T("42 CFR Part 2"))}
		case person.Interpreter:
			b = ui.Badge{Tone: ui.Note, Icon: "languages", Text: phi.NewText(r.T("Interpreter"))}
		case person.NoVoicemail:
			b = ui.Badge{Tone: ui.Warning, Icon: "phone", Text: phi.NewText(r.T("No voicemail"))}
		}
		if b.Text.Empty() {
			b.Text = f.Text
		} else if withDetail {
			b.Detail = f.Text
		}
		out = append(out, b)
	}
	if c.Interpreter && !c.Flagged(person.Interpreter) {
		out = append(out, ui.Badge{Tone: ui.Note, Icon: "languages", Text: phi.NewText(r.T("%s interpreter", c.Language.Display.Disclose()))})
	}
	return out
}

// hidden marks the classes that were withheld.
func hidden(set policy.ClassSet) ui.HiddenSet {
	var out ui.HiddenSet
	for _, c := range set.List() {
		out = append(out, ui.Hidden{Class: string(c), Why: "/why"})
	}
	return out
}

func (w *Work) programs(ctx context.Context) map[string]string {
	out := map[string]string{}
	if a, err := w.Org.Directory().Agency(ctx); err == nil {
		for _, p := range a.Programs {
			out[p.Code] = p.Name
		}
	}
	return out
}

func programName(names map[string]string, code string) string {
	if n := names[code]; n != "" {
		return n
	}
	return code
}

// head makes the banner of an opened chart.
func (w *Work) head(r *site.Request, c *chart) pages.Chart {
	v := c.client.Value
	out := pages.Chart{
		Client: ui.Client{ID: c.id.String(), Name: v.ListName(), Number: v.Number},
		Name:   v.FullName(), Preferred: v.Preferred, Initials: v.Initials(), Birth: v.BirthDate, Died: v.DeceasedOn,
		Pronouns: v.Pronouns, Language: v.Language.Display, Alerts: badges(r, v, true), Hidden: hidden(c.client.Withheld),
	}
	if cur, ok := casefile.Current(c.cases.Rows); ok {
		out.Program = phi.NewText(programName(w.programs(r.Ctx()), cur.Value.Program))
	}
	if p, ok := v.PreferredPhone(); ok {
		out.Phone = phoneText(r, p)
	}
	look, err := w.Door.Look(r.Ctx(), r.Who, c.subject())
	may := func(action string, own bool, cs ...policy.Class) bool {
		return err == nil && look.May(action, own, policy.Set(cs...)) == policy.Set(cs...)
	}
	out.MayWrite = may("note.create", true, policy.Note, policy.Case)
	out.MayEdit = may("client.change", false, policy.Identity) || may("client.change", false, policy.Contact)
	if !v.MergedInto.IsZero() {
		out.MergedInto, out.MayWrite, out.MayEdit = v.MergedInto.String(), false, false
	}
	out.MayPrint = may("chart.print", false, policy.Identity)
	tabs := []pages.ChartTab{pages.Overview}
	for _, t := range []struct {
		tab    pages.ChartTab
		action string
		class  policy.Class
	}{
		{pages.NotesTab, "note.find", policy.Case},
		{pages.PlanTab, "plan.find", policy.Plan},
		{pages.AssessTab, "assessment.find", policy.Assessment},
		{pages.Clinical, "clinical.find", policy.Clinical},
		{pages.Documents, "document.find", policy.Document},
		{pages.HomeTab, "household.find", policy.Household},
		{pages.CaseTab, "case.find", policy.Case},
		{pages.ConferencesTab, "conference.find", policy.Case},
		{pages.AccessTab, "log.client", policy.Workforce},
	} {
		if may(t.action, false, t.class) {
			tabs = append(tabs, t.tab)
		}
	}
	out.Tabs = tabs
	if slices.Contains(tabs, pages.Documents) {
		if n, err := w.Documents.Tally(r.Ctx(), r.Who, c.id); err == nil {
			out.Counts = map[pages.ChartTab]int{pages.Documents: int(n)}
		}
	}
	return out
}

func phoneText(r *site.Request, p person.Phone) phi.Text {
	s := p.Number.Disclose()
	switch {
	case p.DoNotUse:
		s += ", " + r.T("do not use")
	case p.TextOnly:
		s += ", " + r.T("text only")
	case p.NoVoicemail:
		s += ", " + r.T("no voicemail")
	}
	return phi.NewText(s)
}

// names resolves workforce ids for a page.
func (w *Work) names(r *site.Request, ids ...string) (map[string]string, error) {
	return w.Org.Directory().Names(r.Ctx(), r.Who, ids)
}

// seen sums up who opened the chart.
func (w *Work) seen(r *site.Request, c *chart, since time.Time) ([]pages.SeenBy, error) {
	os, err := c.openers(r.Ctx(), since)
	if err != nil {
		return nil, err
	}
	return w.seenBy(r, os)
}

func (w *Work) seenBy(r *site.Request, os []inspect.Opener) ([]pages.SeenBy, error) {
	var ids []string
	for _, o := range os {
		ids = append(ids, o.Worker)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return nil, err
	}
	var out []pages.SeenBy
	for _, o := range os {
		s := pages.SeenBy{Name: names[o.Worker], Times: o.Times, Last: o.Last.In(r.Zone), First: o.First.In(r.Zone), You: o.Worker == r.Who.Worker(), Glass: o.Emergency}
		if !strings.HasPrefix(o.Worker, "service:") {
			s.StaffID, s.Role = o.Worker, ui.RoleName(r.Lang, actor.Role(o.Role))
		}
		out = append(out, s)
	}
	return out, nil
}

// nextUp is what is due for a client, soonest first.
func (w *Work) nextUp(r *site.Request, x *chart) []pages.NextUp {
	id := x.id
	out := upcoming(r, x.tasks.Rows, x.meetings.Rows)
	for _, o := range x.cases.Rows {
		c := o.Value
		if !c.IsOpen() {
			continue
		}
		if !c.NextContactOn.Empty() {
			t := c.NextContact
			if t.Empty() {
				t = phi.NewText(r.T("Contact"))
			}
			out = append(out, pages.NextUp{On: inZone(casefile.Midnight(c.NextContactOn), r.Zone), Title: t, URL: "/clients/" + id.String() + "/notes#compose"})
		}
		if !c.PlanReviewOn.Empty() {
			out = append(out, pages.NextUp{On: inZone(casefile.Midnight(c.PlanReviewOn), r.Zone), Title: phi.NewText(r.T("Care plan review")), URL: "/clients/" + id.String() + "/plan"})
		}
	}
	for i := range out {
		for j := i; j > 0 && out[j].On.Before(out[j-1].On); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

// inZone is the same civil day in the agency's zone.
func inZone(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
}

// goals are the goals that somebody works towards.
func goals(r *site.Request, plans []plan.Opened) []pages.Goal {
	var out []pages.Goal
	for _, g := range plan.Worked(plans) {
		out = append(out, goal(r, g))
	}
	return out
}

func goal(r *site.Request, g plan.Goal) pages.Goal {
	t := g.Text
	if !g.Domain.Empty() && t.Empty() {
		t = g.Domain
	}
	out := pages.Goal{Title: t, Detail: g.Note, State: strings.ReplaceAll(g.Status.Disclose(), "-", " ")}
	out.Done, out.Of = g.Counted()
	if g.State != "" {
		out.State = pages.GoalState(r.Lang, g.State)
	}
	if l, ok := g.Latest(); ok {
		out.Detail = l.Words
	}
	return out
}

func page(view func(ui.Frame) templ.Component) (site.Answer, error) { return site.Page(view), nil }
