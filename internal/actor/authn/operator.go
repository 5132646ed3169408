package authn

import (
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/internal/mint"
)

// ProvedOperator is Operator for somebody who has just given the passphrase
// again, at time at: what destroys data asks for that.
func ProvedOperator(name string, at time.Time) actor.Actor {
	o := Operator(name)
	return mint.New(mint.Spec{
		Worker: o.Worker(), Role: o.Role(), Purpose: o.Purpose(), Service: true, OnBehalfOf: o.OnBehalfOf(), SteppedUp: at,
	})
}
