package clock

import (
	"context"
	"testing"
	"time"
)

func TestBackoffDoublesUpToItsMost(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		1: 5 * time.Second, 2: 10 * time.Second, 3: 20 * time.Second, 6: 160 * time.Second,
		7: 5 * time.Minute, 64: 5 * time.Minute, 1 << 20: 5 * time.Minute,
	} {
		if got := Backoff(failures, 5*time.Second, 5*time.Minute); got != want {
			t.Errorf("after %d failures: %v, want %v", failures, got, want)
		}
	}
	if got := Backoff(1, time.Hour, time.Minute); got != time.Minute {
		t.Errorf("a first wait above the most is %v", got)
	}
}

func TestTurnsFollowEachOtherUntilTheContextIsDone(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	turns := 0
	Turns(ctx, func(context.Context) time.Duration {
		if turns++; turns == 3 {
			stop()
			return time.Hour
		}
		return 0
	})
	if turns != 3 {
		t.Errorf("%d turns, want 3", turns)
	}
}
