package work

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (w *Work) assessRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /clients/{id}/assessments", Action: "assessment.find", Handle: w.assessments},
		{Pattern: "GET /clients/{id}/assess/{instrument}", Action: "assessment.sign", Handle: w.take},
		{Pattern: "POST /clients/{id}/assess/{instrument}", Action: "assessment.sign", Handle: w.taken},
		{Pattern: "POST /clients/{id}/assess/{instrument}/draft", Action: "draft.keep", Handle: w.keepTaking},
		{Pattern: "POST /clients/{id}/assess/{instrument}/discard", Action: "draft.keep", Handle: w.dropTaking},
		{Pattern: "GET /clients/{id}/assess/{instrument}/trend", Action: "assessment.find", Handle: w.trend},
		{Pattern: "GET /clients/{id}/assessments/{assessment}", Action: "assessment.read", Handle: w.assessment},
		{Pattern: "POST /clients/{id}/assessments/{assessment}/safety", Action: "notice.create", Handle: w.safety},
		{Pattern: "GET /clients/{id}/assessments/{assessment}/correct", Action: "assessment.correct", Handle: w.take},
		{Pattern: "POST /clients/{id}/assessments/{assessment}/correct", Action: "assessment.correct", Handle: w.taken},
		{Pattern: "POST /clients/{id}/assessments/{assessment}/correct/draft", Action: "draft.keep", Handle: w.keepTaking},
		{Pattern: "POST /clients/{id}/assessments/{assessment}/correct/discard", Action: "draft.keep", Handle: w.dropTaking},
	}
}

// openPrograms are the programs of a client's open cases.
func openPrograms(rows []casefile.Opened) []string {
	var out []string
	for _, o := range rows {
		if o.Value.IsOpen() {
			out = append(out, o.Value.Program)
		}
	}
	return out
}

// day is a civil day at the start of it, in the agency's zone.
func day(r *site.Request, d phi.Date) time.Time { return inZone(casefile.Midnight(d), r.Zone) }

func today(r *site.Request) phi.Date {
	return phi.NewDate(r.Now.Year(), int(r.Now.Month()), r.Now.Day())
}

func result(r *site.Request, res assessment.Result) pages.Result {
	out := pages.Result{Band: res.Band.Disclose(), Why: string(res.Why), Missing: res.Missing, Safety: res.Safety}
	if n, ok := res.Score.Disclose(); ok {
		out.Score = phi.NewText(r.T("%d of %d", n, int64(res.Of)))
	}
	seen := map[string]bool{}
	for _, x := range res.Needs {
		if d := x.Domain.Disclose(); !seen[d] {
			seen[d] = true
			out.Needs = append(out.Needs, d)
		}
	}
	return out
}

// change says how a score moved from one assessment to a later one; empty where
// either has none.
func change(r *site.Request, from, to assessment.Opened) phi.Text {
	if from.ID.IsZero() {
		return phi.Text{}
	}
	a, ok1 := from.Value.Result.Score.Disclose()
	b, ok2 := to.Value.Result.Score.Disclose()
	switch {
	case !ok1 || !ok2:
		return phi.Text{}
	case a == b:
		return phi.NewText(r.T("no change"))
	case b < a:
		return phi.NewText(ui.N(r.Lang, int(a-b), "1 point lower", "%d points lower"))
	}
	return phi.NewText(ui.N(r.Lang, int(b-a), "1 point higher", "%d points higher"))
}

func (w *Work) mayTake(r *site.Request, id person.ID) bool {
	set, err := w.Door.May(r.Ctx(), r.Who, "assessment.sign", record.SubjectOf(id), false, policy.Set(policy.Assessment))
	return err == nil && set != 0
}

// title is what an instrument is called in a list.
func title(r *site.Request, c assessment.Catalogue, a assessment.Assessment) string {
	if k, ok := c.Of(a); ok {
		return r.T(k.Title)
	}
	return a.Instrument
}

