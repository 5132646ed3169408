package site

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPack(t *testing.T) {
	page := []byte(strings.Repeat("<p>Nothing here is about anybody.</p>", 100))
	for _, x := range []struct {
		name, from, takes string
		body              []byte
		packed            bool
	}{
		{"a page asked for from a page of this site is compressed", "same-origin", "gzip, deflate, br", page, true},
		{"and so is one whose address somebody typed", "none", "gzip", page, true},
		{"one that another site asks for is not", "cross-site", "gzip", page, false},
		{"nor one that a neighbour's site asks for", "same-site", "gzip", page, false},
		{"nor one where the browser does not say", "", "gzip", page, false},
		{"nor for who cannot read it", "same-origin", "br", page, false},
		{"nor a small one", "same-origin", "gzip", page[:1000], false},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/caseload", nil)
			r.Header.Set("Accept-Encoding", x.takes)
			r.Header.Set("Sec-Fetch-Site", x.from)
			h := http.Header{}
			got := pack(r, h, x.body)
			if packed := h.Get("Content-Encoding") == "gzip"; packed != x.packed {
				t.Fatal(packed)
			}
			if !strings.Contains(h.Get("Vary"), "Sec-Fetch-Site") {
				t.Error("a cache in between would mix the two up")
			}
			if x.packed {
				z, err := gzip.NewReader(bytes.NewReader(got))
				if err != nil {
					t.Fatal(err)
				}
				if got, err = io.ReadAll(z); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(got, x.body) {
				t.Error("the page is another")
			}
		})
	}
}
