package note

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// What workers are told about co-signatures.
const (
	CoSignWanted notice.What = "note.cosign_wanted"
	CoSigned     notice.What = "note.cosigned"
	Returned     notice.What = "note.returned"
	MarkedWrong  notice.What = "note.marked_wrong"
)

func path(client person.ID, id ID) string {
	return "/clients/" + client.String() + "/notes/" + id.String()
}

// askFor plans, in w, the notice to whoever is to co-sign: the supervisor of the
// client's worker, who may read the note; the author's own where the client has
// no worker.
func (ns *Notes) askFor(ctx context.Context, who actor.Actor, w *record.Work, client person.ID, id ID, p place) error {
	worker := p.worker
	if worker == "" {
		worker = who.Worker()
	}
	boss, err := ns.dir.Supervisor(ctx, worker)
	if err != nil {
		return err
	}
	return ns.tell(ctx, who, w, client, boss, CoSignWanted, path(client, id))
}

// tell tells a colleague, if the asker may: whoever no longer works with the
// client signs all the same, and the note stands in the queue.
func (ns *Notes) tell(ctx context.Context, who actor.Actor, w *record.Work, client person.ID, to string, what notice.What, path string) error {
	subject := record.SubjectOf(client)
	may, err := ns.door.May(ctx, who, "notice.create", subject, false, policy.Set(policy.Case))
	if err != nil || !may.Has(policy.Case) {
		return err
	}
	ns.notices.Tell(w, who, subject, to, what, path)
	return nil
}

