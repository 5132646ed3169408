package vendors

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/prose"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// terms are all terms, and which of them an agreement has.
func terms(a vendor.Agreement) (out []pages.AgreementTerm) {
	said := a.Terms()
	for _, t := range vendor.Terms() {
		out = append(out, pages.AgreementTerm{Term: t, There: slices.Contains(said, t.Code)})
	}
	return out
}

// agreed reads what a form says of an agreement.
func agreed(r *site.Request) vendor.Agreement {
	hours, err := strconv.Atoi(r.Value("report_hours"))
	if err != nil {
		hours = 0 // what needs it says so
	}
	a := vendor.Agreement{
		Lang: r.Value("lang"), Text: r.Value("text"), Ticked: r.Values("ticked"), EPHI: r.Value("ephi") == "yes",
		Purposes: r.Value("purposes"), Classes: classes(r), ReportHours: hours, Effective: r.Day("effective"), Expiry: lastDay(r, "expiry"),
	}
	if r.Value("paper") == "yes" {
		a.Text = ""
		a.Paper = vendor.Paper{Place: r.Value("place"), Picture: r.Value("picture"), SignedOn: r.Day("signed_on"), SignedFor: r.Value("signed_for")}
	}
	return a
}

// known are the words for the blanks of a text that follow from elsewhere than its form.
func (p *Pages) known(r *site.Request, v vendor.Vendor, lang ui.Lang) (map[string]string, error) {
	dir := p.org.Directory()
	a, err := dir.Agency(r.Ctx())
	if err != nil {
		return nil, err
	}
	words := map[string]string{"agency": a.Name, "vendor": v.Name}
	for word, role := range map[string]actor.Role{"privacy_officer": actor.PrivacyOfficer, "security_officer": actor.SecurityOfficer} {
		ids, err := dir.Officers(r.Ctx(), role)
		if err != nil {
			return nil, err
		}
		names, err := dir.Names(r.Ctx(), r.Who, ids)
		if err != nil {
			return nil, err
		}
		var said []string
		for _, id := range ids {
			if n := names[id]; n != "" {
				said = append(said, n)
			}
		}
		words[word] = strings.Join(said, ", ")
	}
	var subs []string
	for _, s := range v.Subcontractors {
		subs = append(subs, s.Name)
	}
	words["subcontractors"] = strings.Join(subs, ", ")
	if len(subs) == 0 {
		words["subcontractors"] = ui.T(lang, "none so far")
	}
	return words, nil
}

// fill puts what a form says into the blanks of its text that are left.
func fill(r *site.Request, a *vendor.Agreement) {
	lang := ui.Lang(a.Lang)
	values := map[string]string{"purposes": strings.TrimSuffix(a.Purposes, ".")}
	if !a.Effective.IsZero() {
		values["effective"] = ui.DayYear(lang, a.Effective.In(r.Zone))
		values["term"] = ui.T(lang, "no fixed time")
		if !a.Expiry.IsZero() {
			values["term"] = ui.T(lang, "the time through %s", ui.DayYear(lang, a.Expiry.AddDate(0, 0, -1).In(r.Zone)))
		}
	}
	if a.ReportHours > 0 {
		values["report_hours"] = strconv.Itoa(a.ReportHours)
	}
	if len(a.Classes) > 0 {
		values["classes"] = ui.ClassNames(lang, policy.Set(a.Classes...).Strings())
	}
	a.Text = vendor.Fill(a.Text, values)
}

// practice are the optional terms that the text that comes with the program has.
var practice = []string{vendor.Audit, "transition", "minimum", "insurance"}

func (p *Pages) draftForm(r *site.Request) (site.Answer, error) {
	v, err := id(r)
	if err != nil {
		return site.Answer{}, err
	}
	if !p.vendors.Keeps(r.Who) {
		return site.Answer{}, fault.DeniedBy("agreement.create")
	}
	o, err := p.vendors.Read(r.Ctx(), r.Who, v)
	if err != nil {
		return site.Answer{}, err
	}
	lang := r.Lang
	if l := r.Value("lang"); l == "en" || l == "es" {
		lang = ui.Lang(l)
	}
	a := vendor.Agreement{Lang: string(lang), EPHI: true, Classes: o.Value.Classes, Effective: r.Now, ReportHours: 24}
	if r.Value("paper") == "yes" {
		return p.agreementForm(r, o.Value, agreementWritten(r, a, true), a, "", false)
	}
	words, err := p.known(r, o.Value, lang)
	if err != nil {
		return site.Answer{}, err
	}
	a.Text, a.Ticked = vendor.Fill(vendor.StarterAgreement(a.Lang), words), practice
	return p.agreementForm(r, o.Value, agreementWritten(r, a, false), a, "", false)
}

