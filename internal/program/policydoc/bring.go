package policydoc

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"caseward/internal/fault"
	"caseward/internal/prose"
	"caseward/internal/prose/word"
)

// MostBrought is how many bytes a file may have that a text is read from.
const MostBrought = word.Most

// Brought is the text that a file became. It is kept nowhere until a draft is made of it,
// which goes the way of any other text: review, approval of what it says, in force.
type Brought struct {
	Text string    // with its keys
	Sum  string    // SHA-256 of the file, in hexadecimal
	Left word.Left // what of it was not taken over
}

// Bring reads a file of the agency's own, Word (.docx) or Markdown, as the text of a
// version. name is what the file is called. Before a text that has no keys stand those of
// keys, with the title that the file gives itself.
//
// Errors: Invalid with the field "file", which says what to do instead.
func Bring(name string, file []byte, keys string) (Brought, error) {
	no := func(message string) (Brought, error) {
		return Brought{}, fault.InvalidFields("policydoc.bring", fault.Field{Name: "file", Message: message})
	}
	sum := sha256.Sum256(file)
	b := Brought{Sum: hex.EncodeToString(sum[:])}
	title := strings.TrimSuffix(path.Base(strings.ReplaceAll(name, "\\", "/")), path.Ext(name))
	switch {
	case len(file) == 0:
		return no("Choose a file.")
	case len(file) > MostBrought:
		return no("The file has more than 8 MB. Take its pictures out, or save only the text.")
	case bytes.HasPrefix(file, []byte("%PDF")):
		return no("This is a PDF, of which only the look is certain. Open it with your word processor, save it as Word (.docx), and choose that file.")
	case bytes.HasPrefix(file, []byte("PK")), strings.EqualFold(path.Ext(name), ".doc"), strings.EqualFold(path.Ext(name), ".docx"), strings.EqualFold(path.Ext(name), ".rtf"):
		d, err := word.Read(bytes.NewReader(file), int64(len(file)))
		switch {
		case errors.Is(err, word.ErrOld):
			return no("This is Word’s old format, or it has a password. Save it as Word (.docx) without one, and choose that file.")
		case errors.Is(err, word.ErrLarge):
			return no("The file unpacks to more than a policy can have. Save only the text, and choose that file.")
		case err != nil:
			return no("This cannot be read as Word; it may be damaged. Open it with your word processor, save it anew as Word (.docx), and choose that file.")
		}
		b.Text, b.Left = d.Text, d.Left
		if d.Title != "" {
			title = d.Title
		}
	case !utf8.Valid(file) || bytes.IndexByte(file, 0) >= 0:
		return no("Choose a file of Word (.docx) or Markdown (.md). Anything else: save it as one of them first.")
	default:
		b.Text = strings.TrimSpace(strings.ReplaceAll(strings.TrimPrefix(string(file), "\ufeff"), "\r\n", "\n")) + "\n"
	}
	if strings.TrimSpace(b.Text) == "" {
		return no("There is no text in this file. A scan is a picture of one: have it recognized first.")
	}
	if !strings.HasPrefix(b.Text, "---\n") {
		b.Text = before(keys, title) + b.Text
	}
	if len(b.Text) > prose.Most {
		return no("The text is longer than 128 kilobytes. Make several policies of it, one for each subject.")
	}
	return b, nil
}

// before is the keys of another text, to stand before one; where they say no title, with
// this one.
func before(keys, title string) string {
	var s strings.Builder
	s.WriteString("---\n")
	for _, k := range prose.Parse(keys).Front {
		if k.Name == "title" && k.Value == "" {
			k.Value = strings.Join(strings.Fields(title), " ")
		}
		s.WriteString(strings.TrimRight(k.Name+": "+k.Value, " ") + "\n")
	}
	s.WriteString("---\n\n")
	return s.String()
}
