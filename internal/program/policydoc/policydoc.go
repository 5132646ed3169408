package policydoc

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/pdftext"
	"caseward/internal/record"
)

// Policies are the use-cases on policies and procedures.
type Policies struct {
	door     *record.Door
	service  actor.Actor
	docs     record.Records[Document]
	versions record.Records[Version]
	acks     record.Records[Acknowledgement]
	texts    texts

	// PDF reads a PDF; nil where none can be read.
	PDF func(ctx context.Context, file []byte) (*pdftext.Document, error)
}

// New returns the use-cases behind door. service is who looks up, without opening
// anything, which version is in force.
func New(door *record.Door, service actor.Actor) *Policies {
	return &Policies{door: door, service: service, docs: record.Use(door, Kind), versions: record.Use(door, VersionKind), acks: record.Use(door, AcknowledgementKind)}
}

// rotten answers a text with problems: each names its line.
func rotten(op string, t *Text) error {
	if len(t.Doc.Problems) == 0 {
		return nil
	}
	return fault.InvalidFields(op, fault.Field{Name: "text", Message: "The text has mistakes; each is shown with its line."})
}

func checkNote(op, note string) error {
	if utf8.RuneCountInString(note) > 1000 {
		return fault.InvalidFields(op, fault.Field{Name: "note", Message: "Keep what changed to 1,000 characters."})
	}
	return nil
}

// step notes what became of a version.
func (ps *Policies) step(v *Version, who actor.Actor, what, words string) {
	v.Steps = append(v.Steps, Step{At: ps.door.Clock().Now(), By: who.Worker(), What: what, Words: strings.TrimSpace(words)})
}

// describe repeats in the document what a text says of it.
func (d *Document) describe(t *Text) {
	d.Title, d.Family, d.OwnerRole, d.Audience, d.Standards, d.Months = t.Title, t.Family, t.Owner, t.Audience, t.Standards, t.Review
}

// begin plans a document with its first draft.
func (ps *Policies) begin(w *record.Work, who actor.Actor, text, note string) (ID, VersionID) {
	t := Read(text)
	d := Document{Code: t.Code, State: Draft}
	d.describe(t)
	id := ps.docs.Create(w, record.Subject{}, d)
	v := Version{Document: id, Code: t.Code, Title: t.Title, Text: text, Sum: Sum(text), Governs: t.Governs, Note: note, State: Draft, Author: who.Worker()}
	ps.step(&v, who, "create", "")
	return id, ps.versions.Create(w, record.Subject{}, v)
}

// taken reports whether there is a document of a code.
func (ps *Policies) taken(ctx context.Context, code string) (bool, error) {
	_, _, _, found, err := ps.docs.FindExt(ctx, ps.service, ext(code))
	return found, err
}

// Create begins a document with the draft of its first version. Errors: Invalid with
// fields, Denied. What was kept of it while it was typed is gone with it, at the
// revision rev that the window last saw; so it is with Begin and Save.
func (ps *Policies) Create(ctx context.Context, who actor.Actor, text, note string, rev int64) (ID, VersionID, error) {
	const op = "policydoc.create"
	t := Read(text)
	if !goodCode.MatchString(t.Code) {
		return ID{}, VersionID{}, fault.InvalidFields(op, fault.Field{Name: "text", Message: "The key code is a short word of small letters, digits and hyphens."})
	}
	if err := checkNote(op, note); err != nil {
		return ID{}, VersionID{}, err
	}
	w := ps.door.Work(who, op)
	id, v := ps.begin(w, who, text, note)
	if found, err := ps.taken(ctx, t.Code); err != nil {
		return ID{}, VersionID{}, err
	} else if found {
		// Whoever may not begin one learns nothing of which there are.
		if err := ps.door.Permit(ctx, who, op, record.Subject{}, false, Kind.Classes(), nil); err != nil {
			return ID{}, VersionID{}, err
		}
		return ID{}, VersionID{}, fault.InvalidFields(op, fault.Field{Name: "text", Message: "There is a document of this code. Begin a new version of it, or choose another code."})
	}
	ps.settle(w, NewText, rev)
	return id, v, w.Commit(ctx)
}

