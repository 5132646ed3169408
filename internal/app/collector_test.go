package app_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	v1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/config"
	"caseward/internal/otlp"
)

var ids = regexp.MustCompile(`"(traceId|spanId|parentSpanId)":"([0-9a-f]*)"`)

// TestCollectorOfAServer starts a server that forwards its log and sends its metrics and
// traces to a collector, and reads what arrives there.
func TestCollectorOfAServer(t *testing.T) {
	ctx := context.Background()
	type post struct {
		path string
		body []byte
	}
	got := make(chan post, 64)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
		select {
		case got <- post{r.URL.Path, b}:
		default:
		}
	}))
	defer s.Close()
	dir, pass := filepath.Join(t.TempDir(), "data"), []byte("a passphrase for these tests only")
	cfg := config.Config{LogName: "caseward.test/collector", Forward: []string{"otlp+" + s.URL + "/v1/logs?from=start"}, OTLP: config.OTLPTo{Metrics: "otlp+" + s.URL + "/v1/metrics", Traces: "otlp+" + s.URL + "/v1/traces", Share: 1}}
	if err := app.Init(ctx, dir, pass, cfg, app.Options{}); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(ctx, dir, pass, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := audit.Entry{Who: audit.Who{Worker: "w1"}, Action: "note.read", Outcome: audit.Allowed, Touched: []audit.Touch{{Kind: "note", ID: "SECRET-n", Subject: "SECRET-c"}}}
	if err := a.Log.Record(ctx, e); err != nil {
		t.Fatal(err)
	}
	// Whoever is no proxy of ours chooses no ids of traces.
	r := httptest.NewRequest("GET", "/signin?q=SECRET", nil)
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	a.Handler().ServeHTTP(httptest.NewRecorder(), r)
	a.Start(ctx)
	var actions, names, spans []string
	for !slices.Contains(actions, "note.read") || !slices.Contains(names, "caseward_log_tree_entries") || !slices.Contains(spans, "GET /signin") {
		p := <-got
		if strings.Contains(string(p.body), "SECRET") {
			t.Error("something left that must not")
		}
		switch p.path {
		case "/v1/logs":
			var l otlp.Logs
			if err := json.Unmarshal(p.body, &l); err != nil {
				t.Fatal(err)
			}
			for _, r := range l.Resources[0].Scopes[0].Records {
				for _, a := range r.Attributes {
					if a.Key == "caseward.action" {
						actions = append(actions, *a.Value.String)
					}
				}
			}
		case "/v1/metrics":
			var m otlp.Metrics
			if err := json.Unmarshal(p.body, &m); err != nil {
				t.Fatal(err)
			}
			for _, x := range m.Resources[0].Scopes[0].Metrics {
				names = append(names, x.Name)
			}
		case "/v1/traces":
			// The description of the protocol has ids in base64 where its JSON form wants
			// them in hexadecimal.
			var l v1.TracesData
			if err := protojson.Unmarshal(ids.ReplaceAllFunc(p.body, func(m []byte) []byte {
				x := ids.FindSubmatch(m)
				id, err := hex.DecodeString(string(x[2]))
				if err != nil {
					t.Error(err)
				}
				return []byte(`"` + string(x[1]) + `":"` + base64.StdEncoding.EncodeToString(id) + `"`)
			}), &l); err != nil {
				t.Fatalf("%v in %s", err, p.body)
			}
			for _, x := range l.ResourceSpans[0].ScopeSpans[0].Spans {
				spans = append(spans, x.Name)
				if len(x.TraceId) != 16 || len(x.SpanId) != 8 || x.EndTimeUnixNano < x.StartTimeUnixNano || x.StartTimeUnixNano == 0 || hex.EncodeToString(x.TraceId) == "4bf92f3577b34da6a3ce929d0e0e4736" {
					t.Errorf("%v", x)
				}
				for _, a := range x.Attributes {
					if !slices.Contains([]string{"http.route", "http.request.method", "http.response.status_code", "caseward.action"}, a.Key) {
						t.Errorf("%s says %s", x.Name, a.Key)
					}
				}
			}
		default:
			t.Fatalf("something went to %s", p.path)
		}
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}
