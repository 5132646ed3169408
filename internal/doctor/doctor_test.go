package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/fault"
	"caseward/internal/scan"
	"caseward/internal/scan/scantest"
)

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// is fails unless f came out as s and says so; advice stands where something must
// be done, and only there.
func is(t *testing.T, f Finding, s State, says string) {
	t.Helper()
	if f.State != s || !strings.Contains(f.Says, says) {
		t.Errorf("got %s, %q; want %s, %q", f.State, f.Says, s, says)
	}
	if f.Faulty() != (f.Do != "") {
		t.Errorf("%q advises %q", f.Says, f.Do)
	}
}

func TestBackup(t *testing.T) {
	for _, c := range []struct {
		name  string
		last  time.Time
		state State
		says  string
	}{
		{"never is wrong", time.Time{}, Wrong, "no backup"},
		{"last night is good", now.Add(-10 * time.Hour), Good, "10 hours old"},
		{"a run that was a little late is good", now.Add(-26 * time.Hour), Good, "26 hours"},
		{"two days are warned about", now.Add(-49 * time.Hour), Warning, "2 days"},
		{"a week and a bit is wrong", now.Add(-170 * time.Hour), Wrong, "7 days"},
		{"one of this second is good", now, Good, "0 seconds"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, Backup(now, c.last), c.state, c.says) })
	}
}

func TestLog(t *testing.T) {
	for _, c := range []struct {
		name  string
		q     Queue
		state State
		says  string
	}{
		{"all signed for is good", Queue{Size: 7, Signed: 7}, Good, "all 7"},
		{"some that came this second are no fault", Queue{Size: 7, Signed: 7, Waiting: 3, Oldest: now.Add(-time.Second)}, Good, "all 7"},
		{"one that waits for minutes is wrong", Queue{Size: 7, Signed: 7, Waiting: 3, Oldest: now.Add(-5 * time.Minute)}, Wrong, "3 entries wait"},
		{"a sequencer that failed is wrong", Queue{Size: 7, Signed: 7, Err: errors.New("no")}, Wrong, "failed"},
		{"in order and not signed for is warned about", Queue{Size: 7, Signed: -1}, Warning, "7 entries"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, Log(now, c.q), c.state, c.says) })
	}
}

func TestForwarding(t *testing.T) {
	is(t, Forwarding(now, nil), Unused, "nowhere")
	is(t, Forwarding(now, []Forwarded{{Name: "syslog 1"}, {Name: "otlp 2", Behind: 9, Oldest: now.Add(-14 * time.Minute)}}), Good, "(2)")
	is(t, Forwarding(now, []Forwarded{{Name: "syslog 1", Behind: 9, Oldest: now.Add(-3 * time.Hour)}, {Name: "otlp 2"}}), Wrong, "syslog 1 lacks 9 entries, the oldest for 3 hours")
}

func TestOutside(t *testing.T) {
	t.Run("no place is warned about", func(t *testing.T) { is(t, Outside(now, nil), Warning, "no checkpoint") })
	t.Run("a place that has what it is owed is good, however long ago", func(t *testing.T) {
		is(t, Outside(now, []Sent{{Name: "directory 1", Last: now.Add(-90 * time.Hour)}}), Good, "(1)")
	})
	t.Run("the one that is behind is named, and the other is not", func(t *testing.T) {
		f := Outside(now, []Sent{{Name: "directory 1", Last: now}, {Name: "mailbox 2", Last: now.Add(-50 * time.Hour), Owed: true}})
		is(t, f, Wrong, "mailbox 2 took the last one 2 days ago")
		if strings.Contains(f.Says, "directory") {
			t.Error(f.Says)
		}
	})
	t.Run("one that never took any says so", func(t *testing.T) {
		is(t, Outside(now, []Sent{{Name: "bucket 1", Owed: true}}), Wrong, "bucket 1 never took one")
	})
}