// Adopt begins a document for each of some texts of the starter set, as one act;
// those whose code is taken are left as they are. It returns how many were begun.
func (ps *Policies) Adopt(ctx context.Context, who actor.Actor, lang string, codes []string) (int, error) {
	const op = "policydoc.create"
	w := ps.door.Work(who, op)
	n := 0
	for _, s := range Starter(lang) {
		if !slices.Contains(codes, s.Code) {
			continue
		}
		found, err := ps.taken(ctx, s.Code)
		if err != nil {
			return 0, err
		}
		if !found {
			ps.begin(w, who, s.Source, "")
			n++
		}
	}
	if n == 0 {
		return 0, fault.InvalidFields(op, fault.Field{Name: "code", Message: "Choose at least one document that is not there yet."})
	}
	return n, w.Commit(ctx)
}

// Begin begins a new version of a document with a text. Errors: Invalid with fields,
// Denied, NotFound.
func (ps *Policies) Begin(ctx context.Context, who actor.Actor, id ID, text, note string, rev int64) (VersionID, error) {
	const op = "policydoc.draft"
	if err := checkNote(op, note); err != nil {
		return VersionID{}, err
	}
	t := Read(text)
	w := ps.door.Work(who, op)
	ps.docs.Change(w, "draft", id, 0, func(d *Document) error {
		if d.State == Withdrawn {
			return fault.Conflictf(op, "the document is no longer used")
		}
		if t.Code != d.Code {
			return otherCode(op)
		}
		if len(d.Periods) == 0 {
			d.describe(t)
		}
		return nil
	})
	v := Version{Document: id, Code: t.Code, Title: t.Title, Text: text, Sum: Sum(text), Governs: t.Governs, Note: note, State: Draft, Author: who.Worker()}
	ps.step(&v, who, "create", "")
	vid := ps.versions.Create(w, record.Subject{}, v)
	ps.settle(w, NextOf(t.Code), rev)
	return vid, w.Commit(ctx)
}

func otherCode(op string) error {
	return fault.InvalidFields(op, fault.Field{Name: "text", Message: "The key code of a document stays as it is."})
}

// Save keeps what is written in a draft, seen at version seen. A text with mistakes is
// kept too. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (ps *Policies) Save(ctx context.Context, who actor.Actor, id VersionID, seen int64, text, note string, rev int64) error {
	const op = "policydoc_version.change"
	if err := checkNote(op, note); err != nil {
		return err
	}
	t := Read(text)
	w := ps.door.Work(who, op)
	ps.versions.Change(w, "change", id, seen, func(v *Version) error {
		if t.Code != v.Code {
			return otherCode(op)
		}
		v.Title, v.Text, v.Sum, v.Governs, v.Note = t.Title, text, Sum(text), t.Governs, note
		if !slices.Contains(v.Editors, who.Worker()) {
			v.Editors = append(v.Editors, who.Worker())
		}
		return nil
	})
	ps.settle(w, DraftOf(id), rev)
	return w.Commit(ctx)
}

// move plans that a version goes from one state to another.
func (ps *Policies) move(w *record.Work, who actor.Actor, verb string, id VersionID, words string, from, to string, also func(*Version) error) {
	ps.versions.Change(w, verb, id, 0, func(v *Version) error {
		if v.State != from {
			return fault.Conflictf("policydoc_version."+verb, "the version is not in the state for it")
		}
		if also != nil {
			if err := also(v); err != nil {
				return err
			}
		}
		v.State = to
		ps.step(v, who, verb, words)
		return nil
	})
}

// Submit sends a draft to review: from then on its text stays. Errors: Invalid if the
// text has mistakes, Conflict, Denied, NotFound.
func (ps *Policies) Submit(ctx context.Context, who actor.Actor, id VersionID) error {
	const op = "policydoc_version.submit"
	w := ps.door.Work(who, op)
	ps.move(w, who, "submit", id, "", Draft, InReview, func(v *Version) error { return rotten(op, Read(v.Text)) })
	return w.Commit(ctx)
}

