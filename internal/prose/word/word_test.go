package word_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/prose"
	"caseward/internal/prose/word"
)

const space = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

const styles = `<w:styles ` + space + `>
<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="berschrift1"/></w:style>
<w:style w:type="paragraph" w:styleId="Ours"><w:name w:val="Our heading"/><w:basedOn w:val="Heading2"/></w:style>
<w:style w:type="paragraph" w:styleId="Outlined"><w:name w:val="Part"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="ListBullet"><w:name w:val="List Bullet"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
</w:styles>`

const numbering = `<w:numbering ` + space + `>
<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="lowerLetter"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>`

const links = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://www.hhs.gov/hipaa" TargetMode="External"/>
<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="javascript:alert(1)" TargetMode="External"/>
</Relationships>`

// file packs a document with this body.
func file(t testing.TB, body string) []byte {
	return pack(t, map[string]string{
		"word/document.xml": `<?xml version="1.0" encoding="UTF-8"?><w:document ` + space + `><w:body>` + body + `<w:sectPr/></w:body></w:document>`,
		"word/styles.xml":   styles, "word/numbering.xml": numbering, "word/_rels/document.xml.rels": links,
	})
}

func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(b []byte) (*word.Document, error) { return word.Read(bytes.NewReader(b), int64(len(b))) }

func p(style, text string) string {
	props := ""
	if style != "" {
		props = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + props + `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func item(list, level, text string) string {
	return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + list + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
}

func bold(text string) string {
	return `<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>` + text + `</w:t></w:r></w:p>`
}

func TestADocumentBecomesNumberedClauses(t *testing.T) {
	for name, tc := range map[string]struct {
		body, title, want string
		left              word.Left
	}{
		"headings by style, by a style that is based on one, and by outline": {
			body:  p("Title", "Leaving the office") + p("berschrift1", "1. Purpose") + p("", "Why.") + p("Heading2", "1.1  Who") + p("Ours", "When") + p("Outlined", "Section 4 Rules"),
			title: "Leaving the office",
			want:  "## 1 Purpose\n\nWhy.\n\n### 1.1 Who\n\n### 1.2 When\n\n## 2 Rules\n",
		},
		"one heading over all others is the title": {
			body: p("berschrift1", "Incident policy") + p("Heading2", "Purpose") + p("", "Why.") + p("Heading2", "Rules"), title: "Incident policy",
			want: "## 1 Purpose\n\nWhy.\n\n## 2 Rules\n",
		},
		"no headings: lines that are bold as a whole": {
			body: bold("PURPOSE") + p("", "Why.") + bold("This whole sentence is bold, and is one.") + bold("Rules"),
			want: "## 1 PURPOSE\n\nWhy.\n\n**This whole sentence is bold, and is one.**\n\n## 2 Rules\n",
		},
		"text before the first heading, and text alone": {
			body: p("", "Some text."), want: "## 1 Text\n\nSome text.\n",
		},
		"lists in lists, and a number after them": {
			body: p("", "Do:") + item("1", "0", "one") + item("1", "1", "inner") + item("2", "0", "first") + item("2", "0", "second") + item("2", "1", "a") + item("2", "0", "third") + p("", "1. typed") + p("ListBullet", "by style"),
			want: "## 1 Text\n\nDo:\n\n- one\n    - inner\n1. first\n2. second\n    1. a\n3. third\n\n1\\. typed\n\n- by style\n",
		},
		"emphasis, also over several runs, and links": {
			body: `<w:p><w:r><w:t xml:space="preserve">Call </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">the privacy </w:t></w:r><w:r><w:rPr><w:b w:val="1"/></w:rPr><w:t xml:space="preserve">officer </w:t></w:r>` +
				`<w:r><w:rPr><w:i/><w:b w:val="0"/></w:rPr><w:t>today</w:t></w:r><w:r><w:t xml:space="preserve">, see </w:t></w:r><w:hyperlink r:id="rId1"><w:r><w:t>the rule</w:t></w:r></w:hyperlink><w:hyperlink r:id="rId2"><w:r><w:t>, not this</w:t></w:r></w:hyperlink></w:p>`,
			want: "## 1 Text\n\nCall **the privacy officer** *today*, see [the rule](https://www.hhs.gov/hipaa), not this\n",
		},
		"marks in the text stay text": {
			body: p("", "# a * b_c [x](y) &lt;script&gt; {{agency}} | \\") + p("", "- not a list") + p("", "12) not one"),
			want: "## 1 Text\n\n\\# a \\* b\\_c \\[x\\](y) \\<script\\> \\{\\{agency\\}\\} \\| \\\\\n\n\\- not a list\n\n12\\) not one\n",
		},
		"a table": {
			body: `<w:tbl><w:tr><w:tc>` + p("", "Who") + `</w:tc><w:tc>` + p("", "When") + `</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>` + p("", "A|B") + p("", "both") + `</w:tc></w:tr></w:tbl>` +
				`<w:tbl><w:tr><w:tc>` + p("", "A frame.") + `</w:tc></w:tr></w:tbl>`,
			want: "## 1 Text\n\n| Who | When |\n|---|---|\n| A\\|B both |  |\n\nA frame.\n",
		},
		"what is not taken is counted": {
			body: `<w:p><w:r><w:t>Kept</w:t></w:r><w:ins><w:r><w:t>, added</w:t></w:r></w:ins><w:del><w:r><w:delText>, struck</w:delText></w:r></w:del><w:r><w:drawing><w:p><w:r><w:t>in a picture</w:t></w:r></w:p></w:drawing></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:commentReference w:id="1"/></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r></w:p>`,
			want: "## 1 Text\n\nKept, added\n", left: word.Left{Pictures: 1, Notes: 1, Comments: 1, Deletions: 1},
		},
		"no table of contents": {
			body: `<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr><w:sdtContent>` + p("", "Contents") + `</w:sdtContent></w:sdt>` + p("TOC1", "1 Purpose 3") + `<w:sdt><w:sdtContent>` + p("", "A field.") + `</w:sdtContent></w:sdt>`,
			want: "## 1 Text\n\nA field.\n",
		},
		"nothing": {want: "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := read(file(t, tc.body))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(&word.Document{Title: tc.title, Text: tc.want, Left: tc.left}, got); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
			if tc.body == "" {
				return
			}
			doc := prose.Parse(got.Text)
			if doc.WantClauses(); len(doc.Problems) > 0 {
				t.Errorf("the text it became has mistakes: %v", doc.Problems)
			}
		})
	}
}

