package fault

import (
	"database/sql"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"caseward/internal/app"
	"caseward/internal/person"
	"caseward/internal/record"
)

// stored reads the columns of a client's rows that are bytes, as they lie in the
// file: the wrapped key, and every sealed body.
func stored(g *agency, subject string) (key []byte, bodies [][]byte) {
	g.Helper()
	d, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(filepath.Join(g.data, "caseward.db"))+"?mode=ro")
	g.must(err)
	defer d.Close()
	if err := d.QueryRow(`SELECT wrapped FROM subject_key WHERE subject = ?`, subject).Scan(&key); err != nil && err != sql.ErrNoRows {
		g.Fatal(err)
	}
	rows, err := d.Query(`SELECT body FROM record WHERE subject = ?1 UNION ALL SELECT body FROM record_version WHERE subject = ?1 UNION ALL SELECT body FROM draft WHERE subject = ?1`, subject)
	g.must(err)
	defer rows.Close()
	for rows.Next() {
		var b []byte
		g.must(rows.Scan(&b))
		bodies = append(bodies, b)
	}
	g.must(rows.Err())
	return key, bodies
}

// holding lists the files of the data directory that hold b.
func holding(g *agency, b []byte) (files []string) {
	g.Helper()
	g.must(filepath.WalkDir(g.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		in, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(in), string(b)) {
			files = append(files, filepath.Base(path))
		}
		return err
	}))
	return files
}

func TestErase(t *testing.T) {
	t.Run("no server runs", func(t *testing.T) { erased(t, false, 0) })
	t.Run("the server runs", func(t *testing.T) { erased(t, true, 0) })
	t.Run("the server is at work", func(t *testing.T) { erased(t, true, 8) })
}

// erased erases a client: beside a server if running, that many others at work
// on it meanwhile.
func erased(t *testing.T, running bool, others int) {
	g := found(t)
	var client person.ID
	g.open(app.Options{}, func(a *app.App) { client = register(g, a) })
	subject := record.SubjectOf(client).String()
	s := g.serve()
	day(g, s, client)
	key, bodies := stored(g, subject)
	if len(key) < 32 || len(bodies) < 4 {
		t.Fatalf("a key of %d bytes and %d bodies", len(key), len(bodies))
	}
	if len(holding(g, key)) == 0 {
		t.Fatal("the wrapped key is in no file before the erasure: the search finds nothing")
	}
	if !running {
		s.stop()
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range others {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if a, err := s.try("ann", "GET", "/caseload", nil); err != nil || a.code != 200 {
					t.Errorf("the caseload answered %d, %v", a.code, err)
					return
				}
			}
		})
	}
	file := filepath.Join(t.TempDir(), "receipt.json")
	g.run("client erase", "--reason", "test_data", "--receipt", file, subject)
	close(done)
	wg.Wait()

	t.Run("the key and every sealed body are in no file", func(t *testing.T) {
		for _, f := range holding(g, key) {
			t.Errorf("the wrapped key is in %s", f)
		}
		for _, b := range bodies {
			// A page may cut a body in two, so its beginning is looked for.
			for _, f := range holding(g, b[:min(len(b), 48)]) {
				t.Errorf("a sealed body of %d bytes is in %s", len(b), f)
			}
		}
		if k, b := stored(g, subject); k != nil || b != nil {
			t.Errorf("rows are left: %d bodies", len(b))
		}
	})
	t.Run("no planted word is in a file", func(t *testing.T) {
		hits, _ := newScanner(t, planted...).scanDir(t, g.data)
		for _, h := range hits {
			t.Error(h)
		}
	})
	t.Run("the receipt verifies, and not when it was changed", func(t *testing.T) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r record.Receipt
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		if !r.Verify() || r.Subject != subject || r.Records < 4 || r.Reason != "test_data" {
			t.Errorf("the receipt says %+v", r)
		}
		r.Records--
		if r.Verify() {
			t.Error("a changed receipt verifies")
		}
		if hits := newScanner(t, planted...).scan(b); len(hits) > 0 {
			t.Errorf("the receipt tells who it was: %s", hits)
		}
	})
	t.Run("a server answers that there is no such client, and finds nothing", func(t *testing.T) {
		if !running {
			g.T = t
			s = g.serve()
		}
		for _, path := range []string{"/clients/" + client.String(), "/clients/" + client.String() + "/notes"} {
			a := s.do("ann", "GET", path, nil)
			if a.code != 404 || strings.Contains(a.body, "Quillandra") {
				t.Errorf("%s: %d", path, a.code)
			}
		}
		if a := s.do("ann", "POST", "/find", map[string][]string{"q": {"Marzipanweg"}}); strings.Contains(a.body, "Quillandra") {
			t.Error("the client is found")
		}
		if a := s.do("ann", "GET", "/caseload", nil); a.code != 200 || strings.Contains(a.body, "Vostermansch") {
			t.Errorf("the caseload: %d", a.code)
		}
		s.stop()
	})
	g.T = t
	t.Run("the log verifies and still answers who opened it", func(t *testing.T) {
		out, code := g.command("", "audit", "verify", "--data", g.data)
		if code != 0 {
			t.Errorf("exit code %d\n%s", code, out)
		}
		var workers []string
		for _, line := range strings.Split(strings.TrimSpace(g.run("audit show", "--client", subject, "--limit", "0", "--json")), "\n") {
			var e struct{ Action, Worker, Outcome string }
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if e.Action == "chart.open" || e.Action == "client.erase" {
				workers = append(workers, e.Action+" "+e.Worker)
			}
		}
		for _, want := range []string{"chart.open " + g.staff["ann"].String(), "chart.open " + g.staff["bob"].String(), "client.erase service:operator"} {
			if !slices.Contains(workers, want) {
				t.Errorf("no %q in %q", want, workers)
			}
		}
	})
}
