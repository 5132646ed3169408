package work

import (
	"sort"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// casesRoutes are the routes of cases that change hands, are opened again or
// renewed.
func (w *Work) casesRoutes() []site.Route {
	return []site.Route{
		{Pattern: "POST /caseload/filters", Action: "filter.create", Handle: w.saveFilter},
		{Pattern: "POST /caseload/filters/{filter}/default", Action: "filter.change", Handle: w.defaultFilter},
		{Pattern: "POST /caseload/filters/{filter}/remove", Action: "filter.change", Handle: w.dropFilter},
		{Pattern: "GET /offers", Action: "case.find", Handle: w.offers},
		{Pattern: "GET /offers/{case}", Action: "case.read", Handle: w.offer},
		{Pattern: "POST /offers/{case}/accept", Action: "case.accept", Handle: w.acceptOffer},
		{Pattern: "POST /offers/{case}/decline", Action: "case.decline", Handle: w.declineOffer},
		{Pattern: "GET /clients/{id}/case/{case}/offer", Action: "case.offer", Handle: w.caseForm(pages.OfferCase)},
		{Pattern: "POST /clients/{id}/case/{case}/offer", Action: "case.offer", Handle: w.offerCase},
		{Pattern: "POST /clients/{id}/case/{case}/withdraw", Action: "case.withdraw", Handle: w.withdrawOffer},
		{Pattern: "GET /clients/{id}/case/{case}/reopen", Action: "case.reopen", Handle: w.caseForm(pages.ReopenCase)},
		{Pattern: "POST /clients/{id}/case/{case}/reopen", Action: "case.reopen", Handle: w.reopenCase},
		{Pattern: "GET /clients/{id}/case/{case}/edit", Action: "case.change", Handle: w.caseForm(pages.EditCase)},
		{Pattern: "POST /clients/{id}/case/{case}/edit", Action: "case.change", Handle: w.editCase},
		{Pattern: "GET /clients/{id}/case/{case}/renew", Action: "case.change", Handle: w.caseForm(pages.RenewCase)},
		{Pattern: "POST /clients/{id}/case/{case}/renew", Action: "case.change", Handle: w.renewCase},
	}
}

// caseDetail fills what the case tab says of a case beside its people.
func caseDetail(r *site.Request, d *pages.CaseDetail, o casefile.Opened, names map[string]string) {
	v := o.Value
	d.Level, d.Why, d.Eligible = levelWord(r, v.Level).Disclose(), v.OpenReason, eligibleText(r, v)
	if days, known := casefile.DaysUntil(v.EligibleUntil, dateOf(r.Now)); known && v.IsOpen() {
		d.EligibleIn, d.EligibleDue = days, days <= casefile.EligibilityWarns
	}
	if x, ok := v.OpenOffer(r.Now); ok {
		d.Offer = &pages.OfferLine{To: names[x.To], By: names[x.By], Until: x.Until.Add(-time.Microsecond).In(r.Zone)}
	}
	for _, c := range o.Withheld.List() {
		d.Handed = ui.Hidden{Class: string(c)}
	}
	for i := len(v.Handovers) - 1; i >= 0; i-- {
		d.Handovers = append(d.Handovers, handoverText(r, v.Handovers[i], names))
	}
	say := func(at time.Time, icon, what string, note phi.Text) {
		d.Past = append(d.Past, pages.CaseEvent{At: at.In(r.Zone), Icon: icon, What: what, Note: note})
	}
	for _, a := range v.Previous {
		say(a.From, "user-check", r.T("Assigned to %s until %s", names[a.Worker], ui.DayYear(r.Lang, a.Until.In(r.Zone))), phi.Text{})
	}
	if v.Worker != "" {
		say(v.AssignedAt, "user-check", r.T("Assigned to %s", names[v.Worker]), phi.Text{})
	}
	for _, x := range v.Offers {
		say(x.At, "share-2", r.T("%s offered the case to %s", names[x.By], names[x.To]), phi.Text{})
		switch x.EndAt(r.Now) {
		case casefile.OverAccepted:
			say(x.EndedAt, "check", r.T("%s accepted", names[x.To]), phi.Text{})
		case casefile.OverDeclined:
			say(x.EndedAt, "x", r.T("%s declined", names[x.To]), x.Reason)
		case casefile.OverWithdrawn:
			say(x.EndedAt, "undo-2", r.T("%s took the offer back", names[x.EndedBy]), phi.Text{})
		case casefile.OverOvertaken:
			say(x.EndedAt, "arrow-right-left", r.T("The offer ended because the case was given or closed otherwise"), phi.Text{})
		case casefile.OverExpired:
			say(x.Until, "hourglass", r.T("The offer ended without an answer"), phi.Text{})
		}
	}
	for _, x := range v.Periods {
		opened, closed := ui.ShowDate(x.OpenedOn, r.Lang), ui.ShowDate(x.ClosedOn, r.Lang)
		say(inZone(casefile.Midnight(x.ClosedOn), r.Zone), "archive", r.T("Open from %s to %s: %s", opened, closed, r.T(closeWords[x.Outcome])), x.CloseNote)
		say(x.ReopenedAt, "folder-open", r.T("%s opened the case again", names[x.ReopenedBy]), x.Reason)
	}
	for _, x := range v.Earlier {
		say(x.At, "calendar-check", r.T("%s renewed the eligibility; it was until %s", names[x.By], ui.ShowDate(x.Until, r.Lang)), phi.Text{})
	}
	sort.SliceStable(d.Past, func(i, j int) bool { return d.Past[i].At.After(d.Past[j].At) })
}

func dateOf(t time.Time) phi.Date { return phi.NewDate(t.Year(), int(t.Month()), t.Day()) }

func handoverText(r *site.Request, h casefile.Handover, names map[string]string) pages.HandoverText {
	return pages.HandoverText{By: names[h.By], To: names[h.To], At: h.At.In(r.Zone), Matters: h.Matters, Items: h.Items, Risks: h.Risks}
}

func (w *Work) offerRow(r *site.Request, o casefile.Offered, names, programs map[string]string) pages.OfferRow {
	c := o.Client.Value
	return pages.OfferRow{
		ID: o.Case.ID.String(), Client: ui.Client{ID: o.Case.Subject.String(), Name: c.ListName(), Number: c.Number},
		Program: phi.NewText(programName(programs, o.Case.Value.Program)), Level: levelWord(r, o.Case.Value.Level).Disclose(),
		By: names[o.Offer.By], Until: o.Offer.Until.Add(-time.Microsecond).In(r.Zone), On: o.Offer.On,
	}
}

func (w *Work) offers(r *site.Request) (site.Answer, error) {
	got, err := w.Cases.OffersTo(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range got {
		ids = append(ids, o.Offer.By)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	var p pages.OffersPage
	programs := w.programs(r.Ctx())
	for _, o := range got {
		p.Rows = append(p.Rows, w.offerRow(r, o, names, programs))
	}
	return page(func(f ui.Frame) templ.Component { return pages.Offers(f, p) })
}

func (w *Work) offer(r *site.Request) (site.Answer, error) { return w.offerWith(r, nil) }

// offerWith shows an offer, with what was typed if form is not nil. One that is
// over, and one that never was, lead to the same page.
func (w *Work) offerWith(r *site.Request, form *ui.Form) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return w.offerOver()
	}
	o, err := w.Cases.OfferTo(r.Ctx(), r.Who, id)
	if fault.Is(err, fault.NotFound) {
		return w.offerOver()
	}
	if err != nil {
		return site.Answer{}, err
	}
	v := o.Case.Value
	names, err := w.names(r, o.Offer.By, o.Offer.To, v.Worker)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.OfferPage{
		OfferRow: w.offerRow(r, o, names, w.programs(r.Ctx())), Birth: o.Client.Value.BirthDate, From: names[v.Worker], Special: v.Part2,
		Opened: inZone(casefile.Midnight(v.OpenedOn), r.Zone), NextOn: inZone(casefile.Midnight(v.NextContactOn), r.Zone), ReviewOn: inZone(casefile.Midnight(v.PlanReviewOn), r.Zone),
	}
	if h, ok := v.HandedOver(o.Offer.Number); ok {
		p.Handover = handoverText(r, h, names)
	}
	view := func(f ui.Frame) templ.Component { return pages.Offer(f, p) }
	if form != nil {
		p.Form = *form
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) offerOver() (site.Answer, error) {
	return page(func(f ui.Frame) templ.Component { return pages.Offer(f, pages.OfferPage{Over: true}) })
}

func (w *Work) acceptOffer(r *site.Request) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return w.offerOver()
	}
	client, err := w.Cases.Accept(r.Ctx(), r.Who, id)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		return w.offerWith(r, nil)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/case").Saying(ui.Good, "The case is yours. The colleague who offered it is told."), nil
}

