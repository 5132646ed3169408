package account_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/org"
)

func TestEnrolment(t *testing.T) {
	h := open(t, false)
	token := h.invitation(h.worker)
	b := h.browser()
	var secret string

	h.run("the link shows whose invitation it is and uses nothing up", func(t *testing.T) {
		b.get("/enrol/"+token).is(200, "Welcome to North Agency", "Cleo Marsh", "case manager")
		b.get("/enrol/" + token).is(200)
	})
	h.run("a link nobody made is over", func(t *testing.T) {
		b.get("/enrol/"+strings.Repeat("x", 43)).is(404, "no longer works")
	})
	h.run("a weak password is refused with its reason and is not shown again", func(t *testing.T) {
		b.post("/enrol/password", "token", token, "password", "tiny7").is(422, "Use at least 8 characters").without("tiny7")
	})
	h.run("the app's key and picture are those of one secret until it is confirmed", func(t *testing.T) {
		b.post("/enrol/password", "token", token, "password", password).to("/enrol/" + token)
		secret = one(t, keyShown, b.get("/enrol/"+token).body)
		if again := one(t, keyShown, b.get("/enrol/"+token).body); again != secret {
			t.Errorf("got another key: %s, %s", again, secret)
		}
		png := b.get("/enrol/qr").is(200)
		if png.header.Get("Content-Type") != "image/png" || png.header.Get("Cache-Control") != "no-store" {
			t.Errorf("got %v", png.header)
		}
		h.browser().get("/enrol/qr").is(404)
		wrong := b.post("/enrol/app", "token", token, "code", h.wrong(secret)).is(422, "The code is not right")
		if again := one(t, keyShown, wrong.body); again != secret {
			t.Errorf("got another key after a wrong code: %s, %s", again, secret)
		}
	})
	h.run("a code that comes too late gets a new key", func(t *testing.T) {
		h.Clock.Advance(6 * time.Minute)
		late := b.post("/enrol/app", "token", token, "code", h.code(secret)).is(422, "the key is a new one")
		if again := one(t, keyShown, late.body); again == secret {
			t.Error("the old key is shown")
		} else {
			secret = again
		}
	})
	h.run("nobody is inside before the second factor", func(t *testing.T) {
		b.get("/probe").to("/signin?next=%2Fprobe")
	})
	h.run("the first code signs in and shows ten recovery codes, once", func(t *testing.T) {
		done := b.post("/enrol/app", "token", token, "code", h.code(secret)).is(200, "Keep these recovery codes")
		first := codeShown.FindAllString(done.body, -1)
		if len(first) != 10 {
			t.Fatalf("got %d codes", len(first))
		}
		b.get("/probe").is(200, "inside for treatment")
		if got := h.status(h.worker); got != org.Active {
			t.Errorf("got status %q", got)
		}
		unkept := b.post("/enrol/done").is(422, "those shown before no longer work")
		if second := codeShown.FindAllString(unkept.body, -1); len(second) != 10 || slices.Equal(first, second) {
			t.Errorf("got %v", second)
		}
		b.post("/enrol/done", "kept", "yes").to("/probe")
	})
	h.run("the invitation is used up", func(t *testing.T) {
		b.get("/enrol/"+token).is(404, "no longer works")
		b.post("/enrol/password", "token", token, "password", password).is(404)
		b.post("/enrol/app", "token", token, "code", "123456").is(404)
	})
}

var (
	varies = regexp.MustCompile(`(nonce="[^"]*"|name="csrf" value="[^"]*"|name="csrf-token" content="[^"]*")`)
	hidden = regexp.MustCompile(`hx-nonce="[^"]*"`)
)

