// want nothing: this one goes through the door, and compiles.

// Package trespass does not trespass.
package trespass

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/record"
)

// Client is a kind of record.
type Client struct{}

func read(ctx context.Context, who actor.Actor, clients record.Records[Client], id record.ID[Client]) (record.Opened[Client], error) {
	return clients.Read(ctx, who, id)
}

var _ = read
