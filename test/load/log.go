package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/config"
)

// What a log of years is made of: evenly spread over them, of so many workers and
// clients, one entry in fifty a list of forty, one in two hundred a refusal, one in a
// thousand in an emergency.
const (
	logYears   = 5 * 365 * 24 * time.Hour
	logWorkers = 1000
	logClients = 50_000
	logStep    = 2_000_000 // entries between two closings, so that there is never much to be moved
	logLive    = 180 * 24 * time.Hour
)

// history is what a kept log is asked about again.
type history struct {
	Entries int       `json:"entries"`
	End     time.Time `json:"end"`
	Workers []string  `json:"workers"`
	Clients []string  `json:"clients"`
}

func (h history) at(i int) time.Time {
	return h.End.Add(-logYears + time.Duration(float64(logYears)*float64(i)/float64(h.Entries)))
}

func (h history) entry(i int) audit.Entry {
	e := audit.Entry{
		At: h.at(i), Who: audit.Who{Worker: h.Workers[i*7919%len(h.Workers)], Role: string(actor.CaseManager), Purpose: string(actor.Treatment), Session: "s"},
		Action: "note.read", Outcome: audit.Allowed, Rules: []string{"casework-assigned"},
	}
	// Neighbours in the log are of other clients, and one client has many workers.
	client := func(k int) string { return h.Clients[(i*104_729+k*31)%len(h.Clients)] }
	e.Touched = []audit.Touch{{Kind: "note", ID: rand.Text(), Subject: client(0), Version: 1, Classes: []string{"clinical"}}}
	switch {
	case i%50 == 0:
		e.Action, e.Touched = "client.find", nil
		for k := range caseload {
			e.Touched = append(e.Touched, audit.Touch{Kind: "client", ID: client(k), Subject: client(k), Version: 1, Classes: []string{"identity"}})
		}
	case i%200 == 1:
		e.Outcome, e.Rules = audit.Refused, nil
	case i%1000 == 7:
		e.Who.Purpose = string(actor.Emergency)
	}
	return e
}

