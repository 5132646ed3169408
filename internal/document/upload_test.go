package document_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/db"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/scan"
	"caseward/internal/scan/scantest"
)

// virus is what the scanner of these tests finds.
const virus = "this file does harm"

// watchman is a scanner that can be away.
type watchman struct{ away bool }

func (s *watchman) Scan(_ context.Context, from io.Reader) (string, error) {
	b, err := io.ReadAll(from)
	if s.away || err != nil {
		return "", fault.Unavailablef("scan", errors.Join(scan.ErrAway, err), "away")
	}
	if bytes.Contains(b, []byte("too large")) {
		return "", fault.Unavailablef("scan", scan.ErrRefused, "too large")
	}
	if bytes.Contains(b, []byte(virus)) {
		return "Test.Virus", nil
	}
	return "", nil
}

type desk struct {
	*recordtest.World
	documents *document.Documents
	notices   *notice.Notices
	clients   *person.Clients
	client    person.ID
	scanner   *watchman
}

func sit(t *testing.T, w *recordtest.World) *desk {
	t.Helper()
	d := &desk{World: w, documents: document.New(w.Door), notices: notice.New(w.Door), clients: person.New(w.Door), scanner: &watchman{}}
	intake := w.As("i1", actor.Intake)
	r, err := d.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Ibáñez")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	d.client = r.ID
	if _, err := casefile.New(w.Door, d.clients).Open(ctx, intake, d.client, casefile.Opening{Program: "housing", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}}); err != nil {
		t.Fatal(err)
	}
	d.take(document.Taking{Scanner: d.scanner})
	return d
}

func (d *desk) take(x document.Taking) {
	x.Who, x.Notices = d.Service("scanner"), d.notices
	d.documents.Take(x)
}

func (d *desk) worker() actor.Actor { return d.As("w1", actor.CaseManager) }

func details() document.Details {
	return document.Details{Title: phi.NewText("Lease"), Category: "housing", On: phi.NewDate(2026, 11, 3)}
}

