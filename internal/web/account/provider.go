package account

import (
	"errors"
	"net/http"

	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/oidc"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// provider is what the agency's identity provider is called on pages.
func (a *Account) provider(r *site.Request) string {
	if a.cfg.Provider != "" {
		return a.cfg.Provider
	}
	return r.T("your organization")
}

// proves is the provider's name if it can prove who the session's worker is.
func (a *Account) proves(r *site.Request, w authn.Ways) string {
	if !w.Provider {
		return ""
	}
	return a.provider(r)
}

// toProvider sends the browser to the provider, and back to where it was if that is away.
func (a *Account) toProvider(r *site.Request, out authn.Outward, err error, back string) (site.Answer, error) {
	switch {
	case errors.Is(err, authn.ErrInvitation):
		return expired(), nil
	case fault.Is(err, fault.Unavailable):
		return site.SeeOther(back).Saying(ui.Warning, providerAway).Because(err), nil
	case err != nil:
		return site.Answer{}, err
	}
	r.SetCookie(providerCookie, out.Ticket, underWay)
	return site.Leave(out.To), nil
}

const providerAway = "Your organization’s sign-in cannot be reached at the moment. Nothing was changed. Try again in a few minutes."

func (a *Account) providerSignIn(r *site.Request) (site.Answer, error) {
	if r.Who.Valid() {
		return site.SeeOther(r.Next(a.cfg.Home)), nil
	}
	// Nobody is signed in by a link on another site, without a word.
	if from := r.Header.Get("Sec-Fetch-Site"); from == "cross-site" || from == "same-site" {
		return site.SeeOther(going("/signin", r.Next(""))), nil
	}
	out, err := a.authn.ProviderSignIn(r.Ctx(), r.Next(""))
	return a.toProvider(r, out, err, going("/signin", r.Next("")))
}

func (a *Account) providerEnrol(r *site.Request) (site.Answer, error) {
	token := r.PathValue("token")
	out, err := a.authn.ProviderEnrol(r.Ctx(), token)
	return a.toProvider(r, out, err, enrolPath(token))
}

func (a *Account) providerStepUp(r *site.Request) (site.Answer, error) {
	out, err := a.authn.ProviderStepUp(r.Ctx(), r.Session, r.Next(""))
	return a.toProvider(r, out, err, going("/stepup", r.Next("")))
}

func (a *Account) providerUnlock(r *site.Request) (site.Answer, error) {
	if !r.Session.Locked() {
		return site.SeeOther(r.Next(a.cfg.Home)), nil
	}
	out, err := a.authn.ProviderUnlock(r.Ctx(), r.Session, r.Next(""))
	return a.toProvider(r, out, err, going("/locked", r.Next("")))
}

// providerSays is what to tell somebody whom the provider's answer does not sign in.
var providerSays = map[string]string{
	"cancelled":       "You stopped signing in there. Nothing was changed.",
	"one_factor":      "You signed in there with one factor only. Set up a second one there, then try again.",
	"role":            "You signed in there, but not with the role you have here. Ask an administrator.",
	"unverified_mail": "You signed in there, but nobody has verified your email address there. Ask an administrator for an invitation: with it the two accounts are linked.",
	"somebody_else":   "Somebody else signed in there. Prove it with your own account.",
	"no_auth_time":    "The provider did not say when you signed in there, which is asked for here. Tell an administrator.",
	"too_long_ago":    "You signed in there too long ago. Sign out there, sign in there anew, then come back.",
	"not_fresh":       "A fresh proof is needed, and you were still signed in there. Sign in there anew.",
}

const (
	// Whoever is not let in learns nothing of who works here.
	providerUnknown = "You signed in there, but no account here is linked with it. Ask an administrator for an invitation: with it the two are linked."
	providerDoubted = "The answer could not be trusted, so nothing was changed. Try again; if it happens again, tell an administrator."
)

func providerSaying(err error) string {
	why := authn.ProviderWhy(err)
	if s, ok := providerSays[why]; ok {
		return s
	}
	switch why {
	case "unknown", "linked_before", "ended":
		return providerUnknown
	}
	return providerDoubted
}

// providerBack takes the browser that comes back from the provider. The address it came
// with holds a code: it is led on to one that does not, whatever came of it.
func (a *Account) providerBack(r *site.Request) (site.Answer, error) {
	if r.Method != http.MethodGet {
		return site.Answer{}, fault.NotFoundf("signin.provider")
	}
	ticket := r.CookieValue(providerCookie)
	r.SetCookie(providerCookie, "", 0)
	x, err := a.authn.ProviderBack(r.Ctx(), ticket, oidc.Answer{State: r.FormValue("state"), Code: r.FormValue("code"), Issuer: r.FormValue("iss"), Error: r.FormValue("error")}, r.Session, r.Visitor)
	from := going("/signin", x.Next)
	switch x.For {
	case authn.ToEnrol:
		from = enrolPath(x.Invitation)
	case authn.ToStepUp:
		from = going("/stepup", x.Next)
	case authn.ToUnlock:
		from = going("/locked", x.Next)
	}
	switch {
	case errors.Is(err, authn.ErrProvider):
		return site.SeeOther(from).Saying(ui.Warning, providerSaying(err)), nil
	case errors.Is(err, authn.ErrEnded):
		return a.shutOut(r), nil
	case errors.Is(err, authn.ErrInvitation):
		return expired(), nil
	case errors.Is(err, authn.ErrCeremony), errors.Is(err, authn.ErrWrong):
		return site.SeeOther(from).Saying(ui.Warning, "That took too long, or was used already. Try again."), nil
	case fault.Is(err, fault.Unavailable):
		return site.SeeOther(from).Saying(ui.Warning, providerAway).Because(err), nil
	case err != nil:
		return site.Answer{}, err
	}
	to := x.Next
	if to == "" {
		to = a.cfg.Home
	}
	switch {
	case x.For == authn.ToStepUp:
		return site.SeeOther(to).Saying(ui.Good, "You proved it is you. If you had begun something, do it once more."), nil
	case x.For == authn.ToUnlock:
		return site.SeeOther(to), nil
	case x.Pending.Ticket != "":
		r.SetCookie(pendingCookie, x.Pending.Ticket, underWay)
		return site.SeeOther(going("/signin/code", x.Next)), nil
	}
	if x.First {
		if err := a.activate(r.Ctx(), x.Session); err != nil {
			return site.Answer{}, err
		}
	}
	return a.enterAs(r.Ctx(), r, x.Token, x.Session, nil, to)
}

// providerLogout takes what the provider itself says, from server to server: whom it signed
// out. It answers as OpenID Connect Back-Channel Logout 1.0, 2.8 has it, and no page.
func (a *Account) providerLogout(r *site.Request) (site.Answer, error) {
	err := a.authn.ProviderLogout(r.Ctx(), r.PostFormValue("logout_token"))
	switch {
	case errors.Is(err, authn.ErrProvider):
		return site.JSON([]byte(`{"error":"invalid_request"}`)).Status(http.StatusBadRequest), nil
	case fault.Is(err, fault.Unavailable):
		return site.JSON([]byte(`{"error":"temporarily_unavailable"}`)).Status(http.StatusServiceUnavailable).Because(err), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.JSON([]byte("{}")), nil
}
