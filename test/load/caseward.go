package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"regexp"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/casefile"
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
	URL    string   `json:"url"`
	Cookie string   `json:"cookie,omitempty"`
	CSRF   string   `json:"csrf,omitempty"`
	Chart  string   `json:"chart,omitempty"`
	Notes  []string `json:"notes,omitempty"`
	Finder *ready   `json:"finder,omitempty"` // somebody of intake, who looks for names
	Filled float64  `json:"filled,omitempty"` // records a second while the agency was made
	Bytes  int64    `json:"bytes,omitempty"`  // what the database takes
	PID    int      `json:"-"`
}

// caseload is how many clients the worker who is measured has.
const caseload = 40

// serveCaseward makes an agency in a fresh directory, signs a worker in, and serves
// it until stdin closes. The worker has forty clients, one of them with many notes;
// all others of as many clients as are asked for are a colleague's. It measures itself
// where metrics is an address.
func serveCaseward(ctx context.Context, dir, metrics string, clients int) error {
	passphrase := []byte("a passphrase for the load run only")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	cfg := config.Config{Listen: l.Addr().String(), LogName: "caseward.test/load", Metrics: metrics}
	if err := app.Init(ctx, dir, passphrase, cfg, app.Options{}); err != nil {
		return err
	}
	a, err := app.Open(ctx, dir, passphrase, app.Options{Config: &cfg})
	if err != nil {
		return err
	}
	operator := authn.ProvedOperator("load", a.Clock.Now())
	if err := a.Org.Found(ctx, operator, org.Agency{Name: "Load", TimeZone: "UTC", Fiction: true, Programs: []org.Program{{Code: "p", Name: "Program"}}}); err != nil {
		return err
	}
	if err := a.Close(); err != nil {
		return err
	}
	if a, err = app.Open(ctx, dir, passphrase, app.Options{Config: &cfg, Demo: true}); err != nil {
		return err
	}
	hire := func(name string, role actor.Role) (org.ID, error) {
		id, err := a.Org.Invite(ctx, operator, org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: role})
		if err != nil {
			return id, err
		}
		return id, a.Org.Activate(ctx, authn.Service(authn.SignIn), id)
	}
	worker, err := hire("load", actor.CaseManager)
	if err != nil {
		return err
	}
	colleague, err := hire("colleague", actor.CaseManager)
	if err != nil {
		return err
	}
	finder, err := hire("finder", actor.Intake)
	if err != nil {
		return err
	}
	began := a.Clock.Now()
	if err := fill(ctx, a, worker.String(), 0, caseload-1); err != nil {
		return err
	}
	if err := fill(ctx, a, colleague.String(), caseload-1, max(caseload, clients)-1); err != nil {
		return err
	}
	filled := float64((2+notesEach)*max(caseload, clients)) / a.Clock.Now().Sub(began).Seconds()
	w := a.Door.Work(authn.Service(authn.Import), "import.run")
	client, err := a.Clients.Adopt(ctx, w, person.Client{
		Name: person.Name{Given: phi.NewText("Fictional"), Family: phi.NewText("Client")}, BirthDate: phi.NewDate(1980, 1, 1),
		Source: person.Source{System: phi.NewText("load"), Type: "Patient", Ref: phi.NewText("measured")},
	})
	if err != nil {
		return err
	}
	if _, err := a.Cases.OpenIn(ctx, authn.Service(authn.Import), w, client, casefile.Opening{Program: "p", Worker: worker.String()}); err != nil {
		return err
	}
	var notes []note.ID
	for i := range rows {
		id, err := a.Notes.Adopt(w, client, note.Note{
			Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now(), Minutes: 30, Sections: note.Plain(phi.NewText(words(noteSize))),
			Source: person.Source{System: phi.NewText("load"), Type: "Encounter", Ref: phi.NewText(fmt.Sprint(i))},
		})
		if err != nil {
			return err
		}
		notes = append(notes, id)
	}
	if err := w.Commit(ctx); err != nil {
		return err
	}
	if err := a.DB.Scrub(ctx); err != nil {
		return err
	}
	bytes := taken(dir)
	link, err := a.Authn.OneTimeSignIn(ctx, worker.String(), time.Hour)
	if err != nil {
		return err
	}
	second, err := a.Authn.OneTimeSignIn(ctx, finder.String(), time.Hour)
	if err != nil {
		return err
	}
	a.Start(ctx)
	s := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	out, err := signIn("http://"+l.Addr().String(), link)
	if err != nil {
		return err
	}
	looks, err := signIn("http://"+l.Addr().String(), second)
	if err != nil {
		return err
	}
	out.Finder, out.Filled, out.Bytes = &looks, filled, bytes
	out.Chart = "/clients/" + record.SubjectOf(client).String()
	for _, id := range notes {
		out.Notes = append(out.Notes, out.Chart+"/notes/"+id.String())
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = s.Close()
	return a.Close()
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
