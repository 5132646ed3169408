package vendor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Stage is how far an agreement is. Draft to Ended are kept; the rest follow from dates.
type Stage string

// The stages.
const (
	Draft      Stage = "draft"      // being written
	Sent       Stage = "sent"       // frozen, and being signed
	Signed     Stage = "active"     // both sides signed
	Ended      Stage = "terminated" // ended before its time
	Coming     Stage = "coming"     // signed, and takes effect later
	Expiring   Stage = "expiring"   // ends within 60 days
	Expired    Stage = "expired"    // its time is over
	Superseded Stage = "superseded" // a later agreement took its place
)

// English is the stage in words.
func (s Stage) English() string {
	switch s {
	case Draft:
		return "Draft"
	case Sent:
		return "Sent to be signed"
	case Signed:
		return "In effect"
	case Ended:
		return "Ended"
	case Coming:
		return "Takes effect later"
	case Expiring:
		return "Expires soon"
	case Expired:
		return "Expired"
	case Superseded:
		return "Superseded"
	}
	return ""
}

// Signature is one side's. What was signed is known by its hash.
type Signature struct {
	Name, Title string
	At          time.Time
	Hash        string // of what was shown: see [Agreement.Hash]
	Worker      string // who signed for the agency, by worker id
	Link        string // id of the link by which the vendor signed
}

// Paper is an agreement that was signed on paper. The sheet itself is not kept here: where
// it lies is, and a hash of its picture where somebody made one.
type Paper struct {
	Place     string    // where the sheet is filed
	Picture   string    // SHA-256 of a scan, in hexadecimal; empty for none
	SignedOn  time.Time // the later of the two signatures
	SignedFor string    // who signed for the vendor: name and title
}

// Agreement is a business associate agreement with one vendor.
type Agreement struct {
	Vendor      string         `class:"program" doc:"Id of the vendor."`
	Stage       Stage          `class:"program" doc:"How far it is: draft, sent, active or terminated; the rest follows from dates."`
	Lang        string         `class:"program" doc:"The language of its text."`
	Text        string         `class:"program" doc:"What is signed, as Markdown; empty for one on paper."`
	Paper       Paper          `class:"program" doc:"Where the sheet is, for one that was signed on paper."`
	Ticked      []string       `class:"program" doc:"Terms that somebody found in a paper, and optional ones of either; codes."`
	EPHI        bool           `class:"program" doc:"Electronic health information is concerned."`
	Purposes    string         `class:"program" doc:"What the vendor may use the information for."`
	Classes     []policy.Class `class:"program" doc:"The kinds of information it may get."`
	ReportHours int            `class:"program" doc:"Hours in which it reports what went wrong."`
	Effective   time.Time      `class:"program" doc:"From when it is to hold."`
	Expiry      time.Time      `class:"program" doc:"Until when it holds, not included; empty for no end."`
	Drafters    []string       `class:"program" doc:"Worker ids of who wrote it, each once."`
	Theirs      Signature      `class:"program" doc:"The vendor's signature."`
	Ours        Signature      `class:"program" doc:"The agency's signature."`
	From        time.Time      `class:"program" doc:"Since when it holds: from its beginning, and not before both signed."`
	EndedAt     time.Time      `class:"program" doc:"When it was ended before its time."`
	EndedBy     string         `class:"program" doc:"Worker id of who ended it."`
	EndWhy      string         `class:"program" doc:"Why."`
}

// AgreementID is the id of an agreement.
type AgreementID = record.ID[Agreement]

// OpenedAgreement is an agreement as the asker may see it.
type OpenedAgreement = record.Opened[Agreement]

// OnPaper reports whether it was signed on paper.
func (a Agreement) OnPaper() bool { return a.Paper.Place != "" }

// Terms are the codes of what it says: of a text by how its headings are marked, of a
// paper by what somebody found in it.
func (a Agreement) Terms() []string {
	said := a.Ticked
	if !a.OnPaper() {
		said = TermsIn(a.Text)
		for _, c := range a.Ticked {
			// The law's terms are in the text or they are not.
			if !strings.HasPrefix(c, "BAA-") {
				said = append(said, c)
			}
		}
	}
	return said
}

// Missing are the codes of required terms that it does not say.
func (a Agreement) Missing() (out []string) {
	said := a.Terms()
	for _, c := range required(a.EPHI) {
		if !slices.Contains(said, c) {
			out = append(out, c)
		}
	}
	return out
}

