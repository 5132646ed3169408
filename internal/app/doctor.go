package app

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"sync"
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
	"caseward/internal/keys/share"
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
	Shares         []share.Share
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
	copied, err := a.keyCopy(ctx, o)
	if err != nil {
		return nil, err
	}
	out, kept, err := a.examine(ctx, who, o, copied)
	if err == nil && copied.Path != "" && kept.State != doctor.Wrong {
		err = a.Door.Permit(ctx, who, keyProve, record.Subject{}, false, policy.Set(policy.Program), map[string]string{"key": a.Keys.Current()})
	}
	return out, err
}

// round is what the server last found by itself, and when.
type round struct {
	mu       sync.Mutex
	at       time.Time
	findings []doctor.Finding
	segments int
}

// lookAround has the server examine itself. It shows nobody anything, so it leaves no
// entry: who looks at what was found does.
func (a *App) lookAround(ctx context.Context) error {
	who := authn.Service(authn.Sequencer)
	if !a.Door.Ever(who, systemCheck, false, policy.Set(policy.Program)) {
		return fault.DeniedBy(systemCheck, "service-only")
	}
	o := DoctorOptions{SMTPPassword: a.smtpPassword}
	copied, err := a.keyCopy(ctx, o)
	if err != nil {
		return err
	}
	found, _, err := a.examine(ctx, who, o, copied)
	if err != nil {
		return err
	}
	closed, err := a.Log.Segments(ctx)
	if err != nil {
		return err
	}
	a.round.mu.Lock()
	defer a.round.mu.Unlock()
	a.round.at, a.round.findings, a.round.segments = a.Clock.Now(), found, len(closed)
	return nil
}

// examine looks at everything, and says of the copy of the key file apart.
func (a *App) examine(ctx context.Context, who actor.Actor, o DoctorOptions, copied doctor.Copy) (out []doctor.Finding, kept doctor.Finding, err error) {
	now := a.Clock.Now()
	newest, err := a.Log.Latest(ctx)
	if err != nil {
		return nil, kept, err
	}
	backedUp, err := a.last(ctx, backupVerify)
	if err != nil {
		return nil, kept, err
	}
	head, err := a.Log.Head(ctx)
	if err != nil {
		return nil, kept, err
	}
	wraps, err := a.Door.KeysUnder(ctx, who)
	if err != nil {
		return nil, kept, err
	}
	closed, err := a.Log.Segments(ctx)
	if err != nil {
		return nil, kept, err
	}
	segments := make([]doctor.Segment, len(closed))
	for i, s := range closed {
		segments[i] = doctor.Segment{File: s.File, Missing: s.Missing}
	}
	places, err := a.sent(ctx, now)
	if err != nil {
		return nil, kept, err
	}
	session, err := a.session(ctx)
	if err != nil {
		return nil, kept, err
	}
	sums, err := a.DB.Checksums(ctx)
	if err != nil {
		return nil, kept, err
	}
	forwards, err := a.forward.Forwarded(ctx)
	if err != nil {
		return nil, kept, err
	}
	offices, err := a.offices(ctx, who)
	if err != nil {
		return nil, kept, err
	}
	keyFile := filepath.Join(a.Dir, keys.FileName)
	kept = doctor.KeyCopy(now, keyFile, ids(a.Keys), copied)
	out = []doctor.Finding{
		doctor.Permissions(a.Dir, keyFile, filepath.Join(a.Dir, config.FileName), filepath.Join(a.Dir, db.FileName), filepath.Join(a.Dir, db.FileName+"-wal"), a.Config.TLSKey, o.PassphraseFile),
		doctor.Disk(a.Dir, a.uses()),
		doctor.Clock(now, newest),
		a.certificate(ctx, now),
		kept,
		doctor.Recovery(now, a.ways()),
		doctor.Keys(a.Keys.Current(), wraps),
		a.service(ctx),
		doctor.Settings(a.Config.Database),
		doctor.Database(session, sums),
		doctor.Backup(now, backedUp),
		queued(now, head),
		doctor.Segments(segments),
		doctor.Outside(now, places),
		doctor.Forwarding(now, forwarded(forwards)),
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
		doctor.Officers(now, offices),
	}
	if a.provider != nil {
		out = append(out, doctor.Provider(ctx, func(ctx context.Context) (int, time.Duration, bool, error) {
			s, err := a.provider.Survey(ctx)
			return s.Keys, s.Apart, s.Clock, err
		}))
	}
	return out, kept, nil
}

