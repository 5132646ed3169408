package vendors

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// What may be asked for by links. Whoever answers a questionnaire asks for a page every few
// seconds at most; whoever mistypes a link does so a few times. Beyond it the answer is
// "wait": for one link whatever it is, and for one network only where the link leads
// nowhere, so that somebody who guesses keeps out nobody who has a link, and nobody who
// signs in.
const (
	perLink     = 60
	perLinkIn   = time.Minute
	perGuesser  = 20
	perGuessIn  = 10 * time.Minute
	mostCounted = 10_000
)

// counter counts what was asked for, by whatever it is counted by. It is of this process
// and forgets with it.
type counter struct {
	most int
	in   time.Duration

	mu sync.Mutex
	by map[string]counted
}

type counted struct {
	n     int
	until time.Time
}

// wait counts one more and says how long whoever asks has to wait; 0 if not at all.
func (c *counter) wait(key string, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.by[key]
	if !now.Before(x.until) {
		x = counted{until: now.Add(c.in)}
	}
	if len(c.by) >= mostCounted {
		for k, v := range c.by {
			if !now.Before(v.until) {
				delete(c.by, k)
			}
		}
		if len(c.by) >= mostCounted { // as many as nobody but an attacker asks by
			clear(c.by)
		}
	}
	if c.by == nil {
		c.by = map[string]counted{}
	}
	x.n++
	c.by[key] = x
	if x.n > c.most {
		return x.until.Sub(now)
	}
	return 0
}

// network is the part of an address that one visitor can hardly change.
func network(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return ""
	}
	ip = ip.Unmap().WithZone("")
	bits := 24
	if ip.Is6() {
		bits = 56
	}
	p, err := ip.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.String()
}

// limited is a handler of pages by link that are not asked for without end.
func (p *Pages) limited(do site.Handler) site.Handler {
	return func(r *site.Request) (site.Answer, error) {
		link := r.PathValue("link")
		if len(link) > 64 {
			link = link[:64] // longer than any
		}
		if d := p.links.wait(link, r.Now); d > 0 {
			return slow(r, d), nil
		}
		a, err := do(r)
		if err == nil && a.Code() == http.StatusNotFound {
			if d := p.guesses.wait(network(r.Visitor.Addr), r.Now); d > 0 {
				return slow(r, d), nil
			}
		}
		return a, err
	}
}

// slow is the answer to who has to wait.
func slow(r *site.Request, d time.Duration) site.Answer {
	in := ui.Minutes(r.Lang, int((d+time.Minute-1)/time.Minute))
	return site.Page(func(f ui.Frame) templ.Component { return pages.OutsideSlow(f, in) }).Status(http.StatusTooManyRequests).After(d)
}
