// want: not enough arguments in call to clients.Read

// Package trespass forgets to say who asks.
package trespass

import (
	"context"

	"caseward/internal/record"
)

// Client is a kind of record.
type Client struct{}

func read(ctx context.Context, clients record.Records[Client], id record.ID[Client]) {
	_, _ = clients.Read(ctx, id)
}
