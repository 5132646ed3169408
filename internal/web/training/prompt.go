package training

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/program/training"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Asking has the routes that are moments of risk ask their question: before what they
// do, or, in an emergency, after it.
func (p *Pages) Asking(routes []site.Route) []site.Route {
	for i, x := range routes {
		switch m := training.Moment(x.Risk); m {
		case "":
		case training.AfterGlass:
			routes[i].Handle = p.after(m, x.Handle)
		default:
			routes[i].Handle = p.before(m, x.May, x.Handle)
		}
	}
	return routes
}

// The fields of a question that stands before something, beside those that were posted.
const (
	askedField  = "prompt_asked"
	answerField = "answer"
)

// before puts the question of a moment before what a form does. What was posted goes
// through the question and what is said of the answer in fields of the page, is kept
// nowhere, and is done as it was posted. Whoever may not do it is refused unasked.
func (p *Pages) before(m training.Moment, may func(*site.Request) (bool, error), do site.Handler) site.Handler {
	return func(r *site.Request) (site.Answer, error) {
		if s := r.Value(askedField); s != "" {
			id, err := record.ParseID[training.Asking](s)
			if err != nil {
				return site.Answer{}, err
			}
			return p.reply(r, id, p.posted(r))
		}
		if may != nil {
			if ok, err := may(r); err != nil {
				return site.Answer{}, err
			} else if !ok {
				return do(r)
			}
		}
		id, ok, err := p.Training.Ask(r.Ctx(), r.Who, m, r.Zone)
		if err != nil {
			return site.Answer{}, err
		}
		if !ok {
			return do(r)
		}
		return p.asked(r, id, p.posted(r), nil)
	}
}

// after has the question of a moment wait once something is done. Whatever happens to
// the question, what was done is answered as it would be without it.
func (p *Pages) after(m training.Moment, do site.Handler) site.Handler {
	return func(r *site.Request) (site.Answer, error) {
		a, err := do(r)
		if err != nil || !a.Leads() {
			return a, err
		}
		_, _, asked := p.Training.Ask(r.Ctx(), r.Who, m, r.Zone)
		return a.Because(asked), nil
	}
}

// posted is what a form holds, to be sent on from a page that stands before it.
func (p *Pages) posted(r *site.Request) pages.PromptPage {
	out := pages.PromptPage{Action: r.URL.RequestURI(), Held: true, Form: r.Posted(nil)}
	for name := range r.PostForm {
		if name != "csrf" && name != askedField && name != answerField {
			out.Carried = append(out.Carried, name)
		}
	}
	slices.Sort(out.Carried)
	return out
}

