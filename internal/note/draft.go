package note

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Input is what the author of a note filled in.
type Input struct {
	Type       Type
	At         time.Time
	Minutes    phi.Text // as typed; checked when signing
	Title      phi.Text
	Goal       phi.Text
	Sections   []Section
	Protection Protection
	Case       casefile.ID // the case the contact counts for; the client's open one if zero

	Format     Format
	Timed      bool // At was given with its time of day
	LateReason phi.Text
	// Rev is the revision of the kept writing that the window last saw. If
	// another window kept something since, saving and signing are a Conflict, so
	// that it is not thrown away.
	Rev int64
	// Aside is the same of what was kept aside, from another window or device.
	Aside int64
	// New is the id a new note is to have, as its form carried it: a form sent
	// twice makes one note. Zero: any.
	New ID
}

const (
	maxTitle  = 200
	maxReason = 500
	maxBody   = 100_000
)

// note reads the input. What a draft may lack is not told; what cannot be kept
// is.
func (in Input) note(now time.Time) (n Note, bad []fault.Field) {
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	n = Note{Status: Draft, Format: in.Format, Timed: in.Timed, LateReason: in.LateReason, Type: in.Type, At: in.At.UTC(), Title: in.Title, Goal: in.Goal, Sections: in.Sections, Protection: in.Protection, Case: in.Case}
	if n.Type != "" && !knownType(n.Type) {
		add("type", "Choose how you connected.")
	}
	if !knownProtection(n.Protection) {
		add("protection", "Choose who may read the note.")
	}
	if in.At.IsZero() {
		n.At = now
	} else if in.At.After(now.Add(time.Hour)) {
		add("at", "The contact is in the future; choose when it happened.")
	} else if in.At.Before(now.AddDate(-100, 0, 0)) {
		add("at", "Check the year of the contact.")
	}
	var ok bool
	if n.Minutes, ok = minutes(in.Minutes); !ok && strings.TrimSpace(in.Minutes.Disclose()) != "" {
		add("minutes", "Enter minutes as a number from 1 to 600.")
	}
	if utf8.RuneCountInString(in.Title.Disclose()) > maxTitle {
		add("title", "Keep the title to 200 characters.")
	}
	if utf8.RuneCountInString(in.Goal.Disclose()) > maxTitle {
		add("goal", "Choose a goal of the care plan.")
	}
	if !slices.Contains(Formats(), n.Format) {
		add("format", "Choose a format of notes from the list.")
	}
	if utf8.RuneCountInString(in.LateReason.Disclose()) > maxReason {
		add("late_reason", "Keep the reason to 500 characters.")
	}
	if len(n.Text().Disclose()) > maxBody || len(n.Sections) > 20 {
		add("body", "This is too long for one note; split it into two.")
	}
	return n, bad
}

// unsignable tells what a draft still lacks.
func (in Input) unsignable(n Note) (bad []fault.Field) {
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	if !knownType(n.Type) {
		add("type", "Choose how you connected.")
	}
	if _, ok := minutes(in.Minutes); !ok {
		add("minutes", "Enter minutes as a number from 1 to 600.")
	}
	if !sentence(n) {
		add("body", "Write what happened, in at least a sentence.")
	}
	return bad
}

func minutes(t phi.Text) (int, bool) {
	m, err := strconv.Atoi(strings.TrimSpace(t.Disclose()))
	if err != nil || m < 1 || m > 600 {
		return 0, false
	}
	return m, true
}

// sentence reports whether the text has at least three words, or as many
// letters in a script that puts no spaces between words.
func sentence(n Note) bool {
	letters := 0
	var said []string // without the headings, which nobody wrote
	for _, s := range n.Sections {
		said = append(said, s.Text.Disclose())
	}
	text := strings.Join(said, "\n")
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return letters >= 8 && (len(strings.Fields(text)) >= 3 || letters < len(text)/2)
}

func knownType(t Type) bool {
	return slices.Contains(Types(), t)
}

func knownProtection(p Protection) bool {
	return slices.Contains(Protections(), p)
}

// slotNew is the form whose unfinished writing a new note grows from.
const slotNew = "note/new"

