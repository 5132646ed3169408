package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/config"
	"caseward/internal/db/dbtest"
	"caseward/internal/doctor"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

// TestClosedSegments takes an agency with a closed segment through all that happens to
// a data directory.
func TestClosedSegments(t *testing.T) {
	t.Run("on SQLite", func(t *testing.T) { closes(t, func(*testing.T) string { return "" }) })
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		t.Run("on PostgreSQL", func(t *testing.T) { closes(t, func(t *testing.T) string { return dbtest.URL(t) }) })
	}
}

// TestTheLogIsClosedDaily runs the day's turn of an agency that wants it, and of one
// that does not.
func TestTheLogIsClosedDaily(t *testing.T) {
	for name, c := range map[string]struct {
		after, segments int
	}{
		"as the settings say":                 {7, 1},
		"what is younger than they say stays": {60, 0},
		"never where they say nothing":        {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			cfg := config.Config{LogName: "caseward.test/daily", Segments: config.Segments{After: c.after}}
			must(t, app.Init(ctx, dir, []byte(keystest.Passphrase), cfg, app.Options{}))
			a, err := app.Open(ctx, dir, []byte(keystest.Passphrase), app.Options{})
			must(t, err)
			defer a.Close()
			must(t, a.Log.KeepSegments(cfg.SegmentsIn(dir), 256))
			var es []audit.Entry
			for range 400 {
				es = append(es, audit.Entry{At: a.Clock.Now().Add(-30 * 24 * time.Hour), Who: audit.Who{Worker: "w"}, Action: "note.read", Outcome: audit.Allowed, Touched: []audit.Touch{{Kind: "note", Subject: "c"}}})
			}
			must(t, a.Log.RecordAll(ctx, es))
			_, err = a.Log.Sequence(ctx)
			must(t, err)
			for range 2 {
				must(t, a.CloseLogDaily(ctx))
				is, err := a.Log.Segments(ctx)
				if err != nil || len(is) != c.segments {
					t.Fatalf("%d segments, %v", len(is), err)
				}
			}
			closings, err := a.Log.Find(ctx, audit.Query{Worker: authn.Service(authn.Sequencer).Worker(), Action: audit.CloseAction})
			if err != nil || (len(closings) > 0) != (c.segments > 0) {
				t.Errorf("the log tells of %d closings, %v", len(closings), err)
			}
			if found, err := a.Log.Find(ctx, audit.Query{Subject: "c", Limit: 1000}); err != nil || len(found) != 400 {
				t.Errorf("%d entries of 400, %v", len(found), err)
			}
		})
	}
}

