package person

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// EraseReason is why a client is erased: a code, never words about them.
type EraseReason string

// The reasons for erasing.
const (
	RetentionEnded EraseReason = "retention_ended" // kept as long as the schedule says
	EnteredInError EraseReason = "entered_in_error"
	TestData       EraseReason = "test_data"
	CourtOrder     EraseReason = "court_order"
)

// Erase destroys everything about a client, and the key that could open any
// copy of it, and returns the signed receipt (45 CFR 164.310(d)(2)(i)). It
// cannot be undone.
func (cs *Clients) Erase(ctx context.Context, who actor.Actor, id ID, reason EraseReason) (record.Receipt, error) {
	switch reason {
	case RetentionEnded, EnteredInError, TestData, CourtOrder:
	default:
		return record.Receipt{}, fault.InvalidFields("client.erase", fault.Field{Name: "reason", Message: "Choose why the client is erased."})
	}
	return cs.door.Erase(ctx, who, record.SubjectOf(id), string(reason))
}
