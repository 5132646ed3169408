package paper_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"caseward/internal/fault"
	"caseward/internal/paper"
	"caseward/internal/paper/papertest"
)

var update = flag.Bool("update", false, "write what is made to testdata")

var sheet = paper.Sheet{
	Name: "Caseload", Heads: []string{"Client", "Program", "Contacts"},
	Rows: [][]paper.Cell{
		{paper.Word("Ibáñez, Marisol"), paper.Word("Housing"), paper.Count(3)},
		{paper.Word("=HYPERLINK(\"http://x\")"), paper.Word("-1+1"), paper.Count(-2)},
		{paper.Word(" @SUM(A1)"), paper.Word("\t=1"), paper.Count(0)},
		{paper.Word("say \"hi\", twice\nhere"), paper.Word("＝1"), paper.Count(1)},
	},
	About: []string{"Confidential.", "Asked for by Dana Reyes & Co"},
}

func TestCSV(t *testing.T) {
	b, err := paper.CSV(sheet)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("no text begins like a formula, and numbers stay numbers", func(t *testing.T) {
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(b), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{
			{"Client", "Program", "Contacts"}, {"Ibáñez, Marisol", "Housing", "3"},
			{"'=HYPERLINK(\"http://x\")", "'-1+1", "-2"}, {"' @SUM(A1)", "'\t=1", "0"}, {"say \"hi\", twice\nhere", "'＝1", "1"},
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Error(diff)
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"=1", "+1", "a", "", " =", "\u00a0=1", "\ufeff@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := paper.CSV(paper.Sheet{Heads: []string{"h"}, Rows: [][]paper.Cell{{paper.Word(s)}}})
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
		if err != nil || len(rows) < 2 {
			return // an empty line is no row
		}
		if got := rows[1][0]; got != "" && strings.ContainsAny(got[:1], "=+-@\t\r") {
			t.Errorf("%q begins like a formula", got)
		}
	})
}

func TestXLSX(t *testing.T) {
	b, err := paper.XLSX(sheet)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the cells are what was given, none a formula", func(t *testing.T) {
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := f.GetRows("Caseload")
		if err != nil {
			t.Fatal(err)
		}
		if rows[2][0] != sheet.Rows[1][0].Text || rows[1][2] != "3" {
			t.Error(rows)
		}
		if x, _ := f.GetCellFormula("Caseload", "A3"); x != "" {
			t.Error(x)
		}
	})
	t.Run("it looks as it should: bold heads that stay, columns as wide as their text, and who asked in print", func(t *testing.T) {
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for at, want := range map[string]bool{"A1": true, "C1": true, "A2": false} {
			id, err := f.GetCellStyle("Caseload", at)
			if err != nil {
				t.Fatal(err)
			}
			if style, err := f.GetStyle(id); err != nil || (style.Font != nil && style.Font.Bold) != want {
				t.Error(at, style, err)
			}
		}
		if p, err := f.GetPanes("Caseload"); err != nil || !p.Freeze || p.YSplit != 1 || p.TopLeftCell != "A2" {
			t.Errorf("%+v, %v", p, err)
		}
		if w, err := f.GetColWidth("Caseload", "A"); err != nil || w != 24 {
			t.Error(w, err)
		}
		if h, err := f.GetHeaderFooter("Caseload"); err != nil || h.OddHeader != "&LConfidential." || h.OddFooter != "&R&P / &N" {
			t.Errorf("%+v, %v", h, err)
		}
		if rows, err := f.GetRows("About"); err != nil || len(rows) != 2 || rows[1][0] != "Asked for by Dana Reyes & Co" {
			t.Error(rows, err)
		}
	})
	t.Run("any text comes back as it was, in any column", func(t *testing.T) {
		texts := []string{"_x0041_", "_x0041_x0042_", "__x0041_", "_x00zz_", "<b> & \"'", " space ", "two\nlines", "кириллица", "名前", "😀", strings.Repeat("é", 32767)}
		s := paper.Sheet{Name: "about", About: []string{"x"}}
		var row []paper.Cell
		for i := range 800 {
			s.Heads, row = append(s.Heads, "h"), append(row, paper.Word(texts[i%len(texts)]))
		}
		s.Rows = [][]paper.Cell{row, {paper.Word("cut" + strings.Repeat("x", 32767)), paper.Word("\x00\x01\xff"), paper.Count(-1 << 40)}}
		b, err := paper.XLSX(s)
		if err != nil {
			t.Fatal(err)
		}
		f, err := excelize.OpenReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if names := f.GetSheetList(); len(names) != 2 || strings.EqualFold(names[0], names[1]) {
			t.Fatal(names)
		}
		rows, err := f.GetRows(f.GetSheetList()[0])
		if err != nil || len(rows) != 3 || len(rows[1]) != 800 {
			t.Fatal(len(rows), err)
		}
		for i, got := range rows[1] {
			if got != texts[i%len(texts)] {
				t.Fatalf("column %d: %q", i, got)
			}
		}
		if r := rows[2]; len(r[0]) != 32767 || r[1] != "\uFFFD\uFFFD\uFFFD" || r[2] != "-1099511627776" {
			t.Errorf("%d, %q", len(r[0]), r[1:])
		}
	})
	t.Run("the same sheet makes the same bytes", func(t *testing.T) {
		if again, err := paper.XLSX(sheet); err != nil || !bytes.Equal(again, b) {
			t.Error(err)
		}
	})
	t.Run("what a workbook cannot hold is refused", func(t *testing.T) {
		for _, s := range []paper.Sheet{{Rows: make([][]paper.Cell, 1<<20)}, {Heads: make([]string, 1<<14+1)}, {Rows: [][]paper.Cell{make([]paper.Cell, 1<<14+1)}}} {
			if _, err := paper.XLSX(s); !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		}
	})
	t.Run("nothing in the workbook computes", func(t *testing.T) {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(r)
			if bytes.Contains(text, []byte("<f>")) || strings.Contains(f.Name, "vba") {
				t.Error(f.Name)
			}
		}
	})
}

