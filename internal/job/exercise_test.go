package job_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/job"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/training"
	"caseward/internal/record/recordtest"
)

const lure = "---\ncode: parcel\ntitle: A parcel\nfrom_name: Parcel Notices\nsubject: Delivery failed\ntells: You ordered nothing; it ends in example.org\n---\n\nDear {{given}},\n\n[Choose a new time]({{link}})\n\ndelivery@parcels.example.org\n"

// TestExerciseBySMTP sends the mail of an exercise through a mail server, in its time, and
// follows the link that stands in it.
func TestExerciseBySMTP(t *testing.T) {
	w := recordtest.Open(t)
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	o := org.New(w.Door, dir)
	if err := o.Found(ctx, w.Operator(), org.Agency{Name: "Harbor Test Services", TimeZone: "America/New_York"}); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for name, role := range map[string]actor.Role{"ann": actor.CaseManager, "pat": actor.PrivacyOfficer} {
		id, err := o.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: role})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = id.String()
	}
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	tr := training.New(w.Door, w.Service("trainer"), working{dir})
	tr.Exercising(training.Posting{Domain: "drill.example.org", Origin: "https://care.drill.example.org"}, func() []training.Text { return []training.Text{{En: lure}} })
	pat := w.Proved(ids["pat"], actor.PrivacyOfficer)
	course, err := tr.Write(ctx, pat, strings.Replace(phones, "code: phones", "code: phishing-mail", 1), "")
	if err == nil {
		err = tr.Publish(ctx, pat, course, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Monday to Wednesday.
	id, err := tr.Plan(ctx, pat, training.Campaign{Lure: "parcel", Lang: "en", Role: actor.CaseManager, From: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), Until: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}, zone)
	if err == nil {
		err = tr.Approve(ctx, pat, id, zone)
	}
	if err != nil {
		t.Fatal(err)
	}
	addr, got := post(t, nil)
	send := job.NewExerciser(tr, dir, &job.SMTP{Server: addr, From: "care@example.org", Clock: w.Clock}, w.Service("notifier")).Send
	var m string
	for range 6 * 24 * 4 {
		if err := send(ctx); err != nil {
			t.Fatal(err)
		}
		select {
		case m = <-got:
		default:
			w.Clock.Advance(15 * time.Minute)
			continue
		}
		break
	}
	if at := w.Clock.Now().In(zone); at.Before(time.Date(2026, 11, 23, 9, 0, 0, 0, zone)) || at.Hour() < 9 || at.Hour() > 16 {
		t.Error("it went out at", at)
	}
	for _, s := range []string{"From: \"Parcel Notices\" <parcel@drill.example.org>\r\n", "To: ann@example.org\r\n", "Subject: Delivery failed\r\n", "X-Caseward-Exercise: yes\r\n", "Dear ann,\r\n", "Choose a new time:\r\nhttps://care.drill.example.org/by-link/mail/", "\r\nparcel@drill.example.org\r\n"} {
		if !strings.Contains(m, s) {
			t.Errorf("the mail lacks %q: %s", s, m)
		}
	}
	link := regexp.MustCompile(`/by-link/mail/([0-9a-z]{26})\r\n`).FindStringSubmatch(m)
	if link == nil {
		t.Fatal(m)
	}
	// Sent once.
	if err := send(ctx); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(time.Hour)
	if err := tr.Click(ctx, link[1], training.Visit{Addr: "192.0.2.1", Agent: "Mozilla/5.0 Firefox/140.0"}, zone); err != nil {
		t.Fatal(err)
	}
	if r, err := tr.Results(ctx, pat, id); err != nil || r != (training.Results{Of: 1, Sent: 1, Clicked: 1, Assigned: 1}) {
		t.Errorf("%+v, %v", r, err)
	}
	if m := (*job.Exerciser)(job.NewExerciser(tr, dir, nil, w.Service("notifier"))); m.Send(ctx) != nil {
		t.Error("without a mail server")
	}
}
