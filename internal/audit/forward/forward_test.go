package forward_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gosyslog "github.com/leodido/go-syslog/v4"
	"github.com/leodido/go-syslog/v4/octetcounting"
	"github.com/leodido/go-syslog/v4/rfc5424"
	"go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"caseward/internal/audit"
	"caseward/internal/audit/forward"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/otlp"
)

var at = time.Date(2026, 3, 2, 9, 0, 0, 123456000, time.UTC)

func logged(n int64) audit.Logged {
	e := audit.Logged{Position: n, Entry: audit.Entry{
		At: at.Add(time.Duration(n) * time.Second), Action: "note.read", Outcome: audit.Allowed,
		Who: audit.Who{Worker: "w7", Role: "case_manager", Purpose: "treatment", Session: "SECRET-session", OnBehalfOf: "SECRET-login"},
		Touched: []audit.Touch{
			{Kind: "note", ID: "SECRET-n1", Subject: "SECRET-c1", Classes: []string{"note"}}, {Kind: "note", ID: "SECRET-n2", Subject: "SECRET-c1"},
			{Kind: "client", ID: "SECRET-c2", Subject: "SECRET-c2"}, {Kind: "staff", ID: "SECRET-s"},
		},
		Rules: []string{"SECRET-rule"}, Detail: map[string]string{"reason": "SECRET-words"},
	}}
	e.LeafHash[0] = byte(n)
	return e
}

func events(n int) (out []forward.Event) {
	for i := range int64(n) {
		out = append(out, forward.Of(logged(i)))
	}
	return out
}

func TestOf(t *testing.T) {
	want := forward.Event{
		Position: 3, At: at.Add(3 * time.Second), Action: "note.read", Outcome: audit.Allowed, Worker: "w7", Role: "case_manager", Purpose: "treatment",
		Records: []forward.Count{{"client", 1}, {"note", 2}, {"staff", 1}}, Clients: 2,
	}
	want.Leaf[0] = 3
	if d := cmp.Diff(want, forward.Of(logged(3))); d != "" {
		t.Error(d)
	}
}

// server takes connections until the test ends, and hands over what each said up to
// its end.
func server(t testing.TB, l net.Listener) <-chan string {
	got := make(chan string, 8)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			text, _ := io.ReadAll(c)
			got <- string(text)
			_ = c.Close()
		}
	}()
	return got
}

// parse reads frames as strictly as RFC 5425 and RFC 5424 say.
func parse(t testing.TB, text string) (out []*rfc5424.SyslogMessage) {
	t.Helper()
	octetcounting.NewParser(gosyslog.WithListener(func(r *gosyslog.Result) {
		if r.Error != nil {
			t.Errorf("%v in %q", r.Error, text)
			return
		}
		out = append(out, r.Message.(*rfc5424.SyslogMessage))
	})).Parse(strings.NewReader(text))
	return out
}

