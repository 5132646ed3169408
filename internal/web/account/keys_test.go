package account_test

import (
	"regexp"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/org"
)

// TestKeysForProvisioning makes a key, uses it, and revokes it, as an administrator does.
func TestKeysForProvisioning(t *testing.T) {
	h := open(t, true)
	keys := org.NewScimKeys(h.Door, authn.Provisioning)
	admin, code := h.enrol(h.admin)
	boss, _ := h.enrol(h.boss)
	for _, path := range []string{"/settings/keys", "/settings/keys/new"} {
		boss.get(path).is(403)
	}
	boss.post("/settings/keys/new", "name", "Example Login", "days", "30").is(403)
	admin.get("/settings/keys").is(200, "There is no key")
	admin.get("/settings/keys/new").is(200, "System that gets the key")
	admin.post("/settings/keys/new", "name", "Example Login", "days", "many").is(422, "Give days from 1 to 400.", `value="Example Login"`)
	made := admin.post("/settings/keys/new", "name", "Example Login", "days", "30").is(200, "A key for Example Login", "Shown once.", "/scim/v2")
	secret := regexp.MustCompile(`cws_[0-9a-z]{52}`).FindString(made.body)
	if secret == "" {
		t.Fatal("no key is shown")
	}
	admin.get("/settings/keys").is(200, "Example Login", "Ada Vell", "never").without(secret)
	if _, err := keys.Admit(ctx, secret); err != nil {
		t.Fatal(err)
	}
	entries := len(h.Entries(t))
	list := admin.get("/settings/keys").is(200).without("never")
	if _, err := keys.Admit(ctx, secret); err != nil {
		t.Fatal(err)
	}
	for _, e := range h.Entries(t)[entries:] {
		if e.Action == "scimkey.use" {
			t.Error("a second use within the day is noted")
		}
	}
	revoke := regexp.MustCompile(`/settings/keys/[0-9a-z]{26}/revoke`).FindString(list.body)
	boss.post(revoke).is(403)
	h.Clock.Advance(24 * time.Hour)
	if _, err := keys.Admit(ctx, secret); err != nil {
		t.Fatal(err)
	}
	if l, err := keys.List(ctx, h.Operator()); err != nil || !l[0].Value.UsedAt.Equal(h.Clock.Now()) {
		t.Errorf("the use of a day later is not noted: %v", err)
	}
	admin = h.signIn("ada@example.org", code)
	h.Clock.Advance(14 * time.Minute) // the proof is old by now
	admin.get("/settings/keys/new").to("/stepup?next=%2Fsettings%2Fkeys%2Fnew")
	admin.post("/settings/keys/new", "name", "Another", "days", "30").to("/stepup?next=%2Faccount%2Fsessions")
	admin.get(revoke).to("/settings/keys")
	admin.post(revoke).to("/settings/keys")
	admin.get("/settings/keys").is(200, "revoked").without("/revoke")
	if _, err := keys.Admit(ctx, secret); err == nil {
		t.Error("a key that was revoked works")
	}
}
