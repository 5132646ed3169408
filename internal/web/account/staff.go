package account

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// What is offered to whom. The policies decide when it is asked for; these only
// keep buttons from those whom the answer would be no.
func administers(who actor.Actor) bool { return who.Role() == actor.Administrator }

func seesSessions(who actor.Actor) bool {
	return who.Role() == actor.Administrator || who.Role() == actor.SecurityOfficer
}

func follows(who actor.Actor) bool {
	return who.Role() == actor.PrivacyOfficer || who.Role() == actor.SecurityOfficer || who.Role() == actor.Auditor
}

// leads says to whom the way of somebody new is offered.
func leads(who actor.Actor) bool {
	return follows(who) || administers(who) || arranges(who)
}

// everybody is the most colleagues a choice is made from.
const everybody = 500

func (a *Account) staff(r *site.Request) (site.Answer, error) {
	p := pages.StaffPage{Query: r.Value("q"), Role: r.Value("role"), State: r.Value("state"), MayInvite: administers(r.Who), SeesLast: seesSessions(r.Who)}
	list, err := a.found(r, p)
	if err != nil {
		return site.Answer{}, err
	}
	seen := map[string]time.Time{}
	if seesSessions(r.Who) {
		if seen, err = a.authn.LastSeen(r.Ctx(), r.Who); err != nil {
			return site.Answer{}, err
		}
	}
	bosses, err := a.org.Directory().Names(r.Ctx(), r.Who, supervisorsOf(list.Rows))
	if err != nil {
		return site.Answer{}, err
	}
	for _, o := range list.Rows {
		row := staffRow(r, o, bosses)
		row.LastSeen = r.InZone(seen[row.ID])
		p.Rows = append(p.Rows, row)
	}
	order.By(p.Rows, func(x, y pages.StaffRow) int { return strings.Compare(x.Name, y.Name) })
	if list.Next != "" {
		p.Older = "/staff?" + url.Values{"q": {p.Query}, "role": {p.Role}, "state": {p.State}, "after": {list.Next}}.Encode()
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Staff(f, p) }), nil
}

// found lists whom the page asks for: by name, or by a whole mail address.
func (a *Account) found(r *site.Request, p pages.StaffPage) (record.List[org.Staff], error) {
	q := org.StaffQuery{Role: actor.Role(p.Role), Status: org.Status(p.State), After: r.Value("after")}
	if !strings.Contains(p.Query, "@") {
		q.Name = phi.NewText(p.Query)
		return a.org.Staff(r.Ctx(), r.Who, q)
	}
	worker, ok, err := a.org.Directory().ByMail(r.Ctx(), org.NormalMail(p.Query))
	if err != nil || !ok {
		return record.List[org.Staff]{}, err
	}
	id, err := record.ParseID[org.Staff](worker)
	if err != nil {
		return record.List[org.Staff]{}, err
	}
	o, err := a.org.Read(r.Ctx(), r.Who, id)
	if err != nil || (q.Role != "" && !o.Value.Held(r.Now).Works(q.Role)) || (q.Status != "" && q.Status != o.Value.Status) {
		return record.List[org.Staff]{}, err
	}
	return record.List[org.Staff]{Rows: []record.Opened[org.Staff]{o}}, nil
}

func supervisorsOf(rows []record.Opened[org.Staff]) []string {
	var out []string
	for _, o := range rows {
		if o.Value.Supervisor != "" {
			out = append(out, o.Value.Supervisor)
		}
	}
	return out
}

func staffRow(r *site.Request, o record.Opened[org.Staff], names map[string]string) pages.StaffRow {
	return pages.StaffRow{
		ID: o.ID.String(), Name: ui.Show(o.Value.Name()), Email: ui.Show(o.Value.Mail), Role: o.Value.Role, Also: o.Value.Held(r.Now).Also,
		Supervisor: names[o.Value.Supervisor], State: pages.StaffState(o.Value.Status),
	}
}

// choices are what a staff form chooses from.
func (a *Account) choices(r *site.Request) (supervisors, programs []ui.Option, err error) {
	for _, role := range []actor.Role{actor.Supervisor, actor.ProgramManager} {
		l, err := a.org.Staff(r.Ctx(), r.Who, org.StaffQuery{Role: role, Limit: everybody})
		if err != nil {
			return nil, nil, err
		}
		for _, o := range l.Rows {
			supervisors = append(supervisors, person(r, o))
		}
	}
	ui.ByText(supervisors)
	agency, err := a.org.Directory().Agency(r.Ctx())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, nil, err
	}
	for _, p := range agency.Programs {
		programs = append(programs, ui.Option{Value: p.Code, Text: p.Name})
	}
	return supervisors, programs, nil
}

func person(r *site.Request, o record.Opened[org.Staff]) ui.Option {
	text := ui.Show(o.Value.Name())
	for _, role := range o.Value.Held(r.Now).Roles() {
		text += " · " + ui.RoleName(r.Lang, role)
	}
	return ui.Option{Value: o.ID.String(), Text: text}
}

