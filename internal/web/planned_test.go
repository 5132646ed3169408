package web_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
)

func TestWhatSoonChangesOfTheirOwnIsSaidToPeopleAboveEveryPage(t *testing.T) {
	h := open(t)
	role, boss := actor.Supervisor, ""
	day := func(d int) time.Time { return time.Date(2026, time.December, d, 0, 0, 0, 0, time.UTC) }
	plan := func(name string, in org.Planning) {
		t.Helper()
		if err := h.parts.Org.Plan(ctx, h.Proved(h.staff["root"].String(), actor.Administrator), h.staff[name], in); err != nil {
			t.Fatal(err)
		}
	}
	plan("ann", org.Planning{From: day(10), Until: day(31), Role: &role})
	plan("ivy", org.Planning{From: day(10), Role: &role})
	for _, x := range []struct {
		name string
		at   time.Time
		says string // empty: nothing
	}{
		{"ann", day(10).AddDate(0, 0, -15), ""},
		{"ann", day(2), "From Dec 10, 2026 until Dec 31, 2026 you work as Supervisor."},
		{"ivy", day(2), "From Dec 10, 2026 you work as Supervisor."},
		{"sue", day(2), ""},
		{"ann", day(12), ""},
		{"ann", day(28), "Until Dec 31, 2026 you work as Supervisor, then again as Case manager."},
		{"ivy", day(12), ""},
		{"ann", day(33), ""},
	} {
		h.Clock.Set(x.at.Add(18 * time.Hour))
		_, body := h.as(x.name).do("GET", "/account/sessions", nil)
		if got := strings.Contains(body, "See what changes"); got != (x.says != "") || !strings.Contains(body, x.says) {
			t.Errorf("%s on %v: said %v, want %q", x.name, x.at, got, x.says)
		}
	}
	h.Clock.Set(day(33))
	plan("ann", org.Planning{From: day(40), Supervisor: &boss, Programs: &[]string{"clinic"}})
	if _, body := h.as("ann").do("GET", "/account/sessions", nil); !strings.Contains(body, "From Jan 9, 2027 your programs or your supervisor change.") {
		t.Error("a change that is not of the role is not said")
	}
}

func TestPeopleReadANoticeOfWhatChangesOfTheirAccess(t *testing.T) {
	h := open(t)
	role := actor.Supervisor
	day := time.Date(2026, time.December, 10, 0, 0, 0, 0, time.UTC)
	admin := func() actor.Actor { return h.Proved(h.staff["root"].String(), actor.Administrator) }
	if err := h.parts.Org.Plan(ctx, admin(), h.staff["ann"], org.Planning{From: day, Role: &role}); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		t.Helper()
		code, body := h.as(name).do("GET", "/notices", nil)
		if code != 200 {
			t.Fatalf("%s: %d", name, code)
		}
		return body
	}
	const says = "Your role, programs or supervisor change from Dec 10, 2026."
	if !strings.Contains(read("ann"), says) || strings.Contains(read("ivy"), says) {
		t.Error("whom it concerns does not read it, or somebody else does")
	}
	if strings.Contains(read("root"), says) {
		t.Error("an administrator reads what is another's")
	}
	s, err := h.parts.Org.Read(ctx, admin(), h.staff["ann"])
	if err == nil {
		err = h.parts.Org.Cancel(ctx, admin(), h.staff["ann"], s.Value.Planned[0].Key)
	}
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(read("ann"), "The change of your role, programs or supervisor from Dec 10, 2026 is called off.") {
		t.Error("that it is called off is not said")
	}
}
