package site

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/trace"
	"caseward/internal/web/crowd"
	"caseward/internal/web/pages"
	"caseward/internal/web/static"
	"caseward/internal/web/ui"
)

// Sessions is what the site needs of authn.
type Sessions interface {
	Session(ctx context.Context, token string) (authn.Session, error)
}

// Around is what the site shows around every page of somebody signed in: the
// menu's counts and the emergency accesses in force.
type Around interface {
	// Menu says which entries the asker has and how many wait behind each.
	Menu(ctx context.Context, who actor.Actor) (show func(ui.NavKey) bool, counts map[ui.NavKey]int, err error)
	// Saved lists the asker's saved filters, for the menu of the page at this address.
	Saved(ctx context.Context, who actor.Actor, at *url.URL) ([]ui.MenuItem, error)
	// Glass lists the asker's emergency accesses in force.
	Glass(ctx context.Context, who actor.Actor) ([]ui.Glass, error)
	// Strips lists what is wrong with the agency and the asker can mend.
	Strips(ctx context.Context, who actor.Actor, lang ui.Lang) ([]ui.Strip, error)
	// Agency names the agency and its time zone.
	Agency(ctx context.Context) (name string, zone *time.Location)
	// Refusal explains a refusal to the one who got it.
	Refusal(ctx context.Context, who actor.Actor, err error) pages.DeniedPage
}

// Config says how the site is reached.
type Config struct {
	Origin    string // "https://cases.example.org"; https makes cookies secure and sets HSTS
	Demo      bool
	LockAfter time.Duration
	// Trusted is true where a proxy of the agency's own sets X-Forwarded-For.
	Proxied bool
	// Ready returns why no request should be sent here now; nil if they may. Strangers
	// ask as often as they like, and learn nothing of the reason.
	Ready func(ctx context.Context) error
	// Seen, if not nil, is told of each request once it was answered.
	Seen func(Seen)
	// Tracer times the parts of requests; nil for nobody.
	Tracer *trace.Tracer
	// Policy says where the policy that governs the pages of a pattern is read; nil, or
	// an empty answer, for none.
	Policy func(pattern string) string
}

// Seen is a request that was answered, with nothing in it that the sender chose.
type Seen struct {
	Pattern string // of the route, "GET /clients/{id}"; "/" where there is none
	Method  string // as HTTP names it, or "OTHER"
	Status  int
	Took    time.Duration
}

// Server serves the routes.
type Server struct {
	cfg      Config
	secure   bool
	sessions Sessions
	around   Around
	clock    clock.Clock
	log      *slog.Logger
	mux      *http.ServeMux
	cross    *http.CrossOriginProtection

	page, asset http.Header // of every answer
}

// Assets is the pattern of what pages are made of: scripts, styles, pictures.
const Assets = "GET " + static.Prefix

// MaxForm is the most bytes a form may have, and MaxStranger one of somebody who is
// not signed in: the answer of a passkey is the longest of those.
const (
	MaxForm     = 1 << 20
	MaxStranger = 32 << 10
)

// New makes the server of a route table.
func New(cfg Config, s Sessions, a Around, c clock.Clock, log *slog.Logger, routes []Route) *Server {
	v := &Server{cfg: cfg, secure: strings.HasPrefix(cfg.Origin, "https://"), sessions: s, around: a, clock: c, log: log, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection()}
	v.page, v.asset = headers(v.secure)
	v.mux.Handle(Assets, v.watched(Assets, static.Handler()))
	for _, r := range routes {
		v.mux.HandleFunc(r.Pattern, func(w http.ResponseWriter, req *http.Request) { v.serve(w, req, r) })
	}
	v.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	v.mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if cfg.Ready != nil && cfg.Ready(req.Context()) != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte("unavailable\n"))
			return
		}
		_, _ = w.Write([]byte("ready\n"))
	})
	// Whatever has no route is answered like what may not be known of.
	v.mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		v.serve(w, req, Route{Pattern: "/", Access: SignedIn, Handle: func(*Request) (Answer, error) { return Answer{}, fault.NotFoundf("site.route") }})
	})
	return v
}

