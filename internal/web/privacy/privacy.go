package privacy

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/glass"
	"caseward/internal/inspect"
	"caseward/internal/order"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/rights"
	"caseward/internal/record"
	"caseward/internal/upkeep"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Uses is what the pages are made of.
type Uses struct {
	Inspect *inspect.Inspect
	Glass   *glass.Glass
	Org     *org.Org
	Clients *person.Clients
	// Verify checks the whole log against its signed checkpoints, as the
	// offline checker does. Nil where it cannot be done here.
	Verify func(ctx context.Context) (Verified, error)
	// Outside says in how many places outside the newest checkpoint is kept.
	Outside func() int
	Upkeep  *upkeep.Upkeep
	Rights  *rights.Rights
}

// Verified is what a check of the log found.
type Verified struct {
	At   time.Time
	Size int64
	Good bool
	Says string // the first fault, in English; empty if there is none
}

// Privacy is the handlers.
type Privacy struct {
	Uses

	mu   sync.Mutex
	last Verified
}

// New returns the handlers.
func New(u Uses) *Privacy { return &Privacy{Uses: u} }

// Routes is the part of the route table that is here.
func (p *Privacy) Routes() []site.Route {
	return append(p.rightsRoutes(), []site.Route{
		{Pattern: "GET /log", Action: "log.find", Handle: p.log},
		{Pattern: "POST /log", Action: "log.find", Handle: p.log},
		{Pattern: "POST /log/verify", Action: "log.verify", Handle: p.verify},
		{Pattern: "GET /staff/{id}/activity", Action: "log.worker", Handle: p.worker},
		{Pattern: "GET /why", Action: "policy.explain_self", Handle: p.whyForm},
		{Pattern: "POST /why", Action: "policy.explain_self", Handle: p.why},
		{Pattern: "GET /server", Action: upkeep.Read, Handle: p.server},
		{Pattern: "GET /rules", Action: "policy.read", Handle: p.rules},
		{Pattern: "GET /break-glass", Action: "glass.find", Handle: p.glassList},
		{Pattern: "GET /break-glass/new", Action: "glass.break", Handle: p.glassForm},
		{Pattern: "POST /break-glass/new", Action: "glass.break", Handle: p.breakGlass, Risk: "glass"},
		{Pattern: "GET /break-glass/{id}", Action: "glass.read", Handle: p.glassRead},
		{Pattern: "POST /break-glass/{id}/review", Action: "glass.review", Handle: p.review},
		{Pattern: "POST /break-glass/{id}/end", Action: "glass.end", Handle: p.end},
	}...)
}

