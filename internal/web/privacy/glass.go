package privacy

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/inspect"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func reasons(r *site.Request) []ui.Option {
	var out []ui.Option
	for _, x := range glass.Reasons() {
		out = append(out, ui.Option{Value: string(x), Text: r.T(x.English())})
	}
	return out
}

func scopes(r *site.Request) []ui.Option {
	var out []ui.Option
	for _, c := range glass.Scopes() {
		o := ui.Option{Value: string(c), Text: ui.ClassName(r.Lang, string(c))}
		if ui.SpecialClass(string(c)) {
			o.Tone = ui.Special
		}
		out = append(out, o)
	}
	return out
}

// glassForm needs a fresh proof before anything is typed, so that no words are
// lost on the way to it.
func (p *Privacy) glassForm(r *site.Request) (site.Answer, error) {
	if err := r.Proved("glass.break"); err != nil {
		return site.Answer{}, err
	}
	var form ui.Form
	for _, c := range glass.Ordinary() {
		form.Add("classes", phi.NewText(string(c)))
	}
	page := pages.GlassPage{Form: form, Reasons: reasons(r), Classes: scopes(r), Hours: int(glass.Lasts / time.Hour), Review: r.T("within three working days")}
	if s, err := record.ParseSubject(r.Value("client")); err == nil {
		page.Client = &ui.Client{ID: s.String()}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Glass(f, page) }), nil
}

func (p *Privacy) breakGlass(r *site.Request) (site.Answer, error) {
	ask := glass.Ask{Number: r.Text("client"), Reason: glass.Reason(r.Value("reason")), Words: r.Text("words")}
	if s, err := record.ParseSubject(r.Value("client_id")); err == nil {
		ask.Subject = s
	}
	for _, c := range r.Values("classes") {
		ask.Scope = append(ask.Scope, policy.Class(c))
	}
	got, err := p.Glass.Break(r.Ctx(), r.Who, ask)
	if fault.Is(err, fault.Invalid) {
		page := pages.GlassPage{Form: r.Posted(renamed(err, map[string]string{"number": "client", "scope": "classes"})), Reasons: reasons(r), Classes: scopes(r), Hours: int(glass.Lasts / time.Hour), Review: r.T("within three working days")}
		if !ask.Subject.IsZero() {
			page.Client = &ui.Client{ID: ask.Subject.String()}
		}
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Glass(f, page) }), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	if got.Subject.IsZero() {
		// Nobody has this number. It is said now, after the reason was given
		// and the officers were told, and only now.
		page := pages.GlassPage{Form: r.Posted(nil), Reasons: reasons(r), Classes: scopes(r), Hours: int(glass.Lasts / time.Hour), Review: r.T("within three working days")}
		page.Form.Fail("client", r.T("No client has this number. Check it; your attempt is in the log."))
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Glass(f, page) }), nil
	}
	return site.SeeOther("/clients/"+got.Subject.String()).Saying(ui.Warning, "The record is open to you for four hours. Your supervisor and the Privacy Officer were told."), nil
}

// renamed gives the fields of an error the names the form has.
func renamed(err error, names map[string]string) error {
	var out []fault.Field
	for _, f := range fault.FieldsOf(err) {
		if n := names[f.Name]; n != "" {
			f.Name = n
		}
		out = append(out, f)
	}
	if out == nil {
		return err
	}
	return fault.InvalidFields("form", out...)
}

func (p *Privacy) row(r *site.Request, o glass.Opened, names map[string]string) pages.GlassRow {
	v := o.Value
	x := pages.GlassRow{
		ID: o.ID.String(), Who: names[v.Asker], WhoID: v.Asker, Client: ui.Client{ID: o.Subject.String()}, Reason: v.Reason.English(), Words: v.Words,
		From: v.From.In(r.Zone), Until: v.Until.In(r.Zone), DecideBy: v.ReviewDue.In(r.Zone),
	}
	if v.EndedBy != "" {
		x.Ended = v.Until.In(r.Zone)
	}
	switch v.Verdict {
	case glass.Appropriate:
		x.Decision = pages.Appropriate
	case glass.NotAppropriate:
		x.Decision = pages.Inappropriate
	}
	if v.Verdict != "" {
		x.By, x.DecidedAt = names[v.ReviewedBy], v.ReviewedAt.In(r.Zone)
	}
	return x
}

