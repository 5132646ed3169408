package kms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
)

var (
	ctx    = context.Background()
	now    = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	secret = bytes.Repeat([]byte{7}, 32)
)

// asking is a client with an environment of its own, which notes how often it waited.
func asking(t *testing.T, env map[string]string) (*Client, *int) {
	t.Helper()
	waited := 0
	return New(Options{
		Clock:  clock.NewFake(now),
		Getenv: func(k string) string { return env[k] },
		Wait:   func(ctx context.Context, _ time.Duration) error { waited++; return ctx.Err() },
	}), &waited
}

// keyed makes the credentials of Amazon's that the environment of the process holds.
func keyed(t *testing.T, access, secret, session string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	t.Setenv("AWS_SESSION_TOKEN", session)
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_CA_BUNDLE", "")
}

func refuses(t *testing.T, err error, k fault.Kind, says string) {
	t.Helper()
	if !fault.Is(err, k) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v; want it to say %q", err, says)
	}
}

// awsServer is a KMS that checks each request's signature by what Amazon's documents
// say of it, with code of its own, and answers as theirs does.
type awsServer struct {
	t       *testing.T
	fail    []int // statuses to answer with first
	asked   int
	kept    map[string]string // what was wrapped, by key and context
	refused string
}

func (s *awsServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked++
	body, _ := io.ReadAll(r.Body)
	say := func(status int, code, message string) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
	}
	if len(s.fail) > 0 {
		status := s.fail[0]
		s.fail = s.fail[1:]
		code := "KMSInternalException"
		if status == 400 {
			code = "ThrottlingException"
		}
		say(status, code, "try again")
		return
	}
	if why := signedWrongly(r, body, "AKIDTEST", "the secret"); why != "" {
		say(403, "InvalidSignatureException", why)
		return
	}
	if s.refused != "" {
		say(400, "com.amazonaws.kms#"+s.refused, "User: arn:aws:iam::1:user/x is not authorized")
		return
	}
	var in struct {
		KeyId                     string
		Plaintext, CiphertextBlob []byte
		EncryptionContext         map[string]string
	}
	_ = json.Unmarshal(body, &in)
	id := fmt.Sprint(in.KeyId, in.EncryptionContext)
	switch r.Header.Get("X-Amz-Target") {
	case "TrentService.Encrypt":
		s.kept[id] = string(in.Plaintext)
		_ = json.NewEncoder(w).Encode(map[string]any{"CiphertextBlob": []byte("wrapped"), "KeyId": in.KeyId})
	case "TrentService.Decrypt":
		if s.kept[id] == "" || string(in.CiphertextBlob) != "wrapped" {
			say(400, "InvalidCiphertextException", "")
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": []byte(s.kept[id])})
	default:
		say(400, "UnknownOperationException", "")
	}
}

// signedWrongly says what is wrong with a signature, if anything. It takes the request
// apart as it came and not as it was made.
func signedWrongly(r *http.Request, body []byte, access, secret string) string {
	var credential, signed, signature string
	if _, err := fmt.Sscanf(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=%s SignedHeaders=%s Signature=%s", &credential, &signed, &signature); err != nil {
		return err.Error()
	}
	credential, signed = strings.TrimSuffix(credential, ","), strings.TrimSuffix(signed, ",")
	part := strings.Split(credential, "/")
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	switch {
	case len(part) != 5 || part[0] != access || part[3] != "kms" || part[4] != "aws4_request":
		return "the credential is " + credential
	case err != nil || at.Sub(now).Abs() > 5*time.Minute || part[1] != at.Format("20060102"):
		return "the request is of another time"
	}
	for _, must := range []string{"host", "x-amz-date", "x-amz-target", "content-type"} {
		if !strings.Contains(";"+signed+";", ";"+must+";") {
			return must + " is not signed"
		}
	}
	text := r.Method + "\n" + r.URL.Path + "\n" + r.URL.RawQuery + "\n"
	for _, h := range strings.Split(signed, ";") {
		v := r.Header.Get(h)
		if h == "host" {
			v = r.Host
		}
		text += h + ":" + v + "\n"
	}
	hash := func(b string) string { x := sha256.Sum256([]byte(b)); return hex.EncodeToString(x[:]) }
	text += "\n" + signed + "\n" + hash(string(body))
	k := "AWS4" + secret
	for _, p := range append(part[1:], "AWS4-HMAC-SHA256\n"+r.Header.Get("X-Amz-Date")+"\n"+strings.Join(part[1:], "/")+"\n"+hash(text)) {
		m := hmac.New(sha256.New, []byte(k))
		m.Write([]byte(p))
		k = string(m.Sum(nil))
	}
	if hex.EncodeToString([]byte(k)) != signature {
		return "the signature does not match"
	}
	return ""
}

