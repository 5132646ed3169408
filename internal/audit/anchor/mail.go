package anchor

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// Mail says how checkpoints are mailed.
type Mail struct {
	Server string // host:port
	From   string // address
	To     string // address of the privacy officer
	// User and Password sign in, if User is not empty; over TLS only.
	User, Password string
	// RequireTLS refuses a server that does not offer STARTTLS. Without it TLS
	// is used where it is offered: a checkpoint is no secret.
	RequireTLS bool
	// TLS is used on port 465 and for STARTTLS; nil for the system's roots.
	TLS *tls.Config
}

type mailbox struct {
	m     Mail
	clock clock.Clock
}

// Mailbox mails checkpoints, each as an attachment that can be kept as a file
// and given to caseward audit verify.
func Mailbox(m Mail, c clock.Clock) (Place, error) {
	for _, a := range []string{m.From, m.To} {
		if p, err := mail.ParseAddress(a); err != nil || p.Address != a {
			return nil, fault.Invalidf("anchor.mail", "sender and recipient must be bare addresses")
		}
	}
	if _, _, err := net.SplitHostPort(m.Server); err != nil {
		return nil, fault.Invalidf("anchor.mail", "the mail server must be host:port")
	}
	return &mailbox{m, c}, nil
}

func (b *mailbox) Name() string { return "mail to " + b.m.To }

func (b *mailbox) Put(ctx context.Context, checkpoint []byte) error {
	msg, err := b.message(checkpoint)
	if err != nil {
		return err
	}
	if err := b.send(ctx, msg); err != nil {
		if fault.Is(err, fault.Invalid) {
			return err
		}
		return fault.Unavailablef("anchor.mail", err, "the mail was not taken")
	}
	return nil
}

func (b *mailbox) send(ctx context.Context, msg []byte) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", b.m.Server)
	if err != nil {
		return err
	}
	// net/smtp knows no context.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	host, port, _ := net.SplitHostPort(b.m.Server)
	cfg := &tls.Config{}
	if b.m.TLS != nil {
		cfg = b.m.TLS.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	cfg.MinVersion = max(cfg.MinVersion, tls.VersionTLS12)
	fromTheStart := port == "465" // RFC 8314, section 3.3
	if fromTheStart {
		conn = tls.Client(conn, cfg)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		_ = conn.Close()
		return err
	}
	defer c.Close()
	if !fromTheStart {
		if ok, _ := c.Extension("STARTTLS"); ok {
			if err := c.StartTLS(cfg); err != nil {
				return err
			}
		} else if b.m.RequireTLS || b.m.User != "" {
			return fault.Invalidf("anchor.mail", "the mail server offers no TLS")
		}
	}
	if b.m.User != "" {
		if err := c.Auth(smtp.PlainAuth("", b.m.User, b.m.Password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(b.m.From); err != nil {
		return err
	}
	if err := c.Rcpt(b.m.To); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(msg); err != nil {
		return err
	}
	if err := w.Close(); err != nil { // the server takes it, or says no, here
		return err
	}
	_ = c.Quit()
	return nil
}

func (b *mailbox) message(checkpoint []byte) ([]byte, error) {
	size, err := sizeOf(checkpoint)
	if err != nil {
		return nil, err
	}
	origin, _, _ := strings.Cut(string(checkpoint), "\n")
	now := b.clock.Now()
	name := fileName(size, now)
	boundary := hex.EncodeToString(keys.Random(16))
	_, domain, _ := strings.Cut(b.m.From, "@")
	var m bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&m, format+"\r\n", args...) }
	line("From: %s", b.m.From)
	line("To: %s", b.m.To)
	line("Date: %s", now.UTC().Format(time.RFC1123Z))
	line("Message-ID: <%s@%s>", hex.EncodeToString(keys.Random(16)), domain)
	line("Subject: %s", mime.QEncoding.Encode("utf-8", fmt.Sprintf("Log %s: %d entries", origin, size)))
	line("Auto-Submitted: auto-generated")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/mixed; boundary=%s", boundary)
	line("")
	line("--%s", boundary)
	line("Content-Type: text/plain; charset=utf-8")
	line("")
	line("The attached checkpoint was signed by the audit log %s.", origin)
	line("It stands for the first %d entries. Keep it where the people who run the", size)
	line("server cannot change it. To check the log against what you kept:")
	line("")
	line("    caseward audit verify --data DIR --checkpoint %s", name)
	line("")
	line("It holds no information about any person.")
	line("--%s", boundary)
	line("Content-Type: text/plain; charset=utf-8; name=%q", name)
	line("Content-Disposition: attachment; filename=%q", name)
	line("Content-Transfer-Encoding: base64")
	line("")
	for b := base64.StdEncoding.EncodeToString(checkpoint); b != ""; {
		n := min(76, len(b))
		line("%s", b[:n])
		b = b[n:]
	}
	line("--%s--", boundary)
	return m.Bytes(), nil
}
