package backup

import "testing"

// Later has the program know one more table until the test ends.
func Later(t *testing.T) {
	was := tables
	later := tables[0]
	later.name, later.count = "later", `SELECT count(*) FROM later`
	tables = append(tables[:len(tables):len(tables)], later)
	t.Cleanup(func() { tables = was })
}
