package fault

import (
	"database/sql"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"caseward/internal/app"
	"caseward/internal/audit/verify"
	"caseward/internal/person"
)

const (
	atOnce = 32  // clients of the server
	toRead = 600 // notes that are read, each at most once
)

// asked is how often something is done: what the environment says, or few.
func asked(t *testing.T, name string, few int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return few
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s is not a number: %q", name, s)
	}
	return n
}

func TestKill(t *testing.T) {
	rounds := asked(t, "CASEWARD_FAULT_ROUNDS", 3)
	g := found(t)
	kept := map[person.ID][]string{} // what was acknowledged, by client
	var answered, missing int
	for round := range rounds {
		t.Run(fmt.Sprintf("round %d: what was acknowledged is there, and what was shown is in the log", round+1), func(t *testing.T) {
			g.T = t
			l, found := killed(g, round)
			kept[l.client] = found.written
			answered += int(l.acks.Load())
			missing += found.missing
		})
	}
	t.Run("after every round all of it is still there", func(t *testing.T) {
		g.T = t
		g.open(app.Options{}, func(a *app.App) {
			for client, written := range kept {
				_, ids, err := notes(g, a, client)
				g.must(err)
				for _, token := range written {
					if ids[token] == "" {
						t.Errorf("%s is gone", token)
					}
				}
			}
		})
	})
	t.Logf("killed %d times; %d requests were answered; %d entries are missing", rounds, answered, missing)
}

// killed is one round on a client of its own.
func killed(g *agency, round int) (*load, left) {
	var l *load
	g.open(app.Options{}, func(a *app.App) { l = newLoad(g, a, strconv.Itoa(round), toRead) })
	l.broken = func(_ *request, a answer, err error) bool {
		if err == nil {
			g.Errorf("answered %d: %.200s", a.code, a.body)
		}
		return false // it was killed
	}
	s := g.serve()
	var wg sync.WaitGroup
	for c := range atOnce {
		wg.Go(func() { l.work(c, func() *server { return s }) })
	}
	target := 50 + mathrand.Int64N(700)
	eventually(g.T, "requests to be answered", func() bool { return l.acks.Load() >= target || l.used() })
	s.kill()
	wg.Wait()

	// First the files as the kill left them, with nobody's help.
	report, err := verify.Database(ctx, "", g.data, verify.Options{})
	g.must(err)
	if !report.OK {
		g.Errorf("the log does not verify after the kill:\n%s", report)
	}
	g.must(whole(g.data))

	var found left
	g.open(app.Options{}, func(a *app.App) {
		found, err = l.check(a)
		g.must(err)
		for _, w := range found.wrong {
			g.Error(w)
		}
		if len(found.written) == 0 || found.shown == 0 {
			g.Errorf("the round shows nothing: %d writes and %d reads were answered", len(found.written), found.shown)
		}
		g.Logf("killed after %d answers: %d writes acknowledged, %d more were kept, %d reads shown", l.acks.Load(), len(found.written), found.unacked, found.shown)
	})
	if report, err = verify.Database(ctx, "", g.data, verify.Options{}); err != nil || !report.OK {
		g.Errorf("the log does not verify after the start: %v\n%s", err, report)
	}
	return l, found
}

// whole asks SQLite whether the file in a data directory is.
func whole(dir string) error {
	d, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(filepath.Join(dir, "caseward.db")))
	if err != nil {
		return err
	}
	defer d.Close()
	var says string
	if err := d.QueryRow(`PRAGMA integrity_check`).Scan(&says); err != nil {
		return err
	}
	if says != "ok" {
		return fmt.Errorf("SQLite says: %s", says)
	}
	return nil
}
