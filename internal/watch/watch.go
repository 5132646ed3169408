package watch

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"caseward/internal/clock"
)

// Put gives the value that a metric has now, with names and values of labels in
// turn. A metric that is not given has none.
type Put func(name string, value float64, labels ...string)

// Watch holds the instruments of one server. It is safe for concurrent use.
type Watch struct {
	clock  clock.Clock
	reader *sdk.ManualReader

	requests, commitTime, commitRequests metric.Float64Histogram
	counters                             map[string]metric.Float64Counter
	jobSuccess                           metric.Float64Gauge
	answers                              sync.Map // of answer: the labels of a request, made once

	mu   sync.Mutex // one look at a time
	asks []func(ctx context.Context, put Put) error
}

type answer struct {
	pattern, method string
	class           int
}

// New makes the instruments. Each ask is called when somebody looks, for what is
// not counted as it happens; what it cannot have it leaves out and returns an
// error.
func New(c clock.Clock, asks ...func(ctx context.Context, put Put) error) (*Watch, error) {
	w := &Watch{clock: c, reader: sdk.NewManualReader(), counters: map[string]metric.Float64Counter{}, asks: asks}
	m := sdk.NewMeterProvider(sdk.WithReader(w.reader), sdk.WithExemplarFilter(exemplar.AlwaysOffFilter)).Meter("caseward")
	asked := map[string]metric.Float64Observable{}
	var all []metric.Observable
	for _, x := range Metrics() {
		var err error
		switch {
		case x.Kind == Histogram:
			var h metric.Float64Histogram
			h, err = m.Float64Histogram(x.Name, metric.WithUnit(x.Unit), metric.WithDescription(x.Means), metric.WithExplicitBucketBoundaries(x.edges...))
			switch x.Name {
			case Requests:
				w.requests = h
			case CommitTime:
				w.commitTime = h
			case CommitRequests:
				w.commitRequests = h
			}
		case x.Name == ReaderWaits:
			asked[x.Name], err = m.Float64ObservableCounter(x.Name, metric.WithUnit(x.Unit), metric.WithDescription(x.Means))
			all = append(all, asked[x.Name])
		case x.Kind == Counter:
			w.counters[x.Name], err = m.Float64Counter(x.Name, metric.WithUnit(x.Unit), metric.WithDescription(x.Means))
		case x.Name == JobSuccess:
			w.jobSuccess, err = m.Float64Gauge(x.Name, metric.WithUnit(x.Unit), metric.WithDescription(x.Means))
		default:
			asked[x.Name], err = m.Float64ObservableGauge(x.Name, metric.WithUnit(x.Unit), metric.WithDescription(x.Means))
			all = append(all, asked[x.Name])
		}
		if err != nil {
			return nil, err
		}
	}
	_, err := m.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		for _, ask := range w.asks {
			if err := ask(ctx, func(name string, value float64, labels ...string) {
				o.ObserveFloat64(asked[name], value, with(labels))
			}); err != nil {
				w.Count(Unknown, 1)
			}
		}
		return nil
	}, all...)
	for _, name := range []string{LogEntries, CommitFailures, Unknown} {
		w.Count(name, 0)
	}
	return w, err
}

func with(labels []string) metric.MeasurementOption {
	kv := make([]attribute.KeyValue, 0, len(labels)/2)
	for i := 0; i+1 < len(labels); i += 2 {
		kv = append(kv, attribute.String(labels[i], labels[i+1]))
	}
	return metric.WithAttributeSet(attribute.NewSet(kv...))
}

// Request counts a request that was answered. pattern is the route's, as
// "GET /clients/{id}", and never the path that was asked for.
func (w *Watch) Request(pattern, method string, status int, took time.Duration) {
	k := answer{pattern, method, status / 100}
	labels, ok := w.answers.Load(k)
	if !ok {
		_, route, _ := strings.Cut(pattern, " ")
		if route == "" {
			route = pattern
		}
		labels, _ = w.answers.LoadOrStore(k, with([]string{"route", route, "method", method, "class", string('0'+rune(k.class)) + "xx"}))
	}
	w.requests.Record(context.Background(), took.Seconds(), labels.(metric.MeasurementOption))
}

// Commit begins to measure the commit of a group of requests; what it returns ends
// that.
func (w *Watch) Commit(requests int) func(failed bool) {
	began := w.clock.Now()
	return func(failed bool) {
		ctx := context.Background()
		w.commitTime.Record(ctx, w.clock.Now().Sub(began).Seconds())
		w.commitRequests.Record(ctx, float64(requests))
		if failed {
			w.Count(CommitFailures, 1)
		}
	}
}

// Count adds n to a counter, with names and values of labels in turn.
func (w *Watch) Count(name string, n float64, labels ...string) {
	w.counters[name].Add(context.Background(), n, with(labels))
}

// The outcomes of a job.
const (
	Done   = "done"
	Failed = "failed"
)

// Job names a job before it first runs, so that one that never does is seen. Its
// label is "name", since Prometheus has a label "job" of its own.
func (w *Watch) Job(name string) {
	w.Count(JobRuns, 0, "name", name, "outcome", Done)
	w.Count(JobRuns, 0, "name", name, "outcome", Failed)
	w.jobSuccess.Record(context.Background(), 0, with([]string{"name", name}))
}

// Ran counts a run of a job.
func (w *Watch) Ran(name string, err error) {
	if err != nil {
		w.Count(JobRuns, 1, "name", name, "outcome", Failed)
		return
	}
	w.Count(JobRuns, 1, "name", name, "outcome", Done)
	w.jobSuccess.Record(context.Background(), Stamp(w.clock.Now()), with([]string{"name", name}))
}

// Stamp is a time as metrics have it: seconds since 1970 UTC; 0 for no time.
func Stamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

// Handler answers GET /metrics with every value, and nothing else.
func (w *Watch) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		var d metricdata.ResourceMetrics
		if err := w.reader.Collect(r.Context(), &d); err != nil {
			http.Error(rw, "the values cannot be had", http.StatusInternalServerError)
			return
		}
		rw.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		rw.Header().Set("Cache-Control", "no-store")
		_, _ = rw.Write(text(d))
	})
	return mux
}
