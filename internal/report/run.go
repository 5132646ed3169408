package report

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strconv"
	"time"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/order"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

const (
	// step is how many records of a kind one entry names at most, parts how many
	// entries a report may take: five years of the contacts of forty workers.
	step  = 500
	parts = 500
)

// listing says which clients are wanted behind the numbers.
type listing int

const (
	figures listing = iota // none
	inside                 // those the asker may see
	outside                // of these, those who may be named to somebody outside
)

// Run counts. zone is the agency's. Errors: Invalid with fields, Denied.
func (rs *Reports) Run(ctx context.Context, who actor.Actor, p Params, zone *time.Location) (Result, error) {
	return rs.run(ctx, who, "report.read", p, zone, inside, nil)
}

// gathered is what a report is counted from.
type gathered struct {
	cases   []casefile.Opened
	notes   []note.Opened
	clients map[record.Subject]person.Opened
	parts   int
	classes policy.ClassSet
	part2   func(program string) bool
	began   time.Time
	wanted  func(casefile.Case) bool // which of the cases are kept; nil for all
}

// program is what a note counts for: the program it was written for, wherever its
// case is by now and whether it is open or closed.
func (g gathered) program(n note.Note, of map[casefile.ID]string) string {
	return cmp.Or(n.Program, of[n.Case])
}

// homeless reports whether a note says its case and not its program.
func (g gathered) homeless() bool {
	return slices.ContainsFunc(g.notes, func(o note.Opened) bool { return o.Value.Program == "" && !o.Value.Case.IsZero() })
}

// run counts under an action. list wants the clients too, if who may see them.
//
// That somebody is a client of a program under 42 CFR Part 2 is a record of it
// (2.11). They are listed to those who work there, as the program tells its own
// people (2.12(c)(3)), and not in what leaves to somebody else, which takes the
// consent of each (2.31, 2.33).
func (rs *Reports) run(ctx context.Context, who actor.Actor, action string, p Params, zone *time.Location, list listing, detail map[string]string) (Result, error) {
	p, err := p.check()
	if err != nil {
		return Result{}, err
	}
	from, until, err := p.period(zone)
	if err != nil {
		return Result{}, err
	}
	rows, part2 := list != figures && p.Name.Listed(), false
	if rows {
		may, err := rs.door.May(ctx, who, "report.rows", record.Subject{}, false, policy.Set(policy.Program, policy.SUD))
		if err != nil {
			return Result{}, err
		}
		rows, part2 = may.Has(policy.Program), may.Has(policy.SUD) && list == inside
	}
	agency, err := rs.agency.Agency(ctx)
	if err != nil {
		return Result{}, err
	}
	now := rs.door.Clock().Now()
	local := now.In(zone)
	today := phi.NewDate(local.Year(), int(local.Month()), local.Day())
	owner := p.Worker
	if who.Role() == actor.CaseManager {
		owner = who.Worker() // their own work
	}

	var cases, notes *record.Query
	switch p.Name {
	case Caseload:
		cases = &record.Query{State: casefile.StateOpen, Group: p.Program, Owner: owner}
	case Outcomes:
		cases = &record.Query{State: casefile.StateClosed, Group: p.Program, Owner: owner}
	case Overdue:
		cases = &record.Query{State: casefile.StateOpen, Group: p.Program, Owner: owner}
		notes = &record.Query{State: note.Draft, Owner: owner, DueBefore: now.UnixMicro()}
	case Contacts:
		notes = &record.Query{NotState: note.Draft, Owner: owner, AtFrom: from.UnixMicro(), AtUntil: until.UnixMicro()}
	}
	g := gathered{clients: map[record.Subject]person.Opened{}, began: now, part2: agency.Part2}
	if p.Name == Outcomes {
		// A day of closing has no time, so it is compared as a day.
		first, last := from.Format(day), until.AddDate(0, 0, -1).Format(day)
		g.wanted = func(c casefile.Case) bool {
			on := casefile.Midnight(c.ClosedOn)
			d := on.Format(day)
			return !on.IsZero() && d >= first && d <= last
		}
	}
	if err := rs.gather(ctx, who, action, p, &g, cases, notes, rows, detail); err != nil {
		return Result{}, err
	}
	if p.Name == Contacts && (p.Group == ByProgram || p.Program != "") && g.homeless() {
		// Which program these contacts count for stands in their case alone.
		cases := &record.Query{}
		if who.Role() == actor.CaseManager {
			cases.Owner = owner
		}
		if err := rs.gather(ctx, who, action, p, &g, cases, nil, rows, detail); err != nil {
			return Result{}, err
		}
	}
	out := Result{Params: p, Listed: rows, Apart: rows && !part2, Parts: g.parts, Classes: g.classes, At: now}
	switch p.Name {
	case Caseload:
		out.caseload(g, today)
	case Outcomes:
		out.outcomes(g)
	case Overdue:
		out.overdue(g, today, now)
	case Contacts:
		out.contacts(g, zone)
	}
	if out.Apart {
		out.Rows = slices.DeleteFunc(out.Rows, func(r Row) bool { return r.Part2 })
	}
	return out, nil
}