func (w *Work) assessments(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	list := w.Assess.WantOf(c.view, c.id)
	known := w.Assess.WantInstruments(c.view)
	forms := w.Forms.WantForms(c.view)
	filled := w.Forms.WantFilledOf(c.view, c.id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.AssessPage{Chart: w.head(r, c), MayTake: w.mayTake(r, c.id)}
	var ids []string
	for _, o := range list.Rows {
		ids = append(ids, o.Value.SignedBy)
	}
	for _, o := range filled.Rows {
		ids = append(ids, o.CreatedBy)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	cat := assessment.CatalogueOf(known)
	programs := openPrograms(c.cases.Rows)
	if p.MayTake {
		drafts, err := w.Door.Drafts(r.Ctx(), r.Who, c.subject())
		if err != nil {
			return site.Answer{}, err
		}
		for _, k := range cat.InUse(programs) {
			s := pages.AssessStart{URL: pages.TakeURL(c.id.String(), k.Code, ""), Title: r.T(k.Title), About: k.Questionnaire.Title.In(string(r.Lang))}
			if at := drafts["assessment/"+k.Code]; !at.IsZero() {
				s.Saved = at.In(r.Zone)
			}
			p.Start = append(p.Start, s)
		}
		for _, o := range form.Fillable(forms.Rows, programs) {
			s := pages.AssessStart{URL: "/clients/" + c.id.String() + "/fill/" + o.ID.String(), Title: o.Value.Live.Title.In(string(r.Lang)), About: r.T("Form of the agency")}
			if at := drafts["form/"+o.ID.String()]; !at.IsZero() {
				s.Saved = at.In(r.Zone)
			}
			p.Start = append(p.Start, s)
		}
	}
	series := assessment.Series(list.Rows)
	corrected := map[assessment.ID]bool{}
	shown := map[string]bool{}
	for _, o := range list.Rows {
		corrected[o.Value.Corrects] = true
	}
	for _, o := range list.Rows {
		if o.Withheld != 0 {
			p.Chart.Hidden = append(p.Chart.Hidden, hidden(o.Withheld)...)
			continue
		}
		v := o.Value
		p.All = append(p.All, pages.AssessLine{ID: o.ID.String(), Title: title(r, cat, v), On: day(r, v.TakenOn), By: names[v.SignedBy], Result: result(r, v.Result), Corrected: corrected[o.ID]})
		s, ok := series[v.Instrument]
		if !ok || shown[v.Instrument] {
			continue
		}
		shown[v.Instrument] = true
		n := s.Now.Value
		p.Latest = append(p.Latest, pages.AssessLatest{
			ID: s.Now.ID.String(), Code: n.Instrument, Title: title(r, cat, n), On: day(r, n.TakenOn), Result: result(r, n.Result),
			Change: change(r, s.Before, s.Now), Due: day(r, n.DueOn), Times: len(s.All),
		})
	}
	for _, o := range filled.Rows {
		if !o.Shown.Has(policy.Case) {
			continue
		}
		p.Filled = append(p.Filled, pages.FilledLine{ID: o.ID.String(), Title: o.Value.Title.In(string(r.Lang)), On: o.CreatedAt.In(r.Zone), By: names[o.CreatedBy]})
	}
	return page(func(f ui.Frame) templ.Component { return pages.Assess(f, p) })
}

// taking is an assessment being filled in.
type taking struct {
	*chart
	known  assessment.Known
	wrong  assessment.Opened // the one being corrected; no ID for a new one
	action string
}

// begun reads what a path says is being filled in: an instrument, or the
// assessment that is corrected.
func (w *Work) begun(r *site.Request) (*taking, error) {
	c, err := w.begin(r)
	if err != nil {
		return nil, err
	}
	t := &taking{chart: c, action: pages.TakeURL(c.id.String(), r.PathValue("instrument"), "")}
	list := w.Assess.WantInstruments(c.view)
	var got *record.Got[assessment.Assessment]
	if s := r.PathValue("assessment"); s != "" {
		id, err := record.ParseID[assessment.Assessment](s)
		if err != nil {
			return nil, err
		}
		got = w.Assess.Want(c.view, id)
		t.action = "/clients/" + c.id.String() + "/assessments/" + s + "/correct"
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return nil, err
	}
	cat := assessment.CatalogueOf(list)
	ok := false
	if got == nil {
		t.known, ok = cat.Current(r.PathValue("instrument"))
	} else {
		if err := w.belongs(r, c.subject(), got.Subject, "assessment.read"); err != nil {
			return nil, err
		}
		if got.Withheld != 0 {
			return nil, fault.NotFoundf("assessment.read")
		}
		t.wrong = got.Opened
		t.known, ok = cat.Of(got.Value)
	}
	if !ok {
		return nil, fault.NotFoundf("instrument.read")
	}
	if !w.mayTake(r, c.id) {
		return nil, fault.DeniedBy("assessment.sign")
	}
	return t, nil
}

// names are the fields of the form, those of questions first.
func (t *taking) names() []string {
	var out []string
	t.known.Questionnaire.Each(func(it assessment.Item, _ []string) {
		if it.Type.Asks() && !it.Computed {
			out = append(out, it.Name)
			if it.Type == assessment.OpenChoice {
				out = append(out, it.Name+"~other")
			}
		}
	})
	return append(out, others()...)
}

// others are the fields of the form that are no questions.
func others() []string { return []string{"on", "partly", "reason"} }

// typed are the fields as a draft keeps them, several answers on a line each.
func (t *taking) typed(r *site.Request) map[string]phi.Text {
	out := map[string]phi.Text{}
	for _, name := range t.names() {
		if v := strings.Join(r.Values(name), "\n"); v != "" {
			out[name] = phi.NewText(v)
		}
	}
	return out
}

// form is a draft as the form shows it.
func (t *taking) form(fields map[string]phi.Text) ui.Form {
	several := map[string]bool{}
	t.known.Questionnaire.Each(func(it assessment.Item, _ []string) { several[it.Name] = it.Repeats })
	var f ui.Form
	for name, v := range fields {
		if !several[name] {
			f.Add(name, v)
			continue
		}
		for _, s := range strings.Split(v.Disclose(), "\n") {
			f.Add(name, phi.NewText(s))
		}
	}
	return f
}

// take shows the form: as it was left, or a fresh one.
func (w *Work) take(r *site.Request) (site.Answer, error) {
	t, err := w.begun(r)
	if err != nil {
		return site.Answer{}, err
	}
	f := ui.NewForm("on", r.Now.Format("2006-01-02"))
	if !t.wrong.ID.IsZero() {
		f = ui.NewForm("on", t.wrong.Value.TakenOn.DiscloseISO())
		for name, vs := range t.known.Questionnaire.Fields(assessment.Given(t.wrong.Value.Answers)) {
			for _, v := range vs {
				f.Add(name, phi.NewText(v))
			}
		}
	}
	d, found, err := w.Assess.Take(r.Ctx(), r.Who, t.id, t.known.Code, t.wrong.ID)
	if err != nil {
		return site.Answer{}, err
	}
	if found {
		f = t.form(d.Fields)
	}
	p := w.takePage(r, t, f, d)
	return page(func(f ui.Frame) templ.Component { return pages.Take(f, p) })
}

// takePage makes the page of a form, with the questions that its answers call
// for.
func (w *Work) takePage(r *site.Request, t *taking, form ui.Form, d record.Draft) pages.TakePage {
	q := t.known.Questionnaire
	lang := string(r.Lang)
	get := func(name string) []string {
		var out []string
		for i := range form.Rows(name) {
			out = append(out, form.Row(name, i).Disclose())
		}
		return out
	}
	answers, _ := q.Read(get)
	asked := q.Asked(answers)
	p := pages.TakePage{
		Chart: w.head(r, t.chart), Title: q.Title.In(lang), About: q.Copyright, Action: t.action, Form: form, Names: t.names(), Rev: number(d.Rev),
		Corrects: !t.wrong.ID.IsZero(), Safety: assessment.Score(q, answers).Safety, New: r.Value("new"),
	}
	if p.New == "" {
		p.New = record.FreshID[assessment.Assessment](r.Now).String()
	}
	if !d.SavedAt.IsZero() {
		p.Saved = d.SavedAt.In(r.Zone)
	}
	n := 0
	var walk func(items []assessment.Item) []pages.TakeItem
	walk = func(items []assessment.Item) []pages.TakeItem {
		var out []pages.TakeItem
		for _, it := range items {
			p.Depends = p.Depends || len(it.When) > 0
			if it.Computed {
				continue
			}
			if !asked[it.Link] {
				hold(q, it, &p, form)
				continue
			}
			x := pages.TakeItem{Name: it.Name, Type: string(it.Type), Text: it.Text.In(lang), Help: it.Help.In(lang), Required: it.Required, Repeats: it.Repeats, Other: it.Type == assessment.OpenChoice}
			if it.Type.Asks() {
				n++
				x.Number = n
			}
			for _, o := range it.Options {
				x.Options = append(x.Options, ui.Option{Value: o.Key, Text: o.Text.In(lang)})
			}
			if x.Other {
				x.Options = append(x.Options, ui.Option{Value: assessment.OtherKey, Text: r.T("Another answer")})
			}
			if it.Type == assessment.Boolean {
				x.Options = []ui.Option{{Value: "true", Text: r.T("Yes")}, {Value: "false", Text: r.T("No")}}
			}
			x.Items = walk(it.Items)
			out = append(out, x)
		}
		return out
	}
	p.Items = walk(q.Items)
	p.MayPartly = q.Counts()
	return p
}

// hold carries what was answered to a question that is not asked now, and to
// those in it: if it is asked again, nothing is lost.
func hold(q assessment.Questionnaire, it assessment.Item, p *pages.TakePage, form ui.Form) {
	for _, name := range []string{it.Name, it.Name + "~other"} {
		for i := range form.Rows(name) {
			p.Held = append(p.Held, pages.HeldValue{Name: name, Value: form.Row(name, i)})
		}
	}
	for _, x := range it.Items {
		hold(q, x, p, form)
	}
}

// taken keeps a draft, shows the questions anew, or signs, as the button pressed
// says.
func (w *Work) taken(r *site.Request) (site.Answer, error) {
	t, err := w.begun(r)
	if err != nil {
		return site.Answer{}, err
	}
	if r.Value("do") == "sign" {
		return w.signTaken(r, t)
	}
	d, err := w.Assess.Keep(r.Ctx(), r.Who, t.id, t.known.Code, t.wrong.ID, int64(parse(r.Value("draft"))), t.typed(r))
	if fault.Is(err, fault.Conflict) {
		return w.otherWindow(r, t, w.taken)
	}
	if err != nil {
		return site.Answer{}, err
	}
	if r.Value("do") == "continue" {
		p := w.takePage(r, t, r.Posted(nil), d)
		return page(func(f ui.Frame) templ.Component { return pages.Take(f, p) })
	}
	return site.SeeOther("/clients/"+t.id.String()+"/assessments").Saying(ui.Good, "Draft saved. Only you see it; continue it from here."), nil
}

// otherWindow puts together what this window and another one of the same person
// made of the form. Where the other one has nothing that this one lacks, it is none:
// again does what was asked for, from there.
func (w *Work) otherWindow(r *site.Request, t *taking, again func(*site.Request) (site.Answer, error)) (site.Answer, error) {
	d, _, err := w.Assess.Take(r.Ctx(), r.Who, t.id, t.known.Code, t.wrong.ID)
	if err != nil {
		return site.Answer{}, err
	}
	m := ui.Merge(r.Posted(nil), t.form(d.Fields), t.names()...)
	if overtook(r, m, d) {
		return again(r)
	}
	m.By, m.At = r.T("Your other window"), d.SavedAt.In(r.Zone)
	p := w.takePage(r, t, m.Form, d)
	p.Merged = &m
	return site.Invalid(func(f ui.Frame) templ.Component { return pages.Take(f, p) }), nil
}

// overtook says whether what was saved meanwhile is what was posted: the script's own
// saving that a submit came before the answer of. The form goes on from there.
func overtook(r *site.Request, m ui.Merged, d record.Draft) bool {
	if len(m.Changes) > 0 || d.Rev <= int64(parse(r.Value("draft"))) {
		return false
	}
	r.Form.Set("draft", number(d.Rev))
	return true
}

func (w *Work) signTaken(r *site.Request, t *taking) (site.Answer, error) {
	in := assessment.Input{Today: today(r), Partly: r.Value("partly") != "", Reason: r.Text("reason"), Rev: int64(parse(r.Value("draft")))}
	if id, err := record.ParseID[assessment.Assessment](r.Value("new")); err == nil {
		in.New = id
	}
	answers, bad := t.known.Questionnaire.Read(r.Values)
	in.Answers = answers
	if s := r.Value("on"); s != "" {
		d, err := phi.ParseDate(s)
		if err == nil {
			in.TakenOn = d
		}
	}
	var err error
	var id assessment.ID
	switch {
	case len(bad) > 0:
		err = fault.InvalidFields("assessment.sign", bad...)
	case t.wrong.ID.IsZero():
		id, err = w.Assess.Sign(r.Ctx(), r.Who, t.id, t.known, in)
	default:
		id, err = w.Assess.Correct(r.Ctx(), r.Who, t.wrong, t.known, in)
	}
	switch {
	case fault.Is(err, fault.Invalid):
		d := record.Draft{Rev: int64(parse(r.Value("draft")))}
		p := w.takePage(r, t, r.Posted(err), d)
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Take(f, p) }), nil
	case fault.Is(err, fault.Conflict):
		// Something newer was typed in another window, or
		d, found, terr := w.Assess.Take(r.Ctx(), r.Who, t.id, t.known.Code, t.wrong.ID)
		if terr != nil {
			return site.Answer{}, terr
		}
		if found && d.Rev > int64(parse(r.Value("draft"))) {
			return w.otherWindow(r, t, w.taken)
		}
		// somebody corrected it first. What was typed stays as a draft, and theirs
		// is looked at before anything else is written.
		form := r.Posted(nil)
		form.Fail("", r.T("Somebody corrected this assessment while you were writing. What you wrote is kept here; look at theirs first, and correct that one if it is still wrong."))
		p := w.takePage(r, t, form, record.Draft{Rev: int64(parse(r.Value("draft")))})
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Take(f, p) }), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+t.id.String()+"/assessments/"+id.String()).Saying(ui.Good, "Assessment signed."), nil
}

