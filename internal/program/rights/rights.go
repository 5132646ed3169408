package rights

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/org"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Read is the action of looking at which rights are used.
const Read = "rights.read"

// Setting is the name of the agency's setting of how many days are looked back if nobody
// says another (agency practice), from shortest to longest; usual is it until it is set.
const (
	Setting  = "rights.days"
	shortest = 30
	usual    = 90
)

// Days is the number of days that are looked back if nobody says another, as the agency
// set it.
func (r *Rights) Days(ctx context.Context) (int, error) {
	a, err := r.dir.Agency(ctx)
	if n, nerr := strconv.Atoi(a.Settings[Setting]); nerr == nil && n >= shortest && n <= longest {
		return n, err
	}
	return usual, err
}

// CheckDays is Invalid with field window for a number that the agency cannot set.
func CheckDays(n int) error {
	if n < shortest || n > longest {
		return fault.InvalidFields("agency.change", fault.Field{Name: "window", Message: "Give a number of days from 30 to 180."})
	}
	return nil
}

// Windows are the numbers of days that may be looked back: what the agency set is one.
func (r *Rights) Windows(ctx context.Context) ([]int, error) {
	n, err := r.Days(ctx)
	out := []int{shortest, usual, longest, n}
	slices.Sort(out)
	return slices.Compact(out), err
}

// Rights is the use-cases.
type Rights struct {
	door   *record.Door
	log    *audit.Log
	engine *policy.Engine
	dir    *org.Directory
	looks  record.Records[Look]

	actions map[string]map[string][]action // of a rule, by the kind they are about
	writes  map[string]bool                // actions that change something

	mu     sync.Mutex
	used   map[by]*tally
	mark   audit.Mark
	kinds  []string // of the entry that is counted
	pruned int64    // the day on which what is too old was dropped last
	duties []Row
}

// New returns the use-cases.
func New(d *record.Door, l *audit.Log, e *policy.Engine, dir *org.Directory) *Rights {
	r := &Rights{door: d, log: l, engine: e, dir: dir, looks: record.Use(d, Kind), actions: map[string]map[string][]action{}, writes: map[string]bool{}}
	for _, a := range policy.Actions() {
		r.writes[a] = e.In(a, "any.write")
	}
	for _, x := range e.Rules() {
		of := map[string][]action{}
		for _, a := range x.Actions {
			of[kindOf(a)] = append(of[kindOf(a)], actionOf(a, r.writes[a]))
		}
		r.actions[x.ID] = of
	}
	return r
}

var classes = policy.Set(policy.Program)

// Sees and Notes report whether the asker's role sees which rights are used, and notes that
// it looked through the unused ones. They are for leaving out what would be refused.
func (r *Rights) Sees(who actor.Actor) bool {
	return who.Role() != "" && r.door.Ever(who, Read, false, classes)
}

func (r *Rights) Notes(who actor.Actor) bool {
	return who.Role() != "" && r.door.Ever(who, Kind.Name+".create", false, classes)
}

// Sets reports whether the asker's role sets how many days are looked back.
func (r *Rights) Sets(who actor.Actor) bool {
	return who.Role() != "" && r.door.Ever(who, "agency.change", false, classes)
}

// Used is a right and how it was used in the time looked at.
type Used struct {
	policy.Right
	Times int64
	Last  time.Time // zero if it was not used
	By    int       // how many people used it, those who have left since too
	Did   []Did     // of one worker: each action of the right
}

// Did is an action and how it was used.
type Did struct {
	Action string
	Times  int64
	Last   time.Time
}

// Unused reports whether it is a right to take away: nobody used it, and it is not seldom
// needed by its nature.
func (u Used) Unused() bool { return u.Times == 0 && !u.Rare }

// RoleUse is the rights of a role and how they were used by whoever worked in it.
type RoleUse struct {
	Role   actor.Role
	People []string // worker ids of those who work in it now
	Rights []Used
}

// Unused are the rights that nobody in the role used.
func (u RoleUse) Unused() []Used {
	no, _ := Parted(u.Rights)
	return no
}

// Parted are the rights that are unused, and the others.
func Parted(all []Used) (no, rest []Used) {
	for _, u := range all {
		if u.Unused() {
			no = append(no, u)
		} else {
			rest = append(rest, u)
		}
	}
	return no, rest
}

