package vendor

import (
	_ "embed"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"caseward/internal/packed"
	"caseward/internal/prose"
	"caseward/law"
)

// Term is something an agreement says.
type Term struct {
	Code     string // "BAA-01"; of agency practice a word, as "audit"
	English  string
	Cite     string
	Required bool // without it, it is no agreement that the law asks for
	EPHI     bool // required where electronic health information is concerned
}

// terms are those of 45 CFR 164.504(e)(2) and 164.314(a)(2)(i), and what agencies commonly
// agree on beside them.
var terms = []Term{
	{"BAA-01", "Permitted and required uses and disclosures", "45 CFR 164.504(e)(2)(i)", true, false},
	{"BAA-02", "No other use or disclosure", "45 CFR 164.504(e)(2)(ii)(A)", true, false},
	{"BAA-03", "Appropriate safeguards", "45 CFR 164.504(e)(2)(ii)(B)", true, false},
	{"BAA-04", "Reports of other uses, and of breaches", "45 CFR 164.504(e)(2)(ii)(C)", true, false},
	{"BAA-05", "The same binds subcontractors", "45 CFR 164.504(e)(2)(ii)(D)", true, false},
	{"BAA-06", "Access for individuals", "45 CFR 164.504(e)(2)(ii)(E)", true, false},
	{"BAA-07", "Amendment", "45 CFR 164.504(e)(2)(ii)(F)", true, false},
	{"BAA-08", "Accounting of disclosures", "45 CFR 164.504(e)(2)(ii)(G)", true, false},
	{"BAA-09", "Doing the agency’s duty as the agency must", "45 CFR 164.504(e)(2)(ii)(H)", true, false},
	{"BAA-10", "Books open to the Secretary", "45 CFR 164.504(e)(2)(ii)(I)", true, false},
	{"BAA-11", "Return or destruction at the end", "45 CFR 164.504(e)(2)(ii)(J)", true, false},
	{"BAA-12", "Ending for violation of a material term", "45 CFR 164.504(e)(2)(iii)", true, false},
	{"BAA-13", "Compliance with the Security Rule", "45 CFR 164.314(a)(2)(i)(A)", true, true},
	{"BAA-14", "The Security Rule binds subcontractors", "45 CFR 164.314(a)(2)(i)(B)", true, true},
	{"BAA-15", "Reports of security incidents", "45 CFR 164.314(a)(2)(i)(C)", true, true},
	{"BAA-O1", "Its own management and legal duties", "45 CFR 164.504(e)(4)", false, false},
	{"BAA-O2", "Combining data for our operations", "45 CFR 164.504(e)(2)(i)(B)", false, false},
	{Audit, "A right to look how the agreement is kept", law.Practice, false, false},
	{"transition", "Help in moving to another", law.Practice, false, false},
	{"minimum", "Minimum necessary", law.Practice, false, false},
	{"insurance", "Insurance", law.Practice, false, false},
}

// Audit is the code of the agency's right to look how an agreement is kept.
const Audit = "audit"

// Terms lists the terms: the required ones first.
func Terms() []Term { return slices.Clone(terms) }

// required lists the codes of what an agreement must say.
func required(ephi bool) (out []string) {
	for _, t := range terms {
		if t.Required && (ephi || !t.EPHI) {
			out = append(out, t.Code)
		}
	}
	return out
}

var marked = regexp.MustCompile(`^#{1,6} .*\[(BAA-(?:[0-9]{2}|O[12]))\][ \t]*$`)

// TermsIn are the terms that headings of a text are marked with, as [BAA-01], in the order
// of [Terms]. A heading with nothing below it says nothing and does not count.
func TermsIn(text string) []string {
	said := map[string]bool{}
	code := ""
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\r\n")
		switch {
		case strings.HasPrefix(l, "#"):
			code = ""
			if m := marked.FindStringSubmatch(l); m != nil {
				code = m[1]
			}
		case strings.TrimSpace(l) != "" && code != "":
			said[code] = true
		}
	}
	var out []string
	for _, t := range terms {
		if said[t.Code] {
			out = append(out, t.Code)
		}
	}
	return out
}

var blank = regexp.MustCompile(`\{\{[^{}\n]*\}\}`)

// Fill puts values into the blanks of a text, as {{agency}}. A value is one line.
func Fill(text string, values map[string]string) string {
	return blank.ReplaceAllStringFunc(text, func(b string) string {
		if v := strings.Join(strings.Fields(values[b[2:len(b)-2]]), " "); v != "" {
			return v
		}
		return b
	})
}

// Blanks are the blanks that are left in a text, each once.
func Blanks(text string) []string {
	out := blank.FindAllString(text, -1)
	slices.Sort(out)
	return slices.Compact(out)
}

//go:embed starter.zip
var starterZip []byte

var starter = packed.Open(starterZip)

// StarterAgreement is the text of an agreement that comes with the program, with its
// blanks, in English or Spanish ("es").
func StarterAgreement(lang string) string {
	// What stands before the second row of hyphens is about the text.
	_, text, _ := prose.Front(string(file("baa.md", lang)))
	return text + "\n"
}

func file(name, lang string) []byte {
	if lang != "es" {
		lang = "en"
	}
	b, err := fs.ReadFile(starter(), lang+"/"+name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return b
}
