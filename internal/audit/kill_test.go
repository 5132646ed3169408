package audit_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

const (
	killDir = "CASEWARD_TEST_KILL_DIR"
	killURL = "CASEWARD_TEST_KILL_URL"
)

// TestMain is also the process that gets killed: it records entries from
// several goroutines and prints the number of each once it is acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killIn); dir != "" {
		_, _ = fmt.Fprintln(os.Stderr, dieClosing(dir, os.Getenv(killURL), os.Getenv(killAt)))
		os.Exit(1)
	}
	if dir := os.Getenv(killDir); dir != "" {
		if err := recordForever(dir, os.Getenv(killURL)); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func openExisting(ctx context.Context, dir, url string) (*audit.Log, *db.DB, error) {
	d, err := db.Open(ctx, url, dir)
	if err != nil {
		return nil, nil, err
	}
	if err := d.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	f, err := keys.OpenFile(dir, []byte(keystest.Passphrase))
	if err != nil {
		return nil, nil, err
	}
	l, err := audit.Open(ctx, d, keys.NewAgency(d, f), clock.System(), origin)
	return l, d, err
}

func recordForever(dir, url string) error {
	ctx := context.Background()
	l, _, err := openExisting(ctx, dir, url)
	if err != nil {
		return err
	}
	go l.Run(ctx, time.Millisecond)
	failed := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				e := entry(i)
				e.Detail = map[string]string{"n": strconv.Itoa(i*8 + w)}
				if err := l.Record(ctx, e); err != nil {
					failed <- err
					return
				}
				// One write, so that a line is whole or not there.
				_, _ = os.Stdout.WriteString(strconv.Itoa(i*8+w) + "\n")
			}
		}()
	}
	return <-failed
}

func TestKill(t *testing.T) {
	run := func(t *testing.T, url string) {
		ctx := context.Background()
		dir := t.TempDir()
		keystest.File(t, dir, clock.System())
		acknowledged := map[string]bool{}
		for round := range 3 {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), killDir+"="+dir, killURL+"="+url)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			for n := 0; lines.Scan(); n++ { // ends when the process does
				acknowledged[fmt.Sprint(round, "/", lines.Text())] = true
				if n == 300+100*round {
					_ = cmd.Process.Kill() // SIGKILL; what it printed until then still arrives
				}
			}
			_ = cmd.Wait()
		}
		if len(acknowledged) < 900 {
			t.Fatalf("only %d entries were acknowledged", len(acknowledged))
		}
		l, d, err := openExisting(ctx, dir, url)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		count := map[string]int{}
		for q := (audit.Query{Limit: 1000}); ; {
			page, err := l.Find(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				count[e.Detail["n"]]++
				q.Before = e.ID
			}
			if len(page) < q.Limit {
				break
			}
		}
		// Each process begins its numbers anew.
		want := map[string]int{}
		for k := range acknowledged {
			want[k[2:]]++
		}
		lost := 0
		for n, k := range want {
			if count[n] < k {
				lost++
			}
		}
		if lost > 0 {
			t.Errorf("%d of %d acknowledged entries are lost", lost, len(acknowledged))
		}
		r, err := verify.Database(ctx, url, dir, verify.Options{PublicKey: l.PublicKey()})
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK || r.Entries < int64(len(acknowledged)) {
			t.Errorf("%s", r)
		}
	}
	t.Run("a process killed at any moment loses no acknowledged entry on SQLite", func(t *testing.T) { run(t, "") })
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		t.Run("a process killed at any moment loses no acknowledged entry on PostgreSQL", func(t *testing.T) { run(t, dbtest.URL(t)) })
	}
}
