package fhir

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of what is read.
const (
	maxEntry   = 16 << 20  // bytes of one entry, or of one part of a bundle beside its entries
	maxDepth   = 100       // objects and arrays within each other
	maxEntries = 2_000_000 // in one file
	maxKeys    = 1000      // of a bundle, or of a resource beside one
	readAhead  = 1 << 20   // what the decoder may have read beyond an entry
)

// Problem is why a file, or a part of one, was not imported. It holds no
// content.
type Problem struct {
	File    string `json:"file"`
	Line    int64  `json:"line,omitempty"`
	Offset  int64  `json:"offset"`          // in bytes from the start
	Entry   int    `json:"entry,omitempty"` // counted from 1
	Type    string `json:"type,omitempty"`  // of the resource
	ID      string `json:"id,omitempty"`    // of the resource
	Message string `json:"message"`
}

func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: ", p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d, ", p.Line)
	}
	fmt.Fprintf(&b, "byte %d", p.Offset)
	if p.Entry > 0 {
		fmt.Fprintf(&b, ", entry %d", p.Entry)
	}
	if p.Type != "" {
		fmt.Fprintf(&b, ", %s/%s", p.Type, p.ID)
	}
	return b.String() + ": " + p.Message
}

// errNotFHIR says that a file is JSON but no FHIR: in a directory such a file is
// passed over.
var errNotFHIR = errors.New("not a FHIR resource or bundle")

// wrong is a problem whose place is not known yet.
type wrong struct{ message string }

func (w wrong) Error() string { return w.message }

func wrongf(format string, args ...any) error { return wrong{fmt.Sprintf(format, args...)} }

// entry is where one resource lies in a file.
type entry struct {
	offset int64
	size   int32
	number int  // of the entry, from 1
	bare   bool // the resource itself, not a bundle's entry around it
	hash   [16]byte
}

// meter stops a reader that gives more than may be held at once.
type meter struct {
	r        io.Reader
	n, limit int64
}

var errTooLarge = errors.New("too large")

func (m *meter) Read(p []byte) (int, error) {
	if m.n >= m.limit {
		return 0, errTooLarge
	}
	n, err := m.r.Read(p[:min(int64(len(p)), m.limit-m.n)])
	m.n += int64(n)
	return n, err
}

// scan reads a file of bundles and resources and calls each for every resource,
// in order. Errors are Problems without a file name.
func scan(ctx context.Context, r io.Reader, each func(e entry, full string, resource []byte) error) error {
	s := scanner{ctx: ctx, each: each, meter: &meter{r: r, limit: maxEntry + readAhead}}
	var head [3]byte
	n, err := io.ReadFull(s.meter, head[:])
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return &Problem{Message: "the file cannot be read"}
	}
	start := head[:n]
	switch {
	case n == 0:
		return &Problem{Message: "the file is empty"}
	case bytes.Equal(start, []byte{0xEF, 0xBB, 0xBF}):
		s.base, start = 3, nil
	case n >= 2 && start[0] == 0x1F && start[1] == 0x8B:
		return &Problem{Message: "the file is compressed; unpack it first"}
	case n >= 2 && (start[0] == 0xFE && start[1] == 0xFF || start[0] == 0xFF && start[1] == 0xFE):
		return &Problem{Message: "the file is in UTF-16; FHIR is UTF-8"}
	}
	s.dec = json.NewDecoder(io.MultiReader(bytes.NewReader(start), s.meter))
	for found := false; ; found = true {
		// The decoder tells a value that is missing from one that is cut off by
		// the error.
		err := s.value()
		if err == io.EOF && found {
			return nil
		}
		if err != nil {
			return s.at(err)
		}
	}
}

type scanner struct {
	ctx    context.Context
	dec    *json.Decoder
	meter  *meter
	base   int64 // bytes before the decoder began
	number int
	each   func(entry, string, []byte) error
}

func (s *scanner) offset() int64 { return s.base + s.dec.InputOffset() }