// Entries turns entries of the log into rows of a page: names of the workforce
// from the directory, client numbers from numbers where the reader may know
// them, rules in their English.
func Entries(ctx context.Context, who actor.Actor, in *inspect.Inspect, dir *org.Directory, es []audit.Logged, numbers map[string]phi.Text, zone *time.Location) ([]pages.LogEntry, error) {
	var ids []string
	for _, e := range es {
		ids = append(ids, e.Who.Worker, e.Detail["worker"])
	}
	names, err := dir.Names(ctx, who, ids)
	if err != nil {
		return nil, err
	}
	out := make([]pages.LogEntry, 0, len(es))
	for _, e := range es {
		x := pages.LogEntry{
			Number: e.Position, At: e.At.In(zone), Who: names[e.Who.Worker], Role: actor.Role(e.Who.Role), Purpose: actor.Purpose(e.Who.Purpose),
			Action: e.Action, Outcome: outcome(e.Outcome), Hash: hex.EncodeToString(e.LeafHash[:]),
		}
		if !strings.HasPrefix(e.Who.Worker, "service:") {
			x.WhoID = e.Who.Worker
		}
		clients := map[string]bool{}
		classes, withheld := map[string]bool{}, map[string]bool{}
		for _, t := range e.Touched {
			if t.Subject != "" {
				clients[t.Subject] = true
				if x.ClientID == "" || (x.Client.Empty() && !numbers[t.Subject].Empty()) {
					x.ClientID, x.Client = t.Subject, numbers[t.Subject]
					if x.Client.Empty() {
						// Whom this is the reader may not know, or nobody any
						// more: the log's own id still tells clients apart.
						x.Client = phi.NewText(t.Subject[:8] + "…")
					}
				}
			}
			if t.ID != "" {
				x.Records = append(x.Records, t.Kind+" "+t.ID)
			}
			for _, c := range t.Classes {
				classes[c] = true
			}
			for _, c := range t.Withheld {
				withheld[c] = true
			}
		}
		x.Others = max(0, len(clients)-1)
		for _, c := range policy.Classes() {
			if classes[string(c)] {
				x.Classes = append(x.Classes, string(c))
			}
			if withheld[string(c)] && !classes[string(c)] {
				x.Withheld = append(x.Withheld, string(c))
			}
		}
		for _, id := range e.Rules {
			x.Rules = append(x.Rules, Rule(in, id))
		}
		keys := make([]string, 0, len(e.Detail))
		for k := range e.Detail {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			v := e.Detail[k]
			if k == "worker" && names[v] != "" {
				v = names[v]
			}
			x.Detail = append(x.Detail, ui.Fact{Label: k, Value: phi.NewText(v)})
		}
		out = append(out, x)
	}
	return out, nil
}

func outcome(o audit.Outcome) pages.Outcome {
	switch o {
	case audit.Refused:
		return pages.Refused
	case audit.Failed:
		return pages.Failed
	}
	return pages.Allowed
}

// Rule is a rule as a page shows it. A rule no longer in force keeps its id.
func Rule(in *inspect.Inspect, id string) pages.Rule {
	r, ok := in.Rule(id)
	if !ok {
		return pages.Rule{ID: id, Sentence: id}
	}
	return ruleOf(r)
}

func ruleOf(r policy.Rule) pages.Rule {
	out := pages.Rule{ID: r.ID, Sentence: r.English, Cite: strings.Join(r.Cites, "; "), Practice: !r.Law, Forbids: r.Forbids, Actions: r.Actions}
	// Whom and what a rule speaks of is read off its own text: roles and
	// classes are enum entities there, so nothing else can look like one.
	for _, role := range actor.Roles() {
		if strings.Contains(r.Text, `Role::"`+string(role)+`"`) {
			out.Roles = append(out.Roles, role)
		}
	}
	for _, c := range policy.Classes() {
		if strings.Contains(r.Text, `Class::"`+string(c)+`"`) {
			out.Classes = append(out.Classes, string(c))
		}
	}
	return out
}

// staff lists the workforce as options of a form.
func (p *Privacy) staff(r *site.Request) ([]ui.Option, map[string]org.Staff, error) {
	l, err := p.Org.Staff(r.Ctx(), r.Who, org.StaffQuery{All: true, Limit: 500})
	if err != nil {
		return nil, nil, err
	}
	by := map[string]org.Staff{}
	var out []ui.Option
	for _, s := range l.Rows {
		by[s.ID.String()] = s.Value
		out = append(out, ui.Option{Value: s.ID.String(), Text: s.Value.Name().Disclose()})
	}
	order.By(out, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	return out, by, nil
}

// subject finds a client by number under the reader's own rights. found is
// false for a number nobody has and for a client the reader may not know of.
func (p *Privacy) subject(r *site.Request, number phi.Text) (s record.Subject, found bool, err error) {
	if id, err := record.ParseSubject(number.Disclose()); err == nil {
		return id, true, nil // an id out of the log, which the log gave
	}
	f, err := p.Clients.Find(r.Ctx(), r.Who, number, "", 2)
	if err != nil {
		return record.Subject{}, false, err
	}
	for _, row := range f.Rows {
		if strings.EqualFold(strings.TrimSpace(number.Disclose()), row.Value.Number.Disclose()) {
			return record.SubjectOf(row.ID), true, nil
		}
	}
	return record.Subject{}, false, nil
}

func day(s string, zone *time.Location, next bool) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	t, err := time.ParseInLocation("2006-01-02", s, zone)
	if err != nil {
		return time.Time{}, false
	}
	if next {
		t = t.AddDate(0, 0, 1)
	}
	return t, true
}

