package assessment_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseward/internal/assessment"
	"caseward/internal/fault"
)

func parse(t testing.TB, path string) assessment.Questionnaire {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	q, err := assessment.Parse(b)
	if err != nil {
		t.Fatal(path, fault.FieldsOf(err))
	}
	return q
}

func TestParse(t *testing.T) {
	t.Run("every instrument that comes with Caseward has both languages, and is recognised", func(t *testing.T) {
		names, err := filepath.Glob("instruments/*.json")
		if err != nil || len(names) != 4 {
			t.Fatal(names, err)
		}
		for _, name := range names {
			q := parse(t, name)
			p, ok := assessment.Recognise(q)
			if !ok || p.Code+".json" != filepath.Base(name) {
				t.Errorf("%s is recognised as %q", name, p.Code)
			}
			if q.Copyright == "" || q.Title.Es == "" || q.Version == "" {
				t.Error(name, "lacks its attribution, its Spanish title or its edition")
			}
			q.Each(func(it assessment.Item, _ []string) {
				if it.Text.En == "" || it.Text.Es == "" {
					t.Error(name, it.Link, "lacks words")
				}
				for _, o := range it.Options {
					if o.Text.Es == "" {
						t.Error(name, it.Link, o.Key, "lacks Spanish")
					}
				}
			})
		}
	})
	t.Run("groups, help and repeats are understood", func(t *testing.T) {
		q := parse(t, "testdata/needs-shape.json")
		var help, repeats, groups int
		q.Each(func(it assessment.Item, parents []string) {
			if it.Help.En != "" {
				help++
			}
			if it.Repeats {
				repeats++
			}
			if it.Type == assessment.Group {
				groups++
			}
		})
		if help != 1 || repeats != 2 || groups != 5 {
			t.Error(help, repeats, groups)
		}
	})
	item := func(more string) string {
		return `{"resourceType":"Questionnaire","title":"T","item":[{"linkId":"a","type":"boolean","text":"A"},{"linkId":"b","text":"B"` + more + `}]}`
	}
	for _, x := range []struct{ name, file string }{
		{"what is no JSON", `nonsense`},
		{"another resource", `{"resourceType":"Patient"}`},
		{"one without a title", `{"resourceType":"Questionnaire","item":[{"linkId":"a","type":"boolean"}]}`},
		{"one that asks nothing", `{"resourceType":"Questionnaire","title":"T","item":[{"linkId":"a","type":"display","text":"Hello"}]}`},
		{"a question with no link", strings.Replace(item(`,"type":"text"`), `"b"`, `""`, 1)},
		{"two questions with one link", strings.Replace(item(`,"type":"text"`), `"b"`, `"a"`, 1)},
		{"a question for a file", item(`,"type":"attachment"`)},
		{"a choice from a list elsewhere", item(`,"type":"choice","answerValueSet":"http://example.org/vs"`)},
		{"an unknown operator", item(`,"type":"text","enableWhen":[{"question":"a","operator":"~","answerBoolean":true}]`)},
		{"a condition on nothing", item(`,"type":"text","enableWhen":[{"question":"z","operator":"=","answerBoolean":true}]`)},
		{"a question that waits for itself", item(`,"type":"text","enableWhen":[{"question":"b","operator":"exists","answerBoolean":true}]`)},
		{"a modifier", item(`,"type":"text","modifierExtension":[{"url":"x"}]`)},
		{"a score that is no whole number", item(`,"type":"choice","answerOption":[{"valueString":"x","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","valueDecimal":0.5}]}]`)},
		{"questions too deep in each other", `{"resourceType":"Questionnaire","title":"T","item":` + strings.Repeat(`[{"linkId":"L","type":"group","item":`, 6) + `[]` + strings.Repeat(`}]`, 6) + `}`},
		{"one of endless items", `{"resourceType":"Questionnaire","title":"T","item":[` + strings.Repeat("{},", 20_000) + `{}]}`},
		{"one too large", strings.Repeat(" ", assessment.MaxFile+1)},
	} {
		t.Run("refuses "+x.name+", and says why", func(t *testing.T) {
			_, err := assessment.Parse([]byte(x.file))
			if !fault.Is(err, fault.Invalid) || len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Name != "file" {
				t.Error(err, fault.FieldsOf(err))
			}
		})
	}
}

