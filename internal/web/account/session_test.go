package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/org"
)

func TestStepUp(t *testing.T) {
	h := open(t, false)
	b, secret := h.enrol(h.worker)
	b.get("/account/security").is(200, "Passkeys")
	h.Clock.Advance(6 * time.Minute)

	h.run("what needs a fresh proof leads to it and back", func(t *testing.T) {
		b.post("/account/recovery-codes").to("/stepup?next=%2Faccount%2Fsecurity")
		b.get("/stepup?next=%2Faccount%2Fsecurity").is(200, "Prove it is you", `name="next" value="/account/security"`)
		b.post("/stepup", "password", "not it", "code", h.code(secret), "next", "/account/security").is(422, "The password or the code is not right.")
		b.post("/account/recovery-codes").to("/stepup?next=%2Fstepup")
		b.post("/stepup", "password", password, "code", h.code(secret), "next", "/account/security").to("/account/security")
		b.get("/account/security").is(200, "You proved it is you.")
		b.post("/account/recovery-codes").is(200, "Shown once.")
	})
	h.run("a code is good once, for proof as for sign-in", func(t *testing.T) {
		h.Clock.Advance(6 * time.Minute)
		b.post("/stepup", "password", password, "code", h.code(secret), "next", "//evil.example").to("/probe")
		b.post("/stepup", "password", password, "code", h.code(secret)).is(422)
	})
	h.run("the security page asks before it shows a form", func(t *testing.T) {
		h.Clock.Advance(6 * time.Minute)
		b.get("/account/security").to("/stepup?next=%2Faccount%2Fsecurity")
	})
	h.run("the fifth wrong proof in a row signs out", func(t *testing.T) {
		b.post("/stepup", "password", password, "code", h.code(secret)).to("/probe") // counts from nothing again
		for range 4 {
			b.post("/stepup", "password", "not it", "code", "000000").is(422)
		}
		b.post("/stepup", "password", "not it", "code", "000000", "next", "/probe").to("/signin?next=%2Fprobe")
		b.get("/signin").is(200, "You were signed out")
		b.get("/probe").to("/signin?next=%2Fprobe")
	})
}

func TestLock(t *testing.T) {
	h := open(t, false)
	b, _ := h.enrol(h.worker)
	b.get("/account/sessions").is(200, "Firefox on Linux")
	locked := "/locked?next=%2Faccount%2Fsessions"

	h.run("a locked screen shows no page, and unlocking comes back to the same place", func(t *testing.T) {
		b.post("/lock", "next", "/account/sessions").to(locked)
		b.get("/account/sessions").to(locked)
		b.get(locked).is(200, "This screen is locked", "Cleo Marsh").without("Firefox on Linux", `id="lock"`)
		b.at = "/account/sessions" // another tab is still there
		b.post("/purpose", "purpose", "operations").to(locked)
		b.post("/alive").to(locked)
		b.post("/unlock", "password", "not it", "next", "/account/sessions").is(422, "The password is not right.").without("not it")
		b.get("/account/sessions").to(locked)
		b.post("/unlock", "password", password, "next", "/account/sessions").to("/account/sessions")
		b.get("/account/sessions").is(200, "Firefox on Linux")
		b.get(locked).to("/account/sessions")
	})
	h.run("unlocking is no fresh proof", func(t *testing.T) {
		b.get("/account/security").to("/stepup?next=%2Faccount%2Fsecurity")
	})
	h.run("a screen left alone locks, and a reader at work keeps it open", func(t *testing.T) {
		for range 3 {
			h.Clock.Advance(14 * time.Minute)
			b.post("/alive").is(204)
		}
		h.Clock.Advance(16 * time.Minute)
		b.get("/account/sessions").to(locked)
		b.get(locked).is(200)
		b.post("/unlock", "password", password, "next", "https://evil.example/").to("/probe")
	})
	h.run("whoever is not the worker signs out", func(t *testing.T) {
		b.get("/account/sessions").is(200)
		b.post("/lock", "next", "/account/sessions").to(locked)
		b.post("/signout").to("/signin")
		b.get("/locked").to("/signin?next=%2Flocked")
	})
}

func TestLockedTries(t *testing.T) {
	h := open(t, false)
	b, _ := h.enrol(h.worker)
	b.get("/account/sessions").is(200)
	b.post("/lock", "next", "/probe").to("/locked?next=%2Fprobe")
	b.get("/locked").is(200)
	for range 4 {
		b.post("/unlock", "password", "not it").is(422)
	}
	h.run("the fifth wrong password ends the locked session", func(t *testing.T) {
		b.post("/unlock", "password", "not it", "next", "/probe").to("/signin?next=%2Fprobe")
		b.at = "/locked"
		b.post("/unlock", "password", password).to("/signin?next=%2Flocked")
	})
}

