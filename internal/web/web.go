// Package web joins the pages into one site: the route table, what stands around
// every page, and how a refusal is explained to the one who got it.
//
// It holds no rule and no template of its own: rules are in policy, templates in
// pages, handlers in account, work and privacy, and the one place that answers
// is site.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/clock"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/filter"
	"caseward/internal/form"
	"caseward/internal/glass"
	"caseward/internal/household"
	"caseward/internal/inspect"
	"caseward/internal/intake"
	"caseward/internal/merge"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phrase"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/obligation"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/rights"
	"caseward/internal/program/sanction"
	"caseward/internal/program/training"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
	"caseward/internal/report"
	"caseward/internal/roster"
	"caseward/internal/staffsync"
	"caseward/internal/standing"
	"caseward/internal/supervision"
	"caseward/internal/task"
	"caseward/internal/trace"
	"caseward/internal/upkeep"
	"caseward/internal/web/account"
	governing "caseward/internal/web/governance"
	"caseward/internal/web/pages"
	"caseward/internal/web/policies"
	"caseward/internal/web/privacy"
	"caseward/internal/web/sanctions"
	"caseward/internal/web/site"
	webtraining "caseward/internal/web/training"
	"caseward/internal/web/ui"
	"caseward/internal/web/vendors"
	"caseward/internal/web/work"
)

// Parts is what the site is made of.
type Parts struct {
	Authn       *authn.Authn
	Door        *record.Door
	Org         *org.Org
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
	Staff       *staffsync.Sync // a list of the workforce as a file
	Tasks       *task.Tasks
	Calendar    *appointment.Appointments
	Feeds       *appointment.Feeds
	Reports     *report.Reports
	Phrases     *phrase.Phrases
	Glass       *glass.Glass
	Inspect     *inspect.Inspect
	Clock       clock.Clock
	Log         *slog.Logger
	Conferences *conference.Conferences
	Filters     *filter.Filters
	Supervision *supervision.Supervision
	Training    *training.Training
	Upkeep      *upkeep.Upkeep
	Standing    *standing.Standing
	Governance  *governance.Governance
	Committees  *governance.Committees
	Sanctions   *sanction.Sanctions
	Figures     *kpi.KPI
	Rights      *rights.Rights
	Policies    *policydoc.Policies
	// Engine has the rules of access in force, which policies repeat in an annex.
	Engine  *policy.Engine
	Vendors *vendor.Vendors
	// ScimKeys are the keys of systems that provision accounts.
	ScimKeys *org.ScimKeys
	Owed     *obligation.Obligations
	Mailed   bool // reminders of what is due go out by mail

	Origin   string
	Provider string // what people call the agency's identity provider
	Proxied  bool
	Demo     bool
	// Verify checks the whole log; nil where that cannot be done here.
	Verify func(ctx context.Context) (privacy.Verified, error)
	// Outside says in how many places the newest checkpoint is kept.
	Outside func() int
	// Ready and Seen are the site's; see [site.Config].
	Ready func(ctx context.Context) error
	Seen  func(site.Seen)
	// Tracer times the parts of requests; nil for nobody.
	Tracer *trace.Tracer
}

