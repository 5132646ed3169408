package job_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/job"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/obligation"
	"caseward/internal/program/training"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/web/ui"
)

const phones = "---\ncode: phones\ntitle: Marisol lost her phone\nform: micro\nfor: everyone\nminutes: 5\npass: 80\ntopics: devices\ncitations: agency practice\n---\n\n# Lesson: One\n\nRead this.\n\n# Question: Which?\n\n- [ ] Wrong\n- [x] Right\n\n> So it is.\n"

// working tells the program who works here.
type working struct{ dir *org.Directory }

func (w working) Workers(ctx context.Context, _ actor.Actor) (out []obligation.Worker, err error) {
	all, err := w.dir.Members(ctx)
	for _, m := range all {
		out = append(out, obligation.Worker{ID: m.Worker, Held: m.Held, Started: m.Started, Supervisor: m.Supervisor, Programs: m.Programs})
	}
	return out, err
}

func (w working) Worker(context.Context, actor.Actor, string) (obligation.Worker, error) {
	return obligation.Worker{}, errors.New("nobody asks for one")
}

// mailbox keeps what several servers send.
type mailbox struct {
	mu   sync.Mutex
	sent []job.Mail
	err  error
}

func (b *mailbox) Send(_ context.Context, m job.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	b.sent = append(b.sent, m)
	return nil
}

// take is to whom was sent since, in order.
func (b *mailbox) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var to []string
	for _, m := range b.sent {
		to = append(to, m.To)
	}
	slices.Sort(to)
	b.sent = nil
	return strings.Join(to, " ")
}

