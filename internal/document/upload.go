package document

import (
	"bufio"
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// DefaultMax is how large an uploaded file may be if nothing is said, in bytes.
const DefaultMax = 50 << 20

// Scanner looks for viruses; package scan has one.
type Scanner interface {
	// Scan returns the name of what it found, empty if it is clean. With an
	// error nothing is known.
	Scan(ctx context.Context, from io.Reader) (threat string, err error)
}

// Taking says how uploads are taken.
type Taking struct {
	Scanner   Scanner     // nil: there is none
	Unscanned bool        // without a scanner uploads are filed, marked as not scanned; otherwise they are refused
	Max       int64       // bytes a file may have; DefaultMax if 0
	Who       actor.Actor // the service that has uploads looked at
	Notices   *notice.Notices
	// Looked, if not nil, is told how each look at an upload came out; see [Looks].
	Looked func(result string)
}

// The results of a look at an upload that closed nothing; else it is the [Hold].
const (
	LookClean     = "clean"
	LookUnscanned = "unscanned" // filed without a scanner
	LookAway      = "away"      // the scanner was; it is looked at again
	LookFailed    = "failed"    // so is this
)

// Looks are all results that looks at uploads have.
func Looks() []string {
	return []string{LookClean, LookUnscanned, LookAway, LookFailed, string(Virus), string(Encrypted), string(TooMuch), string(Macro), string(Archive)}
}

// taking is how uploads are taken, and which are being looked at.
type taking struct {
	Taking
	busy sync.Map // by id
}

// Take says how uploads are taken. Before it none are.
func (ds *Documents) Take(t Taking) {
	if t.Max == 0 {
		t.Max = DefaultMax
	}
	ds.taking = &taking{Taking: t}
}

// Max is how large an uploaded file may be, in bytes.
func (ds *Documents) Max() int64 {
	if ds.taking == nil {
		return DefaultMax
	}
	return ds.taking.Max
}

// Takes reports whether uploads are taken at all, and whether they are scanned.
func (ds *Documents) Takes() (taken, scanned bool) {
	t := ds.taking
	if t == nil {
		return false, false
	}
	return t.Scanner != nil || t.Unscanned, t.Scanner != nil
}

// Categories are what a document can be filed under, as the label says them.
func Categories() []string {
	return []string{"letter", "consent", "identification", "medical", "assessment", "legal", "income", "housing", "school", "photo", "other"}
}

// Details are what a worker says of a document.
type Details struct {
	Title    phi.Text
	Category string
	On       phi.Date // the day it is of
	Case     casefile.ID
}

// Upload is a file that is being added.
type Upload struct {
	Details
	Name  phi.Text // what the file is called
	Part2 bool     // a record of a Part 2 program: the whole file is of that class, for good
	Of    ID       // the document this is a newer version of; zero: it is new
	Why   phi.Text // why there is a newer version
}

// Added is what became of an upload.
type Added struct {
	ID       ID
	Status   string // Filed, Received or Quarantined
	Misnamed bool   // its name says that it is something else
}

func (d Details) wrong(title bool) []fault.Field {
	var fs []fault.Field
	switch {
	case title && d.Title.Empty():
		fs = append(fs, fault.Field{Name: "title", Message: "Write what the document is."})
	case utf8.RuneCountInString(d.Title.Disclose()) > 200:
		fs = append(fs, fault.Field{Name: "title", Message: "Keep the title under 200 characters."})
	}
	if !known(d.Category) {
		fs = append(fs, fault.Field{Name: "category", Message: "Choose what kind of document it is."})
	}
	if d.On.Empty() {
		fs = append(fs, fault.Field{Name: "on", Message: "Enter the date of the document as month, day and year."})
	}
	return fs
}

// noon is how the day of a document is kept: it is the same day in every zone an
// agency may be in.
func noon(d phi.Date) time.Time { return casefile.Midnight(d).Add(12 * time.Hour) }

func known(category string) bool {
	for _, c := range Categories() {
		if c == category {
			return true
		}
	}
	return false
}

// Check says what is wrong with an upload before its file is read.
func (ds *Documents) Check(in Upload) error {
	const op = "document.create"
	if taken, _ := ds.Takes(); !taken {
		return fault.InvalidFields(op, fault.Field{Name: "file", Message: "No files are taken here: there is no virus scanner. Ask your administrator to set one up."})
	}
	fs := in.wrong(false)
	if !in.Of.IsZero() && in.Why.Empty() {
		fs = append(fs, fault.Field{Name: "why", Message: "Write why there is a new version."})
	}
	if len(fs) > 0 {
		return fault.InvalidFields(op, fs...)
	}
	return nil
}

// ErrNotStored is the cause where the place that documents are kept in did not take a
// file: nothing of it is kept.
var ErrNotStored = errors.New("the place of documents is away")

// Upload adds a file to a client's record. It is sealed as it arrives, and looked
// at for viruses before anybody may open it; where the scanner is away it waits.
func (ds *Documents) Upload(ctx context.Context, who actor.Actor, client person.ID, in Upload, from io.Reader) (Added, error) {
	const op = "document.create"
	wrong := func(message string) (Added, error) {
		return Added{}, fault.InvalidFields(op, fault.Field{Name: "file", Message: message})
	}
	if err := ds.Check(in); err != nil {
		return Added{}, err
	}
	d := Document{
		Status: Received, Title: in.Title, Filing: in.Category, At: noon(in.On), Case: in.Case,
		FileName: in.Name, Part2: in.Part2, UploadedBy: who.Worker(), UploadedAt: ds.door.Clock().Now(), Why: in.Why, Number: 1,
	}
	w := ds.door.Work(who, op)
	id := ds.records.NewID(w)
	d.Series = id
	if !in.Of.IsZero() {
		old, err := ds.Card(ctx, who, client, in.Of)
		if err != nil {
			return Added{}, err
		}
		v := old.Value
		if v.Source.Imported() || v.Series.IsZero() || (v.Status != Filed && v.Status != Withdrawn) {
			return Added{}, fault.Conflictf(op, "there is a newer version of this document")
		}
		d.Series, d.Part2 = v.Series, v.Part2
		if d.Title.Empty() {
			d.Title = v.Title
		}
	}
	if d.Title.Empty() {
		d.Title = titled(in.Name)
	}
	peeked := bufio.NewReaderSize(from, sniffed)
	head, err := peeked.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return Added{}, broken(op, err)
	}
	if len(head) == 0 {
		return wrong("The file is empty. Choose another one.")
	}
	f, misnamed, ok := formatOf(head, in.Name.Disclose())
	if !ok {
		return wrong("This kind of file is not taken. Save it as PDF, as a picture or as a Word, Excel or text file, and add that.")
	}
	d.MediaType, d.Misnamed = f.media, misnamed
	class := policy.Document
	if d.Part2 {
		class = policy.SUD
	}
	subject := record.SubjectOf(client)
	d.File, err = ds.records.Attach(ctx, w, "create", subject, id, Received, class, peeked, ds.taking.Max)
	if errors.Is(err, record.ErrTooLarge) {
		return wrong("The file is too large. Make it smaller, or divide it, and add it again.")
	}
	if fault.Is(err, fault.Unavailable) && !errors.Is(err, record.ErrCutOff) {
		return Added{}, fault.Unavailablef(op, errors.Join(ErrNotStored, err), "the file was not kept")
	}
	if err != nil {
		return Added{}, err
	}
	d.Size = int(d.File.Size)
	if err := ds.keep(ctx, w, id, subject, d); err != nil {
		return Added{}, err
	}
	out := Added{ID: id, Status: Received, Misnamed: misnamed}
	// What fails here is looked at again later: the file is safe and closed.
	if s, err := ds.look(ctx, id, false); err == nil {
		out.Status = s
	}
	return out, nil
}

