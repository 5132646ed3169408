package staffsync

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Act is what comes of a row, or would.
type Act string

// The acts.
const (
	Invite  Act = "invite"
	Change  Act = "change"
	End     Act = "end"
	Same    Act = "same" // it is so already
	Refused Act = "refused"
)

// Diff is one field that would be another.
type Diff struct {
	Field    string // as Export heads the column
	From, To phi.Text
}

// Row is what comes of one row of the file, or of somebody who is not in it.
type Row struct {
	Line   int // of the file; 0 for somebody who is not in it
	Act    Act
	Worker string // empty while somebody new is not invited
	Name   phi.Text
	Mail   phi.Text
	Diffs  []Diff
	Why    []string // sentences of the program, without what the row says
	Done   bool     // it was written

	invitation org.Invitation
	edit       org.Edit
	version    int64
	boss       int // index of the row that must come first and gives the supervisor; -1 for none
}

// Options is what the asker chose.
type Options struct {
	EndMissing bool // end the access of whoever is not in the file
}

// Plan is what would come of a file.
type Plan struct {
	Hash    string   // of the file, the choices, the staff and the day
	Rows    []Row    // in the order of the file, then whoever is missing
	Ignored []string // headers that mean nothing here
	Staff   int      // how many work here now
	Blocked string   // why nothing of it can be applied; empty if it can

	order []int
}

// Count is how many rows come out so.
func (p Plan) Count(a Act) (n int) {
	for _, r := range p.Rows {
		if r.Act == a {
			n++
		}
	}
	return n
}

// Todo is how many rows would write something.
func (p Plan) Todo() int { return p.Count(Invite) + p.Count(Change) + p.Count(End) }

// Sync is the use-cases.
type Sync struct {
	door *record.Door
	org  *org.Org
	kept func(ctx context.Context) (map[string]string, error)
}

// New returns the use-cases. kept says, by worker id, who is not ended for not being in a
// file, and why; nil for nobody.
func New(d *record.Door, o *org.Org, kept func(ctx context.Context) (map[string]string, error)) *Sync {
	return &Sync{d, o, kept}
}

// planner holds what a plan is made from.
type planner struct {
	who    actor.Actor
	agency org.Agency
	now    time.Time

	staff   []record.Opened[org.Staff]
	by      map[string]int // of those who work here, by id, and by mail and external id with a mark before
	left    map[string]bool
	rows    []row
	out     []Row
	next    []org.Staff    // what each row makes of somebody
	ofStaff map[int]int    // staff to row
	ofMail  map[string]int // mail to row
	state   []int
	order   []int
}

const mailMark, externalMark = "mail:", "external:"

