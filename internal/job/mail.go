package job

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/org"
)

// Mail is one message. It never holds PHI: mail lies in the clear in places
// nobody here controls.
type Mail struct {
	To      string // address
	Subject string
	Text    string
	// From is the address it comes from, and Name what stands beside it; if From is empty
	// it comes from the server's own.
	From, Name string
	// Exercise marks it for whoever filters mail as one of the agency's own exercises.
	Exercise bool
}

// Words says texts in one language, as the pages have them.
type Words interface {
	T(source string, args ...any) string
	Day(t time.Time) string // as "Nov 28, 2026"
}

// Mailer sends mail.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

// Writer writes to workers, to each in the language they chose.
type Writer struct {
	Mailer
	Words func(lang string) Words
	Dir   *org.Directory
}

// Write sends a worker what say says: a subject, and parts with an empty line between them,
// after which stands that no client is named. Whose access has ended gets nothing, and sent
// is false.
func (w *Writer) Write(ctx context.Context, worker string, say func(in Words, to org.Standing) (subject string, parts []string)) (sent bool, err error) {
	to, err := w.Dir.Standing(ctx, worker)
	if err != nil || !to.Active {
		return false, err
	}
	lang, err := w.Dir.Language(ctx, worker)
	if err != nil {
		return false, err
	}
	in := w.Words(lang)
	subject, parts := say(in, to)
	parts = append(parts, in.T("This message says nothing about any client, and never will."))
	err = w.Send(ctx, Mail{To: to.Mail.Disclose(), Subject: subject, Text: strings.Join(parts, "\n\n") + "\n"})
	return err == nil, err
}

// SMTP sends mail through a server (RFC 5321), over TLS: from the first byte on
// port 465, and with STARTTLS elsewhere. It refuses to send in the clear to
// anything but the loopback interface.
type SMTP struct {
	Server         string // host:port
	From           string
	User, Password string // no sign-in if User is empty
	Clock          clock.Clock
	TLS            *tls.Config // nil for the system's certificates
}

// sendWithin bounds one message, so that a server that hangs does not hold up
// the next.
const sendWithin = 30 * time.Second

// Send sends m; it returns once the server has taken it.
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	text, err := s.message(m)
	if err != nil {
		return err
	}
	return s.talk(ctx, func(c *smtp.Client) error {
		if err := c.Mail(cmp.Or(m.From, s.From)); err != nil {
			return err
		}
		if err := c.Rcpt(m.To); err != nil {
			return err
		}
		w, err := c.Data()
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return errors.Join(err, w.Close())
	})
}

// Reach connects and signs in as Send does, and sends nothing.
func (s *SMTP) Reach(ctx context.Context) error {
	return s.talk(ctx, (*smtp.Client).Noop)
}

// talk connects, signs in, has do say what is to be said, and takes its leave.
func (s *SMTP) talk(ctx context.Context, do func(*smtp.Client) error) error {
	const op = "mail.send"
	fail := func(err error) error { return fault.Unavailablef(op, err, "the mail server did not take the message") }
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil {
		return fault.Invalidf(op, "the mail server is not host:port")
	}
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.Server)
	if err != nil {
		return fail(err)
	}
	// A canceled context ends whatever the connection is waiting for.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	cfg := &tls.Config{}
	if s.TLS != nil {
		cfg = s.TLS.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	if port == "465" {
		conn = tls.Client(conn, cfg)
	}
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return errors.Join(fail(err), conn.Close())
	}
	defer c.Close()
	if port != "465" {
		if ok, _ := c.Extension("STARTTLS"); ok {
			if err := c.StartTLS(cfg); err != nil {
				return fail(err)
			}
		} else if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fault.Unavailablef(op, nil, "the mail server offers no TLS; nothing was sent")
		}
	}
	if s.User != "" {
		if err := c.Auth(smtp.PlainAuth("", s.User, s.Password, host)); err != nil {
			return fail(err)
		}
	}
	if err := do(c); err != nil {
		return fail(err)
	}
	// What was said is taken; whether the server says goodbye does not matter.
	_ = c.Quit()
	return nil
}

func (s *SMTP) message(m Mail) ([]byte, error) {
	const op = "mail.send"
	from := cmp.Or(m.From, s.From)
	for _, a := range []string{from, m.To} {
		p, err := mail.ParseAddress(a)
		if err != nil || p.Address != a {
			return nil, fault.Invalidf(op, "an address is not one")
		}
	}
	if strings.ContainsAny(m.Subject+m.Name, "\r\n") {
		return nil, fault.Invalidf(op, "the subject has more than one line")
	}
	if m.Name != "" {
		from = (&mail.Address{Name: m.Name, Address: from}).String()
	}
	var b strings.Builder
	for _, h := range [][2]string{
		{"From", from}, {"To", m.To}, {"Subject", mime.QEncoding.Encode("utf-8", m.Subject)},
		{"Date", s.Clock.Now().Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "8bit"},
		{"Auto-Submitted", "auto-generated"},
	} {
		fmt.Fprintf(&b, "%s: %s\r\n", h[0], h[1])
	}
	if m.Exercise {
		b.WriteString("X-Caseward-Exercise: yes\r\n")
	}
	b.WriteString("\r\n")
	b.WriteString(strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n", "\r\n"))
	b.WriteString("\r\n")
	return []byte(b.String()), nil
}
