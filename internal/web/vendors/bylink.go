package vendors

import (
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/program/vendor"
	"caseward/internal/prose"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// What is here is for people of other organizations, who have a link and no account. None
// of it shows anything about a client, and a link that leads nowhere is always answered
// alike, whatever the reason.

// gone is the answer where a link leads nowhere.
func gone(err error) (site.Answer, error) {
	if !fault.Is(err, fault.NotFound) {
		return site.Answer{}, err
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.OutsideGone(f) }).Status(http.StatusNotFound), nil
}

func (p *Pages) offer(r *site.Request) (site.Answer, error) { return p.offerPage(r, nil) }

func (p *Pages) offerPage(r *site.Request, wrong error) (site.Answer, error) {
	o, err := p.vendors.Offer(r.Ctx(), r.PathValue("link"))
	if err != nil {
		return gone(err)
	}
	page := offered(r, o)
	if wrong != nil {
		page.Form = r.Posted(wrong)
	}
	return view(func(f ui.Frame) templ.Component { return pages.OutsideAgreement(f, page) }, wrong != nil)
}

func offered(r *site.Request, o vendor.Offered) pages.OutsideAgreementPage {
	return pages.OutsideAgreementPage{Action: r.URL.Path, Offered: o, Hash: o.Hash(), Body: prose.Parse(o.Text).HTML(&prose.Fill{})}
}

// countersign signs for the vendor, and shows what was signed: the link leads nowhere then.
func (p *Pages) countersign(r *site.Request) (site.Answer, error) {
	secret := r.PathValue("link")
	o, err := p.vendors.Offer(r.Ctx(), secret)
	if err != nil {
		return gone(err)
	}
	by := vendor.Signature{Name: r.Value("name"), Title: r.Value("title"), At: r.Now}
	err = p.vendors.Countersign(r.Ctx(), secret, r.Value("hash"), by, r.Value("consent") == "yes")
	switch {
	case fault.Is(err, fault.Invalid):
		return p.offerPage(r, err)
	case fault.Is(err, fault.Conflict):
		return p.offerPage(r, fault.InvalidFields("agreement.countersign", fault.Field{Message: "The agreement is not what you were shown. It was not signed. Read it again, then sign."}))
	case err != nil:
		return gone(err)
	}
	page := offered(r, o)
	page.Signed, page.Offered.Theirs = r.Now, by
	return site.Page(func(f ui.Frame) templ.Component { return pages.OutsideAgreement(f, page) }), nil
}

// part is which part of a questionnaire an address names, from 0.
func part(r *site.Request) int {
	n, err := strconv.Atoi(r.PathValue("part"))
	if err != nil || n < 1 {
		return 0
	}
	return n - 1
}

func (p *Pages) answering(r *site.Request) (site.Answer, error) { return p.questions(r, nil) }

func (p *Pages) questions(r *site.Request, wrong error) (site.Answer, error) {
	name, q, err := p.vendors.Answering(r.Ctx(), r.PathValue("link"))
	if err != nil {
		return gone(err)
	}
	page := pages.OutsideQuestionsPage{URL: "/by-link/questions/" + r.PathValue("link"), Vendor: name, Asked: q, Sections: vendor.Asked(q.Lang, q.Tier)}
	page.At = min(part(r), len(page.Sections))
	for i, s := range page.Sections {
		for _, x := range s.Questions {
			g := q.Gave(x.Code)
			if i == page.At && wrong == nil {
				page.Form = with(page.Form, x.Code, string(g.Answer), "note-"+x.Code, g.Note)
			}
			if page.At == len(page.Sections) && (g.Answer == "" || g.Answer == vendor.NA && g.Note == "") {
				page.Open = append(page.Open, pages.OutsideOpen{Part: i, Code: x.Code, Text: x.Text})
			}
		}
	}
	if wrong != nil {
		page.Form = r.Posted(nil)
		left := false
		for _, x := range fault.FieldsOf(wrong) {
			if page.At == len(page.Sections) && x.Name != "name" && x.Name != "title" && x.Name != "" {
				left = true // said in the list of what is open, with the way to it
				continue
			}
			page.Form.Fail(x.Name, x.Message)
		}
		if left {
			page.Form.Fail("", "Some questions have no answer yet, or no reason why they do not apply. They are listed below.")
		}
	}
	return view(func(f ui.Frame) templ.Component { return pages.OutsideQuestions(f, page) }, wrong != nil)
}

