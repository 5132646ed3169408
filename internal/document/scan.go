package document

import (
	"context"
	"errors"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/scan"
)

// Hold is why a document is in quarantine, as a code: one of package scan's
// reasons, or that a virus was found.
type Hold string

// The reasons.
const (
	Virus     Hold = "virus"
	Encrypted      = Hold(scan.Encrypted)
	TooMuch        = Hold(scan.TooMuch)
	Macro          = Hold(scan.Macro)
	Archive        = Hold(scan.Archive)
)

// What whoever uploaded a document is told.
const (
	ToldFiled       notice.What = "document.filed"       // it had to wait, and is clean
	ToldQuarantined notice.What = "document.quarantined" // it may do harm
	ToldReleased    notice.What = "document.released"    // an officer found that it does none
	ToldDestroyed   notice.What = "document.destroyed"   // an officer had it destroyed
)

// The states of an entry in quarantine.
const (
	Open      = "open"      // nobody has decided
	Releasing = "releasing" // decided, and yet to be carried out
	Removing  = "removing"
	Done      = "done"
)

// QuarantineID is the opaque id of an entry in quarantine.
type QuarantineID = record.ID[Quarantine]

// QuarantineEntry is an entry in quarantine as the asker may see it.
type QuarantineEntry = record.Opened[Quarantine]

// Quarantine is a document that may do harm, as the security officer sees it:
// without its title, and without whose it is (45 CFR 164.502(b)).
type Quarantine struct {
	Document   ID        `class:"program" doc:"The document."`
	Status     string    `class:"program" doc:"Whether somebody has decided, and whether that was carried out."`
	Held       Hold      `class:"program" doc:"Why it is in quarantine, as a code."`
	Threat     string    `class:"program" doc:"What the scanner calls what it found."`
	MediaType  string    `class:"program" doc:"What kind of file it is."`
	Size       int64     `class:"program" doc:"The size of the file, in bytes."`
	UploadedBy string    `class:"program" doc:"Id of the worker who uploaded it."`
	UploadedAt time.Time `class:"program" doc:"When it was uploaded."`
	HeldAt     time.Time `class:"program" doc:"When it was put into quarantine."`
	DecidedBy  string    `class:"program" doc:"Id of the officer who decided."`
	DecidedAt  time.Time `class:"program" doc:"When they did."`
	Released   bool      `class:"program" doc:"Whether it was released; otherwise it was destroyed."`
	Why        phi.Text  `class:"program" doc:"Why, in the officer's words, which do not name the client."`
}

// QuarantineKind keeps what is in quarantine.
var QuarantineKind = record.Define(record.Kind[Quarantine]{
	Name:      "quarantine",
	Doc:       "An uploaded document that may do harm, and what was decided about it.",
	Retention: "security",
	Late:      []string{"quarantine.create"},
	Labels: func(q Quarantine) record.Labels {
		return record.Labels{State: q.Status, Ref: q.Document.String(), Tag: string(q.Held), At: q.HeldAt}
	},
})

// look has a document that was received looked at, and files it or keeps it
// closed. It returns the state the document is in then. late says that whoever
// uploaded it has gone on to other work.
func (ds *Documents) look(ctx context.Context, id ID, late bool) (status string, err error) {
	const op = "document.scan"
	t := ds.taking
	result := ""
	defer func() {
		switch {
		case t.Looked == nil:
		case errors.Is(err, scan.ErrAway):
			t.Looked(LookAway)
		case err != nil && !fault.Is(err, fault.Conflict):
			t.Looked(LookFailed)
		case err == nil && result != "":
			t.Looked(result)
		}
	}()
	if _, busy := t.busy.LoadOrStore(id.String(), true); busy {
		return Received, nil
	}
	defer t.busy.Delete(id.String())
	v := ds.door.View(t.Who, op)
	card, content := ds.records.WantContent(v, "scan", id, func(d Document) record.Blob { return d.File })
	if err := v.Open(ctx); err != nil {
		return "", err
	}
	d := card.Value
	if d.Status != Received {
		return d.Status, nil
	}
	hold, threat, err := ds.verdict(ctx, content)
	if err != nil {
		return Received, err
	}
	switch {
	case hold != "":
		result = string(hold)
	case t.Scanner == nil:
		result = LookUnscanned
	default:
		result = LookClean
	}
	now := ds.door.Clock().Now()
	path := "/clients/" + card.Subject.String() + "/documents/" + id.String()
	if hold != "" {
		w := ds.door.Work(t.Who, "document.quarantine")
		w.Detail("why", string(hold))
		ds.records.Change(w, "quarantine", id, card.Version, func(d *Document) error {
			d.Status, d.Held = Quarantined, hold
			return nil
		})
		ds.held.Create(w, card.Subject, Quarantine{
			Document: id, Status: Open, Held: hold, Threat: threat, MediaType: d.MediaType, Size: d.File.Size,
			UploadedBy: d.UploadedBy, UploadedAt: d.UploadedAt, HeldAt: now,
		})
		t.tell(w, card.Subject, d.UploadedBy, ToldQuarantined, path)
		return Quarantined, w.Commit(ctx)
	}
	var newest *bool
	if err := ds.alone(func() (err error) {
		w := ds.door.Work(t.Who, "document.file")
		if newest, err = ds.supersede(ctx, w, card.Opened); err != nil {
			return err
		}
		ds.records.Change(w, "file", id, card.Version, func(d *Document) error {
			d.Status = Filed
			if !*newest {
				d.Status = Superseded
			}
			if t.Scanner != nil {
				d.ScannedAt = now
			}
			return nil
		})
		if late {
			t.tell(w, card.Subject, d.UploadedBy, ToldFiled, path)
		}
		return w.Commit(ctx)
	}); err != nil {
		return Received, err
	}
	if !*newest {
		return Superseded, nil
	}
	return Filed, nil
}

