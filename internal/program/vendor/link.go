package vendor

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
	"caseward/internal/secret"
)

// Use is what somebody who has a link may do by it.
type Use string

// The uses of a link. Each is good for one thing, once.
const (
	ToSign   Use = "sign"          // read an agreement and sign it for the vendor
	ToAnswer Use = "questionnaire" // answer a questionnaire
	ToReport Use = "incident"      // report what went wrong
)

// The states of a link, as its label says them.
const (
	linkOpen    = "open"
	linkUsed    = "used"
	linkRevoked = "revoked"
)

// Link is leave for whoever has a secret to do one thing for a vendor, without an account.
// The secret is kept nowhere: a link is found by the keyed hash of its hash.
type Link struct {
	Vendor  string    `class:"program" doc:"Id of the vendor."`
	Name    string    `class:"program" doc:"What the vendor is called, to be shown."`
	Use     Use       `class:"program" doc:"What it is for."`
	Ref     string    `class:"program" doc:"Id of the agreement or questionnaire; empty for a report."`
	Hash    string    `class:"program" doc:"SHA-256 of the secret, in hexadecimal."`
	Expires time.Time `class:"program" doc:"Until when it leads anywhere."`
	MadeBy  string    `class:"program" doc:"Worker id of who made it."`
	State   string    `class:"program" doc:"Open, used or revoked."`
}

// LinkID is the id of a link.
type LinkID = record.ID[Link]

// LinkKind declares links.
var LinkKind = record.Define(record.Kind[Link]{
	Name:      "vendorlink",
	Doc:       "Leave for whoever has a secret to do one thing for a vendor.",
	Retention: "program",
	Labels: func(l Link) record.Labels {
		return record.Labels{State: l.State, Ref: l.Vendor, Tag: string(l.Use), Due: l.Expires, Ext: l.Hash}
	},
})

// LinkDays is how many days a link leads somewhere.
const LinkDays = 14

const linkFor = LinkDays * 24 * time.Hour

// newLink plans a link in w and returns its secret, which is shown once.
func (vs *Vendors) newLink(w *record.Work, who actor.Actor, l Link) (text string) {
	text = secret.New()
	l.Hash, l.Expires, l.MadeBy, l.State = secret.Hash(text), vs.door.Clock().Now().Add(linkFor), who.Worker(), linkOpen
	vs.links.Create(w, record.Subject{}, l)
	return text
}

// revokeLinks plans in w that no link to ref leads anywhere any more.
func (vs *Vendors) revokeLinks(ctx context.Context, who actor.Actor, w *record.Work, vendor, ref string) error {
	rows, err := vs.links.Every(ctx, who, record.Query{Ref: vendor, State: linkOpen})
	if err != nil {
		return err
	}
	for _, o := range rows {
		if o.Value.Ref == ref {
			vs.links.Change(w, "revoke", o.ID, 0, func(l *Link) error {
				l.State = linkRevoked
				return nil
			})
		}
	}
	return nil
}

// found is the link of a secret, if it is for a use and leads somewhere. NotFound: there
// is none, it was used, revoked or has expired, or is for something else; these cannot be
// told apart. It opens nothing: what follows does.
//
// What is no secret at all is looked for like one, and what was not found is looked at as
// well: the time it takes says nothing either.
func (vs *Vendors) found(ctx context.Context, text string, use Use) (id LinkID, version int64, err error) {
	const op = "vendorlink.read"
	good := secret.Is(text, 0)
	id, _, _, known, err := vs.links.FindExt(ctx, vs.who, secret.Hash(text))
	if err != nil {
		return id, 0, err
	}
	l, version, ok, err := vs.links.LabelsOf(ctx, vs.who, id)
	if err != nil {
		return id, 0, err
	}
	if !good || !known || !ok || l.State != linkOpen || l.Tag != string(use) || !vs.door.Clock().Now().Before(l.Due) {
		return id, 0, fault.NotFoundf(op)
	}
	return id, version, nil
}

// use plans in w that a link leads nowhere any more, because it was used.
func (vs *Vendors) use(w *record.Work, id LinkID, version int64) {
	w.Detail("link", id.String())
	now := vs.door.Clock().Now()
	vs.links.Change(w, "use", id, version, func(l *Link) error {
		if l.State != linkOpen || !now.Before(l.Expires) {
			return fault.NotFoundf("vendorlink.use")
		}
		l.State = linkUsed
		return nil
	})
}

// linked opens a link and what it leads to, each in an entry that names the link.
func linked[T any](ctx context.Context, vs *Vendors, id LinkID, to record.Records[T]) (l Link, o record.Opened[T], err error) {
	link, err := vs.links.Read(ctx, vs.who, id)
	if err != nil {
		return l, o, err
	}
	ref, err := record.ParseID[T](link.Value.Ref)
	if err != nil {
		return l, o, err
	}
	v := vs.door.View(vs.who, "vendorlink.open")
	v.Detail("link", id.String())
	g := to.Want(v, ref)
	if err := v.Open(ctx); err != nil {
		return l, o, err
	}
	return link.Value, g.Opened, nil
}
