// want: does not match inferred type record.ID[Client]

// Package trespass uses a note's id where a client's is meant.
package trespass

import "caseward/internal/record"

// Client and Note are two kinds of record.
type (
	Client struct{}
	Note   struct{}
)

func same[T any](a, b record.ID[T]) bool { return a == b }

func mix(c record.ID[Client], n record.ID[Note]) bool { return same(c, n) }
