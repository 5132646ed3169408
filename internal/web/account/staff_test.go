package account_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
)

func TestStaff(t *testing.T) {
	h := open(t, false)
	admin, adminSecret := h.enrol(h.admin)
	boss, _ := h.enrol(h.boss)
	worker, _ := h.enrol(h.worker)
	admin.get("/staff").is(200, "Ada Vell", "Sam Orrin", "Cleo Marsh", "sam@example.org", "Invite a colleague", "Today")
	boss.get("/staff").is(200, "Cleo Marsh").without("Invite a colleague")
	var joined string

	h.run("the list is narrowed by name, by mail address, by role and by status", func(t *testing.T) {
		admin.get("/staff?q=cleo").is(200, "Cleo Marsh").without("sam@example.org")
		admin.get("/staff?q=SAM@example.org").is(200, "Sam Orrin").without("Cleo Marsh")
		admin.get("/staff?q=sam@example.org&role=case_manager").is(200, "No colleague matches")
		admin.get("/staff?q=nobody@example.org").is(200, "No colleague matches")
		admin.get("/staff?role=administrator").is(200, "Ada Vell").without("Cleo Marsh")
		admin.get("/staff?state=invited").is(200).without("Cleo Marsh", "Sam Orrin")
	})
	h.run("an invitation with faults keeps what was typed", func(t *testing.T) {
		admin.get("/staff/invite").is(200, "Sam Orrin · Supervisor", "Housing")
		admin.post("/staff/invite", "name", "", "email", "sam@example.org", "role", "king").
			is(422, "Give at least one name.", "Somebody else who works here has this address.", "Choose one of the roles.", `value="sam@example.org"`)
	})
	h.run("an invitation is a link that enrols, shown once", func(t *testing.T) {
		a := admin.post("/staff/invite", "name", "Ines María Quell", "email", "Ines@Example.org", "role", "case_manager", "supervisor", h.boss.String(), "programs", "housing").
			is(200, "Ines María Quell is invited")
		link := one(t, linkShown, a.body)
		b := h.browser()
		b.get(link).is(200, "Ines María Quell", "case manager")
		token := strings.TrimPrefix(link, "/enrol/")
		b.post("/enrol/password", "token", token, "password", password).to(link)
		b.post("/enrol/app", "token", token, "code", h.code(one(t, keyShown, b.get(link).body))).is(200)
		b.get("/probe").is(200)
		id, ok, err := h.org.Directory().ByMail(ctx, "ines@example.org")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		joined = "/staff/" + id
		admin.get(joined).is(200, "Ines María Quell", "Active", "Firefox on Linux", "Set up")
	})
	h.run("who may not invite is refused, and not asked for anything first", func(t *testing.T) {
		worker.get("/staff/invite").is(403)
		worker.post("/staff/invite", "name", "Mallory Pike", "email", "mallory@example.org", "role", "administrator").is(403)
		if _, ok, err := h.org.Directory().ByMail(ctx, "mallory@example.org"); ok || err != nil {
			t.Error(ok, err)
		}
		worker.post("/staff/" + h.boss.String() + "/terminate").is(403)
		worker.post("/staff/" + h.boss.String() + "/reset").is(403)
		worker.post("/staff/"+h.boss.String(), "role", "administrator").is(403)
		worker.post("/staff/" + h.boss.String() + "/sessions/x/end").is(403)
		boss.get("/probe").is(200)
	})
	h.run("a colleague's page says who supervises them and no more than the reader may see", func(t *testing.T) {
		worker.get("/staff/"+h.boss.String()).is(200, "Sam Orrin").without("Firefox on Linux", "End all access", "Reset sign-in", "Everything they did")
		worker.get("/staff/"+h.worker.String()).is(200, "Sam Orrin", "Firefox on Linux").without("End all access")
		worker.get("/staff/nobody").is(404)
		worker.get("/staff/" + strings.Repeat("0", 26)).is(404)
	})
	h.run("a role changes from the next click on", func(t *testing.T) {
		admin.get(joined).is(200, `value="housing" checked`)
		admin.post(joined, "role", "program_manager").is(422, "Choose the program to manage.")
		admin.post(joined, "role", "intake", "supervisor", h.boss.String()).to(joined)
		id, _, _ := h.org.Directory().ByMail(ctx, "ines@example.org")
		st, err := h.org.Directory().Standing(ctx, id)
		h.ok(err)
		if st.Role != actor.Intake {
			t.Errorf("got %q", st.Role)
		}
	})
	h.run("an administrator ends a colleague's session, of that colleague only", func(t *testing.T) {
		list, err := h.authn.SessionsOf(ctx, h.Proved(h.admin.String(), actor.Administrator), h.boss.String())
		h.ok(err)
		admin.post(joined + "/sessions/" + list[0].ID() + "/end").is(404)
		boss.get("/probe").is(200)
		admin.post("/staff/" + h.boss.String() + "/sessions/" + list[0].ID() + "/end").to("/staff/" + h.boss.String())
		boss.get("/probe").to("/signin?next=%2Fprobe")
	})
	h.run("a reset takes every way in and gives a new invitation", func(t *testing.T) {
		h.Clock.Advance(6 * time.Minute)
		admin.get(joined).is(200)
		admin.post(joined + "/reset").to("/stepup?next=" + url.QueryEscape(joined))
		admin.get("/staff/invite").to("/stepup?next=%2Fstaff%2Finvite")
		admin.post("/stepup", "password", password, "code", h.code(adminSecret), "next", joined).to(joined)
		link := one(t, linkShown, admin.post(joined+"/reset").is(200, "is invited").body)
		h.browser().post("/signin", "email", "ines@example.org", "password", password).is(422)
		h.browser().get(link).is(200, "Ines María Quell")
		admin.get(joined + "/reset").to(joined)

		// Somebody who was never invited to sign in gets a first invitation.
		fresh := h.hire("Noor Tavi", "noor@example.org", actor.Intake, "")
		link = one(t, linkShown, admin.post("/staff/"+fresh.String()+"/reset").is(200).body)
		h.browser().get(link).is(200, "Noor Tavi")
	})
	h.run("whoever leaves is tried by the very check of a request, and refused", func(t *testing.T) {
		leaver := h.hire("Lou Gray", "lou@example.org", actor.CaseManager, h.boss.String())
		gone, _ := h.enrol(leaver)
		gone.get("/probe").is(200)
		who := h.Proved(h.admin.String(), actor.Administrator)
		if p, err := h.authn.Probe(ctx, who, leaver.String()); err != nil || p.Refused() || p.Open == 0 || p.Ways == 0 {
			t.Errorf("before the end: %+v, %v", p, err)
		}
		h.ok(h.org.Terminate(ctx, who, leaver))
		s, err := h.org.Read(ctx, who, leaver)
		h.ok(err)
		if v := s.Value; !v.Refused || v.Proved.IsZero() || v.Revoked.Sub(v.Ended) > time.Second || v.Revoked.Before(v.Ended) {
			t.Errorf("%+v", v)
		}
		gone.get("/probe").to("/signin?next=%2Fprobe")
		// Whoever leads sees it on the page; others see that they left, and no more.
		page := "/staff/" + leaver.String()
		admin.get(page).is(200, "Access ended", "Last session ended", "Sessions and ways in are refused", "Try it now")
		lead, _ := h.enrol(h.hire("Lea Frost", "lea@example.org", actor.Supervisor, ""))
		lead.get(page).is(200, "Access ended", "Sessions and ways in are refused").without("Try it now")
		lone, _ := h.enrol(h.hire("Bo Lane", "bo@example.org", actor.CaseManager, ""))
		lone.get(page).is(200).without("Access ended", "Try it now")
		lead.post(page + "/probe").is(403)
		was := member(t, h, leaver).Proved
		h.Clock.Advance(time.Minute)
		admin.post(page + "/probe").to(page)
		if now := member(t, h, leaver); !now.Proved.After(was) || !now.Refused {
			t.Errorf("tried again: %+v", now)
		}
		admin.get(page + "/probe").to(page)
		// Of somebody who works here nothing is tried.
		admin.post("/staff/" + h.worker.String() + "/probe").is(409)
		// Who takes over is checked, and what was chosen is kept.
		next := h.hire("Ned Hale", "ned@example.org", actor.CaseManager, h.boss.String())
		admin.post("/staff/"+next.String()+"/terminate", "hand_to", h.worker.String(), "words", "Moved away").is(422, "Choose a supervisor or a program manager who works here.", "Moved away")
		if got := h.status(next); got == org.Terminated {
			t.Error("access ended though nobody could take over")
		}
		admin.post("/staff/"+next.String()+"/terminate", "hand_to", h.boss.String()).to("/staff/" + next.String())
	})
	h.run("nobody resets or ends themselves", func(t *testing.T) {
		admin.get("/staff/"+h.admin.String()).is(200).without("End all access", "Reset sign-in")
		admin.post("/staff/" + h.admin.String() + "/reset").is(403)
		admin.post("/staff/" + h.admin.String() + "/terminate").is(422)
		if got := h.status(h.admin); got != org.Active {
			t.Errorf("got %q", got)
		}
	})
}