// keepTaking keeps what is being filled in. It answers the script in a sentence.
func (w *Work) keepTaking(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	var corrects assessment.ID
	if s := r.PathValue("assessment"); s != "" {
		if corrects, err = record.ParseID[assessment.Assessment](s); err != nil {
			return site.Answer{}, err
		}
	}
	// Nothing of the chart is shown, so nothing of it is opened.
	fields := map[string]phi.Text{}
	for name, vs := range r.Form {
		if v := strings.Join(vs, "\n"); v != "" && (assessment.IsField(name) || slices.Contains(others(), name)) {
			fields[name] = phi.NewText(v)
		}
	}
	d, err := w.Assess.Keep(r.Ctx(), r.Who, client, r.PathValue("instrument"), corrects, int64(parse(r.Value("draft"))), fields)
	return keptSaying(r, d, err, "Open in another window too, and not saved here. Choose “Save draft” to see both together.")
}

// keptSaying answers the script that saves as one writes; elsewhere is what it says where
// another window saved.
func keptSaying(r *site.Request, d record.Draft, err error, elsewhere string) (site.Answer, error) {
	if fault.Is(err, fault.Conflict) {
		return site.Saved{Text: r.T(elsewhere)}.Answer()
	}
	return savedAs(r, d, err)
}

// savedAs says that what was typed is kept.
func savedAs(r *site.Request, d record.Draft, err error) (site.Answer, error) {
	if err != nil {
		return site.Answer{}, err
	}
	return site.Saved{Text: r.T("Draft saved %s", ui.Clock(r.Lang, d.SavedAt.In(r.Zone))), Kept: true, Draft: number(d.Rev)}.Answer()
}