func (w *Work) declineOffer(r *site.Request) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return w.offerOver()
	}
	err = w.Cases.Decline(r.Ctx(), r.Who, id, r.Text("reason"))
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(err)
		return w.offerWith(r, &form)
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict):
		form := r.Posted(nil)
		return w.offerWith(r, &form)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/offers").Saying(ui.Good, "Declined. The colleague who offered it is told why."), nil
}

// dayFrom reads a day of a form, as it begins in the agency's zone; wrong is what to
// say of it otherwise.
func dayFrom(r *site.Request, name, wrong string) (time.Time, []fault.Field) {
	if r.Value(name) == "" {
		return time.Time{}, nil
	}
	d, err := time.ParseInLocation(time.DateOnly, r.Value(name), r.Zone)
	if err != nil {
		return time.Time{}, []fault.Field{{Name: name, Message: wrong}}
	}
	return d, nil
}

const dayWrong = "Enter the date as month, day and year."

// caseOf is the client and the case a path names.
func caseOf(r *site.Request) (client person.ID, id casefile.ID, err error) {
	if client, err = clientID(r); err != nil {
		return client, id, err
	}
	id, err = caseID(r)
	return client, id, err
}

func (w *Work) offerCase(r *site.Request) (site.Answer, error) {
	client, id, err := caseOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	in := casefile.Offering{To: r.Value("worker"), On: civilDate(r.Value("handover_on")), Words: casefile.Words{Matters: r.Text("matters"), Items: r.Text("items"), Risks: r.Text("risks")}}
	until, bad := dayFrom(r, "until", dayWrong)
	if !until.IsZero() {
		in.Until = until.AddDate(0, 0, 1) // through the end of that day
	}
	if _, wrong := dayFrom(r, "handover_on", dayWrong); wrong != nil {
		bad = append(bad, wrong...)
	}
	if len(bad) > 0 {
		return w.done(r, pages.OfferCase, fault.InvalidFields("case.offer", bad...), nil, "")
	}
	err = w.Cases.Offer(r.Ctx(), r.Who, client, id, versionOf(r), in)
	return w.done(r, pages.OfferCase, err, nil, "The case is offered. Your colleague is told; you are told of the answer.")
}