func TestSyslog(t *testing.T) {
	ctx := context.Background()
	cert, roots := certificate(t)
	listen := func(t *testing.T, over string) (forward.Syslog, <-chan string) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := forward.Syslog{Network: "tcp", Address: l.Addr().String(), Host: "care.example.org", Log: "caseward.example/north"}
		if over == "tls" {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}})
			s.TLS = &tls.Config{RootCAs: roots, ServerName: "logs.example.org"}
		}
		return s, server(t, l)
	}
	for _, over := range []string{"tcp", "tls"} {
		t.Run(over, func(t *testing.T) {
			s, got := listen(t, over)
			es := events(40)
			es[1].Outcome, es[2].Action = audit.Refused, "glass.break"
			if _, err := s.Send(ctx, es); err != nil {
				t.Fatal(err)
			}
			text := <-got
			if strings.Contains(text, "SECRET") {
				t.Error("something left that must not")
			}
			ms := parse(t, text)
			if len(ms) != 40 {
				t.Fatalf("%d messages", len(ms))
			}
			for i, m := range ms {
				var leaf [32]byte
				leaf[0] = byte(i)
				want := map[string]map[string]string{"caseward@32473": {
					"log": "caseward.example/north", "position": strconv.Itoa(i), "leaf": base64.StdEncoding.EncodeToString(leaf[:]), "action": es[i].Action,
					"outcome": "allowed", "worker": "w7", "role": "case_manager", "purpose": "treatment", "clients": "2", "records": "staff=1",
				}}
				severity := uint8(6)
				if i == 1 {
					want["caseward@32473"]["outcome"] = "refused"
				}
				if i == 1 || i == 2 {
					severity = 4
				}
				if d := cmp.Diff(want, *m.StructuredData); d != "" {
					t.Errorf("%d: %s", i, d)
				}
				if !m.Timestamp.Equal(es[i].At) || *m.Hostname != "care.example.org" || *m.Appname != "caseward" || *m.MsgID != es[i].Action || *m.Facility != 13 || *m.Severity != severity || m.Version != 1 {
					t.Errorf("%d: %+v", i, m)
				}
			}
			if !strings.Contains(text, ` clients="2" records="client=1" records="note=2" records="staff=1"]`) {
				t.Errorf("the kinds are missing in %s", text)
			}
		})
	}
	t.Run("udp", func(t *testing.T) {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s := forward.Syslog{Network: "udp", Address: c.LocalAddr().String(), Host: "h", Log: "l"}
		if _, err := s.Send(ctx, events(2)); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			b := make([]byte, 2048)
			n, _, err := c.ReadFrom(b)
			if err != nil {
				t.Fatal(err)
			}
			m, err := rfc5424.NewParser().Parse(b[:n])
			if err != nil {
				t.Fatalf("%v in %q", err, b[:n])
			}
			if p := (*m.(*rfc5424.SyslogMessage).StructuredData)["caseward@32473"]["position"]; p != strconv.Itoa(i) {
				t.Errorf("position %s", p)
			}
		}
	})
	t.Run("a server that is not who it says is told nothing", func(t *testing.T) {
		s, got := listen(t, "tls")
		s.TLS.ServerName = "other.example.org"
		if _, err := s.Send(ctx, events(1)); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
		if text := <-got; text != "" {
			t.Errorf("it was told %q", text)
		}
	})
	t.Run("what a server did not read to its end was not taken", func(t *testing.T) {
		for _, over := range []string{"tcp", "tls"} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s := forward.Syslog{Network: "tcp", Address: l.Addr().String()}
			if over == "tls" {
				s.TLS = &tls.Config{RootCAs: roots, ServerName: "logs.example.org"}
			}
			go func() {
				raw, err := l.Accept()
				if err != nil {
					return
				}
				c := raw
				if over == "tls" {
					c = tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{cert}})
				}
				_, _ = bufio.NewReader(c).ReadByte()
				// Cut by somebody between: TLS says no goodbye. In clear, unread bytes make a reset.
				_ = raw.Close()
			}()
			if _, err := s.Send(ctx, events(2000)); err == nil {
				t.Errorf("%s: taken, it says", over)
			}
		}
	})
	t.Run("a server that never answers is given up on", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ctx, cancel := context.WithCancel(ctx)
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadAll(c)
			cancel()
			<-ctx.Done()
		}()
		if _, err := (forward.Syslog{Network: "tcp", Address: l.Addr().String()}).Send(ctx, events(1)); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
	})
}