// TestFolder reads every Questionnaire of the folder that CASEWARD_QUESTIONNAIRES
// names: instruments whose text is not Caseward's to hand on.
func TestFolder(t *testing.T) {
	dir := os.Getenv("CASEWARD_QUESTIONNAIRES")
	if dir == "" {
		t.Skip("CASEWARD_QUESTIONNAIRES names no folder")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	byURL := map[string]assessment.Questionnaire{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		q, err := assessment.Parse(b)
		if strings.Contains(string(b[:200]), "QuestionnaireResponse") {
			if !fault.Is(err, fault.Invalid) {
				t.Error(name, "is taken for a questionnaire")
			}
			continue
		}
		if err != nil {
			t.Error(filepath.Base(name), fault.FieldsOf(err))
			continue
		}
		p, known := assessment.Recognise(q)
		byURL[q.URL] = q
		t.Log(filepath.Base(name), "is", p.Code, known)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(b[:200]), "QuestionnaireResponse") {
			continue
		}
		type item struct {
			LinkID string `json:"linkId"`
			Answer []struct {
				Coding  *struct{ Code string } `json:"valueCoding"`
				String  string                 `json:"valueString"`
				Integer json.Number            `json:"valueInteger"`
				Decimal json.Number            `json:"valueDecimal"`
			} `json:"answer"`
			Item []json.RawMessage `json:"item"`
		}
		var r struct {
			Questionnaire string            `json:"questionnaire"`
			Item          []json.RawMessage `json:"item"`
		}
		if err := json.Unmarshal(b, &r); err != nil {
			t.Fatal(err)
		}
		a := assessment.Answers{}
		var walk func([]json.RawMessage)
		walk = func(all []json.RawMessage) {
			for _, raw := range all {
				var it item
				if err := json.Unmarshal(raw, &it); err != nil {
					t.Fatal(err)
				}
				for _, x := range it.Answer {
					v := x.String + x.Integer.String() + x.Decimal.String()
					if x.Coding != nil {
						v = x.Coding.Code
					}
					a[it.LinkID] = append(a[it.LinkID], v)
				}
				walk(it.Item)
			}
		}
		walk(r.Item)
		got := assessment.Score(byURL[r.Questionnaire], a)
		var needs []string
		for _, n := range got.Needs {
			needs = append(needs, n.Domain.Disclose()+" "+n.Link)
		}
		t.Log(filepath.Base(name), "amounts to", got.Band.Disclose(), got.Why, needs)
		if len(needs) == 0 {
			t.Error("no needs found")
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"instruments/*.json", "testdata/*.json"} {
		names, _ := filepath.Glob(pattern)
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	f.Add([]byte(`{"resourceType":"Questionnaire","title":"T","item":[{"linkId":"a","type":"integer"},{"linkId":"b","type":"open-choice","answerOption":[{"valueInteger":3},{"valueDate":"2020-01-01"}],"enableBehavior":"any","enableWhen":[{"question":"a","operator":">","answerInteger":1}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := assessment.Parse(b)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		// Whatever was read can be filled in, asked and scored, and what is kept
		// of the answers comes back as it was.
		names := map[string]bool{}
		get := func(name string) []string { return []string{"1", "2"} }
		q.Each(func(it assessment.Item, _ []string) {
			if names[it.Name] {
				t.Fatal("a field's name is there twice")
			}
			names[it.Name] = true
		})
		a, _ := q.Read(get)
		q.Each(func(it assessment.Item, _ []string) {
			if len(it.Options) > 0 {
				a[it.Link] = []string{it.Options[0].Key}
			}
		})
		q.Asked(a)
		assessment.Score(q, a)
		list := q.List(a)
		again := q.List(assessment.Given(list))
		if len(again) != len(list) {
			t.Fatalf("%d answers became %d", len(list), len(again))
		}
	})
}