// agreementWritten is what is on record of an agreement, as the form shows it.
func agreementWritten(r *site.Request, a vendor.Agreement, paper bool) ui.Form {
	f := ui.NewForm("lang", a.Lang, "text", a.Text, "purposes", a.Purposes, "effective", written(r, a.Effective), "expiry", before(r, a.Expiry))
	if a.ReportHours > 0 {
		f = with(f, "report_hours", strconv.Itoa(a.ReportHours))
	}
	if a.EPHI {
		f = with(f, "ephi", "yes")
	}
	if paper {
		f = with(f, "paper", "yes", "place", a.Paper.Place, "picture", a.Paper.Picture, "signed_on", written(r, a.Paper.SignedOn), "signed_for", a.Paper.SignedFor)
	}
	for _, c := range a.Classes {
		f = with(f, "classes", string(c))
	}
	for _, c := range a.Ticked {
		f = with(f, "ticked", c)
	}
	return f
}

// agreementForm shows the form of an agreement: a new one where version is empty.
func (p *Pages) agreementForm(r *site.Request, v vendor.Vendor, form ui.Form, a vendor.Agreement, version string, invalid bool) (site.Answer, error) {
	page := pages.AgreementFormPage{Form: form, Vendor: v.Name, Version: version, Terms: terms(a), Action: r.URL.Path, Back: here(r), Paper: form.Has("paper", "yes"), Lang: a.Lang}
	if version != "" {
		page.Title, page.Back = r.T("Edit the agreement"), strings.TrimSuffix(r.URL.Path, "/edit")
		page.Blanks = vendor.Blanks(a.Text)
	} else if page.Title = r.T("New agreement"); page.Paper {
		page.Title = r.T("An agreement on paper")
	}
	return view(func(f ui.Frame) templ.Component { return pages.AgreementForm(f, page) }, invalid)
}

