package verify_test

import (
	"context"
	"crypto/sha256"
	"os"
	"strconv"
	"testing"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
)

// benchEntries is how long the log of the benchmarks is: 20,000 entries, or
// what CASEWARD_BENCH_ENTRIES says.
func benchEntries(b *testing.B) int {
	if s := os.Getenv("CASEWARD_BENCH_ENTRIES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			b.Fatal(err)
		}
		return n
	}
	return 20_000
}

func BenchmarkVerify(b *testing.B) {
	ctx := context.Background()
	n := benchEntries(b)
	x := newLog(b, "")
	x.record(n)
	x.sequence()
	dir := b.TempDir()
	if _, err := audit.Export(ctx, x.d, dir, ""); err != nil {
		b.Fatal(err)
	}
	perEntry := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/entry")
	}
	b.Run("database", func(b *testing.B) {
		for b.Loop() {
			r, err := verify.Database(ctx, "", x.dir, verify.Options{})
			if err != nil || !r.OK || r.Entries != int64(n) {
				b.Fatalf("%v\n%s", err, r)
			}
		}
		perEntry(b)
	})
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			r, err := verify.Directory(ctx, dir, verify.Options{})
			if err != nil || !r.OK || r.Entries != int64(n) {
				b.Fatalf("%v\n%s", err, r)
			}
		}
		perEntry(b)
	})
	// The floor: hashing as many leaves and tree nodes, and for the database
	// the details and marks, on one processor.
	b.Run("raw SHA-256 of the same", func(b *testing.B) {
		leaf, node, detail, mark := make([]byte, 102), make([]byte, 65), make([]byte, 120), make([]byte, 16)
		for b.Loop() {
			for range n {
				_, _, _, _ = sha256.Sum256(leaf), sha256.Sum256(node), sha256.Sum256(detail), sha256.Sum256(mark)
			}
		}
		perEntry(b)
	})
}