func TestForms(t *testing.T) {
	h := open(t, false)
	b, _ := h.enrol(h.worker)
	b.get("/account/sessions").is(200)

	h.run("the purpose changes from the next page on", func(t *testing.T) {
		b.post("/purpose", "purpose", "operations", "next", "/probe").to("/probe")
		b.get("/probe").is(200, "inside for operations")
		b.post("/purpose", "purpose", "emergency").is(422)
		b.post("/purpose", "purpose", "curiosity").is(422)
		b.get("/probe").is(200, "inside for operations")
	})
	h.run("a form without its token, or with another's, is refused and does nothing", func(t *testing.T) {
		other, _ := h.enrol(h.boss)
		other.get("/account/sessions").is(200)
		for _, token := range []string{"-", "x", other.csrf, b.csrf[:len(b.csrf)-4] + "AAAA"} {
			b.post("/purpose", "purpose", "payment", "csrf", token).is(403)
		}
		b.get("/probe").is(200, "inside for operations")
		b.post("/lock", "csrf", "-").is(403)
		b.post("/signout", "csrf", "-").is(403)
		b.post("/enrol/app", "code", "123456", "csrf", "-").is(403)
		b.get("/probe").is(200)
	})
	h.run("a post from another site is refused, signed in or not", func(t *testing.T) {
		for _, header := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Origin": {"https://evil.example"}}} {
			b.header = header
			b.post("/purpose", "purpose", "payment").is(403)
			b.post("/language", "lang", "es").is(403)
			stranger := h.browser()
			stranger.header = header
			stranger.post("/signin", "email", "cleo@example.org", "password", password).is(403)
		}
		b.header = http.Header{}
		b.get("/probe").is(200, "inside for operations")
	})
	h.run("language, rows and keys are kept in the browser", func(t *testing.T) {
		stranger := h.browser()
		stranger.post("/language", "lang", "es", "next", "/signin?next=%2Fprobe").to("/signin?next=%2Fprobe")
		stranger.get("/signin").is(200, `<html lang="es"`)
		stranger.post("/language", "lang", "xx").to("/probe")
		stranger.get("/signin").is(200, `<html lang="en"`)

		written := func(want string) {
			t.Helper()
			if got, err := h.org.Directory().Language(ctx, h.worker.String()); err != nil || got != want {
				t.Errorf("they are written to in %q, %v, want %q", got, err, want)
			}
		}
		written("en")
		b.post("/language", "lang", "es", "next", "/account/sessions").to("/account/sessions")
		written("es")
		b.post("/language", "lang", "en", "next", "/account/sessions").to("/account/sessions")
		written("en")

		b.post("/account/screen", "compact", "yes", "nokeys", "yes").to("/account/security")
		b.get("/account/sessions").is(200, `data-density="compact"`, `data-keys="off"`)
		b.post("/account/screen").to("/account/security")
		b.get("/account/sessions").is(200, `data-keys="on"`).without("data-density")
	})
	h.run("cookies of a sign-in are out of reach of scripts and other sites", func(t *testing.T) {
		r, err := http.NewRequest(http.MethodPost, h.origin+"/signin", strings.NewReader(url.Values{"email": {"cleo@example.org"}, "password": {password}}.Encode()))
		h.ok(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		set := h.browser().do(r).to("/signin/code").header.Values("Set-Cookie")
		if len(set) != 1 {
			t.Fatalf("got %q", set)
		}
		for _, want := range []string{"signin=", "HttpOnly", "Secure", "SameSite=Lax", "Max-Age=300"} {
			if !strings.Contains(set[0], want) {
				t.Errorf("%q is without %q", set[0], want)
			}
		}
	})
}

func TestSessions(t *testing.T) {
	h := open(t, false)
	one, secret := h.enrol(h.worker)
	other, _ := h.enrol(h.boss)
	two := h.signIn("cleo@example.org", secret)
	three := h.signIn("cleo@example.org", secret)
	id := func(b *browser) string {
		t.Helper()
		c, err := http.NewRequest(http.MethodGet, h.origin, nil)
		h.ok(err)
		for _, k := range b.client.Jar.Cookies(c.URL) {
			if k.Name == "__Host-caseward" {
				s, err := h.authn.Session(ctx, k.Value)
				h.ok(err)
				return s.ID()
			}
		}
		t.Fatal("no session")
		return ""
	}

	h.run("a session ended elsewhere is out at its next page", func(t *testing.T) {
		one.get("/account/sessions").is(200, "/account/sessions/"+id(two)+"/end", "/account/sessions/"+id(three)+"/end")
		one.post("/account/sessions/" + id(two) + "/end").to("/account/sessions")
		two.get("/account/sessions").to("/signin?next=%2Faccount%2Fsessions")
		three.get("/probe").is(200)
	})
	h.run("nobody ends a session of somebody else", func(t *testing.T) {
		other.get("/account/sessions").is(200)
		other.post("/account/sessions/" + id(one) + "/end").is(404)
		other.post("/account/sessions/" + strings.Repeat("0", 32) + "/end").is(404)
		one.get("/probe").is(200)
	})
	h.run("all others end at once, and this one stays", func(t *testing.T) {
		four := h.signIn("cleo@example.org", secret)
		one.post("/account/sessions/end-others").to("/account/sessions")
		three.get("/probe").to("/signin?next=%2Fprobe")
		four.get("/probe").to("/signin?next=%2Fprobe")
		one.get("/account/sessions").is(200, "All other sessions are ended.", "This one")
	})
}

