package org

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Directory answers what must be known before there is an asker: whose address
// this is, how a worker stands, what the agency is called.
//
// Standing is worked out at every request from the record as it is then, so that a
// termination acts at once on every node. Names and settings are kept by the
// version of their record: a change is seen at the next question, or for a name
// on a page five seconds later, and only the first question after it opens the
// record and leaves an entry. Nothing here is
// about clients.
type Directory struct {
	who      actor.Actor
	clock    clock.Clock
	staff    record.Records[Staff]
	agencies record.Records[Agency]

	mu     sync.Mutex
	people map[string]person
	agency kept[Agency]
}

type kept[T any] struct {
	version int64
	value   T
	made    time.Time // the record
	until   time.Time // the version is asked for again, for names
}

// namesFor is how long a name on a page is kept without asking whether it
// changed.
const namesFor = 5 * time.Second

type person = kept[Staff]

// NewDirectory returns the directory; who is the service actor it asks as.
func NewDirectory(d *record.Door, who actor.Actor) *Directory {
	return &Directory{who: who, clock: d.Clock(), staff: record.Use(d, StaffKind), agencies: record.Use(d, AgencyKind), people: map[string]person{}}
}

// Standing is how a worker stands at this moment.
type Standing struct {
	Active     bool // may sign in at all
	actor.Held      // the roles in force
	Name       phi.Text
	Mail       phi.Text
}

// ByMail finds the worker with this address, given in lower case, whose access
// has not ended.
func (d *Directory) ByMail(ctx context.Context, mail string) (worker string, ok bool, err error) {
	return d.by(ctx, mail, mailOf)
}

// by finds the worker whose access has not ended and of whom this says so.
func (d *Directory) by(ctx context.Context, text string, says func(Staff) string) (worker string, ok bool, err error) {
	ids, err := d.staff.LookUp(ctx, d.who, record.Term{Field: record.NumberTerm, Text: phi.NewText(text)}, 50)
	if err != nil {
		return "", false, err
	}
	for _, id := range ids {
		// The index keeps letters and digits only, so the text is compared.
		s, found, err := d.person(ctx, id)
		if err != nil {
			return "", false, err
		}
		if found && s.Status != Terminated && says(s) == text {
			return id.String(), true, nil
		}
	}
	return "", false, nil
}

// Standing says how the worker stands at this moment. It is NotFound for an
// unknown one.
func (d *Directory) Standing(ctx context.Context, worker string) (Standing, error) {
	id, err := record.ParseID[Staff](worker)
	if err != nil {
		return Standing{}, fault.NotFoundf("staff.standing")
	}
	l, version, found, err := d.staff.LabelsOf(ctx, d.who, id)
	if err != nil {
		return Standing{}, err
	}
	if !found {
		return Standing{}, fault.NotFoundf("staff.standing")
	}
	s, err := d.at(ctx, id, version)
	if err != nil {
		return Standing{}, err
	}
	return Standing{Active: l.State != string(Terminated), Held: s.Held(d.clock.Now()), Name: s.Name(), Mail: s.Mail}, nil
}

// Language is the language that mails to a worker are in: the one they chose, English until
// they do. It is NotFound for an unknown worker.
func (d *Directory) Language(ctx context.Context, worker string) (string, error) {
	id, err := record.ParseID[Staff](worker)
	if err != nil {
		return "", fault.NotFoundf("staff.language")
	}
	s, found, err := d.written(ctx, id)
	if err == nil && !found {
		err = fault.NotFoundf("staff.language")
	}
	return cmp.Or(s.Lang, languages[0]), err
}

// Programs are the codes of the programs a worker works in, or manages, in either role. It
// is NotFound for an unknown one.
func (d *Directory) Programs(ctx context.Context, worker string) ([]string, error) {
	id, err := record.ParseID[Staff](worker)
	if err != nil {
		return nil, fault.NotFoundf("staff.programs")
	}
	s, found, err := d.person(ctx, id)
	if err == nil && !found {
		err = fault.NotFoundf("staff.programs")
	}
	if x := s.Second(d.clock.Now()); x != nil && len(x.Programs) > 0 {
		return tidy(slices.Concat(s.Programs, x.Programs)), err
	}
	return s.Programs, err
}

// person returns a worker's record as it is now.
func (d *Directory) person(ctx context.Context, id ID) (Staff, bool, error) {
	s, found, err := d.written(ctx, id)
	return s.At(d.clock.Now()), found, err
}