// longLog measures a log of so many entries: what an officer asks of it, and that it
// verifies.
func longLog(ctx context.Context, o options) (err error) {
	dir := o.kept
	if dir == "" {
		if dir, err = os.MkdirTemp("", "caseward-load-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	}
	clk := clock.System()
	cfg := config.Config{LogName: "caseward.test/load"}
	file := filepath.Join(dir, "history.json")
	var h history
	b, err := os.ReadFile(file)
	switch {
	case err == nil:
		if err := json.Unmarshal(b, &h); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		if h, err = wrote(ctx, dir, cfg, clk, o.log); err != nil {
			return err
		}
		if b, err = json.Marshal(h); err != nil {
			return err
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			return err
		}
	default:
		return err
	}
	began := clk.Now()
	a, err := app.Open(ctx, dir, []byte(passphrase), app.Options{Config: &cfg, Demo: true})
	if err != nil {
		return err
	}
	fmt.Printf("Opened in %s.\n\n", clk.Now().Sub(began).Round(time.Millisecond))
	if err := errors.Join(asked(ctx, a.Log, h, clk), a.Close()); err != nil {
		return err
	}
	return verified(ctx, dir, clk)
}

// wrote makes a log of n entries, whose old part leaves the database as it does by and by
// in an agency.
func wrote(ctx context.Context, dir string, cfg config.Config, clk clock.Clock, n int) (h history, err error) {
	a, operator, err := opened(ctx, dir, cfg)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	h = history{Entries: n, End: clk.Now()}
	for range logWorkers {
		h.Workers = append(h.Workers, rand.Text())
	}
	for range logClients {
		h.Clients = append(h.Clients, rand.Text())
	}
	var writing, sequencing, closing time.Duration
	var closed int64
	for from := 0; from < n; from += logStep {
		t0 := clk.Now()
		err := atOnce(from, min(from+logStep, n), 500, func(from, to int) error {
			es := make([]audit.Entry, 0, to-from)
			for i := from; i < to; i++ {
				es = append(es, h.entry(i))
			}
			return a.Log.RecordAll(ctx, es)
		})
		if err != nil {
			return h, err
		}
		t1 := clk.Now()
		if _, err := a.Log.Sequence(ctx); err != nil {
			return h, err
		}
		t2 := clk.Now()
		r, err := a.CloseLog(ctx, operator, logLive, false)
		if err != nil {
			return h, err
		}
		for _, s := range r.Segments {
			closed += s.Last - s.First + 1
		}
		writing, sequencing, closing = writing+t1.Sub(t0), sequencing+t2.Sub(t1), closing+clk.Now().Sub(t2)
		fmt.Fprintf(os.Stderr, "%d entries, %d of them closed, after %s\n", min(from+logStep, n), closed, clk.Now().Sub(h.End).Round(time.Second))
	}
	each := func(d time.Duration, n int64) float64 { return float64(d.Nanoseconds()) / 1000 / float64(max(1, n)) }
	fmt.Printf("%d entries written in %.1f µs each, put into the tree in %.1f; %d of them moved to closed segments in %.1f each.\n",
		n, each(writing, int64(n)), each(sequencing, int64(n)), closed, each(closing, closed))
	return h, nil
}

// asked asks what officers ask, each question about several people and times.
func asked(ctx context.Context, l *audit.Log, h history, clk clock.Clock) error {
	const times = 25
	some := func(i int) int { return i * 7_368_787 % h.Entries }
	month := 30 * 24 * time.Hour
	week := 7 * 24 * time.Hour
	fmt.Println("| an officer asks | p50 | slowest | answered whole |")
	fmt.Println("|---|---|---|---|")
	for _, c := range []struct {
		what string
		q    func(i int) audit.Query
	}{
		{"everything, the newest page", func(int) audit.Query { return audit.Query{} }},
		{"everything of some week", func(i int) audit.Query { t := h.at(some(i)); return audit.Query{Since: t, Until: t.Add(week)} }},
		{"who opened a client's chart, the newest page", func(i int) audit.Query { return audit.Query{Subject: h.Clients[some(i)%logClients]} }},
		{"who opened it in some month", func(i int) audit.Query {
			t := h.at(some(i))
			return audit.Query{Subject: h.Clients[some(i)%logClients], Since: t, Until: t.Add(month)}
		}},
		{"what a worker did, the newest page", func(i int) audit.Query { return audit.Query{Worker: h.Workers[some(i)%logWorkers]} }},
		{"what a worker did in some month", func(i int) audit.Query {
			t := h.at(some(i))
			return audit.Query{Worker: h.Workers[some(i)%logWorkers], Since: t, Until: t.Add(month)}
		}},
		{"whether a worker opened a client's chart", func(i int) audit.Query {
			return audit.Query{Worker: h.Workers[some(i)%logWorkers], Subject: h.Clients[some(i+1)%logClients]}
		}},
		{"refusals, the newest page", func(int) audit.Query { return audit.Query{Outcome: audit.Refused} }},
		{"refusals of some month", func(i int) audit.Query {
			t := h.at(some(i))
			return audit.Query{Outcome: audit.Refused, Since: t, Until: t.Add(month)}
		}},
		{"names looked for in some week", func(i int) audit.Query {
			t := h.at(some(i))
			return audit.Query{Action: "client.find", Since: t, Until: t.Add(week)}
		}},
		{"emergencies, the newest page", func(int) audit.Query { return audit.Query{Purpose: string(actor.Emergency)} }},
		{"emergencies of some month", func(i int) audit.Query {
			t := h.at(some(i))
			return audit.Query{Purpose: string(actor.Emergency), Since: t, Until: t.Add(month)}
		}},
		{"an action that never was, as far as one page looks", func(int) audit.Query { return audit.Query{Action: "nothing."} }},
	} {
		var took []time.Duration
		whole := 0
		for i := range times {
			began := clk.Now()
			f, err := l.FindPage(ctx, c.q(i))
			if err != nil {
				return err
			}
			took = append(took, clk.Now().Sub(began))
			if f.Back.IsZero() {
				whole++
			}
		}
		slices.Sort(took)
		fmt.Printf("| %s | %s | %s | %d of %d |\n", c.what, ms(took[times/2]), ms(took[times-1]), whole, times)
	}
	return nil
}

// verified checks the whole log, and hashes the same bytes.
func verified(ctx context.Context, dir string, clk clock.Clock) error {
	live := taken(dir)
	var files int
	var size int64
	began := clk.Now()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		n, err := io.Copy(sha256.New(), f)
		files, size = files+1, size+n
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return err
	}
	hashed := clk.Now().Sub(began)
	began = clk.Now()
	r, err := verify.Database(ctx, "", dir, verify.Options{})
	if err != nil {
		return err
	}
	took := clk.Now().Sub(began)
	if !r.OK {
		return fmt.Errorf("the log does not verify: %s", r)
	}
	fmt.Printf("\n%d entries verify in %s, %.1f µs each, %d closed segments among them; SHA-256 over the same %d files and %d MiB takes %s: %.2f of its speed. The database has %d MiB of it; %d bytes an entry.\n",
		r.Entries, took.Round(time.Millisecond), float64(took.Microseconds())/float64(r.Entries), r.Segments, files, size>>20, hashed.Round(time.Millisecond), hashed.Seconds()/took.Seconds(),
		live>>20, size/max(1, r.Entries))
	return nil
}
