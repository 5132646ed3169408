package app_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/keys/keystest"
	"caseward/internal/org"
	"caseward/internal/phi"
)

// A server that was down when a planned change of a role began writes it down once it
// serves again.
func TestPlannedChangesAreWrittenDown(t *testing.T) {
	pass, dir := []byte(keystest.Passphrase), filepath.Join(t.TempDir(), "data")
	c := clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
	must(t, app.Init(ctx, dir, pass, config.Config{LogName: "caseward.test/app"}, app.Options{Clock: c}))
	a, err := app.Open(ctx, dir, pass, app.Options{Clock: c})
	must(t, err)
	operator := actortest.Operator(c.Now())
	// Somebody has to be an administrator, now and then.
	_, err = a.Org.Invite(ctx, operator, org.Invitation{Given: phi.NewText("Ada"), Family: phi.NewText("Example"), Mail: phi.NewText("ada@example.org"), Role: actor.Administrator})
	must(t, err)
	id, err := a.Org.Invite(ctx, operator, org.Invitation{Given: phi.NewText("Ann"), Family: phi.NewText("Example"), Mail: phi.NewText("ann@example.org"), Role: actor.CaseManager})
	must(t, err)
	role := actor.Intake
	who := actortest.SteppedUp("w-ada", actor.Administrator, c.Now())
	must(t, a.Org.Plan(ctx, who, id, org.Planning{From: c.Now().AddDate(0, 0, 1), Role: &role}))
	begun := func() bool {
		es, err := a.Log.Find(ctx, audit.Query{Action: "staff.begin", Unplaced: true})
		must(t, err)
		return len(es) > 0
	}
	if begun() {
		t.Fatal("it began before its day")
	}
	must(t, a.Close())
	c.Advance(48 * time.Hour)
	a, err = app.Open(ctx, dir, pass, app.Options{Clock: c})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	if begun() {
		t.Fatal("it is written down though no job ran")
	}
	a.Start(ctx)
	within, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for !begun() {
		if within.Err() != nil {
			t.Fatal("nobody wrote it down")
		}
	}
}
