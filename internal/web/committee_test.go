package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/paper/papertest"
	"caseward/internal/program/governance"
	"caseward/internal/program/policydoc"
)

// TestCommittee sets a committee up, files the minutes of a meeting, and follows what it
// decided to its end.
func TestCommittee(t *testing.T) {
	h := open(t) // on November 20
	h.Clock.Advance(time.Hour)
	get := func(name, path string, code int, want ...string) string {
		t.Helper()
		got, body := h.as(name).do("GET", path, nil)
		if got != code {
			t.Fatalf("%s as %s: %d", path, name, got)
		}
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("%s as %s lacks %q", path, name, s)
			}
		}
		return body
	}
	post := func(name, path string, form url.Values, code int, want ...string) string {
		t.Helper()
		b := h.as(name)
		form.Set("csrf", b.csrf)
		got, body := b.do("POST", path, form)
		if got != code {
			t.Fatalf("%s as %s: %d %.300s", path, name, got, body)
		}
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("%s as %s lacks %q", path, name, s)
			}
		}
		to, _, _ := strings.Cut(body, "\n")
		return to
	}
	id := func(name string) string { return h.staff[name].String() }
	get("ann", "/governance/committee", 200, "There is no committee yet", "No charter is in force")
	for _, name := range []string{"ann", "sue", "ivy", "aud"} {
		get(name, "/governance/committee/set", 403)
		get(name, "/governance/committee/meetings/new", 403)
	}
	set := url.Values{"name": {"Compliance committee"}, "seat-privacy": {id("pat")}, "seat-security": {id("sam")}, "seat-care": {id("sue")}, "chair": {id("root")}, "quorum": {"two"}, "months": {"3"}, "version": {"0"}}
	post("root", "/governance/committee/set", set, 422, "Choose one of the members.", "Give a number from 2", `value="two"`)
	set.Set("seat-technology", id("root"))
	set.Set("quorum", "2")
	post("ann", "/governance/committee/set", set, 403)
	post("root", "/governance/committee/set", set, 303)
	get("ann", "/governance/committee", 200, "Compliance committee", "At least every 3 months", "2 of 4 members", "Root Worker", "Nobody speaks for this")

	call := url.Values{"on": {"2026-11-19"}, "at": {"09:00"}, "agenda": {""}}
	post("root", "/governance/committee/meetings/new", call, 422, "Say what is to be talked about.", "2026-11-19")
	call.Set("agenda", "- Backups")
	post("sue", "/governance/committee/meetings/new", call, 403)
	one := post("root", "/governance/committee/meetings/new", call, 303)
	get("root", one, 200, "name no client", "Sue Worker")
	get("pat", "/due", 200, "File the minutes of the committee", one)
	get("pat", one+"/pdf", 404)
	get("ann", one, 403)
	call.Set("version", "1")
	call.Set("do", "file")
	call.Set("minutes", "The backup of the **river house** was read.")
	call.Set("what-1", "Read the backup again in spring")
	call.Set("owner-1", id("ann"))
	call.Set("due-1", "2026-12-01")
	call["came"] = []string{id("root")}
	post("root", one, call, 422, "Fewer members came than must", "Read the backup again", "2026-12-01")
	call["came"] = []string{id("root"), id("pat")}
	post("sue", one, call, 403)
	post("root", one, call, 303)
	get("aud", one, 200, "<strong>river house</strong>", "as they were filed", "Read the backup again in spring", "Ann Worker")
	post("root", one, call, 403)
	get("ann", one, 403)
	get("ann", one+"/pdf", 403)
	_, file, _ := strings.Cut(get("aud", one+"/pdf", 200), "\n")
	text := strings.Join(papertest.Text(t, []byte(file)), "\n")
	sum := regexp.MustCompile(`[0-9a-f]{64}`).FindString(get("aud", one, 200))
	for _, want := range []string{"river house", "SHA-256 " + sum, "Root Worker, Pat Worker", "2 of 4 members", "Read the backup again in spring", "Ann Worker", "Page 1 of 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the paper lacks %q", want)
		}
	}

	body := get("ann", "/due", 200, "Read the backup again in spring", "Carry out a decision of the committee")
	i := strings.Index(body, `href="/governance/committee/decisions/`)
	if i < 0 {
		t.Fatal("no way to the decision")
	}
	it, _, _ := strings.Cut(body[i+len(`href="`):], `"`)
	get("ann", it, 200, "It is done")
	get("bob", it, 403)
	post("ann", it+"/report", url.Values{"version": {"1"}, "on": {"2026-11-20"}, "do": {"done"}}, 422, "Say in a sentence")
	post("sue", it+"/report", url.Values{"version": {"1"}, "on": {"2026-11-20"}, "do": {"done"}, "words": {"x"}}, 403)
	post("ann", it+"/report", url.Values{"version": {"1"}, "on": {"2026-11-20"}, "do": {"done"}, "words": {"Read it, in an hour."}}, 303)
	post("ann", it+"/settle", url.Values{"version": {"2"}, "do": {"accept"}}, 403)
	get("sam", "/due", 200, "Look at what was reported of a decision", it)
	post("root", it+"/settle", url.Values{"version": {"2"}, "do": {"return"}}, 422, "Say what is missing.")
	post("root", it+"/settle", url.Values{"version": {"2"}, "do": {"accept"}}, 303)
	get("ann", it, 200, "Read it, in an hour.", "Root Worker")
	post("pat", it+"/drop", url.Values{"version": {"3"}, "words": {"Over."}}, 409)

	call.Set("minutes", "The backup of the lake house was read.")
	call.Del("what-1")
	call.Del("owner-1")
	call.Del("due-1")
	get("pat", one+"/correct", 200, "river house")
	post("pat", one+"/correct", call, 422, "Say what was wrong")
	call.Set("why", "It was the lake house.")
	post("aud", one+"/correct", call, 403)
	two := post("pat", one+"/correct", call, 303)
	get("aud", one, 200, "river house", "A later filing replaces these minutes.", two)
	get("aud", two, 200, "lake house", "It was the lake house.", one)
	for path, want := range map[string]string{one: "A later filing replaces these minutes.", two: "These minutes correct earlier ones: It was the lake house."} {
		_, file, _ := strings.Cut(get("aud", path+"/pdf", 200), "\n")
		if text := strings.Join(strings.Fields(strings.Join(papertest.Text(t, []byte(file)), " ")), " "); !strings.Contains(text, want) {
			t.Errorf("the paper lacks %q", want)
		}
	}
}

