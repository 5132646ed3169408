package app_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/audit/verify"
	"caseward/internal/backup"
	"caseward/internal/casefile"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys/keystest"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
)

// TestMoveStore moves an agency from SQLite to PostgreSQL under a server that
// somebody forgot to stop.
func TestMoveStore(t *testing.T) {
	if os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
		t.Skip("there is no PostgreSQL server to move to (CASEWARD_TEST_POSTGRES)")
	}
	pass := []byte(keystest.Passphrase)
	dir := filepath.Join(t.TempDir(), "data")
	must(t, app.Init(ctx, dir, pass, config.Config{LogName: "caseward.test/move"}, app.Options{}))
	server, err := app.Open(ctx, dir, pass, app.Options{})
	must(t, err)
	defer func() { _ = server.Close() }()
	operator := authn.ProvedOperator("test", server.Clock.Now())
	must(t, server.Org.Found(ctx, operator, org.Agency{Name: "App", TimeZone: "UTC", Programs: []org.Program{{Code: "p", Name: "Program"}}}))
	worker, err := server.Org.Invite(ctx, operator, org.Invitation{Given: phi.NewText("Ann"), Family: phi.NewText("Worker"), Mail: phi.NewText("ann@example.org"), Role: actor.CaseManager})
	must(t, err)
	must(t, server.Org.Activate(ctx, authn.Service(authn.SignIn), worker))
	ann := actortest.Worker(worker.String(), actor.CaseManager, server.Clock.Now())
	w := server.Door.Work(authn.Service(authn.Import), "import.run")
	client, err := server.Clients.Adopt(ctx, w, person.Client{Name: person.Name{Given: phi.NewText("Fictional"), Family: phi.NewText("Ñandú")},
		Source: person.Source{System: phi.NewText("app"), Type: "Patient", Ref: phi.NewText("one")}})
	must(t, err)
	_, err = server.Cases.OpenIn(ctx, authn.Service(authn.Import), w, client, casefile.Opening{Program: "p", Worker: worker.String()})
	must(t, err)
	must(t, w.Commit(ctx))
	write := func(a *app.App, ref string) error {
		w := a.Door.Work(authn.Service(authn.Import), "import.run")
		if _, err := a.Notes.Adopt(w, client, note.Note{Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now().Add(-time.Minute), Minutes: 30,
			Sections: note.Plain(phi.NewText("What was said, " + ref)),
			Source:   person.Source{System: phi.NewText("app"), Type: "Encounter", Ref: phi.NewText(ref)}}); err != nil {
			return err
		}
		return w.Commit(ctx)
	}
	read := func(a *app.App) map[string]string {
		t.Helper()
		out := map[string]string{}
		l, err := a.Notes.Timeline(ctx, ann, client, note.TimelineQuery{Limit: 100})
		must(t, err)
		for _, o := range l.Rows {
			text := o.Value.Text()
			out[o.ID.String()] = text.Disclose()
		}
		return out
	}
	for i := range 20 {
		must(t, write(server, fmt.Sprint("before ", i)))
	}
	url := dbtest.URL(t)

	t.Run("a dry run counts and writes nothing", func(t *testing.T) {
		got, err := app.MoveStore(ctx, operator, pass, app.MoveOptions{Dir: dir, To: url, DryRun: true})
		must(t, err)
		if got.Written || got.Clients != 1 || got.Records < 22 || !got.Log.OK {
			t.Errorf("%+v", got)
		}
		must(t, backup.EmptyPostgres(ctx, url))
		must(t, write(server, "after the dry run"))
	})
	t.Run("a database with tables, and one that is none, is refused, and the old one is used on", func(t *testing.T) {
		full := dbtest.URL(t)
		d, err := db.Open(ctx, full, dir)
		must(t, err)
		must(t, errors.Join(d.Migrate(ctx), d.Close()))
		if _, err := app.MoveStore(ctx, operator, pass, app.MoveOptions{Dir: dir, To: full}); !errors.Is(err, backup.ErrFull) {
			t.Errorf("got %v", err)
		}
		if _, err := app.MoveStore(ctx, operator, pass, app.MoveOptions{Dir: dir, To: "sqlite"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v", err)
		}
		must(t, write(server, "after the refusals"))
	})
	t.Run("if what arrived is not agreed to, the old database is used on", func(t *testing.T) {
		again := dbtest.URL(t)
		d, err := db.Open(ctx, again, dir)
		must(t, err)
		must(t, errors.Join(d.Migrate(ctx), d.Close()))
		boom := errors.New("boom")
		if _, err := backup.Move(ctx, dir, again, func(backup.Moved) error { return boom }); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		must(t, write(server, "after all that"))
		// What is there already is never written over.
		if _, err := backup.Move(ctx, dir, again, func(backup.Moved) error { return nil }); err == nil {
			t.Error("moved into a database with rows")
		}
		must(t, write(server, "and after that"))
	})
	t.Run("if what arrived is not what was sent, the old database is used on", func(t *testing.T) {
		again := dbtest.URL(t)
		d, err := db.Open(ctx, again, dir)
		must(t, err)
		must(t, d.Migrate(ctx))
		must(t, d.Write(ctx, func(tx *db.Tx) error {
			for _, q := range []string{
				`CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.state := NEW.state || 'x'; RETURN NEW; END $$`,
				`CREATE TRIGGER other BEFORE INSERT ON record FOR EACH ROW WHEN (NEW.kind = 'client') EXECUTE FUNCTION other()`,
			} {
				if _, err := tx.Exec(ctx, q); err != nil {
					return err
				}
			}
			return nil
		}))
		must(t, d.Close())
		if _, err := backup.Move(ctx, dir, again, func(backup.Moved) error { t.Error("it was agreed to"); return nil }); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
		must(t, write(server, "after what was not the same"))
	})
	before := read(server)

	got, err := app.MoveStore(ctx, operator, pass, app.MoveOptions{Dir: dir, To: url})
	must(t, err)
	if !got.Written || got.Clients != 1 || !got.Log.OK || got.Log.Entries == 0 || len(got.Check) == 0 {
		t.Errorf("%+v", got)
	}
	t.Run("the server that was left running reads and writes nothing any more", func(t *testing.T) {
		if err := write(server, "too late"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("it wrote: %v", err)
		}
		if _, err := server.Notes.Timeline(ctx, ann, client, note.TimelineQuery{}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("it read: %v", err)
		}
	})
	t.Run("the old database is not opened again, and its log can still be checked", func(t *testing.T) {
		old := config.Config{LogName: "caseward.test/move"}
		if a, err := app.Open(ctx, dir, pass, app.Options{Config: &old}); !fault.Is(err, fault.Conflict) {
			t.Errorf("it was opened: %v", err)
			_ = a.Close()
		}
		r, err := verify.Database(ctx, "", dir, verify.Options{})
		must(t, err)
		if !r.OK || r.Entries != got.Log.Entries {
			t.Errorf("%+v", r)
		}
	})
	a, err := app.Open(ctx, dir, pass, app.Options{})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	if a.DB.Dialect() != db.Postgres || a.Config.Database != url {
		t.Errorf("the directory is of %s", a.DB.Dialect())
	}
	after := read(a)
	if len(after) != len(before) || len(before) < 25 {
		t.Errorf("%d notes, and there were %d", len(after), len(before))
	}
	for id, text := range before {
		if after[id] != text {
			t.Errorf("note %s is %q and was %q", id, after[id], text)
		}
	}
	must(t, write(a, "in the new one"))
	if _, err := a.Log.Sequence(ctx); err != nil {
		t.Error(err)
	}
	r, err := verify.Database(ctx, url, dir, verify.Options{})
	must(t, err)
	if !r.OK || r.Entries <= got.Log.Entries {
		t.Errorf("%+v", r)
	}
	if _, err := app.MoveStore(ctx, operator, pass, app.MoveOptions{Dir: dir, To: dbtest.URL(t)}); !fault.Is(err, fault.Invalid) {
		t.Errorf("moved from PostgreSQL: %v", err)
	}
}