func TestSignIn(t *testing.T) {
	h := open(t, false)
	_, secret := h.enrol(h.worker)

	h.run("password and code lead to where it was going", func(t *testing.T) {
		b := h.browser()
		b.get("/probe").to("/signin?next=%2Fprobe")
		b.get("/signin?next=%2Fprobe").is(200, `name="next" value="/probe"`)
		b.post("/signin", "email", " CLEO@example.org ", "password", password, "next", "/account/sessions").to("/signin/code?next=%2Faccount%2Fsessions")
		b.get("/signin/code?next=%2Faccount%2Fsessions").is(200, "Enter the code")
		b.get("/probe").to("/signin?next=%2Fprobe") // a password alone opens nothing
		b.post("/signin/code", "code", h.wrong(secret), "next", "/account/sessions").is(422, "The code is not right")
		b.post("/signin/code", "code", h.code(secret), "next", "/account/sessions").to("/account/sessions")
		b.get("/account/sessions").is(200, "Firefox on Linux", "Password and app", "This one")
		b.get("/signin?next=%2Faccount%2Fsessions").to("/account/sessions")
		h.next()
	})
	h.run("a path of another site is dropped", func(t *testing.T) {
		for _, next := range []string{"https://evil.example/x", "//evil.example/x", `/\evil.example`, "javascript:evil", "evil"} {
			b := h.browser()
			b.get("/signin?next=" + next).is(200).without("evil")
			b.post("/signin", "email", "cleo@example.org", "password", password, "next", next).to("/signin/code")
			b.post("/signin/code", "code", h.code(secret), "next", next).to("/probe")
			h.next()
		}
	})
	h.run("an address nobody has and a wrong password are one answer", func(t *testing.T) {
		page := func(mail string) string {
			a := h.browser().post("/signin", "email", mail, "password", "not it at all").is(422, "The email or the password is not right.", mail).without("not it at all")
			return strings.ReplaceAll(varies.ReplaceAllString(hidden.ReplaceAllString(a.body, ""), ""), mail, "")
		}
		wrong, unknown, invited := page("cleo@example.org"), page("nobody@example.org"), page("sam@example.org")
		if diff := cmp.Diff(wrong, unknown); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(wrong, invited); diff != "" {
			t.Error(diff)
		}
	})
	h.run("the code needs a password before it", func(t *testing.T) {
		b := h.browser()
		b.get("/signin/code").to("/signin")
		b.post("/signin/code", "code", h.code(secret)).to("/signin")
		b.get("/signin").is(200, "That took too long")
	})
	h.run("too many attempts say how long to wait, whoever has the address", func(t *testing.T) {
		for _, mail := range []string{"cleo@example.org", "nobody@example.org"} {
			b := h.browser()
			status := 0
			for range 12 {
				if status = b.post("/signin", "email", mail, "password", "not it").status; status != 422 {
					break
				}
			}
			if status != http.StatusTooManyRequests {
				t.Fatalf("got %d", status)
			}
			b.post("/signin", "email", mail, "password", password).is(429, "Wait ", " seconds, then try again.", mail)
		}
		h.Clock.Advance(time.Hour)
	})
	h.run("a recovery code signs in once, in place of the app", func(t *testing.T) {
		b := h.signIn("cleo@example.org", secret)
		codes := codeShown.FindAllStringSubmatch(b.post("/account/recovery-codes").is(200, "Shown once.").body, -1)
		c := h.browser()
		c.get("/signin/recovery").is(200)
		c.post("/signin/recovery", "email", "cleo@example.org", "password", "wrong", "code", codes[0][1]).is(422, "is not right", "cleo@example.org").without(codes[0][1])
		c.post("/signin/recovery", "email", "cleo@example.org", "password", password, "code", codes[0][1]).to("/account/security")
		c.get("/account/security").is(200, "You used a recovery code.", "9 codes are left.")
		h.browser().post("/signin/recovery", "email", "cleo@example.org", "password", password, "code", codes[0][1]).is(422)
	})
	h.run("signing in over a session ends it", func(t *testing.T) {
		b := h.signIn("cleo@example.org", secret)
		old := b.client.Jar
		before := h.browser()
		before.client.Jar = newJar(t, h, old)
		before.get("/probe").is(200)
		b.post("/signin", "email", "cleo@example.org", "password", password).to("/signin/code")
		b.post("/signin/code", "code", h.code(secret)).to("/probe")
		b.get("/probe").is(200)
		before.get("/probe").to("/signin?next=%2Fprobe")
		h.next()
	})
	h.run("signing out ends the session, not only the cookie", func(t *testing.T) {
		b := h.signIn("cleo@example.org", secret)
		copied := h.browser()
		copied.client.Jar = newJar(t, h, b.client.Jar)
		b.post("/signout").to("/signin")
		b.get("/signin").is(200, "You are signed out.")
		b.get("/probe").to("/signin?next=%2Fprobe")
		copied.get("/probe").to("/signin?next=%2Fprobe")
	})
}
