package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/casefile"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/db/dbtest"
	"caseward/internal/fhir"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
)

var release = flag.String("release", "", "write testdata of this release, as v1.2.3")

// most is how large the files of a release may be together.
const most = 300_000

// TestWrite writes the data of a release.
func TestWrite(t *testing.T) {
	if *release == "" {
		t.Skip("no -release is named")
	}
	out := filepath.Join("testdata", *release)
	must(t, os.MkdirAll(out, 0o755))
	c := clock.NewFake(time.Date(2026, time.October, 5, 15, 0, 0, 0, time.UTC))
	o := app.Options{Clock: c}
	dir := filepath.Join(t.TempDir(), "data")
	cfg := config.Config{LogName: "caseward.test/release"}
	cfg.Uploads.Unscanned = true
	must(t, app.Init(ctx, dir, []byte(passphrase), cfg, o))
	a := open(t, dir, o)
	operator := authn.ProvedOperator("release", c.Now())
	must(t, a.Org.Found(ctx, operator, org.Agency{Name: "Release", TimeZone: "America/Chicago", Fiction: true, Programs: []org.Program{{Code: "p", Name: "Program"}}}))
	worker, err := a.Org.Invite(ctx, operator, org.Invitation{Given: phi.NewText("Ann"), Family: phi.NewText("Worker"), Mail: phi.NewText("ann@example.org"), Role: actor.CaseManager})
	must(t, err)
	must(t, a.Org.Activate(ctx, authn.Service(authn.SignIn), worker))
	m := manifest{Release: *release, Schema: hashes(t), Worker: worker.String()}
	who := actortest.Worker(m.Worker, actor.CaseManager, c.Now())

	adopt := func(given, family string) person.ID {
		w := a.Door.Work(authn.Service(authn.Import), "import.run")
		id, err := a.Clients.Adopt(ctx, w, person.Client{Name: person.Name{Given: phi.NewText(given), Family: phi.NewText(family)}, BirthDate: phi.NewDate(1979, 2, 3),
			Phones: []person.Phone{{Number: phi.NewText("(555) 010-7391")}}, Source: person.Source{System: phi.NewText("release"), Type: "Patient", Ref: phi.NewText(given)}})
		must(t, err)
		_, err = a.Cases.OpenIn(ctx, authn.Service(authn.Import), w, id, casefile.Opening{Program: "p", Worker: m.Worker})
		must(t, err)
		must(t, w.Commit(ctx))
		return id
	}
	first, gone := adopt("Quillandra", "Vostermansch"), adopt("Nobody", "Anymore")
	if r, err := a.Import.Import(ctx, authn.Service(authn.Import), []string{"../../internal/fhir/testdata/us-core.json"}, fhir.Options{Program: "p", Assign: m.Worker}); err != nil || len(r.Errors) > 0 {
		t.Fatalf("%+v, %v", r.Errors, err)
	}
	write(t, a, m.Worker, first, "We looked at the lease by the marzipan works together.")
	_, err = a.Notes.Keep(ctx, who, first, note.ID{}, 0, map[string]phi.Text{"text": phi.NewText("Half a sentence")})
	must(t, err)
	_, err = a.Clients.Erase(ctx, operator, gone, person.TestData)
	must(t, err)
	m.Backup = find(t, a, m.Worker)
	must(t, a.Close())
	early := filepath.Join(t.TempDir(), "early")
	must(t, os.CopyFS(early, os.DirFS(dir)))
	_, err = app.MoveStore(ctx, operator, []byte(passphrase), app.MoveOptions{Dir: early, To: dbtest.URL(t), Clock: c})
	must(t, err)
	a = open(t, early, o)
	_, err = a.Backup(ctx, operator, app.BackupOptions{To: filepath.Join(out, backupFile), Version: *release})
	must(t, errors.Join(err, a.Close()))

	// Enough is looked at for a segment of the log to be closed.
	a = open(t, dir, o)
	must(t, a.Log.KeepSegments(cfg.SegmentsIn(dir), 256))
	for range 256 {
		_, err := a.Clients.Open(ctx, who, first)
		must(t, err)
	}
	must(t, sequenced(a))
	c.Advance(30 * 24 * time.Hour)
	operator = authn.ProvedOperator("release", c.Now())
	if r, err := a.CloseLog(ctx, operator, 7*24*time.Hour, false); err != nil || len(r.Segments) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	// The rest lies under a second key.
	_, err = a.Keys.Rotate(c)
	must(t, err)
	write(t, a, m.Worker, adopt("Tamsin", "Vostermansch-Ruiz"), "The landlord signed, and the keys are there on Friday.")
	m.Found = find(t, a, m.Worker)
	m.Entries = entries(t, a)
	must(t, a.Checkpoint(ctx))
	must(t, a.Close())
	a = open(t, dir, o)
	var signed []byte
	must(t, a.DB.QueryRow(ctx, `SELECT checkpoint FROM log_head WHERE one = 1`).Scan(&signed))
	m.Checkpoint, m.Segments = string(signed), 1
	must(t, a.Close())
	pack(t, dir, filepath.Join(out, dataFile))

	url := dbtest.URL(t)
	_, err = app.MoveStore(ctx, operator, []byte(passphrase), app.MoveOptions{Dir: dir, To: url, Clock: c})
	must(t, err)
	dump(t, url, filepath.Join(out, postgresFile))

	b, err := json.MarshalIndent(m, "", "  ")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(out, manifestFile), append(b, '\n'), 0o644))
	var size int64
	for _, name := range []string{dataFile, postgresFile, backupFile, manifestFile} {
		i, err := os.Stat(filepath.Join(out, name))
		must(t, err)
		t.Logf("%s: %d bytes", name, i.Size())
		size += i.Size()
	}
	if size > most {
		t.Errorf("%d bytes; a release has %d at most", size, most)
	}
}

// sequenced puts every entry of the log into its tree.
func sequenced(a *app.App) error {
	for {
		if _, err := a.Log.Sequence(context.Background()); err != nil {
			return err
		}
		if h, err := a.Log.Head(ctx); err != nil || h.Unsequenced == 0 {
			return err
		}
	}
}
