package prose

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/paper"
)

// TestHostileText wants nothing of what was typed to be markup: neither HTML, nor
// a link that runs something or leads to a place that was not meant.
func TestHostileText(t *testing.T) {
	for _, source := range []string{
		`<script>alert(1)</script>`,
		"para <img src=x onerror=alert(1)> para",
		"<div\nonclick=alert(1)>\n\n</div>",
		"<!-- hidden --> <?php ?> <![CDATA[x]]>",
		"[a](javascript:alert(1))",
		"[a](JaVaScRiPt:alert(1))",
		"[a](java\tscript:alert(1))",
		"[a](<java script:alert(1)>)",
		"[a](&#106;avascript:alert(1))",
		"[a](\\javascript:alert(1))",
		"[a](data:text/html;base64,PHNjcmlwdD4=)",
		"[a](vbscript:x) [b](file:///etc/passwd) [c](http://plain.example) [d](ftp://x)",
		"[a](//elsewhere.example/x) [b](/\\elsewhere.example) [c](relative)",
		"<javascript:alert(1)> <data:text/html,x>",
		"![x\" onerror=\"alert(1)](https://pixel.example/a.png \"t\")",
		"[a](https://x.example/\"onmouseover=\"alert(1))",
		"[a][r]\n\n[r]: javascript:alert(1)",
		"## 1 <script>x</script> \" onclick=\"y",
		"| <b>a</b> | b |\n|---|---|\n| <script>x</script> | [l](javascript:x) |",
		"`<script>`\n\n```\n<script>x</script>\n```\n\n    <script>y</script>",
		"- <svg/onload=x>\n  > <style>*{}</style>",
		"\x00<script>\xff\xfe</script>\u202e",
		"{{agency}} {{<script>}} {{annex: roles}}",
	} {
		fill := &Fill{Text: map[string]string{"agency": `<b onclick="x">`}, Table: map[string]Table{"annex: roles": {Heads: []string{"<i>"}, Rows: [][]string{{"<script>"}}}}}
		safe(t, string(Parse(source).HTML(fill)))
	}
}

var (
	element = regexp.MustCompile(`<[^<>]*>`)
	known   = regexp.MustCompile(`^<(?:/?(?:p|ul|ol|li|blockquote|pre|code|em|strong|table|thead|tbody|tr|td|th)|/div|/a|/h[23]|br|hr|ol start="[0-9]+"|th scope="col"|div class="wide" tabindex="0"|h[23] id="[a-z0-9-]+"|a href="(?:https://|mailto:|/[^/\\]|/"|#)[^"<> ]*"?(?: rel="noopener noreferrer")?)>$`)
)

// safe wants every element to be one that the writer makes, and each to be ended
// in its turn.
func safe(t *testing.T, out string) {
	t.Helper()
	for _, e := range element.FindAllString(out, -1) {
		if !known.MatchString(strings.ToLower(e)) {
			t.Errorf("%q is in\n%s", e, out)
		}
	}
	if rest := element.ReplaceAllString(out, ""); strings.ContainsAny(rest, `<>"`) {
		t.Errorf("a sign of markup stands in the text:\n%s", out)
	}
	var open []string
	for _, m := range regexp.MustCompile(`<(/?)([a-z0-9]+)`).FindAllStringSubmatch(out, -1) {
		switch {
		case m[2] == "br" || m[2] == "hr":
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			t.Fatalf("</%s> ends %v in\n%s", m[2], open, out)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) != 0 {
		t.Errorf("%v do not end in\n%s", open, out)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"---\ncode: a\n---\n\n## 1 A\n\nb **c** _d_ `e` [f](https://g.example) {{agency}}\n\n### 1.1 H\n\n- i\n  1. j\n\n> k\n\n| l | m |\n|---|---|\n| n | o |\n",
		"# Lesson: x\n\n```\n<b>\n```\n\n***\n\n<https://x.example> <a@b.example> ![p](q)\n",
		"#\n##\n### \n-\n\n>\n", "[[[](()", "|\n|-", "\\", "{{", "* * *\n- - -", "\r\r\n\x00",
		"| a | b |\n|---|---|\n| `x\\|y` | z |", "1. a\n\n   b\n2. c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := Parse(s)
		d.WantClauses()
		safe(t, string(d.HTML(nil)))
		d.Paper(nil)
		anchors := map[string]bool{}
		for _, x := range d.Sections {
			x.Plain(nil)
			if anchors[x.Anchor] {
				t.Errorf("the anchor %q is there twice", x.Anchor)
			}
			anchors[x.Anchor] = true
		}
		n := strings.Count(s, "\n") + strings.Count(s, "\r") + 1
		for _, p := range d.Problems {
			if p.Line < 1 || p.Line > n {
				t.Errorf("%s: there are %d lines", p, n)
			}
		}
	})
}

const small = `---
code: use
title: Using computers
standards: 45 CFR 164.310(b); 45 CFR 164.310(c)
---

## 1 Purpose

Lock the screen at {{agency}}, **always**; see [the log](/log) or
<https://www.hhs.gov/hipaa>.

### 1.1 Steps

1. Stand up.
2. Lock:
   - by key
   - by hand

> Not law.

## 2 Roles & rights

{{annex: roles}}

| When | What |
|:-----|-----:|
| a    | b \| c |
`

