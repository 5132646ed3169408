package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// enough is how much of the Go runtime's memory a server takes before garbage is collected more
// often than it is for speed: with the database's own caches and the program itself that is less
// than 300 MB.
const enough = 176 << 20

// boundMemory sets how much memory is enough by what is in use: twice that, so that a server with
// more to remember collects no more than every doubling. GOMEMLIMIT in the environment says
// otherwise where it is set.
func (a *App) boundMemory(context.Context) error {
	if os.Getenv("GOMEMLIMIT") != "" {
		return nil
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetMemoryLimit(max(enough, 2*int64(live[0].Value.Uint64())))
	return nil
}
