package web_test

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/clock"
	"caseward/internal/trace"
	"caseward/internal/web"
)

// TestTracesHoldNothingOfAClient asks for every page about a client and sends a search
// with her name; what the spans of all that say is looked at word by word.
func TestTracesHoldNothingOfAClient(t *testing.T) {
	h := open(t)
	tr := trace.New(clock.System(), 1)
	h.parts.Tracer = tr
	h.server.Config.Handler = web.New(h.parts)
	ann := h.as("ann")
	patterns := map[string]bool{"/": true}
	for _, r := range web.Routes(h.parts) {
		patterns[r.Pattern] = true
		if strings.HasPrefix(r.Pattern, "GET ") {
			method, path := h.fill(r.Pattern, h.client.String())
			ann.do(method, path+"?q=Marisol&planted=Zanzibar", nil)
		}
	}
	ann.do("POST", "/find", url.Values{"name": {"Marisol"}, "csrf": {ann.csrf}})
	ann.do("GET", "/Zanzibar/Marisol", nil)
	done, lost := tr.Take()
	action, names, parts := regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`), map[trace.Name]int{}, map[[8]byte]bool{}
	for _, s := range done {
		names[s.Name]++
		if s.Name == trace.Request {
			parts[s.ID] = true
			if !patterns[s.Route] || s.Method != "GET" && s.Method != "POST" || s.Status < 200 || s.Status > 599 || s.Action != "" {
				t.Errorf("%q %q %d %q", s.Route, s.Method, s.Status, s.Action)
			}
		} else if s.Route != "" || s.Method != "" || s.Status != 0 || s.Action != "" && !action.MatchString(s.Action) {
			t.Errorf("%s says %q %q %d %q", s.Name, s.Route, s.Method, s.Status, s.Action)
		}
		said := fmt.Sprint(s.Name, s.Route, s.Method, s.Status, s.Action)
		for _, p := range append([]string{h.client.String(), h.signed.String(), h.staff["ann"].String()}, planted...) {
			if strings.Contains(said, p) {
				t.Errorf("a span holds %q: %s", p, said)
			}
		}
	}
	for _, s := range done {
		if s.Name != trace.Request && !parts[s.Parent] {
			t.Errorf("a %s belongs to no request", s.Name)
		}
	}
	for _, n := range []trace.Name{trace.Request, trace.Decide, trace.Commit, trace.Unseal, trace.Render} {
		if names[n] == 0 {
			t.Errorf("no %s among %d spans, %d lost", n, len(done), lost)
		}
	}
	if strings.Contains(hex.EncodeToString(done[0].Trace[:]), strings.Repeat("0", 32)) {
		t.Error("a trace without an id")
	}
}
