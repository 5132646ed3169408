package backup

import (
	"context"
	"database/sql"
	"io"
	"sort"
	"strings"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// Against is what a backup is checked against.
type Against struct {
	PublicKey string        // of the log; "" takes the one that the agency's own secret makes
	Kept      []verify.Kept // checkpoints that were kept elsewhere
}

// Found is what a check found besides that the backup is good.
type Found struct {
	Log verify.Report // zero on PostgreSQL, whose log is checked before it is copied and when it was restored
	// Newer are kept checkpoints that promise more entries than the backup has,
	// each in a sentence: what was logged after the backup is not in it.
	Newer []string
}

// Check proves that the backup is whole and fits the key file: every chunk opens,
// the database is in order, tables have as many rows as when it was made, every
// data key opens, the log is signed by this agency's key and every entry is the
// one that was signed for, and every document is there. Nothing is written.
func (a *Archive) Check(ctx context.Context, w keys.Wrapper, o Against) (Found, error) {
	var out Found
	if err := a.whole(ctx); err != nil {
		return out, err
	}
	var err error
	if a.Manifest.Dialect == db.Postgres {
		err = a.checkCopied(ctx, w, o)
	} else {
		out, err = a.checkSQLite(ctx, w, o)
	}
	if err != nil {
		return out, err
	}
	return out, a.checkBlobs(ctx)
}

func (a *Archive) checkBlobs(ctx context.Context) error {
	var n, bytes, other int64
	if err := a.eachBlob(ctx, func(_ string, kind byte, in io.Reader) error {
		switch kind {
		case inside:
			size, err := io.Copy(io.Discard, in)
			n++
			bytes += size
			return err
		case elsewhere:
			other++
		}
		return nil
	}); err != nil {
		return err
	}
	if m := &a.Manifest; n != m.Blobs || bytes != m.BlobBytes || other != m.Elsewhere {
		return refused(ErrChanged, "it does not hold as many documents as it says")
	}
	return nil
}

func (a *Archive) checkSQLite(ctx context.Context, w keys.Wrapper, o Against) (Found, error) {
	const op = "backup.check"
	unreadable := func(err error) error {
		if _, aerr := a.at(0); aerr != nil {
			return aerr
		}
		return fault.Unavailablef(op, err, "the database in the backup cannot be read")
	}
	var out Found
	d, done, err := a.database(ctx)
	if err != nil {
		return out, err
	}
	defer done()
	// Every page and row is looked at here; that each index agrees with its table
	// is looked at in the file that was restored, where looking up is cheap.
	var said string
	if err := d.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return out, unreadable(err)
	}
	if said != "ok" {
		return out, fault.Invalidf(op, "the database in the backup is damaged, as was the one it was copied from; take an older backup")
	}
	for _, t := range tables {
		if !a.Manifest.has(t.name) {
			continue
		}
		var n int64
		if err := d.QueryRowContext(ctx, t.count).Scan(&n); err != nil {
			return out, unreadable(err)
		}
		if n != a.Manifest.Rows[t.name] {
			return out, refused(ErrChanged, "the table %s has %d rows and had %d", t.name, n, a.Manifest.Rows[t.name])
		}
	}
	p := &pairing{w: w}
	if err := p.head(d.QueryRowContext(ctx, headOfLog)); err != nil {
		return out, unreadable(err)
	}
	rows, err := d.QueryContext(ctx, agencyKeys)
	if err == nil {
		err = eachKey(ctx, rows, p.agency)
	}
	if err == nil {
		if rows, err = d.QueryContext(ctx, subjectKeys); err == nil {
			err = eachKey(ctx, rows, p.subject)
		}
	}
	if err != nil {
		return out, unreadable(err)
	}
	if err := p.verdict(a, o); err != nil {
		return out, err
	}
	// Kept checkpoints that are newer are no fault of the backup.
	opts := verify.Options{PublicKey: a.Manifest.PublicKey, OpenSegment: a.openSegment}
	var newer []verify.Kept
	for _, k := range o.Kept {
		if n, err := sizeOf(k.Text); err == nil && n > a.Manifest.Entries {
			newer = append(newer, k)
		} else {
			opts.Kept = append(opts.Kept, k)
		}
	}
	if out.Log, err = verify.Opened(ctx, d, opts); err != nil {
		return out, unreadable(err)
	}
	if !out.Log.OK {
		return out, notSigned(out.Log)
	}
	out.Newer, err = a.newer(ctx, d, newer)
	return out, err
}