// slot is the form that note id is written in; the composer's for a new one.
func slot(id ID) string {
	if id.IsZero() {
		return slotNew
	}
	return "note/" + id.String()
}

// aside is where the writing of a second window is kept.
func aside(id ID) string { return slot(id) + "/aside" }

// SaveDraft keeps a note that its author will finish: a new one if id is zero,
// and otherwise the author's own draft at version. It returns the note's id. What
// was being typed for a new note is no longer kept apart. Errors: Invalid with
// fields, Conflict, Denied, NotFound.
func (ns *Notes) SaveDraft(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Input) (ID, error) {
	n, bad := in.note(ns.door.Clock().Now())
	if len(bad) > 0 {
		return ID{}, fault.InvalidFields("note.change", bad...)
	}
	made, err := ns.save(ctx, who, client, id, version, in, n)
	if id.IsZero() && fault.Is(err, fault.Conflict) {
		if o, found := ns.made(ctx, who, client, in); found {
			return o.ID, nil
		}
	}
	return made, err
}

func (ns *Notes) save(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Input, n Note) (ID, error) {
	subject := record.SubjectOf(client)
	now := ns.door.Clock().Now()
	n.Author = who.Worker()
	op := "note.change"
	if id.IsZero() {
		op = "note.create"
	}
	w := ns.door.Work(who, op)
	p, err := ns.place(ctx, w, client, in.Case)
	if err != nil {
		return ID{}, err
	}
	if id.IsZero() {
		p.rule(&n, Note{}, now)
		id = ns.records.CreateOnce(w, in.New, subject, n)
		ns.drop(w, subject, ID{}, in.Rev, in.Aside)
		if err := w.Commit(ctx); err != nil {
			return ID{}, err
		}
		return id, nil
	}
	ns.records.ChangeOf(w, "change", subject, id, version, func(old *Note) error {
		if err := own(who, *old, op); err != nil {
			return err
		}
		if err := old.apart(op); err != nil {
			return err
		}
		next := n
		next.keep(*old)
		p.rule(&next, *old, now)
		if err := next.shown(*old, op); err != nil {
			return err
		}
		*old = next
		return nil
	})
	ns.drop(w, subject, id, in.Rev, in.Aside)
	return id, w.Commit(ctx)
}

// made returns the note that the form of a new one has made already, when it
// arrived before; found is false if it has not.
func (ns *Notes) made(ctx context.Context, who actor.Actor, client person.ID, in Input) (o Opened, found bool) {
	if in.New.IsZero() {
		return Opened{}, false
	}
	o, err := ns.records.Read(ctx, who, in.New)
	return o, err == nil && o.Subject == record.SubjectOf(client) && o.Value.Author == who.Worker()
}

// drop throws away, in w, what was kept of a form whose window saw it all.
func (ns *Notes) drop(w *record.Work, subject record.Subject, id ID, rev, besides int64) {
	ns.door.DropDraftAt(w, subject, slot(id), rev)
	ns.door.DropDraftAt(w, subject, aside(id), besides)
}

// keep takes over from the draft what its author does not write.
func (n *Note) keep(old Note) {
	n.Author, n.Parent, n.Source = old.Author, old.Parent, old.Source
	n.Remarks, n.ReturnedAt, n.ReturnedBy = old.Remarks, old.ReturnedAt, old.ReturnedBy
}

// own refuses all but the author's own draft, whatever a policy might one day
// permit: nobody writes under another's name.
func own(who actor.Actor, n Note, op string) error {
	if n.Status != Draft {
		return fault.Conflictf(op, "the note is signed; add an addendum instead")
	}
	if n.Author != who.Worker() {
		return fault.DeniedBy(op, "own-draft")
	}
	return nil
}

