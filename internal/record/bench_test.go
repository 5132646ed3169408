package record_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/db/dbtest"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

func benchDesk(b *testing.B) (*desk, []record.ID[note]) {
	b.Helper()
	database := dbtest.SQLite(b)
	w := recordtest.On(b, database)
	d := &desk{World: w, clients: record.Use(w.Door, clientKind), cases: record.Use(w.Door, caseKind), notes: record.Use(w.Door, noteKind)}
	work := w.Door.Work(w.Service("import"), "import.run")
	d.who = d.clients.CreateClient(work, client{Name: phi.NewText("Marisol Ibáñez")})
	d.cases.CreateAs(work, "case.open", record.SubjectOf(d.who), casework{Program: "recovery", Worker: "ann", From: w.Clock.Now()})
	var ids []record.ID[note]
	for i := range 200 {
		ids = append(ids, d.notes.Create(work, record.SubjectOf(d.who), note{Title: fmt.Sprint(i), State: "imported", Body: phi.NewText(fmt.Sprintf("%02000d", i))}))
	}
	if err := work.Commit(ctx); err != nil {
		b.Fatal(err)
	}
	return d, ids
}

// BenchmarkRead is one note decided, entered durably and unsealed.
func BenchmarkRead(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d callers", callers), func(b *testing.B) {
			d, ids := benchDesk(b)
			ann := d.As("ann", actor.CaseManager)
			var n atomic.Int64
			b.SetParallelism(max(1, callers/2))
			b.ResetTimer()
			if callers == 1 {
				for i := range b.N {
					if _, err := d.notes.Read(ctx, ann, ids[i%len(ids)]); err != nil {
						b.Fatal(err)
					}
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := d.notes.Read(ctx, ann, ids[int(n.Add(1))%len(ids)]); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkWrite is one note sealed, entered and durable.
func BenchmarkWrite(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d callers", callers), func(b *testing.B) {
			d, _ := benchDesk(b)
			ann := d.As("ann", actor.CaseManager)
			body := phi.NewText(fmt.Sprintf("%02000d", 7))
			write := func() {
				work := d.Door.Work(ann, "note.create")
				d.notes.Create(work, record.SubjectOf(d.who), note{Title: "Call", Author: "ann", State: "draft", At: d.Clock.Now(), Body: body})
				if err := work.Commit(ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.SetParallelism(max(1, callers/2))
			b.ResetTimer()
			if callers == 1 {
				for range b.N {
					write()
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					write()
				}
			})
		})
	}
}
