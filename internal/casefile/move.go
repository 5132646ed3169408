package casefile

import (
	"context"
	"sort"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// MoveBatch is how many cases are moved in one transaction, and MoveMost how
// many in one go.
const (
	MoveBatch = 50
	MoveMost  = 300
)

// UndoWithin is how long after a move its reverse is offered (agency practice).
const UndoWithin = 24 * time.Hour

// Step is one case of a move as it was looked at: from whom to whom, and at which
// version. Nothing is overwritten that is newer.
type Step struct {
	Case    ID             `cbor:"case"`
	Client  record.Subject `cbor:"client"`
	From    string         `cbor:"from"`
	To      string         `cbor:"to"`
	Version int64          `cbor:"version"`
}

// Move is what was moved together, so that it can be looked at and moved back.
type Move struct {
	By    string    `class:"case" doc:"Id of the worker who moved the cases."`
	At    time.Time `class:"case" doc:"When the cases were moved."`
	Steps []Step    `class:"case" doc:"The cases that were moved: from whom to whom, by their ids."`
}

// MoveID is the id of a move.
type MoveID = record.ID[Move]

// MoveKind keeps moves.
var MoveKind = record.Define(record.Kind[Move]{
	Name:      "move",
	Doc:       "Cases that were given to other workers together.",
	Retention: "working",
	Labels:    func(m Move) record.Labels { return record.Labels{Owner: m.By, At: m.At} },
})

// Spread plans who gets which of some cases: in the order given, each to the
// receiver whose weight is least by then. load is the weight each receiver has
// already; a case that a receiver has stays with them.
func Spread(cases []Opened, receivers []string, load map[string]float64, weight func(Level) float64) []Step {
	now := map[string]float64{}
	for _, r := range receivers {
		now[r] = load[r]
	}
	order := append([]Opened(nil), cases...)
	// The heaviest first, so that the light ones even it out.
	sort.SliceStable(order, func(i, j int) bool { return weight(order[i].Value.Level) > weight(order[j].Value.Level) })
	var out []Step
	for _, o := range order {
		c := o.Value
		if _, has := now[c.Worker]; has || len(receivers) == 0 || !c.IsOpen() {
			continue
		}
		to := receivers[0]
		for _, r := range receivers[1:] {
			if now[r] < now[to] {
				to = r
			}
		}
		now[to] += weight(c.Level)
		out = append(out, Step{Case: o.ID, Client: o.Subject, From: c.Worker, To: to, Version: o.Version})
	}
	return out
}

// MoveResult is what became of one step.
type MoveResult struct {
	Step
	// Err is nil if the case was moved, Conflict if somebody changed it since it
	// was looked at, Denied or NotFound if the asker may not assign it.
	Err error
}

// Move gives each case to whom its step says: a batch in one transaction, with
// notices. If a batch cannot go as a whole, each of its cases is tried by itself,
// so that one that changed or is refused holds up no other. What was moved is
// kept under the id returned, in the transactions that moved it, so that it can
// always be moved back; it is zero if nothing was. If the database fails midway,
// the results hold what was moved before, beside the error: the rest stays where
// it is.
func (cs *Cases) Move(ctx context.Context, who actor.Actor, steps []Step) (MoveID, []MoveResult, error) {
	const op = "case.assign"
	switch {
	case len(steps) == 0:
		return MoveID{}, nil, fault.InvalidFields(op, fault.Field{Name: "case", Message: "Choose at least one case."})
	case len(steps) > MoveMost:
		return MoveID{}, nil, fault.InvalidFields(op, fault.Field{Name: "case", Message: "Move at most 300 cases at once."})
	}
	seen := map[string]bool{}
	for _, s := range steps {
		if seen[s.To] {
			continue
		}
		seen[s.To] = true
		bad, err := cs.colleague(ctx, "to", s.To, Carries)
		if err != nil {
			return MoveID{}, nil, err
		}
		if len(bad) > 0 || s.To == "" {
			return MoveID{}, nil, fault.InvalidFields(op, fault.Field{Name: "to", Message: "Somebody the cases would go to cannot have cases any more. Plan the move again."})
		}
	}
	at := cs.door.Clock().Now()
	var id MoveID
	var done []Step
	var out []MoveResult
	try := func(batch []Step) error {
		now := append(append([]Step(nil), done...), batch...)
		next, err := cs.moveAll(ctx, who, id, Move{By: who.Worker(), At: at, Steps: now}, batch)
		if err != nil {
			return err
		}
		id, done = next, now
		for _, s := range batch {
			out = append(out, MoveResult{Step: s})
		}
		return nil
	}
	for len(steps) > 0 {
		batch := steps[:min(MoveBatch, len(steps))]
		steps = steps[len(batch):]
		err := try(batch)
		if err == nil {
			continue
		}
		if fault.Is(err, fault.Unavailable) {
			return id, out, err
		}
		for _, s := range batch {
			err := try([]Step{s})
			if fault.Is(err, fault.Unavailable) {
				return id, out, err
			}
			if err != nil {
				out = append(out, MoveResult{s, err})
			}
		}
	}
	return id, out, nil
}

// moveAll moves a batch and, in the same transaction, keeps that it was moved: a
// new record of the move with its first batch, the same one afterwards.
func (cs *Cases) moveAll(ctx context.Context, who actor.Actor, id MoveID, all Move, batch []Step) (MoveID, error) {
	const op = "case.assign"
	now := cs.door.Clock().Now()
	w := cs.door.Work(who, op)
	for _, s := range batch {
		cs.records.ChangeOf(w, "assign", s.Client, s.Case, s.Version, func(c *Case) error {
			if !c.IsOpen() {
				return fault.Conflictf(op, "the case is closed")
			}
			if c.Worker != s.From {
				// From comes with a form: it says who is told, and where moving back
				// leads, so it has to be true.
				return fault.Conflictf(op, "the case is somebody else's")
			}
			c.endOffer(OverOvertaken, who.Worker(), now)
			c.give(s.To, now)
			return nil
		})
		cs.notices.Tell(w, who, s.Client, s.To, Given, casePath(s.Client))
		cs.notices.Tell(w, who, s.Client, s.From, Moved, "/caseload")
	}
	if id.IsZero() {
		id = cs.moves.Create(w, record.Subject{}, all)
	} else {
		cs.moves.Change(w, "change", id, 0, func(m *Move) error { m.Steps = all.Steps; return nil })
	}
	return id, w.Commit(ctx)
}

// LastMove is the asker's newest move, if it can still be moved back.
func (cs *Cases) LastMove(ctx context.Context, who actor.Actor) (record.Opened[Move], bool, error) {
	l, err := cs.moves.Find(ctx, who, record.Query{Owner: who.Worker(), AtFrom: cs.door.Clock().Now().Add(-UndoWithin).UnixMicro() + 1, Limit: 1})
	if err != nil || len(l.Rows) == 0 {
		return record.Opened[Move]{}, false, err
	}
	return l.Rows[0], true, nil
}

// Back plans the reverse of a move: every case that is still with whom it was
// moved to goes back to whom it came from. kept are the steps whose case has
// changed hands or was closed since, or is no longer the asker's to see.
func Back(m Move, now []Opened) (steps, kept []Step) {
	at := map[ID]Opened{}
	for _, o := range now {
		at[o.ID] = o
	}
	for _, s := range m.Steps {
		if o, ok := at[s.Case]; ok && o.Value.IsOpen() && o.Value.Worker == s.To && s.From != "" {
			steps = append(steps, Step{Case: s.Case, Client: s.Client, From: s.To, To: s.From, Version: o.Version})
		} else {
			kept = append(kept, s)
		}
	}
	return steps, kept
}

// WantOpenOf asks a view for the open cases of a worker, those due soonest first;
// what the asker may not see is left out.
func (cs *Cases) WantOpenOf(v *record.View, worker string) *record.List[Case] {
	return cs.records.WantAll(v, record.Query{Owner: worker, State: StateOpen, ByDue: true, Limit: 500, Only: policy.Set(policy.Case)})
}
