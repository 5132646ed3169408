package fault

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/casefile"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

var ctx = context.Background()

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	tmp, err := os.MkdirTemp("", "caseward-fault-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	binary = filepath.Join(tmp, "caseward")
	build := exec.Command("go", "build", "-o", binary, "caseward/cmd/caseward")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("the program does not build: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// patience bounds every wait, so that a test that hangs says what for.
const patience = 30 * time.Second

// eventually polls until done, or the test fails for want of it.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	end := time.NewTimer(patience)
	defer end.Stop()
	next := time.NewTicker(5 * time.Millisecond)
	defer next.Stop()
	for !done() {
		select {
		case <-end.C:
			t.Fatalf("waited in vain for %s", what)
		case <-next.C:
		}
	}
}

// now is the machine's time, as the server has it.
func now() time.Time { return clock.System().Now() }

const passphrase = "a passphrase for these tests only"

// agency is a data directory with people in it who are signed in.
type agency struct {
	*testing.T
	data, passfile string
	staff          map[string]org.ID
	sessions       map[string]session
}

type session struct{ cookie, csrf string }

// found makes an agency of two case managers, an intake worker and an officer.
func found(t *testing.T) *agency {
	t.Helper()
	return foundWith(t, config.Config{})
}

// foundWith is found with settings.
func foundWith(t *testing.T, cfg config.Config) *agency {
	t.Helper()
	cfg.LogName = "caseward.test/fault"
	root := t.TempDir()
	g := &agency{T: t, data: filepath.Join(root, "data"), passfile: filepath.Join(root, "passphrase"), staff: map[string]org.ID{}, sessions: map[string]session{}}
	g.must(os.WriteFile(g.passfile, []byte(passphrase+"\n"), 0o600))
	g.must(app.Init(ctx, g.data, []byte(passphrase), cfg, app.Options{}))
	g.open(app.Options{}, func(a *app.App) {
		g.must(a.Org.Found(ctx, authn.ProvedOperator("test", a.Clock.Now()), org.Agency{Name: "Fault", TimeZone: "UTC", Fiction: true, Programs: []org.Program{{Code: "p", Name: "Program"}}}))
	})
	g.open(app.Options{Demo: true}, func(a *app.App) {
		for name, role := range map[string]actor.Role{"ann": actor.CaseManager, "bob": actor.CaseManager, "ivy": actor.Intake, "pat": actor.PrivacyOfficer} {
			id, err := a.Org.Invite(ctx, authn.ProvedOperator("test", a.Clock.Now()), org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: role})
			g.must(err)
			g.must(a.Org.Activate(ctx, authn.Service(authn.SignIn), id))
			g.staff[name] = id
		}
		g.signIn(a)
	})
	return g
}

func (g *agency) must(err error) {
	g.Helper()
	if err != nil {
		g.Fatal(err)
	}
}