// Return gives a version in review, or an approved one, back as a draft, with remarks.
func (ps *Policies) Return(ctx context.Context, who actor.Actor, id VersionID, remarks string) error {
	const op = "policydoc_version.return"
	if strings.TrimSpace(remarks) == "" || utf8.RuneCountInString(remarks) > 1000 {
		return fault.InvalidFields(op, fault.Field{Name: "remarks", Message: "Say in up to 1,000 characters what is to change."})
	}
	w := ps.door.Work(who, op)
	ps.versions.Change(w, "return", id, 0, func(v *Version) error {
		if v.State != InReview && v.State != Approved {
			return fault.Conflictf(op, "the version is not in the state for it")
		}
		v.State, v.Reviewer, v.Approver, v.ApprovedSum, v.ApprovedAt = Draft, "", "", "", time.Time{}
		ps.step(v, who, "return", remarks)
		return nil
	})
	return w.Commit(ctx)
}

// Review says that the asker, who did not write it, reviewed a version, with remarks if
// there are some.
func (ps *Policies) Review(ctx context.Context, who actor.Actor, id VersionID, remarks string) error {
	const op = "policydoc_version.review"
	w := ps.door.Work(who, op)
	ps.move(w, who, "review", id, remarks, InReview, InReview, func(v *Version) error {
		if v.Wrote(who.Worker()) {
			return fault.DeniedBy(op, ownWork)
		}
		v.Reviewer = who.Worker()
		return nil
	})
	return w.Commit(ctx)
}

// ownWork is the rule by which nobody reviews or approves what they wrote.
const ownWork = "policy-not-by-its-author"

// Approve approves the text with this hash: the one that the asker read. Errors:
// Conflict if the text is another by now, Denied (also to whoever wrote it), NotFound.
func (ps *Policies) Approve(ctx context.Context, who actor.Actor, id VersionID, sum string) error {
	const op = "policydoc_version.approve"
	w := ps.door.Work(who, op)
	w.Detail("sum", sum[:min(len(sum), 64)])
	ps.move(w, who, "approve", id, "", InReview, Approved, func(v *Version) error {
		switch {
		case v.Wrote(who.Worker()):
			return fault.DeniedBy(op, ownWork)
		case v.Sum != sum || Sum(v.Text) != sum:
			return fault.Conflictf(op, "the text is not the one that was read")
		}
		if v.Reviewer == "" {
			v.Reviewer = who.Worker()
		}
		v.Approver, v.ApprovedSum, v.ApprovedAt = who.Worker(), sum, ps.door.Clock().Now()
		return nil
	})
	return w.Commit(ctx)
}

// Enforce puts an approved version in force from a moment on, in the place of the one
// before; from zero is now. Errors: Invalid for a moment that is past or not after the
// last version's, Conflict, Denied, NotFound.
func (ps *Policies) Enforce(ctx context.Context, who actor.Actor, id VersionID, from time.Time) error {
	const op = "policydoc_version.enforce"
	now := ps.door.Clock().Now()
	if from.IsZero() {
		from = now
	}
	early := func(message string) error {
		return fault.InvalidFields(op, fault.Field{Name: "from", Message: message})
	}
	if from.Before(now) {
		return early("Choose today or a coming day.")
	}
	l, _, found, err := ps.versions.LabelsOf(ctx, ps.service, id)
	if err != nil {
		return err
	}
	doc, perr := record.ParseID[Document](l.Ref)
	w := ps.door.Work(who, op)
	w.Detail("policy", Cited(l.Tag, id))
	var t *Text
	ps.move(w, who, "enforce", id, "", Approved, InForce, func(x *Version) error {
		if Sum(x.Text) != x.ApprovedSum {
			return fault.Conflictf(op, "the text is not the one that was approved")
		}
		x.From = from
		t = Read(x.Text)
		return nil
	})
	if found && perr == nil {
		ps.docs.Change(w, "enforce", doc, 0, func(d *Document) error {
			if d.State == Withdrawn {
				return fault.Conflictf(op, "the document is no longer used")
			}
			p := Period{Version: id, From: from, Audience: t.Audience}
			if n := len(d.Periods); n > 0 {
				last := &d.Periods[n-1]
				if !last.From.Before(from) {
					return early("Choose a day after the one on which the version before takes effect.")
				}
				last.Until = from
			}
			if d.Acknowledged {
				p.Terms = []Terms{{From: from, Wanted: true, Grace: d.Grace, Limited: d.Limited}}
			}
			d.Periods = append(d.Periods, p)
			d.describe(t)
			d.State, d.Due = InForce, clock.Months(from, t.Review)
			d.Looks = append(d.Looks, Look{At: now, By: who.Worker()})
			return nil
		})
		// The one before ends where this begins.
		before, err := ps.versions.InState(ctx, ps.service, InForce, doc.String(), 500)
		if err != nil {
			return err
		}
		for _, b := range before {
			if bl, _, _, err := ps.versions.LabelsOf(ctx, ps.service, b); err != nil {
				return err
			} else if bl.Due.IsZero() {
				ps.versions.Change(w, "supersede", b, 0, func(v *Version) error { v.Until = from; return nil })
			}
		}
	}
	return w.Commit(ctx)
}

