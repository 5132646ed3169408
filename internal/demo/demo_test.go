package demo_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/demo"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/person"
	"caseward/internal/record"
)

var (
	ctx   = context.Background()
	today = time.Date(2026, time.November, 20, 18, 0, 0, 0, time.UTC)
)

func TestDemonstration(t *testing.T) {
	dir := t.TempDir()
	opts := demo.Options{Dir: dir, Listen: "127.0.0.1:8080", Clock: clock.NewFake(today)}
	a, err := demo.Open(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	closed := false
	defer func() {
		if !closed {
			_ = a.Close()
		}
	}()

	t.Run("there is a persona of every role, and the link signs in once", func(t *testing.T) {
		ps, err := demo.Personas(ctx, a)
		if err != nil {
			t.Fatal(err)
		}
		got := map[actor.Role]bool{}
		for _, p := range ps {
			got[p.Role] = true
		}
		for _, r := range actor.Roles() {
			if !got[r] {
				t.Errorf("nobody is %s", r)
			}
		}
		token := strings.TrimPrefix(ps[0].Path, "/enter/")
		if _, _, err := a.Authn.RedeemOneTime(ctx, token, authn.Visitor{}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := a.Authn.RedeemOneTime(ctx, token, authn.Visitor{}); err == nil {
			t.Error("the link signed in twice")
		}
	})
	count := func(query string) (n int) {
		if err := a.DB.QueryRow(ctx, query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Run("there is a year of work, and work for today", func(t *testing.T) {
		for name, x := range map[string]struct {
			query string
			least int
		}{
			"clients":        {`SELECT COUNT(*) FROM record WHERE kind = 'client'`, 200},
			"signed notes":   {`SELECT COUNT(*) FROM record WHERE kind = 'note' AND state = 'signed'`, 1500},
			"drafts":         {`SELECT COUNT(*) FROM record WHERE kind = 'note' AND state = 'draft'`, 4},
			"late drafts":    {`SELECT COUNT(*) FROM record WHERE kind = 'note' AND state = 'draft' AND due < ` + micros(today), 1},
			"closed cases":   {`SELECT COUNT(*) FROM record WHERE kind = 'case' AND state = 'closed'`, 5},
			"late contacts":  {`SELECT COUNT(*) FROM record WHERE kind = 'case' AND state = 'open' AND due < ` + micros(today.Truncate(24*time.Hour)), 5},
			"due today":      {`SELECT COUNT(*) FROM record WHERE kind = 'case' AND state = 'open' AND due = ` + micros(today.Truncate(24*time.Hour)), 5},
			"due later":      {`SELECT COUNT(*) FROM record WHERE kind = 'case' AND state = 'open' AND due > ` + micros(today), 50},
			"psychotherapy":  {`SELECT COUNT(*) FROM record WHERE kind = 'note' AND classes LIKE '%psychotherapy%'`, 1},
			"part 2 records": {`SELECT COUNT(*) FROM record WHERE kind = 'note' AND classes LIKE '%sud%'`, 50},
			"coverages":      {`SELECT COUNT(*) FROM record WHERE kind = 'coverage'`, 2},
			"older months":   {`SELECT COUNT(*) FROM log_entry WHERE at < ` + micros(today.AddDate(0, -9, 0)), 100},
			"refusals":       {`SELECT COUNT(*) FROM log_entry WHERE outcome = 114`, 5},
		} {
			if n := count(x.query); n < x.least {
				t.Errorf("%s: %d, want at least %d", name, n, x.least)
			}
		}
		if n := count(`SELECT COUNT(*) FROM record WHERE created_at > ` + micros(today)); n > 0 {
			t.Errorf("%d records are of a time to come", n)
		}
	})
	t.Run("one emergency access is open, and one review is overdue", func(t *testing.T) {
		l, err := a.Glass.Queue(ctx, authn.Service(authn.Demo), glass.QueueQuery{})
		if err != nil {
			t.Fatal(err)
		}
		open, overdue := 0, 0
		for _, o := range l.Rows {
			if o.Value.State(today) == glass.Open {
				open++
			}
			if o.Value.Overdue(today) {
				overdue++
			}
		}
		if open != 1 || overdue < 1 {
			t.Errorf("%d open, %d overdue", open, overdue)
		}
	})
	t.Run("everybody is unmistakably made up", func(t *testing.T) {
		phone, ssn := regexp.MustCompile(`^\(\d{3}\) 555-01\d\d$`), regexp.MustCompile(`^9\d\d-\d\d-\d{4}$`)
		clients := record.Use(a.Door, person.Kind)
		seen := 0
		for after := ""; ; {
			l, err := clients.Find(ctx, authn.Service(authn.Demo), record.Query{Limit: 500, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range l.Rows {
				seen++
				for _, p := range o.Value.Phones {
					if !phone.MatchString(p.Number.Disclose()) {
						t.Error("a telephone number somebody could have")
					}
				}
				for _, m := range o.Value.Emails {
					if !strings.HasSuffix(m.Address.Disclose(), "@example.org") {
						t.Error("a mail address somebody could have")
					}
				}
				if !ssn.MatchString(o.Value.SSN.Disclose()) {
					t.Error("a social security number somebody could have")
				}
			}
			if after = l.Next; after == "" {
				break
			}
		}
		if seen < 200 {
			t.Errorf("looked at %d clients", seen)
		}
	})
	t.Run("nobody wrote round the door: every record has its entry", func(t *testing.T) {
		es, err := a.Log.Find(ctx, audit.Query{Action: "note.sign", Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			if e.Outcome != audit.Allowed || strings.HasPrefix(e.Who.Worker, "service:") {
				t.Fatalf("signed by %s with %c", e.Who.Worker, e.Outcome)
			}
		}
		if n := count(`SELECT COUNT(*) FROM log_entry`); n < 4000 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("it is opened again as it was, and its log is whole", func(t *testing.T) {
		before := count(`SELECT COUNT(*) FROM record`)
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		closed = true
		r, err := verify.Database(ctx, "", dir, verify.Options{})
		if err != nil || !r.OK {
			t.Errorf("log: %v, %v", r.Faults, err)
		}
		b, err := demo.Open(ctx, opts)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		var after int
		if err := b.DB.QueryRow(ctx, `SELECT COUNT(*) FROM record`).Scan(&after); err != nil || after != before {
			t.Errorf("%d records before, %d after, %v", before, after, err)
		}
	})
}

func TestOtherDirectoriesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "caseward.db")
	if err := os.WriteFile(path, []byte("somebody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := demo.Open(ctx, demo.Options{Dir: dir, Listen: "127.0.0.1:8080", Clock: clock.NewFake(today)})
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "somebody's" {
		t.Error("it was touched")
	}
}

func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }
