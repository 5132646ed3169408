package clock

import (
	"testing"
	"time"
)

func TestMonthsEndWithTheMonth(t *testing.T) {
	day := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 17, 30, 0, 0, time.UTC) }
	for _, x := range []struct {
		from time.Time
		n    int
		want time.Time
	}{
		{day(2026, 1, 15), 1, day(2026, 2, 15)},
		{day(2026, 1, 31), 1, day(2026, 2, 28)},
		{day(2027, 12, 31), 2, day(2028, 2, 29)},
		{day(2028, 2, 29), 12, day(2029, 2, 28)},
		{day(2028, 2, 29), 48, day(2032, 2, 29)},
		{day(2026, 8, 31), 3, day(2026, 11, 30)},
		{day(2026, 3, 31), 0, day(2026, 3, 31)},
	} {
		if got := Months(x.from, x.n); !got.Equal(x.want) {
			t.Errorf("%d months after %v is %v, want %v", x.n, x.from, got, x.want)
		}
	}
}
