package doctor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// seen is what a file's own record says of it.
type seen struct {
	path  string
	mode  fs.FileMode
	owner uint32
}

// Permissions looks whether anybody but the owner could read what is private:
// dir and all of private that is there, and whether one account owns them all.
func Permissions(dir string, private ...string) Finding {
	const check = "permissions"
	root, err := os.Stat(dir)
	if err != nil {
		return found(check, Wrong, "see who owns the data directory", "the data directory cannot be looked at")
	}
	var files []seen
	for _, p := range private {
		if p == "" {
			continue
		}
		info, err := os.Stat(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return found(check, Wrong, "see who owns it", "%s cannot be looked at", p)
		}
		files = append(files, seen{p, info.Mode().Perm(), owner(info)})
	}
	return access(seen{dir, root.Mode().Perm(), owner(root)}, files)
}

func access(dir seen, private []seen) Finding {
	const check = "permissions"
	var open []Words
	var others []string
	for _, f := range append([]seen{dir}, private...) {
		if f.mode&0o077 != 0 {
			open = append(open, Words{"%s is %04o", []any{f.path, f.mode}})
		}
		// What is kept elsewhere, as the passphrase, may be another account's.
		if f.owner != dir.owner && filepath.Dir(f.path) == filepath.Clean(dir.path) {
			others = append(others, f.path)
		}
	}
	switch {
	case len(open) > 0:
		return found(check, Wrong, "chmod go-rwx what is named", "others on this machine may read: %s", open)
	case len(others) > 0:
		return found(check, Wrong, "chown what is named to the account that the server runs as", "the data directory is one account's and these another's: %s", strings.Join(others, ", "))
	}
	return good(check, "only their owner can read the data directory, the key file and the passphrase")
}

// Shares of a disk that should be free, and the least that must be.
const (
	freeWarn  = 10 // percent
	freeLeast = 1 << 30
)

// Disk looks how much is free where dir is, beside the uses bytes that the data
// takes: a backup made there, or a document turned over, needs as much again.
func Disk(dir string, uses int64) Finding {
	const check = "disk"
	free, all, err := space(dir)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return found(check, Unknown, "", "this system does not tell how much is free")
	case err != nil:
		return found(check, Wrong, "see whether the disk is there", "nothing is known of the disk under the data directory")
	}
	return room(free, all, uses)
}

func room(free, all, uses int64) Finding {
	const check, do = "disk", "make room or move the data directory to a larger disk before writing stops: a full disk loses nothing, and nobody can work"
	switch {
	case free < freeLeast:
		return found(check, Wrong, do, "%s of %s are free", size(free), size(all))
	case free < all/100*freeWarn, free < uses:
		return found(check, Warning, do, "%s of %s are free, and the data takes %s", size(free), size(all), size(uses))
	}
	return good(check, "%s of %s are free", size(free), size(all))
}

// Clock looks whether the machine's clock can be true: it is not behind the newest
// entry of the log, and the system says that something keeps it. Times in the log
// are evidence (45 CFR 164.312(b)).
func Clock(now, newest time.Time) Finding {
	ok, err := disciplined()
	return clockIs(now, newest, ok, err)
}

func clockIs(now, newest time.Time, kept bool, err error) Finding {
	const check, do = "clock", "let a time service keep it (chrony, systemd-timesyncd)"
	// Nodes that share a database may differ by a little.
	const slack = 5 * time.Second
	switch {
	case newest.Sub(now) > slack:
		return found(check, Wrong, do, "the clock is %s behind the newest entry of the log", Span(newest.Sub(now)))
	case err != nil:
		return found(check, Unknown, "", "this system does not tell whether something keeps its clock")
	case !kept:
		return found(check, Warning, do, "the system says that nothing keeps its clock")
	}
	return good(check, "something keeps the clock, and it is not behind the log")
}

// KeyProof is how long a proof that a copy of the key file opens is good for.
const KeyProof = 90 * 24 * time.Hour

// Copy is what was found out about a copy of the key file.
type Copy struct {
	Path string // "" if none was given this time
	IDs  []string
	Err  error     // why it does not open
	Last time.Time // when a copy was last proved, before this time; zero if never
}

// KeyCopy judges whether a copy of the key file would open what is kept here. ids
// are the keys in use, keyFile is the file they are in.
func KeyCopy(now time.Time, keyFile string, ids []string, c Copy) Finding {
	const check = "key copy"
	const do = "copy caseward.key to another place, and prove it: caseward doctor --key-copy FILE"
	if c.Path == "" {
		switch age := now.Sub(c.Last); {
		case c.Last.IsZero():
			return found(check, Wrong, do, "nobody has proved that there is a copy of the key file: without one a lost disk loses every backup too")
		case age > KeyProof:
			return found(check, Warning, do, "a copy of the key file was last proved %s ago", Span(age))
		default:
			return good(check, "a copy of the key file was proved %s ago", Span(max(age, 0)))
		}
	}
	if c.Err != nil {
		return found(check, Wrong, do, "%s does not open with the passphrase", c.Path)
	}
	for _, id := range ids {
		if !slices.Contains(c.IDs, id) {
			return found(check, Wrong, do, "%s opens and lacks the key %s, which is in use", c.Path, id)
		}
	}
	a, aerr := os.Stat(keyFile)
	b, berr := os.Stat(c.Path)
	if aerr == nil && berr == nil {
		switch {
		case os.SameFile(a, b):
			return found(check, Wrong, do, "%s is the key file itself and no copy", c.Path)
		case sameDisk(a, b):
			return found(check, Warning, "keep one where a broken or stolen disk does not take it along", "%s opens what is kept here, and is on the same disk", c.Path)
		}
	}
	return good(check, "%s opens what is kept here", c.Path)
}

// Free is how many bytes are free for the server on the disk of dir. Where the
// system does not tell, the error is [errors.ErrUnsupported].
func Free(dir string) (int64, error) {
	free, _, err := space(dir)
	return free, err
}