// CoSign signs, beside its author, a note that waits for it, at version. What the
// author signed stays as it is. Errors: Conflict, Denied, NotFound.
func (ns *Notes) CoSign(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64) error {
	const op = "note.cosign"
	author, err := ns.author(ctx, who, client, id)
	if err != nil {
		return err
	}
	now := ns.door.Clock().Now()
	w := ns.door.Work(who, op)
	ns.records.ChangeOf(w, "cosign", record.SubjectOf(client), id, version, func(n *Note) error {
		if err := awaits(who, *n, op); err != nil {
			return err
		}
		n.Status, n.Due = Signed, time.Time{}
		n.CoSignedAt, n.CoSignedBy = now.Truncate(time.Microsecond), who.Worker()
		n.CoHash = n.coHash()
		return nil
	})
	if err := ns.tell(ctx, who, w, client, author, CoSigned, path(client, id)); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// Return gives a note that waits for a co-signature back to its author as a
// draft, with remarks. What was signed stays in the history. Errors: Invalid with
// fields, Conflict, Denied, NotFound.
func (ns *Notes) Return(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, remarks phi.Text) error {
	const op = "note.return"
	switch words := strings.TrimSpace(remarks.Disclose()); {
	case words == "":
		return fault.InvalidFields(op, fault.Field{Name: "remarks", Message: "Write what is to be changed."})
	case utf8.RuneCountInString(words) > 4000:
		return fault.InvalidFields(op, fault.Field{Name: "remarks", Message: "Keep the remarks to 4,000 characters."})
	}
	author, err := ns.author(ctx, who, client, id)
	if err != nil {
		return err
	}
	agency, err := ns.dir.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	p := place{agency: agency}
	now := ns.door.Clock().Now()
	w := ns.door.Work(who, op)
	ns.records.ChangeOf(w, "return", record.SubjectOf(client), id, version, func(n *Note) error {
		if err := awaits(who, *n, op); err != nil {
			return err
		}
		n.Status, n.SignedAt, n.SignedBy, n.Hash = Draft, time.Time{}, "", nil
		n.Remarks, n.ReturnedAt, n.ReturnedBy = remarks, now.Truncate(time.Microsecond), who.Worker()
		n.Due = p.rules(n.Program).SignBy(now, p.zone())
		return nil
	})
	if err := ns.tell(ctx, who, w, client, author, Returned, path(client, id)+"/edit"); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// author reads who wrote a note of a client.
func (ns *Notes) author(ctx context.Context, who actor.Actor, client person.ID, id ID) (string, error) {
	o, err := ns.records.Read(ctx, who, id)
	if err != nil {
		return "", err
	}
	if err := ns.door.Belongs(ctx, who, "note.read", record.SubjectOf(client), o.Subject); err != nil {
		return "", err
	}
	return o.Labels.Owner, nil
}

// awaits refuses all but a whole note of somebody else that waits for a
// co-signature, whatever a policy might one day permit.
func awaits(who actor.Actor, n Note, op string) error {
	switch {
	case n.Status != Awaiting:
		return fault.Conflictf(op, "the note does not wait for a co-signature any more")
	case n.Author == who.Worker():
		return fault.DeniedBy(op, "cosign-not-own")
	case !n.Whole():
		return fault.DeniedBy(op, "class-withheld")
	}
	return nil
}

// WantAwaiting asks a view for the notes that wait for the asker's co-signature,
// due soonest first, at most 100, with their total.
func (ns *Notes) WantAwaiting(v *record.View) *Page {
	return ns.records.WantAll(v, record.Query{Verb: "await", State: Awaiting, ByDue: true, Limit: 100, Total: true})
}

// WantUnsigned asks a view for the drafts of the workers the asker supervises or
// covers: the labels say whose they are, of when and due when. Their words are
// not opened.
func (ns *Notes) WantUnsigned(v *record.View) *Page {
	return ns.records.WantLabels(v, record.Query{Verb: "unsigned", State: Draft, ByDue: true, Limit: 100, Total: true})
}

// TallyAwaiting counts the notes that wait for the asker's co-signature. It opens
// nothing.
func (ns *Notes) TallyAwaiting(ctx context.Context, who actor.Actor) (int64, error) {
	return ns.records.Tally(ctx, who, record.Query{Verb: "await", State: Awaiting})
}

// TallyUnsigned counts the drafts of the workers the asker supervises or covers.
// It opens nothing.
func (ns *Notes) TallyUnsigned(ctx context.Context, who actor.Actor) (int64, error) {
	return ns.records.Tally(ctx, who, record.Query{Verb: "unsigned", State: Draft})
}

// Queue is what a supervisor has to look at.
type Queue struct {
	Awaiting Page
	Unsigned Page // labels only
	Clients  *record.Subjects[person.Client]
	Writers  *record.Subjects[person.Client] // the clients of the drafts
}

// Queue returns the notes that wait for the asker's co-signature and the drafts
// of their workers, with the clients.
func (ns *Notes) Queue(ctx context.Context, who actor.Actor, clients *person.Clients) (Queue, error) {
	if !who.Valid() {
		return Queue{}, fault.DeniedBy("note.await", "no-actor")
	}
	v := ns.door.View(who, "note.await")
	waiting, drafts := ns.WantAwaiting(v), ns.WantUnsigned(v)
	q := Queue{Clients: person.WantOf(clients, v, waiting, person.Named), Writers: person.WantOf(clients, v, drafts, person.Named)}
	if err := v.Open(ctx); err != nil {
		return Queue{}, err
	}
	q.Awaiting, q.Unsigned = *waiting, *drafts
	return q, nil
}

// MayCoSign says whether the asker could co-sign an opened note of a client, for
// leaving out what would be refused.
func (ns *Notes) MayCoSign(ctx context.Context, who actor.Actor, client person.ID, o Opened) (bool, error) {
	if o.Value.Status != Awaiting || o.Value.Author == who.Worker() {
		return false, nil
	}
	need := policy.Set(policy.Note)
	if o.Value.Protection == SUD {
		need = policy.Set(policy.SUD)
	}
	look, err := ns.door.Look(ctx, who, record.SubjectOf(client))
	if err != nil {
		return false, err
	}
	return look.MayIn("note.cosign", Awaiting, need).Contains(need), nil
}
