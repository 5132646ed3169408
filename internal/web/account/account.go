package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/org"
	"caseward/internal/program/rights"
	"caseward/internal/staffsync"
	"caseward/internal/standing"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Config says what the pages need to know of the installation.
type Config struct {
	Origin string // where invitations lead: "https://cases.example.org"
	Home   string // where a sign-in leads that was on its way nowhere; "/" if empty
	Demo   bool   // single-use links sign in, see [authn.Config]
	// Provider is what people call the agency's identity provider, if authn has one.
	Provider string
	// First asks the log for somebody's first access; nil where nobody can.
	First FirstAccess
	// Keys are those of systems that provision accounts.
	Keys *org.ScimKeys
	// Staff brings a list of the workforce in.
	Staff *staffsync.Sync
	// Meets are the duties to keep apart that somebody in two roles would have.
	Meets func(a, b actor.Role) []rights.Duty
}

// Account answers the routes of this package.
type Account struct {
	authn *authn.Authn
	org   *org.Org
	must  *standing.Standing
	cfg   Config
}

// New returns the pages over sign-in and workforce, and over what each must hold.
func New(a *authn.Authn, o *org.Org, s *standing.Standing, cfg Config) *Account {
	if cfg.Home == "" {
		cfg.Home = "/"
	}
	cfg.Origin = strings.TrimSuffix(cfg.Origin, "/")
	return &Account{authn: a, org: o, must: s, cfg: cfg}
}

