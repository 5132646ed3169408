package app_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/doctor"
	"caseward/internal/keys/keystest"
	"caseward/internal/upkeep"
	"caseward/internal/web/static"
)

func TestStatus(t *testing.T) {
	// A mail server that counts who comes, and hangs up.
	mail, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer mail.Close()
	var came atomic.Int64
	go func() {
		for {
			c, err := mail.Accept()
			if err != nil {
				return
			}
			came.Add(1)
			_ = c.Close()
		}
	}()
	pass := []byte(keystest.Passphrase)
	dir := filepath.Join(t.TempDir(), "data")
	cfg := config.Config{LogName: "caseward.test/app", Anchors: []string{"file://" + t.TempDir()}, SMTP: config.SMTP{Server: mail.Addr().String(), From: "care@example.org"}}
	c := clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
	must(t, app.Init(ctx, dir, pass, cfg, app.Options{Clock: c}))
	a, err := app.Open(ctx, dir, pass, app.Options{Clock: c})
	must(t, err)
	defer func() { must(t, a.Close()) }()
	who := actortest.Worker("w-ada", actor.Administrator, c.Now())
	look := func() upkeep.Status {
		t.Helper()
		s, err := a.Upkeep.Status(ctx, who)
		must(t, err)
		return s
	}
	finding := func(s upkeep.Status, check string) upkeep.Finding {
		t.Helper()
		i := slices.IndexFunc(s.Findings, func(f upkeep.Finding) bool { return f.Check == check })
		if i < 0 {
			t.Fatalf("nothing is said of %s", check)
		}
		return s.Findings[i]
	}
	t.Run("before the first round there is what is of this moment, and nobody outside was asked", func(t *testing.T) {
		s := look()
		for _, check := range []string{"requests", "log", "forwarding", "disk", "officers"} {
			finding(s, check)
		}
		if len(s.Findings) != 5 || !s.Looked.IsZero() || came.Load() != 0 {
			t.Errorf("%d findings, looked %v, the mail server was asked %d times", len(s.Findings), s.Looked, came.Load())
		}
		if s.Data <= 0 || len(s.Servers) == 0 || len(s.Outside) != 1 || s.Version == "" {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a round has the rest, with its time, and leaves no entry", func(t *testing.T) {
		before, err := a.Log.Find(ctx, audit.Query{Limit: 1000})
		must(t, err)
		must(t, a.LookAround(ctx))
		at := c.Now()
		after, err := a.Log.Find(ctx, audit.Query{Limit: 1000})
		must(t, err)
		if len(after) != len(before) {
			t.Errorf("%d entries became %d", len(before), len(after))
		}
		asked := came.Load()
		c.Advance(10 * time.Minute)
		s := look()
		if !s.Looked.Equal(at) || asked == 0 || came.Load() != asked {
			t.Errorf("looked %v, not %v; the mail server was asked %d times, then %d", s.Looked, at, asked, came.Load())
		}
		if f := finding(s, "mail"); f.State != doctor.Wrong || f.Do == "" {
			t.Errorf("%+v", f)
		}
		if f := finding(s, "backup"); f.State != doctor.Wrong {
			t.Errorf("%+v", f)
		}
		if s.Findings[0].State != doctor.Wrong || s.Findings[len(s.Findings)-1].State == doctor.Wrong {
			t.Error("the worst do not come first")
		}
	})
	t.Run("it finds what the doctor at the command line finds", func(t *testing.T) {
		found, err := a.Doctor(ctx, authn.Operator("test"), app.DoctorOptions{})
		must(t, err)
		must(t, a.LookAround(ctx))
		s := look()
		for _, f := range found {
			if got := finding(s, f.Check); got.State != f.State && f.Check != "log" {
				t.Errorf("%s is %s here and %s there", f.Check, got.State, f.State)
			}
		}
	})
	t.Run("requests are counted, and what pages are made of is not", func(t *testing.T) {
		before := look().Answered
		for _, path := range []string{"/signin", "/nothing", static.Prefix + "caseward.css"} {
			a.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
		}
		if got := look().Answered - before; got != 2 {
			t.Errorf("%d requests", got)
		}
	})
	t.Run("each look is an entry", func(t *testing.T) {
		es, err := a.Log.Find(ctx, audit.Query{Worker: "w-ada", Action: upkeep.Read, Limit: 100})
		must(t, err)
		n := len(es)
		look()
		es, err = a.Log.Find(ctx, audit.Query{Worker: "w-ada", Action: upkeep.Read, Limit: 100})
		must(t, err)
		if len(es) != n+1 {
			t.Errorf("%d entries became %d", n, len(es))
		}
	})
}
