package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func get(t *testing.T, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	css := URL("caseward.css")
	t.Run("an asset at its own hash may be kept for ever", func(t *testing.T) {
		res := get(t, css)
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Fatalf("got %d, %q", res.StatusCode, res.Header.Get("Cache-Control"))
		}
	})
	t.Run("an asset at an old hash is served and not kept", func(t *testing.T) {
		res := get(t, "/a/0000/caseward.css")
		if res.StatusCode != 200 || res.Header.Get("Cache-Control") != "no-cache" {
			t.Fatalf("got %d, %q", res.StatusCode, res.Header.Get("Cache-Control"))
		}
	})
	t.Run("a text is compressed for those who ask, and says the same", func(t *testing.T) {
		plain, _ := io.ReadAll(get(t, css).Body)
		res := get(t, css, "Accept-Encoding", "br, gzip")
		if res.Header.Get("Content-Encoding") != "gzip" {
			t.Fatal("not compressed")
		}
		zr, err := gzip.NewReader(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		packed, _ := io.ReadAll(zr)
		if string(packed) != string(plain) || len(plain) == 0 {
			t.Fatal("the two bodies differ")
		}
	})
	t.Run("a known tag is answered with not modified", func(t *testing.T) {
		tag := get(t, css).Header.Get("ETag")
		if res := get(t, css, "If-None-Match", tag); res.StatusCode != 304 {
			t.Fatalf("got %d", res.StatusCode)
		}
	})
	t.Run("nothing else is there", func(t *testing.T) {
		for _, p := range []string{"/a/x/nothing.css", "/a/", "/a/x/../static.go"} {
			if res := get(t, p); res.StatusCode != 404 {
				t.Errorf("%s: got %d", p, res.StatusCode)
			}
		}
	})
}

func TestStylesheet(t *testing.T) {
	css, err := os.ReadFile("assets/caseward.css")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("every file it names is there", func(t *testing.T) {
		for _, m := range regexp.MustCompile(`url\(([^)]+)\)`).FindAllStringSubmatch(string(css), -1) {
			if _, err := embedded.ReadFile("assets/" + m[1]); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("with page script and fonts it stays small", func(t *testing.T) {
		// 100 KB is the budget of a first visit; 10 KB of it are left to the page, which comes compressed.
		total := 0
		for _, n := range []string{"caseward.css", "caseward.js", "htmx.min.js", "icons.svg"} {
			total += len(load().assets[n].packed)
		}
		for _, n := range []string{"fonts/next-latin.woff2", "fonts/mono-latin.woff2"} {
			total += len(load().assets[n].body)
		}
		if total > 90_000 {
			t.Errorf("a first visit fetches %d bytes of assets", total)
		}
		t.Logf("a first visit fetches %d bytes of assets", total)
	})
}

func TestURL(t *testing.T) {
	t.Run("a name that is no asset is a defect of a template", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		URL("nothing.css")
	})
}

func TestPackedIsWhatIsWritten(t *testing.T) {
	written := map[string]bool{}
	files, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.IsDir() {
			continue
		}
		written[f.Name()] = true
		want, err := os.ReadFile(filepath.Join("assets", f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		a := load().assets[f.Name()]
		if a == nil || !bytes.Equal(a.body, want) {
			t.Errorf("packed/%s.gz is not what assets/%s says; run make assets and commit it", f.Name(), f.Name())
			continue
		}
		if len(a.packed) >= len(want) {
			t.Errorf("%s is not smaller packed", f.Name())
		}
	}
	for name, a := range load().assets {
		if a.packed != nil && !written[name] {
			t.Errorf("packed/%s.gz is of nothing in assets", name)
		}
	}
}
