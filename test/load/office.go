package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/casefile"
	"caseward/internal/config"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// staffed is an agency of many workers, as it lies beside its database.
type staffed struct {
	Officer string
	Workers []struct {
		ID      string
		Clients []chart
	}
}

// clientNotes is how many notes a client has whose worker is at work.
const clientNotes = 3

// serveOffice serves an agency of so many workers, all of them signed in, and makes it
// first if there is none in dir.
func serveOffice(ctx context.Context, dir string, workers int) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	cfg := config.Config{Listen: l.Addr().String(), LogName: "caseward.test/load", Uploads: config.Uploads{Unscanned: true}}
	var made staffed
	switch b, err := os.ReadFile(filepath.Join(dir, agencyFile)); {
	case err == nil:
		if err := json.Unmarshal(b, &made); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		if made, err = staff(ctx, dir, cfg, workers); err != nil {
			return err
		}
		if b, err = json.Marshal(made); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, agencyFile), b, 0o600); err != nil {
			return err
		}
	default:
		return err
	}
	return serveMade(ctx, dir, l, cfg, func(a *app.App, out *ready, base string) error {
		signed := func(worker string) (colleague, error) {
			link, err := a.Authn.OneTimeSignIn(ctx, worker, time.Hour)
			if err != nil {
				return colleague{}, err
			}
			r, err := signIn(base, link)
			return colleague{URL: r.URL, Cookie: r.Cookie, CSRF: r.CSRF}, err
		}
		officer, err := signed(made.Officer)
		if err != nil {
			return err
		}
		out.Officer = &officer
		for _, w := range made.Workers {
			c, err := signed(w.ID)
			if err != nil {
				return err
			}
			c.Clients = w.Clients
			out.Workers = append(out.Workers, c)
		}
		return nil
	})
}

// staff makes an agency of so many workers with forty clients each.
func staff(ctx context.Context, dir string, cfg config.Config, workers int) (made staffed, err error) {
	a, operator, err := opened(ctx, dir, cfg)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	officer, err := hired(ctx, a, operator, "officer", actor.PrivacyOfficer)
	if err != nil {
		return made, err
	}
	made.Officer = officer.String()
	made.Workers = make([]struct {
		ID      string
		Clients []chart
	}, workers)
	err = atOnce(0, workers, 1, func(n, _ int) error {
		id, err := hired(ctx, a, operator, fmt.Sprint("worker", n), actor.CaseManager)
		if err != nil {
			return err
		}
		m := &made.Workers[n]
		m.ID, m.Clients = id.String(), make([]chart, caseload)
		for from := 0; from < caseload; from += 10 {
			if err := charts(ctx, a, m.ID, n*caseload+from, m.Clients[from:from+10]); err != nil {
				return err
			}
		}
		return nil
	})
	return made, errors.Join(err, a.DB.Scrub(ctx))
}

// charts makes clients of a worker, each with an open case and some notes.
func charts(ctx context.Context, a *app.App, worker string, from int, out []chart) error {
	w := a.Door.Work(authn.Service(authn.Import), "import.run")
	for i := range out {
		given, family := madeUp(from + i)
		ref := fmt.Sprint(from + i)
		id, err := a.Clients.Adopt(ctx, w, person.Client{
			Name: person.Name{Given: phi.NewText(given), Family: phi.NewText(family)}, BirthDate: born(from + i),
			Source: person.Source{System: phi.NewText("load"), Type: "Patient", Ref: phi.NewText(ref)},
		})
		if err != nil {
			return err
		}
		out[i].Chart = "/clients/" + record.SubjectOf(id).String()
		if _, err := a.Cases.OpenIn(ctx, authn.Service(authn.Import), w, id, casefile.Opening{Program: "p", Worker: worker}); err != nil {
			return err
		}
		for n := range clientNotes {
			nid, err := a.Notes.Adopt(w, id, note.Note{
				Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now().Add(-time.Duration(n) * 24 * time.Hour), Minutes: 30, Sections: note.Plain(phi.NewText(words(noteSize))),
				Source: person.Source{System: phi.NewText("load"), Type: "Encounter", Ref: phi.NewText(fmt.Sprint(ref, ".", n))},
			})
			if err != nil {
				return err
			}
			out[i].Notes = append(out[i].Notes, nid.String())
		}
	}
	return w.Commit(ctx)
}
