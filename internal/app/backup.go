package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/backup"
	"caseward/internal/blob"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/durable"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/share"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// The actions of backups in the log. The newest backup.verify tells when the last
// good one was made.
const (
	backupMake    = "backup.make"
	backupVerify  = "backup.verify"
	backupRestore = "backup.restore"
)

// BackupOptions says how a backup is made.
type BackupOptions struct {
	To      string // the file, or a directory to make one in
	Bucket  bool   // whether documents in a bucket go into the backup too
	Version string // of the program
}

// Backup makes a backup of an open directory, while others may work on it, and
// leaves two entries: that one was asked for, before anything is copied, and that
// it was read back and is good.
func (a *App) Backup(ctx context.Context, who actor.Actor, o BackupOptions) (backup.Report, error) {
	path := o.To
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, backup.Name(a.Clock.Now()))
	}
	if err := a.Door.Permit(ctx, who, backupMake, record.Subject{}, false, policy.Set(policy.Program), nil); err != nil {
		return backup.Report{}, err
	}
	// So that the entry just made is signed for in the backup.
	if _, err := a.Log.Sequence(ctx); err != nil {
		return backup.Report{}, err
	}
	r, err := backup.Make(ctx, backup.Source{
		Dir: a.Dir, Config: a.Config, DB: a.DB, Blobs: a.blobs, Include: o.Bucket || !inBucket(a.Config), Keys: a.Keys,
		LogName: a.Log.Origin(), PublicKey: a.Log.PublicKey(), Clock: a.Clock, Version: o.Version,
	}, path)
	if err != nil {
		return backup.Report{}, err
	}
	return r, a.Door.Permit(ctx, who, backupVerify, record.Subject{}, false, policy.Set(policy.Program), map[string]string{
		"backup": r.ID, "made": r.Made.Format(time.RFC3339), "entries": strconv.FormatInt(r.Entries, 10), "bytes": strconv.FormatInt(r.Bytes, 10),
		"missing": strconv.Itoa(len(r.Missing)),
	})
}

// inBucket reports whether documents are in a bucket.
func inBucket(c config.Config) bool { return len(c.Blobs) >= 5 && c.Blobs[:5] == "s3://" }

// RestoreOptions says what is restored and where to.
type RestoreOptions struct {
	From     string   // the backup
	Dir      string   // the data directory to make
	KeyFile  string   // the key file; "" if it is in Dir already
	Database string   // of a backup of PostgreSQL: the URL of an empty database
	Erased   []string // receipts of erasures, directories of them, or newer backups
	Kept     []verify.Kept
	Key      string // the log's public key, if it was kept
	DryRun   bool   // check everything and write nothing
	Clock    clock.Clock
	Shares   []share.Share // open the key file instead of the passphrase
}

// Restored is what was restored, or would be.
type Restored struct {
	Backup   backup.Report `json:"backup"`
	Written  bool          `json:"written"` // false for a dry run
	Receipts int           `json:"receipts"`
	Erased   int           `json:"erased_again"`
	Newer    []string      `json:"newer"` // what kept checkpoints promise beyond the backup
	Check    []string      `json:"check"` // what a person must look at
	Log      verify.Report `json:"log"`
}

// staging is where a directory is put together before it is one.
const staging = ".restoring"

// Restore puts a backup into a directory that holds nothing but, at most, the key
// file. Everything is proved before anything is written: that file and passphrase
// open the backup and every data key in it, that it is whole, that its log is
// signed by this agency. The directory is one that can be opened only once all
// of it is there, checked again, and says in its log that it was restored.
func Restore(ctx context.Context, who actor.Actor, passphrase []byte, o RestoreOptions) (out Restored, err error) {
	const op = "backup.restore"
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	out.Newer, out.Check = []string{}, []string{}
	keyFile := o.KeyFile
	if err := vacant(o.Dir, keyFile == ""); err != nil {
		return out, err
	}
	if keyFile == "" {
		keyFile = filepath.Join(o.Dir, keys.FileName)
	}
	k, err := keys.Open(ctx, keyFile, Options{Clock: o.Clock, Shares: o.Shares}.unlock(passphrase))
	if err != nil {
		return out, err
	}
	a, err := backup.Open(ctx, o.From, k)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	found, err := a.Check(ctx, k, backup.Against{PublicKey: o.Key, Kept: o.Kept})
	if err != nil {
		return out, err
	}
	m := &a.Manifest
	out.Backup, out.Log = a.Report(o.From), found.Log
	out.Newer = append(out.Newer, found.Newer...)
	if newest, err := db.Newest(); err != nil || m.Schema > newest {
		return out, errors.Join(err, fault.Invalidf(op, "the backup was made by a newer version (%s) of Caseward; use that", a.Header.Version))
	}
	if m.Dialect == db.Postgres {
		if o.Database == "" {
			return out, fault.Invalidf(op, "the backup is of PostgreSQL: name an empty database")
		}
		if err := backup.EmptyPostgres(ctx, o.Database); err != nil {
			return out, err
		}
	} else if o.Database != "" {
		return out, fault.Invalidf(op, "the backup is of SQLite, and cannot be restored into PostgreSQL")
	}
	receipts, err := readReceipts(ctx, k, o.Erased)
	if err != nil {
		return out, err
	}
	out.Receipts = len(receipts)
	cfg, check := settings(m, o.Database)
	out.Check = append(out.Check, check...)
	if _, lost, err := a.Elsewhere(ctx); err != nil {
		return out, err
	} else if len(lost) > 0 {
		out.Check = append(out.Check, strconv.Itoa(len(lost))+" documents were lost before the backup was made; look for them in an older one")
	}
	if o.DryRun {
		return out, nil
	}
	if err := os.MkdirAll(filepath.Join(o.Dir, staging), 0o700); err != nil {
		return out, fault.Unavailablef(op, err, "cannot make the data directory")
	}
	stage := filepath.Join(o.Dir, staging)
	moved := false
	defer func() {
		if err != nil && !moved {
			_ = os.RemoveAll(stage)
		}
	}()
	if err := lay(ctx, a, stage, keyFile, cfg, o.Database); err != nil {
		return out, err
	}
	if out.Erased, err = settle(ctx, who, passphrase, o.Shares, stage, a, receipts, o.Clock); err != nil {
		return out, err
	}
	if out.Log, err = verify.Database(ctx, cfg.Database, stage, verify.Options{PublicKey: m.PublicKey}); err != nil {
		return out, err
	}
	if !out.Log.OK {
		return out, fault.Unavailablef(op, nil, "what was restored does not have the log that was signed for; nothing was kept")
	}
	moved = true
	return out, finish(stage, o.Dir, &out)
}