// alone runs fn, which gives a version its place in its series, while no other does
// so here; and again where it is a Conflict because another server did. If it stays
// one, the version itself is no longer what it was.
func (ds *Documents) alone(fn func() error) error {
	ds.series.Lock()
	defer ds.series.Unlock()
	var err error
	for range 5 {
		if err = fn(); !fault.Is(err, fault.Conflict) {
			break
		}
	}
	return err
}

func (t *taking) tell(w *record.Work, client record.Subject, to string, what notice.What, path string) {
	if t.Notices != nil {
		t.Notices.Tell(w, t.Who, client, to, what, path)
	}
}

// supersede plans, in w, that the filed versions before o are superseded. What it
// returns says, once w is being committed, whether o is the newest: one that was
// looked at late, or released from quarantine, may not be.
func (ds *Documents) supersede(ctx context.Context, w *record.Work, o Opened) (newest *bool, err error) {
	newest = new(bool)
	*newest = true
	// Another server may file another version at the same time.
	m, err := ds.records.Mark(ctx, ds.taking.Who, o.Value.Series.String())
	if err != nil {
		return nil, err
	}
	ds.records.Unmoved(w, m)
	olds, err := ds.records.InState(ctx, ds.taking.Who, Filed, o.Value.Series.String(), 100)
	if err != nil {
		return nil, err
	}
	for _, old := range olds {
		if old == o.ID {
			continue
		}
		ds.records.Change(w, "file", old, 0, func(d *Document) error {
			switch {
			case d.Status != Filed:
			case d.Number > o.Value.Number, d.Number == o.Value.Number && d.UploadedAt.After(o.Value.UploadedAt):
				*newest = false
			default:
				d.Status = Superseded
			}
			return nil
		})
	}
	return newest, nil
}

// verdict looks at what was uploaded: at first for what a scanner passes over.
func (ds *Documents) verdict(ctx context.Context, content *record.Content) (hold Hold, threat string, err error) {
	at, err := content.At(ctx)
	if err != nil {
		return "", "", err
	}
	why, err := scan.Inspect(at, content.Size())
	if err != nil || why != "" {
		return Hold(why), "", err
	}
	t := ds.taking
	if t.Scanner == nil {
		if !t.Unscanned {
			return "", "", fault.Unavailablef("document.scan", nil, "there is no virus scanner")
		}
		return "", "", nil
	}
	r, err := content.Reader(ctx)
	if err != nil {
		return "", "", err
	}
	threat, err = t.Scanner.Scan(ctx, r)
	if err = errors.Join(err, r.Close()); errors.Is(err, scan.ErrRefused) {
		return TooMuch, "", nil // nobody has looked into it, and nobody will
	} else if err != nil {
		return "", "", err
	}
	if threat != "" {
		return Virus, threat, nil
	}
	return "", "", nil
}

// LookAgain has looked at what is waiting, and carries out what was decided about
// what is in quarantine. A scanner that is away is asked once.
func (ds *Documents) LookAgain(ctx context.Context) error {
	const atOnce = 100
	t := ds.taking
	if t == nil {
		return nil
	}
	ids, err := ds.records.InState(ctx, t.Who, Received, "", atOnce)
	if err != nil {
		return err
	}
	var first error
	for _, id := range ids {
		if _, err := ds.look(ctx, id, true); err != nil && !fault.Is(err, fault.Conflict) {
			first = errors.Join(first, err)
			if errors.Is(err, scan.ErrAway) {
				break
			}
		}
	}
	for _, state := range []string{Releasing, Removing} {
		ids, err := ds.held.InState(ctx, t.Who, state, "", atOnce)
		if err != nil {
			return errors.Join(first, err)
		}
		for _, id := range ids {
			first = errors.Join(first, ds.carryOut(ctx, id))
		}
	}
	return first
}

