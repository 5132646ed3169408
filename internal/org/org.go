package org

import (
	"context"
	"math"
	"net/mail"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/task"
)

// Accounts is where ways in are kept; package authn gives it.
type Accounts interface {
	// Terminate ends at once every session of the worker and every way to
	// sign in.
	Terminate(ctx context.Context, who actor.Actor, worker string) error
	// Prove tries what sessions and ways in a worker had, as a request would: refused
	// is whether nothing lets them in, revoked when the last session ended.
	Prove(ctx context.Context, who actor.Actor, worker string) (refused bool, revoked time.Time, err error)
}

// Tasks makes the tasks that are left when somebody leaves; package task is one.
type Tasks interface {
	AddIn(ctx context.Context, who actor.Actor, w *record.Work, in task.Input) (task.ID, error)
}

// Tasks sets who makes tasks; nobody until then.
func (o *Org) Tasks(t Tasks) { o.tasks = t }

// Org is the use-cases about the agency and its workforce.
type Org struct {
	door       *record.Door
	staff      record.Records[Staff]
	coverages  record.Records[Coverage]
	agencies   record.Records[Agency]
	clearances record.Records[Clearance]
	dir        *Directory
	notices    *notice.Notices

	accounts Accounts
	tasks    Tasks
}

// New returns the use-cases. dir is the directory over the same door.
func New(d *record.Door, dir *Directory) *Org {
	return &Org{
		door: d, dir: dir,
		staff: record.Use(d, StaffKind), coverages: record.Use(d, CoverageKind), agencies: record.Use(d, AgencyKind), clearances: record.Use(d, ClearanceKind), notices: notice.New(d),
	}
}

// Accounts sets where ways in are kept. Sign-in needs the directory and the
// directory needs nothing of it, so this is joined after both are made.
func (o *Org) Accounts(a Accounts) { o.accounts = a }

// Invitation is whom to invite, or add at the command line.
type Invitation struct {
	Given, Family, Mail, Title phi.Text
	Role                       actor.Role
	Programs                   []string
	Supervisor                 string    // worker id; empty for none
	Started                    time.Time // zero for today
	External                   phi.Text  // what the system that provisions accounts calls them; empty for none
}

// Invite adds a member of the workforce and returns their worker id. Signing in
// takes an invitation from package authn besides. The asker must have proved
// again who they are; Invalid names the fields that are wrong (45 CFR
// 164.308(a)(4)(ii)(B)).
func (o *Org) Invite(ctx context.Context, who actor.Actor, in Invitation) (ID, error) {
	id, err := o.invite(ctx, who, in)
	if fault.Is(err, fault.Conflict) {
		// Somebody with this address was added meanwhile, here or by another server: the
		// check now says so.
		id, err = o.invite(ctx, who, in)
	}
	return id, err
}

func (o *Org) invite(ctx context.Context, who actor.Actor, in Invitation) (ID, error) {
	const op = "staff.invite"
	now := o.door.Clock().Now()
	if in.Started.IsZero() {
		in.Started = now
	}
	s := Staff{
		Given: in.Given, Family: in.Family, Mail: phi.NewText(NormalMail(in.Mail.Disclose())), Title: in.Title,
		Role: in.Role, Programs: tidy(in.Programs), Supervisor: in.Supervisor, Started: in.Started, Status: Invited, Since: now, External: in.External,
	}
	w := o.door.Work(who, op)
	if may, err := o.door.May(ctx, who, op, record.Subject{}, false, StaffKind.Classes()); err != nil {
		return ID{}, err
	} else if may.Contains(StaffKind.Classes()) {
		// Whoever may not invite learns nothing of what is wrong.
		if err := o.check(ctx, w, op, "", s, now); err != nil {
			return ID{}, err
		}
	}
	id := o.staff.CreateAs(w, op, record.Subject{}, s)
	if err := w.Commit(ctx); err != nil {
		return ID{}, err
	}
	return id, nil
}

func tidy(list []string) []string {
	out := slices.Clone(list)
	slices.Sort(out)
	return slices.Compact(out)
}

// MayInvite is nil for whoever may invite, change and end, and has proved again who they
// are. Who may not is refused as at Invite, and the log says so.
func (o *Org) MayInvite(ctx context.Context, who actor.Actor) error {
	const op = "staff.invite"
	may, err := o.door.May(ctx, who, op, record.Subject{}, false, StaffKind.Classes())
	if err != nil || may.Contains(StaffKind.Classes()) {
		return err
	}
	return o.door.Permit(ctx, who, op, record.Subject{}, false, StaffKind.Classes(), nil)
}

