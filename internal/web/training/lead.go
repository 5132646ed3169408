package training

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/phi"
	"caseward/internal/program/training"
	"caseward/internal/program/training/starter"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func text(s string) phi.Text { return phi.NewText(s) }

func courseOptions(r *site.Request, courses []training.Opened) (out []ui.Option) {
	for _, o := range courses {
		out = append(out, ui.Option{Value: o.Value.Code, Text: o.Value.In(string(r.Lang)).Title})
	}
	return out
}

func (p *Pages) staff(r *site.Request) (site.Answer, error) { return p.staffWith(r, ui.Form{}) }

func (p *Pages) staffWith(r *site.Request, form ui.Form) (site.Answer, error) {
	s, err := p.Training.Staff(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, w := range s.Workers {
		ids = append(ids, w.ID)
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.TrainingStaffPage{Form: form, MayTake: leads(r.Who), MayGive: r.Who.Role() != actor.Auditor, Courses: courseOptions(r, s.Courses)}
	for _, w := range s.Workers {
		row := pages.TrainingStaffRow{ID: w.ID, Name: names[w.ID], Role: w.Role}
		for _, o := range s.Attended {
			if o.Value.Worker == w.ID {
				row.Huddles = append(row.Huddles, pages.HeldRow{Title: o.Value.Title, On: o.Value.On})
			}
		}
		for _, x := range s.Items {
			if x.Worker != w.ID || !x.Asked && x.Last.IsZero() {
				continue
			}
			line, _ := p.row(r, x, s.Courses)
			c := pages.TrainingStand{Title: line.Title, Open: x.Open, Late: line.Late, Held: x.Held, Due: line.Due, Last: line.Last, Score: x.Score}
			if x.Open && x.Why != training.Hire {
				c.Why = r.T(x.Why.English())
			}
			if !x.Attempt.IsZero() {
				c.Result = pages.AttemptURL(x.Attempt.String(), -1, "")
			}
			for _, g := range x.Given {
				c.Given = append(c.Given, g.String())
			}
			if c.Late {
				out.Overdue++
			}
			row.Courses = append(row.Courses, c)
		}
		out.Rows = append(out.Rows, row)
		out.Workers = append(out.Workers, ui.Option{Value: w.ID, Text: names[w.ID]})
	}
	order.By(out.Rows, func(a, b pages.TrainingStaffRow) int { return strings.Compare(a.Name, b.Name) })
	order.By(out.Workers, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	view := func(f ui.Frame) templ.Component { return pages.TrainingStaff(f, out) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (p *Pages) assign(r *site.Request) (site.Answer, error) {
	if s := r.Value("withdraw"); s != "" {
		id, err := record.ParseID[training.Assignment](s)
		if err != nil {
			return site.Answer{}, err
		}
		if err := p.Training.Withdraw(r.Ctx(), r.Who, id); err != nil && !fault.Is(err, fault.Conflict) {
			return site.Answer{}, err
		}
		return site.SeeOther("/training/staff").Saying(ui.Good, "Taken back. It is not asked for any more."), nil
	}
	err := p.Training.Assign(r.Ctx(), r.Who, r.Value("worker"), r.Value("course"), training.Remedial, dayOf(r, "due"))
	if fault.Is(err, fault.Invalid) {
		return p.staffWith(r, r.Posted(err))
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/training/staff").Saying(ui.Good, "Assigned. It stands on their page of training."), nil
}

func (p *Pages) figures(r *site.Request) (site.Answer, error) {
	s, err := p.Training.Staff(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	n := training.Count(r.Now, s)
	out := pages.TrainingFiguresPage{
		People: n.People, Asked: n.Asked, Held: n.Held, Overdue: n.Overdue, Passed: n.Passed, Failed: n.Failed, Median: n.Median,
		Yours: r.Who.Role() == actor.Supervisor || r.Who.Role() == actor.ProgramManager,
	}
	out.Huddles, out.Reached = n.Huddles.Held, n.Huddles.Reached
	for _, x := range n.Prompts {
		out.Prompts = append(out.Prompts, pages.PromptFigure{Title: r.T(x.Moment.English()), Asked: x.Asked, Answered: x.Answered, Wrong: x.Wrong})
	}
	for _, c := range n.Courses {
		out.Courses = append(out.Courses, pages.CourseFigure{
			Title: training.Title(s.Courses, c.Course, string(r.Lang)), Asked: c.Asked, Held: c.Held, Overdue: c.Overdue, Passed: c.Passed, Failed: c.Failed, Score: c.Score,
		})
	}
	for _, m := range n.Missed[:min(len(n.Missed), 20)] {
		for _, o := range s.Courses {
			if o.Value.Code == m.Course {
				c := o.Value.In(string(r.Lang))
				out.Missed = append(out.Missed, pages.MissedRow{Course: c.Title, Ask: c.Questions[m.Question].Ask, Asked: m.Asked, Percent: m.Percent})
			}
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.TrainingFigures(f, out) })
}

const everyone = "everyone"

// roleOf reads a role of an address; "everyone" is none.
func roleOf(s string) (actor.Role, bool) {
	if s == everyone {
		return "", true
	}
	return actor.Role(s), slices.Contains(actor.Roles(), actor.Role(s))
}

func roleName(r *site.Request, role actor.Role) string {
	if role == "" {
		return r.T("Everyone")
	}
	return ui.RoleName(r.Lang, role)
}

func (p *Pages) curricula(r *site.Request) (site.Answer, error) {
	cs, err := p.Training.Curricula(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	courses, _, err := p.Training.Courses(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.CurriculaPage{MayEdit: leads(r.Who)}
	for _, role := range append([]actor.Role{""}, actor.Roles()...) {
		row := pages.CurriculumRow{Role: string(role), Name: roleName(r, role)}
		if role == "" {
			row.Role = everyone
		}
		for _, c := range cs {
			if c.Value.Role != role {
				continue
			}
			for _, l := range c.Value.Lines {
				row.Lines = append(row.Lines, pages.CurriculumLine{
					Title: training.Title(courses, l.Course, string(r.Lang)), Settle: l.Settle, Within: l.Within, Every: l.Every, Grace: l.Grace, Limited: l.Limited, Orientation: l.Form == training.Orientation,
				})
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Curricula(f, out) })
}

// spare is how many empty lines a curriculum's form has behind those in use.
const spare = 3

// curriculum needs a fresh proof before anything is typed, so that nothing is lost
// on the way to it.
func (p *Pages) curriculum(r *site.Request) (site.Answer, error) {
	if !leads(r.Who) {
		return site.Answer{}, fault.DeniedBy("curriculum.change", "training-is-led")
	}
	if err := r.Proved("curriculum.change"); err != nil {
		return site.Answer{}, err
	}
	return p.curriculumWith(r, nil)
}

func (p *Pages) curriculumWith(r *site.Request, posted func(now ui.Form, version string, o training.OpenedCurriculum) pages.CurriculumFormPage) (site.Answer, error) {
	role, ok := roleOf(r.PathValue("role"))
	if !ok {
		return site.Answer{}, fault.NotFoundf("curriculum.read")
	}
	cs, err := p.Training.Curricula(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	courses, _, err := p.Training.Courses(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var at training.OpenedCurriculum
	if i := slices.IndexFunc(cs, func(o training.OpenedCurriculum) bool { return o.Value.Role == role }); i >= 0 {
		at = cs[i]
	}
	var now ui.Form
	for i, l := range at.Value.Lines {
		n := strconv.Itoa(i)
		for _, x := range []struct {
			part string
			n    int
		}{{"settle-", l.Settle}, {"within-", l.Within}, {"every-", l.Every}, {"grace-", l.Grace}, {"limited-", l.Limited}} {
			now.Add(x.part+n, text(strconv.Itoa(x.n)))
		}
		now.Add("course-"+n, text(l.Course))
	}
	version := strconv.FormatInt(at.Version, 10)
	out := pages.CurriculumFormPage{Form: now, Version: version}
	if posted != nil {
		out = posted(now, version, at)
	}
	out.Role, out.Name, out.Lines = r.PathValue("role"), roleName(r, role), len(at.Value.Lines)+spare
	if n, err := strconv.Atoi(r.Value("lines")); err == nil && n > out.Lines && n <= maxLines {
		out.Lines = n
	}
	out.Courses = append([]ui.Option{{Text: r.T("No course")}}, courseOptions(r, courses)...)
	view := func(f ui.Frame) templ.Component { return pages.CurriculumForm(f, out) }
	if len(out.Form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

// maxLines is the most courses a curriculum's form has.
const maxLines = 60

func (p *Pages) require(r *site.Request) (site.Answer, error) {
	role, ok := roleOf(r.PathValue("role"))
	if !ok {
		return site.Answer{}, fault.NotFoundf("curriculum.change")
	}
	// Lines without a course are left out; at says where the others stand in the form.
	var lines []training.Line
	var at []int
	n, _ := strconv.Atoi(r.Value("lines"))
	for i := range min(n, maxLines) {
		s := strconv.Itoa(i)
		if r.Value("course-"+s) == "" {
			continue
		}
		count := func(part string) int {
			v := r.Value(part + "-" + s)
			if v == "" {
				return 0
			}
			if k, err := strconv.Atoi(v); err == nil {
				return k
			}
			return -1
		}
		lines = append(lines, training.Line{Course: r.Value("course-" + s), Settle: count("settle"), Within: count("within"), Every: count("every"), Grace: count("grace"), Limited: count("limited")})
		at = append(at, i)
	}
	version, err := strconv.ParseInt(r.Value("version"), 10, 64)
	if err != nil {
		return site.Answer{}, fault.Conflictf("curriculum.change", "the form does not say which version it was made from")
	}
	err = p.Training.Require(r.Ctx(), r.Who, role, version, lines)
	switch {
	case fault.Is(err, fault.Invalid):
		return p.curriculumWith(r, func(_ ui.Form, _ string, _ training.OpenedCurriculum) pages.CurriculumFormPage {
			return pages.CurriculumFormPage{Form: r.Posted(placed(err, at)), Version: r.Value("version")}
		})
	case fault.Is(err, fault.Conflict):
		return p.curriculumWith(r, func(now ui.Form, v string, o training.OpenedCurriculum) pages.CurriculumFormPage {
			m := ui.Merge(r.Posted(nil), now, pages.CurriculumFields(max(n, len(o.Value.Lines)+spare))...)
			m.At = o.ChangedAt.In(r.Zone)
			if names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{o.ChangedBy}); err == nil {
				m.By = names[o.ChangedBy]
			}
			return pages.CurriculumFormPage{Form: m.Form, Merged: &m, Version: v}
		})
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/training/curricula").Saying(ui.Good, "Saved. It is asked for from now on."), nil
}

// placed names what is wrong after the lines as they stand in the form.
func placed(err error, at []int) error {
	fs := fault.FieldsOf(err)
	for i := range fs {
		part, n, _ := strings.Cut(fs[i].Name, "-")
		if k, err := strconv.Atoi(n); err == nil && k < len(at) {
			fs[i].Name = part + "-" + strconv.Itoa(at[k])
		}
	}
	return fault.InvalidFields("curriculum.change", fs...)
}

func (p *Pages) changes(r *site.Request) (site.Answer, error) { return p.changesWith(r, ui.Form{}) }

func (p *Pages) changesWith(r *site.Request, form ui.Form) (site.Answer, error) {
	list, err := p.Training.Changes(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	courses, _, err := p.Training.Courses(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	under, err := p.Training.Under(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range list {
		ids = append(ids, o.Value.By)
	}
	for _, w := range under {
		ids = append(ids, w.ID)
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.ChangesPage{Form: form, MayTell: leads(r.Who), Courses: courseOptions(r, courses)}
	for _, o := range list {
		v := o.Value
		var titles []string
		for _, code := range v.Courses {
			titles = append(titles, training.Title(courses, code, string(r.Lang)))
		}
		out.Rows = append(out.Rows, pages.ChangeRow{
			Why: r.T(v.Why.English()), Title: v.Title, Words: v.Words, Cite: v.Cite, Courses: strings.Join(titles, ", "), By: names[v.By],
			At: v.At.In(r.Zone), Due: v.Due.In(r.Zone), Count: v.Count,
		})
	}
	for _, w := range []training.Why{training.PolicyChange, training.SystemChange, training.LawChange} {
		out.Whys = append(out.Whys, ui.Option{Value: string(w), Text: r.T(w.English())})
	}
	for _, role := range actor.Roles() {
		out.Roles = append(out.Roles, ui.Option{Value: string(role), Text: ui.RoleName(r.Lang, role)})
	}
	for _, w := range under {
		out.Workers = append(out.Workers, ui.Option{Value: w.ID, Text: names[w.ID]})
	}
	order.By(out.Workers, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	view := func(f ui.Frame) templ.Component { return pages.Changes(f, out) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (p *Pages) announce(r *site.Request) (site.Answer, error) {
	c := training.Change{
		Why: training.Why(r.Value("why")), Title: r.Value("title"), Words: r.Value("words"), Cite: r.Value("cite"), Courses: r.Values("course"),
		Workers: r.Values("worker"), Due: dayOf(r, "due"),
	}
	for _, s := range r.Values("role") {
		c.Roles = append(c.Roles, actor.Role(s))
	}
	_, err := p.Training.Announce(r.Ctx(), r.Who, c)
	if fault.Is(err, fault.Invalid) {
		return p.changesWith(r, r.Posted(err))
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/training/changes").Saying(ui.Good, "The courses are assigned to exactly those it affects."), nil
}

func (p *Pages) keep(r *site.Request) (site.Answer, error) {
	published, drafts, err := p.Training.Courses(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.CoursesPage{MayWrite: leads(r.Who)}
	row := func(o training.Opened) pages.CourseRow {
		c := o.Value.In(string(r.Lang))
		x := pages.CourseRow{ID: o.ID.String(), Code: o.Value.Code, Title: c.Title, Form: string(c.Form), Edition: o.Value.Number, Minutes: c.Minutes, Spanish: o.Value.Es != ""}
		if x.Title == "" {
			x.Title = r.T("A course without a title")
		}
		if !o.Value.PublishedAt.IsZero() {
			x.On = o.Value.PublishedAt.In(r.Zone)
		} else {
			x.Problems = len(training.Problems(o.Value.En, o.Value.Es))
		}
		return x
	}
	for _, o := range published {
		out.Published = append(out.Published, row(o))
	}
	for _, o := range drafts {
		out.Drafts = append(out.Drafts, row(o))
	}
	for _, e := range starter.Courses() {
		c := e.In(string(r.Lang))
		if !slices.ContainsFunc(published, func(o training.Opened) bool { return o.Value.Code == c.Code }) {
			out.Starters = append(out.Starters, pages.CourseRow{Code: c.Code, Title: c.Title, Form: string(c.Form), Minutes: c.Minutes})
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.Courses(f, out) })
}

func (p *Pages) adopt(r *site.Request) (site.Answer, error) {
	if _, err := p.Training.Adopt(r.Ctx(), r.Who, starter.Courses()); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/training/keep").Saying(ui.Good, "Adopted. Nobody must take them before a curriculum asks for them."), nil
}

func (p *Pages) newCourse(r *site.Request) (site.Answer, error) {
	if !leads(r.Who) {
		return site.Answer{}, fault.DeniedBy("course.create", "training-is-led")
	}
	form := ui.NewForm("en", empty)
	if of := r.Value("of"); of != "" {
		id, err := record.ParseID[training.Edition](of)
		if err != nil {
			return site.Answer{}, err
		}
		o, err := p.Training.Read(r.Ctx(), r.Who, id)
		if err != nil {
			return site.Answer{}, err
		}
		form = ui.NewForm("en", o.Value.En, "es", o.Value.Es)
	}
	for _, e := range starter.Courses() {
		if c := e.In("en"); c.Code == r.Value("from") {
			form = ui.NewForm("en", e.En, "es", e.Es)
		}
	}
	out := pages.CourseFormPage{Title: r.T("Write a course"), Form: form}
	return page(func(f ui.Frame) templ.Component { return pages.CourseForms(f, out) })
}

// empty is what a new course begins as.
const empty = `---
code: our-course
title: Our course
form: micro
for: everyone
minutes: 5
pass: 80
topics: our-topic
citations: agency practice
---

# Lesson: What to know

Write here.

# Question: What is asked?

- [x] What is right
- [ ] What is not

> Why it is so.
`

func (p *Pages) writeCourse(r *site.Request) (site.Answer, error) {
	id, err := p.Training.Write(r.Ctx(), r.Who, r.FormValue("en"), r.FormValue("es"))
	if fault.Is(err, fault.Invalid) {
		out := pages.CourseFormPage{Title: r.T("Write a course"), Form: r.Posted(err)}
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.CourseForms(f, out) }), nil
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/training/keep/"+id.String()).Saying(ui.Good, "Saved as a draft."), nil
}

// courseAt is a course being written, or read.
func (p *Pages) courseAt(r *site.Request) (pages.CourseFormPage, training.Opened, error) {
	id, err := record.ParseID[training.Edition](r.PathValue("id"))
	if err != nil {
		return pages.CourseFormPage{}, training.Opened{}, err
	}
	o, err := p.Training.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return pages.CourseFormPage{}, o, err
	}
	with, err := p.filled(r)
	if err != nil {
		return pages.CourseFormPage{}, o, err
	}
	v := o.Value
	out := pages.CourseFormPage{
		ID: id.String(), Version: strconv.FormatInt(o.Version, 10), Form: ui.NewForm("en", v.En, "es", v.Es), State: v.Status, Edition: v.Number,
		Fixed: v.Status != training.Draft || !leads(r.Who), Retire: v.Status == training.Published && leads(r.Who),
	}
	plain := v.In(string(r.Lang))
	c := plain.Filled(with)
	if out.Title = c.Title; out.Title == "" {
		out.Title = r.T("A course without a title")
	}
	if v.Status == training.Draft {
		for _, x := range training.Problems(v.En, v.Es) {
			lang := r.T("English")
			if x.Spanish {
				lang = r.T("Spanish")
			}
			out.Problems = append(out.Problems, pages.LineProblem{Text: lang, Line: x.Line, Says: x.Says})
		}
	}
	choices := func(cs []training.Choice) (list []pages.Choosing) {
		for _, x := range cs {
			list = append(list, pages.Choosing{Text: x.Text, Right: x.Right, Why: x.Why})
		}
		return list
	}
	for i, l := range c.Lessons {
		out.Seen = append(out.Seen, pages.CoursePart{Kind: r.T("Lesson"), Title: l.Title, Text: said(plain.Lessons[i].Text, with)})
	}
	for i, s := range c.Scenarios {
		out.Seen = append(out.Seen, pages.CoursePart{Kind: r.T("Scenario"), Title: s.Title, Text: said(plain.Scenarios[i].Text, with)})
		for _, d := range s.Decisions {
			out.Seen = append(out.Seen, pages.CoursePart{Kind: r.T("Decision"), Title: d.Ask, Choices: choices(d.Choices)})
		}
	}
	for _, q := range c.Questions {
		out.Seen = append(out.Seen, pages.CoursePart{Kind: r.T("Question"), Title: q.Ask, Choices: choices(q.Choices), Why: q.Why})
	}
	return out, o, nil
}

func (p *Pages) readCourse(r *site.Request) (site.Answer, error) {
	out, _, err := p.courseAt(r)
	if err != nil {
		return site.Answer{}, err
	}
	return page(func(f ui.Frame) templ.Component { return pages.CourseForms(f, out) })
}

func (p *Pages) rewrite(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[training.Edition](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, err
	}
	version, err := strconv.ParseInt(r.Value("version"), 10, 64)
	if err != nil || version < 1 {
		version = -1 // no version that there is
	}
	discard := r.Value("do") == "discard"
	if discard {
		err = p.Training.Discard(r.Ctx(), r.Who, id, version)
	} else {
		err = p.Training.Rewrite(r.Ctx(), r.Who, id, version, r.FormValue("en"), r.FormValue("es"))
	}
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict) && !discard:
		out, o, rerr := p.courseAt(r)
		if rerr != nil {
			return site.Answer{}, rerr
		}
		if fault.Is(err, fault.Invalid) {
			out.Form, out.Version, out.Problems = r.Posted(err), r.Value("version"), nil
		} else {
			m := ui.Merge(r.Posted(nil), out.Form, "en", "es")
			m.At = o.ChangedAt.In(r.Zone)
			if names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{o.ChangedBy}); err == nil {
				m.By = names[o.ChangedBy]
			}
			out.Form, out.Merged = m.Form, &m
			// Published meanwhile: what was typed is still shown, to be written as a new edition.
			out.Fixed = false
		}
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.CourseForms(f, out) }), nil
	case fault.Is(err, fault.Conflict):
		return site.SeeOther("/training/keep/"+id.String()).Saying(ui.Warning, "Somebody changed it meanwhile. Nothing was thrown away."), nil
	case err != nil:
		return site.Answer{}, err
	case discard:
		return site.SeeOther("/training/keep").Saying(ui.Good, "Thrown away."), nil
	}
	return site.SeeOther("/training/keep/"+id.String()).Saying(ui.Good, "Saved as a draft."), nil
}

func (p *Pages) publish(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[training.Edition](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, err
	}
	version, _ := strconv.ParseInt(r.Value("version"), 10, 64)
	retire := r.Value("do") == "retire"
	if retire {
		err = p.Training.Retire(r.Ctx(), r.Who, id, version)
	} else {
		err = p.Training.Publish(r.Ctx(), r.Who, id, version)
	}
	at := "/training/keep/" + id.String()
	switch {
	case fault.Is(err, fault.Invalid):
		return site.SeeOther(at).Saying(ui.Warning, "It was not published: some lines are to be mended first, or what it is cannot change."), nil
	case fault.Is(err, fault.Conflict) && retire:
		return site.SeeOther(at).Saying(ui.Warning, "A curriculum asks for it, so it stays in use. Take it out there first."), nil
	case fault.Is(err, fault.Conflict):
		return site.SeeOther(at).Saying(ui.Warning, "Somebody changed it meanwhile, so it was not published. Look at it as it is now."), nil
	case err != nil:
		return site.Answer{}, err
	case retire:
		return site.SeeOther("/training/keep").Saying(ui.Good, "It is out of use. What was passed still counts."), nil
	}
	return site.SeeOther("/training/keep").Saying(ui.Good, "Published. Whoever begins it now takes this edition."), nil
}
