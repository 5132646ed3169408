package audit

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"

	"github.com/fxamacker/cbor/v2"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// Log is the log of one database. It is safe for concurrent use, and several
// processes may have the same database's log open.
type Log struct {
	db     *db.DB
	clock  clock.Clock
	origin string

	actorKey   *keyed
	subjectKey *keyed
	aead       cipher.AEAD
	signer     note.Signer
	vkey       string

	mu      sync.Mutex
	lastErr error // of the sequencer loop
	seen    func(action string, o Outcome, n int64)
	signed  *signedTree // the largest this process has signed
	back    setBack

	shelf shelf // closed segments
}

// Open opens the log kept in d, with the secrets "log" and "log-signing" of the
// agency, making both at the first use. The origin is the log's name in its
// checkpoints, as "caseward.example/north-agency"; it is set once and Open
// refuses another one later.
func Open(ctx context.Context, d *db.DB, a *keys.Agency, c clock.Clock, origin string) (*Log, error) {
	secret, err := a.Secret(ctx, "log")
	if err != nil {
		return nil, err
	}
	signing, err := a.Secret(ctx, "log-signing")
	if err != nil {
		return nil, err
	}
	l := &Log{db: d, clock: c, origin: origin}
	if l.actorKey, err = deriveKeyed(secret, "log/actor"); err != nil {
		return nil, err
	}
	if l.subjectKey, err = deriveKeyed(secret, "log/subject"); err != nil {
		return nil, err
	}
	detailKey, err := keys.Derive(secret, "log/detail", keys.Size)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(detailKey)
	if err != nil {
		return nil, fault.Unavailablef("audit.open", err, "cannot set up the log's cipher")
	}
	if l.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, fault.Unavailablef("audit.open", err, "cannot set up the log's cipher")
	}
	seed, err := keys.Derive(signing, "log/ed25519", ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	if l.signer, l.vkey, err = newSigner(origin, seed); err != nil {
		return nil, fault.Invalidf("audit.open", "the log's origin must be a name without spaces and plus signs")
	}
	if err := l.init(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// VerifierKey is the public key of the log of that name whose secret
// "log-signing" this is, as a note verifier key.
func VerifierKey(origin string, signing []byte) (string, error) {
	seed, err := keys.Derive(signing, "log/ed25519", ed25519.SeedSize)
	if err != nil {
		return "", err
	}
	_, vkey, err := newSigner(origin, seed)
	return vkey, err
}

// newSigner makes the note signer of an Ed25519 seed and its verifier key.
func newSigner(name string, seed []byte) (note.Signer, string, error) {
	pub := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(name, pub)
	if err != nil {
		return nil, "", err
	}
	const ed25519Algorithm = 1
	h := sha256.Sum256(append([]byte(name+"\n"), append([]byte{ed25519Algorithm}, pub...)...))
	skey := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", name, binary.BigEndian.Uint32(h[:]),
		base64.StdEncoding.EncodeToString(append([]byte{ed25519Algorithm}, seed...)))
	s, err := note.NewSigner(skey)
	if err != nil {
		return nil, "", err
	}
	return s, vkey, nil
}

func (l *Log) init(ctx context.Context) error {
	empty := emptyRoot()
	if err := l.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO log_head (one, origin, vkey, size, root, through_tx, through_id, tx_base, checkpoint, signed_size, signed_at)
			VALUES (1, $1, $2, 0, $3, -1, 0, 0, $4, -1, 0) ON CONFLICT (one) DO NOTHING`, l.origin, l.vkey, empty[:], []byte{})
		return err
	}); err != nil {
		return err
	}
	var origin, vkey string
	if err := l.db.QueryRow(ctx, `SELECT origin, vkey FROM log_head WHERE one = 1`).Scan(&origin, &vkey); err != nil {
		return fault.Unavailablef("audit.open", err, "cannot read the log's head")
	}
	if origin != l.origin {
		return fault.Invalidf("audit.open", "the log is called %s, not %s", origin, l.origin)
	}
	if vkey != l.vkey {
		return fault.Unavailablef("audit.open", nil, "the log was signed with another key than this agency's")
	}
	if l.db.Dialect() == db.Postgres {
		return l.rebase(ctx)
	}
	return nil
}

// rebase notices that the database came from another server (a dump that was
// restored), where transactions had higher numbers than here, and raises what
// is added to them, so that new entries come after the old ones.
func (l *Log) rebase(ctx context.Context) error {
	return l.db.Write(ctx, func(tx *db.Tx) error {
		var behind bool
		// Entries may all have left for segments.
		const isBehind = `SELECT greatest((SELECT max(tx) FROM log_entry), through_tx, -1) >=
			tx_base + pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM log_head WHERE one = 1`
		if err := tx.QueryRow(ctx, isBehind).Scan(&behind); err != nil || !behind {
			return err
		}
		// Nobody may append between reading the highest number and raising
		// the base.
		if _, err := tx.Exec(ctx, `LOCK TABLE log_entry IN EXCLUSIVE MODE`); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, isBehind).Scan(&behind); err != nil || !behind {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE log_head SET tx_base = greatest((SELECT max(tx) FROM log_entry), through_tx, -1) + 1 WHERE one = 1`)
		return err
	})
}

