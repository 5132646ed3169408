package ui

import (
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/phi"
)

// Frame is what a request brings to every page, whatever the page shows. The
// page itself says its title, its place in the menu and its crumbs ([Head]).
type Frame struct {
	Lang   Lang
	Nonce  string // of this response; the same as in the Content-Security-Policy header
	CSRF   string // goes into every form as the field "csrf"
	Agency string // name of the agency, from its settings
	Path   string // path and query of this page, where small forms come back to (field "next")
	// Policy is where the policy that governs this page is read; empty if none is meant to.
	Policy string
	// Now is when the page is made, in the agency's time zone. Every other time
	// given to a page is in that zone too.
	Now time.Time

	Worker Worker // zero where nobody is signed in
	Menu   []MenuGroup
	// Bell shows the way to the worker's notices, and Unread how many they have
	// not seen.
	Bell   bool
	Unread int

	Purpose  actor.Purpose   // of use, as chosen for this session
	Purposes []actor.Purpose // that can be chosen; fewer than two hides the choice

	Flash *Flash // what was just done, said once
	// Strips are said above every page until they are mended.
	Strips []Strip
	Glass  []Glass
	Demo   bool // a fictional agency: says so on every page
	// Tour is where the reader is in the tour of the demonstration; nil outside it.
	Tour *TourStep
	// SteppedUpUntil is when the fresh proof of who this is runs out; zero if
	// there is none.
	SteppedUpUntil time.Time

	Theme   string // "light", "dark" or "" for the system's; cookie "theme"
	Density string // "compact" or ""
	NoKeys  bool   // single-key shortcuts are switched off (WCAG 2.1.4)
	// WarnAfter and LockAfter are how long a page rests before it warns and
	// before it hides itself; zero means 13 and 15 minutes (45 CFR
	// 164.312(a)(2)(iii)).
	WarnAfter, LockAfter time.Duration
}

// policyURL leads to the policy for this page, and from there back.
func (f Frame) policyURL() templ.SafeURL {
	return templ.SafeURL(f.Policy + "?back=" + url.QueryEscape(f.Path))
}

// Worker is who is signed in.
type Worker struct {
	Name string // "Jordan Avery"
	Role actor.Role
	Also actor.Role // another role they can work in instead; empty for none
}

// Flash is one sentence about what was just done.
type Flash struct {
	Tone Tone
	Text string // already in the language of the page
}

// Strip is something wrong with the agency, for whoever can mend it: said above every
// page, with the way to mend it. Its texts are in the language of the page.
type Strip struct {
	Tone      Tone
	Text      string
	Link, URL string
}

// StandingURL is where people see what their role requires of them.
const StandingURL = "/standing"

// Closed reports whether something the reader must make good keeps them from records.
func (f Frame) Closed() bool {
	return slices.ContainsFunc(f.Strips, func(s Strip) bool { return s.URL == StandingURL && s.Tone == Danger })
}

// TourStep is a step of the tour of the demonstration: what to try, and where.
type TourStep struct {
	N, Of       int // N is 0 while the tour is offered
	Title, Text string
	URL         string // where it is tried
}

// Glass is an emergency access in force (45 CFR 164.312(a)(2)(ii)).
type Glass struct {
	ID       string // of the grant; ended by POST /break-glass/{id}/end
	ClientID string
	Client   phi.Text // name, or empty where the scope does not cover it
	Number   phi.Text
	Until    time.Time
}

// Client is whose chart a page shows. It stays in the sticky bar on every page
// of the chart, so that nobody writes into the wrong one.
type Client struct {
	ID     string   // the record's id, in paths; never the client number
	Name   phi.Text // "Ibáñez, Marisol"; empty where the role may not see it
	Number phi.Text // "C-20417"
}

// Head is what a page says about itself. Title and Crumbs of a chart hold no
// name: titles stay in the browser's history.
type Head struct {
	Title  string
	Nav    NavKey
	Crumbs []Crumb // before the last one, which is the title or the client
	Client *Client
	PHI    bool // the printed page carries the confidentiality line
	// Passkeys: the page makes or asks for one, and needs the script for it.
	Passkeys bool
}

// Crumb is a step on the way to a page.
type Crumb struct{ Text, URL string }

// Tone colours a part. It never speaks alone: an icon or words come with it.
type Tone string

// The tones. Special is for specially protected records (42 CFR Part 2,
// psychotherapy notes) and nothing else.
const (
	Plain   Tone = "plain"
	Good    Tone = "ok"
	Note    Tone = "info"
	Warning Tone = "warn"
	Danger  Tone = "danger"
	Special Tone = "priv"
)

