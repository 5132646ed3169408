package account

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (a *Account) sessions(r *site.Request) (site.Answer, error) {
	list, err := a.authn.Sessions(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.SessionsPage{Sessions: sessionRows(r, list, r.Session.ID())}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Sessions(f, p) }), nil
}

func (a *Account) endSession(r *site.Request) (site.Answer, error) {
	list, err := a.authn.Sessions(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	// Those of others are ended on the page of whose they are.
	if err := a.revoke(r, list, r.PathValue("id")); err != nil {
		return site.Answer{}, err
	}
	if r.PathValue("id") == r.Session.ID() {
		return site.SeeOther("/signin").SignOut(), nil
	}
	return site.SeeOther("/account/sessions").Saying(ui.Good, "The session is ended."), nil
}

// revoke ends the session with id if it is in list.
func (a *Account) revoke(r *site.Request, list []authn.Session, id string) error {
	for _, s := range list {
		if s.ID() == id {
			return a.authn.RevokeSession(r.Ctx(), r.Who, id)
		}
	}
	return fault.NotFoundf("session.revoke")
}

func (a *Account) endOthers(r *site.Request) (site.Answer, error) {
	list, err := a.authn.Sessions(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	for _, s := range list {
		if s.ID() == r.Session.ID() {
			continue
		}
		if err := a.authn.RevokeSession(r.Ctx(), r.Who, s.ID()); err != nil {
			return site.Answer{}, err
		}
	}
	return site.SeeOther("/account/sessions").Saying(ui.Good, "All other sessions are ended."), nil
}

// security asks for the fresh proof before it is shown: nearly everything on it
// needs one, and a form that asked only afterwards would lose what was typed.
func (a *Account) security(r *site.Request) (site.Answer, error) {
	if err := r.Proved("account.security"); err != nil {
		return site.Answer{}, err
	}
	v, err := a.securityPage(r, ui.Form{}, nil)
	return site.Page(v), err
}

func (a *Account) securityPage(r *site.Request, form ui.Form, codes []string) (site.View, error) {
	w, err := a.authn.Ways(r.Ctx(), r.Session)
	if err != nil {
		return nil, err
	}
	keys, err := a.authn.Passkeys(r.Ctx(), r.Session)
	if err != nil {
		return nil, err
	}
	p := pages.SecurityPage{HasPassword: w.Password, HasApp: w.TOTP, CodesLeft: w.RecoveryCodes, NewCodes: codes, Form: form}
	for _, k := range keys {
		p.Passkeys = append(p.Passkeys, pages.Passkey{ID: k.ID, Name: k.Name, Made: r.InZone(k.CreatedAt), Used: r.InZone(k.UsedAt), Synced: k.Synced})
	}
	return show("/account/security", func(f ui.Frame) templ.Component {
		p.NoKeys, p.Compact = f.NoKeys, f.Density == "compact"
		return pages.Security(f, p)
	}), nil
}

func security(tone ui.Tone, says string) site.Answer {
	return site.SeeOther("/account/security").Saying(tone, says)
}

func (a *Account) addPasskeyOptions(r *site.Request) (site.Answer, error) {
	c, err := a.authn.AddPasskeyBegin(r.Ctx(), r.Session)
	return a.ceremony(r, c, err)
}

func (a *Account) addPasskey(r *site.Request) (site.Answer, error) {
	ceremony, response := a.answered(r)
	name := r.Value("passkey_name")
	if name == "" {
		name = authn.AgentLabel(r.UserAgent())
	}
	err := a.authn.AddPasskeyFinish(r.Ctx(), r.Session, ceremony, name, response)
	switch {
	case errors.Is(err, authn.ErrCeremony), errors.Is(err, authn.ErrWrong):
		return security(ui.Warning, "No passkey was added. Try again."), nil
	case fault.Is(err, fault.Conflict):
		return security(ui.Warning, "This passkey is set up already."), nil
	case err != nil:
		return site.Answer{}, err
	}
	return security(ui.Good, "The passkey is added."), nil
}

func (a *Account) removePasskey(r *site.Request) (site.Answer, error) {
	err := a.authn.RemovePasskey(r.Ctx(), r.Session, r.PathValue("id"))
	switch {
	case fault.Is(err, fault.Conflict):
		return security(ui.Warning, "It is your last way in. Add another passkey, or a password and an app, first."), nil
	case err != nil:
		return site.Answer{}, err
	}
	return security(ui.Good, "The passkey is removed."), nil
}

func (a *Account) password(r *site.Request) (site.Answer, error) {
	again := func(form ui.Form, status int) (site.Answer, error) {
		v, err := a.securityPage(r, form, nil)
		return site.Page(v).Status(status), err
	}
	w, err := a.authn.Ways(r.Ctx(), r.Session)
	if err != nil {
		return site.Answer{}, err
	}
	if w.Password {
		err := a.authn.CheckPassword(r.Ctx(), r.Session, r.FormValue("password"))
		if errors.Is(err, authn.ErrEnded) {
			return a.shutOut(r), nil
		}
		if says, status, ok := a.verdict(r, err, "The password you have now is not right."); ok {
			return again(failed(r, "password", says), status)
		}
		if err != nil {
			return site.Answer{}, err
		}
	}
	err = a.authn.ChangePassword(r.Ctx(), r.Session, r.FormValue("new_password"))
	if fault.Is(err, fault.Invalid) {
		form := ui.Posted(r.Form, nil)
		for _, f := range fault.FieldsOf(err) {
			form.Fail("new_password", f.Message)
		}
		return again(form, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return security(ui.Good, "The password is changed. Everywhere else you were signed out."), nil
}

// newApp begins setting up one-time codes anew. The page that shows them has an
// address of its own, so that loading it again shows the same.
func (a *Account) newApp(r *site.Request) (site.Answer, error) {
	e, err := a.authn.NewTOTPBegin(r.Ctx(), r.Session)
	if err != nil {
		return site.Answer{}, err
	}
	r.SetCookie(appCookie, tag("")+"."+e.Ceremony, underWay)
	return site.SeeOther("/account/app"), nil
}

func (a *Account) app(r *site.Request) (site.Answer, error) {
	return a.appPage(r, ui.Form{}, http.StatusOK)
}

func (a *Account) appPage(r *site.Request, form ui.Form, status int) (site.Answer, error) {
	e, err := a.underWay(r, "")
	if errors.Is(err, authn.ErrCeremony) {
		return security(ui.Warning, "That took too long. Begin again."), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.EnrolPage{Step: pages.EnrolApp, Secret: e.Secret, Form: form}
	return site.Page(show("/account/app", func(f ui.Frame) templ.Component { return pages.Enrol(f, p) })).Status(status), nil
}

// confirmApp takes the first code of a new app. The form it comes from is that of
// enrolling, which anybody may post, so the session and the form's own token are
// checked here.
func (a *Account) confirmApp(r *site.Request) (site.Answer, error) {
	if !r.Who.Valid() {
		return site.Answer{}, authn.ErrNoSession
	}
	if !r.Session.CheckCSRF(r.PostFormValue("csrf")) {
		return site.Answer{}, fault.DeniedBy("site.post", "csrf")
	}
	err := a.authn.NewTOTPFinish(r.Ctx(), r.Session, appTicket(r, ""), r.FormValue("code"))
	if errors.Is(err, authn.ErrWrong) {
		return a.appPage(r, failed(r, "code", wrongCode), http.StatusUnprocessableEntity)
	}
	r.SetCookie(appCookie, "", 0)
	switch {
	case errors.Is(err, authn.ErrCeremony):
		return security(ui.Warning, "That took too long. Begin again."), nil
	case errors.Is(err, authn.ErrStepUp):
		return site.SeeOther(going("/stepup", "/account/security")), nil
	case err != nil:
		return site.Answer{}, err
	}
	return security(ui.Good, "The authenticator app is set up. An app set up before no longer works."), nil
}

// recoveryCodes shows new codes, once: the answer to the form is the only page
// that ever has them.
func (a *Account) recoveryCodes(r *site.Request) (site.Answer, error) {
	codes, err := a.authn.RecoveryCodes(r.Ctx(), r.Session)
	if fault.Is(err, fault.Conflict) {
		return security(ui.Warning, "Recovery codes stand in for the codes of an app. Set up a password and an app first."), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	v, err := a.securityPage(r, ui.Form{}, codes)
	return site.Page(v), err
}