// asked shows the question, with wrong if it was sent without an answer, or what is
// said of the answer that was given.
func (p *Pages) asked(r *site.Request, id training.AskingID, out pages.PromptPage, wrong error) (site.Answer, error) {
	o, text, err := p.Training.Asked(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	with, err := p.filled(r)
	if err != nil {
		return site.Answer{}, err
	}
	plain := text.In(string(r.Lang))
	c := plain.Filled(with)
	d := c.Scenarios[0].Decisions[0]
	out.ID, out.Field, out.Heading, out.Ask, out.Cites = id.String(), askedField, c.Title, d.Ask, c.Citations
	out.Text = said(plain.Scenarios[0].Text, with)
	out.Made = o.Value.Status != training.Open
	for i, x := range d.Choices {
		n := pages.Choosing{Value: strconv.Itoa(i), Text: x.Text}
		if out.Made {
			n.Chosen, n.Right, n.Why = i == o.Value.Chosen, x.Right, x.Why
		}
		out.Choices = append(out.Choices, n)
	}
	view := func(f ui.Frame) templ.Component { return pages.Prompt(f, out) }
	a := site.Page(view)
	if wrong != nil {
		for _, f := range fault.FieldsOf(wrong) {
			out.Form.Fail(f.Name, f.Message)
		}
		a = site.Invalid(view)
	}
	if out.Held {
		a = a.Holding()
	}
	return a, nil
}

// reply takes an answer and says why. One that was given already stays as it is.
func (p *Pages) reply(r *site.Request, id training.AskingID, out pages.PromptPage) (site.Answer, error) {
	n, err := strconv.Atoi(r.Value(answerField))
	if err != nil {
		n = -1
	}
	switch err = p.Training.Reply(r.Ctx(), r.Who, id, n); {
	case err == nil, fault.Is(err, fault.Conflict):
		return p.asked(r, id, out, nil)
	case fault.Is(err, fault.Invalid):
		return p.asked(r, id, out, err)
	}
	return site.Answer{}, err
}

// question shows the question of a moment that waits for the reader.
func (p *Pages) question(r *site.Request) (site.Answer, error) {
	m := training.Moment(r.PathValue("moment"))
	waits, err := p.Training.Waiting(r.Ctx(), r.Who, m)
	if err != nil {
		return site.Answer{}, err
	}
	var id training.AskingID
	if waits {
		if id, waits, err = p.Training.Ask(r.Ctx(), r.Who, m, r.Zone); err != nil {
			return site.Answer{}, err
		}
	}
	if !waits {
		return site.SeeOther("/training").Saying(ui.Note, "No question waits for you."), nil
	}
	// From where they came they go on.
	next := "/today"
	if u, err := url.Parse(r.Referer()); err == nil && u.Host == r.Host && u.Path != "" && u.Path != r.URL.Path {
		next = u.RequestURI()
	}
	return p.asked(r, id, pages.PromptPage{Action: r.URL.Path, Next: next}, nil)
}

func (p *Pages) answerLater(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[training.Asking](r.Value(askedField))
	if err != nil {
		return site.Answer{}, err
	}
	return p.reply(r, id, pages.PromptPage{Action: r.URL.Path, Next: r.Next("/today"), Form: r.Posted(nil)})
}

func (p *Pages) prompts(r *site.Request) (site.Answer, error) {
	return p.promptsWith(r, "", ui.Form{})
}

// promptsWith shows how questions are asked, with what was typed for one moment.
func (p *Pages) promptsWith(r *site.Request, at training.Moment, form ui.Form) (site.Answer, error) {
	rules, err := p.Training.PromptRules(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.PromptRulesPage{MayEdit: leads(r.Who)}
	for _, o := range rules {
		v := o.Value
		row := pages.PromptRuleRow{Moment: string(v.Moment), Title: r.T(v.Moment.English()), Off: v.Off, Days: v.Days, Version: strconv.FormatInt(o.Version, 10)}
		row.Form = ui.NewForm("days-"+row.Moment, strconv.Itoa(v.Days))
		if !v.Off {
			row.Form.Add("ask-"+row.Moment, text("yes"))
		}
		if v.Moment == at {
			row.Form = form
		}
		out.Rows = append(out.Rows, row)
	}
	view := func(f ui.Frame) templ.Component { return pages.PromptRules(f, out) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (p *Pages) setPrompt(r *site.Request) (site.Answer, error) {
	m := training.Moment(r.PathValue("moment"))
	days, err := strconv.Atoi(r.Value("days-" + string(m)))
	if err != nil {
		days = -1
	}
	version, _ := strconv.ParseInt(r.Value("version"), 10, 64)
	err = p.Training.SetPrompt(r.Ctx(), r.Who, version, training.PromptRule{Moment: m, Off: r.Value("ask-"+string(m)) != "yes", Days: days})
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(nil)
		for _, f := range fault.FieldsOf(err) {
			form.Fail(f.Name+"-"+string(m), f.Message)
		}
		return p.promptsWith(r, m, form)
	case fault.Is(err, fault.Conflict):
		return site.SeeOther("/training/prompts").Refusing("Somebody else changed it meanwhile. Look at it as it is now, and change it again."), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/training/prompts").Saying(ui.Good, "Saved. It holds from now on."), nil
}