// Routes is the whole route table: every page and form there is.
func Routes(p Parts) []site.Route {
	var all []site.Route
	all = append(all, account.New(p.Authn, p.Org, p.Standing, account.Config{Origin: p.Origin, Demo: p.Demo, Provider: p.Provider, First: p.Inspect.FirstAccess, Keys: p.ScimKeys, Staff: p.Staff, Meets: p.Rights.Meets}).Routes()...)
	all = append(all, work.New(work.Uses{
		Door:        p.Door,
		Clients:     p.Clients,
		Cases:       p.Cases,
		Notes:       p.Notes,
		Items:       p.Items,
		Documents:   p.Documents,
		Plans:       p.Plans,
		Notices:     p.Notices,
		Assess:      p.Assess,
		Forms:       p.Forms,
		Intake:      p.Intake,
		Merges:      p.Merges,
		Homes:       p.Homes,
		Rosters:     p.Rosters,
		Tasks:       p.Tasks,
		Calendar:    p.Calendar,
		Feeds:       p.Feeds,
		Origin:      p.Origin,
		Reports:     p.Reports,
		Phrases:     p.Phrases,
		Org:         p.Org,
		Inspect:     p.Inspect,
		Conferences: p.Conferences,
		Filters:     p.Filters,
		Supervision: p.Supervision,
		Owed:        p.Owed,
		Mailed:      p.Mailed,
	}).Routes()...)
	all = append(all, privacy.New(privacy.Uses{
		Inspect: p.Inspect, Glass: p.Glass, Org: p.Org, Clients: p.Clients, Verify: p.Verify, Outside: p.Outside, Upkeep: p.Upkeep, Rights: p.Rights,
	}).Routes()...)
	all = append(all, governing.New(p.Governance, p.Committees, p.Org, p.Figures, p.Policies, p.Sanctions).Routes()...)
	all = append(all, sanctions.New(p.Sanctions, p.Org, p.Policies, p.Training, p.Committees).Routes()...)
	taught := webtraining.New(webtraining.Uses{Training: p.Training, Governance: p.Governance, Org: p.Org})
	all = append(all, taught.Routes()...)
	all = append(all, policies.New(policies.Uses{
		Policies: p.Policies, Org: p.Org, Governance: p.Governance,
		Rules: func() []policy.Rule { return p.Engine.Rules() },
		Rule:  func(id string) pages.Rule { return privacy.Rule(p.Inspect, id) },
	}).Routes()...)
	all = append(all, vendors.New(p.Vendors, p.Org, p.Origin).Routes()...)
	return taught.Asking(all)
}

// New makes the site.
func New(p Parts) http.Handler {
	a := &around{Parts: p}
	return site.New(site.Config{Origin: p.Origin, Demo: p.Demo, Proxied: p.Proxied, Ready: p.Ready, Seen: p.Seen, Tracer: p.Tracer, Policy: governs}, p.Authn, a, p.Clock, p.Log, Routes(p))
}

// governs is the page of the policy that governs the pages of a pattern.
func governs(pattern string) string {
	w, _ := workflowOf(pattern)
	if w == "" {
		return ""
	}
	return "/policies/for/" + w
}

// around is what stands around every page.
type around struct {
	Parts

	mu     sync.Mutex
	agency string
	zone   *time.Location
	until  time.Time // the agency's name and zone are asked for again
}

// agencyFor is how long the agency's name and zone are kept: they are on every
// page and change about never.
const agencyFor = 5 * time.Second

