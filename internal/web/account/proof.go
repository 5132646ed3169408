package account

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// demoProof is said where people of the demonstration prove who they are: they
// have nothing to prove it with.
const demoProof = "The people of this demonstration have no password. Leave the form empty and press Continue."

func (a *Account) demo(r *site.Request) bool { return a.cfg.Demo && r.Session.Method() == authn.ByDemo }

func (a *Account) stepUp(r *site.Request) (site.Answer, error) {
	v, err := a.stepUpPage(r, ui.Form{})
	return site.Page(v), err
}

func (a *Account) stepUpPage(r *site.Request, form ui.Form) (site.View, error) {
	w, err := a.authn.Ways(r.Ctx(), r.Session)
	if err != nil {
		return nil, err
	}
	p := pages.StepUpPage{Form: form, Next: r.Next(""), HasPasskey: w.Passkeys > 0, HasPassword: w.Password && w.TOTP}
	if p.Provider = a.proves(r, w); w.Off {
		p.HasPasskey, p.HasPassword = false, false
	}
	if a.demo(r) {
		p.For, p.HasPasskey, p.HasPassword = demoProof, false, true
	}
	return show(going("/stepup", p.Next), func(f ui.Frame) templ.Component { return pages.StepUp(f, p) }), nil
}

func (a *Account) stepUpCode(r *site.Request) (site.Answer, error) {
	if a.demo(r) {
		return a.steppedUp(r, "", "", a.authn.StepUpDemo(r.Ctx(), r.Session))
	}
	return a.steppedUp(r, "", "The password or the code is not right.", a.authn.StepUpTOTP(r.Ctx(), r.Session, r.FormValue("password"), r.FormValue("code")))
}

func (a *Account) stepUpOptions(r *site.Request) (site.Answer, error) {
	c, err := a.authn.StepUpPasskeyBegin(r.Ctx(), r.Session)
	return a.ceremony(r, c, err)
}

func (a *Account) stepUpPasskey(r *site.Request) (site.Answer, error) {
	ceremony, response := a.answered(r)
	return a.steppedUp(r, "", wrongPasskey, a.authn.StepUpPasskeyFinish(r.Ctx(), r.Session, ceremony, response))
}

const wrongPasskey = "This passkey was not taken. Use one that you set up for this account."

