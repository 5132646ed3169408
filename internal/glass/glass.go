package glass

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Clients resolves a client number; package app joins it.
type Clients interface {
	// ByNumber finds the client with exactly this number. It opens nothing.
	ByNumber(ctx context.Context, number phi.Text) (subject record.Subject, found bool, err error)
}

// Event is what is told of a grant.
type Event string

// The events.
const (
	Broken  Event = "broken"  // the glass was broken
	Missed  Event = "missed"  // it was tried on a client there is not
	Overdue Event = "overdue" // a review is overdue
)

// Notice is what supervisors and privacy officers are told. It holds ids only.
type Notice struct {
	Event Event
	Grant string // id of the grant; empty for Missed
	Asker string // worker id
	At    time.Time
	Due   time.Time // when the review is due
	// Supervisor is the worker id of who supervised the asker then; they and
	// every privacy officer are told.
	Supervisor string
}

// Notifier tells people. It must return at once.
type Notifier interface{ Tell(Notice) }

// Glass is the use-cases of emergency access.
type Glass struct {
	door    *record.Door
	grants  record.Records[Grant]
	dir     *org.Directory
	clients Clients
	notify  Notifier
}

// New returns the use-cases. notify may be nil where nobody is to be told, as in
// a command.
func New(d *record.Door, dir *org.Directory, c Clients, n Notifier) *Glass {
	return &Glass{door: d, grants: record.Use(d, Kind), dir: dir, clients: c, notify: n}
}

// Ask is a wish to break the glass: on a client by id, as from a refused page,
// or by number, as from a card in somebody's hand.
type Ask struct {
	Subject record.Subject
	Number  phi.Text // used if Subject is zero
	Reason  Reason
	Words   phi.Text
	Scope   []policy.Class // identity is always among them
}

// Answer is what whoever asked is told.
type Answer struct {
	Until     time.Time
	ReviewDue time.Time
	Grant     ID             // zero if there is no such client
	Subject   record.Subject // zero if there is no such client
}

// Words of a reason are at least minWords and at most maxWords characters.
const (
	minWords = 10
	maxWords = 2000
)

// Break opens a client's chart to the asker for four hours. It needs a fresh
// proof of who is asking: Denied with Mend StepUp without one, whether or not
// there is such a client.
//
// A client that does not exist is answered like one that does, except that
// Grant and Subject are zero, and the officers are told of the attempt.
func (g *Glass) Break(ctx context.Context, who actor.Actor, ask Ask) (Answer, error) {
	const op = "glass.break"
	may, err := g.door.May(ctx, who, op, record.Subject{}, true, Kind.Classes())
	if err != nil {
		return Answer{}, err
	}
	if !may.Contains(Kind.Classes()) {
		// Decided before the client is looked at, so that the refusal is the
		// same for everybody's client; the door records it.
		err := g.door.Permit(ctx, who, op, record.Subject{}, true, Kind.Classes(), nil)
		if err == nil {
			err = fault.DeniedBy(op, "class-withheld")
		}
		return Answer{}, err
	}
	if err := check(op, &ask); err != nil {
		return Answer{}, err
	}
	supervisor, err := g.dir.Supervisor(ctx, who.Worker())
	if err != nil {
		return Answer{}, err
	}
	due, err := g.due(ctx)
	if err != nil {
		return Answer{}, err
	}
	now := g.door.Clock().Now()
	out := Answer{Until: now.Add(Lasts), ReviewDue: due(now)}
	notice := Notice{Event: Broken, Asker: who.Worker(), At: now, Due: out.ReviewDue, Supervisor: supervisor}
	subject, known := ask.Subject, !ask.Subject.IsZero()
	if !known {
		if subject, known, err = g.clients.ByNumber(ctx, ask.Number); err != nil {
			return Answer{}, err
		}
	}
	if known {
		w := g.door.Work(who, op)
		w.Detail("reason", string(ask.Reason))
		id := g.grants.CreateAs(w, op, subject, Grant{
			Asker: who.Worker(), Supervisor: supervisor, Reason: ask.Reason, Words: ask.Words, Scope: ask.Scope,
			From: now, Until: out.Until, ReviewDue: out.ReviewDue,
		})
		err := w.Commit(ctx)
		switch {
		case fault.Is(err, fault.NotFound):
			known = false // an id that nobody has; the refusal is in the log
		case err != nil:
			return Answer{}, err
		default:
			out.Grant, out.Subject, notice.Grant = id, subject, id.String()
		}
	} else if err := g.door.Permit(ctx, who, op, record.Subject{}, true, Kind.Classes(), map[string]string{"reason": string(ask.Reason), "client": "none"}); err != nil {
		return Answer{}, err
	}
	if !known {
		notice.Event, notice.Due = Missed, time.Time{}
	}
	g.tell(notice)
	return out, nil
}

