package fault

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/config"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// form is one way planted words may lie in a file.
type form struct {
	word, how string
	bytes     []byte
	folded    bool // to be looked for in the file in lower case
}

// prefix is how many bytes of a form are looked up at each place.
const prefix = 6

// scanner finds planted words in files.
type scanner struct {
	exact, folded map[[prefix]byte][]form
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// newScanner looks for words of at least seven bytes; shorter ones stand in
// sealed bytes by chance.
func newScanner(t *testing.T, words ...string) *scanner {
	t.Helper()
	s := &scanner{map[[prefix]byte][]form{}, map[[prefix]byte][]form{}}
	add := func(f form) {
		into := s.exact
		if f.folded {
			into = s.folded
			f.bytes = lower(f.bytes)
		}
		if len(f.bytes) < prefix {
			t.Fatalf("%q is too short to be looked for as %s", f.word, f.how)
		}
		key := [prefix]byte(f.bytes)
		into[key] = append(into[key], f)
	}
	for _, w := range words {
		if len(w) < 7 {
			t.Fatalf("%q is too short to be looked for", w)
		}
		for _, v := range []string{w, strings.ToLower(w), strings.ToUpper(w)} {
			add(form{w, "UTF-8", []byte(v), true})
			add(form{w, "UTF-16LE", utf16le(v), true})
			add(form{w, "hexadecimal", []byte(hex.EncodeToString([]byte(v))), true})
			// Where a word begins within three bytes of base64 decides how it
			// looks; its first and last letters depend on its neighbours.
			for shift := range 3 {
				for how, enc := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
					b := []byte(enc.EncodeToString(append(make([]byte, shift), v...)))
					from, to := (shift*8+5)/6, (shift+len(v))*8/6
					add(form{w, how, b[from:to], false})
				}
			}
		}
	}
	return s
}

