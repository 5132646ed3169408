// Package site serves pages: it turns a request into an Actor with a purpose,
// calls one handler, and is the only place that writes a response.
//
// A handler is a function of a [Request] that returns an [Answer] and an error.
// It calls use-cases, never the store; it never writes, never sets a header and
// never decides who may. Every failure is one of the kinds of package fault and
// is answered by one table, so that no page says more than another: what is not
// there and what may not be known of are the same page with the same status.
//
// Every response is made under a strict Content-Security-Policy, is never cached
// where it may hold PHI, and names no client in its URL or title.
package site
