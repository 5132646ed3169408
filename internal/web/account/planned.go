package account

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// plannedRows is what is planned of a colleague, with what a role to come requires and they
// will not have by then: whoever leads them sees it before the day does.
func (a *Account) plannedRows(r *site.Request, o record.Opened[org.Staff]) ([]pages.PlannedRow, error) {
	all := o.Value.Ahead()
	if len(all) == 0 {
		return nil, nil
	}
	var ids []string
	for _, x := range all {
		ids = append(ids, x.By, x.Next.Supervisor)
	}
	names, err := a.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return nil, err
	}
	agency, err := a.org.Directory().Agency(r.Ctx())
	if err != nil {
		return nil, err
	}
	var out []pages.PlannedRow
	for _, x := range all {
		row := pages.PlannedRow{Key: x.Key, By: names[x.By], At: r.InZone(x.At)}
		if !x.Until.IsZero() {
			row.Until = r.InZone(x.Until.Add(-time.Microsecond)) // its last day, not the first it does not hold
		}
		add := func(label, value string) {
			if value == "" {
				value = r.T("None")
			}
			row.What = append(row.What, r.T(label)+": "+value)
		}
		if x.Role != nil {
			add("Role", ui.RoleName(r.Lang, *x.Role))
		}
		if x.Supervisor != nil {
			add("Supervisor", names[*x.Supervisor])
		}
		if x.Programs != nil {
			var list []string
			for _, p := range agency.Programs {
				for _, c := range *x.Programs {
					if c == p.Code {
						list = append(list, p.Name)
					}
				}
			}
			add("Programs", strings.Join(list, ", "))
		}
		if !x.Begun {
			row.From = r.InZone(x.From)
			if x.Role != nil {
				if row.Lacks, err = a.lacks(r, o.ID.String(), *x.Role, x.From); err != nil {
					return nil, err
				}
			}
		}
		out = append(out, row)
	}
	return out, nil
}

// lacks is what somebody will lack for the role they are to have, at its first moment.
func (a *Account) lacks(r *site.Request, worker string, role actor.Role, at time.Time) (out []pages.PlannedLack, err error) {
	all, err := a.must.Of(r.Ctx(), r.Who, string(r.Lang), at, record.Bearer{Worker: worker, Role: role})
	if err != nil {
		return nil, err
	}
	for _, l := range all[worker] {
		if l.Open() {
			out = append(out, pages.PlannedLack{Title: l.Title, Closed: l.Stage != record.Due, By: r.InZone(l.Limit)})
		}
	}
	return out, nil
}

func (a *Account) planForm(r *site.Request) (site.Answer, error) {
	id, err := provenStaff(r, "staff.plan")
	if err != nil {
		return site.Answer{}, err
	}
	v, err := a.planPage(r, id, nil)
	return site.Page(v), err
}

// planPage is the form; posted is what was typed, or nil for what is on record.
func (a *Account) planPage(r *site.Request, id org.ID, posted *ui.Form) (site.View, error) {
	o, err := a.org.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	p := pages.StaffPlanPage{ID: id.String(), Name: ui.Show(o.Value.Name())}
	if posted != nil {
		p.Form = *posted
	} else {
		p.Form = ui.NewForm("role", string(o.Value.Role), "supervisor", o.Value.Supervisor)
		for _, c := range o.Value.Programs {
			p.Form.Add("programs", phi.NewText(c))
		}
	}
	if p.Supervisors, p.Programs, err = a.choices(r); err != nil {
		return nil, err
	}
	// Whoever is to be a supervisor by then can be chosen, too.
	l, err := a.org.Staff(r.Ctx(), r.Who, org.StaffQuery{Planned: true, Limit: everybody})
	if err != nil {
		return nil, err
	}
	for _, o := range l.Rows {
		for _, x := range o.Value.Ahead() {
			if x.Role != nil && !x.Begun && (*x.Role == actor.Supervisor || *x.Role == actor.ProgramManager) {
				text := ui.Show(o.Value.Name()) + " · " + ui.RoleName(r.Lang, *x.Role) + " · " + r.T("From %s", ui.DayYear(r.Lang, r.InZone(x.From)))
				p.Supervisors = append(p.Supervisors, ui.Option{Value: o.ID.String(), Text: text})
				break
			}
		}
	}
	seen := map[string]bool{id.String(): true} // nobody supervises themselves
	all := p.Supervisors
	p.Supervisors = nil
	for _, x := range all {
		if !seen[x.Value] {
			p.Supervisors = append(p.Supervisors, x)
		}
		seen[x.Value] = true
	}
	return show(staffPath(id)+"/plan", func(f ui.Frame) templ.Component { return pages.StaffPlan(f, p) }), nil
}

func (a *Account) plan(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, err := a.org.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	// The form shows what is now: what stands there unchanged is not planned.
	var in org.Planning
	role, boss, programs := actor.Role(r.Value("role")), r.Value("supervisor"), r.Values("programs")
	if role != o.Value.Role {
		in.Role = &role
	}
	if boss != o.Value.Supervisor {
		in.Supervisor = &boss
	}
	if slices.Sort(programs); !slices.Equal(programs, o.Value.Programs) {
		in.Programs = &programs
	}
	wrong := days(r, &in.From, &in.Until)
	if r.Value("from") == "" {
		wrong = append(wrong, fault.Field{Name: "from", Message: "Give a day."})
	}
	err = fault.InvalidFields("staff.plan", wrong...)
	if len(wrong) == 0 {
		err = a.org.Plan(r.Ctx(), r.Who, id, in)
	}
	if len(fault.FieldsOf(err)) > 0 {
		form := ui.Posted(r.Form, fault.FieldsOf(err))
		v, perr := a.planPage(r, id, &form)
		return site.Page(v).Status(http.StatusUnprocessableEntity), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "The change is planned."), nil
}

func (a *Account) cancelPlan(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = a.org.Cancel(r.Ctx(), r.Who, id, r.PathValue("key"))
	if f := fault.FieldsOf(err); len(f) > 0 {
		return site.SeeOther(staffPath(id)).Saying(ui.Warning, f[0].Message), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "It is called off. What held already is again as it was before."), nil
}
