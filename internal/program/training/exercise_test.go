package training_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/training"
	"caseward/internal/record/recordtest"
)

const lureText = "---\ncode: parcel\ntitle: A parcel\nfrom_name: Parcel Notices\nsubject: Delivery failed\ntells: You ordered nothing; it ends in example.org and is not ours\n---\n\nDear {{given}},\n\n**Now:** [Choose a time]({{link}})\n\ndelivery@parcels.example.org\n"

// somebody is a browser that somebody sits at.
var somebody = training.Visit{Addr: "192.0.2.7", Agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}

// drill is a world in which a campaign to s1's team was approved and its two mails sent.
func drill(t *testing.T, w *recordtest.World) (tr *training.Training, id training.CampaignID, links map[string]string) {
	t.Helper()
	tr = training.New(w.Door, w.Service("trainer"), everybody())
	tr.Exercising(training.Posting{Domain: "drill.example.org", Origin: "https://drill.example.org"}, func() []training.Text { return []training.Text{{En: lureText}} })
	published(t, w, tr, training.RemedialCourse, training.Micro, 3)
	officer := w.Proved("p1", actor.PrivacyOfficer)
	from := w.Clock.Now().AddDate(0, 0, 1)
	from = time.Date(from.Year(), from.Month(), from.Day(), 12, 0, 0, 0, time.UTC)
	id, err := tr.Plan(ctx, officer, training.Campaign{Lure: "parcel", Lang: "en", Team: "s1", From: from, Until: from.AddDate(0, 0, 6)}, time.UTC)
	if err == nil {
		err = tr.Approve(ctx, officer, id, time.UTC)
	}
	if err != nil {
		t.Fatal(err)
	}
	links = map[string]string{}
	for range 8 * 24 {
		if err := tr.Dispatch(ctx, w.Service("notifier"), func(_ context.Context, p training.Parcel) error {
			if links[p.Worker] != "" {
				t.Error("sent twice to", p.Worker)
			}
			links[p.Worker] = strings.TrimPrefix(p.Link, "https://drill.example.org/by-link/mail/")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
	}
	if len(links) != 2 || links["w1"] == "" || links["w2"] == "" || links["w1"] == links["w2"] {
		t.Fatal(links)
	}
	return tr, id, links
}

func TestAClickIsFollowedByTheCourseAndNothingElse(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr, id, links := drill(t, w)
		officer := w.Proved("p1", actor.PrivacyOfficer)
		results := func(want training.Results) {
			t.Helper()
			for _, who := range []actor.Actor{officer, w.As("s1", actor.Supervisor), w.As("x1", actor.Auditor)} {
				if r, err := tr.Results(ctx, who, id); err != nil || r != want {
					t.Errorf("%s: %+v, %v; want %+v", who.Role(), r, err, want)
				}
			}
		}
		results(training.Results{Of: 2, Sent: 2, Neither: 2})
		for range 2 { // again it is the same click
			if err := tr.Click(ctx, links["w1"], somebody, time.UTC); err != nil {
				t.Fatal(err)
			}
		}
		results(training.Results{Of: 2, Sent: 2, Clicked: 1, Neither: 1, Assigned: 1})
		items, _, err := tr.Mine(ctx, w.As("w1", actor.CaseManager))
		if err != nil {
			t.Fatal(err)
		}
		given := item(t, items, "w1", training.RemedialCourse)
		if !given.Open || given.Why != training.Phished || len(given.Given) != 1 || given.Due.Sub(w.Clock.Now()) > 15*24*time.Hour || given.Due.Before(w.Clock.Now().AddDate(0, 0, training.RemedialDays-1)) {
			t.Errorf("what follows the click: %+v", given)
		}
		if items, _, err := tr.Mine(ctx, w.As("w2", actor.CaseManager)); err != nil || item(t, items, "w2", training.RemedialCourse).Open {
			t.Error("somebody who did not click is given the course:", err)
		}
		// The one who reports it does best, and may be curious afterwards.
		if was, err := tr.Report(ctx, w.As("w2", actor.CaseManager)); err != nil || !was {
			t.Error(was, err)
		}
		if was, err := tr.Report(ctx, w.As("w2", actor.CaseManager)); err != nil || was {
			t.Error("reported twice:", was, err)
		}
		if was, err := tr.Report(ctx, w.As("w3", actor.CaseManager)); err != nil || was {
			t.Error("a mail that nobody got was one of ours:", was, err)
		}
		if err := tr.Click(ctx, links["w2"], training.Visit{Addr: "192.0.2.8", Agent: somebody.Agent}, time.UTC); err != nil {
			t.Fatal(err)
		}
		results(training.Results{Of: 2, Sent: 2, Reported: 1, Clicked: 1, Assigned: 1})
		// By name for who leads training, and for nobody else.
		rows, err := tr.Exercises(ctx, officer, id)
		if err != nil || len(rows) != 2 {
			t.Fatal(rows, err)
		}
		clicks := 0
		for _, o := range rows {
			if !o.Value.Clicked.IsZero() {
				clicks++
				if o.Value.Assignment == "" {
					t.Error("a click without the course")
				}
			}
			if want := map[string]training.Outcome{"w1": training.Followed, "w2": training.Told}[o.Value.Worker]; o.Value.Outcome() != want {
				t.Errorf("%s: %s, want %s", o.Value.Worker, o.Value.Outcome(), want)
			}
		}
		if clicks != 1 {
			t.Errorf("%d clicks", clicks)
		}
		for _, who := range []actor.Actor{w.As("s1", actor.Supervisor), w.As("m1", actor.ProgramManager), w.As("x1", actor.Auditor), w.As("w1", actor.CaseManager)} {
			if rows, err := tr.Exercises(ctx, who, id); err == nil && len(rows) > 0 {
				t.Errorf("%s sees who clicked", who.Role())
			}
		}
	})
}