// formNames are the fields of the staff form as org calls them.
var formNames = map[string]string{"given": "name", "family": "name", "mail": "email"}

// renamed are an input's faults under the names the page has for its fields.
func renamed(err error, names map[string]string) []fault.Field {
	var out []fault.Field
	for _, f := range fault.FieldsOf(err) {
		if n, ok := names[f.Name]; ok {
			f.Name = n
		}
		out = append(out, f)
	}
	return out
}

// proven asks, for a form whose roles may do an action, for the fresh proof before anything
// is typed, so that nothing is lost on the way to it.
func proven(r *site.Request, may func(actor.Actor) bool, action string) error {
	if !may(r.Who) {
		return fault.DeniedBy(action)
	}
	return r.Proved(action)
}

// days reads the days of a form's fields from and until; what is empty is zero.
func days(r *site.Request, from, until *time.Time) (wrong []fault.Field) {
	for name, to := range map[string]*time.Time{"from": from, "until": until} {
		if v := r.Value(name); v != "" {
			var err error
			if *to, err = time.Parse(time.DateOnly, v); err != nil {
				wrong = append(wrong, fault.Field{Name: name, Message: "Give a day."})
			}
		}
	}
	return wrong
}

func (a *Account) inviteForm(r *site.Request) (site.Answer, error) {
	if err := proven(r, administers, "staff.invite"); err != nil {
		return site.Answer{}, err
	}
	v, err := a.invitePage(r, ui.Form{})
	return site.Page(v), err
}

func (a *Account) invitePage(r *site.Request, form ui.Form) (site.View, error) {
	p := pages.InvitePage{Form: form}
	var err error
	if p.Supervisors, p.Programs, err = a.choices(r); err != nil {
		return nil, err
	}
	return func(f ui.Frame) templ.Component { return pages.Invite(f, p) }, nil
}

