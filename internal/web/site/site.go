package site

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// Access says who may call a route at all; what they may do there the door
// decides.
type Access int

// Who may call a route.
const (
	SignedIn Access = iota // a session that is open
	Public                 // anybody: signing in, enrolling
	Locked                 // a session, open or locked: unlocking and signing out
)

// Route is a row of the route table.
type Route struct {
	Pattern string // "GET /clients/{id}", as net/http reads it
	Access  Access
	// Action is the policy action a caller needs at least, for the table that
	// officers and tests read; "" where there is none.
	Action string
	Handle Handler
	// Files is how many bytes of files a form of this route may send, besides
	// [MaxForm] of fields; 0 for none. The files come one after another, as they
	// arrive: see [Request.File]. Their fields stand before them.
	Files int64
	Body  int64 // most bytes a form may have; 0 for MaxForm
	// Risk is the moment of risk that posting here is, as "export"; "" for none. A short
	// question may stand before what the route does, or wait after it.
	Risk string
	// May reports whether the caller may do what the route does; whoever may not is
	// refused and not asked first. Nil: everybody is asked.
	May func(r *Request) (bool, error)
}

// limit is how many bytes a form of the route may have.
func (r Route) limit() int64 {
	if r.Body == 0 {
		return MaxForm
	}
	return r.Body
}

// Handler answers a request. It returns what to show, or an error of a kind of
// package fault; it writes nothing itself.
type Handler func(r *Request) (Answer, error)

// Request is a request whose sender is known.
type Request struct {
	*http.Request
	Session authn.Session // zero on public routes where nobody is signed in
	Who     actor.Actor   // zero where nobody is signed in
	Lang    ui.Lang
	Visitor authn.Visitor
	Zone    *time.Location // of the agency
	Now     time.Time      // in Zone
	server  *Server
	cookies []*http.Cookie // that came
	set     []http.Cookie
	parts   *parts // of a form with files
	status  *int   // of the answer, for whoever counts
	ref     string // see reference
}

// Value returns a posted or queried field without the spaces around it.
func (r *Request) Value(name string) string { return strings.TrimSpace(r.FormValue(name)) }

// Text is a posted field as PHI: whatever people type may be.
func (r *Request) Text(name string) phi.Text { return phi.NewText(r.Value(name)) }

// Values returns every value of a field that may stand several times.
func (r *Request) Values(name string) []string { return r.Form[name] }

// Next is where the request says to go afterwards: a path of this site, or
// otherwise. Anything that could lead elsewhere is dropped.
func (r *Request) Next(otherwise string) string { return localPath(r.FormValue("next"), otherwise) }

// Local is a path of this site that a field says, as where somebody came from; empty if it
// says none, or one that could lead elsewhere.
func (r *Request) Local(name string) string { return localPath(r.FormValue(name), "") }

func localPath(s, otherwise string) string {
	u, err := url.Parse(s)
	if err != nil || s == "" || u.IsAbs() || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\r\n\t") {
		return otherwise
	}
	return u.RequestURI()
}

// MayBreakGlass reports whether the asker's role may open records in an emergency: what a
// page offers. The rules decide.
func (r *Request) MayBreakGlass() bool {
	switch r.Who.Role() {
	case actor.Intake, actor.CaseManager, actor.Supervisor, actor.ProgramManager:
		return true
	}
	return false
}

// InZone is t by the agency's clocks; no time stays none.
func (r *Request) InZone(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(r.Zone)
}

// Day is a day of a form, as it begins by the agency's clocks; zero if there is none or it
// cannot be read as one.
func (r *Request) Day(name string) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, r.Value(name), r.Zone)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Proved asks for a fresh proof of who this is, where none was given lately: before anything
// is typed, so that nothing is lost on the way to it.
func (r *Request) Proved(op string) error {
	if r.Session.SteppedUp() {
		return nil
	}
	return &fault.Error{Kind: fault.Denied, Op: op, Mend: fault.StepUp}
}

// Fragment reports whether htmx asks for a part of the page only.
func (r *Request) Fragment() bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Boosted") != "true"
}

// Posted is the form as it was typed, with what was wrong with it.
func (r *Request) Posted(err error) ui.Form { return ui.Posted(r.Form, fieldsOf(err)) }

// T says a sentence in the reader's language.
func (r *Request) T(source string, args ...any) string { return ui.T(r.Lang, source, args...) }

// Context is the request's context.
func (r *Request) Ctx() context.Context { return r.Request.Context() }

// View makes a page or a part of one for a frame.
type View func(f ui.Frame) templ.Component

// Answer is what a handler wants shown.
type Answer struct {
	status  int
	view    View
	part    View // instead of view where htmx asked for a part
	to      string
	flash   string
	tone    ui.Tone
	mime    string
	name    string
	body    []byte
	stream  io.ReadCloser // instead of body, of length bytes
	length  int64
	inPlace bool          // shown in a page of ours, alone and without rights
	session string        // token to set; "-" to clear
	refuses bool          // led elsewhere, and what was posted is not done
	because error         // what was away, where the page says so in its own words
	after   time.Duration // in how long to ask again; 0: not said
	tag     string        // of the body, for programs that ask again whether it changed
}

