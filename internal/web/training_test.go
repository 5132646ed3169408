package web_test

import (
	"net/url"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/org"
	"caseward/internal/paper/papertest"
	"caseward/internal/phi"
	"caseward/internal/program/training"
)

const lostPhone = `---
code: lost-phone
title: The lost phone
form: orientation
for: everyone
minutes: 6
pass: 80
topics: devices
citations: 45 CFR 164.310(b)
---

# Lesson: Say it at once

Tell {{privacy_officer}} of {{agency}} **today**, <at once>.

# Scenario: The bus

Rosa gets off the bus. Her phone does not.

## What does she do first?

- [ ] She waits for the lost and found.
  > Until then somebody else may have it.
- [x] She tells the Security Officer.
  > Right. It can be wiped.

# Question: Who decides whether it was a breach?

- [ ] You
- [x] The Privacy Officer

> The law has a test for it.

# Question: Which do you report?

- [x] A phone left on a bus
- [x] A phone that was gone for an hour
- [ ] A phone that needs charging

> What was out of your hands is reported.
`

// TestTraining goes through taking a course and looking after those who do, as a
// browser without script would.
func TestTraining(t *testing.T) {
	h := open(t)
	id, err := h.parts.Org.Invite(ctx, h.World.Operator(), org.Invitation{Given: phi.NewText("Cleo"), Family: phi.NewText("Worker"), Mail: phi.NewText("cleo@example.org"), Role: actor.CaseManager, Supervisor: h.staff["sue"].String()})
	if err != nil {
		t.Fatal(err)
	}
	h.staff["cleo"] = id
	pat, cleo, bob, sue := h.as("pat"), h.as("cleo"), h.as("bob"), h.as("sue")
	post := func(b *browser, path string, code int, pairs ...string) string {
		t.Helper()
		form := url.Values{"csrf": {b.csrf}}
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		got, body := b.do("POST", path, form)
		if got != code {
			t.Fatalf("POST %s: %d, want %d: %.600s", path, got, code, text(body))
		}
		to, _, _ := strings.Cut(body, "\n")
		if code == 303 {
			return to
		}
		return body
	}
	get := func(b *browser, path string, words ...string) string {
		t.Helper()
		code, body := b.do("GET", path, nil)
		if code != 200 {
			t.Fatalf("GET %s: %d %.300s", path, code, body)
		}
		for _, s := range words {
			if !strings.Contains(text(body), s) {
				t.Errorf("GET %s does not say %q: %.900s", path, s, text(body))
			}
		}
		return body
	}
	// A course is written: what is wrong is kept and told by line.
	bad := strings.Replace(lostPhone, "- [x] She tells", "- [ ] She tells", 1)
	bad = strings.Replace(bad, ", <at once>", "", 1)
	draft := post(pat, "/training/keep/new", 303, "en", bad)
	get(pat, draft, "English, line 20: Mark the choice that is right with an x.", "How it will be seen", "Tell Pat Worker of Harbor Test Services")
	if to := post(pat, draft, 303, "en", strings.Replace(lostPhone, ", <at once>", ", at once", 1), "version", "1"); to != draft {
		t.Fatal(to)
	}
	if body := post(pat, draft, 422, "en", "mine", "version", "1"); !strings.Contains(text(body), "mine") {
		t.Error("what was typed meanwhile is lost")
	}
	if to := post(pat, draft+"/publish", 303, "version", "2"); !strings.HasPrefix(to, "/stepup") {
		t.Error("it was published without a fresh proof:", to)
	}
	officer := h.World.Proved(h.staff["pat"].String(), actor.PrivacyOfficer)
	_, drafts, err := h.parts.Training.Courses(ctx, officer)
	if err != nil || len(drafts) != 1 {
		t.Fatal(len(drafts), err)
	}
	if err := h.parts.Training.Publish(ctx, officer, drafts[0].ID, drafts[0].Version); err != nil {
		t.Fatal(err)
	}
	if code, to := pat.do("GET", "/training/curricula/case_manager", nil); code != 303 || !strings.HasPrefix(to, "/stepup") {
		t.Error("a curriculum is typed before the proof:", code, to)
	}
	if err := h.parts.Training.Require(ctx, officer, actor.CaseManager, 0, []training.Line{{Course: "lost-phone", Settle: 5}}); err != nil {
		t.Fatal(err)
	}
	get(cleo, "/training/curricula", "Case manager", "The lost phone", "before the first chart")

	// It is taken, left and gone on with; the way back stays.
	body := get(cleo, "/training?back=%2Ftoday", "The lost phone", "No chart opens before it is done.")
	if !strings.Contains(body, `href="/today"`) || !strings.Contains(body, "/training/courses/lost-phone?back=%2Ftoday") {
		t.Error("the way back is lost")
	}
	if body := get(cleo, "/training/courses/lost-phone?back=https%3A%2F%2Fevil.example"); strings.Contains(body, `="https://evil`) {
		t.Error("the way back leads elsewhere")
	}
	at := post(cleo, "/training/courses/lost-phone", 303, "back", "/today")
	attempt, _, _ := strings.Cut(at, "?")
	get(cleo, at, "Say it at once", "Tell Pat Worker of Harbor Test Services today", "Step 1 of 5")
	for _, other := range []*browser{bob, sue, h.as("root")} {
		if code, _ := other.do("GET", attempt, nil); code == 200 {
			t.Error("somebody else takes part")
		}
	}
	at = post(cleo, attempt, 303, "step", "0", "back", "/today")
	get(cleo, at, "What does she do first?")
	if body := text(post(cleo, attempt, 422, "step", "1")); !strings.Contains(body, "Choose an answer first.") {
		t.Error(body)
	}
	at = post(cleo, attempt, 303, "step", "1", "choice", "0")
	get(cleo, at, "Until then somebody else may have it.", "You chose this")
	at = post(cleo, attempt, 303, "step", "1", "do", "on")
	get(cleo, at, "Question 1 of 2")
	// Left, and found again where it was.
	again := post(cleo, "/training/courses/lost-phone", 303)
	if !strings.HasPrefix(again, attempt) {
		t.Error("it begins anew:", again)
	}
	get(cleo, again, "Question 1 of 2")
	answer := func(step string, right bool) {
		t.Helper()
		page := get(cleo, attempt+"?step="+step)
		pairs := []string{"step", step, "back", "/today"}
		switch {
		case strings.Contains(page, "A phone left on a bus") && right:
			pairs = append(pairs, "choice", "0", "choice", "1")
		case strings.Contains(page, "A phone left on a bus"):
			pairs = append(pairs, "choice", "2")
		case right:
			pairs = append(pairs, "choice", "1")
		default:
			pairs = append(pairs, "choice", "0")
		}
		at = post(cleo, attempt, 303, pairs...)
	}
	answer("2", true)
	answer("3", false)
	if page := get(cleo, at, "You answered every question."); strings.Contains(page, "The law has a test") {
		t.Error("the explanations are shown before it is handed in")
	}
	at = post(cleo, attempt, 303, "do", "finish", "back", "/today")
	get(cleo, at, "50 percent: not passed yet.", "What was out of your hands is reported.", "Back to what you were doing")
	if to := post(cleo, attempt, 303, "do", "finish"); !strings.HasPrefix(to, attempt) {
		t.Error(to)
	}
	if code, _ := cleo.do("GET", attempt+"/certificate", nil); code != 404 {
		t.Error("a certificate for what was not passed:", code)
	}
	h.World.Clock.Advance(1)
	at = post(cleo, "/training/courses/lost-phone", 303, "back", "/today")
	attempt, _, _ = strings.Cut(at, "?")
	post(cleo, attempt, 303, "step", "0")
	post(cleo, attempt, 303, "step", "1", "choice", "1")
	post(cleo, attempt, 303, "step", "1", "do", "on")
	answer("2", true)
	answer("3", true)
	at = post(cleo, attempt, 303, "do", "finish", "back", "/today")
	body = get(cleo, at, "Passed with 100 percent.")
	if !strings.Contains(body, `href="/today"`) {
		t.Error("there is no way back")
	}
	code, file := cleo.do("GET", attempt+"/certificate", nil)
	_, pdf, _ := strings.Cut(file, "\n")
	if words := strings.Join(papertest.Text(t, []byte(pdf)), "\n"); code != 200 || !strings.Contains(words, "Cleo Worker") || !strings.Contains(words, "T-000001") || !strings.Contains(words, "The lost phone") {
		t.Error(code, words)
	}
	get(cleo, "/training", "Nothing is due", "Passed ")

	// Who looks after her sees it, who does not does not.
	get(sue, "/training/staff", "Cleo Worker", "The lost phone", "Done")
	get(sue, attempt, "Cleo Worker", "Passed with 100 percent.")
	if code, _ := sue.do("GET", attempt+"/certificate", nil); code != 200 {
		t.Error(code)
	}
	if strings.Contains(text(get(sue, "/training/staff")), "Bob Worker") {
		t.Error("a supervisor sees another's worker")
	}
	if code, _ := h.as("ivy").do("GET", attempt, nil); code == 200 {
		t.Error("a colleague sees what came of it")
	}
	get(pat, "/training/staff", "Cleo Worker", "Bob Worker")
	get(h.as("aud"), "/training/figures", "Of all 9 people", "1 of 3 courses held", "Not to be had yet")
	get(sue, "/training/figures", "Of the 1 people")
	if to := post(sue, "/training/staff", 422, "worker", h.staff["bob"].String(), "course", "lost-phone", "due", "2026-12-24"); !strings.Contains(text(to), "Choose somebody whom you look after.") {
		t.Error("another's worker was given a course")
	}
	post(sue, "/training/staff", 303, "worker", id.String(), "course", "lost-phone", "due", "2026-12-24")
	get(cleo, "/training", "Assigned by hand")

	// What changed is assigned to exactly those it affects.
	if body := text(post(pat, "/training/changes", 422, "title", "Faxes go")); !strings.Contains(body, "Say whether a policy") {
		t.Error(body)
	}
	post(pat, "/training/changes", 303, "why", "policy", "title", "Faxes go", "course", "lost-phone", "role", "intake", "due", "2026-12-24")
	get(h.as("ivy"), "/training", "A policy changed")
	if strings.Contains(text(get(bob, "/training")), "A policy changed") {
		t.Error("it was assigned to somebody it does not affect")
	}
	get(pat, "/training/changes", "Faxes go", "1 person")
	get(pat, "/training/keep", "The lost phone", "Came with the program")
}