func closes(t *testing.T, empty fresh) {
	pass := []byte(keystest.Passphrase)
	dir := filepath.Join(t.TempDir(), "data")
	cfg := config.Config{LogName: "caseward.test/segments", Database: empty(t)}
	must(t, app.Init(ctx, dir, pass, cfg, app.Options{}))
	a, err := app.Open(ctx, dir, pass, app.Options{})
	must(t, err)
	closed := false
	defer func() {
		if !closed {
			_ = a.Close()
		}
	}()
	must(t, a.Log.KeepSegments(cfg.SegmentsIn(dir), 256))
	operator := authn.ProvedOperator("test", a.Clock.Now())
	var es []audit.Entry
	for range 400 {
		es = append(es, audit.Entry{At: a.Clock.Now().Add(-30 * 24 * time.Hour), Who: audit.Who{Worker: "w"}, Action: "note.read", Outcome: audit.Allowed, Touched: []audit.Touch{{Kind: "note", Subject: "c"}}})
	}
	must(t, a.Log.RecordAll(ctx, es))
	for h := (audit.Head{Unsequenced: 1}); h.Unsequenced > 0; {
		_, err := a.Log.Sequence(ctx)
		must(t, err)
		h, err = a.Log.Head(ctx)
		must(t, err)
	}
	all := func(l *audit.Log) int {
		t.Helper()
		es, err := l.Find(ctx, audit.Query{Subject: "c", Limit: 1000})
		must(t, err)
		return len(es)
	}
	finding := func() doctor.State {
		t.Helper()
		list, err := a.Doctor(ctx, operator, app.DoctorOptions{})
		must(t, err)
		for _, f := range list {
			if f.Check == "segments" {
				return f.State
			}
		}
		t.Fatal("the doctor does not look at segments")
		return ""
	}
	t.Run("what is younger than a week stays, and a dry run moves nothing", func(t *testing.T) {
		if _, err := a.CloseLog(ctx, operator, 6*24*time.Hour, false); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
		if r, err := a.CloseLog(ctx, operator, 40*24*time.Hour, false); err != nil || len(r.Segments) > 0 {
			t.Fatalf("%+v, %v", r, err)
		}
		r, err := a.CloseLog(ctx, operator, 7*24*time.Hour, true)
		if err != nil || r.Full != 1 || r.Entries != 256 || r.Written || len(r.Segments) > 0 || finding() != doctor.Unused {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	r, err := a.CloseLog(ctx, operator, 7*24*time.Hour, false)
	if err != nil || len(r.Segments) != 1 || !r.Written {
		t.Fatalf("%+v, %v", r, err)
	}
	file := filepath.Join(cfg.SegmentsIn(dir), r.Segments[0].File)
	t.Run("the log has it, verifies, and the doctor finds it", func(t *testing.T) {
		if n := all(a.Log); n != 400 {
			t.Fatalf("%d entries of 400", n)
		}
		es, err := a.Log.Find(ctx, audit.Query{Action: audit.CloseAction})
		if err != nil || len(es) < 2 || es[0].Detail["sha256"] != r.Segments[0].SHA256 {
			t.Fatalf("%+v, %v", es, err)
		}
		v, err := app.VerifyLog(ctx, dir, verify.Options{})
		if err != nil || !v.OK || v.Segments != 1 || finding() != doctor.Good {
			t.Fatalf("%+v, %v", v, err)
		}
		if n, err := app.ExportLog(ctx, dir, filepath.Join(t.TempDir(), "out")); err != nil || n < 400 {
			t.Fatalf("%d, %v", n, err)
		}
	})
	backupFile := filepath.Join(t.TempDir(), "one.backup")
	t.Run("a backup has it, and what is restored has it too", func(t *testing.T) {
		_, err := a.Backup(ctx, operator, app.BackupOptions{To: backupFile})
		must(t, err)
		to := filepath.Join(t.TempDir(), "restored")
		got, err := app.Restore(ctx, operator, pass, app.RestoreOptions{From: backupFile, Dir: to, KeyFile: filepath.Join(dir, keys.FileName), Database: empty(t)})
		if err != nil || !got.Log.OK || got.Log.Segments != 1 {
			t.Fatalf("%+v, %v", got.Log, err)
		}
		was, err := os.ReadFile(file)
		must(t, err)
		is, err := os.ReadFile(filepath.Join(to, "log", r.Segments[0].File))
		if err != nil || string(is) != string(was) {
			t.Fatalf("it is another file: %v", err)
		}
		b, err := app.Open(ctx, to, pass, app.Options{})
		must(t, err)
		if n := all(b.Log); n != 400 {
			t.Errorf("%d entries of 400", n)
		}
		must(t, b.Close())
	})
	t.Run("no backup is made while it is changed or away, and the doctor misses it", func(t *testing.T) {
		whole, err := os.ReadFile(file)
		must(t, err)
		changed := append([]byte(nil), whole...)
		changed[len(changed)-1] ^= 1
		must(t, errors.Join(os.Remove(file), os.WriteFile(file, changed, 0o600)))
		to := filepath.Join(t.TempDir(), "two.backup")
		if _, err := a.Backup(ctx, operator, app.BackupOptions{To: to}); err == nil {
			t.Error("it was made of a changed segment")
		}
		must(t, os.Remove(file))
		if _, err := a.Backup(ctx, operator, app.BackupOptions{To: to}); err == nil {
			t.Error("it was made without a segment")
		}
		if finding() != doctor.Wrong {
			t.Error("the doctor does not miss it")
		}
		must(t, os.WriteFile(file, whole, 0o400))
		if _, err := a.Backup(ctx, operator, app.BackupOptions{To: to}); err != nil {
			t.Error(err)
		}
	})
	closed = true
	must(t, a.Close())
	if cfg.Database != "" || os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
		return
	}
	t.Run("and it moves to PostgreSQL with the rest", func(t *testing.T) {
		to := dbtest.URL(t)
		got, err := app.MoveStore(ctx, operator, pass, app.MoveOptions{Dir: dir, To: to})
		if err != nil || !got.Log.OK || got.Log.Segments != 1 || !strings.Contains(strings.Join(got.Check, " "), "segments.dir") {
			t.Fatalf("%+v, %v", got, err)
		}
		b, err := app.Open(ctx, dir, pass, app.Options{})
		must(t, err)
		must(t, b.Log.KeepSegments(cfg.SegmentsIn(dir), 256))
		if n := all(b.Log); n != 400 {
			t.Errorf("%d entries of 400", n)
		}
		must(t, b.Close())
		v, err := app.VerifyLog(ctx, dir, verify.Options{})
		if err != nil || !v.OK {
			t.Fatalf("%+v, %v", v, err)
		}
	})
}
