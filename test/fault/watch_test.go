package fault

import (
	"net/http"
	"os"
	"testing"
)

// TestDrain tells the server to stop, and a balancer that asks is told so while
// whoever comes is still answered.
func TestDrain(t *testing.T) {
	g := found(t)
	s := g.serve("--drain", "10m")
	// Each asks on a connection of its own: an old one proves nothing of the listener.
	s.http.Transport.(*http.Transport).DisableKeepAlives = true
	ask := func(path string) answer {
		a, err := s.try("nobody", "GET", path, nil)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return a
	}
	if a := ask("/readyz"); a.code != http.StatusOK || a.body != "ready\n" {
		t.Fatalf("it began with %d %q", a.code, a.body)
	}
	g.must(s.cmd.Process.Signal(os.Interrupt))
	eventually(t, "/readyz to say that it stops", func() bool { return ask("/readyz").code == http.StatusServiceUnavailable })
	for path, code := range map[string]int{"/healthz": 200, "/signin": 200, "/readyz": 503} {
		if a := ask(path); a.code != code {
			t.Errorf("%s answers %d while it drains", path, a.code)
		}
	}
	if a := ask("/readyz"); a.body != "unavailable\n" {
		t.Errorf("it tells strangers %q", a.body)
	}
	// Whoever does not want to wait says so again.
	g.must(s.cmd.Process.Signal(os.Interrupt))
	eventually(t, "the server to end", func() bool {
		select {
		case <-s.ended:
			return true
		default:
			return false
		}
	})
}