func (w *Work) dropTaking(r *site.Request) (site.Answer, error) {
	t, err := w.begun(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Assess.Drop(r.Ctx(), r.Who, t.id, t.known.Code, t.wrong.ID); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+t.id.String()+"/assessments").Saying(ui.Good, "Draft thrown away."), nil
}

// assessment shows one, whole.
func (w *Work) assessment(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[assessment.Assessment](r.PathValue("assessment"))
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	got := w.Assess.Want(c.view, id)
	list := w.Assess.WantOf(c.view, c.id)
	known := w.Assess.WantInstruments(c.view)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	if err := w.belongs(r, c.subject(), got.Subject, "assessment.read"); err != nil {
		return site.Answer{}, err
	}
	if got.Withheld != 0 {
		return site.Answer{}, fault.NotFoundf("assessment.read")
	}
	v := got.Value
	cat := assessment.CatalogueOf(known)
	k, _ := cat.Of(v)
	names, err := w.names(r, v.SignedBy)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.AssessmentPage{
		Chart: w.head(r, c), ID: id.String(), Code: v.Instrument, Title: title(r, cat, v), About: k.Questionnaire.Copyright, On: day(r, v.TakenOn),
		SignedAt: v.SignedAt.In(r.Zone), SignedBy: names[v.SignedBy], Whole: v.Whole(), Result: result(r, v.Result), Due: day(r, v.DueOn),
		MayTake: w.mayTake(r, c.id), Reason: v.Reason,
	}
	if !v.Corrects.IsZero() {
		p.Corrects = v.Corrects.String()
	}
	if o, ok := assessment.CorrectedBy(list.Rows, id); ok {
		p.CorrectedBy = o.ID.String()
	}
	if !v.FollowedBy.IsZero() {
		p.Due = time.Time{}
	}
	all := assessment.Series(list.Rows)[v.Instrument].All
	p.Times = len(all)
	for i, o := range all {
		if o.ID != id || i == len(all)-1 {
			continue
		}
		p.SinceLast, p.SinceAt = change(r, all[i+1], o), day(r, all[i+1].Value.TakenOn)
		if i+1 < len(all)-1 {
			first := all[len(all)-1]
			p.SinceBase, p.BaseAt = change(r, first, o), day(r, first.Value.TakenOn)
		}
	}
	p.Answers = answered(r, k.Questionnaire, v)
	for _, n := range v.Result.Needs {
		x := pages.NeedLine{Domain: n.Domain.Disclose()}
		k.Questionnaire.Each(func(it assessment.Item, _ []string) {
			if it.Link == n.Link {
				x.Question, x.Answer = it.Text.In(string(r.Lang)), saidTo(r, it, assessment.Given(v.Answers)[it.Link])
			}
		})
		p.Needs = append(p.Needs, x)
	}
	if prof, ok := assessment.ProfileOf(v.Instrument); ok && prof.Goal != "" && v.Result.Why == "" {
		p.Goal = &pages.GoalStart{Domain: prof.Domain, Title: r.T(prof.Goal), Measure: prof.Measure}
	}
	if look, err := w.Door.Look(r.Ctx(), r.Who, c.subject()); err == nil {
		p.MayGoal = look.May("plan.change", false, policy.Set(policy.Plan)) != 0
		if v.Result.Safety && p.CorrectedBy == "" {
			p.Safety = &pages.SafetyPrompt{Flagged: c.client.Value.Flagged(person.SafetyPlan), MayFlag: look.May("client.change", false, policy.Set(policy.Flags)) != 0}
			boss, err := w.bossOf(r, c.cases.Rows)
			if err != nil {
				return site.Answer{}, err
			}
			if boss != "" {
				ns, err := w.names(r, boss)
				if err != nil {
					return site.Answer{}, err
				}
				p.Safety.Supervisor = ns[boss]
			}
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.AssessmentView(f, p) })
}

