package policy

import (
	"slices"
	"testing"

	"caseward/internal/actor"
)

func TestRights(t *testing.T) {
	e := engine(t)
	may := map[actor.Role]map[string][]string{}
	for _, role := range actor.Roles() {
		may[role] = map[string][]string{}
		for _, r := range e.Rights(role) {
			may[role][r.ID] = r.May
		}
	}
	t.Run("whatever a case of the table allows a role is among its rights", func(t *testing.T) {
		n := 0
		for _, row := range readCases(t) {
			for _, q := range row.cases {
				if q.Role == actor.Service {
					continue
				}
				for _, id := range e.Decide(q).Permits {
					n++
					if !slices.Contains(may[q.Role][id], q.Action) {
						t.Errorf("%s: %s may %s by %s, which is not listed", row.place, q.Role, q.Action, id)
					}
				}
			}
		}
		if n < 1000 {
			t.Errorf("%d were compared", n)
		}
	})
	t.Run("every right that permits people something is somebody's", func(t *testing.T) {
		for _, r := range e.Rules() {
			if r.Forbids || !r.speaks(actor.Intake) && !slices.ContainsFunc(actor.Roles(), r.speaks) {
				continue
			}
			if !slices.ContainsFunc(actor.Roles(), func(x actor.Role) bool { return may[x][r.ID] != nil }) {
				t.Errorf("%s permits nobody anything", r.ID)
			}
		}
	})
	t.Run("what a role is forbidden is not its right", func(t *testing.T) {
		for id, actions := range may[actor.Auditor] {
			for _, a := range actions {
				if e.In(a, "any.write") {
					t.Errorf("an auditor may %s by %s", a, id)
				}
			}
		}
		if len(may[actor.Administrator]["treating-worker-views"]) > 0 || len(may["nobody"]) > 0 || e.Rights("nobody") != nil {
			t.Error("rights that nobody gave")
		}
	})
	t.Run("what every role has is told from what one has", func(t *testing.T) {
		for _, r := range e.Rights(actor.CaseManager) {
			if r.ID == "sanction-is-appealed" && !r.Everyone { // an auditor, who changes nothing, is left out by another rule
				t.Error("to appeal is not everybody's")
			}
			if want := r.ID == "colleagues"; (r.ID == "colleagues" || r.ID == "treating-worker-views") && r.Everyone != want {
				t.Errorf("%s: everyone %v", r.ID, r.Everyone)
			}
			if want := r.ID == "glass-breaks"; (r.ID == "glass-breaks" || r.ID == "own-draft") && r.Rare != want {
				t.Errorf("%s: rare %v", r.ID, r.Rare)
			}
		}
	})
	t.Run("some may do to others' what nobody may do to their own", func(t *testing.T) {
		for _, x := range []struct {
			role   actor.Role
			action string
			any    bool
			own    bool
		}{
			{actor.PrivacyOfficer, "glass.review", true, false},
			{actor.Supervisor, "glass.review", false, false},
			{actor.CaseManager, "note.sign", true, true},
			{actor.Supervisor, "note.cosign", true, false},
			{actor.ProgramManager, "policydoc_version.approve", true, false},
			{actor.Administrator, "note.read", false, false},
			{actor.Administrator, "no.such", false, false},
		} {
			if any, own := e.Could(x.role, x.action, false), e.Could(x.role, x.action, true); any != x.any || own != x.own {
				t.Errorf("%s %s: %v, own %v", x.role, x.action, any, own)
			}
		}
	})
	t.Run("groups have their actions", func(t *testing.T) {
		if !e.In("note.sign", "any.write") || e.In("note.read", "any.write") || e.In("no.such", "any.write") {
			t.Error("note.sign changes something, and note.read nothing")
		}
	})
}

func BenchmarkRights(b *testing.B) {
	e := must(New())
	for b.Loop() {
		e.allRights()
	}
}