// Faults says what is wrong with a staff record by itself: what needs no look at who else
// works here.
func Faults(s Staff, agency Agency) (wrong []fault.Field) {
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if s.Given.Empty() && s.Family.Empty() {
		bad("family", "Give at least one name.")
	}
	if !goodMail(s.Mail.Disclose()) {
		bad("mail", "Give a mail address, as name@example.org.")
	}
	if len(s.External.Disclose()) > 250 {
		bad("external", "Shorten this to 250 characters.")
	}
	return append(wrong, duty(s.Role, s.Programs, agency)...)
}

// duty says what is wrong with a role and the programs somebody is to work in, or manage,
// in it.
func duty(role actor.Role, programs []string, agency Agency) (wrong []fault.Field) {
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if !slices.Contains(actor.Roles(), role) {
		bad("role", "Choose one of the roles.")
	}
	for _, p := range programs {
		if !agency.Has(p) {
			bad("programs", "Choose programs from the agency's list.")
			break
		}
	}
	if role == actor.ProgramManager && len(programs) == 0 {
		bad("programs", "Choose the program to manage.")
	}
	return wrong
}

// check says what is wrong with a staff record as it is at a moment, all at once. That nobody
// else has its address is so in the transaction of the work too.
func (o *Org) check(ctx context.Context, w *record.Work, op, id string, s Staff, at time.Time) error {
	agency, err := o.dir.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	wrong := Faults(s, agency)
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if m := s.Mail.Disclose(); goodMail(m) {
		if taken, err := o.taken(ctx, w, id, m, mailOf); err != nil {
			return err
		} else if taken {
			bad("mail", "Somebody else who works here has this address.")
		}
	}
	if x := s.External.Disclose(); x != "" && len(x) <= 250 {
		if taken, err := o.taken(ctx, w, id, x, externalOf); err != nil {
			return err
		} else if taken {
			bad("external", "Somebody else who works here has this.")
		}
	}
	if s.Supervisor != "" {
		var boss Staff
		found := false
		worker, err := record.ParseID[Staff](s.Supervisor)
		if err == nil {
			if boss, found, err = o.dir.written(ctx, worker); err != nil {
				return err
			}
		}
		switch {
		case !found, boss.Status == Terminated, s.Supervisor == id:
			bad("supervisor", "Choose somebody else who works here.")
		case !boss.Held(at).Works(actor.Supervisor, actor.ProgramManager):
			bad("supervisor", "Choose a supervisor or a program manager.")
		}
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	return nil
}

// taken reports whether somebody else who works here is called so. Where nobody is, the work
// is a Conflict once somebody was, before it is done.
func (o *Org) taken(ctx context.Context, w *record.Work, id, text string, says func(Staff) string) (bool, error) {
	mark, err := o.staff.MarkTerm(ctx, o.dir.who, record.Term{Field: record.NumberTerm, Text: phi.NewText(text)})
	if err != nil {
		return false, err
	}
	other, ok, err := o.dir.by(ctx, text, says)
	if err == nil && !ok {
		o.staff.Unmoved(w, mark)
	}
	return ok && other != id, err
}

func mailOf(s Staff) string     { return s.Mail.Disclose() }
func externalOf(s Staff) string { return s.External.Disclose() }

func goodMail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254 && !strings.ContainsAny(s, "\r\n<> ")
}

// Edit is what may be changed of a staff record; what is nil stays.
type Edit struct {
	Given, Family, Mail, Title *phi.Text
	External                   *phi.Text
	Role                       *actor.Role
	Programs                   *[]string
	Supervisor                 *string
}

func (e Edit) apply(s *Staff) {
	set := func(to *phi.Text, from *phi.Text) {
		if from != nil {
			*to = *from
		}
	}
	set(&s.Given, e.Given)
	set(&s.Family, e.Family)
	set(&s.Mail, e.Mail)
	set(&s.Title, e.Title)
	set(&s.External, e.External)
	s.Mail = phi.NewText(NormalMail(s.Mail.Disclose()))
	if e.Role != nil {
		s.Role = *e.Role
	}
	if e.Programs != nil {
		s.Programs = tidy(*e.Programs)
	}
	if e.Supervisor != nil {
		s.Supervisor = *e.Supervisor
	}
}