// Sign signs a note as it stands in the form: a new one if id is zero, and
// otherwise the author's own draft at version. Everything missing is told at
// once. From then on it is not changed. Errors: Invalid with fields, Conflict,
// Denied, NotFound.
func (ns *Notes) Sign(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Input) (ID, error) {
	const op = "note.sign"
	now := ns.door.Clock().Now()
	n, bad := in.note(now)
	bad = append(in.unsignable(n), bad...)
	if bad = once(bad); len(bad) > 0 {
		return id, fault.InvalidFields(op, bad...)
	}
	if id.IsZero() {
		// A note is first its author's draft, so that signing is an entry of its
		// own and a signature never stands on a note that was not kept.
		version = 1
		var err error
		id, err = ns.save(ctx, who, client, ID{}, 0, in, n)
		if fault.Is(err, fault.Conflict) {
			switch o, found := ns.made(ctx, who, client, in); {
			case found && o.Value.Status != Draft:
				return o.ID, nil
			case found: // it was kept, and then something went wrong
				id, version, err = o.ID, o.Version, nil
			}
		}
		if err != nil {
			return ID{}, err
		}
		in.Rev, in.Aside = 0, 0
	}
	subject := record.SubjectOf(client)
	w := ns.door.Work(who, op)
	p, err := ns.place(ctx, w, client, in.Case)
	if err != nil {
		return id, err
	}
	ns.records.ChangeOf(w, "sign", subject, id, version, func(old *Note) error {
		if err := own(who, *old, op); err != nil {
			return err
		}
		if err := old.apart(op); err != nil {
			return err
		}
		next := n
		next.keep(*old)
		p.rule(&next, *old, now)
		if err := next.shown(*old, op); err != nil {
			return err
		}
		if !next.Due.IsZero() && now.After(next.Due) {
			next.Late = true
		}
		p.sign(&next, who, now)
		*old = next
		return nil
	})
	ns.drop(w, subject, id, in.Rev, in.Aside)
	if !p.file.IsZero() {
		if err := ns.cases.Contacted(ctx, who, w, p.of, p.file, n.At); err != nil {
			return id, err
		}
	}
	n.Program = p.program
	if p.coSigned(who, n) {
		if err := ns.askFor(ctx, who, w, client, id, p); err != nil {
			return id, err
		}
	}
	return id, w.Commit(ctx)
}

// shown refuses to keep apart what others have read: a note that was signed and
// returned stays with those who read it, and is co-signed.
func (n Note) shown(old Note, op string) error {
	if old.ReturnedAt.IsZero() || old.Protection.Apart() || !n.Protection.Apart() {
		return nil
	}
	return fault.InvalidFields(op, fault.Field{Name: "protection", Message: "This note was signed for the care team and returned. It cannot become yours alone; write what is to be kept apart in a note of its own."})
}

// once keeps the first message of each field.
func once(bad []fault.Field) []fault.Field {
	seen := map[string]bool{}
	var out []fault.Field
	for _, f := range bad {
		if !seen[f.Name] {
			seen[f.Name] = true
			out = append(out, f)
		}
	}
	return out
}

// Keep keeps what the asker is typing about a client, in the composer if id is
// zero and in their own draft id otherwise, at the revision after rev; 0 for the
// first. Conflict: another window kept something since; what this one holds is
// then kept aside, so that neither is lost when a device is put away.
func (ns *Notes) Keep(ctx context.Context, who actor.Actor, client person.ID, id ID, rev int64, fields map[string]phi.Text) (record.Draft, error) {
	total := 0
	for k, v := range fields {
		total += len(k) + len(v.Disclose())
	}
	if total > 2*maxBody || len(fields) > 50 {
		return record.Draft{}, fault.InvalidFields("draft.keep", fault.Field{Name: "body", Message: "This is too long for one note; split it into two."})
	}
	subject := record.SubjectOf(client)
	d, err := ns.door.KeepDraft(ctx, who, subject, slot(id), rev, fields)
	if !fault.Is(err, fault.Conflict) {
		return d, err
	}
	there, terr := ns.door.Drafts(ctx, who, subject)
	if terr != nil {
		return d, terr
	}
	if there[slot(id)].IsZero() { // the other window made a note of what it had
		return ns.door.KeepDraft(ctx, who, subject, slot(id), 0, fields)
	}
	other, _, terr := ns.door.Draft(ctx, who, subject, aside(id))
	if terr != nil {
		return d, terr
	}
	if _, terr = ns.door.KeepDraft(ctx, who, subject, aside(id), other.Rev, fields); terr != nil {
		return d, terr
	}
	return d, err
}

