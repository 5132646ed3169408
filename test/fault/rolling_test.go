package fault

import (
	"database/sql"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/person"
)

// nextRelease is the program with one more change of the schema.
func nextRelease(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "caseward-next")
	if out, err := exec.Command("go", "build", "-tags", "nextrelease", "-o", path, "caseward/cmd/caseward").CombinedOutput(); err != nil {
		t.Fatalf("the next release does not build: %v\n%s", err, out)
	}
	return path
}

// balancer sends requests to servers in turn.
type balancer struct {
	mu      sync.Mutex
	servers []*server
	turn    int
}

func (b *balancer) next() *server {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.servers) == 0 {
		return nil
	}
	b.turn++
	return b.servers[b.turn%len(b.servers)]
}

func (b *balancer) set(servers ...*server) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.servers = servers
}

// TestRolling replaces the servers of one release by those of the next, one after the
// other, while people work.
func TestRolling(t *testing.T) {
	p := newCluster(t).primary()
	next := nextRelease(t)
	g := agencyOn(t, config.Config{}, p)
	var l *load
	var client person.ID
	g.open(app.Options{}, func(a *app.App) {
		l = newLoad(g, a, "rolling", 2000)
		client = register(g, a)
	})
	d, err := sql.Open("pgx", p.url("caseward"))
	g.must(err)
	defer d.Close()
	schema := func() (n int64) {
		t.Helper()
		g.must(d.QueryRow(`SELECT max(version_id) FROM goose_db_version`).Scan(&n))
		return n
	}
	// The balancer stops sending before a server stops: --drain is how long it may take.
	drain := []string{"--drain", "2s"}
	old := []*server{g.serve(drain...), g.serve(drain...)}
	was := schema()
	var b balancer
	b.set(old...)
	l.broken = func(r *request, a answer, err error) bool {
		g.Errorf("%s: answered %d, %v: %.300s", r.token, a.code, err, a.body)
		return false
	}
	var byNext atomic.Int64
	var wg sync.WaitGroup
	for c := range 8 {
		wg.Go(func() { l.work(c, b.next) })
	}
	more := func(what string) {
		t.Helper()
		want := l.acks.Load() + 100
		eventually(t, what, func() bool { return l.acks.Load() >= want || l.used() || t.Failed() })
		if l.used() {
			t.Errorf("there was nothing left to read before %s", what)
		}
	}
	more("requests to be answered by the old release")
	first := g.serveBy(next, drain...)
	byNext.Store(l.acks.Load())
	if now := schema(); now != 90001 || was >= now {
		t.Errorf("the schema was %d and is %d", was, now)
	}
	more("the old release to answer beside a schema that is newer")
	b.set(old[0], old[1], first)
	more("both to answer in turn")
	b.set(old[1], first)
	old[0].stop()
	second := g.serveBy(next, drain...)
	b.set(first, second)
	old[1].stop()
	more("the next release to answer alone")
	b.set()
	wg.Wait()
	second.stop()
	if out, code := g.command("", "audit", "verify", "--data", g.data); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	g.open(app.Options{}, func(a *app.App) {
		found, err := l.check(a)
		g.must(err)
		for _, w := range found.wrong {
			t.Error(w)
		}
		t.Logf("%d answers, %d of them before the schema was changed; %d writes acknowledged, %d reads shown; %d entries are missing", l.acks.Load(), byNext.Load(), len(found.written), found.shown, found.missing)
	})
	t.Run("the old release makes no backup that would leave something out, and the next one does", func(t *testing.T) {
		g.T = t
		args := []string{"backup", "--data", g.data, "--passphrase-file", g.passfile, "--to", t.TempDir()}
		if out, code := g.command("", args...); code != 1 || !strings.Contains(out, "Make it with the newer release") {
			t.Errorf("exit code %d\n%s", code, out)
		}
		if out, err := exec.Command(next, args...).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("the old release starts again beside the next one, until that leaves it behind", func(t *testing.T) {
		g.T = t
		if out, code := g.command("", "upgrade", "--data", g.data, "--dry-run"); code != 0 || !strings.Contains(out, "There is nothing to do") {
			t.Errorf("exit code %d\n%s", code, out)
		}
		back := g.serve()
		save := func(s *server) answer {
			return s.do("ann", "POST", "/clients/"+client.String()+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {"Said to a server of some release."}})
		}
		if a := save(back); a.code != 303 {
			t.Errorf("answered %d", a.code)
		}
		// What a migration does that takes something away.
		_, err := d.Exec(`BEGIN; LOCK TABLE schema_floor; UPDATE schema_floor SET floor = 90001; COMMIT`)
		g.must(err)
		if a := save(back); a.code != 503 {
			t.Errorf("answered %d", a.code)
		}
		eventually(t, "a balancer to be told", func() bool { return back.do("nobody", "GET", "/readyz", nil).code == 503 })
		if a := save(first); a.code != 303 {
			t.Errorf("answered %d", a.code)
		}
		if out := back.out.String(); !strings.Contains(out, "Start that release") {
			t.Errorf("its log says %s", out)
		}
		back.kill()
		if out, code := g.command("", "serve", "--data", g.data, "--passphrase-file", g.passfile, "--listen", "127.0.0.1:0"); code != 1 || !strings.Contains(out, "Start that release") {
			t.Errorf("exit code %d\n%s", code, out)
		}
		first.stop()
	})
}
