package supervision_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/casefile"
	"caseward/internal/supervision"
)

func TestSettings(t *testing.T) {
	t.Run("numbers are kept, in either way of writing them, and empty ones are as usual", func(t *testing.T) {
		kept, bad := supervision.Settings(map[string]string{
			"caseload.weight.high": " 2,5 ", "caseload.hours.standard": "1.25", "caseload.capacity": "", "caseload.capacity.w1": "18", "something.else": "4",
		})
		want := map[string]string{"caseload.weight.high": "2.5", "caseload.hours.standard": "1.25", "caseload.capacity.w1": "18"}
		if diff := cmp.Diff(want, kept); diff != "" || len(bad) != 0 {
			t.Error(diff, bad)
		}
		m := supervision.MeasureOf(kept)
		if m.Weight[casefile.High] != 2.5 || m.Hours[casefile.Standard] != 1.25 || m.Capacity != 40 || m.CapacityOf("w1") != 18 || m.CapacityOf("w2") != 40 {
			t.Errorf("%+v", m)
		}
	})
	for _, s := range []string{"many", "-1", "1000", "NaN", "Inf", "1e9"} {
		t.Run(s+" is no number of a caseload", func(t *testing.T) {
			if _, bad := supervision.Settings(map[string]string{"caseload.capacity": s}); len(bad) != 1 || bad[0].Name != "caseload.capacity" {
				t.Error(bad)
			}
		})
	}
}
