package verify

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"caseward/internal/fault"
)

// Directory checks an exported log: a C2SP tlog-tiles directory with a
// checkpoint, tiles, entry bundles, and the public key in log.pub. What is
// sealed, and the index by client, are not in an export, so they are not
// checked. An error means that the check could not be made, and says nothing
// about the log.
func Directory(ctx context.Context, dir string, o Options) (Report, error) {
	b, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return Report{}, fault.Invalidf("audit.verify", "there is no checkpoint in the directory")
	}
	s := &directory{dir: dir, h: headline{size: -1, checkpoint: b}}
	if s.h.vkey, err = readKey(dir); err != nil {
		return Report{}, err
	}
	if s.h.vkey == "" && o.PublicKey == "" {
		return Report{}, fault.Invalidf("audit.verify", "there is no public key: log.pub is missing and none was given")
	}
	// How many entries to look for; whether it is true is checked later.
	if lines := strings.SplitN(string(b), "\n", 3); len(lines) == 3 {
		_, _ = fmt.Sscan(lines[1], &s.says)
	}
	return check(ctx, s, o)
}

type directory struct {
	dir  string
	h    headline
	says int64
}

func (s *directory) head() headline { return s.h }

func (s *directory) orphans() []int64 { return nil }

func (s *directory) faults() []Fault { return nil }

func (s *directory) history(context.Context, func(int64, time.Time, []byte) error) error { return nil }

func tilePath(level string, n int64, w int) string {
	p := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		p = fmt.Sprintf("x%03d/", n%1000) + p
	}
	p = "tile/" + level + "/" + p
	if w < width {
		p = fmt.Sprintf("%s.p/%d", p, w)
	}
	return p
}

// read reads a tile or bundle of w hashes or entries; where that is not there a
// wider one, the full one first, since that may replace it. nil if there is
// none. of is how many the file is for.
func (s *directory) read(level string, n int64, w int) (b []byte, of int, err error) {
	try := []int{w, width}
	parts, err := os.ReadDir(filepath.Dir(s.path(level, n, 1)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, unreadable(err)
	}
	widest := 0
	for _, p := range parts {
		if k, err := strconv.Atoi(p.Name()); err == nil && k < width {
			widest = max(widest, k)
		}
	}
	if widest > 0 {
		try = append(try, widest)
	}
	for _, of := range try {
		b, err := os.ReadFile(s.path(level, n, of))
		if err == nil {
			return b, of, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, 0, unreadable(err)
		}
	}
	return nil, 0, nil
}

func (s *directory) path(level string, n int64, w int) string {
	return filepath.Join(s.dir, filepath.FromSlash(tilePath(level, n, w)))
}

func (s *directory) tile(_ context.Context, level, n int64, w int) ([]byte, error) {
	b, _, err := s.read(fmt.Sprint(level), n, w)
	return b, err
}

// bundles is how many entry bundles there are at most: the checkpoint may lie
// about it until its signature is checked.
func (s *directory) bundles() (int64, error) {
	last := int64(-1)
	root := filepath.Join(s.dir, "tile", "entries")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		n := int64(0)
		for _, part := range strings.Split(filepath.ToSlash(rel), "/") {
			number, partial := strings.CutSuffix(part, ".p")
			k, err := strconv.ParseInt(strings.TrimPrefix(number, "x"), 10, 64)
			if err != nil || k > 999 || n > 1<<40 {
				return nil // some other file
			}
			n = n*1000 + k
			if partial {
				break
			}
		}
		last = max(last, n)
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, unreadable(err)
	}
	return last + 1, nil
}

func (s *directory) findings(ctx context.Context, each func([]finding) error) error {
	return examined(ctx, s.rows, each)
}

func (s *directory) rows(ctx context.Context, each func([]row) error) error {
	bundles, err := s.bundles()
	if err != nil {
		return err
	}
	for n := int64(0); n < bundles && n*width < s.says; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		w := int(min(width, s.says-n*width))
		b, of, err := s.read("entries", n, w)
		if err != nil {
			return err
		}
		var rows []row
		for len(b) > 0 && (of <= w || len(rows) < w) {
			k := len(b) // a bundle cut off: its last entry fits nothing
			if len(b) >= 2 {
				k = min(int(binary.BigEndian.Uint16(b)), len(b)-2)
				b = b[2:]
			}
			rows = append(rows, row{leaf: b[:k], bare: true})
			b = b[k:]
		}
		if len(rows) == 0 {
			// A missing bundle ends nothing: the ones after it are there.
			continue
		}
		if err := each(rows); err != nil {
			return err
		}
	}
	return nil
}