// Discard withdraws a version that was not put in force.
func (ps *Policies) Discard(ctx context.Context, who actor.Actor, id VersionID, why string) error {
	const op = "policydoc_version.withdraw"
	w := ps.door.Work(who, op)
	ps.versions.Change(w, "withdraw", id, 0, func(v *Version) error {
		if v.State == InForce || v.State == Withdrawn {
			return fault.Conflictf(op, "the version is not in the state for it")
		}
		v.State = Withdrawn
		ps.step(v, who, "withdraw", why)
		return nil
	})
	return w.Commit(ctx)
}

// Retire ends a document: no version of it is in force from now on. Errors: Conflict
// where a version is still to take effect, Denied, NotFound.
func (ps *Policies) Retire(ctx context.Context, who actor.Actor, id ID, why string) error {
	const op = "policydoc.withdraw"
	if strings.TrimSpace(why) == "" {
		return fault.InvalidFields(op, fault.Field{Name: "why", Message: "Say why it is no longer used."})
	}
	now := ps.door.Clock().Now()
	w := ps.door.Work(who, op)
	ps.docs.Change(w, "withdraw", id, 0, func(d *Document) error {
		if _, planned := d.Next(now); planned || d.State == Withdrawn {
			return fault.Conflictf(op, "the document is not in the state for it")
		}
		if n := len(d.Periods); n > 0 && d.Periods[n-1].Until.IsZero() {
			d.Periods[n-1].Until = now
		}
		d.State, d.Due = Withdrawn, time.Time{}
		d.Looks = append(d.Looks, Look{At: now, By: who.Worker(), Words: strings.TrimSpace(why)})
		return nil
	})
	before, err := ps.versions.InState(ctx, ps.service, InForce, id.String(), 500)
	if err != nil {
		return err
	}
	for _, b := range before {
		if l, _, _, err := ps.versions.LabelsOf(ctx, ps.service, b); err != nil {
			return err
		} else if l.Due.IsZero() {
			ps.versions.Change(w, "supersede", b, 0, func(v *Version) error { v.Until = now; return nil })
		}
	}
	return w.Commit(ctx)
}

// Care is what an officer sets of a document apart from its text.
type Care struct {
	Owner          string // worker id; empty: nobody
	Acknowledged   bool
	Grace, Limited int
}

// SetCare sets who owns a document, and whether those it binds acknowledge each version
// and in which time. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (ps *Policies) SetCare(ctx context.Context, who actor.Actor, id ID, seen int64, c Care) error {
	const op = "policydoc.change"
	var wrong []fault.Field
	for name, n := range map[string]int{"grace": c.Grace, "limited": c.Limited} {
		if n < 0 || n > 365 {
			wrong = append(wrong, fault.Field{Name: name, Message: "Enter days as a number from 0 to 365."})
		}
	}
	if wrong != nil {
		return fault.InvalidFields(op, wrong...)
	}
	now := ps.door.Clock().Now()
	w := ps.door.Work(who, op)
	ps.docs.Change(w, "change", id, seen, func(d *Document) error {
		d.Owner = c.Owner
		if d.Acknowledged == c.Acknowledged && d.Grace == c.Grace && d.Limited == c.Limited {
			return nil
		}
		d.Acknowledged, d.Grace, d.Limited = c.Acknowledged, c.Grace, c.Limited
		terms := Terms{Wanted: c.Acknowledged, Grace: c.Grace, Limited: c.Limited}
		for i := range d.Periods {
			p := &d.Periods[i]
			switch {
			case !p.Until.IsZero() && !p.Until.After(now): // past
			case p.From.After(now):
				terms.From = p.From
				p.Terms = []Terms{terms}
			default:
				terms.From = now
				p.Terms = append(p.Terms, terms)
			}
		}
		return nil
	})
	return w.Commit(ctx)
}

