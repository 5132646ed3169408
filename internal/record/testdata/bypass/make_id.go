// want: cannot refer to unexported field s in struct literal

// Package trespass makes an id out of a string.
package trespass

import "caseward/internal/record"

// Note is a kind of record.
type Note struct{}

var id = record.ID[Note]{s: "0"}
