package app_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/doctor"
	"caseward/internal/keys/keystest"
	"caseward/internal/oidc/oidctest"
)

func TestDoctor(t *testing.T) {
	pass := []byte(keystest.Passphrase)
	dir, outside := filepath.Join(t.TempDir(), "data"), t.TempDir()
	cfg := config.Config{LogName: "caseward.test/app", Anchors: []string{"file://" + outside}}
	c := clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
	must(t, app.Init(ctx, dir, pass, cfg, app.Options{Clock: c}))
	a, err := app.Open(ctx, dir, pass, app.Options{Clock: c})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	look := func(check string) doctor.Finding {
		t.Helper()
		found, err := a.Doctor(ctx, authn.Operator("test"), app.DoctorOptions{Passphrase: pass})
		must(t, err)
		for _, f := range found {
			if f.Check == check {
				return f
			}
		}
		t.Fatalf("nothing was said of %s", check)
		return doctor.Finding{}
	}
	t.Run("a place outside is owed nothing until its time has come", func(t *testing.T) {
		if f := look("checkpoints"); f.State != doctor.Good {
			t.Errorf("%+v", f)
		}
	})
	t.Run("one that was sent nothing is named", func(t *testing.T) {
		c.Advance(time.Hour)
		if f := look("checkpoints"); f.State != doctor.Wrong || !strings.Contains(f.Says, "never took one") {
			t.Errorf("%+v", f)
		}
	})
	t.Run("and is well again once it has the checkpoint", func(t *testing.T) {
		must(t, a.Checkpoint(ctx))
		c.Advance(time.Second)
		if f := look("checkpoints"); f.State != doctor.Good {
			t.Errorf("%+v", f)
		}
	})
	t.Run("what was done since and not sent is seen", func(t *testing.T) {
		c.Advance(2 * time.Hour)
		if f := look("checkpoints"); f.State != doctor.Wrong || !strings.Contains(f.Says, "2 hours ago") {
			t.Errorf("%+v", f)
		}
	})
	t.Run("a clock that was set back is seen", func(t *testing.T) {
		c.Advance(-90 * time.Minute)
		if f := look("clock"); f.State != doctor.Wrong {
			t.Errorf("%+v", f)
		}
	})
}

func TestTheDoctorAsksTheProvider(t *testing.T) {
	pass := []byte(keystest.Passphrase)
	c := clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
	p := oidctest.Start(t, c)
	dir := filepath.Join(t.TempDir(), "data")
	cfg := config.Config{LogName: "caseward.test/app", OIDC: config.OIDC{Issuer: p.URL, ClientID: oidctest.ClientID, AMR: []string{"mfa"}}}
	must(t, app.Init(ctx, dir, pass, cfg, app.Options{Clock: c}))
	a, err := app.Open(ctx, dir, pass, app.Options{Clock: c, OIDCSecret: oidctest.Secret})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	for _, x := range []struct {
		name  string
		set   func(*oidctest.Provider)
		state doctor.State
		says  string
	}{
		{"that answers", func(*oidctest.Provider) {}, doctor.Good, "it has keys (1)"},
		{"whose clock is fast", func(p *oidctest.Provider) { p.Ahead = 5 * time.Minute }, doctor.Wrong, "5 minutes"},
		{"that does not answer", func(p *oidctest.Provider) { p.Ahead, p.Lost = 0, true }, doctor.Wrong, "nobody can sign in"},
		{"that is back", func(p *oidctest.Provider) { p.Lost = false }, doctor.Good, "it has keys (1)"},
	} {
		t.Run("a provider "+x.name, func(t *testing.T) {
			p.Set(x.set)
			found, err := a.Doctor(ctx, authn.Operator("test"), app.DoctorOptions{Passphrase: pass})
			must(t, err)
			i := slices.IndexFunc(found, func(f doctor.Finding) bool { return f.Check == "provider" })
			if i < 0 {
				t.Fatal("nothing is said of the provider")
			}
			if f := found[i]; f.State != x.state || !strings.Contains(f.Says, x.says) {
				t.Errorf("%+v", f)
			}
		})
	}
}
