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
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// secondRows are the second roles of a colleague, newest first, with what one that holds or
// is to come requires and is not there.
func (a *Account) secondRows(r *site.Request, o record.Opened[org.Staff]) (out []pages.SecondRow, err error) {
	if len(o.Value.Also) == 0 {
		return nil, nil
	}
	var ids []string
	for _, x := range o.Value.Also {
		ids = append(ids, x.DecidedBy, x.EndedBy)
	}
	names, err := a.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return nil, err
	}
	agency, err := a.org.Directory().Agency(r.Ctx())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	now := o.Value.Second(r.Now)
	for _, x := range slices.Backward(o.Value.Also) {
		row := pages.SecondRow{
			Key: x.Key, Role: x.Role, Beside: x.Beside, State: pages.SecondRests, From: r.InZone(x.From), Statement: ui.Show(x.Statement),
			By: names[x.DecidedBy], At: r.InZone(x.DecidedAt), Why: ui.Show(x.Why), Never: x.Until.Equal(x.From),
		}
		if x.EndedBy != "" {
			if row.EndedBy = names[x.EndedBy]; row.EndedBy == "" {
				row.EndedBy = "–"
			}
		}
		if !x.Until.IsZero() {
			row.Until = r.InZone(x.Until.Add(-time.Microsecond)) // its last day, not the first it does not hold
		}
		var list []string
		for _, p := range agency.Programs {
			if slices.Contains(x.Programs, p.Code) {
				list = append(list, p.Name)
			}
		}
		row.Programs = strings.Join(list, ", ")
		switch {
		case now != nil && now.Key == x.Key:
			row.State = pages.SecondNow
		case !x.Until.IsZero() && !r.Now.Before(x.Until):
			row.State = pages.SecondOver
		case r.Now.Before(x.From):
			row.State = pages.SecondAhead
		}
		if row.State != pages.SecondOver {
			at := r.Now
			if x.From.After(at) {
				at = x.From
			}
			if row.Lacks, err = a.lacks(r, o.ID.String(), x.Role, at); err != nil {
				return nil, err
			}
		}
		out = append(out, row)
	}
	return out, nil
}

func (a *Account) secondForm(r *site.Request) (site.Answer, error) {
	id, err := provenStaff(r, "staff.second")
	if err != nil {
		return site.Answer{}, err
	}
	v, err := a.secondPage(r, id, ui.Form{})
	return site.Page(v), err
}

// secondPage is the form, with what meets where the first role and another are one person's.
func (a *Account) secondPage(r *site.Request, id org.ID, form ui.Form) (site.View, error) {
	o, err := a.org.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	p := pages.StaffSecondPage{ID: id.String(), Name: ui.Show(o.Value.Name()), First: o.Value.Role, Form: form, Roles: []ui.Option{{Text: r.T("Choose a role")}}}
	if _, p.Programs, err = a.choices(r); err != nil {
		return nil, err
	}
	for _, role := range actor.Roles() {
		if role == p.First {
			continue
		}
		x := pages.RolePair{Role: role, Pair: org.PairOf(p.First, role)}
		if a.cfg.Meets != nil {
			x.Duties = a.cfg.Meets(p.First, role)
		}
		p.Pairs = append(p.Pairs, x)
		if !x.Never {
			p.Roles = append(p.Roles, ui.Option{Value: string(role), Text: ui.RoleName(r.Lang, role)})
		}
	}
	return show(staffPath(id)+"/second", func(f ui.Frame) templ.Component { return pages.StaffSecond(f, p) }), nil
}

func (a *Account) second(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	in := org.Deciding{Role: actor.Role(r.Value("role")), Programs: r.Values("programs"), Statement: r.Text("statement")}
	wrong := days(r, &in.From, &in.Until)
	err = fault.InvalidFields("staff.second", wrong...)
	if len(wrong) == 0 {
		err = a.org.Decide(r.Ctx(), r.Who, id, in)
	}
	if len(fault.FieldsOf(err)) > 0 {
		v, perr := a.secondPage(r, id, ui.Posted(r.Form, fault.FieldsOf(err)))
		return site.Page(v).Status(http.StatusUnprocessableEntity), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "The second role is decided. They choose at work which of the two they are in."), nil
}

func (a *Account) endSecond(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = a.org.EndSecond(r.Ctx(), r.Who, id, r.PathValue("key"), r.Text("why"))
	if f := fault.FieldsOf(err); len(f) > 0 {
		return site.SeeOther(staffPath(id)).Refusing(f[0].Message), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "The second role is ended. It ends at their next click."), nil
}
