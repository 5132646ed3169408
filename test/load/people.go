package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/db"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
)

// notesEach is how many notes of a client there are in a large agency, so that ten
// records come to a client.
const notesEach = 9

// syllables make names that are told apart as names are: many families, and given
// names that many share.
var syllables = []string{"ba", "cor", "del", "fen", "gar", "hol", "ix", "jun", "kel", "lom", "mar", "nes", "or", "pal", "quin", "ros", "sev", "tam", "ul", "ver"}

func madeUp(i int) (given, family string) {
	s := func(n int) string { return syllables[n%len(syllables)] }
	return s(i) + s(i/7+3), s(i/2) + s(i/40) + s(i/800) + s(i/16000)
}

func born(i int) phi.Date { return phi.NewDate(1940+i%70, 1+i/70%12, 1+i/840%28) }

func adopted(i int) person.Client {
	given, family := madeUp(i)
	return person.Client{
		Name: person.Name{Given: phi.NewText(given), Family: phi.NewText(family)}, BirthDate: born(i),
		Source: person.Source{System: phi.NewText("load"), Type: "Patient", Ref: phi.NewText(fmt.Sprint(i))},
	}
}

// fillerSize is how many bytes of text a note has of clients who are not measured.
const fillerSize = 600

// fill makes clients, each with an open case of a worker and some notes. It goes through
// the door, as an import does.
func fill(ctx context.Context, a *app.App, worker string, from, to int) error {
	return atOnce(from, to, 5, func(first, last int) error { return some(ctx, a, worker, first, last) })
}

// everyClient is the ids of all clients there are.
func everyClient(ctx context.Context, a *app.App) (ids []string, err error) {
	rows, err := a.DB.Query(ctx, `SELECT id FROM record WHERE kind = 'client' ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// atOnce does what is from and before to in steps, sixteen of them at once.
func atOnce(from, to, step int, do func(from, to int) error) error {
	var next atomic.Int64
	next.Store(int64(from))
	var wg sync.WaitGroup
	errs := make([]error, 16)
	for g := range errs {
		wg.Go(func() {
			for errs[g] == nil {
				first := int(next.Add(int64(step))) - step
				if first >= to {
					return
				}
				errs[g] = do(first, min(first+step, to))
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// fillLog writes some of n entries of notes that were read: by two hundred workers, one
// after the other, of the clients, each as often as any other.
func fillLog(ctx context.Context, a *app.App, clients []string, first, last, n int) error {
	const group = 500
	workers := make([]string, 200)
	for i := range workers {
		workers[i] = rand.Text()
	}
	now := a.Clock.Now()
	return atOnce(first, last, group, func(from, to int) error {
		es := make([]audit.Entry, 0, group)
		for i := from; i < to; i++ {
			es = append(es, audit.Entry{
				At:     now.Add(-time.Duration(n-i) * time.Second),
				Who:    audit.Who{Worker: workers[i%len(workers)], Role: string(actor.CaseManager), Purpose: string(actor.Treatment)},
				Action: "note.read", Outcome: audit.Allowed, Rules: []string{"casework-assigned"},
				Touched: []audit.Touch{{Kind: "note", ID: rand.Text(), Subject: clients[i%len(clients)], Version: 1, Classes: []string{"clinical"}}},
			})
		}
		return a.Log.RecordAll(ctx, es)
	})
}

func some(ctx context.Context, a *app.App, worker string, from, to int) error {
	w := a.Door.Work(authn.Service(authn.Import), "import.run")
	for i := from; i < to; i++ {
		id, err := a.Clients.Adopt(ctx, w, adopted(i))
		if err != nil {
			return err
		}
		if _, err := a.Cases.OpenIn(ctx, authn.Service(authn.Import), w, id, casefile.Opening{Program: "p", Worker: worker}); err != nil {
			return err
		}
		for n := range notesEach {
			if _, err := a.Notes.Adopt(w, id, note.Note{
				Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now().Add(-time.Duration(n) * 24 * time.Hour), Minutes: 30, Sections: note.Plain(phi.NewText(words(fillerSize))),
				Source: person.Source{System: phi.NewText("load"), Type: "Encounter", Ref: phi.NewText(fmt.Sprint(i, ".", n))},
			}); err != nil {
				return err
			}
		}
	}
	return w.Commit(ctx)
}

// taken is how many bytes the database in dir takes, its journal included.
func taken(dir string) (n int64) {
	for _, name := range []string{db.FileName, db.FileName + "-wal"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			n += info.Size()
		}
	}
	return n
}
