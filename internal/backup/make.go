package backup

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"caseward/internal/audit/verify"
	"caseward/internal/blob"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// Source is what a backup is made of.
type Source struct {
	Dir       string        // the data directory
	Config    config.Config // its settings
	DB        *db.DB        // its database, open; the copy is made over a connection of its own
	Blobs     *blob.Store   // its documents
	Include   bool          // whether documents go into the backup
	Keys      keys.Wrapper
	LogName   string
	PublicKey string // of the log
	Clock     clock.Clock
	Version   string // of the program
}

// Report is what was made, or found in a backup that was checked.
type Report struct {
	File      string    `json:"file"`
	ID        string    `json:"id"`
	Log       string    `json:"log"`
	Made      time.Time `json:"made"`
	Version   string    `json:"version"`
	KEK       string    `json:"kek"` // id of the key-encryption key it needs
	Bytes     int64     `json:"bytes"`
	Database  string    `json:"database"` // sqlite or postgres
	DBBytes   int64     `json:"database_bytes"`
	Records   int64     `json:"records"`
	Clients   int64     `json:"clients"`
	Entries   int64     `json:"entries"` // of the log that its checkpoint signs for
	Documents int64     `json:"documents"`
	DocBytes  int64     `json:"document_bytes"`
	Elsewhere int64     `json:"documents_elsewhere"` // in a bucket, and not inside
	Missing   []string  `json:"missing"`             // documents that were lost before
}

func (a *Archive) report(file string) Report {
	h, m := a.Header, &a.Manifest
	r := Report{
		File: file, ID: h.ID, Log: h.Log, Made: h.Made, Version: h.Version, KEK: h.KEK, Bytes: a.Size,
		Database: string(m.Dialect), DBBytes: m.DBSize, Records: m.Rows["record"], Clients: max(m.Rows["subject_key"]-1, 0), Entries: m.Entries,
		Documents: m.Blobs, DocBytes: m.BlobBytes, Elsewhere: m.Elsewhere, Missing: m.Missing,
	}
	if r.Missing == nil {
		r.Missing = []string{}
	}
	return r
}

// Name is what a backup is called where only a directory is given.
func Name(at time.Time) string { return "caseward-" + at.UTC().Format("20060102T150405Z") + ".backup" }

// The name of a backup under way says which process makes it.
var partial = regexp.MustCompile(`^\.caseward-([0-9]+)-[0-9a-f]{16}\.partial$`)

// sweep removes what backups that died left in dir. It is sealed like a backup,
// and private, but of no use.
func sweep(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fault.Invalidf("backup.make", "the directory of the backup cannot be read: %s", short(err))
	}
	for _, f := range files {
		m := partial.FindStringSubmatch(f.Name())
		if m == nil {
			continue
		}
		if pid, err := strconv.Atoi(m[1]); err == nil && alive(pid) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.Unavailablef("backup.make", nil, "what an earlier backup left cannot be removed: %s", short(err))
		}
	}
	return nil
}

// alive reports whether a process other than this one runs.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil || pid == os.Getpid() {
		return false
	}
	err = p.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, fs.ErrPermission)
}

// Make makes a backup at path while others work on the same database, reads it
// back and checks it. It is there under its name only once it is whole, checked
// and durable; if anything fails nothing is left.
func Make(ctx context.Context, src Source, path string) (_ Report, err error) {
	const op = "backup.make"
	if _, err := os.Lstat(path); err == nil {
		return Report{}, fault.Conflictf(op, "there is a file of that name; it was left as it is")
	}
	// Of PostgreSQL the tables are copied that this program knows.
	age, err := src.DB.Age(ctx)
	if err != nil {
		return Report{}, err
	}
	if age.Newer() && src.DB.Dialect() == db.Postgres {
		return Report{}, fault.Conflictf(op, "a newer release changed the database, and a backup by this one would leave out what that added; no backup was made. Make it with the newer release")
	}
	dir := filepath.Dir(path)
	if err := sweep(dir); err != nil {
		return Report{}, err
	}
	tmp := filepath.Join(dir, fmt.Sprintf(".caseward-%d-%s.partial", os.Getpid(), hex.EncodeToString(keys.Random(8))))
	f, err := os.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Report{}, fault.Unavailablef(op, nil, "the backup cannot be written there: %s", short(err))
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(tmp)
		}
	}()
	if err := fill(ctx, src, f); err != nil {
		return Report{}, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return Report{}, unwritten(err)
	}
	a, err := Open(ctx, tmp, src.Keys)
	if err != nil {
		return Report{}, unfit(err)
	}
	_, err = a.Check(ctx, src.Keys, Against{PublicKey: src.PublicKey})
	r := a.report(path)
	if err := errors.Join(err, a.Close()); err != nil {
		return Report{}, unfit(err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return Report{}, unwritten(err)
	}
	return r, db.SyncDir(dir)
}

// unfit is the failure of a backup that was written and is not good.
func unfit(err error) error {
	return fault.Unavailablef("backup.make", err, "the backup was written and is not good when it is read back; it was removed, and the database was not touched")
}

func fill(ctx context.Context, src Source, f *os.File) error {
	s, _, err := newSealer(ctx, f, Header{
		ID: hex.EncodeToString(keys.Random(16)), Log: src.LogName, LogKey: fingerprint(src.PublicKey),
		Made: src.Clock.Now().UTC().Truncate(time.Second), Version: src.Version,
	}, src.Keys)
	if err != nil {
		return err
	}
	m := &Manifest{Dialect: src.DB.Dialect(), Config: src.Config}
	var names []string
	var closed []needed
	if m.Dialect == db.Postgres {
		// The rows of a log cannot be checked inside the file, so they are where
		// they come from.
		log, err := verify.Database(ctx, src.Config.Database, "", verify.Options{PublicKey: src.PublicKey, Segments: src.Config.SegmentsIn(src.Dir)})
		if err != nil {
			return err
		}
		if !log.OK {
			return notSigned(log)
		}
		names, closed, err = copyPostgres(ctx, src.Config.Database, s, m)
		if err != nil {
			return err
		}
	} else if names, closed, err = copySQLite(ctx, src.Dir, s, m); err != nil {
		return err
	}
	if err := copyBlobs(ctx, src, names, s, m); err != nil {
		return err
	}
	if err := copySegments(ctx, src.Config.SegmentsIn(src.Dir), closed, s, m); err != nil {
		return err
	}
	if err := m.write(s); err != nil {
		return err
	}
	return s.end()
}
