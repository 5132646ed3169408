package audit

import (
	"time"

	"caseward/internal/actor"
)

// Outcome says how a request ended.
type Outcome byte

// The outcomes.
const (
	Allowed Outcome = 'a' // it was done
	Refused Outcome = 'r' // the policies, or who the asker is, said no
	Failed  Outcome = 'f' // it was allowed and could not be done
)

// Touch is one record an entry names.
type Touch struct {
	Kind     string   // "note"
	ID       string   // opaque id of the record; empty where none was named
	Subject  string   // opaque id of the client; empty for the agency's own records
	Version  int64    // version seen or made; 0 where unknown
	Classes  []string // field classes shown or written
	Withheld []string // field classes the record has and the asker did not get
}

// Entry is what is recorded of one request. It holds ids, labels and rule ids
// only; nothing a client or worker wrote or is called.
type Entry struct {
	At      time.Time
	Who     Who
	Action  string // "note.sign", "chart.open", "signin.password"
	Outcome Outcome
	Touched []Touch
	Rules   []string          // ids of the policy rules that decided
	Detail  map[string]string // small facts without PHI, as reason=code
}

// Who is the asker as the log keeps them.
type Who struct {
	Worker     string // id of the workforce member, "service:<name>", or "" where nobody was recognised
	Role       string
	Purpose    string
	Session    string
	OnBehalfOf string
}

// Of is the asker of an entry.
func Of(a actor.Actor) Who {
	return Who{Worker: a.Worker(), Role: string(a.Role()), Purpose: string(a.Purpose()), Session: a.Session(), OnBehalfOf: a.OnBehalfOf()}
}