// ServeHTTP implements http.Handler. The headers are set before anything answers:
// assets, and what the mux answers by itself, have them too.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		// Where a proxy in front counted the body otherwise, what follows it is not what
		// it took for the next request (RFC 9112, 6.1). Browsers send none in chunks.
		w.Header().Set("Connection", "close")
	}
	if strings.HasPrefix(r.URL.Path, static.Prefix) {
		maps.Copy(w.Header(), s.asset)
	} else {
		maps.Copy(w.Header(), s.page)
	}
	s.mux.ServeHTTP(w, r)
}

// watched has what h answers told of where somebody asks for it.
func (s *Server) watched(pattern string, h http.Handler) http.Handler {
	if s.cfg.Seen == nil {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &answered{ResponseWriter: w, status: http.StatusOK}
		defer s.seen(pattern, r, clock.System().Now(), &x.status)
		h.ServeHTTP(x, r)
	})
}

// seen tells of a request that was answered, or broken off, with a status.
func (s *Server) seen(pattern string, r *http.Request, began time.Time, status *int) {
	s.cfg.Seen(Seen{Pattern: pattern, Method: method(r.Method), Status: *status, Took: clock.System().Now().Sub(began)})
}

// answered remembers the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (a *answered) WriteHeader(status int) {
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "OTHER"
}

// sessionCookie is what the session's cookie is called.
const sessionCookie = "caseward"

// named is the whole name of a cookie. Where pages come over TLS browsers take one
// that is called so from this host alone, over TLS, and for all of it: no neighbour
// under the same domain can put one in its place.
func (s *Server) named(cookie string) string {
	if s.secure {
		return "__Host-" + cookie
	}
	return cookie
}

// set sets a cookie. One without an age goes with the browser, one with a negative
// age at once.
func (s *Server) set(w http.ResponseWriter, c http.Cookie) {
	c.Name, c.Path, c.Secure = s.named(c.Name), "/", s.secure
	http.SetCookie(w, &c)
}

func nonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// reference is the number a person tells whoever helps; every line that the server's
// log has about the request has it too.
func (r *Request) reference() string {
	if r.ref == "" {
		var b [5]byte
		_, _ = rand.Read(b[:])
		r.ref = fmt.Sprintf("%X", b)
	}
	return r.ref
}

// headers are what every response has; a page adds its nonce. What pages are made of has
// only what means something to a browser that is given a file, because each page fetches
// several.
func headers(secure bool) (page, asset http.Header) {
	page, asset = http.Header{}, http.Header{}
	page.Set("Content-Security-Policy", ui.Policy(""))
	page.Set("Referrer-Policy", "same-origin")
	page.Set("Cross-Origin-Opener-Policy", "same-origin")
	page.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), publickey-credentials-get=(self), publickey-credentials-create=(self)")
	asset.Set("Content-Security-Policy", "default-src 'none'")
	for _, h := range []http.Header{page, asset} {
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store") // of an asset: until it is one
		if secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
	}
	return page, asset
}

func (s *Server) serve(w http.ResponseWriter, hr *http.Request, route Route) {
	status := http.StatusOK
	if s.cfg.Seen != nil {
		defer s.seen(route.Pattern, hr, clock.System().Now(), &status)
	}
	if ctx, span := s.cfg.Tracer.Begin(hr.Context(), s.parent(hr)); span != nil {
		hr = hr.WithContext(ctx)
		defer func() {
			span.Answered(route.Pattern, method(hr.Method), status)
			span.Done()
		}()
	}
	n := nonce()
	w.Header().Set("Content-Security-Policy", ui.Policy(n))
	name, zone := s.around.Agency(hr.Context())
	r := &Request{Request: hr, Zone: zone, Now: s.clock.Now().In(zone), server: s, cookies: hr.Cookies(), status: &status}
	r.Lang, r.Visitor = r.language(), r.visitor()
	f := ui.Frame{
		Lang: r.Lang, Nonce: n, Agency: name, Path: hr.URL.RequestURI(), Now: r.Now, Demo: s.cfg.Demo,
		Theme: r.CookieValue("theme"), Density: r.CookieValue("density"), NoKeys: r.CookieValue("keys") == "off", LockAfter: s.cfg.LockAfter,
	}
	if s.cfg.Policy != nil {
		f.Policy = s.cfg.Policy(route.Pattern)
	}
	a, err := s.answer(w, r, route)
	if err == nil && a.because != nil {
		s.log.Log(r.Ctx(), r.level(), "unavailable", "reference", r.reference(), "pattern", route.Pattern, "error", a.because.Error())
	}
	s.write(w, r, f, route, a, err)
}