func (a *Account) steppedUp(r *site.Request, field, wrong string, err error) (site.Answer, error) {
	if errors.Is(err, authn.ErrEnded) {
		return a.shutOut(r), nil
	}
	if says, status, ok := a.verdict(r, err, wrong); ok {
		v, err := a.stepUpPage(r, failed(r, field, says))
		return site.Page(v).Status(status), err
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(r.Next(a.cfg.Home)).Saying(ui.Good, "You proved it is you. If you had begun something, do it once more."), nil
}

// shutOut leads to signing in after too many failed proofs ended the session.
func (a *Account) shutOut(r *site.Request) site.Answer {
	return site.SeeOther(going("/signin", r.Next(""))).SignOut().Saying(ui.Warning, "Too many wrong attempts. You were signed out; sign in again.")
}

func (a *Account) lock(r *site.Request) (site.Answer, error) {
	if !r.Session.Locked() {
		if err := a.authn.Lock(r.Ctx(), r.Session); err != nil {
			return site.Answer{}, err
		}
	}
	return site.SeeOther(going("/locked", r.Next(""))), nil
}

func (a *Account) locked(r *site.Request) (site.Answer, error) {
	if !r.Session.Locked() {
		return site.SeeOther(r.Next(a.cfg.Home)), nil
	}
	v, err := a.lockedPage(r, ui.Form{})
	return site.Page(v), err
}

func (a *Account) lockedPage(r *site.Request, form ui.Form) (site.View, error) {
	w, err := a.authn.Ways(r.Ctx(), r.Session)
	if err != nil {
		return nil, err
	}
	p := pages.LockedPage{
		Form: form, Name: ui.Show(r.Session.Name()), Next: r.Next(""),
		HasPasskey: w.Passkeys > 0, HasPassword: w.Password, Until: r.InZone(r.Session.EndsAt()),
	}
	if p.Provider = a.proves(r, w); w.Off {
		p.HasPasskey, p.HasPassword = false, false
	}
	demo := a.demo(r)
	if demo {
		p.HasPasskey, p.HasPassword = false, true
	}
	return show(going("/locked", p.Next), func(f ui.Frame) templ.Component {
		if demo && f.Flash == nil {
			f.Flash = &ui.Flash{Tone: ui.Note, Text: f.T(demoProof)}
		}
		return pages.Locked(f, p)
	}), nil
}

func (a *Account) unlock(r *site.Request) (site.Answer, error) {
	if !r.Session.Locked() {
		return site.SeeOther(r.Next(a.cfg.Home)), nil
	}
	p := authn.Proof{Password: r.FormValue("password"), Demo: a.demo(r)}
	return a.unlocked(r, "password", "The password is not right.", a.authn.Unlock(r.Ctx(), r.Session, p))
}

func (a *Account) unlockOptions(r *site.Request) (site.Answer, error) {
	c, err := a.authn.UnlockPasskey(r.Ctx(), r.Session)
	return a.ceremony(r, c, err)
}

func (a *Account) unlockPasskey(r *site.Request) (site.Answer, error) {
	if !r.Session.Locked() {
		return site.SeeOther(r.Next(a.cfg.Home)), nil
	}
	ceremony, response := a.answered(r)
	if ceremony == "" {
		ceremony = "-" // an empty one would mean a password
	}
	return a.unlocked(r, "", wrongPasskey, a.authn.Unlock(r.Ctx(), r.Session, authn.Proof{Ceremony: ceremony, Response: response}))
}

func (a *Account) unlocked(r *site.Request, field, wrong string, err error) (site.Answer, error) {
	if errors.Is(err, authn.ErrEnded) {
		return a.shutOut(r), nil
	}
	if says, status, ok := a.verdict(r, err, wrong); ok {
		v, err := a.lockedPage(r, failed(r, field, says))
		return site.Page(v).Status(status), err
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(r.Next(a.cfg.Home)), nil
}

// alive answers a page whose reader is at work in it: asking counted as
// activity, and that is all.
func (a *Account) alive(*site.Request) (site.Answer, error) {
	return site.JSON(nil).Status(http.StatusNoContent), nil
}

// deviceKey hands the page's script the key under which it keeps what is typed
// while the server is away.
func (a *Account) deviceKey(r *site.Request) (site.Answer, error) {
	id, key, err := a.authn.DeviceKey(r.Session)
	if err != nil {
		return site.Answer{}, err
	}
	b, err := json.Marshal(struct {
		ID  string `json:"id"`
		Key []byte `json:"key"`
	}{id, key})
	return site.JSON(b), err
}

// tour moves through the tour of the demonstration, to the place its step is
// about, or ends it.
func (a *Account) tour(r *site.Request) (site.Answer, error) {
	n, err := strconv.Atoi(r.Value("tour"))
	if err != nil || n < 1 {
		r.SetCookie("tour", "end", 30*24*time.Hour)
		return site.SeeOther(r.Next(a.cfg.Home)), nil
	}
	x := pages.Tour(r.Lang, r.Who.Role(), n)
	if x == nil {
		return site.Answer{}, fault.NotFoundf("site.tour")
	}
	r.SetCookie("tour", strconv.Itoa(n), 24*time.Hour)
	return site.SeeOther(x.URL), nil
}

func (a *Account) purpose(r *site.Request) (site.Answer, error) {
	if err := a.authn.SetPurpose(r.Ctx(), r.Session, actor.Purpose(r.Value("purpose"))); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(r.Next(a.cfg.Home)), nil
}

// role has the session work in the other of two roles, and leads to where it begins: the
// page before may be none of that role's.
func (a *Account) role(r *site.Request) (site.Answer, error) {
	if err := a.authn.SetRole(r.Ctx(), r.Session, actor.Role(r.Value("role"))); len(fault.FieldsOf(err)) > 0 {
		return site.SeeOther(a.cfg.Home).Saying(ui.Warning, fault.FieldsOf(err)[0].Message), nil
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(a.cfg.Home).Saying(ui.Good, "From now on you work in the role you chose."), nil
}

// language keeps the reader's language in their browser, so anybody may ask, signed in or
// not. Of who is signed in it is kept with their record besides, for mails to them.
func (a *Account) language(r *site.Request) (site.Answer, error) {
	lang := ui.English
	if r.Value("lang") == string(ui.Spanish) {
		lang = ui.Spanish
	}
	r.SetCookie("lang", string(lang), year)
	if r.Who.Valid() {
		if err := a.org.Speak(r.Ctx(), r.Who, string(lang)); err != nil && !fault.Is(err, fault.NotFound) {
			return site.Answer{}, err
		}
	}
	return site.SeeOther(r.Next(a.cfg.Home)), nil
}

// screen keeps how dense rows are and whether single keys do anything (WCAG
// 2.1.4). The theme is kept by the page itself.
func (a *Account) screen(r *site.Request) (site.Answer, error) {
	set := func(name, value string, on bool) {
		if !on {
			value = ""
		}
		r.SetCookie(name, value, year)
	}
	set("density", "compact", r.PostFormValue("compact") == "yes")
	set("keys", "off", r.PostFormValue("nokeys") == "yes")
	return site.SeeOther("/account/security").Saying(ui.Good, "Saved."), nil
}