// Menu shows the entries whose first action the asker's role may do at all, and
// counts what waits behind some of them.
func (a *around) Menu(ctx context.Context, who actor.Actor) (func(ui.NavKey) bool, map[ui.NavKey]int, error) {
	may := func(action string, own bool, c policy.Class) bool {
		set, err := a.Door.May(ctx, who, action, record.Subject{}, own, policy.Set(c))
		return err == nil && set != 0
	}
	counts := map[ui.NavKey]int{}
	care := who.Role() == actor.CaseManager || who.Role() == actor.Supervisor || who.Role() == actor.ProgramManager
	show := map[ui.NavKey]bool{
		ui.NavCaseload:    care,
		ui.NavNewClient:   may("client.create", false, policy.Identity),
		ui.NavCoverage:    may("coverage.find", true, policy.Workforce),
		ui.NavGlass:       may("glass.find", true, policy.Program),
		ui.NavLog:         may("log.find", false, policy.Workforce),
		ui.NavWhy:         may("policy.explain_self", true, policy.Program),
		ui.NavPolicies:    true,
		ui.NavRules:       may("policy.read", false, policy.Program),
		ui.NavStaff:       may("staff.find", false, policy.Workforce),
		ui.NavForms:       may("form.change", false, policy.Program),
		ui.NavServer:      may(upkeep.Read, false, policy.Program),
		ui.NavStanding:    true,
		ui.NavDue:         true,
		ui.NavOnboarding:  may("standing.read", false, policy.Workforce),
		ui.NavVendors:     a.Vendors.Sees(who) || a.Vendors.SeesConnected(who),
		ui.NavGovernance:  a.Governance.MayAppoint(who) || a.Committees.Sees(who),
		ui.NavSecurity:    true,
		ui.NavSessions:    true,
		ui.NavQuarantine:  may("quarantine.find", false, policy.Program),
		ui.NavToday:       care || who.Role() == actor.Intake,
		ui.NavCalendar:    care || who.Role() == actor.Intake,
		ui.NavTasks:       care || who.Role() == actor.Intake,
		ui.NavNotices:     care || who.Role() == actor.Intake || who.Role() == actor.PrivacyOfficer || who.Role() == actor.SecurityOfficer || who.Role() == actor.Administrator,
		ui.NavFeed:        may("feed.create", true, policy.Workforce),
		ui.NavReports:     may("report.read", false, policy.Program) || may("export.find", false, policy.Program),
		ui.NavCoSign:      who.Role() == actor.Supervisor,
		ui.NavPhrases:     may("phrase.create", true, policy.Program),
		ui.NavPrograms:    may("agency.program", false, policy.Program),
		ui.NavSupervision: who.Role() == actor.Supervisor || who.Role() == actor.ProgramManager,
		ui.NavBalance:     who.Role() == actor.Supervisor || who.Role() == actor.ProgramManager,
	}
	if n, err := a.Training.Tally(ctx, who); err != nil {
		return nil, nil, err
	} else if show[ui.NavTraining] = true; n > 0 {
		counts[ui.NavTraining] = int(n)
	}
	if show[ui.NavToday] {
		_, zone := a.Agency(ctx)
		now := a.Clock.Now().In(zone)
		for _, x := range []struct {
			key   ui.NavKey
			tally func() (int64, error)
		}{
			{ui.NavTasks, func() (int64, error) { return a.Tasks.Tally(ctx, who, now) }},
			{ui.NavCalendar, func() (int64, error) { return a.Calendar.Tally(ctx, who, now) }},
			{ui.NavNotices, func() (int64, error) { return a.Notices.Tally(ctx, who) }},
		} {
			n, err := x.tally()
			if err != nil {
				return nil, nil, err
			}
			counts[x.key] = int(n)
		}
	} else if show[ui.NavNotices] {
		n, err := a.Notices.Tally(ctx, who)
		if err != nil {
			return nil, nil, err
		}
		counts[ui.NavNotices] = int(n)
	}
	if care {
		owner := who.Worker()
		if who.Role() != actor.CaseManager {
			owner = ""
		}
		n, err := a.Cases.Tally(ctx, who, owner)
		if err != nil {
			return nil, nil, err
		}
		counts[ui.NavCaseload] = int(n)
	}
	if who.Role() == actor.CaseManager || who.Role() == actor.Supervisor {
		// Offers are there for a few days; the entry is there while one is.
		n, err := a.Cases.TallyOffers(ctx, who)
		if err != nil {
			return nil, nil, err
		}
		show[ui.NavOffers], counts[ui.NavOffers] = n > 0, int(n)
	}
	if who.Role() == actor.PrivacyOfficer || who.Role() == actor.Supervisor {
		n, err := a.Parts.Glass.Tally(ctx, who)
		if err != nil {
			return nil, nil, err
		}
		counts[ui.NavGlass] = int(n)
	}
	if show[ui.NavQuarantine] {
		n, err := a.Documents.WaitingTally(ctx, who)
		if err != nil {
			return nil, nil, err
		}
		counts[ui.NavQuarantine] = int(n)
	}
	if show[ui.NavCoSign] {
		n, err := a.Notes.TallyAwaiting(ctx, who)
		if err != nil {
			return nil, nil, err
		}
		counts[ui.NavCoSign] = int(n)
	}
	return func(k ui.NavKey) bool { return show[k] }, counts, nil
}

