package web_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/training"
	"caseward/internal/program/training/starter"
	"caseward/internal/record"
)

// campaignOf is the campaign that a page is about.
func campaignOf(t *testing.T, page string) training.CampaignID {
	t.Helper()
	id, err := record.ParseID[training.Campaign](page[strings.LastIndexByte(page, '/')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestExercises plans, approves and sends an exercise, follows its links as people and
// programs do, and looks at what came of it.
func TestExercises(t *testing.T) {
	h := open(t)
	pat, sam := h.as("pat"), h.as("sam")
	plan := url.Values{"csrf": {pat.csrf}, "lure": {"parcel"}, "mail_lang": {"en"}, "audience": {"role:case_manager"}, "from": {"2026-11-23"}, "until": {"2026-11-23"}}
	h.parts.Training.Exercising(training.Posting{}, starter.Lures)
	code, body := pat.do("GET", "/training/exercises", nil)
	is(t, code, body, 200, "No domain is set from which such mails come", "A parcel that could not be delivered")
	bad := url.Values{"csrf": {pat.csrf}, "lure": {"x"}, "audience": {"role:"}, "from": {"soon"}}
	code, body = pat.do("POST", "/training/exercises", bad)
	is(t, code, body, 422, "Choose a mail from the list.", "Choose a day that is still to come, or today.")
	code, at := pat.do("POST", "/training/exercises", plan)
	at, _, _ = strings.Cut(at, "\n")
	if code != 303 || !strings.HasPrefix(at, "/training/exercises/") {
		t.Fatal(code, at)
	}
	code, body = pat.do("GET", at, nil)
	is(t, code, body, 200, "Waits for approval", "is not in use. Adopt it first.", "What gives it away")
	if strings.Contains(body, "Approve and send") {
		t.Error("it can be approved though nothing is ready")
	}
	h.parts.Training.Exercising(training.Posting{Domain: "drill.example.org", Origin: h.server.URL}, starter.Lures)
	officer := h.World.Proved(h.staff["pat"].String(), actor.PrivacyOfficer)
	if n, err := h.parts.Training.Adopt(ctx, officer, starter.Courses()); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	code, body = pat.do("GET", at, nil)
	is(t, code, body, 200, "another officer approves it", "The mails come from drill.example.org", "Parcel Notices &lt;parcel@drill.example.org&gt;")
	if strings.Contains(body, "Approve and send") {
		t.Error("whoever planned it is offered to approve it")
	}
	if err := h.parts.Training.Approve(ctx, officer, campaignOf(t, at), time.UTC); !fault.Is(err, fault.Conflict) {
		t.Error("approved by who planned it, though another could:", err)
	}
	code, body = sam.do("GET", at, nil)
	is(t, code, body, 200, "Approve and send")
	code, to := sam.do("POST", at, url.Values{"csrf": {sam.csrf}, "do": {"approve"}})
	if code != 303 || !strings.HasPrefix(to, "/stepup") {
		t.Error("approved without a fresh proof:", code, to)
	}
	code, to = sam.do("POST", "/stepup", url.Values{"csrf": {sam.csrf}, "next": {at}, "demo": {"1"}})
	is(t, code, to, 303, at)
	code, to = sam.do("POST", at, url.Values{"csrf": {sam.csrf}, "do": {"approve"}})
	is(t, code, to, 303, at)

	h.Clock.Advance(time.Date(2026, 11, 23, 22, 0, 0, 0, time.UTC).Sub(h.Clock.Now()))
	links := map[string]string{}
	if err := h.parts.Training.Dispatch(ctx, h.World.Service("notifier"), func(_ context.Context, p training.Parcel) error {
		links[p.Worker] = strings.TrimPrefix(p.Link, h.server.URL)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	ann, bob := links[h.staff["ann"].String()], links[h.staff["bob"].String()]
	if len(links) != 2 || ann == "" || bob == "" {
		t.Fatal(links)
	}
	h.Clock.Advance(time.Hour)
	visit := func(method, path, agent string, script bool) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, h.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User-Agent", agent)
		if script {
			req.Header.Set("HX-Request", "true")
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b)
	}
	const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	// A filter looks, and that is no click.
	if code, _ := visit("HEAD", ann, firefox, false); code != 200 {
		t.Error(code)
	}
	if code, _ := visit("POST", ann, "Mimecast link check", false); code != 200 {
		t.Error(code)
	}
	pat = h.as("pat")
	code, body = pat.do("GET", at, nil)
	is(t, code, body, 200, "2 of 2", "0, of whom 0 have the course", "1: mail filters open links", "opened by a program only")
	// A person: the page teaches at once, kindly, and asks for nothing.
	code, body = visit("GET", bob, firefox, false)
	is(t, code, body, 200, "Nothing bad happened, and you are in no trouble.", "You ordered nothing at work", `hx-post="`+bob+`"`)
	if m := regexp.MustCompile(`<(input type="[^h]|textarea|select)[^>]*`).FindString(body); m != "" || strings.Contains(body, "Bob") {
		t.Error("the page asks for something, or names somebody:", m)
	}
	// The script that tells of a person runs only with the nonce of the page.
	if m := regexp.MustCompile(`<script[^>]* nonce="([^"]+)"`).FindStringSubmatch(body); m == nil || !strings.Contains(body, `<div hx-nonce="`+m[1]+`" hx-post="`+bob+`"`) {
		t.Error("the page cannot tell that somebody is there")
	}
	if code, body := visit("POST", bob, firefox, true); code != 204 || body != "" {
		t.Error(code, body)
	}
	code, body = visit("POST", bob, firefox, false) // and the button besides
	is(t, code, body, 200, "Thank you for reading.")
	for _, path := range []string{"/by-link/mail/" + strings.Repeat("0", 26), "/by-link/mail/x"} {
		code, body = visit("GET", path, firefox, false)
		is(t, code, body, 404, "This link leads nowhere")
	}
	code, body = h.as("bob").do("GET", "/training", nil)
	is(t, code, body, 200, "After an exercise with suspicious mail", "The message that wants something")
	a := h.as("ann")
	code, body = a.do("GET", "/training", nil)
	is(t, code, body, 200, "Report a suspicious mail")
	if strings.Contains(text(body), "After an exercise") {
		t.Error("who did not click has the course")
	}
	code, body = a.do("POST", "/training/report", url.Values{"csrf": {a.csrf}})
	is(t, code, body, 200, "Well done: it was an exercise of our own.")
	code, body = a.do("POST", "/training/report", url.Values{"csrf": {a.csrf}})
	is(t, code, body, 200, "so take it for real.", "Tell Sam Worker now")

	code, body = pat.do("GET", at, nil)
	is(t, code, body, 200, "1, of whom 1 have the course", "Ann Worker", "Reported it", "Bob Worker", "Followed the link; has the course")
	for _, name := range []string{"sue", "aud"} {
		code, body = h.as(name).do("GET", at, nil)
		is(t, code, body, 200, "1, of whom 1 have the course")
		if strings.Contains(text(body), "Bob Worker") || strings.Contains(body, "Stop it") {
			t.Error(name, "sees who clicked, or can stop it")
		}
	}
	if code, _ := h.as("ivy").do("GET", at, nil); code == 200 {
		t.Error("a colleague sees it")
	}
	code, to = pat.do("POST", at, url.Values{"csrf": {pat.csrf}, "do": {"stop"}})
	is(t, code, to, 303, "/training/exercises")
	code, body = pat.do("GET", "/training/exercises", nil)
	is(t, code, body, 200, "Stopped", "2 sent, 1 reported, 1 clicked, 0 neither")
}