// parent is what our own proxy says the request is a part of: anybody else could
// choose the ids that we then write down.
func (s *Server) parent(r *http.Request) string {
	if !s.cfg.Proxied {
		return ""
	}
	return r.Header.Get("Traceparent")
}

// answer runs the checks before the handler, and the handler.
func (s *Server) answer(w http.ResponseWriter, r *Request, route Route) (a Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value may hold anything; the stack holds none of it.
			s.log.ErrorContext(r.Ctx(), "a handler panicked", "reference", r.reference(), "pattern", route.Pattern, "stack", string(debug.Stack()))
			err = errors.New("site.serve: a handler panicked")
		}
	}()
	if err := s.cross.Check(r.Request); err != nil {
		return Answer{}, s.forged(r, route, "cross-origin")
	}
	session, serr := s.session(r)
	r.Session, r.Who = session, session.Actor()
	if r.Session.Worker() != "" {
		crowd.Known(r.Ctx())
	}
	switch {
	case serr == nil && !session.Locked():
	case errors.Is(serr, authn.ErrLocked) || (serr == nil && session.Locked()):
		if route.Access == SignedIn {
			return SeeOther("/locked?next=" + url.QueryEscape(s.back(r))), nil
		}
	case errors.Is(serr, authn.ErrNoSession), errors.Is(serr, authn.ErrEnded):
		if route.Access != Public {
			return SeeOther("/signin?next=" + url.QueryEscape(s.back(r))).SignOut(), nil
		}
	default:
		return Answer{}, serr
	}
	// Who sends it is known before any of it is read.
	ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	multipart := ct == "multipart/form-data"
	files := r.Method == http.MethodPost && multipart && route.Files > 0
	if !files {
		if err := r.parse(w, route, multipart); err != nil {
			return Answer{}, err
		}
	}
	if files {
		if err := r.begin(w, route.Files); err != nil {
			return Answer{}, err
		}
	}
	if r.Method == http.MethodPost && r.Session.Worker() != "" && route.Access != Public {
		token := r.PostFormValue("csrf")
		if token == "" {
			token = r.Header.Get("X-CSRF-Token")
		}
		if !r.Session.CheckCSRF(token) {
			return Answer{}, s.forged(r, route, "csrf")
		}
	}
	a, err = route.Handle(r)
	if err == nil && !files {
		r.taken(a)
	}
	return a, err
}

// forged refuses a form that another site made somebody send, or that has no token
// of the session. No door was asked, so no entry tells of it: the server's log does,
// for whoever looks into an attack, by the session's id and without what was sent.
func (s *Server) forged(r *Request, route Route, why string) error {
	s.log.WarnContext(r.Ctx(), "a form was refused", "reference", r.reference(), "why", why, "pattern", route.Pattern, "session", r.Session.ID())
	return fault.DeniedBy("site.post", why)
}