// gather reads into g what a report needs, at most [step] records of a kind in an
// entry; the entries of one report name the moment it began.
func (rs *Reports) gather(ctx context.Context, who actor.Actor, action string, p Params, g *gathered, cases, notes *record.Query, rows bool, detail map[string]string) error {
	began := g.began.UTC().Format(time.RFC3339Nano)
	for {
		g.parts++
		if g.parts > parts {
			return fault.InvalidFields(action, fault.Field{Name: "until", Message: "This is too much for one report. Choose a shorter period, one program or one worker."})
		}
		v := rs.door.View(who, action)
		v.Detail("report", string(p.Name))
		v.Detail("by", string(p.Group))
		if p.Name.Dated() {
			v.Detail("period", p.From+"/"+p.Until)
		}
		v.Detail("run", began)
		v.Detail("part", strconv.Itoa(g.parts))
		for k, d := range detail {
			v.Detail(k, d)
		}
		v.Must("report.read", record.Subject{}, false, policy.Set(policy.Program))
		if rows {
			v.Must("report.rows", record.Subject{}, false, policy.Set(policy.Program))
		}
		var cl *record.List[casefile.Case]
		var nl *record.List[note.Note]
		var whose []*record.Subjects[person.Client]
		if cases != nil {
			cases.Verb, cases.Limit = "count", step
			cl = rs.cases.WantAll(v, *cases)
			if rows {
				whose = append(whose, record.WantSubjects(v, rs.clients, cl, person.Named))
			}
		}
		if notes != nil {
			notes.Verb, notes.Limit, notes.Fields = "count", step, note.Outline
			nl = rs.notes.WantAll(v, *notes)
			if rows {
				whose = append(whose, record.WantSubjects(v, rs.clients, nl, person.Named))
			}
		}
		if err := v.Open(ctx); err != nil {
			return err
		}
		seen := func(s record.Subject, shown policy.ClassSet) {
			g.classes |= shown
			for _, w := range whose {
				if o, ok := w.Of(s); ok {
					g.clients[s] = o
				}
			}
		}
		more := false
		if cl != nil {
			for _, o := range cl.Rows {
				seen(o.Subject, o.Shown)
				if g.wanted == nil || g.wanted(o.Value) {
					g.cases = append(g.cases, o)
				}
			}
			if cases.After = cl.Next; cl.Next == "" {
				cases = nil
			}
			more = more || cl.Next != ""
		}
		if nl != nil {
			for _, o := range nl.Rows {
				seen(o.Subject, o.Shown)
			}
			g.notes = append(g.notes, nl.Rows...)
			if notes.After = nl.Next; nl.Next == "" {
				notes = nil
			}
			more = more || nl.Next != ""
		}
		if !more {
			return nil
		}
	}
}

// sums adds up lines.
type sums struct {
	keys  []string
	lines map[string][]int64
	width int
}

func newSums(width int) *sums { return &sums{lines: map[string][]int64{}, width: width} }

func (s *sums) line(key string) []int64 {
	l := s.lines[key]
	if l == nil {
		l = make([]int64, s.width)
		s.lines[key] = l
		s.keys = append(s.keys, key)
	}
	return l
}

// sorted is the lines, in the order that fits the group: months as they come,
// everything else by its first figure, most first.
func (s *sums) sorted(g Group) []Line {
	out := make([]Line, 0, len(s.keys))
	for _, k := range s.keys {
		out = append(out, Line{k, s.lines[k]})
	}
	order.By(out, func(a, b Line) int {
		if g != ByMonth && a.Figures[0] != b.Figures[0] {
			return cmp.Compare(b.Figures[0], a.Figures[0])
		}
		return cmp.Compare(a.Key, b.Key)
	})
	return out
}

func caseKey(g Group, c casefile.Case) string {
	switch g {
	case ByProgram:
		return c.Program
	case ByLevel:
		return string(c.Level)
	case ByReason:
		return string(c.Outcome)
	}
	return c.Worker
}

func (g gathered) row(o casefile.Opened) Row {
	c := o.Value
	r := Row{Subject: o.Subject, Program: c.Program, Worker: c.Worker, Level: c.Level, Opened: casefile.Midnight(c.OpenedOn), Last: c.LastContactAt, Next: casefile.Midnight(c.NextContactOn)}
	r.Client, r.Known = g.clients[o.Subject]
	r.Part2 = c.Part2 || g.part2(c.Program)
	return r
}

func (out *Result) caseload(g gathered, today phi.Date) {
	s := newSums(len(out.Name.Figures()))
	total := make([]int64, s.width)
	for _, o := range g.cases {
		c := o.Value
		l := s.line(caseKey(out.Group, c))
		_, isLate := late(c.NextContactOn, today)
		for _, x := range [][]int64{l, total} {
			x[0]++
			switch c.Level {
			case casefile.Intensive:
				x[1]++
			case casefile.High:
				x[2]++
			default:
				x[3]++
			}
			if isLate {
				x[4]++
			}
		}
		if out.Listed {
			out.Rows = append(out.Rows, g.row(o))
		}
	}
	out.Lines, out.Total = s.sorted(out.Group), total
	sortRows(out.Rows)
}