// Changes reports whether anything of s would be another.
func (e Edit) Changes(s Staff) bool {
	next := s
	e.apply(&next)
	return next.Given.Disclose() != s.Given.Disclose() || next.Family.Disclose() != s.Family.Disclose() || next.Mail.Disclose() != s.Mail.Disclose() ||
		next.Title.Disclose() != s.Title.Disclose() || next.External.Disclose() != s.External.Disclose() || !sameStanding(next, s)
}

// ByExternal finds whom the system that provisions accounts calls so, and whose access has
// not ended.
func (o *Org) ByExternal(ctx context.Context, external string) (worker string, ok bool, err error) {
	if external == "" {
		return "", false, nil
	}
	return o.dir.by(ctx, external, externalOf)
}

// Everybody lists all that a query finds, oldest first, however many they are; After and
// Limit say nothing. Of a role it finds who works in it now, be it their second.
func (o *Org) Everybody(ctx context.Context, who actor.Actor, q StaffQuery) ([]record.Opened[Staff], error) {
	now := o.door.Clock().Now()
	role := q.Role
	q.Role, q.After = "", "" // the label of the role follows a planned change within a minute
	out, err := o.staff.Every(ctx, who, q.query())
	out = slices.DeleteFunc(out, func(s record.Opened[Staff]) bool { return role != "" && !s.Value.Held(now).Works(role) })
	for i := range out {
		out[i].Value = out[i].Value.At(now)
	}
	slices.Reverse(out)
	return out, err
}

// Change changes a staff record at version; 0 takes the newest. What it changes
// of role, programs or supervisor holds at the next request of anybody it
// touches. What is planned stays planned: a change for a time ends as what was before it
// began, and not as what is changed within it. Nobody changes their own role or programs, or
// takes the last administrator from the agency, be it on a later day. Conflict: the person's
// access has ended, or somebody else changed the record first (45 CFR
// 164.308(a)(4)(ii)(C)).
func (o *Org) Change(ctx context.Context, who actor.Actor, id ID, version int64, e Edit) error {
	return o.change(ctx, who, []ID{id}, version, e)
}

// Assign gives several people a role, all of them or nobody, in one entry; each as by
// [Org.Change].
func (o *Org) Assign(ctx context.Context, who actor.Actor, ids []ID, role actor.Role) error {
	return o.change(ctx, who, ids, 0, Edit{Role: &role})
}