// Plan says what would come of a file, and writes nothing. The asker must be somebody who
// may invite and has proved again who they are. Errors: Invalid with the field "file" if
// it is no such file, Denied.
func (s *Sync) Plan(ctx context.Context, who actor.Actor, body []byte, o Options) (Plan, error) {
	if err := s.org.MayInvite(ctx, who); err != nil {
		return Plan{}, err
	}
	rows, ignored, err := read(body)
	if err != nil {
		return Plan{}, err
	}
	x := &planner{who: who, now: s.door.Clock().Now(), rows: rows, by: map[string]int{}, left: map[string]bool{}, ofStaff: map[int]int{}, ofMail: map[string]int{}}
	if x.agency, err = s.org.Directory().Agency(ctx); err != nil && !fault.Is(err, fault.NotFound) {
		return Plan{}, err
	}
	if x.staff, err = s.org.Everybody(ctx, who, org.StaffQuery{All: true}); err != nil {
		return Plan{}, err
	}
	kept := map[string]string{}
	if s.kept != nil {
		if kept, err = s.kept(ctx); err != nil {
			return Plan{}, err
		}
	}
	h := sha256.New()
	sum := sha256.Sum256(body)
	fmt.Fprintln(h, hex.EncodeToString(sum[:]), o.EndMissing, who.Worker(), x.now.In(x.agency.Zone()).Format(time.DateOnly))
	for _, p := range x.agency.Programs {
		fmt.Fprintln(h, p.Code, p.Name)
	}
	p := Plan{Ignored: ignored}
	for i, m := range x.staff {
		fmt.Fprintln(h, m.ID.String(), m.Version, kept[m.ID.String()])
		v := m.Value
		keys := []string{m.ID.String(), mailMark + v.Mail.Disclose(), externalMark + v.External.Disclose()}
		if v.Status == org.Terminated {
			x.left[keys[1]], x.left[keys[2]] = true, true
			continue
		}
		p.Staff++
		for _, k := range keys {
			x.by[k] = i
		}
	}
	delete(x.by, externalMark)
	delete(x.left, externalMark)
	p.Hash = hex.EncodeToString(h.Sum(nil))[:32]
	x.match()
	unknown := false
	for i := range x.out {
		x.settle(i)
		// A slip in a row's address makes of somebody here a stranger, and of them one who is missing.
		unknown = unknown || x.out[i].Act == Refused && x.out[i].Worker == ""
	}
	p.Rows, p.order = x.out, x.order
	if o.EndMissing {
		for i, m := range x.staff {
			if _, in := x.ofStaff[i]; in || m.Value.Status == org.Terminated {
				continue
			}
			r := Row{Act: End, Worker: m.ID.String(), Name: m.Value.Name(), Mail: m.Value.Mail, version: m.Version, boss: -1}
			if why := kept[r.Worker]; why != "" {
				r.refuse(why)
			} else if r.Worker == who.Worker() {
				r.refuse(own)
			}
			p.order = append(p.order, len(p.Rows))
			p.Rows = append(p.Rows, r)
		}
	}
	x.administrators(p.Rows)
	ends := p.Count(End)
	switch {
	case o.EndMissing && unknown:
		p.Blocked = "Some rows do not say whom they are about, so nobody can be said to be missing. Mend these rows first, or leave whoever is missing alone."
	case ends > 1 && ends*3 > p.Staff:
		p.Blocked = "This would end the access of more than a third of the staff. If it is meant, do it in parts."
	}
	return p, nil
}

// Why rows are refused.
const (
	own      = "Nobody changes their own role, programs or supervisor, or ends their own access."
	noBoss   = "The row of their supervisor is not taken."
	lastOne  = "They are the last administrator who works here."
	twice    = "An earlier row is about the same person."
	tooWide  = "The row has more cells than the header. A comma without quotes may have shifted it."
	twoOfUs  = "The mail address and the external id belong to two people."
	badDay   = "Write days as 2026-01-31."
	badState = "Write the status as active or ended."
	says2    = "The status and the last day contradict each other."
)

func (r *Row) refuse(why ...string) {
	r.Act, r.Diffs = Refused, nil
	r.Why = append(r.Why, why...)
}

// match finds whom each row is about.
func (x *planner) match() {
	x.out, x.next, x.state = make([]Row, len(x.rows)), make([]org.Staff, len(x.rows)), make([]int, len(x.rows))
	seen := map[string]bool{}
	for i, in := range x.rows {
		r := &x.out[i]
		mail, external := org.NormalMail(in.cells["mail"]), in.cells["external"]
		*r = Row{Line: in.line, boss: -1, Mail: phi.NewText(mail), Name: phi.NewText(strings.TrimSpace(in.cells["given"] + " " + in.cells["family"]))}
		a, byExternal := x.by[externalMark+external]
		b, byMail := x.by[mailMark+mail]
		at, known := a, byExternal
		if !known {
			at, known = b, byMail
		}
		switch {
		case byExternal && byMail && a != b:
			// Both have a row, so that neither counts as missing.
			r.refuse(twoOfUs)
			r.Worker = x.staff[a].ID.String()
			x.claim(a, i)
			x.claim(b, i)
			continue
		case in.long:
			r.refuse(tooWide)
		case mail == "" && !known:
			r.refuse("Give a mail address, as name@example.org.")
		}
		if r.Act == Refused && !known {
			continue
		}
		again := seen[mailMark+mail] && mail != "" || seen[externalMark+external] && external != ""
		if known {
			m := x.staff[at]
			r.Worker, r.version, x.next[i] = m.ID.String(), m.Version, m.Value
			if in.cells["given"]+in.cells["family"] == "" {
				r.Name = m.Value.Name()
			}
			if !x.claim(at, i) {
				again = true
			}
		}
		seen[mailMark+mail], seen[externalMark+external] = true, true
		if again {
			r.refuse(twice)
			continue
		}
		if mail != "" {
			x.ofMail[mail] = i
		}
	}
}

