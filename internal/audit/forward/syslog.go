package forward

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/fault"
)

// Syslog says how a syslog server is reached.
type Syslog struct {
	Network string      // "tcp" or "udp"
	Address string      // host and port
	TLS     *tls.Config // over TCP; nil for none
	Host    string      // what the messages call this machine: the host of its pages
	Log     string      // the name of the log
}

// The numbers of RFC 5424, section 6.2.1.
const (
	facilityAudit = 13
	warning       = 4
	informational = 6
)

// sdID is the id of the structured data. The number of the enterprise is the one for
// documentation (RFC 5612): Caseward has none of its own.
const sdID = "caseward@32473"

// Send implements [Place]. Over TCP the messages are framed by octet counting (RFC
// 5425, 6587) on a connection of their own. Syslog has no receipt; what stands for
// one is that the server, told that no more comes, closes its side: it has read to
// the end by then. Over UDP there is nothing of the kind.
func (s Syslog) Send(ctx context.Context, events []Event) (int64, error) {
	const op = "forward.syslog"
	conn, err := s.dial(ctx)
	if err != nil {
		return 0, fault.Unavailablef(op, err, "the syslog server cannot be reached")
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if s.Network == "udp" {
		for _, e := range events {
			if _, err := conn.Write(s.message(e)); err != nil {
				return 0, fault.Unavailablef(op, err, "the syslog server takes no message")
			}
		}
		return 0, nil
	}
	var frames []byte
	for _, e := range events {
		m := s.message(e)
		frames = strconv.AppendInt(frames, int64(len(m)), 10)
		frames = append(append(frames, ' '), m...)
	}
	if _, err := conn.Write(frames); err != nil {
		return 0, fault.Unavailablef(op, err, "the syslog server took not all messages")
	}
	c, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return 0, fault.Unavailablef(op, nil, "the connection cannot be ended by one side")
	}
	if err := c.CloseWrite(); err != nil {
		return 0, fault.Unavailablef(op, err, "the syslog server took not all messages")
	}
	if err := closed(conn); err != nil {
		return 0, fault.Unavailablef(op, err, "the syslog server did not close its side in time, so nobody knows what it took")
	}
	return 0, nil
}

// closed waits until the other side ends the connection in good order; over TLS,
// with its goodbye, so that nobody between can say it instead. What it says before is
// passed over.
func closed(conn net.Conn) error {
	const most = 64 << 10
	n, err := io.Copy(io.Discard, io.LimitReader(conn, most))
	if err == nil && n == most {
		return errors.New("it goes on talking")
	}
	return err
}

func (s Syslog) dial(ctx context.Context) (net.Conn, error) {
	if s.TLS == nil {
		return (&net.Dialer{}).DialContext(ctx, s.Network, s.Address)
	}
	return (&tls.Dialer{Config: s.TLS}).DialContext(ctx, s.Network, s.Address)
}

// message is one message of RFC 5424.
func (s Syslog) message(e Event) []byte {
	severity := informational
	if e.urgent() {
		severity = warning
	}
	b := append(make([]byte, 0, 512), '<')
	b = strconv.AppendInt(b, int64(facilityAudit*8+severity), 10)
	b = append(b, ">1 "...)
	b = e.At.UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	for _, h := range []struct {
		s   string
		max int
	}{{s.Host, 255}, {"caseward", 48}, {strconv.Itoa(os.Getpid()), 128}, {e.Action, 32}} {
		b = append(append(b, ' '), header(h.s, h.max)...)
	}
	b = append(b, " ["+sdID...)
	param := func(name, value string) {
		if value != "" {
			b = append(append(append(append(append(b, ' '), name...), '=', '"'), paramValue(value)...), '"')
		}
	}
	param("log", s.Log)
	param("position", strconv.FormatInt(e.Position, 10))
	param("leaf", base64.StdEncoding.EncodeToString(e.Leaf[:]))
	param("action", e.Action)
	param("outcome", e.outcome())
	param("worker", e.Worker)
	param("role", e.Role)
	param("purpose", e.Purpose)
	param("clients", strconv.Itoa(e.Clients))
	for _, r := range e.Records {
		// A name may stand more than once (section 6.3.3).
		param("records", r.Kind+"="+strconv.Itoa(r.N))
	}
	b = append(b, "] "...)
	b = append(b, header(e.Action, 255)...)
	return append(append(b, ' '), e.outcome()...)
}

// header is a field of the header: printable ASCII, as long as it may be; "-" for
// none.
func header(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r
		}
		return '?'
	}, s)
	if s = s[:min(len(s), most)]; s == "" {
		return "-"
	}
	return s
}

var inQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, `]`, `\]`)

// paramValue is the value of a parameter of structured data (section 6.3.3): UTF-8,
// with what would end it marked, and control characters, which it may hold and
// viewers trip over, replaced.
func paramValue(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '?'
		}
		return r
	}, s)
	return inQuotes.Replace(s)
}
