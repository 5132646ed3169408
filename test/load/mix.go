package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"caseward/internal/clock"
)

// A day's work, in a thousand requests. Nobody has published how often each page of
// a case system is asked for; this is what the work of forty clients a worker makes
// likely: a worker opens the day's list, a chart, its notes, reads some, looks
// somebody up, writes, and what is written is kept every few seconds.
var mix = []task{
	{"one note read", 250, func(o *office, p *colleague) (*http.Request, error) {
		c := p.client(o)
		return p.get(c.Chart+"/notes/"+c.Notes[o.r(len(c.Notes))], true)
	}},
	{"chart", 180, func(o *office, p *colleague) (*http.Request, error) { return p.get(p.client(o).Chart, false) }},
	{"caseload", 120, func(o *office, p *colleague) (*http.Request, error) { return p.get("/caseload", false) }},
	{"today", 100, func(o *office, p *colleague) (*http.Request, error) { return p.get("/today", false) }},
	{"name looked for", 90, func(o *office, p *colleague) (*http.Request, error) {
		given, family := madeUp(o.r(o.clients))
		return p.post("/find", url.Values{"q": {given + " " + family}}, false)
	}},
	{"notes of a chart", 80, func(o *office, p *colleague) (*http.Request, error) { return p.get(p.client(o).Chart+"/notes", false) }},
	{"draft kept", 80, func(o *office, p *colleague) (*http.Request, error) {
		return p.post(p.client(o).Chart+"/notes/draft", url.Values{"type": {"phone"}, "minutes": {"15"}, "text": {words(noteSize)}}, false)
	}},
	{"note written", 60, func(o *office, p *colleague) (*http.Request, error) {
		return p.post(p.client(o).Chart+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {words(noteSize)}}, true)
	}},
	{"calendar", 20, func(o *office, p *colleague) (*http.Request, error) { return p.get("/calendar", false) }},
	{"document added, 200 KB", 10, func(o *office, p *colleague) (*http.Request, error) {
		return p.upload(p.client(o).Chart + "/documents")
	}},
	{"log, by an officer", 10, func(o *office, _ *colleague) (*http.Request, error) { return o.Officer.get("/log", false) }},
}

// written is the task each of which leaves one more note.
const written = "note written"

// task is one kind of request and how many of a thousand it makes.
type task struct {
	name string
	of   int
	make func(*office, *colleague) (*http.Request, error)
}

// office is an agency at work.
type office struct {
	Workers []colleague
	Officer colleague
	clients int

	mu   sync.Mutex
	rand *rand.Rand
}

// colleague is somebody signed in, with the charts of their clients.
type colleague struct {
	URL, Cookie, CSRF string
	Clients           []chart
}

// chart is a client as a path, and some notes of theirs.
type chart struct {
	Chart string
	Notes []string
}

func (o *office) r(n int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rand.IntN(n)
}

func (p *colleague) client(o *office) chart { return p.Clients[o.r(len(p.Clients))] }

func (p *colleague) send(method, path, media string, body io.Reader, fragment bool) (*http.Request, error) {
	req, err := http.NewRequest(method, p.URL+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Cookie", p.Cookie)
	if media != "" {
		req.Header.Set("Content-Type", media)
		req.Header.Set("Origin", p.URL)
	}
	if fragment {
		req.Header.Set("HX-Request", "true")
	}
	return req, nil
}

func (p *colleague) get(path string, fragment bool) (*http.Request, error) {
	return p.send(http.MethodGet, path, "", nil, fragment)
}

func (p *colleague) post(path string, form url.Values, fragment bool) (*http.Request, error) {
	form.Set("csrf", p.CSRF)
	return p.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), fragment)
}

func (p *colleague) upload(path string) (*http.Request, error) {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for _, f := range [][2]string{{"csrf", p.CSRF}, {"title", "A form"}, {"category", "letter"}, {"on", "2026-01-05"}} {
		if err := m.WriteField(f[0], f[1]); err != nil {
			return nil, err
		}
	}
	w, err := m.CreateFormFile("file", "form.pdf")
	if err == nil {
		_, err = io.WriteString(w, "%PDF-1.7\n"+words(200<<10))
	}
	if err := errors.Join(err, m.Close()); err != nil {
		return nil, err
	}
	return p.send(http.MethodPost, path, m.FormDataContentType(), &body, false)
}