// inMenu is how many saved filters stand in the menu; all are on the caseload's page.
const inMenu = 6

// Saved lists the asker's saved filters for the menu, by name.
func (a *around) Saved(ctx context.Context, who actor.Actor, at *url.URL) ([]ui.MenuItem, error) {
	rows, err := a.Filters.Menu(ctx, who)
	if err != nil {
		return nil, err
	}
	shown := ""
	if at.Path == "/caseload" {
		shown = at.Query().Get("saved")
	}
	var out []ui.MenuItem
	for i, o := range rows {
		// What is shown is always there, also where there are too many.
		now := shown == o.ID.String()
		if i < inMenu || now {
			out = append(out, ui.MenuItem{Text: ui.Show(o.Value.Name), URL: work.FilterPath(o), Now: now})
		}
	}
	return out, nil
}

// Glass lists the emergency accesses the asker holds now. It is read from the
// facts, so the banner on every page opens no record.
func (a *around) Glass(ctx context.Context, who actor.Actor) ([]ui.Glass, error) {
	es, err := a.Door.Emergencies(ctx, who)
	if err != nil {
		return nil, err
	}
	_, zone := a.Agency(ctx)
	var out []ui.Glass
	for _, e := range es {
		out = append(out, ui.Glass{ID: e.Record, ClientID: e.Subject.String(), Until: e.Until.In(zone)})
	}
	return out, nil
}

// Strips says what the asker must make good, soon or at once, and to officers and
// administrators what the agency must. It is worked out from facts, so it opens no
// record.
func (a *around) Strips(ctx context.Context, who actor.Actor, lang ui.Lang) ([]ui.Strip, error) {
	_, zone := a.Agency(ctx)
	var out []ui.Strip
	stops, next, err := a.Standing.Next(ctx, who)
	switch {
	case err != nil:
		return nil, err
	case stops:
		out = append(out, ui.Strip{Tone: ui.Danger, Text: ui.T(lang, "Part of your work is closed to you."), URL: ui.StandingURL, Link: ui.T(lang, "See what is missing, and make it good.")})
	case !next.IsZero() && next.Sub(a.Clock.Now()) <= soon:
		out = append(out, ui.Strip{Tone: ui.Warning, Text: ui.T(lang, "Something your role requires is to be done by %s.", ui.DayYear(lang, next.In(zone))), URL: ui.StandingURL, Link: ui.T(lang, "See what it is.")})
	}
	if x, is := a.ahead(who, lang, zone); is {
		out = append(out, x)
	}
	// It never stands before an emergency: it comes after, and waits.
	if waits, err := a.Training.Waiting(ctx, who, training.AfterGlass); err != nil {
		return out, err
	} else if waits {
		out = append(out, ui.Strip{Tone: ui.Note, Text: ui.T(lang, "You opened a record in an emergency. One short question about it waits for you, whenever you have a moment."), URL: "/training/questions/" + string(training.AfterGlass), Link: ui.T(lang, "Answer it")})
	}
	switch who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Administrator:
	default:
		return out, nil
	}
	// 45 CFR 164.530(a)(1)(i), 164.308(a)(2)
	states, err := a.Governance.Now(ctx, who)
	if err != nil {
		return out, err
	}
	for _, s := range states {
		x := ui.Strip{Link: ui.T(lang, "See and mend it"), URL: "/governance"}
		switch title := ui.T(lang, s.Function.English()); {
		case !s.Vacant.IsZero():
			x.Tone, x.Text = ui.Danger, ui.T(lang, "%s: nobody is designated.", title)
		case !s.Ends.IsZero():
			x.Tone, x.Text = ui.Warning, ui.T(lang, "%s: the designation ends %s, and nobody follows.", title, ui.DayYear(lang, s.Ends.In(zone)))
		default:
			continue
		}
		out = append(out, x)
	}
	return out, nil
}

