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