func TestPermissions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	key := filepath.Join(dir, "caseward.key")
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.WriteFile(key, nil, 0o600))
	t.Run("private to the owner is good, and what is not there is no fault", func(t *testing.T) {
		is(t, Permissions(dir, key, "", filepath.Join(dir, "none")), Good, "only their owner")
	})
	t.Run("a key file that the group may read is named", func(t *testing.T) {
		must(t, os.Chmod(key, 0o640))
		is(t, Permissions(dir, key), Wrong, "caseward.key is 0640")
		must(t, os.Chmod(key, 0o600))
	})
	t.Run("a directory that others may list is named", func(t *testing.T) {
		must(t, os.Chmod(dir, 0o755))
		is(t, Permissions(dir, key), Wrong, "is 0755")
		must(t, os.Chmod(dir, 0o700))
	})
	t.Run("no directory is wrong", func(t *testing.T) {
		is(t, Permissions(filepath.Join(dir, "none")), Wrong, "cannot be looked at")
	})
	t.Run("a file of another account is named, and one kept elsewhere may be", func(t *testing.T) {
		is(t, access(seen{"d", 0o700, 1}, []seen{{"d/caseward.key", 0o600, 2}}), Wrong, "another's: d/caseward.key")
		is(t, access(seen{"d", 0o700, 1}, []seen{{"d/caseward.key", 0o600, 1}, {"elsewhere/passphrase", 0o400, 2}}), Good, "only their owner")
	})
}

func TestDisk(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		name            string
		free, all, uses int64
		state           State
	}{
		{"half free is good", 50 * gib, 100 * gib, 10 * gib, Good},
		{"a twentieth is warned about", 5 * gib, 100 * gib, gib, Warning},
		{"less than the data takes is warned about", 20 * gib, 100 * gib, 30 * gib, Warning},
		{"less than a gibibyte is wrong on a small disk too", gib - 1, 2 * gib, 0, Wrong},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, room(c.free, c.all, c.uses), c.state, "are free") })
	}
	t.Run("this machine's disk is asked", func(t *testing.T) {
		free, all, err := space(t.TempDir())
		if err != nil || free <= 0 || all < free {
			t.Errorf("%d of %d, %v", free, all, err)
		}
	})
	t.Run("a directory that is not there is wrong", func(t *testing.T) {
		is(t, Disk(filepath.Join(t.TempDir(), "none"), 0), Wrong, "nothing is known")
	})
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		name   string
		newest time.Time
		kept   bool
		err    error
		state  State
	}{
		{"kept and after the log is good", now.Add(-time.Hour), true, nil, Good},
		{"another node's second ahead is no fault", now.Add(time.Second), true, nil, Good},
		{"behind the log is wrong, kept or not", now.Add(time.Hour), true, nil, Wrong},
		{"kept by nothing is warned about", now, false, nil, Warning},
		{"a system that does not tell is not called good", now, false, errors.ErrUnsupported, Unknown},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, clockIs(now, c.newest, c.kept, c.err), c.state, "clock") })
	}
}

func TestKeyCopy(t *testing.T) {
	dir := t.TempDir()
	key, same := filepath.Join(dir, "caseward.key"), filepath.Join(dir, "copy.key")
	must(t, os.WriteFile(key, nil, 0o600))
	must(t, os.WriteFile(same, nil, 0o600))
	for _, c := range []struct {
		name  string
		c     Copy
		state State
		says  string
	}{
		{"never proved is wrong", Copy{}, Wrong, "nobody has proved"},
		{"proved last month is good", Copy{Last: now.Add(-30 * 24 * time.Hour)}, Good, "30 days"},
		{"proved last year is warned about", Copy{Last: now.Add(-365 * 24 * time.Hour)}, Warning, "365 days"},
		{"one that does not open is wrong", Copy{Path: same, Err: errors.New("no")}, Wrong, "does not open"},
		{"one from before the key was changed is wrong", Copy{Path: same, IDs: []string{"k1"}}, Wrong, "lacks the key k2"},
		{"the key file itself is no copy", Copy{Path: key, IDs: []string{"k1", "k2"}}, Wrong, "no copy"},
		{"one on the same disk is warned about", Copy{Path: same, IDs: []string{"k2", "k1", "k0"}}, Warning, "same disk"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, KeyCopy(now, key, []string{"k1", "k2"}, c.c), c.state, c.says) })
	}
}

// certificate writes a certificate for host that holds as said, and its key.
func certificate(t *testing.T, host string, from, to time.Time) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(k)
	must(t, err)
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	return cert, key
}