// bossOf is who supervises the client's worker, or else the asker; empty if that
// is nobody or the asker.
func (w *Work) bossOf(r *site.Request, cases []casefile.Opened) (string, error) {
	worker := r.Who.Worker()
	if o, ok := casefile.Current(cases); ok && o.Value.Worker != "" {
		worker = o.Value.Worker
	}
	boss, err := w.Org.Directory().Supervisor(r.Ctx(), worker)
	if boss == r.Who.Worker() {
		boss = ""
	}
	return boss, err
}

// saidTo is what was answered to a question, in words.
func saidTo(r *site.Request, it assessment.Item, values []string) phi.Text {
	var out []string
	for _, v := range values {
		if other, ok := strings.CutPrefix(v, assessment.OtherKey); ok && it.Type == assessment.OpenChoice {
			out = append(out, other)
			continue
		}
		if o, ok := it.Option(v); ok {
			s := o.Text.In(string(r.Lang))
			if o.Scored {
				s += " (" + strconv.Itoa(o.Score) + ")"
			}
			out = append(out, s)
			continue
		}
		switch it.Type {
		case assessment.Boolean:
			v = map[string]string{"true": r.T("Yes"), "false": r.T("No")}[v]
		case assessment.Date:
			if d, err := phi.ParseDate(v); err == nil {
				v = ui.ShowDate(d, r.Lang)
			}
		}
		out = append(out, v)
	}
	return phi.NewText(strings.Join(out, "\n"))
}