// kinds are the beginnings of actions that the explorer offers.
func kinds(r *site.Request) []ui.Option {
	return []ui.Option{
		{Value: "chart.", Text: r.T("Charts opened")}, {Value: "client.", Text: r.T("Client records")}, {Value: "note.", Text: r.T("Notes")},
		{Value: "case.", Text: r.T("Cases")}, {Value: "document.", Text: r.T("Documents")}, {Value: "glass.", Text: r.T("Emergency access")},
		{Value: "log.", Text: r.T("Questions to the log")}, {Value: "signin.", Text: r.T("Signing in")}, {Value: "session.", Text: r.T("Sessions")},
		{Value: "staff.", Text: r.T("Staff")}, {Value: "policy.", Text: r.T("Questions why")}, {Value: "import.", Text: r.T("Imports")},
	}
}

func (p *Privacy) log(r *site.Request) (site.Answer, error) {
	page := pages.LogPage{Form: r.Posted(nil), Actions: kinds(r)}
	q := inspect.Query{Worker: r.Value("worker"), Action: r.Value("action"), Purpose: r.Value("purpose")}
	switch r.Value("outcome") {
	case "allowed":
		q.Outcome = audit.Allowed
	case "refused":
		q.Outcome = audit.Refused
	case "failed":
		q.Outcome = audit.Failed
	}
	var ok bool
	if q.Since, ok = day(r.Value("from"), r.Zone, false); !ok {
		page.Form.Fail("from", r.T("Enter a date."))
	}
	if q.Until, ok = day(r.Value("to"), r.Zone, true); !ok {
		page.Form.Fail("to", r.T("Enter a date."))
	}
	none := false
	if number := r.Text("client"); !number.Empty() {
		s, found, err := p.subject(r, number)
		if err != nil {
			return site.Answer{}, err
		}
		q.Subject, none = s, !found
	}
	q.Before = place(r.Value("page"))
	for _, v := range []string{q.Worker, q.Action, q.Purpose, r.Value("outcome"), r.Value("from"), r.Value("to"), r.Value("client")} {
		page.Filtered = page.Filtered || v != ""
	}
	found, err := p.Inspect.Explore(r.Ctx(), r.Who, q)
	if err != nil {
		return site.Answer{}, err
	}
	if none {
		found = inspect.Page{}
	}
	workers, _, err := p.staff(r)
	if err != nil {
		return site.Answer{}, err
	}
	page.Workers = workers
	if page.Entries, err = Entries(r.Ctx(), r.Who, p.Inspect, p.Org.Directory(), found.Entries, found.Numbers, r.Zone); err != nil {
		return site.Answer{}, err
	}
	page.Older = placeText(found.Older)
	if !found.Back.IsZero() {
		page.Back = found.Back.In(r.Zone)
	}
	if !page.Filtered && q.Before == 0 {
		page.Verify = p.panel(r, found.Head)
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Log(f, page) }), nil
}

