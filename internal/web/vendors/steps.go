package vendors

import (
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/program/vendor"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func text(s string) phi.Text { return phi.NewText(s) }

// step is something done with a vendor that asks for a few words.
type step struct {
	path, action string
	numbered     bool // of one of its breaches or of its evidence
	proof        bool // asks for fresh proof
	show         func(r *site.Request, f vendor.File, at int) pages.VendorStepPage
	do           func(p *Pages, r *site.Request, id vendor.ID, at int) error
	said         string
}

var steps = []step{
	{
		path: "start", action: "vendor.start", proof: true,
		show: func(r *site.Request, f vendor.File, _ int) pages.VendorStepPage {
			return pages.VendorStepPage{Title: r.T("Start the work"), Lead: r.T("From this moment it works for us. A business associate may receive information while an agreement is in effect."), Button: r.T("Start the work"), Icon: "check", Weight: "primary"}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, _ int) error {
			return p.vendors.Start(r.Ctx(), r.Who, id, version(r))
		},
		said: "It works for us from now on.",
	},
	{
		path: "drop", action: "vendor.drop",
		show: func(r *site.Request, f vendor.File, _ int) pages.VendorStepPage {
			return pages.VendorStepPage{Title: r.T("vendor|Drop it"), Lead: r.T("It never worked here and is not going to. It stays in the register as closed."), Button: r.T("vendor|Drop it"), Icon: "x", Weight: "danger", Fields: []ui.Field{{Name: "why", Label: r.T("Why"), Max: 200}}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, _ int) error {
			return p.vendors.Drop(r.Ctx(), r.Who, id, version(r), r.Value("why"))
		},
		said: "It is dropped.",
	},
	{
		path: "evidence", action: "vendor.evidence",
		show: func(r *site.Request, f vendor.File, _ int) pages.VendorStepPage {
			return pages.VendorStepPage{Title: r.T("Ask for evidence"), Lead: r.T("Note here what you asked it for. Ask it yourself as you usually write to it."), Button: r.T("Note it"), Icon: "check", Weight: "primary", Fields: []ui.Field{
				{Name: "what", Label: r.T("What it is to show"), Hint: r.T("A report of an examiner, a certificate of insurance, a list of subcontractors."), Max: 200},
				{Name: "due", Label: r.T("By when"), Type: "date"},
			}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, _ int) error {
			return p.vendors.AskEvidence(r.Ctx(), r.Who, id, version(r), r.Value("what"), lastDay(r, "due"))
		},
		said: "Noted. It stands in the register once it is overdue.",
	},
	{
		path: "received", action: "vendor.evidence", numbered: true,
		show: func(r *site.Request, f vendor.File, at int) pages.VendorStepPage {
			if at >= len(f.Value.Evidence) {
				return pages.VendorStepPage{}
			}
			return pages.VendorStepPage{Title: r.T("It came"), Lead: f.Value.Evidence[at].What, Button: r.T("Note it"), Icon: "check", Weight: "primary", Fields: []ui.Field{
				{Name: "place", Label: r.T("Where it is filed"), Max: 200},
				{Name: "expires", Label: r.T("Good through"), Type: "date", Optional: true, Hint: r.T("Empty: it does not expire.")},
			}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, at int) error {
			return p.vendors.ReceiveEvidence(r.Ctx(), r.Who, id, version(r), at, r.Value("place"), lastDay(r, "expires"))
		},
		said: "Noted.",
	},
	{
		path: "review", action: "vendor.review",
		show: func(r *site.Request, f vendor.File, _ int) pages.VendorStepPage {
			return pages.VendorStepPage{Title: r.T("Write a review"), Lead: r.T("Look at its agreement, its answers, its evidence and its reports first."), Button: r.T("Save the review"), Icon: "check", Weight: "primary", Fields: []ui.Field{{Name: "conclusion", Label: r.T("What came of it"), Type: "area", Rows: 5}}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, _ int) error {
			return p.vendors.Reviewed(r.Ctx(), r.Who, id, version(r), r.Value("conclusion"))
		},
		said: "The review is saved.",
	},
	{
		path: "breach", action: "vendor.breach",
		show: func(r *site.Request, f vendor.File, _ int) pages.VendorStepPage {
			return pages.VendorStepPage{Title: r.T("Note a breach of its agreement"), Lead: r.T("From now on we know of it, and have to decide: it puts it right, or the work ends (45 CFR 164.504(e)(1)(ii))."), Button: r.T("Note the breach"), Icon: "shield-alert", Weight: "primary", Fields: []ui.Field{{Name: "what", Label: r.T("What happened"), Type: "area", Hint: r.T("Without names of clients.")}}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, _ int) error {
			return p.vendors.Breached(r.Ctx(), r.Who, id, version(r), r.Value("what"))
		},
		said: "The breach is noted. Decide now what follows.",
	},
	{
		path: "decide", action: "vendor.decide", numbered: true, proof: true,
		show: func(r *site.Request, f vendor.File, at int) pages.VendorStepPage {
			if at >= len(f.Value.Breaches) {
				return pages.VendorStepPage{}
			}
			return pages.VendorStepPage{Title: r.T("Decide what follows"), Lead: f.Value.Breaches[at].What, Button: r.T("Record the decision"), Icon: "gavel", Weight: "primary", Fields: []ui.Field{
				{Name: "decision", Label: r.T("What follows"), Type: "radio", Options: []ui.Option{
					{Value: string(vendor.ToCure), Text: r.T("It is to put it right"), Hint: r.T("Nothing goes there until it has.")},
					{Value: string(vendor.ToEnd), Text: r.T("The work ends"), Hint: r.T("At once. Then say what became of the information.")},
				}},
				{Name: "steps", Label: r.T("What it is to do, or why the work ends"), Type: "area"},
				{Name: "due", Label: r.T("To be put right by"), Type: "date", Optional: true, Hint: r.T("Empty if the work ends.")},
			}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, at int) error {
			return p.vendors.DecideBreach(r.Ctx(), r.Who, id, version(r), at, vendor.Decision(r.Value("decision")), r.Value("steps"), lastDay(r, "due"))
		},
		said: "The decision is recorded.",
	},
	{
		path: "cured", action: "vendor.decide", numbered: true, proof: true,
		show: func(r *site.Request, f vendor.File, at int) pages.VendorStepPage {
			if at >= len(f.Value.Breaches) {
				return pages.VendorStepPage{}
			}
			return pages.VendorStepPage{Title: r.T("It was put right"), Lead: f.Value.Breaches[at].What, Button: r.T("Record it"), Icon: "check", Weight: "primary", Fields: []ui.Field{{Name: "cured", Label: r.T("What shows that it was put right"), Type: "area"}}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, at int) error {
			return p.vendors.CuredBreach(r.Ctx(), r.Who, id, version(r), at, r.Value("cured"))
		},
		said: "It is recorded that the breach was put right.",
	},
	{
		path: "terminate", action: "vendor.terminate", proof: true,
		show: func(r *site.Request, f vendor.File, _ int) pages.VendorStepPage {
			return pages.VendorStepPage{Title: r.T("End the work"), Lead: r.T("From this moment nothing may be sent to it. What it holds comes back or is destroyed; it is closed once that is shown."), Button: r.T("End the work"), Icon: "ban", Weight: "danger", Fields: []ui.Field{{Name: "why", Label: r.T("Why it ends"), Max: 200}}}
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, _ int) error {
			return p.vendors.Terminate(r.Ctx(), r.Who, id, version(r), r.Value("why"))
		},
		said: "The work has ended. Nothing may be sent to it any more.",
	},
	{
		path: "close", action: "vendor.close", proof: true,
		show: func(r *site.Request, f vendor.File, _ int) pages.VendorStepPage {
			page := pages.VendorStepPage{Title: r.T("Close it"), Lead: r.T("It had no health information, so nothing has to come back."), Button: r.T("Close it"), Icon: "archive", Weight: "primary"}
			if f.Value.PHI() {
				page.Lead = r.T("The law asks that all came back or was destroyed, or why neither is feasible and how what stays is protected (45 CFR 164.504(e)(2)(ii)(J)).")
				page.Fields = []ui.Field{
					{Name: "left", Label: r.T("What became of the information"), Type: "radio", Options: []ui.Option{
						{Value: string(vendor.Returned), Text: r.T("It came back")}, {Value: string(vendor.Destroyed), Text: r.T("It was destroyed")}, {Value: string(vendor.Infeasible), Text: r.T("Neither is feasible")},
					}},
					{Name: "what", Label: r.T("What, and how; or why neither is feasible"), Type: "area"},
					{Name: "certified_by", Label: r.T("Who certifies it for the vendor"), Hint: r.T("Name and title."), Max: 200},
					{Name: "on", Label: r.T("When it was done"), Type: "date", Optional: true, Hint: r.T("Empty if neither is feasible.")},
					{Name: "place", Label: r.T("Where the certificate is filed"), Optional: true, Hint: r.T("Empty if neither is feasible."), Max: 200},
					{Name: "protection", Label: r.T("How what stays is protected, and to what use it is limited"), Type: "area", Rows: 3, Optional: true, Hint: r.T("Only if neither is feasible.")},
				}
			}
			return page
		},
		do: func(p *Pages, r *site.Request, id vendor.ID, _ int) error {
			return p.vendors.Close(r.Ctx(), r.Who, id, version(r), vendor.Ending{
				Left: vendor.Left(r.Value("left")), What: r.Value("what"), CertifiedBy: r.Value("certified_by"), On: r.Day("on"), Place: r.Value("place"), Protection: r.Value("protection"),
			})
		},
		said: "It is closed.",
	},
}

func (p *Pages) stepRoutes() (out []site.Route) {
	for _, s := range steps {
		path := "/vendors/{id}/" + s.path
		if s.numbered {
			path += "/{n}"
		}
		out = append(out,
			site.Route{Pattern: "GET " + path, Action: s.action, Handle: func(r *site.Request) (site.Answer, error) {
				if !p.vendors.Keeps(r.Who) {
					return site.Answer{}, fault.DeniedBy(s.action)
				}
				if s.proof {
					if err := r.Proved(s.action); err != nil {
						return site.Answer{}, err
					}
				}
				return p.stepPage(r, s, nil)
			}},
			site.Route{Pattern: "POST " + path, Action: s.action, Handle: func(r *site.Request) (site.Answer, error) {
				v, err := id(r)
				if err != nil {
					return site.Answer{}, err
				}
				at, err := number(r)
				if err != nil {
					return site.Answer{}, err
				}
				err = s.do(p, r, v, at)
				if fault.Is(err, fault.Invalid) {
					return p.stepPage(r, s, err)
				} else if err != nil {
					return site.Answer{}, err
				}
				return site.SeeOther(here(r)).Saying(ui.Good, s.said), nil
			}})
	}
	return out
}

// number is which breach or evidence an address names; 0 where it names none.
func number(r *site.Request) (int, error) {
	s := r.PathValue("n")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, fault.NotFoundf("vendor.read")
	}
	return n, nil
}

// stepPage shows the form of a step: as it was typed, where something was wrong with it.
func (p *Pages) stepPage(r *site.Request, s step, wrong error) (site.Answer, error) {
	f, err := p.file(r)
	if err != nil {
		return site.Answer{}, err
	}
	at, err := number(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := s.show(r, f, at)
	if page.Title == "" {
		return site.Answer{}, fault.NotFoundf("vendor.read")
	}
	page.Vendor, page.Back, page.Action, page.Version = f.Value.Name, here(r), r.URL.Path, strconv.FormatInt(f.Version, 10)
	if wrong != nil {
		var shown []string
		for _, x := range page.Fields {
			shown = append(shown, x.Name)
		}
		page.Version = r.Value("version")
		page.Form = ui.Posted(r.Form, placed(wrong, shown...).Errors())
	}
	return view(func(f ui.Frame) templ.Component { return pages.VendorStep(f, page) }, wrong != nil)
}
