package glass_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type told struct{ notices []glass.Notice }

func (t *told) Tell(n glass.Notice) { t.notices = append(t.notices, n) }

// byNumber looks clients up as the program does.
type byNumber struct {
	clients record.Records[person.Client]
	who     actor.Actor
}

func (b byNumber) ByNumber(ctx context.Context, number phi.Text) (record.Subject, bool, error) {
	ids, err := b.clients.LookUp(ctx, b.who, record.Term{Field: record.NumberTerm, Text: number}, 2)
	if err != nil || len(ids) != 1 {
		return record.Subject{}, false, err
	}
	return record.SubjectOf(ids[0]), true, nil
}

type scene struct {
	*recordtest.World
	glass         *glass.Glass
	clients       *person.Clients
	told          *told
	worker, boss  string
	officer       string
	client        person.ID
	subject       record.Subject
	number, other phi.Text
}

func open(t *testing.T, w *recordtest.World) *scene {
	t.Helper()
	s := &scene{World: w, told: &told{}, clients: person.New(w.Door)}
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	o := org.New(w.Door, dir)
	op := w.Service("operator")
	if err := o.Found(ctx, op, org.Agency{Name: "North", TimeZone: "America/New_York", Holidays: []string{"2026-11-26"}}); err != nil {
		t.Fatal(err)
	}
	invite := func(name string, r actor.Role, boss string) string {
		id, err := o.Invite(ctx, op, org.Invitation{Given: phi.NewText(name), Mail: phi.NewText(name + "@example.org"), Role: r, Supervisor: boss})
		if err != nil {
			t.Fatal(err)
		}
		return id.String()
	}
	s.boss = invite("boss", actor.Supervisor, "")
	s.worker = invite("worker", actor.CaseManager, s.boss)
	s.officer = invite("officer", actor.PrivacyOfficer, "")
	s.glass = glass.New(w.Door, dir, byNumber{record.Use(w.Door, person.Kind), w.Service("notifier")}, s.told)
	r, err := s.clients.Register(ctx, w.Service("demo"), person.Client{Name: person.Name{Given: phi.NewText("Ruth"), Family: phi.NewText("Sample")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	s.client, s.subject, s.number = r.ID, record.SubjectOf(r.ID), r.Number
	s.other = phi.NewText("C-99999")
	return s
}

func (s *scene) caseManager() actor.Actor { return s.Proved(s.worker, actor.CaseManager) }
func (s *scene) privacy() actor.Actor {
	return s.Proved(s.officer, actor.PrivacyOfficer).For(actor.Oversight)
}

func (s *scene) ask() glass.Ask {
	return glass.Ask{Subject: s.subject, Reason: glass.CrisisOutreach, Words: phi.NewText("called from the bridge, on the way there"), Scope: []policy.Class{policy.Contact, policy.Note}}
}

func (s *scene) mustBreak(t *testing.T) glass.Answer {
	t.Helper()
	a, err := s.glass.Break(ctx, s.caseManager(), s.ask())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func kind(t *testing.T, err error, want fault.Kind) {
	t.Helper()
	if !fault.Is(err, want) {
		t.Fatalf("got %v, want an error of kind %v", err, want)
	}
}

func TestBreak(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		s := open(t, w)
		if _, err := s.clients.Open(ctx, s.caseManager(), s.client); !fault.Is(err, fault.NotFound) {
			t.Fatalf("before: %v, want that there is no such client", err)
		}
		a := s.mustBreak(t)

		t.Run("the chart opens, as far as the scope goes", func(t *testing.T) {
			o, err := s.clients.Open(ctx, s.caseManager(), s.client)
			if err != nil {
				t.Fatal(err)
			}
			if o.Value.Name.Given.Disclose() != "Ruth" || !o.Shown.Has(policy.Identity) || o.Shown.Has(policy.SSN) {
				t.Errorf("shown: %v", o.Shown)
			}
			if e := s.Entries(t)[0]; !cmp.Equal(e.Rules, []string{"glass-views"}) {
				t.Errorf("the entry says %v decided", e.Rules)
			}
		})
		t.Run("supervisor and privacy officers are told, with ids only", func(t *testing.T) {
			want := []glass.Notice{{Event: glass.Broken, Grant: a.Grant.String(), Asker: s.worker, At: recordtest.Start, Due: a.ReviewDue, Supervisor: s.boss}}
			if d := cmp.Diff(want, s.told.notices); d != "" {
				t.Error(d)
			}
		})
		t.Run("the banner shows it while it lasts", func(t *testing.T) {
			l, err := s.glass.ForMe(ctx, s.caseManager())
			if err != nil || len(l) != 1 || !l[0].Value.Until.Equal(recordtest.Start.Add(4*time.Hour)) {
				t.Errorf("open grants: %d, %v", len(l), err)
			}
		})
		t.Run("it ends after four hours by itself", func(t *testing.T) {
			s.Clock.Set(recordtest.Start.Add(4*time.Hour - time.Second))
			if _, err := s.clients.Open(ctx, s.caseManager(), s.client); err != nil {
				t.Errorf("a second before the end: %v", err)
			}
			s.Clock.Advance(time.Second)
			_, err := s.clients.Open(ctx, s.caseManager(), s.client)
			kind(t, err, fault.NotFound)
			if l, err := s.glass.ForMe(ctx, s.caseManager()); err != nil || len(l) != 0 {
				t.Errorf("open grants: %d, %v", len(l), err)
			}
		})
	})
}

func TestBreakTellsNobodyWhoIsAClient(t *testing.T) {
	s := open(t, recordtest.Open(t))
	byNumber := func(n phi.Text) (glass.Answer, error) {
		ask := s.ask()
		ask.Subject, ask.Number = record.Subject{}, n
		return s.glass.Break(ctx, s.caseManager(), ask)
	}
	known, err := byNumber(s.number)
	if err != nil || known.Subject != s.subject {
		t.Fatalf("by number: %v, %v", known.Subject, err)
	}
	unknown, err := byNumber(s.other)
	if err != nil {
		t.Fatal(err)
	}
	if unknown.Subject != (record.Subject{}) || !unknown.Grant.IsZero() {
		t.Error("something was granted for a number that nobody has")
	}
	if !unknown.Until.Equal(known.Until) || !unknown.ReviewDue.Equal(known.ReviewDue) {
		t.Error("the answers differ")
	}
	entries := s.Entries(t)
	if entries[0].Action != "glass.break" || entries[0].Outcome != audit.Allowed || entries[0].Detail["client"] != "none" {
		t.Errorf("the log says %s %c %v", entries[0].Action, entries[0].Outcome, entries[0].Detail)
	}
	if n := s.told.notices; len(n) != 2 || n[1].Event != glass.Missed || n[1].Grant != "" {
		t.Errorf("told: %+v", n)
	}
	t.Run("nor an id that nobody has", func(t *testing.T) {
		ask := s.ask()
		ask.Subject, _ = record.ParseSubject("00000000000000000000000000")
		got, err := s.glass.Break(ctx, s.caseManager(), ask)
		if err != nil || !got.Grant.IsZero() || !got.Until.Equal(known.Until) {
			t.Errorf("answer %+v, %v", got, err)
		}
	})
	t.Run("nor the want of a fresh proof", func(t *testing.T) {
		for _, n := range []phi.Text{s.number, s.other} {
			ask := s.ask()
			ask.Subject, ask.Number = record.Subject{}, n
			_, err := s.glass.Break(ctx, s.As(s.worker, actor.CaseManager), ask)
			kind(t, err, fault.Denied)
			if e := s.Entries(t)[0]; e.Outcome != audit.Refused || !cmp.Equal(e.Rules, []string{"step-up"}) || len(e.Touched) != 1 || e.Touched[0].Subject != "" {
				t.Errorf("entry: %c %v %v", e.Outcome, e.Rules, e.Touched)
			}
		}
	})
}

func TestWhoBreaks(t *testing.T) {
	s := open(t, recordtest.Open(t))
	for role, may := range map[actor.Role]bool{
		actor.Intake: true, actor.CaseManager: true, actor.Supervisor: true, actor.ProgramManager: true,
		actor.PrivacyOfficer: false, actor.SecurityOfficer: false, actor.Administrator: false, actor.Auditor: false,
	} {
		_, err := s.glass.Break(ctx, s.Proved(s.worker, role), s.ask())
		if may != (err == nil) {
			t.Errorf("%s: %v", role, err)
		}
	}
	t.Run("a reason, words and a scope are needed", func(t *testing.T) {
		_, err := s.glass.Break(ctx, s.caseManager(), glass.Ask{Subject: s.subject, Words: phi.NewText("why not")})
		var names []string
		for _, f := range fault.FieldsOf(err) {
			names = append(names, f.Name)
		}
		if !cmp.Equal(names, []string{"reason", "words"}) {
			t.Errorf("wrong: %v", names)
		}
	})
	t.Run("counseling notes are in no scope", func(t *testing.T) {
		ask := s.ask()
		ask.Scope = []policy.Class{policy.SUDCounselling}
		_, err := s.glass.Break(ctx, s.caseManager(), ask)
		kind(t, err, fault.Invalid)
	})
}

func TestEnd(t *testing.T) {
	s := open(t, recordtest.Open(t))
	a := s.mustBreak(t)
	s.Clock.Advance(time.Minute)
	other := s.Proved("00000000000000000000000001", actor.CaseManager)
	if err := s.glass.End(ctx, other, a.Grant); err == nil {
		t.Error("a colleague ended it")
	}
	if err := s.glass.End(ctx, s.As(s.worker, actor.CaseManager), a.Grant); err != nil {
		t.Fatal(err)
	}
	_, err := s.clients.Open(ctx, s.caseManager(), s.client)
	kind(t, err, fault.NotFound)
	kind(t, s.glass.End(ctx, s.caseManager(), a.Grant), fault.Conflict)
	b := s.mustBreak(t)
	s.Clock.Advance(time.Minute)
	if err := s.glass.End(ctx, s.privacy(), b.Grant); err != nil {
		t.Errorf("the privacy officer: %v", err)
	}
}

func TestWhatEndedStaysEndedWhateverTheClockSays(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		s := open(t, w)
		opens := func(want bool) {
			t.Helper()
			_, err := s.clients.Open(ctx, s.caseManager(), s.client)
			if want != (err == nil) || !want && !fault.Is(err, fault.NotFound) {
				t.Errorf("at %v: %v, want that it opens: %v", s.Clock.Now(), err, want)
			}
			l, err := s.glass.ForMe(ctx, s.caseManager())
			if err != nil || (len(l) == 1) != want {
				t.Errorf("at %v: %d open grants, %v", s.Clock.Now(), len(l), err)
			}
			e, err := s.Door.Emergencies(ctx, s.caseManager())
			if err != nil || (len(e) == 1) != want {
				t.Errorf("at %v: the banner tells of %d, %v", s.Clock.Now(), len(e), err)
			}
		}
		expire := func() {
			t.Helper()
			if err := s.glass.Expire(ctx, s.Service("notifier")); err != nil {
				t.Fatal(err)
			}
		}
		is := func(id glass.ID, want string) {
			t.Helper()
			o, err := s.glass.Read(ctx, s.privacy(), id)
			if err != nil || o.Value.State(s.Clock.Now()) != want || o.Labels.State != want {
				t.Errorf("at %v: %s, labelled %s, %v, want %s", s.Clock.Now(), o.Value.State(s.Clock.Now()), o.Labels.State, err, want)
			}
		}
		// could is what was open to the worker at a moment, as an officer is told.
		could := func(at time.Time) policy.ClassSet {
			t.Helper()
			q, err := s.Door.QuestionFor(ctx, record.Asker{Worker: s.worker, Role: actor.CaseManager, At: at}, "client.read", s.subject, "", false, 0)
			if err != nil {
				t.Fatal(err)
			}
			return q.Glass
		}
		early := s.mustBreak(t)
		s.Clock.Advance(10 * time.Minute)
		opens(true)
		if err := s.glass.End(ctx, s.As(s.worker, actor.CaseManager), early.Grant); err != nil {
			t.Fatal(err)
		}
		opens(false)
		for _, back := range []time.Duration{5 * time.Minute, 0, -time.Hour} {
			s.Clock.Set(recordtest.Start.Add(back))
			opens(false)
			is(early.Grant, glass.Ended)
		}
		s.Clock.Set(recordtest.Start.Add(time.Hour))
		if could(recordtest.Start.Add(5*time.Minute)) == 0 || could(recordtest.Start.Add(15*time.Minute)) != 0 {
			t.Error("what was open then is told otherwise")
		}

		late := s.mustBreak(t)
		s.Clock.Set(late.Until.Add(-time.Second))
		entries := len(s.Entries(t))
		expire()
		if len(s.Entries(t)) != entries {
			t.Error("there was nothing to write, and an entry")
		}
		opens(true)
		s.Clock.Set(late.Until)
		expire()
		entries = len(s.Entries(t))
		expire()
		if len(s.Entries(t)) != entries {
			t.Error("it was written down again")
		}
		for _, at := range []time.Time{late.Until, late.Until.Add(-time.Minute), late.Until.Add(-glass.Lasts), recordtest.Start} {
			s.Clock.Set(at)
			opens(false)
			is(late.Grant, glass.Expired)
			kind(t, s.glass.End(ctx, s.caseManager(), late.Grant), fault.Conflict)
		}
		if could(late.Until.Add(-time.Minute)) == 0 {
			t.Error("what was open then is told otherwise")
		}
		if err := s.glass.Review(ctx, s.privacy(), late.Grant, 0, glass.Appropriate, phi.Text{}); err != nil {
			t.Errorf("by a clock that says it is open: %v", err)
		}
		is(late.Grant, glass.Reviewed)
		// The glass is broken anew by whatever clock there is.
		s.mustBreak(t)
		opens(true)
	})
}

