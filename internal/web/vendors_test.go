package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestWhoSeesTheRegisterOfVendors(t *testing.T) {
	h := open(t)
	for name, want := range map[string]int{"pat": 200, "sam": 200, "root": 200, "aud": 200, "ann": 403, "sue": 403, "ivy": 403} {
		code, body := h.as(name).do("GET", "/vendors", nil)
		if code != want {
			t.Errorf("%s: %d, want %d", name, code, want)
		}
		if gaps := strings.Contains(body, "What is not as it should be"); gaps != (want == 200 && name != "root") {
			t.Errorf("%s sees gaps: %v", name, gaps)
		}
		if begins := strings.Contains(body, `href="/vendors/new"`); begins != (name == "pat" || name == "sam") {
			t.Errorf("%s may register one: %v", name, begins)
		}
	}
}

// send posts a form with the token of the session.
func (b *browser) send(path string, form url.Values) (int, string) {
	b.h.Helper()
	if b.csrf != "" {
		form.Set("csrf", b.csrf)
	}
	return b.do("POST", path, form)
}

// takenIn is a business associate that pat registered and assessed.
func (h *house) takenIn(pat *browser) (path string) {
	h.Helper()
	form := url.Values{
		"name": {"Harbor Records"}, "services": {"Keeps our backups."}, "contact": {"Mara Lund"}, "verbs": {"maintains"}, "answers": {"for_us"},
		"volume": {"some"}, "classes": {"contact"}, "dependency": {"days"}, "do": {"save"},
	}
	if code, body := pat.send("/vendors/new", form); code != 303 {
		h.Fatalf("registered: %d %.2000s", code, body)
	}
	_, body := pat.do("GET", "/vendors", nil)
	path = regexp.MustCompile(`href="(/vendors/[0-9a-z]{26})"`).FindStringSubmatch(body)[1]
	_, body = pat.do("GET", path, nil)
	if code, _ := pat.send(path+"/assess", url.Values{"version": {version(h, body)}}); code != 303 {
		h.Fatal("assessed:", code)
	}
	return path
}

func version(h *house, body string) string {
	h.Helper()
	m := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body)
	if m == nil {
		h.Fatalf("the page has no version: %.3000s", body)
	}
	return m[1]
}

func TestWhoOpensAVendorAndWhatTheyAreOffered(t *testing.T) {
	h := open(t)
	path := h.takenIn(h.as("pat"))
	for name, want := range map[string]int{"pat": 200, "sam": 200, "aud": 200, "root": 403, "ann": 403} {
		b := h.as(name)
		code, body := b.do("GET", path, nil)
		if code != want {
			t.Errorf("%s opens it: %d, want %d", name, code, want)
		}
		keeps := name == "pat" || name == "sam"
		for _, offer := range []string{path + "/edit", path + "/agreements/new", path + "/drop", path + "/ask"} {
			if got := strings.Contains(body, `"`+offer+`"`); got != keeps {
				t.Errorf("%s is offered %s: %v", name, offer, got)
			}
		}
		for _, page := range []string{"/edit", "/agreements/new", "/drop", "/breach", "/evidence"} {
			if code, _ := b.do("GET", path+page, nil); (code == 200) != keeps {
				t.Errorf("%s opens %s: %d", name, page, code)
			}
		}
		if code, _ := b.send(path+"/drop", url.Values{"version": {"2"}, "why": {""}}); (code == 422) != keeps {
			t.Errorf("%s drops it without a reason: %d", name, code)
		}
	}
}

