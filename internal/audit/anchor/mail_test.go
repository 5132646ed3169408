package anchor_test

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
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"caseward/internal/audit/anchor"
	"caseward/internal/clock"
	"caseward/internal/fault"
)

// mailServer is a mail server (RFC 5321) on a real connection, with STARTTLS
// (RFC 3207) and AUTH PLAIN (RFC 4954) where it has a certificate.
type mailServer struct {
	addr   string
	cert   *tls.Certificate
	refuse string // a command it says no to
	got    chan delivered
}

type delivered struct {
	from, to, auth string
	tls            bool
	data           []byte
}

func newMailServer(t *testing.T, cert *tls.Certificate, refuse string) *mailServer {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{addr: ln.Addr().String(), cert: cert, refuse: refuse, got: make(chan delivered, 10)}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *mailServer) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	r := textproto.NewReader(bufio.NewReader(c))
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	var d delivered
	say("220 mail.example ESMTP")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		verb = strings.ToUpper(verb)
		switch {
		case verb == s.refuse:
			say("550 5.7.1 no")
		case verb == "EHLO":
			say("250-mail.example")
			if s.cert != nil && !d.tls {
				say("250-STARTTLS")
			}
			if d.tls {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case verb == "STARTTLS":
			say("220 go ahead")
			t := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
			if t.Handshake() != nil {
				return
			}
			c, d.tls = t, true
			r = textproto.NewReader(bufio.NewReader(c))
		case verb == "AUTH":
			b, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			d.auth = string(b)
			say("235 ok")
		case verb == "MAIL":
			d.from = rest
			say("250 ok")
		case verb == "RCPT":
			d.to = rest
			say("250 ok")
		case verb == "DATA":
			say("354 go ahead")
			if d.data, err = r.ReadDotBytes(); err != nil {
				return
			}
			s.got <- d
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("502 what")
		}
	}
}

func certificate(t *testing.T) (*tls.Certificate, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := clock.System().Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, &tls.Config{RootCAs: roots}
}

// attachment is the file a mail carries, and its name.
func attachment(t *testing.T, data []byte) (name string, file []byte, subject string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("To") != "officer@agency.example" || m.Header.Get("Date") == "" || m.Header.Get("Message-Id") == "" {
		t.Fatalf("headers %v", m.Header)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			t.Fatalf("no attachment: %v", err)
		}
		if p.FileName() == "" {
			continue
		}
		b, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			t.Fatal(err)
		}
		return p.FileName(), b, m.Header.Get("Subject")
	}
}

func TestMailbox(t *testing.T) {
	ctx := context.Background()
	_, c, grow := newLog(t)
	checkpoint := grow(12)
	cert, roots := certificate(t)
	m := anchor.Mail{From: "caseward@agency.example", To: "officer@agency.example", TLS: roots}
	put := func(t *testing.T, m anchor.Mail) error {
		t.Helper()
		p, err := anchor.Mailbox(m, c)
		if err != nil {
			t.Fatal(err)
		}
		return p.Put(ctx, checkpoint)
	}
	t.Run("the checkpoint arrives as a file to keep, over TLS where it is offered", func(t *testing.T) {
		s := newMailServer(t, cert, "")
		m := m
		m.Server, m.User, m.Password = s.addr, "caseward", "secret"
		if err := put(t, m); err != nil {
			t.Fatal(err)
		}
		d := <-s.got
		name, file, subject := attachment(t, d.data)
		if !d.tls || d.auth != "\x00caseward\x00secret" || !strings.Contains(d.from, "<caseward@agency.example>") || !strings.Contains(d.to, "<officer@agency.example>") {
			t.Errorf("delivered %+v", d)
		}
		if string(file) != string(checkpoint) || name != "000000000012-20260302T090000Z.checkpoint" || subject != "Log caseward.example/test: 12 entries" {
			t.Errorf("%s: %s\n%s", subject, name, file)
		}
	})
	t.Run("and in clear where it is not", func(t *testing.T) {
		s := newMailServer(t, nil, "")
		m := m
		m.Server = s.addr
		if err := put(t, m); err != nil {
			t.Fatal(err)
		}
		if d := <-s.got; d.tls {
			t.Fatal("how?")
		}
	})
	for name, c := range map[string]struct {
		cert   *tls.Certificate
		refuse string
		change func(*anchor.Mail)
		kind   fault.Kind
	}{
		"a server without TLS, if TLS is required":  {nil, "", func(m *anchor.Mail) { m.RequireTLS = true }, fault.Invalid},
		"a server without TLS, if there is a login": {nil, "", func(m *anchor.Mail) { m.User = "caseward" }, fault.Invalid},
		"a server whose certificate is not trusted": {cert, "", func(m *anchor.Mail) { m.TLS = nil }, fault.Unavailable},
		"a server that refuses the recipient":       {nil, "RCPT", func(*anchor.Mail) {}, fault.Unavailable},
		"a server that refuses the mail":            {nil, "DATA", func(*anchor.Mail) {}, fault.Unavailable},
	} {
		t.Run("nothing is sent through "+name, func(t *testing.T) {
			s := newMailServer(t, c.cert, c.refuse)
			m := m
			m.Server = s.addr
			c.change(&m)
			if err := put(t, m); !fault.Is(err, c.kind) {
				t.Fatal(err)
			}
			if len(s.got) > 0 {
				t.Fatal("it was")
			}
		})
	}
	t.Run("a hostile address is refused", func(t *testing.T) {
		for _, to := range []string{"", "a@b\r\nBcc: x@y", "Officer <officer@agency.example>"} {
			m := m
			m.Server, m.To = "localhost:25", to
			if _, err := anchor.Mailbox(m, c); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", to, err)
			}
		}
	})
}
