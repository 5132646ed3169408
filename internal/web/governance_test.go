package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
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
