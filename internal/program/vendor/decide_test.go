package vendor_test

import (
	"testing"

	"caseward/internal/program/vendor"
	"caseward/law"
)

func TestDecisionTable(t *testing.T) {
	type a = vendor.Answers
	for name, tc := range map[string]struct {
		answers a
		want    vendor.Outcome
	}{
		"a records host":                               {a{Receives: true, Maintains: true, ForUs: true}, vendor.Associate},
		"a host that holds no key":                     {a{Maintains: true, ForUs: true}, vendor.Associate},
		"a host that says it only passes on":           {a{Maintains: true, Transmits: true, ForUs: true, Passing: true}, vendor.Associate},
		"a mail service that stores":                   {a{Transmits: true, ForUs: true}, vendor.Associate},
		"a transcription service":                      {a{Creates: true, ForUs: true}, vendor.Associate},
		"a phone company":                              {a{Transmits: true, ForUs: true, Passing: true}, vendor.Conduit},
		"a carrier that writes something itself":       {a{Transmits: true, Creates: true, ForUs: true, Passing: true}, vendor.Associate},
		"a clinic that treats":                         {a{Receives: true, ForUs: true, Treats: true}, vendor.Treatment},
		"a landlord":                                   {a{ForUs: true}, vendor.NoPHI},
		"a gardener of whom nothing is ticked":         {a{}, vendor.NoPHI},
		"somebody who treats and sees nothing of ours": {a{Treats: true}, vendor.NoPHI},
		"a temp under our direction":                   {a{Receives: true, ForUs: true, Workforce: true}, vendor.Workforce},
		"a state eligibility office":                   {a{Receives: true, ForUs: true, Benefits: true}, vendor.PublicBody},
		"a researcher":                                 {a{Receives: true}, vendor.Own},
		"a researcher who says it passes on":           {a{Transmits: true, Passing: true}, vendor.Own},
	} {
		t.Run(name, func(t *testing.T) {
			got, why := vendor.Decide(tc.answers)
			if got != tc.want {
				t.Errorf("it is %s, want %s", got, tc.want)
			}
			if len(why) == 0 {
				t.Error("no reason is kept")
			}
			for _, r := range why {
				if r.Text == "" || !law.Known(r.Cite) {
					t.Errorf("a reason is %+v", r)
				}
			}
		})
	}
	t.Run("every combination has one outcome, and no keeper of information for us is a conduit", func(t *testing.T) {
		seen := map[vendor.Outcome]int{}
		for n := range 1 << 9 {
			bit := func(i int) bool { return n>>i&1 == 1 }
			x := a{Creates: bit(0), Receives: bit(1), Maintains: bit(2), Transmits: bit(3), ForUs: bit(4), Workforce: bit(5), Treats: bit(6), Benefits: bit(7), Passing: bit(8)}
			o, why := vendor.Decide(x)
			seen[o]++
			if o.English() == "" || len(why) == 0 {
				t.Fatalf("%+v is %q", x, o)
			}
			if x.Maintains && o == vendor.Conduit {
				t.Fatalf("%+v is a conduit", x)
			}
			if x.Verbs() != (o != vendor.NoPHI) {
				t.Fatalf("%+v is %s", x, o)
			}
			excluded := x.Workforce || x.Treats || x.Benefits
			if carries := x.Transmits && x.Passing && !x.Creates && !x.Receives && !x.Maintains; (x.Verbs() && x.ForUs && !excluded && !carries) != (o == vendor.Associate) {
				t.Fatalf("%+v is %s", x, o)
			}
		}
		for _, o := range vendor.Outcomes() {
			if seen[o] == 0 {
				t.Errorf("nothing leads to %s", o)
			}
		}
	})
}
