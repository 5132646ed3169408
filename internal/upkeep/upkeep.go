package upkeep

import (
	"cmp"
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/doctor"
	"caseward/internal/order"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Read is the action of asking how the server is.
const Read = "system.read"

// Finding is what one check found.
type Finding = doctor.Finding

// The states of a finding.
const (
	Good    = doctor.Good
	Unused  = doctor.Unused
	Unknown = doctor.Unknown
	Warning = doctor.Warning
	Wrong   = doctor.Wrong
)

// Status is how the server is.
type Status struct {
	At      time.Time // when it was looked at
	Version string
	Go      string
	Started time.Time // zero if it does not serve
	Servers []Server

	Database string // its kind: "sqlite" or "postgres"
	Data     int64  // bytes
	Journal  int64  // bytes; 0 on PostgreSQL
	Free     int64  // bytes on the data directory's disk; -1 where the system does not tell

	Over     time.Duration // the requests below are of so long
	Answered int64
	Failed   int64
	Median   time.Duration // what half of them took at most
	Slow     time.Duration // what 95 of 100 took at most
	Sessions int64         // that have not ended

	Entries  int64     // in the log's tree
	Waiting  int64     // entries not signed for yet
	SignedAt time.Time // when the newest checkpoint was signed
	Segments int       // closed segments, of the last round
	Outside  []Place   // where checkpoints go
	Forwards []Place   // where entries go

	Scans int // uploads that wait to be looked at for viruses

	// Findings are what is looked at now, and of the last round what is not: checks
	// that ask others, or take long. The worst come first.
	Findings []Finding
	// Looked is when that round was; zero before the first.
	Looked time.Time
}

// Server is a process that has the database open.
type Server struct {
	Name string
	Here bool // it is the one that answers
}

// Place is a place outside, by its kind and number: a name could hold an address.
type Place struct {
	Kind     string
	Number   int
	At       time.Time // when it last took something; zero if not since the start
	Behind   int64     // entries it has not got, or not been told of
	Failures int       // in a row
}

// Upkeep is the use-case.
type Upkeep struct {
	door *record.Door
	look func(ctx context.Context) (Status, error)
}

// New returns the use-case. look collects a status, and asks nobody outside: somebody
// waits for the page.
func New(d *record.Door, look func(ctx context.Context) (Status, error)) *Upkeep {
	return &Upkeep{d, look}
}

// Status says how the server is.
func (u *Upkeep) Status(ctx context.Context, who actor.Actor) (Status, error) {
	if err := u.door.Permit(ctx, who, Read, record.Subject{}, false, policy.Set(policy.Program), nil); err != nil {
		return Status{}, err
	}
	s, err := u.look(ctx)
	if err != nil {
		return Status{}, err
	}
	order.By(s.Findings, func(a, b Finding) int { return cmp.Compare(urgency(a.State), urgency(b.State)) })
	return s, nil
}

// urgency puts what must be mended before what is well.
func urgency(s doctor.State) int {
	return slices.Index([]doctor.State{Wrong, Warning, Unknown, Good, Unused}, s)
}

// Merge puts findings that are fresh in the place of those of the same checks, and
// behind them those that have none.
func Merge(round, fresh []Finding) []Finding {
	out := slices.Clone(round)
	for _, f := range fresh {
		if i := slices.IndexFunc(out, func(x Finding) bool { return x.Check == f.Check }); i >= 0 {
			out[i] = f
		} else {
			out = append(out, f)
		}
	}
	return out
}