func lower(b []byte) []byte {
	out := bytes.Clone(b)
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

// scan lists what is found in b.
func (s *scanner) scan(b []byte) (hits []string) {
	look := func(in []byte, forms map[[prefix]byte][]form) {
		for i := 0; i+prefix <= len(in); i++ {
			for _, f := range forms[[prefix]byte(in[i:i+prefix])] {
				if bytes.HasPrefix(in[i:], f.bytes) {
					hits = append(hits, fmt.Sprintf("%q as %s at byte %d", f.word, f.how, i))
				}
			}
		}
	}
	look(b, s.exact)
	look(lower(b), s.folded)
	return hits
}

// scanDir reads every byte of every file below dir.
func (s *scanner) scanDir(t *testing.T, dir string) (hits []string, files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		name, _ := filepath.Rel(dir, path)
		for _, h := range append(s.scan(b), s.scan([]byte(name))...) {
			hits = append(hits, name+": "+h)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return hits, files
}

// planted are the words typed in these tests. Names, numbers and sentences of
// the imported people come besides.
var planted = []string{
	"Quillandra", "Vostermansch", "Zwicklbräu", "XQ-5577-KLONDIKE", "(555) 010-7391", "5550107391", "17 Marzipanweg",
	"She keeps the pelican ledger under the stairs.", "Half a thought about the gramophone",
	"The addendum mentions a turquoise harmonica.", "Found at the ferry landing without a coat, confused.", "quillandra.vostermansch@example.org",
	"Ishtaribel", "Okonkwode",
}

// imported are the words of the bundle's people and narratives: of every Patient
// what tells who it is, and of every note its text.
func imported(t *testing.T, path string) (words []string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var in struct {
		Entry []struct{ Resource map[string]any }
	}
	if err := json.Unmarshal(b, &in); err != nil {
		t.Fatal(err)
	}
	var take func(v any, keys ...string)
	take = func(v any, keys ...string) {
		switch v := v.(type) {
		case map[string]any:
			for k, x := range v {
				s, ok := x.(string)
				if ok && slices.Contains(keys, k) && len(s) >= 7 {
					words = append(words, s)
				}
				take(x, keys...)
			}
		case []any:
			for _, x := range v {
				if s, ok := x.(string); ok && slices.Contains(keys, "*") && len(s) >= 7 {
					words = append(words, s)
				}
				take(x, keys...)
			}
		}
	}
	for _, e := range in.Entry {
		r := e.Resource
		switch r["resourceType"] {
		case "Patient":
			for _, k := range []string{"name", "telecom", "address", "contact"} {
				take(r[k], "family", "given", "text", "value", "line", "*", "city")
			}
			take(r["identifier"], "value")
		case "DocumentReference":
			content, _ := r["content"].([]any)
			for _, c := range content {
				c, _ := c.(map[string]any)
				a, _ := c["attachment"].(map[string]any)
				data, _ := a["data"].(string)
				if text, err := base64.StdEncoding.DecodeString(data); err == nil {
					for _, line := range strings.Split(string(text), "\n") {
						if line = strings.TrimSpace(line); len(line) >= 20 && !strings.HasPrefix(line, "<") {
							words = append(words, line)
						}
					}
				}
			}
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func TestScanner(t *testing.T) {
	s := newScanner(t, planted...)
	dir := t.TempDir()
	for _, w := range planted {
		for how, b := range map[string][]byte{
			"UTF-8": []byte(w), "upper case": []byte(strings.ToUpper(w)), "lower case": []byte(strings.ToLower(w)), "UTF-16LE": utf16le(w),
			"hexadecimal":         []byte(hex.EncodeToString([]byte(w))),
			"base64":              []byte(base64.StdEncoding.EncodeToString([]byte(w))),
			"base64, one byte in": []byte(base64.StdEncoding.EncodeToString([]byte("{" + w + "}"))),
			"base64, two in":      []byte(base64.RawURLEncoding.EncodeToString([]byte("{?" + w + "??"))),
			"base64 lower":        []byte(base64.StdEncoding.EncodeToString([]byte("name=" + strings.ToLower(w)))),
		} {
			padded := slices.Concat(bytes.Repeat([]byte{0, 0xff}, 4093), b, []byte{0})
			if err := os.WriteFile(filepath.Join(dir, "planted"), padded, 0o600); err != nil {
				t.Fatal(err)
			}
			if hits, files := s.scanDir(t, dir); len(hits) == 0 || files != 1 {
				t.Errorf("%q as %s is not found", w, how)
			}
		}
	}
	if err := os.Rename(filepath.Join(dir, "planted"), filepath.Join(dir, "Quillandra.txt")); err != nil {
		t.Fatal(err)
	}
	if hits, _ := s.scanDir(t, dir); !slices.ContainsFunc(hits, func(h string) bool { return strings.Contains(h, "Quillandra.txt: \"Quillandra\"") }) {
		t.Errorf("a file's name is not searched: %q", hits)
	}
}

var markup = regexp.MustCompile(`(?s)<(script|style|svg|nav|header).*?</(script|style|svg|nav|header)>|<[^>]*>|\s+`)

// visible is about what a person reads of a page.
func visible(body string) string {
	return strings.Join(strings.Fields(markup.ReplaceAllString(body, " ")), " ")
}

// day is what a day leaves behind: a client with planted words in every place
// that takes words, worked on through the site.
func day(g *agency, s *server, client person.ID) {
	g.Helper()
	chart := "/clients/" + client.String()
	see := func(a answer, code int, words ...string) answer {
		g.Helper()
		if a.code != code {
			g.Fatalf("%s answered %d, not %d: %s", a.to, a.code, code, visible(a.body))
		}
		for _, w := range words {
			if !strings.Contains(a.body, w) {
				g.Errorf("%q is not on the page", w)
			}
		}
		return a
	}
	see(s.do("ann", "GET", "/caseload", nil), 200, "Vostermansch")
	see(s.do("ann", "GET", chart, nil), 200, "Quillandra", "010-7391", "Marzipanweg")
	see(s.do("ann", "POST", "/find", url.Values{"q": {"Vostermansch Quillandra"}}), 200, "Quillandra")
	see(s.do("ann", "GET", "/find?q=Vostermansch", nil), 200)
	see(s.do("ann", "POST", chart+"/notes/draft", url.Values{"text": {"Half a thought about the gramophone"}, "type": {"phone"}}), 200, `"draft":"1"`)
	see(s.do("ann", "GET", chart+"/notes", nil), 200, "gramophone")
	see(s.do("ann", "POST", chart+"/notes", url.Values{"do": {"sign"}, "draft": {"1"}, "type": {"phone"}, "minutes": {"15"}, "on": {now().UTC().Format("2006-01-02")}, "title": {"Zwicklbräu"},
		"text": {"She keeps the pelican ledger under the stairs."}}), 303)
	page := see(s.do("ann", "GET", chart+"/notes", nil), 200, "pelican ledger", "Zwicklbräu")
	m := regexp.MustCompile(chart + `/notes/([0-9a-z]{26})`).FindStringSubmatch(page.body)
	if m == nil {
		g.Fatal("the note has no link")
	}
	see(s.do("ann", "POST", chart+"/notes/"+m[1]+"/addenda", url.Values{"text": {"The addendum mentions a turquoise harmonica."}}), 303)
	see(s.do("ann", "GET", chart+"/notes/"+m[1], nil), 200, "turquoise harmonica")
	// What goes wrong must not be told to the log either.
	see(s.do("ann", "POST", chart+"/notes", url.Values{"do": {"sign"}, "minutes": {"Okonkwode"}, "text": {"short"}, "on": {"Ishtaribel"}}), 422)
	for _, path := range []string{chart, chart + "/notes/" + m[1], "/clients/Vostermansch", "/clients/new?given=Quillandra"} {
		if a := s.do("bob", "GET", path, nil); a.code == 200 || strings.Contains(a.body, "Marzipanweg") {
			g.Errorf("bob was answered %d for %s", a.code, path)
		}
	}
	see(s.do("bob", "POST", "/find", url.Values{"q": {"XQ-5577-KLONDIKE Vostermansch"}}), 200)
	// Somebody types a client's name where their own is asked for.
	s.do("nobody", "POST", "/signin", url.Values{"mail": {"quillandra.vostermansch@example.org"}, "email": {"quillandra.vostermansch@example.org"}, "password": {"Quillandra Vostermansch"}})
	see(s.do("bob", "POST", "/break-glass/new", url.Values{"client_id": {client.String()}, "reason": {"imminent_danger"}, "classes": {"identity", "contact", "note", "case"},
		"words": {"Found at the ferry landing without a coat, confused."}}), 303)
	see(s.do("bob", "GET", chart, nil), 200, "Quillandra", "Emergency")
	see(s.do("pat", "GET", "/break-glass", nil), 200)
	see(s.do("pat", "GET", "/log", nil), 200)
	see(s.do("pat", "GET", chart+"/access", nil), 200)
}

// register makes the client of day.
func register(g *agency, a *app.App) person.ID {
	g.Helper()
	w := a.Door.Work(importer(), "import.run")
	id, err := a.Clients.Adopt(ctx, w, person.Client{
		Name: person.Name{Given: phi.NewText("Quillandra"), Family: phi.NewText("Vostermansch")}, BirthDate: phi.NewDate(1979, 2, 3),
		Phones:    []person.Phone{{Number: phi.NewText("(555) 010-7391")}},
		Addresses: []person.Address{{Lines: []phi.Text{phi.NewText("17 Marzipanweg")}}},
		Source:    person.Source{System: phi.NewText("planted"), Type: "Patient", Ref: phi.NewText("XQ-5577-KLONDIKE")},
	})
	g.must(err)
	opened(g, a, w, id)
	g.must(w.Commit(ctx))
	return id
}

func TestCanary(t *testing.T) {
	g := found(t)
	var words []string
	for _, b := range []string{bundle, notesBundle} {
		w := imported(t, b)
		if len(w) < 12 {
			t.Fatalf("only %d words in %s: %q", len(w), b, w)
		}
		words = append(words, w...)
	}
	scan := newScanner(t, append(slices.Clone(planted), words...)...)
	said := g.run("import fhir", "--program", "p", "--assign", "ann@example.org", bundle, notesBundle)
	var client person.ID
	g.open(app.Options{}, func(a *app.App) { client = register(g, a) })
	cfg, err := config.Load(g.data)
	g.must(err)
	cfg.Metrics = "127.0.0.1:0"
	g.must(cfg.Save(g.data))
	// Each form of the log's lines, at the level that says most.
	s := g.serve("--log-level", "debug")
	page := s.do("ann", "POST", "/find", url.Values{"q": {"Ibáñez"}})
	m := regexp.MustCompile(`/clients/([0-9a-z]{26})`).FindStringSubmatch(page.body)
	if page.code != 200 || m == nil {
		t.Fatalf("the imported client is not found: %d %.400s", page.code, page.body)
	}
	for _, tab := range []string{"", "/notes", "/plan", "/clinical", "/documents", "/case"} {
		if a := s.do("ann", "GET", "/clients/"+m[1]+tab, nil); a.code != 200 || !strings.Contains(a.body, "Ibáñez") {
			t.Errorf("%q answered %d", tab, a.code)
		}
	}
	for _, path := range []string{"/clients/Vostermansch", "/clients/" + m[1] + "/notes/Ishtaribel"} {
		s.do("bob", "GET", path, nil)
	}
	s.stop()
	asText := s.out.String()
	s = g.serve("--log-level", "debug", "--log-format", "json")
	day(g, s, client)
	at := measuring.FindStringSubmatch(s.out.String())
	if at == nil {
		t.Fatalf("it does not say where its metrics are: %s", s.out)
	}
	req, err := http.NewRequest(http.MethodGet, at[1], nil)
	g.must(err)
	res, err := http.DefaultClient.Do(req)
	g.must(err)
	metrics, err := io.ReadAll(res.Body)
	g.must(errors.Join(err, res.Body.Close()))
	t.Run("no planted word, no id and no worker is in the metrics", func(t *testing.T) {
		text := string(metrics)
		if !strings.Contains(text, `route="/clients/{id}/notes/{note}"`) && !strings.Contains(text, `route="/clients/{id}`) {
			t.Errorf("they say nothing of the day: %.2000s", text)
		}
		for _, h := range scan.scan(metrics) {
			t.Error(h)
		}
		ids := []string{client.String(), m[1]}
		for _, id := range g.staff {
			ids = append(ids, id.String())
		}
		for _, id := range ids {
			if strings.Contains(text, id) {
				t.Errorf("%s is among them", id)
			}
		}
	})
	t.Run("every line of a log of JSON is JSON", func(t *testing.T) {
		for _, l := range strings.Split(strings.TrimSpace(s.out.String()), "\n") {
			if !json.Valid([]byte(l)) {
				t.Errorf("%q is not", l)
			}
		}
	})

	clean := func(t *testing.T, dir string, least int) {
		t.Helper()
		hits, files := scan.scanDir(t, dir)
		if files < least {
			t.Errorf("only %d files in %s", files, dir)
		}
		for _, h := range hits {
			t.Errorf("in the clear: %s", h)
		}
	}
	t.Run("while the server runs no file of the data directory holds a planted word", func(t *testing.T) {
		if _, err := os.Stat(filepath.Join(g.data, "caseward.db-wal")); err != nil {
			t.Errorf("there is no journal to search: %v", err)
		}
		clean(t, g.data, 5)
	})
	s.stop()
	t.Run("nor does one after it stopped", func(t *testing.T) { clean(t, g.data, 4) })
	t.Run("nor does the exported log", func(t *testing.T) {
		out := filepath.Join(t.TempDir(), "log")
		if said, code := g.command("", "audit", "export", "--data", g.data, out); code != 0 {
			t.Fatalf("exit code %d: %s", code, said)
		}
		clean(t, out, 3)
	})
	t.Run("nor does what the programs wrote to their logs", func(t *testing.T) {
		for name, text := range map[string]string{"serve": asText, "serve as JSON": s.out.String(), "import": said, "show": g.run("audit show", "--limit", "0"), "show as JSON": g.run("audit show", "--json", "--limit", "0")} {
			if text == "" {
				t.Errorf("%s wrote nothing to search", name)
			}
			for _, h := range scan.scan([]byte(text)) {
				t.Errorf("%s: %s", name, h)
			}
		}
	})
	t.Run("and everything that was done stands in the log", func(t *testing.T) {
		g.T = t
		g.open(app.Options{}, func(a *app.App) {
			es, err := a.Log.Find(ctx, audit.Query{Subject: record.SubjectOf(client).String(), Limit: 500})
			g.must(err)
			got := map[string]int{}
			for _, e := range es {
				got[e.Action+" "+string(e.Outcome)]++
			}
			for _, want := range []string{"case.find a", "chart.open a", "client.find a", "note.sign a", "note.addend a", "chart.open r", "glass.break a"} {
				if got[want] == 0 {
					t.Errorf("there is no entry %q about the client; there are %v", want, got)
				}
			}
		})
	})
}