// claim says that a row is about somebody; false if an earlier one is.
func (x *planner) claim(staff, row int) bool {
	if _, taken := x.ofStaff[staff]; taken {
		return false
	}
	x.ofStaff[staff] = row
	return true
}

// settle says what comes of a row, after what comes of the row of its supervisor.
func (x *planner) settle(i int) {
	if x.state[i] != 0 {
		return
	}
	x.state[i] = 1
	x.decide(i)
	x.state[i] = 2
	x.order = append(x.order, i)
}

func (x *planner) decide(i int) {
	r, in := &x.out[i], x.rows[i]
	if r.Act == Refused {
		return
	}
	zone, known := x.agency.Zone(), r.Worker != ""
	over, why := x.over(in, zone)
	if why != "" {
		r.refuse(why)
		return
	}
	if over {
		switch {
		case !known:
			r.Act = Same // nobody of that name works here
		case r.Worker == x.who.Worker():
			r.refuse(own)
		default:
			r.Act = End
		}
		return
	}
	old := x.next[i]
	next := old
	text := func(to *phi.Text, name string, empties bool) {
		if c, ok := in.cells[name]; ok && (c != "" || empties) {
			*to = phi.NewText(c)
		}
	}
	text(&next.Given, "given", false)
	text(&next.Family, "family", false)
	text(&next.Mail, "mail", false)
	text(&next.Title, "title", true)
	text(&next.External, "external", false)
	next.Mail = phi.NewText(org.NormalMail(next.Mail.Disclose()))
	if c := in.cells["role"]; c != "" {
		next.Role = role(c)
	}
	if c, ok := in.cells["programs"]; ok {
		next.Programs = programs(c, x.agency)
	}
	if !known {
		next.Started = x.now
		if c := in.cells["started"]; c != "" {
			var ok bool
			if next.Started, ok = day(c, zone); !ok {
				r.refuse(badDay)
				return
			}
		}
	}
	for _, f := range org.Faults(next, x.agency) {
		r.refuse(f.Message)
	}
	if at, taken := x.by[mailMark+next.Mail.Disclose()]; taken && x.staff[at].ID.String() != r.Worker {
		r.refuse("Somebody else who works here has this address.")
	}
	if c, ok := in.cells["supervisor"]; ok {
		if why := x.supervise(i, c, &next); why != "" {
			r.refuse(why)
		}
	}
	x.next[i] = next
	if r.Act == Refused {
		return
	}
	if !known {
		r.Act = Invite
		if x.left[mailMark+next.Mail.Disclose()] || x.left[externalMark+next.External.Disclose()] {
			r.Why = append(r.Why, "Somebody with this address or id has left before. This invites them anew.")
		}
		r.invitation = org.Invitation{Given: next.Given, Family: next.Family, Mail: next.Mail, Title: next.Title, Role: next.Role, Programs: next.Programs, Supervisor: next.Supervisor, Started: next.Started, External: next.External}
		r.Diffs = x.diffs(org.Staff{}, next, r.boss)
		return
	}
	r.Diffs = x.diffs(old, next, r.boss)
	r.edit = edit(old, next, r.boss >= 0 && next.Supervisor == "")
	standing := r.edit.Role != nil || r.edit.Programs != nil || r.edit.Supervisor != nil
	switch {
	case len(r.Diffs) == 0:
		r.Act = Same
	case standing && r.Worker == x.who.Worker():
		r.refuse(own)
	default:
		r.Act = Change
	}
}

// over says whether a row is about somebody who has left.
func (x *planner) over(in row, zone *time.Location) (over bool, why string) {
	status, ended := plain(in.cells["status"]), in.cells["ended"]
	switch {
	case slices.Contains(leaves, status):
		over = true
	case status != "" && !slices.Contains(works, status):
		return false, badState
	}
	if ended == "" {
		return over, ""
	}
	last, ok := day(ended, zone)
	if !ok {
		return false, badDay
	}
	// The last day is still a day of work.
	past := !x.now.Before(last.AddDate(0, 0, 1))
	if past && !over && status != "" {
		return false, says2
	}
	return over || past, ""
}

