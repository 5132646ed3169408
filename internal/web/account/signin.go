package account

import (
	"context"
	"errors"
	"net/http"

	"github.com/a-h/templ"

	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// wrongPair is the one sentence for an address nobody has and a wrong password.
const wrongPair = "The email or the password is not right."

func (a *Account) signIn(r *site.Request) (site.Answer, error) {
	switch {
	case r.Who.Valid():
		return site.SeeOther(r.Next(a.cfg.Home)), nil
	case r.Session.Locked():
		return site.SeeOther(going("/locked", r.Next(""))), nil
	}
	return site.Page(a.signInPage(r, ui.Form{})), nil
}

func (a *Account) signInPage(r *site.Request, form ui.Form) site.View {
	p := pages.SignInPage{Form: form, Next: r.Next("")}
	if on, away, only, out := a.authn.Provider(); on {
		p.Provider, p.Away, p.Only = a.provider(r), away, only
		if r.Value("out") == "provider" {
			p.SignOut = out
		}
	}
	return show(going("/signin", p.Next), func(f ui.Frame) templ.Component { return pages.SignIn(f, p) })
}

func (a *Account) signInPassword(r *site.Request) (site.Answer, error) {
	p, err := a.authn.SignInPassword(r.Ctx(), r.Value("email"), r.FormValue("password"), r.Visitor)
	if says, status, ok := a.verdict(r, err, wrongPair); ok {
		return site.Page(a.signInPage(r, failed(r, "", says))).Status(status), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	r.SetCookie(pendingCookie, p.Ticket, underWay)
	return site.SeeOther(going("/signin/code", r.Next(""))), nil
}

func (a *Account) signInOptions(r *site.Request) (site.Answer, error) {
	c, err := a.authn.BeginPasskey(r.Ctx())
	return a.ceremony(r, c, err)
}

func (a *Account) signInPasskey(r *site.Request) (site.Answer, error) {
	ceremony, response := a.answered(r)
	token, s, err := a.authn.FinishPasskey(r.Ctx(), ceremony, response, r.Visitor)
	if says, status, ok := a.verdict(r, err, "This passkey does not sign in here. Try another, or use your password."); ok {
		return site.Page(a.signInPage(r, failed(r, "", says))).Status(status), nil
	}
	return a.enterAs(r.Ctx(), r, token, s, err, r.Next(a.cfg.Home))
}

// enterAs leads somebody who has just signed in to where they were going.
func (a *Account) enterAs(ctx context.Context, r *site.Request, token string, s authn.Session, err error, to string) (site.Answer, error) {
	if err != nil {
		return site.Answer{}, err
	}
	if err := a.signedIn(ctx, r, token, s); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(to).SignIn(token), nil
}

func (a *Account) secondFactor(r *site.Request) (site.Answer, error) {
	if r.CookieValue(pendingCookie) == "" {
		return site.SeeOther(going("/signin", r.Next(""))), nil
	}
	return site.Page(secondFactorPage(r, ui.Form{})), nil
}

func secondFactorPage(r *site.Request, form ui.Form) site.View {
	p := pages.SecondFactorPage{Form: form, Next: r.Next("")}
	return show(going("/signin/code", p.Next), func(f ui.Frame) templ.Component { return pages.SecondFactor(f, p) })
}

func (a *Account) secondFactorCode(r *site.Request) (site.Answer, error) {
	token, s, err := a.authn.SecondFactor(r.Ctx(), r.CookieValue(pendingCookie), r.FormValue("code"), r.Visitor)
	if errors.Is(err, authn.ErrCeremony) {
		r.SetCookie(pendingCookie, "", 0)
		return site.SeeOther(going("/signin", r.Next(""))).Saying(ui.Warning, "That took too long. Start again with your password."), nil
	}
	if says, status, ok := a.verdict(r, err, wrongCode); ok {
		return site.Page(secondFactorPage(r, failed(r, "code", says))).Status(status), nil
	}
	return a.enterAs(r.Ctx(), r, token, s, err, r.Next(a.cfg.Home))
}

const wrongCode = "The code is not right. It changes every thirty seconds: type the one the app shows now."

func (a *Account) recovery(r *site.Request) (site.Answer, error) {
	return site.Page(recoveryPage(r, ui.Form{})), nil
}

func recoveryPage(r *site.Request, form ui.Form) site.View {
	p := pages.RecoveryPage{Form: form, Next: r.Next("")}
	return show(going("/signin/recovery", p.Next), func(f ui.Frame) templ.Component { return pages.Recovery(f, p) })
}

func (a *Account) recoveryCode(r *site.Request) (site.Answer, error) {
	token, s, err := a.authn.SignInRecovery(r.Ctx(), r.Value("email"), r.FormValue("password"), r.FormValue("code"), r.Visitor)
	if says, status, ok := a.verdict(r, err, "The email, the password or the recovery code is not right, or the code was used before."); ok {
		return site.Page(recoveryPage(r, failed(r, "", says))).Status(status), nil
	}
	ans, err := a.enterAs(r.Ctx(), r, token, s, err, "/account/security")
	return ans.Saying(ui.Note, "You used a recovery code. If your phone or passkey is lost, remove it and set up a new one now."), err
}

func (a *Account) signOut(r *site.Request) (site.Answer, error) {
	by := r.Session.Method()
	if err := a.authn.SignOut(r.Ctx(), r.Session); err != nil {
		return site.Answer{}, err
	}
	if _, _, _, out := a.authn.Provider(); by == authn.ByProvider && out != "" {
		// The page says that they are signed out here, and offers to sign out there: a form
		// may not lead a browser to another site by itself.
		return site.SeeOther("/signin?out=provider").SignOut(), nil
	}
	return site.SeeOther("/signin").SignOut().Saying(ui.Good, "You are signed out."), nil
}

// enter signs in a fictional person of the demonstration. The link is good once;
// a HEAD, by which programs look where a link leads, does not use it up.
func (a *Account) enter(r *site.Request) (site.Answer, error) {
	if r.Method != http.MethodGet {
		return site.Answer{}, fault.NotFoundf("signin.demo")
	}
	token, s, err := a.authn.RedeemOneTime(r.Ctx(), r.PathValue("token"), r.Visitor)
	if errors.Is(err, authn.ErrInvitation) {
		return expired(), nil
	}
	return a.enterAs(r.Ctx(), r, token, s, err, a.cfg.Home)
}
