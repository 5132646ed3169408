// Package kms asks a key-management service to wrap and unwrap a secret: Amazon's KMS
// and the transit engine of HashiCorp Vault and OpenBao. It is the one place that knows
// their protocols.
//
// It is asked when the key file is opened or changed, never while somebody waits for a
// page. Each answer is awaited for a bounded time and the question repeated a bounded
// number of times; what the service refuses is not asked again. It keeps nothing, and
// writes no token, key or secret anywhere.
//
// To start: New; then Wrap and Unwrap.
package kms

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
)

// Options are where a client finds what it needs. The zero value is right for the
// program.
type Options struct {
	Clock  clock.Clock                                      // the machine's if nil: signatures hold for minutes
	Getenv func(string) string                              // os.Getenv if nil
	Wait   func(ctx context.Context, d time.Duration) error // between tries; really waits if nil
}

// Client asks services, each named by its URL:
//
//	aws-kms://us-east-1/alias/caseward?profile=…&endpoint=…
//	vault+https://vault.example.org:8200/transit/caseward?namespace=…&ca=FILE&token_file=FILE
//	vault+https://…?role_id=…&secret_id_file=FILE&auth=approle
//
// In Amazon's the path is a key's id, alias or ARN, and credentials are found as a
// bucket's are. In Vault's it is where the transit engine is mounted and the key's name;
// the token is in the file that is named, or the systemd credential
// caseward-vault-token, or VAULT_TOKEN; the secret id of an AppRole is in the file that
// is named or the credential caseward-vault-secret-id.
type Client struct{ o Options }

// New returns a client. Nothing is asked yet.
func New(o Options) *Client {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Getenv == nil {
		o.Getenv = os.Getenv
	}
	if o.Wait == nil {
		o.Wait = func(ctx context.Context, d time.Duration) error {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(d):
				return nil
			}
		}
	}
	return &Client{o}
}

// Patience bounds one Wrap or Unwrap as a whole, its repetitions included.
const Patience = time.Minute

const (
	patience  = 10 * time.Second // of one try
	tries     = 4
	firstWait = 500 * time.Millisecond // doubled each time
	mostBytes = 64 << 10               // of an answer
)

// service is one key of one service.
type service interface {
	wrap(ctx context.Context, bound string, secret []byte) ([]byte, error)
	unwrap(ctx context.Context, bound string, wrapped []byte) ([]byte, error)
	close()
}

// Check says what is wrong with a URL, if anything, and asks nobody.
func Check(raw string) error {
	_, err := parse(raw)
	return err
}

// Wrap has the service at raw encrypt secret, bound to bound: an encryption context of
// Amazon's, associated data of Vault's. The service writes both down, so neither is
// secret.
func (c *Client) Wrap(ctx context.Context, raw, bound string, secret []byte) (out []byte, err error) {
	err = c.ask(ctx, raw, func(ctx context.Context, s service) error {
		out, err = s.wrap(ctx, bound, secret)
		return err
	})
	return out, err
}

// Unwrap has it decrypt again what Wrap returned.
func (c *Client) Unwrap(ctx context.Context, raw, bound string, wrapped []byte) (out []byte, err error) {
	err = c.ask(ctx, raw, func(ctx context.Context, s service) error {
		out, err = s.unwrap(ctx, bound, wrapped)
		return err
	})
	return out, err
}

func (c *Client) ask(ctx context.Context, raw string, fn func(context.Context, service) error) error {
	at, err := parse(raw)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	s, err := c.open(ctx, at)
	if err != nil {
		return err
	}
	defer s.close()
	return fn(ctx, s)
}

func (c *Client) open(ctx context.Context, at place) (service, error) {
	if at.scheme == amazon {
		return c.openAmazon(at)
	}
	return c.openVault(ctx, at)
}

// place is what a URL says.
type place struct {
	scheme    string // amazon, or how a Vault is reached
	host      string // the region of Amazon's
	path, key string
	set       map[string]string
}

const amazon = "aws-kms"

const op = "kms"

var settings = map[string][]string{
	amazon:        {"profile", "endpoint"},
	"vault+https": {"namespace", "ca", "token_file", "role_id", "secret_id_file", "auth"},
	"vault+http":  {"namespace", "token_file", "role_id", "secret_id_file", "auth"},
}

