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
