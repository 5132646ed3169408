package browser_test

import (
	"errors"
	"os"
	"sync"
	"testing"

	"caseward/test/browser"
)

// start is the one browser of all tests: starting it takes longer than most of
// them.
var start = sync.OnceValues(browser.Launch)

var started bool

func TestMain(m *testing.M) {
	code := m.Run()
	if started {
		if b, err := start(); err == nil {
			b.Close()
		}
	}
	os.Exit(code)
}

// chromium is the browser, with no page and no cookie of another test.
func chromium(t testing.TB) *browser.Browser {
	t.Helper()
	started = true
	b, err := start()
	if errors.Is(err, browser.ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.Open(t, browser.Desk, "about:blank")
	b.Cookie(t, "", "", "")
	b.Complaints()
	return b
}
