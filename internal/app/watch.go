package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/doctor"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/job"
	"caseward/internal/otlp"
	"caseward/internal/watch"
	"caseward/internal/web/site"
)

// watched joins the instruments to what they measure, if the settings want any.
// Each package is given a function to tell and knows nothing of instruments.
func (a *App) watched() (err error) {
	to, sent, err := a.Config.MetricsTo()
	if err != nil || a.Config.Metrics == "" && !sent {
		return err
	}
	if sent {
		c, err := tlsOf("otlp.metrics", to)
		if err != nil {
			return err
		}
		a.collector = otlp.New(to.URL, c, token(to.Token))
	}
	// One for each that can fail by itself.
	if a.watch, err = watch.New(clock.System(), a.askProcess, a.askDatabase, a.askLog, a.askPlaces, a.askForwards, a.askSessions, a.askDisk, a.askSize); err != nil {
		return err
	}
	a.DB.Watch(a.watch.Commit)
	a.Log.Watch(func(action string, o audit.Outcome, n int64) {
		a.watch.Count(watch.LogEntries, float64(n))
		a.watch.Count(watch.Decisions, float64(n), "action", action, "outcome", outcome(o))
		if step, ok := strings.CutPrefix(action, "signin."); ok {
			a.watch.Count(watch.SignIns, float64(n), "step", step, "outcome", outcome(o))
		}
	})
	for _, result := range document.Looks() {
		a.watch.Count(watch.Uploads, 0, "result", result)
	}
	a.certificateEnds = certificateEnd(a.Config.TLSCert, a.Config.TLSKey)
	return nil
}

func outcome(o audit.Outcome) string {
	switch o {
	case audit.Allowed:
		return "allowed"
	case audit.Refused:
		return "refused"
	}
	return "failed"
}

// looked is told how a look at an upload came out; nil if nobody watches.
func (a *App) looked() func(string) {
	if a.watch == nil {
		return nil
	}
	return func(result string) { a.watch.Count(watch.Uploads, 1, "result", result) }
}

// seen is told of each request.
func (a *App) seen(s site.Seen) {
	if s.Pattern != site.Assets {
		a.recent.Request(s.Status, s.Took)
	}
	if a.watch != nil {
		a.watch.Request(s.Pattern, s.Method, s.Status, s.Took)
	}
}

// every runs a job now and then, and counts its runs where somebody watches.
func (a *App) every(ctx context.Context, period time.Duration, name string, fn func(context.Context) error) {
	run := fn
	if a.watch != nil {
		a.watch.Job(name)
		run = func(ctx context.Context) error {
			err := fn(ctx)
			if err == nil || ctx.Err() == nil {
				a.watch.Ran(name, err)
			}
			return err
		}
	}
	a.jobs.Go(func() { job.Every(ctx, period, name, a.Errors, run) })
}

// sendMetrics sends every value to the collector of the settings. What it does not
// take now is in the next sending, since counters count on.
func (a *App) sendMetrics(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	scopes, err := a.watch.Collect(ctx)
	if err != nil {
		return err
	}
	refused, err := a.collector.Post(ctx, otlp.Metrics{Resources: []otlp.ResourceMetrics{{
		Resource: a.sender(), Scopes: scopes,
	}}})
	if err == nil && refused > 0 {
		err = fault.Unavailablef("app.metrics", nil, "the collector will not have %d values", refused)
	}
	return err
}

// sender says who sends to a collector.
func (a *App) sender() otlp.Resource {
	_, host := a.Config.Site()
	machine, _ := os.Hostname() // tells servers of one agency apart
	return otlp.Resource{Attributes: []otlp.KeyValue{
		otlp.String("service.name", "caseward"), otlp.String("service.namespace", host), otlp.String("service.instance.id", machine+" "+a.Config.Address()), otlp.String("service.version", version()),
	}}
}

// Metrics answers Prometheus; nil if the settings do not want it. It has no
// session and no door: it belongs on a listener of its own that strangers cannot
// reach.
func (a *App) Metrics() http.Handler {
	if a.watch == nil {
		return nil
	}
	return a.watch.Handler()
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// version is that of the program.
func version() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}

