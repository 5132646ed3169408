package vendor

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Vendors is the use-cases.
type Vendors struct {
	door       *record.Door
	who        actor.Actor // under whose name whoever has a link acts
	vendors    record.Records[Vendor]
	agreements record.Records[Agreement]
	links      record.Records[Link]

	questionnaires record.Records[Questionnaire]
	reports        record.Records[Report]
}

// New returns the use-cases behind door. who is the service actor under whose name
// whoever has a link acts.
func New(door *record.Door, who actor.Actor) *Vendors {
	return &Vendors{
		door: door, who: who,
		vendors: record.Use(door, Kind), agreements: record.Use(door, AgreementKind), links: record.Use(door, LinkKind),
		questionnaires: record.Use(door, QuestionnaireKind), reports: record.Use(door, ReportKind),
	}
}

// of opens a vendor by the id another record keeps.
func (vs *Vendors) of(ctx context.Context, who actor.Actor, id string) (Opened, error) {
	v, err := record.ParseID[Vendor](id)
	if err != nil {
		return Opened{}, err
	}
	return vs.vendors.Read(ctx, who, v)
}

// Texts are at most so many characters, and lists have at most so many rows.
const (
	maxLine = 200
	maxText = 4000
	maxRows = 100
)

// checks gathers what is wrong with an input.
type checks []fault.Field

func (c *checks) bad(name, message string) {
	*c = append(*c, fault.Field{Name: name, Message: message})
}

// line trims a line that must stand, and checks its length.
func (c *checks) line(name string, s *string, missing string) {
	if *s = strings.Join(strings.Fields(*s), " "); *s == "" && missing != "" {
		c.bad(name, missing)
	} else if utf8.RuneCountInString(*s) > maxLine {
		c.bad(name, "Keep this to 200 characters.")
	}
}

// text trims a text, which must stand where missing says what to write.
func (c *checks) text(name string, s *string, missing string) {
	if *s = strings.TrimSpace(strings.ReplaceAll(*s, "\r\n", "\n")); *s == "" && missing != "" {
		c.bad(name, missing)
	} else if utf8.RuneCountInString(*s) > maxText {
		c.bad(name, "Shorten this to 4,000 characters.")
	}
}

func (c checks) err(op string) error {
	if len(c) == 0 {
		return nil
	}
	return fault.InvalidFields(op, c...)
}

// check tidies what people say of a vendor, and says all that is wrong with it.
func (v *Vendor) check(op string) error {
	var c checks
	c.line("name", &v.Name, "Say what the organization is called.")
	c.text("services", &v.Services, "Say what it does for us.")
	c.text("exit", &v.ExitPlan, "")
	contact := v.Contact.Disclose()
	c.text("contact", &contact, "Say whom to reach there, and how.")
	v.Contact = phi.NewText(contact)
	if slices.Index(Dependencies(), v.Dependency) < 0 {
		c.bad("dependency", "Choose how long we can do without it.")
	}
	for _, x := range v.Classes {
		if !policy.Known(x) {
			c.bad("classes", "Choose kinds of information from the list.")
			break
		}
	}
	if v.Answers.Verbs() {
		if slices.Index(Volumes(), v.Volume) < 0 {
			c.bad("volume", "Choose of about how many people it has information.")
		}
		if len(v.Classes) == 0 {
			c.bad("classes", "Choose the kinds of information it has.")
		}
	} else {
		v.Volume, v.Classes = "", nil
	}
	if len(v.Subcontractors) > maxRows {
		c.bad("subcontractors", "At most 100 subcontractors can be listed.")
	}
	for i := range v.Subcontractors {
		s := &v.Subcontractors[i]
		c.line("subcontractors", &s.Name, "Say what each subcontractor is called.")
		c.line("subcontractors", &s.Does, "")
	}
	return c.err(op)
}

// Begin registers a vendor as intake describes it: name, services, contact, answers, kinds
// of information, volume, dependency. What it is follows from the answers when it is
// assessed. Errors: Invalid with fields, Denied.
func (vs *Vendors) Begin(ctx context.Context, who actor.Actor, v Vendor) (ID, error) {
	const op = "vendor.create"
	in := described(v)
	if err := in.check(op); err != nil {
		return ID{}, err
	}
	in.Owner = cmp.Or(in.Owner, who.Worker())
	in.move(Intake, vs.door.Clock().Now(), "")
	w := vs.door.Work(who, op)
	id := vs.vendors.Create(w, record.Subject{}, in)
	return id, w.Commit(ctx)
}

// described is what people say of a vendor, without what follows from what is done.
func described(v Vendor) Vendor {
	return Vendor{
		Name: v.Name, Services: v.Services, Contact: v.Contact, Owner: v.Owner, Connector: v.Connector,
		Answers: v.Answers, Volume: v.Volume, Classes: v.Classes, Dependency: v.Dependency, ExitPlan: v.ExitPlan,
		Subcontractors: v.Subcontractors,
	}
}

// said puts what people say of a vendor in place of what was said, and leaves alone what
// follows from what is done.
func (v *Vendor) said(in Vendor) {
	in.Owner = cmp.Or(in.Owner, v.Owner)
	in.Outcome, in.Reasons, in.DecidedBy, in.DecidedAt = v.Outcome, v.Reasons, v.DecidedBy, v.DecidedAt
	in.Evidence, in.Reviews, in.Breaches, in.Ending = v.Evidence, v.Reviews, v.Breaches, v.Ending
	in.Status, in.Spans, in.Since, in.Why = v.Status, v.Spans, v.Since, v.Why
	*v = in
}

