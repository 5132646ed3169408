// Package trace times the parts of one request: deciding, the wait for the commit,
// unsealing, rendering. What it keeps is for whoever runs the machine.
//
// A span has room for names of the program and numbers and for nothing else: there is
// no way to put a path with an id, a query, a name or a text into one. Where nobody
// traces, or a request is not sampled, nothing is made and nothing is kept.
package trace
