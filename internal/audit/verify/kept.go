package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"caseward/internal/fault"
)

// LoadKept reads checkpoints that were kept elsewhere: files, or directories
// whose files are named *.checkpoint. A file's name may tell when it was kept,
// as in 000000001500-20260302T090000Z.checkpoint; failing that its time of
// change does.
func LoadKept(paths ...string) ([]Kept, error) {
	var out []Kept
	for _, p := range paths {
		files := []string{p}
		info, err := os.Stat(p)
		if err != nil {
			return nil, fault.Invalidf("audit.verify", "a kept checkpoint cannot be found")
		}
		if info.IsDir() {
			if files, err = filepath.Glob(filepath.Join(escape(p), "*.checkpoint")); err != nil {
				return nil, unreadable(err)
			}
			if len(files) == 0 {
				return nil, fault.Invalidf("audit.verify", "a directory of kept checkpoints has no file named *.checkpoint")
			}
			slices.Sort(files)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				return nil, unreadable(err)
			}
			info, err := os.Stat(f)
			if err != nil {
				return nil, unreadable(err)
			}
			k := Kept{Name: filepath.Base(f), At: info.ModTime().UTC(), Text: b}
			base := strings.TrimSuffix(k.Name, ".checkpoint")
			if t, err := time.Parse("20060102T150405Z", base[strings.LastIndexByte(base, '-')+1:]); err == nil {
				k.At = t
			}
			out = append(out, k)
		}
	}
	return out, nil
}

// escape keeps a directory's name from being a pattern.
func escape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
