package otlp

// Metrics is a request to a metrics endpoint.
type Metrics struct {
	Resources []ResourceMetrics `json:"resourceMetrics"`
}

// ResourceMetrics are the metrics of one sender.
type ResourceMetrics struct {
	Resource Resource       `json:"resource"`
	Scopes   []ScopeMetrics `json:"scopeMetrics"`
}

// ScopeMetrics are the metrics of one part of a sender.
type ScopeMetrics struct {
	Scope   Scope    `json:"scope"`
	Metrics []Metric `json:"metrics"`
}

// Metric is one metric; one of its kinds is set.
type Metric struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Unit        string     `json:"unit"`
	Gauge       *Gauge     `json:"gauge,omitempty"`
	Sum         *Sum       `json:"sum,omitempty"`
	Histogram   *Histogram `json:"histogram,omitempty"`
}

// Cumulative says that values count from the start of the sender.
const Cumulative = 2

// Gauge goes up and down.
type Gauge struct {
	Points []Point `json:"dataPoints"`
}

// Sum adds up.
type Sum struct {
	Points      []Point `json:"dataPoints"`
	Temporality int     `json:"aggregationTemporality"`
	Monotonic   bool    `json:"isMonotonic"`
}

// Histogram is a distribution.
type Histogram struct {
	Points      []Distribution `json:"dataPoints"`
	Temporality int            `json:"aggregationTemporality"`
}

// Point is a value at a time.
type Point struct {
	Attributes []KeyValue `json:"attributes"`
	Start      Int        `json:"startTimeUnixNano"`
	Time       Int        `json:"timeUnixNano"`
	Double     float64    `json:"asDouble"`
}

// Distribution is a distribution at a time. It has one bucket more than bounds.
type Distribution struct {
	Attributes []KeyValue `json:"attributes"`
	Start      Int        `json:"startTimeUnixNano"`
	Time       Int        `json:"timeUnixNano"`
	Count      Int        `json:"count"`
	Sum        float64    `json:"sum"`
	Buckets    []Int      `json:"bucketCounts"`
	Bounds     []float64  `json:"explicitBounds"`
}
