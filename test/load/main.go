package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
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
	watched := flag.Bool("watched", false, "compare Caseward with metrics with Caseward without them, instead of the bare handler")
	serve := flag.String("serve", "", "for the tool's own use: the server to be, bare, caseward or watched")
	dir := flag.String("dir", "", "for the tool's own use: the server's directory")
	profile := flag.String("profile", "", "`file` for a processor profile of the Caseward server")
	flag.Parse()
	ctx := context.Background()
	var err error
	switch *serve {
	case "bare":
		err = serveBare(ctx, *dir)
	case "caseward":
		err = profiled(*profile, func() error { return serveCaseward(ctx, *dir, "", *clients) })
	case "watched":
		err = profiled(*profile, func() error { return serveCaseward(ctx, *dir, "127.0.0.1:0", *clients) })
	default:
		err = measure(ctx, options{*short, *watched, *profile, *only, *at, *clients})
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

// child starts a server in a process of its own.
func child(ctx context.Context, kind, profile string, clients int) (ready, func(), error) {
	dir, err := os.MkdirTemp("", "caseward-load-")
	if err != nil {
		return ready{}, nil, err
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-serve", kind, "-dir", dir, "-profile", profile, "-clients", strconv.Itoa(clients))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return ready{}, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return ready{}, nil, err
	}
	if err := cmd.Start(); err != nil {
		return ready{}, nil, err
	}
	stop := func() {
		_ = in.Close()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	line, err := bufio.NewReaderSize(out, 1<<20).ReadBytes('\n')
	var r ready
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err != nil {
		stop()
		return ready{}, nil, fmt.Errorf("the %s server did not start: %w", kind, err)
	}
	r.PID = cmd.Process.Pid
	return r, stop, nil
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
	short         bool
	watched       bool
	profile, only string
	at            int
	clients       int
}

func (o options) rounds() (int, time.Duration) {
	if o.short {
		return 1, time.Second
	}
	return 3, 5 * time.Second
}

func measure(ctx context.Context, o options) error {
	rounds, each := o.rounds()
	fmt.Printf("%d rounds of %s each, interleaved; %s, %d processors\n\n", rounds, each, runtime.Version(), runtime.NumCPU())
	profile := o.profile
	if o.watched || o.clients > 0 {
		profile = "" // it is of the other one
	}
	cw, stop, err := child(ctx, "caseward", profile, 0)
	if err != nil {
		return err
	}
	defer stop()
	if o.watched || o.clients > 0 {
		return compared(ctx, o, cw)
	}
	return besideBare(ctx, o, cw)
}

// besideBare measures Caseward in turn with the bare handler.
func besideBare(ctx context.Context, o options, cw ready) error {
	rounds, each := o.rounds()
	counts := []int{1, 8, 64}
	if o.at > 0 {
		counts = []int{o.at}
	}
	bare, stop, err := child(ctx, "bare", "", 0)
	if err != nil {
		return err
	}
	defer stop()
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
func compared(ctx context.Context, o options, small ready) error {
	rounds, each := o.rounds()
	kind := "caseward"
	if o.watched {
		kind = "watched"
	}
	large, stop, err := child(ctx, kind, o.profile, o.clients)
	if err != nil {
		return err
	}
	defer stop()
	n := int64(max(caseload, o.clients))
	fmt.Printf("%d clients, %d records, written at %.0f a second; %d MiB, %d bytes a client with its records and entries\n\n",
		n, n*(2+notesEach), large.Filled, large.Bytes>>20, large.Bytes/n)
	if o.watched {
		fmt.Println("The second of two figures is with metrics.")
		fmt.Println()
	}
	fmt.Printf("| work | p50 of %d clients | of %d | times | p99 of %d | CPU | of %d | errors |\n", caseload, n, n, n)
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, j := range jobs() {
		if !strings.Contains(j.name, o.only) {
			continue
		}
		var ss, ls []result
		for range rounds {
			ss = append(ss, drive(ctx, small.PID, 1, each, j.caseward(small)))
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
