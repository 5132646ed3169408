package audit_test

import (
	"context"
	"testing"

	"caseward/internal/audit"
	"caseward/internal/db/dbtest"
)

func BenchmarkPrepare(b *testing.B) {
	l, _ := openLog(b, dbtest.SQLite(b))
	for b.Loop() {
		if _, err := l.Prepare(entry(1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRecord(b *testing.B) {
	l, _ := openLog(b, dbtest.SQLite(b))
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := l.Record(context.Background(), entry(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkSequence(b *testing.B) {
	l, _ := openLog(b, dbtest.SQLite(b))
	for b.Loop() {
		b.StopTimer()
		record(b, l, 0, 256)
		b.StartTimer()
		if _, err := l.Sequence(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/entry")
}

// BenchmarkFind asks a busy day's log about one client: a page, and five hundred.
func BenchmarkFind(b *testing.B) {
	l, _ := openLog(b, dbtest.SQLite(b))
	record(b, l, 0, 10_000)
	if _, err := l.Sequence(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.Run("a page", func(b *testing.B) {
		for b.Loop() {
			if f, err := l.FindPage(context.Background(), audit.Query{Subject: "c1"}); err != nil || len(f.Entries) != 50 {
				b.Fatal(len(f.Entries), err)
			}
		}
	})
	b.Run("five hundred", func(b *testing.B) {
		for b.Loop() {
			if es, err := l.Find(context.Background(), audit.Query{Subject: "c1", Limit: 500, Unplaced: true}); err != nil || len(es) != 500 {
				b.Fatal(len(es), err)
			}
		}
	})
}