// Page shows a page.
func Page(v View) Answer { return Answer{status: http.StatusOK, view: v} }

// Invalid shows a page again with what was wrong: status 422, which htmx swaps.
func Invalid(v View) Answer { return Answer{status: http.StatusUnprocessableEntity, view: v} }

// Status shows the same page under another status.
func (a Answer) Status(code int) Answer { a.status = code; return a }

// Code is the status it has.
func (a Answer) Code() int { return a.status }

// After says in how long the same can be asked for again.
func (a Answer) After(d time.Duration) Answer { a.after = d; return a }

// Because has the server's log tell what was away, where the page itself says what was
// kept and what to do; nil is nothing.
func (a Answer) Because(err error) Answer { a.because = err; return a }

// Part gives what to show instead where htmx asks for a part of the page.
func (a Answer) Part(v View) Answer { a.part = v; return a }

// SeeOther leads to another page of the site: what was posted is done.
func SeeOther(path string) Answer { return Answer{status: http.StatusSeeOther, to: path} }

// Leave leads to a place that is not of this site, as the agency's identity provider:
// never to one that a request names.
func Leave(to string) Answer { return Answer{status: http.StatusSeeOther, to: to} }

// Saying adds one sentence, English source, that the next page shows once.
func (a Answer) Saying(tone ui.Tone, source string) Answer {
	a.tone, a.flash = tone, source
	return a
}

// Leads reports whether the answer leads to another page: what was posted is done.
func (a Answer) Leads() bool { return a.to != "" && !a.refuses }

// Holding says that what was posted is not done yet, as where a question stands before it:
// what was typed stays on the device of whoever typed it.
func (a Answer) Holding() Answer { a.refuses = true; return a }

// Refusing is [Answer.Saying] of what was posted and is not done, as a step over
// something that a colleague changed meanwhile: what was typed stays on the device of
// whoever typed it.
func (a Answer) Refusing(source string) Answer {
	a.refuses = true
	return a.Saying(ui.Warning, source)
}

// File answers a body that is neither page nor asset. name is the file name it
// is saved under; empty shows it in place.
func File(mime, name string, body []byte) Answer {
	return Answer{status: http.StatusOK, mime: mime, name: name, body: body}
}

// Stream answers a body as it is read, of exactly length bytes. name is the file
// name it is saved under; empty shows it in place, alone: it may run nothing,
// load nothing and is of no site (CSP sandbox).
func Stream(mime, name string, body io.ReadCloser, length int64) Answer {
	return Answer{status: http.StatusOK, mime: mime, name: name, stream: body, length: length, inPlace: name == ""}
}

// Tagged lets a program that has this body already be told so (RFC 9110, 8.8.3):
// it keeps the body and asks each time.
func (a Answer) Tagged(tag string) Answer { a.tag = tag; return a }

// JSON answers data for a script of ours.
func JSON(body []byte) Answer { return File("application/json", "", body) }

// Saved is what the script that saves a form as one writes is told.
type Saved struct {
	Text  string `json:"text"`
	Kept  bool   `json:"kept"`            // false: what was typed is nowhere but in the form
	Draft string `json:"draft,omitempty"` // the revision that was kept
	Merge bool   `json:"merge,omitempty"` // another window wrote too, and both are kept
}

// Answer tells it.
func (s Saved) Answer() (Answer, error) {
	b, err := json.Marshal(s)
	return JSON(b), err
}

// SignIn sets the session's cookie; SignOut clears it.
func (a Answer) SignIn(token string) Answer { a.session = token; return a }

// SignOut clears the session's cookie.
func (a Answer) SignOut() Answer { a.session = "-"; return a }

// SetCookie sets a small cookie without PHI, as the language's. It comes with
// every visit, also by a link from elsewhere.
func (r *Request) SetCookie(name, value string, age time.Duration) {
	r.setCookie(name, value, age, http.SameSiteLaxMode)
}

// SetStrictCookie sets a cookie that comes only with what a page of this site
// sends, as the device's.
func (r *Request) SetStrictCookie(name, value string, age time.Duration) {
	r.setCookie(name, value, age, http.SameSiteStrictMode)
}

func (r *Request) setCookie(name, value string, age time.Duration, same http.SameSite) {
	c := http.Cookie{Name: name, Value: value, HttpOnly: true, SameSite: same, MaxAge: int(age / time.Second)}
	if value == "" {
		c.MaxAge = -1
	}
	r.set = append(r.set, c)
}

// CookieValue is what a cookie that was set here holds, "" if it did not come.
func (r *Request) CookieValue(name string) string {
	name = r.server.named(name)
	for _, c := range r.cookies {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
