package policydoc_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"caseward/internal/fault"
	"caseward/internal/pdftext"
	"caseward/internal/program/policydoc"
)

const keys = "---\ncode: leaving\ntitle: \nfamily: program\nowner: privacy_officer\naudience: everyone\nstandards: agency practice\nreview: 12\n---\n\n## 1 Old\n"

// policies reads PDFs in this process, as those of these tests are our own.
var policies = &policydoc.Policies{PDF: func(_ context.Context, file []byte) (*pdftext.Document, error) {
	return pdftext.Extract(bytes.NewReader(file), int64(len(file)))
}}

// sample is a PDF that package pdftext is tested with.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("../../pdftext/testdata/" + name + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// docx packs paragraphs of Word.
func docx(t *testing.T, paragraphs string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("word/document.xml")
	if err == nil {
		_, err = io.WriteString(w, `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+paragraphs+`</w:body></w:document>`)
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFileOfTheAgencyBecomesAText(t *testing.T) {
	heading := func(s string) string {
		return `<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>` + s + `</w:t></w:r></w:p>`
	}
	text := func(s string) string { return `<w:p><w:r><w:t>` + s + `</w:t></w:r></w:p>` }
	for name, tc := range map[string]struct {
		called      string
		file        []byte
		title, says string
	}{
		"Word":                     {`C:\Users\pat\Leaving the office.docx`, docx(t, heading("Purpose")+text("Why.")+heading("Rules")+text("Lock it.")), "Leaving the office", "## 1 Purpose\n\nWhy.\n\n## 2 Rules\n\nLock it.\n"},
		"Markdown without keys":    {"leaving.md", []byte("\ufeff## 1 Purpose\r\n\r\nWhy.\r\n"), "leaving", "## 1 Purpose\n\nWhy.\n"},
		"Markdown with its own":    {"x.md", []byte("---\ncode: mine\ntitle: Mine\nfamily: program\nowner: privacy_officer\naudience: everyone\nstandards: agency practice\nreview: 12\n---\n\n## 1 Purpose\n\nWhy.\n"), "Mine", "## 1 Purpose\n\nWhy.\n"},
		"a PDF that has a title":   {"x.pdf", sample(t, "tagged"), "Locking Up and Looking After Records", "The weighing is written down even if the answer is easy.\n"},
		"a PDF without one":        {"Rides.pdf", sample(t, "letter"), "Rides", "| Reports of accidents | program manager | 6 |\n"},
		"text that is no Markdown": {"x.txt", []byte("## 1 All\n\nJust text.\n"), "x", "Just text."},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := policies.Bring(t.Context(), tc.called, tc.file, keys)
			if err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
			read := policydoc.Read(b.Text)
			if len(read.Doc.Problems) > 0 || read.Title != tc.title || !strings.HasSuffix(strings.TrimSpace(b.Text), strings.TrimSpace(tc.says)) {
				t.Errorf("title %q, problems %v, text %q", read.Title, read.Doc.Problems, b.Text)
			}
			if strings.HasSuffix(tc.called, ".pdf") != (b.PDF != nil) {
				t.Errorf("what is to be looked at: %+v", b.PDF)
			}
			if len(b.Sum) != 64 {
				t.Errorf("sum %q", b.Sum)
			}
		})
	}
}

func TestAFileThatIsNoTextIsRefusedWithWhatToDo(t *testing.T) {
	for name, tc := range map[string]struct {
		called string
		file   []byte
		says   string
	}{
		"none":             {"", nil, "Choose a file."},
		"a damaged PDF":    {"x.pdf", []byte("%PDF-1.7 ..."), "may be damaged"},
		"an encrypted PDF": {"x.pdf", sample(t, "locked"), "encrypted"},
		"a scan":           {"x.pdf", sample(t, "scan"), "picture of a text"},
		"old Word":         {"x.doc", append([]byte{0xd0, 0xcf, 0x11, 0xe0}, make([]byte, 600)...), "old format"},
		"a damaged one":    {"x.docx", []byte("PK\x03\x04 no"), "damaged"},
		"no text in it":    {"x.docx", docx(t, ""), "no text"},
		"a picture":        {"x.png", []byte("\x89PNG\x00\x00"), "Word (.docx), PDF or Markdown"},
		"too long":         {"x.md", bytes.Repeat([]byte("word \n\n"), 40_000), "128 kilobytes"},
		"too large a file": {"x.md", make([]byte, policydoc.MostBrought+1), "8 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policies.Bring(t.Context(), tc.called, tc.file, keys)
			if f := fault.FieldsOf(err); !fault.Is(err, fault.Invalid) || len(f) != 1 || f[0].Name != "file" || !strings.Contains(f[0].Message, tc.says) {
				t.Errorf("%v %v", err, f)
			}
		})
	}
}

// TestWhyAPDFIsNotReadIsSaid has every reason in words: what happened, that nothing was
// kept, and what to do.
func TestWhyAPDFIsNotReadIsSaid(t *testing.T) {
	seen := map[string]bool{}
	for _, why := range []error{pdftext.ErrBroken, pdftext.ErrLocked, pdftext.ErrPicture, pdftext.ErrGarbled, pdftext.ErrLarge, fmt.Errorf("%w: signal: killed", pdftext.ErrStopped), pdftext.ErrAway} {
		ps := &policydoc.Policies{PDF: func(context.Context, []byte) (*pdftext.Document, error) { return nil, why }}
		_, err := ps.Bring(t.Context(), "x.pdf", []byte("%PDF-1.7"), keys)
		f := fault.FieldsOf(err)
		if !fault.Is(err, fault.Invalid) || len(f) != 1 || !strings.Contains(f[0].Message, "Nothing of it was kept.") || !strings.Contains(f[0].Message, "choose that file") || seen[f[0].Message] {
			t.Errorf("%v: %v", why, f)
			continue
		}
		seen[f[0].Message] = true
	}
	if _, err := (&policydoc.Policies{}).Bring(t.Context(), "x.pdf", []byte("%PDF-1.7"), keys); !strings.Contains(fmt.Sprint(fault.FieldsOf(err)), "cannot read PDFs") {
		t.Errorf("where none can be read: %v", err)
	}
	ps := &policydoc.Policies{PDF: func(context.Context, []byte) (*pdftext.Document, error) { return nil, context.Canceled }}
	if _, err := ps.Bring(t.Context(), "x.pdf", []byte("%PDF-1.7"), keys); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever asked went away: %v", err)
	}
}
