// Package actortest makes Actors for tests. The architecture test fails if a
// package that is not a test imports it.
package actortest

import (
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/internal/mint"
)

// Worker returns worker id acting as role for treatment, signed in at t.
func Worker(id string, role actor.Role, t time.Time) actor.Actor {
	return mint.New(mint.Spec{Worker: id, Role: role, Purpose: actor.Treatment, Session: "session-" + id, AuthAt: t})
}

// SteppedUp returns worker id who has just proved again who they are.
func SteppedUp(id string, role actor.Role, t time.Time) actor.Actor {
	return mint.New(mint.Spec{Worker: id, Role: role, Purpose: actor.Treatment, Session: "session-" + id, AuthAt: t, SteppedUp: t})
}

// Service returns the named service actor.
func Service(name string, t time.Time) actor.Actor {
	return mint.New(mint.Spec{Worker: "service:" + name, Role: actor.Service, Purpose: actor.Upkeep, Service: true, AuthAt: t})
}

// Operator is the person at the command line who has just given the passphrase.
func Operator(t time.Time) actor.Actor {
	return mint.New(mint.Spec{Worker: "service:operator", Role: actor.Service, Purpose: actor.Upkeep, Service: true, AuthAt: t, SteppedUp: t})
}

// Elsewhere returns worker id signed in a second time, on another machine.
func Elsewhere(id string, role actor.Role, t time.Time) actor.Actor {
	return mint.New(mint.Spec{Worker: id, Role: role, Purpose: actor.Treatment, Session: "elsewhere-" + id, AuthAt: t})
}
