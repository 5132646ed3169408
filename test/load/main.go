package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

func main() {
	short := flag.Bool("short", false, "a few seconds, to see that it works")
	only := flag.String("only", "", "`work` to measure alone, as \"read\"")
	at := flag.Int("connections", 0, "how many connections; 0 for 1, 8 and 64")
	clients := flag.Int("clients", 0, "compare an agency of so many clients with a small one, instead of the bare handler")
	entries := flag.Int("entries", 0, "so many entries in the log of the large agency, besides those of its making")
	long := flag.Int("log", 0, "a log of so many entries over five years: officers' questions, closed segments, verification")
	kept := flag.String("agency", "", "`directory` the large agency, or log, is kept in: made there, or found there and measured again")
	watched := flag.Bool("watched", false, "compare Caseward with metrics with Caseward without them, instead of the bare handler")
	working := flag.Bool("mix", false, "an agency at work: many workers who do many things, at a steady rate")
	workers := flag.Int("workers", 1000, "with -mix: how many work")
	rate := flag.Float64("rate", 250, "with -mix: requests a second")
	lasts := flag.Duration("for", time.Minute, "with -mix: how long")
	level := flag.Bool("flat", false, "with -mix: fail if memory, goroutines or open files grow")
	page := flag.String("into", "", "`document` to write what is measured into, between \"<!-- measured: what -->\" and \"<!-- measured -->\"")
	serve := flag.String("serve", "", "for the tool's own use: the server to be, bare, caseward, watched or office")
	dir := flag.String("dir", "", "for the tool's own use: the server's directory")
	profile := flag.String("profile", "", "`file` for a processor profile of the Caseward server, or of -log")
	flag.Parse()
	ctx := context.Background()
	var err error
	switch *serve {
	case "bare":
		err = serveBare(ctx, *dir)
	case "caseward":
		err = profiled(*profile, func() error { return serveCaseward(ctx, *dir, "", *clients, *entries) })
	case "watched":
		err = profiled(*profile, func() error { return serveCaseward(ctx, *dir, "127.0.0.1:0", *clients, *entries) })
	case "office":
		err = profiled(*profile, func() error { return serveOffice(ctx, *dir, *clients) })
	default:
		o := options{short: *short, watched: *watched, profile: *profile, only: *only, at: *at, clients: *clients, entries: *entries, log: *long, kept: *kept,
			workers: *workers, rate: *rate, lasts: *lasts, flat: *level}
		section, run := "beside", func() error { return measure(ctx, o) }
		switch {
		case *working:
			section, run = fmt.Sprintf("mix %g", o.rate), func() error { return atWork(ctx, o) }
		case *long > 0:
			section, run = "log", func() error { return profiled(*profile, func() error { return longLog(ctx, o) }) }
		case o.watched:
			section = "watched"
		case o.clients > 0:
			section = "clients"
		}
		err = into(*page, section, run)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// profiled runs fn and keeps a profile of it where one is asked for.
func profiled(name string, fn func() error) error {
	if name == "" {
		return fn()
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	err = fn()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// childOf says which server a process is to be.
type childOf struct {
	kind, profile    string
	clients, entries int
	kept             string // the directory it is in, which stays; otherwise it is removed afterwards
}

// process is a server in a process of its own.
type process struct {
	ready
	in   io.Writer
	out  *bufio.Reader
	stop func()
}

// child starts a server in a process of its own.
func child(ctx context.Context, of childOf) (*process, error) {
	dir, err := of.kept, os.MkdirAll(of.kept, 0o700)
	if of.kept == "" {
		dir, err = os.MkdirTemp("", "caseward-load-")
	}
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-serve", of.kind, "-dir", dir, "-profile", of.profile, "-clients", strconv.Itoa(of.clients), "-entries", strconv.Itoa(of.entries))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{in: in, out: bufio.NewReaderSize(out, 1<<20), stop: func() {
		_ = in.Close()
		_ = cmd.Wait()
		if of.kept == "" {
			_ = os.RemoveAll(dir)
		}
	}}
	line, err := p.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &p.ready)
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("the %s server did not start: %w", of.kind, err)
	}
	p.PID = cmd.Process.Pid
	return p, nil
}

