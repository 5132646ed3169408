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
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/training"
	"caseward/internal/program/vendor"
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
	as := func(mail string) actor.Actor {
		t.Helper()
		id, ok, err := a.Directory.ByMail(ctx, mail+"@harborlight.example.org")
		if err != nil || !ok {
			t.Fatal(mail, ok, err)
		}
		token, err := a.Authn.OneTimeSignIn(ctx, id, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		_, s, err := a.Authn.RedeemOneTime(ctx, token, authn.Visitor{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Actor()
	}
	officer, late, fresh := as("marguerite.lund"), as("thuy.pham-larkin"), as("rashida.bellweather")
	t.Run("both officers are designated without a gap, and each has a deputy", func(t *testing.T) {
		lines, err := a.Governance.Timeline(ctx, officer)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Person == "" || l.Gap != 0 || l.Open() {
				t.Errorf("%s: held by %q, a gap of %s", l.Function, l.Person, l.Gap)
			}
		}
		if len(lines) != len(governance.Functions()) {
			t.Errorf("%d functions", len(lines))
		}
	})
	t.Run("every policy is in force, and nobody approved what they wrote", func(t *testing.T) {
		shelf, err := a.Policies.List(ctx, officer)
		if err != nil {
			t.Fatal(err)
		}
		second := 0
		for _, d := range shelf.Documents {
			p, in := d.Value.At(today)
			if !in || !d.Value.Due.After(today) {
				t.Errorf("%s: in force %v, looked at again by %s", d.Value.Code, in, d.Value.Due)
			}
			f, err := a.Policies.Open(ctx, officer, d.ID)
			if err != nil {
				t.Fatal(err)
			}
			if v, _ := f.Find(p.Version); v.Value.Approver == "" || v.Value.Wrote(v.Value.Approver) {
				t.Errorf("%s was approved by %q", d.Value.Code, v.Value.Approver)
			}
			if len(f.Versions) > 1 {
				second++
			}
		}
		if n := len(shelf.Documents); n != len(policydoc.Starter("en")) || second != 1 {
			t.Errorf("%d policies, %d of them revised", n, second)
		}
	})
	t.Run("everybody has what their role requires, but for one lapsed refresher, a few who have not read a revision, and who is new", func(t *testing.T) {
		workers, err := a.Training.Under(ctx, officer)
		if err != nil {
			t.Fatal(err)
		}
		var people []record.Bearer
		for _, w := range workers {
			people = append(people, record.Bearer{Worker: w.ID, Role: w.Role})
		}
		all, err := a.Standing.Of(ctx, officer, "en", time.Time{}, people...)
		if err != nil {
			t.Fatal(err)
		}
		lapsed, unread, missing := 0, 0, 0
		for worker, lines := range all {
			if len(lines) < 8 {
				t.Errorf("of %s only %d things are required", worker, len(lines))
			}
			for _, l := range lines {
				switch {
				case l.Stage == record.Met:
				case worker == fresh.Worker():
					if l.Stage == record.Missing {
						missing++
						if l.Class != policy.Orientation {
							t.Errorf("who is new lacks %s", l.Name)
						}
					}
				case l.Stage != record.Due:
					t.Errorf("%s is kept out by %s", worker, l.Name)
				case l.Class == policy.Acknowledgement:
					unread++
				case worker == late.Worker() && !l.Held.IsZero() && l.Limit.Before(today.AddDate(0, 0, 14)):
					lapsed++ // and the strip says so
				default:
					t.Errorf("%s lacks %s", worker, l.Name)
				}
			}
		}
		if lapsed != 1 || unread != 3 || missing != 2 {
			t.Errorf("%d lapsed, %d have not read a revision, %d orientations are missing", lapsed, unread, missing)
		}
		if len(all) != 17 {
			t.Errorf("%d people", len(all))
		}
	})
	t.Run("whose refresher has lapsed works on, and who is new is kept from a chart of their own", func(t *testing.T) {
		for _, x := range []struct {
			who  actor.Actor
			want fault.Kind
			no   bool
		}{{who: late}, {who: fresh, want: fault.Denied, no: true}} {
			var subject string
			if err := a.DB.QueryRow(ctx, `SELECT object FROM fact WHERE holder = 'worker:`+x.who.Worker()+`' AND rel IN ('assigned', 'care_team') AND until_at > `+micros(today)+` LIMIT 1`).Scan(&subject); err != nil {
				t.Fatal(err)
			}
			id, err := record.ParseID[person.Client](strings.TrimPrefix(subject, "client:"))
			if err != nil {
				t.Fatal(subject, err)
			}
			if _, err := a.Clients.Open(ctx, x.who, id); x.no != fault.Is(err, x.want) || !x.no && err != nil {
				t.Errorf("a chart opened with %v", err)
			}
		}
	})
	t.Run("what was learned was really answered: scores differ, and some needed a second try", func(t *testing.T) {
		s, err := a.Training.Staff(ctx, officer)
		if err != nil {
			t.Fatal(err)
		}
		scores, failed := map[int]bool{}, 0
		for _, o := range s.Attempts {
			v := o.Value
			scores[v.Score] = true
			if v.Status == training.Failed {
				failed++
			} else if v.Status != training.Passed || v.Paper == 0 || len(v.Answers) != len(v.Drawn) || v.Minutes() < 5 {
				t.Errorf("%s: %s with certificate %d, %d of %d answered, %d minutes", v.Course, v.Status, v.Paper, len(v.Answers), len(v.Drawn), v.Minutes())
			}
		}
		if len(scores) < 3 || failed < 2 || len(s.Attempts) < 80 {
			t.Errorf("%d attempts, %d failed, scores %v", len(s.Attempts), failed, scores)
		}
		if f := training.Count(today, s); len(f.Missed) == 0 || f.Overdue == 0 {
			t.Errorf("%d questions are missed, %d courses overdue", len(f.Missed), f.Overdue)
		}
	})
	t.Run("five vendors of different kinds: one agreement is about to expire, one breach is to be cured, one questionnaire is answered", func(t *testing.T) {
		vs, err := a.Vendors.All(ctx, officer)
		if err != nil {
			t.Fatal(err)
		}
		got := map[vendor.Outcome]int{}
		cure := 0
		for _, v := range vs {
			got[v.Value.Outcome]++
			if v.Value.Status == vendor.Cure {
				cure++
			} else if v.Value.Status != vendor.Active {
				t.Errorf("%s is %s", v.Value.Name, v.Value.Status)
			}
		}
		if len(vs) != 5 || got[vendor.Associate] != 3 || got[vendor.Conduit] != 1 || got[vendor.Treatment] != 1 || cure != 1 {
			t.Errorf("%v, %d to cure", got, cure)
		}
		as, err := a.Vendors.Agreements(ctx, officer, vendor.ID{})
		if err != nil {
			t.Fatal(err)
		}
		expiring := 0
		for _, o := range as {
			switch o.Value.At(today, time.Time{}) {
			case vendor.Expiring:
				expiring++
			case vendor.Signed:
			default:
				t.Errorf("an agreement is %s", o.Value.At(today, time.Time{}))
			}
		}
		if len(as) != 3 || expiring != 1 {
			t.Errorf("%d agreements, %d expire soon", len(as), expiring)
		}
		qs, err := a.Vendors.Questionnaires(ctx, officer, vendor.ID{})
		if err != nil || len(qs) != 1 {
			t.Fatal(len(qs), err)
		}
		if score, ok := qs[0].Value.Score(); !ok || score < 70 || score > 99 || len(qs[0].Value.OpenPoints()) == 0 {
			t.Errorf("scored %d, %v", score, ok)
		}
	})
	t.Run("an exercise with suspicious mail is over: some reported it, some clicked and learned, filters opened links", func(t *testing.T) {
		all, err := a.Training.Campaigns(ctx, officer)
		if err != nil || len(all) != 1 || all[0].Value.Status != training.Approved || all[0].Value.By == all[0].Value.ApprovedBy {
			t.Fatalf("%+v, %v", all, err)
		}
		r, err := a.Training.Results(ctx, officer, all[0].ID)
		if err != nil || r.Of < 14 || r.Sent != r.Of || r.Reported != 7 || r.Clicked != 2 || r.Assigned != 2 || r.Machines != 2 || r.Neither != r.Of-9 {
			t.Errorf("%+v, %v", r, err)
		}
		if a.Training.Posting() != (training.Posting{}) {
			t.Error("the demo sends such mails on")
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
