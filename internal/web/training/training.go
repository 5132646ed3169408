package training

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/program/governance"
	"caseward/internal/program/training"
	"caseward/internal/prose"
	"caseward/internal/record"
	governing "caseward/internal/web/governance"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Uses is what the pages are made of.
type Uses struct {
	Training   *training.Training
	Governance *governance.Governance
	Org        *org.Org
}

// Pages is the handlers.
type Pages struct{ Uses }

// New returns the handlers.
func New(u Uses) *Pages { return &Pages{u} }

// Routes is the part of the route table that is here.
func (p *Pages) Routes() []site.Route {
	return []site.Route{
		{Pattern: "GET /training", Action: "attempt.find", Handle: p.mine},
		{Pattern: "GET /training/courses/{code}", Action: "course.find", Handle: p.course},
		{Pattern: "POST /training/courses/{code}", Action: "attempt.start", Handle: p.start},
		{Pattern: "GET /training/attempts/{id}", Action: "attempt.read", Handle: p.attempt},
		{Pattern: "POST /training/attempts/{id}", Action: "attempt.keep", Handle: p.step},
		{Pattern: "GET /training/attempts/{id}/certificate", Action: "attempt.read", Handle: p.certificate},
		{Pattern: "GET /training/staff", Action: "attempt.find", Handle: p.staff},
		{Pattern: "POST /training/staff", Action: "assignment.create", Handle: p.assign},
		{Pattern: "GET /training/figures", Action: "attempt.find", Handle: p.figures},
		{Pattern: "GET /training/questions/{moment}", Action: "prompt.answer", Handle: p.question},
		{Pattern: "POST /training/questions/{moment}", Action: "prompt.answer", Handle: p.answerLater},
		{Pattern: "GET /training/prompts", Action: "prompting.find", Handle: p.prompts},
		{Pattern: "POST /training/prompts/{moment}", Action: "prompting.change", Handle: p.setPrompt},
		{Pattern: "GET /training/huddles", Action: "huddle.find", Handle: p.huddles},
		{Pattern: "GET /training/huddles/{sheet}", Action: "huddle.find", Handle: p.sheet},
		{Pattern: "POST /training/huddles/{sheet}", Action: "huddle.hold", Handle: p.hold},
		{Pattern: "GET /training/huddles/{sheet}/print", Action: "huddle.find", Handle: p.printSheet},
		{Pattern: "GET /training/held/{id}", Action: "huddle.read", Handle: p.printHeld},
		{Pattern: "GET /training/exercises", Action: "campaign.find", Handle: p.exercises},
		{Pattern: "POST /training/exercises", Action: "campaign.create", Handle: p.plan},
		{Pattern: "GET /training/exercises/{id}", Action: "campaign.read", Handle: p.exercise},
		{Pattern: "POST /training/exercises/{id}", Action: "campaign.stop", Handle: p.run},
		{Pattern: "GET /training/report", Action: "exercise.report", Handle: p.suspicious},
		{Pattern: "POST /training/report", Action: "exercise.report", Handle: p.report},
		{Pattern: "GET /by-link/mail/{secret}", Access: site.Public, Handle: p.landed},
		{Pattern: "POST /by-link/mail/{secret}", Access: site.Public, Handle: p.here},
		{Pattern: "GET /training/curricula", Action: "curriculum.find", Handle: p.curricula},
		{Pattern: "GET /training/curricula/{role}", Action: "curriculum.change", Handle: p.curriculum},
		{Pattern: "POST /training/curricula/{role}", Action: "curriculum.change", Handle: p.require},
		{Pattern: "GET /training/changes", Action: "training.find", Handle: p.changes},
		{Pattern: "POST /training/changes", Action: "training.change", Handle: p.announce},
		{Pattern: "GET /training/keep", Action: "course.find", Handle: p.keep},
		{Pattern: "POST /training/keep/adopt", Action: "course.publish", Handle: p.adopt},
		{Pattern: "GET /training/keep/new", Action: "course.create", Handle: p.newCourse},
		{Pattern: "POST /training/keep/new", Action: "course.create", Handle: p.writeCourse},
		{Pattern: "GET /training/keep/{id}", Action: "course.read", Handle: p.readCourse},
		{Pattern: "POST /training/keep/{id}", Action: "course.change", Handle: p.rewrite},
		{Pattern: "POST /training/keep/{id}/publish", Action: "course.publish", Handle: p.publish},
	}
}

func page(v site.View) (site.Answer, error) { return site.Page(v), nil }

// leads reports whether the asker keeps courses. It is for leaving out what would
// be refused.
func leads(who actor.Actor) bool {
	return who.Role() == actor.PrivacyOfficer || who.Role() == actor.SecurityOfficer
}

// filled is what stands for the words in braces: who the agency is and whom to
// turn to.
func (p *Pages) filled(r *site.Request) (map[string]string, error) {
	return governing.Words(r, p.Governance, p.Org.Directory())
}

// said is a text of a course as a page shows it.
func said(text string, with map[string]string) prose.HTML {
	return prose.Parse(text).HTML(&prose.Fill{Text: with})
}

func (p *Pages) row(r *site.Request, x training.Item, courses []training.Opened) (pages.TrainingRow, bool) {
	row := pages.TrainingRow{Code: x.Course, Due: x.Due, Late: x.Late(r.Now), Last: x.Last, Score: x.Score, Begun: !x.Going.IsZero()}
	if !x.Due.IsZero() {
		row.Due = x.Due.In(r.Zone)
	}
	if !x.Last.IsZero() {
		row.Last = x.Last.In(r.Zone)
	}
	if x.Open {
		row.Why = r.T(x.Why.English())
	}
	if x.Paper > 0 {
		row.Certificate = "/training/attempts/" + x.Attempt.String() + "/certificate"
	}
	i := slices.IndexFunc(courses, func(o training.Opened) bool { return o.Value.Code == x.Course })
	if i < 0 {
		row.Title = x.Course
		return row, false
	}
	c := courses[i].Value.In(string(r.Lang))
	row.Title, row.Form, row.Minutes, row.Orientation = c.Title, string(c.Form), c.Minutes, c.Form == training.Orientation
	return row, true
}

