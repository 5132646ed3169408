package actor_test

import (
	"slices"
	"testing"

	"caseward/internal/actor"
)

func TestRolesOfOnePerson(t *testing.T) {
	one := actor.Held{Role: actor.Intake}
	two := actor.Held{Role: actor.Intake, Also: actor.Supervisor}
	for _, x := range []struct {
		of    actor.Held
		among []actor.Role
		want  bool
	}{
		{one, []actor.Role{actor.Intake}, true},
		{one, []actor.Role{actor.Supervisor, actor.Intake}, true},
		{one, []actor.Role{actor.Supervisor}, false},
		{one, []actor.Role{""}, false}, // no second role is none
		{one, nil, false},
		{two, []actor.Role{actor.Supervisor}, true},
		{two, []actor.Role{actor.Intake}, true},
		{two, []actor.Role{actor.Auditor}, false},
	} {
		if got := x.of.Works(x.among...); got != x.want {
			t.Errorf("%v among %v: %v", x.of, x.among, got)
		}
	}
	if !slices.Equal(one.Roles(), []actor.Role{actor.Intake}) || !slices.Equal(two.Roles(), []actor.Role{actor.Intake, actor.Supervisor}) {
		t.Errorf("%v, %v", one.Roles(), two.Roles())
	}
}
