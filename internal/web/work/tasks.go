package work

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/task"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func taskID(r *site.Request) (task.ID, error) { return record.ParseID[task.Task](r.PathValue("task")) }

// aboutWhom is the client of the path or, for a form outside a chart, the one chosen
// in it; zero for the agency.
func aboutWhom(r *site.Request) (record.Subject, error) {
	s := r.PathValue("id")
	if s == "" {
		if s = r.Value("client"); s == "" {
			return record.Subject{}, nil
		}
	}
	return record.ParseSubject(s)
}

// taskInput reads the form of a task.
func taskInput(r *site.Request) task.Input {
	in := task.Input{
		What: r.Text("what"), DueAt: r.Value("due_at"), Owner: r.Value("owner"), Priority: task.Priority(r.Value("priority")),
		Unit: task.Unit(r.Value("unit")),
	}
	// What is no day is left out, and then asked for.
	if d, err := phi.ParseDate(r.Value("due")); err == nil {
		in.DueOn = d
	}
	in.Every, in.Remind = count(r.Value("every")), count(r.Value("remind"))
	for _, o := range task.Origins() {
		if r.Value("origin") == string(o) {
			in.Origin = o
		}
	}
	if _, err := record.ParseSubject(r.Value("from")); err == nil {
		in.From = r.Value("from")
	}
	return in
}

