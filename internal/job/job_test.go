package job_test

import (
	"bufio"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/job"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

// post is a mail server on the loopback interface that keeps one message.
func post(t *testing.T, answer func(line string) string) (addr string, got chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	got = make(chan string, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		r := bufio.NewReader(c)
		_, _ = c.Write([]byte("220 here\r\n"))
		var text strings.Builder
		inData := false
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if inData {
				if line == ".\r\n" {
					inData = false
					got <- text.String()
					_, _ = c.Write([]byte("250 taken\r\n"))
					continue
				}
				text.WriteString(line)
				continue
			}
			a := "250 ok"
			if answer != nil {
				if x := answer(line); x != "" {
					a = x
				}
			}
			if strings.HasPrefix(line, "DATA") && strings.HasPrefix(a, "250") {
				a, inData = "354 go on", true
			}
			_, _ = c.Write([]byte(a + "\r\n"))
		}
	}()
	return l.Addr().String(), got
}

func TestSMTP(t *testing.T) {
	c := clock.NewFake(recordtest.Start)
	t.Run("a message arrives whole", func(t *testing.T) {
		addr, got := post(t, nil)
		s := &job.SMTP{Server: addr, From: "care@example.org", Clock: c}
		if err := s.Send(ctx, job.Mail{To: "ann@example.org", Subject: "Überfällig", Text: "one\n.two\n"}); err != nil {
			t.Fatal(err)
		}
		m := <-got
		for _, want := range []string{"From: care@example.org\r\n", "To: ann@example.org\r\n", "Subject: =?utf-8?q?=C3=9Cberf=C3=A4llig?=\r\n", "\r\n\r\none\r\n..two\r\n"} {
			if !strings.Contains(m, want) {
				t.Errorf("the message lacks %q:\n%s", want, m)
			}
		}
	})
	t.Run("a refusal of the server is a failure", func(t *testing.T) {
		addr, _ := post(t, func(line string) string {
			if strings.HasPrefix(line, "RCPT") {
				return "550 nobody"
			}
			return ""
		})
		err := (&job.SMTP{Server: addr, From: "care@example.org", Clock: c}).Send(ctx, job.Mail{To: "ann@example.org", Subject: "x"})
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no header is slipped in", func(t *testing.T) {
		s := &job.SMTP{Server: "127.0.0.1:1", From: "care@example.org", Clock: c}
		for _, m := range []job.Mail{{To: "ann@example.org", Subject: "x\r\nBcc: eve@example.org"}, {To: "ann@example.org\r\nBcc: eve@example.org", Subject: "x"}} {
			if err := s.Send(ctx, m); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
		}
	})
}

type outbox struct {
	sent []job.Mail
	err  error
}

func (o *outbox) Send(_ context.Context, m job.Mail) error {
	if o.err != nil {
		return o.err
	}
	o.sent = append(o.sent, m)
	return nil
}

func TestNotifier(t *testing.T) {
	w := recordtest.Open(t)
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	o := org.New(w.Door, dir)
	invite := func(name string, r actor.Role) string {
		id, err := o.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText(name), Mail: phi.NewText(name + "@example.org"), Role: r})
		if err != nil {
			t.Fatal(err)
		}
		return id.String()
	}
	boss := invite("boss", actor.Supervisor)
	invite("officer", actor.PrivacyOfficer)
	invite("bystander", actor.CaseManager)
	box := &outbox{}
	n := job.NewNotifier(w.Log, dir, writes(dir, box), w.Service("notifier"), "https://care.example.org", slog.New(slog.DiscardHandler))
	x := glass.Notice{Event: glass.Broken, Grant: "01", Asker: "somebody", At: w.Clock.Now(), Due: w.Clock.Now().Add(72 * time.Hour), Supervisor: boss}
	last := func() audit.Logged {
		es, err := w.Log.Find(ctx, audit.Query{Action: "glass.told", Limit: 1})
		if err != nil || len(es) != 1 {
			t.Fatalf("%d entries, %v", len(es), err)
		}
		return es[0]
	}
	t.Run("privacy officers and the supervisor are told, and nobody else", func(t *testing.T) {
		if err := n.Deliver(ctx, x); err != nil {
			t.Fatal(err)
		}
		var to []string
		for _, m := range box.sent {
			to = append(to, m.To)
			if !strings.Contains(m.Text, "https://care.example.org/break-glass\n") || strings.Contains(m.Text+m.Subject, "somebody") {
				t.Errorf("the message says too little or too much:\n%s", m.Text)
			}
		}
		if strings.Join(to, " ") != "officer@example.org boss@example.org" {
			t.Errorf("told %v", to)
		}
		if e := last(); e.Outcome != audit.Allowed || e.Detail["grant"] != "01" {
			t.Errorf("entry %c %v", e.Outcome, e.Detail)
		}
	})
	t.Run("each is told in their language, of every event", func(t *testing.T) {
		if err := o.Speak(ctx, w.As(boss, actor.Supervisor), "es"); err != nil {
			t.Fatal(err)
		}
		for event, want := range map[glass.Event][2]string{
			glass.Broken:  {"At 2026-", "un colega abrió un expediente en una emergencia.\nLa revisión vence el 2026-"},
			glass.Missed:  {"Nothing was opened.", "No se abrió nada."},
			glass.Overdue: {"has not been made.", "no se ha hecho."},
		} {
			x := x
			x.Event, box.sent = event, nil
			if err := n.Deliver(ctx, x); err != nil || len(box.sent) != 2 {
				t.Fatalf("%s: %d mails, %v", event, len(box.sent), err)
			}
			for i, m := range box.sent { // the officer before the supervisor
				if !strings.Contains(m.Text, want[i]) || !strings.HasPrefix(m.Subject, "Caseward: ") {
					t.Errorf("%s: %v", event, m)
				}
			}
		}
		box.sent = nil
		if err := job.MailBreakGlass(ctx, writes(dir, box), o, "https://care.example.org", w.Clock.Now()); err != nil || len(box.sent) == 0 {
			t.Fatalf("%d mails, %v", len(box.sent), err)
		}
		if m := box.sent[0]; !strings.HasSuffix(m.Text, "Sign in to see whose: https://care.example.org/notices\n\nThis message says nothing about any client, and never will.\n") {
			t.Error(m)
		}
	})
	t.Run("a message that cannot be sent is in the log as failed", func(t *testing.T) {
		box.err = errors.New("away")
		if err := n.Deliver(ctx, x); err == nil {
			t.Error("no error")
		}
		if e := last(); e.Outcome != audit.Failed || e.Detail["not_told"] == "" {
			t.Errorf("entry %c %v", e.Outcome, e.Detail)
		}
	})
}

func TestReach(t *testing.T) {
	t.Run("a server that takes us is reached, and nothing is sent", func(t *testing.T) {
		addr, got := post(t, func(string) string { return "" })
		if err := (&job.SMTP{Server: addr, From: "a@example.org", Clock: clock.System()}).Reach(ctx); err != nil {
			t.Error(err)
		}
		if len(got) != 0 {
			t.Error("something was sent")
		}
	})
	t.Run("one that is away is not", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_ = l.Close()
		if err := (&job.SMTP{Server: l.Addr().String(), From: "a@example.org", Clock: clock.System()}).Reach(ctx); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
}
