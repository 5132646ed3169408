package filter_test

import (
	"context"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/filter"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func TestFilters(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		fs := filter.New(w.Door)
		ann, bo := w.As("ann", actor.CaseManager), w.As("bo", actor.CaseManager)
		named := func(s string, is bool) filter.Filter {
			return filter.Filter{Name: phi.NewText(s), Tab: "attention", Default: is}
		}
		first, err := fs.Save(ctx, ann, named(" Late in housing ", true))
		if err != nil {
			t.Fatal(err)
		}
		second, err := fs.Save(ctx, ann, named("Intensive", true))
		if err != nil {
			t.Fatal(err)
		}
		names := func(who actor.Actor) (all []string, is string) {
			t.Helper()
			mine, err := fs.Mine(ctx, who)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range mine {
				all = append(all, o.Value.Name.Disclose())
				if o.Value.Default {
					is += o.Value.Name.Disclose()
				}
			}
			return all, is
		}
		t.Run("stand in the menu, opened once and again when one was changed", func(t *testing.T) {
			menu := func(fs *filter.Filters, who actor.Actor) (all []string, entries int) {
				t.Helper()
				before := len(w.Entries(t))
				rows, err := fs.Menu(ctx, who)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range rows {
					all = append(all, o.Value.Name.Disclose())
				}
				return all, len(w.Entries(t)) - before
			}
			cold := filter.New(w.Door) // of a server that was just started
			if all, n := menu(cold, ann); len(all) != 2 || all[0] != "Intensive" || n != 1 {
				t.Error(all, n)
			}
			if all, n := menu(cold, ann); len(all) != 2 || n != 0 {
				t.Error(all, n)
			}
			if all, n := menu(cold, bo); len(all) != 0 || n != 0 {
				t.Error("a colleague's", all, n)
			}
			third, err := fs.Save(ctx, ann, named("Aging out", false)) // by another server
			if err != nil {
				t.Fatal(err)
			}
			if all, n := menu(cold, ann); len(all) != 3 || all[0] != "Aging out" || n != 1 {
				t.Error(all, n)
			}
			if err := fs.Drop(ctx, ann, third); err != nil {
				t.Fatal(err)
			}
			if all, _ := menu(cold, ann); len(all) != 2 {
				t.Error("one that was thrown away stays", all)
			}
			// A page that opened them spares the menu.
			if _, err := fs.Mine(ctx, ann); err != nil {
				t.Fatal(err)
			}
			if _, n := menu(fs, ann); n != 0 {
				t.Error(n)
			}
			if all, n := menu(cold, w.As("adm", actor.Administrator)); len(all) != 0 || n != 0 {
				t.Error(all, n)
			}
		})
		t.Run("are listed by name, with one default at most", func(t *testing.T) {
			if all, is := names(ann); len(all) != 2 || all[0] != "Intensive" || is != "Intensive" {
				t.Error(all, is)
			}
			if err := fs.SetDefault(ctx, ann, first); err != nil {
				t.Error(err)
			}
			if _, is := names(ann); is != "Late in housing" {
				t.Error(is)
			}
			if err := fs.SetDefault(ctx, ann, filter.ID{}); err != nil {
				t.Error(err)
			}
			if _, is := names(ann); is != "" {
				t.Error(is)
			}
			if has, err := fs.HasDefault(ctx, ann); has || err != nil {
				t.Error(has, err)
			}
			if err := fs.SetDefault(ctx, ann, first); err != nil {
				t.Error(err)
			}
			if has, err := fs.HasDefault(ctx, ann); !has || err != nil {
				t.Error(has, err)
			}
		})
		t.Run("need a name of their own that is short", func(t *testing.T) {
			long := ""
			for range 61 {
				long += "x"
			}
			for _, s := range []string{"", "  ", "late in HOUSING", long} {
				if _, err := fs.Save(ctx, ann, named(s, false)); !fault.Is(err, fault.Invalid) {
					t.Error(len(s), err)
				}
			}
		})
		t.Run("are nobody else's to see, use or remove", func(t *testing.T) {
			if all, _ := names(bo); len(all) != 0 {
				t.Error(all)
			}
			for _, err := range []error{fs.Drop(ctx, bo, first), fs.SetDefault(ctx, bo, first)} {
				if !fault.Is(err, fault.Denied) {
					t.Error(err)
				}
			}
			if _, err := fs.Save(ctx, w.As("ivy", actor.Intake), named("x", false)); err == nil {
				t.Error("intake has no caseload")
			}
		})
		t.Run("are gone when thrown away", func(t *testing.T) {
			if err := fs.Drop(ctx, ann, second); err != nil {
				t.Error(err)
			}
			if all, _ := names(ann); len(all) != 1 {
				t.Error(all)
			}
		})
		t.Run("are twenty at most", func(t *testing.T) {
			for i := range filter.Most - 1 {
				if _, err := fs.Save(ctx, ann, named(string(rune('a'+i)), false)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := fs.Save(ctx, ann, named("one more", false)); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
	})
}
