// Package forward sends entries of the log to places outside that watch an
// agency's machines: a syslog server (RFC 5424), an OpenTelemetry collector (45 CFR
// 164.308(a)(1)(ii)(D), 164.308(a)(5)(ii)(C)).
//
// What leaves is an [Event]: when, what, by whom and how it ended, with ids of
// workers, names of the program and numbers. No client's id is in it, no record's,
// and no word that anybody wrote: an Event has no room for them.
//
// The package keeps no place in the log and decides nothing: the cursor is
// [audit.Log.Follow], and who sends when is package job's.
package forward

import (
	"context"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/audit"
	"caseward/internal/order"
)

// Place takes events.
type Place interface {
	// Send returns once the place has taken all events, as far as its protocol
	// tells. refused is how many it will never have.
	Send(ctx context.Context, events []Event) (refused int64, err error)
}

// Count is how many records of a kind an entry names.
type Count struct {
	Kind string
	N    int
}

// Event is what leaves of an entry.
type Event struct {
	Position int64 // in the tree, from 0
	Leaf     tlog.Hash
	At       time.Time
	Action   string
	Outcome  audit.Outcome
	Worker   string // id; "service:<name>"; empty where nobody was recognised
	Role     string
	Purpose  string
	Records  []Count // by kind, in the order of their names
	Clients  int     // how many clients they are of
}

// Of is what leaves of e.
func Of(e audit.Logged) Event {
	out := Event{
		Position: e.Position, Leaf: e.LeafHash, At: e.At, Action: e.Action, Outcome: e.Outcome,
		Worker: e.Who.Worker, Role: e.Who.Role, Purpose: e.Who.Purpose,
	}
	kinds, clients := map[string]int{}, map[string]bool{}
	for _, t := range e.Touched {
		if t.Kind != "" {
			kinds[t.Kind]++
		}
		if t.Subject != "" {
			clients[t.Subject] = true
		}
	}
	for k, n := range kinds {
		out.Records = append(out.Records, Count{k, n})
	}
	order.By(out.Records, func(a, b Count) int { return strings.Compare(a.Kind, b.Kind) })
	out.Clients = len(clients)
	return out
}

// outcome is how a request ended, in words.
func (e Event) outcome() string {
	switch e.Outcome {
	case audit.Allowed:
		return "allowed"
	case audit.Refused:
		return "refused"
	}
	return "failed"
}

// urgent reports whether somebody should look: it was refused, failed, or was an
// emergency access.
func (e Event) urgent() bool { return e.Outcome != audit.Allowed || e.Action == "glass.break" }