// answered are the questions that were asked and what was answered, by group.
func answered(r *site.Request, q assessment.Questionnaire, v assessment.Assessment) []pages.AnsweredGroup {
	given := assessment.Given(v.Answers)
	asked := q.Asked(given)
	var out []pages.AnsweredGroup
	var walk func(items []assessment.Item, top bool)
	walk = func(items []assessment.Item, top bool) {
		for _, it := range items {
			if !asked[it.Link] || it.Computed {
				continue
			}
			switch {
			case it.Type == assessment.Group && len(it.Items) == 1 && it.Items[0].Type == assessment.Group, it.Type == assessment.Group && holdsGroups(it):
				walk(it.Items, top)
				continue
			case it.Type == assessment.Group:
				out = append(out, pages.AnsweredGroup{Title: it.Text.In(string(r.Lang))})
			case it.Type.Asks():
				if len(out) == 0 || top && len(out[len(out)-1].Rows) > 0 && out[len(out)-1].Title != "" {
					out = append(out, pages.AnsweredGroup{})
				}
				g := &out[len(out)-1]
				g.Rows = append(g.Rows, pages.Answered{Question: it.Text.In(string(r.Lang)), Answer: saidTo(r, it, given[it.Link])})
			}
			walk(it.Items, false)
		}
	}
	walk(q.Items, true)
	return out
}