func doc() paper.Doc {
	d := paper.Doc{
		Title: "Chart", Lang: "en-US", At: time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC), Letter: true, Page: "Page %s of %s",
		Head: []string{"Ibáñez, Marisol (C-20417)", "Harborlight"}, Foot: []string{"Confidential.", "Printed by Dana Reyes, Nov 20, 2026, for treatment"},
		Blocks: []paper.Block{
			{Heading: "Identity"}, {Facts: [][2]string{{"Born", "03/11/1987"}, {"Language", "español; “sí” – ñandú"}}},
			{Notice: "42 CFR part 2 prohibits unauthorized use or disclosure of these records."},
			{Heading: "Notes"}, {Sub: "Home visit"}, {Text: strings.Repeat("Talked about the lease and the bus. ", 40)}, {Small: "Signed by Dana Reyes"},
			{Table: &sheet},
		},
	}
	for range 40 {
		d.Blocks = append(d.Blocks, paper.Block{Sub: "Phone call"}, paper.Block{Text: "Called, no answer."})
	}
	return d
}

func TestPDF(t *testing.T) {
	b, err := paper.PDF(doc())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the same document is the same file", func(t *testing.T) {
		again, err := paper.PDF(doc())
		if err != nil || !bytes.Equal(b, again) {
			t.Error("it is not", err)
		}
	})
	text := papertest.Text(t, b)
	t.Run("every page has its head, its foot and its number", func(t *testing.T) {
		if len(text) < 3 {
			t.Fatal(len(text))
		}
		for i, page := range text {
			for _, want := range []string{"Ibáñez, Marisol (C-20417)", "Confidential.", "Printed by Dana Reyes", "Page " + paper.Count(int64(i+1)).String() + " of " + paper.Count(int64(len(text))).String()} {
				if !strings.Contains(page, want) {
					t.Errorf("page %d has no %q", i+1, want)
				}
			}
		}
	})
	t.Run("what can be read is as it was", func(t *testing.T) { papertest.Golden(t, filepath.Join("testdata", "chart.txt"), text, *update) })
	if path := os.Getenv("CASEWARD_PDF"); path != "" {
		_ = os.WriteFile(path, b, 0o600)
	}
}