func TestReview(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		s := open(t, w)
		a := s.mustBreak(t)
		review := func(who actor.Actor, v glass.Verdict, words string) error {
			return s.glass.Review(ctx, who, a.Grant, 0, v, phi.NewText(words))
		}
		kind(t, review(s.privacy(), glass.Appropriate, ""), fault.Conflict) // still open
		s.Clock.Advance(5 * time.Hour)
		waiting := func(who actor.Actor) []glass.Opened {
			l, err := s.glass.Queue(ctx, who, glass.QueueQuery{})
			if err != nil {
				t.Fatal(err)
			}
			if int(l.Total) != len(l.Rows) {
				t.Errorf("total %d of %d rows", l.Total, len(l.Rows))
			}
			return l.Rows
		}
		t.Run("it waits for the privacy officer and shows to the supervisor of that time", func(t *testing.T) {
			if n := len(waiting(s.privacy())); n != 1 {
				t.Errorf("privacy officer: %d", n)
			}
			if n := len(waiting(s.As(s.boss, actor.Supervisor).For(actor.Operations))); n != 1 {
				t.Errorf("supervisor: %d", n)
			}
			if n := len(waiting(s.As("00000000000000000000000009", actor.Supervisor).For(actor.Operations))); n != 0 {
				t.Errorf("another supervisor: %d", n)
			}
		})
		t.Run("an auditor sees it without the words", func(t *testing.T) {
			rows := waiting(s.As("00000000000000000000000008", actor.Auditor).For(actor.Oversight))
			if len(rows) != 1 || rows[0].Value.Reason != glass.CrisisOutreach || !rows[0].Value.Words.Empty() || !rows[0].Withheld.Has(policy.Case) {
				t.Errorf("rows: %d", len(rows))
			}
		})
		t.Run("nobody reviews their own, and no supervisor reviews", func(t *testing.T) {
			kind(t, review(s.Proved(s.worker, actor.PrivacyOfficer).For(actor.Oversight), glass.Appropriate, ""), fault.Denied)
			if err := review(s.Proved(s.boss, actor.Supervisor), glass.Appropriate, ""); err == nil {
				t.Error("the supervisor decided")
			}
		})
		t.Run("what was not right is said in words", func(t *testing.T) {
			kind(t, review(s.privacy(), glass.NotAppropriate, "no"), fault.Invalid)
			if err := review(s.privacy(), glass.NotAppropriate, "there was no emergency; supervision follows"); err != nil {
				t.Fatal(err)
			}
			kind(t, review(s.privacy(), glass.Appropriate, ""), fault.Conflict)
			if n := len(waiting(s.privacy())); n != 0 {
				t.Errorf("%d still wait", n)
			}
			l, err := s.glass.Queue(ctx, s.privacy(), glass.QueueQuery{Reviewed: true})
			if err != nil || len(l.Rows) != 1 || l.Rows[0].Value.Verdict != glass.NotAppropriate {
				t.Errorf("reviewed: %d, %v", len(l.Rows), err)
			}
		})
	})
}