// member is a worker as on record.
func member(t *testing.T, h *house, id org.ID) org.Staff {
	t.Helper()
	o, err := h.org.Read(ctx, h.Proved(h.admin.String(), actor.Administrator), id)
	h.ok(err)
	return o.Value
}

func TestCoverage(t *testing.T) {
	h := open(t, false)
	other := h.hire("Ines Quell", "ines@example.org", actor.CaseManager, "")
	boss, _ := h.enrol(h.boss)
	worker, _ := h.enrol(h.worker)
	boss.get("/coverage").is(200, "Nobody covers for anybody", "Arrange coverage")
	worker.get("/coverage").is(200).without("Arrange coverage")
	end := ""

	h.run("faults keep what was typed and say where they are", func(t *testing.T) {
		a := boss.post("/coverage", "worker", h.worker.String(), "cover", h.worker.String(), "from", "2026-11-21", "until", "2026-11-20", "words", "on leave")
		a.is(422, "Choose somebody else who works here.", "Choose a last day that is still to come.", "on leave")
		boss.post("/coverage", "worker", h.worker.String(), "cover", other.String(), "from", "2026-11-19", "until", "soon").is(422, "Choose today or a later day.")
		boss.post("/coverage", "worker", other.String(), "cover", h.worker.String(), "from", "2026-11-20", "until", "2026-11-30").is(422, "Choose somebody you supervise", `href="#worker"`)
	})
	h.run("it holds from now until the end of the last day, in the agency's zone", func(t *testing.T) {
		boss.post("/coverage", "worker", h.worker.String(), "cover", other.String(), "from", "2026-11-20", "until", "2026-11-27", "words", "on leave").to("/coverage")
		worker.get("/coverage").is(200, "Cleo Marsh", "Ines Quell", "Nov 20, 2026", "Nov 27, 2026", "on leave").without("/end")
		list, err := h.org.Coverages(ctx, h.As(h.boss.String(), actor.Supervisor), "", "", "")
		h.ok(err)
		c := list.Rows[0].Value
		if want := time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC); !c.Until.Equal(want) || !c.From.Equal(h.Clock.Now()) {
			t.Errorf("got %v to %v", c.From, c.Until)
		}
		end = "/coverage/" + list.Rows[0].ID.String() + "/end"
	})
	h.run("who may not end it is refused; once ended it is no longer listed", func(t *testing.T) {
		worker.post(end).is(403)
		boss.post("/coverage/nobody/end").is(404)
		boss.get("/coverage").is(200, end)
		boss.post(end).to("/coverage")
		boss.get("/coverage").is(200, "The coverage is ended.", "Nobody covers for anybody")
	})
}
