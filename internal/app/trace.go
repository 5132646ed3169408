package app

import (
	"context"
	"encoding/hex"
	"strings"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/otlp"
	"caseward/internal/trace"
)

// traced makes the tracer, if the settings want one.
func (a *App) traced() error {
	to, ok, err := a.Config.TracesTo()
	if err != nil || !ok {
		return err
	}
	c, err := tlsOf("otlp.traces", to)
	if err != nil {
		return err
	}
	a.tracer, a.traces = trace.New(clock.System(), a.Config.TraceShare()), otlp.New(to.URL, c, token(to.Token))
	return nil
}

// sendTraces sends what ended since the last time. What a collector does not take is
// gone: traces are samples.
func (a *App) sendTraces(ctx context.Context) error {
	done, lost := a.tracer.Take()
	if len(done) > 0 {
		ctx, cancel := context.WithTimeout(ctx, sendWithin)
		defer cancel()
		spans := make([]otlp.Span, len(done))
		for i, s := range done {
			spans[i] = spanOf(s)
		}
		refused, err := a.traces.Post(ctx, otlp.Traces{Resources: []otlp.ResourceSpans{{
			Resource: a.sender(), Scopes: []otlp.ScopeSpans{{Scope: otlp.Scope{Name: "caseward"}, Spans: spans}},
		}}})
		if err != nil {
			return err
		}
		lost += refused
	}
	if lost > 0 {
		return fault.Unavailablef("app.traces", nil, "%d spans were thrown away", lost)
	}
	return nil
}

// spanOf is a span as OTLP has it, under the names of its conventions. These are all
// the attributes there are.
func spanOf(s *trace.Span) otlp.Span {
	out := otlp.Span{TraceID: hex.EncodeToString(s.Trace[:]), ID: hex.EncodeToString(s.ID[:]), Name: string(s.Name), Kind: otlp.Internal, Start: otlp.Nano(s.Start), End: otlp.Nano(s.End), Attributes: []otlp.KeyValue{}}
	if s.Parent != [8]byte{} {
		out.Parent = hex.EncodeToString(s.Parent[:])
	}
	if s.Name == trace.Request {
		_, route, ok := strings.Cut(s.Route, " ")
		if !ok {
			route = s.Route
		}
		out.Name, out.Kind = s.Method+" "+route, otlp.Server
		out.Attributes = append(out.Attributes, otlp.String("http.route", route), otlp.String("http.request.method", s.Method), otlp.Number("http.response.status_code", int64(s.Status)))
		if s.Status >= 500 {
			out.Status.Code = otlp.Failed
		}
	}
	if s.Action != "" {
		out.Attributes = append(out.Attributes, otlp.String("caseward.action", s.Action))
	}
	return out
}
