package watch

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"caseward/internal/fault"
	"caseward/internal/otlp"
)

// Collect returns every value as OTLP has it, under the names Prometheus knows. Who
// sends it is for the caller to add.
func (w *Watch) Collect(ctx context.Context) ([]otlp.ScopeMetrics, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var d metricdata.ResourceMetrics
	if err := w.reader.Collect(ctx, &d); err != nil {
		return nil, fault.Unavailablef("watch.collect", err, "the values cannot be had")
	}
	var out []otlp.ScopeMetrics
	for _, s := range d.ScopeMetrics {
		scope := otlp.ScopeMetrics{Scope: otlp.Scope{Name: s.Scope.Name}}
		for _, m := range s.Metrics {
			if x, ok := metricOf(m); ok {
				scope.Metrics = append(scope.Metrics, x)
			}
		}
		out = append(out, scope)
	}
	return out, nil
}

// metricOf is a metric with its series; not ok if it has none.
func metricOf(m metricdata.Metrics) (otlp.Metric, bool) {
	out := otlp.Metric{Name: m.Name, Description: m.Description, Unit: m.Unit}
	n := 0
	switch v := m.Data.(type) {
	case metricdata.Sum[float64]:
		n = len(v.DataPoints)
		out.Sum = &otlp.Sum{Points: points(v.DataPoints), Temporality: otlp.Cumulative, Monotonic: v.IsMonotonic}
	case metricdata.Gauge[float64]:
		n = len(v.DataPoints)
		out.Gauge = &otlp.Gauge{Points: points(v.DataPoints)}
	case metricdata.Histogram[float64]:
		n = len(v.DataPoints)
		out.Histogram = &otlp.Histogram{Temporality: otlp.Cumulative}
		for _, p := range v.DataPoints {
			x := otlp.Distribution{Attributes: attributes(p.Attributes), Start: otlp.Nano(p.StartTime), Time: otlp.Nano(p.Time), Count: otlp.Int(p.Count), Sum: p.Sum, Bounds: p.Bounds}
			for _, b := range p.BucketCounts {
				x.Buckets = append(x.Buckets, otlp.Int(b))
			}
			out.Histogram.Points = append(out.Histogram.Points, x)
		}
	}
	return out, n > 0
}

func points(in []metricdata.DataPoint[float64]) []otlp.Point {
	out := make([]otlp.Point, len(in))
	for i, p := range in {
		out[i] = otlp.Point{Attributes: attributes(p.Attributes), Start: otlp.Nano(p.StartTime), Time: otlp.Nano(p.Time), Double: p.Value}
	}
	return out
}

func attributes(s attribute.Set) []otlp.KeyValue {
	out := make([]otlp.KeyValue, 0, s.Len())
	for i := s.Iter(); i.Next(); {
		kv := i.Attribute()
		out = append(out, otlp.String(string(kv.Key), kv.Value.AsString()))
	}
	return out
}
