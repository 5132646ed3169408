package document

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"mime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a document.
type ID = record.ID[Document]

// Opened is a document as the asker may see it.
type Opened = record.Opened[Document]

// Page is a page of documents, filled when its view is opened.
type Page = record.List[Document]

// MaxContent is how large the content of a document may be, in bytes.
const MaxContent = 4 << 20

// The media types that are kept.
const (
	Text = "text/plain"
	HTML = "text/html"
	PDF  = "application/pdf"
)

// The states of a document, as the label says them.
const (
	Received    = policy.Received    // uploaded; closed until it was looked at for viruses
	Filed       = policy.Filed       // part of the record
	Quarantined = policy.Quarantined // uploaded; closed, since it may do harm
	Destroyed   = "destroyed"        // it was quarantined, and its content destroyed
	Withdrawn   = "withdrawn"        // filed in error
	Superseded  = "superseded"       // there is a newer one
	Content     = "content"          // not a document but the content of an imported one
)

// Document is the card of a document, or the content of an imported one.
type Document struct {
	Status    string        `class:"document" doc:"Whether this is a filed or superseded document, one that waits to be scanned, is in quarantine or was destroyed or withdrawn, or the content of one."`
	Title     phi.Text      `class:"document" doc:"The title of the document."`
	System    string        `class:"document" doc:"The code system of the type, as a URI."`
	Code      phi.Text      `class:"document" doc:"The code of the type of document, from LOINC."`
	Type      phi.Text      `class:"document" doc:"The type of document in words, as History and physical note."`
	Category  phi.Text      `class:"document" doc:"The category in words, as Clinical note."`
	At        time.Time     `class:"document" doc:"When the document was made."`
	Author    phi.Text      `class:"document" doc:"Who wrote the document, as the source names them."`
	MediaType string        `class:"document" doc:"The media type of the content."`
	Size      int           `class:"document" doc:"The size of the content, in bytes."`
	Parent    ID            `class:"document" doc:"The document this is the content of."`
	Bytes     Raw           `class:"document" doc:"The content itself."`
	Source    person.Source `class:"document" doc:"The system the document was imported from."`
	Part2     bool          `class:"document" doc:"Whether it is a record of a Part 2 program, which moves all of it to a class of its own."`

	Filing     string      `class:"document" doc:"What an uploaded document is filed under, as consent."`
	Case       casefile.ID `class:"document" doc:"The case the document belongs to."`
	File       record.Blob `class:"document" doc:"The uploaded file, stored beside the database."`
	FileName   phi.Text    `class:"document" doc:"What the uploaded file was called."`
	Misnamed   bool        `class:"document" doc:"Whether the name of the file says that it is another kind of file than it is."`
	UploadedBy string      `class:"document" doc:"Id of the worker who uploaded it."`
	UploadedAt time.Time   `class:"document" doc:"When it was uploaded."`
	Series     ID          `class:"document" doc:"The first version of this document."`
	Number     int         `class:"document" doc:"The number of this version, from 1."`
	Why        phi.Text    `class:"document" doc:"Why there is a newer version."`
	ScannedAt  time.Time   `class:"document" doc:"When a virus scanner said that it is clean; empty if none did."`
	Held       Hold        `class:"document" doc:"Why it is or was in quarantine, as a code."`
	ReleasedBy string      `class:"document" doc:"Id of the officer who released it from quarantine."`
	EndedBy    string      `class:"document" doc:"Id of the worker who withdrew it or had it destroyed."`
	EndedAt    time.Time   `class:"document" doc:"When it was withdrawn or destroyed."`
	EndedWhy   phi.Text    `class:"document" doc:"Why it was withdrawn."`
}

// Raw is the content of a document. Like the values of package phi it does not
// print itself.
type Raw []byte

// Format prints [phi.Redacted] under every verb.
func (r Raw) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, phi.Redacted) }

// MarshalText returns [phi.Redacted]; encoding/json uses it.
func (r Raw) MarshalText() ([]byte, error) { return []byte(phi.Redacted), nil }

// LogValue shows [phi.Redacted] to slog.
func (r Raw) LogValue() slog.Value { return slog.StringValue(phi.Redacted) }

// Kind keeps documents.
var Kind = record.Define(record.Kind[Document]{
	Name:      "document",
	Doc:       "A document about a client, or the content of one.",
	Retention: "designated record set",
	Reclass: func(v Document, c policy.Class) policy.Class {
		if v.Part2 {
			return policy.SUD
		}
		return c
	},
	May: policy.Set(policy.SUD),
	Labels: func(d Document) record.Labels {
		l := record.Labels{State: d.Status, Ref: d.Parent.String(), Tag: d.MediaType, At: d.At, Ext: d.Source.Ext()}
		if !d.Series.IsZero() {
			l.Ref, l.Tag = d.Series.String(), d.Filing
		}
		if d.Status == Received {
			l.Due = d.UploadedAt // the oldest is looked at first
		}
		return l
	},
})

// Documents are the use-cases on documents.
type Documents struct {
	door    *record.Door
	records record.Records[Document]
	held    record.Records[Quarantine]
	taking  *taking
	series  sync.Mutex // held while a version gets its number, or takes the place of another
}

// New returns the use-cases behind door.
func New(door *record.Door) *Documents {
	return &Documents{door: door, records: record.Use(door, Kind), held: record.Use(door, QuarantineKind)}
}