func TestAClickIsNotKeptWithoutTheCourse(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr, id, links := drill(t, w)
		w.BreakLog(t)
		if err := tr.Click(ctx, links["w1"], somebody, time.UTC); err == nil {
			t.Error("a click was kept though nothing can be written")
		}
		_, _ = tr, id
	})
}

func TestProgramsThatOpenLinksAreToldApart(t *testing.T) {
	w := recordtest.Open(t)
	tr, id, links := drill(t, w)
	officer := w.Proved("p1", actor.PrivacyOfficer)
	for what, x := range map[string]training.Visit{
		"asks only whether it is there": {Addr: "198.51.100.1", Agent: somebody.Agent, Head: true},
		"a scanner":                     {Addr: "198.51.100.2", Agent: "Mozilla/5.0 (compatible; Barracuda Sentinel)"},
		"a preview":                     {Addr: "198.51.100.3", Agent: "Slackbot-LinkExpanding 1.0"},
		"without a name":                {Addr: "198.51.100.4"},
		"a headless browser":            {Addr: "198.51.100.5", Agent: "Mozilla/5.0 HeadlessChrome/140"},
	} {
		if err := tr.Click(ctx, links["w1"], x, time.UTC); err != nil {
			t.Fatal(what, err)
		}
		if r, err := tr.Results(ctx, officer, id); err != nil || r.Clicked != 0 || r.Machines != 1 {
			t.Errorf("%s is taken for a person: %+v, %v", what, r, err)
		}
	}
	// Only looking is no click, by a person neither.
	if l, err := tr.Look(ctx, links["w2"], "en", somebody); err != nil || l.Title != "A parcel" {
		t.Error(l, err)
	}
	if r, err := tr.Results(ctx, officer, id); err != nil || r.Clicked != 0 || r.Machines != 2 || r.Neither != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	for _, secret := range []string{"", "x", strings.Repeat("z", 26), links["w1"][:25]} {
		if _, err := tr.Look(ctx, secret, "en", somebody); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", secret, err)
		}
		if err := tr.Click(ctx, secret, somebody, time.UTC); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", secret, err)
		}
	}
	// Then somebody comes.
	if err := tr.Click(ctx, links["w1"], somebody, time.UTC); err != nil {
		t.Fatal(err)
	}
	if r, err := tr.Results(ctx, officer, id); err != nil || r.Clicked != 1 || r.Machines != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestLinksOpenedAtOnceAreAProgram(t *testing.T) {
	w := recordtest.Open(t)
	tr := training.New(w.Door, w.Service("trainer"), everybody())
	tr.Exercising(training.Posting{Domain: "drill.example.org", Origin: "https://drill.example.org"}, func() []training.Text { return []training.Text{{En: lureText}} })
	published(t, w, tr, training.RemedialCourse, training.Micro, 3)
	officer := w.Proved("p1", actor.PrivacyOfficer)
	day := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	id, err := tr.Plan(ctx, officer, training.Campaign{Lure: "parcel", Lang: "en", From: day, Until: day}, time.UTC)
	if err == nil {
		err = tr.Approve(ctx, officer, id, time.UTC)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(day.Add(6 * time.Hour).Sub(w.Clock.Now()))
	var links []string
	var soon string
	if err := tr.Dispatch(ctx, w.Service("notifier"), func(_ context.Context, p training.Parcel) error {
		s := p.Link[strings.LastIndexByte(p.Link, '/')+1:]
		links, soon = append(links, s), s
		return nil
	}); err != nil || len(links) != 8 {
		t.Fatal(len(links), err)
	}
	clicked := func() int {
		t.Helper()
		r, err := tr.Results(ctx, officer, id)
		if err != nil {
			t.Fatal(err)
		}
		return r.Clicked
	}
	// Within seconds of sending nobody has read it.
	if err := tr.Click(ctx, soon, somebody, time.UTC); err != nil || clicked() != 0 {
		t.Error("a click within the same second:", err)
	}
	w.Clock.Advance(time.Hour)
	for i, s := range links[:5] {
		if _, err := tr.Look(ctx, s, "en", training.Visit{Addr: "203.0.113.9", Agent: somebody.Agent}); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := tr.Click(ctx, links[0], training.Visit{Addr: "203.0.113.9", Agent: somebody.Agent}, time.UTC); err != nil || clicked() != 0 {
		t.Error("one address that opens five links at once is taken for a person:", err)
	}
	w.Clock.Advance(2 * time.Minute)
	if err := tr.Click(ctx, links[0], training.Visit{Addr: "203.0.113.9", Agent: somebody.Agent}, time.UTC); err != nil || clicked() != 1 {
		t.Error("later somebody there is taken for a program:", err)
	}
}

func TestOfficersApproveBeforeTheFirstMail(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		officer, proved := w.As("p1", actor.PrivacyOfficer), w.Proved("p1", actor.PrivacyOfficer)
		day := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // a Monday
		c := training.Campaign{Lure: "parcel", Lang: "en", Team: "s1", From: day, Until: day}
		sent := 0
		dispatch := func(fails error) error {
			return tr.Dispatch(ctx, w.Service("notifier"), func(context.Context, training.Parcel) error {
				if fails == nil {
					sent++
				}
				return fails
			})
		}
		if _, err := tr.Plan(ctx, officer, c, time.UTC); !fault.Is(err, fault.Invalid) {
			t.Error("planned without a mail:", err)
		}
		lures := func() []training.Text { return []training.Text{{En: lureText}} }
		tr.Exercising(training.Posting{}, lures)
		for what, change := range map[string]func(*training.Campaign){
			"no mail":      func(c *training.Campaign) { c.Lure = "x" },
			"no role":      func(c *training.Campaign) { c.Role = "janitor" },
			"nobody":       func(c *training.Campaign) { c.Team = "w1" },
			"no day":       func(c *training.Campaign) { c.From = time.Time{} },
			"yesterday":    func(c *training.Campaign) { c.From = w.Clock.Now().AddDate(0, 0, -1) },
			"back in time": func(c *training.Campaign) { c.Until = c.From.AddDate(0, 0, -1) },
			"for ever":     func(c *training.Campaign) { c.Until = c.From.AddDate(0, 0, 61) },
			"on a weekend": func(c *training.Campaign) { c.From = day.AddDate(0, 0, 5); c.Until = day.AddDate(0, 0, 6) },
		} {
			x := c
			change(&x)
			if _, err := tr.Plan(ctx, officer, x, time.UTC); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := tr.Plan(ctx, w.As("s1", actor.Supervisor), c, time.UTC); !fault.Is(err, fault.Denied) {
			t.Error("a supervisor planned one:", err)
		}
		id, err := tr.Plan(ctx, officer, c, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Approve(ctx, proved, id, time.UTC); !fault.Is(err, fault.Conflict) {
			t.Error("approved without a domain:", err)
		}
		tr.Exercising(training.Posting{Domain: "drill.example.org", Origin: "https://drill.example.org"}, lures)
		if err := tr.Approve(ctx, proved, id, time.UTC); !fault.Is(err, fault.Conflict) {
			t.Error("approved without the course that follows:", err)
		}
		published(t, w, tr, training.RemedialCourse, training.Micro, 3)
		if err := tr.Approve(ctx, officer, id, time.UTC); !fault.Is(err, fault.Denied) {
			t.Error("approved without a fresh proof:", err)
		}
		w.Clock.Advance(day.Add(5 * time.Hour).Sub(w.Clock.Now()))
		if err := dispatch(nil); err != nil || sent != 0 {
			t.Error("sent before it was approved:", sent, err)
		}
		proved = w.Proved("p1", actor.PrivacyOfficer)
		if err := tr.Approve(ctx, proved, id, time.UTC); err != nil {
			t.Fatal(err)
		}
		if err := tr.Approve(ctx, proved, id, time.UTC); !fault.Is(err, fault.Conflict) {
			t.Error("approved twice:", err)
		}
		// What the mail server does not take goes out an hour later.
		if err := dispatch(errors.New("away")); err == nil || sent != 0 {
			t.Error("nothing is said of a mail that was not taken:", err)
		}
		w.Clock.Advance(59 * time.Minute)
		if err := dispatch(nil); err != nil || sent != 0 {
			t.Error(sent, err)
		}
		w.Clock.Advance(time.Minute)
		for range 2 {
			if err := dispatch(nil); err != nil || sent != 2 {
				t.Error(sent, err)
			}
		}
		// What was stopped is not sent.
		proved = w.Proved("p1", actor.PrivacyOfficer)
		if id, err = tr.Plan(ctx, officer, training.Campaign{Lure: "parcel", Lang: "en", From: day.AddDate(0, 0, 1), Until: day.AddDate(0, 0, 1)}, time.UTC); err == nil {
			err = tr.Approve(ctx, proved, id, time.UTC)
		}
		if err == nil {
			err = tr.Stop(ctx, officer, id)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Stop(ctx, officer, id); !fault.Is(err, fault.Conflict) {
			t.Error("stopped twice:", err)
		}
		w.Clock.Advance(48 * time.Hour)
		if err := dispatch(nil); err != nil || sent != 2 {
			t.Error("sent though it was stopped:", sent, err)
		}
		if r, err := tr.Results(ctx, w.As("p1", actor.PrivacyOfficer), id); err != nil || r != (training.Results{Of: 8, Unsent: 8}) {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestAMailThatAServerTookAndNeverSentIsUnclear has a server fall over while it sends: the
// mail may have gone out, so it is sent to nobody twice.
func TestAMailThatAServerTookAndNeverSentIsUnclear(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		tr.Exercising(training.Posting{Domain: "drill.example.org", Origin: "https://drill.example.org"}, func() []training.Text { return []training.Text{{En: lureText}} })
		published(t, w, tr, training.RemedialCourse, training.Micro, 3)
		officer := w.Proved("p1", actor.PrivacyOfficer)
		from := w.Clock.Now().AddDate(0, 0, 1)
		from = time.Date(from.Year(), from.Month(), from.Day(), 12, 0, 0, 0, time.UTC)
		id, err := tr.Plan(ctx, officer, training.Campaign{Lure: "parcel", Lang: "en", Team: "s1", From: from, Until: from.AddDate(0, 0, 6)}, time.UTC)
		if err == nil {
			err = tr.Approve(ctx, officer, id, time.UTC)
		}
		if err != nil {
			t.Fatal(err)
		}
		var fell training.Parcel
		sent := map[string]int{}
		dispatch := func() {
			t.Helper()
			defer func() { _ = recover() }()
			if err := tr.Dispatch(ctx, w.Service("notifier"), func(_ context.Context, p training.Parcel) error {
				sent[p.Worker]++
				if fell.Worker == "" {
					fell = p
					panic("the server is gone")
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		results := func(want training.Results) {
			t.Helper()
			if r, err := tr.Results(ctx, officer, id); err != nil || r != want {
				t.Errorf("%+v, %v; want %+v", r, err, want)
			}
		}
		for fell.Worker == "" {
			dispatch()
			w.Clock.Advance(10 * time.Minute)
		}
		// Within the hour another server may still say that it sent it.
		dispatch()
		rows, err := tr.Exercises(ctx, officer, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range rows {
			if o.Value.Worker == fell.Worker && o.Value.Outcome() != training.NotYet {
				t.Errorf("too soon: %s", o.Value.Outcome())
			}
		}
		for range 8 * 24 {
			w.Clock.Advance(time.Hour)
			dispatch()
		}
		if len(sent) != 2 || sent[fell.Worker] != 1 {
			t.Errorf("sent %v", sent)
		}
		results(training.Results{Of: 2, Sent: 1, Neither: 1, Unclear: 1})
		// It may have come: whoever reports it did well, and a click counts.
		if was, err := tr.Report(ctx, w.As(fell.Worker, actor.CaseManager)); err != nil || !was {
			t.Error(was, err)
		}
		results(training.Results{Of: 2, Sent: 1, Neither: 1, Reported: 1})
		if _, err := tr.Look(ctx, strings.TrimPrefix(fell.Link, "https://drill.example.org/by-link/mail/"), "en", somebody); err != nil {
			t.Error(err)
		}
	})
}

func TestALureSaysOnlyWhatItMay(t *testing.T) {
	l, ok := training.ParseLure(lureText)
	if !ok {
		t.Fatal("it is not read")
	}
	want := "Dear Ann,\n\nNow: Choose a time:\nhttps://x/y$1\n\nparcel@drill.example.net\n"
	if got := l.Said("Ann", "https://x/y$1", "drill.example.net"); got != want {
		t.Errorf("%q", got)
	}
	if got := l.Told("drill.net"); len(got) != 2 || got[1] != "it ends in drill.net and is not ours" {
		t.Error(got)
	}
	for _, cut := range []string{"code: parcel\n", "from_name: Parcel Notices\n", "subject: Delivery failed\n", "({{link}})"} {
		if _, ok := training.ParseLure(strings.Replace(lureText, cut, "", 1)); ok {
			t.Errorf("without %q it is taken", cut)
		}
	}
}