// job is a piece of work that is measured: what is sent to the bare handler, if it
// has the like, and to Caseward.
type job struct {
	name     string
	bare     func(ready) shot
	caseward func(ready) shot
}

// jobs are what is measured.
func jobs() []job {
	text := words(noteSize)
	get := func(path func(r ready, n int) string) func(ready) shot {
		return func(r ready) shot {
			return func(n int) (*http.Request, error) {
				req, err := http.NewRequest(http.MethodGet, r.URL+path(r, n), nil)
				if err != nil {
					return nil, err
				}
				req.Header.Set("Cookie", r.Cookie)
				return req, nil
			}
		}
	}
	fragment := func(make func(ready) shot) func(ready) shot {
		return func(r ready) shot {
			next := make(r)
			return func(n int) (*http.Request, error) {
				req, err := next(n)
				if err == nil {
					req.Header.Set("HX-Request", "true")
				}
				return req, err
			}
		}
	}
	post := func(path func(r ready) string, form func(r ready, n int) url.Values) func(ready) shot {
		return func(r ready) shot {
			return func(n int) (*http.Request, error) {
				req, err := http.NewRequest(http.MethodPost, r.URL+path(r), strings.NewReader(form(r, n).Encode()))
				if err != nil {
					return nil, err
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				req.Header.Set("Cookie", r.Cookie)
				req.Header.Set("Origin", r.URL)
				return req, nil
			}
		}
	}
	finder := func(make func(ready) shot) func(ready) shot {
		return func(r ready) shot {
			f := *r.Finder
			return make(f)
		}
	}
	look := func(typed func(n int) string) func(ready) shot {
		return finder(post(func(ready) string { return "/find" }, func(r ready, n int) url.Values {
			return url.Values{"csrf": {r.CSRF}, "q": {typed(n)}}
		}))
	}
	return []job{
		{"one note read", get(func(_ ready, n int) string { return "/?id=" + strconv.Itoa(n%rows+1) }),
			fragment(get(func(r ready, n int) string { return r.Notes[n%len(r.Notes)] }))},
		{"caseload of 40", nil, get(func(ready, int) string { return "/caseload" })},
		{"chart", nil, get(func(r ready, _ int) string { return r.Chart })},
		{"name looked for", nil, look(func(n int) string {
			given, family := madeUp(n % (caseload - 1))
			return given + " " + family
		})},
		{"name with a typo", nil, look(func(n int) string {
			given, family := madeUp(n % (caseload - 1))
			return given + " " + family[:2] + family[3:]
		})},
		// Last: it makes the chart longer.
		{"one note written", post(func(ready) string { return "/" }, func(ready, int) url.Values { return url.Values{"text": {text}} }),
			fragment(post(func(r ready) string { return r.Chart + "/notes" }, func(r ready, _ int) url.Values {
				return url.Values{"csrf": {r.CSRF}, "do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {text}}
			}))},
	}
}

// options say what is measured.
type options struct {
	short            bool
	watched          bool
	profile, only    string
	at               int
	clients, entries int
	log              int
	kept             string

	workers int
	rate    float64
	lasts   time.Duration
	flat    bool
}

func (o options) rounds() (int, time.Duration) {
	if o.short {
		return 1, time.Second
	}
	return 3, 5 * time.Second
}

// small is how many clients the agency has that a large one is compared with.
const small = 1000

func measure(ctx context.Context, o options) error {
	rounds, each := o.rounds()
	fmt.Printf("%d rounds of %s each, interleaved; %s, %d processors\n\n", rounds, each, runtime.Version(), runtime.NumCPU())
	if o.watched || o.clients > 0 {
		return compared(ctx, o)
	}
	return besideBare(ctx, o)
}

// besideBare measures Caseward in turn with the bare handler.
func besideBare(ctx context.Context, o options) error {
	rounds, each := o.rounds()
	server, err := child(ctx, childOf{kind: "caseward", profile: o.profile})
	if err != nil {
		return err
	}
	defer server.stop()
	cw := server.ready
	counts := []int{1, 8, 64}
	if o.at > 0 {
		counts = []int{o.at}
	}
	other, err := child(ctx, childOf{kind: "bare"})
	if err != nil {
		return err
	}
	defer other.stop()
	bare := other.ready
	fmt.Println("| work | connections | bare /s | Caseward /s | ratio | bare p50 | Caseward p50 | Caseward p99 | bare CPU | Caseward CPU | errors |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|")
	for _, j := range jobs() {
		if !strings.Contains(j.name, o.only) {
			continue
		}
		for _, conns := range counts {
			var bs, cs []result
			for range rounds {
				if j.bare != nil {
					bs = append(bs, drive(ctx, bare.PID, conns, each, j.bare(bare)))
				}
				cs = append(cs, drive(ctx, cw.PID, conns, each, j.caseward(cw)))
			}
			b, c := median(bs), median(cs)
			if j.bare == nil {
				fmt.Printf("| %s | %d | | %.0f | | | %s | %s | | %d µs | %d |\n", j.name, conns, c.perSecond, ms(c.p50), ms(c.p99), c.cpu.Microseconds(), c.errors)
			} else {
				fmt.Printf("| %s | %d | %.0f | %.0f | %.2f | %s | %s | %s | %d µs | %d µs | %d |\n", j.name, conns, b.perSecond, c.perSecond, c.perSecond/b.perSecond,
					ms(b.p50), ms(c.p50), ms(c.p99), b.cpu.Microseconds(), c.cpu.Microseconds(), b.errors+c.errors)
			}
			if err := failed(j.name, append(bs, cs...)); err != nil {
				return err
			}
		}
	}
	return nil
}

// compared measures a small agency in turn with a large one, or with one that
// measures itself.
func compared(ctx context.Context, o options) error {
	rounds, each := o.rounds()
	kind := "caseward"
	if o.watched {
		kind = "watched"
	}
	other, err := child(ctx, childOf{kind: kind, profile: o.profile, clients: o.clients, entries: o.entries, kept: o.kept})
	if err != nil {
		return err
	}
	defer other.stop()
	large := other.ready
	// After the large one, whose making outlasts a session.
	few := min(o.clients, small)
	first, err := child(ctx, childOf{kind: "caseward", clients: few, entries: min(o.entries, few)})
	if err != nil {
		return err
	}
	defer first.stop()
	one := first.ready
	n := int64(max(caseload, o.clients))
	fmt.Printf("%d clients, %d records, written at %.0f a second, and %d entries besides; %d MiB; opened in %s\n\n",
		n, n*(2+notesEach), large.Filled, o.entries, large.Bytes>>20, large.Opened.Round(time.Millisecond))
	if o.watched {
		fmt.Println("The second of two figures is with metrics.")
		fmt.Println()
	}
	fmt.Printf("| work | p50 of %d clients | of %d | times | p99 of %d | CPU | of %d | errors |\n", max(caseload, few), n, n, n)
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, j := range jobs() {
		if !strings.Contains(j.name, o.only) {
			continue
		}
		var ss, ls []result
		for range rounds {
			ss = append(ss, drive(ctx, one.PID, 1, each, j.caseward(one)))
			ls = append(ls, drive(ctx, large.PID, 1, each, j.caseward(large)))
		}
		s, l := median(ss), median(ls)
		fmt.Printf("| %s | %s | %s | %.2f | %s | %d µs | %d µs | %d |\n", j.name, ms(s.p50), ms(l.p50), float64(l.p50)/float64(s.p50), ms(l.p99),
			s.cpu.Microseconds(), l.cpu.Microseconds(), s.errors+l.errors)
		if err := failed(j.name, append(ss, ls...)); err != nil {
			return err
		}
	}
	return nil
}

// failed is the first error of some results.
func failed(name string, rs []result) error {
	for _, r := range rs {
		if r.firstErr != "" {
			return fmt.Errorf("%s: %s", name, r.firstErr)
		}
	}
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