// WantAll asks a view for a page of the cards of a client's documents, newest
// first; the total counts all that the asker may see. Superseded ones are there
// too, and say so. limit is 50 if 0.
func (ds *Documents) WantAll(v *record.View, client person.ID, after string, limit int) *record.List[Document] {
	return ds.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), NotState: Content, After: after, Limit: limit, Total: true})
}

// WantCards asks a view for a page of at most 500 cards of a client's documents,
// uncounted.
func (ds *Documents) WantCards(v *record.View, client person.ID, after string) *record.List[Document] {
	return ds.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), NotState: Content, Limit: 500, After: after})
}

// List is WantAll on its own, as one read.
func (ds *Documents) List(ctx context.Context, who actor.Actor, client person.ID, after string, limit int) (record.List[Document], error) {
	v := ds.door.View(who, "document.find")
	l := ds.WantAll(v, client, after, limit)
	if err := v.Open(ctx); err != nil {
		return record.List[Document]{}, err
	}
	return *l, nil
}

// History returns every version of a document's card, newest first.
func (ds *Documents) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return ds.records.History(ctx, who, id)
}

// Adopt plans, in w, a document from another system: its card and its content.
// The media type must have come from [Sniff]. It returns the id of the card.
func (ds *Documents) Adopt(w *record.Work, client person.ID, d Document) (ID, error) {
	if !d.Source.Imported() {
		return ID{}, fault.Invalidf("document.create", "an imported document needs a source")
	}
	if len(d.Bytes) > MaxContent {
		return ID{}, fault.Invalidf("document.create", "the content is larger than 4 MiB")
	}
	card, content := split(d)
	id := ds.records.Create(w, record.SubjectOf(client), card)
	if len(content.Bytes) > 0 {
		content.Parent = id
		ds.records.Create(w, record.SubjectOf(client), content)
	}
	return id, nil
}

// split parts a document into its card and its content.
func split(d Document) (card, content Document) {
	if d.Status != Superseded {
		d.Status = Filed
	}
	content = Document{Status: Content, MediaType: d.MediaType, Size: len(d.Bytes), At: d.At, Bytes: d.Bytes, Source: d.Source, Part2: d.Part2}
	content.Source.Type += "/content"
	card = d
	card.Size, card.Bytes, card.Parent = len(d.Bytes), nil, ID{}
	return card, content
}

// Update plans, in w, what another system now says of a document adopted from
// it. who asks is a service.
func (ds *Documents) Update(ctx context.Context, who actor.Actor, w *record.Work, client person.ID, id ID, version int64, from Document) error {
	if len(from.Bytes) > MaxContent {
		return fault.Invalidf("document.change", "the content is larger than 4 MiB")
	}
	card, content := split(from)
	content.Parent = id
	old, _, _, found, err := ds.records.FindExt(ctx, who, content.Source.Ext())
	switch {
	case err != nil:
		return err
	case found:
		ds.records.Change(w, "change", old, 0, func(d *Document) error { *d = content; return nil })
	case len(content.Bytes) > 0:
		ds.records.Create(w, record.SubjectOf(client), content)
	}
	ds.records.Change(w, "change", id, version, func(d *Document) error { *d = card; return nil })
	return nil
}

// Sniff returns the media type to keep content under, or ok false if it is not
// of a type that is kept or does not look like what it is declared to be.
func Sniff(declared string, content []byte) (mediaType string, ok bool) {
	t, params, err := mime.ParseMediaType(declared)
	if err != nil {
		return "", false
	}
	if c := strings.ToLower(params["charset"]); c != "" && c != "utf-8" && c != "us-ascii" {
		return "", false
	}
	readable := utf8.Valid(content) && bytes.IndexByte(content, 0) < 0
	switch {
	case t == Text && readable, t == HTML && readable:
		return t, true
	case t == PDF && bytes.HasPrefix(content, []byte("%PDF-")):
		return t, true
	}
	return "", false
}

// Readable is the content as plain text, for text and HTML; ok is false for
// other types. HTML loses its marks, its scripts and its styles.
func (d Document) Readable() (text phi.Text, ok bool) {
	switch d.MediaType {
	case Text:
		return phi.NewText(string(d.Bytes)), true
	case HTML:
		return phi.NewText(plain(string(d.Bytes))), true
	}
	return phi.Text{}, false
}

// plain drops tags, and everything within script and style. It need not be
// right about HTML, only never return any: what is left is text, and is escaped
// like any other.
func plain(s string) string {
	var b strings.Builder
	for s != "" {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:open])
		s = s[open:]
		if strings.HasPrefix(s, "<!--") {
			_, s, _ = strings.Cut(s, "-->")
			continue
		}
		end := strings.IndexByte(s, '>')
		if end < 0 {
			break
		}
		closing := strings.HasPrefix(s, "</")
		tag := strings.ToLower(strings.TrimLeft(s[1:end], "/"))
		name := strings.FieldsFunc(tag, func(r rune) bool { return r < 'a' || r > 'z' })
		s = s[end+1:]
		if len(name) == 0 {
			continue
		}
		switch name[0] {
		case "script", "style":
			if closing {
				continue
			}
			if i := strings.Index(strings.ToLower(s), "</"+name[0]); i >= 0 {
				s = s[i:]
			} else {
				s = ""
			}
		case "p", "br", "div", "li", "tr", "h", "table", "ul", "ol":
			b.WriteByte('\n')
		}
	}
	var out []string
	for _, l := range strings.Split(html.UnescapeString(b.String()), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}
