package fault

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3/vfs"

	"caseward/internal/app"
	"caseward/internal/audit/verify"
	"caseward/internal/db"
)

// within is a server of an app that is open in this process.
func (g *agency) within(a *app.App) (*server, func()) {
	g.Helper()
	ts := httptest.NewServer(a.Handler())
	origin, _ := a.Config.Site()
	s := &server{g: g, origin: origin, out: &said{}}
	s.http = &http.Client{
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 64,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, ts.Listener.Addr().String())
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}
	return s, func() {
		s.http.CloseIdleConnections()
		ts.Close()
	}
}

// power is a server's life, recorded, and what people were told in it.
type power struct {
	*load
	history *history

	mu      sync.Mutex
	acks    []*request          // by the number in the history
	signed  map[int]verify.Kept // checkpoints that left, by that number
	numbers int
}

func (p *power) told(r *request, signed []byte) {
	p.mu.Lock()
	n := p.numbers
	p.numbers++
	p.acks = append(p.acks, r)
	if signed != nil {
		p.signed[n] = verify.Kept{Name: "kept", Text: signed}
	}
	p.mu.Unlock()
	p.history.told(n)
}

// lived records the life of an agency: the program is started and stopped three
// times, people write and read, the journal is moved into the database file as it
// grows, now and then all of it, and checkpoints leave.
func lived(t *testing.T) *power {
	t.Helper()
	g := found(t)
	p := &power{history: newHistory(g.data), signed: map[int]verify.Kept{}}
	g.open(app.Options{}, func(a *app.App) { p.load = newLoad(g, a, "power", 150) })
	p.load.broken = func(r *request, a answer, err error) bool {
		g.Errorf("%s: answered %d, %v: %.200s", r.token, a.code, err, a.body)
		return false
	}
	before := vfs.Find(db.VFSName)
	vfs.Register(db.VFSName, db.DurableNames(recorded{vfs.Find("os"), p.history}, p.history.syncDir))
	defer vfs.Register(db.VFSName, before)
	g.must(p.history.record())
	for life := range 3 {
		g.open(app.Options{}, func(a *app.App) {
			a.Start(ctx)
			s, stop := g.within(a)
			defer stop()
			until := p.load.next.Load() + 50
			due, over := make(chan struct{}, 1), make(chan struct{})
			p.load.answered = func(r *request) {
				p.told(r, nil)
				if p.load.acks.Load()%20 == 0 {
					select {
					case due <- struct{}{}:
					default:
					}
				}
			}
			go func() {
				defer close(over)
				for range due { // others work meanwhile
					if _, err := a.Log.Sequence(ctx); err != nil {
						t.Error(err)
					}
					c, err := a.Log.Checkpoint(ctx)
					if err != nil {
						t.Error(err)
					}
					p.told(nil, c)
					_ = a.DB.Scrub(ctx) // not while somebody reads
				}
			}()
			var wg sync.WaitGroup
			for c := range 6 {
				wg.Go(func() {
					p.load.work(life*6+c, func() *server {
						if p.load.next.Load() >= until {
							return nil
						}
						return s
					})
				})
			}
			wg.Wait()
			close(due)
			<-over
		})
	}
	return p
}

// lost opens what a disk left and says what is wrong with it: everything that was
// told by then must be there.
func (p *power) lost(disk *platter, l loss, rng *mathrand.Rand) (wrong []string, found left) {
	t := p.load.g.T
	dir, err := os.MkdirTemp(t.TempDir(), "cut-")
	p.load.g.must(err)
	defer os.RemoveAll(dir)
	p.load.g.must(disk.cut(dir, l, rng))

	o := verify.Options{}
	acked := map[*request]bool{}
	for _, n := range disk.told {
		if r := p.acks[n]; r != nil {
			acked[r] = true
		}
		if k, ok := p.signed[n]; ok {
			o.Kept = []verify.Kept{k}
		}
	}
	fail := func(what string, err error) ([]string, left) {
		return append(wrong, fmt.Sprintf("%s: %v", what, err)), found
	}
	check := func(when string) {
		if report, err := verify.Database(ctx, "", dir, o); err != nil || !report.OK {
			wrong = append(wrong, fmt.Sprintf("the log does not verify %s: %v\n%s", when, err, report))
		}
	}
	check("as the cut left it")
	if err := whole(dir); err != nil {
		return fail("the file is damaged", err)
	}
	a, err := app.Open(ctx, dir, []byte(passphrase), app.Options{})
	if err != nil {
		return fail("the program does not open it", err)
	}
	then := &load{g: p.load.g, client: p.load.client, prefix: p.load.prefix}
	as := func(r *request) *request {
		c := *r
		c.left, c.acked = acked[r], acked[r]
		return &c
	}
	for _, r := range p.load.reads {
		then.reads = append(then.reads, as(r))
	}
	for _, r := range p.load.writes {
		then.writes = append(then.writes, as(r))
	}
	found, err = then.check(a)
	if err != nil {
		wrong = append(wrong, fmt.Sprintf("what is there cannot be read: %v", err))
	}
	wrong = append(wrong, found.wrong...)
	if err := a.Close(); err != nil {
		wrong = append(wrong, fmt.Sprintf("it does not close: %v", err))
	}
	check("after the start")
	return wrong, found
}