func (p *Privacy) glassList(r *site.Request) (site.Answer, error) {
	decided := r.Value("view") == "decided"
	l, err := p.Glass.Queue(r.Ctx(), r.Who, glass.QueueQuery{Reviewed: decided, After: r.Value("after")})
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.GlassListPage{Mine: r.Who.Role() != actor.PrivacyOfficer && r.Who.Role() != actor.Supervisor && r.Who.Role() != actor.Auditor}
	page.Views = []ui.Tab{
		{Text: r.T("To review"), URL: "/break-glass", Current: !decided},
		{Text: r.T("Decided"), URL: "/break-glass?view=decided", Current: decided},
	}
	var ids []string
	for _, o := range l.Rows {
		ids = append(ids, o.Value.Asker, o.Value.ReviewedBy)
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	var subjects []record.Subject
	for _, o := range l.Rows {
		subjects = append(subjects, o.Subject)
	}
	numbers, err := p.Clients.Numbers(r.Ctx(), r.Who, subjects)
	if err != nil {
		return site.Answer{}, err
	}
	for _, o := range l.Rows {
		x := p.row(r, o, names)
		if x.Client.Number = numbers[o.Subject.String()]; x.Client.Number.Empty() {
			x.Client.Number = phi.NewText(o.Subject.String()[:8] + "…")
		}
		page.Rows = append(page.Rows, x)
	}
	if l.Next != "" {
		page.Older = "/break-glass?after=" + l.Next
		if decided {
			page.Older += "&view=decided"
		}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.GlassList(f, page) }), nil
}

func (p *Privacy) reviewPage(r *site.Request, id glass.ID) (pages.GlassReviewPage, glass.Opened, error) {
	o, err := p.Glass.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return pages.GlassReviewPage{}, o, err
	}
	v := o.Value
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{v.Asker, v.ReviewedBy})
	if err != nil {
		return pages.GlassReviewPage{}, o, err
	}
	page := pages.GlassReviewPage{GlassRow: p.row(r, o, names), Said: v.Finding}
	for _, c := range v.Scope {
		page.Classes = append(page.Classes, string(c))
	}
	// Whose record it was, as far as the reader may know.
	switch c, err := p.Clients.Open(r.Ctx(), r.Who, record.OwnID[person.Client](o.Subject)); {
	case err == nil:
		page.Client.Name, page.Client.Number = c.Value.ListName(), c.Value.Number
	case fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied):
		page.Client.Number = phi.NewText(o.Subject.String()[:8] + "…")
	default:
		return page, o, err
	}
	page.Conflict = v.Asker == r.Who.Worker()
	page.Sanctions = r.Who.Role() == actor.PrivacyOfficer && !page.Conflict && v.Verdict == glass.NotAppropriate
	page.MayDecide = r.Who.Role() == actor.PrivacyOfficer && !page.Conflict && v.State(r.Now) != glass.Open
	// What was opened: the asker's entries about this client while it lasted.
	found, err := p.Inspect.Explore(r.Ctx(), r.Who, inspect.Query{Worker: v.Asker, Subject: o.Subject, Since: v.From, Until: v.Until.Add(time.Microsecond), Outcome: audit.Allowed, Limit: 200})
	switch {
	case err == nil:
		if page.Entries, err = Entries(r.Ctx(), r.Who, p.Inspect, p.Org.Directory(), found.Entries, found.Numbers, r.Zone); err != nil {
			return page, o, err
		}
		seen := map[string]bool{}
		for _, e := range found.Entries {
			for _, t := range e.Touched {
				if len(t.Classes) > 0 && t.Kind != "glass" {
					seen[t.ID] = true
				}
			}
		}
		page.Opened = len(seen)
	case fault.Is(err, fault.Denied):
		// A supervisor sees the grant and not the log.
	default:
		return page, o, err
	}
	return page, o, nil
}

func (p *Privacy) glassRead(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[glass.Grant](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, err
	}
	page, _, err := p.reviewPage(r, id)
	if err != nil {
		return site.Answer{}, err
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.GlassReview(f, page) }), nil
}

func (p *Privacy) review(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[glass.Grant](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, err
	}
	verdict := glass.Verdict("")
	switch pages.GlassDecision(r.Value("decision")) {
	case pages.Appropriate:
		verdict = glass.Appropriate
	case pages.Inappropriate:
		verdict = glass.NotAppropriate
	}
	err = p.Glass.Review(r.Ctx(), r.Who, id, 0, verdict, r.Text("words"))
	if fault.Is(err, fault.Invalid) {
		page, _, perr := p.reviewPage(r, id)
		if perr != nil {
			return site.Answer{}, perr
		}
		page.Form = r.Posted(renamed(err, map[string]string{"verdict": "decision", "finding": "words"}))
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.GlassReview(f, page) }), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/break-glass").Saying(ui.Good, "Your decision is recorded."), nil
}

func (p *Privacy) end(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[glass.Grant](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, err
	}
	if err := p.Glass.End(r.Ctx(), r.Who, id); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/caseload").Saying(ui.Good, "Emergency access has ended. It will be reviewed."), nil
}