// state is what a server says of itself when it is asked.
type state struct {
	Goroutines int
	Heap       uint64 // bytes in use
	Entries    int64  // in the log, those that wait to be sequenced included
	Notes      int64
}

// ask asks a server for its state: as it is, or once it gave back what it needs no more.
func (c *process) ask(how string) (s state, err error) {
	if _, err = io.WriteString(c.in, how+"\n"); err != nil {
		return s, err
	}
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(line, &s)
}

// held is what a process takes of the machine, as Linux counts it: bytes of memory
// and open files; 0 elsewhere.
func held(pid int) (memory int64, files int) {
	if b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status"); err == nil {
		if _, rest, ok := strings.Cut(string(b), "VmRSS:"); ok {
			if f := strings.Fields(rest); len(f) > 0 {
				kb, _ := strconv.ParseInt(f[0], 10, 64)
				memory = kb << 10
			}
		}
	}
	if d, err := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd"); err == nil {
		files = len(d)
	}
	return memory, files
}

// atRest is what a server holds when nobody asks it anything, and connections that
// wait for nothing are closed.
func atRest(c *process, client *http.Client) (sample, error) {
	client.CloseIdleConnections()
	last := -1
	for range 50 {
		<-time.After(200 * time.Millisecond)
		s, err := c.ask(resting)
		if err != nil {
			return sample{}, err
		}
		if s.Goroutines == last {
			m, f := held(c.PID)
			return sample{s, m, f}, nil
		}
		last = s.Goroutines
	}
	return sample{}, errors.New("the server does not come to rest")
}

// How a server is asked for its state.
const (
	asItIs  = "state"
	resting = "rest"
)

// sample is what was held at some moment of a run.
type sample struct {
	state
	memory int64
	files  int
}

// atWork runs an agency's day: requests come at a steady rate, each at a random
// moment and whether or not those before are answered, as people do. Latency counts
// from the moment a request was due.
func atWork(ctx context.Context, o options) error {
	c, err := child(ctx, childOf{kind: "office", profile: o.profile, clients: o.workers, kept: o.kept})
	if err != nil {
		return err
	}
	defer c.stop()
	off := &office{Workers: c.ready.Workers, Officer: *c.ready.Officer, clients: o.workers * caseload, rand: rand.New(rand.NewPCG(1, uint64(o.rate)))}
	idle, files := held(c.PID)
	fmt.Printf("%d workers with %d clients each, %d MiB; opened in %s, %d MiB of memory and %d files open at rest\n\n",
		len(off.Workers), caseload, c.ready.Bytes>>20, c.ready.Opened.Round(time.Millisecond), idle>>20, files)
	before, err := c.ask(asItIs)
	if err != nil {
		return err
	}
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 1000, MaxIdleConns: 1000},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	var wheel []task
	for _, t := range mix {
		for range t.of {
			wheel = append(wheel, t)
		}
	}
	clk := clock.System()
	var mu sync.Mutex
	took := map[string][]time.Duration{}
	failures := map[string]int{}
	asked := int64(0)
	first := ""
	var wg sync.WaitGroup
	var samples, rests []sample
	rest := func() error {
		wg.Wait()
		s, err := atRest(c, client)
		rests = append(rests, s)
		return err
	}
	used, began := processorTime(c.PID), clk.Now()
	due, looked := began, began
	for due.Sub(began) < o.lasts && ctx.Err() == nil {
		if due.Sub(looked) >= o.lasts/20 {
			looked = due
			s, err := c.ask(asItIs)
			if err != nil {
				return err
			}
			m, f := held(c.PID)
			samples = append(samples, sample{s, m, f})
		}
		if o.flat && len(rests) == 0 && due.Sub(began) >= o.lasts/4 {
			paused := clk.Now()
			if err := rest(); err != nil {
				return err
			}
			pause := clk.Now().Sub(paused)
			began, due, looked = began.Add(pause), due.Add(pause), looked.Add(pause)
		}
		t, p := wheel[off.r(len(wheel))], &off.Workers[off.r(len(off.Workers))]
		req, err := t.make(off, p)
		if err != nil {
			return err
		}
		due = due.Add(time.Duration(off.exp() / o.rate * float64(time.Second)))
		if wait := due.Sub(clk.Now()); wait > 0 {
			<-time.After(wait)
		}
		at := due
		wg.Go(func() {
			led, err := sent(ctx, client, req)
			d := clk.Now().Sub(at)
			mu.Lock()
			defer mu.Unlock()
			if err == nil && t.name == written && led == "" {
				// Somebody else types there too, and the worker is asked to look.
				asked++
			}
			if err != nil {
				failures[t.name]++
				if first == "" {
					first = err.Error()
				}
				return
			}
			took[t.name] = append(took[t.name], d)
		})
	}
	wg.Wait()
	ran := clk.Now().Sub(began)
	cpu := processorTime(c.PID) - used
	if o.flat {
		if err := rest(); err != nil {
			return err
		}
	}
	after, err := c.ask(asItIs)
	if err != nil {
		return err
	}
	return reported(o, ran, cpu, took, failures, first, samples, rests, before, after, asked)
}

