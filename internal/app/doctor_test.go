package app_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/doctor"
	"caseward/internal/keys/keystest"
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
