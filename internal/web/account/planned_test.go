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

var cancelShown = regexp.MustCompile(`action="(/staff/[^/"]+/plan/[^/"]+/cancel)"`)

func TestPlannedChanges(t *testing.T) {
	h := open(t, false)
	h.must.Add("training", school{})
	admin, adminSecret := h.enrol(h.admin)
	worker, workerSecret := h.enrol(h.worker)
	ines := h.hire("Ines Quell", "ines@example.org", actor.CaseManager, h.boss.String())
	colleague, _ := h.enrol(ines)
	page := "/staff/" + h.worker.String()
	prove := func() {
		h.t.Helper()
		h.next()
		admin.get("/stepup").is(200)
		admin.post("/stepup", "password", password, "code", h.code(adminSecret), "next", page).to(page)
	}

	h.run("an administrator who proved again who they are gets the form, and others do not", func(t *testing.T) {
		admin.get(page).is(200, "Planned changes", "Nothing is planned.", "Plan a change")
		worker.get("/staff/" + h.boss.String() + "/plan").is(403)
		worker.get(page).is(200, "Planned changes").without("Plan a change")
		colleague.get(page).is(200).without("Planned changes")
		h.Clock.Advance(6 * time.Minute)
		admin.get(page + "/plan").to("/stepup?next=" + url.QueryEscape(page+"/plan"))
		admin.get(page).is(200)
		admin.post(page+"/plan", "from", "2026-12-01", "role", "supervisor").to("/stepup?next=" + url.QueryEscape(page))
		prove()
		admin.get(page+"/plan").is(200, "First day", "Last day", `value="housing" checked`, "Sam Orrin · Supervisor")
	})
	h.run("faults keep what was typed", func(t *testing.T) {
		admin.post(page+"/plan", "from", "", "until", "soon", "role", "supervisor").is(422, "Give a day.")
		admin.post(page+"/plan", "from", "2026-12-01", "until", "2026-11-30", "role", "supervisor", "programs", "housing", "supervisor", h.boss.String()).
			is(422, "Choose a last day that is not before the first, or none.", `value="2026-11-30"`)
		admin.post(page+"/plan", "from", "2026-12-01", "role", "case_manager", "programs", "housing", "supervisor", h.boss.String()).is(422, "This changes nothing.")
		admin.post(page+"/plan", "from", "2026-11-20", "role", "supervisor").is(422, "Choose a first day that is still to come.")
		admin.get("/staff/" + h.admin.String()).is(200).without("Plan a change")
		admin.post("/staff/"+h.admin.String()+"/plan", "from", "2026-12-01", "role", "auditor").is(422)
	})
	h.run("what is planned is shown to the person and to whoever leads, with what the role to come requires", func(t *testing.T) {
		w := h.Door.Work(h.As(h.boss.String(), actor.Supervisor), "coverage.create")
		record.Use(h.Door, courseKind).Create(w, record.Subject{}, course{At: h.Clock.Now().AddDate(0, -1, 0)})
		h.ok(w.Commit(ctx))
		admin.post(page+"/plan", "from", "2027-01-10", "until", "2027-01-11", "role", "intake", "programs", "housing", "supervisor", h.boss.String()).to(page)
		admin.post(page+"/plan", "from", "2026-12-01", "until", "2026-12-31", "role", "supervisor", "programs", "housing").to(page)
		admin.get(page).is(200, "The change is planned.")
		a := admin.get(page).is(200, "From Dec 1, 2026 to Dec 31, 2026", "Role: Supervisor", "Supervisor: None", "Planned by Ada Vell on Nov 20, 2026",
			"From Jan 10, 2027 to Jan 11, 2027", "Role: Intake worker", "Privacy at work", "from the first day").without("Programs: ")
		worker.get(page).is(200, "From Dec 1, 2026 to Dec 31, 2026", "Role: Supervisor").without("/cancel")
		colleague.get(page).is(200).without("Planned changes")
		colleague.post(one(t, cancelShown, a.body)).is(403)
		// Whoever is to be a supervisor can be chosen, and is one only from then on.
		other := "/staff/" + ines.String()
		admin.get(other+"/plan").is(200, "Cleo Marsh · Supervisor · From Dec 1, 2026")
		admin.post(other+"/plan", "from", "2026-11-30", "role", "case_manager", "programs", "housing", "supervisor", h.worker.String()).is(422, "Choose a supervisor or a program manager.")
	})
	h.run("a planned change that others wait for is cancelled, both ends at once", func(t *testing.T) {
		id := h.hire("Noor Tavi", "noor@example.org", actor.Intake, "")
		of := "/staff/" + id.String()
		admin.post(of+"/plan", "from", "2026-12-01", "until", "2026-12-31", "role", "supervisor", "programs", "housing").to(of)
		path := one(t, cancelShown, admin.get(of).is(200, "From Dec 1, 2026").body)
		admin.post(path).to(of)
		admin.get(of).is(200, "It is called off.", "Nothing is planned.")
		admin.post(path).is(409)
	})
	h.run("whoever is signed in at midnight has the new role at the next click, and the old one at the last day's end", func(t *testing.T) {
		zone, _ := time.LoadLocation("America/New_York")
		from, until := org.Begins(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), zone), org.Begins(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), zone)
		for _, x := range []struct {
			at     time.Time
			before bool // works as a supervisor before
		}{{from, false}, {until, true}} {
			h.Clock.Set(x.at.Add(-5 * time.Minute))
			b := h.signIn("cleo@example.org", workerSecret)
			at := func(when time.Time, supervisor bool) {
				t.Helper()
				h.Clock.Set(when)
				a := b.get("/coverage").is(200)
				if supervisor {
					a.is(200, "Arrange coverage")
				} else {
					a.without("Arrange coverage")
				}
			}
			at(x.at.Add(-time.Second), x.before)
			at(x.at, !x.before)
			at(x.at.Add(time.Second), !x.before)
		}
	})
	h.run("what must be held is that of the role from the same moment", func(t *testing.T) {
		midnight := time.Date(2027, 1, 10, 5, 0, 0, 0, time.UTC)
		h.Clock.Set(midnight.Add(-5 * time.Minute))
		b := h.signIn("cleo@example.org", workerSecret)
		h.Clock.Set(midnight.Add(-time.Second))
		b.get("/standing").is(200, "The agency requires nothing of your role at the moment.")
		h.Clock.Set(midnight)
		b.get("/standing").is(200, "Clients’ records are closed to you for now.", "Privacy at work")
		b.get("/register").to("/standing?next=%2Fregister")
	})
	h.run("one that holds is ended at once", func(t *testing.T) {
		h.Clock.Set(time.Date(2027, 1, 10, 15, 0, 0, 0, time.UTC))
		admin = h.signIn("ada@example.org", adminSecret)
		prove()
		path := one(t, cancelShown, admin.get(page).is(200, "Now, until Jan 11, 2027", "After that again:", "Role: Case manager", "End it now").body)
		admin.post(path).to(page)
		if st, err := h.org.Directory().Standing(ctx, h.worker.String()); err != nil || st.Role != actor.CaseManager {
			t.Errorf("works as %s, %v", st.Role, err)
		}
	})
}