func (t Tone) class() string {
	if t == "" {
		t = Plain
	}
	return "t-" + string(t)
}

func (t Tone) icon() string {
	switch t {
	case Good:
		return "circle-check"
	case Warning:
		return "triangle-alert"
	case Danger:
		return "circle-alert"
	case Special:
		return "lock-keyhole"
	}
	return "info"
}

// NavKey names an entry of the menu.
type NavKey string

// The entries of the menu.
const (
	NavCaseload    NavKey = "caseload"
	NavNewClient   NavKey = "new-client"
	NavCoverage    NavKey = "coverage"
	NavGlass       NavKey = "glass"
	NavLog         NavKey = "log"
	NavWhy         NavKey = "why"
	NavRules       NavKey = "rules"
	NavPolicies    NavKey = "policies"
	NavStaff       NavKey = "staff"
	NavForms       NavKey = "forms"
	NavSecurity    NavKey = "security"
	NavSessions    NavKey = "sessions"
	NavQuarantine  NavKey = "quarantine"
	NavToday       NavKey = "today"
	NavDue         NavKey = "due"
	NavCalendar    NavKey = "calendar"
	NavTasks       NavKey = "tasks"
	NavNotices     NavKey = "notices" // the bell in the bar at the top
	NavFeed        NavKey = "feed"
	NavReports     NavKey = "reports"
	NavCoSign      NavKey = "cosign"
	NavPhrases     NavKey = "phrases"
	NavPrograms    NavKey = "programs"
	NavOffers      NavKey = "offers"
	NavSupervision NavKey = "supervision"
	NavBalance     NavKey = "balance"
	NavServer      NavKey = "server"
	NavStanding    NavKey = "standing"
	NavGovernance  NavKey = "governance"
	NavTraining    NavKey = "training"
	NavOnboarding  NavKey = "onboarding"
	NavVendors     NavKey = "vendors"
)

// MenuGroup is a headed part of the menu.
type MenuGroup struct {
	Title string
	Items []MenuItem
}

// MenuItem is an entry of the menu; Count is what waits there, 0 shows nothing.
type MenuItem struct {
	Key   NavKey
	Text  string
	URL   string
	Icon  string
	Count int
	Hot   bool // the count is a duty with a clock running
	Under []MenuItem
	Now   bool // it is what the page shows, of those under an entry
}

// Saved puts ways to look at the caseload under its entry; one of them may be what
// the page shows.
func (f *Frame) Saved(ways []MenuItem) {
	for _, g := range f.Menu {
		for i := range g.Items {
			if g.Items[i].Key == NavCaseload {
				g.Items[i].Under = ways
			}
		}
	}
}

// under reports whether the page shows one of those under an entry.
func (it MenuItem) under() bool {
	return slices.ContainsFunc(it.Under, func(x MenuItem) bool { return x.Now })
}

