package job

import (
	"context"
	"log/slog"
	"time"
)

// Every runs fn now and then every so often until ctx is done. What fails is
// logged by name and tried again at the next turn.
func Every(ctx context.Context, period time.Duration, name string, errs *slog.Logger, fn func(ctx context.Context) error) {
	t := time.NewTicker(period)
	defer t.Stop()
	for {
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			errs.Error("a job failed and is tried again later", "job", name, "error", err)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}