// supervise finds the supervisor that a cell names, by mail, worker id or external id.
func (x *planner) supervise(i int, cell string, next *org.Staff) (why string) {
	next.Supervisor = ""
	if cell == "" {
		return ""
	}
	const nobody, wrong = "Choose somebody else who works here.", "Choose a supervisor or a program manager."
	at, found := 0, false
	for _, k := range []string{mailMark + org.NormalMail(cell), externalMark + cell, cell} {
		if at, found = x.by[k]; found {
			break
		}
	}
	j, inFile := x.ofMail[org.NormalMail(cell)]
	if found {
		j, inFile = x.ofStaff[at]
	}
	if inFile && j == i {
		return nobody
	}
	if inFile {
		if x.state[j] == 1 && !found {
			return noBoss // each waits for the other
		}
		x.settle(j)
	}
	if !found && (!inFile || x.out[j].Act != Invite) {
		if inFile && x.out[j].Act == Refused {
			return noBoss
		}
		return nobody
	}
	var as actor.Role
	if found {
		as, next.Supervisor = x.staff[at].Value.Role, x.staff[at].ID.String()
	}
	if inFile {
		switch x.out[j].Act {
		case End:
			next.Supervisor = ""
			return nobody
		case Change, Invite:
			as = x.next[j].Role
			x.out[i].boss = j
		}
	}
	if as != actor.Supervisor && as != actor.ProgramManager {
		return wrong
	}
	return ""
}

// diffs are what is another; boss is the row of the supervisor, or -1.
func (x *planner) diffs(old, next org.Staff, boss int) (out []Diff) {
	add := func(name, from, to string) {
		if from != to {
			out = append(out, Diff{name, phi.NewText(from), phi.NewText(to)})
		}
	}
	chief := func(worker string) string {
		if at, ok := x.by[worker]; ok && worker != "" {
			return x.staff[at].Value.Mail.Disclose()
		}
		return ""
	}
	to := chief(next.Supervisor)
	if next.Supervisor == "" && boss >= 0 {
		to = x.next[boss].Mail.Disclose()
	}
	add("mail", old.Mail.Disclose(), next.Mail.Disclose())
	add("given", old.Given.Disclose(), next.Given.Disclose())
	add("family", old.Family.Disclose(), next.Family.Disclose())
	add("title", old.Title.Disclose(), next.Title.Disclose())
	add("role", string(old.Role), string(next.Role))
	add("programs", strings.Join(old.Programs, "|"), strings.Join(next.Programs, "|"))
	add("supervisor", chief(old.Supervisor), to)
	add("external", old.External.Disclose(), next.External.Disclose())
	return out
}

// edit is what of old becomes another; later is that the supervisor has no id yet.
func edit(old, next org.Staff, later bool) (e org.Edit) {
	text := func(from, to phi.Text) *phi.Text {
		if from.Disclose() == to.Disclose() {
			return nil
		}
		return &to
	}
	e = org.Edit{Given: text(old.Given, next.Given), Family: text(old.Family, next.Family), Mail: text(old.Mail, next.Mail), Title: text(old.Title, next.Title), External: text(old.External, next.External)}
	if old.Role != next.Role {
		e.Role = &next.Role
	}
	if !slices.Equal(old.Programs, next.Programs) {
		e.Programs = &next.Programs
	}
	if old.Supervisor != next.Supervisor || later {
		e.Supervisor = &next.Supervisor
	}
	return e
}

// administrators refuses what would leave the agency without an administrator: one who
// signs in, or where none ever did, one who is invited.
func (x *planner) administrators(rows []Row) {
	count := map[org.Status]int{}
	for _, m := range x.staff {
		if m.Value.Role == actor.Administrator {
			count[m.Value.Status]++
		}
	}
	status := org.Active
	if count[status] == 0 {
		status = org.Invited
	}
	for i := range rows {
		r := &rows[i]
		at, known := x.by[r.Worker]
		if !known || x.staff[at].Value.Role != actor.Administrator || x.staff[at].Value.Status != status {
			continue
		}
		if r.Act == End || r.Act == Change && r.edit.Role != nil {
			if count[status] == 1 {
				r.refuse(lastOne)
				continue
			}
			count[status]--
		}
	}
}
