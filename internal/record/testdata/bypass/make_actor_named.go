// want: cannot refer to unexported field s in struct literal

// Package trespass makes an actor by naming its field.
package trespass

import "caseward/internal/actor"

var who = actor.Actor{s: nil}
