package watch_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"caseward/internal/clock"
	"caseward/internal/otlp"
	"caseward/internal/watch"
)

// TestCollect holds what is sent to collectors against the protocol's own
// description, which takes no name that it does not know.
func TestCollect(t *testing.T) {
	w := open(t, clock.System(), func(_ context.Context, put watch.Put) error { put(watch.Sessions, 2.5); return nil })
	for _, took := range []time.Duration{time.Millisecond, 7 * time.Millisecond, time.Minute} {
		w.Request("GET /clients/{id}", "GET", 200, took)
	}
	w.Count(watch.Decisions, 3, "action", "note.read", "outcome", "allowed")
	scopes, err := w.Collect(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(otlp.Metrics{Resources: []otlp.ResourceMetrics{{Resource: otlp.Resource{Attributes: []otlp.KeyValue{otlp.String("service.name", "caseward")}}, Scopes: scopes}}})
	if err != nil {
		t.Fatal(err)
	}
	var got v1.MetricsData
	if err := protojson.Unmarshal(b, &got); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	byName := map[string]*v1.Metric{}
	for _, m := range got.ResourceMetrics[0].ScopeMetrics[0].Metrics {
		byName[m.Name] = m
	}
	h := byName[watch.Requests].GetHistogram()
	p := h.GetDataPoints()[0]
	if h.GetAggregationTemporality() != v1.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE || p.GetCount() != 3 || p.GetSum() != 60.008 || len(p.GetBucketCounts()) != len(p.GetExplicitBounds())+1 {
		t.Errorf("%v", h)
	}
	if d := cmp.Diff([]uint64{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1}, p.GetBucketCounts()); d != "" {
		t.Error(d)
	}
	said := map[string]string{}
	for _, a := range p.GetAttributes() {
		said[a.Key] = a.GetValue().GetStringValue()
	}
	if d := cmp.Diff(map[string]string{"route": "/clients/{id}", "method": "GET", "class": "2xx"}, said); d != "" {
		t.Error(d)
	}
	s := byName[watch.Decisions].GetSum()
	if !s.GetIsMonotonic() || s.GetDataPoints()[0].GetAsDouble() != 3 || s.GetDataPoints()[0].GetTimeUnixNano() == 0 || s.GetDataPoints()[0].GetStartTimeUnixNano() == 0 {
		t.Errorf("%v", s)
	}
	if g := byName[watch.Sessions]; g.GetGauge().GetDataPoints()[0].GetAsDouble() != 2.5 || g.GetUnit() != "{session}" || g.GetDescription() == "" {
		t.Errorf("%v", g)
	}
	if byName[watch.LogTree] != nil {
		t.Error("a metric without a value is sent")
	}
}
