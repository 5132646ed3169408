package oidc_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"caseward/internal/clock"
	"caseward/internal/oidc"
)

// TestRealProvider signs in at a provider that others wrote and certified, started over
// real HTTP, with its own page of user name and password.
func TestRealProvider(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "provider")
	build := exec.Command("go", "build", "-C", "../../tools/provider", "-o", bin, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("the provider cannot be built here: %v\n%s", err, out)
	}
	users, err := json.Marshal(map[string]any{
		"u-ana": map[string]any{"ID": "u-ana", "Username": "ana", "Password": "violet tractor", "Email": "Ana.Quill@care.example.org", "EmailVerified": true},
		"u-bo":  map[string]any{"ID": "u-bo", "Username": "bo", "Password": "violet tractor", "Email": "bo@care.example.org", "EmailVerified": false},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "users.json")
	if err := os.WriteFile(file, users, 0o600); err != nil {
		t.Fatal(err)
	}
	const back = "http://localhost:8080/signin/provider/back"
	run := exec.Command(bin, file, back)
	stop, err := run.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	says, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop.Close(); _ = run.Wait() })
	issuer, err := bufio.NewReader(says).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	cfg := oidc.Config{
		Issuer: strings.TrimSpace(issuer), ClientID: "caseward", Secret: "s3cret of the client", Redirect: back,
		Scopes: []string{"email", "profile"}, AMR: []string{"pwd"}, Clock: clock.System(),
	}
	c, err := oidc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, tc := range []struct {
		name, user, subject, mail string
		fresh                     bool
	}{
		{"a verified address", "ana", "u-ana", "ana.quill@care.example.org", false},
		{"an address nobody verified", "bo", "u-bo", "", false},
		{"a fresh proof", "ana", "u-ana", "ana.quill@care.example.org", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			to, asked, err := c.Begin(ctx, tc.fresh)
			if err != nil {
				t.Fatal(err)
			}
			ans := atProvider(t, to, back, tc.user, "violet tractor")
			id, err := c.Finish(ctx, asked, ans)
			if err != nil {
				t.Fatal(err)
			}
			if id.Subject != tc.subject || id.Mail != tc.mail || id.Unverified != (tc.mail == "") || !id.TwoFactors || id.AuthAt.IsZero() {
				t.Errorf("got %+v", id)
			}
			if _, err := c.Finish(ctx, asked, ans); reason(err) != "code" {
				t.Errorf("the code was taken twice: %v", err)
			}
		})
	}
	t.Run("a wrong secret", func(t *testing.T) {
		cfg := cfg
		cfg.Secret = "another"
		c, err := oidc.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		to, asked, err := c.Begin(ctx, false)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Finish(ctx, asked, atProvider(t, to, back, "ana", "violet tractor")); err == nil || strings.Contains(err.Error(), "another") {
			t.Errorf("got %v", err)
		}
	})
	if c.SignOut() == "" {
		t.Error("the provider offers signing out, and we do not")
	}
}

// atProvider signs in on the provider's own pages, as a browser does, and returns what it
// is sent back with.
func atProvider(t *testing.T, to, back, user, password string) oidc.Answer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var at *url.URL
	b := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), back) {
			at = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := b.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	id := res.Request.URL.Query().Get("authRequestID")
	if id == "" {
		t.Fatalf("the provider shows no form at %s: %s", res.Request.URL, page)
	}
	res, err = b.PostForm(res.Request.URL.Scheme+"://"+res.Request.URL.Host+"/login/username", url.Values{"username": {user}, "password": {password}, "id": {id}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if at == nil {
		t.Fatalf("the provider did not send us back: %s", res.Status)
	}
	q := at.Query()
	return oidc.Answer{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error")}
}