// PublicKey is the key that checkpoints are verified with, as a note verifier
// key: one line without a line end.
func (l *Log) PublicKey() string { return l.vkey }

// Origin is the name of the log in its checkpoints.
func (l *Log) Origin() string { return l.origin }

// detail is the sealed part of an entry. The numbers are its form on disk.
type detail struct {
	Worker     string            `cbor:"1,keyasint,omitempty"`
	Role       string            `cbor:"2,keyasint,omitempty"`
	Purpose    string            `cbor:"3,keyasint,omitempty"`
	Session    string            `cbor:"4,keyasint,omitempty"`
	OnBehalfOf string            `cbor:"5,keyasint,omitempty"`
	Touched    []touch           `cbor:"6,keyasint,omitempty"`
	Rules      []string          `cbor:"7,keyasint,omitempty"`
	Facts      map[string]string `cbor:"8,keyasint,omitempty"`
}

type touch struct {
	Kind     string   `cbor:"1,keyasint,omitempty"`
	ID       string   `cbor:"2,keyasint,omitempty"`
	Subject  string   `cbor:"3,keyasint,omitempty"`
	Version  int64    `cbor:"4,keyasint,omitempty"`
	Classes  []string `cbor:"5,keyasint,omitempty"`
	Withheld []string `cbor:"6,keyasint,omitempty"`
}

var (
	encoding = func() cbor.EncMode {
		m, err := cbor.CoreDetEncOptions().EncMode()
		if err != nil {
			panic(err) // the options are constants
		}
		return m
	}()
	decoding = func() cbor.DecMode {
		m, err := cbor.DecOptions{DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden}.DecMode()
		if err != nil {
			panic(err)
		}
		return m
	}()
)

func (l *Log) actorMark(worker string) mark { return l.actorKey.mark(worker) }

func (l *Log) subjectMark(subject string) mark { return l.subjectKey.mark(subject) }

// keyed makes the marks of one key. It is safe for concurrent use.
type keyed struct{ idle sync.Pool } // of hash.Hash, which take a key once

func deriveKeyed(secret []byte, what string) (*keyed, error) {
	key, err := keys.Derive(secret, what, keys.Size)
	if err != nil {
		return nil, err
	}
	return &keyed{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}, nil
}

func (k *keyed) mark(s string) mark {
	h := k.idle.Get().(hash.Hash)
	defer k.idle.Put(h)
	h.Reset()
	h.Write([]byte(s))
	return mark(h.Sum(nil)[:markSize])
}

// sealContext binds a sealed detail to the clear part of its leaf.
func sealContext(lf leaf) []byte {
	b := make([]byte, 0, 64)
	b = append(b, "caseward/log/1/"...)
	b = binary.BigEndian.AppendUint64(b, uint64(db.Micros(lf.At)))
	b = append(b, byte(lf.Outcome))
	b = append(b, lf.Actor[:]...)
	return append(b, lf.Action...)
}

// Prepared is an entry encoded and sealed, ready to be appended once.
type Prepared struct {
	at      int64
	actor   mark
	outcome Outcome
	leaf    []byte
	detail  []byte
	marks   []byte // the clients' marks one after another
}

// Prepare does the part of an append that costs processor time; it touches no
// database. An entry without a time gets the clock's. It fails, as Invalid, if
// the action is not a name in lower case as "note.sign" or the outcome is none
// of the three: a defect of the caller, on which the access must fail.
func (l *Log) Prepare(e Entry) (Prepared, error) {
	if !validAction(e.Action) {
		return Prepared{}, fault.Invalidf("audit.prepare", "the action is not a name of 1 to 255 of a-z 0-9 . _ -")
	}
	if !e.Outcome.valid() {
		return Prepared{}, fault.Invalidf("audit.prepare", "the outcome is none of the three")
	}
	if e.At.IsZero() {
		e.At = l.clock.Now()
	}
	if us := db.Micros(e.At); us <= 0 || us > maxMicros {
		return Prepared{}, fault.Invalidf("audit.prepare", "the time is out of range")
	}
	d := detail{
		Worker: e.Who.Worker, Role: e.Who.Role, Purpose: e.Who.Purpose, Session: e.Who.Session, OnBehalfOf: e.Who.OnBehalfOf,
		Rules: e.Rules, Facts: e.Detail,
	}
	var marks []mark
	seen := make(map[string]struct{}, len(e.Touched))
	d.Touched = make([]touch, len(e.Touched))
	for i, t := range e.Touched {
		d.Touched[i] = touch(t)
		if t.Subject == "" {
			continue
		}
		if _, ok := seen[t.Subject]; !ok {
			seen[t.Subject] = struct{}{}
			marks = append(marks, l.subjectMark(t.Subject))
		}
	}
	plain, err := encoding.Marshal(d)
	if err != nil {
		return Prepared{}, fault.Invalidf("audit.prepare", "the entry cannot be encoded")
	}
	lf := leaf{At: e.At, Outcome: e.Outcome, Actor: l.actorMark(e.Who.Worker), Action: e.Action}
	p := Prepared{at: db.Micros(e.At), actor: lf.Actor, outcome: e.Outcome}
	p.detail = l.aead.Seal(nil, nil, plain, sealContext(lf))
	lf.Detail = sha256.Sum256(p.detail)
	lf.Subjects = hashMarks(marks)
	p.leaf = lf.append(make([]byte, 0, leafFixed+len(e.Action)))
	p.marks = make([]byte, 0, len(marks)*markSize)
	for i := range marks {
		p.marks = append(p.marks, marks[i][:]...)
	}
	return p, nil
}