// Person is somebody who works here and how they used the rights of their role. Who has two
// roles is one for each.
type Person struct {
	Worker   string
	Role     actor.Role
	New      bool       // is what they are here for less than the time looked at
	Narrower actor.Role // one with fewer rights, that has all they used; empty for none
	Rights   []Used
}

// Unused are the rights of their role that they did not use.
func (p Person) Unused() []Used {
	no, _ := Parted(p.Rights)
	return no
}

// Used reports whether they used any right that not everybody has.
func (p Person) Used() bool {
	return slices.ContainsFunc(p.Rights, func(u Used) bool { return u.Times > 0 })
}

// Report is how rights were used.
type Report struct {
	Days   int
	Usual  int       // the days that are looked back if nobody says another
	Choice []int     // the days that may be looked back
	Since  time.Time // the midnight, by UTC, that the days begin with
	Young  bool      // the agency was set up here after it: the days are not full
	Roles  []RoleUse // in the order of [actor.Roles]
	People []Person  // who used the least of their rights first
}

// All says how the rights of every role were used, or of one, and by whom. It is in the log
// that the asker looked. 0 days are those the agency set. Errors: Denied; Invalid for other
// days than [Rights.Windows] has, or a
// role that there is not.
func (r *Rights) All(ctx context.Context, who actor.Actor, days int, role actor.Role) (Report, error) {
	return r.report(ctx, who, days, role, "")
}

// Of says how one person who works here used the rights of their role, action by action;
// the report has their second role too, after the first. It is in the log that the asker
// looked. Errors: as All; NotFound for whoever does not work here.
func (r *Rights) Of(ctx context.Context, who actor.Actor, days int, worker string) (Report, Person, error) {
	out, err := r.report(ctx, who, days, "", worker)
	if err != nil {
		return out, Person{}, err
	}
	return out, out.People[0], nil
}