func TestReminder(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		dir := org.NewDirectory(w.Door, w.Service("authn"))
		o := org.New(w.Door, dir)
		if err := o.Found(ctx, w.Operator(), org.Agency{Name: "Harbor Test Services", TimeZone: "America/New_York"}); err != nil {
			t.Fatal(err)
		}
		invite := func(name string, r actor.Role, boss string) string {
			id, err := o.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: r, Supervisor: boss})
			if err != nil {
				t.Fatal(err)
			}
			return id.String()
		}
		sue := invite("sue", actor.Supervisor, "")
		invite("ann", actor.CaseManager, sue)
		invite("bob", actor.CaseManager, sue)
		pat := w.Proved(invite("pat", actor.PrivacyOfficer, ""), actor.PrivacyOfficer)
		box := &mailbox{}
		server := func(d *record.Door, m *mailbox) *job.Reminder {
			dir := org.NewDirectory(d, w.Service("authn"))
			owed := obligation.New(d, working{dir})
			owed.Join("training", training.New(d, w.Service("trainer"), working{dir}))
			var writer *job.Writer
			if m != nil {
				writer = writes(dir, m)
			}
			return job.NewReminder(owed, dir, writer, w.Service("notifier"), "https://care.example.org")
		}
		one, two := server(w.Door, box), server(w.Beside(t), box)
		// both has two servers remind at once.
		both := func() {
			t.Helper()
			var wg sync.WaitGroup
			for _, r := range []*job.Reminder{one, two} {
				wg.Go(func() {
					if err := r.Remind(ctx); err != nil && box.err == nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		both()
		if got := box.take(); got != "" {
			t.Error("mail where nothing is due:", got)
		}
		w.Clock.Advance(time.Minute)
		tr := training.New(w.Door, w.Service("trainer"), working{dir})
		id, err := tr.Write(ctx, pat, phones, "")
		if err == nil {
			err = tr.Publish(ctx, pat, id, 1)
		}
		if err == nil { // due on Saturday, November 28
			err = tr.Require(ctx, pat, actor.CaseManager, 0, []training.Line{{Course: "phones", Settle: 8, Within: 8, Grace: 90}})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := server(w.Door, nil).Remind(ctx); err != nil || box.take() != "" {
			t.Error("without a mail server:", err)
		}

		// A week before is a Saturday: it is sent today, once, by whichever server.
		box.err = errors.New("away")
		both()
		box.err = nil
		for range 3 {
			both()
		}
		if len(box.sent) != 2 {
			t.Fatalf("%d mails", len(box.sent))
		}
		m := box.sent[0]
		for _, s := range []string{"1 thing is due from you, the first by Nov 28, 2026.", "https://care.example.org/due\n"} {
			if !strings.Contains(m.Text, s) {
				t.Errorf("the mail lacks %q: %s", s, m.Text)
			}
		}
		for _, s := range []string{"Marisol", "phone", "ann", "Harbor"} {
			if strings.Contains(m.Subject+m.Text, s) {
				t.Errorf("the mail names %q", s)
			}
		}
		if got := box.take(); got != "ann@example.org bob@example.org" {
			t.Error("told", got)
		}
		es, err := w.Log.Find(ctx, audit.Query{Action: "reminder.change", Limit: 50})
		sent := 0
		for _, e := range es {
			if e.Detail["mail"] == obligation.Sent {
				sent++
			}
		}
		if err != nil || sent != 2 {
			t.Errorf("%d entries of mails, %v", sent, err)
		}

		// A server that starts anew, on the same day and over the weekend, sends nothing.
		one = server(w.Door, box)
		both()
		w.Clock.Advance(24 * time.Hour)
		both()
		if got := box.take(); got != "" {
			t.Error("told again:", got)
		}
		// One day before is Friday, November 27, and not before seven in the morning.
		w.Clock.Advance(6*24*time.Hour - 5*time.Hour)
		both()
		if got := box.take(); got != "" {
			t.Error("told in the night:", got)
		}
		w.Clock.Advance(5 * time.Hour)
		both()
		if got := box.take(); got != "ann@example.org bob@example.org" {
			t.Error("the day before: told", got)
		}
		// Overdue for a week on Saturday, December 5: the supervisor knows on Monday, once.
		w.Clock.Advance(7 * 24 * time.Hour)
		both()
		if got := box.take(); got != "" {
			t.Error("told too soon:", got)
		}
		w.Clock.Advance(3 * 24 * time.Hour)
		both()
		if len(box.sent) != 1 || !strings.Contains(box.sent[0].Text, "2 things are a week overdue for people whose work you answer for.") || !strings.Contains(box.sent[0].Text, "/due?whose=team\n") {
			t.Errorf("the supervisor is told %v", box.sent)
		}
		if got := box.take(); got != "sue@example.org" {
			t.Error("told", got)
		}
		w.Clock.Advance(24 * time.Hour)
		both()
		if got := box.take(); got != "" {
			t.Error("the supervisor is told again:", got)
		}
	})
}

// writes is a writer in the words of the pages.
func writes(dir *org.Directory, m job.Mailer) *job.Writer {
	return &job.Writer{Mailer: m, Dir: dir, Words: func(lang string) job.Words { return ui.Words{Lang: ui.Lang(lang)} }}
}

// TestReminderBySMTP sends one through a mail server, to each in their language.
func TestReminderBySMTP(t *testing.T) {
	for lang, want := range map[string][]string{
		"":   {"Subject: Caseward: something is due\r\n", "1 thing is due from you, the first by Nov 27, 2026.\r\n", "This message says nothing about any client, and never will.\r\n"},
		"en": {"1 thing is due from you, the first by Nov 27, 2026.\r\n"},
		"es": {"Subject: Caseward: tiene algo por hacer\r\n", "Tiene 1 cosa por hacer, la primera antes del 27 nov 2026.\r\n", "Inicie sesión para ver qué es y por qué: https://care.example.org/due\r\n", "Este mensaje no dice nada de ningún cliente, ni lo dirá nunca.\r\n"},
	} {
		t.Run(lang, func(t *testing.T) { remindBySMTP(t, lang, want) })
	}
}

func remindBySMTP(t *testing.T, lang string, want []string) {
	w := recordtest.Open(t)
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	o := org.New(w.Door, dir)
	if err := o.Found(ctx, w.Operator(), org.Agency{Name: "Harbor Test Services", TimeZone: "America/New_York"}); err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]actor.Role{"ann": actor.CaseManager, "pat": actor.PrivacyOfficer} {
		id, err := o.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: role})
		if err == nil && name == "ann" && lang != "" {
			err = o.Speak(ctx, w.As(id.String(), role), lang)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(time.Minute)
	tr := training.New(w.Door, w.Service("trainer"), working{dir})
	pat := w.Proved("pat", actor.PrivacyOfficer)
	id, err := tr.Write(ctx, pat, phones, "")
	if err == nil {
		err = tr.Publish(ctx, pat, id, 1)
	}
	if err == nil {
		err = tr.Require(ctx, pat, actor.CaseManager, 0, []training.Line{{Course: "phones", Settle: 7, Within: 7, Grace: 90}})
	}
	if err != nil {
		t.Fatal(err)
	}
	addr, got := post(t, nil)
	owed := obligation.New(w.Door, working{dir})
	owed.Join("training", tr)
	mailer := &job.SMTP{Server: addr, From: "care@example.org", Clock: w.Clock}
	if err := job.NewReminder(owed, dir, writes(dir, mailer), w.Service("notifier"), "https://care.example.org").Remind(ctx); err != nil {
		t.Fatal(err)
	}
	m := <-got
	for _, s := range append(want, "To: ann@example.org\r\n") {
		if !strings.Contains(m, s) {
			t.Errorf("the mail lacks %q:\n%s", s, m)
		}
	}
}