// TakeAside returns what another window or device of the asker was typing into
// the same form; found is false if there is nothing.
func (ns *Notes) TakeAside(ctx context.Context, who actor.Actor, client person.ID, id ID) (d record.Draft, found bool, err error) {
	return ns.door.Draft(ctx, who, record.SubjectOf(client), aside(id))
}

// Take returns what the asker was typing; found is false if there is nothing.
func (ns *Notes) Take(ctx context.Context, who actor.Actor, client person.ID, id ID) (d record.Draft, found bool, err error) {
	return ns.door.Draft(ctx, who, record.SubjectOf(client), slot(id))
}

// DropKept throws away what the asker was typing for a new note about a client.
func (ns *Notes) DropKept(ctx context.Context, who actor.Actor, client person.ID) error {
	return ns.door.DropDraft(ctx, who, record.SubjectOf(client), slotNew)
}

// Discard throws away the author's own draft, and what was being typed into it: it is left out of every list from
// then on. That there was one, and what it said, stays in the history (45 CFR
// 164.312(c)(1)). A draft that was signed once and returned is not thrown away:
// others have read it, and [Notes.MarkWrong] is for it. Errors: Invalid, Conflict,
// Denied, NotFound.
func (ns *Notes) Discard(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64) error {
	const op = "note.discard"
	w := ns.door.Work(who, op)
	ns.records.ChangeOf(w, "discard", record.SubjectOf(client), id, version, func(n *Note) error {
		if err := own(who, *n, op); err != nil {
			return err
		}
		if !n.ReturnedAt.IsZero() {
			return fault.Invalidf(op, "a note that was signed and returned is not thrown away; mark it as entered in error instead")
		}
		n.Status = Discarded
		return nil
	})
	ns.door.DropDraftIn(w, record.SubjectOf(client), slot(id))
	ns.door.DropDraftIn(w, record.SubjectOf(client), aside(id))
	return w.Commit(ctx)
}

// MarkWrong says that a note which was signed and returned is an error as a whole,
// as one about another client: it stays in the chart with the reason, signed by
// its author, counts as no contact and is changed no more (45 CFR 164.312(c)(1)).
// Whoever returned it is told. Errors: Invalid with fields, Conflict, Denied,
// NotFound.
func (ns *Notes) MarkWrong(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, reason phi.Text) error {
	const op = "note.change"
	switch words := strings.TrimSpace(reason.Disclose()); {
	case words == "":
		return fault.InvalidFields(op, fault.Field{Name: "reason", Message: "Say what is wrong with the note."})
	case utf8.RuneCountInString(words) > maxReason:
		return fault.InvalidFields(op, fault.Field{Name: "reason", Message: "Keep the reason to 500 characters."})
	}
	o, err := ns.records.Read(ctx, who, id)
	if err != nil {
		return err
	}
	subject := record.SubjectOf(client)
	if err := ns.door.Belongs(ctx, who, op, subject, o.Subject); err != nil {
		return err
	}
	if o.Value.Status != Draft && o.Value.Author == who.Worker() {
		return fault.Conflictf(op, "the note is no draft any more")
	}
	now := ns.door.Clock().Now().Truncate(time.Microsecond)
	w := ns.door.Work(who, op)
	w.Detail("change", Wrong)
	ns.records.ChangeOf(w, "change", subject, id, version, func(n *Note) error {
		if err := own(who, *n, op); err != nil {
			return err
		}
		if n.ReturnedAt.IsZero() {
			return fault.Invalidf(op, "only a note that was signed and returned is marked; a draft is thrown away")
		}
		n.Status, n.SignedAt, n.SignedBy, n.Due, n.WrongReason = Wrong, now, who.Worker(), time.Time{}, reason
		n.Hash = n.hash()
		return nil
	})
	ns.door.DropDraftIn(w, subject, slot(id))
	ns.door.DropDraftIn(w, subject, aside(id))
	if err := ns.tell(ctx, who, w, client, o.Value.ReturnedBy, MarkedWrong, path(client, id)); err != nil {
		return err
	}
	return w.Commit(ctx)
}