func (o *Org) change(ctx context.Context, who actor.Actor, ids []ID, version int64, e Edit) error {
	const op = "staff.change"
	now := o.door.Clock().Now()
	may, err := o.door.May(ctx, who, op, record.Subject{}, false, StaffKind.Classes())
	if err != nil {
		return err
	}
	w := o.door.Work(who, op)
	var turns []turn
	for _, id := range ids {
		at := version
		if id.String() == who.Worker() && (e.Role != nil || e.Programs != nil || e.Supervisor != nil) {
			return fault.Invalidf(op, "nobody changes their own role, programs or supervisor")
		}
		if may.Contains(StaffKind.Classes()) {
			if err := o.settle(ctx, id, now); err != nil {
				return err
			}
			old, err := o.Read(ctx, who, id)
			if err != nil {
				return err
			}
			next := old.Value
			e.apply(&next)
			if err := o.check(ctx, w, op, id.String(), next, now); err != nil {
				return err
			}
			if next.Role != old.Value.Role {
				next.alone(now)
			}
			turns = append(turns, turn{id, old.Value, next})
			if at == 0 {
				at = old.Version
			}
		}
		o.staff.Change(w, "change", id, at, func(s *Staff) error {
			if s.Status == Terminated {
				return fault.Conflictf(op, "access has ended; invite the person anew")
			}
			before := *s
			e.apply(s)
			if !sameStanding(before, *s) {
				s.Since = now
			}
			if s.Role != before.Role {
				s.alone(now)
			}
			return nil
		})
	}
	if err := o.administered(ctx, who, op, "role", now, turns...); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// Speak keeps the language that the asker chose on the pages, "en" or "es", so that mails to
// them are in it. It does nothing where it is theirs already. Invalid: another language.
func (o *Org) Speak(ctx context.Context, who actor.Actor, lang string) error {
	const op = "staff.language"
	if !slices.Contains(languages, lang) {
		return fault.Invalidf(op, "choose English or Spanish")
	}
	id, err := record.ParseID[Staff](who.Worker())
	if err != nil {
		return fault.NotFoundf(op)
	}
	s, found, err := o.dir.written(ctx, id)
	if err != nil || found && s.Lang == lang {
		return err
	}
	w := o.door.Work(who, op)
	o.staff.Change(w, "language", id, 0, func(s *Staff) error {
		s.Lang = lang
		return nil
	})
	return w.Commit(ctx)
}

// languages are those that pages and mails are in; the first is that of whoever chose none.
var languages = []string{"en", "es"}

// Activate marks somebody invited as working here; it does nothing to somebody
// who already is. Sign-in does it when an invitation was accepted.
func (o *Org) Activate(ctx context.Context, who actor.Actor, id ID) error {
	const op = "staff.activate"
	w := o.door.Work(who, op)
	o.staff.Change(w, "activate", id, 0, func(s *Staff) error {
		switch s.Status {
		case Terminated:
			return fault.Conflictf(op, "access has ended; invite the person anew")
		case Invited:
			s.Status = Active
		}
		return nil
	})
	return w.Commit(ctx)
}

// Account asks the policies for something about somebody's ways in, which are
// kept elsewhere: "staff.reset" or "staff.sessions". The answer is in the log
// before it is given.
func (o *Org) Account(ctx context.Context, who actor.Actor, action string, id ID) error {
	return o.door.Permit(ctx, who, action, record.Subject{}, id.String() == who.Worker(), StaffKind.Classes(), map[string]string{"worker": id.String()})
}

// StaffQuery narrows a list of staff. Empty fields narrow nothing.
type StaffQuery struct {
	Role   actor.Role
	Status Status
	Name   phi.Text // found by beginning, sound and with one typo
	All    bool     // those whose access has ended too
	// Planned narrows it to those of whom a change is planned.
	Planned bool
	After   string // cursor of the page before
	Limit   int
}

// Staff lists the workforce, newest first, and counts it.
func (o *Org) Staff(ctx context.Context, who actor.Actor, q StaffQuery) (record.List[Staff], error) {
	rq := q.query()
	rq.Total = true
	return o.find(ctx, who, rq)
}

// find lists staff records as they are now. What narrows a list by role is a label, which
// follows a planned change within a minute; whose second role it is stands before the first
// page.
func (o *Org) find(ctx context.Context, who actor.Actor, q record.Query) (record.List[Staff], error) {
	l, err := o.staff.Find(ctx, who, q)
	now := o.door.Clock().Now()
	for i := range l.Rows {
		l.Rows[i].Value = l.Rows[i].Value.At(now)
	}
	if err != nil || q.Tag == "" || q.After != "" {
		return l, err
	}
	role := actor.Role(q.Tag)
	q.Tag, q.Group, q.Limit, q.Total = "", hasSecond, 500, false
	also, err := o.staff.Find(ctx, who, q)
	if err != nil {
		return l, err
	}
	var rows []record.Opened[Staff]
	for _, r := range also.Rows {
		if r.Value.Held(now).Also == role {
			r.Value = r.Value.At(now)
			rows = append(rows, r)
		}
	}
	l.Rows, l.Total = append(rows, l.Rows...), l.Total+int64(len(rows))
	return l, nil
}

// WantStaff asks a view for some of the workforce, newest first: each as it was written, see
// [Staff.At].
func (o *Org) WantStaff(v *record.View, q StaffQuery) *record.List[Staff] {
	return o.staff.WantAll(v, q.query())
}

func (q StaffQuery) query() record.Query {
	rq := record.Query{Tag: string(q.Role), State: string(q.Status), After: q.After, Limit: q.Limit}
	if q.Planned {
		rq.DueBefore = math.MaxInt64
	}
	if !q.All && q.Status == "" {
		rq.NotState = string(Terminated)
	}
	if !q.Name.Empty() {
		rq.Search, rq.Alike = []record.Term{{Field: record.NameTerm, Text: q.Name}}, true
	}
	return rq
}

// Read returns one staff record as it is now.
func (o *Org) Read(ctx context.Context, who actor.Actor, id ID) (record.Opened[Staff], error) {
	s, err := o.staff.Read(ctx, who, id)
	s.Value = s.Value.At(o.door.Clock().Now())
	return s, err
}

// Directory is what is asked at every request.
func (o *Org) Directory() *Directory { return o.dir }