func TestAmazon(t *testing.T) {
	s := &awsServer{t: t, kept: map[string]string{}}
	server := httptest.NewServer(s)
	defer server.Close()
	at := "aws-kms://us-east-1/alias/caseward?endpoint=" + server.URL
	keyed(t, "AKIDTEST", "the secret", "a session")
	c, waited := asking(t, nil)
	wrapped, err := c.Wrap(ctx, at, "caseward.local/one", secret)
	if err != nil || string(wrapped) != "wrapped" {
		t.Fatal(err)
	}
	t.Run("what it wrapped it unwraps, asked once and signed", func(t *testing.T) {
		s.asked = 0
		got, err := c.Unwrap(ctx, at, "caseward.local/one", wrapped)
		if err != nil || !bytes.Equal(got, secret) || s.asked != 1 || *waited != 0 {
			t.Errorf("asked %d times, %v", s.asked, err)
		}
	})
	t.Run("the log's name is told, and another one does not open", func(t *testing.T) {
		if _, ok := s.kept["alias/casewardmap[caseward-log:caseward.local/one]"]; !ok {
			t.Errorf("%v", s.kept)
		}
		_, err := c.Unwrap(ctx, at, "caseward.local/two", wrapped)
		refuses(t, err, fault.Denied, "InvalidCiphertextException")
	})
	t.Run("a service that stumbles is asked again, and not for ever", func(t *testing.T) {
		s.asked, *waited, s.fail = 0, 0, []int{500, 400, 503}
		if _, err := c.Unwrap(ctx, at, "caseward.local/one", wrapped); err != nil || s.asked != 4 || *waited != 3 {
			t.Errorf("asked %d times, %v", s.asked, err)
		}
		s.asked, s.fail = 0, []int{500, 500, 500, 500, 500}
		_, err := c.Unwrap(ctx, at, "caseward.local/one", wrapped)
		refuses(t, err, fault.Unavailable, "asked 4 times")
		if s.fail = nil; s.asked != 4 {
			t.Errorf("asked %d times", s.asked)
		}
	})
	t.Run("what it refuses is not asked again, and it says why", func(t *testing.T) {
		s.asked, s.refused = 0, "AccessDeniedException"
		_, err := c.Unwrap(ctx, at, "caseward.local/one", wrapped)
		refuses(t, err, fault.Denied, "refuses: AccessDeniedException User: arn")
		if s.refused = ""; s.asked != 1 {
			t.Errorf("asked %d times", s.asked)
		}
	})
	t.Run("a wrong secret is found out by the signature, and not repeated", func(t *testing.T) {
		keyed(t, "AKIDTEST", "another secret", "")
		_, err := c.Unwrap(ctx, at, "caseward.local/one", wrapped)
		refuses(t, err, fault.Denied, "does not match")
		if strings.Contains(err.Error(), "another secret") {
			t.Error(err)
		}
	})
	t.Run("no credentials are told as that", func(t *testing.T) {
		keyed(t, "", "", "")
		s.asked = 0
		if _, err := c.Unwrap(ctx, at, "caseward.local/one", wrapped); err == nil || !strings.Contains(err.Error(), "no credentials") || s.asked != 0 {
			t.Errorf("asked %d times, %v", s.asked, err)
		}
	})
}