func check(op string, ask *Ask) error {
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if ask.Subject.IsZero() && ask.Number.Empty() {
		bad("number", "Give the client number.")
	}
	if !slices.Contains(Reasons(), ask.Reason) {
		bad("reason", "Choose a reason.")
	}
	ask.Words = phi.NewText(strings.TrimSpace(ask.Words.Disclose()))
	switch n := utf8.RuneCountInString(ask.Words.Disclose()); {
	case n < minWords:
		bad("words", "Say in a sentence what happened.")
	case n > maxWords:
		bad("words", "Shorten this to 2,000 characters.")
	}
	may := policy.Set(Scopes()...)
	set := policy.Set(policy.Identity)
	for _, c := range ask.Scope {
		if !may.Has(c) {
			bad("scope", "Choose from the list what to open.")
			break
		}
		set |= policy.Set(c)
	}
	if set == policy.Set(policy.Identity) && len(wrong) == 0 && len(ask.Scope) == 0 {
		bad("scope", "Choose what to open.")
	}
	ask.Scope = set.List()
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	return nil
}

// due returns what makes a review date of a time.
func (g *Glass) due(ctx context.Context) (func(time.Time) time.Time, error) {
	a, err := g.dir.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	zone := a.Zone()
	return func(from time.Time) time.Time { return ReviewDue(from, zone, a.Holidays) }, nil
}

func (g *Glass) tell(n Notice) {
	if g.notify != nil {
		g.notify.Tell(n)
	}
}

// End ends a grant now: one's own, or as a privacy officer anybody's. Conflict:
// it is over already.
func (g *Glass) End(ctx context.Context, who actor.Actor, id ID) error {
	const op = "glass.end"
	now := g.door.Clock().Now()
	w := g.door.Work(who, op)
	g.grants.Change(w, "end", id, 0, func(v *Grant) error {
		if v.State(now) != Open {
			return fault.Conflictf(op, "it is over already")
		}
		v.Until, v.EndedBy = now, who.Worker()
		return nil
	})
	return w.Commit(ctx)
}

// Expire writes down that the time of grants is over, each with an entry of its own, and
// leaves none where there is nothing to write. They ended by the clock before; now a clock
// that is set back finds them ended too. A job calls it every minute as the notifier.
func (g *Glass) Expire(ctx context.Context, who actor.Actor) error {
	now := g.door.Clock().Now()
	q := record.Query{State: Open, AtUntil: now.Add(-Lasts).UnixMicro() + 1, Limit: 500}
	if any, err := g.grants.Stamp(ctx, who, q); err != nil || any == "" {
		return err
	}
	l, err := g.grants.Find(ctx, who, q)
	if err != nil {
		return err
	}
	for _, o := range l.Rows {
		w := g.door.Work(who, "glass.expire")
		g.grants.Change(w, "expire", o.ID, o.Version, func(v *Grant) error {
			v.Over = now
			return nil
		})
		if err := w.Commit(ctx); err != nil && !fault.Is(err, fault.Conflict) { // another server was here first
			return err
		}
	}
	return nil
}

// Read returns one grant.
func (g *Glass) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return g.grants.Read(ctx, who, id)
}

// ForMe lists the asker's grants that are open now, for the banner.
func (g *Glass) ForMe(ctx context.Context, who actor.Actor) ([]Opened, error) {
	l, err := g.grants.Find(ctx, who, record.Query{Owner: who.Worker(), State: Open, AtFrom: g.door.Clock().Now().Add(-Lasts).UnixMicro(), Limit: 100})
	if err != nil {
		return nil, err
	}
	return g.Running(l.Rows), nil
}

// WantMine asks a view for the asker's grants on a client, so that a chart shows
// its banner in the same entry. Running says which of them are open.
func (g *Glass) WantMine(v *record.View, who actor.Actor, subject record.Subject) *record.List[Grant] {
	return g.grants.WantAll(v, record.Query{Subject: subject, Owner: who.Worker(), State: Open})
}

// Running keeps the grants that are open now.
func (g *Glass) Running(rows []Opened) []Opened {
	now := g.door.Clock().Now()
	var out []Opened
	for _, o := range rows {
		if o.Value.State(now) == Open {
			out = append(out, o)
		}
	}
	return out
}