func (p *Pages) draft(r *site.Request) (site.Answer, error) {
	v, err := id(r)
	if err != nil {
		return site.Answer{}, err
	}
	a := agreed(r)
	fill(r, &a)
	made, err := p.vendors.Draft(r.Ctx(), r.Who, v, a)
	if fault.Is(err, fault.Invalid) {
		o, rerr := p.vendors.Read(r.Ctx(), r.Who, v)
		if rerr != nil {
			return site.Answer{}, rerr
		}
		return p.agreementForm(r, o.Value, r.Posted(err), a, "", true)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(here(r)+"/agreements/"+made.String()).Saying(ui.Good, "The draft is saved."), nil
}

// one is the agreement that an address names, and its vendor.
func (p *Pages) one(r *site.Request) (vendor.File, vendor.OpenedAgreement, error) {
	a, err := record.ParseID[vendor.Agreement](r.PathValue("agreement"))
	if err != nil {
		return vendor.File{}, vendor.OpenedAgreement{}, err
	}
	f, err := p.file(r)
	if err != nil {
		return vendor.File{}, vendor.OpenedAgreement{}, err
	}
	i := slices.IndexFunc(f.Agreements, func(o vendor.OpenedAgreement) bool { return o.ID == a })
	if i < 0 {
		return vendor.File{}, vendor.OpenedAgreement{}, fault.NotFoundf("agreement.read")
	}
	return f, f.Agreements[i], nil
}

func (p *Pages) redraftForm(r *site.Request) (site.Answer, error) {
	if !p.vendors.Keeps(r.Who) {
		return site.Answer{}, fault.DeniedBy("agreement.change")
	}
	f, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	if o.Value.Stage != vendor.Draft {
		return site.SeeOther(strings.TrimSuffix(r.URL.Path, "/edit")).Saying(ui.Warning, "It was sent to be signed. Take it back first to change it."), nil
	}
	return p.agreementForm(r, f.Value, agreementWritten(r, o.Value, o.Value.OnPaper()), o.Value, strconv.FormatInt(o.Version, 10), false)
}

func (p *Pages) redraft(r *site.Request) (site.Answer, error) {
	f, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	a := agreed(r)
	fill(r, &a)
	err = p.vendors.Redraft(r.Ctx(), r.Who, o.ID, version(r), a)
	if fault.Is(err, fault.Invalid) {
		return p.agreementForm(r, f.Value, r.Posted(err), a, r.Value("version"), true)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(strings.TrimSuffix(r.URL.Path, "/edit")).Saying(ui.Good, "The draft is saved."), nil
}

func (p *Pages) agreement(r *site.Request) (site.Answer, error) {
	return p.agreementPage(r, false, nil)
}

// agreementPage shows an agreement: to be signed for the agency, or with what comes next.
func (p *Pages) agreementPage(r *site.Request, signing bool, wrong error) (site.Answer, error) {
	f, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	names, err := p.org.Directory().Names(r.Ctx(), r.Who, []string{o.Value.EndedBy, r.Who.Worker()})
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.AgreementPage{
		Vendor: f.Value.Name, Back: here(r), URL: here(r) + "/agreements/" + o.ID.String(), Agreement: o, Stage: o.Value.At(f.At, vendor.Later(f.Agreements, o)),
		Terms: terms(o.Value), Blanks: vendor.Blanks(o.Value.Text), Names: names, Keeps: p.vendors.Keeps(r.Who), Signs: p.vendors.Signs(r.Who),
		Own: slices.Equal(o.Value.Drafters, []string{r.Who.Worker()}), Signing: signing,
	}
	page.Body = prose.Parse(o.Value.Text).HTML(&prose.Fill{})
	if signing {
		page.Form = ui.NewForm("name", names[r.Who.Worker()])
	}
	if wrong != nil {
		page.Form = ui.Posted(r.Form, placed(wrong, "name", "title", "consent", "terms").Errors())
	}
	return view(func(f ui.Frame) templ.Component { return pages.Agreement(f, page) }, wrong != nil)
}

func (p *Pages) send(r *site.Request) (site.Answer, error) {
	f, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	secret, err := p.vendors.Send(r.Ctx(), r.Who, o.ID, version(r))
	if fault.Is(err, fault.Invalid) {
		return p.agreementPage(r, false, err)
	} else if err != nil {
		return site.Answer{}, err
	}
	return p.link(r, f.Value.Name, r.T("The agreement is ready to be signed"), r.T("Give this link to the person who may bind the vendor. By it they read the agreement and sign it, without an account."), "agreement", secret), nil
}

func (p *Pages) recall(r *site.Request) (site.Answer, error) {
	_, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := p.vendors.Recall(r.Ctx(), r.Who, o.ID, version(r)); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(here(r)+"/agreements/"+o.ID.String()).Saying(ui.Good, "It is a draft again, and its link leads nowhere."), nil
}

func (p *Pages) signForm(r *site.Request) (site.Answer, error) {
	if !p.vendors.Signs(r.Who) {
		return site.Answer{}, fault.DeniedBy("agreement.sign")
	}
	if err := r.Proved("agreement.sign"); err != nil {
		return site.Answer{}, err
	}
	return p.agreementPage(r, true, nil)
}

func (p *Pages) sign(r *site.Request) (site.Answer, error) {
	_, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = p.vendors.Sign(r.Ctx(), r.Who, o.ID, r.Value("hash"), vendor.Signature{Name: r.Value("name"), Title: r.Value("title")}, r.Value("consent") == "yes")
	if fault.Is(err, fault.Invalid) {
		return p.agreementPage(r, true, err)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(here(r)).Saying(ui.Good, "You signed for the agency."), nil
}

// ending is the form to end an agreement before its time.
func (p *Pages) ending(r *site.Request, wrong error) (site.Answer, error) {
	f, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.VendorStepPage{
		Vendor: f.Value.Name, Back: strings.TrimSuffix(r.URL.Path, "/end"), Action: r.URL.Path, Version: strconv.FormatInt(o.Version, 10),
		Title: r.T("End the agreement"), Lead: r.T("From this moment nothing may be sent to the vendor under it. The work itself goes on until you end that too."),
		Button: r.T("End the agreement"), Icon: "ban", Weight: "danger", Fields: []ui.Field{{Name: "why", Label: r.T("Why it ends"), Max: 200}},
	}
	if wrong != nil {
		page.Form, page.Version = ui.Posted(r.Form, placed(wrong, "why").Errors()), r.Value("version")
	}
	return view(func(f ui.Frame) templ.Component { return pages.VendorStep(f, page) }, wrong != nil)
}

func (p *Pages) endForm(r *site.Request) (site.Answer, error) {
	if !p.vendors.Keeps(r.Who) {
		return site.Answer{}, fault.DeniedBy("agreement.end")
	}
	if err := r.Proved("agreement.end"); err != nil {
		return site.Answer{}, err
	}
	return p.ending(r, nil)
}

func (p *Pages) end(r *site.Request) (site.Answer, error) {
	_, o, err := p.one(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = p.vendors.EndAgreement(r.Ctx(), r.Who, o.ID, version(r), r.Value("why"))
	if fault.Is(err, fault.Invalid) {
		return p.ending(r, err)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(here(r)).Saying(ui.Good, "The agreement has ended. Nothing may be sent under it any more."), nil
}

func (p *Pages) ask(r *site.Request) (site.Answer, error) {
	f, err := p.file(r)
	if err != nil {
		return site.Answer{}, err
	}
	secret, err := p.vendors.Ask(r.Ctx(), r.Who, f.ID, string(r.Lang))
	if err != nil {
		return site.Answer{}, err
	}
	return p.link(r, f.Value.Name, r.T("The questions are ready to be answered"), r.T("Give this link to whoever looks after privacy and security at the vendor. Answers are saved as they go, and it is used up once they are handed in."), "questions", secret), nil
}

func (p *Pages) reportLink(r *site.Request) (site.Answer, error) {
	f, err := p.file(r)
	if err != nil {
		return site.Answer{}, err
	}
	secret, err := p.vendors.ReportLink(r.Ctx(), r.Who, f.ID)
	if err != nil {
		return site.Answer{}, err
	}
	return p.link(r, f.Value.Name, r.T("A link to report an incident"), r.T("Give this link to whoever tells you that something went wrong. It takes one report, with all that we need to tell the people affected."), "report", secret), nil
}

func (p *Pages) questionnaire(r *site.Request) (site.Answer, error) { return p.answers(r, nil) }

func (p *Pages) answers(r *site.Request, wrong error) (site.Answer, error) {
	q, err := record.ParseID[vendor.Questionnaire](r.PathValue("questionnaire"))
	if err != nil {
		return site.Answer{}, err
	}
	f, err := p.file(r)
	if err != nil {
		return site.Answer{}, err
	}
	i := slices.IndexFunc(f.Questionnaires, func(o vendor.OpenedQuestionnaire) bool { return o.ID == q })
	if i < 0 {
		return site.Answer{}, fault.NotFoundf("questionnaire.read")
	}
	o := f.Questionnaires[i]
	page := pages.QuestionnairePage{
		Vendor: f.Value.Name, Back: here(r), URL: here(r) + "/questionnaires/" + o.ID.String(), Asked: o, Sections: vendor.Asked(o.Value.Lang, o.Value.Tier),
		Open: o.Value.OpenPoints(), Keeps: p.vendors.Keeps(r.Who),
	}
	page.Score, page.Scored = o.Value.Score()
	var ids []string
	for _, e := range o.Value.Exceptions {
		ids = append(ids, e.By)
	}
	if page.Names, err = p.org.Directory().Names(r.Ctx(), r.Who, ids); err != nil {
		return site.Answer{}, err
	}
	for _, x := range fault.FieldsOf(wrong) {
		page.Form.Fail("why-"+r.Value("question"), x.Message)
	}
	return view(func(f ui.Frame) templ.Component { return pages.Questionnaire(f, page) }, wrong != nil)
}

func (p *Pages) except(r *site.Request) (site.Answer, error) {
	q, err := record.ParseID[vendor.Questionnaire](r.PathValue("questionnaire"))
	if err != nil {
		return site.Answer{}, err
	}
	err = p.vendors.Except(r.Ctx(), r.Who, q, version(r), r.Value("question"), r.Value("why"))
	if fault.Is(err, fault.Invalid) {
		return p.answers(r, err)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(r.URL.Path).Saying(ui.Good, "It is accepted, with the reason."), nil
}

func (p *Pages) report(r *site.Request) (site.Answer, error) {
	x, err := record.ParseID[vendor.Report](r.PathValue("report"))
	if err != nil {
		return site.Answer{}, err
	}
	v, err := id(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, err := p.vendors.Read(r.Ctx(), r.Who, v)
	if err != nil {
		return site.Answer{}, err
	}
	rows, err := p.vendors.Reports(r.Ctx(), r.Who, v)
	if err != nil {
		return site.Answer{}, err
	}
	i := slices.IndexFunc(rows, func(o vendor.OpenedReport) bool { return o.ID == x })
	if i < 0 {
		return site.Answer{}, fault.NotFoundf("vendorreport.read")
	}
	page := pages.VendorReportPage{Vendor: o.Value.Name, Back: here(r), Report: rows[i]}
	if rows[i].Withheld.Has(policy.Identity) {
		page.People = ui.Hidden{Class: string(policy.Identity)}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.VendorReport(f, page) }), nil
}
