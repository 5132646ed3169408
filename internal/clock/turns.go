package clock

import (
	"context"
	"time"
)

// Turns calls turn at once and again after the time it returns, until ctx is done.
func Turns(ctx context.Context, turn func(ctx context.Context) time.Duration) {
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		t.Reset(turn(ctx))
	}
}

// Backoff is how long to wait after some failures in a row: first, doubled with each
// further one, and never more than most.
func Backoff(failures int, first, most time.Duration) time.Duration {
	wait := first
	for range failures - 1 {
		if wait *= 2; wait >= most {
			return most
		}
	}
	return min(wait, most)
}
