// want: cannot use n (variable of struct type record.ID[Note]) as record.ID[Client] value

// Package trespass reads a client by a note's id.
package trespass

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/record"
)

// Client and Note are two kinds of record.
type (
	Client struct{}
	Note   struct{}
)

func mix(ctx context.Context, who actor.Actor, clients record.Records[Client], n record.ID[Note]) {
	_, _ = clients.Read(ctx, who, n)
}
