package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/casefile"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// noteSize is how many bytes of text a note has.
const noteSize = 2048

// ready is what a server tells the driver once it serves.
type ready struct {
	URL     string        `json:"url"`
	Cookie  string        `json:"cookie,omitempty"`
	CSRF    string        `json:"csrf,omitempty"`
	Chart   string        `json:"chart,omitempty"`
	Notes   []string      `json:"notes,omitempty"`
	Finder  *ready        `json:"finder,omitempty"`  // somebody of intake, who looks for names
	Filled  float64       `json:"filled,omitempty"`  // records a second while the agency was made
	Bytes   int64         `json:"bytes,omitempty"`   // what the database takes
	Opened  time.Duration `json:"opened,omitempty"`  // how long it took to open
	Workers []colleague   `json:"workers,omitempty"` // an agency at work
	Officer *colleague    `json:"officer,omitempty"`
	PID     int           `json:"-"`
}

// caseload is how many clients the worker who is measured has.
const caseload = 40

// agency says who is in an agency that was made; it lies beside the database, so that
// one that took hours to make can be measured again, and one that was not done be gone on with.
type agency struct {
	Worker, Finder, Colleague string
	Client                    string
	Notes                     []string
	Clients, Entries          int     // how many there are so far
	Filled                    float64 // records a second while it was made
}

// keep writes down what there is.
func (m agency) keep(dir string) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, agencyFile), b, 0o600)
}

const (
	agencyFile = "load.json"
	passphrase = "a passphrase for the load run only"
)

// serveCaseward serves the agency in dir until stdin closes, and makes it first if
// there is none. It measures itself where metrics is an address.
func serveCaseward(ctx context.Context, dir, metrics string, clients, entries int) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	cfg := config.Config{Listen: l.Addr().String(), LogName: "caseward.test/load", Metrics: metrics}
	var made agency
	switch b, err := os.ReadFile(filepath.Join(dir, agencyFile)); {
	case err == nil:
		if err := json.Unmarshal(b, &made); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		if made, err = found(ctx, dir, cfg); err != nil {
			return err
		}
	default:
		return err
	}
	if err := made.grow(ctx, dir, cfg, max(caseload, clients), entries); err != nil {
		return err
	}
	return serveMade(ctx, dir, l, cfg, func(a *app.App, out *ready, base string) error {
		signed := func(worker string) (ready, error) {
			link, err := a.Authn.OneTimeSignIn(ctx, worker, time.Hour)
			if err != nil {
				return ready{}, err
			}
			return signIn(base, link)
		}
		worker, err := signed(made.Worker)
		if err != nil {
			return err
		}
		finder, err := signed(made.Finder)
		if err != nil {
			return err
		}
		out.URL, out.Cookie, out.CSRF, out.Finder, out.Filled = worker.URL, worker.Cookie, worker.CSRF, &finder, made.Filled
		out.Chart = "/clients/" + made.Client
		for _, id := range made.Notes {
			out.Notes = append(out.Notes, out.Chart+"/notes/"+id)
		}
		return nil
	})
}

// serveMade serves the agency in dir until stdin closes, says on stdout what present
// finds there once it serves, and then its state whenever it is asked for.
func serveMade(ctx context.Context, dir string, l net.Listener, cfg config.Config, present func(a *app.App, out *ready, base string) error) error {
	clk := clock.System()
	began := clk.Now()
	a, err := app.Open(ctx, dir, []byte(passphrase), app.Options{Config: &cfg, Demo: true})
	if err != nil {
		return err
	}
	out := ready{Opened: clk.Now().Sub(began), Bytes: taken(dir)}
	a.Start(ctx)
	s := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	if err := present(a, &out, "http://"+l.Addr().String()); err != nil {
		return err
	}
	say := json.NewEncoder(os.Stdout)
	if err := say.Encode(out); err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if lines.Text() == resting {
			debug.FreeOSMemory()
		}
		st := state{Goroutines: runtime.NumGoroutine()}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		st.Heap = m.HeapAlloc
		if err := a.DB.QueryRow(ctx, `SELECT count(*) FROM log_entry`).Scan(&st.Entries); err != nil {
			return err
		}
		if err := a.DB.QueryRow(ctx, `SELECT count(*) FROM record WHERE kind = 'note'`).Scan(&st.Notes); err != nil {
			return err
		}
		if err := say.Encode(st); err != nil {
			return err
		}
	}
	_ = s.Close()
	return a.Close()
}