// vaultServer is a transit engine with one key, and an AppRole.
type vaultServer struct {
	asked     int
	status    int // to answer with, if not 0
	namespace string
	kept      string
}

func (s *vaultServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked++
	say := func(status int, why string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []string{why}})
	}
	var in map[string]string
	_ = json.NewDecoder(r.Body).Decode(&in)
	s.namespace = r.Header.Get("X-Vault-Namespace")
	switch {
	case s.status == 307:
		w.Header().Set("Location", "/v1/elsewhere")
		w.WriteHeader(307)
	case s.status != 0:
		say(s.status, "Vault is sealed")
	case r.URL.Path == "/v1/auth/approle/login" && in["role_id"] == "role" && in["secret_id"] == "its secret":
		_ = json.NewEncoder(w).Encode(map[string]any{"auth": map[string]string{"client_token": "of the role"}})
	case r.URL.Path == "/v1/auth/approle/login":
		say(400, "invalid role or secret ID")
	case r.Header.Get("X-Vault-Token") != "the token" && r.Header.Get("X-Vault-Token") != "of the role":
		say(403, "permission denied")
	case r.URL.Path == "/v1/agencies/transit/encrypt/caseward":
		s.kept = in["plaintext"] + in["associated_data"] + in["context"]
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"ciphertext": "vault:v1:abc"}})
	case r.URL.Path == "/v1/agencies/transit/decrypt/caseward" && in["ciphertext"] == "vault:v1:abc" && strings.HasSuffix(s.kept, in["associated_data"]+in["context"]):
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]string{"plaintext": strings.TrimSuffix(s.kept, in["associated_data"]+in["context"])}})
	default:
		say(400, "invalid ciphertext")
	}
}

