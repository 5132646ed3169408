package order

import (
	"cmp"
	"slices"
	"testing"
)

func TestRowsAreSortedAndEqualOnesStayAsTheyStood(t *testing.T) {
	type row struct{ key, place int }
	for _, n := range []int{0, 1, 2, 3, 12, 13, 100, 5000} {
		var rows []row
		for i := range n {
			rows = append(rows, row{(i * 7919) % 17, i})
		}
		want := slices.Clone(rows)
		byKey := func(a, b row) int { return cmp.Compare(a.key, b.key) }
		slices.SortStableFunc(want, byKey)
		By(rows, byKey)
		if !slices.Equal(rows, want) {
			t.Errorf("%d rows: %v, want %v", n, rows, want)
		}
	}
}