// at gives an error a place.
func (s *scanner) at(err error) error {
	var p *Problem
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var w wrong
	switch {
	case errors.As(err, &p), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), err == errNotFHIR:
		return err
	case errors.Is(err, errTooLarge):
		return &Problem{Offset: s.offset(), Entry: s.number, Message: fmt.Sprintf("a part is larger than %d MiB", maxEntry>>20)}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &Problem{Offset: s.offset(), Entry: s.number, Message: "the file ends too early"}
	case errors.As(err, &syntax) && strings.Contains(syntax.Error(), "max depth"):
		return &Problem{Offset: s.offset(), Entry: s.number, Message: fmt.Sprintf("objects are nested more than %d deep", maxDepth)}
	case errors.As(err, &syntax):
		return &Problem{Offset: s.offset(), Entry: s.number, Message: "this is not JSON from here on"}
	case errors.As(err, &kind):
		return &Problem{Offset: s.offset(), Entry: s.number, Message: typeMessage(kind)}
	case errors.As(err, &w):
		return &Problem{Offset: s.offset(), Entry: s.number, Message: w.message}
	}
	return &Problem{Offset: s.offset(), Entry: s.number, Message: "the file cannot be read"}
}

// typeMessage tells what has the wrong type. The name of a field is the
// program's own, never the file's.
func typeMessage(e *json.UnmarshalTypeError) string {
	found, _, _ := strings.Cut(e.Value, " ") // "number 12.5" holds content
	if found == "array" {
		found = "list"
	}
	if e.Field == "" {
		return "an object is expected, not a " + found
	}
	return fmt.Sprintf("%s has the wrong type: %s", e.Field, found)
}

// value reads one top-level value. io.EOF: there is none.
func (s *scanner) value() error {
	t, err := s.dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		if s.number == 0 {
			return errNotFHIR
		}
		return wrongf("an object is expected")
	}
	// The decoder stands behind the brace.
	start := s.dec.InputOffset() - 1
	keys := map[string]bool{}
	var parts []byte // of a resource that is no bundle
	var kind string
	entries := false
	for s.dec.More() {
		t, err := s.dec.Token()
		if err != nil {
			return cut(err)
		}
		key, ok := t.(string)
		if !ok || !utf8.ValidString(key) || strings.ContainsAny(key, "\ufffd<>&\u2028\u2029") {
			return wrongf("a key cannot be read")
		}
		if low := strings.ToLower(key); keys[low] {
			return wrongf("a key stands twice in one object")
		} else {
			keys[low] = true
		}
		if len(keys) > maxKeys {
			return wrongf("an object has more than %d keys", maxKeys)
		}
		if key == "entry" && (kind == "" || kind == "Bundle") {
			entries = true
			if err := s.entries(); err != nil {
				return cut(err)
			}
			continue
		}
		var raw json.RawMessage
		if err := s.decode(&raw); err != nil {
			return err
		}
		if err := strict(raw); err != nil {
			return err
		}
		switch key {
		case "resourceType":
			if err := json.Unmarshal(raw, &kind); err != nil {
				return wrongf("resourceType has the wrong type")
			}
			if kind == "Bundle" {
				parts = nil
			} else if entries {
				return wrongf("only a bundle has entries")
			}
		case "type":
			if string(raw) == `"history"` && (kind == "Bundle" || entries) {
				return wrongf("a history bundle holds old versions and is not imported")
			}
		}
		if kind != "Bundle" && !entries {
			if len(parts)+len(raw) > maxEntry {
				return errTooLarge
			}
			parts = append(parts, ',')
			parts = append(parts, mustJSON(key)...)
			parts = append(parts, ':')
			parts = append(parts, raw...)
		}
	}
	if _, err := s.dec.Token(); err != nil {
		return cut(err)
	}
	switch {
	case kind == "" && s.number == 0 && !entries:
		return errNotFHIR
	case kind == "":
		return wrongf("resourceType is missing")
	case kind == "Bundle":
		return nil
	}
	if s.number++; s.number > maxEntries {
		return wrongf("there are more than %d entries", maxEntries)
	}
	size := s.dec.InputOffset() - start
	if size > maxEntry+readAhead {
		return errTooLarge
	}
	parts[0] = '{'
	parts = append(parts, '}')
	e := entry{offset: s.base + start, size: int32(size), number: s.number, bare: true}
	// Found again by what it says, whatever space stands between.
	var compact bytes.Buffer
	if err := json.Compact(&compact, parts); err != nil {
		return wrongf("a key cannot be read")
	}
	e.hash = hashOf(compact.Bytes())
	return s.each(e, "", parts)
}

