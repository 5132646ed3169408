package otlp

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"caseward/internal/fault"
)

// Value is a value of an attribute or a body: one of its kinds is set.
type Value struct {
	String *string  `json:"stringValue,omitempty"`
	Int    *Int     `json:"intValue,omitempty"`
	Double *float64 `json:"doubleValue,omitempty"`
	Bool   *bool    `json:"boolValue,omitempty"`
}

// Int is a 64-bit number, which JSON holds as a string.
type Int int64

// MarshalJSON implements [json.Marshaler].
func (i Int) MarshalJSON() ([]byte, error) {
	return strconv.AppendQuote(nil, strconv.FormatInt(int64(i), 10)), nil
}

// UnmarshalJSON implements [json.Unmarshaler]. Those who write a bare number are
// understood too, as the protocol wants it.
func (i *Int) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	*i = Int(n)
	return err
}

// Nano is a time as the protocol has it: nanoseconds since 1970 UTC; 0 for none.
func Nano(t time.Time) Int {
	if t.IsZero() {
		return 0
	}
	return Int(t.UnixNano())
}

// KeyValue is an attribute.
type KeyValue struct {
	Key   string `json:"key"`
	Value Value  `json:"value"`
}

// String is an attribute that is a text.
func String(key, s string) KeyValue { return KeyValue{key, Value{String: &s}} }

// Number is an attribute that is a whole number.
func Number(key string, n int64) KeyValue { i := Int(n); return KeyValue{key, Value{Int: &i}} }

// Resource says who sends.
type Resource struct {
	Attributes []KeyValue `json:"attributes"`
}

// Scope says which part of it.
type Scope struct {
	Name string `json:"name"`
}

// Logs is a request to a logs endpoint.
type Logs struct {
	Resources []ResourceLogs `json:"resourceLogs"`
}

// ResourceLogs are the records of one sender.
type ResourceLogs struct {
	Resource Resource    `json:"resource"`
	Scopes   []ScopeLogs `json:"scopeLogs"`
}

// ScopeLogs are the records of one part of a sender.
type ScopeLogs struct {
	Scope   Scope       `json:"scope"`
	Records []LogRecord `json:"logRecords"`
}

// LogRecord is one log record. Its severity is 1 to 24.
type LogRecord struct {
	Time         Int        `json:"timeUnixNano"`
	Observed     Int        `json:"observedTimeUnixNano"`
	Severity     int        `json:"severityNumber"`
	SeverityText string     `json:"severityText"`
	Event        string     `json:"eventName"`
	Body         Value      `json:"body"`
	Attributes   []KeyValue `json:"attributes"`
}

// Client posts to one URL.
type Client struct {
	url   string
	token func() (string, error)
	http  *http.Client
}

// New returns a client that posts to url, trusting as c says (nil for the machine's
// authorities), with what token returns as the header Authorization; nil for none.
func New(url string, c *tls.Config, token func() (string, error)) *Client {
	t := &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: 30 * time.Second}
	return &Client{url: url, token: token, http: &http.Client{
		Transport: t,
		// Where it goes is for the settings to say.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answered is how much of an answer is read.
const answered = 64 << 10

// Post sends one request. refused is how many of its records the other side took
// note of and will not have; by the protocol they are not sent again.
func (c *Client) Post(ctx context.Context, body any) (refused int64, err error) {
	const op = "otlp.post"
	b, err := json.Marshal(body)
	if err != nil {
		return 0, fault.Unavailablef(op, err, "cannot encode what is to be sent")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(b))
	if err != nil {
		return 0, fault.Invalidf(op, "the collector's URL cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "caseward")
	if c.token != nil {
		t, err := c.token()
		if err != nil {
			return 0, fault.Unavailablef(op, err, "cannot read what to sign in to the collector with")
		}
		req.Header.Set("Authorization", t)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return 0, fault.Unavailablef(op, err, "the collector cannot be reached")
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, answered))
	if res.StatusCode != http.StatusOK {
		return 0, fault.Unavailablef(op, nil, "the collector answered %d", res.StatusCode)
	}
	if err != nil {
		return 0, fault.Unavailablef(op, err, "the collector's answer broke off")
	}
	return rejected(res.Header.Get("Content-Type"), text)
}

// rejected reads a partial success.
func rejected(kind string, text []byte) (int64, error) {
	if kind, _, _ = strings.Cut(kind, ";"); kind != "application/json" || len(bytes.TrimSpace(text)) == 0 {
		return 0, nil // it took everything and says so in fewer words
	}
	var a struct {
		Partial struct {
			Logs   Int `json:"rejectedLogRecords"`
			Points Int `json:"rejectedDataPoints"`
			Spans  Int `json:"rejectedSpans"`
		} `json:"partialSuccess"`
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return 0, fault.Unavailablef("otlp.post", nil, "the collector's answer is not of this protocol")
	}
	return max(0, int64(a.Partial.Logs), int64(a.Partial.Points), int64(a.Partial.Spans)), nil
}
