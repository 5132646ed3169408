package web_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/actor/authn"
	"caseward/internal/document"
	"caseward/internal/notice"
)

// sends posts a form with files: pairs of field and value, then of file name and
// content.
func (b *browser) sends(path string, fields, files []string) (*http.Response, string) {
	b.h.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		_ = m.WriteField(fields[i], fields[i+1])
	}
	for i := 0; i < len(files); i += 2 {
		w, err := m.CreateFormFile("file", files[i])
		if err == nil {
			_, err = io.WriteString(w, files[i+1])
		}
		if err != nil {
			b.h.Fatal(err)
		}
	}
	_ = m.Close()
	return b.raw(path, m.FormDataContentType(), &body, int64(body.Len()))
}

func (b *browser) raw(path, ct string, body io.Reader, length int64) (*http.Response, string) {
	b.h.Helper()
	req, err := http.NewRequest("POST", b.h.server.URL+path, body)
	if err != nil {
		b.h.Fatal(err)
	}
	req.ContentLength = length
	req.Header.Set("Content-Type", ct)
	req.Header.Set("Origin", b.h.server.URL)
	res, err := b.http.Do(req)
	if err != nil {
		b.h.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.h.Fatal(err)
	}
	return res, string(text)
}

// endless gives zeros and counts them.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	clear(p)
	e.n += int64(len(p))
	return len(p), nil
}

