package app_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/db/dbtest"
	"caseward/internal/doctor"
	"caseward/internal/fault"
	"caseward/internal/keys/keystest"
)

// TestOpenedByAService starts an agency with nothing but a transit engine.
func TestOpenedByAService(t *testing.T) {
	kept, refused, asked := "", false, 0
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		var in map[string]string
		_ = json.NewDecoder(r.Body).Decode(&in)
		switch {
		case refused || r.Header.Get("X-Vault-Token") != "the token":
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"errors":["permission denied"]}`))
		case strings.Contains(r.URL.Path, "/encrypt/"):
			kept = in["plaintext"]
			_, _ = w.Write([]byte(`{"data":{"ciphertext":"vault:v1:x"}}`))
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"plaintext": kept}})
		}
	}))
	defer service.Close()
	t.Setenv("VAULT_TOKEN", "the token")
	pass := []byte(keystest.Passphrase)
	dir := filepath.Join(t.TempDir(), "data")
	c := clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
	cfg := config.Config{LogName: "caseward.test/kms"}
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		cfg.Database = dbtest.URL(t)
	}
	must(t, app.Init(ctx, dir, pass, cfg, app.Options{Clock: c}))
	a, err := app.Open(ctx, dir, pass, app.Options{Clock: c})
	must(t, err)
	operator := authn.Operator("test")
	_, err = a.AddKMS(ctx, operator, "vault+"+service.URL+"/transit/caseward")
	must(t, err)
	must(t, a.Close())

	asked = 0
	b, err := app.Open(ctx, dir, nil, app.Options{Clock: c})
	must(t, err)
	defer func() { must(t, b.Close()) }()
	if by := b.OpenedBy(); asked != 1 || by != "kms vault+"+service.URL+"/transit/caseward" {
		t.Errorf("asked %d times, opened by %s", asked, by)
	}
	look := func(check string) doctor.Finding {
		t.Helper()
		found, err := b.Doctor(ctx, operator, app.DoctorOptions{})
		must(t, err)
		for _, f := range found {
			if f.Check == check {
				return f
			}
		}
		t.Fatalf("nothing was said of %s", check)
		return doctor.Finding{}
	}
	t.Run("the doctor has it open the file", func(t *testing.T) {
		if f := look("key service"); f.State != doctor.Good {
			t.Errorf("%+v", f)
		}
		if f := look("recovery"); f.State != doctor.Warning || !strings.Contains(f.Says, "none of them is shares") {
			t.Errorf("%+v", f)
		}
		// The tests' PostgreSQL may be one that syncs nothing, and then is told so.
		if f := look("database"); f.State == doctor.Wrong && !strings.Contains(f.Do, "fsync") {
			t.Errorf("%+v", f)
		}
	})
	t.Run("one that refuses is told, and what runs goes on", func(t *testing.T) {
		refused = true
		if f := look("key service"); f.State != doctor.Wrong || !strings.Contains(f.Says, "permission denied") {
			t.Errorf("%+v", f)
		}
		if _, err := app.Open(ctx, dir, nil, app.Options{Clock: c}); !fault.Is(err, fault.Denied) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("meanwhile the passphrase opens", func(t *testing.T) {
		o, err := app.Open(ctx, dir, pass, app.Options{Clock: c})
		must(t, err)
		must(t, o.Close())
	})
}