// written returns a worker's record as it was written last.
func (d *Directory) written(ctx context.Context, id ID) (Staff, bool, error) {
	_, version, found, err := d.staff.LabelsOf(ctx, d.who, id)
	if err != nil || !found {
		return Staff{}, false, err
	}
	s, err := d.at(ctx, id, version)
	return s, err == nil, err
}

// named is person for a name on a page: one that was asked for a moment ago is
// taken as it was.
func (d *Directory) named(ctx context.Context, id ID) (Staff, bool, error) {
	now := d.clock.Now()
	d.mu.Lock()
	p, ok := d.people[id.String()]
	d.mu.Unlock()
	if ok && now.Before(p.until) {
		return p.value, true, nil
	}
	s, found, err := d.person(ctx, id)
	if err != nil || !found {
		return Staff{}, false, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.people[id.String()]; ok {
		p.until = now.Add(namesFor)
		d.people[id.String()] = p
	}
	return s, true, nil
}

// at returns the record at version or later, from memory if it is there.
func (d *Directory) at(ctx context.Context, id ID, version int64) (Staff, error) {
	d.mu.Lock()
	p, ok := d.people[id.String()]
	d.mu.Unlock()
	if ok && p.version >= version {
		return p.value, nil
	}
	o, err := d.staff.Read(ctx, d.who, id)
	if err != nil {
		return Staff{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if p, ok := d.people[id.String()]; !ok || p.version < o.Version {
		d.people[id.String()] = person{version: o.Version, value: o.Value}
	}
	return o.Value, nil
}

// Service actors as pages name them.
var serviceNames = map[string]string{
	"import": "Importer", "demo": "Demonstration", "operator": "Operator at the command line",
	"sequencer": "Log sequencer", "notifier": "Notifier", "authn": "Sign-in",
	"calendar": "Calendar feed", "counterparty": "A vendor’s link", "household": "Keeper of households", "scanner": "Scanner of uploads",
	"trainer": "Training", "counter": "Counter of figures", "provisioner": "Provisioning by SCIM",
}

// Names returns the names of workers and service actors, for a page that shows
// who did what. An unknown id is left out (45 CFR 164.312(b): the log keeps ids).
func (d *Directory) Names(ctx context.Context, who actor.Actor, ids []string) (map[string]string, error) {
	if !who.Valid() {
		return nil, fault.DeniedBy("staff.names", "no-actor")
	}
	out := make(map[string]string, len(ids))
	for _, s := range ids {
		if _, done := out[s]; done {
			continue
		}
		if name, ok := strings.CutPrefix(s, "service:"); ok {
			if n := serviceNames[name]; n != "" {
				out[s] = n
			}
			continue
		}
		id, err := record.ParseID[Staff](s)
		if err != nil {
			continue
		}
		p, found, err := d.named(ctx, id)
		if err != nil {
			return nil, err
		}
		if found {
			out[s] = p.Name().Disclose()
		}
	}
	return out, nil
}

// Agency is the agency's settings, for pages shown before anybody has signed
// in. It is NotFound before the agency was set up.
func (d *Directory) Agency(ctx context.Context) (Agency, error) {
	id, _, version, found, err := d.agencies.FindExt(ctx, d.who, theAgency)
	if err != nil {
		return Agency{}, err
	}
	if !found {
		return Agency{}, fault.NotFoundf("agency.read")
	}
	d.mu.Lock()
	k := d.agency
	d.mu.Unlock()
	if k.version >= version {
		return k.value, nil
	}
	o, err := d.agencies.Read(ctx, d.who, id)
	if err != nil {
		return Agency{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.agency.version < o.Version {
		d.agency = kept[Agency]{version: o.Version, value: o.Value, made: o.CreatedAt}
	}
	return o.Value, nil
}

// Founded is when the agency was set up here. It is NotFound before.
func (d *Directory) Founded(ctx context.Context) (time.Time, error) {
	if _, err := d.Agency(ctx); err != nil {
		return time.Time{}, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.agency.made, nil
}

// Ended is when a worker's access ended; zero while it has not. It is NotFound for an
// unknown one.
func (d *Directory) Ended(ctx context.Context, worker string) (time.Time, error) {
	id, err := record.ParseID[Staff](worker)
	if err != nil {
		return time.Time{}, fault.NotFoundf("staff.standing")
	}
	s, found, err := d.person(ctx, id)
	if err == nil && !found {
		err = fault.NotFoundf("staff.standing")
	}
	return s.Ended, err
}

// Officers returns the worker ids of everybody in a role, be it their second, whose access
// has not ended. It asks by the label; while a planned change has begun that the label does not
// say yet, it looks at everybody.
func (d *Directory) Officers(ctx context.Context, role actor.Role) ([]string, error) {
	if behind, err := d.staff.Stamp(ctx, d.who, due(d.clock.Now())); err != nil {
		return nil, err
	} else if behind != "" {
		all, err := d.Members(ctx)
		var out []string
		for _, m := range all {
			if m.Works(role) {
				out = append(out, m.Worker)
			}
		}
		return out, err
	}
	l, err := d.staff.Find(ctx, d.who, record.Query{Tag: string(role), NotState: string(Terminated), Limit: 500})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range l.Rows {
		out = append(out, s.ID.String())
	}
	if l, err = d.staff.Find(ctx, d.who, record.Query{Group: hasSecond, NotState: string(Terminated), Limit: 500}); err != nil {
		return nil, err
	}
	for _, s := range l.Rows {
		if s.Value.Held(d.clock.Now()).Also == role {
			out = append(out, s.ID.String())
		}
	}
	return out, nil
}

// Member is somebody whose access has not ended.
type Member struct {
	Worker string
	actor.Held
	Started    time.Time
	Supervisor string
	Programs   []string
	Since      time.Time // since when role, programs and supervisor are what they are
	// AlsoIn are the programs of the second role and AlsoSince is when it began; empty for
	// whoever has none.
	AlsoIn    []string
	AlsoSince time.Time
}

// Members returns everybody whose access has not ended.
func (d *Directory) Members(ctx context.Context) (out []Member, err error) {
	all, err := d.everybody(ctx)
	now := d.clock.Now()
	for _, o := range all {
		out = append(out, member(o.ID.String(), o.Value, now))
	}
	return out, err
}

// member is somebody as they are at a moment.
func member(worker string, s Staff, at time.Time) Member {
	held, x := s.Held(at), s.Second(at)
	s = s.At(at)
	m := Member{Worker: worker, Held: held, Started: s.Started, Supervisor: s.Supervisor, Programs: s.Programs, Since: s.Since}
	if x != nil {
		m.AlsoIn, m.AlsoSince = x.Programs, x.From
	}
	return m
}

// everybody is the records of those whose access has not ended, as they were written.
func (d *Directory) everybody(ctx context.Context) ([]record.Opened[Staff], error) {
	return d.staff.Every(ctx, d.who, record.Query{NotState: string(Terminated)})
}

// Member is one of [Directory.Members]. It is NotFound for an unknown worker and for one
// whose access has ended.
func (d *Directory) Member(ctx context.Context, worker string) (Member, error) {
	id, err := record.ParseID[Staff](worker)
	if err != nil {
		return Member{}, fault.NotFoundf("staff.standing")
	}
	s, found, err := d.person(ctx, id)
	if err == nil && (!found || s.Status == Terminated) {
		err = fault.NotFoundf("staff.standing")
	}
	return member(worker, s, d.clock.Now()), err
}

// MembersAt returns everybody who worked here right before a moment, in the role that they
// had then, as it was on record then: who was invited later, or whose role changed later,
// is as they were. What was planned counts from its moment, like a change made at it.
func (d *Directory) MembersAt(ctx context.Context, who actor.Actor, at time.Time) (out []Member, err error) {
	q := record.Query{AsOf: at, Limit: 500}
	for {
		l, err := d.staff.Find(ctx, who, q)
		if err != nil {
			return nil, err
		}
		for _, o := range l.Rows {
			if o.Value.Status != Terminated && o.Value.Started.Before(at) {
				out = append(out, member(o.ID.String(), o.Value, at.Add(-time.Microsecond)))
			}
		}
		if q.After = l.Next; q.After == "" {
			return out, nil
		}
	}
}

// Supervisor is the worker id of a worker's supervisor; empty if there is none.
func (d *Directory) Supervisor(ctx context.Context, worker string) (string, error) {
	id, err := record.ParseID[Staff](worker)
	if err != nil {
		return "", nil
	}
	p, _, err := d.person(ctx, id)
	return p.Supervisor, err
}

// Ahead is what is planned of a worker, soonest first, as their record was when
// [Directory.Standing] was last asked; see [Staff.Ahead]. Every request of theirs begins with
// that, so their pages say it without another query and without an entry. Of whoever was not
// asked about nothing is known.
func (d *Directory) Ahead(worker string) []Ahead {
	d.mu.Lock()
	p := d.people[worker]
	d.mu.Unlock()
	return p.value.At(d.clock.Now()).Ahead()
}
