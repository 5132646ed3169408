package org_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

func TestPeopleAreToldWhatChangesOfTheirAccess(t *testing.T) {
	zone, _ := time.LoadLocation("America/New_York")
	on := func(day string) time.Time { return org.Begins(civil(day), zone) }
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		ns, clients := notice.New(w.Door), person.New(w.Door)
		admin := func() actor.Actor { return h.as(h.admin, actor.Administrator) }
		type said struct {
			What        notice.What
			From, Until time.Time
		}
		// told is what they have not seen, newest first, which is seen then.
		told := func(id org.ID, role actor.Role) (out []said) {
			t.Helper()
			who := h.as(id, role)
			p, err := ns.Mine(ctx, who, clients, false, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Rows {
				n := o.Value
				out = append(out, said{n.What, n.From, n.Until})
				if n.By != h.admin.String() || n.Path != "/staff/"+id.String() || n.Mail != notice.Wanted || !o.Subject.IsZero() {
					t.Errorf("%+v", n)
				}
				if err := ns.See(ctx, who, o.ID); err != nil {
					t.Fatal(err)
				}
			}
			return out
		}
		is := func(want ...said) {
			t.Helper()
			if diff := cmp.Diff(want, told(h.casework, actor.CaseManager)); diff != "" {
				t.Error(diff)
			}
		}
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
		}
		is()
		kind(t, h.org.Plan(ctx, admin(), h.casework, acting("2029-12-01", "")), fault.Invalid)
		kind(t, h.org.Plan(ctx, h.as(h.boss, actor.Supervisor), h.casework, acting("2026-12-01", "")), fault.Denied)
		is() // nothing came of it
		h.plan(t, h.casework, acting("2026-12-10", "2026-12-20"))
		is(said{org.ChangePlanned, on("2026-12-10"), on("2026-12-21")})
		ok(h.org.Cancel(ctx, admin(), h.casework, h.planned(t, h.casework)[0].Key))
		is(said{org.ChangeCalledOff, on("2026-12-10"), time.Time{}})
		// Moved is called off and planned anew.
		h.plan(t, h.casework, acting("2026-12-12", ""))
		is(said{org.ChangePlanned, on("2026-12-12"), time.Time{}})
		ok(h.org.Cancel(ctx, admin(), h.casework, h.planned(t, h.casework)[0].Key))
		is(said{org.ChangeCalledOff, on("2026-12-12"), time.Time{}})
		h.plan(t, h.casework, acting("2026-12-10", "2026-12-20"))
		is(said{org.ChangePlanned, on("2026-12-10"), on("2026-12-21")})
		h.Clock.Set(on("2026-12-15"))
		ok(h.org.Cancel(ctx, admin(), h.casework, h.planned(t, h.casework)[0].Key))
		is(said{org.ChangeEnded, on("2026-12-15"), time.Time{}})
		in := deciding(actor.Supervisor)
		in.From = civil("2026-12-27")
		ok(h.org.Decide(ctx, admin(), h.casework, in))
		is(said{org.SecondGiven, on("2026-12-27"), time.Time{}})
		s, err := h.org.Read(ctx, admin(), h.casework)
		ok(err)
		ok(h.org.EndSecond(ctx, admin(), h.casework, s.Value.Also[0].Key, phi.NewText("Not needed.")))
		is(said{org.ChangeCalledOff, on("2026-12-27"), time.Time{}})
		in.From = civil("2026-12-28")
		ok(h.org.Decide(ctx, admin(), h.casework, in))
		is(said{org.SecondGiven, on("2026-12-28"), time.Time{}})
		s, err = h.org.Read(ctx, admin(), h.casework)
		ok(err)
		h.Clock.Set(on("2026-12-30"))
		ok(h.org.EndSecond(ctx, admin(), h.casework, s.Value.Also[1].Key, phi.NewText("Sam is back.")))
		is(said{org.SecondEnded, on("2026-12-30"), time.Time{}})
		if got := told(h.boss, actor.Supervisor); len(got) != 0 {
			t.Errorf("somebody else was told: %+v", got)
		}

		t.Run("administrators and officers read theirs too", func(t *testing.T) {
			for _, role := range []actor.Role{actor.Administrator, actor.PrivacyOfficer, actor.SecurityOfficer} {
				id := h.invite(t, h.Service("operator"), "Bo", string(role)+"2@example.org", role, "")
				h.plan(t, id, org.Planning{From: civil("2027-02-01"), Role: ptr(actor.Intake)})
				if got := told(id, role); !slices.Equal(got, []said{{org.ChangePlanned, on("2027-02-01"), time.Time{}}}) {
					t.Errorf("%s: %+v", role, got)
				}
			}
		})
	})
}
