package document_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func TestDocuments(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients, documents := person.New(w.Door), document.New(w.Door)
		cases := casefile.New(w.Door, clients)
		importer, worker := w.Service("import"), w.As("w1", actor.CaseManager)
		work := clients.Work(importer, "import.run")
		client, err := clients.Adopt(ctx, work, person.Client{Name: person.Name{Family: phi.NewText("Ibáñez")}, Source: person.Source{Type: "Patient", Ref: phi.NewText("1")}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cases.OpenIn(ctx, importer, work, client, casefile.Opening{Program: "Housing", Worker: "w1"}); err != nil {
			t.Fatal(err)
		}
		letter := document.Document{Title: phi.NewText("Letter"), MediaType: document.Text, Bytes: []byte("Dear Ms. Ibáñez"), Source: person.Source{Type: "DocumentReference", Ref: phi.NewText("1/d")}}
		secret := document.Document{Title: phi.NewText("Intake"), MediaType: document.Text, Bytes: []byte("sixty days"), Part2: true, Source: person.Source{Type: "DocumentReference", Ref: phi.NewText("1/s")}}
		id, err := documents.Adopt(work, client, letter)
		if err != nil {
			t.Fatal(err)
		}
		hidden, err := documents.Adopt(work, client, secret)
		if err != nil {
			t.Fatal(err)
		}
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		t.Run("a list opens cards and no content", func(t *testing.T) {
			l, err := documents.List(ctx, worker, client, "", 0)
			if err != nil || len(l.Rows) != 2 || l.Total != 2 {
				t.Fatal(len(l.Rows), l.Total, err)
			}
			for _, o := range l.Rows {
				if o.Value.Bytes != nil || o.Value.Size == 0 {
					t.Error("content was opened in a list")
				}
			}
		})
		t.Run("opening one gives its content, and the log names both parts", func(t *testing.T) {
			o, err := documents.OpenFile(ctx, worker, client, id)
			if err != nil || string(o.Value.Bytes) != "Dear Ms. Ibáñez" {
				t.Fatal(err)
			}
			if e := w.Entries(t)[0]; e.Action != "document.read" || len(e.Touched) != 2 {
				t.Errorf("%s named %d records", e.Action, len(e.Touched))
			}
		})
		t.Run("a Part 2 document is in a class of its own, content and all", func(t *testing.T) {
			o, err := documents.OpenFile(ctx, worker, client, hidden)
			if err != nil || !o.Shown.Has(policy.SUD) || o.Shown.Has(policy.Document) || string(o.Value.Bytes) != "sixty days" {
				t.Fatal(o.Shown, err)
			}
			l, err := documents.List(ctx, worker.For(actor.Operations), client, "", 0)
			if err != nil || len(l.Rows) != 1 || l.Total != 1 {
				t.Error(len(l.Rows), l.Total, err)
			}
		})
		t.Run("the content is no document by itself", func(t *testing.T) {
			var content string
			if err := w.DB.QueryRow(ctx, `SELECT id FROM record WHERE kind = 'document' AND state = 'content' AND ref = $1`, id.String()).Scan(&content); err != nil {
				t.Fatal(err)
			}
			cid, err := record.ParseID[document.Document](content)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := documents.OpenFile(ctx, worker, client, cid); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("a stranger is answered as if there were none", func(t *testing.T) {
			if _, err := documents.OpenFile(ctx, w.As("w9", actor.CaseManager), client, id); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("larger than 4 MiB is refused", func(t *testing.T) {
			big := letter
			big.Bytes = make([]byte, document.MaxContent+1)
			if _, err := documents.Adopt(clients.Work(importer, "import.run"), client, big); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
	})
}

func TestSniff(t *testing.T) {
	for name, c := range map[string]struct {
		declared, content string
		want              string
	}{
		"plain text":                      {"text/plain; charset=UTF-8", "hello", document.Text},
		"html":                            {"text/html", "<p>x</p>", document.HTML},
		"pdf":                             {"application/pdf", "%PDF-1.7", document.PDF},
		"a program called text":           {"text/plain", "MZ\x00\x01", ""},
		"a page called pdf":               {"application/pdf", "<html>", ""},
		"an image":                        {"image/png", "\x89PNG", ""},
		"text in another character set":   {"text/plain; charset=utf-16", "hello", ""},
		"text that is not in its own set": {"text/plain", "\xff\xfe", ""},
		"a type that cannot be read":      {"text", "hello", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := document.Sniff(c.declared, []byte(c.content)); got != c.want || ok != (c.want != "") {
				t.Errorf("%q, %v", got, ok)
			}
		})
	}
}

func TestRaw(t *testing.T) {
	t.Run("content prints itself under no verb, in no log and in no JSON", func(t *testing.T) {
		d := document.Document{Bytes: []byte("planted")}
		var b strings.Builder
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "bytes", d.Bytes, "document", d)
		j, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		out := b.String() + string(j)
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			out += fmt.Sprintf(verb, d) + fmt.Sprintf(verb, d.Bytes)
		}
		for _, planted := range []string{"planted", "706c616e746564", "112 108", base64.StdEncoding.EncodeToString(d.Bytes)} {
			if strings.Contains(out, planted) {
				t.Error("it was printed as", planted)
			}
		}
	})
}

func TestReadable(t *testing.T) {
	for html, want := range map[string]string{
		"<p>One</p><p>Two &amp; <b>three</b></p>":       "One\nTwo & three",
		"<SCRIPT>alert(1)</SCRIPT>a<style>b{}</style>c": "ac",
		"a<!-- <p>hidden</p> -->b":                      "ab",
		"<script>never ends":                            "",
		"a < b":                                         "a",
		"<p>&lt;script&gt; stays text":                  "<script> stays text",
		"<h1>Plan</h1><ul><li>call<li>visit</ul>" + "<img src=x onerror=y>": "Plan\ncall\nvisit",
	} {
		t.Run("shows "+html, func(t *testing.T) {
			got, ok := document.Document{MediaType: document.HTML, Bytes: []byte(html)}.Readable()
			if !ok || got.Disclose() != want {
				t.Errorf("%q, want %q", got.Disclose(), want)
			}
		})
	}
	t.Run("a PDF is no text", func(t *testing.T) {
		if _, ok := (document.Document{MediaType: document.PDF, Bytes: []byte(strings.Repeat("x", 9))}).Readable(); ok {
			t.Error("it is")
		}
	})
}