func (d *desk) add(t *testing.T, in document.Upload, content string) document.Added {
	t.Helper()
	if in.Category == "" {
		in.Details = details()
	}
	d.Clock.Advance(time.Minute)
	a, err := d.documents.Upload(ctx, d.worker(), d.client, in, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (d *desk) read(id document.ID, who actor.Actor) (string, error) {
	f, err := d.documents.OpenFile(ctx, who, d.client, id)
	if err != nil {
		return "", err
	}
	r, err := f.Reader(ctx)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(r)
	return string(b), errors.Join(err, r.Close())
}

func (d *desk) told(t *testing.T) []notice.What {
	t.Helper()
	p, err := d.notices.Mine(ctx, d.worker(), d.clients, true, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []notice.What
	for _, o := range p.Rows {
		if o.Value.What != casefile.Given {
			out = append(out, o.Value.What)
		}
	}
	return out
}

func archive(t *testing.T, name, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range [][2]string{{"[Content_Types].xml", "<Types/>"}, {"_rels/.rels", "<R/>"}, {name, content}} {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUpload(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		t.Run("is filed when the scanner says that it is clean, and read by who works with the client", func(t *testing.T) {
			a := d.add(t, document.Upload{}, "Dear Ms. Ibáñez")
			if a.Status != document.Filed {
				t.Fatal(a.Status)
			}
			got, err := d.read(a.ID, w.As("w2", actor.CaseManager))
			if err != nil || got != "Dear Ms. Ibáñez" {
				t.Error(got, err)
			}
			o, err := d.documents.Card(ctx, d.worker(), d.client, a.ID)
			if err != nil || o.Value.MediaType != document.Text || o.Value.ScannedAt.IsZero() || o.Value.UploadedBy != "w1" || o.Value.Day().DiscloseISO() != "2026-11-03" {
				t.Errorf("%s %v", o.Value.MediaType, err)
			}
		})
		t.Run("is in the log under who added it, and under the scanner", func(t *testing.T) {
			es := w.Entries(t)
			d.add(t, document.Upload{}, "one more")
			var did []string
			for _, e := range w.Entries(t)[:len(w.Entries(t))-len(es)] {
				did = append(did, e.Who.Worker+" "+e.Action)
			}
			if got := strings.Join(did, ", "); got != "service:scanner document.file, service:scanner document.scan, w1 document.create" {
				t.Error(got)
			}
		})
		t.Run("of a stranger is refused like a client who does not exist, and logged", func(t *testing.T) {
			if _, err := d.documents.Upload(ctx, w.As("w9", actor.CaseManager), d.client, document.Upload{Details: details()}, strings.NewReader("x")); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if e := w.Entries(t)[0]; e.Outcome != audit.Refused || e.Action != "document.create" {
				t.Error(e.Action, e.Outcome)
			}
			if _, err := d.documents.Upload(ctx, w.As("s1", actor.SecurityOfficer), d.client, document.Upload{Details: details()}, strings.NewReader("x")); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("that is marked as Part 2 is in a class of its own, file and all", func(t *testing.T) {
			a := d.add(t, document.Upload{Part2: true}, "sixty days")
			f, err := d.documents.OpenFile(ctx, d.worker(), d.client, a.ID)
			if err != nil || !f.Shown.Has(policy.SUD) || f.Shown.Has(policy.Document) {
				t.Error(f.Shown, err)
			}
			if got, err := d.read(a.ID, d.worker()); got != "sixty days" {
				t.Error(err)
			}
			if _, err := d.documents.OpenFile(ctx, d.worker().For(actor.Operations), d.client, a.ID); err == nil {
				t.Error("it was opened for operations")
			}
			if _, err := d.documents.Card(ctx, d.worker().For(actor.Legal), d.client, a.ID); err == nil {
				t.Error("it was shown for proceedings")
			}
		})
		t.Run("says everything that is wrong with it before it is read", func(t *testing.T) {
			_, err := d.documents.Upload(ctx, d.worker(), d.client, document.Upload{Of: d.documentID(t), Details: document.Details{Title: phi.NewText(strings.Repeat("é", 201))}}, iotest.ErrReader(errors.New("it was read")))
			var names []string
			for _, f := range fault.FieldsOf(err) {
				names = append(names, f.Name)
			}
			if strings.Join(names, " ") != "title category on why" {
				t.Error(names, err)
			}
		})
		t.Run("that breaks off is kept by nobody", func(t *testing.T) {
			cut := io.MultiReader(strings.NewReader(strings.Repeat("word ", 100_000)), iotest.ErrReader(io.ErrUnexpectedEOF))
			if _, err := d.documents.Upload(ctx, d.worker(), d.client, document.Upload{Details: details()}, cut); !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		})
	})
}

// documentID is of no document.
func (d *desk) documentID(t *testing.T) document.ID {
	t.Helper()
	return record.Use(d.Door, document.Kind).NewID(d.Door.Work(d.worker(), "document.create"))
}

func TestUploadKinds(t *testing.T) {
	w := recordtest.Open(t)
	d := sit(t, w)
	d.take(document.Taking{Scanner: d.scanner, Max: 1 << 20})
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file, content, media string
		misnamed             bool
	}{
		"a PDF":                        {"a.pdf", "%PDF-1.7\n%âãÏÓ\n1 0 obj", document.PDF, false},
		"a picture":                    {"a.PNG", picture.String(), "image/png", false},
		"a picture called a PDF":       {"a.pdf", picture.String(), "image/png", true},
		"a text":                       {"a.txt", "Dear Ms. Ibáñez", document.Text, false},
		"a text without an ending":     {"a", "Dear Ms. Ibáñez", document.Text, false},
		"a table":                      {"a.csv", "a,b\n1,2\n3,4\n", "text/csv", false},
		"a Word file":                  {"a.docx", archive(t, "word/document.xml", "<w/>"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document", false},
		"an Excel file":                {"a.xlsx", archive(t, "xl/workbook.xml", "<x/>"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", false},
		"a rich text":                  {"a.rtf", `{\rtf1\ansi hello}`, "text/rtf", false},
		"a web page":                   {"a.html", "<!DOCTYPE html><html><script>1</script>", "", false},
		"a web page called a PDF":      {"a.pdf", "<html><body>", "", false},
		"a drawing that holds scripts": {"a.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`, "", false},
		"a program":                    {"a.pdf", "MZ\x90\x00\x03\x00\x00\x00", "", false},
		"a program of a shell":         {"a.txt", "#!/bin/sh\nrm -rf /\n", "", false},
		"an archive":                   {"a.zip", archive(t, "x", "y"), "", false},
		"nothing":                      {"a.txt", "", "", false},
		"too much":                     {"a.txt", strings.Repeat("x", 1<<20+1), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := d.documents.Upload(ctx, d.worker(), d.client, document.Upload{Details: details(), Name: phi.NewText(c.file)}, strings.NewReader(c.content))
			if c.media == "" {
				if fs := fault.FieldsOf(err); len(fs) != 1 || fs[0].Name != "file" {
					t.Error(a.Status, err)
				}
				return
			}
			if err != nil || a.Misnamed != c.misnamed {
				t.Fatal(a.Misnamed, err)
			}
			if o, err := d.documents.Card(ctx, d.worker(), d.client, a.ID); err != nil || o.Value.MediaType != c.media {
				t.Error(o.Value.MediaType, err)
			}
		})
	}
}

func TestQuarantine(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		officer := func() actor.Actor { return w.Proved("s1", actor.SecurityOfficer) }
		open := func(t *testing.T) []document.QuarantineEntry {
			t.Helper()
			l, err := d.documents.Waiting(ctx, officer(), false, "")
			if err != nil {
				t.Fatal(err)
			}
			return l.Rows
		}
		bad := d.add(t, document.Upload{}, "Now "+virus)
		t.Run("holds what the scanner found; whoever added it is told and cannot open it", func(t *testing.T) {
			if bad.Status != document.Quarantined {
				t.Fatal(bad.Status)
			}
			if _, err := d.read(bad.ID, d.worker()); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if e := w.Entries(t)[0]; e.Outcome != audit.Refused || e.Action != "document.read" || strings.Join(e.Rules, "") != "unscanned-is-closed" {
				t.Error(e.Action, e.Outcome, e.Rules)
			}
			if got := d.told(t); len(got) != 1 || got[0] != document.ToldQuarantined {
				t.Error(got)
			}
			if o, err := d.documents.Card(ctx, d.worker(), d.client, bad.ID); err != nil || o.Value.Held != document.Virus {
				t.Error(o.Value.Held, err)
			}
		})
		t.Run("is shown to the security officer without a word about the client", func(t *testing.T) {
			rows := open(t)
			if len(rows) != 1 || rows[0].Value.Threat != "Test.Virus" || rows[0].Value.UploadedBy != "w1" || rows[0].Shown != policy.Set(policy.Program) {
				t.Fatal(len(rows))
			}
			for _, who := range []actor.Actor{officer().For(actor.Operations), officer().For(actor.Oversight)} {
				if _, err := d.documents.Card(ctx, who, d.client, bad.ID); !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			}
		})
		t.Run("is nobody else's to see", func(t *testing.T) {
			for _, who := range []actor.Actor{d.worker(), w.Proved("v1", actor.Supervisor), w.Proved("p1", actor.PrivacyOfficer), w.Proved("a1", actor.Administrator)} {
				if l, err := d.documents.Waiting(ctx, who, true, ""); err != nil || len(l.Rows) != 0 {
					t.Error(who.Role(), len(l.Rows), err)
				}
				if err := d.documents.Decide(ctx, who, open(t)[0].ID, 0, true, phi.NewText("I want it")); err == nil {
					t.Error(who.Role())
				}
			}
		})
		t.Run("is decided with a reason, after proving who one is", func(t *testing.T) {
			id := open(t)[0].ID
			if err := d.documents.Decide(ctx, officer(), id, 0, true, phi.Text{}); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
			var f *fault.Error
			if err := d.documents.Decide(ctx, w.As("s1", actor.SecurityOfficer), id, 0, true, phi.NewText("A false alarm")); !errors.As(err, &f) || f.Mend != fault.StepUp {
				t.Error(err)
			}
		})
		t.Run("what was released is opened again, and whoever added it is told", func(t *testing.T) {
			id := open(t)[0].ID
			w.Clock.Advance(time.Minute)
			if err := d.documents.Decide(ctx, officer(), id, 0, true, phi.NewText("A false alarm")); err != nil {
				t.Fatal(err)
			}
			if got, err := d.read(bad.ID, d.worker()); err != nil || got != "Now "+virus {
				t.Error(got, err)
			}
			if got := d.told(t); got[0] != document.ToldReleased {
				t.Error(got)
			}
			if err := d.documents.Decide(ctx, officer(), id, 0, false, phi.NewText("After all")); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		t.Run("what is destroyed is gone from the disk, and its card says so", func(t *testing.T) {
			worse := d.add(t, document.Upload{}, "More "+virus)
			before := objects(t, w)
			w.Clock.Advance(time.Minute)
			if err := d.documents.Decide(ctx, officer(), open(t)[0].ID, 0, false, phi.NewText("A real one")); err != nil {
				t.Fatal(err)
			}
			if n := objects(t, w); n != before-1 {
				t.Error(before, n)
			}
			o, err := d.documents.Card(ctx, d.worker(), d.client, worse.ID)
			if err != nil || o.Value.Status != document.Destroyed || !o.Value.File.IsZero() || o.Value.EndedBy != "s1" {
				t.Error(o.Value.Status, err)
			}
			if got := d.told(t); got[0] != document.ToldDestroyed {
				t.Error(got)
			}
		})
		t.Run("takes what the scanner cannot see into, whatever it says", func(t *testing.T) {
			a := d.add(t, document.Upload{}, "%PDF-1.7\ntrailer <</Encrypt 5 0 R>>")
			if o, err := d.documents.Card(ctx, d.worker(), d.client, a.ID); err != nil || o.Value.Status != document.Quarantined || o.Value.Held != document.Encrypted {
				t.Error(o.Value.Status, o.Value.Held, err)
			}
		})
	})
}

func objects(t *testing.T, w *recordtest.World) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(w.Blobs, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

func TestWaiting(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		d.scanner.away = true
		good, bad := d.add(t, document.Upload{}, "a letter"), d.add(t, document.Upload{}, virus)
		t.Run("while the scanner is away a file is safe, and closed", func(t *testing.T) {
			if good.Status != document.Received || bad.Status != document.Received {
				t.Error(good.Status, bad.Status)
			}
			if _, err := d.read(good.ID, d.worker()); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if err := d.documents.LookAgain(ctx); !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
			if got := d.told(t); len(got) != 0 {
				t.Error(got)
			}
		})
		t.Run("when it is back each is filed or held, and whoever added it is told", func(t *testing.T) {
			d.scanner.away = false
			if err := d.documents.LookAgain(ctx); err != nil {
				t.Fatal(err)
			}
			if got, err := d.read(good.ID, d.worker()); err != nil || got != "a letter" {
				t.Error(got, err)
			}
			if _, err := d.read(bad.ID, d.worker()); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			got := d.told(t)
			if len(got) != 2 || got[0] == got[1] {
				t.Error(got)
			}
		})
		t.Run("one that the scanner does not take is held, and those behind it do not wait", func(t *testing.T) {
			d.scanner.away = true
			large, next := d.add(t, document.Upload{}, "this is too large"), d.add(t, document.Upload{}, "a card")
			d.scanner.away = false
			if err := d.documents.LookAgain(ctx); err != nil {
				t.Fatal(err)
			}
			if got, err := d.read(next.ID, d.worker()); err != nil || got != "a card" {
				t.Error(got, err)
			}
			if o, err := d.documents.Card(ctx, d.worker(), d.client, large.ID); err != nil || o.Value.Held != document.TooMuch {
				t.Error(o.Value.Status, o.Value.Held, err)
			}
		})
		t.Run("one that waits is withdrawn, and is not filed when it was looked at", func(t *testing.T) {
			d.scanner.away = true
			wrong := d.add(t, document.Upload{}, "another client's")
			if err := d.documents.Withdraw(ctx, d.worker(), d.client, wrong.ID, 0, phi.NewText("Another client’s")); err != nil {
				t.Fatal(err)
			}
			d.scanner.away = false
			if err := d.documents.LookAgain(ctx); err != nil {
				t.Fatal(err)
			}
			if o, err := d.documents.Card(ctx, d.worker(), d.client, wrong.ID); err != nil || o.Value.Status != document.Withdrawn {
				t.Error(o.Value.Status, err)
			}
		})
		t.Run("a second look changes nothing", func(t *testing.T) {
			before := len(w.Entries(t))
			if err := d.documents.LookAgain(ctx); err != nil || len(w.Entries(t)) != before {
				t.Error(err)
			}
		})
	})
	t.Run("each look is told of by its result", func(t *testing.T) {
		w := recordtest.Open(t)
		d := sit(t, w)
		var got []string
		looked := func(result string) { got = append(got, result) }
		d.take(document.Taking{Scanner: d.scanner, Looked: looked})
		d.add(t, document.Upload{}, "a letter")
		d.add(t, document.Upload{}, virus)
		d.scanner.away = true
		d.add(t, document.Upload{}, "a card")
		d.scanner.away = false
		for range 2 {
			if err := d.documents.LookAgain(ctx); err != nil {
				t.Fatal(err)
			}
		}
		d.take(document.Taking{Unscanned: true, Looked: looked})
		d.add(t, document.Upload{}, "a bill")
		if want := []string{"clean", "virus", "away", "clean", "unscanned"}; !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		for _, r := range got {
			if !slices.Contains(document.Looks(), r) {
				t.Errorf("%q is not among the results", r)
			}
		}
	})
	t.Run("without a scanner files are refused, unless the agency keeps them as not scanned", func(t *testing.T) {
		w := recordtest.Open(t)
		d := sit(t, w)
		d.take(document.Taking{})
		if _, err := d.documents.Upload(ctx, d.worker(), d.client, document.Upload{Details: details()}, iotest.ErrReader(errors.New("it was read"))); len(fault.FieldsOf(err)) != 1 {
			t.Error(err)
		}
		d.take(document.Taking{Unscanned: true})
		a := d.add(t, document.Upload{}, "a letter")
		if o, err := d.documents.Card(ctx, d.worker(), d.client, a.ID); err != nil || o.Value.Status != document.Filed || !o.Value.ScannedAt.IsZero() {
			t.Error(o.Value.Status, err)
		}
	})
}

func TestVersions(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		one := d.add(t, document.Upload{}, "the first")
		two := d.add(t, document.Upload{Details: details(), Of: one.ID, Why: phi.NewText("The landlord signed")}, "the second")
		states := func(t *testing.T) string {
			t.Helper()
			v := d.Door.View(d.worker(), "document.find")
			l := d.documents.WantVersions(v, two.ID)
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			vs := l.Rows
			byNumber := map[int]string{}
			for _, o := range vs {
				byNumber[o.Value.Number] = o.Value.Status
			}
			var out []string
			for i := 1; i <= len(vs); i++ {
				out = append(out, byNumber[i])
			}
			return strings.Join(out, " ")
		}
		t.Run("a newer one supersedes the one before, and both stay", func(t *testing.T) {
			if got := states(t); got != "superseded filed" {
				t.Error(got)
			}
			for id, want := range map[document.ID]string{one.ID: "the first", two.ID: "the second"} {
				if got, err := d.read(id, d.worker()); err != nil || got != want {
					t.Error(got, err)
				}
			}
			if o, err := d.documents.Card(ctx, d.worker(), d.client, two.ID); err != nil || o.Value.Why.Disclose() != "The landlord signed" {
				t.Error(err)
			}
		})
		t.Run("one that does harm supersedes nothing", func(t *testing.T) {
			d.add(t, document.Upload{Details: details(), Of: two.ID, Why: phi.NewText("x")}, virus)
			if got := states(t); got != "superseded filed quarantined" {
				t.Error(got)
			}
		})
		t.Run("an old one has no newer one but the one it has", func(t *testing.T) {
			in := document.Upload{Details: details(), Of: one.ID, Why: phi.NewText("x")}
			if _, err := d.documents.Upload(ctx, d.worker(), d.client, in, strings.NewReader("x")); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		t.Run("one released from quarantine does not take the place of what came after it", func(t *testing.T) {
			w.Clock.Advance(time.Minute)
			d.add(t, document.Upload{Details: details(), Of: two.ID, Why: phi.NewText("x")}, "the third, clean")
			officer := w.Proved("s1", actor.SecurityOfficer)
			l, err := d.documents.Waiting(ctx, officer, false, "")
			if err != nil || len(l.Rows) != 1 {
				t.Fatal(len(l.Rows), err)
			}
			if err := d.documents.Decide(ctx, officer, l.Rows[0].ID, 0, true, phi.NewText("A false alarm")); err != nil {
				t.Fatal(err)
			}
			v := d.Door.View(d.worker(), "document.find")
			all := d.documents.WantVersions(v, two.ID)
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			for _, o := range all.Rows {
				want := document.Superseded
				if o.Value.Number == 4 && o.Value.ReleasedBy == "" {
					want = document.Filed
				}
				if o.Value.Status != want {
					t.Errorf("version %d is %s, not %s", o.Value.Number, o.Value.Status, want)
				}
				if want == document.Filed {
					two.ID = o.ID
				}
			}
		})
		t.Run("details are corrected, by one person at a time", func(t *testing.T) {
			o, err := d.documents.Card(ctx, d.worker(), d.client, two.ID)
			if err != nil {
				t.Fatal(err)
			}
			in := details()
			in.Title = phi.NewText("Lease, signed")
			if err := d.documents.Describe(ctx, d.worker(), d.client, two.ID, o.Version, in); err != nil {
				t.Fatal(err)
			}
			if err := d.documents.Describe(ctx, w.As("w2", actor.CaseManager), d.client, two.ID, o.Version, in); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if err := d.documents.Describe(ctx, w.As("w9", actor.CaseManager), d.client, two.ID, 0, in); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if err := d.documents.Describe(ctx, d.worker(), d.client, two.ID, 0, document.Details{}); len(fault.FieldsOf(err)) != 3 {
				t.Error(err)
			}
			if got, err := d.read(two.ID, d.worker()); err != nil || got != "the third, clean" {
				t.Error(got, err)
			}
		})
		t.Run("one filed in error stays, and says so", func(t *testing.T) {
			if err := d.documents.Withdraw(ctx, d.worker(), d.client, two.ID, 0, phi.Text{}); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
			if err := d.documents.Withdraw(ctx, w.As("w9", actor.CaseManager), d.client, two.ID, 0, phi.NewText("mine")); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if err := d.documents.Withdraw(ctx, d.worker(), d.client, two.ID, 0, phi.NewText("Another client’s")); err != nil {
				t.Fatal(err)
			}
			if err := d.documents.Withdraw(ctx, d.worker(), d.client, two.ID, 0, phi.NewText("again")); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if n, err := d.documents.Tally(ctx, d.worker(), d.client); err != nil || n != 0 {
				t.Error(n, err)
			}
			if got, err := d.read(two.ID, d.worker()); err != nil || got != "the third, clean" {
				t.Error(got, err)
			}
		})
	})
}

// TestVersionsAtOnce is about two people who add a new version of one document.
func TestVersionsAtOnce(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		one := d.add(t, document.Upload{Details: details()}, "the first")
		in := document.Upload{Details: details(), Of: one.ID, Why: phi.NewText("The landlord signed")}
		slow, rest := io.Pipe()
		type done struct {
			a   document.Added
			err error
		}
		first := make(chan done)
		go func() {
			a, err := d.documents.Upload(ctx, d.worker(), d.client, in, slow)
			first <- done{a, err}
		}()
		if _, err := rest.Write([]byte("the second, which arrives slowly")); err != nil {
			t.Fatal(err)
		}
		two, err := d.documents.Upload(ctx, w.As("w2", actor.CaseManager), d.client, in, strings.NewReader("the third, quickly"))
		if err != nil {
			t.Fatal(err)
		}
		_ = rest.Close()
		late := <-first
		if late.err != nil {
			t.Fatal(late.err)
		}
		for id, want := range map[document.ID]struct {
			number int
			state  string
		}{one.ID: {1, document.Superseded}, two.ID: {2, document.Superseded}, late.a.ID: {3, document.Filed}} {
			o, err := d.documents.Card(ctx, d.worker(), d.client, id)
			if err != nil || o.Value.Number != want.number || o.Value.Status != want.state {
				t.Errorf("version %d is %s, want %+v, %v", o.Value.Number, o.Value.Status, want, err)
			}
		}
	})
}

// chosen is a scanner that looks at one content only, when somebody else looks too.
type chosen struct {
	at      string
	arrived chan<- struct{}
	start   <-chan struct{}
}

func (s *chosen) Scan(_ context.Context, from io.Reader) (string, error) {
	b, err := io.ReadAll(from)
	if err != nil || !strings.Contains(string(b), s.at) {
		return "", fault.Unavailablef("scan", err, "not now")
	}
	s.arrived <- struct{}{}
	<-s.start
	return "", nil
}

// TestTwoServersLook has two servers look at uploads at once.
func TestTwoServersLook(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		// both looks at what waits on two servers; each files what its scanner takes.
		both := func(t *testing.T, contents [2]string) {
			t.Helper()
			arrived, start := make(chan struct{}), make(chan struct{})
			var wg sync.WaitGroup
			for _, c := range contents {
				wg.Go(func() {
					server := document.New(w.Door)
					server.Take(document.Taking{Scanner: &chosen{c, arrived, start}, Who: d.Service("scanner"), Notices: d.notices})
					_ = server.LookAgain(ctx) // it says what its scanner does not look at
				})
			}
			<-arrived
			<-arrived
			// Both have made up their minds before either is written.
			if err := w.DB.Write(ctx, func(*db.Tx) error {
				close(start)
				for w.DB.Load().Writes < 2 {
					runtime.Gosched()
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
			wg.Wait()
		}
		filed := func() (n int) {
			for _, e := range w.Entries(t) {
				if e.Action == "document.file" && e.Outcome == audit.Allowed {
					n++
				}
			}
			return n
		}
		t.Run("one of them files what both looked at", func(t *testing.T) {
			d.scanner.away = true
			a := d.add(t, document.Upload{}, "one letter")
			before := filed()
			both(t, [2]string{"one letter", "one letter"})
			if s := d.status(t, a.ID); s != document.Filed {
				t.Errorf("it is %s", s)
			}
			if n := filed() - before; n != 1 {
				t.Errorf("it was filed %d times", n)
			}
		})
		t.Run("of two versions that are filed at once the newer one stands", func(t *testing.T) {
			for _, withdrawn := range []bool{false, true} {
				d.scanner.away = false
				one := d.add(t, document.Upload{}, "the first")
				d.scanner.away = true
				in := document.Upload{Details: details(), Of: one.ID, Why: phi.NewText("The landlord signed")}
				two := d.add(t, in, "the second")
				three := d.add(t, in, "the third")
				original := document.Superseded
				if withdrawn { // so that neither has another to take the place of
					original = document.Withdrawn
					if err := d.documents.Withdraw(ctx, d.worker(), d.client, one.ID, 0, phi.NewText("Another client’s")); err != nil {
						t.Fatal(err)
					}
				}
				both(t, [2]string{"the second", "the third"})
				for id, want := range map[document.ID]string{one.ID: original, two.ID: document.Superseded, three.ID: document.Filed} {
					if s := d.status(t, id); s != want {
						t.Errorf("it is %s, want %s", s, want)
					}
				}
			}
		})
		t.Run("two versions that arrive at once have two numbers", func(t *testing.T) {
			d.scanner.away = false
			one := d.add(t, document.Upload{}, "the first")
			d.scanner.away = true
			in := document.Upload{Details: details(), Of: one.ID, Why: phi.NewText("The landlord signed")}
			var wg sync.WaitGroup
			ids := make([]document.ID, 6)
			for i := range ids {
				wg.Go(func() {
					server := document.New(w.Door)
					server.Take(document.Taking{Scanner: d.scanner, Who: d.Service("scanner"), Notices: d.notices})
					a, err := server.Upload(ctx, d.worker(), d.client, in, strings.NewReader("another version"))
					if err != nil {
						t.Error(err)
					}
					ids[i] = a.ID
				})
			}
			wg.Wait()
			var numbers []int
			for _, id := range ids {
				o, err := d.documents.Card(ctx, d.worker(), d.client, id)
				if err != nil {
					t.Fatal(err)
				}
				numbers = append(numbers, o.Value.Number)
			}
			slices.Sort(numbers)
			if want := []int{2, 3, 4, 5, 6, 7}; !slices.Equal(numbers, want) {
				t.Errorf("the numbers are %v", numbers)
			}
		})
	})
}

func (d *desk) status(t *testing.T, id document.ID) string {
	t.Helper()
	o, err := d.documents.Card(ctx, d.worker(), d.client, id)
	if err != nil {
		t.Fatal(err)
	}
	return o.Value.Status
}

// TestRealScanner is the whole way with a clamd that is really there.
func TestRealScanner(t *testing.T) {
	daemon := scantest.Start(t)
	clamd, err := scan.New(daemon.URL)
	if err != nil {
		t.Fatal(err)
	}
	w := recordtest.Open(t)
	d := sit(t, w)
	d.take(document.Taking{Scanner: clamd})
	held := func(a document.Added) document.Hold {
		o, err := d.documents.Card(ctx, d.worker(), d.client, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		return o.Value.Held
	}
	eicar := string(scantest.EICAR())
	t.Run("a letter is filed", func(t *testing.T) {
		if a := d.add(t, document.Upload{}, "Dear Ms. Ibáñez"); a.Status != document.Filed {
			t.Error(a.Status)
		}
	})
	t.Run("a virus is held: by itself, behind zeros, in an office document", func(t *testing.T) {
		for name, content := range map[string]string{
			"by itself": eicar, "in a document": archive(t, "word/document.xml", eicar),
			"behind padding": "%PDF-1.7\n" + strings.Repeat("\x00", 3<<20) + eicar,
		} {
			if a := d.add(t, document.Upload{}, content); a.Status != document.Quarantined || held(a) != document.Virus {
				t.Error(name, a.Status)
			}
		}
	})
	t.Run("one behind more than the scanner unpacks is held", func(t *testing.T) {
		if a := d.add(t, document.Upload{}, archive(t, "word/document.xml", strings.Repeat("\x00", 150<<20)+eicar)); held(a) != document.TooMuch {
			t.Error(a.Status, held(a))
		}
	})
	t.Run("nothing of what was looked at stays on the disk in clear", func(t *testing.T) {
		d.add(t, document.Upload{}, strings.Repeat("a pelican keeps the ledger\n", 90_000))
		err := filepath.WalkDir(filepath.Dir(w.Blobs), func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if bytes.Contains(b, []byte("pelican")) {
				t.Error(path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("when it has died a file waits", func(t *testing.T) {
		daemon.Stop()
		if a := d.add(t, document.Upload{}, "one more letter"); a.Status != document.Received {
			t.Error(a.Status)
		}
	})
}