// cut turns the end of the file inside a value into an error.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (s *scanner) decode(raw *json.RawMessage) error {
	s.meter.limit = s.dec.InputOffset() + s.base + maxEntry + readAhead
	if err := s.ctx.Err(); err != nil {
		return err
	}
	return cut(s.dec.Decode(raw))
}

func (s *scanner) entries() error {
	t, err := s.dec.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return wrongf("entry is not a list")
	}
	for s.dec.More() {
		if s.number++; s.number > maxEntries {
			return wrongf("there are more than %d entries", maxEntries)
		}
		var raw json.RawMessage
		if err := s.decode(&raw); err != nil {
			return err
		}
		if len(raw) > maxEntry {
			return errTooLarge
		}
		e := entry{offset: s.offset() - int64(len(raw)), size: int32(len(raw)), number: s.number, hash: hashOf(raw)}
		fail := func(err error) error {
			var p *Problem
			if errors.As(err, &p) {
				return err
			}
			p = s.at(err).(*Problem)
			p.Offset = e.offset
			return p
		}
		if err := strict(raw); err != nil {
			return fail(err)
		}
		full, resource, err := unwrap(raw)
		if err != nil {
			return fail(err)
		}
		if err := s.each(e, full, resource); err != nil {
			return err
		}
	}
	_, err = s.dec.Token()
	return err
}

func hashOf(raw []byte) (h [16]byte) {
	sum := sha256.Sum256(raw)
	copy(h[:], sum[:])
	return h
}

// unwrap takes the resource out of a bundle's entry; it is nil if there is none,
// or if the entry asks for something to be deleted.
func unwrap(raw []byte) (full string, resource []byte, err error) {
	var e struct {
		FullURL  string          `json:"fullUrl"`
		Resource json.RawMessage `json:"resource"`
		Request  struct {
			Method string `json:"method"`
		} `json:"request"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return "", nil, err
	}
	if e.Request.Method == "DELETE" || string(e.Resource) == "null" {
		return e.FullURL, nil, nil
	}
	return e.FullURL, e.Resource, nil
}

func mustJSON(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return b
}

// strict refuses what JSON allows and readers disagree about: keys that stand
// twice, also in other letters; text that is not UTF-8; NUL; and nesting beyond
// use. raw is well-formed.
func strict(raw []byte) error {
	if !utf8.Valid(raw) {
		return wrongf("the text is not UTF-8")
	}
	type level struct {
		keys   map[string]bool
		expect bool // a key comes next
	}
	var stack []level
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '{', '[':
			if len(stack) == maxDepth {
				return wrongf("objects are nested more than %d deep", maxDepth)
			}
			l := level{}
			if raw[i] == '{' {
				l = level{keys: map[string]bool{}, expect: true}
			}
			stack = append(stack, l)
		case '}', ']':
			stack = stack[:len(stack)-1]
		case ',':
			if top := &stack[len(stack)-1]; top.keys != nil {
				top.expect = true
			}
		case '"':
			start, escaped := i, false
			for i++; raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					escaped = true
					if bytes.HasPrefix(raw[i:], []byte(`\u0000`)) {
						return wrongf("the text has a NUL character")
					}
					i++
				}
			}
			if len(stack) == 0 || !stack[len(stack)-1].expect {
				continue
			}
			top := &stack[len(stack)-1]
			top.expect = false
			key := string(raw[start+1 : i])
			if escaped {
				if err := json.Unmarshal(raw[start:i+1], &key); err != nil {
					return wrongf("a key cannot be read")
				}
			}
			key = strings.ToLower(key)
			if top.keys[key] {
				return wrongf("a key stands twice in one object")
			}
			top.keys[key] = true
		}
	}
	return nil
}
