package account_test

import (
	"net/url"
	"regexp"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
	"caseward/internal/record"
)

var endShown = regexp.MustCompile(`action="(/staff/[^/"]+/second/[^/"]+/end)"`)

func TestSecondRoles(t *testing.T) {
	h := open(t, false)
	h.must.Add("training", school{})
	admin, adminSecret := h.enrol(h.admin)
	worker, workerSecret := h.enrol(h.worker)
	ines := h.hire("Ines Quell", "ines@example.org", actor.Intake, h.boss.String())
	colleague, _ := h.enrol(ines)
	page := "/staff/" + h.worker.String()
	const says = "Sam co-signs what she writes; she decides on no case of her own."
	prove := func() {
		h.t.Helper()
		h.next()
		admin.get("/stepup").is(200)
		admin.post("/stepup", "password", password, "code", h.code(adminSecret), "next", page).to(page)
	}

	h.run("an administrator who proved again who they are gets the form with what meets, and others do not", func(t *testing.T) {
		worker.get("/staff/" + h.boss.String() + "/second").is(403)
		worker.get(page).is(200, "Second role", "None.").without("Give a second role", "Work as")
		h.Clock.Advance(6 * time.Minute)
		admin.get(page + "/second").to("/stepup?next=" + url.QueryEscape(page+"/second"))
		prove()
		admin.get(page+"/second").is(200, "The first role is Case manager.", "How roles go together with Case manager", "Never", "nobody audits their own work",
			"Nobody co-signs a note of their own.", "Nobody does it to what is their own, whichever role they are in.", "Whoever gives access opens no client's record.",
			"All of this is agency practice.", "45 CFR 164.308(a)(2)").without(`<option value="auditor"`, `<option value="case_manager"`)
	})
	h.run("faults keep what was typed, and nobody gives themselves one", func(t *testing.T) {
		admin.post(page+"/second", "role", "supervisor", "statement", "Sam looks.").is(422, "Say in at least 20 characters", "Sam looks.")
		admin.post(page+"/second", "role", "auditor", "statement", says).is(422, "nobody audits their own work")
		admin.post(page+"/second", "role", "supervisor", "from", "soon", "statement", says).is(422, "Give a day.")
		admin.get("/staff/" + h.admin.String()).is(200).without("Give a second role")
		admin.post("/staff/"+h.admin.String()+"/second", "role", "security_officer", "statement", says).is(422)
		colleague.get("/account/sessions").is(200)
		colleague.post(page+"/second", "role", "supervisor", "statement", says).is(403)
	})
	h.run("it is shown to the person and to whoever leads, with the statement and what is missing", func(t *testing.T) {
		w := h.Door.Work(h.As(h.boss.String(), actor.Supervisor), "coverage.create")
		record.Use(h.Door, courseKind).Create(w, record.Subject{}, course{At: h.Clock.Now().AddDate(0, -1, 0)})
		h.ok(w.Commit(ctx))
		admin.post(page+"/second", "role", "supervisor", "statement", says, "until", "2026-12-31").to(page)
		admin.get(page).is(200, "The second role is decided.", "Supervisor, beside Case manager", "Holds now", says, "to Dec 31, 2026", "Decided by Ada Vell on Nov 20, 2026", "End the second role")
		worker.get(page).is(200, says, "Supervisor, beside Case manager", "Case manager, Supervisor").without("End the second role")
		colleague.get(page).is(200, "Case manager, Supervisor").without(says)
		admin.get("/staff?role=supervisor").is(200, "Cleo Marsh", "Sam Orrin")
		// Whoever has it can be a supervisor.
		admin.get("/staff/"+ines.String()).is(200, "Cleo Marsh · Case manager · Supervisor")
		admin.post(page+"/second", "role", "intake", "statement", says).is(422, "They have a second role then.")
	})
	h.run("they choose which they work in, it outlives pages, and a new sign-in is in the first", func(t *testing.T) {
		worker = h.signIn("cleo@example.org", workerSecret)
		a := worker.get("/coverage").is(200, "Work as").without("Arrange coverage")
		if one(t, regexp.MustCompile(`<option value="([a-z_]+)" selected>Case manager`), a.body) != "case_manager" {
			t.Error("the role in force is not chosen")
		}
		worker.post("/account/role", "role", "supervisor", "csrf", "-").is(403)
		worker.get("/coverage").is(200).without("Arrange coverage")
		worker.post("/account/role", "role", "privacy_officer").to("/probe")
		worker.get("/coverage").is(200, "You do not have this role any more.").without("Arrange coverage")
		worker.post("/account/role", "role", "supervisor").to("/probe")
		worker.get("/coverage").is(200, "Arrange coverage", "From now on you work in the role you chose.")
		worker.get("/account/sessions").is(200, "You work as Supervisor now.", "Work as Case manager")
		worker.get("/coverage").is(200, "Arrange coverage")
		h.signIn("cleo@example.org", workerSecret).get("/coverage").is(200).without("Arrange coverage")
	})
	h.run("whoever is in the second role when its last day ends, or an administrator ends it, is in the first at the next click", func(t *testing.T) {
		zone, _ := time.LoadLocation("America/New_York")
		until := org.Begins(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), zone)
		h.Clock.Set(until.Add(-5 * time.Minute))
		worker = h.signIn("cleo@example.org", workerSecret)
		worker.post("/account/role", "role", "supervisor").to("/probe")
		h.Clock.Set(until.Add(-time.Second))
		worker.get("/coverage").is(200, "Arrange coverage")
		h.Clock.Set(until)
		worker.get("/coverage").is(200).without("Arrange coverage", "Work as")

		admin = h.signIn("ada@example.org", adminSecret)
		admin.get(page).is(200, "Ended", "Nov 20, 2026 to Dec 31, 2026")
		admin.post(page+"/second", "role", "supervisor", "statement", says).to(page)
		worker.get("/coverage").is(200, "Work as").without("Arrange coverage")
		worker.post("/account/role", "role", "supervisor").to("/probe")
		worker.get("/coverage").is(200, "Arrange coverage")
		path := one(t, endShown, admin.get(page).is(200).body)
		admin.post(path, "why", "").to(page)
		admin.get(page).is(200, "Say why it ends, in at most 500 characters.")
		admin.post(path, "why", "Noor supervises again.").to(page)
		admin.get(page).is(200, "The second role is ended.", "Ended by Ada Vell: Noor supervises again.")
		worker.get("/coverage").is(200).without("Arrange coverage", "Work as")
		admin.post(path, "why", "Again.").is(409)
	})
}
