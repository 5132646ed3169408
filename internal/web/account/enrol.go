package account

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// expired is the same page for an invitation that ran out, was used or never was.
func expired() site.Answer {
	return site.Page(show("/signin", func(f ui.Frame) templ.Component {
		return pages.Enrol(f, pages.EnrolPage{Step: pages.EnrolExpired})
	})).Status(http.StatusNotFound)
}

func enrolPath(token string) string { return "/enrol/" + url.PathEscape(token) }

func (a *Account) enrol(r *site.Request) (site.Answer, error) {
	token := r.PathValue("token")
	inv, err := a.authn.OpenInvitation(r.Ctx(), token)
	if errors.Is(err, authn.ErrInvitation) {
		return expired(), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	if !inv.Password {
		return a.enrolChoose(r, token, ui.Form{})
	}
	return a.enrolAppPage(r, token, ui.Form{}, http.StatusOK)
}

func (a *Account) enrolChoose(r *site.Request, token string, form ui.Form) (site.Answer, error) {
	inv, err := a.authn.OpenInvitation(r.Ctx(), token)
	if errors.Is(err, authn.ErrInvitation) {
		return expired(), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	st, err := a.org.Directory().Standing(r.Ctx(), inv.Worker)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.EnrolPage{
		Token: token, Name: ui.Show(inv.Name), Email: ui.Show(inv.Mail), Role: ui.RoleName(r.Lang, st.Role),
		Until: r.InZone(inv.ExpiresAt), Step: pages.EnrolChoose, Form: form, Only: !inv.Local,
	}
	if inv.Provider {
		p.Provider = a.provider(r)
	}
	ans := site.Page(show(enrolPath(token), func(f ui.Frame) templ.Component { return pages.Enrol(f, p) }))
	if len(form.Errors()) > 0 {
		ans = ans.Status(http.StatusUnprocessableEntity)
	}
	return ans, nil
}

// enrolAppPage shows the secret of the one-time codes: the one under way, so that
// an app that has it already stays right, or a new one.
func (a *Account) enrolAppPage(r *site.Request, token string, form ui.Form, status int) (site.Answer, error) {
	e, err := a.underWay(r, token)
	if errors.Is(err, authn.ErrCeremony) {
		e, err = a.authn.EnrolTOTPBegin(r.Ctx(), token)
		r.SetCookie(appCookie, tag(token)+"."+e.Ceremony, underWay)
	}
	if errors.Is(err, authn.ErrInvitation) {
		return expired(), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.EnrolPage{Token: token, Step: pages.EnrolApp, Secret: e.Secret, Form: form}
	return site.Page(show(enrolPath(token), func(f ui.Frame) templ.Component { return pages.Enrol(f, p) })).Status(status), nil
}

// appTicket is the ticket of one-time codes being set up with this link, or, if
// token is empty, by somebody signed in.
func appTicket(r *site.Request, token string) string {
	t, ticket, _ := strings.Cut(r.CookieValue(appCookie), ".")
	if t != tag(token) {
		return ""
	}
	return ticket
}

func (a *Account) underWay(r *site.Request, token string) (authn.TOTPEnrolment, error) {
	ticket := appTicket(r, token)
	if ticket == "" {
		return authn.TOTPEnrolment{}, authn.ErrCeremony
	}
	return a.authn.TOTPAgain(r.Ctx(), ticket)
}

// enrolPicture is the QR code of the secret under way in this browser.
func (a *Account) enrolPicture(r *site.Request) (site.Answer, error) {
	_, ticket, _ := strings.Cut(r.CookieValue(appCookie), ".")
	e, err := a.authn.TOTPAgain(r.Ctx(), ticket)
	if errors.Is(err, authn.ErrCeremony) {
		return site.File("text/plain; charset=utf-8", "", nil).Status(http.StatusNotFound), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("image/png", "", e.PNG), nil
}

func (a *Account) enrolOptions(r *site.Request) (site.Answer, error) {
	c, err := a.authn.EnrolPasskeyBegin(r.Ctx(), r.PostFormValue("token"))
	return a.ceremony(r, c, err)
}

func (a *Account) enrolPasskey(r *site.Request) (site.Answer, error) {
	token := r.PostFormValue("token")
	ceremony, response := a.answered(r)
	cookie, s, err := a.authn.EnrolPasskeyFinish(r.Ctx(), token, ceremony, authn.AgentLabel(r.UserAgent()), response, r.Visitor)
	if errors.Is(err, authn.ErrInvitation) {
		return expired(), nil
	}
	if says, _, ok := a.verdict(r, err, "This passkey could not be used. Try again, or choose a password."); ok {
		return a.enrolChoose(r, token, failed(r, "", says))
	}
	if err == nil {
		err = a.activate(r.Ctx(), s)
	}
	return a.enterAs(r.Ctx(), r, cookie, s, err, a.cfg.Home)
}

// activate marks somebody who has just enrolled as working here.
func (a *Account) activate(ctx context.Context, s authn.Session) error {
	id, err := record.ParseID[org.Staff](s.Worker())
	if err != nil {
		return err
	}
	return a.org.Activate(ctx, authn.Service(authn.SignIn), id)
}

func (a *Account) enrolPassword(r *site.Request) (site.Answer, error) {
	token := r.PostFormValue("token")
	err := a.authn.EnrolPassword(r.Ctx(), token, r.FormValue("password"))
	switch {
	case errors.Is(err, authn.ErrInvitation):
		return expired(), nil
	case errors.Is(err, authn.ErrLocalOff):
		says, _, _ := a.verdict(r, err, "")
		return a.enrolChoose(r, token, failed(r, "", says))
	case fault.Is(err, fault.Invalid):
		return a.enrolChoose(r, token, ui.Posted(r.Form, fault.FieldsOf(err)))
	case err != nil:
		return site.Answer{}, err
	}
	r.SetCookie(appCookie, "", 0)
	return site.SeeOther(enrolPath(token)), nil
}

// enrolApp takes the first code of an app: of an invitation, or, with no token,
// of somebody signed in who sets up another.
func (a *Account) enrolApp(r *site.Request) (site.Answer, error) {
	token := r.PostFormValue("token")
	if token == "" {
		return a.confirmApp(r)
	}
	c, s, err := a.authn.EnrolTOTPFinish(r.Ctx(), token, appTicket(r, token), r.FormValue("code"), r.Visitor)
	if errors.Is(err, authn.ErrInvitation) {
		return expired(), nil
	}
	if errors.Is(err, authn.ErrCeremony) {
		return a.enrolAppPage(r, token, failed(r, "", tooLate), http.StatusUnprocessableEntity)
	}
	if says, status, ok := a.verdict(r, err, wrongCode); ok {
		return a.enrolAppPage(r, token, failed(r, "code", says), status)
	}
	if err == nil {
		err = a.activate(r.Ctx(), s)
	}
	if err == nil {
		err = a.signedIn(r.Ctx(), r, c, s)
	}
	if err != nil {
		return site.Answer{}, err
	}
	r.SetCookie(appCookie, "", 0)
	codes, err := a.authn.RecoveryCodes(r.Ctx(), s)
	if err != nil {
		// Signed in they are; the codes can be made on the security page.
		return site.SeeOther("/account/security").SignIn(c).Saying(ui.Warning, "You are enrolled, but no recovery codes were made. Make them now."), nil
	}
	return site.Page(codesPage(codes, ui.Form{})).SignIn(c), nil
}

const tooLate = "That took too long, so the key is a new one. Add it to your app again, then type its code."

func codesPage(codes []string, form ui.Form) site.View {
	return show("/account/security", func(f ui.Frame) templ.Component {
		return pages.Enrol(f, pages.EnrolPage{Step: pages.EnrolCodes, Codes: codes, Form: form})
	})
}

// enrolDone goes on once the codes are kept. Codes cannot be shown again, so
// whoever does not say so gets new ones.
func (a *Account) enrolDone(r *site.Request) (site.Answer, error) {
	if r.PostFormValue("kept") == "yes" {
		return site.SeeOther(a.cfg.Home), nil
	}
	codes, err := a.authn.RecoveryCodes(r.Ctx(), r.Session)
	if errors.Is(err, authn.ErrStepUp) {
		return site.SeeOther(going("/stepup", "/account/security")), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	form := failed(r, "kept", "Say that you keep the codes. These are new ones: those shown before no longer work.")
	return site.Invalid(codesPage(codes, form)), nil
}