// Hash is SHA-256, in hexadecimal, over all that is agreed: whoever signs, signs this and
// nothing else.
func (a Agreement) Hash() string {
	h := sha256.New()
	for _, s := range []string{
		"caseward agreement 1", a.Vendor, a.Lang, fmt.Sprint(a.EPHI), a.Purposes, policy.Set(a.Classes...).String(), fmt.Sprint(a.ReportHours),
		stamp(a.Effective), stamp(a.Expiry), a.Paper.Place, a.Paper.Picture, stamp(a.Paper.SignedOn), a.Paper.SignedFor, strings.Join(a.Ticked, ","), a.Text,
	} {
		fmt.Fprintf(h, "%d:%s\n", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// end is when it stops to hold; zero for never.
func (a Agreement) end() time.Time {
	if !a.EndedAt.IsZero() && (a.Expiry.IsZero() || a.EndedAt.Before(a.Expiry)) {
		return a.EndedAt
	}
	return a.Expiry
}

// expiresSoon is how long before its end an agreement expires soon.
const expiresSoon = 60 * 24 * time.Hour

// At is its stage at a moment. later is since when a later agreement with the vendor holds;
// zero for none.
func (a Agreement) At(now, later time.Time) Stage {
	switch {
	case a.Stage != Signed:
		return a.Stage
	case !later.IsZero() && !now.Before(later):
		return Superseded
	case now.Before(a.From):
		return Coming
	case a.Expiry.IsZero():
		return Signed
	case !now.Before(a.Expiry):
		return Expired
	case !now.Before(a.Expiry.Add(-expiresSoon)):
		return Expiring
	}
	return Signed
}

// mostDays is how long a report may take at most, counted from discovery (45 CFR
// 164.410(b)).
const mostDays = 60

// ReportBy is by when the vendor reports what it discovered: in the hours agreed on, and
// in no case later than the 60 days of the law.
func (a Agreement) ReportBy(discovered time.Time) time.Time {
	law := discovered.AddDate(0, 0, mostDays)
	if by := discovered.Add(time.Duration(min(a.ReportHours, mostDays*25)) * time.Hour); a.ReportHours > 0 && by.Before(law) {
		return by
	}
	return law
}

// AgreementKind declares agreements. The owner is who wrote it, if one person alone did.
var AgreementKind = record.Define(record.Kind[Agreement]{
	Name:      "agreement",
	Doc:       "A business associate agreement with a vendor.",
	Retention: "program",
	Labels: func(a Agreement) record.Labels {
		l := record.Labels{State: string(a.Stage), Ref: a.Vendor, At: a.From, Due: a.Expiry}
		if len(a.Drafters) == 1 {
			l.Owner = a.Drafters[0]
		}
		return l
	},
	Facts: func(_ string, _ record.Subject, a Agreement) []record.Fact {
		if a.From.IsZero() {
			return nil
		}
		return []record.Fact{{Holder: holder(a.Vendor), Rel: relBAA, Object: withAgency, Scope: policy.Set(a.Classes...), From: a.From, Until: a.end()}}
	},
})

// check tidies what somebody writes of an agreement, and says all that is wrong with it.
// What is missing of its terms keeps it from being sent, not from being kept.
func (a *Agreement) check(op string) error {
	var c checks
	if a.Text = strings.TrimSpace(strings.ReplaceAll(a.Text, "\r\n", "\n")); len(a.Text) > 100_000 {
		c.bad("text", "An agreement has at most 100,000 characters.")
	}
	c.line("place", &a.Paper.Place, "")
	c.line("signed_for", &a.Paper.SignedFor, "")
	a.Paper.Picture = strings.ToLower(strings.TrimSpace(a.Paper.Picture))
	switch {
	case a.OnPaper():
		a.Text = ""
		if a.Paper.SignedFor == "" {
			c.bad("signed_for", "Say who signed for the vendor, with name and title.")
		}
		if a.Paper.SignedOn.IsZero() {
			c.bad("signed_on", "Say when both had signed.")
		}
		if b, err := hex.DecodeString(a.Paper.Picture); err != nil || len(b) != 0 && len(b) != sha256.Size {
			c.bad("picture", "A SHA-256 hash has 64 digits and letters from a to f.")
		}
	case a.Text == "":
		c.bad("text", "Write the agreement, or say where its paper is.")
	default:
		a.Paper = Paper{}
	}
	c.text("purposes", &a.Purposes, "Say what the vendor may use the information for.")
	if len(a.Classes) == 0 || slices.ContainsFunc(a.Classes, func(x policy.Class) bool { return !policy.Known(x) }) {
		c.bad("classes", "Choose the kinds of information it may get.")
	}
	if a.ReportHours < 1 || a.ReportHours > 24*366 {
		c.bad("report_hours", "Say in how many hours the vendor reports what went wrong.")
	}
	if a.Effective.IsZero() {
		c.bad("effective", "Say from when it is to hold.")
	} else if !a.Expiry.IsZero() && !a.Expiry.After(a.Effective) {
		c.bad("expiry", "Choose an end after the beginning, or none.")
	}
	if a.Lang != "es" {
		a.Lang = "en"
	}
	a.Ticked = slices.DeleteFunc(slices.Clone(a.Ticked), func(code string) bool {
		return !slices.ContainsFunc(terms, func(t Term) bool { return t.Code == code })
	})
	return c.err(op)
}

// written is what somebody writes of an agreement, without what follows from what is done.
func written(a Agreement) Agreement {
	return Agreement{
		Vendor: a.Vendor, Stage: Draft, Lang: a.Lang, Text: a.Text, Paper: a.Paper, Ticked: a.Ticked, EPHI: a.EPHI,
		Purposes: a.Purposes, Classes: a.Classes, ReportHours: a.ReportHours, Effective: a.Effective, Expiry: a.Expiry,
	}
}

// Draft writes an agreement with a vendor, by its text or by where its paper is. Errors:
// Invalid with fields, Denied, NotFound.
func (vs *Vendors) Draft(ctx context.Context, who actor.Actor, vendor ID, a Agreement) (AgreementID, error) {
	const op = "agreement.create"
	in := written(a)
	in.Vendor, in.Drafters = vendor.String(), []string{who.Worker()}
	if err := in.check(op); err != nil {
		return AgreementID{}, err
	}
	if _, err := vs.vendors.Read(ctx, who, vendor); err != nil {
		return AgreementID{}, err
	}
	w := vs.door.Work(who, op)
	id := vs.agreements.Create(w, record.Subject{}, in)
	return id, w.Commit(ctx)
}

// Redraft changes a draft. What was sent is frozen: [Vendors.Recall] takes it back.
// Errors: Invalid with fields, Conflict, Denied, NotFound.
func (vs *Vendors) Redraft(ctx context.Context, who actor.Actor, id AgreementID, version int64, a Agreement) error {
	const op = "agreement.change"
	in := written(a)
	if err := in.check(op); err != nil {
		return err
	}
	w := vs.door.Work(who, op)
	vs.agreements.Change(w, "change", id, version, func(old *Agreement) error {
		if old.Stage != Draft {
			return fault.Conflictf(op, "it was sent to be signed: take it back first")
		}
		in.Vendor, in.Drafters = old.Vendor, old.Drafters
		if !slices.Contains(in.Drafters, who.Worker()) {
			in.Drafters = append(slices.Clone(in.Drafters), who.Worker())
		}
		*old = in
		return nil
	})
	return w.Commit(ctx)
}

// ready says what keeps an agreement from being signed.
func (a Agreement) ready(op string) error {
	var c checks
	if len(a.Missing()) > 0 {
		c.bad("terms", "Required terms are missing. It can be signed once it has them all.")
	}
	if len(Blanks(a.Text)) > 0 {
		c.bad("text", "Fill in the blanks in two braces first.")
	}
	return c.err(op)
}

// Agreement returns one agreement.
func (vs *Vendors) Agreement(ctx context.Context, who actor.Actor, id AgreementID) (OpenedAgreement, error) {
	return vs.agreements.Read(ctx, who, id)
}

// Agreements lists the agreements with a vendor, or with all if it is zero, the latest
// first.
func (vs *Vendors) Agreements(ctx context.Context, who actor.Actor, vendor ID) ([]OpenedAgreement, error) {
	return vs.agreements.Every(ctx, who, record.Query{Ref: vendor.String()})
}

// Later is since when a later agreement than one holds, among those with its vendor; zero
// for none.
func Later(all []OpenedAgreement, of OpenedAgreement) (since time.Time) {
	for _, o := range all {
		if end := o.Value.end(); !end.IsZero() && !end.After(o.Value.From) {
			continue // it ended before it began
		}
		if o.Value.Vendor == of.Value.Vendor && o.Value.From.After(of.Value.From) && (since.IsZero() || o.Value.From.Before(since)) {
			since = o.Value.From
		}
	}
	return since
}