// chain is a certificate that an authority signed whom another did: the file of
// that one, the whole chain, the certificate alone, and its key.
func chain(t *testing.T, from, to time.Time) (root, whole, leaf, key string) {
	t.Helper()
	var (
		ders  [][]byte
		above *x509.Certificate
		with  *ecdsa.PrivateKey
		dir   = t.TempDir()
	)
	for i := range 3 {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		c := &x509.Certificate{SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: fmt.Sprint(i)}, NotBefore: from, NotAfter: to, IsCA: i < 2, BasicConstraintsValid: true}
		if i == 2 {
			c.DNSNames = []string{"localhost"}
		}
		if above == nil {
			above, with = c, k
		}
		der, err := x509.CreateCertificate(rand.Reader, c, above, &k.PublicKey, with)
		must(t, err)
		ders, above, with = append(ders, der), c, k
	}
	file := func(name, kind string, blocks ...[]byte) string {
		var b []byte
		for _, x := range blocks {
			b = append(b, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: x})...)
		}
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, b, 0o600))
		return path
	}
	private, err := x509.MarshalPKCS8PrivateKey(with)
	must(t, err)
	return file("root.pem", "CERTIFICATE", ders[0]), file("whole.pem", "CERTIFICATE", ders[2], ders[1]), file("leaf.pem", "CERTIFICATE", ders[2]), file("key.pem", "PRIVATE KEY", private)
}

// trusting is a machine that trusts whoever signed these certificates.
func trusting(t *testing.T, files ...string) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	for _, f := range files {
		b, err := os.ReadFile(f)
		must(t, err)
		p.AppendCertsFromPEM(b)
	}
	return p
}

func TestCertificate(t *testing.T) {
	day := 24 * time.Hour
	for _, c := range []struct {
		name     string
		host     string
		from, to time.Time
		state    State
		says     string
	}{
		{"one for two months is good", "localhost", now.Add(-day), now.Add(60 * day), Good, "holds until 2027-01-26"},
		{"one that ends next week is warned about", "localhost", now.Add(-day), now.Add(7 * day), Warning, "ends in 7 days"},
		{"one that ended is wrong", "localhost", now.Add(-60 * day), now.Add(-time.Hour), Wrong, "ended on"},
		{"one that does not hold yet is wrong", "localhost", now.Add(day), now.Add(60 * day), Wrong, "holds from"},
		{"one for another name is wrong", "other.example.org", now.Add(-day), now.Add(60 * day), Wrong, "not for localhost"},
	} {
		cert, key := certificate(t, c.host, c.from, c.to)
		t.Run(c.name, func(t *testing.T) {
			is(t, Certificate(now, cert, key, "localhost", trusting(t, cert)), c.state, c.says)
		})
		t.Run(c.name+", shown by a proxy too", func(t *testing.T) {
			pair, err := tls.LoadX509KeyPair(cert, key)
			must(t, err)
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
			must(t, err)
			defer l.Close()
			go func() {
				if conn, err := l.Accept(); err == nil {
					_ = conn.(*tls.Conn).Handshake()
					_ = conn.Close()
				}
			}()
			_, port, _ := net.SplitHostPort(l.Addr().String())
			is(t, Site(t.Context(), now, "https://localhost:"+port, trusting(t, cert)), c.state, c.says)
		})
	}
	t.Run("one that nobody signed whom this machine trusts is warned about", func(t *testing.T) {
		cert, key := certificate(t, "localhost", now.Add(-day), now.Add(60*day))
		other, _ := certificate(t, "localhost", now.Add(-day), now.Add(60*day))
		is(t, Certificate(now, cert, key, "localhost", trusting(t)), Warning, "nobody whom this machine trusts")
		is(t, Certificate(now, cert, key, "localhost", trusting(t, other)), Warning, "nobody whom this machine trusts")
		is(t, Certificate(now, cert, key, "localhost", trusting(t, other, cert)), Good, "holds until")
	})
	t.Run("a chain that lacks what lies between is warned about, and a whole one is good", func(t *testing.T) {
		root, whole, leaf, key := chain(t, now.Add(-day), now.Add(60*day))
		is(t, Certificate(now, whole, key, "localhost", trusting(t, root)), Good, "holds until")
		is(t, Certificate(now, leaf, key, "localhost", trusting(t, root)), Warning, "nobody whom this machine trusts")
	})
	t.Run("a certificate and another's key are wrong", func(t *testing.T) {
		cert, _ := certificate(t, "localhost", now, now.Add(day))
		_, key := certificate(t, "localhost", now, now.Add(day))
		is(t, Certificate(now, cert, key, "localhost", nil), Wrong, "belong together")
	})
	t.Run("a proxy that is not there is wrong", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		must(t, err)
		_, port, _ := net.SplitHostPort(l.Addr().String())
		must(t, l.Close())
		is(t, Site(t.Context(), now, "https://localhost:"+port, nil), Wrong, "does not answer")
	})
	t.Run("a server for this machine needs none", func(t *testing.T) {
		is(t, Site(t.Context(), now, "http://localhost:8080", nil), Unused, "this machine only")
	})
}