// Describe changes what is said of a vendor. Once it was assessed, answers of another
// outcome are Invalid: what it is, is decided by [Vendors.Assess] and by nothing else.
// Errors: Invalid with fields, Conflict, Denied, NotFound.
func (vs *Vendors) Describe(ctx context.Context, who actor.Actor, id ID, version int64, v Vendor) error {
	const op = "vendor.change"
	in := described(v)
	if err := in.check(op); err != nil {
		return err
	}
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "change", id, version, func(old *Vendor) error {
		if old.Status == Closed {
			return fault.Conflictf(op, "it is closed")
		}
		if o, _ := Decide(in.Answers); old.Status != Intake && o != old.Outcome {
			return fault.InvalidFields(op, fault.Field{Name: "answers", Message: "By these answers it would be something else to us. Assess it again with them."})
		}
		old.said(in)
		return nil
	})
	return w.Commit(ctx)
}

// Assess decides what a vendor is to the agency, by what is on record or, if v is not nil,
// by what that says, which is kept. A vendor that works already is stopped where what it is
// changes: it is assessed, and starts anew. Errors: Invalid, Conflict, Denied, NotFound.
func (vs *Vendors) Assess(ctx context.Context, who actor.Actor, id ID, version int64, v *Vendor) error {
	const op = "vendor.assess"
	var in Vendor
	if v != nil {
		in = described(*v)
		if err := in.check(op); err != nil {
			return err
		}
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "assess", id, version, func(old *Vendor) error {
		if old.Status == Closed || old.Status == Terminated {
			return fault.Conflictf(op, "it has ended")
		}
		if v != nil {
			old.said(in)
		}
		before := old.Outcome
		old.Outcome, old.Reasons = Decide(old.Answers)
		old.DecidedBy, old.DecidedAt = who.Worker(), now
		if old.Status == Intake || old.Outcome != before {
			old.move(Assessed, now, "")
		}
		return nil
	})
	return w.Commit(ctx)
}

// Start has a vendor begin to work. A business associate needs an agreement that both sides
// signed first, be it one that takes effect later: until it does, nothing may go there
// (45 CFR 164.502(e)(1)(i)). Errors: Invalid, Conflict, Denied, NotFound.
func (vs *Vendors) Start(ctx context.Context, who actor.Actor, id ID, version int64) error {
	const op = "vendor.start"
	now := vs.door.Clock().Now()
	signed, err := vs.signed(ctx, who, id, now)
	if err != nil {
		return err
	}
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "start", id, version, func(v *Vendor) error {
		if v.Status != Assessed {
			return fault.Conflictf(op, "it is not assessed, or works already")
		}
		if v.Outcome == Associate && !signed {
			return fault.InvalidFields(op, fault.Field{Name: "agreement", Message: "It is a business associate: have both sides sign an agreement first."})
		}
		v.move(Active, now, "")
		return nil
	})
	return w.Commit(ctx)
}

// Drop closes a vendor that never worked here. Errors: Invalid with fields, Conflict,
// Denied, NotFound.
func (vs *Vendors) Drop(ctx context.Context, who actor.Actor, id ID, version int64, why string) error {
	const op = "vendor.drop"
	var c checks
	if c.line("why", &why, "Say in a few words why."); len(c) > 0 {
		return c.err(op)
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "drop", id, version, func(v *Vendor) error {
		if !v.Status.May(Closed) || len(v.Spans) > 0 {
			return fault.Conflictf(op, "it has worked here: terminate it")
		}
		v.move(Closed, now, why)
		return nil
	})
	return w.Commit(ctx)
}

// Read returns one vendor.
func (vs *Vendors) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return vs.vendors.Read(ctx, who, id)
}

// History returns every version of a vendor, newest first.
func (vs *Vendors) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return vs.vendors.History(ctx, who, id)
}

// All lists the vendors: those watched most closely first, then by name.
func (vs *Vendors) All(ctx context.Context, who actor.Actor) ([]Opened, error) {
	rows, err := vs.vendors.Every(ctx, who, record.Query{})
	return inOrder(rows), err
}

// Sees, Begins and Keeps report whether the asker's role sees every vendor, registers new
// ones, and keeps the register; Signs and Told, whether it signs agreements and sees what
// vendors report. They are for leaving out what would be refused.
func (vs *Vendors) Sees(who actor.Actor) bool   { return vs.ever(who, "vendor.read") }
func (vs *Vendors) Begins(who actor.Actor) bool { return vs.ever(who, "vendor.create") }
func (vs *Vendors) Keeps(who actor.Actor) bool  { return vs.ever(who, "vendor.change") }
func (vs *Vendors) Signs(who actor.Actor) bool  { return vs.ever(who, "agreement.sign") }
func (vs *Vendors) Told(who actor.Actor) bool   { return vs.ever(who, "vendorreport.read") }

// SeesConnected reports whether the asker's role sees the vendors that connections reach.
func (vs *Vendors) SeesConnected(who actor.Actor) bool { return vs.ever(who, "vendor.connected") }

func (vs *Vendors) ever(who actor.Actor, action string) bool {
	return vs.door.Ever(who, action, false, policy.Set(policy.Program))
}

// Connected lists the vendors that a connection of this server moves information to or
// from: those an administrator sees.
func (vs *Vendors) Connected(ctx context.Context, who actor.Actor) ([]Opened, error) {
	rows, err := vs.vendors.Every(ctx, who, record.Query{Verb: "connected", Group: connected})
	return inOrder(rows), err
}

func inOrder(rows []Opened) []Opened {
	order.By(rows, func(a, b Opened) int {
		return cmp.Or(a.Value.Tier()-b.Value.Tier(), strings.Compare(strings.ToLower(a.Value.Name), strings.ToLower(b.Value.Name)))
	})
	return rows
}
