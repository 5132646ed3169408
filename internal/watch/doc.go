// Package watch holds what an operator watches of a running server: counts,
// durations and states, by OpenTelemetry's instruments, and their text form as
// Prometheus reads it.
//
// It is told numbers and names of the program: routes, actions, jobs, outcomes.
// It never holds anything of a record, and no name or id of a client, a worker or
// a visitor: whatever could be one is no label. It asks nothing by itself; what is
// asked for when somebody looks is given by package app.
package watch