// count reads a number that may be left out; what is none is -1.
func count(s string) int {
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func (w *Work) tasks(r *site.Request) (site.Answer, error) {
	state := r.Value("view")
	if state != task.Done && state != task.Dropped {
		state = task.Open
	}
	worker, team := whose(r)
	v := w.Door.View(r.Who, "task.find")
	l := w.Tasks.WantPage(v, worker, state, r.Value("after"))
	clients := w.Clients.WantAmong(v, person.Named, l)
	if err := v.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range l.Rows {
		ids = append(ids, o.Value.Owner, o.Value.ClosedBy)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	path := "/tasks"
	if state != task.Open {
		path += "?view=" + state
	}
	may := w.acts(r)
	p := pages.TasksPage{State: state, Total: int(l.Total), Whose: sides(r, path, team)}
	for _, x := range []struct{ state, text string }{{task.Open, r.T("Open")}, {task.Done, r.T("Done")}, {task.Dropped, r.T("tasks|Dropped")}} {
		t := ui.Tab{Text: x.text, URL: "/tasks", Current: x.state == state}
		q := url.Values{}
		if x.state != task.Open {
			q.Set("view", x.state)
		}
		if team {
			q.Set("whose", "team")
		}
		if len(q) > 0 {
			t.URL += "?" + q.Encode()
		}
		p.Views = append(p.Views, t)
	}
	for i := range l.Rows {
		o := &l.Rows[i]
		t := o.Value
		d := task.Due{What: task.IsDue, Client: o.Subject, On: t.DueOn, At: t.DueAt, Title: t.What, Path: task.Path(o.Subject, o.ID), Owner: t.Owner, High: t.Priority == task.High, Task: o}
		if !o.Subject.IsZero() {
			d.Log = "/clients/" + o.Subject.String() + "/notes"
		}
		row := pages.TaskRow{DueRow: dueRow(r, may, d, clients, names), Closed: t.ClosedAt.In(r.Zone), By: names[t.ClosedBy], State: t.Status}
		row.What = repeats(r, t)
		p.Rows = append(p.Rows, row)
	}
	if l.Next != "" {
		sep := "?"
		if state != task.Open {
			sep = "&"
		}
		p.Older = path + sep + "after=" + l.Next
		if team {
			p.Older += "&whose=team"
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.Tasks(f, p) })
}

// repeats says how a task repeats; empty if it does not.
func repeats(r *site.Request, t task.Task) string {
	switch {
	case !t.Repeats():
		return ""
	case t.Unit == task.Days:
		return ui.N(r.Lang, t.Every, "Every day", "Every %d days")
	case t.Unit == task.Weeks:
		return ui.N(r.Lang, t.Every, "Every week", "Every %d weeks")
	}
	return ui.N(r.Lang, t.Every, "Every month", "Every %d months")
}

// teamOf are the workers who may have work about a client: those of the open cases,
// their supervisor, the asker, and those who have it now: a form that could not
// name them would give it to somebody else when it is saved.
func (w *Work) teamOf(r *site.Request, cases []casefile.Opened, now ...string) ([]ui.Option, error) {
	var ids []string
	seen := map[string]bool{"": true}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	if r.Who.Role() == actor.CaseManager || r.Who.Role() == actor.Supervisor {
		add(r.Who.Worker())
	}
	for _, o := range cases {
		if !o.Value.IsOpen() {
			continue
		}
		add(o.Value.Worker)
		for _, m := range o.Value.Team {
			if m.Until.IsZero() || m.Until.After(r.Now) {
				add(m.Worker)
			}
		}
		if o.Value.Worker != "" {
			boss, err := w.Org.Directory().Supervisor(r.Ctx(), o.Value.Worker)
			if err != nil {
				return nil, err
			}
			add(boss)
		}
	}
	for _, id := range now {
		add(id)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return nil, err
	}
	var out []ui.Option
	for _, id := range ids {
		if names[id] != "" {
			out = append(out, ui.Option{Value: id, Text: names[id]})
		}
	}
	return out, nil
}

// agencyOwners are the workers who may have a task of the agency.
func (w *Work) agencyOwners(r *site.Request) ([]ui.Option, error) {
	l, err := w.Org.Staff(r.Ctx(), r.Who, org.StaffQuery{Limit: 500})
	if err != nil {
		return nil, err
	}
	keeps := map[actor.Role]bool{}
	for _, role := range actor.Roles() {
		if keeps[role], err = w.Tasks.KeptBy(r.Ctx(), role); err != nil {
			return nil, err
		}
	}
	var out []ui.Option
	for _, s := range l.Rows {
		if slices.ContainsFunc(s.Value.Held(r.Now).Roles(), func(role actor.Role) bool { return keeps[role] }) {
			out = append(out, ui.Option{Value: s.ID.String(), Text: s.Value.Name().Disclose() + ", " + ui.RoleName(r.Lang, s.Value.Role)})
		}
	}
	ui.ByText(out)
	return out, nil
}

func (w *Work) newTask(r *site.Request) (site.Answer, error) {
	form := ui.NewForm("due", r.Now.Format("2006-01-02"), "unit", string(task.Weeks), "origin", string(task.ByHand), "owner", r.Who.Worker())
	if r.Value("missed") != "" {
		form = ui.NewForm("what", r.T("Reach out after the missed appointment."), "due", r.Now.AddDate(0, 0, 1).Format("2006-01-02"), "unit", string(task.Weeks),
			"origin", string(task.FromVisit), "from", r.Value("missed"), "owner", r.Who.Worker())
	}
	return w.newTaskWith(r, form, false)
}

func (w *Work) newTaskWith(r *site.Request, form ui.Form, bad bool) (site.Answer, error) {
	p := pages.TaskPage{Form: form}
	if r.PathValue("id") == "" {
		p.Clients = []ui.Option{{Text: r.T("No client")}}
		if w.acts(r).finish {
			got, err := w.Cases.Caseload(r.Ctx(), r.Who, casefile.CaseloadQuery{Worker: ownCases(r), Sort: casefile.ByName})
			if err != nil {
				return site.Answer{}, err
			}
			p.Clients = append(p.Clients, clientOptions(got.Rows)...)
		}
		var err error
		if p.Owners, err = w.agencyOwners(r); err != nil {
			return site.Answer{}, err
		}
	} else {
		c, err := w.begin(r)
		if err != nil {
			return site.Answer{}, err
		}
		if err := c.view.Open(r.Ctx()); err != nil {
			return site.Answer{}, err
		}
		p.Client = chartClient(c)
		if p.Owners, err = w.teamOf(r, c.cases.Rows); err != nil {
			return site.Answer{}, err
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.NewTask(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return page(view)
}

func chartClient(c *chart) ui.Client {
	v := c.client.Value
	return ui.Client{ID: c.id.String(), Name: v.ListName(), Number: v.Number}
}

// ownCases is whose cases a list of clients to choose from is made of.
func ownCases(r *site.Request) string {
	if leads(r) || r.Who.Role() == actor.Intake {
		return ""
	}
	return r.Who.Worker()
}

func clientOptions(rows []casefile.Row) []ui.Option {
	var out []ui.Option
	seen := map[string]bool{}
	for _, x := range rows {
		id := x.Case.Subject.String()
		if x.Known && !seen[id] {
			seen[id] = true
			out = append(out, ui.Option{Value: id, Text: x.Client.Value.ListName().Disclose() + " " + x.Client.Value.Number.Disclose()})
		}
	}
	return out
}

func (w *Work) addTask(r *site.Request) (site.Answer, error) {
	in := taskInput(r)
	var err error
	if in.Client, err = aboutWhom(r); err != nil {
		return site.Answer{}, err
	}
	_, err = w.Tasks.Add(r.Ctx(), r.Who, in)
	next := r.Next("/tasks")
	if fault.Is(err, fault.Invalid) {
		if next == "/today" {
			form := r.Posted(err)
			return w.todayWith(r, &form)
		}
		return w.newTaskWith(r, r.Posted(err), true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(next).Saying(ui.Good, "Task added."), nil
}

func (w *Work) task(r *site.Request) (site.Answer, error) { return w.taskWith(r, taskForms{}) }

// taskForms are the forms of a task's page that hold what could not be done.
type taskForms struct {
	edit, drop, give *ui.Form
	// overtaken: somebody changed it meanwhile, and it is shown as it is now.
	overtaken bool
}

func (x taskForms) bad() bool { return x.edit != nil || x.drop != nil || x.give != nil }

// taskView reads a task and what its page needs, as one read.
func (w *Work) taskView(r *site.Request) (*record.Got[task.Task], *record.Got[person.Client], []casefile.Opened, error) {
	id, err := taskID(r)
	if err != nil {
		return nil, nil, nil, err
	}
	v := w.Door.View(r.Who, "task.read")
	got := w.Tasks.Want(v, id)
	if r.PathValue("id") == "" {
		if err := v.Open(r.Ctx()); err != nil {
			return nil, nil, nil, err
		}
		return got, nil, nil, nil
	}
	cid, err := clientID(r)
	if err != nil {
		return nil, nil, nil, err
	}
	client, cases := w.Clients.Want(v, cid), w.Cases.WantOf(v, cid)
	if err := v.Open(r.Ctx()); err != nil {
		return nil, nil, nil, err
	}
	if err := w.belongs(r, record.SubjectOf(cid), got.Subject, "task.read"); err != nil {
		return nil, nil, nil, err
	}
	return got, client, cases.Rows, nil
}

func taskForm(t task.Task) ui.Form {
	f := ui.NewForm("due", t.DueOn.DiscloseISO(), "due_at", t.DueAt, "priority", string(t.Priority), "unit", string(task.Weeks))
	f.Add("what", t.What)
	if t.Remind > 0 {
		f.Add("remind", phi.NewText(strconv.Itoa(t.Remind)))
	}
	if t.Repeats() {
		f = ui.NewForm("due", t.DueOn.DiscloseISO(), "due_at", t.DueAt, "priority", string(t.Priority), "unit", string(t.Unit), "every", strconv.Itoa(t.Every))
		f.Add("what", t.What)
		if t.Remind > 0 {
			f.Add("remind", phi.NewText(strconv.Itoa(t.Remind)))
		}
	}
	return f
}

// decidedIn is where the conference is that decided on a task; empty if none did.
func decidedIn(t task.Task) string {
	if t.Origin != task.FromConference || !strings.HasPrefix(t.From, "/clients/") {
		return ""
	}
	return t.From
}

func (w *Work) taskWith(r *site.Request, forms taskForms) (site.Answer, error) {
	got, client, cases, err := w.taskView(r)
	if err != nil {
		return site.Answer{}, err
	}
	t := got.Value
	if forms.overtaken && !t.IsOpen() {
		return taskDid(r, fault.Conflictf("task.change", "it is closed by now"), "")
	}
	if client == nil && !got.Subject.IsZero() {
		return site.SeeOther(task.Path(got.Subject, got.ID)), nil
	}
	ids := []string{t.Owner, t.GivenBy, t.MadeBy, t.ClosedBy, got.ChangedBy}
	for _, x := range t.Times {
		ids = append(ids, x.By)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.TaskPage{
		ID: got.ID.String(), Version: got.Version, Form: taskForm(t), State: t.Status, Owner: names[t.Owner], GivenBy: names[t.GivenBy], MadeBy: names[t.MadeBy],
		Made: t.MadeAt.In(r.Zone), ClosedBy: names[t.ClosedBy], Closed: t.ClosedAt.In(r.Zone), Why: t.Why, On: civil(t.DueOn, r.Zone), Repeats: repeats(r, t),
		MayBack: t.IsOpen() && t.GivenBy != "" && t.Owner == r.Who.Worker(), From: decidedIn(t),
	}
	if got.Withheld != 0 {
		p.Hidden = ui.Hidden{Class: string(policy.Note), Why: "/why"}
	}
	for i := len(t.Times) - 1; i >= 0; i-- {
		x := t.Times[i]
		p.Times = append(p.Times, pages.TaskTime{On: civil(x.On, r.Zone), At: x.At.In(r.Zone), By: names[x.By]})
	}
	words := policy.Note
	if client != nil {
		p.Client = ui.Client{ID: got.Subject.String(), Name: client.Value.ListName(), Number: client.Value.Number}
		if p.Owners, err = w.teamOf(r, cases, t.Owner); err != nil {
			return site.Answer{}, err
		}
	} else {
		words = policy.Workforce
		if t.IsOpen() && t.Owner == r.Who.Worker() {
			if p.Owners, err = w.agencyOwners(r); err != nil {
				return site.Answer{}, err
			}
		}
	}
	may, err := w.Door.May(r.Ctx(), r.Who, "task.change", got.Subject, t.Owner == r.Who.Worker(), policy.Set(words))
	if err != nil {
		return site.Answer{}, err
	}
	p.May = may != 0
	p.GiveForm = ui.NewForm("owner", t.Owner)
	if forms.bad() && !forms.overtaken {
		p.Version = versionOf(r) // what was seen stays what was seen, until it is saved
	}
	if forms.edit != nil {
		p.Form = *forms.edit
	}
	if forms.drop != nil {
		p.DropForm = *forms.drop
	}
	if forms.give != nil {
		p.GiveForm = *forms.give
	}
	view := func(f ui.Frame) templ.Component { return pages.Task(f, p) }
	if forms.bad() {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) changeTask(r *site.Request) (site.Answer, error) {
	id, err := taskID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Tasks.Change(r.Ctx(), r.Who, id, versionOf(r), taskInput(r))
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(err)
		return w.taskWith(r, taskForms{edit: &form})
	case fault.Is(err, fault.Conflict):
		return w.mergeTask(r)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther(r.URL.Path).Saying(ui.Good, "Saved."), nil
}

// mergeTask puts together what two people made of a task.
func (w *Work) mergeTask(r *site.Request) (site.Answer, error) {
	got, client, cases, err := w.taskView(r)
	if err != nil {
		return site.Answer{}, err
	}
	names, err := w.names(r, got.ChangedBy, got.Value.Owner, got.Value.MadeBy)
	if err != nil {
		return site.Answer{}, err
	}
	t := got.Value
	m := ui.Merge(r.Posted(nil), taskForm(t), pages.TaskFields...)
	m.By, m.At = names[got.ChangedBy], got.ChangedAt.In(r.Zone)
	p := pages.TaskPage{
		ID: got.ID.String(), Version: got.Version, Form: m.Form, Merged: &m, State: t.Status, Owner: names[t.Owner], MadeBy: names[t.MadeBy], Made: t.MadeAt.In(r.Zone),
		On: civil(t.DueOn, r.Zone), Repeats: repeats(r, t), May: true, GiveForm: ui.NewForm("owner", t.Owner),
	}
	if client != nil {
		p.Client = ui.Client{ID: got.Subject.String(), Name: client.Value.ListName(), Number: client.Value.Number}
		if p.Owners, err = w.teamOf(r, cases, t.Owner); err != nil {
			return site.Answer{}, err
		}
	} else if p.Owners, err = w.agencyOwners(r); err != nil {
		return site.Answer{}, err
	}
	return site.Invalid(func(f ui.Frame) templ.Component { return pages.Task(f, p) }), nil
}

// taskDid answers a press of a button: back to where it was pressed, saying what
// was done, or that somebody was faster.
func taskDid(r *site.Request, err error, says string) (site.Answer, error) {
	next := r.Next("/tasks")
	switch {
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid):
		return site.SeeOther(next).Refusing("Somebody changed this task meanwhile. It was left as it is; look at it once more."), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther(next).Saying(ui.Good, says), nil
}

func (w *Work) doneTask(r *site.Request) (site.Answer, error) {
	id, err := taskID(r)
	if err != nil {
		return site.Answer{}, err
	}
	return taskDid(r, w.Tasks.Done(r.Ctx(), r.Who, id, versionOf(r), r.Now), "Done. It stands under Tasks, Done; one that repeats is due again on its next day.")
}

func (w *Work) reopenTask(r *site.Request) (site.Answer, error) {
	id, err := taskID(r)
	if err != nil {
		return site.Answer{}, err
	}
	return taskDid(r, w.Tasks.Reopen(r.Ctx(), r.Who, id, versionOf(r)), "The task is open again.")
}

func (w *Work) snoozeTask(r *site.Request) (site.Answer, error) {
	id, err := taskID(r)
	if err != nil {
		return site.Answer{}, err
	}
	days := parse(r.Value("days"))
	says := "Put off to a later day."
	if days == 1 {
		says = "Put off by a day."
	}
	return taskDid(r, w.Tasks.Snooze(r.Ctx(), r.Who, id, versionOf(r), days, r.Now), says)
}

func (w *Work) handBackTask(r *site.Request) (site.Answer, error) {
	id, err := taskID(r)
	if err != nil {
		return site.Answer{}, err
	}
	return taskDid(r, w.Tasks.HandBack(r.Ctx(), r.Who, id, versionOf(r)), "Handed back to whoever gave it to you.")
}

// taskAgain shows a task's page after a form of it could not be done. The forms post
// beside the page, so the page is that of the task's client.
func (w *Work) taskAgain(r *site.Request, id task.ID, forms taskForms) (site.Answer, error) {
	o, err := w.Tasks.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	if !o.Subject.IsZero() {
		r.SetPathValue("id", o.Subject.String())
	}
	return w.taskWith(r, forms)
}

// overtakenTask says, above a form that comes back filled, that somebody was faster.
func overtakenTask(r *site.Request) error {
	return fault.InvalidFields("task.change", fault.Field{Message: r.T("Somebody changed this task meanwhile. It was left as it is; look at it once more.")})
}

func (w *Work) dropTask(r *site.Request) (site.Answer, error) {
	id, err := taskID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Tasks.Drop(r.Ctx(), r.Who, id, versionOf(r), r.Text("why"))
	if len(fault.FieldsOf(err)) > 0 {
		form := r.Posted(err)
		return w.taskAgain(r, id, taskForms{drop: &form})
	}
	if fault.Is(err, fault.Conflict) {
		form := r.Posted(overtakenTask(r))
		return w.taskAgain(r, id, taskForms{drop: &form, overtaken: true})
	}
	return taskDid(r, err, "Dropped, with your reason. It stands under Tasks, Dropped.")
}

func (w *Work) giveTask(r *site.Request) (site.Answer, error) {
	id, err := taskID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Tasks.Give(r.Ctx(), r.Who, id, versionOf(r), r.Value("owner"))
	if len(fault.FieldsOf(err)) > 0 {
		form := r.Posted(err)
		return w.taskAgain(r, id, taskForms{give: &form})
	}
	if fault.Is(err, fault.Conflict) {
		form := r.Posted(overtakenTask(r))
		return w.taskAgain(r, id, taskForms{give: &form, overtaken: true})
	}
	return taskDid(r, err, "Given. Your colleague was told.")
}
