package otlp

// Traces is a request to a traces endpoint.
type Traces struct {
	Resources []ResourceSpans `json:"resourceSpans"`
}

// ResourceSpans are the spans of one sender.
type ResourceSpans struct {
	Resource Resource     `json:"resource"`
	Scopes   []ScopeSpans `json:"scopeSpans"`
}

// ScopeSpans are the spans of one part of a sender.
type ScopeSpans struct {
	Scope Scope  `json:"scope"`
	Spans []Span `json:"spans"`
}

// The kinds of a span, and the status of one that failed.
const (
	Internal = 1
	Server   = 2
	Failed   = 2
)

// Span is one span. Ids are in hexadecimal, as the JSON form has them.
type Span struct {
	TraceID    string     `json:"traceId"`
	ID         string     `json:"spanId"`
	Parent     string     `json:"parentSpanId,omitempty"`
	Name       string     `json:"name"`
	Kind       int        `json:"kind"`
	Start      Int        `json:"startTimeUnixNano"`
	End        Int        `json:"endTimeUnixNano"`
	Attributes []KeyValue `json:"attributes"`
	Status     Status     `json:"status"`
}

// Status says whether a span failed; 0 if nothing is said.
type Status struct {
	Code int `json:"code,omitempty"`
}
