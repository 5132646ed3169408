package policydoc

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"strings"
	"unicode/utf8"

	"caseward/internal/fault"
	"caseward/internal/pdftext"
	"caseward/internal/prose"
	"caseward/internal/prose/word"
)

// MostBrought is how many bytes a file may have that a text is read from.
const MostBrought = word.Most

// Brought is the text that a file became. It is kept nowhere until a draft is made of it,
// which goes the way of any other text: review, approval of what it says, in force.
type Brought struct {
	Text string        // with its keys
	Sum  string        // SHA-256 of the file, in hexadecimal
	Left word.Left     // what of it was not taken over
	PDF  *pdftext.Left // the same of a PDF, and what of it wants to be looked at; nil of others
}

// Bring reads a file of the agency's own, Word (.docx), PDF or Markdown, as the text of a
// version. name is what the file is called. Before a text that has no keys stand those of
// keys, with the title that the file gives itself.
//
// Errors: Invalid with the field "file", which says what to do instead.
func (ps *Policies) Bring(ctx context.Context, name string, file []byte, keys string) (Brought, error) {
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
		d, message, err := ps.pdf(ctx, file)
		if err != nil {
			return Brought{}, err
		}
		if message != "" {
			return no(message)
		}
		b.Text, b.PDF = d.Text, &d.Left
		if d.Title != "" {
			title = d.Title
		}
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
		return no("Choose a file of Word (.docx), PDF or Markdown (.md). Anything else: save it as one of them first.")
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

// pdf reads a PDF; message says why it is refused, and what to do instead.
func (ps *Policies) pdf(ctx context.Context, file []byte) (d *pdftext.Document, message string, err error) {
	err = pdftext.ErrAway
	if ps.PDF != nil {
		d, err = ps.PDF(ctx, file)
	}
	switch {
	case err == nil:
		return d, "", nil
	case errors.Is(err, pdftext.ErrLocked):
		return nil, "This PDF is encrypted. Nothing of it was kept. Save it without a password and without restrictions, or as Word (.docx), and choose that file.", nil
	case errors.Is(err, pdftext.ErrPicture):
		return nil, "This PDF is a picture of a text, as scanners make it. Nothing of it was kept. Have its text recognized first, or save the original as Word (.docx), and choose that file.", nil
	case errors.Is(err, pdftext.ErrGarbled):
		return nil, "This PDF does not say which letters its signs are. Nothing of it was kept. Save the original as Word (.docx) and choose that file, or paste its text below as Markdown.", nil
	case errors.Is(err, pdftext.ErrLarge):
		return nil, "This PDF has more than 500 pages, or more on them than a policy can have. Nothing of it was kept. Save only the part that is the policy, and choose that file.", nil
	case errors.Is(err, pdftext.ErrStopped):
		return nil, "Reading this PDF took more time or memory than is given to it, and was stopped. Nothing of it was kept. Save it as Word (.docx) and choose that file, or paste its text below as Markdown.", nil
	case errors.Is(err, pdftext.ErrBroken):
		return nil, "This PDF cannot be read; it may be damaged. Nothing of it was kept. Open it, save it anew as PDF or as Word (.docx), and choose that file.", nil
	case errors.Is(err, pdftext.ErrAway):
		return nil, "This server cannot read PDFs. Nothing of it was kept. Save it as Word (.docx) and choose that file, or paste its text below as Markdown.", nil
	}
	return nil, "", err
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
