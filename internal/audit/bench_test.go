package audit_test

import (
	"context"
	"testing"

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