// vacant refuses a directory that holds anything but the key file.
func vacant(dir string, key bool) error {
	const op = "backup.restore"
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Unavailablef(op, err, "cannot read the data directory")
	}
	for _, f := range files {
		switch {
		case f.Name() == staging:
			return fault.Conflictf(op, "the directory holds a restore that was broken off (%s); remove that and run it again", staging)
		case key && f.Name() == keys.FileName:
		default:
			return fault.Conflictf(op, "the directory already holds %s; nothing was changed. Name an empty one", f.Name())
		}
	}
	return nil
}

// settings are those of a backup as they hold in the new place, and what a person
// must look at because the place is another.
func settings(m *backup.Manifest, database string) (config.Config, []string) {
	cfg := m.Config
	check := []string{
		"workers whose access was ended after the backup have it again: end it again (caseward user list, caseward user terminate)",
		"every session, sign-in under way and invitation was ended: people sign in anew, and those invited are invited again",
		"what was done after the backup is not there; checkpoints of the log kept outside that are newer will say so for ever: keep a note of this restore with them",
	}
	if cfg.Blobs != "" && m.Included {
		check = append(check, "documents were in "+cfg.Blobs+" and are now in the directory "+blobsDir+" of the data directory; the setting blobs was taken out")
		cfg.Blobs = ""
	} else if inBucket(cfg) {
		check = append(check, strconv.FormatInt(m.Elsewhere, 10)+" documents are not in the backup and must be in "+cfg.Blobs+", which must not be shared with another installation")
	}
	if cfg.Segments.Dir != "" {
		check = append(check, "closed segments of the log were in "+cfg.Segments.Dir+" and are now in the directory log of the data directory; the setting segments.dir was taken out")
		cfg.Segments.Dir = ""
	}
	if database != "" {
		cfg.Database = database
	}
	for _, s := range []struct{ set, say string }{
		{cfg.Listen, "listen is " + cfg.Listen}, {cfg.Origin, "origin is " + cfg.Origin + ": passkeys work under that name only"},
		{cfg.TLSCert, "tls_cert and tls_key name files of the old machine: " + cfg.TLSCert + ", " + cfg.TLSKey},
		{cfg.Uploads.Clamd, "uploads.clamd is " + cfg.Uploads.Clamd}, {cfg.SMTP.Server, "smtp.server is " + cfg.SMTP.Server},
	} {
		if s.set != "" {
			check = append(check, s.say)
		}
	}
	for _, p := range cfg.Anchors {
		check = append(check, "checkpoints go to "+p+": stop the old installation before this one is started")
	}
	for _, p := range cfg.Forward {
		check = append(check, "entries of the log are forwarded to "+p+": take it out where this is a drill")
	}
	return cfg, check
}

// lay writes everything of a backup into the staging directory.
func lay(ctx context.Context, a *backup.Archive, stage, keyFile string, cfg config.Config, database string) error {
	const op = "backup.restore"
	m := &a.Manifest
	key, err := os.ReadFile(keyFile)
	if err == nil {
		err = durable.WriteFile(filepath.Join(stage, keys.FileName), key, 0o600)
	}
	if err == nil {
		err = durable.WriteFile(filepath.Join(stage, audit.KeyFileName), []byte(m.PublicKey+"\n"), 0o644)
	}
	if err != nil {
		return fault.Unavailablef(op, err, "cannot write into the data directory")
	}
	if err := cfg.Save(stage); err != nil {
		return err
	}
	if m.Dialect == db.Postgres {
		d, err := db.Open(ctx, database, stage)
		if err != nil {
			return err
		}
		if err := errors.Join(d.MigrateTo(ctx, m.Schema), d.Close()); err != nil {
			return err
		}
		if err := a.Load(ctx, database); err != nil {
			return err
		}
	} else if err := a.WriteDatabase(ctx, stage); err != nil {
		return err
	}
	if err := a.WriteSegments(ctx, cfg.SegmentsIn(stage)); err != nil {
		return err
	}
	if !m.Included {
		return nil
	}
	path, err := filepath.Abs(filepath.Join(stage, blobsDir))
	if err != nil {
		return fault.Unavailablef(op, err, "cannot find the data directory")
	}
	to, err := blob.Dir(path)
	if err != nil {
		return err
	}
	return errors.Join(a.WriteBlobs(ctx, to), to.Close())
}