// Confirm says that a document was looked at and stays as it is; the time to the next
// look begins anew.
func (ps *Policies) Confirm(ctx context.Context, who actor.Actor, id ID, words string) error {
	const op = "policydoc.review"
	now := ps.door.Clock().Now()
	w := ps.door.Work(who, op)
	ps.docs.Change(w, "review", id, 0, func(d *Document) error {
		if d.State != InForce {
			return fault.Conflictf(op, "the document is not in force")
		}
		d.Due = clock.Months(now, max(d.Months, 1))
		d.Looks = append(d.Looks, Look{At: now, By: who.Worker(), Words: strings.TrimSpace(words)})
		return nil
	})
	return w.Commit(ctx)
}

// Trigger opens the review of every document in force that answers one of some
// paragraphs of law, or one above or below it, or has one of some codes; with neither it
// opens all. It returns how many.
func (ps *Policies) Trigger(ctx context.Context, who actor.Actor, cause Cause, standards, codes []string, words string) (int, error) {
	const op = "policydoc.trigger"
	words = strings.TrimSpace(words)
	if !slices.Contains(Causes(), cause) {
		return 0, fault.InvalidFields(op, fault.Field{Name: "cause", Message: "Choose what asks for the review."})
	}
	if words == "" || utf8.RuneCountInString(words) > 1000 {
		return 0, fault.InvalidFields(op, fault.Field{Name: "why", Message: "Say in up to 1,000 characters what happened."})
	}
	v := ps.door.View(who, op)
	all := ps.docs.WantAll(v, record.Query{State: InForce, Verb: "trigger", Limit: 500})
	if err := v.Open(ctx); err != nil {
		return 0, err
	}
	now := ps.door.Clock().Now()
	w := ps.door.Work(who, op)
	n := 0
	for _, o := range all.Rows {
		if !linked(o.Value, standards, codes) {
			continue
		}
		n++
		ps.docs.Change(w, "trigger", o.ID, 0, func(d *Document) error {
			if d.Due.IsZero() || d.Due.After(now) {
				d.Due = now
			}
			d.Looks = append(d.Looks, Look{At: now, By: who.Worker(), Cause: cause, Words: words})
			return nil
		})
	}
	if n == 0 {
		// Told also to whoever may not: the door has refused the list by then.
		if err := ps.door.Permit(ctx, who, op, record.Subject{}, false, Kind.Classes(), nil); err != nil {
			return 0, err
		}
		return 0, nil
	}
	return n, w.Commit(ctx)
}

// linked reports whether a document answers one of some paragraphs, or is one of some.
func linked(d Document, standards, codes []string) bool {
	if slices.Contains(codes, d.Code) {
		return true
	}
	for _, s := range standards {
		for _, own := range d.Standards {
			if own == s || strings.HasPrefix(own, s+"(") || strings.HasPrefix(s, own+"(") {
				return true
			}
		}
	}
	return len(standards) == 0 && len(codes) == 0
}

// Acknowledge says that the asker read a version in force and will keep to it. A
// second time changes nothing. Errors: NotFound, Conflict if another version is in force by
// now.
func (ps *Policies) Acknowledge(ctx context.Context, who actor.Actor, id VersionID) error {
	const op = "acknowledgement.create"
	now := ps.door.Clock().Now()
	l, _, found, err := ps.versions.LabelsOf(ctx, ps.service, id)
	switch {
	case err != nil:
		return err
	case !found || l.State != InForce || now.Before(l.At):
		return fault.NotFoundf(op)
	case !l.Due.IsZero() && !now.Before(l.Due):
		return fault.Conflictf(op, "another version is in force by now")
	}
	if _, _, _, done, err := ps.acks.FindExt(ctx, ps.service, who.Worker()+" "+id.String()); err != nil || done {
		return err
	}
	w := ps.door.Work(who, op)
	w.Detail("policy", Cited(l.Tag, id))
	ps.acks.Create(w, record.Subject{}, Acknowledgement{Version: id, Code: l.Tag, Worker: who.Worker(), At: now})
	return w.Commit(ctx)
}
