package vendor

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Report is what a vendor tells of something that went wrong with the agency's
// information: what 45 CFR 164.410(c) asks of it, so that the agency can say what
// 164.404(c) asks of the agency.
type Report struct {
	Vendor       string    `class:"program" doc:"Id of the vendor."`
	ReportedAt   time.Time `class:"program" doc:"When it was reported here."`
	HappenedOn   time.Time `class:"program" doc:"When it happened, if that is known."`
	DiscoveredAt time.Time `class:"program" doc:"When the vendor discovered it: its time to report runs from here."`
	DueBy        time.Time `class:"program" doc:"By when it was to be reported: the hours of the agreement, at most 60 days."`
	What         string    `class:"program" doc:"What happened, without names of people."`
	Kinds        string    `class:"program" doc:"Which kinds of information."`
	Who          string    `class:"program" doc:"Who got or used it, and whether it was seen or taken."`
	Encrypted    string    `class:"program" doc:"Whether it was encrypted, and how."`
	Done         string    `class:"program" doc:"What was done to limit harm, to look into it and to prevent it."`
	Advice       string    `class:"program" doc:"What people should do to protect themselves."`
	Contact      string    `class:"program" doc:"Who answers at any hour."`
	HowMany      string    `class:"program" doc:"About how many people are affected."`
	People       phi.Text  `class:"identity" doc:"Who is affected, as far as that is known."`
	By           string    `class:"program" doc:"Who reports, with title."`
}

// ReportID is the id of a report.
type ReportID = record.ID[Report]

// OpenedReport is a report as the asker may see it.
type OpenedReport = record.Opened[Report]

// ReportKind declares reports.
var ReportKind = record.Define(record.Kind[Report]{
	Name:      "vendorreport",
	Doc:       "What a vendor told of something that went wrong with the agency's information.",
	Retention: "program",
	Labels: func(r Report) record.Labels {
		return record.Labels{State: "reported", Ref: r.Vendor, At: r.ReportedAt, Due: r.DueBy}
	},
})

// Late reports whether it came after its time.
func (r Report) Late() bool { return r.ReportedAt.After(r.DueBy) }

// ReportLink makes a link by which a vendor reports an incident, once; the secret is
// returned once. Errors: Denied, NotFound.
func (vs *Vendors) ReportLink(ctx context.Context, who actor.Actor, vendor ID) (secret string, err error) {
	o, err := vs.vendors.Read(ctx, who, vendor)
	if err != nil {
		return "", err
	}
	w := vs.door.Work(who, "vendorlink.create")
	secret = vs.newLink(w, who, Link{Vendor: vendor.String(), Name: o.Value.Name, Use: ToReport})
	if err := w.Commit(ctx); err != nil {
		return "", err
	}
	return secret, nil
}

// Reporting is what the vendor of a link to report is called. NotFound: it leads nowhere.
func (vs *Vendors) Reporting(ctx context.Context, secret string) (vendor string, err error) {
	id, _, err := vs.found(ctx, secret, ToReport)
	if err != nil {
		return "", err
	}
	l, err := vs.links.Read(ctx, vs.who, id)
	return l.Value.Name, err
}

// Report takes a vendor's report by a link, which then leads nowhere. What is not known yet
// may say so; that alone is asked without which nobody can begin: what happened, which
// kinds, when it was discovered, who answers. Errors: Invalid with fields, NotFound.
func (vs *Vendors) Report(ctx context.Context, secret string, r Report) error {
	const op = "vendorreport.create"
	link, version, err := vs.found(ctx, secret, ToReport)
	if err != nil {
		return err
	}
	now := vs.door.Clock().Now()
	var c checks
	c.text("what", &r.What, "Say what happened.")
	c.text("kinds", &r.Kinds, "Say which kinds of information, as far as you know.")
	c.text("who", &r.Who, "")
	c.text("encrypted", &r.Encrypted, "")
	c.text("done", &r.Done, "")
	c.text("advice", &r.Advice, "")
	c.line("how_many", &r.HowMany, "")
	c.text("contact", &r.Contact, "Say who answers at any hour.")
	c.line("by", &r.By, "Say who you are, with your title.")
	people := r.People.Disclose()
	c.text("people", &people, "")
	r.People = phi.NewText(people)
	if r.DiscoveredAt.IsZero() || r.DiscoveredAt.After(now) {
		c.bad("discovered", "Say when it was discovered.")
	}
	if r.HappenedOn.After(now) {
		c.bad("happened", "Choose a day that is past.")
	}
	if len(c) > 0 {
		return c.err(op)
	}
	l, err := vs.links.Read(ctx, vs.who, link)
	if err != nil {
		return err
	}
	id, err := record.ParseID[Vendor](l.Value.Vendor)
	if err != nil {
		return err
	}
	r.Vendor, r.ReportedAt = l.Value.Vendor, now
	// By the agreement that was in effect when it was discovered; by the law where none was.
	r.DueBy = Agreement{}.ReportBy(r.DiscoveredAt)
	if s, err := vs.InForce(ctx, vs.who, id, r.DiscoveredAt); err != nil {
		return err
	} else if s.Bound {
		aid, err := record.ParseID[Agreement](s.Agreement)
		if err != nil {
			return err
		}
		a, err := vs.agreements.Read(ctx, vs.who, aid)
		if err != nil {
			return err
		}
		r.DueBy = a.Value.ReportBy(r.DiscoveredAt)
	}
	w := vs.door.Work(vs.who, op)
	vs.use(w, link, version)
	vs.reports.Create(w, record.Subject{}, r)
	return w.Commit(ctx)
}

// Reports lists what a vendor reported, or all if it is zero, the latest first.
func (vs *Vendors) Reports(ctx context.Context, who actor.Actor, vendor ID) ([]OpenedReport, error) {
	return vs.reports.Every(ctx, who, record.Query{Ref: vendor.String()})
}
