package record_test

import (
	"context"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record/recordtest"
)

func TestKeysUnder(t *testing.T) {
	ctx := context.Background()
	w := recordtest.Open(t)
	before := len(w.Entries(t))
	if _, err := w.Door.KeysUnder(ctx, w.Service("sequencer")); err != nil {
		t.Error(err)
	}
	for _, who := range []actor.Actor{{}, w.As("sam", actor.SecurityOfficer), w.As("ada", actor.Administrator), w.Service("notifier")} {
		if _, err := w.Door.KeysUnder(ctx, who); !fault.Is(err, fault.Denied) {
			t.Errorf("%s counts keys without an entry: %v", who.Worker(), err)
		}
	}
	if n := len(w.Entries(t)); n != before {
		t.Errorf("%d entries", n-before)
	}
}