func (a *Account) invite(r *site.Request) (site.Answer, error) {
	given, family := nameOf(r.Value("name"))
	id, err := a.org.Invite(r.Ctx(), r.Who, org.Invitation{
		Given: phi.NewText(given), Family: phi.NewText(family), Mail: r.Text("email"),
		Role: actor.Role(r.Value("role")), Supervisor: r.Value("supervisor"), Programs: r.Values("programs"),
	})
	if fault.Is(err, fault.Invalid) {
		v, perr := a.invitePage(r, ui.Posted(r.Form, renamed(err, formNames)))
		return site.Page(v).Status(http.StatusUnprocessableEntity), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	token, err := a.authn.Invite(r.Ctx(), r.Who, id.String())
	if err != nil {
		return site.Answer{}, err
	}
	return a.invited(r, token)
}

// nameOf takes the last word for the family name, so that the two read together
// as they were typed.
func nameOf(s string) (given, family string) {
	words := strings.Fields(s)
	if len(words) == 0 {
		return "", ""
	}
	last := len(words) - 1
	return strings.Join(words[:last], " "), words[last]
}

// invited shows the link of an invitation, this once: nothing keeps it.
func (a *Account) invited(r *site.Request, token string) (site.Answer, error) {
	inv, err := a.authn.OpenInvitation(r.Ctx(), token)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.InvitePage{Link: a.cfg.Origin + enrolPath(token), Until: r.InZone(inv.ExpiresAt), Name: ui.Show(inv.Name)}
	return site.Page(show("/staff", func(f ui.Frame) templ.Component { return pages.Invite(f, p) })), nil
}

func staffID(r *site.Request) (org.ID, error) {
	id, err := record.ParseID[org.Staff](r.PathValue("id"))
	if err != nil {
		return id, fault.NotFoundf("staff.read")
	}
	return id, nil
}

// provenStaff is the colleague whom a form of administrators is about that asks for the
// fresh proof.
func provenStaff(r *site.Request, action string) (org.ID, error) {
	id, err := staffID(r)
	if err == nil {
		err = proven(r, administers, action)
	}
	return id, err
}

func staffPath(id org.ID) string { return "/staff/" + url.PathEscape(id.String()) }

func (a *Account) member(r *site.Request) (site.Answer, error) {
	v, err := a.memberPage(r, nil)
	return site.Page(v), err
}

// memberPage shows a colleague; form is what was typed, or nil for what is on
// record; leaving is what is wrong with how they are to leave.
func (a *Account) memberPage(r *site.Request, form *ui.Form, leaving ...fault.Field) (site.View, error) {
	id, err := staffID(r)
	if err != nil {
		return nil, err
	}
	o, err := a.org.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	names, err := a.org.Directory().Names(r.Ctx(), r.Who, supervisorsOf([]record.Opened[org.Staff]{o}))
	if err != nil {
		return nil, err
	}
	other, works := r.Who.Worker() != id.String(), o.Value.Status != org.Terminated
	p := pages.StaffMemberPage{
		StaffRow: staffRow(r, o, names), Since: r.InZone(o.Value.Started), MayFollow: follows(r.Who), SeesRights: works && (follows(r.Who) || administers(r.Who)), SeesWay: !other || leads(r.Who), Sanctions: other && (r.Who.Role() == actor.PrivacyOfficer || r.Who.Role() == actor.SecurityOfficer),
		MayChange: administers(r.Who) && other && works,
		MayReset:  administers(r.Who) && other && works,
		MayEnd:    administers(r.Who) && other && works,
	}
	if form != nil {
		p.Form = *form
	} else {
		p.Form = ui.NewForm("role", string(o.Value.Role), "supervisor", o.Value.Supervisor)
		for _, c := range o.Value.Programs {
			p.Form.Add("programs", phi.NewText(c))
		}
	}
	for _, f := range leaving {
		p.Form.Fail(f.Name, f.Message)
	}
	if len(leaving) > 0 {
		p.Form.Add("hand_to", r.Text("hand_to"))
		p.Form.Add("words", r.Text("words"))
	}
	if works && (!other || leads(r.Who)) {
		p.SeesPlanned = true
		if p.Planned, err = a.plannedRows(r, o); err != nil {
			return nil, err
		}
		if p.Seconds, err = a.secondRows(r, o); err != nil {
			return nil, err
		}
	}
	if v := o.Value; !works && leads(r.Who) {
		p.Ended, p.Revoked, p.Tried, p.Refused, p.MayProbe = r.InZone(v.Ended), r.InZone(v.Revoked), r.InZone(v.Proved), v.Refused, administers(r.Who)
	}
	if p.MayChange {
		if p.Supervisors, p.Programs, err = a.choices(r); err != nil {
			return nil, err
		}
		// Nobody supervises themselves.
		p.Supervisors = slices.DeleteFunc(p.Supervisors, func(x ui.Option) bool { return x.Value == id.String() })
	}
	if seesSessions(r.Who) || !other {
		if other {
			if err := a.org.Account(r.Ctx(), r.Who, "staff.sessions", id); err != nil {
				return nil, err
			}
		}
		list, err := a.authn.SessionsOf(r.Ctx(), r.Who, id.String())
		if err != nil {
			return nil, err
		}
		w, err := a.authn.WaysOf(r.Ctx(), r.Who, id.String())
		if err != nil {
			return nil, err
		}
		p.SeesWays, p.Sessions = true, sessionRows(r, list, r.Session.ID())
		p.Passkeys, p.HasPassword, p.HasApp, p.HasProvider = w.Passkeys, w.Password, w.TOTP, w.Provider
	}
	return show(staffPath(id), func(f ui.Frame) templ.Component { return pages.StaffMember(f, p) }), nil
}

func (a *Account) changeMember(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	role, boss, programs := actor.Role(r.Value("role")), r.Value("supervisor"), r.Values("programs")
	err = a.org.Change(r.Ctx(), r.Who, id, 0, org.Edit{Role: &role, Supervisor: &boss, Programs: &programs})
	if len(fault.FieldsOf(err)) > 0 {
		form := ui.Posted(r.Form, renamed(err, formNames))
		v, perr := a.memberPage(r, &form)
		return site.Page(v).Status(http.StatusUnprocessableEntity), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "Saved. It holds from their next click on."), nil
}

// resetMember gives a colleague a new invitation: whoever has ways in loses them,
// whoever was invited and never came is invited again.
func (a *Account) resetMember(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := a.org.Account(r.Ctx(), r.Who, "staff.reset", id); err != nil {
		return site.Answer{}, err
	}
	token, err := a.authn.Reset(r.Ctx(), r.Who, id.String())
	if fault.Is(err, fault.Conflict) {
		token, err = a.authn.Invite(r.Ctx(), r.Who, id.String())
	}
	if err != nil {
		return site.Answer{}, err
	}
	return a.invited(r, token)
}

func (a *Account) terminateMember(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = a.org.Leave(r.Ctx(), r.Who, id, org.Leaving{HandTo: r.Value("hand_to")})
	if wrong := fault.FieldsOf(err); len(wrong) > 0 {
		v, perr := a.memberPage(r, nil, wrong...)
		return site.Page(v).Status(http.StatusUnprocessableEntity), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "All access is ended."), nil
}

// probeMember tries again whether somebody whose access ended still gets in.
func (a *Account) probeMember(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := a.org.Prove(r.Ctx(), r.Who, id); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "It was tried. What came of it stands here."), nil
}

func (a *Account) endMemberSession(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := a.org.Account(r.Ctx(), r.Who, "staff.sessions", id); err != nil {
		return site.Answer{}, err
	}
	var list []authn.Session
	if list, err = a.authn.SessionsOf(r.Ctx(), r.Who, id.String()); err != nil {
		return site.Answer{}, err
	}
	if err := a.revoke(r, list, r.PathValue("session")); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(staffPath(id)).Saying(ui.Good, "The session is ended."), nil
}
