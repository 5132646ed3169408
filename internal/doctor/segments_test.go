package doctor_test

import (
	"strings"
	"testing"

	"caseward/internal/doctor"
)

func TestSegments(t *testing.T) {
	for name, c := range map[string]struct {
		list []doctor.Segment
		want doctor.State
		says string
	}{
		"none is no fault":                  {nil, doctor.Unused, "in the database"},
		"all there are good":                {[]doctor.Segment{{File: "a"}, {File: "b"}}, doctor.Good, "(2)"},
		"one that is missing is named":      {[]doctor.Segment{{File: "a"}, {File: "b", Missing: true}}, doctor.Wrong, "1 of 2 closed segments of the log are not in their place or have another size: b"},
		"of many that are missing some are": {[]doctor.Segment{{"a", true}, {"b", true}, {"c", true}, {"d", true}}, doctor.Wrong, "a, b, c"},
	} {
		t.Run(name, func(t *testing.T) {
			f := doctor.Segments(c.list)
			if f.State != c.want || !strings.Contains(f.Says, c.says) || (c.want == doctor.Wrong) != (f.Do != "") {
				t.Fatalf("%+v", f)
			}
		})
	}
}
