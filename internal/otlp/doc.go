// Package otlp writes OpenTelemetry's protocol, OTLP 1.x over HTTP, in its JSON
// form, and posts it: logs, metrics and traces have one way out.
//
// It knows the form and nothing of what is in it. Whoever calls it sees to it that
// nothing of a client, and no name, is among what is sent. It tries once; what to do
// with what was not taken is for the caller to say.
package otlp
