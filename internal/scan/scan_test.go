package scan_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"

	"caseward/internal/fault"
	"caseward/internal/scan"
	"caseward/internal/scan/scantest"
)

var ctx = context.Background()

// packed is an archive with these members.
func packed(t *testing.T, members ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i].(string))
		if err != nil {
			t.Fatal(err)
		}
		switch x := members[i+1].(type) {
		case []byte:
			_, err = w.Write(x)
		case int:
			_, err = io.CopyN(w, zeros{}, int64(x))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// locked is an archive whose member says that it has a password.
func locked(t *testing.T, name string, content []byte) []byte {
	t.Helper()
	b := packed(t, name, content)
	for _, magic := range []struct {
		sig string
		at  int
	}{{"PK\x03\x04", 6}, {"PK\x01\x02", 8}} {
		i := bytes.Index(b, []byte(magic.sig))
		b[i+magic.at] |= 1
	}
	return b
}

func TestClamd(t *testing.T) {
	daemon := scantest.Start(t)
	c, err := scan.New(daemon.URL)
	if err != nil {
		t.Fatal(err)
	}
	found := func(b []byte) string {
		t.Helper()
		threat, err := c.Scan(ctx, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		return threat
	}
	t.Run("says nothing of what is clean", func(t *testing.T) {
		for _, b := range [][]byte{{}, []byte("a letter"), make([]byte, 3<<20), packed(t, "word/document.xml", []byte("<w/>"))} {
			if got := found(b); got != "" {
				t.Error(len(b), got)
			}
		}
	})
	t.Run("finds a virus by itself, packed, packed twice and behind padding", func(t *testing.T) {
		virus := scantest.EICAR()
		for name, b := range map[string][]byte{
			"by itself": virus, "packed": packed(t, "a.txt", virus), "packed twice": packed(t, "b.zip", packed(t, "a.txt", virus)),
			"behind zeros": append(make([]byte, 5<<20), virus...),
		} {
			if got := found(b); got == "" {
				t.Error(name)
			}
		}
	})
	t.Run("what it says OK to without having looked, we say no to", func(t *testing.T) {
		behind := packed(t, "0", 150<<20, "a.txt", scantest.EICAR())
		hidden := locked(t, "a.txt", scantest.EICAR())
		for want, b := range map[scan.Reason][]byte{scan.TooMuch: behind, scan.Encrypted: hidden} {
			if why, err := scan.Inspect(bytes.NewReader(b), int64(len(b))); err != nil || why != want {
				t.Error(want, why, err)
			}
		}
	})
	t.Run("more than it takes is not clean", func(t *testing.T) {
		if threat, err := c.Scan(ctx, io.LimitReader(zeros{}, 130<<20)); !errors.Is(err, scan.ErrRefused) || threat != "" {
			t.Error(threat, err)
		}
	})
	t.Run("what cannot be read to its end is not clean", func(t *testing.T) {
		broken := errors.New("broken")
		if _, err := c.Scan(ctx, io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), failing{broken})); !errors.Is(err, broken) {
			t.Error(err)
		}
	})
	t.Run("one that dies in the middle, and one that is away, are errors", func(t *testing.T) {
		dies := io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), calling{daemon.Stop}, io.LimitReader(zeros{}, 64<<20))
		if threat, err := c.Scan(ctx, dies); !fault.Is(err, fault.Unavailable) || threat != "" {
			t.Error(threat, err)
		}
		if threat, err := c.Scan(ctx, bytes.NewReader(nil)); !fault.Is(err, fault.Unavailable) || threat != "" {
			t.Error(threat, err)
		}
	})
	t.Run("nobody waits for ever", func(t *testing.T) {
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := c.Scan(gone, bytes.NewReader(nil)); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// calling calls something when it is its turn to be read.
type calling struct{ fn func() }

func (c calling) Read([]byte) (int, error) { c.fn(); return 0, io.EOF }

func TestNew(t *testing.T) {
	for url, good := range map[string]bool{
		"unix:///run/clamav/clamd.ctl": true, "tcp://127.0.0.1:3310": true, "tcp://[::1]:3310": true, "tcp://localhost:3310": true,
		"tcp://192.0.2.1:3310": false, "tcp://scanner:3310": false, "unix://clamd": false, "": false, "http://localhost:1": false, "::": false,
	} {
		t.Run(url, func(t *testing.T) {
			if _, err := scan.New(url); (err == nil) != good {
				t.Error(err)
			}
		})
	}
}

// directory is an archive whose list names one member many times.
func directory(entries int) []byte {
	var b bytes.Buffer
	b.WriteString("PK\x03\x04")
	b.Write(make([]byte, 26))
	at := b.Len()
	entry := append([]byte("PK\x01\x02"), make([]byte, 42)...)
	for range entries {
		b.Write(entry)
	}
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	binary.LittleEndian.PutUint16(end[8:], uint16(entries))
	binary.LittleEndian.PutUint16(end[10:], uint16(entries))
	binary.LittleEndian.PutUint32(end[12:], uint32(b.Len()-at))
	binary.LittleEndian.PutUint32(end[16:], uint32(at))
	b.Write(end)
	return b.Bytes()
}

func TestInspect(t *testing.T) {
	many := make([]any, 0, 4002)
	for i := range 2001 {
		many = append(many, fmt.Sprint(i), []byte{})
	}
	deep := packed(t, "x", []byte("x"))
	for range 3 {
		deep = packed(t, "x.zip", deep)
	}
	big := make([]any, 0, 10)
	for i := range 5 {
		big = append(big, fmt.Sprint(i), 60<<20)
	}
	for name, c := range map[string]struct {
		b    []byte
		want scan.Reason
	}{
		"a letter":                        {[]byte("a letter"), ""},
		"nothing":                         {nil, ""},
		"an office document":              {packed(t, "[Content_Types].xml", []byte("<T/>"), "word/document.xml", []byte("<w/>")), ""},
		"one within another":              {packed(t, "word/embeddings/a.xlsx", packed(t, "xl/workbook.xml", []byte("<x/>"))), ""},
		"one with a password":             {locked(t, "word/document.xml", []byte("x")), scan.Encrypted},
		"a password deeper down":          {packed(t, "a.docx", locked(t, "word/document.xml", []byte("x"))), scan.Encrypted},
		"an OpenDocument with a password": {packed(t, "META-INF/manifest.xml", []byte("<m:encryption-data/>"), "content.xml", []byte("x")), scan.Encrypted},
		"an office file with a password":  {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 2000)...), scan.Encrypted},
		"a PDF":                           {append([]byte("%PDF-1.7\n"), make([]byte, 1<<17)...), ""},
		"a PDF with a password":           {append(append([]byte("%PDF-1.7\n"), make([]byte, 1<<16-12)...), "trailer <</Encrypt 5 0 R>>"...), scan.Encrypted},
		"a program in a document":         {packed(t, "word/vbaProject.bin", []byte("x")), scan.Macro},
		"a program in an OpenDocument":    {packed(t, "Basic/Standard/Module1.xml", []byte("x")), scan.Macro},
		"too many members":                {packed(t, many...), scan.TooMuch},
		"a directory larger than any":     {directory(60_000), scan.TooMuch},
		"one large member":                {packed(t, "0", 65<<20), scan.TooMuch},
		"too much in all":                 {packed(t, big...), scan.TooMuch},
		"too deep":                        {deep, scan.TooMuch},
		"an archive of another kind":      {packed(t, "x", []byte("7z\xbc\xaf\x27\x1c more")), scan.Archive},
		"such an archive by itself":       {[]byte("Rar!\x1a\x07 more"), scan.Archive},
		"a damaged archive":               {packed(t, "x", []byte("some words that take room"))[:40], scan.Archive},
	} {
		t.Run(name, func(t *testing.T) {
			if why, err := scan.Inspect(bytes.NewReader(c.b), int64(len(c.b))); err != nil || why != c.want {
				t.Errorf("%q, want %q, %v", why, c.want, err)
			}
		})
	}
	t.Run("what cannot be read is an error, not damage", func(t *testing.T) {
		noise := make([]byte, 100_000)
		_, _ = rand.Read(noise)
		b := packed(t, "x", noise)
		if why, err := scan.Inspect(halfReader(b[:100]), int64(len(b))); err == nil {
			t.Error(why)
		}
	})
}

// halfReader can be read at its beginning only.
type halfReader []byte

func (h halfReader) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(h)) {
		return 0, errors.New("away")
	}
	return copy(p, h[off:]), nil
}
