package work

import (
	"context"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/inspect"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/report"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Uses is what the pages are made of.
type Uses struct {
	Door      *record.Door
	Clients   *person.Clients
	Cases     *casefile.Cases
	Notes     *note.Notes
	Items     *clinical.Items
	Documents *document.Documents
	Plans     *plan.Plans
	Notices   *notice.Notices
	Reports   *report.Reports
	Org       *org.Org
	Inspect   *inspect.Inspect
}

// Work is the handlers.
type Work struct{ Uses }

// New returns the handlers.
func New(u Uses) *Work { return &Work{u} }

// Routes is the part of the route table that is here.
func (w *Work) Routes() []site.Route {
	routes := []site.Route{
		{Pattern: "GET /{$}", Handle: w.home},
		{Pattern: "GET /caseload", Action: "case.find", Handle: w.caseload},
		{Pattern: "POST /caseload", Action: "case.find", Handle: w.caseload},
		{Pattern: "GET /find", Action: "client.find", Handle: w.find},
		{Pattern: "POST /find", Action: "client.find", Handle: w.find},

		{Pattern: "GET /clients/new", Action: "client.create", Handle: w.newClient},
		{Pattern: "POST /clients/new", Action: "client.create", Handle: w.register},
		{Pattern: "GET /clients/{id}/edit", Action: "client.change", Handle: w.editClient},
		{Pattern: "POST /clients/{id}/edit", Action: "client.change", Handle: w.saveClient},

		{Pattern: "GET /clients/{id}", Action: "client.read", Handle: w.overview},
		{Pattern: "GET /clients/{id}/notes", Action: "note.find", Handle: w.notes},
		{Pattern: "GET /clients/{id}/plan", Action: "plan.find", Handle: w.plan},
		{Pattern: "GET /clients/{id}/clinical", Action: "clinical.find", Handle: w.clinical},
		{Pattern: "GET /clients/{id}/documents", Action: "document.find", Handle: w.documents},
		{Pattern: "GET /clients/{id}/documents/{doc}", Action: "document.read", Handle: w.document},
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
		{Pattern: "POST /clients/{id}/notes/{note}/addenda", Action: "note.addend", Handle: w.addend},

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
	routes = append(routes, w.reportsRoutes()...)
	return routes
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
	return site.SeeOther("/caseload"), nil
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
}

// begin asks for what stands above every tab.
func (w *Work) begin(r *site.Request) (*chart, error) { return w.beginAs(r, "chart.open") }

// beginAs is begin under an action of its own.
func (w *Work) beginAs(r *site.Request, action string) (*chart, error) {
	id, err := clientID(r)
	if err != nil {
		return nil, err
	}
	c := &chart{id: id, view: w.Door.View(r.Who, action)}
	c.client = w.Clients.Want(c.view, id)
	c.cases = w.Cases.WantOf(c.view, id)
	return c, nil
}

func (c *chart) subject() record.Subject { return record.SubjectOf(c.id) }

// badges are the flags of a client as alerts.
func badges(r *site.Request, c person.Client, withDetail bool) []ui.Badge {
	var out []ui.Badge
	for _, f := range c.Flags {
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
	out.MayPrint = may("chart.print", false, policy.Identity)
	tabs := []pages.ChartTab{pages.Overview}
	for _, t := range []struct {
		tab    pages.ChartTab
		action string
		class  policy.Class
	}{
		{pages.NotesTab, "note.find", policy.Case}, {pages.PlanTab, "plan.find", policy.Plan}, {pages.Clinical, "clinical.find", policy.Clinical},
		{pages.Documents, "document.find", policy.Document}, {pages.CaseTab, "case.find", policy.Case}, {pages.AccessTab, "log.client", policy.Workforce},
	} {
		if may(t.action, false, t.class) {
			tabs = append(tabs, t.tab)
		}
	}
	out.Tabs = tabs
	return out
}

func phoneText(r *site.Request, p person.Phone) phi.Text {
	s := p.Number.Disclose()
	switch {
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
func (w *Work) nextUp(r *site.Request, id person.ID, cases []casefile.Opened) []pages.NextUp {
	var out []pages.NextUp
	for _, o := range cases {
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

// goals are the goals of the plans in force.
func goals(plans []plan.Opened) []pages.Goal {
	var out []pages.Goal
	for _, o := range plans {
		if !o.Value.Current {
			continue
		}
		for _, g := range o.Value.Goals {
			out = append(out, goal(g))
		}
	}
	return out
}

func goal(g plan.Goal) pages.Goal {
	t := g.Text
	if !g.Domain.Empty() && t.Empty() {
		t = g.Domain
	}
	return pages.Goal{Title: t, Detail: g.Note, Done: g.StepsDone, Of: g.Steps, State: strings.ReplaceAll(g.Status.Disclose(), "-", " ")}
}

func page(view func(ui.Frame) templ.Component) (site.Answer, error) { return site.Page(view), nil }
