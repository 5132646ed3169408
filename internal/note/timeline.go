package note

import (
	"context"
	"sort"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Discarded is the state of a draft that was thrown away.
const Discarded = policy.Discarded

// Read returns one note.
func (ns *Notes) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return ns.records.Read(ctx, who, id)
}

// Want asks a view for one note.
func (ns *Notes) Want(v *record.View, id ID) *record.Got[Note] { return ns.records.Want(v, id) }

// WantAddenda asks a view for the addenda of one note, oldest last.
func (ns *Notes) WantAddenda(v *record.View, client person.ID, id ID) *record.List[Note] {
	return ns.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Ref: id.String(), Limit: 200})
}

// History returns every version of a note, newest first.
func (ns *Notes) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return ns.records.History(ctx, who, id)
}

// TimelineQuery narrows a timeline.
type TimelineQuery struct {
	Type        Type      // empty for any
	From, Until time.Time // of the contact; Until not included; zero for any
	After       string    // cursor of the page before
	Limit       int       // 25 if 0
}

// WantTimeline asks a view for a page of a client's notes, newest contact first,
// with their addenda beside them; the total counts every note the asker may see.
// Group the rows with [Threads].
func (ns *Notes) WantTimeline(v *record.View, client person.ID, q TimelineQuery) *record.List[Note] {
	rq := record.Query{Subject: record.SubjectOf(client), NotState: Discarded, Tag: string(q.Type), After: q.After, Limit: q.Limit, Total: true}
	if rq.Limit == 0 {
		rq.Limit = 25
	}
	if !q.From.IsZero() {
		rq.AtFrom = q.From.UnixMicro()
	}
	if !q.Until.IsZero() {
		rq.AtUntil = q.Until.UnixMicro()
	}
	return ns.records.WantAll(v, rq)
}

// Timeline is WantTimeline on its own, as one read.
func (ns *Notes) Timeline(ctx context.Context, who actor.Actor, client person.ID, q TimelineQuery) (record.List[Note], error) {
	v := ns.door.View(who, "note.find")
	l := ns.WantTimeline(v, client, q)
	if err := v.Open(ctx); err != nil {
		return record.List[Note]{}, err
	}
	return *l, nil
}

// Thread is a note and its addenda, oldest first.
type Thread struct {
	Note    Opened
	Addenda []Opened
}

// Threads puts addenda under the notes they add to, keeping the order of the
// notes. An addendum whose note is on another page stands for itself.
func Threads(rows []Opened) []Thread {
	at := map[ID]int{}
	var out []Thread
	for _, o := range rows {
		if !o.Value.IsAddendum() {
			at[o.ID] = len(out)
			out = append(out, Thread{Note: o})
		}
	}
	var stray []Thread
	for _, o := range rows {
		if !o.Value.IsAddendum() {
			continue
		}
		if i, ok := at[o.Value.Parent]; ok {
			out[i].Addenda = append(out[i].Addenda, o)
		} else {
			stray = append(stray, Thread{Note: o})
		}
	}
	for i := range out {
		sort.SliceStable(out[i].Addenda, func(a, b int) bool { return out[i].Addenda[a].CreatedAt.Before(out[i].Addenda[b].CreatedAt) })
	}
	out = append(out, stray...)
	sort.SliceStable(out, func(a, b int) bool { return out[a].Note.Value.At.After(out[b].Note.Value.At) })
	return out
}

// Unsigned is the drafts a worker has still to sign.
type Unsigned struct {
	Rows    []Opened // sign-by date soonest first, at most 100
	Total   int64
	Clients *record.Subjects[person.Client]
}

// Unsigned returns the asker's own drafts with their clients, those to be signed
// soonest first.
func (ns *Notes) Unsigned(ctx context.Context, who actor.Actor, clients *person.Clients) (Unsigned, error) {
	if !who.Valid() {
		return Unsigned{}, fault.DeniedBy("note.find", "no-actor")
	}
	v := ns.door.View(who, "note.find")
	l := ns.records.WantAll(v, record.Query{Owner: who.Worker(), State: Draft, ByDue: true, Limit: 100, Total: true})
	subjects := person.WantOf(clients, v, l, person.Named)
	if err := v.Open(ctx); err != nil {
		return Unsigned{}, err
	}
	return Unsigned{Rows: l.Rows, Total: l.Total, Clients: subjects}, nil
}