// Routes is the part of the route table this package answers.
func (a *Account) Routes() []site.Route {
	rs := []site.Route{
		{Pattern: "GET /signin", Access: site.Public, Handle: a.signIn},
		{Pattern: "POST /signin", Access: site.Public, Handle: a.signInPassword},
		{Pattern: "POST /signin/passkey/options", Access: site.Public, Handle: a.signInOptions},
		{Pattern: "POST /signin/passkey", Access: site.Public, Handle: a.signInPasskey},
		{Pattern: "GET /signin/code", Access: site.Public, Handle: a.secondFactor},
		{Pattern: "POST /signin/code", Access: site.Public, Handle: a.secondFactorCode},
		{Pattern: "GET /signin/recovery", Access: site.Public, Handle: a.recovery},
		{Pattern: "POST /signin/recovery", Access: site.Public, Handle: a.recoveryCode},
		{Pattern: "GET /signin/provider", Access: site.Public, Handle: a.providerSignIn},
		{Pattern: "GET /signin/provider/back", Access: site.Public, Handle: a.providerBack},
		{Pattern: "POST /signin/provider/logout", Access: site.Public, Handle: a.providerLogout},
		{Pattern: "GET /enrol/{token}/provider", Access: site.Public, Handle: a.providerEnrol},
		{Pattern: "GET /stepup/provider", Access: site.SignedIn, Handle: a.providerStepUp},
		{Pattern: "GET /locked/provider", Access: site.Locked, Handle: a.providerUnlock},
		{Pattern: "POST /signout", Access: site.Locked, Handle: a.signOut},

		{Pattern: "GET /enrol/{token}", Access: site.Public, Handle: a.enrol},
		{Pattern: "GET /enrol/qr", Access: site.Public, Handle: a.enrolPicture},
		{Pattern: "POST /enrol/passkey/options", Access: site.Public, Handle: a.enrolOptions},
		{Pattern: "POST /enrol/passkey", Access: site.Public, Handle: a.enrolPasskey},
		{Pattern: "POST /enrol/password", Access: site.Public, Handle: a.enrolPassword},
		{Pattern: "POST /enrol/app", Access: site.Public, Handle: a.enrolApp},
		{Pattern: "POST /enrol/done", Access: site.SignedIn, Handle: a.enrolDone},

		{Pattern: "GET /stepup", Access: site.SignedIn, Handle: a.stepUp},
		{Pattern: "POST /stepup", Access: site.SignedIn, Handle: a.stepUpCode},
		{Pattern: "POST /stepup/passkey/options", Access: site.SignedIn, Handle: a.stepUpOptions},
		{Pattern: "POST /stepup/passkey", Access: site.SignedIn, Handle: a.stepUpPasskey},

		{Pattern: "GET /standing", Access: site.SignedIn, Handle: a.standing},

		{Pattern: "POST /lock", Access: site.Locked, Handle: a.lock},
		{Pattern: "GET /locked", Access: site.Locked, Handle: a.locked},
		{Pattern: "POST /unlock", Access: site.Locked, Handle: a.unlock},
		{Pattern: "POST /unlock/passkey/options", Access: site.Locked, Handle: a.unlockOptions},
		{Pattern: "POST /unlock/passkey", Access: site.Locked, Handle: a.unlockPasskey},
		{Pattern: "POST /alive", Access: site.SignedIn, Handle: a.alive},
		{Pattern: "POST /account/device-key", Access: site.SignedIn, Handle: a.deviceKey},

		{Pattern: "POST /purpose", Access: site.SignedIn, Handle: a.purpose},
		{Pattern: "POST /account/role", Access: site.SignedIn, Handle: a.role},
		{Pattern: "POST /language", Access: site.Public, Handle: a.language},
		{Pattern: "POST /account/screen", Access: site.SignedIn, Handle: a.screen},

		{Pattern: "GET /account/sessions", Access: site.SignedIn, Handle: a.sessions},
		{Pattern: "POST /account/sessions/{id}/end", Access: site.SignedIn, Handle: a.endSession},
		{Pattern: "POST /account/sessions/end-others", Access: site.SignedIn, Handle: a.endOthers},
		{Pattern: "GET /account/security", Access: site.SignedIn, Handle: a.security},
		{Pattern: "POST /account/passkeys/options", Access: site.SignedIn, Handle: a.addPasskeyOptions},
		{Pattern: "POST /account/passkeys", Access: site.SignedIn, Handle: a.addPasskey},
		{Pattern: "POST /account/passkeys/{id}/remove", Access: site.SignedIn, Handle: a.removePasskey},
		{Pattern: "POST /account/password", Access: site.SignedIn, Handle: a.password},
		{Pattern: "POST /account/app", Access: site.SignedIn, Handle: a.newApp},
		{Pattern: "GET /account/app", Access: site.SignedIn, Handle: a.app},
		{Pattern: "POST /account/recovery-codes", Access: site.SignedIn, Handle: a.recoveryCodes},

		{Pattern: "GET /staff", Access: site.SignedIn, Action: "staff.find", Handle: a.staff},
		{Pattern: "GET /staff/invite", Access: site.SignedIn, Action: "staff.invite", Handle: a.inviteForm},
		{Pattern: "POST /staff/invite", Access: site.SignedIn, Action: "staff.invite", Handle: a.invite},
		{Pattern: "GET /staff/import", Access: site.SignedIn, Action: "staff.invite", Handle: a.importForm},
		{Pattern: "POST /staff/import", Access: site.SignedIn, Action: "staff.invite", Handle: a.importPlan, Body: staffsync.MaxBytes * 2},
		{Pattern: "POST /staff/import/apply", Access: site.SignedIn, Action: "staff.invite", Handle: a.importApply, Body: staffsync.MaxBytes * 2},
		{Pattern: "GET /staff/export", Access: site.SignedIn, Action: "staff.invite", Handle: a.exportStaff},
		{Pattern: "GET /staff/{id}", Access: site.SignedIn, Action: "staff.read", Handle: a.member},
		{Pattern: "POST /staff/{id}", Access: site.SignedIn, Action: "staff.change", Handle: a.changeMember},
		{Pattern: "GET /staff/{id}/plan", Access: site.SignedIn, Action: "staff.plan", Handle: a.planForm},
		{Pattern: "POST /staff/{id}/plan", Access: site.SignedIn, Action: "staff.plan", Handle: a.plan},
		{Pattern: "POST /staff/{id}/plan/{key}/cancel", Access: site.SignedIn, Action: "staff.cancel", Handle: a.cancelPlan},
		{Pattern: "GET /staff/{id}/second", Access: site.SignedIn, Action: "staff.second", Handle: a.secondForm},
		{Pattern: "POST /staff/{id}/second", Access: site.SignedIn, Action: "staff.second", Handle: a.second},
		{Pattern: "POST /staff/{id}/second/{key}/end", Access: site.SignedIn, Action: "staff.second_end", Handle: a.endSecond},
		{Pattern: "POST /staff/{id}/reset", Access: site.SignedIn, Action: "staff.reset", Handle: a.resetMember},
		{Pattern: "POST /staff/{id}/terminate", Access: site.SignedIn, Action: "staff.terminate", Handle: a.terminateMember},
		{Pattern: "POST /staff/{id}/probe", Access: site.SignedIn, Action: "staff.probe", Handle: a.probeMember},
		{Pattern: "POST /staff/{id}/sessions/{session}/end", Access: site.SignedIn, Action: "staff.sessions", Handle: a.endMemberSession},

		{Pattern: "GET /onboarding", Access: site.SignedIn, Action: "standing.read", Handle: a.underway},
		{Pattern: "GET /staff/{id}/onboarding", Access: site.SignedIn, Action: "staff.read", Handle: a.onboarding},
		{Pattern: "POST /staff/{id}/clearance", Access: site.SignedIn, Action: "clearance.record", Handle: a.clear},
		{Pattern: "GET /staff/{id}/clearance", Access: site.SignedIn, Action: "staff.read", Handle: a.onboardingBack},
		{Pattern: "GET /account/onboarding", Access: site.SignedIn, Handle: a.ownOnboarding},
		{Pattern: "GET /settings/clearance", Access: site.SignedIn, Action: "agency.clearance", Handle: a.clearanceTerms},
		{Pattern: "POST /settings/clearance", Access: site.SignedIn, Action: "agency.clearance", Handle: a.requireClearance},

		{Pattern: "GET /settings/keys", Access: site.SignedIn, Action: "scimkey.find", Handle: a.scimKeys},
		{Pattern: "GET /settings/keys/new", Access: site.SignedIn, Action: "scimkey.create", Handle: a.keyForm},
		{Pattern: "POST /settings/keys/new", Access: site.SignedIn, Action: "scimkey.create", Handle: a.makeKey},
		{Pattern: "POST /settings/keys/{id}/revoke", Access: site.SignedIn, Action: "scimkey.revoke", Handle: a.revokeKey},
		{Pattern: "GET /settings/keys/{id}/revoke", Access: site.SignedIn, Action: "scimkey.find", Handle: a.keysBack},

		{Pattern: "GET /coverage", Access: site.SignedIn, Action: "coverage.find", Handle: a.coverage},
		{Pattern: "POST /coverage", Access: site.SignedIn, Action: "coverage.create", Handle: a.cover},
		{Pattern: "POST /coverage/{id}/end", Access: site.SignedIn, Action: "coverage.end", Handle: a.endCover},
	}
	if a.cfg.Demo {
		rs = append(rs, site.Route{Pattern: "POST /tour", Access: site.SignedIn, Handle: a.tour})
	}
	// A page shown in answer to a form has that form's address. Whoever comes back
	// to it finds the page the form is on.
	for _, p := range [][2]string{
		{"/signin/passkey", "/signin"}, {"/stepup/passkey", "/stepup"}, {"/unlock", "/locked"}, {"/unlock/passkey", "/locked"},
		{"/enrol/app", "/account/security"}, {"/enrol/done", "/account/security"},
		{"/account/password", "/account/security"}, {"/account/recovery-codes", "/account/security"}, {"/account/passkeys", "/account/security"},
	} {
		rs = append(rs, site.Route{Pattern: "GET " + p[0], Access: site.Public, Handle: func(r *site.Request) (site.Answer, error) {
			return site.SeeOther(going(p[1], r.Next(""))), nil
		}})
	}
	for _, of := range []string{"reset", "terminate", "probe"} {
		rs = append(rs, site.Route{Pattern: "GET /staff/{id}/" + of, Access: site.SignedIn, Action: "staff.read", Handle: func(r *site.Request) (site.Answer, error) {
			return site.SeeOther("/staff/" + url.PathEscape(r.PathValue("id"))), nil
		}})
	}
	if a.cfg.Demo {
		rs = append(rs, site.Route{Pattern: "GET /enter/{token}", Access: site.Public, Handle: a.enter})
	}
	return rs
}