func TestVault(t *testing.T) {
	s := &vaultServer{}
	server := httptest.NewTLSServer(s)
	defer server.Close()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca := file("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	base := "vault+" + server.URL + "/agencies/transit/caseward?ca=" + ca
	at := base + "&namespace=north&token_file=" + file("token", "the token\n")
	c, waited := asking(t, nil)
	wrapped, err := c.Wrap(ctx, at, "log", secret)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("what it wrapped it unwraps, in its namespace", func(t *testing.T) {
		got, err := c.Unwrap(ctx, at, "log", wrapped)
		if err != nil || !bytes.Equal(got, secret) || s.namespace != "north" || *waited != 0 {
			t.Errorf("%v, namespace %q", err, s.namespace)
		}
	})
	t.Run("another log's does not open", func(t *testing.T) {
		_, err := c.Unwrap(ctx, at, "another", wrapped)
		refuses(t, err, fault.Denied, "invalid ciphertext")
	})
	t.Run("the token is a credential, or in the environment", func(t *testing.T) {
		file("caseward-vault-token", "the token")
		for name, env := range map[string]map[string]string{"credential": {"CREDENTIALS_DIRECTORY": dir, "VAULT_TOKEN": "no"}, "environment": {"VAULT_TOKEN": "the token"}} {
			c, _ := asking(t, env)
			if _, err := c.Unwrap(ctx, base, "log", wrapped); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, err := c.Unwrap(ctx, base, "log", wrapped)
		refuses(t, err, fault.Invalid, "there is no token")
	})
	t.Run("an AppRole signs in first", func(t *testing.T) {
		if _, err := c.Unwrap(ctx, base+"&role_id=role&secret_id_file="+file("secret-id", "its secret\n"), "log", wrapped); err != nil {
			t.Error(err)
		}
		_, err := c.Unwrap(ctx, base+"&role_id=role&secret_id_file="+file("wrong-id", "no"), "log", wrapped)
		refuses(t, err, fault.Denied, "invalid role")
	})
	t.Run("a token that may not is told, once", func(t *testing.T) {
		s.asked = 0
		_, err := c.Unwrap(ctx, base+"&token_file="+file("other", "another token"), "log", wrapped)
		refuses(t, err, fault.Denied, "permission denied")
		if s.asked != 1 || strings.Contains(err.Error(), "another token") {
			t.Errorf("asked %d times, %v", s.asked, err)
		}
	})
	t.Run("one that is sealed is asked again, and not for ever", func(t *testing.T) {
		s.asked, s.status = 0, 503
		_, err := c.Unwrap(ctx, at, "log", wrapped)
		refuses(t, err, fault.Unavailable, "Vault is sealed; it was asked 4 times")
		if s.status = 0; s.asked != 4 {
			t.Errorf("asked %d times", s.asked)
		}
	})
	t.Run("nobody is followed elsewhere", func(t *testing.T) {
		s.asked, s.status = 0, 307
		if _, err := c.Unwrap(ctx, at, "log", wrapped); err == nil || s.asked != 1 {
			t.Errorf("asked %d times, %v", s.asked, err)
		}
		s.status = 0
	})
	t.Run("a certificate that nobody signed whom we trust is refused", func(t *testing.T) {
		_, err := c.Unwrap(ctx, strings.Replace(at, "ca="+ca+"&", "", 1), "log", wrapped)
		refuses(t, err, fault.Unavailable, "cannot be reached")
	})
	t.Run("one that is away is told so", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		gone := l.Addr().String()
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		c, _ := asking(t, map[string]string{"VAULT_TOKEN": "the token"})
		_, err = c.Unwrap(ctx, "vault+http://"+gone+"/transit/caseward", "log", wrapped)
		refuses(t, err, fault.Unavailable, "cannot be reached; it was asked 4 times")
	})
	t.Run("who stops waiting is not kept", func(t *testing.T) {
		s.asked, s.status = 0, 503
		stopped := errors.New("stopped")
		c := New(Options{Clock: clock.NewFake(now), Getenv: func(string) string { return "the token" }, Wait: func(context.Context, time.Duration) error { return stopped }})
		if _, err := c.Unwrap(ctx, at, "log", wrapped); err == nil || s.asked != 1 {
			t.Errorf("asked %d times, %v", s.asked, err)
		}
		s.status = 0
	})
}

func TestCheck(t *testing.T) {
	for _, good := range []string{
		"aws-kms://us-east-1/alias/caseward", "aws-kms://us-gov-west-1/arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd?profile=agency",
		"aws-kms://us-east-1/1234abcd-12ab-34cd-56ef-1234567890ab?endpoint=https://kms-fips.us-east-1.amazonaws.com",
		"vault+https://vault.example.org:8200/transit/caseward?namespace=a/b", "vault+http://127.0.0.1:8200/transit/caseward",
		"vault+https://vault.example.org/transit/caseward?role_id=r&secret_id_file=/run/secret&auth=agencies",
	} {
		if err := Check(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for bad, says := range map[string]string{
		"":                                     "give the service as",
		"https://vault.example.org/a/b":        "give the service as",
		"aws-kms://us-east-1":                  "give the service as",
		"aws-kms://us-east-1:443/alias/x":      "followed by a region",
		"aws-kms://us-east-1/alias/x?region=x": "is not known",
		"aws-kms://us-east-1/alias/x?endpoint=http://example.org":           "begins with https",
		"vault+http://vault.example.org/transit/x":                          "vault+https:// only",
		"vault+https://vault.example.org/caseward":                          "mounted",
		"vault+https://t:secret@vault.example.org/transit/x":                "name or password",
		"vault+https://vault.example.org/transit/x?token=secret":            "is not known",
		"vault+https://vault.example.org/transit/x?token_file=t":            "full path",
		"vault+https://vault.example.org/transit/x?token_file=/t&role_id=r": "a token, or role_id",
		"vault+https://vault.example.org/transit/x?secret_id_file=/t":       "a token, or role_id",
		"vault+https://vault.example.org/transit/x?ca=":                     "or empty",
	} {
		err := Check(bad)
		refuses(t, err, fault.Invalid, says)
		if err != nil && strings.Contains(err.Error(), "t:secret") {
			t.Error(err)
		}
	}
}
