package casefile

import (
	"context"
	"sort"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Tab is a part of a caseload.
type Tab string

// The tabs of a caseload page.
const (
	All        Tab = ""
	Attention  Tab = "attention"   // the next contact is overdue or due today
	Week       Tab = "week"        // it is due within 7 days, today included
	PlanReview Tab = "plan_review" // the plan is to be reviewed within 30 days, or is overdue
	NewCases   Tab = "new"         // opened within the last 14 days
	Eligible   Tab = "eligibility" // the eligibility ends within [EligibilityWarns] days, or has ended
)

// Sort is the order of a caseload.
type Sort string

// The orders of a caseload.
const (
	ByDue         Sort = "" // soonest next contact first
	ByName        Sort = "name"
	ByLastContact Sort = "last_contact" // longest ago first
	ByPlanReview  Sort = "plan_review"  // soonest first
	ByOpened      Sort = "opened"       // newest first
	ByLevel       Sort = "level"        // most support first
)

// CaseloadQuery is what a caseload page asks for.
type CaseloadQuery struct {
	Worker  string // whose cases; empty for every case the asker may see
	Shared  bool   // only cases of others, where Worker is empty: of care teams, or while covering
	Program string // empty for any
	Status  string // StateOpen if empty, StateClosed, or "any"
	Level   Level  // empty for any
	Name    phi.Text
	Tab     Tab
	Sort    Sort
	Today   phi.Date // the agency's date; the one it is now if empty
	After   string   // cursor, when there are more cases than one look holds
	// Beside is the classes of the clients that the rows show beside who they are.
	Beside policy.ClassSet
}

// Of is the client the row is about: the record that stays, where that of the case
// was joined to it.
func (r Row) Of() record.Subject {
	if r.Known {
		return record.SubjectOf(r.Client.ID)
	}
	return r.Case.Subject
}

// Row is a case and the client it is about.
type Row struct {
	Case Opened
	// Client has the fields the asker may see in a list; Known is false if that
	// is nothing. Of records that were joined it is the one that stays.
	Client person.Opened
	Known  bool
	// Days until the next contact and the plan review; negative is overdue.
	ContactIn, ReviewIn       int
	ContactKnown, ReviewKnown bool
	// EligibleIn is how many days the eligibility still lasts; negative is over.
	EligibleIn    int
	EligibleKnown bool
}

// Counts are what the tabs and tiles of a caseload page say, of the cases
// matching worker, program, status and level, before tab and name.
type Counts struct {
	All, Attention, Week, PlanReview, New, Eligibility int
	// MostOverdue is how many days the oldest contact is late; 0 if none is.
	MostOverdue int
}

// Caseload is a caseload page.
type Caseload struct {
	Rows   []Row
	Counts Counts
	// Next is the cursor if there are more cases than the 500 looked at here;
	// Rows and Counts are then of these 500, those due soonest.
	Next string
}

// Caseload returns cases with their clients, as one read with one entry in the
// log. What the asker may not see is in neither rows nor counts. also asks the
// same read for what else a page shows.
func (cs *Cases) Caseload(ctx context.Context, who actor.Actor, q CaseloadQuery, also ...func(*record.View)) (Caseload, error) {
	v := cs.door.View(who, "case.find")
	for _, want := range also {
		want(v)
	}
	rq := record.Query{Owner: q.Worker, Group: q.Program, State: q.Status, Tag: string(q.Level), ByDue: true, Limit: 500, After: q.After, Only: policy.Set(policy.Case)}
	switch q.Status {
	case "":
		rq.State = StateOpen
	case "any":
		rq.State = ""
	}
	list := cs.records.WantAll(v, rq)
	clients := person.WantOf(cs.clients, v, list, person.Named|q.Beside)
	if err := v.Open(ctx); err != nil {
		return Caseload{}, err
	}
	today := q.Today
	if today.Empty() {
		today = cs.setting(ctx).day(cs.door.Clock().Now())
	}
	out := Caseload{Next: list.Next}
	words := strings.Fields(strings.ToLower(q.Name.Disclose()))
	for _, o := range list.Rows {
		if q.Shared && o.Value.Worker == who.Worker() {
			continue
		}
		r := Row{Case: o}
		r.Client, r.Known = clients.Of(o.Subject)
		r.ContactIn, r.ContactKnown = DaysUntil(o.Value.NextContactOn, today)
		r.ReviewIn, r.ReviewKnown = DaysUntil(o.Value.PlanReviewOn, today)
		r.EligibleIn, r.EligibleKnown = DaysUntil(o.Value.EligibleUntil, today)
		out.Counts.add(r, today)
		if r.in(q.Tab, today) && r.named(words) {
			out.Rows = append(out.Rows, r)
		}
	}
	order(out.Rows, q.Sort)
	return out, nil
}

// Tally counts the open cases assigned to worker, or all that the asker may see
// where worker is empty. It opens nothing.
func (cs *Cases) Tally(ctx context.Context, who actor.Actor, worker string) (int64, error) {
	return cs.records.Tally(ctx, who, record.Query{Owner: worker, State: StateOpen})
}

func (n *Counts) add(r Row, today phi.Date) {
	n.All++
	for _, t := range []struct {
		tab Tab
		n   *int
	}{{Attention, &n.Attention}, {Week, &n.Week}, {PlanReview, &n.PlanReview}, {NewCases, &n.New}, {Eligible, &n.Eligibility}} {
		if r.in(t.tab, today) {
			*t.n++
		}
	}
	if r.in(Attention, today) {
		n.MostOverdue = max(n.MostOverdue, -r.ContactIn)
	}
}

func (r Row) in(tab Tab, today phi.Date) bool {
	open := r.Case.Value.IsOpen()
	switch tab {
	case Attention:
		return open && r.ContactKnown && r.ContactIn <= 0
	case Week:
		return open && r.ContactKnown && r.ContactIn >= 0 && r.ContactIn <= 7
	case PlanReview:
		return open && r.ReviewKnown && r.ReviewIn <= 30
	case NewCases:
		days, known := DaysUntil(r.Case.Value.OpenedOn, today)
		return open && known && days > -14
	case Eligible:
		return open && r.EligibleKnown && r.EligibleIn <= EligibilityWarns
	}
	return true
}

func (r Row) named(words []string) bool {
	if len(words) == 0 {
		return true
	}
	c := r.Client.Value
	hay := strings.ToLower(strings.Join([]string{c.FullName().Disclose(), c.Preferred.Disclose(), c.Number.Disclose()}, " "))
	for _, w := range words {
		if !strings.Contains(hay, strings.Trim(w, ",")) {
			return false
		}
	}
	return true
}

func order(rows []Row, by Sort) {
	const never = 1 << 30
	due := func(days int, known bool) int {
		if !known {
			return never
		}
		return days
	}
	name := func(r Row) string { return strings.ToLower(r.Client.Value.ListName().Disclose()) }
	sort.SliceStable(rows, func(i, j int) bool {
		a, b := rows[i], rows[j]
		switch by {
		case ByName:
		case ByLastContact:
			if x, y := a.Case.Value.LastContactAt, b.Case.Value.LastContactAt; !x.Equal(y) {
				return x.Before(y)
			}
		case ByPlanReview:
			if x, y := due(a.ReviewIn, a.ReviewKnown), due(b.ReviewIn, b.ReviewKnown); x != y {
				return x < y
			}
		case ByLevel:
			if x, y := a.Case.Value.Level.Every(), b.Case.Value.Level.Every(); x != y {
				return x < y
			}
		case ByOpened:
			if x, y := Midnight(a.Case.Value.OpenedOn), Midnight(b.Case.Value.OpenedOn); !x.Equal(y) {
				return x.After(y)
			}
		default:
			if x, y := due(a.ContactIn, a.ContactKnown), due(b.ContactIn, b.ContactKnown); x != y {
				return x < y
			}
		}
		return name(a) < name(b)
	})
}