// open opens the directory in this process, while no server runs, to fill it or
// to look at what is left.
func (g *agency) open(o app.Options, fn func(a *app.App)) {
	g.Helper()
	a, err := app.Open(ctx, g.data, []byte(passphrase), o)
	g.must(err)
	defer func() {
		if err := a.Close(); err != nil {
			g.Error(err)
		}
	}()
	fn(a)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// signIn signs everybody in by the links of a fictional agency. The sessions
// stand in the database, so the server knows them.
func (g *agency) signIn(a *app.App) {
	g.Helper()
	s := httptest.NewServer(a.Handler())
	defer s.Close()
	for name, id := range g.staff {
		link, err := a.Authn.OneTimeSignIn(ctx, id.String(), time.Hour)
		g.must(err)
		jar, err := cookiejar.New(nil)
		g.must(err)
		c := &http.Client{Jar: jar}
		res, err := c.Get(s.URL + "/enter/" + link)
		g.must(err)
		_ = res.Body.Close()
		res, err = c.Get(s.URL + "/account/sessions")
		g.must(err)
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		g.must(err)
		m := csrfField.FindSubmatch(body)
		var cookies []string
		for _, k := range jar.Cookies(res.Request.URL) {
			cookies = append(cookies, k.Name+"="+k.Value)
		}
		if m == nil || len(cookies) == 0 {
			g.Fatalf("%s could not sign in: %s", name, res.Status)
		}
		g.sessions[name] = session{strings.Join(cookies, "; "), string(m[1])}
		// Each has just proved who they are, which breaking the glass asks for.
		form := url.Values{"csrf": {string(m[1])}, "next": {"/break-glass/new"}, "demo": {"1"}}
		req, err := http.NewRequest(http.MethodPost, s.URL+"/stepup", strings.NewReader(form.Encode()))
		g.must(err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		res, err = c.Do(req)
		g.must(err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			g.Fatalf("%s could not prove who they are: %s", name, res.Status)
		}
	}
}

// said is what a process wrote, safe to read while it writes.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// server is the program, serving.
type server struct {
	g      *agency
	cmd    *exec.Cmd
	origin string
	out    *said
	ended  chan struct{}
	http   *http.Client
}

// The form of its lines decides how it says where it serves.
var (
	serving   = regexp.MustCompile(`(?:caseward: serving |"serving","at":")(http://[^\s"]+)`)
	measuring = regexp.MustCompile(`(?:caseward: metrics at |"metrics","at":")(http://[^\s"]+)`)
)

// serve starts the program on a free port and returns once it answers.
func (g *agency) serve(flags ...string) *server {
	g.Helper()
	return g.serveBy(binary, flags...)
}

// serveBy is serve by another program.
func (g *agency) serveBy(program string, flags ...string) *server {
	g.Helper()
	s := &server{g: g, out: &said{}, ended: make(chan struct{})}
	s.cmd = exec.Command(program, "serve", "--data", g.data, "--passphrase-file", g.passfile, "--listen", "127.0.0.1:0")
	s.cmd.Args = append(s.cmd.Args, flags...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	g.must(s.cmd.Start())
	go func() {
		_ = s.cmd.Wait() // how it ended does not matter: tests kill it
		close(s.ended)
	}()
	g.Cleanup(s.kill)
	eventually(g.T, "the server to serve", func() bool {
		if m := serving.FindStringSubmatch(s.out.String()); m != nil {
			s.origin = m[1]
			return true
		}
		select {
		case <-s.ended:
			g.Fatalf("the server ended: %s", s.out)
		default:
		}
		return false
	})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.origin, "http://"))
	g.must(err)
	s.http = &http.Client{
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 64,
			// localhost may be ::1 first, where nobody listens.
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
	return s
}

// kill ends the process as a power switch would, as far as a process goes.
func (s *server) kill() {
	_ = s.cmd.Process.Kill() // it may have ended
	<-s.ended
}

// stop ends it as an operator does.
func (s *server) stop() {
	s.g.Helper()
	s.g.must(s.cmd.Process.Signal(os.Interrupt))
	eventually(s.g.T, "the server to stop", func() bool {
		select {
		case <-s.ended:
			return true
		default:
			return false
		}
	})
	if !s.cmd.ProcessState.Success() {
		s.g.Errorf("the server ended with %s: %s", s.cmd.ProcessState, s.out)
	}
}

// answer is one answer of the server.
type answer struct {
	to       string // the request's path
	code     int
	location string
	body     string
	whole    bool // it did not break off
}

// try sends a request as somebody. An error means that nothing of an answer
// arrived.
func (s *server) try(name, method, path string, form url.Values) (answer, error) {
	var body io.Reader
	who := s.g.sessions[name]
	if method == http.MethodPost {
		f := url.Values{"csrf": {who.csrf}}
		for k, v := range form {
			f[k] = v
		}
		body = strings.NewReader(f.Encode())
	}
	req, err := http.NewRequest(method, s.origin+path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Cookie", who.cookie)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", s.origin)
	}
	return s.send(req)
}

// fragment asks for the part of a page that a script puts into one.
func (s *server) fragment(name, path string) (answer, error) {
	req, err := http.NewRequest(http.MethodGet, s.origin+path, nil)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Cookie", s.g.sessions[name].cookie)
	req.Header.Set("HX-Request", "true")
	return s.send(req)
}

func (s *server) send(req *http.Request) (answer, error) {
	res, err := s.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{req.URL.Path, res.StatusCode, cmp.Or(res.Header.Get("Location"), res.Header.Get("HX-Redirect")), string(b), err == nil}, nil
}

// do is try where an answer is certain.
func (s *server) do(name, method, path string, form url.Values) answer {
	s.g.Helper()
	a, err := s.try(name, method, path, form)
	if err != nil || !a.whole {
		s.g.Fatalf("%s %s as %s: %v\n%s", method, path, name, err, s.out)
	}
	return a
}

// command runs a command of the program and returns what it wrote and its exit
// code.
func (g *agency) command(stdin string, args ...string) (out string, code int) {
	g.Helper()
	c := exec.Command(binary, args...)
	c.Stdin = strings.NewReader(stdin)
	b, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		g.Fatal(err)
	}
	return string(b), c.ProcessState.ExitCode()
}

// run is command on the data directory with the passphrase, and must succeed.
func (g *agency) run(words string, args ...string) string {
	g.Helper()
	all := append(strings.Fields(words), "--data", g.data, "--passphrase-file", g.passfile)
	out, code := g.command(passphrase+"\n", append(all, args...)...)
	if code != 0 {
		g.Fatalf("%s: exit code %d\n%s", words, code, out)
	}
	return out
}

// importer is who brings in clients that nobody typed.
func importer() actor.Actor { return authn.Service(authn.Import) }

// opened opens a case of ann's for a client.
func opened(g *agency, a *app.App, w *record.Work, client person.ID) {
	g.Helper()
	_, err := a.Cases.OpenIn(ctx, authn.Service(authn.Import), w, client, casefile.Opening{Program: "p", Worker: g.staff["ann"].String()})
	g.must(err)
}
