//go:build kms

package kms_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
	"caseward/internal/kms"
)

// tool finds a program on the path, or builds it in tools.
func tool(t *testing.T, module, pkg string, names ...string) string {
	t.Helper()
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path
		}
	}
	path := filepath.Join(t.TempDir(), module)
	build := exec.Command("go", "build", "-tags", "minimal", "-o", path, pkg)
	build.Dir = filepath.Join("..", "..", "tools", module)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// started runs a server until the test ends, and returns once it says ready.
func started(t *testing.T, ready string, env []string, path string, args ...string) {
	t.Helper()
	cmd := exec.Command(path, args...)
	cmd.Env = append(os.Environ(), env...)
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = w.Close() })
	var said []string
	for s := bufio.NewScanner(r); s.Scan(); {
		if said = append(said, s.Text()); strings.Contains(s.Text(), ready) {
			go func() { _, _ = io.Copy(io.Discard, r) }()
			return
		}
	}
	t.Fatalf("it did not start:\n%s", strings.Join(said, "\n"))
}

func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// opens lets the service at good open a key file, which another log's name, and what
// stands in bad, do not.
func opens(t *testing.T, good string, bad map[string]string) {
	t.Helper()
	ctx, dir, c := context.Background(), t.TempDir(), clock.System()
	f := keystest.File(t, dir, c)
	client := kms.New(kms.Options{})
	slot, err := f.AddKMS(ctx, c, client, good, "caseward.local/real")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, keys.FileName)
	g, err := keys.Open(ctx, path, keys.Unlock{KMS: client})
	if err != nil || g.Current() != f.Current() {
		t.Fatalf("it does not open: %v", err)
	}
	if err := g.Ask(ctx, slot.ID); err != nil {
		t.Error(err)
	}
	secret := bytes.Repeat([]byte{9}, keys.Size)
	w, err := client.Wrap(ctx, good, "one", secret)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := client.Unwrap(ctx, good, "one", w); err != nil || !bytes.Equal(got, secret) {
		t.Error(err)
	}
	if _, err := client.Unwrap(ctx, good, "two", w); !fault.Is(err, fault.Denied) {
		t.Errorf("another log's is unwrapped: %v", err)
	}
	w[len(w)-3] ^= 1
	if _, err := client.Unwrap(ctx, good, "one", w); !fault.Is(err, fault.Denied) {
		t.Errorf("what was changed is unwrapped: %v", err)
	}
	for name, url := range bad {
		if _, err := client.Wrap(ctx, url, "one", secret); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRealVault asks a real transit engine, over TLS.
func TestRealVault(t *testing.T) {
	path := tool(t, "vault", "github.com/hashicorp/vault", "bao", "vault")
	at, dir := free(t), t.TempDir()
	started(t, "Root Token", nil, path, "server", "-dev", "-dev-tls", "-dev-tls-cert-dir="+dir, "-dev-root-token-id=root", "-dev-listen-address="+at, "-dev-no-store-token")
	pem, err := os.ReadFile(filepath.Join(dir, "vault-ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	h := &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	do := func(method, path string, in map[string]any) (out struct {
		Auth struct {
			Token string `json:"client_token"`
		}
		Data map[string]any
	}) {
		t.Helper()
		b, _ := json.Marshal(in)
		r, err := http.NewRequest(method, "https://"+at+"/v1/"+path, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Vault-Token", "root")
		res, err := h.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode >= 300 {
			t.Fatalf("%s: %s %s", path, res.Status, body)
		}
		_ = json.Unmarshal(body, &out)
		return out
	}
	do("POST", "sys/mounts/transit", map[string]any{"type": "transit"})
	do("POST", "transit/keys/caseward", nil)
	do("POST", "transit/keys/derived", map[string]any{"derived": true})
	do("PUT", "sys/policies/acl/caseward", map[string]any{"policy": `path "transit/encrypt/caseward" { capabilities = ["update"] } path "transit/decrypt/caseward" { capabilities = ["update"] }`})
	token := do("POST", "auth/token/create", map[string]any{"policies": []string{"caseward"}, "no_parent": true}).Auth.Token
	do("POST", "sys/auth/approle", map[string]any{"type": "approle"})
	do("POST", "auth/approle/role/caseward", map[string]any{"token_policies": "caseward"})
	role, _ := do("GET", "auth/approle/role/caseward/role-id", nil).Data["role_id"].(string)
	id, _ := do("POST", "auth/approle/role/caseward/secret-id", nil).Data["secret_id"].(string)
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	base := "vault+https://" + at + "/transit/"
	ca := "?ca=" + filepath.Join(dir, "vault-ca.pem")
	t.Run("by a token that may use one key", func(t *testing.T) {
		of := "&token_file=" + file("token", token)
		opens(t, base+"caseward"+ca+of, map[string]string{
			"a key it may not use": base + "derived" + ca + of,
			"no such key":          base + "none" + ca + of,
			"no such token":        base + "caseward" + ca + "&token_file=" + file("wrong", "hvs.none"),
		})
	})
	t.Run("by an AppRole", func(t *testing.T) {
		opens(t, base+"caseward"+ca+"&role_id="+role+"&secret_id_file="+file("secret-id", id), map[string]string{
			"another secret id": base + "caseward" + ca + "&role_id=" + role + "&secret_id_file=" + file("wrong-id", "none"),
		})
	})
	t.Run("with a derived key", func(t *testing.T) {
		opens(t, base+"derived"+ca+"&token_file="+file("root", "root"), nil)
	})
}

// TestRealEmulator asks a program that answers as Amazon's KMS does. It checks no
// signature: that is shown by TestSign and TestAmazon.
func TestRealEmulator(t *testing.T) {
	path := tool(t, "localkms", "github.com/nsmithuk/local-kms", "local-kms")
	at, dir := free(t), t.TempDir()
	_, port, _ := net.SplitHostPort(at)
	seed := filepath.Join(dir, "seed.yaml")
	if err := os.WriteFile(seed, []byte(`Keys:
  Symmetric:
    Aes:
      - Metadata:
          KeyId: bc436485-5092-42b8-92a3-0aa8b93536dc
        BackingKeys:
          - 5cdaead27fe7da2de47945d73cd6d79e36494e73802f3cd3869f1d2cb0b5d7a9
Aliases:
  - AliasName: alias/caseward
    TargetKeyId: bc436485-5092-42b8-92a3-0aa8b93536dc
`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "any")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "any")
	started(t, "Local KMS started", []string{"PORT=" + port, "KMS_SEED_PATH=" + seed, "KMS_DATA_PATH=" + dir, "KMS_REGION=us-east-1"}, path)
	end := "?endpoint=http://" + at
	opens(t, "aws-kms://us-east-1/alias/caseward"+end, map[string]string{"no such key": "aws-kms://us-east-1/alias/none" + end})
	opens(t, "aws-kms://us-east-1/bc436485-5092-42b8-92a3-0aa8b93536dc"+end, nil)
}