// Menu builds the menu from the entries that show lets through, with counts of
// what waits. Groups left empty are dropped.
func Menu(lang Lang, show func(NavKey) bool, counts map[NavKey]int) []MenuGroup {
	all := []MenuGroup{
		{T(lang, "Work"), []MenuItem{
			{Key: NavToday, Text: T(lang, "Today"), URL: "/today", Icon: "sun"},
			{Key: NavDue, Text: T(lang, "What is due"), URL: "/due", Icon: "clipboard-list"},
			{Key: NavCalendar, Text: T(lang, "Calendar"), URL: "/calendar", Icon: "calendar-days"},
			{Key: NavTasks, Text: T(lang, "Tasks"), URL: "/tasks", Icon: "list-checks", Hot: true},
			{Key: NavCaseload, Text: T(lang, "Caseload"), URL: "/caseload", Icon: "users-round"},
			{Key: NavOffers, Text: T(lang, "Offered to me"), URL: "/offers", Icon: "share-2", Hot: true},
			{Key: NavSupervision, Text: T(lang, "Supervision"), URL: "/supervision", Icon: "users"},
			{Key: NavBalance, Text: T(lang, "Caseload balance"), URL: "/supervision/balance", Icon: "chart-column"},
			{Key: NavNewClient, Text: T(lang, "New client"), URL: "/clients/new", Icon: "user-plus"},
			{Key: NavCoSign, Text: T(lang, "Co-sign"), URL: "/cosign", Icon: "signature", Hot: true},
			{Key: NavPhrases, Text: T(lang, "Phrases"), URL: "/phrases", Icon: "quote"},
			{Key: NavCoverage, Text: T(lang, "Coverage"), URL: "/coverage", Icon: "hand-helping"},
			{Key: NavReports, Text: T(lang, "Reports"), URL: "/reports", Icon: "chart-column"},
			{Key: NavTraining, Text: T(lang, "Training"), URL: "/training", Icon: "lightbulb", Hot: true},
		}},
		{T(lang, "Privacy"), []MenuItem{
			{Key: NavGlass, Text: T(lang, "Emergency access"), URL: "/break-glass", Icon: "siren", Hot: true},
			{Key: NavLog, Text: T(lang, "Access log"), URL: "/log", Icon: "scroll-text"},
			{Key: NavWhy, Text: T(lang, "Why can, why can’t"), URL: "/why", Icon: "scale"},
			{Key: NavRules, Text: T(lang, "Access rules"), URL: "/rules", Icon: "book-open"},
			{Key: NavGovernance, Text: T(lang, "Governance"), URL: "/governance", Icon: "shield-check"},
			{Key: NavPolicies, Text: T(lang, "Policies"), URL: "/policies", Icon: "file-text", Hot: true},
			{Key: NavVendors, Text: T(lang, "Vendors"), URL: "/vendors", Icon: "building-2"},
		}},
		{T(lang, "Agency"), []MenuItem{
			{Key: NavStaff, Text: T(lang, "Staff"), URL: "/staff", Icon: "id-card"},
			{Key: NavOnboarding, Text: T(lang, "Onboarding"), URL: "/onboarding", Icon: "user-check"},
			{Key: NavForms, Text: T(lang, "Forms"), URL: "/settings/forms", Icon: "clipboard-list"},
			{Key: NavQuarantine, Text: T(lang, "Quarantine"), URL: "/quarantine", Icon: "shield-alert", Hot: true},
			{Key: NavPrograms, Text: T(lang, "Programs"), URL: "/settings/programs", Icon: "layers"},
			{Key: NavServer, Text: T(lang, "Server"), URL: "/server", Icon: "gauge"},
		}},
		{T(lang, "My account"), []MenuItem{
			{Key: NavStanding, Text: T(lang, "What you must have"), URL: "/standing", Icon: "list-checks"},
			{Key: NavSecurity, Text: T(lang, "Sign-in and security"), URL: "/account/security", Icon: "fingerprint"},
			{Key: NavSessions, Text: T(lang, "Where I’m signed in"), URL: "/account/sessions", Icon: "monitor"},
			{Key: NavFeed, Text: T(lang, "Calendar feed"), URL: "/account/calendar", Icon: "calendar-clock"},
		}},
	}
	groups := []MenuGroup{}
	for _, g := range all {
		kept := []MenuItem{}
		for _, it := range g.Items {
			if show(it.Key) {
				it.Count = counts[it.Key]
				kept = append(kept, it)
			}
		}
		if len(kept) > 0 {
			groups = append(groups, MenuGroup{g.Title, kept})
		}
	}
	return groups
}

// T is [T] in the language of the frame.
func (f Frame) T(source string, args ...any) string { return T(f.Lang, source, args...) }

// N is [N] in the language of the frame.
func (f Frame) N(n int, one, many string) string { return N(f.Lang, n, one, many) }

// SteppedUp reports whether the fresh proof of who this is still holds.
func (f Frame) SteppedUp() bool { return f.SteppedUpUntil.After(f.Now) }

func (f Frame) seconds(d, otherwise time.Duration) int {
	if d == 0 {
		d = otherwise
	}
	return int(d / time.Second)
}

func (f Frame) lang() Lang {
	if f.Lang == Spanish {
		return Spanish
	}
	return English
}

// Policy returns the Content-Security-Policy every page is made for. Nothing
// but the frame's nonce varies; without one no script runs.
func Policy(nonce string) string {
	scripts := "'none'"
	if nonce != "" {
		scripts = "'nonce-" + nonce + "'"
	}
	return "default-src 'none'; script-src " + scripts + "; style-src 'self'; img-src 'self'; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types htmx"
}

func (f Frame) other() Lang {
	if f.Lang == Spanish {
		return English
	}
	return Spanish
}

func (f Frame) otherName() string {
	if f.Lang == Spanish {
		return "English"
	}
	return "Español"
}

// Other is the language the page can be changed to, and its own name for itself.
func (f Frame) Other() (Lang, string) { return f.other(), f.otherName() }

func keys(f Frame) string {
	if f.NoKeys {
		return "off"
	}
	return "on"
}
