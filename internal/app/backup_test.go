package app_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/backup"
	"caseward/internal/casefile"
	"caseward/internal/config"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

var ctx = context.Background()

// fresh returns the URL of an empty database; "" for SQLite.
type fresh func(t *testing.T) string

// TestRestore restores a backup that was made while notes were written, and
// compares record by record through the door.
func TestRestore(t *testing.T) {
	t.Run("on SQLite", func(t *testing.T) { restores(t, func(*testing.T) string { return "" }) })
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		t.Run("on PostgreSQL", func(t *testing.T) { restores(t, func(t *testing.T) string { return dbtest.URL(t) }) })
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func restores(t *testing.T, empty fresh) {
	pass := []byte(keystest.Passphrase)
	dir := filepath.Join(t.TempDir(), "data")
	must(t, app.Init(ctx, dir, pass, config.Config{LogName: "caseward.test/app", Database: empty(t), Origin: "https://care.example.org"}, app.Options{}))
	a, err := app.Open(ctx, dir, pass, app.Options{})
	must(t, err)
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	operator := authn.ProvedOperator("test", a.Clock.Now())
	must(t, a.Org.Found(ctx, operator, org.Agency{Name: "App", TimeZone: "UTC", Programs: []org.Program{{Code: "p", Name: "Program"}}}))
	worker, err := a.Org.Invite(ctx, operator, org.Invitation{Given: phi.NewText("Ann"), Family: phi.NewText("Worker"), Mail: phi.NewText("ann@example.org"), Role: actor.CaseManager})
	must(t, err)
	must(t, a.Org.Activate(ctx, authn.Service(authn.SignIn), worker))

	adopt := func(ref string) person.ID {
		t.Helper()
		w := a.Door.Work(authn.Service(authn.Import), "import.run")
		id, err := a.Clients.Adopt(ctx, w, person.Client{Name: person.Name{Given: phi.NewText("Fictional " + ref), Family: phi.NewText("Client")},
			Source: person.Source{System: phi.NewText("app"), Type: "Patient", Ref: phi.NewText(ref)}})
		must(t, err)
		_, err = a.Cases.OpenIn(ctx, authn.Service(authn.Import), w, id, casefile.Opening{Program: "p", Worker: worker.String()})
		must(t, err)
		must(t, w.Commit(ctx))
		return id
	}
	write := func(client person.ID, ref string) error {
		w := a.Door.Work(authn.Service(authn.Import), "import.run")
		if _, err := a.Notes.Adopt(w, client, note.Note{Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now().Add(-time.Minute), Minutes: 30,
			Sections: note.Plain(phi.NewText("What was said, " + ref)),
			Source:   person.Source{System: phi.NewText("app"), Type: "Encounter", Ref: phi.NewText(ref)}}); err != nil {
			return err
		}
		return w.Commit(ctx)
	}
	client, other := adopt("one"), adopt("two")
	for i := range 30 {
		must(t, write(client, fmt.Sprint("before ", i)))
	}
	read := func(a *app.App, client person.ID) map[string]string {
		t.Helper()
		ann := actortest.Worker(worker.String(), actor.CaseManager, a.Clock.Now())
		out := map[string]string{}
		for after := ""; ; {
			l, err := a.Notes.Timeline(ctx, ann, client, note.TimelineQuery{After: after, Limit: 100})
			must(t, err)
			for _, o := range l.Rows {
				text := o.Value.Text()
				out[o.ID.String()] = text.Disclose()
			}
			if l.Next == "" {
				return out
			}
			after = l.Next
		}
	}
	before := read(a, client)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var meanwhile atomic.Int64
	for c := range 3 {
		wg.Go(func() {
			for i := range 300 {
				select {
				case <-stop:
					return
				default:
				}
				if err := write(client, fmt.Sprint("meanwhile ", c, " ", i)); err != nil {
					t.Error(err)
					return
				}
				meanwhile.Add(1)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "one.backup")
	r, err := a.Backup(ctx, operator, app.BackupOptions{To: file, Version: "test"})
	close(stop)
	wg.Wait()
	must(t, err)
	all := read(a, client)
	if r.Clients != 2 || r.Records < int64(len(before)) || r.Entries == 0 || meanwhile.Load() == 0 {
		t.Errorf("%+v, %d notes meanwhile", r, meanwhile.Load())
	}
	erased, err := a.Clients.Erase(ctx, operator, other, person.TestData)
	if err != nil && !errors.Is(err, record.ErrTraces) {
		t.Fatal(err)
	}
	// The command reads receipts from files; here another backup holds it.
	newer := filepath.Join(t.TempDir(), "newer.backup")
	_, err = a.Backup(ctx, operator, app.BackupOptions{To: newer, Version: "test"})
	must(t, err)
	keyFile := filepath.Join(dir, keys.FileName)

	t.Run("a dry run writes nothing", func(t *testing.T) {
		into, url := filepath.Join(t.TempDir(), "new"), empty(t)
		got, err := app.Restore(ctx, operator, pass, app.RestoreOptions{From: file, Dir: into, KeyFile: keyFile, Database: url, DryRun: true})
		must(t, err)
		if _, err := os.Stat(into); err == nil || got.Written || got.Backup.ID != r.ID {
			t.Errorf("%+v", got)
		}
		if url != "" {
			must(t, backup.EmptyPostgres(ctx, url))
		}
	})
	t.Run("everything is there as it was, and who was erased since is not", func(t *testing.T) {
		into, url := filepath.Join(t.TempDir(), "new"), empty(t)
		got, err := app.Restore(ctx, operator, pass, app.RestoreOptions{From: file, Dir: into, KeyFile: keyFile, Database: url, Erased: []string{newer}})
		must(t, err)
		if !got.Written || got.Erased != 1 || got.Receipts != 1 || !got.Log.OK {
			t.Errorf("%+v", got)
		}
		n, err := app.Open(ctx, into, pass, app.Options{})
		must(t, err)
		defer n.Close()
		if n.Config.Origin != "https://care.example.org" || n.Config.Database != url {
			t.Errorf("the settings are %+v", n.Config)
		}
		notes := read(n, client)
		for id, text := range before {
			if notes[id] != text {
				t.Errorf("note %s is %q and was %q", id, notes[id], text)
			}
		}
		for id, text := range notes {
			if all[id] != text {
				t.Errorf("note %s is %q and was %q", id, text, all[id])
			}
		}
		ann := actortest.Worker(worker.String(), actor.CaseManager, n.Clock.Now())
		if _, err := n.Clients.Open(ctx, ann, other); !fault.Is(err, fault.NotFound) {
			t.Errorf("who was erased answers %v", err)
		}
		if erased.Subject != record.SubjectOf(other).String() {
			t.Errorf("the receipt is of %s", erased.Subject)
		}
		// It goes on where it was.
		w := n.Door.Work(authn.Service(authn.Import), "import.run")
		_, err = n.Notes.Adopt(w, client, note.Note{Status: note.Imported, Type: note.OfficeVisit, At: n.Clock.Now().Add(-time.Minute), Minutes: 30, Sections: note.Plain(phi.NewText("After.")),
			Source: person.Source{System: phi.NewText("app"), Type: "Encounter", Ref: phi.NewText("after")}})
		must(t, err)
		must(t, w.Commit(ctx))
		if now := read(n, client); len(now) != len(notes)+1 {
			t.Errorf("%d notes after one more than %d", len(now), len(notes))
		}
		if _, err := n.Log.Sequence(ctx); err != nil {
			t.Error(err)
		}
	})
	if a.Config.Database == "" {
		return
	}
	t.Run("a database that is not empty is left as it is", func(t *testing.T) {
		_, err := app.Restore(ctx, operator, pass, app.RestoreOptions{From: file, Dir: filepath.Join(t.TempDir(), "new"), KeyFile: keyFile, Database: a.Config.Database})
		if !errors.Is(err, backup.ErrFull) {
			t.Errorf("got %v", err)
		}
	})
}