// open is the inverse of Prepare.
func (l *Log) open(leafBytes, sealed []byte) (Entry, leaf, error) {
	lf, err := parseLeaf(leafBytes)
	if err != nil {
		return Entry{}, leaf{}, fault.Unavailablef("audit.find", err, "an entry is damaged; run caseward audit verify")
	}
	plain, err := l.aead.Open(nil, nil, sealed, sealContext(lf))
	if err != nil {
		return Entry{}, leaf{}, fault.Unavailablef("audit.find", err, "an entry was changed; run caseward audit verify")
	}
	var d detail
	if err := decoding.Unmarshal(plain, &d); err != nil {
		return Entry{}, leaf{}, fault.Unavailablef("audit.find", err, "an entry is of a newer version")
	}
	e := Entry{
		At: lf.At, Action: lf.Action, Outcome: lf.Outcome,
		Who:   Who{Worker: d.Worker, Role: d.Role, Purpose: d.Purpose, Session: d.Session, OnBehalfOf: d.OnBehalfOf},
		Rules: d.Rules, Detail: d.Facts,
	}
	if len(d.Touched) > 0 {
		e.Touched = make([]Touch, len(d.Touched))
		for i, t := range d.Touched {
			e.Touched[i] = Touch(t)
		}
	}
	return e, lf, nil
}

// The statements of an append. PostgreSQL does it in one; SQLite in one, or two
// where the entry names a client.
const (
	appendPostgres = `WITH e AS (
			INSERT INTO log_entry (tx, at, actor, outcome, leaf, detail)
			SELECT tx_base + pg_current_xact_id()::text::bigint, $1::bigint, $2::bytea, $3::bigint, $4::bytea, $5::bytea FROM log_head WHERE one = 1
			RETURNING id)
		INSERT INTO log_subject (subject, entry)
		SELECT substr($6::bytea, i * 16 + 1, 16), e.id FROM e, generate_series(0, $7::int - 1) AS i`
	appendSQLite   = `INSERT INTO log_entry (at, actor, outcome, leaf, detail) VALUES ($1, $2, $3, $4, $5)`
	subjectSQLite  = `INSERT INTO log_subject (subject, entry) VALUES ($1, last_insert_rowid())`
	subjectsSQLite = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
		INSERT INTO log_subject (subject, entry) SELECT substr($1, i * 16 + 1, 16), last_insert_rowid() FROM n`
)

// Append writes the entry in the transaction of tx, so that it is durable
// exactly when the rest of that transaction is.
func (p Prepared) Append(ctx context.Context, tx *db.Tx) error {
	if p.leaf == nil {
		return fault.Invalidf("audit.append", "the entry was not prepared")
	}
	n := len(p.marks) / markSize
	if tx.Dialect() == db.Postgres {
		_, err := tx.Exec(ctx, appendPostgres, p.at, p.actor[:], int64(p.outcome), p.leaf, p.detail, p.marks, n)
		return unwritten(err)
	}
	if _, err := tx.Exec(ctx, appendSQLite, p.at, p.actor[:], int64(p.outcome), p.leaf, p.detail); err != nil {
		return unwritten(err)
	}
	switch n {
	case 0:
		return nil
	case 1:
		_, err := tx.Exec(ctx, subjectSQLite, p.marks)
		return unwritten(err)
	default:
		_, err := tx.Exec(ctx, subjectsSQLite, p.marks, n)
		return unwritten(err)
	}
}

func unwritten(err error) error {
	if err == nil {
		return nil
	}
	return fault.Unavailablef("audit.append", err, "the log cannot be written, so nothing was done")
}

// Record prepares and appends one entry; it is durable when Record returns.
func (l *Log) Record(ctx context.Context, e Entry) error {
	p, err := l.Prepare(e)
	if err != nil {
		return err
	}
	return l.db.Write(ctx, func(tx *db.Tx) error { return p.Append(ctx, tx) })
}

// RecordAll records several entries in one transaction: all or none.
func (l *Log) RecordAll(ctx context.Context, es []Entry) error {
	if len(es) == 0 {
		return nil
	}
	ps := make([]Prepared, len(es))
	for i, e := range es {
		var err error
		if ps[i], err = l.Prepare(e); err != nil {
			return err
		}
	}
	return l.db.Write(ctx, func(tx *db.Tx) error {
		for _, p := range ps {
			if err := p.Append(ctx, tx); err != nil {
				return err
			}
		}
		return nil
	})
}

func emptyRoot() tlog.Hash { return tlog.Hash(sha256.Sum256(nil)) }