func TestWhatIsRead(t *testing.T) {
	d := Parse(small)
	d.WantClauses()
	if len(d.Problems) != 0 {
		t.Fatal(d.Problems)
	}
	if got := d.List("standards"); d.Get("title") != "Using computers" || len(got) != 2 || got[1] != "45 CFR 164.310(c)" || d.Line("standards") != 4 {
		t.Errorf("front matter: %+v", d.Front)
	}
	var got []string
	for _, s := range d.Sections {
		got = append(got, s.Number+"|"+s.Title+"|"+s.Anchor)
	}
	if want := []string{"1|Purpose|c1", "1.1|Steps|c1-1", "2|Roles & rights|c2"}; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if d.Sections[1].Line != 12 || !strings.HasPrefix(d.Sections[1].Source, "1. Stand up.") || !strings.HasSuffix(d.Sections[1].Source, "> Not law.") {
		t.Errorf("%d, %q", d.Sections[1].Line, d.Sections[1].Source)
	}
	var words []string
	for _, w := range d.Words() {
		words = append(words, w.Name)
	}
	if !cmp.Equal(words, []string{"agency", "annex: roles"}) {
		t.Errorf("words: %q", words)
	}
	fill := &Fill{Text: map[string]string{"agency": "Harbor & Sons"}, Table: map[string]Table{"annex: roles": {[]string{"Role", "May"}, [][]string{{"intake", "register"}}}}}
	compare(t, "small.html", string(d.HTML(fill)))
	plain := ""
	for _, s := range d.Sections {
		plain += s.Heading() + "\n" + s.Plain(fill) + "\n\n"
	}
	compare(t, "small.txt", plain)
	if _, err := paper.PDF(paper.Doc{Title: "x", Lang: "en-US", Page: "Page %s of %s", Blocks: d.Paper(fill)}); err != nil {
		t.Error(err)
	}
	var tables int
	for _, b := range d.Paper(fill) {
		if b.Table != nil {
			tables++
		}
	}
	if tables != 2 {
		t.Errorf("%d tables on paper", tables)
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: %s", name, cmp.Diff(string(want), got))
	}
}

func TestProblemsHaveTheirLine(t *testing.T) {
	for _, c := range []struct {
		source, want string
	}{
		{"---\na: b\nA = c\n---\n## 1 X", "line 3: Before the text each line is"},
		{"---\na: b\na: c\n---\n## 1 X", "line 3: The key a is there twice"},
		{"---\na: b\n", "The keys before the text do not end"},
		{"words\n\n## 1 X", "line 1: Text stands before"},
		{"## 1 X\n\n## 3 Y", "line 3: This clause begins with ## 2"},
		{"## 1 X\n\n### 2.1 Y", "line 3: This clause begins with ### 1.1"},
		{"## 1 X\n\n# Y", "line 3: A clause begins with ##"},
		{"## 1 X\n\n#### Y", "line 3: A heading has more than three"},
		{"## Purpose", "line 1: This clause begins with ## 1"},
		{"## 1", "line 1: A heading has no words"},
		{"## 1 X\n\ntext\n\n- a\n- [b](javascript:x)", "line 6: A link leads to"},
		{"## 1 X\n\ntext\nmore <javascript:x>", "line 3: A link leads to"},
		{"## 1 X\n\n![a](https://b.example/c.png)", "line 3: Pictures are not shown"},
		{"## 1 X\n\n- a\n\n  ## 2 Y", "line 5: A heading stands in a list"},
		{"## 1 X\n\n```\ncode", "A block of code begins"},
		{"## 1 X\n\n" + strings.Repeat("> ", 20) + "deep", "line 3: Lists and quotes stand"},
		{"## 1 X\n" + strings.Repeat("a\n\n", Most), "line 1: The text is longer than 128 kilobytes"},
		{"## 1 X\n\nshort\n" + strings.Repeat("*a_ ", 4000) + "\nmore\n\nshort again", "line 4: More than 8 kilobytes stand here"},
		{"## 1 X\n\n|" + strings.Repeat("a|", 30) + "\n|" + strings.Repeat("-|", 30), "line 3: This line has more than 24 columns"},
		{"", "line 1: There is no text"},
	} {
		d := Parse(c.source)
		d.WantClauses()
		if !strings.Contains(d.Problems.Error(), c.want) {
			t.Errorf("%.60q: %q, want %q", c.source, d.Problems.Error(), c.want)
		}
	}
	d := Parse("## 1 X\n\nFrom 3 > 2 follows a <b>. [in](/log) [out](https://a.example) [mail](mailto:a@b.example) [here](#c1)\n\n---\n\n2026. was\n")
	d.WantClauses()
	if len(d.Problems) != 0 {
		t.Errorf("a good text has problems: %v", d.Problems)
	}
}

func TestKeysAreReadWithoutTheText(t *testing.T) {
	for name, tc := range map[string]struct {
		text, code, body string
		ok               bool
	}{
		"keys and a text":           {"---\r\ncode: a\r\ncites: x; y\r\n---\r\n\r\n## One\r\n", "a", "## One", true},
		"no keys":                   {"## One\n", "", "## One", false},
		"keys that do not end":      {"---\ncode: a\n", "a", "", false},
		"a key that is there twice": {"---\ncode: a\ncode: b\n---\nText\n", "a", "Text", false},
		"nothing":                   {"", "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			d, body, ok := Front(tc.text)
			if d.Get("code") != tc.code || body != tc.body || ok != tc.ok {
				t.Errorf("%q, %q, %v", d.Get("code"), body, ok)
			}
		})
	}
}