func parse(raw string) (place, error) {
	bad := func(format string, args ...any) (place, error) { return place{}, fault.Invalidf(op, format, args...) }
	u, err := url.Parse(raw)
	if err != nil {
		return bad("the service is no URL")
	}
	known, ok := settings[u.Scheme]
	switch path := strings.Trim(u.Path, "/"); {
	case !ok:
		return bad("give the service as aws-kms://REGION/KEY or vault+https://HOST:8200/transit/KEY")
	case u.User != nil:
		return bad("the URL of the service holds a name or password; give those apart")
	case u.Fragment != "" || u.Host == "" || path == "":
		return bad("give the service as aws-kms://REGION/KEY or vault+https://HOST:8200/transit/KEY")
	case u.Scheme == amazon && u.Port() != "":
		return bad("aws-kms:// is followed by a region, as us-east-1")
	case u.Scheme == "vault+http" && !loopback(u.Hostname()):
		return bad("a service on another machine is reached over vault+https:// only")
	case u.Scheme != amazon && !strings.Contains(path, "/"):
		return bad("say where the transit engine is mounted and what the key is called, as /transit/caseward")
	}
	p := place{scheme: u.Scheme, host: u.Host, key: strings.Trim(u.Path, "/"), set: map[string]string{}}
	if p.scheme != amazon {
		i := strings.LastIndex(p.key, "/")
		p.path, p.key = p.key[:i], p.key[i+1:]
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return bad("what follows the question mark of the service's URL cannot be read")
	}
	for k, v := range q {
		switch {
		case !slices.Contains(known, k):
			return bad("the service's URL has a setting %q, which is not known", k)
		case len(v) != 1 || v[0] == "":
			return bad("the service's URL gives %s more than once, or empty", k)
		case (strings.HasSuffix(k, "_file") || k == "ca") && !filepath.IsAbs(v[0]):
			return bad("%s is a file's full path", k)
		}
		p.set[k] = v[0]
	}
	if p.set["role_id"] == "" && (p.set["secret_id_file"] != "" || p.set["auth"] != "") || p.set["role_id"] != "" && p.set["token_file"] != "" {
		return bad("give a token, or role_id with its secret id")
	}
	if e := p.set["endpoint"]; e != "" {
		eu, err := url.Parse(e)
		if err != nil || eu.Host == "" || eu.User != nil || strings.Trim(eu.Path, "/") != "" || eu.RawQuery != "" || eu.Scheme != "https" && (eu.Scheme != "http" || !loopback(eu.Hostname())) {
			return bad("endpoint is a URL that begins with https://")
		}
	}
	return p, nil
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// request makes one request, anew for each try: a signature holds for minutes.
type request func(ctx context.Context) (*http.Request, error)

// answer is what a service said that did not do what it was asked.
type answer struct {
	status int
	body   []byte
}

// send asks until there is an answer that will not be another one. ok fills in what was
// asked for; said tells what the service says it refuses, and whether to try again.
func (c *Client) send(ctx context.Context, h *http.Client, name string, ask request, ok any, said func(answer) (why string, again bool)) error {
	var last error
	for i := range tries {
		if i > 0 {
			if err := c.o.Wait(ctx, firstWait<<(i-1)); err != nil {
				break
			}
		}
		a, err := once(ctx, h, ask)
		if err != nil {
			var f *fault.Error
			if errors.As(err, &f) {
				return err
			}
			last = fault.Unavailablef(op, err, "%s cannot be reached; it was asked %d times", name, i+1)
			continue
		}
		if a.status == http.StatusOK {
			if err := json.Unmarshal(a.body, ok); err != nil {
				return fault.Unavailablef(op, nil, "%s answers something else than such a service does", name)
			}
			return nil
		}
		why, again := said(a)
		if !again && a.status < 500 && a.status != http.StatusTooManyRequests {
			return &fault.Error{Kind: fault.Denied, Op: op, Why: name + " refuses: " + plain(why)}
		}
		last = fault.Unavailablef(op, nil, "%s is not able to answer: %s; it was asked %d times", name, plain(why), i+1)
	}
	return last
}

func once(ctx context.Context, h *http.Client, ask request) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := ask(ctx)
	if err != nil {
		return answer{}, err
	}
	res, err := h.Do(r)
	if err != nil {
		// The library's error repeats the address; its cause does not.
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, mostBytes))
	return answer{res.StatusCode, b}, err
}

// plain is what a service says, on one line and not for ever.
func plain(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r < 0x20 || r > 0x7e }), " ")
	if len(s) > 200 {
		s = s[:200]
	}
	if s == "" {
		return "it does not say why"
	}
	return s
}

// stay follows nobody elsewhere.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// client trusts the system's certificates, or those in the file ca alone.
func client(ca string) (*http.Client, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, fault.Unavailablef(op, err, "cannot read the certificates of the service")
		}
		if secure.RootCAs = x509.NewCertPool(); !secure.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.Invalidf(op, "the file of the service's certificates holds none")
		}
	}
	return &http.Client{CheckRedirect: stay, Transport: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: patience}).DialContext,
		TLSClientConfig:     secure,
		TLSHandshakeTimeout: patience,
		ForceAttemptHTTP2:   true,
	}}, nil
}

// secretFrom reads a secret from a file, or else from a systemd credential.
func (c *Client) secretFrom(file, credential string) (string, error) {
	if dir := c.o.Getenv("CREDENTIALS_DIRECTORY"); file == "" && dir != "" {
		file = filepath.Join(dir, credential)
		if _, err := os.Stat(file); err != nil {
			return "", nil
		}
	}
	if file == "" {
		return "", nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", fault.Unavailablef(op, err, "cannot read what the service is asked with")
	}
	return strings.TrimSpace(string(b)), nil
}