func (w *Work) withdrawOffer(r *site.Request) (site.Answer, error) {
	client, id, err := caseOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	back := site.SeeOther("/clients/" + client.String() + "/case")
	err = w.Cases.Withdraw(r.Ctx(), r.Who, id)
	if fault.Is(err, fault.Conflict) {
		return back.Refusing("There was no open offer any more. This is how the case stands now."), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return back.Saying(ui.Good, "The offer is taken back. Your colleague is told and no longer sees the client."), nil
}

func (w *Work) reopenCase(r *site.Request) (site.Answer, error) {
	client, id, err := caseOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Cases.Reopen(r.Ctx(), r.Who, client, id, versionOf(r), casefile.Reopening{Reason: r.Text("reason"), Worker: r.Value("worker")})
	return w.done(r, pages.ReopenCase, err, nil, "The case is open again.")
}

func (w *Work) renewCase(r *site.Request) (site.Answer, error) {
	_, id, err := caseOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	_, bad := dayFrom(r, "eligible_from", dayWrong)
	_, wrong := dayFrom(r, "eligible_until", dayWrong)
	if bad = append(bad, wrong...); len(bad) > 0 {
		return w.done(r, pages.RenewCase, fault.InvalidFields("case.change", bad...), nil, "")
	}
	err = w.Cases.Renew(r.Ctx(), r.Who, id, versionOf(r), civilDate(r.Value("eligible_from")), civilDate(r.Value("eligible_until")))
	return w.done(r, pages.RenewCase, err, nil, "The eligibility is renewed. The period before stays in the record.")
}

// editCase changes what a form about a case shows. What a colleague saved in
// between is put together with it and shown, and nothing is saved before.
func (w *Work) editCase(r *site.Request) (site.Answer, error) {
	_, id, err := caseOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	names := map[string]string{"next_contact_on": "next_on", "next_contact": "next", "plan_review_on": "review_on"}
	var bad []fault.Field
	for _, n := range []string{"next_on", "review_on"} {
		_, wrong := dayFrom(r, n, dayWrong)
		bad = append(bad, wrong...)
	}
	if len(bad) > 0 {
		return w.done(r, pages.EditCase, fault.InvalidFields("case.change", bad...), nil, "")
	}
	err = w.Cases.Edit(r.Ctx(), r.Who, id, versionOf(r), func(c *casefile.Case) {
		c.Level, c.NextContactOn, c.NextContact = casefile.Level(r.Value("level")), civilDate(r.Value("next_on")), r.Text("next")
		c.PlanReviewOn, c.OpenReason = civilDate(r.Value("review_on")), phi.NewText(r.Value("open_reason"))
	})
	if fault.Is(err, fault.Conflict) {
		form := r.Posted(nil)
		return w.caseMerge(r, pages.EditCase, &form, true)
	}
	return w.done(r, pages.EditCase, err, names, "Case saved.")
}
