package watch

import (
	"bytes"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// text writes values in the text format of Prometheus, version 0.0.4: metrics and
// their series in the order of their names.
func text(d metricdata.ResourceMetrics) []byte {
	var families []metricdata.Metrics
	for _, s := range d.ScopeMetrics {
		families = append(families, s.Metrics...)
	}
	sort.Slice(families, func(i, j int) bool { return families[i].Name < families[j].Name })
	var b bytes.Buffer
	for _, m := range families {
		var kind Kind
		var series []string
		switch v := m.Data.(type) {
		case metricdata.Sum[float64]:
			kind = Counter
			for _, p := range v.DataPoints {
				series = append(series, line(m.Name, labels(p.Attributes), "", p.Value))
			}
		case metricdata.Gauge[float64]:
			kind = Gauge
			for _, p := range v.DataPoints {
				series = append(series, line(m.Name, labels(p.Attributes), "", p.Value))
			}
		case metricdata.Histogram[float64]:
			kind = Histogram
			for _, p := range v.DataPoints {
				series = append(series, distribution(m.Name, p))
			}
		}
		if len(series) == 0 {
			continue
		}
		slices.Sort(series)
		b.WriteString("# HELP " + m.Name + " " + m.Description + "\n# TYPE " + m.Name + " " + string(kind) + "\n")
		for _, s := range series {
			b.WriteString(s)
		}
	}
	return b.Bytes()
}

// distribution is one histogram: its buckets add up from the smallest.
func distribution(name string, p metricdata.HistogramDataPoint[float64]) string {
	var b strings.Builder
	of, n := labels(p.Attributes), uint64(0)
	for i, edge := range p.Bounds {
		n += p.BucketCounts[i]
		b.WriteString(line(name+"_bucket", of, number(edge), float64(n)))
	}
	b.WriteString(line(name+"_bucket", of, "+Inf", float64(p.Count)))
	b.WriteString(line(name+"_sum", of, "", p.Sum))
	b.WriteString(line(name+"_count", of, "", float64(p.Count)))
	return b.String()
}

func line(name, labels, le string, value float64) string {
	if le != "" {
		if labels != "" {
			labels += ","
		}
		labels += `le="` + le + `"`
	}
	if labels != "" {
		name += "{" + labels + "}"
	}
	return name + " " + number(value) + "\n"
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

var escaped = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// labels are the names and values of a series; the set keeps them in order.
func labels(s attribute.Set) string {
	var b strings.Builder
	for i := s.Iter(); i.Next(); {
		kv := i.Attribute()
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.ReplaceAll(string(kv.Key), ".", "_") + `="` + escaped.Replace(kv.Value.AsString()) + `"`)
	}
	return b.String()
}
