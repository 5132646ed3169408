package pdftext

import (
	"testing"
	"unicode/utf8"

	"caseward/internal/prose"
	"caseward/internal/prose/clauses"
)

// FuzzBlocks makes texts of glyphs that stand anywhere. The library that finds glyphs in a
// file is not run here: it may go on without end, and is tested in a process of its own.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte("\x10\x40\x01A\x18\x40\x01b\x10\x38\x00-\x18\x38\x00c"))
	f.Add([]byte("\x10\x40\x011\x12\x40\x01.\x20\x40\x01x\x10\x30\x00\xb7\x60\x30\x00y\x10\x28\x00|\x60\x28\x00z"))
	f.Add([]byte("\x10\x40\x01\xe1\x14\x40\x011\x18\x40\x01(\x20\x40\x01\xe2\x1c\x40\x01b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		faces := []*font{{}, {bold: true}, {italic: true}}
		r := &reader{pages: make([]page, 1)}
		for i := 0; i+3 < len(data) && i < 4000; i += 4 {
			if data[i+2]&0x80 != 0 && len(r.pages) < 20 {
				r.pages = append(r.pages, page{})
			}
			sign := rune(data[i+3])
			if sign >= 0xe0 {
				sign += 0x5d0 - 0xe0 // Hebrew
			}
			text := plain(string(sign))
			if text == "" {
				continue
			}
			g := glyph{x: float64(data[i]) * 3, y: float64(data[i+1]) * 3, size: 8 + float64(data[i+2]&15), text: text, font: faces[int(data[i+2]>>4&3)%3]}
			g.end = g.x + g.size/2
			if k := int(data[i+2] >> 6 & 1); k == 1 && data[i]&1 == 1 {
				g.tag = &tag{kind: int(data[i+1]) % 5, block: int(data[i+1]) / 4, level: 1 + int(data[i])%6, table: 1, row: int(data[i+1]) / 16, col: int(data[i]) / 16}
			}
			p := &r.pages[len(r.pages)-1]
			p.glyphs = append(p.glyphs, g)
		}
		for i := range r.pages {
			r.pages[i].lines = toLines(r.pages[i].glyphs)
		}
		_, text := clauses.Write("", r.blocks())
		if !utf8.ValidString(text) {
			t.Errorf("%q is no text", text)
		}
		prose.Parse(text)
	})
}
