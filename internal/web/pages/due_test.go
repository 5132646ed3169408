package pages_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"caseward/internal/program/obligation"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// BenchmarkDue counts what 500 staff owe of 20 courses and writes the first page of it.
func BenchmarkDue(b *testing.B) {
	now := time.Date(2026, time.November, 20, 15, 0, 0, 0, time.UTC)
	var all []obligation.Obligation
	for w := range 500 {
		for c := range 20 {
			all = append(all, obligation.Obligation{Module: "training", Worker: fmt.Sprint(w), Name: fmt.Sprint("Course ", c), Due: now.AddDate(0, 0, (w+c)%60-20)})
		}
	}
	f := ui.Frame{Lang: ui.English, Now: now}
	for b.Loop() {
		p := pages.DuePage{Others: true, Total: len(all), From: 1}
		for _, c := range obligation.Tally(now, all, []string{"training"}) {
			p.Counts = append(p.Counts, pages.DueCount{Name: pages.ModuleName(f.Lang, c.Module), URL: "/due?of=training", Late: c.Late, Week: c.Week, Later: c.Later})
		}
		for _, o := range all[:100] {
			p.Rows = append(p.Rows, pages.OwedRow{What: "Take a course", Name: o.Name, Why: "New here", Whose: "Jordan Avery", Due: o.Due, Path: "/training"})
		}
		if err := pages.Due(f, p).Render(context.Background(), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