// mark is what the script sends with a form to be told whether it arrived.
var mark = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// taken tells the script that what it sent is in the server's hands, so that the
// copy it kept on the device is thrown away: not before, because a form may be
// sent and not arrive, and not later, because it would be offered for the next
// client. A page shown in answer instead of leading on says so, since what it
// shows may not be saved.
func (r *Request) taken(a Answer) {
	m := r.PostForm.Get("copy")
	if !mark.MatchString(m) || a.status >= http.StatusBadRequest || a.refuses {
		return
	}
	if a.to == "" {
		m += ".shown"
	}
	r.set = append(r.set, http.Cookie{Name: "done", Value: m, SameSite: http.SameSiteLaxMode, MaxAge: 3600})
}

func (s *Server) session(r *Request) (authn.Session, error) {
	token := r.CookieValue(sessionCookie)
	if token == "" {
		return authn.Session{}, authn.ErrNoSession
	}
	return s.sessions.Session(r.Ctx(), token)
}

// back is where to return to after signing in or proving again: the page
// itself, or the page a form was posted from.
func (s *Server) back(r *Request) string {
	if r.Method == http.MethodGet {
		return r.URL.RequestURI()
	}
	if u, err := url.Parse(r.Referer()); err == nil && u.Path != "" {
		return localPath(u.RequestURI(), "/")
	}
	return "/"
}

func (r *Request) visitor() authn.Visitor {
	addr, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		addr = r.RemoteAddr
	}
	if r.server.cfg.Proxied {
		// The one our own proxy added is the last. Some write it behind what came, some
		// on a line of its own below.
		if lines := r.Header.Values("X-Forwarded-For"); len(lines) > 0 {
			parts := strings.Split(lines[len(lines)-1], ",")
			addr = strings.TrimSpace(parts[len(parts)-1])
		}
	}
	return authn.Visitor{Addr: addr, UserAgent: r.UserAgent(), Device: r.CookieValue("device")}
}

func (r *Request) language() ui.Lang {
	switch r.CookieValue("lang") {
	case "es":
		return ui.Spanish
	case "en":
		return ui.English
	}
	first, _, _ := strings.Cut(r.Header.Get("Accept-Language"), ",")
	if strings.HasPrefix(strings.ToLower(first), "es") {
		return ui.Spanish
	}
	return ui.English
}

func fieldsOf(err error) []fault.Field {
	if err == nil {
		return nil
	}
	if fs := fault.FieldsOf(err); len(fs) > 0 {
		return fs
	}
	var e *fault.Error
	if errors.As(err, &e) && e.Kind == fault.Invalid {
		return []fault.Field{{Message: sentence(e.Why)}}
	}
	return nil
}