func TestSecurity(t *testing.T) {
	h := open(t, false)
	b, secret := h.enrol(h.worker)
	elsewhere := h.signIn("cleo@example.org", secret)
	prove := func() {
		t.Helper()
		b.post("/stepup", "password", password, "code", h.code(secret), "next", "/account/security").to("/account/security")
		h.next()
	}
	b.get("/account/security").is(200, "Password now")

	h.run("the password changes with the one before, and ends the other sessions", func(t *testing.T) {
		b.post("/account/password", "password", "not it", "new_password", "copper lantern drifting 9").is(422, "The password you have now is not right.").without("copper", "not it")
		b.post("/account/password", "password", password, "new_password", "tiny7").is(422, "Use at least 8 characters").without("tiny7")
		b.post("/account/password", "password", password, "new_password", "copper lantern drifting 9").to("/account/security")
		b.get("/account/security").is(200, "The password is changed.")
		elsewhere.get("/probe").to("/signin?next=%2Fprobe")
		h.browser().post("/signin", "email", "cleo@example.org", "password", password).is(422)
		b.post("/account/password", "password", "copper lantern drifting 9", "new_password", password).to("/account/security")
	})
	h.run("an app is replaced once a code of the new one comes back", func(t *testing.T) {
		b.post("/account/app").to("/account/app")
		page := b.get("/account/app").is(200, "authenticator app")
		fresh := one(t, keyShown, page.body)
		if fresh == secret {
			t.Fatal("the key is the old one")
		}
		b.get("/enrol/qr").is(200)
		again := b.post("/enrol/app", "token", "", "code", h.wrong(fresh)).is(422, "The code is not right")
		if one(t, keyShown, again.body) != fresh {
			t.Error("another key is shown after a wrong code")
		}
		h.signIn("cleo@example.org", secret) // the old one is good until then
		b.post("/enrol/app", "token", "", "code", h.code(fresh)).to("/account/security")
		h.next()
		c := h.browser()
		c.post("/signin", "email", "cleo@example.org", "password", password).to("/signin/code")
		c.post("/signin/code", "code", h.code(secret)).is(422)
		secret = fresh
		h.signIn("cleo@example.org", secret)
	})
	h.run("a ceremony of nobody is begun again", func(t *testing.T) {
		prove()
		b.get("/account/app").to("/account/security")
		b.post("/enrol/app", "token", "", "code", "123456").to("/account/security")
		b.post("/account/passkeys", "credential", "{}").to("/account/security")
		b.get("/account/security").is(200, "No passkey was added.")
	})
	h.run("whoever is not signed in sets up no app", func(t *testing.T) {
		h.browser().post("/enrol/app", "code", "123456").to("/signin?next=%2F")
	})
}

func TestTerminated(t *testing.T) {
	h := open(t, false)
	admin, _ := h.enrol(h.admin)
	b, secret := h.enrol(h.worker)
	b.get("/probe").is(200)
	page := "/staff/" + h.worker.String()
	admin.get(page).is(200, "Cleo Marsh", "Firefox on Linux", "End all access")
	admin.post(page+"/terminate", "words", "left").to(page)

	h.run("a worker whose access ended is out at the next request", func(t *testing.T) {
		b.get("/probe").to("/signin?next=%2Fprobe")
	})
	h.run("and cannot sign in, by the same answer as anybody", func(t *testing.T) {
		c := h.browser()
		c.post("/signin", "email", "cleo@example.org", "password", password).is(422, "The email or the password is not right.")
		c.post("/signin/code", "code", h.code(secret)).to("/signin")
	})
	h.run("the page of somebody who left offers nothing more to do", func(t *testing.T) {
		if got := h.status(h.worker); got != org.Terminated {
			t.Errorf("got %q", got)
		}
		admin.get(page).is(200, "All access is ended.", "Left").without("End all access</", "Reset sign-in")
		admin.get("/staff").is(200).without("Cleo Marsh")
		admin.get("/staff?state=terminated").is(200, "Cleo Marsh")
	})
}
