package kpi_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"caseward/internal/program/kpi"
)

func TestPeriods(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		at                  string
		cadence             kpi.Cadence
		want, before, after string
	}{
		"a month begins at midnight of the zone":       {"2026-11-01T04:00:00Z", kpi.Monthly, "2026-11", "2026-10", "2026-12"},
		"a second before it is the month before":       {"2026-11-01T03:59:59Z", kpi.Monthly, "2026-10", "2026-09", "2026-11"},
		"the year turns":                               {"2027-01-15T12:00:00Z", kpi.Monthly, "2027-01", "2026-12", "2027-02"},
		"a quarter":                                    {"2026-11-15T12:00:00Z", kpi.Quarterly, "2026-Q4", "2026-Q3", "2027-Q1"},
		"the first quarter":                            {"2026-03-31T12:00:00Z", kpi.Quarterly, "2026-Q1", "2025-Q4", "2026-Q2"},
		"a month with a change of the clock, as March": {"2026-03-31T12:00:00Z", kpi.Monthly, "2026-03", "2026-02", "2026-04"},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, x.at)
			if err != nil {
				t.Fatal(err)
			}
			p := kpi.PeriodAt(x.cadence, at, zone)
			if p.Name != x.want || p.Before(zone).Name != x.before || p.Next(zone).Name != x.after || p.Cadence() != x.cadence {
				t.Errorf("%s, before %s, after %s", p.Name, p.Before(zone).Name, p.Next(zone).Name)
			}
			if !p.Before(zone).Until.Equal(p.From) || !p.Next(zone).From.Equal(p.Until) || at.Before(p.From) || !at.Before(p.Until) {
				t.Errorf("%v", p)
			}
			if again, ok := kpi.ParsePeriod(p.Name, zone); !ok || !again.From.Equal(p.From) || !again.Until.Equal(p.Until) {
				t.Errorf("read again it is %v, %v", again, ok)
			}
		})
	}
	for _, bad := range []string{"", "2026", "2026-00", "2026-13", "2026-Q0", "2026-Q5", "2026-Q", "2026-Q12", "x026-Q1", "2026-1"} {
		if p, ok := kpi.ParsePeriod(bad, zone); ok {
			t.Errorf("%q is read as %v", bad, p)
		}
	}
	if p := (kpi.Period{From: time.Unix(86400*10, 0), Until: time.Unix(86400*12, 0)}).Before(zone); p.From.Unix() != 86400*8 || p.Until.Unix() != 86400*10 {
		t.Errorf("of one without a name the one before is %v", p)
	}
}

func TestFigures(t *testing.T) {
	for name, x := range map[string]struct {
		f          kpi.Figure
		met, known bool
		trend      int
		compared   bool
		text       string
	}{
		"just the target is reached":       {kpi.Figure{Unit: kpi.Percent, Higher: true, Num: 19, Den: 20, Target: 95, WasNum: 9, WasDen: 10}, true, true, 1, true, "95"},
		"a little less is not":             {kpi.Figure{Unit: kpi.Percent, Higher: true, Num: 949, Den: 1000, Target: 95, WasNum: 95, WasDen: 100}, false, true, -1, true, "94.9"},
		"what is cut is not rounded up":    {kpi.Figure{Unit: kpi.Percent, Higher: true, Num: 9999, Den: 10000, Target: 100, WasNum: 9999, WasDen: 10000}, false, true, 0, true, "99.9"},
		"fewer days are better":            {kpi.Figure{Unit: kpi.Days, Num: 250, Den: 100, Target: 2, WasNum: 300, WasDen: 100}, false, true, 1, true, "2.5"},
		"no day reaches no day":            {kpi.Figure{Unit: kpi.Days, Num: 0, Den: 100}, true, true, 0, false, "0"},
		"a hundredth of a day does not":    {kpi.Figure{Unit: kpi.Days, Num: 1, Den: 100, WasNum: 0, WasDen: 100}, false, true, -1, true, "0.01"},
		"nothing to count reaches nothing": {kpi.Figure{Unit: kpi.Percent, Higher: true, WasNum: 1, WasDen: 2}, false, false, 0, false, ""},
		"a count":                          {kpi.Figure{Unit: kpi.Count, Num: 4, Den: 1, Target: 5, WasNum: 3, WasDen: 1}, true, true, -1, true, "4"},
	} {
		t.Run(name, func(t *testing.T) {
			met, known := x.f.Met()
			trend, compared := x.f.Trend()
			if met != x.met || known != x.known || trend != x.trend || compared != x.compared {
				t.Errorf("met %v %v, trend %d %v", met, known, trend, compared)
			}
			if got := kpi.Text(x.f.Unit, x.f.Num, x.f.Den); got != x.text {
				t.Errorf("it reads %q", got)
			}
		})
	}
}
