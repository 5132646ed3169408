package notice

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
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
	To     string    `class:"case" doc:"Id of the worker who is to know."`
	What   What      `class:"case" doc:"What happened, as a code."`
	By     string    `class:"case" doc:"Id of the worker who did it."`
	Path   string    `class:"case" doc:"Where it can be seen: a path of the site, of ids only."`
	At     time.Time `class:"case" doc:"When it happened."`
	SeenAt time.Time `class:"case" doc:"When the worker said that they had seen it."`
}

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
	Doc:       "What one worker is to know about a client, and where to see it.",
	Retention: "working",
	Late:      []string{"notice.create"},
	Labels: func(n Notice) record.Labels {
		return record.Labels{State: n.State(), Owner: n.To, Tag: string(n.What), At: n.At}
	},
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
// nothing if there is nobody to tell, or if they did it themselves. path is where
// it can be seen; it holds ids only.
func (ns *Notices) Tell(w *record.Work, who actor.Actor, client record.Subject, to string, what What, path string) {
	if to == "" || to == who.Worker() {
		return
	}
	ns.records.Create(w, client, Notice{To: to, What: what, By: who.Worker(), Path: path, At: ns.door.Clock().Now()})
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
	subjects := person.WantOf(clients, v, l)
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
	now := ns.door.Clock().Now()
	w := ns.door.Work(who, op)
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
