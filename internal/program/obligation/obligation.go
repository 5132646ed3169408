package obligation

import (
	"context"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/record"
)

// Worker is somebody who works for the agency.
type Worker struct {
	ID string
	actor.Held
	Started    time.Time // first day of work
	Supervisor string    // worker id; empty for none
	Programs   []string  // that they work in, or manage
	AlsoIn     []string  // the programs of their second role
}

// In are the programs that they work in, or manage, in one of their roles.
func (w Worker) In(role actor.Role) []string {
	if role != "" && role == w.Also {
		return w.AlsoIn
	}
	return w.Programs
}

// People says who works here. Nobody whose access has ended is in it.
type People interface {
	Workers(ctx context.Context, who actor.Actor) ([]Worker, error)
	// Worker is one of them, without looking at the others. NotFound: there is no such.
	Worker(ctx context.Context, who actor.Actor, id string) (Worker, error)
}

// Obligation is one thing that is due from somebody.
type Obligation struct {
	Module string       // that asks for it
	Code   string       // of what, within the module
	Worker string       // worker id of whom it is asked; empty: of whoever works in one of Roles
	Roles  []actor.Role // of whom it is asked, where it is asked of nobody by name
	About  string       // worker id of whom it is about, if it is somebody else

	What string    // what to do, as an English sentence for pages to translate
	Name string    // of what, as the agency calls it; empty if What says all
	Why  string    // why, as an English sentence for pages to translate
	Cite string    // the paragraph that asks for it, or [law.Practice]
	Due  time.Time // by when; of what should have been so already, since when it is not; zero if no day is set
	Path string    // of the page where it is done
}

// Of reports whether it is asked of a worker who has a role.
func (o Obligation) Of(worker string, role actor.Role) bool {
	if o.Worker != "" {
		return o.Worker == worker
	}
	return o.About != worker && slices.Contains(o.Roles, role)
}

// When is how soon something is due.
type When int

// How soon something is due, in the order pages show it.
const (
	Late  When = iota // the day is past
	Week              // in the next seven days
	Later             // after that, or no day is set
)

// When says how soon it is due, by the days of the zone that now is given in: what is due on
// a day is late when the next begins.
func (o Obligation) When(now time.Time) When {
	if o.Due.IsZero() {
		return Later
	}
	switch n := days(now, o.Due); {
	case n < 0:
		return Late
	case n <= 7:
		return Week
	}
	return Later
}

// civil is the day of a moment in a zone, at noon of UTC, so that days can be counted
// whatever the clocks do.
func civil(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
}

// days is how many days it is from the day of now to that of another moment.
func days(now, to time.Time) int {
	return int(civil(to, now.Location()).Sub(civil(now, now.Location())) / (24 * time.Hour))
}

// Ask is what modules are asked for.
type Ask struct {
	Now   time.Time
	Until time.Time // what is due after it is not wanted
	Lang  string    // of names, as "en"; empty: nobody looks at names
	// Only is the one worker whose obligations are wanted, and Role theirs. If it is empty
	// everybody's of People are, and what is asked of roles.
	Only   string
	Role   actor.Role
	People []Worker                 // who may be asked; at least Only
	Items  map[string][]record.Item // what the door requires of each of People
}

// Of are those whose own obligations are wanted.
func (a Ask) Of() []Worker {
	if a.Only == "" {
		return a.People
	}
	i := slices.IndexFunc(a.People, func(w Worker) bool { return w.ID == a.Only })
	if i < 0 {
		return nil
	}
	return a.People[i : i+1]
}

// Asks reports whether what is asked of one of some roles is wanted.
func (a Ask) Asks(roles ...actor.Role) bool { return a.Only == "" || slices.Contains(roles, a.Role) }

// Module is something that asks people to do things.
type Module interface {
	// WantObligations wants from a view what the module needs to know; what it returns is
	// called once the view is open, and may leave out what the ask does not want.
	WantObligations(v *record.View, who actor.Actor, ask Ask) func(ctx context.Context) ([]Obligation, error)
}

// Obligations is the use-cases.
type Obligations struct {
	door    *record.Door
	people  People
	modules []joined

	reminders record.Records[Reminder]
}

type joined struct {
	name string
	Module
}

// New returns the use-cases.
func New(d *record.Door, p People) *Obligations {
	return &Obligations{door: d, people: p, reminders: record.Use(d, ReminderKind)}
}

// Join adds a module by the name that its obligations bear.
func (o *Obligations) Join(name string, m Module) {
	o.modules = append(o.modules, joined{name, m})
}

// Modules are the names of the modules, in the order they were joined.
func (o *Obligations) Modules() (out []string) {
	for _, m := range o.modules {
		out = append(out, m.name)
	}
	return out
}

// Side is whose obligations somebody looks at.
type Side string