func TestWhatIsTypedOfAVendorIsKept(t *testing.T) {
	h := open(t)
	pat := h.as("pat")
	path := h.takenIn(pat)
	for _, x := range []struct {
		name, at string
		form     url.Values
		want     []string
	}{
		{"a vendor without a name", "/vendors/new", url.Values{"services": {"Shreds paper."}, "sub": {"", "Night Desk"}, "does": {"", "Answers."}, "attested": {"", ""}}, []string{"Shreds paper.", "Night Desk", "Say what the organization is called."}},
		{"answers by which it is something else", path + "/edit", url.Values{"version": {"2"}, "name": {"Harbor Records Inc."}, "services": {"x"}, "contact": {"y"}, "dependency": {"days"}}, []string{"Harbor Records Inc.", "Assess it again with these answers", "No health information"}},
		{"an agreement without a purpose", path + "/agreements/new", url.Values{"text": {"## 1 A [BAA-01]\n\nAs agreed."}, "report_hours": {"36"}}, []string{"As agreed.", `value="36"`, "Say what the vendor may use the information for."}},
		{"a paper without a place", path + "/agreements/new", url.Values{"paper": {"yes"}, "signed_for": {"Mara Lund"}, "ticked": {"BAA-04"}, "purposes": {"Backups."}}, []string{"Mara Lund", "Backups."}},
	} {
		t.Run(x.name, func(t *testing.T) {
			code, body := pat.send(x.at, x.form)
			if code != 422 {
				t.Errorf("answered %d", code)
			}
			for _, w := range x.want {
				if !strings.Contains(body, w) {
					t.Errorf("the page does not have %q", w)
				}
			}
		})
	}
	t.Run("with what it needs it is assessed anew", func(t *testing.T) {
		code, _ := pat.send(path+"/edit", url.Values{"version": {"2"}, "do": {"assess"}, "name": {"Harbor Records Inc."}, "services": {"x"}, "contact": {"y"}, "dependency": {"days"}})
		if _, body := pat.do("GET", path, nil); code != 303 || !strings.Contains(body, "Harbor Records Inc.") || !strings.Contains(body, "No health information") {
			t.Errorf("answered %d", code)
		}
	})
	t.Run("a form that is older than the vendor changes nothing", func(t *testing.T) {
		if code, _ := pat.send(path+"/drop", url.Values{"version": {"1"}, "why": {"not needed"}}); code != 409 {
			t.Errorf("answered %d", code)
		}
	})
}

func TestALinkOfAVendor(t *testing.T) {
	h := open(t)
	pat, stranger := h.as("pat"), h.browser()
	path := h.takenIn(pat)
	_, body := pat.send(path+"/report-link", url.Values{})
	m := regexp.MustCompile(`(/by-link/report/)([0-9a-z]{52})<`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no link is shown: %.2000s", body)
	}
	secret := m[2]
	if _, body := pat.do("GET", path, nil); strings.Contains(body, secret) {
		t.Error("the secret is shown again")
	}
	t.Run("where a link leads nowhere, nothing tells why", func(t *testing.T) {
		_, first := stranger.do("GET", "/by-link/report/nothing", nil)
		for _, x := range []string{"/by-link/report/" + strings.Repeat("0", 52), "/by-link/agreement/" + secret, "/by-link/questions/" + secret, "/by-link/questions/" + secret + "/2"} {
			code, body := stranger.do("GET", x, nil)
			trim := func(s string) string { return regexp.MustCompile(`/by-link/[^"]*`).ReplaceAllString(plain(s), "") }
			if code != 404 || trim(body) != trim(first) || !strings.Contains(body, "This link leads nowhere") {
				t.Errorf("%s: %d", x, code)
			}
		}
	})
	t.Run("a page behind one is kept by nobody, and its address goes nowhere", func(t *testing.T) {
		res, err := stranger.http.Get(h.server.URL + "/by-link/report/" + secret)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("Referrer-Policy") != "same-origin" {
			t.Errorf("%d, %v", res.StatusCode, res.Header)
		}
	})
	t.Run("what is wrong with a report is said, and nothing typed is lost", func(t *testing.T) {
		code, body := stranger.send("/by-link/report/"+secret, url.Values{"what": {"A bag was stolen."}, "people": {"Quillon Ashgrove"}})
		if code != 422 || !strings.Contains(body, "A bag was stolen.") || !strings.Contains(body, "Quillon Ashgrove") || !strings.Contains(body, "Say when it was discovered.") {
			t.Errorf("answered %d", code)
		}
	})
	t.Run("a report arrives once", func(t *testing.T) {
		form := url.Values{"what": {"A bag was stolen."}, "kinds": {"Names."}, "discovered": {h.Clock.Now().AddDate(0, 0, -1).Format("2006-01-02T15:04")}, "contact": {"Mara"}, "by": {"Mara Lund, Director"}}
		if code, body := stranger.send("/by-link/report/"+secret, form); code != 200 || !strings.Contains(body, "Your report has arrived") {
			t.Errorf("answered %d", code)
		}
		if code, _ := stranger.send("/by-link/report/"+secret, form); code != 404 {
			t.Errorf("the second is answered %d", code)
		}
		if _, body := pat.do("GET", path, nil); strings.Count(body, path+"/reports/") != 1 {
			t.Error("it does not stand on the vendor's page once")
		}
	})
}