func TestRemind(t *testing.T) {
	s := open(t, recordtest.Open(t))
	a := s.mustBreak(t)
	remind := func() int {
		n, err := s.glass.Remind(ctx, s.Service("notifier"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	s.Clock.Set(a.ReviewDue.Add(-time.Second))
	if n := remind(); n != 0 {
		t.Errorf("before it is due: %d", n)
	}
	s.Clock.Set(a.ReviewDue)
	if n := remind(); n != 1 {
		t.Errorf("when it is due: %d", n)
	}
	if last := s.told.notices[len(s.told.notices)-1]; last.Event != glass.Overdue || last.Grant != a.Grant.String() {
		t.Errorf("told: %+v", last)
	}
}

func TestReviewDue(t *testing.T) {
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ from, due, holiday string }{
		"monday is due at the end of thursday":       {"2026-11-16T10:00", "2026-11-20T00:00", ""},
		"friday leaves the weekend out":              {"2026-11-20T10:00", "2026-11-26T00:00", ""},
		"a holiday is left out":                      {"2026-11-20T10:00", "2026-11-26T00:00", "2026-11-26"},
		"a holiday within is a day more":             {"2026-11-24T10:00", "2026-12-01T00:00", "2026-11-26"},
		"a holiday on a weekend changes nothing":     {"2026-11-20T10:00", "2026-11-26T00:00", "2026-11-21"},
		"saturday counts from monday":                {"2026-11-21T10:00", "2026-11-26T00:00", ""},
		"the day begins by the agency's clock":       {"2026-11-16T23:30", "2026-11-20T00:00", ""},
		"over the change of clocks a day is one day": {"2026-10-30T10:00", "2026-11-05T00:00", ""},
		"over the end of the year":                   {"2026-12-30T10:00", "2027-01-06T00:00", "2027-01-01"},
	} {
		t.Run(name, func(t *testing.T) {
			from, err := time.ParseInLocation("2006-01-02T15:04", tc.from, ny)
			if err != nil {
				t.Fatal(err)
			}
			if got := glass.ReviewDue(from.UTC(), ny, []string{tc.holiday}).In(ny).Format("2006-01-02T15:04"); got != tc.due {
				t.Errorf("due %s, want %s", got, tc.due)
			}
		})
	}
}
