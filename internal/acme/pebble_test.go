//go:build acme

package acme

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

// free is a port that nobody listens on.
func free(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func at(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// authority is a real ACME authority, Pebble, with a name server for which every name
// is this machine.
type authority struct {
	directory string
	client    *http.Client
	orders    atomic.Int64 // that it took
	roots     *x509.CertPool
}

// RoundTrip counts orders.
func (a *authority) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := a.client.Transport.(*http.Transport).RoundTrip(r)
	// It refuses some requests as too old, which are then sent again.
	if err == nil && r.URL.Path == "/order-plz" && res.StatusCode == http.StatusCreated {
		a.orders.Add(1)
	}
	return res, err
}

// said is what a program wrote.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func run(t *testing.T, env []string, tool string, args ...string) {
	t.Helper()
	out := &said{}
	cmd := exec.Command(tool, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", filepath.Base(tool), out.b.String())
		}
	})
}

func pebble(t *testing.T, tlsPort, httpPort int) *authority {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "github.com/letsencrypt/pebble/v2/cmd/pebble", "github.com/letsencrypt/pebble/v2/cmd/pebble-challtestsrv")
	build.Dir = filepath.Join("..", "..", "tools", "pebble")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.System().Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert, private := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write := func(name string, b []byte) {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	signer := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(cert, signer)
	write(private, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: k}))
	dns, listen, manage := free(t), free(t), free(t)
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": at(listen), "managementListenAddress": at(manage), "certificate": cert, "privateKey": private, "httpPort": httpPort, "tlsPort": tlsPort,
		"retryAfter": map[string]int{"authz": 1, "order": 1}, "keyAlgorithm": "ecdsa",
		"profiles": map[string]any{"default": map[string]any{"description": "usual", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "pebble.json"), settings)
	run(t, nil, filepath.Join(dir, "pebble-challtestsrv"), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", at(dns), "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", at(free(t)))
	run(t, []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=20"}, filepath.Join(dir, "pebble"), "-config", filepath.Join(dir, "pebble.json"), "-dnsserver", at(dns))
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(signer)
	a := &authority{directory: "https://" + at(listen) + "/dir", roots: x509.NewCertPool()}
	a.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
	end, next := time.NewTimer(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer end.Stop()
	defer next.Stop()
	for {
		res, err := a.client.Get("https://" + at(manage) + "/roots/0")
		if err == nil {
			root, err := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if err != nil || !a.roots.AppendCertsFromPEM(root) {
				t.Fatalf("the authority's root: %v: %s", err, root)
			}
			return a
		}
		select {
		case <-end.C:
			t.Fatalf("the authority does not answer: %v", err)
		case <-next.C:
		}
	}
}

// serves has a server answer on a port.
func serves(t *testing.T, port int, c *tls.Config, h http.Handler) {
	t.Helper()
	l, err := net.Listen("tcp", at(port))
	if err != nil {
		t.Fatal(err)
	}
	if c != nil {
		l = tls.NewListener(l, c)
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
}

func TestPebble(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tlsPort, httpPort := free(t), free(t)
		ca := pebble(t, tlsPort, httpPort)
		cfg := Config{Host: host, Origin: "https://" + host, Mail: "ops@example.org", Directory: ca.directory, HTTP: &http.Client{Transport: ca}}
		// One server asks, and the authority comes to the other.
		three := nodes(t, d, clock.System(), cfg, 3)
		two := three[:2]
		serves(t, tlsPort, two[1].TLS(&tls.Config{MinVersion: tls.VersionTLS12}), http.NotFoundHandler())
		reach := func(name string) error {
			c, err := (&tls.Dialer{Config: &tls.Config{RootCAs: ca.roots, ServerName: name}}).DialContext(context.Background(), "tcp", at(tlsPort))
			if err == nil {
				err = c.Close()
			}
			return err
		}
		for _, name := range []string{"evil.example.org", "127.0.0.1", "x." + host} {
			if err := reach(name); err == nil {
				t.Errorf("%s has a certificate", name)
			}
		}
		if n := ca.orders.Load(); n != 0 {
			t.Errorf("the authority was asked %d times for others", n)
		}
		if err := two[0].Obtain(ctx); err != nil {
			t.Fatal(err)
		}
		if err := reach(host); err != nil {
			t.Errorf("the other server: %v", err)
		}
		if err := reach("evil.example.org"); err == nil {
			t.Error("another name has a certificate now")
		}
		if n := ca.orders.Load(); n != 1 {
			t.Errorf("%d certificates were asked for", n)
		}
		left := time.Duration(0)
		if end, err := two[1].Ends(ctx); err == nil {
			left = end.Sub(clock.System().Now())
		}
		if left < 89*24*time.Hour {
			t.Errorf("it holds for %v", left)
		}
		// Started anew, a server has it.
		if err := three[2].Obtain(ctx); err != nil || ca.orders.Load() != 1 {
			t.Errorf("%v, %d certificates were asked for", err, ca.orders.Load())
		}
	})
	t.Run("over plain HTTP, where TLS is not reached", func(t *testing.T) {
		httpPort := free(t)
		ca := pebble(t, free(t), httpPort)
		two := nodes(t, dbtest.SQLite(t), clock.System(), Config{Host: host, Origin: "https://" + host, Mail: "ops@example.org", Directory: ca.directory, HTTP: &http.Client{Transport: ca}}, 2)
		two[0].Plain()
		serves(t, httpPort, nil, two[1].Plain())
		if err := two[0].Obtain(ctx); err != nil {
			t.Error(err)
		}
	})
}
