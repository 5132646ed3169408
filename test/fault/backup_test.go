package fault

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// another registers a client whose notes are compared.
func another(g *agency, a *app.App) person.ID {
	g.Helper()
	w := a.Door.Work(importer(), "import.run")
	id, err := a.Clients.Adopt(ctx, w, person.Client{Name: person.Name{Given: phi.NewText("Fictional"), Family: phi.NewText("Client")},
		Source: person.Source{System: phi.NewText("fault"), Type: "Patient", Ref: phi.NewText("backup")}})
	g.must(err)
	opened(g, a, w, id)
	g.must(w.Commit(ctx))
	return id
}

// restored is an agency in a directory made from a backup.
func restored(g *agency, t *testing.T, file, keyFile string, more ...string) (*agency, string) {
	t.Helper()
	n := &agency{T: t, data: filepath.Join(t.TempDir(), "new"), passfile: g.passfile, staff: g.staff, sessions: g.sessions}
	return n, n.run("restore", append([]string{"--from", file, "--key-file", keyFile}, more...)...)
}

func TestBackup(t *testing.T) {
	g := found(t)
	var planted1, client person.ID
	g.open(app.Options{}, func(a *app.App) { planted1, client = register(g, a), another(g, a) })
	s := g.serve()
	day(g, s, planted1)
	chart := "/clients/" + client.String()
	var mu sync.Mutex
	acked := map[string]bool{}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				token := "write-" + strconv.Itoa(c) + "-" + strconv.Itoa(i)
				a, err := s.try("ann", http.MethodPost, chart+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {content(token)}})
				if err != nil || a.code != http.StatusSeeOther {
					t.Errorf("a note during a backup was answered %d, %v", a.code, err)
					return
				}
				mu.Lock()
				acked[token] = true
				mu.Unlock()
			}
		})
	}
	some := func(n int) map[string]bool {
		var out map[string]bool
		eventually(t, "notes to be written", func() bool {
			mu.Lock()
			defer mu.Unlock()
			out = maps.Clone(acked)
			return len(out) >= n
		})
		return out
	}
	dir := t.TempDir()
	var file string
	var before map[string]bool
	for i := range 3 {
		before = some(20 * (i + 1))
		file = filepath.Join(dir, strconv.Itoa(i)+".backup")
		var r struct {
			Records int64
			Missing []string
		}
		g.must(json.Unmarshal([]byte(g.run("backup", "--to", file, "--json")), &r))
		if r.Records < int64(len(before)) || len(r.Missing) > 0 {
			t.Errorf("%d records after %d notes, missing %v", r.Records, len(before), r.Missing)
		}
	}
	after := some(len(before) + 20)
	close(stop)
	wg.Wait()
	receipt := filepath.Join(t.TempDir(), "receipt.json")
	g.run("client erase", "--reason", "court_order", "--receipt", receipt, record.SubjectOf(planted1).String())
	kept := filepath.Join(t.TempDir(), "kept.checkpoint")
	g.must(os.WriteFile(kept, []byte(g.run("audit checkpoint")), 0o600))
	s.stop()
	var running map[string]string
	g.open(app.Options{}, func(a *app.App) {
		var err error
		_, running, err = notes(g, a, client)
		g.must(err)
	})
	keyFile := filepath.Join(g.data, "caseward.key")

	t.Run("no word of a record is in the file, nor the key file", func(t *testing.T) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if hits := newScanner(t, append(slices.Clone(planted), "Fictional", "subject_key", "caseward-keys")...).scan(b); len(hits) > 0 {
			t.Errorf("%s", hits)
		}
	})
	t.Run("what was acknowledged before is restored, each note as it was, and nothing half", func(t *testing.T) {
		n, said := restored(g, t, file, keyFile, "--checkpoint", kept)
		if !strings.Contains(said, "kept.checkpoint") || !strings.Contains(said, "no receipts were given") {
			t.Errorf("it says %s", said)
		}
		n.open(app.Options{}, func(a *app.App) {
			count, ids, err := notes(n, a, client)
			n.must(err)
			if count[""] > 0 {
				t.Errorf("%d notes are not whole", count[""])
			}
			for token := range before {
				if count[token] != 1 {
					t.Errorf("%s is there %d times", token, count[token])
				}
			}
			for token, id := range ids {
				if running[token] != id {
					t.Errorf("%s is %s here and %s there", token, id, running[token])
				}
			}
			if len(ids) > len(after)+16 || len(ids) < len(before) {
				t.Errorf("%d notes; %d were written before it and %d after", len(ids), len(before), len(after))
			}
			es, err := a.Log.Find(ctx, audit.Query{Action: "backup.restore", Limit: 5})
			if err != nil || len(es) != 1 || es[0].Detail["backup"] == "" || es[0].Detail["made"] == "" {
				t.Errorf("the log says %v, %v", es, err)
			}
		})
		if out, code := n.command("", "audit", "verify", "--data", n.data); code != 0 {
			t.Errorf("%d: %s", code, out)
		}
		if out, code := n.command("", "audit", "verify", "--data", n.data, "--checkpoint", kept); code != 3 {
			t.Errorf("a newer checkpoint is not missed: %d: %s", code, out)
		}
		n.T = t
		ns := n.serve()
		if a := ns.do("ann", "GET", "/caseload", nil); a.code != http.StatusSeeOther || !strings.Contains(a.location, "/signin") {
			t.Errorf("a session of the past answers %d %s", a.code, a.location)
		}
		ns.stop()
	})
	t.Run("a client erased since is restored without the receipt, and stays erased with it", func(t *testing.T) {
		for _, again := range [][]string{nil, {"--erased", receipt}, {"--erased", filepath.Dir(receipt)}} {
			n, said := restored(g, t, file, keyFile, again...)
			key, bodies := stored(n, record.SubjectOf(planted1).String())
			if gone := key == nil && len(bodies) == 0; gone != (again != nil) || strings.Contains(said, "1 clients again") != (again != nil) {
				t.Errorf("with %v: %d bodies; %s", again, len(bodies), said)
			}
			if again == nil {
				continue
			}
			if out, code := n.command("", "audit", "verify", "--data", n.data); code != 0 {
				t.Errorf("%d: %s", code, out)
			}
		}
	})
	t.Run("a newer backup knows who was erased", func(t *testing.T) {
		newer := filepath.Join(t.TempDir(), "newer.backup")
		g.run("backup", "--to", newer)
		n, _ := restored(g, t, file, keyFile, "--erased", newer)
		if key, bodies := stored(n, record.SubjectOf(planted1).String()); key != nil || len(bodies) > 0 {
			t.Errorf("%d bodies", len(bodies))
		}
	})
	t.Run("a changed receipt stops it before anything is written", func(t *testing.T) {
		b, err := os.ReadFile(receipt)
		if err != nil {
			t.Fatal(err)
		}
		bad := filepath.Join(t.TempDir(), "bad.json")
		g.must(os.WriteFile(bad, []byte(strings.Replace(string(b), "court_order", "test_data", 1)), 0o600))
		into := filepath.Join(t.TempDir(), "new")
		out, code := g.command("", "restore", "--from", file, "--data", into, "--passphrase-file", g.passfile, "--key-file", keyFile, "--erased", bad)
		if _, err := os.Stat(into); code != 1 || err == nil || !strings.Contains(out, "receipt") {
			t.Errorf("%d: %s", code, out)
		}
	})
	t.Run("a restore broken off leaves no directory that can be opened, and is told", func(t *testing.T) {
		var into string
		broken := func() bool {
			into = filepath.Join(t.TempDir(), "new")
			c := exec.Command(binary, "restore", "--from", file, "--data", into, "--passphrase-file", g.passfile, "--key-file", keyFile)
			g.must(c.Start())
			eventually(t, "the restore to begin", func() bool {
				_, err := os.Stat(filepath.Join(into, ".restoring"))
				return err == nil
			})
			g.must(c.Process.Kill())
			_ = c.Wait()
			_, err := os.Stat(filepath.Join(into, "caseward.json"))
			return err != nil
		}
		// One that was done before the signal came is tried again.
		for tries := 1; !broken(); tries++ {
			if tries == 10 {
				t.Fatal("no restore was killed in the middle")
			}
		}
		out, code := g.command("", "restore", "--from", file, "--data", into, "--passphrase-file", g.passfile, "--key-file", keyFile)
		if code != 1 || !strings.Contains(out, "broken off") {
			t.Errorf("%d: %s", code, out)
		}
	})
}

