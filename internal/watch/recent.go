package watch

import (
	"sync"
	"time"

	"caseward/internal/clock"
)

// Lately is how long [Recent] remembers.
const Lately = 15 * time.Minute

// Recent adds up the requests of the last minutes, for whoever looks at the server
// itself: it is there whether or not the settings have anybody watch. It is safe for
// concurrent use.
type Recent struct {
	clock clock.Clock

	mu      sync.Mutex
	minutes [int(Lately / time.Minute)]minute
}

// minute is what one minute had; number counts minutes since 1970.
type minute struct {
	number           int64
	answered, failed int64
	took             [11]int64 // by the buckets of seconds, and what took longer
}

// Summary is what the last minutes had.
type Summary struct {
	Answered, Failed int64         // Failed with a status of 500 or more
	Median, Slow     time.Duration // what half, and 95 of 100, took at most: the edge of a bucket
}

// NewRecent remembers nothing yet.
func NewRecent(c clock.Clock) *Recent { return &Recent{clock: c} }

// at is the place of the present minute.
func (r *Recent) at(now int64) *minute { return &r.minutes[now%int64(len(r.minutes))] }

func (r *Recent) now() int64 { return r.clock.Now().Unix() / 60 }

// Request counts a request that was answered with a status.
func (r *Recent) Request(status int, took time.Duration) {
	n := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.at(n)
	if m.number != n {
		*m = minute{number: n}
	}
	m.answered++
	if status >= 500 {
		m.failed++
	}
	i := 0
	for i < len(seconds) && took.Seconds() > seconds[i] {
		i++
	}
	m.took[i]++
}

// Sum is what the last minutes had, the present one included.
func (r *Recent) Sum() (out Summary) {
	n := r.now()
	var took [11]int64
	r.mu.Lock()
	for _, m := range r.minutes {
		if m.number > n-int64(len(r.minutes)) && m.number <= n {
			out.Answered, out.Failed = out.Answered+m.answered, out.Failed+m.failed
			for i, x := range m.took {
				took[i] += x
			}
		}
	}
	r.mu.Unlock()
	out.Median, out.Slow = within(took, out.Answered, 50), within(took, out.Answered, 95)
	return out
}

// within is what so many of 100 took at most; for what is beyond the last edge, a
// minute, which no request is given longer than twice.
func within(took [11]int64, all, percent int64) time.Duration {
	n := int64(0)
	for i, x := range took {
		if n += x; n > 0 && n*100 >= all*percent {
			if i == len(seconds) {
				return time.Minute
			}
			return time.Duration(seconds[i] * float64(time.Second))
		}
	}
	return 0
}