func (out *Result) overdue(g gathered, today phi.Date, now time.Time) {
	s := newSums(len(out.Name.Figures()))
	total := make([]int64, s.width)
	add := func(key string, days int, r Row) {
		l := s.line(key)
		for _, x := range [][]int64{l, total} {
			x[0]++
			x[1] = max(x[1], int64(days))
		}
		if out.Listed {
			r.Days = days
			out.Rows = append(out.Rows, r)
		}
	}
	key := func(w What, c casefile.Case) string {
		if out.Group == ByWhat {
			return string(w)
		}
		return caseKey(out.Group, c)
	}
	for _, o := range g.cases {
		for _, x := range []struct {
			what What
			on   phi.Date
		}{{LateContact, o.Value.NextContactOn}, {LateReview, o.Value.PlanReviewOn}} {
			if days, is := late(x.on, today); is {
				r := g.row(o)
				r.What = x.what
				add(key(x.what, o.Value), days, r)
			}
		}
	}
	programs := programsOf(g.cases)
	for _, o := range g.notes {
		n := o.Value
		program := g.program(n, programs)
		if out.Program != "" && program != out.Program {
			continue
		}
		r := Row{Subject: o.Subject, Worker: n.Author, Program: program, What: LateDraft}
		r.Client, r.Known = g.clients[o.Subject]
		r.Part2 = o.Shown.Has(policy.SUD) || g.part2(program) || g.part2(programs[n.Case])
		add(key(LateDraft, casefile.Case{Worker: n.Author, Program: program}), int(now.Sub(o.Labels.Due)/(24*time.Hour)), r)
	}
	out.Lines, out.Total = s.sorted(out.Group), total
	sort.SliceStable(out.Rows, func(i, j int) bool { return out.Rows[i].Days > out.Rows[j].Days })
}

func programsOf(cases []casefile.Opened) map[casefile.ID]string {
	out := map[casefile.ID]string{}
	for _, o := range cases {
		out[o.ID] = o.Value.Program
	}
	return out
}

func (out *Result) contacts(g gathered, zone *time.Location) {
	s := newSums(len(out.Name.Figures()))
	total := make([]int64, s.width)
	programs := programsOf(g.cases)
	met := map[string]map[record.Subject]bool{"": {}}
	for _, o := range g.notes {
		n := o.Value
		// What is signed counts once: not drafts, nor addenda, nor what was entered
		// in error or came from elsewhere.
		if n.SignedAt.IsZero() || n.Status == note.Wrong || n.IsAddendum() {
			continue
		}
		program := g.program(n, programs)
		if out.Program != "" && program != out.Program {
			continue
		}
		key := n.Author
		switch out.Group {
		case ByType:
			key = string(n.Type)
		case ByProgram:
			key = program
		case ByMonth:
			key = n.At.In(zone).Format("2006-01")
		}
		l := s.line(key)
		for i, x := range [][]int64{l, total} {
			x[0]++
			x[1] += int64(n.Minutes)
			k := "line/" + key
			if i == 1 {
				k = ""
			}
			if met[k] == nil {
				met[k] = map[record.Subject]bool{}
			}
			if !met[k][o.Subject] {
				met[k][o.Subject] = true
				x[2]++
			}
		}
	}
	out.Lines, out.Total = s.sorted(out.Group), total
}

func (out *Result) outcomes(g gathered) {
	s := newSums(len(out.Name.Figures()))
	total := make([]int64, s.width)
	stays := map[string][]int64{}
	var all []int64
	for _, o := range g.cases {
		c := o.Value
		on := casefile.Midnight(c.ClosedOn)
		key := caseKey(out.Group, c)
		s.line(key)[0]++
		total[0]++
		// A case opened in error was no stay.
		if c.Outcome != casefile.OpenedInVain && !c.OpenedOn.Empty() {
			n := int64(on.Sub(casefile.Midnight(c.OpenedOn)) / (24 * time.Hour))
			stays[key] = append(stays[key], n)
			all = append(all, n)
		}
	}
	for k, of := range stays {
		l := s.line(k)
		l[1], l[2] = middle(of), mean(of)
	}
	total[1], total[2] = middle(all), mean(all)
	out.Lines, out.Total = s.sorted(out.Group), total
}

// middle is the median, the lower one of two in the middle.
func middle(of []int64) int64 {
	if len(of) == 0 {
		return 0
	}
	x := slices.Sorted(slices.Values(of))
	return x[(len(x)-1)/2]
}

// mean is the mean, rounded to whole days.
func mean(of []int64) int64 {
	if len(of) == 0 {
		return 0
	}
	var sum int64
	for _, n := range of {
		sum += n
	}
	return (2*sum + int64(len(of))) / (2 * int64(len(of)))
}

func sortRows(rows []Row) {
	sort.SliceStable(rows, func(i, j int) bool {
		a, b := rows[i].Client.Value.ListName().Disclose(), rows[j].Client.Value.ListName().Disclose()
		if a != b {
			return a < b
		}
		return rows[i].Subject.String() < rows[j].Subject.String()
	})
}