// keep makes the record of an upload. The number of a version is given once its
// file is there: two that arrive at once, at two servers too, are both kept, each
// with its own. The first after the original is given by how many there are.
func (ds *Documents) keep(ctx context.Context, w *record.Work, id ID, subject record.Subject, d Document) error {
	if d.Series != id {
		m, err := ds.records.Mark(ctx, ds.taking.Who, d.Series.String())
		if err != nil {
			return err
		}
		n, err := ds.door.Number(ctx, "document/"+d.Series.String(), int64(m.Count()+1))
		if err != nil {
			return err
		}
		d.Number = int(n)
	}
	ds.records.CreateWith(w, id, subject, d)
	return w.Commit(ctx)
}

func broken(op string, err error) error {
	if fault.KindOf(err) != fault.Internal {
		return err
	}
	return fault.Unavailablef(op, errors.Join(record.ErrCutOff, err), "the file did not arrive whole")
}

// titled makes a title of the name of a file.
func titled(name phi.Text) phi.Text {
	s := path.Base(strings.ReplaceAll(name.Disclose(), `\`, "/"))
	s = strings.TrimSpace(strings.NewReplacer("_", " ", "-", " ").Replace(strings.TrimSuffix(s, path.Ext(s))))
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200])
	}
	if s == "" || s == "." || s == "/" {
		s = "Document"
	}
	return phi.NewText(s)
}

// Card returns what a list shows of a document of a client.
func (ds *Documents) Card(ctx context.Context, who actor.Actor, client person.ID, id ID) (Opened, error) {
	const op = "document.find"
	v := ds.door.View(who, op)
	g := ds.records.WantListed(v, id)
	if err := v.Open(ctx); err != nil {
		return Opened{}, err
	}
	return g.Opened, ds.ofClient(ctx, who, op, g.Opened, client)
}

// ofClient refuses a document that is another client's, and what is none.
func (ds *Documents) ofClient(ctx context.Context, who actor.Actor, op string, o Opened, client person.ID) error {
	if o.Labels.State == Content {
		return fault.NotFoundf(op)
	}
	return ds.door.Belongs(ctx, who, op, record.SubjectOf(client), o.Subject)
}

// WantCard asks a view for what a list shows of a document.
func (ds *Documents) WantCard(v *record.View, id ID) *record.Got[Document] {
	return ds.records.WantListed(v, id)
}

// WantVersions asks a view for every version of an uploaded document, newest
// first; there are none of an imported one.
func (ds *Documents) WantVersions(v *record.View, id ID) *record.List[Document] {
	return ds.records.WantAll(v, record.Query{RefOf: id.String(), NotState: Content, Limit: 100})
}

// Describe corrects what a document is called and filed under. Conflict: somebody
// changed it since version.
func (ds *Documents) Describe(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Details) error {
	const op = "document.change"
	if fs := in.wrong(true); len(fs) > 0 {
		return fault.InvalidFields(op, fs...)
	}
	w := ds.door.Work(who, op)
	ds.records.ChangeOf(w, "change", record.SubjectOf(client), id, version, func(d *Document) error {
		if err := d.ours(op); err != nil {
			return err
		}
		d.Title, d.Filing, d.At, d.Case = in.Title, in.Category, noon(in.On), in.Case
		return nil
	})
	return w.Commit(ctx)
}

// ours refuses what another system keeps, and what is gone.
func (d Document) ours(op string) error {
	switch {
	case d.Source.Imported():
		return fault.Invalidf(op, "this document is kept by the system it came from")
	case d.Status == Content, d.Status == Destroyed:
		return fault.NotFoundf(op)
	}
	return nil
}

// Withdraw marks a document as filed in error. It stays, with its content and
// with who said so and why.
func (ds *Documents) Withdraw(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, why phi.Text) error {
	const op = "document.withdraw"
	if why.Empty() {
		return fault.InvalidFields(op, fault.Field{Name: "why", Message: "Write why it was filed in error."})
	}
	now := ds.door.Clock().Now()
	w := ds.door.Work(who, op)
	ds.records.ChangeOf(w, "withdraw", record.SubjectOf(client), id, version, func(d *Document) error {
		if err := d.ours(op); err != nil {
			return err
		}
		if d.Status != Filed && d.Status != Received {
			return fault.Conflictf(op, "only a filed document, or one that waits for the scanner, can be withdrawn")
		}
		d.Status, d.EndedBy, d.EndedAt, d.EndedWhy = Withdrawn, who.Worker(), now, why
		return nil
	})
	return w.Commit(ctx)
}

// File is a document that was opened, with its content.
type File struct {
	Opened
	content *record.Content
}

// OpenFile opens a document of a client with its content, as one read. Bytes of
// the value is filled for one that was imported; Reader gives either.
func (ds *Documents) OpenFile(ctx context.Context, who actor.Actor, client person.ID, id ID) (File, error) {
	const op = "document.read"
	v := ds.door.View(who, op)
	card, content := ds.records.WantContent(v, "read", id, func(d Document) record.Blob { return d.File })
	// What hangs on an imported document is decided by itself.
	imported := ds.records.WantAll(v, record.Query{Ref: id.String(), State: Content, Limit: 1})
	if err := v.Open(ctx); err != nil {
		return File{}, err
	}
	f := File{Opened: card.Opened, content: content}
	if err := ds.ofClient(ctx, who, op, f.Opened, client); err != nil {
		return File{}, err
	}
	if f.Withheld != 0 {
		return File{}, fault.DeniedBy(op, "class-withheld")
	}
	for _, c := range imported.Rows {
		if c.Subject == f.Subject {
			f.Value.Bytes = c.Value.Bytes
		}
	}
	return f, nil
}

// Length is how many bytes Reader gives.
func (f File) Length() int64 {
	if f.content.Has() {
		return f.content.Size()
	}
	return int64(len(f.Value.Bytes))
}

// Reader gives the content; the caller closes it.
func (f File) Reader(ctx context.Context) (io.ReadCloser, error) {
	if f.content.Has() {
		return f.content.Reader(ctx)
	}
	return io.NopCloser(strings.NewReader(string(f.Value.Bytes))), nil
}

// shownText is how much of an uploaded text is shown on its page.
const shownText = 256 << 10

// Words is the content as plain text, if it is one; cut says that there is more.
func (f File) Words(ctx context.Context) (text phi.Text, cut, ok bool, err error) {
	if !f.content.Has() {
		text, ok = f.Value.Readable()
		return text, false, ok, nil
	}
	if m := f.Value.MediaType; m != Text && m != "text/csv" {
		return phi.Text{}, false, false, nil
	}
	r, err := f.content.Reader(ctx)
	if err != nil {
		return phi.Text{}, false, false, err
	}
	b, err := io.ReadAll(io.LimitReader(r, shownText))
	if err = errors.Join(err, r.Close()); err != nil {
		return phi.Text{}, false, false, err
	}
	return phi.NewText(strings.ToValidUTF8(string(b), "\uFFFD")), f.content.Size() > shownText, true, nil
}

// IsText reports whether a document's content is shown as text.
func (d Document) IsText() bool {
	return d.MediaType == Text || d.MediaType == HTML || d.MediaType == "text/csv"
}

// Query narrows a list of documents.
type Query struct {
	State, Category string // empty: any
	After           string
	Limit           int
}

// WantSome asks a view for a page of the cards of a client's documents, newest
// first.
func (ds *Documents) WantSome(v *record.View, client person.ID, q Query) *record.List[Document] {
	return ds.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), State: q.State, NotState: Content, Tag: q.Category, After: q.After, Limit: q.Limit, Total: true})
}

// Tally counts the filed documents of a client that the asker may see. It opens
// nothing.
func (ds *Documents) Tally(ctx context.Context, who actor.Actor, client person.ID) (int64, error) {
	return ds.records.Tally(ctx, who, record.Query{Subject: record.SubjectOf(client), State: Filed})
}

// Closed reports whether nobody may open the content for now.
func (d Document) Closed() bool {
	return d.Status == Received || d.Status == Quarantined || d.Status == Destroyed
}

// Day is the day a document is of, as it was entered.
func (d Document) Day() phi.Date {
	t := d.At.In(time.UTC)
	return phi.NewDate(t.Year(), int(t.Month()), t.Day())
}
