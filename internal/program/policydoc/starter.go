package policydoc

import (
	_ "embed"
	"io/fs"
	"path"
	"strings"

	"caseward/internal/packed"
)

//go:embed starter.zip
var starterZip []byte

var starter = packed.Open(starterZip)

// Starting is a document of the starter set.
type Starting struct {
	Code, Source string
	*Text
}

// Starter returns the starter set in a language, "es" or any other; a document that is
// not there in the language is there in English.
func Starter(lang string) []Starting {
	var out []Starting
	files, _ := fs.ReadDir(starter(), "en")
	for _, f := range files {
		code, ok := strings.CutSuffix(f.Name(), ".md")
		if !ok {
			continue
		}
		b, err := fs.ReadFile(starter(), path.Join(lang, f.Name()))
		if err != nil {
			b, _ = fs.ReadFile(starter(), path.Join("en", f.Name()))
		}
		out = append(out, Starting{code, string(b), Read(string(b))})
	}
	return out
}