// Unscanned says how many uploads wait to be looked at for viruses, or most if there
// are more. It opens nothing.
func (ds *Documents) Unscanned(ctx context.Context, most int) (int, error) {
	if ds.taking == nil {
		return 0, nil
	}
	ids, err := ds.records.InState(ctx, ds.taking.Who, Received, "", most)
	return len(ids), err
}

// Waiting returns a page of what is in quarantine, newest first: what nobody has
// decided about, or all.
func (ds *Documents) Waiting(ctx context.Context, who actor.Actor, all bool, after string) (record.List[Quarantine], error) {
	q := record.Query{State: Open, After: after, Limit: 50, Total: true}
	if all {
		q.State = ""
	}
	return ds.held.Find(ctx, who, q)
}

// WaitingTally counts what is in quarantine and nobody has decided about. It
// opens nothing.
func (ds *Documents) WaitingTally(ctx context.Context, who actor.Actor) (int64, error) {
	return ds.held.Tally(ctx, who, record.Query{State: Open})
}

// Entry opens one entry in quarantine.
func (ds *Documents) Entry(ctx context.Context, who actor.Actor, id QuarantineID) (QuarantineEntry, error) {
	return ds.held.Read(ctx, who, id)
}

// Decide releases a document from quarantine or has it destroyed, for a reason
// that is kept.
func (ds *Documents) Decide(ctx context.Context, who actor.Actor, id QuarantineID, version int64, release bool, why phi.Text) error {
	verb, next := "destroy", Removing
	if release {
		verb, next = "release", Releasing
	}
	op := "quarantine." + verb
	if why.Empty() {
		return fault.InvalidFields(op, fault.Field{Name: "why", Message: "Write why, without naming the client."})
	}
	now := ds.door.Clock().Now()
	w := ds.door.Work(who, op)
	ds.held.Change(w, verb, id, version, func(q *Quarantine) error {
		if q.Status != Open {
			return fault.Conflictf(op, "somebody has decided about it already")
		}
		q.Status, q.Released, q.DecidedBy, q.DecidedAt, q.Why = next, release, who.Worker(), now, why
		return nil
	})
	if err := w.Commit(ctx); err != nil {
		return err
	}
	if ds.taking == nil {
		return nil
	}
	// What fails here is carried out later: the decision stands.
	if err := ds.carryOut(ctx, id); err != nil && !fault.Is(err, fault.Unavailable) && !fault.Is(err, fault.Conflict) {
		return err
	}
	return nil
}

// carryOut does to a document what was decided. The scanner does it, since the
// officer who decided has no right to the document.
func (ds *Documents) carryOut(ctx context.Context, id QuarantineID) error {
	t := ds.taking
	o, err := ds.held.Read(ctx, t.Who, id)
	if err != nil {
		return err
	}
	q := o.Value
	if q.Status != Releasing && q.Status != Removing {
		return nil
	}
	now := ds.door.Clock().Now()
	v := ds.door.View(t.Who, "document.scan")
	card, _ := ds.records.WantContent(v, "scan", q.Document, func(d Document) record.Blob { return d.File })
	if err := v.Open(ctx); err != nil {
		return err
	}
	verb, what := "destroy", ToldDestroyed
	if q.Released {
		verb, what = "file", ToldReleased
	}
	settle := func() (err error) {
		w := ds.door.Work(t.Who, "quarantine.settle")
		newest := new(bool)
		if q.Released {
			if newest, err = ds.supersede(ctx, w, card.Opened); err != nil {
				return err
			}
		}
		ds.records.Change(w, verb, q.Document, card.Version, func(d *Document) error {
			switch {
			case q.Released && *newest:
				d.Status, d.ReleasedBy = Filed, q.DecidedBy
			case q.Released:
				d.Status, d.ReleasedBy = Superseded, q.DecidedBy
			default:
				d.Status, d.EndedBy, d.EndedAt, d.File = Destroyed, q.DecidedBy, now, record.Blob{}
			}
			return nil
		})
		if !q.Released {
			ds.records.Detach(w, verb, q.Document, card.Value.File)
		}
		ds.held.Change(w, "settle", id, o.Version, func(q *Quarantine) error { q.Status = Done; return nil })
		t.tell(w, o.Subject, q.UploadedBy, what, "/clients/"+o.Subject.String()+"/documents/"+q.Document.String())
		return w.Commit(ctx)
	}
	if err := ds.alone(settle); err != nil {
		return err
	}
	return ds.door.SweepBlobs(ctx, t.Who)
}