func holdsGroups(it assessment.Item) bool {
	for _, x := range it.Items {
		if x.Type != assessment.Group {
			return false
		}
	}
	return len(it.Items) > 0
}

// safety marks a safety plan on the chart or tells the supervisor, as the button
// pressed says.
func (w *Work) safety(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[assessment.Assessment](r.PathValue("assessment"))
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	got := w.Assess.Want(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	if err := w.belongs(r, c.subject(), got.Subject, "assessment.read"); err != nil {
		return site.Answer{}, err
	}
	path := "/clients/" + c.id.String() + "/assessments/" + id.String()
	if r.Value("do") == "flag" {
		if err := w.Assess.FlagSafety(r.Ctx(), r.Who, c.id, today(r)); err != nil {
			return site.Answer{}, err
		}
		return site.SeeOther(path).Saying(ui.Good, "The chart now says at its head that there is a safety plan."), nil
	}
	boss, err := w.bossOf(r, c.cases.Rows)
	if err != nil {
		return site.Answer{}, err
	}
	if boss == "" {
		return site.SeeOther(path).Saying(ui.Warning, "There is no supervisor to tell. Tell somebody yourself, now."), nil
	}
	if err := w.Assess.TellSupervisor(r.Ctx(), r.Who, c.id, boss, path); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(path).Saying(ui.Good, "The supervisor is told, with a link to this page. If it cannot wait, call as well."), nil
}

// trend shows the scores with one instrument over time.
func (w *Work) trend(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	list := w.Assess.WantOf(c.view, c.id)
	known := w.Assess.WantInstruments(c.view)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	code := r.PathValue("instrument")
	s, ok := assessment.Series(list.Rows)[code]
	if !ok {
		return site.Answer{}, fault.NotFoundf("assessment.find")
	}
	cat := assessment.CatalogueOf(known)
	p := pages.TrendPage{Chart: w.head(r, c), Code: code, Title: title(r, cat, s.Now.Value), Most: s.Now.Value.Result.Of}
	if prof, ok := assessment.ProfileOf(code); ok {
		for _, b := range prof.Bands {
			p.Bands = append(p.Bands, pages.TrendBand{From: b.From, Code: b.Code})
		}
	}
	var scored []assessment.Opened // oldest first
	for i, o := range s.All {
		row := pages.TrendRow{ID: o.ID.String(), On: day(r, o.Value.TakenOn), Result: result(r, o.Value.Result)}
		if i+1 < len(s.All) {
			row.Change = change(r, s.All[i+1], o)
		}
		p.Rows = append(p.Rows, row)
		if n, ok := o.Value.Result.Score.Disclose(); ok {
			scored = append([]assessment.Opened{o}, scored...)
			p.Points = append([]pages.TrendPoint{{On: row.On, Score: int(n)}}, p.Points...)
			p.Most = max(p.Most, o.Value.Result.Of, int(n))
		}
	}
	p.Words = trendWords(r, scored)
	return page(func(f ui.Frame) templ.Component { return pages.Trend(f, p) })
}

// trendWords says what the line shows.
func trendWords(r *site.Request, scored []assessment.Opened) phi.Text {
	switch len(scored) {
	case 0:
		return phi.NewText(r.T("There is no score to draw; the table has every result."))
	case 1:
		return phi.NewText(r.T("There is one score so far; a line needs two."))
	}
	first, before, last := scored[0], scored[len(scored)-2], scored[len(scored)-1]
	score := func(o assessment.Opened) int64 { n, _ := o.Value.Result.Score.Disclose(); return n }
	s := r.T("From %d on %s to %d on %s: %s.", score(first), ui.DayYear(r.Lang, day(r, first.Value.TakenOn)), score(last), ui.DayYear(r.Lang, day(r, last.Value.TakenOn)), change(r, first, last).Disclose())
	if len(scored) > 2 {
		s += " " + r.T("Since the one before: %s.", change(r, before, last).Disclose())
	}
	return phi.NewText(s)
}