// settle opens what was restored, writes into its log where it came from, and
// erases again who was erased since.
func settle(ctx context.Context, who actor.Actor, passphrase []byte, shares []share.Share, stage string, b *backup.Archive, receipts []record.Receipt, c clock.Clock) (erased int, err error) {
	a, err := Open(ctx, stage, passphrase, Options{Clock: c, Shares: shares})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if err := a.Door.Permit(ctx, who, backupRestore, record.Subject{}, false, policy.Set(policy.Program), map[string]string{
		"backup": b.Header.ID, "made": b.Header.Made.Format(time.RFC3339), "entries": strconv.FormatInt(b.Manifest.Entries, 10), "receipts": strconv.Itoa(len(receipts)),
	}); err != nil {
		return 0, err
	}
	if err := a.Authn.Restored(ctx, who); err != nil {
		return 0, err
	}
	return a.Door.EraseAgain(ctx, authn.ProvedOperator(who.OnBehalfOf(), c.Now()), receipts)
}

// finish gives everything its place, the settings last: without them it is no
// data directory.
func finish(stage, dir string, out *Restored) error {
	fail := func(err error) error {
		return fault.Unavailablef("backup.restore", err, "everything is restored in %s of the data directory and could not be moved to its place; move it by hand, %s last", staging, config.FileName)
	}
	files, err := os.ReadDir(stage)
	if err != nil {
		return fail(err)
	}
	names := make([]string, 0, len(files))
	for _, f := range files {
		if f.Name() != config.FileName {
			names = append(names, f.Name())
		}
	}
	for _, n := range append(names, config.FileName) {
		if n == keys.FileName {
			// One that was there is the same.
			if _, err := os.Lstat(filepath.Join(dir, n)); err == nil {
				if err := os.Remove(filepath.Join(stage, n)); err != nil {
					return fail(err)
				}
				continue
			}
		}
		if n == config.FileName {
			if err := db.SyncDir(dir); err != nil {
				return err
			}
		}
		if err := os.Rename(filepath.Join(stage, n), filepath.Join(dir, n)); err != nil {
			return fail(err)
		}
	}
	if err := os.Remove(stage); err != nil {
		return fail(err)
	}
	out.Written = true
	return errors.Join(db.SyncDir(dir), db.SyncDir(filepath.Dir(filepath.Clean(dir))))
}

// readReceipts reads receipts of erasures: a file of one or several, a directory
// of such files named *.json, or a newer backup, which holds those until then.
func readReceipts(ctx context.Context, w keys.Wrapper, paths []string) ([]record.Receipt, error) {
	const op = "backup.restore"
	var out []record.Receipt
	add := func(name string, b []byte) error {
		d := json.NewDecoder(bytes.NewReader(b))
		for d.More() {
			var r record.Receipt
			if err := d.Decode(&r); err != nil || !r.Verify() {
				return fault.Invalidf(op, "%s is no receipt of an erasure, or was changed; nothing was written", filepath.Base(name))
			}
			out = append(out, r)
		}
		return nil
	}
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, fault.Invalidf(op, "there is no %s; nothing was written", p)
		}
		files := []string{p}
		if info.IsDir() {
			entries, err := os.ReadDir(p)
			if err != nil {
				return nil, fault.Invalidf(op, "%s cannot be read; nothing was written", p)
			}
			files = files[:0]
			for _, e := range entries {
				if filepath.Ext(e.Name()) == ".json" {
					files = append(files, filepath.Join(p, e.Name()))
				}
			}
			slices.Sort(files)
		}
		for _, f := range files {
			if _, err := backup.ReadHeader(f); err == nil {
				if err := fromBackup(ctx, w, f, add); err != nil {
					return nil, err
				}
				continue
			}
			b, err := os.ReadFile(f)
			if err != nil {
				return nil, fault.Invalidf(op, "%s cannot be read; nothing was written", f)
			}
			if err := add(f, b); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func fromBackup(ctx context.Context, w keys.Wrapper, path string, add func(string, []byte) error) error {
	a, err := backup.Open(ctx, path, w)
	if err != nil {
		return err
	}
	err = a.Receipts(ctx, func(text, signature []byte) error {
		var r record.Receipt
		if err := json.Unmarshal(text, &r); err != nil {
			return err
		}
		r.Signature = signature
		b, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return add(path, b)
	})
	return errors.Join(err, a.Close())
}
