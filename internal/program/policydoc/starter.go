package policydoc

import (
	"embed"
	"path"
	"strings"
)

//go:embed starter/en starter/es
var starter embed.FS

// Starting is a document of the starter set.
type Starting struct {
	Code, Source string
	*Text
}

// Starter returns the starter set in a language, "es" or any other; a document that is
// not there in the language is there in English.
func Starter(lang string) []Starting {
	var out []Starting
	files, _ := starter.ReadDir("starter/en")
	for _, f := range files {
		code, ok := strings.CutSuffix(f.Name(), ".md")
		if !ok {
			continue
		}
		b, err := starter.ReadFile(path.Join("starter", lang, f.Name()))
		if err != nil {
			b, _ = starter.ReadFile(path.Join("starter/en", f.Name()))
		}
		out = append(out, Starting{code, string(b), Read(string(b))})
	}
	return out
}
