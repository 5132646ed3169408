package staffsync_test

import (
	"fmt"
	"strings"
	"testing"

	"caseward/internal/db/dbtest"
	"caseward/internal/record/recordtest"
	"caseward/internal/staffsync"
)

// BenchmarkPlan plans a file of 10,000 rows: of people who are all to be invited, and of an
// agency of 2,000 in which a tenth of those changed.
func BenchmarkPlan(b *testing.B) {
	list := func(n, changed int) string {
		var s strings.Builder
		s.WriteString("given name,family name,mail,role,programs\n")
		for i := range n {
			program := "housing"
			if changed > 0 && i%changed == 0 {
				program = "health"
			}
			fmt.Fprintf(&s, "Given%d,Family%d,person%d@example.org,case manager,%s\n", i, i, i, program)
		}
		return s.String()
	}
	database := dbtest.SQLite(b)
	h := open(b, recordtest.On(b, database))
	plan := func(b *testing.B, file string, invites, changes int) {
		b.ReportAllocs()
		for b.Loop() {
			p := h.plan(file, staffsync.Options{})
			if p.Count(staffsync.Invite) != invites || p.Count(staffsync.Change) != changes {
				b.Fatalf("%d invitations, %d changes, %d refused", p.Count(staffsync.Invite), p.Count(staffsync.Change), p.Count(staffsync.Refused))
			}
		}
	}
	b.Run("rows=10000/new", func(b *testing.B) { plan(b, list(10_000, 0), 10_000, 0) })
	h.apply(list(2_000, 0), staffsync.Options{})
	b.Run("rows=10000/staff=2000", func(b *testing.B) { plan(b, list(10_000, 10), 8_000, 200) })
}
