package demo

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/fault"
	"caseward/internal/phi"
)

// passphrase seals the key file of every demonstration. It protects nothing:
// there is nothing to protect.
const passphrase = "everybody here is made up"

// Options says how to make or open a demonstration.
type Options struct {
	Dir    string
	Listen string // address the pages are served on, with its port
	Clock  clock.Clock
	Log    *slog.Logger
	Seed   uint64 // 1 if 0
}

// Persona is somebody of the agency whom a visitor can be.
type Persona struct {
	Role  actor.Role
	Name  phi.Text
	Title phi.Text
	About string // what there is to see as this person
	Path  string // signs in once
}

// walk is a clock that walks through the past year and then tells the time.
type walk struct {
	real clock.Clock
	mu   sync.Mutex
	at   time.Time // zero once it has arrived
}

func (w *walk) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.at.IsZero() {
		return w.real.Now()
	}
	return w.at
}

func (w *walk) set(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = t.UTC()
}

// Open opens the demonstration in o.Dir, and makes it there if the directory is
// empty or not there yet. A directory with anything else in it is refused, and a
// demonstration that was not made to its end is made anew.
func Open(ctx context.Context, o Options) (*app.App, error) {
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	w := &walk{real: o.Clock}
	cfg := config.Config{Listen: o.Listen, LogName: "caseward.example/demo"}
	opts := app.Options{Clock: w, Log: o.Log, Config: &cfg, Demo: true}
	switch state, err := look(o.Dir); {
	case err != nil:
		return nil, err
	case state == whole:
		return app.Open(ctx, o.Dir, []byte(passphrase), opts)
	case state == half:
		if err := empty(o.Dir); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fault.Unavailablef("demo.open", err, "cannot make the directory")
	}
	if err := mark(o.Dir, building); err != nil {
		return nil, err
	}
	now := o.Clock.Now()
	w.set(now.AddDate(-1, 0, -2))
	if err := app.Init(ctx, o.Dir, []byte(passphrase), cfg, app.Options{Clock: w, Log: o.Log}); err != nil {
		return nil, err
	}
	a, err := app.Open(ctx, o.Dir, []byte(passphrase), opts)
	if err != nil {
		return nil, err
	}
	if err := build(ctx, a, w, now, o.Seed); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	w.set(time.Time{})
	return a, mark(o.Dir, built)
}

// The marks tell a demonstration from anything else.
const (
	markFile = "demonstration"
	building = "being made\n"
	built    = "made\n"
)

type state int

const (
	absent state = iota
	half
	whole
)

func look(dir string) (state, error) {
	b, err := os.ReadFile(filepath.Join(dir, markFile))
	if err == nil {
		if string(b) == built {
			return whole, nil
		}
		return half, nil
	}
	names, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && len(names) == 0:
		return absent, nil
	case err != nil:
		return 0, fault.Unavailablef("demo.open", err, "cannot read the directory")
	}
	return 0, fault.Conflictf("demo.open", "the directory holds something that is not a demonstration; it was left as it is")
}

// empty removes what a demonstration that was broken off left behind, and
// nothing else.
func empty(dir string) error {
	for _, name := range []string{config.FileName, "caseward.key", "caseward.db", "caseward.db-wal", "caseward.db-shm", "caseward.db-changes", "log.pub"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fault.Unavailablef("demo.open", err, "cannot remove what was left of an earlier start")
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "blobs")); err != nil {
		return fault.Unavailablef("demo.open", err, "cannot remove what was left of an earlier start")
	}
	return nil
}

func mark(dir, text string) error {
	if err := os.WriteFile(filepath.Join(dir, markFile), []byte(text), 0o600); err != nil {
		return fault.Unavailablef("demo.open", err, "cannot write to the directory")
	}
	return nil
}

// linkLasts is how long a link of a persona signs in: once, while the
// demonstration is looked at.
const linkLasts = 12 * time.Hour

// Personas returns who a visitor can be, at least one of each role, each with a link
// that signs in once.
func Personas(ctx context.Context, a *app.App) ([]Persona, error) {
	var out []Persona
	for _, s := range append(slices.Clone(staff), newcomer) {
		if s.about == "" {
			continue
		}
		worker, ok, err := a.Directory.ByMail(ctx, s.mail())
		if err != nil {
			return nil, err
		}
		if !ok {
			continue // a visitor ended their access
		}
		token, err := a.Authn.OneTimeSignIn(ctx, worker, linkLasts)
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return nil, err
		}
		st, err := a.Directory.Standing(ctx, worker)
		if err != nil {
			return nil, err
		}
		out = append(out, Persona{Role: st.Role, Name: st.Name, Title: phi.NewText(s.title), About: s.about, Path: "/enter/" + token})
	}
	return out, nil
}

// service is the actor for what no person of the agency did.
func service() actor.Actor { return authn.Service(authn.Demo) }