// exp is a random length of mean 1 between two that come independently.
func (o *office) exp() float64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rand.ExpFloat64()
}

// reported prints what a run came to, and is an error if anything was lost.
func reported(o options, ran, cpu time.Duration, took map[string][]time.Duration, failures map[string]int, first string, samples, rests []sample, before, after state, asked int64) error {
	fmt.Println("| work | requests | p50 | p99 | longest | errors |")
	fmt.Println("|---|---|---|---|---|---|")
	var all []time.Duration
	failed := 0
	row := func(name string, ds []time.Duration, errs int) {
		slices.Sort(ds)
		if len(ds) == 0 {
			fmt.Printf("| %s | 0 | | | | %d |\n", name, errs)
			return
		}
		fmt.Printf("| %s | %d | %s | %s | %s | %d |\n", name, len(ds), ms(ds[len(ds)/2]), ms(ds[len(ds)*99/100]), ms(ds[len(ds)-1]), errs)
	}
	for _, t := range mix {
		row(t.name, took[t.name], failures[t.name])
		all = append(all, took[t.name]...)
		failed += failures[t.name]
	}
	row("all", all, failed)
	n := max(1, len(all)+failed)
	fmt.Printf("\n%.0f requests a second were sent for %s, %d µs of processor time each.\n", float64(len(all)+failed)/ran.Seconds(), ran.Round(time.Second), cpu.Microseconds()/int64(n))
	if len(samples) > 0 {
		var most int64
		for _, s := range samples {
			most = max(most, s.memory)
		}
		fmt.Printf("Memory %d MiB at most.", most>>20)
		if len(rests) == 2 {
			warm, last := rests[0], rests[1]
			fmt.Printf(" At rest after a quarter of the run %d MiB, %d MiB of heap, %d goroutines, %d files; at its end %d MiB, %d MiB, %d, %d.",
				warm.memory>>20, warm.Heap>>20, warm.Goroutines, warm.files, last.memory>>20, last.Heap>>20, last.Goroutines, last.files)
		}
		fmt.Println()
	}
	saved := int64(len(took[written])) - asked
	entries, notes := after.Entries-before.Entries, after.Notes-before.Notes
	fmt.Printf("%d requests were answered; the log has %d entries more, and %d of %d notes saved are there; %d were not saved, because somebody else was writing too.\n", len(all), entries, notes, saved, asked)
	switch {
	case first != "":
		return errors.New(first)
	case entries < int64(len(all)):
		return errors.New("requests were answered that the log does not have")
	case notes < saved:
		return errors.New("notes were acknowledged that are not there")
	case o.flat:
		return flat(rests)
	}
	return nil
}

// flat is an error if a server holds more at rest at the end of a run than it did once
// it was warm.
func flat(rests []sample) error {
	if len(rests) != 2 {
		return errors.New("the run was too short to say whether memory stays flat")
	}
	for _, x := range []struct {
		name  string
		of    func(sample) int64
		slack int64
	}{
		{"bytes of heap", func(s sample) int64 { return int64(s.Heap) }, 16 << 20},
		{"bytes of memory", func(s sample) int64 { return s.memory }, 32 << 20},
		{"goroutines", func(s sample) int64 { return int64(s.Goroutines) }, 8},
		{"open files", func(s sample) int64 { return int64(s.files) }, 8},
	} {
		if a, b := x.of(rests[0]), x.of(rests[1]); b > a+a/10+x.slack {
			return fmt.Errorf("%s grew from %d to %d", x.name, a, b)
		}
	}
	return nil
}
