package org_test

import (
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/record/recordtest"
)

func TestUnits(t *testing.T) {
	for _, x := range []struct {
		name    string
		rules   org.NoteRules
		minutes int
		want    int
	}{
		{"none are counted unless a program says so", org.NoteRules{}, 60, 0},
		{"seven minutes are no unit of fifteen", org.NoteRules{Unit: 15}, 7, 0},
		{"eight are one", org.NoteRules{Unit: 15}, 8, 1},
		{"twenty-two are one", org.NoteRules{Unit: 15}, 22, 1},
		{"twenty-three are two", org.NoteRules{Unit: 15}, 23, 2},
		{"half of an even unit is none", org.NoteRules{Unit: 30}, 15, 0},
		{"a minute more is one", org.NoteRules{Unit: 30}, 16, 1},
		{"whole units only", org.NoteRules{Unit: 15, Rounding: org.Full}, 29, 1},
		{"units begun", org.NoteRules{Unit: 15, Rounding: org.Started}, 31, 3},
		{"units begun, even", org.NoteRules{Unit: 15, Rounding: org.Started}, 30, 2},
		{"no minutes", org.NoteRules{Unit: 15, Rounding: org.Started}, 0, 0},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := x.rules.Units(x.minutes); got != x.want {
				t.Error(got)
			}
		})
	}
}

func TestSignBy(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name          string
		contact, want string
		days          int
	}{
		{"three days if nothing was set", "2027-03-01 09:00", "2027-03-04 09:00", 0},
		{"the same time of day over a change of the clock", "2027-03-13 09:00", "2027-03-14 09:00", 1},
		{"and back", "2027-11-06 23:59", "2027-11-07 23:59", 1},
		{"over a leap day", "2028-02-28 09:00", "2028-03-01 09:00", 2},
	} {
		t.Run(x.name, func(t *testing.T) {
			at, err := time.ParseInLocation("2006-01-02 15:04", x.contact, zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := (org.NoteRules{SignWithin: x.days}).SignBy(at, zone).In(zone).Format("2006-01-02 15:04"); got != x.want {
				t.Error(got)
			}
		})
	}
}

func TestSetNoteRules(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := open(t, rw)
		admin := h.As(h.admin.String(), actor.Administrator)
		manager := h.invite(t, h.Service("operator"), "Mira", "mira@example.org", actor.ProgramManager, "")
		rules := func(code string) org.NoteRules {
			a, err := h.org.Directory().Agency(ctx)
			if err != nil {
				t.Fatal(err)
			}
			p, _ := a.Program(code)
			return p.Notes
		}
		good := org.NoteRules{Format: "soap", Unit: 15, LateAfter: 48, SignWithin: 2, CoSignWorkers: []string{h.casework.String()}}
		t.Run("an administrator sets them, and the rest of the settings stays", func(t *testing.T) {
			if err := h.org.SetNoteRules(ctx, admin, 1, "housing", good); err != nil {
				t.Fatal(err)
			}
			if got := rules("housing"); got.Format != "soap" || got.Unit != 15 || !got.CoSigned(h.casework.String(), actor.CaseManager) || got.CoSigned("w9", actor.CaseManager) {
				t.Errorf("%+v", got)
			}
			if rules("health").Format != "" {
				t.Error("another program was set too")
			}
		})
		t.Run("a program manager sets those of the programs they manage and no others", func(t *testing.T) {
			who := h.As(manager.String(), actor.ProgramManager)
			if err := h.org.SetNoteRules(ctx, who, 0, "housing", org.NoteRules{Format: "dap"}); err != nil {
				t.Error(err)
			}
			if err := h.org.SetNoteRules(ctx, who, 0, "health", org.NoteRules{Format: "dap"}); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if rules("housing").Format != "dap" || rules("health").Format != "" {
				t.Error("it was not as it should be")
			}
		})
		t.Run("nobody else does, and learns nothing of what is wrong", func(t *testing.T) {
			for _, who := range []actor.Actor{h.As(h.boss.String(), actor.Supervisor), h.As(h.casework.String(), actor.CaseManager), h.As("p1", actor.PrivacyOfficer)} {
				if err := h.org.SetNoteRules(ctx, who, 0, "housing", org.NoteRules{Format: "odd"}); !fault.Is(err, fault.Denied) {
					t.Error(who.Role(), err)
				}
			}
		})
		t.Run("tells all that is wrong at once", func(t *testing.T) {
			err := h.org.SetNoteRules(ctx, admin, 0, "housing", org.NoteRules{Format: "odd", Unit: 500, Rounding: "odd", LateAfter: 9999, SignWithin: 99, CoSignRoles: []actor.Role{actor.Auditor}, CoSignWorkers: []string{h.admin.String()}})
			if got := len(fault.FieldsOf(err)); got != 7 {
				t.Error(got, err)
			}
		})
		t.Run("refuses a version that somebody changed since", func(t *testing.T) {
			if err := h.org.SetNoteRules(ctx, admin, 1, "housing", good); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	})
}