func TestDocumentsOverHTTP(t *testing.T) {
	tmp := t.TempDir()
	h := open(t)
	h.parts.Documents.Take(document.Taking{Unscanned: true, Max: 6 << 20, Who: authn.Service(authn.Scanner), Notices: notice.New(h.parts.Door)})
	t.Setenv("TMPDIR", tmp)
	ann, path := h.as("ann"), "/clients/"+h.client.String()+"/documents"
	fields := func(b *browser) []string {
		return []string{"csrf", b.csrf, "title", "Lease", "category", "housing", "on", "2026-11-03"}
	}
	t.Run("a file is read as it arrives, and nothing of it is put on the disk in clear", func(t *testing.T) {
		pelican := strings.Repeat("a pelican keeps the ledger\n", 200_000)
		res, body := ann.sends(path, fields(ann), []string{"ledger.txt", pelican})
		to := res.Header.Get("Location")
		if res.StatusCode != 303 || !strings.HasPrefix(to, path+"/") {
			t.Fatal(res.StatusCode, body)
		}
		for _, dir := range []string{tmp, h.Blobs} {
			err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				if b, err := os.ReadFile(path); err != nil || bytes.Contains(b, []byte("pelican")) || dir == tmp {
					t.Error(path, err)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		}
		code, page := ann.do("GET", to, nil)
		if code != 200 || !strings.Contains(page, "a pelican keeps the ledger") || !strings.Contains(page, "Not scanned") {
			t.Error(code)
		}
		req, err := http.NewRequest("GET", h.server.URL+to+"/file", nil)
		if err != nil {
			t.Fatal(err)
		}
		file, err := ann.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Body.Close()
		got, err := io.ReadAll(file.Body)
		if err != nil || string(got) != pelican {
			t.Error(len(got), err)
		}
		for name, want := range map[string]string{
			"Content-Disposition": `^attachment; filename=document-[0-9a-z]{8}\.txt$`, "X-Content-Type-Options": "^nosniff$", "Content-Security-Policy": "^sandbox; default-src 'none'", "Cache-Control": "^no-store$",
		} {
			if got := file.Header.Get(name); !regexp.MustCompile(want).MatchString(got) {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
	t.Run("several files at once are each kept or refused, and the page says which", func(t *testing.T) {
		res, body := ann.sends(path, fields(ann), []string{"a.txt", "one", "b.html", "<html><script>1</script>", "c.txt", "three"})
		if res.StatusCode != 422 || !strings.Contains(body, "2 files were added") || !strings.Contains(body, "This kind of file is not taken") || !strings.Contains(body, `value="Lease"`) {
			t.Error(res.StatusCode)
		}
		if res, _ := ann.sends(path, fields(ann), []string{"d.txt", "four", "e.txt", "five"}); res.StatusCode != 303 || res.Header.Get("Location") != path {
			t.Error(res.StatusCode, res.Header.Get("Location"))
		}
	})
	t.Run("a form that is wrong keeps what was typed, and takes nothing", func(t *testing.T) {
		_, before := ann.do("GET", path, nil)
		res, body := ann.sends(path, []string{"csrf", ann.csrf, "title", "Lease of Bay Street"}, []string{"a.txt", "one"})
		if res.StatusCode != 422 || !strings.Contains(body, "Lease of Bay Street") || !strings.Contains(body, "Choose what kind of document it is.") {
			t.Error(res.StatusCode)
		}
		if res, _ := ann.sends(path, fields(ann), nil); res.StatusCode != 422 {
			t.Error(res.StatusCode)
		}
		if _, after := ann.do("GET", path, nil); strings.Count(after, `class="name"`) != strings.Count(before, `class="name"`) {
			t.Error("something was kept")
		}
	})
	t.Run("one that is too large is told so, and so is one of ten gigabytes, before it arrives", func(t *testing.T) {
		res, body := ann.sends(path, fields(ann), []string{"a.txt", strings.Repeat("x", 7<<20)})
		if res.StatusCode != 422 || !strings.Contains(body, "The file is too large.") {
			t.Error(res.StatusCode)
		}
		var form bytes.Buffer
		m := multipart.NewWriter(&form)
		for i, f := 0, fields(ann); i < len(f); i += 2 {
			_ = m.WriteField(f[i], f[i+1])
		}
		if _, err := m.CreateFormFile("file", "a.txt"); err != nil {
			t.Fatal(err)
		}
		e := &endless{}
		res, body = ann.raw(path, m.FormDataContentType(), io.MultiReader(&form, io.LimitReader(e, 10<<30)), 10<<30)
		if res.StatusCode != 413 || !strings.Contains(body, "The files are too large together.") {
			t.Error(res.StatusCode, body)
		}
		if e.n > 64<<20 {
			t.Errorf("%d bytes were taken", e.n)
		}
	})
	t.Run("one that is superseded or was filed in error says so wherever it is listed", func(t *testing.T) {
		add := func(to, title string) string {
			res, body := ann.sends(to, []string{"csrf", ann.csrf, "title", title, "category", "housing", "on", "2026-11-03", "why", "A page was missing"}, []string{"a.txt", "words"})
			if res.StatusCode != 303 {
				t.Fatal(res.StatusCode, body)
			}
			return res.Header.Get("Location")
		}
		words := map[string]string{"Heron valid": "Not scanned", "Heron wrong": "Filed in error", "Heron older": "Older version"}
		add(path, "Heron valid")
		wrong, older := add(path, "Heron wrong"), add(path, "Heron older")
		if code, body := ann.do("POST", wrong+"/withdraw", map[string][]string{"csrf": {ann.csrf}, "version": {"2"}, "why": {"It is another client's."}}); code != 303 {
			t.Fatal(code, text(body))
		}
		add(older+"/version", "Heron newer")
		chart := strings.TrimSuffix(path, "/documents")
		for _, x := range []struct {
			name, method, path, end string
			form                    map[string][]string
		}{
			{"the print view", "POST", chart + "/print", "</tr>", map[string][]string{"csrf": {ann.csrf}, "part": {"documents"}}},
			{"a search", "POST", chart + "/find", "</li>", map[string][]string{"csrf": {ann.csrf}, "q": {"heron"}}},
			{"the timeline", "GET", chart + "/notes?kind=document", "</article>", nil},
		} {
			code, body := ann.do(x.method, x.path, x.form)
			if code != 200 {
				t.Fatal(x.name, code, text(body))
			}
			for title, want := range words {
				at := strings.Index(body, title)
				if at < 0 {
					t.Errorf("%s does not list %q", x.name, title)
					continue
				}
				row, _, _ := strings.Cut(body[at:], x.end)
				for _, state := range words {
					if strings.Contains(row, state) != (state == want) {
						t.Errorf("%s: %q and %q: %s", x.name, title, state, row)
					}
				}
			}
		}
	})
	t.Run("without the form's token nothing is taken", func(t *testing.T) {
		if res, _ := ann.sends(path, []string{"title", "x", "category", "housing", "on", "2026-11-03"}, []string{"a.txt", "one"}); res.StatusCode != 403 {
			t.Error(res.StatusCode)
		}
	})
	t.Run("a stranger is answered as if there were no such client", func(t *testing.T) {
		bob := h.as("bob")
		if res, _ := bob.sends(path, fields(bob), []string{"a.txt", "one"}); res.StatusCode != 404 {
			t.Error(res.StatusCode)
		}
	})
	t.Run("the security officer decides about what is in quarantine, and sees no client", func(t *testing.T) {
		res, _ := ann.sends(path, fields(ann), []string{"a.pdf", "%PDF-1.7\ntrailer <</Encrypt 5 0 R>>"})
		to := res.Header.Get("Location")
		if code, page := ann.do("GET", to, nil); code != 200 || !strings.Contains(page, "It has a password") || strings.Contains(page, "Save a copy</span>") {
			t.Error(code)
		}
		if code, _ := ann.do("GET", to+"/file", nil); code != 403 {
			t.Error(code)
		}
		if code, page := ann.do("GET", "/quarantine", nil); code != 200 || strings.Contains(page, "/quarantine/") {
			t.Error(code)
		}
		sam := h.as("sam")
		_, list := sam.do("GET", "/quarantine", nil)
		entry := regexp.MustCompile(`/quarantine/[0-9a-z]{26}`).FindString(list)
		if entry == "" {
			t.Fatal("it is not listed")
		}
		code, page := sam.do("GET", entry, nil)
		if code != 200 || strings.Contains(page, h.client.String()) || strings.Contains(page, "Lease") {
			t.Error(code)
		}
		clean(t, entry, page)
		decide := map[string][]string{"csrf": {sam.csrf}, "version": {"1"}, "decision": {"release"}, "why": {"The sender gave the password"}}
		if code, page := sam.do("POST", entry, decide); code != 422 || !strings.Contains(page, "The sender gave the password") {
			t.Error(code)
		}
		sam.do("POST", "/stepup", map[string][]string{"csrf": {sam.csrf}, "next": {entry}})
		if code, _ := sam.do("POST", entry, decide); code != 303 {
			t.Error(code)
		}
		if code, _ := ann.do("GET", to+"/file", nil); code != 200 {
			t.Error(code)
		}
	})
}