// The cookies that hold what authn sealed while somebody signs in. Each lasts as
// long as authn takes it.
const (
	pendingCookie  = "signin"   // the password was right, the code is to come
	ceremonyCookie = "ceremony" // a passkey ceremony under way
	providerCookie = "provider" // somebody is at the identity provider
	appCookie      = "app"      // one-time codes being set up
	underWay       = 5 * time.Minute
	year           = 365 * 24 * time.Hour
)

// show makes the view of a page. path is where small forms on it lead back to:
// the page itself where it was posted has no address.
func show(path string, page func(f ui.Frame) templ.Component) site.View {
	return func(f ui.Frame) templ.Component {
		if path != "" {
			f.Path = path
		}
		return page(f)
	}
}

// going carries where somebody was going through another page.
func going(path, to string) string {
	if to == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(to)
}

// tag ties a cookie to the link it was made for, without holding the link.
func tag(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

// ceremony answers a passkey ceremony's options and keeps its ticket.
func (a *Account) ceremony(r *site.Request, c authn.Ceremony, err error) (site.Answer, error) {
	if err != nil {
		return site.Answer{}, err
	}
	r.SetStrictCookie(ceremonyCookie, c.ID, underWay)
	return site.JSON(c.Options), nil
}

// answered is the ticket and the authenticator's answer to it. A ticket is good
// once, so the cookie goes.
func (a *Account) answered(r *site.Request) (ceremony string, response []byte) {
	ceremony = r.CookieValue(ceremonyCookie)
	r.SetStrictCookie(ceremonyCookie, "", 0)
	return ceremony, []byte(r.FormValue("credential"))
}

// verdict is what a page says about a proof that was not taken. ok is false where
// err is no verdict on a proof: then nothing was judged and err stands.
func (a *Account) verdict(r *site.Request, err error, wrong string) (says string, status int, ok bool) {
	switch {
	case errors.Is(err, authn.ErrThrottled):
		after, _ := authn.RetryAfter(err)
		return r.T("Too many attempts. Wait %s, then try again.", wait(r, after)), http.StatusTooManyRequests, true
	case errors.Is(err, authn.ErrPasswordOff):
		return "Too many wrong attempts in a row. Use a passkey or a recovery code, or ask an administrator.", http.StatusUnprocessableEntity, true
	case errors.Is(err, authn.ErrCeremony):
		return "That took too long, or was used already. Try again.", http.StatusUnprocessableEntity, true
	case errors.Is(err, authn.ErrWrong):
		return wrong, http.StatusUnprocessableEntity, true
	case errors.Is(err, authn.ErrLocalOff):
		return "Passwords and passkeys of Caseward are switched off for you. Use your organization’s sign-in.", http.StatusUnprocessableEntity, true
	}
	return "", 0, false
}

// wait says a time to wait, rounded up.
func wait(r *site.Request, d time.Duration) string {
	if d <= 90*time.Second {
		return ui.N(r.Lang, int((d+time.Second-1)/time.Second), "1 second", "%d seconds")
	}
	return ui.N(r.Lang, int((d+time.Minute-1)/time.Minute), "1 minute", "%d minutes")
}

// failed is the form as it was typed, without its secrets, and what is wrong.
func failed(r *site.Request, field, says string) ui.Form {
	f := ui.Posted(r.Form, nil)
	f.Fail(field, says)
	return f
}

// signedIn sets what a new session brings: its cookie, and the browser's own
// count of failures. A session that was there before ends, so that no cookie is
// left that nobody sees.
func (a *Account) signedIn(ctx context.Context, r *site.Request, token string, s authn.Session) error {
	if r.Session.Worker() != "" && r.Session.ID() != s.ID() {
		if err := a.authn.SignOut(ctx, r.Session); err != nil {
			return err
		}
	}
	r.SetStrictCookie("device", a.authn.DeviceCookie(r.Visitor.Device, s), year)
	r.SetCookie(pendingCookie, "", 0)
	r.Session = s
	// What they chose before they signed in was not theirs to keep then. It keeps nobody out
	// that it is not kept now: they choose again.
	if lang := r.CookieValue("lang"); lang != "" {
		_ = a.org.Speak(ctx, s.Actor(), lang)
	}
	return nil
}

// methods say how a session was begun.
var methods = map[string]string{
	authn.ByPasskey: "Passkey", authn.ByTOTP: "Password and app", authn.ByRecovery: "Recovery code", authn.ByDemo: "Demonstration link",
	authn.ByProvider: "Single sign-on",
}

// sessionRows shows sessions; this is the asker's own.
func sessionRows(r *site.Request, list []authn.Session, this string) []pages.Session {
	out := make([]pages.Session, len(list))
	for i, s := range list {
		phone := strings.HasSuffix(s.Agent(), "iPhone") || strings.HasSuffix(s.Agent(), "Android") || strings.HasSuffix(s.Agent(), "iPad")
		out[i] = pages.Session{
			ID: s.ID(), Device: s.Agent(), Phone: phone, Since: r.InZone(s.CreatedAt()), Last: r.InZone(s.SeenAt()),
			How: methods[s.Method()], This: s.ID() == this, Locked: s.Locked(),
		}
	}
	return out
}
