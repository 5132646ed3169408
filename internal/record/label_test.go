package record_test

import (
	"context"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

type labelled struct {
	Number phi.Text `class:"identity" doc:"A number."`
}

func TestLabelsAndLookUpsAreForServices(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		ctx := context.Background()
		rs := record.Use(w.Door, record.Define(record.Kind[labelled]{Name: "client", Doc: "A client.", Retention: "record",
			Labels: func(labelled) record.Labels { return record.Labels{State: "active"} },
			Terms:  func(l labelled) []record.Term { return []record.Term{{Field: record.NumberTerm, Text: l.Number}} }}))
		work := w.Door.Work(w.Service("import"), "import.run")
		id := rs.CreateClient(work, labelled{phi.NewText("C-20417")})
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		before := len(w.Entries(t))
		term := record.Term{Field: record.NumberTerm, Text: phi.NewText("c 20417")}
		t.Run("a service gets labels and ids, and nothing is opened", func(t *testing.T) {
			l, version, found, err := rs.LabelsOf(ctx, w.Service("notifier"), id)
			if err != nil || !found || version != 1 || l.State != "active" {
				t.Errorf("labels %v, version %d, found %v, %v", l, version, found, err)
			}
			ids, err := rs.LookUp(ctx, w.Service("notifier"), term, 2)
			if err != nil || len(ids) != 1 || ids[0] != id {
				t.Errorf("ids %v, %v", ids, err)
			}
			if n := len(w.Entries(t)) - before; n != 0 {
				t.Errorf("%d entries", n)
			}
		})
		t.Run("a person gets neither, officer or not", func(t *testing.T) {
			who := w.Proved("pat", actor.PrivacyOfficer)
			if _, _, _, err := rs.LabelsOf(ctx, who, id); !fault.Is(err, fault.Denied) {
				t.Errorf("labels: %v", err)
			}
			if _, err := rs.LookUp(ctx, who, term, 2); !fault.Is(err, fault.Denied) {
				t.Errorf("look-up: %v", err)
			}
		})
	})
}
