package account_test

import (
	"net/http"
	"testing"
	"time"
)

func TestDemonstration(t *testing.T) {
	h := open(t, true)
	token, err := h.authn.OneTimeSignIn(ctx, h.boss.String(), time.Hour)
	h.ok(err)
	b := h.browser()

	h.run("a link signs in once, and looking where it leads does not use it up", func(t *testing.T) {
		r, err := http.NewRequest(http.MethodHead, h.origin+"/enter/"+token, nil)
		h.ok(err)
		b.do(r).is(404)
		b.get("/enter/" + token).to("/probe")
		b.get("/account/sessions").is(200, "Demonstration link")
		h.browser().get("/enter/"+token).is(404, "no longer works")
		h.browser().get("/enter/nothing").is(404, "no longer works")
	})
	h.run("its people prove who they are by a button", func(t *testing.T) {
		b.get("/account/security").to("/stepup?next=%2Faccount%2Fsecurity")
		b.get("/stepup?next=%2Faccount%2Fsecurity").is(200, "have no password")
		b.post("/stepup", "next", "/account/security").to("/account/security")
		b.get("/account/security").is(200)
	})
	h.run("and unlock by one", func(t *testing.T) {
		b.post("/lock", "next", "/account/sessions").to("/locked?next=%2Faccount%2Fsessions")
		b.get("/locked?next=%2Faccount%2Fsessions").is(200, "have no password")
		b.post("/unlock", "next", "/account/sessions").to("/account/sessions")
	})
	h.run("whoever enrolled proves it as anywhere", func(t *testing.T) {
		c, _ := h.enrol(h.worker)
		h.Clock.Advance(6 * time.Minute)
		c.get("/stepup").is(200).without("have no password")
		c.post("/stepup").is(422)
		c.post("/lock").to("/locked")
		c.post("/unlock").is(422)
	})
	h.run("outside a demonstration there is no such link", func(t *testing.T) {
		real := open(t, false)
		real.browser().get("/enter/" + token).to("/signin?next=%2Fenter%2F" + token)
	})
}