func (a *App) askProcess(ctx context.Context, put watch.Put) error {
	put(watch.Started, watch.Stamp(a.started))
	put(watch.Build, 1, "version", version(), "go", runtime.Version(), "database", string(a.DB.Dialect()))
	put(watch.Ready, flag(a.Ready(ctx) == nil))
	ends := a.certificateEnds
	if a.acme != nil {
		var err error
		if ends, err = a.acme.Ends(ctx); err != nil {
			return err
		}
	}
	if !ends.IsZero() {
		put(watch.Certificate, watch.Stamp(ends))
	}
	values := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(values)
	put(watch.Memory, float64(values[0].Value.Uint64()), "use", "heap")
	put(watch.Memory, float64(values[1].Value.Uint64()), "use", "total")
	put(watch.Goroutines, float64(values[2].Value.Uint64()))
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		put(watch.OpenFiles, float64(len(files)))
	}
	return nil
}

func (a *App) askDatabase(_ context.Context, put watch.Put) error {
	l := a.DB.Load()
	put(watch.Failing, flag(l.Failing))
	put(watch.WaitingWrites, float64(l.Writes))
	put(watch.WaitingReaders, float64(l.Readers))
	put(watch.ReaderWaits, float64(l.Waited))
	return nil
}

func (a *App) askSize(ctx context.Context, put watch.Put) error {
	data, journal, err := a.DB.Size(ctx)
	if err != nil {
		return err
	}
	put(watch.Size, float64(data), "part", "data")
	put(watch.Size, float64(journal), "part", "journal")
	return nil
}

func (a *App) askDisk(_ context.Context, put watch.Put) error {
	free, err := doctor.Free(a.Dir)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	put(watch.DiskFree, float64(free))
	return nil
}

func (a *App) askLog(ctx context.Context, put watch.Put) error {
	h, err := a.Log.Head(ctx)
	if err != nil {
		return err
	}
	put(watch.LogTree, float64(h.Size))
	put(watch.LogWaiting, float64(h.Unsequenced+h.Size-max(h.SignedSize, 0)))
	waits := 0.0
	if !h.Waiting.IsZero() {
		waits = max(0, a.Clock.Now().Sub(h.Waiting).Seconds())
	}
	put(watch.LogWaitingFor, waits)
	put(watch.LogSigned, watch.Stamp(h.SignedAt))
	put(watch.LogFailing, flag(h.Err != nil))
	return nil
}

func (a *App) askPlaces(ctx context.Context, put watch.Put) error {
	sent, err := a.anchor.Sent(ctx)
	if err != nil {
		return err
	}
	for _, s := range sent {
		// Its kind and number: a place's name may hold an address.
		place := s.Kind + " " + strconv.Itoa(s.Number)
		put(watch.Sent, watch.Stamp(s.At), "place", place)
		put(watch.SentBehind, float64(s.Behind), "place", place)
		put(watch.SentFailures, float64(s.Failures), "place", place)
	}
	return nil
}

func (a *App) askForwards(ctx context.Context, put watch.Put) error {
	all, err := a.forward.Forwarded(ctx)
	if err != nil {
		return err
	}
	for _, f := range all {
		place := f.Kind + " " + strconv.Itoa(f.Number)
		put(watch.ForwardBehind, float64(f.Behind), "place", place)
		waits := 0.0
		if !f.Oldest.IsZero() {
			waits = max(0, a.Clock.Now().Sub(f.Oldest).Seconds())
		}
		put(watch.ForwardWaits, waits, "place", place)
		put(watch.ForwardFailures, float64(f.Failures), "place", place)
	}
	return nil
}

func (a *App) askSessions(ctx context.Context, put watch.Put) error {
	n, err := a.Authn.Open(ctx)
	if err != nil {
		return err
	}
	put(watch.Sessions, float64(n))
	return nil
}

// certificateEnd is when the certificate ends that is served from the start on: a
// new file does nothing until the server starts again. Zero if there is none.
func certificateEnd(cert, key string) time.Time {
	if cert == "" {
		return time.Time{}
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return time.Time{} // the listener says so
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		return time.Time{}
	}
	return leaf.NotAfter
}
