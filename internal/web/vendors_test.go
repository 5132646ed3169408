package web_test

import (
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
	}
}
