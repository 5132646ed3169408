package assessment_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"caseward/internal/assessment"
)

// answers gives the i-th question of those that count the i-th digit: the index
// of the answer, "-" for none.
func answers(q assessment.Questionnaire, digits string) assessment.Answers {
	p, _ := assessment.Recognise(q)
	a := assessment.Answers{}
	q.Each(func(it assessment.Item, _ []string) {
		i := slices.Index(p.Items, it.Code)
		if i < 0 || i >= len(digits) || digits[i] == '-' {
			return
		}
		n, err := strconv.Atoi(digits[i : i+1])
		if err != nil {
			panic(err)
		}
		a[it.Link] = []string{it.Options[n].Key}
	})
	return a
}

func said(r assessment.Result) string {
	n, ok := r.Score.Disclose()
	s := "–"
	if ok {
		s = strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf("%s/%d %s %s missing %d safety %v", s, r.Of, r.Band.Disclose(), r.Why, r.Missing, r.Safety)
}

// TestScores are known vectors: the cut points of the authors, from both sides.
func TestScores(t *testing.T) {
	for _, x := range []struct{ file, digits, want string }{
		{"phq-9", "000000000", "0/27 minimal  missing 0 safety false"},
		{"phq-9", "111100000", "4/27 minimal  missing 0 safety false"},
		{"phq-9", "111110000", "5/27 mild  missing 0 safety false"},
		{"phq-9", "111111111", "9/27 mild  missing 0 safety true"},
		{"phq-9", "333100000", "10/27 moderate  missing 0 safety false"},
		{"phq-9", "333320000", "14/27 moderate  missing 0 safety false"},
		{"phq-9", "333330000", "15/27 moderately_severe  missing 0 safety false"},
		{"phq-9", "333333100", "19/27 moderately_severe  missing 0 safety false"},
		{"phq-9", "333333200", "20/27 severe  missing 0 safety false"},
		{"phq-9", "333333333", "27/27 severe  missing 0 safety true"},
		{"phq-9", "33333333-", "–/27  missing missing 1 safety false"},
		{"phq-9", "--------1", "–/27  missing missing 8 safety true"},
		{"phq-9", "---------", "–/27  missing missing 9 safety false"},
		{"gad-7", "0000000", "0/21 minimal  missing 0 safety false"},
		{"gad-7", "1111000", "4/21 minimal  missing 0 safety false"},
		{"gad-7", "1111100", "5/21 mild  missing 0 safety false"},
		{"gad-7", "3330000", "9/21 mild  missing 0 safety false"},
		{"gad-7", "3331000", "10/21 moderate  missing 0 safety false"},
		{"gad-7", "3333200", "14/21 moderate  missing 0 safety false"},
		{"gad-7", "3333300", "15/21 severe  missing 0 safety false"},
		{"gad-7", "3333333", "21/21 severe  missing 0 safety false"},
		{"gad-7", "333333-", "–/21  missing missing 1 safety false"},
		// Often, sometimes, never, don't know.
		{"hunger-vital-sign", "02", "–/0 positive  missing 0 safety false"},
		{"hunger-vital-sign", "21", "–/0 positive  missing 0 safety false"},
		{"hunger-vital-sign", "22", "–/0 negative  missing 0 safety false"},
		{"hunger-vital-sign", "0-", "–/0 positive  missing 1 safety false"},
		{"hunger-vital-sign", "31", "–/0 positive  missing 0 safety false"},
		{"hunger-vital-sign", "2-", "–/0  missing missing 1 safety false"},
		{"hunger-vital-sign", "23", "–/0  unclear missing 0 safety false"},
		{"hunger-vital-sign", "33", "–/0  unclear missing 0 safety false"},
	} {
		t.Run(x.file+" "+x.digits, func(t *testing.T) {
			q := parse(t, "instruments/"+x.file+".json")
			if got := said(assessment.Score(q, answers(q, x.digits))); got != x.want {
				t.Errorf("%s, want %s", got, x.want)
			}
		})
	}
}

func TestNeeds(t *testing.T) {
	found := func(r assessment.Result) (out []string) {
		for _, n := range r.Needs {
			out = append(out, n.Domain.Disclose())
		}
		return out
	}
	t.Run("PRAPARE names the needs, and makes up no total", func(t *testing.T) {
		q := parse(t, "testdata/needs-shape.json")
		r := assessment.Score(q, assessment.Answers{
			"/a/71802-3": {"LA30190-5"}, "/a/93033-9": {"LA30122-8"}, "/b/67875-5": {"LA17956-6"}, "/b/93031-3": {"LA30126-9", "LA30127-7"},
			"/b/93030-5": {"LA30134-3", "LA30133-5"}, "/c/93029-7": {"LA30131-9"}, "/c/93038-8": {"LA13909-9"}, "/d/93026-3": {"LA32-8"}, "/d/76501-6": {"LA32-8"},
		})
		if got := found(r); !slices.Equal(got, []string{"housing", "employment", "income", "family", "transportation", "safety"}) {
			t.Error(got)
		}
		if !r.Score.Empty() || r.Why != assessment.NeedsOnly || r.Missing != 0 {
			t.Error(said(r))
		}
	})
	t.Run("nothing needed is nothing found", func(t *testing.T) {
		q := parse(t, "testdata/needs-shape.json")
		r := assessment.Score(q, assessment.Answers{"/a/71802-3": {"LA30189-7"}, "/a/93033-9": {"LA32-8"}})
		if len(r.Needs) != 0 || r.Missing != 4 {
			t.Error(found(r), r.Missing)
		}
	})
	t.Run("the check of social needs", func(t *testing.T) {
		q := parse(t, "instruments/social-needs.json")
		r := assessment.Score(q, assessment.Answers{"sn-housing": {"losing"}, "sn-food": {"never"}, "sn-money": {"medicine"}, "sn-safe": {"unsure"}})
		if got := found(r); !slices.Equal(got, []string{"housing", "health", "safety"}) {
			t.Error(got)
		}
	})
	t.Run("an instrument nothing is known of has a total only if it says every answer's value", func(t *testing.T) {
		const head = `{"resourceType":"Questionnaire","title":"T","item":[`
		one := func(link, ext string) string {
			return `{"linkId":"` + link + `","type":"choice","text":"Q","answerOption":[{"valueCoding":{"code":"x","display":"X"}` + ext + `}]}`
		}
		scored := `,"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","valueDecimal":2}]`
		for _, x := range []struct{ second, want string }{
			{one("b", scored), "4/4   missing 0 safety false"},
			{one("b", ""), "–/0  no_rule missing 0 safety false"},
		} {
			q, err := assessment.Parse([]byte(head + one("a", scored) + "," + x.second + "]}"))
			if err != nil {
				t.Fatal(err)
			}
			if got := said(assessment.Score(q, assessment.Answers{"a": {"x"}, "b": {"x"}})); got != x.want {
				t.Error(got)
			}
		}
	})
	t.Run("a part of a known instrument has no total that could be taken for its score", func(t *testing.T) {
		q, err := assessment.Parse([]byte(`{"resourceType":"Questionnaire","title":"PHQ-9 without its ninth","item":[
			{"linkId":"a","type":"choice","text":"A","code":[{"code":"44250-9"}],"answerValueSet":"http://loinc.org/vs/LL358-3"},
			{"linkId":"b","type":"choice","text":"B","code":[{"code":"44255-8"}],"answerValueSet":"http://loinc.org/vs/LL358-3"}]}`))
		if err != nil {
			t.Fatal(err)
		}
		if r := assessment.Score(q, assessment.Answers{"a": {"LA6571-9"}, "b": {"LA6571-9"}}); r.Why != assessment.NoRule || !r.Score.Empty() {
			t.Error(said(r))
		}
	})
}

func TestAsked(t *testing.T) {
	q := parse(t, "instruments/social-needs.json")
	phq := parse(t, "instruments/phq-9.json")
	t.Run("a question is asked when its condition holds", func(t *testing.T) {
		if q.Asked(assessment.Answers{"sn-housing": {"steady"}})["sn-staying"] || !q.Asked(assessment.Answers{"sn-housing": {"none"}})["sn-staying"] {
			t.Error("where somebody stays is asked wrongly")
		}
	})
	t.Run("any of several conditions is enough", func(t *testing.T) {
		none, some := answers(phq, "000000000"), answers(phq, "000000001")
		if phq.Asked(none)["difficulty"] || !phq.Asked(some)["difficulty"] {
			t.Error("the difficulty is asked wrongly")
		}
	})
	t.Run("an answer to a question that is no longer asked counts for nothing", func(t *testing.T) {
		l := q.List(assessment.Answers{"sn-housing": {"steady"}, "sn-staying": {"shelter"}})
		if len(l) != 1 || l[0].Link != "sn-housing" {
			t.Error(len(l))
		}
	})
	t.Run("other words come back as they were written", func(t *testing.T) {
		var name string
		q.Each(func(it assessment.Item, _ []string) {
			if it.Link == "sn-staying" {
				name = it.Name
			}
		})
		a, bad := q.Read(func(n string) []string {
			switch n {
			case name:
				return []string{assessment.OtherKey}
			case name + "~other":
				return []string{"In a church"}
			}
			return nil
		})
		if len(bad) != 0 || !slices.Equal(q.Fields(a)[name+"~other"], []string{"In a church"}) {
			t.Error(bad, q.Fields(a))
		}
		if _, bad := q.Read(func(n string) []string { return map[string][]string{name: {assessment.OtherKey}}[n] }); len(bad) != 1 {
			t.Error("no words for another answer are taken")
		}
	})
}
