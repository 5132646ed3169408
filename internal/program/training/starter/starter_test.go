package starter

import (
	"strings"
	"testing"

	"caseward/internal/program/training"
	"caseward/law"
)

func TestEveryCourseIsWhole(t *testing.T) {
	seen := map[string]string{}
	orientations, scenarios := 0, map[string]bool{}
	for lang, texts := range map[string]map[string]string{"en": read("en"), "es": read("es")} {
		for _, name := range names(texts) {
			c, ps := training.Parse(texts[name])
			for _, p := range ps {
				t.Errorf("%s/%s:%d: %s", lang, name, p.Line, p.Says)
			}
			if want := strings.TrimSuffix(name, ".md"); c.Code != want {
				t.Errorf("%s/%s has the code %q", lang, name, c.Code)
			}
			for _, cite := range c.Citations {
				if cite != law.Practice && !law.Known(cite) {
					t.Errorf("%s/%s cites %q", lang, name, cite)
				}
			}
			if lang == "en" {
				if seen[c.Title] != "" {
					t.Errorf("%s and %s have one title", name, seen[c.Title])
				}
				seen[c.Title] = name
				if c.Form == training.Orientation {
					orientations++
				}
				for _, topic := range c.Topics {
					scenarios[topic] = scenarios[topic] || len(c.Scenarios) > 0
				}
			}
		}
	}
	if len(seen) < 8 || orientations < 2 {
		t.Errorf("%d courses, %d orientations", len(seen), orientations)
	}
	for topic, has := range scenarios {
		if !has {
			t.Errorf("no scenario is about %s", topic)
		}
	}
}

func TestACourseIsTheSameInBothLanguages(t *testing.T) {
	en := read("en")
	for name, text := range read("es") {
		a, _ := training.Parse(en[name])
		b, _ := training.Parse(text)
		if !a.Alike(b) {
			t.Errorf("%s is not the same course in Spanish", name)
		}
	}
}

func TestEveryPromptIsWholeAndTheSameInBothLanguages(t *testing.T) {
	en, es := read("prompts/en"), read("prompts/es")
	moments := map[training.Moment]int{}
	for _, p := range Prompts() {
		for lang, text := range map[string]string{"en": p.En, "es": p.Es} {
			c, ps := training.ParsePrompt(text)
			for _, x := range ps {
				t.Errorf("%s %s:%d: %s", lang, c.Code, x.Line, x.Says)
			}
			for _, cite := range c.Citations {
				if cite != law.Practice && !law.Known(cite) {
					t.Errorf("%s cites %q", c.Code, cite)
				}
			}
			if files := map[string]map[string]string{"en": en, "es": es}[lang]; files[c.Code+".md"] != text {
				t.Errorf("%s is in a file of another name", c.Code)
			}
		}
		if !p.In("en").Alike(p.In("es")) {
			t.Errorf("%s is not the same in Spanish", p.In("en").Code)
		}
		m, _, _ := strings.Cut(p.In("en").Code, "-")
		moments[training.Moment(m)]++
	}
	for _, m := range training.Moments() {
		if moments[m] < 2 {
			t.Errorf("%d prompts at %s", moments[m], m)
		}
	}
}

func TestEverySheetIsWholeInBothLanguages(t *testing.T) {
	all := Sheets()
	if len(all) < 6 {
		t.Errorf("%d sheets", len(all))
	}
	for _, x := range all {
		en, ok := training.ParseSheet(x.En)
		es, eok := training.ParseSheet(x.Es)
		if !ok || !eok || en.Code != es.Code || en.Minutes != es.Minutes || strings.Join(en.Citations, ";") != strings.Join(es.Citations, ";") || strings.Count(en.Body, "\n## ") != strings.Count(es.Body, "\n## ") {
			t.Errorf("%q and %q are not one sheet", en.Title, es.Title)
		}
		for _, cite := range en.Citations {
			if cite != law.Practice && !law.Known(cite) {
				t.Errorf("%s cites %q", en.Code, cite)
			}
		}
	}
}

func TestEveryLureIsWholeInBothLanguages(t *testing.T) {
	all := Lures()
	if len(all) < 5 {
		t.Errorf("%d mails", len(all))
	}
	for _, x := range all {
		en, ok := training.ParseLure(x.En)
		es, eok := training.ParseLure(x.Es)
		if !ok || !eok || en.Code != es.Code || len(en.Tells) != len(es.Tells) {
			t.Errorf("%q and %q are not one mail", en.Title, es.Title)
		}
		for _, l := range []training.Lure{en, es} {
			said := l.Said("Ann", "https://care.drill.example.net/x", "drill.example.net")
			if strings.Contains(said, "{{") || strings.Contains(said, "example.org") || strings.Contains(said, "example.com") || strings.Count(said, "https://") != 1 {
				t.Errorf("%s: %s", l.Code, said)
			}
		}
	}
}