// newer says what kept checkpoints promise beyond the backup.
func (a *Archive) newer(ctx context.Context, d *sql.DB, kept []verify.Kept) ([]string, error) {
	var out []string
	for _, k := range kept {
		r, err := verify.Opened(ctx, d, verify.Options{PublicKey: a.Manifest.PublicKey, Kept: []verify.Kept{k}, OpenSegment: a.openSegment})
		if err != nil {
			return nil, fault.Unavailablef("backup.check", err, "the log in the backup cannot be read")
		}
		for _, f := range r.Faults {
			if f.Kind != verify.Truncated {
				return nil, fault.Invalidf("backup.check", "the log in the backup does not fit a checkpoint that was kept: %s", f.Text)
			}
			out = append(out, f.Text)
		}
	}
	return out, nil
}

// sizeOf is how many entries a checkpoint says it covers; what it says is
// checked elsewhere.
func sizeOf(note []byte) (int64, error) {
	lines := strings.SplitN(string(note), "\n", 3)
	if len(lines) < 3 {
		return 0, fault.Invalidf("backup.check", "this is no checkpoint")
	}
	return parseSize(lines[1])
}

// notSigned is the answer to a log that does not verify.
func notSigned(r verify.Report) error {
	why := "it cannot be checked"
	if len(r.Faults) > 0 {
		why = r.Faults[0].Text
	}
	return fault.Invalidf("backup.check", "the log is not the one that was signed for: %s", why)
}

func eachKey(ctx context.Context, rows *sql.Rows, take func(ctx context.Context, name, kek string, wrapped []byte) error) error {
	defer rows.Close()
	for rows.Next() {
		var name, kek string
		var wrapped []byte
		if err := rows.Scan(&name, &kek, &wrapped); err != nil {
			return err
		}
		if err := take(ctx, name, kek, wrapped); err != nil {
			return err
		}
	}
	return rows.Err()
}

// pairing is whether the keys of a database and a key file belong together.
type pairing struct {
	w            keys.Wrapper
	origin, vkey string
	made         string // public key that the agency's secret makes
	closed       map[string]int
	taken        int
}

type scanner interface{ Scan(...any) error }

func (p *pairing) head(row scanner) error {
	var size int64
	var checkpoint []byte
	return row.Scan(&p.origin, &p.vkey, &size, &checkpoint)
}

func (p *pairing) open(ctx context.Context, kek string, aad, wrapped []byte) []byte {
	p.taken++
	k, err := p.w.Unwrap(ctx, kek, aad, wrapped)
	if err == nil {
		return k
	}
	if p.closed == nil {
		p.closed = map[string]int{}
	}
	p.closed[kek]++
	return nil
}

func (p *pairing) agency(ctx context.Context, name, kek string, wrapped []byte) error {
	k := p.open(ctx, kek, keys.AgencyAAD(name), wrapped)
	if k != nil && name == "log-signing" {
		var err error
		p.made, err = audit.VerifierKey(p.origin, k)
		return err
	}
	return nil
}

func (p *pairing) subject(ctx context.Context, subject, kek string, wrapped []byte) error {
	clear(p.open(ctx, kek, keys.SubjectAAD(subject), wrapped))
	return nil
}

func (p *pairing) verdict(a *Archive, o Against) error {
	if len(p.closed) > 0 {
		var ids []string
		n := 0
		for id, c := range p.closed {
			ids = append(ids, id)
			n += c
		}
		sort.Strings(ids)
		return refused(ErrKey, "%d of the %d data keys in it do not open (they are under %s)", n, p.taken, strings.Join(ids, ", "))
	}
	if p.made == "" || p.made != p.vkey || p.made != a.Manifest.PublicKey || fingerprint(p.made) != a.Header.LogKey || p.origin != a.Header.Log {
		return fault.Invalidf("backup.check", "the log in the backup was not signed by this agency's key")
	}
	if o.PublicKey != "" && o.PublicKey != p.made {
		return fault.Invalidf("backup.check", "the log in the backup was signed by another key than the one to check with; the backup may be of another agency")
	}
	return nil
}
