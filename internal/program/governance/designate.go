package governance

import (
	"context"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Governance is the use-cases.
type Governance struct {
	door         *record.Door
	who          actor.Actor // marks how designations stand; opens nothing
	dir          *org.Directory
	designations record.Records[Designation]
	raci         record.Records[RACI]

	mu   sync.Mutex
	kept map[Function]held
}

// New returns the use-cases. who is the service actor that looks how designations stand
// while one is made.
func New(d *record.Door, who actor.Actor, dir *org.Directory) *Governance {
	return &Governance{door: d, who: who, dir: dir, designations: record.Use(d, Kind), raci: record.Use(d, RACIKind), kept: map[Function]held{}}
}

// Texts are at most so many characters.
const (
	maxLine = 200
	maxText = 2000
)

// appoints are the roles that may designate; the policies say so too.
var appoints = []actor.Role{actor.Administrator, actor.ProgramManager, actor.PrivacyOfficer, actor.SecurityOfficer}

// Designate says who is privacy or security officer, or a deputy, from when. Whoever held
// an officer's function until then holds it until that instant and no longer, so that
// neither a gap nor a second holder comes of it. Nobody designates themselves unless
// nobody else could; that is an action of its own, and the record is marked.
//
// The asker must have proved again who they are. Errors: Invalid with fields, Conflict if
// somebody else designated meanwhile, Denied.
func (g *Governance) Designate(ctx context.Context, who actor.Actor, d Designation) (ID, error) {
	op := "designation.create"
	d.By, d.EndedBy, d.EndWhy = who.Worker(), "", ""
	if d.Alone = d.Person == who.Worker(); d.Alone {
		op = "designation.alone"
	}
	now := g.door.Clock().Now()
	if d.From.IsZero() {
		d.From = now
	}
	may, err := g.door.May(ctx, who, op, record.Subject{}, d.Alone, Kind.Classes())
	if err != nil {
		return ID{}, err
	}
	w := g.door.Work(who, op)
	if may.Contains(Kind.Classes()) {
		// Whoever may not designate learns nothing of what is wrong.
		mark, err := g.designations.Mark(ctx, g.who, string(d.Function))
		if err != nil {
			return ID{}, err
		}
		ends, err := g.check(ctx, who, op, &d, now)
		if err != nil {
			return ID{}, err
		}
		g.designations.Unmoved(w, mark)
		if ends != nil {
			from := d.From
			g.designations.Change(w, "end", ends.ID, ends.Version, func(old *Designation) error {
				old.Until, old.EndedBy, old.EndWhy = from, who.Worker(), ""
				return nil
			})
		}
	}
	id := g.designations.CreateAs(w, op, record.Subject{}, d)
	return id, w.Commit(ctx)
}

// check says what is wrong with a designation, all at once, and which one ends when it
// begins.
func (g *Governance) check(ctx context.Context, who actor.Actor, op string, d *Designation, now time.Time) (ends *Opened, err error) {
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if d.Function.English() == "" {
		bad("function", "Choose what the person is designated for.")
	}
	d.Document, d.Conflicts = strings.TrimSpace(d.Document), strings.TrimSpace(d.Conflicts)
	d.Contact = phi.NewText(strings.TrimSpace(d.Contact.Disclose()))
	if d.Document == "" {
		bad("document", "Say which document designates the person, as it is filed.")
	} else if utf8.RuneCountInString(d.Document) > maxLine {
		bad("document", "Keep this to 200 characters.")
	}
	if d.Contact.Empty() {
		bad("contact", "Say how people reach this person with complaints and questions.")
	} else if utf8.RuneCountInString(d.Contact.Disclose()) > maxText {
		bad("contact", "Shorten this to 2,000 characters.")
	}
	if !d.Until.IsZero() && (!d.Until.After(d.From) || !d.Until.After(now)) {
		bad("until", "Choose an end after the beginning that is still to come, or none.")
	}
	st, err := g.dir.Standing(ctx, d.Person)
	switch {
	case err != nil && !fault.Is(err, fault.NotFound):
		return nil, err
	case err != nil, !st.Active:
		bad("person", "Choose somebody who works here.")
	case d.Alone:
		others, err := g.others(ctx, who)
		if err != nil {
			return nil, err
		}
		if others {
			bad("person", "Have somebody else designate you: nobody designates themselves while another can.")
		}
	}
	rows, err := g.all(ctx, who, time.Time{})
	if err != nil {
		return nil, err
	}
	if d.Function.Required() {
		for i, o := range rows {
			switch {
			case o.Value.Function != d.Function || !o.Value.Span().meets(d.Span()):
			case o.Value.From.Before(d.From) && ends == nil:
				ends = &rows[i]
			default:
				bad("from", "Somebody else is designated for a time after this. End that designation first.")
			}
		}
	}
	if both(rows, *d) {
		switch n := utf8.RuneCountInString(d.Conflicts); {
		case n == 0:
			bad("conflicts", "One person is both officers: say how conflicts are handled, and who looks at what is their own.")
		case n > maxText:
			bad("conflicts", "Shorten this to 2,000 characters.")
		}
	} else {
		d.Conflicts = ""
	}
	if len(wrong) > 0 {
		return nil, fault.InvalidFields(op, wrong...)
	}
	return ends, nil
}

// both reports whether the person would be both officers at once.
func both(rows []Opened, d Designation) bool {
	for _, o := range rows {
		if o.Value.Person == d.Person && o.Value.Function == d.Function.other() && o.Value.Span().meets(d.Span()) {
			return true
		}
	}
	return false
}

// others reports whether anybody but the asker could designate.
func (g *Governance) others(ctx context.Context, who actor.Actor) (bool, error) {
	for _, role := range appoints {
		ids, err := g.dir.Officers(ctx, role)
		if err != nil {
			return false, err
		}
		for _, id := range ids {
			if id != who.Worker() {
				return true, nil
			}
		}
	}
	return false, nil
}

// End sets when a designation ends: now, if until is zero, or on a day to come. One that
// has ended stays as it is: Conflict. An end without a successor is a gap, and is said at
// once.
func (g *Governance) End(ctx context.Context, who actor.Actor, id ID, version int64, until time.Time, why string) error {
	const op = "designation.end"
	now := g.door.Clock().Now()
	if until.IsZero() {
		until = now
	}
	var wrong []fault.Field
	if until.Before(now) {
		wrong = append(wrong, fault.Field{Name: "until", Message: "Choose an end that is not past."})
	}
	if why = strings.TrimSpace(why); why == "" {
		wrong = append(wrong, fault.Field{Name: "why", Message: "Say in a few words why it ends."})
	} else if utf8.RuneCountInString(why) > maxLine {
		wrong = append(wrong, fault.Field{Name: "why", Message: "Keep this to 200 characters."})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	w := g.door.Work(who, op)
	g.designations.Change(w, "end", id, version, func(d *Designation) error {
		if !d.Until.IsZero() && !d.Until.After(now) {
			return fault.Conflictf(op, "it has ended already")
		}
		if until.Before(d.From) {
			until = d.From
		}
		d.Until, d.EndedBy, d.EndWhy = until, who.Worker(), why
		return nil
	})
	return w.Commit(ctx)
}

// Reach changes how people reach the officer with complaints and questions (45 CFR
// 164.530(a)(1)(ii)). Earlier versions stay.
func (g *Governance) Reach(ctx context.Context, who actor.Actor, id ID, version int64, contact phi.Text) error {
	const op = "designation.change"
	contact = phi.NewText(strings.TrimSpace(contact.Disclose()))
	switch n := utf8.RuneCountInString(contact.Disclose()); {
	case n == 0:
		return fault.InvalidFields(op, fault.Field{Name: "contact", Message: "Say how people reach this person with complaints and questions."})
	case n > maxText:
		return fault.InvalidFields(op, fault.Field{Name: "contact", Message: "Shorten this to 2,000 characters."})
	}
	w := g.door.Work(who, op)
	g.designations.Change(w, "change", id, version, func(d *Designation) error {
		d.Contact = contact
		return nil
	})
	return w.Commit(ctx)
}

// Read returns one designation.
func (g *Governance) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return g.designations.Read(ctx, who, id)
}

// History returns every version of a designation, newest first.
func (g *Governance) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return g.designations.History(ctx, who, id)
}

// MayAppoint reports whether the asker's role designates. It is for leaving out what would
// be refused.
func (g *Governance) MayAppoint(who actor.Actor) bool {
	return who.Role() != "" && g.door.Ever(who, "designation.change", false, policy.Set(policy.Program))
}

// Holders are the worker ids of whoever is designated for something now or from a later day.
func (g *Governance) Holders(ctx context.Context, who actor.Actor) (out []string, err error) {
	all, err := g.all(ctx, who, time.Time{})
	for _, o := range all {
		if s := o.Value.Span(); !s.empty() && (s.Until.IsZero() || s.Until.After(g.door.Clock().Now())) {
			out = append(out, o.Value.Person)
		}
	}
	return out, err
}

// all opens every designation, newest first, in one entry for each 500; as they were right
// before a moment, unless it is zero.
func (g *Governance) all(ctx context.Context, who actor.Actor, at time.Time) ([]Opened, error) {
	var out []Opened
	for after := ""; ; {
		l, err := g.designations.Find(ctx, who, record.Query{After: after, Limit: 500, AsOf: at})
		if err != nil {
			return nil, err
		}
		out = append(out, l.Rows...)
		if after = l.Next; after == "" {
			return out, nil
		}
	}
}