// queued judges how far the log's sequencer is.
func queued(now time.Time, h audit.Head) doctor.Finding {
	return doctor.Log(now, doctor.Queue{Size: h.Size, Signed: h.SignedSize, Waiting: h.Unsequenced, Oldest: h.Waiting, Err: h.Err})
}

// ways are what opens the key file.
func (a *App) ways() (out []doctor.Way) {
	for _, s := range a.Keys.Slots() {
		out = append(out, doctor.Way{Shares: s.Kind == keys.ByShares, Made: s.Made, Tried: s.Tried, Need: s.Need, Of: len(s.Holders)})
	}
	return out
}

// service asks every key-management service that opens the key file.
func (a *App) service(ctx context.Context) doctor.Finding {
	var ids []string
	slots := a.Keys.Slots()
	for _, s := range slots {
		if s.Kind == keys.ByKMS {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return doctor.Service(ctx, true, nil)
	}
	return doctor.Service(ctx, len(slots) > len(ids), func(ctx context.Context) error {
		for _, id := range ids {
			if err := a.Keys.Ask(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// offices are the functions that somebody must be designated for. A directory without an
// agency has none yet.
func (a *App) offices(ctx context.Context, who actor.Actor) ([]doctor.Office, error) {
	if _, err := a.Directory.Founded(ctx); fault.Is(err, fault.NotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	states, err := a.Governance.Now(ctx, who)
	if err != nil {
		return nil, err
	}
	var out []doctor.Office
	for _, s := range states {
		out = append(out, doctor.Office{Name: string(s.Function), Ever: s.Ever, Vacant: s.Vacant, Ends: s.Ends})
	}
	return out, nil
}

// session is how PostgreSQL sees us; nil on SQLite.
func (a *App) session(ctx context.Context) (*doctor.Session, error) {
	if a.DB.Dialect() != db.Postgres {
		return nil, nil
	}
	var s doctor.Session
	err := a.DB.QueryRow(ctx, `SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb, COALESCE((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), ''),
		COALESCE(inet_client_addr() <<= '127.0.0.0/8' OR inet_client_addr() = '::1' OR inet_client_addr() = inet_server_addr(), TRUE), current_setting('server_version_num')::int, current_setting('fsync') = 'on' AND current_setting('synchronous_commit') <> 'off'
		FROM pg_roles r WHERE r.rolname = current_user`).Scan(&s.Superuser, &s.TLS, &s.Local, &s.Version, &s.Synced)
	if err != nil {
		return nil, fault.Unavailablef("app.doctor", err, "PostgreSQL does not say how it is reached")
	}
	return &s, nil
}

// forwarded is how far each place is that entries are forwarded to. One that the
// server has not begun with is at the beginning.
func forwarded(all []job.Forwarded) (out []doctor.Forwarded) {
	for _, f := range all {
		out = append(out, doctor.Forwarded{Name: f.Kind + " " + strconv.Itoa(f.Number), Behind: f.Behind, Oldest: f.Oldest})
	}
	return out
}

// last is when somebody at the command line last did an action; zero if never.
func (a *App) last(ctx context.Context, action string) (time.Time, error) {
	es, err := a.Log.Find(ctx, audit.Query{Worker: authn.Service(authn.Commander).Worker(), Action: action, Outcome: audit.Allowed, Limit: 1, Unplaced: true})
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

func (a *App) keyCopy(ctx context.Context, o DoctorOptions) (c doctor.Copy, err error) {
	c.Path = o.KeyCopy
	if c.Path == "" {
		c.Last, err = a.last(ctx, keyProve)
		return c, err
	}
	k, err := keys.Open(ctx, c.Path, Options{Clock: a.Clock, Shares: o.Shares}.unlock(o.Passphrase))
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
		es, err := a.Log.Find(ctx, audit.Query{Worker: authn.Service(authn.Sequencer).Worker(), Action: job.AnchorAction, Outcome: audit.Allowed, Before: before, Limit: 1000, Unplaced: true})
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
		es, err := a.Log.Find(ctx, audit.Query{Since: out[i].Last, Until: now.Add(-x.Every - lateBy), Limit: 64, Unplaced: true})
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
