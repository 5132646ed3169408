package governance

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/record"
)

// The states of a decision. Its owner reports it; it is over when somebody else, who chairs
// or is an officer, has looked.
const (
	Open     = "open"
	Reported = "reported"
	Done     = "done"
	Dropped  = "dropped"
)

// Decision is something the committee decided, and what became of it.
type Decision struct {
	Meeting string    `class:"program" doc:"Id of the meeting that decided it, as it was filed first."`
	Held    time.Time `class:"program" doc:"When the committee met."`
	What    string    `class:"program" doc:"What was decided; no client is named."`
	Owner   string    `class:"program" doc:"Worker id of who carries it out."`
	Due     time.Time `class:"program" doc:"On what day it is to be carried out."`
	State   string    `class:"program" doc:"Open, reported by its owner, done or dropped."`
	Drop    bool      `class:"program" doc:"What its owner reported is that it should be dropped."`
	Alone   bool      `class:"program" doc:"Its owner ended it: there was nobody else who could look."`
	On      time.Time `class:"program" doc:"On what day it was carried out, as its owner says."`
	Steps   []Step    `class:"program" doc:"What became of it: who reported, accepted, returned or dropped it, when, and in what words."`
}

// Step is something that became of a decision.
type Step struct {
	At    time.Time `cbor:"1,keyasint"`
	By    string    `cbor:"2,keyasint"` // worker id
	State string    `cbor:"3,keyasint"` // that it came to
	Words string    `cbor:"4,keyasint,omitempty"`
}

// Over reports whether nothing more is to become of it.
func (d Decision) Over() bool { return d.State == Done || d.State == Dropped }

// DecisionID is the id of a decision, DecisionOpened one as the asker may see it.
type (
	DecisionID     = record.ID[Decision]
	DecisionOpened = record.Opened[Decision]
)

// DecisionKind declares decisions.
var DecisionKind = record.Define(record.Kind[Decision]{
	Name:      "committee_decision",
	Doc:       "A decision of the compliance committee, followed until it is carried out.",
	Retention: "program",
	Labels: func(d Decision) record.Labels {
		return record.Labels{State: d.State, Owner: d.Owner, Ref: d.Meeting, At: d.Held, Due: d.Due}
	},
})

// byState puts what is over after what is not.
func byState(all []DecisionOpened) []DecisionOpened {
	over := func(d DecisionOpened) int {
		if d.Value.Over() {
			return 1
		}
		return 0
	}
	order.By(all, func(a, b DecisionOpened) int {
		return cmp.Or(over(a)-over(b), a.Value.Due.Compare(b.Value.Due), strings.Compare(a.ID.String(), b.ID.String()))
	})
	return all
}

// said checks the words to a step.
func said(op, words, empty string) (string, error) {
	words = strings.TrimSpace(words)
	switch n := utf8.RuneCountInString(words); {
	case n == 0:
		return "", fault.InvalidFields(op, fault.Field{Name: "words", Message: empty})
	case n > maxText:
		return "", fault.InvalidFields(op, fault.Field{Name: "words", Message: "Shorten this to 2,000 characters."})
	}
	return words, nil
}

var officers = []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}

// another reports whether anybody but the owner could look at what they report: who
// chairs, or an officer.
func (cs *Committees) another(ctx context.Context, owner string) (bool, error) {
	chair, err := cs.chair(ctx)
	if err != nil {
		return false, err
	}
	if chair != "" && chair != owner {
		if st, err := works(ctx, cs.dir, chair); err != nil || st.Works(chairs...) {
			return err == nil, err
		}
	}
	for _, role := range officers {
		ids, err := cs.dir.Officers(ctx, role)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(ids, func(id string) bool { return id != owner }) {
			return true, nil
		}
	}
	return false, nil
}

