package app

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/blob"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/doctor"
	"caseward/internal/fault"
	"caseward/internal/job"
	"caseward/internal/keys"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/scan"
)

// The actions of an operator who looks after the machine.
const (
	systemCheck = "system.check"
	keyProve    = "key.prove"
)

// DoctorOptions says what the doctor is given besides the data directory.
type DoctorOptions struct {
	PassphraseFile string // where the passphrase lies; "" if it is not in a file
	Passphrase     []byte
	KeyCopy        string // a copy of the key file to prove; "" for none
	SMTPPassword   string
}

// Doctor looks at everything around the records that an operator can get wrong,
// and leaves one entry; a copy of the key file that opens what is kept here leaves
// another, by which later looks know of it. Nothing else is changed.
func (a *App) Doctor(ctx context.Context, who actor.Actor, o DoctorOptions) ([]doctor.Finding, error) {
	if err := a.Door.Permit(ctx, who, systemCheck, record.Subject{}, false, policy.Set(policy.Program), nil); err != nil {
		return nil, err
	}
	now := a.Clock.Now()
	newest, err := a.newest(ctx)
	if err != nil {
		return nil, err
	}
	backedUp, err := a.last(ctx, who, backupVerify)
	if err != nil {
		return nil, err
	}
	copied, err := a.keyCopy(ctx, who, o)
	if err != nil {
		return nil, err
	}
	head, err := a.Log.Head(ctx)
	if err != nil {
		return nil, err
	}
	places, err := a.sent(ctx, now)
	if err != nil {
		return nil, err
	}
	keyFile := filepath.Join(a.Dir, keys.FileName)
	kept := doctor.KeyCopy(now, keyFile, ids(a.Keys), copied)
	out := []doctor.Finding{
		doctor.Permissions(a.Dir, keyFile, filepath.Join(a.Dir, config.FileName), filepath.Join(a.Dir, db.FileName), filepath.Join(a.Dir, db.FileName+"-wal"), a.Config.TLSKey, o.PassphraseFile),
		doctor.Disk(a.Dir, a.uses()),
		doctor.Clock(now, newest),
		a.certificate(ctx, now),
		kept,
		doctor.Backup(now, backedUp),
		doctor.Log(now, doctor.Queue{Size: head.Size, Signed: head.SignedSize, Waiting: head.Unsequenced, Oldest: head.Waiting, Err: head.Err}),
		doctor.Outside(now, places),
		doctor.Reach(ctx, "documents", func(ctx context.Context) error {
			r, err := a.blobs.Read(ctx, blob.NewName(), 0, 1)
			if err == nil {
				return r.Close()
			}
			if blob.Gone(err) {
				return nil
			}
			return err
		}),
		a.scanner(ctx, now),
		doctor.Mail(ctx, a.reach(o.SMTPPassword)),
	}
	if copied.Path != "" && kept.State != doctor.Wrong {
		err = a.Door.Permit(ctx, who, keyProve, record.Subject{}, false, policy.Set(policy.Program), map[string]string{"key": a.Keys.Current()})
	}
	return out, err
}

// newest is the time of the newest entry of the log.
func (a *App) newest(ctx context.Context) (at time.Time, err error) {
	// Entries of several nodes are not in the order of their clocks.
	es, err := a.Log.Find(ctx, audit.Query{Limit: 50})
	for _, e := range es {
		if e.At.After(at) {
			at = e.At
		}
	}
	return at, err
}

// last is when who last did an action; zero if never.
func (a *App) last(ctx context.Context, who actor.Actor, action string) (time.Time, error) {
	es, err := a.Log.Find(ctx, audit.Query{Worker: who.Worker(), Action: action, Outcome: audit.Allowed, Limit: 1})
	if err != nil || len(es) == 0 {
		return time.Time{}, err
	}
	return es[0].At, nil
}

// ids are the keys of a key file.
func ids(f *keys.File) (out []string) {
	for _, k := range f.Keys() {
		out = append(out, k.ID)
	}
	return out
}

func (a *App) keyCopy(ctx context.Context, who actor.Actor, o DoctorOptions) (c doctor.Copy, err error) {
	c.Path = o.KeyCopy
	if c.Path == "" {
		c.Last, err = a.last(ctx, who, keyProve)
		return c, err
	}
	k, err := keys.OpenCopy(c.Path, o.Passphrase)
	if err != nil {
		c.Err = err
		return c, nil
	}
	c.IDs = ids(k)
	return c, nil
}

// uses is how many bytes the database takes on this machine.
func (a *App) uses() (n int64) {
	if a.DB.Dialect() != db.SQLite {
		return 0
	}
	for _, name := range []string{db.FileName, db.FileName + "-wal"} {
		if info, err := os.Stat(filepath.Join(a.Dir, name)); err == nil {
			n += info.Size()
		}
	}
	return n
}

func (a *App) certificate(ctx context.Context, now time.Time) doctor.Finding {
	origin, domain := a.Config.Site()
	if a.Config.TLSCert != "" {
		return doctor.Certificate(now, a.Config.TLSCert, a.Config.TLSKey, domain, nil)
	}
	return doctor.Site(ctx, now, origin, nil)
}

func (a *App) scanner(ctx context.Context, now time.Time) doctor.Finding {
	u := a.Config.Uploads
	if u.Clamd == "" {
		return doctor.Uploads(ctx, now, nil, u.Unscanned || a.demo)
	}
	c, err := scan.New(u.Clamd)
	if err != nil {
		// It was taken when the directory was opened.
		return doctor.Uploads(ctx, now, nil, u.Unscanned)
	}
	return doctor.Uploads(ctx, now, c, u.Unscanned)
}

func (a *App) reach(password string) func(context.Context) error {
	m := a.Config.SMTP
	if m.Server == "" {
		return nil
	}
	return (&job.SMTP{Server: m.Server, From: m.From, User: m.User, Password: password, Clock: a.Clock}).Reach
}

// lateBy is how much longer than its time a place outside may take.
const lateBy = 15 * time.Minute

// sent is how far each place outside is. A place is owed a checkpoint when an
// entry that is not itself of a sending is older than its time.
func (a *App) sent(ctx context.Context, now time.Time) ([]doctor.Sent, error) {
	all, err := a.Config.Places(a.Dir)
	if err != nil {
		return nil, fault.Invalidf("app.doctor", "the places outside cannot be read")
	}
	out := make([]doctor.Sent, len(all))
	for i, x := range all {
		out[i].Name = x.Kind + " " + strconv.Itoa(i+1)
	}
	if len(all) == 0 {
		return out, nil
	}
	const pages = 5
	before := int64(0)
	for range pages {
		es, err := a.Log.Find(ctx, audit.Query{Worker: authn.Service(authn.Sequencer).Worker(), Action: job.AnchorAction, Outcome: audit.Allowed, Before: before, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			n, err := strconv.Atoi(e.Detail["number"])
			if err == nil && n >= 1 && n <= len(out) && out[n-1].Last.IsZero() {
				out[n-1].Last = e.At
			}
			before = e.ID
		}
		if len(es) < 1000 {
			break
		}
	}
	for i, x := range all {
		es, err := a.Log.Find(ctx, audit.Query{Since: out[i].Last, Until: now.Add(-x.Every - lateBy), Limit: 64})
		if err != nil {
			return nil, err
		}
		for _, e := range es {
			if e.Action != job.AnchorAction && e.At.After(out[i].Last) {
				out[i].Owed = true
			}
		}
	}
	return out, nil
}