// ahead says what changes soon of the asker's own role, programs or supervisor.
func (a *around) ahead(who actor.Actor, lang ui.Lang, zone *time.Location) (x ui.Strip, is bool) {
	all := a.Org.Directory().Ahead(who.Worker())
	if len(all) == 0 {
		return x, false
	}
	n := all[0]
	day := func(t time.Time) string { return ui.DayYear(lang, t.In(zone)) }
	when := n.From
	last := day(n.Until.Add(-time.Microsecond))
	switch {
	case n.Begun && n.Role == nil:
		x.Text = ui.T(lang, "Until %s your programs or your supervisor are others than before.", last)
	case n.Begun:
		x.Text = ui.T(lang, "Until %s you work as %s, then again as %s.", last, ui.RoleName(lang, who.Role()), ui.RoleName(lang, *n.Role))
	case n.Role == nil:
		x.Text = ui.T(lang, "From %s your programs or your supervisor change.", day(when))
	case n.Until.IsZero():
		x.Text = ui.T(lang, "From %s you work as %s.", day(when), ui.RoleName(lang, *n.Role))
	default:
		x.Text = ui.T(lang, "From %s until %s you work as %s.", day(when), last, ui.RoleName(lang, *n.Role))
	}
	x.Tone, x.URL, x.Link = ui.Note, "/staff/"+who.Worker(), ui.T(lang, "See what changes")
	return x, when.Sub(a.Clock.Now()) <= soon
}

// soon is how long before something stops the strip says so.
const soon = 14 * 24 * time.Hour

// Agency names the agency and its time zone.
func (a *around) Agency(ctx context.Context) (string, *time.Location) {
	now := a.Clock.Now()
	a.mu.Lock()
	name, zone, fresh := a.agency, a.zone, now.Before(a.until)
	a.mu.Unlock()
	if fresh {
		return name, zone
	}
	v, err := a.Org.Directory().Agency(ctx)
	if err != nil || v.Name == "" {
		if zone != nil {
			return name, zone // as they were last known
		}
		if err != nil {
			a.Log.WarnContext(ctx, "the agency's settings cannot be read: times are shown in UTC", "kind", fault.KindOf(err).String())
		}
		return "Caseward", time.UTC
	}
	zone = v.Zone()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.zone == nil && zone == time.UTC && v.TimeZone != "UTC" {
		// It was known when it was set: this machine's list of zones is another.
		a.Log.ErrorContext(ctx, "this machine does not know the agency's time zone: times are shown in UTC", "zone", v.TimeZone)
	}
	a.agency, a.zone, a.until = v.Name, zone, now.Add(agencyFor)
	return a.agency, a.zone
}

// Refusal explains a refusal: the rules that refused, and what would help.
func (a *around) Refusal(_ context.Context, who actor.Actor, err error) pages.DeniedPage {
	var e *fault.Error
	p := pages.DeniedPage{Why: "/why"}
	if !errors.As(err, &e) {
		return p
	}
	p.Action = e.Op
	for _, id := range e.Reasons {
		switch id {
		case "csrf", "cross-origin":
			p.Todo = append(p.Todo, pages.Todo{Text: "The form was too old or did not come from this site. Load the page again and send it once more."})
		case "class-withheld":
			p.Todo = append(p.Todo, pages.Todo{Text: "Part of this record is not shown to you, so you can’t change it."})
		default:
			if _, ok := a.Inspect.Rule(id); ok {
				p.Rules = append(p.Rules, privacy.Rule(a.Inspect, id))
			}
		}
	}
	if e.Mend == fault.StepUp {
		p.Todo = append(p.Todo, pages.Todo{Text: "This needs a fresh proof that it is you.", URL: "/stepup", Link: "Prove it now"})
	}
	return p
}
