// Package order sorts the rows of pages and reports.
//
// It does what slices.SortStableFunc does, but its algorithm is in the program once and
// not once for each type of row: of some forty types that was a megabyte. It never
// decides what comes first.
package order

import "slices"

// By sorts rows as compare says, which is as of [slices.SortFunc]. Rows that compare as
// equal stay as they stood.
func By[T any](rows []T, compare func(a, b T) int) {
	places := sorted(len(rows), func(i, j int) int { return compare(rows[i], rows[j]) })
	out := make([]T, len(rows))
	for to, from := range places {
		out[to] = rows[from]
	}
	copy(rows, out)
}

// sorted is the places of n rows in their order.
func sorted(n int, compare func(i, j int) int) []int {
	places := make([]int, n)
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(i, j int) int {
		if c := compare(i, j); c != 0 {
			return c
		}
		return i - j
	})
	return places
}
