package fault

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"caseward/internal/app"
	"caseward/internal/audit"
)

// Made-up people as other systems export them.
const (
	bundle      = "../../internal/fhir/testdata/us-core.json"
	notesBundle = "../../internal/fhir/testdata/synthea-2021-notes.json"
)

// attack runs statements on a database whose triggers were dropped.
func attack(t *testing.T, d *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		res, err := d.Exec(s)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			t.Fatalf("%s: changed %d rows, %v", s, n, err)
		}
	}
}

func TestTamper(t *testing.T) {
	g := found(t)
	g.run("import fhir", "--program", "p", "--assign", "ann@example.org", bundle)
	s := g.serve()
	for range 20 {
		if a := s.do("ann", "GET", "/caseload", nil); a.code != 200 {
			t.Fatalf("answered %d", a.code)
		}
	}
	s.stop()
	checkpoint := filepath.Join(t.TempDir(), "kept.checkpoint")
	g.must(os.WriteFile(checkpoint, []byte(g.run("audit checkpoint")), 0o600))
	// The victim is an entry in the middle that names clients; what it is called
	// must be in the report.
	var victim audit.Logged
	var last int64
	g.open(app.Options{}, func(a *app.App) {
		es, err := a.Log.Find(ctx, audit.Query{Action: "case.find", Limit: 10})
		g.must(err)
		if len(es) < 10 || len(es[5].Touched) == 0 || es[5].Position < 10 {
			t.Fatalf("no entry to change: %+v", es)
		}
		victim = es[5]
		last = es[0].ID
	})
	// An older copy of the whole file, and then more work.
	old, err := os.ReadFile(filepath.Join(g.data, "caseward.db"))
	g.must(err)
	s = g.serve()
	s.do("ann", "GET", "/caseload", nil)
	s.stop()
	newer := filepath.Join(t.TempDir(), "newer.checkpoint")
	g.must(os.WriteFile(newer, []byte(g.run("audit checkpoint")), 0o600))
	pristine, err := os.ReadFile(filepath.Join(g.data, "caseward.db"))
	g.must(err)
	if _, err := os.Stat(filepath.Join(g.data, "caseward.db-wal")); err == nil {
		t.Fatal("the journal is there although nothing runs")
	}

	check := func(t *testing.T, checkpoints ...string) (string, int) {
		t.Helper()
		args := []string{"audit", "verify", "--data", g.data}
		for _, c := range checkpoints {
			args = append(args, "--checkpoint", c)
		}
		return g.command("", args...)
	}
	restore := func(t *testing.T, b []byte) {
		t.Helper()
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := os.RemoveAll(filepath.Join(g.data, "caseward.db"+suffix)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(g.data, "caseward.db"), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id := strconv.FormatInt(victim.ID, 10)
	at := fmt.Sprintf(`position %d\b`, victim.Position)
	next := fmt.Sprintf(`position %d\b`, victim.Position+1)

	t.Run("untouched, it is whole, with and without what was kept", func(t *testing.T) {
		for _, kept := range [][]string{nil, {checkpoint}, {checkpoint, newer}} {
			if out, code := check(t, kept...); code != 0 || !strings.Contains(out, "whole") {
				t.Errorf("exit code %d\n%s", code, out)
			}
		}
	})
	for _, x := range []struct {
		name string
		do   []string
		says string
	}{
		{"a byte of an entry flipped", []string{`UPDATE log_entry SET leaf = ` + flip("leaf", 9) + ` WHERE id = ` + id}, `\[changed\].*` + at},
		{"a byte of what is sealed flipped", []string{`UPDATE log_entry SET detail = ` + flip("detail", 21) + ` WHERE id = ` + id}, `\[detail\].*` + at},
		{"a refusal made of a permission in the column", []string{`UPDATE log_entry SET outcome = 114 WHERE id = ` + id}, `\[columns\].*` + at},
		{"an entry deleted", []string{`DELETE FROM log_entry WHERE id = ` + id}, `\[removed\].*` + at},
		{"two entries swapped", []string{
			`UPDATE log_entry SET id = -1 WHERE id = ` + id,
			`UPDATE log_entry SET id = ` + id + ` WHERE id = ` + id + ` + 1`,
			`UPDATE log_entry SET id = ` + id + ` + 1 WHERE id = -1`,
		}, `\[reordered\] .*` + next},
		{"the newest entries cut off", []string{`DELETE FROM log_entry WHERE id >= ` + strconv.FormatInt(last, 10)}, `\[removed\] .*the end of the log`},
		{"an entry put between", []string{
			`UPDATE log_entry SET id = id + 1000 WHERE id > ` + id,
			`INSERT INTO log_entry (id, at, actor, outcome, leaf, detail) SELECT ` + id + ` + 1, at, actor, outcome, leaf, detail FROM log_entry WHERE id = ` + id + ` - 1`,
		}, `\[inserted\] .*\(row ` + strconv.FormatInt(victim.ID+1, 10)},
		{"a client taken out of the index", []string{`DELETE FROM log_subject WHERE entry = ` + id}, `\[subjects\].*` + at},
		{"a client of the index made another", []string{`UPDATE log_subject SET subject = x'00112233445566778899aabbccddeeff' WHERE rowid_is = ` + id}, `\[subjects\].*` + at},
		{"a hash of the tree changed", []string{`UPDATE log_tile SET data = ` + flip("data", 1) + ` WHERE level = 0 AND n = 0`}, `\[tile\] .*position 0`},
	} {
		t.Run("found and named: "+x.name, func(t *testing.T) {
			restore(t, pristine)
			d, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(filepath.Join(g.data, "caseward.db")))
			if err != nil {
				t.Fatal(err)
			}
			d.SetMaxOpenConns(1)
			for _, trigger := range []string{"log_entry_no_update", "log_entry_no_delete", "log_subject_no_update", "log_subject_no_delete"} {
				if _, err := d.Exec(`DROP TRIGGER ` + trigger); err != nil {
					t.Fatal(err)
				}
			}
			for _, stmt := range x.do {
				stmt = strings.ReplaceAll(stmt, "rowid_is", "subject = (SELECT min(subject) FROM log_subject WHERE entry = "+id+") AND entry")
				attack(t, d, stmt)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			out, code := check(t)
			if code != 3 {
				t.Errorf("exit code %d", code)
			}
			if !regexp.MustCompile(x.says).MatchString(out) {
				t.Errorf("the report does not say %s:\n%s", x.says, out)
			}
		})
	}
	t.Run("the whole file set back agrees with itself, and not with what was kept", func(t *testing.T) {
		restore(t, old)
		if out, code := check(t); code != 0 {
			t.Errorf("without a kept checkpoint: exit code %d\n%s", code, out)
		}
		if out, code := check(t, checkpoint); code != 0 {
			t.Errorf("with one from before: exit code %d\n%s", code, out)
		}
		out, code := check(t, newer)
		if code != 3 || !strings.Contains(out, "[truncated]") || !strings.Contains(out, "newer.checkpoint") {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
	t.Run("set back and worked on, it is another log than the one that was promised", func(t *testing.T) {
		restore(t, old)
		s := g.serve()
		for range 10 {
			s.do("ann", "GET", "/caseload", nil)
		}
		s.stop()
		out, code := check(t, newer)
		if code != 3 || !strings.Contains(out, "[forked]") {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
}

// flip is SQL for what a column holds with the byte at a place, counted from 1,
// changed, whatever it is.
func flip(column string, at int) string {
	return fmt.Sprintf(`CAST(substr(%[1]s, 1, %[2]d) || CASE substr(%[1]s, %[3]d, 1) WHEN x'ff' THEN x'00' ELSE x'ff' END || substr(%[1]s, %[4]d) AS BLOB)`, column, at-1, at, at+1)
}