func (p *Pages) mine(r *site.Request) (site.Answer, error) {
	items, courses, err := p.Training.Mine(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.TrainingPage{Back: r.Local("back")}
	attended, err := p.Training.Attended(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var by []string
	for _, o := range attended {
		by = append(by, o.Value.By)
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, by)
	if err != nil {
		return site.Answer{}, err
	}
	for _, o := range attended {
		out.Huddles = append(out.Huddles, pages.HeldRow{Title: o.Value.Title, On: o.Value.On, By: names[o.Value.By]})
	}
	for _, x := range items {
		row, there := p.row(r, x, courses)
		switch {
		case x.Open && there:
			out.Due = append(out.Due, row)
		case !x.Last.IsZero():
			out.Held = append(out.Held, row)
		}
	}
	for _, o := range courses {
		c := o.Value.In(string(r.Lang))
		if !c.IsFor(r.Who.Role()) && (r.Who.Also() == "" || !c.IsFor(r.Who.Also())) || slices.ContainsFunc(items, func(x training.Item) bool {
			return x.Course == c.Code && (x.Open || !x.Last.IsZero())
		}) {
			continue
		}
		row, _ := p.row(r, training.Item{Course: c.Code}, courses)
		out.Rest = append(out.Rest, row)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Training(f, out) })
}

func (p *Pages) course(r *site.Request) (site.Answer, error) {
	code := r.PathValue("code")
	items, courses, err := p.Training.Mine(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	i := slices.IndexFunc(courses, func(o training.Opened) bool { return o.Value.Code == code })
	if i < 0 {
		return site.Answer{}, fault.NotFoundf("course.read")
	}
	x := training.Item{Course: code}
	if j := slices.IndexFunc(items, func(x training.Item) bool { return x.Course == code }); j >= 0 {
		x = items[j]
	}
	with, err := p.filled(r)
	if err != nil {
		return site.Answer{}, err
	}
	row, _ := p.row(r, x, courses)
	c := courses[i].Value.In(string(r.Lang)).Filled(with)
	row.Title = c.Title
	out := pages.CoursePage{
		TrainingRow: row, Lessons: len(c.Lessons), Scenarios: len(c.Scenarios), Questions: training.Asks(c), Pass: c.Pass, Cites: c.Citations,
		Edition: courses[i].Value.Number, On: courses[i].Value.PublishedAt.In(r.Zone), Back: r.Local("back"),
	}
	return page(func(f ui.Frame) templ.Component { return pages.Course(f, out) })
}

func (p *Pages) start(r *site.Request) (site.Answer, error) {
	id, err := p.Training.Start(r.Ctx(), r.Who, r.PathValue("code"))
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(pages.AttemptURL(id.String(), -1, r.Local("back"))), nil
}

func attemptID(r *site.Request) (training.AttemptID, error) {
	return record.ParseID[training.Attempt](r.PathValue("id"))
}

func (p *Pages) attempt(r *site.Request) (site.Answer, error) {
	id, err := attemptID(r)
	if err != nil {
		return site.Answer{}, err
	}
	a, e, err := p.Training.Taking(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	if a.Value.Status != training.Going {
		return p.result(r, a, e)
	}
	if a.Value.Worker != r.Who.Worker() {
		return site.Answer{}, fault.NotFoundf("attempt.read")
	}
	at := a.Value.Step
	if n, err := strconv.Atoi(r.Value("step")); err == nil && n >= 0 && n < at {
		at = n
	}
	return p.at(r, a.Value, e.Value, at, ui.Form{})
}

// at shows one step of an attempt.
func (p *Pages) at(r *site.Request, a training.Attempt, e training.Edition, step int, form ui.Form) (site.Answer, error) {
	with, err := p.filled(r)
	if err != nil {
		return site.Answer{}, err
	}
	plain := e.In(string(r.Lang))
	c := plain.Filled(with)
	place := training.At(c, len(a.Drawn), step)
	out := pages.StepPage{ID: r.PathValue("id"), Title: c.Title, Step: step, Steps: training.Steps(c, len(a.Drawn)), Kind: "lesson", Form: form, Back: r.Local("back")}
	pick := func(chosen []int) {
		if len(form.Errors()) > 0 {
			return
		}
		for _, n := range chosen {
			out.Form.Add("choice", text(strconv.Itoa(n)))
		}
	}
	switch {
	case place.Lesson >= 0:
		out.Heading, out.Text = c.Lessons[place.Lesson].Title, said(plain.Lessons[place.Lesson].Text, with)
	case place.Scenario >= 0:
		s, d := c.Scenarios[place.Scenario], c.Scenarios[place.Scenario].Decisions[place.Decision]
		out.Kind, out.Heading, out.Ask = "decision", s.Title, d.Ask
		// What happened before stays in sight.
		words := []string{plain.Scenarios[place.Scenario].Text}
		for _, before := range plain.Scenarios[place.Scenario].Decisions[:place.Decision+1] {
			words = append(words, before.Text)
		}
		out.Text = said(strings.Join(words, "\n\n"), with)
		chosen, made := a.Turned(place.Scenario, place.Decision)
		out.Made = made
		for i, x := range d.Choices {
			o := pages.Choosing{Value: strconv.Itoa(i), Text: x.Text}
			if made {
				o.Chosen, o.Right, o.Why = i == chosen, x.Right, x.Why
			}
			out.Choices = append(out.Choices, o)
		}
	case place.Question >= 0:
		q := c.Questions[a.Drawn[place.Question]]
		out.Kind, out.Ask, out.Several = "question", q.Ask, q.Several()
		out.Heading = r.T("Question %d of %d", place.Question+1, len(a.Drawn))
		for i, x := range q.Choices {
			out.Choices = append(out.Choices, pages.Choosing{Value: strconv.Itoa(i), Text: x.Text})
		}
		chosen, _ := a.Chosen(a.Drawn[place.Question])
		pick(chosen)
	default:
		out.Kind, out.Heading = "end", r.T("Hand it in")
	}
	view := func(f ui.Frame) templ.Component { return pages.CourseStep(f, out) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (p *Pages) step(r *site.Request) (site.Answer, error) {
	id, err := attemptID(r)
	if err != nil {
		return site.Answer{}, err
	}
	step, _ := strconv.Atoi(r.Value("step"))
	next := pages.AttemptURL(r.PathValue("id"), -1, r.Local("back"))
	switch r.Value("do") {
	case "finish":
		_, err = p.Training.Finish(r.Ctx(), r.Who, id)
	case "on":
		err = p.Training.GoOn(r.Ctx(), r.Who, id, step)
		next = pages.AttemptURL(r.PathValue("id"), step+1, r.Local("back"))
	default:
		var chosen []int
		for _, s := range r.Values("choice") {
			n, err := strconv.Atoi(s)
			if err != nil {
				n = -1
			}
			chosen = append(chosen, n)
		}
		var a record.Opened[training.Attempt]
		var e training.Opened
		if a, e, err = p.Training.Taking(r.Ctx(), r.Who, id); err != nil {
			return site.Answer{}, err
		}
		// A decision is stayed at until its why was read.
		to := step + 1
		if training.At(e.Value.In("en"), len(a.Value.Drawn), step).Scenario >= 0 {
			to = step
		}
		next = pages.AttemptURL(r.PathValue("id"), to, r.Local("back"))
		err = p.Training.Keep(r.Ctx(), r.Who, id, step, chosen)
	}
	switch {
	case fault.Is(err, fault.Invalid):
		a, e, rerr := p.Training.Taking(r.Ctx(), r.Who, id)
		if rerr != nil {
			return site.Answer{}, rerr
		}
		if r.Value("do") == "finish" {
			step = a.Value.Step
		}
		return p.at(r, a.Value, e.Value, step, r.Posted(err))
	case fault.Is(err, fault.Conflict):
		return site.SeeOther(pages.AttemptURL(r.PathValue("id"), -1, r.Local("back"))).Saying(ui.Note, "It was handed in already. This is what came of it."), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther(next), nil
}

func (p *Pages) result(r *site.Request, a training.OpenedAttempt, e training.Opened) (site.Answer, error) {
	with, err := p.filled(r)
	if err != nil {
		return site.Answer{}, err
	}
	c, v := e.Value.In(string(r.Lang)).Filled(with), a.Value
	out := pages.CourseResultPage{
		ID: a.ID.String(), Code: v.Course, Title: c.Title, Passed: v.Status == training.Passed, Score: v.Score, Pass: c.Pass, Minutes: v.Minutes(),
		At: v.Finished.In(r.Zone), Back: r.Local("back"),
	}
	if !v.Until.IsZero() {
		out.Until = v.Until.In(r.Zone)
	}
	if out.Passed {
		out.Certificate = "/training/attempts/" + out.ID + "/certificate"
	}
	if v.Worker != r.Who.Worker() {
		if err := p.mayKnow(r, v.Worker); err != nil {
			return site.Answer{}, err
		}
		names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{v.Worker})
		if err != nil {
			return site.Answer{}, err
		}
		out.Who = names[v.Worker]
	}
	for _, n := range v.Drawn {
		q := c.Questions[n]
		chosen, _ := v.Chosen(n)
		row := pages.CourseResultRow{Ask: q.Ask, Why: q.Why, Right: q.Right(chosen)}
		for i, x := range q.Choices {
			row.Choices = append(row.Choices, pages.Choosing{Text: x.Text, Right: x.Right, Chosen: slices.Contains(chosen, i)})
		}
		out.Rows = append(out.Rows, row)
	}
	return page(func(f ui.Frame) templ.Component { return pages.CourseResult(f, out) })
}

// dayOf reads a day as its end in the agency's zone: by a day is within it.
func dayOf(r *site.Request, name string) time.Time {
	t, err := time.ParseInLocation("2006-01-02", r.Value(name), r.Zone)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, 1).Add(-time.Second)
}