// TestWhoAnswersForWhat takes over what is proposed, changes a part of it, and looks back.
func TestWhoAnswersForWhat(t *testing.T) {
	h := open(t)
	h.Clock.Advance(time.Hour)
	do := func(name, method, path string, form url.Values, code int, want ...string) string {
		t.Helper()
		b := h.as(name)
		if form != nil {
			form.Set("csrf", b.csrf)
		}
		got, body := b.do(method, path, form)
		if got != code {
			t.Fatalf("%s as %s: %d %.300s", path, name, got, body)
		}
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("%s as %s lacks %q", path, name, s)
			}
		}
		return body
	}
	do("ann", "GET", "/governance/raci", nil, 200, "Nobody has set this yet", "Sanctions", "45 CFR 164.530(e)", "Nobody holds this office")
	for _, name := range []string{"ann", "sue", "root", "aud"} {
		do(name, "POST", "/governance/raci", url.Values{}, 403)
		do(name, "GET", "/governance/raci/sanctions", nil, 403)
	}
	do("pat", "POST", "/governance/raci", url.Values{}, 303)
	do("sam", "GET", "/governance/raci/nothing", nil, 404)
	h.Clock.Advance(72 * time.Hour)
	form := url.Values{"version": {"1"}, "responsible": {"supervisor"}}
	do("pat", "POST", "/governance/raci/sanctions", form, 422, "Choose exactly one who is accountable.")
	form["accountable"] = []string{"privacy_officer", "security_officer"}
	do("pat", "POST", "/governance/raci/sanctions", form, 422, "Choose exactly one who is accountable.")
	form["accountable"] = []string{string(governance.PartyOf(h.staff["sue"].String()))}
	do("root", "POST", "/governance/raci/sanctions", form, 403)
	do("pat", "POST", "/governance/raci/sanctions", form, 303)
	if body := do("ann", "GET", "/governance/raci", nil, 200, "Sue Worker", "So since Nov 23, 2026"); strings.Contains(body, "Take over") {
		t.Error("a case manager is led to what would be refused")
	}
	if body := do("aud", "GET", "/governance/raci?on=2026-11-21", nil, 200, "it changed since"); strings.Contains(body, "Sue Worker") {
		t.Error("it was otherwise then")
	}
	do("aud", "GET", "/governance/raci?on=2026-11-01", nil, 404)
	_, pdf, _ := strings.Cut(do("aud", "GET", "/governance/raci/pdf?on=", nil, 200), "\n")
	text := strings.Join(strings.Fields(strings.Join(papertest.Text(t, []byte(pdf)), " ")), " ")
	for _, s := range []string{"Who answers for what", "Sue Worker", "45 CFR 164.524"} {
		if !strings.Contains(text, s) {
			t.Errorf("the PDF lacks %q", s)
		}
	}
}

// TestTheCharterBindsWhoeverMaySit has each member of the committee asked to acknowledge
// the charter, by their role.
func TestTheCharterBindsWhoeverMaySit(t *testing.T) {
	for _, lang := range []string{"en", "es"} {
		found := false
		for _, s := range policydoc.Starter(lang) {
			if s.Code != governance.Charter {
				continue
			}
			found = true
			for _, role := range governance.Sits() {
				if !policydoc.Binds(s.Audience, role) {
					t.Errorf("%s: %s may sit on the committee and is not asked", lang, role)
				}
			}
		}
		if !found {
			t.Errorf("%s: there is no charter", lang)
		}
	}
}