// QueueQuery narrows the queue.
type QueueQuery struct {
	Reviewed bool // those that were reviewed, newest first, instead of those that wait
	After    string
	Limit    int
}

// Queue lists grants that wait for a review, soonest due first: for a privacy
// officer and an auditor all of them, for a supervisor those of the workers they
// supervised then, for anybody else their own.
func (g *Glass) Queue(ctx context.Context, who actor.Actor, q QueueQuery) (record.List[Grant], error) {
	rq := record.Query{NotState: Reviewed, ByDue: true, After: q.After, Limit: q.Limit, Total: true}
	if q.Reviewed {
		rq.NotState, rq.State, rq.ByDue = "", Reviewed, false
	}
	switch who.Role() {
	case actor.PrivacyOfficer, actor.Auditor, actor.Service:
	case actor.Supervisor:
		rq.Group = who.Worker()
	default:
		rq.Owner = who.Worker()
	}
	return g.grants.Find(ctx, who, rq)
}

// Tally counts the grants in the asker's queue that wait for a review. It opens
// nothing.
func (g *Glass) Tally(ctx context.Context, who actor.Actor) (int64, error) {
	q := record.Query{NotState: Reviewed}
	if who.Role() == actor.Supervisor {
		q.Group = who.Worker()
	}
	return g.grants.Tally(ctx, who, q)
}

// Review decides whether breaking the glass was right. Nobody reviews their own.
// Conflict: it is still open, or was reviewed already; a finding in words is
// needed where it was not right (45 CFR 164.308(a)(1)(ii)(D)).
func (g *Glass) Review(ctx context.Context, who actor.Actor, id ID, version int64, verdict Verdict, finding phi.Text) error {
	const op = "glass.review"
	var wrong []fault.Field
	if verdict != Appropriate && verdict != NotAppropriate {
		wrong = append(wrong, fault.Field{Name: "verdict", Message: "Choose whether it was appropriate."})
	}
	finding = phi.NewText(strings.TrimSpace(finding.Disclose()))
	switch n := utf8.RuneCountInString(finding.Disclose()); {
	case verdict == NotAppropriate && n < minWords:
		wrong = append(wrong, fault.Field{Name: "finding", Message: "Say in a sentence what was not right and what follows."})
	case n > maxWords:
		wrong = append(wrong, fault.Field{Name: "finding", Message: "Shorten this to 2,000 characters."})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	now := g.door.Clock().Now()
	w := g.door.Work(who, op)
	w.Detail("verdict", string(verdict))
	g.grants.Change(w, "review", id, version, func(v *Grant) error {
		switch v.State(now) {
		case Open:
			return fault.Conflictf(op, "it is still open; end it first")
		case Reviewed:
			return fault.Conflictf(op, "it was reviewed already")
		}
		v.ReviewedBy, v.ReviewedAt, v.Verdict, v.Finding = who.Worker(), now, verdict, finding
		return nil
	})
	return w.Commit(ctx)
}

// Remind tells of every review that is overdue. A job calls it once a day as the
// notifier.
func (g *Glass) Remind(ctx context.Context, who actor.Actor) (int, error) {
	now := g.door.Clock().Now()
	var after string
	n := 0
	for {
		l, err := g.grants.Find(ctx, who, record.Query{NotState: Reviewed, DueBefore: now.UnixMicro() + 1, ByDue: true, After: after, Limit: 100})
		if err != nil {
			return n, err
		}
		for _, o := range l.Rows {
			n++
			g.tell(noticeOf(Overdue, o))
		}
		if after = l.Next; after == "" {
			return n, nil
		}
	}
}

// Waiting returns the grants broken since a time that are not reviewed, for
// telling of them after a restart.
func (g *Glass) Waiting(ctx context.Context, who actor.Actor, since time.Time) ([]Notice, error) {
	l, err := g.grants.Find(ctx, who, record.Query{NotState: Reviewed, AtFrom: since.UnixMicro(), Limit: 500})
	if err != nil {
		return nil, err
	}
	var out []Notice
	for _, o := range l.Rows {
		out = append(out, noticeOf(Broken, o))
	}
	return out, nil
}

func noticeOf(e Event, o Opened) Notice {
	return Notice{Event: e, Grant: o.ID.String(), Asker: o.Value.Asker, At: o.Value.From, Due: o.Value.ReviewDue, Supervisor: o.Value.Supervisor}
}