// FuzzSyslog puts anything where names of the program stand: it is one message of
// RFC 5424 all the same, with what was put there.
func FuzzSyslog(f *testing.F) {
	f.Add("w1", "case_manager", "note", "note.read")
	f.Add(`a"b`, `c\d]`, "\\", `]`)
	f.Add("\x00\n\x7f", "\xff\xfe", "é€😀", strings.Repeat("x", 300))
	f.Add(`" evil="1`, `] [other@1 a="b"`, "\ufeff", " ")
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = l.Close() })
	b := make([]byte, 64<<10)
	f.Fuzz(func(t *testing.T, worker, role, kind, action string) {
		if len(worker)+len(role)+len(kind)+len(action) > 8000 {
			return // longer than a datagram
		}
		e := events(1)[0]
		e.Worker, e.Role, e.Records, e.Action = worker, role, []forward.Count{{kind, 1}}, action
		if _, err := (forward.Syslog{Network: "udp", Address: l.LocalAddr().String(), Host: role, Log: kind}).Send(context.Background(), []forward.Event{e}); err != nil {
			t.Fatal(err)
		}
		n, _, err := l.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		m, err := rfc5424.NewParser().Parse(b[:n])
		if err != nil {
			t.Fatalf("%v in %q", err, b[:n])
		}
		data := *m.(*rfc5424.SyslogMessage).StructuredData
		if len(data) != 1 {
			t.Fatalf("%d elements in %q", len(data), b[:n])
		}
		shown := strings.Map(func(r rune) rune {
			if r < ' ' || r == 0x7f || r == 0xfffd {
				return '?'
			}
			return r
		}, worker)
		// The parser gives values back as they are escaped.
		got := strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\]`, `]`).Replace(data["caseward@32473"]["worker"])
		if got != shown && data["caseward@32473"]["worker"] != shown {
			t.Errorf("%q came as %q", shown, data["caseward@32473"]["worker"])
		}
	})
}

func TestCollector(t *testing.T) {
	ctx := context.Background()
	var got []byte
	var header http.Header
	status, kind, answer := 200, "application/json", `{}`
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		header = r.Header
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	c := forward.Collector{
		Client: otlp.New(s.URL+"/v1/logs", &tls.Config{RootCAs: pool}, func() (string, error) { return "Bearer t0", nil }),
		Clock:  clock.NewFake(at.Add(time.Hour)), Host: "care.example.org", Log: "caseward.example/north",
	}
	es := events(3)
	es[1].Outcome = audit.Failed
	if n, err := c.Send(ctx, es); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	if header.Get("Content-Type") != "application/json" || header.Get("Authorization") != "Bearer t0" {
		t.Errorf("%v", header)
	}
	if strings.Contains(string(got), "SECRET") {
		t.Error("something left that must not")
	}
	// The protocol's own description takes it, and no name that it does not know.
	var logs v1.LogsData
	if err := (protojson.UnmarshalOptions{DiscardUnknown: false}).Unmarshal(got, &logs); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	records := logs.ResourceLogs[0].ScopeLogs[0].LogRecords
	if len(records) != 3 {
		t.Fatalf("%d records", len(records))
	}
	for i, r := range records {
		severity := v1.SeverityNumber_SEVERITY_NUMBER_INFO
		if i == 1 {
			severity = v1.SeverityNumber_SEVERITY_NUMBER_WARN
		}
		if r.TimeUnixNano != uint64(es[i].At.UnixNano()) || r.ObservedTimeUnixNano != uint64(at.Add(time.Hour).UnixNano()) || r.SeverityNumber != severity || r.EventName != "caseward.entry" {
			t.Errorf("%d: %v", i, r)
		}
		attributes := map[string]string{}
		for _, a := range r.Attributes {
			if n, ok := attributes[a.Key]; ok {
				t.Errorf("%s twice: %s", a.Key, n)
			}
			attributes[a.Key] = fmt.Sprint(a.Value.GetStringValue(), a.Value.GetIntValue())
		}
		want := map[string]string{
			"caseward.position": fmt.Sprint("", i), "caseward.leaf": hex.EncodeToString(es[i].Leaf[:]) + "0", "caseward.action": "note.read0", "caseward.outcome": "allowed0", "caseward.clients": "2",
			"caseward.worker": "w70", "caseward.role": "case_manager0", "caseward.purpose": "treatment0", "caseward.records.client": "1", "caseward.records.note": "2", "caseward.records.staff": "1",
		}
		if i == 1 {
			want["caseward.outcome"] = "failed0"
		}
		if d := cmp.Diff(want, attributes); d != "" {
			t.Errorf("%d: %s", i, d)
		}
	}
	for _, x := range []struct {
		status       int
		kind, answer string
		refused      int64
		taken        bool
	}{
		{200, "application/json", ``, 0, true},
		{200, "text/plain", `ok`, 0, true},
		{200, "application/json; charset=utf-8", `{"partialSuccess":{}}`, 0, true},
		{200, "application/json", `{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}`, 2, true},
		{200, "application/json", `{"partialSuccess":{"rejectedLogRecords":2}}`, 2, true},
		{200, "application/json", `[`, 0, false},
		{200, "application/json", `{"partialSuccess":{"rejectedLogRecords":"many"}}`, 0, false},
		{307, "text/plain", ``, 0, false},
		{400, "application/json", `{}`, 0, false},
		{429, "application/json", `{}`, 0, false},
		{503, "application/json", `{}`, 0, false},
	} {
		status, kind, answer = x.status, x.kind, x.answer
		if n, err := c.Send(ctx, es); n != x.refused || (err == nil) != x.taken {
			t.Errorf("%+v: %d, %v", x, n, err)
		}
	}
	unknown := c
	unknown.Client = otlp.New(s.URL, nil, nil)
	if _, err := unknown.Send(ctx, es); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a collector that nobody vouches for: %v", err)
	}
}

// certificate is one for logs.example.org, and who vouches for it.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "logs.example.org"}, DNSNames: []string{"logs.example.org"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, pool
}

// TestRsyslog sends to a real rsyslogd over TLS and reads what it made of it.
func TestRsyslog(t *testing.T) {
	program, err := exec.LookPath("rsyslogd")
	if err != nil {
		t.Skip("rsyslogd is not installed")
	}
	dir := t.TempDir()
	cert, roots := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = l.Close()
	out := filepath.Join(dir, "out.json")
	conf := fmt.Sprintf(`global(workDirectory=%[1]q defaultNetstreamDriverCAFile="%[1]s/cert.pem" defaultNetstreamDriverCertFile="%[1]s/cert.pem" defaultNetstreamDriverKeyFile="%[1]s/key.pem")
module(load="mmpstrucdata")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
template(name="all" type="list") {
	property(name="$!all-json")
	constant(value="\t") property(name="hostname") constant(value="\t") property(name="msgid") constant(value="\t") property(name="syslogseverity") constant(value="\t") property(name="timereported" dateFormat="rfc3339") constant(value="\n")
}
ruleset(name="in") {
	action(type="mmpstrucdata")
	action(type="omfile" file=%[2]q template="all")
}
input(type="imtcp" address="127.0.0.1" port=%[3]q ruleset="in")
`, dir, out, port)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-n", "-f", filepath.Join(dir, "conf"), "-i", filepath.Join(dir, "pid"))
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s := forward.Syslog{Network: "tcp", Address: address, TLS: &tls.Config{RootCAs: roots, ServerName: "logs.example.org"}, Host: "care.example.org", Log: `north "log" \ ]`}
	const many = 500
	for tries := 0; ; tries++ {
		if _, err = s.Send(context.Background(), events(many)); err == nil {
			break
		}
		select {
		case e := <-ended:
			t.Fatalf("it ended: %v %s", e, said.String())
		default:
		}
		if tries == 20_000 || fault.Is(err, fault.Unavailable) && strings.Contains(err.Error(), "close") {
			t.Fatalf("%v %s", err, said.String())
		}
	}
	// What it said it took stands in its file when it has ended.
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-ended
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err, said.String())
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if len(lines) != many {
		t.Fatalf("%d lines, %s", len(lines), said.String())
	}
	for i, line := range lines {
		f := strings.Split(line, "\t")
		var parsed struct {
			Data map[string]map[string]any `json:"rfc5424-sd"`
		}
		if err := json.Unmarshal([]byte(f[0]), &parsed); err != nil {
			t.Fatal(err, line)
		}
		d := parsed.Data["caseward@32473"]
		if d["position"] != strconv.Itoa(i) || d["log"] != s.Log || d["worker"] != "w7" {
			t.Fatalf("%d: %v", i, line)
		}
		if d := cmp.Diff([]string{"care.example.org", "note.read", "6"}, f[1:4]); d != "" || !strings.HasPrefix(f[4], "2026-03-02T09:") {
			t.Errorf("%d: %s %s", i, d, line)
		}
	}
}
