package fhir_test

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/fhir"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/record/recordtest"
)

var real = flag.String("fhir", "", "a directory of bundles to import besides those in testdata")

type bench struct {
	*recordtest.World
	clients   *person.Clients
	cases     *casefile.Cases
	notes     *note.Notes
	documents *document.Documents
	items     *clinical.Items
	plans     *plan.Plans
	importer  *fhir.Importer
}

func on(w *recordtest.World) bench {
	b := bench{World: w}
	b.clients = person.New(w.Door)
	b.cases = casefile.New(w.Door, b.clients)
	b.notes = note.New(w.Door, b.cases)
	b.documents, b.items, b.plans = document.New(w.Door), clinical.New(w.Door), plan.New(w.Door)
	b.importer = fhir.New(b.clients, b.cases, b.notes, b.documents, b.items, b.plans)
	return b
}

func (b bench) run(t testing.TB, opt fhir.Options, paths ...string) fhir.Report {
	t.Helper()
	r, err := b.importer.Import(context.Background(), b.Service("import"), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (b bench) text(t testing.TB, s string) fhir.Report {
	t.Helper()
	return b.run(t, fhir.Options{Stdin: strings.NewReader(s)}, "-")
}

func TestRealData(t *testing.T) {
	if *real == "" {
		t.Skip("name a directory with -fhir")
	}
	b := on(recordtest.Open(t))
	for range 2 {
		r := b.run(t, fhir.Options{Program: "Care coordination", Assign: "w1"}, *real)
		out, _ := json.MarshalIndent(r, "", " ")
		t.Logf("%s", out)
		if len(r.Errors) > 0 {
			t.Error("there were errors")
		}
	}
}

func BenchmarkImport(b *testing.B) {
	if *real == "" {
		b.Skip("name a directory with -fhir")
	}
	n := 0
	for b.Loop() {
		b.StopTimer()
		w := on(recordtest.Open(b))
		b.StartTimer()
		n += w.run(b, fhir.Options{}, *real).Resources
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "resources/s")
}

var (
	_ = cmp.Diff
	_ = os.ReadFile
	_ = filepath.Join
	_ = actor.Intake
	_ = phi.NewText
)