// points draws moments of the history, in order. Some are the very next thing after
// somebody was told, where there is most to lose.
func (p *power) points(n int, rng *mathrand.Rand) []int {
	var after []int
	for i, e := range p.history.events {
		if e.kind == told {
			after = append(after, i+1)
		}
	}
	out := make([]int, n)
	for i := range out {
		if i%4 == 0 {
			out[i] = after[rng.IntN(len(after))]
		} else {
			out[i] = rng.IntN(len(p.history.events) + 1)
		}
	}
	slices.Sort(out)
	return out
}

func TestPower(t *testing.T) {
	seed := mathrand.Uint64()
	if s := os.Getenv("CASEWARD_FAULT_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("CASEWARD_FAULT_SEED is not a number: %q", s)
		}
	}
	n := asked(t, "CASEWARD_FAULT_POINTS", 60)
	rng := mathrand.New(mathrand.NewPCG(seed, 1))
	p := lived(t)
	count := map[kind]int{}
	for _, e := range p.history.events {
		count[e.kind]++
	}
	if count[removed] == 0 || count[made] == 0 || count[resized] == 0 {
		t.Errorf("the history has too little in it: %v", count)
	}
	t.Run("whenever the power fails, what was acknowledged is there and what was shown is in the log", func(t *testing.T) {
		p.load.g.T = t
		disk, at := p.history.platter(), 0
		acked, missing := 0, 0
		for i, point := range p.points(n, rng) {
			for ; at < point; at++ {
				disk.play(p.history.events[at])
			}
			l := some
			if i%8 == 6 {
				l = all
			} else if i%8 == 7 {
				l = none
			}
			cut := rng.Uint64()
			wrong, found := p.lost(disk, l, mathrand.New(mathrand.NewPCG(cut, 2)))
			for _, w := range wrong {
				t.Errorf("after event %d of %d (seed %d, cut %d, loss %d): %s", point, len(p.history.events), seed, cut, l, w)
			}
			acked += len(disk.told)
			missing += found.missing
		}
		t.Logf("power failed at %d points of %d writes and %d syncs; %d answers stood by then, counted at each; %d entries are missing", n, count[wrote], count[synced], acked, missing)
	})
	t.Run("nothing is written to a file before its name is safe", func(t *testing.T) {
		named := map[*inode]bool{}
		for _, i := range p.history.initial {
			named[i] = true
		}
		var making []*inode
		for i, e := range p.history.events {
			switch e.kind {
			case made:
				making = append(making, e.file)
			case namesSynced:
				for _, f := range making {
					named[f] = true
				}
				making = nil
			case wrote:
				if !named[e.file] {
					t.Fatalf("event %d is a write to a file that a power cut could take", i)
				}
			}
		}
	})
	// What would be missed if this test could not find anything.
	t.Run("a disk that says it syncs and does not is found out", func(t *testing.T) {
		p.load.g.T = t
		disk := p.history.platter(synced)
		for _, e := range p.history.events {
			disk.play(e)
		}
		if wrong, found := p.lost(disk, all, rng); len(wrong) == 0 || found.missing == 0 && len(found.wrong) == 0 {
			t.Errorf("it was not: %q", wrong)
		}
	})
	t.Run("a disk that forgets names is found out", func(t *testing.T) {
		p.load.g.T = t
		var answers []int
		for i, e := range p.history.events {
			if e.kind == told {
				answers = append(answers, i+1)
			}
		}
		// Right after a checkpoint all is in the file whose name was there before, and
		// nothing would be missed: so at ten moments, not at one.
		for n := 1; n <= 10; n++ {
			disk := p.history.platter(namesSynced)
			for _, e := range p.history.events[:answers[len(answers)*n/10-1]] {
				disk.play(e)
			}
			if wrong, _ := p.lost(disk, all, rng); len(wrong) > 0 {
				return
			}
		}
		t.Error("it was not")
	})
}
