// Package mint makes Actors. Go's internal rule lets only the packages under
// internal/actor import it: authn, which makes an Actor from a session, a token
// or a command somebody ran; and actortest, for tests.
package mint

import (
	"time"
)

// Role is what a workforce member works as (45 CFR 164.308(a)(4)(ii)(B)).
type Role string

// Purpose is why the record is used (45 CFR 164.501, 164.502(a)(1)).
type Purpose string

// Spec is everything an Actor says.
type Spec struct {
	Worker     string    // id of the workforce member, or "service:<name>"
	Role       Role      // the role acted under
	Also       Role      // another role the same person has and does not act under; empty for none
	Purpose    Purpose   // why
	Session    string    // id of the session, for the log; empty for a command
	AuthAt     time.Time // when the person proved who they are
	SteppedUp  time.Time // when they last proved it again; zero if never
	Service    bool      // a named service actor, not a person
	OnBehalfOf string    // the worker a service acts for, if it acts for one
}

// Actor is who is asking, for whom, and why. It has no exported field and the
// zero Actor is refused everywhere.
type Actor struct{ s *Spec }

// New makes an Actor.
func New(s Spec) Actor { return Actor{s: &s} }

// Valid reports whether the Actor was made by this package.
func (a Actor) Valid() bool { return a.s != nil && a.s.Worker != "" && a.s.Role != "" }

func (a Actor) spec() Spec {
	if a.s == nil {
		return Spec{}
	}
	return *a.s
}

// Worker is the id of the workforce member, or "service:<name>".
func (a Actor) Worker() string { return a.spec().Worker }

// Role is the role acted under.
func (a Actor) Role() Role { return a.spec().Role }

// Also is another role that the same person has and does not act under: what is asked of
// people in it, as to take a course, is asked of them too. It permits nothing.
func (a Actor) Also() Role { return a.spec().Also }

// Purpose is the purpose of use in force for this request.
func (a Actor) Purpose() Purpose { return a.spec().Purpose }

// Session is the id of the session the request came in, if any.
func (a Actor) Session() string { return a.spec().Session }

// AuthAt is when the person signed in.
func (a Actor) AuthAt() time.Time { return a.spec().AuthAt }

// SteppedUpAt is when the person last proved again who they are.
func (a Actor) SteppedUpAt() time.Time { return a.spec().SteppedUp }

// Service reports whether this is a named service actor.
func (a Actor) Service() bool { return a.spec().Service }

// OnBehalfOf is the worker a service acts for, or "".
func (a Actor) OnBehalfOf() string { return a.spec().OnBehalfOf }

// For returns the same Actor asking for another purpose.
func (a Actor) For(p Purpose) Actor {
	s := a.spec()
	s.Purpose = p
	return Actor{s: &s}
}

// Behalf returns a service that acts for somebody in this one thing, as the log
// says it. It changes nothing of what the service may; a person acts for
// themselves.
func (a Actor) Behalf(of Actor) Actor {
	s := a.spec()
	if s.Service && !of.Service() {
		s.OnBehalfOf = of.Worker()
	}
	return Actor{s: &s}
}
