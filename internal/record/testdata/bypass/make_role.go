// want: who.s undefined

// Package trespass changes the role of the actor it was given.
package trespass

import "caseward/internal/actor"

func raise(who actor.Actor) { who.s.Role = actor.PrivacyOfficer }