// answer keeps the answers of one part, or hands all of them in.
func (p *Pages) answer(r *site.Request) (site.Answer, error) {
	secret := r.PathValue("link")
	_, q, err := p.vendors.Answering(r.Ctx(), secret)
	if err != nil {
		return gone(err)
	}
	sections := vendor.Asked(q.Lang, q.Tier)
	at := part(r)
	if at >= len(sections) {
		err = p.vendors.Submit(r.Ctx(), secret, nil, r.Value("name"), r.Value("title"))
	} else {
		var given []vendor.Given
		for _, x := range sections[at].Questions {
			given = append(given, vendor.Given{Code: x.Code, Answer: vendor.Answer(r.Value(x.Code)), Note: r.Value("note-" + x.Code)})
		}
		err = p.vendors.Save(r.Ctx(), secret, given)
	}
	switch {
	case fault.Is(err, fault.Invalid):
		return p.questions(r, err)
	case fault.Is(err, fault.Conflict):
		return p.questions(r, fault.InvalidFields("questionnaire.keep", fault.Field{Message: "This was not saved: the answers were changed meanwhile, or saved too often by this link. What you typed is still here. Save again; if that fails, ask the agency for a new link."}))
	case err != nil:
		return gone(err)
	case at >= len(sections):
		return site.Page(func(f ui.Frame) templ.Component {
			return pages.OutsideDone(f, f.T("Your answers are handed in"), f.T("Thank you. The agency has them now. The link leads nowhere any more."))
		}), nil
	}
	if r.Value("do") == "next" {
		at++
	}
	return site.SeeOther("/by-link/questions/"+secret+"/"+strconv.Itoa(at+1)).Saying(ui.Good, "Saved."), nil
}

func (p *Pages) reporting(r *site.Request) (site.Answer, error) { return p.reportForm(r, nil) }

func (p *Pages) reportForm(r *site.Request, wrong error) (site.Answer, error) {
	name, err := p.vendors.Reporting(r.Ctx(), r.PathValue("link"))
	if err != nil {
		return gone(err)
	}
	page := pages.OutsideReportPage{Action: r.URL.Path, Vendor: name}
	if wrong != nil {
		page.Form = r.Posted(wrong)
	}
	return view(func(f ui.Frame) templ.Component { return pages.OutsideReport(f, page) }, wrong != nil)
}

// told takes a vendor's report.
func (p *Pages) told(r *site.Request) (site.Answer, error) {
	discovered, err := time.ParseInLocation("2006-01-02T15:04", r.Value("discovered"), r.Zone)
	if err != nil {
		discovered = time.Time{} // what needs it says so
	}
	err = p.vendors.Report(r.Ctx(), r.PathValue("link"), vendor.Report{
		HappenedOn: r.Day("happened"), DiscoveredAt: discovered, What: r.Value("what"), Kinds: r.Value("kinds"), Who: r.Value("who"), Encrypted: r.Value("encrypted"),
		Done: r.Value("done"), Advice: r.Value("advice"), Contact: r.Value("contact"), HowMany: r.Value("how_many"), People: r.Text("people"), By: r.Value("by"),
	})
	if fault.Is(err, fault.Invalid) {
		return p.reportForm(r, err)
	} else if err != nil {
		return gone(err)
	}
	return site.Page(func(f ui.Frame) templ.Component {
		return pages.OutsideDone(f, f.T("Your report has arrived"), f.T("Thank you. The agency was not called by this: call it too. The link leads nowhere any more; ask for another to add what you learn."))
	}), nil
}
