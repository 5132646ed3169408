package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/paper/papertest"
)

// TestOfficers walks from an agency that designated nobody to one whose officer leaves.
func TestOfficers(t *testing.T) {
	h := open(t)
	h.Clock.Advance(48 * time.Hour)
	const gap = "Privacy Officer: nobody is designated."
	see := func(name, path string, want, not []string) string {
		t.Helper()
		code, body := h.as(name).do("GET", path, nil)
		if code != 200 {
			t.Fatalf("%s as %s: %d", path, name, code)
		}
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("%s as %s lacks %q", path, name, s)
			}
		}
		for _, s := range not {
			if strings.Contains(body, s) {
				t.Errorf("%s as %s has %q", path, name, s)
			}
		}
		return body
	}
	t.Run("a gap stands on every page of officers and administrators, and on nobody else's", func(t *testing.T) {
		for _, name := range []string{"pat", "sam", "root"} {
			see(name, "/account/sessions", []string{gap, "Security Officer: nobody is designated."}, nil)
		}
		for _, name := range []string{"ann", "sue", "ivy", "aud"} {
			see(name, "/account/sessions", nil, []string{gap})
		}
		see("root", "/governance", []string{"Time without an officer: 2", "Nobody is designated since"}, nil)
	})
	// proved is name after a fresh proof.
	proved := func(name string) *browser {
		b := h.as(name)
		b.do("POST", "/stepup", url.Values{"csrf": {b.csrf}, "next": {"/governance"}, "demo": {"1"}})
		return b
	}
	form := url.Values{"function": {"privacy_officer"}, "person": {h.staff["pat"].String()}, "document": {"Resolution 2026-14"}, "contact": {""}}
	t.Run("what was typed comes back beside what is wrong", func(t *testing.T) {
		root := proved("root")
		form.Set("csrf", root.csrf)
		code, body := root.do("POST", "/governance/designate", form)
		if code != 422 || !strings.Contains(body, "Say how people reach this person") || !strings.Contains(body, "Resolution 2026-14") {
			t.Errorf("%d", code)
		}
	})
	var one string
	t.Run("once somebody is designated the gap is past, and is still to be seen", func(t *testing.T) {
		root := proved("root")
		form.Set("csrf", root.csrf)
		form.Set("contact", "Room 4, 555-0100")
		code, body := root.do("POST", "/governance/designate", form)
		if code != 303 {
			t.Fatalf("%d %.300s", code, body)
		}
		one, _, _ = strings.Cut(body, "\n")
		see("root", "/account/sessions", []string{"Security Officer: nobody is designated."}, []string{gap})
		see("ann", "/governance", []string{"Resolution 2026-14", "Room 4, 555-0100", "Time without an officer: 2"}, []string{"Designate somebody</"})
		see("ann", one, []string{"Pat Worker", "Root Worker"}, []string{"Set the end"})
	})
	t.Run("who may not designate is refused, with the form and without", func(t *testing.T) {
		for _, name := range []string{"ann", "sue", "aud", "ivy"} {
			b := proved(name)
			if code, _ := b.do("GET", "/governance/designate", nil); code != 403 {
				t.Errorf("%s: the form is %d", name, code)
			}
			form.Set("csrf", b.csrf)
			if code, _ := b.do("POST", "/governance/designate", form); code != 403 {
				t.Errorf("%s: %d", name, code)
			}
			if code, _ := b.do("POST", one+"/end", url.Values{"csrf": {b.csrf}, "why": {"no"}}); code != 403 {
				t.Errorf("%s: the end is %d", name, code)
			}
		}
	})
	t.Run("an end without a successor is said at once", func(t *testing.T) {
		sam := proved("sam")
		if code, body := sam.do("POST", one+"/end", url.Values{"csrf": {sam.csrf}, "until": {"2026-12-24"}}); code != 422 || !strings.Contains(body, "Say in a few words why it ends.") {
			t.Errorf("without a reason: %d", code)
		}
		if code, _ := sam.do("POST", one+"/end", url.Values{"csrf": {sam.csrf}, "until": {"2026-12-24"}, "why": {"moves away"}}); code != 303 {
			t.Errorf("%d", code)
		}
		see("root", "/account/sessions", []string{"Privacy Officer: the designation ends Dec 25, 2026, and nobody follows."}, nil)
		h.Clock.Advance(60 * 24 * time.Hour)
		see("root", "/account/sessions", []string{gap}, nil)
	})
}

