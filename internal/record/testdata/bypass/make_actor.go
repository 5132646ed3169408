// want: implicit assignment to unexported field s in struct literal

// Package trespass makes an actor by filling its fields.
package trespass

import "caseward/internal/actor"

var who = actor.Actor{nil}