// TestBackupKilled kills backups in the middle.
func TestBackupKilled(t *testing.T) {
	g := found(t)
	var client person.ID
	g.open(app.Options{}, func(a *app.App) { client = another(g, a) })
	s := g.serve()
	for i := range 20 {
		if a := s.do("ann", http.MethodPost, "/clients/"+client.String()+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {content("n-" + strconv.Itoa(i))}}); a.code != http.StatusSeeOther {
			t.Fatal(a.code)
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "x.backup")
	killed := 0
	for range 5 {
		c := exec.Command(binary, "backup", "--data", g.data, "--passphrase-file", g.passfile, "--to", file)
		g.must(c.Start())
		eventually(t, "a backup to begin", func() bool {
			left, _ := filepath.Glob(filepath.Join(dir, "*"))
			hidden, _ := filepath.Glob(filepath.Join(dir, ".caseward-*"))
			return len(left)+len(hidden) > 0
		})
		g.must(c.Process.Kill())
		_ = c.Wait()
		if _, err := os.Stat(file); err == nil {
			// It was done before the signal came: then it is whole.
			restored(g, t, file, filepath.Join(g.data, "caseward.key"), "--dry-run")
			g.must(os.Remove(file))
			continue
		}
		killed++
	}
	if killed == 0 {
		t.Error("no backup was killed in the middle")
	}
	g.run("backup", "--to", file)
	if left, _ := filepath.Glob(filepath.Join(dir, ".caseward-*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	s.stop()
}
