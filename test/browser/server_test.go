package browser_test

import (
	"net/http"
	"testing"
)

// TestServerPage looks at the server as the administrator and the security officer of
// the demonstration, and as somebody who may not.
func TestServerPage(t *testing.T) {
	h := live(t)
	h.eachWay(t, wendell, func(t *testing.T, w hand) {
		w.goTo(t, "/server")
		w.says(t, "What was looked at", "This server", "Look again")
		w.click(t, `main a[href="/server"]`)
		w.at(t, "/server")
	})
	h.be(t, wendell)
	h.goTo(t, "/server")
	looks(t, h.b, "server")
	res, err := h.client(dana).Get(h.url + "/server")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a case manager got %d", res.StatusCode)
	}
	h.quiet(t)
}
