package account_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
)

func TestOnboardingPages(t *testing.T) {
	h := open(t, false)
	admin, _ := h.enrol(h.admin)
	boss, _ := h.enrol(h.boss)
	worker, _ := h.enrol(h.worker)
	ines := h.hire("Ines Quell", "ines@example.org", actor.CaseManager, h.boss.String())
	path := "/staff/" + ines.String() + "/onboarding"

	h.run("who leads people sees who is under way and what comes next; others do not", func(t *testing.T) {
		boss.get("/onboarding").is(200, "Ines Quell", "Chose how to sign in").without("/settings/clearance", "Cleo Marsh")
		worker.get("/onboarding").is(403)
		worker.get(path).is(403)
		worker.get("/account/onboarding").is(200, "Everything that is required is there.")
	})
	h.run("clearance is required with days that make sense", func(t *testing.T) {
		worker.get("/settings/clearance").is(403)
		boss.post("/settings/clearance", "on", "yes", "settle", "0", "grace", "0", "limited", "0").is(403)
		admin.get("/settings/clearance").is(200, "Everybody must be cleared")
		admin.post("/settings/clearance", "on", "yes", "settle", "many", "grace", "0", "limited", "9").is(422, "Give days from 0 to 365.", `value="many"`, `value="9"`)
		admin.post("/settings/clearance", "on", "yes", "settle", "0", "grace", "0", "limited", "0").to("/onboarding")
		worker.get("/account/onboarding?back=/caseload%3Fprogram=housing").is(200, "Missing", `href="/caseload?program=housing"`)
		worker.get("/account/onboarding?back=https://evil.example").is(200).without("evil.example", "Back to where you were")
		worker.get("/account/onboarding?back=//evil.example/x").is(200).without("evil.example")
	})
	h.run("somebody is cleared on their page; what was typed with faults comes back", func(t *testing.T) {
		boss.get(path).is(200, "Cleared for access", "Missing").without("Record the check")
		boss.post("/staff/"+ines.String()+"/clearance", "what", "References", "outcome", "cleared").is(403)
		admin.post("/staff/"+ines.String()+"/clearance", "what", "References, file 7", "outcome", "perhaps").is(422, "Choose whether the person is cleared.", "References, file 7")
		admin.post("/staff/"+h.admin.String()+"/clearance", "what", "Myself", "outcome", "cleared").is(403)
		admin.post("/staff/"+ines.String()+"/clearance", "what", "References, file 7", "outcome", "cleared", "until", "2027-11-20").to(path)
		admin.get(path).is(200, "References, file 7", "by Ada Vell", "until Nov 20, 2027")
		boss.get(path).is(200, "workforce/clearance").without("References, file 7", "by Ada Vell")
		admin.get("/staff/" + ines.String() + "/clearance").to(path)
	})
	h.run("without a fresh proof the form is not offered", func(t *testing.T) {
		h.Clock.Advance(6 * time.Minute)
		admin.get(path).is(200, "Prove it now").without("Record the check")
		if p := admin.post("/staff/"+ines.String()+"/clearance", "what", "x", "outcome", "cleared"); !strings.HasPrefix(p.location, "/stepup") {
			t.Errorf("led to %q", p.location)
		}
		c, _, err := h.org.ClearanceOf(ctx, h.As(h.admin.String(), actor.Administrator), ines)
		h.ok(err)
		if c.Value.Outcome != org.Cleared || c.Version != 1 {
			t.Errorf("%+v", c)
		}
	})
}
