package upkeep_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/doctor"
	"caseward/internal/fault"
	"caseward/internal/record/recordtest"
	"caseward/internal/upkeep"
)

var ctx = context.Background()

func TestStatus(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		looked := 0
		u := upkeep.New(w.Door, func(context.Context) (upkeep.Status, error) {
			looked++
			return upkeep.Status{Findings: []upkeep.Finding{
				{Check: "a", State: upkeep.Unused}, {Check: "b", State: upkeep.Good}, {Check: "c", State: upkeep.Warning},
				{Check: "d", State: upkeep.Wrong}, {Check: "e", State: upkeep.Unknown}, {Check: "f", State: upkeep.Wrong},
			}}, nil
		})
		for _, role := range actor.Roles() {
			may := role == actor.Administrator || role == actor.SecurityOfficer
			before := looked
			_, err := u.Status(ctx, w.As("w-"+string(role), role))
			if may && (err != nil || looked != before+1) || !may && (!fault.Is(err, fault.Denied) || looked != before) {
				t.Errorf("%s: %v, looked %d times", role, err, looked-before)
			}
			es, err := w.Log.Find(ctx, audit.Query{Worker: "w-" + string(role), Action: upkeep.Read, Limit: 5})
			if err != nil || len(es) != 1 || (es[0].Outcome == audit.Allowed) != may {
				t.Errorf("%s left %d entries, %v", role, len(es), err)
			}
		}
		t.Run("the worst comes first, and what is as bad stays in order", func(t *testing.T) {
			s, err := u.Status(ctx, w.As("ada", actor.Administrator))
			order := ""
			for _, f := range s.Findings {
				order += f.Check
			}
			if err != nil || order != "dfceba" {
				t.Errorf("%s %v", order, err)
			}
		})
		t.Run("without an entry nothing is looked at", func(t *testing.T) {
			before := looked
			w.BreakLog(t)
			if _, err := u.Status(ctx, w.As("ada", actor.Administrator)); !fault.Is(err, fault.Unavailable) || looked != before {
				t.Errorf("%v, looked %d times", err, looked-before)
			}
		})
	})
	t.Run("a look that fails is an error and no empty page", func(t *testing.T) {
		w := recordtest.Open(t)
		u := upkeep.New(w.Door, func(context.Context) (upkeep.Status, error) { return upkeep.Status{}, errors.New("away") })
		if _, err := u.Status(ctx, w.As("ada", actor.Administrator)); err == nil {
			t.Error("nobody is told")
		}
	})
}

func TestMerge(t *testing.T) {
	round := []upkeep.Finding{{Check: "disk", State: doctor.Good}, {Check: "mail", State: doctor.Wrong}}
	got := upkeep.Merge(round, []upkeep.Finding{{Check: "disk", State: doctor.Wrong}, {Check: "requests", State: doctor.Good}})
	want := []upkeep.Finding{{Check: "disk", State: doctor.Wrong}, {Check: "mail", State: doctor.Wrong}, {Check: "requests", State: doctor.Good}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if round[0].State != doctor.Good {
		t.Error("the round itself was changed")
	}
}
