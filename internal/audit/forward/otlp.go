package forward

import (
	"context"
	"encoding/hex"

	"caseward/internal/clock"
	"caseward/internal/otlp"
)

// Collector sends to an OpenTelemetry collector.
type Collector struct {
	Client *otlp.Client
	Clock  clock.Clock
	Host   string // what the records call this machine: the host of its pages
	Log    string // the name of the log
}

// The severities of OpenTelemetry's log data model.
const (
	severityInfo = 9
	severityWarn = 13
)

// Send implements [Place].
func (c Collector) Send(ctx context.Context, events []Event) (int64, error) {
	return c.Client.Post(ctx, c.logs(events))
}

func (c Collector) logs(events []Event) otlp.Logs {
	now := otlp.Nano(c.Clock.Now())
	records := make([]otlp.LogRecord, len(events))
	for i, e := range events {
		body := e.Action + " " + e.outcome()
		r := otlp.LogRecord{
			Time: otlp.Nano(e.At), Observed: now, Severity: severityInfo, SeverityText: "INFO",
			Event: "caseward.entry", Body: otlp.Value{String: &body},
			Attributes: []otlp.KeyValue{
				otlp.Number("caseward.position", e.Position),
				otlp.String("caseward.leaf", hex.EncodeToString(e.Leaf[:])),
				otlp.String("caseward.action", e.Action),
				otlp.String("caseward.outcome", e.outcome()),
				otlp.Number("caseward.clients", int64(e.Clients)),
			},
		}
		if e.urgent() {
			r.Severity, r.SeverityText = severityWarn, "WARN"
		}
		for _, a := range []struct{ key, value string }{
			{"caseward.worker", e.Worker}, {"caseward.role", e.Role}, {"caseward.purpose", e.Purpose},
		} {
			if a.value != "" {
				r.Attributes = append(r.Attributes, otlp.String(a.key, a.value))
			}
		}
		for _, n := range e.Records {
			r.Attributes = append(r.Attributes, otlp.Number("caseward.records."+n.Kind, int64(n.N)))
		}
		records[i] = r
	}
	return otlp.Logs{Resources: []otlp.ResourceLogs{{
		Resource: otlp.Resource{Attributes: []otlp.KeyValue{
			otlp.String("service.name", "caseward"), otlp.String("host.name", c.Host), otlp.String("caseward.log", c.Log),
		}},
		Scopes: []otlp.ScopeLogs{{Scope: otlp.Scope{Name: "caseward/log"}, Records: records}},
	}}}
}