func TestWhatIsNoDocumentIsRefusedWithItsReason(t *testing.T) {
	deep := strings.Repeat("<w:ins>", 300) + strings.Repeat("</w:ins>", 300)
	for name, tc := range map[string]struct {
		file []byte
		want error
	}{
		"the old format":         {append([]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, make([]byte, 600)...), word.ErrOld},
		"rich text":              {[]byte(`{\rtf1 hello}`), word.ErrOld},
		"text":                   {[]byte("hello"), word.ErrBroken},
		"nothing":                {nil, word.ErrBroken},
		"another archive":        {pack(t, map[string]string{"a.txt": "x"}), word.ErrBroken},
		"cut short":              {file(t, p("", "x"))[:200], word.ErrBroken},
		"broken XML":             {pack(t, map[string]string{"word/document.xml": "<w:document><w:body>"}), word.ErrBroken},
		"elements in each other": {file(t, deep), word.ErrLarge},
		"a bomb":                 {pack(t, map[string]string{"word/document.xml": "<d><body>" + strings.Repeat(" ", 40<<20) + "</body></d>"}), word.ErrLarge},
		"too many elements":      {file(t, strings.Repeat("<w:p/>", 600_000)), word.ErrLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := read(tc.file); !errors.Is(err, tc.want) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
}

// What comes of any body is a text that package prose reads without a mistake in its clauses.
func FuzzRead(f *testing.F) {
	for _, s := range []string{p("Title", "T") + p("berschrift1", "1. Purpose"), bold("X"), item("2", "3", "- x"), "<w:tbl><w:tr><w:tc/></w:tr></w:tbl>", p("", "# *`|{{x}}")} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := read(file(t, body))
		if err != nil || len(got.Text) > prose.Most || strings.TrimSpace(got.Text) == "" {
			return
		}
		d := prose.Parse(got.Text)
		for _, s := range d.Sections {
			if s.Level != 2 && s.Level != 3 {
				t.Fatalf("a section of level %d in %q", s.Level, got.Text)
			}
		}
	})
}
