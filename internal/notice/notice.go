package notice

import (
	"context"
	"errors"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a notice.
type ID = record.ID[Notice]

// Opened is a notice as the asker may see it.
type Opened = record.Opened[Notice]

// What is what happened, as a code: each has its sentence on the page of
// notices. The package that tells declares its own.
type What string

// The states of a notice, as the label says them.
const (
	Unread = "unread"
	Seen   = "seen"
)

// Notice is something one worker is to know.
type Notice struct {
	Client record.Subject `class:"case" doc:"The client it is about; none for what is about the agency."`
	To     string         `class:"case" doc:"Id of the worker who is to know."`
	What   What           `class:"case" doc:"What happened, as a code."`
	By     string         `class:"case" doc:"Id of the worker who did it."`
	Path   string         `class:"case" doc:"Where it can be seen: a path of the site, of ids only."`
	At     time.Time      `class:"case" doc:"When it happened."`
	SeenAt time.Time      `class:"case" doc:"When the worker said that they had seen it."`
	Whom   string         `class:"case" doc:"Id of the colleague it is about, beside the one who did it; empty for none."`
	From   time.Time      `class:"case" doc:"When what it tells of begins; zero if it says."`
	Until  time.Time      `class:"case" doc:"When what it tells of ends, not included; zero if it says."`
	Mail   string         `class:"case" doc:"What became of telling it by mail too: wanted, taken by a server that sends it, sent, or not sent; empty if it is not mailed."`
	MailAt time.Time      `class:"case" doc:"When the mail is tried next, or since when that is over."`
}

// What becomes of telling a notice by mail too.
const (
	Wanted = "wanted"
	Taken  = "taken" // a server is sending it
	Sent   = "sent"
	Unsent = "unsent" // no mail server took it in time: it stays on the page of notices
)

// State is whether the notice was seen.
func (n Notice) State() string {
	if n.SeenAt.IsZero() {
		return Unread
	}
	return Seen
}

// Kind keeps notices.
var Kind = record.Define(record.Kind[Notice]{
	Name:      "notice",
	Doc:       "What one worker is to know about a client or the agency, and where to see it.",
	Retention: "working",
	Late:      []string{"notice.create"},
	Labels: func(n Notice) record.Labels {
		l := record.Labels{State: n.State(), Owner: n.To, Tag: string(n.What), At: n.At}
		if n.Mail == Wanted || n.Mail == Taken {
			l.Due = n.MailAt
		}
		return l
	},
	// A notice without a client says nothing about one: it is about the workforce.
	Reclass: func(n Notice, c policy.Class) policy.Class {
		if n.Client.IsZero() {
			return policy.Workforce
		}
		return c
	},
	May: policy.Set(policy.Workforce),
})

// Notices are the use-cases on notices.
type Notices struct {
	door    *record.Door
	records record.Records[Notice]
}

// New returns the use-cases behind door.
func New(door *record.Door) *Notices {
	return &Notices{door: door, records: record.Use(door, Kind)}
}

// Tell plans, in w, a notice to a worker about what who does in w. It does
// nothing if there is nobody to tell, or if they did it themselves. client is none
// for what is about the agency; path is where it can be seen, and holds ids only.
func (ns *Notices) Tell(w *record.Work, who actor.Actor, client record.Subject, to string, what What, path string) {
	ns.tell(w, who, Notice{Client: client, To: to, What: what, Path: path})
}

// TellOf is Tell for what concerns a colleague for a time and no client: a
// coverage. A time that is zero is not said.
func (ns *Notices) TellOf(w *record.Work, who actor.Actor, to string, what What, path, colleague string, from, until time.Time) {
	ns.tell(w, who, Notice{To: to, What: what, Path: path, Whom: colleague, From: from, Until: until})
}

// TellByMail is TellOf for what concerns the worker themselves so much that they are told
// by mail too, see [Notices.Mail]. It may be a service's w, on behalf of who.
func (ns *Notices) TellByMail(w *record.Work, who actor.Actor, to string, what What, path string, from, until time.Time) {
	ns.tell(w, who, Notice{To: to, What: what, Path: path, From: from, Until: until, Mail: Wanted, MailAt: ns.door.Clock().Now()})
}

func (ns *Notices) tell(w *record.Work, who actor.Actor, n Notice) {
	if n.To == "" || n.To == who.Worker() {
		return
	}
	n.By, n.At = who.Worker(), ns.door.Clock().Now()
	ns.records.Create(w, n.Client, n)
}

// Page is a page of notices.
type Page struct {
	Rows    []Opened // newest first
	Next    string
	Unread  int64
	Clients *record.Subjects[person.Client]
}

// Mine returns a page of the asker's own notices with their clients, newest
// first: those not seen yet, or all.
func (ns *Notices) Mine(ctx context.Context, who actor.Actor, clients *person.Clients, all bool, after string) (Page, error) {
	const op = "notice.find"
	if !who.Valid() {
		return Page{}, fault.DeniedBy(op, "no-actor")
	}
	q := record.Query{Owner: who.Worker(), State: Unread, Limit: 50, After: after, Total: true}
	if all {
		q.State, q.Total = "", false
	}
	v := ns.door.View(who, op)
	l := ns.records.WantAll(v, q)
	subjects := person.WantOf(clients, v, l, person.Named)
	if err := v.Open(ctx); err != nil {
		return Page{}, err
	}
	out := Page{Rows: l.Rows, Next: l.Next, Unread: l.Total, Clients: subjects}
	if all {
		var err error
		if out.Unread, err = ns.Tally(ctx, who); err != nil {
			return Page{}, err
		}
	}
	return out, nil
}

// Tally counts the asker's notices that were not seen. It opens nothing.
func (ns *Notices) Tally(ctx context.Context, who actor.Actor) (int64, error) {
	return ns.records.Tally(ctx, who, record.Query{Owner: who.Worker(), State: Unread})
}

// See says that the asker has seen some of their notices, at most 100 at once.
// One that was seen before stays as it is.
func (ns *Notices) See(ctx context.Context, who actor.Actor, ids ...ID) error {
	const op = "notice.see"
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > 100 {
		return fault.Invalidf(op, "these are too many notices at once")
	}
	return ns.see(ctx, who, ids)
}

// batch is how many notices are marked in one transaction.
const batch = 200

// SeeAll says that the asker has seen everything that waited for them when a page
// of [Notices.Mine] was made: the notices that stood on it, and those that come
// after it in the list, however many; next is the Next of that page. What has
// arrived since stands before them in the list, and stays unseen.
//
// It goes in steps, each of which is kept for itself: if one fails, those before
// it are seen, and asking again does the rest.
func (ns *Notices) SeeAll(ctx context.Context, who actor.Actor, shown []ID, next string) error {
	const op = "notice.see"
	if len(shown) > 100 {
		return fault.Invalidf(op, "these are too many notices at once")
	}
	for ids := shown; ; ids = nil {
		if next != "" {
			v := ns.door.View(who, "notice.find")
			l := ns.records.WantLabels(v, record.Query{Owner: who.Worker(), State: Unread, After: next, Limit: batch})
			if err := v.Open(ctx); err != nil {
				return err
			}
			for _, o := range l.Rows {
				ids = append(ids, o.ID)
			}
			next = l.Next
		}
		if len(ids) > 0 {
			if err := ns.see(ctx, who, ids); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
	}
}

func (ns *Notices) see(ctx context.Context, who actor.Actor, ids []ID) error {
	now := ns.door.Clock().Now()
	w := ns.door.Work(who, "notice.see")
	for _, id := range ids {
		ns.records.Change(w, "see", id, 0, func(n *Notice) error {
			if n.SeenAt.IsZero() {
				n.SeenAt = now
			}
			return nil
		})
	}
	return w.Commit(ctx)
}

// How mail is tried again.
const (
	retry   = time.Hour          // after the mail server did not take it
	retaken = time.Hour          // by another server, after one that began to send it never said it had
	late    = 3 * 24 * time.Hour // no mail goes out so long after what it tells of
)

// Mail sends those notices that are told by mail too and were not yet. However many servers
// do so, each is sent by one; one that a server began to send when it fell over is sent an
// hour later, which may be a second time. The error is the first failure; the others are
// sent all the same.
func (ns *Notices) Mail(ctx context.Context, who actor.Actor, send func(context.Context, Notice) error) error {
	now := ns.door.Clock().Now()
	q := record.Query{DueBefore: now.UnixMicro() + 1, Limit: batch}
	if any, err := ns.records.Stamp(ctx, who, q); err != nil || any == "" {
		return err
	}
	l, err := ns.records.Find(ctx, who, q)
	if err != nil {
		return err
	}
	var first error
	for _, o := range l.Rows {
		if err := ns.mail(ctx, who, o, now, send); err != nil && first == nil {
			first = err
		}
	}
	return first
}

func (ns *Notices) mail(ctx context.Context, who actor.Actor, o Opened, now time.Time, send func(context.Context, Notice) error) error {
	set := func(version int64, state string, at time.Time) error {
		w := ns.door.Work(who, "notice.mail")
		w.Detail("worker", o.Value.To)
		w.Detail("mail", state)
		ns.records.Change(w, "mail", o.ID, version, func(n *Notice) error {
			n.Mail, n.MailAt = state, at
			return nil
		})
		// Whatever ends this server, what became of the mail is kept.
		return w.Commit(context.WithoutCancel(ctx))
	}
	state, at := Taken, now.Add(retaken)
	if now.Sub(o.Value.At) > late {
		state, at = Unsent, now
	}
	if err := set(o.Version, state, at); fault.Is(err, fault.Conflict) {
		return nil // another server has it, or they have just seen it: then a minute later
	} else if err != nil || state == Unsent {
		return err
	}
	if err := send(ctx, o.Value); err != nil {
		return errors.Join(err, set(0, Wanted, now.Add(retry)))
	}
	return set(0, Sent, ns.door.Clock().Now())
}

// Open says that the asker has seen one of their notices, and returns where it
// leads: following it is having seen it, in one entry.
func (ns *Notices) Open(ctx context.Context, who actor.Actor, id ID) (path string, err error) {
	now := ns.door.Clock().Now()
	w := ns.door.Work(who, "notice.see")
	ns.records.Change(w, "see", id, 0, func(n *Notice) error {
		if n.SeenAt.IsZero() {
			n.SeenAt = now
		}
		path = n.Path
		return nil
	})
	if err := w.Commit(ctx); err != nil {
		return "", err
	}
	return path, nil
}
