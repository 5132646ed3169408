package kms

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"caseward/internal/bucket"
)

// contextKey names what a wrapping is bound to, in Amazon's encryption context: a key
// policy can ask for it (kms:EncryptionContext:caseward-log), and their log shows it.
const contextKey = "caseward-log"

// aws is one key of Amazon's KMS.
type aws struct {
	c                           *Client
	http                        *http.Client
	region, endpoint, key, name string
	profile                     string
}

func (c *Client) openAmazon(at place) (service, error) {
	t, err := bucket.Transport()
	if err != nil {
		return nil, err
	}
	s := &aws{c: c, http: &http.Client{Transport: t, CheckRedirect: stay}, region: at.host, endpoint: at.set["endpoint"], key: at.key, profile: at.set["profile"], name: "the KMS of " + at.host}
	if s.endpoint == "" {
		s.endpoint = c.o.Getenv("AWS_ENDPOINT_URL_KMS")
	}
	if s.endpoint == "" {
		domain := "amazonaws.com"
		if strings.HasPrefix(s.region, "cn-") {
			domain = "amazonaws.com.cn"
		}
		s.endpoint = "https://kms." + s.region + "." + domain
	}
	return s, nil
}

func (a *aws) close() { a.http.CloseIdleConnections() }

func (a *aws) wrap(ctx context.Context, bound string, secret []byte) ([]byte, error) {
	var out struct{ CiphertextBlob []byte }
	err := a.call(ctx, "Encrypt", map[string]any{"KeyId": a.key, "Plaintext": secret, "EncryptionContext": map[string]string{contextKey: bound}}, &out)
	return out.CiphertextBlob, err
}

func (a *aws) unwrap(ctx context.Context, bound string, wrapped []byte) ([]byte, error) {
	var out struct{ Plaintext []byte }
	// The key is named although the ciphertext does: another of the account is not used.
	err := a.call(ctx, "Decrypt", map[string]any{"KeyId": a.key, "CiphertextBlob": wrapped, "EncryptionContext": map[string]string{contextKey: bound}}, &out)
	return out.Plaintext, err
}

func (a *aws) call(ctx context.Context, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	who, err := bucket.Credentials(ctx, a.profile, a.region)
	if err != nil {
		return err
	}
	ask := func(ctx context.Context) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(a.endpoint, "/")+"/", bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		r.Header.Set("X-Amz-Target", "TrentService."+action)
		sign(r, body, who, a.region, "kms", a.c.o.Clock.Now())
		return r, nil
	}
	return a.c.send(ctx, a.http, a.name, ask, out, func(r answer) (string, bool) {
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		_ = json.Unmarshal(r.body, &e)
		code := e.Type[strings.LastIndex(e.Type, "#")+1:]
		again := slices.Contains([]string{"ThrottlingException", "LimitExceededException", "KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException"}, code)
		return strings.TrimSpace(code + " " + e.Message), again
	})
}

// sign signs a request to / without a query by Amazon's Signature Version 4. Every
// header that is set is signed, and the host.
func sign(r *http.Request, body []byte, who bucket.Identity, region, service string, now time.Time) {
	at := now.UTC().Format("20060102T150405Z")
	r.Header.Set("X-Amz-Date", at)
	if who.Session != "" {
		r.Header.Set("X-Amz-Security-Token", who.Session)
	}
	names := []string{"host"}
	values := map[string]string{"host": r.URL.Host}
	for k, v := range r.Header {
		k = strings.ToLower(k)
		names = append(names, k)
		for i := range v {
			v[i] = strings.Join(strings.Fields(v[i]), " ")
		}
		values[k] = strings.Join(v, ",")
	}
	slices.Sort(names)
	var canonical strings.Builder
	canonical.WriteString(r.Method + "\n/\n\n")
	for _, k := range names {
		canonical.WriteString(k + ":" + values[k] + "\n")
	}
	signed := strings.Join(names, ";")
	canonical.WriteString("\n" + signed + "\n" + sum(body))
	scope := at[:8] + "/" + region + "/" + service + "/aws4_request"
	key := []byte("AWS4" + who.Secret)
	for _, part := range strings.Split(scope, "/") {
		key = mac(key, part)
	}
	signature := mac(key, "AWS4-HMAC-SHA256\n"+at+"\n"+scope+"\n"+sum([]byte(canonical.String())))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+who.Access+"/"+scope+", SignedHeaders="+signed+", Signature="+hex.EncodeToString(signature))
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