// Report is the owner's word: that a decision was carried out, on which day and how, or
// that it should be dropped, and why. Where nobody else could look at it, it is over.
// Errors: Invalid with fields, Conflict if it is not open, Denied.
func (cs *Committees) Report(ctx context.Context, who actor.Actor, id DecisionID, version int64, drop bool, on time.Time, words string) error {
	const op = "committee_decision.report"
	now := cs.door.Clock().Now()
	words, err := said(op, words, "Say in a sentence what was done, or why it should be dropped.")
	wrong := fault.FieldsOf(err)
	if drop {
		on = time.Time{}
	} else if on.IsZero() || on.After(now) {
		wrong = append(wrong, fault.Field{Name: "on", Message: "Say on which day it was done, today at the latest."})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	other, err := cs.another(ctx, who.Worker())
	if err != nil {
		return err
	}
	w := cs.door.Work(who, op)
	cs.decisions.Change(w, "report", id, version, func(d *Decision) error {
		if d.State != Open {
			return fault.Conflictf(op, "it is not open any more")
		}
		d.State, d.Drop, d.On = Reported, drop, on
		if !other {
			d.Alone = true
			d.end()
		}
		d.Steps = append(d.Steps, Step{now, who.Worker(), d.State, words})
		return nil
	})
	return w.Commit(ctx)
}

// end is what its owner reported.
func (d *Decision) end() {
	if d.State = Done; d.Drop {
		d.State = Dropped
	}
}

// looks refuses whoever neither chairs nor is an officer.
func (cs *Committees) looks(ctx context.Context, who actor.Actor) (func(op string) error, error) {
	chair, err := cs.chair(ctx)
	return func(op string) error {
		if slices.Contains(officers, who.Role()) || chair != "" && chair == who.Worker() {
			return nil
		}
		return fault.DeniedBy(op, "decisions-are-settled")
	}, err
}

// Accept says that what the owner reported is so, or returns it with a word. It is for who
// chairs and for officers, and never for the owner.
func (cs *Committees) Accept(ctx context.Context, who actor.Actor, id DecisionID, version int64, so bool, words string) (err error) {
	const op = "committee_decision.settle"
	if words = strings.TrimSpace(words); !so || words != "" {
		if words, err = said(op, words, "Say what is missing."); err != nil {
			return err
		}
	}
	may, err := cs.looks(ctx, who)
	if err != nil {
		return err
	}
	w := cs.door.Work(who, op)
	cs.decisions.Change(w, "settle", id, version, func(d *Decision) error {
		if err := may(op); err != nil {
			return err
		}
		if d.State != Reported {
			return fault.Conflictf(op, "nobody has reported it, or somebody settled it meanwhile")
		}
		if d.State = Open; so {
			d.end()
		} else {
			d.On = time.Time{}
		}
		d.Steps = append(d.Steps, Step{cs.door.Clock().Now(), who.Worker(), d.State, words})
		return nil
	})
	return w.Commit(ctx)
}

// Drop says that a decision is not carried out any more, and why. It is for who chairs and
// for officers, and never for the owner, who reports instead.
func (cs *Committees) Drop(ctx context.Context, who actor.Actor, id DecisionID, version int64, why string) error {
	const op = "committee_decision.drop"
	why, err := said(op, why, "Say why it is dropped.")
	if err != nil {
		return err
	}
	may, err := cs.looks(ctx, who)
	if err != nil {
		return err
	}
	w := cs.door.Work(who, op)
	cs.decisions.Change(w, "drop", id, version, func(d *Decision) error {
		if err := may(op); err != nil {
			return err
		}
		if d.Over() {
			return fault.Conflictf(op, "it is over already")
		}
		d.State, d.On = Dropped, time.Time{}
		d.Steps = append(d.Steps, Step{cs.door.Clock().Now(), who.Worker(), d.State, why})
		return nil
	})
	return w.Commit(ctx)
}

// Decided reports whether there is a decision of an id that the asker may open.
func (cs *Committees) Decided(ctx context.Context, who actor.Actor, id string) (bool, error) {
	d, err := record.ParseID[Decision](id)
	if err != nil {
		return false, nil
	}
	_, err = cs.decisions.Read(ctx, who, d)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
		return false, nil
	}
	return err == nil, err
}

// Decision opens a decision, and says whether the asker settles it: who chairs, or an
// officer, and not its owner.
func (cs *Committees) Decision(ctx context.Context, who actor.Actor, id DecisionID) (o DecisionOpened, settles bool, err error) {
	if o, err = cs.decisions.Read(ctx, who, id); err != nil {
		return o, false, err
	}
	may, err := cs.looks(ctx, who)
	return o, err == nil && who.Worker() != o.Value.Owner && cs.door.Ever(who, "committee_decision.settle", false, program) && may("") == nil, err
}
