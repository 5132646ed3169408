// Package papertest reads back what package paper wrote, for tests: the text of
// each page of a PDF, in the order it is drawn.
package papertest

import (
	"bytes"
	"compress/zlib"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"
)

var stream = regexp.MustCompile(`(?s)<<([^>]*)>>\s*stream\r?\n`)

// Text is what can be read on each page.
func Text(t testing.TB, pdf []byte) []string {
	t.Helper()
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) {
		t.Fatal("this is no PDF")
	}
	var pages []string
	for _, at := range stream.FindAllSubmatchIndex(pdf, -1) {
		if !bytes.Contains(pdf[at[2]:at[3]], []byte("FlateDecode")) || bytes.Contains(pdf[at[2]:at[3]], []byte("Length1")) {
			continue
		}
		r, err := zlib.NewReader(bytes.NewReader(pdf[at[1]:]))
		if err != nil {
			continue
		}
		body, err := io.ReadAll(r)
		if err != nil || !bytes.Contains(body, []byte("Tj")) {
			continue
		}
		pages = append(pages, shown(body))
	}
	if len(pages) == 0 {
		t.Fatal("no page has any text")
	}
	return pages
}

// shown is the strings a page's instructions draw, a line each.
func shown(body []byte) string {
	var out []string
	for i := 0; i < len(body); i++ {
		if body[i] != '(' {
			continue
		}
		var raw []byte
		for i++; i < len(body) && body[i] != ')'; i++ {
			if body[i] == '\\' {
				i++
				switch body[i] {
				case 'r':
					raw = append(raw, '\r')
					continue
				case 'n':
					raw = append(raw, '\n')
					continue
				}
			}
			raw = append(raw, body[i])
		}
		var units []uint16
		for j := 0; j+1 < len(raw); j += 2 {
			units = append(units, uint16(raw[j])<<8|uint16(raw[j+1]))
		}
		out = append(out, string(utf16.Decode(units)))
	}
	return strings.Join(out, "\n")
}

// Golden compares the text of the pages with a file, or writes it.
func Golden(t testing.TB, path string, pages []string, update bool) {
	t.Helper()
	got := strings.Join(pages, "\n\f\n") + "\n"
	if update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("the text is not what %s says; run with -update and look at the difference (%v)", path, err)
	}
}