func sentence(s string) string {
	if s == "" {
		return "Something in the form is not right."
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// translate is the table from kinds of failure to answers.
func (s *Server) translate(r *Request, route Route, err error) (Answer, string) {
	ref := r.reference()
	kind := fault.KindOf(err)
	if kind == fault.Internal && r.Ctx().Err() != nil {
		kind = fault.Unavailable // whoever asked is gone, and it is no defect
	}
	var fe *fault.Error
	isFault := errors.As(err, &fe)
	switch {
	case errors.Is(err, authn.ErrStepUp) || (isFault && fe.Mend == fault.StepUp):
		return SeeOther("/stepup?next=" + url.QueryEscape(s.back(r))), ref
	case isFault && fe.Mend == fault.Standing:
		return SeeOther("/standing?next=" + url.QueryEscape(s.back(r))), ref
	case errors.Is(err, authn.ErrNoSession), errors.Is(err, authn.ErrEnded):
		return SeeOther("/signin?next=" + url.QueryEscape(s.back(r))).SignOut(), ref
	}
	switch kind {
	case fault.NotFound:
		return Page(func(f ui.Frame) templ.Component {
			return pages.NotFound(f, pages.NotFoundPage{MayBreakGlass: r.MayBreakGlass()})
		}).Status(http.StatusNotFound), ref
	case fault.Denied:
		p := s.around.Refusal(r.Ctx(), r.Who, err)
		p.Reference = ref
		return Page(func(f ui.Frame) templ.Component { return pages.Denied(f, p) }).Status(http.StatusForbidden), ref
	case fault.Invalid:
		status := http.StatusUnprocessableEntity
		if errors.Is(err, errTooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		return Page(func(f ui.Frame) templ.Component {
			return pages.BadForm(f, pages.BadFormPage{Reference: ref, Wrong: fieldsOf(err)})
		}).Status(status), ref
	case fault.Conflict:
		return Page(func(f ui.Frame) templ.Component {
			f.Path = s.back(r)
			return pages.Changed(f, pages.MessagePage{Reference: ref})
		}).Status(http.StatusConflict), ref
	case fault.Unavailable:
		s.log.Log(r.Ctx(), r.level(), "unavailable", "reference", ref, "pattern", route.Pattern, "error", err.Error())
		return Page(func(f ui.Frame) templ.Component { return pages.Unavailable(f, pages.MessagePage{Reference: ref}) }).Status(http.StatusServiceUnavailable), ref
	}
	s.log.ErrorContext(r.Ctx(), "internal", "reference", ref, "pattern", route.Pattern, "error", err.Error())
	return Page(func(f ui.Frame) templ.Component { return pages.Failure(f, pages.MessagePage{Reference: ref}) }).Status(http.StatusInternalServerError), ref
}

// level is how loudly the log is told of what failed: where whoever asked is gone, it
// is no defect.
func (r *Request) level() slog.Level {
	if r.Ctx().Err() != nil {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// write is the only place that writes a response.
func (s *Server) write(w http.ResponseWriter, r *Request, f ui.Frame, route Route, a Answer, err error) {
	if err != nil {
		a, _ = s.translate(r, route, err)
	}
	for _, c := range r.set {
		s.set(w, c)
	}
	switch a.session {
	case "":
	case "-":
		s.set(w, http.Cookie{Name: sessionCookie, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	default:
		s.set(w, http.Cookie{Name: sessionCookie, Value: a.session, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	if a.flash != "" {
		s.set(w, http.Cookie{Name: "flash", Value: url.QueryEscape(string(a.tone) + "|" + a.flash), HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 60})
	}
	if a.to != "" {
		if r.Header.Get("HX-Request") == "true" {
			w.Header().Set("HX-Redirect", a.to)
			w.WriteHeader(http.StatusOK)
			return
		}
		*r.status = a.status
		http.Redirect(w, r.Request, a.to, a.status)
		return
	}
	*r.status = a.status
	if a.stream != nil {
		s.stream(w, r, route, a)
		return
	}
	if a.after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((a.after+time.Second-1)/time.Second)))
	}
	if a.view == nil && a.tag != "" {
		tag := `"` + a.tag + `"`
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "private, no-cache")
		if slices.Contains(strings.Split(strings.ReplaceAll(r.Header.Get("If-None-Match"), " ", ""), ","), tag) {
			*r.status = http.StatusNotModified
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.view == nil {
		w.Header().Set("Content-Type", a.mime)
		if a.name != "" {
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
		return
	}
	view := a.view
	if a.part != nil && r.Fragment() {
		view = a.part
	}
	s.surround(w, r, &f, a.part != nil && r.Fragment())
	// The whole page is made before the first byte: a failure half-way is then
	// still a page that says so.
	var buf bytes.Buffer
	rendering := trace.Start(r.Ctx(), trace.Render)
	err = view(f).Render(r.Ctx(), &buf)
	rendering.Done()
	if err != nil {
		ref := r.reference()
		s.log.Log(r.Ctx(), r.level(), "a page could not be made", "reference", ref, "pattern", route.Pattern)
		*r.status = http.StatusInternalServerError
		http.Error(w, "Something went wrong. Reference "+ref, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	body := pack(r.Request, w.Header(), buf.Bytes())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// sandbox is the policy of what was uploaded, shown in place: it may run nothing,
// load nothing, and is of no site.
const sandbox = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"

// stream answers what is read as it is sent. What breaks off in the middle is
// broken off for whoever asked too: it is never mistaken for the whole.
func (s *Server) stream(w http.ResponseWriter, r *Request, route Route, a Answer) {
	defer a.stream.Close()
	h := w.Header()
	h.Set("Content-Type", a.mime)
	h.Set("Content-Security-Policy", sandbox)
	if !a.inPlace {
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
	}
	h.Set("Content-Length", strconv.FormatInt(a.length, 10))
	w.WriteHeader(a.status)
	if r.Method == http.MethodHead {
		return
	}
	// A large file on a poor line takes its time.
	if err := http.NewResponseController(w).SetWriteDeadline(clock.System().Now().Add(uploadPatience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		s.log.WarnContext(r.Ctx(), "a file may be cut off", "reference", r.reference(), "pattern", route.Pattern, "error", err.Error())
	}
	if n, err := io.Copy(w, a.stream); err != nil || n != a.length {
		if err != nil && fault.KindOf(err) != fault.Internal {
			s.log.ErrorContext(r.Ctx(), "a file broke off", "reference", r.reference(), "pattern", route.Pattern, "error", err.Error())
		}
		panic(http.ErrAbortHandler)
	}
}

// surround fills what stands around the page. What cannot be had is left out: a
// page is not lost because a count is.
func (s *Server) surround(w http.ResponseWriter, r *Request, f *ui.Frame, part bool) {
	f.CSRF = r.Session.CSRF()
	if part {
		return
	}
	if c := r.CookieValue("flash"); c != "" {
		if v, err := url.QueryUnescape(c); err == nil {
			tone, text, ok := strings.Cut(v, "|")
			if ok && len(text) <= 300 {
				f.Flash = &ui.Flash{Tone: ui.Tone(tone), Text: ui.T(f.Lang, text)}
			}
		}
		s.set(w, http.Cookie{Name: "flash", HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1})
	}
	if !r.Who.Valid() {
		return
	}
	if s.cfg.Demo {
		f.Tour = tourAt(f.Lang, r)
	}
	f.Worker = ui.Worker{Name: nameOf(r.Session.Name()), Role: r.Who.Role(), Also: r.Who.Also()}
	f.Purpose, f.Purposes = r.Who.Purpose(), actor.Purposes()
	if r.Session.SteppedUp() {
		f.SteppedUpUntil = r.Who.SteppedUpAt().Add(5 * time.Minute).In(r.Zone)
	}
	if show, counts, err := s.around.Menu(r.Ctx(), r.Who); err == nil {
		f.Menu = ui.Menu(f.Lang, show, counts)
		if show(ui.NavCaseload) {
			if ways, err := s.around.Saved(r.Ctx(), r.Who, r.URL); err == nil {
				f.Saved(ways)
			} else {
				s.log.WarnContext(r.Ctx(), "the saved filters could not be listed", "reference", r.reference(), "kind", fault.KindOf(err).String())
			}
		}
		f.Bell, f.Unread = show(ui.NavNotices), counts[ui.NavNotices]
	} else {
		s.log.WarnContext(r.Ctx(), "the menu could not be made", "reference", r.reference(), "kind", fault.KindOf(err).String())
	}
	if glass, err := s.around.Glass(r.Ctx(), r.Who); err == nil {
		f.Glass = glass
	}
	if strips, err := s.around.Strips(r.Ctx(), r.Who, f.Lang); err == nil {
		f.Strips = strips
	} else {
		s.log.WarnContext(r.Ctx(), "what is wrong with the agency could not be looked at", "reference", r.reference(), "kind", fault.KindOf(err).String())
	}
}

// tourAt is where somebody who tries the demonstration is in its tour: offered at
// first, and gone once it was ended.
func tourAt(lang ui.Lang, r *Request) *ui.TourStep {
	c := r.CookieValue("tour")
	if c == "" {
		c = "0"
	}
	n, err := strconv.Atoi(c)
	if err != nil {
		return nil
	}
	return pages.Tour(lang, r.Who.Role(), n)
}

// nameOf shows the signed-in worker their own name.
func nameOf(t phi.Text) string { return ui.Show(t) }