// found makes an agency in a fresh directory. The worker who is measured has forty
// clients, one of them with many notes.
func found(ctx context.Context, dir string, cfg config.Config) (made agency, err error) {
	a, operator, err := opened(ctx, dir, cfg)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	hire := func(name string, role actor.Role) (org.ID, error) { return hired(ctx, a, operator, name, role) }
	worker, err := hire("load", actor.CaseManager)
	if err != nil {
		return made, err
	}
	colleague, err := hire("colleague", actor.CaseManager)
	if err != nil {
		return made, err
	}
	finder, err := hire("finder", actor.Intake)
	if err != nil {
		return made, err
	}
	made.Worker, made.Finder, made.Colleague = worker.String(), finder.String(), colleague.String()
	w := a.Door.Work(authn.Service(authn.Import), "import.run")
	client, err := a.Clients.Adopt(ctx, w, person.Client{
		Name: person.Name{Given: phi.NewText("Fictional"), Family: phi.NewText("Client")}, BirthDate: phi.NewDate(1980, 1, 1),
		Source: person.Source{System: phi.NewText("load"), Type: "Patient", Ref: phi.NewText("measured")},
	})
	if err != nil {
		return made, err
	}
	made.Client = record.SubjectOf(client).String()
	if _, err := a.Cases.OpenIn(ctx, authn.Service(authn.Import), w, client, casefile.Opening{Program: "p", Worker: made.Worker}); err != nil {
		return made, err
	}
	for i := range rows {
		id, err := a.Notes.Adopt(w, client, note.Note{
			Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now(), Minutes: 30, Sections: note.Plain(phi.NewText(words(noteSize))),
			Source: person.Source{System: phi.NewText("load"), Type: "Encounter", Ref: phi.NewText(fmt.Sprint(i))},
		})
		if err != nil {
			return made, err
		}
		made.Notes = append(made.Notes, id.String())
	}
	if err := w.Commit(ctx); err != nil {
		return made, err
	}
	if err := fill(ctx, a, made.Worker, 0, caseload-1); err != nil {
		return made, err
	}
	made.Clients = caseload
	return made, made.keep(dir)
}

// atATime is how many clients, or a thousandth of how many entries, are written before it is
// written down how many there are.
const atATime = 10_000

// grow adds clients, a colleague's, and entries until there are as many as are asked for. One
// that was cut off goes on where it was written down last: a few clients have notes twice then.
func (m *agency) grow(ctx context.Context, dir string, cfg config.Config, clients, entries int) (err error) {
	if m.Clients >= clients && m.Entries >= entries {
		return nil
	}
	a, err := app.Open(ctx, dir, []byte(passphrase), app.Options{Config: &cfg, Demo: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	began := a.Clock.Now()
	before := m.Clients
	for m.Clients < clients {
		to := min(m.Clients+atATime, clients)
		if err := fill(ctx, a, m.Colleague, m.Clients-1, to-1); err != nil {
			return err
		}
		m.Clients = to
		m.Filled = float64((2+notesEach)*(m.Clients-before)) / a.Clock.Now().Sub(began).Seconds()
		if err := m.keep(dir); err != nil {
			return err
		}
	}
	if m.Entries < entries {
		ids, err := everyClient(ctx, a)
		if err != nil {
			return err
		}
		for m.Entries < entries {
			to := min(m.Entries+100*atATime, entries)
			if err := fillLog(ctx, a, ids, m.Entries, to, entries); err != nil {
				return err
			}
			if _, err := a.Log.Sequence(ctx); err != nil {
				return err
			}
			m.Entries = to
			if err := m.keep(dir); err != nil {
				return err
			}
		}
	}
	return a.DB.Scrub(ctx)
}

// opened makes an agency in a fresh directory and opens it.
func opened(ctx context.Context, dir string, cfg config.Config) (*app.App, actor.Actor, error) {
	var operator actor.Actor
	if err := app.Init(ctx, dir, []byte(passphrase), cfg, app.Options{}); err != nil {
		return nil, operator, err
	}
	a, err := app.Open(ctx, dir, []byte(passphrase), app.Options{Config: &cfg})
	if err != nil {
		return nil, operator, err
	}
	operator = authn.ProvedOperator("load", a.Clock.Now())
	err = a.Org.Found(ctx, operator, org.Agency{Name: "Load", TimeZone: "UTC", Fiction: true, Programs: []org.Program{{Code: "p", Name: "Program"}}})
	if err = errors.Join(err, a.Close()); err != nil {
		return nil, operator, err
	}
	a, err = app.Open(ctx, dir, []byte(passphrase), app.Options{Config: &cfg, Demo: true})
	return a, operator, err
}

func hired(ctx context.Context, a *app.App, operator actor.Actor, name string, role actor.Role) (org.ID, error) {
	id, err := a.Org.Invite(ctx, operator, org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: role})
	if err != nil {
		return id, err
	}
	return id, a.Org.Activate(ctx, authn.Service(authn.SignIn), id)
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func signIn(base, link string) (ready, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return ready{}, err
	}
	c := &http.Client{Jar: jar}
	res, err := c.Get(base + "/enter/" + link)
	if err != nil {
		return ready{}, err
	}
	_ = res.Body.Close()
	if res, err = c.Get(base + "/account/sessions"); err != nil {
		return ready{}, err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return ready{}, err
	}
	m := csrfField.FindSubmatch(body)
	var cookies []string
	for _, k := range jar.Cookies(res.Request.URL) {
		cookies = append(cookies, k.Name+"="+k.Value)
	}
	if m == nil || len(cookies) == 0 {
		return ready{}, fmt.Errorf("the load run could not sign in: %s", res.Status)
	}
	return ready{URL: base, Cookie: strings.Join(cookies, "; "), CSRF: string(m[1])}, nil
}

// serveBare serves the bare handler until stdin closes.
func serveBare(ctx context.Context, dir string) error {
	b, err := newBare(ctx, dir)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	if err := json.NewEncoder(os.Stdout).Encode(ready{URL: "http://" + l.Addr().String()}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = s.Close()
	return b.db.Close()
}