// TestReportToLeadership sets the figures, files a report and corrects it.
func TestReportToLeadership(t *testing.T) {
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
	post := func(name, path string, form url.Values) (int, string) {
		t.Helper()
		b := h.as(name)
		form.Set("csrf", b.csrf)
		return b.do("POST", path, form)
	}
	t.Run("who leads sees the figures, and nobody else", func(t *testing.T) {
		for _, name := range []string{"pat", "sam", "root", "aud"} {
			get(name, "/governance", 200, "/governance/report")
			get(name, "/governance/report", 200, "November 2026 so far", "Nobody has set yet", "100 percent (8 of 8)", "No report is filed")
			get(name, "/governance/report?period=quarter", 200, "Quarter 4 of 2026 so far")
		}
		for _, name := range []string{"ann", "sue", "ivy"} {
			get(name, "/governance/report", 403)
			if strings.Contains(get(name, "/governance", 200), "/governance/report") {
				t.Errorf("%s is led where nothing is shown", name)
			}
		}
		for _, path := range []string{"/governance/report/measures", "/governance/report/file"} {
			get("root", path, 403)
			get("sam", path, 200)
		}
		for _, path := range []string{"/governance/report/nonsense", "/governance/report/nonsense/pdf", "/governance/report/file?replaces=nonsense"} {
			get("pat", path, 404)
		}
	})
	set := url.Values{"version": {"0"}}
	for _, s := range h.parts.Figures.Sources() {
		set.Set("use-"+s.Code, "yes")
		set.Set("owner-"+s.Code, h.staff["sam"].String())
		set.Set("target-"+s.Code, "90")
		set.Set("cadence-"+s.Code, "monthly")
	}
	t.Run("what was typed comes back beside what is wrong", func(t *testing.T) {
		set.Set("target-vendors.bound", "plenty")
		if code, body := post("pat", "/governance/report/measures", set); code != 422 || !strings.Contains(body, "Give a whole number.") || !strings.Contains(body, `value="plenty"`) {
			t.Errorf("%d", code)
		}
		set.Set("target-vendors.bound", "101")
		if code, body := post("pat", "/governance/report/measures", set); code != 422 || !strings.Contains(body, "from 0 to 100") {
			t.Errorf("%d", code)
		}
		set.Set("target-vendors.bound", "100")
		if code, _ := post("root", "/governance/report/measures", set); code != 403 {
			t.Errorf("an administrator: %d", code)
		}
		if code, body := post("pat", "/governance/report/measures", set); code != 303 {
			t.Errorf("%d %.300s", code, body)
		}
		get("root", "/governance/report", 200, "Sam Worker", "At least 90 percent", "At most 90 days", "Target reached")
	})
	h.Clock.Set(time.Date(2026, time.December, 20, 15, 0, 0, 0, time.UTC))
	get("root", "/governance/report", 200, "The report for November 2026 was due Dec 16, 2026.")
	if code, body := post("pat", "/governance/report/file", url.Values{"period": {"2026-12"}, "remarks": {"Zanzibar"}}); code != 422 || !strings.Contains(body, "that is over") || !strings.Contains(body, "Zanzibar") {
		t.Errorf("of a month that lasts: %d", code)
	}
	if code, _ := post("root", "/governance/report/file", url.Values{"period": {"2026-11"}}); code != 403 {
		t.Errorf("an administrator files: %d", code)
	}
	code, body := post("pat", "/governance/report/file", url.Values{"period": {"2026-11"}, "remarks": {"All is well."}})
	if code != 303 {
		t.Fatalf("%d %.300s", code, body)
	}
	one, _, _ := strings.Cut(body, "\n")
	id := one[strings.LastIndexByte(one, '/')+1:]
	get("aud", one, 200, "November 2026", "All is well.", "100 percent (8 of 8)", "caseward report kpi --report "+id)
	if strings.Contains(get("root", "/governance/report", 200, "Filed Dec 20, 2026 by Pat Worker"), "was due") {
		t.Error("what is filed is not due")
	}
	get("ann", one, 403)
	_, pdf, _ := strings.Cut(get("root", one+"/pdf", 200), "\n")
	text := strings.Join(strings.Fields(strings.Join(papertest.Text(t, []byte(pdf)), " ")), " ")
	for _, s := range []string{"Report to leadership: November 2026", "100 percent (8 of 8)", "All is well.", "Sam Worker", id} {
		if !strings.Contains(text, s) {
			t.Errorf("the PDF lacks %q", s)
		}
	}
	get("pat", "/governance/report/file?replaces="+id, 200, "It takes the place of the report for November 2026")
	if code, body := post("sam", "/governance/report/file", url.Values{"period": {"2026-11"}, "replaces": {id}}); code != 422 || !strings.Contains(body, "Say what was wrong") || !strings.Contains(body, id) {
		t.Errorf("without a word: %d", code)
	}
	if code, body = post("sam", "/governance/report/file", url.Values{"period": {"2026-11"}, "replaces": {id}, "remarks": {"The target was another."}}); code != 303 {
		t.Fatalf("%d %.300s", code, body)
	}
	two, _, _ := strings.Cut(body, "\n")
	get("root", one, 200, "A later report of the same period replaces this one.", two)
	get("root", two, 200, "This report corrects an earlier one.", one)
}
