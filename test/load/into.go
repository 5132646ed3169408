package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// The marks in a document between which what is measured stands.
const (
	from = "<!-- measured: %s -->\n"
	to   = "<!-- measured -->\n"
)

// into runs fn, and writes what it prints into a section of a document too.
func into(file, section string, fn func() error) error {
	if file == "" {
		return fn()
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if _, err := replaced(text, section, nil); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	var said bytes.Buffer
	copied := make(chan error, 1)
	screen := os.Stdout
	go func() {
		_, err := io.Copy(io.MultiWriter(screen, &said), r)
		copied <- err
	}()
	os.Stdout = w
	err = fn()
	os.Stdout = screen
	if err := errors.Join(err, w.Close(), <-copied, r.Close()); err != nil {
		return err
	}
	// It may have been changed meanwhile.
	if text, err = os.ReadFile(file); err != nil {
		return err
	}
	if text, err = replaced(text, section, said.Bytes()); err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

// replaced is text with what stands in a section replaced.
func replaced(text []byte, section string, by []byte) ([]byte, error) {
	mark := fmt.Appendf(nil, from, section)
	before, rest, ok := bytes.Cut(text, mark)
	if !ok {
		return nil, fmt.Errorf("there is no line %q for it", bytes.TrimSpace(mark))
	}
	_, after, ok := bytes.Cut(rest, []byte(to))
	if !ok {
		return nil, fmt.Errorf("what begins at %q ends nowhere", bytes.TrimSpace(mark))
	}
	return bytes.Join([][]byte{before, mark, []byte("\n"), bytes.TrimSpace(by), []byte("\n\n"), []byte(to), after}, nil), nil
}
