// Package vendors is the pages about whoever works for the agency from outside: the
// register, and what is not as it should be.
//
// Its handlers ask package program/vendor, which asks the door; they decide nothing
// themselves.
package vendors

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/program/vendor"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
	"caseward/law"
)

// Pages is the handlers.
type Pages struct{ vendors *vendor.Vendors }

// New returns the handlers.
func New(v *vendor.Vendors) *Pages { return &Pages{v} }

// Routes is the part of the route table that is here.
func (p *Pages) Routes() []site.Route {
	return []site.Route{{Pattern: "GET /vendors", Action: "vendor.find", Handle: p.register}}
}

func local(r *site.Request, t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(r.Zone)
}

// register shows every vendor, or to an administrator those that connections reach.
func (p *Pages) register(r *site.Request) (site.Answer, error) {
	var page pages.VendorsPage
	switch {
	case p.vendors.Sees(r.Who):
		rows, err := p.vendors.Register(r.Ctx(), r.Who)
		if err != nil {
			return site.Answer{}, err
		}
		for _, x := range rows {
			page.Rows = append(page.Rows, row(r, x))
		}
		for _, g := range vendor.InOrder(rows) {
			x := pages.VendorGap{Vendor: g.Vendor.Value.Name, Text: g.Text, Since: local(r, g.Since)}
			if g.Cite != law.Practice {
				x.Cite = g.Cite
			}
			page.Gaps = append(page.Gaps, x)
		}
	case p.vendors.SeesConnected(r.Who):
		page.Connected = true
		all, err := p.vendors.Connected(r.Ctx(), r.Who)
		if err != nil {
			return site.Answer{}, err
		}
		for _, o := range all {
			page.Rows = append(page.Rows, row(r, vendor.Row{Opened: o}))
		}
	default:
		return site.Answer{}, fault.DeniedBy("vendor.find")
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Vendors(f, page) }), nil
}

func row(r *site.Request, x vendor.Row) pages.VendorRow {
	v := x.Value
	out := pages.VendorRow{
		Name: v.Name, Services: v.Services, Tier: v.Tier(), Status: v.Status.English(), Outcome: v.Outcome.English(),
		Needs: v.Outcome == vendor.Associate, Review: local(r, v.ReviewDue()), Ends: local(r, x.Ends),
	}
	if x.Bound {
		out.Agreement = x.Stage.English()
	}
	return out
}
