package browser_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"caseward/internal/web/pages/storybook"
	"caseward/test/browser"
)

// only narrows a run to the stories whose names hold it.
var only = os.Getenv("CASEWARD_STORY")

func TestPages(t *testing.T) {
	b := browser.Start(t)
	srv := httptest.NewServer(storybook.Handler())
	defer srv.Close()
	for _, s := range storybook.Stories() {
		if !strings.Contains(s.Name, only) {
			continue
		}
		for _, v := range []browser.View{browser.Desk, browser.Dark, browser.Phone, browser.Reflow} {
			t.Run(s.Name+" keeps its policy, is quiet, accessible and not too wide in "+v.Name, func(t *testing.T) {
				b.Complaints()
				b.Open(t, v, srv.URL+"/s/"+s.Name)
				for _, c := range b.Complaints() {
					t.Error(c)
				}
				if n := b.TooWide(t); n > 0 {
					t.Errorf("%d pixels too wide", n)
				}
				switch v.Name {
				case browser.Dark.Name:
					// The dark theme changes colours and nothing else.
					for _, a := range b.Axe(t, "color-contrast", "link-in-text-block") {
						t.Error(a)
					}
				case browser.Desk.Name, browser.Phone.Name:
					for _, a := range b.Axe(t) {
						t.Error(a)
					}
				}
				b.Shot(t, s.Name+"-"+v.Name)
			})
		}
	}
}