func (r *Rights) report(ctx context.Context, who actor.Actor, days int, role actor.Role, worker string) (out Report, err error) {
	if out.Usual, err = r.Days(ctx); err != nil {
		return out, err
	}
	if out.Choice, err = r.Windows(ctx); err != nil {
		return out, err
	}
	if days == 0 {
		days = out.Usual
	}
	if !slices.Contains(out.Choice, days) || role != "" && !slices.Contains(actor.Roles(), role) {
		return out, fault.Invalidf(Read, "choose a number of days from the list and a role that there is")
	}
	detail := map[string]string{"days": strconv.Itoa(days)}
	if role != "" {
		detail["role"] = string(role)
	}
	if worker != "" {
		detail["worker"] = worker
	}
	if err := r.door.Permit(ctx, who, Read, record.Subject{}, false, classes, detail); err != nil {
		return out, err
	}
	var members []org.Member
	if worker == "" {
		members, err = r.dir.Members(ctx)
	} else {
		var m org.Member
		m, err = r.dir.Member(ctx, worker)
		members = []org.Member{m}
	}
	if err != nil {
		return out, err
	}
	founded, err := r.dir.Founded(ctx)
	if err != nil {
		return out, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.count(ctx, 0); err != nil {
		return out, err
	}
	first := dayOf(r.door.Clock().Now()) - int64(days)
	out.Days, out.Since = days, midnight(first)
	out.Young = founded.After(out.Since)
	for _, x := range actor.Roles() {
		if worker == "" && (role == "" || role == x) {
			out.Roles = append(out.Roles, r.ofRole(x, members, first))
		}
	}
	for _, m := range members {
		also := m
		also.Held, also.Since = actor.Held{Role: m.Also}, m.AlsoSince
		for _, m := range []org.Member{m, also} {
			if m.Role != "" && (role == "" || role == m.Role) {
				out.People = append(out.People, r.ofWorker(m, first, out.Since, worker != ""))
			}
		}
	}
	if worker != "" {
		return out, nil // the first role before the second
	}
	shares := map[string]int{}
	for _, p := range out.People {
		shares[p.Worker+string(p.Role)] = share(p)
	}
	order.By(out.People, func(a, b Person) int {
		return cmp.Or(cmp.Compare(shares[b.Worker+string(b.Role)], shares[a.Worker+string(a.Role)]), strings.Compare(a.Worker, b.Worker))
	})
	return out, nil
}

// share is how much of their rights somebody did not use, in thousandths.
func share(p Person) int {
	if len(p.Rights) == 0 {
		return 0
	}
	return 1000 * len(p.Unused()) / len(p.Rights)
}

// own are the rights that say something about a role.
func (r *Rights) own(role actor.Role) []policy.Right {
	return slices.DeleteFunc(slices.Clone(r.engine.Rights(role)), func(x policy.Right) bool { return x.Everyone })
}

func (r *Rights) ofRole(role actor.Role, members []org.Member, first int64) RoleUse {
	out := RoleUse{Role: role}
	for _, m := range members {
		if m.Works(role) {
			out.People = append(out.People, m.Worker)
		}
	}
	for _, x := range r.own(role) {
		u := Used{Right: x}
		for who, t := range r.used {
			if who.role != role {
				continue
			}
			if n := t.rules[x.ID].since(first); n > 0 {
				u.By++
				u.Times += n
				if at := t.rules[x.ID].lastSince(first); at.After(u.Last) {
					u.Last = at
				}
			}
		}
		out.Rights = append(out.Rights, u)
	}
	return out
}

func (r *Rights) ofWorker(m org.Member, first int64, since time.Time, actions bool) Person {
	out := Person{Worker: m.Worker, Role: m.Role, New: m.Started.After(since) || m.Since.After(since)}
	t := r.used[by{m.Worker, m.Role}]
	if t == nil {
		t = &tally{}
	}
	used := map[string]bool{}
	for _, x := range r.own(m.Role) {
		u := Used{Right: x, Times: t.rules[x.ID].since(first), Last: t.rules[x.ID].lastSince(first)}
		if u.Times > 0 {
			u.By, used[x.ID] = 1, true
		}
		if actions {
			for _, a := range x.May {
				d := t.actions[x.ID][a]
				u.Did = append(u.Did, Did{a, d.since(first), d.lastSince(first)})
			}
		}
		out.Rights = append(out.Rights, u)
	}
	if len(used) > 0 {
		out.Narrower = r.narrower(m.Role, used)
	}
	return out
}

// narrower is the role with the fewest rights of those that have some rights and nothing
// that a role has not; empty for none. One with rights of its own is another role, and no
// narrower one.
func (r *Rights) narrower(than actor.Role, used map[string]bool) (best actor.Role) {
	has := map[string]bool{}
	for _, x := range r.own(than) {
		has[x.ID] = true
	}
	fewest := len(has)
	for _, role := range actor.Roles() {
		rights := r.own(role)
		n := 0
		for _, x := range rights {
			if used[x.ID] {
				n++
			}
		}
		within := !slices.ContainsFunc(rights, func(x policy.Right) bool { return !has[x.ID] })
		if within && n == len(used) && len(rights) < fewest {
			best, fewest = role, len(rights)
		}
	}
	return best
}

// Look is that somebody looked through the rights that nobody uses.
type Look struct {
	Finding string    `class:"program" doc:"What was found, and what is done about it."`
	By      string    `class:"program" doc:"Worker id of who looked."`
	At      time.Time `class:"program" doc:"When."`
}

// Looked is a look as the asker may see it.
type Looked = record.Opened[Look]

// Kind declares looks.
var Kind = record.Define(record.Kind[Look]{
	Name:      "rights_review",
	Doc:       "That the rights nobody uses were looked through, and what was found. It never changes.",
	Retention: "program",
	Labels:    func(l Look) record.Labels { return record.Labels{State: "filed", Owner: l.By, At: l.At} },
})

// longestFinding is how many characters a finding has at most.
const longestFinding = 2000

// Note notes that the asker looked through the unused rights. Errors: Invalid with field
// finding, Denied.
func (r *Rights) Note(ctx context.Context, who actor.Actor, finding string) error {
	op := Kind.Name + ".create"
	finding = strings.TrimSpace(finding)
	w := r.door.Work(who, op)
	if r.Notes(who) { // whoever may not learns nothing of what is wrong
		if finding == "" {
			return fault.InvalidFields(op, fault.Field{Name: "finding", Message: "Say in a sentence or two what you found, and what is done about it."})
		}
		if utf8.RuneCountInString(finding) > longestFinding {
			return fault.InvalidFields(op, fault.Field{Name: "finding", Message: "Shorten this to 2,000 characters."})
		}
	}
	r.looks.Create(w, record.Subject{}, Look{Finding: finding, By: who.Worker(), At: r.door.Clock().Now()})
	return w.Commit(ctx)
}

// Looks lists when the unused rights were looked through, newest first: the last fifty.
func (r *Rights) Looks(ctx context.Context, who actor.Actor) ([]Looked, error) {
	l, err := r.looks.Find(ctx, who, record.Query{})
	return l.Rows, err
}
