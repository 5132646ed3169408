// Package starter is the courses, prompts, huddle sheets and mails of exercises that come
// with the program. An agency adopts them, or writes its own from them; nothing
// here is in use by itself.
package starter

import (
	_ "embed"
	"io/fs"
	"path"
	"slices"

	"caseward/internal/packed"
	"caseward/internal/program/training"
)

//go:embed texts.zip
var texts []byte

var files = packed.Open(texts)

// read returns the texts of a folder by file name.
func read(dir string) map[string]string {
	out := map[string]string{}
	entries, err := fs.ReadDir(files(), dir)
	if err != nil {
		return out // a folder without texts
	}
	for _, e := range entries {
		if path.Ext(e.Name()) != ".md" {
			continue
		}
		b, err := fs.ReadFile(files(), path.Join(dir, e.Name()))
		if err == nil {
			out[e.Name()] = string(b)
		}
	}
	return out
}

// Courses lists the courses, by file name. A course that there is in one language
// only is English.
func Courses() []training.Edition {
	en, es := read("en"), read("es")
	var out []training.Edition
	for _, name := range names(en) {
		out = append(out, training.Edition{Starter: true, En: en[name], Es: es[name]})
	}
	return out
}

// Prompts lists the questions of moments of risk, by file name.
func Prompts() []training.Prompt {
	en, es := read("prompts/en"), read("prompts/es")
	var out []training.Prompt
	for _, name := range names(en) {
		out = append(out, training.Prompt{En: en[name], Es: es[name]})
	}
	return out
}

// Sheets lists the sheets of huddles, by file name.
func Sheets() []training.Text { return both("huddle") }

// Lures lists the mails of exercises, by file name.
func Lures() []training.Text { return both("phishing") }

// both are the texts of a folder in both languages.
func both(dir string) []training.Text {
	en, es := read(dir+"/en"), read(dir+"/es")
	var out []training.Text
	for _, name := range names(en) {
		out = append(out, training.Text{En: en[name], Es: es[name]})
	}
	return out
}

func names(m map[string]string) []string {
	var out []string
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
