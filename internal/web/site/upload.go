package site

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/phi"
)

// parts are the parts of a form with files, read one after another as they
// arrive. Nothing of a file is kept: not in memory, and not on disk, where
// net/http would put what does not fit (45 CFR 164.312(a)(2)(iv)).
type parts struct {
	in     *multipart.Reader
	fields int64           // bytes that fields may still have
	count  int             // parts there were, files too
	next   *multipart.Part // a file that was come upon and not yet asked for
	err    error
}

// maxParts is how many parts a form with files may have, as one in memory.
const maxParts = 1000

// uploadPatience is how long a file may take to arrive.
const uploadPatience = 15 * time.Minute

// errTooLarge is within every error that says so: the answer's status is 413.
var errTooLarge = errors.New("more than the route takes")

// tooLarge is the answer to more than a form with files may have.
func tooLarge() error {
	return &fault.Error{Kind: fault.Invalid, Op: "site.form", Err: errTooLarge, Fields: []fault.Field{{Name: "file", Message: "The files are too large together. Add fewer at a time, or make them smaller."}}}
}

// tooMuch is the answer to more than any other form may have.
func tooMuch() error {
	return &fault.Error{Kind: fault.Invalid, Op: "site.form", Why: "the form is too large", Err: errTooLarge}
}

// parse reads a form that is held in memory.
func (r *Request) parse(w http.ResponseWriter, route Route, multipart bool) error {
	most := route.limit()
	if r.Session.Worker() == "" {
		most = min(most, MaxStranger)
	}
	if r.ContentLength > most {
		return tooMuch() // before any of it is read
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	var err error
	if r.Method == http.MethodPost && multipart {
		// All of it stays in memory: a temporary file would hold it unsealed.
		err = r.ParseMultipartForm(most)
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooMuch()
	case err != nil:
		return fault.Invalidf("site.form", "the form is damaged")
	}
	return nil
}

// begin reads the fields that stand before the first file.
func (r *Request) begin(w http.ResponseWriter, files int64) error {
	if r.ContentLength > MaxForm+files {
		return tooLarge() // before any of it is read
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm+files)
	// A phone on a poor line takes its time; other requests may not.
	deadline := clock.System().Now().Add(uploadPatience)
	c := http.NewResponseController(w)
	if err := errors.Join(c.SetReadDeadline(deadline), c.SetWriteDeadline(deadline.Add(uploadPatience))); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fault.Unavailablef("site.form", err, "the connection cannot be kept open")
	}
	in, err := r.MultipartReader()
	if err != nil {
		return fault.Invalidf("site.form", "the form is damaged")
	}
	r.Form, r.PostForm = url.Values{}, url.Values{}
	for k, v := range r.URL.Query() {
		r.Form[k] = v
	}
	r.parts = &parts{in: in, fields: MaxForm}
	r.ahead()
	return r.parts.err
}

// ahead reads fields up to the next file.
func (r *Request) ahead() {
	p := r.parts
	for p.err == nil && p.next == nil {
		part, err := p.in.NextPart()
		p.count++
		switch {
		case err == nil && p.count > maxParts:
			p.err = tooMuch()
		case errors.Is(err, io.EOF):
			p.in, p.err = nil, io.EOF
		case err != nil:
			p.err = arrived(err)
		case part.FileName() != "":
			p.next = part
		default:
			b, err := io.ReadAll(io.LimitReader(part, p.fields+1))
			if p.fields -= int64(len(b)); err != nil {
				p.err = arrived(err)
			} else if p.fields < 0 {
				p.err = tooMuch()
			} else if name := part.FormName(); name != "" {
				r.Form.Add(name, string(b))
				r.PostForm.Add(name, string(b))
			}
		}
	}
	if errors.Is(p.err, io.EOF) && p.next == nil && p.in == nil {
		p.err = nil
	}
}

// arrived turns what went wrong while a form arrived into its answer.
func arrived(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge()
	}
	return fault.Unavailablef("site.form", err, "the form did not arrive whole")
}

// File gives the next file of the form, if there is one, with the name it had
// where it came from. It is to be read before the next is asked for; what is left
// of it is passed over.
func (r *Request) File() (name phi.Text, body io.Reader, ok bool, err error) {
	p := r.parts
	if p == nil {
		return phi.Text{}, nil, false, nil
	}
	if p.next == nil && p.in != nil {
		r.ahead()
	}
	if p.err != nil || p.next == nil {
		return phi.Text{}, nil, false, p.err
	}
	part := p.next
	p.next = nil
	return phi.NewText(part.FileName()), fileBody{part}, true, nil
}

// fileBody says of a file that is cut off by the limit that it is too large.
type fileBody struct{ r io.Reader }

func (f fileBody) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = arrived(err)
	}
	return n, err
}