// fake is a scanner that is made to go wrong in ways that a real one cannot.
type fake struct {
	made     time.Time
	threat   string
	err, not error
}

func (f fake) Signatures(context.Context) (time.Time, error) { return f.made, f.err }

func (f fake) Scan(context.Context, io.Reader) (string, error) {
	return f.threat, f.not
}

func TestUploads(t *testing.T) {
	for _, c := range []struct {
		name      string
		s         Scanner
		unscanned bool
		state     State
		says      string
	}{
		{"no scanner and no uploads need none", nil, false, Unused, "refused"},
		{"uploads without a scanner are warned about", nil, true, Warning, "without being scanned"},
		{"one that finds the test file by today's signatures is good", fake{made: now, threat: "Eicar"}, false, Good, "of 2026-11-27"},
		{"one that is away is wrong", fake{err: errors.New("no")}, false, Wrong, "does not answer"},
		{"one that answers and does not scan is wrong", fake{made: now, not: errors.New("no")}, false, Wrong, "does not scan"},
		{"one that finds nothing is wrong", fake{made: now}, false, Wrong, "does not find"},
		{"old signatures are warned about", fake{made: now.Add(-9 * 24 * time.Hour), threat: "Eicar"}, false, Warning, "9 days"},
		{"no date is warned about", fake{threat: "Eicar"}, false, Warning, "how old"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, Uploads(t.Context(), now, c.s, c.unscanned), c.state, c.says) })
	}
	t.Run("a real clamd finds the test file", func(t *testing.T) {
		d := scantest.Start(t)
		s, err := scan.New(d.URL)
		must(t, err)
		f := Uploads(t.Context(), now, s, false)
		if f.State == Wrong {
			t.Errorf("%+v", f)
		}
	})
}

func TestMail(t *testing.T) {
	t.Run("no server is warned about", func(t *testing.T) { is(t, Mail(t.Context(), nil), Warning, "no mail") })
	t.Run("one that takes us is good", func(t *testing.T) {
		is(t, Mail(t.Context(), func(context.Context) error { return nil }), Good, "takes us")
	})
	t.Run("one that does not says why", func(t *testing.T) {
		is(t, Mail(t.Context(), func(context.Context) error { return errors.New("535 wrong password") }), Wrong, "535 wrong password")
	})
}

func TestReach(t *testing.T) {
	is(t, Reach(t.Context(), "documents", func(context.Context) error { return nil }), Good, "answers")
	is(t, Reach(t.Context(), "documents", func(context.Context) error { return errors.New("no") }), Wrong, "does not answer")
}

func TestProvider(t *testing.T) {
	says := func(apart time.Duration, told bool, err error) func(context.Context) (int, time.Duration, bool, error) {
		return func(context.Context) (int, time.Duration, bool, error) { return 2, apart, told, err }
	}
	away := fault.Unavailablef("oidc.provider", errors.New("secret words of the other side"), "the identity provider cannot be reached")
	for _, c := range []struct {
		name  string
		ask   func(context.Context) (int, time.Duration, bool, error)
		state State
		says  string
	}{
		{"one that answers is good", says(0, true, nil), Good, "its clock is ours, and it has keys (2)"},
		{"a clock a little off is good", says(-20*time.Second, true, nil), Good, "its clock is ours"},
		{"a clock that is off is warned about", says(21*time.Second, true, nil), Warning, "from ours"},
		{"a minute is warned about", says(-time.Minute, true, nil), Warning, "from ours"},
		{"more than a minute is wrong", says(-61*time.Second, true, nil), Wrong, "from ours"},
		{"no clock is good", says(time.Hour, false, nil), Good, "it has keys (2)"},
		{"one that is away says why", says(0, false, away), Wrong, "cannot be reached"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, Provider(t.Context(), c.ask), c.state, c.says) })
	}
	if f := Provider(t.Context(), says(0, false, away)); strings.Contains(f.Says, "secret") {
		t.Errorf("it says what the other side wrote: %s", f.Says)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
