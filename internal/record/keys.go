package record

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/policy"
)

// KeyCounts says how many clients' keys each key-encryption key wraps, by its id
// (45 CFR 164.312(a)(2)(iv)).
func (d *Door) KeyCounts(ctx context.Context, who actor.Actor) (map[string]int64, error) {
	const action = "key.status"
	if err := d.Permit(ctx, who, action, Subject{}, false, policy.Set(policy.Program), nil); err != nil {
		return nil, err
	}
	return d.wraps(ctx, action)
}

// KeysUnder is KeyCounts for rounds that the server makes by itself: it leaves no
// entry, and only service actors that may count the keys may ask.
func (d *Door) KeysUnder(ctx context.Context, who actor.Actor) (map[string]int64, error) {
	const action = "key.status"
	if !who.Valid() || !who.Service() || !d.Ever(who, action, false, policy.Set(policy.Program)) {
		return nil, fault.DeniedBy(action, "service-only")
	}
	return d.wraps(ctx, action)
}

func (d *Door) wraps(ctx context.Context, action string) (map[string]int64, error) {
	n, err := d.ring.Counts(ctx)
	if err != nil {
		return nil, fault.Unavailablef(action, err, "cannot count the keys")
	}
	return n, nil
}

// RewrapKeys wraps every client's key that is not under the current
// key-encryption key anew, and says how many it wrapped. Records are not
// touched. It can be stopped and called again.
func (d *Door) RewrapKeys(ctx context.Context, who actor.Actor) (int, error) {
	const action = "key.rewrap"
	if err := d.Permit(ctx, who, action, Subject{}, false, policy.Set(policy.Program), nil); err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := d.ring.Rewrap(ctx, rewrapAtOnce)
		total += n
		if err != nil {
			return total, fault.Unavailablef(action, err, "stopped after %d keys; run it again", total)
		}
		if n == 0 {
			return total, nil
		}
	}
}

// rewrapAtOnce is how many keys one transaction wraps: few enough that nobody
// who waits for the writer notices.
const rewrapAtOnce = 500