// The sides.
const (
	Mine   Side = "mine"
	Team   Side = "team"   // of those whom the asker looks after
	Agency Side = "agency" // everybody's, and what is asked of roles
)

// Sides are those that a role has.
func Sides(role actor.Role) []Side {
	switch role {
	case actor.Supervisor, actor.ProgramManager:
		return []Side{Mine, Team}
	case actor.PrivacyOfficer, actor.SecurityOfficer:
		return []Side{Mine, Agency}
	case actor.Service:
		return []Side{Agency}
	}
	return []Side{Mine}
}

// Ahead is how long before something is due it is listed.
const Ahead = 60 * 24 * time.Hour

// clears are the roles that record whether somebody is cleared: what is asked of them is
// about everybody.
var clears = []actor.Role{actor.Administrator, actor.SecurityOfficer}

// Of lists what is due until a moment, soonest first, on one side of the asker. lang is
// that of names; empty leaves them out. What is another's needs action "standing.read",
// and is in the log. Errors: Denied where the asker's role has no such side.
func (o *Obligations) Of(ctx context.Context, who actor.Actor, side Side, lang string, until time.Time) ([]Obligation, error) {
	const op = "assignment.find"
	if !who.Valid() || !slices.Contains(Sides(who.Role()), side) {
		return nil, fault.DeniedBy(op, "standing-is-known")
	}
	ask := Ask{Now: o.door.Clock().Now(), Until: until, Lang: lang}
	var err error
	if side == Mine {
		ask.Only, ask.Role = who.Worker(), who.Role()
	}
	if side != Mine || slices.Contains(clears, who.Role()) {
		if ask.People, err = o.people.Workers(ctx, who); err != nil {
			return nil, err
		}
		if side == Team {
			ask.People = Under(who, ask.People)
		}
	} else {
		me, err := o.people.Worker(ctx, who, who.Worker())
		if err != nil {
			return nil, err
		}
		ask.People = []Worker{me}
	}
	bearers := make([]record.Bearer, len(ask.People))
	for i, w := range ask.People {
		bearers[i] = record.Bearer{Worker: w.ID, Role: w.Role, Also: w.Also}
	}
	if ask.Items, err = o.door.Requirements(ctx, who, ask.Now, bearers...); err != nil {
		return nil, err
	}
	v := o.door.View(who, op)
	owed := make([]func(context.Context) ([]Obligation, error), len(o.modules))
	for i, m := range o.modules {
		owed[i] = m.WantObligations(v, who, ask)
	}
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	var out []Obligation
	for i, f := range owed {
		all, err := f(ctx)
		if err != nil {
			return nil, err
		}
		out = slices.Grow(out, len(all))
		for _, x := range all {
			x.Module = o.modules[i].name
			if x.Due.After(until) || side == Mine && !x.Of(ask.Only, ask.Role) || side == Team && x.Worker == "" {
				continue
			}
			out = append(out, x)
		}
	}
	order.By(out, inOrder)
	return out, nil
}

// inOrder is by when it is due; what has no day is last.
func inOrder(a, b Obligation) int {
	if a.Due.IsZero() != b.Due.IsZero() {
		if a.Due.IsZero() {
			return 1
		}
		return -1
	}
	if n := a.Due.Compare(b.Due); n != 0 {
		return n
	}
	return strings.Compare(a.Name, b.Name)
}

// Under are the workers that somebody looks after: a supervisor their own, a program
// manager those of their programs, officers and auditors everybody.
func Under(who actor.Actor, all []Worker) []Worker {
	me := slices.IndexFunc(all, func(w Worker) bool { return w.ID == who.Worker() })
	var mine []string
	if me >= 0 {
		mine = all[me].In(who.Role())
	}
	return slices.DeleteFunc(all, func(w Worker) bool {
		switch who.Role() {
		case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
			return false
		case actor.Supervisor:
			return w.Supervisor != who.Worker()
		case actor.ProgramManager:
			return w.ID == who.Worker() || !slices.ContainsFunc(mine, func(p string) bool { return slices.Contains(w.Programs, p) })
		}
		return true
	})
}

// Count is how much is due in one module.
type Count struct {
	Module            string
	Late, Week, Later int
}

// Tally counts by module, in the order of the names; a module of which nothing is due is
// left out.
func Tally(now time.Time, all []Obligation, modules []string) (out []Count) {
	at := map[string]int{}
	counts := make([]Count, len(modules))
	for i, m := range modules {
		at[m], counts[i].Module = i, m
	}
	for _, o := range all {
		i, ok := at[o.Module]
		if !ok {
			continue
		}
		switch o.When(now) {
		case Late:
			counts[i].Late++
		case Week:
			counts[i].Week++
		default:
			counts[i].Later++
		}
	}
	return slices.DeleteFunc(counts, func(c Count) bool { return c.Late+c.Week+c.Later == 0 })
}