func place(s string) int64 {
	var n int64
	for _, c := range s {
		if c < '0' || c > '9' || n > 1<<58 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

func placeText(n int64) string {
	if n == 0 {
		return ""
	}
	var b []byte
	for ; n > 0; n /= 10 {
		b = append(b, byte('0'+n%10))
	}
	slices.Reverse(b)
	return string(b)
}

// panel says how whole the log is known to be; nil for whoever may not know.
func (p *Privacy) panel(r *site.Request, h *audit.Head) *pages.VerifyPanel {
	if h == nil {
		return nil
	}
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	v := &pages.VerifyPanel{
		Good: h.Err == nil && (last.At.IsZero() || last.Good), Size: h.Size, Root: base64.StdEncoding.EncodeToString(h.Root[:]),
		Checkpoint: h.SignedAt.In(r.Zone), VerifiedSize: last.Size, Says: last.Says, MayVerify: p.Verify != nil,
	}
	if !last.At.IsZero() {
		v.Verified = last.At.In(r.Zone)
	}
	if h.Err != nil {
		v.Says = "The log is written, but it is not being put into its tree. Tell whoever runs the server."
	}
	if p.Outside != nil {
		v.Witnesses = p.Outside()
	}
	return v
}

func (p *Privacy) verify(r *site.Request) (site.Answer, error) {
	if _, err := p.Inspect.Head(r.Ctx(), r.Who); err != nil {
		return site.Answer{}, err
	}
	if p.Verify == nil {
		return site.SeeOther("/log"), nil
	}
	v, err := p.Verify(r.Ctx())
	if err != nil {
		return site.Answer{}, err
	}
	p.mu.Lock()
	p.last = v
	p.mu.Unlock()
	a := site.SeeOther("/log")
	if v.Good {
		return a.Saying(ui.Good, "The log was checked from the first entry to the last: it is whole."), nil
	}
	return a.Saying(ui.Danger, "The log does not verify. Keep this machine as it is and call the security officer."), nil
}

func (p *Privacy) worker(r *site.Request) (site.Answer, error) {
	id := r.PathValue("id")
	page := pages.WorkerPage{ID: id, Own: id == r.Who.Worker()}
	q := inspect.Query{Before: place(r.Value("before"))}
	base := "/staff/" + id + "/activity"
	if d, ok := day(r.Value("day"), r.Zone, false); ok && !d.IsZero() {
		page.Day = d
		q.Since, q.Until = d, d.AddDate(0, 0, 1)
		base += "?day=" + d.Format("2006-01-02") + "&"
	} else {
		base += "?"
	}
	today := time.Date(r.Now.Year(), r.Now.Month(), r.Now.Day(), 0, 0, 0, 0, r.Zone)
	found, fortnight, err := p.Inspect.Activity(r.Ctx(), r.Who, id, q, today.AddDate(0, 0, -13))
	if err != nil {
		return site.Answer{}, err
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{id})
	if err != nil {
		return site.Answer{}, err
	}
	page.Name = names[id]
	if len(found.Entries) > 0 {
		page.Role = actor.Role(found.Entries[0].Who.Role)
	}
	count := map[string]int{}
	clients := map[string]bool{}
	for _, e := range fortnight {
		count[e.At.In(r.Zone).Format("2006-01-02")]++
		if e.Outcome == audit.Refused {
			page.Refused++
		}
		if e.Action == "glass.break" {
			page.Glass++
		}
		for _, t := range e.Touched {
			if t.Subject != "" && e.Outcome == audit.Allowed {
				clients[t.Subject] = true
			}
		}
	}
	page.Clients = len(clients)
	for i := range 14 {
		d := today.AddDate(0, 0, i-13)
		key := d.Format("2006-01-02")
		page.Days = append(page.Days, pages.DayCount{On: d, Count: count[key], URL: "/staff/" + id + "/activity?day=" + key, Current: d.Equal(page.Day)})
	}
	if page.Entries, err = Entries(r.Ctx(), r.Who, p.Inspect, p.Org.Directory(), found.Entries, found.Numbers, r.Zone); err != nil {
		return site.Answer{}, err
	}
	if found.Older != 0 {
		page.Older = base + "before=" + placeText(found.Older)
	}
	if q.Before != 0 {
		page.Newer = strings.TrimRight(base, "?&")
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Worker(f, page) }), nil
}
