package record_test

import (
	"testing"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record/recordtest"
)

func TestPeriodsAreOfOrganizationsOnly(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		who := w.As("pat", actor.PrivacyOfficer)
		if _, err := w.Door.Periods(ctx, actor.Actor{}, "vendor", "0123456789abcdefghjkmnpqrs", "baa"); fault.KindOf(err) != fault.Denied {
			t.Errorf("nobody asks: %v", err)
		}
		for kind, want := range map[string]fault.Kind{"worker": fault.Invalid, "client": fault.Invalid} {
			if _, err := w.Door.Periods(ctx, who, kind, "0123456789abcdefghjkmnpqrs", "assigned"); fault.KindOf(err) != want {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if _, err := w.Door.Periods(ctx, who, "vendor", "x' OR 1=1", "baa"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a malformed id: %v", err)
		}
		if ps, err := w.Door.Periods(ctx, who, "vendor", "0123456789abcdefghjkmnpqrs", "baa"); err != nil || len(ps) != 0 {
			t.Errorf("an organization that nothing is said of: %v, %v", ps, err)
		}
	})
}
