package web_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/org"
)

// TestCalendarFeed fetches a feed as a calendar program does: with an address and
// no session.
func TestCalendarFeed(t *testing.T) {
	h := open(t)
	ann := h.as("ann")
	chart := "/clients/" + h.client.String()
	code, _ := ann.do("POST", chart+"/appointments", url.Values{
		"csrf": {ann.csrf}, "on": {"2026-11-24"}, "at": {"10:30"}, "minutes": {"45"}, "type": {"home"}, "worker": {h.staff["ann"].String()}, "purpose": {"The move to Zanzibar Street"},
	})
	if code != http.StatusSeeOther {
		t.Fatalf("status %d", code)
	}
	link := func() string {
		_, body := ann.do("POST", "/account/calendar", url.Values{"csrf": {ann.csrf}})
		m := regexp.MustCompile(`/calendar/feed/[0-9a-z]{52}\.ics`).FindString(body)
		if m == "" {
			t.Fatalf("no address is shown: %.200s", body)
		}
		return h.server.URL + m
	}
	fetch := func(link, etag string) (int, string, http.Header) {
		req, err := http.NewRequest("GET", link, nil)
		if err != nil {
			t.Fatal(err)
		}
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
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
		return res.StatusCode, string(b), res.Header
	}
	first := link()
	t.Run("shows when the worker is busy, in the zone of the agency, and nothing else", func(t *testing.T) {
		before := len(h.Entries(t))
		code, body, head := fetch(first, "")
		if code != 200 || head.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.Contains(body, "DTSTART:20261124T153000Z\r\n") {
			t.Fatal(code, head, body)
		}
		if n := len(h.Entries(t)) - before; n != 1 {
			t.Errorf("%d entries", n)
		}
		for _, s := range []string{"Zanzibar", "Ibáñez", "Marisol", "C-20001", h.client.String(), "home", "Ann"} {
			if strings.Contains(body, s) {
				t.Errorf("it says %q", s)
			}
		}
		code, body, _ = fetch(first, head.Get("ETag"))
		if code != http.StatusNotModified || body != "" {
			t.Error("asked again:", code, body)
		}
	})
	t.Run("the address is shown once, and a new one ends the old", func(t *testing.T) {
		if _, body := ann.do("GET", "/account/calendar", nil); strings.Contains(body, "/calendar/feed/") {
			t.Error("it is shown again")
		}
		next := link()
		if code, body, _ := fetch(first, ""); code != http.StatusNotFound || strings.Contains(body, "VCALENDAR") {
			t.Error(code)
		}
		if code, _, _ := fetch(next, ""); code != 200 {
			t.Error(code)
		}
		first = next
	})
	t.Run("a malformed address and one that is nobody's are answered alike", func(t *testing.T) {
		a, _, _ := fetch(h.server.URL+"/calendar/feed/x", "")
		b, _, _ := fetch(h.server.URL+"/calendar/feed/"+strings.Repeat("7", 52)+".ics", "")
		if a != http.StatusNotFound || b != a {
			t.Error(a, b)
		}
	})
	t.Run("dies at once with the worker's access", func(t *testing.T) {
		if err := h.parts.Org.Terminate(t.Context(), h.Proved(h.staff["root"].String(), "administrator"), org.ID(h.staff["ann"])); err != nil {
			t.Fatal(err)
		}
		if code, _, _ := fetch(first, ""); code != http.StatusNotFound {
			t.Error(code)
		}
	})
}

// TestMidnight looks at the day on both sides of the agency's midnight.
func TestMidnight(t *testing.T) {
	h := open(t)
	add := url.Values{"what": {"Ask about the boiler"}, "due": {"2026-11-20"}, "client": {h.client.String()}, "next": {"/today"}}
	ann := h.as("ann")
	add.Set("csrf", ann.csrf)
	if code, _ := ann.do("POST", "/tasks", add); code != http.StatusSeeOther {
		t.Fatalf("status %d", code)
	}
	// It is Friday in New York until 5:00 on Saturday in Greenwich.
	for _, x := range []struct {
		at   string
		want string
	}{{"2026-11-21T04:59:00Z", "Due today"}, {"2026-11-21T05:00:00Z", "1 day overdue"}} {
		at, err := time.Parse(time.RFC3339, x.at)
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Set(at)
		_, body := h.as("ann").do("GET", "/today", nil)
		row := body[strings.Index(body, "Ask about the boiler"):]
		if row = row[:strings.Index(row, "</tr>")]; !strings.Contains(row, x.want) {
			t.Errorf("at %s: %s", x.at, row)
		}
	}
}
