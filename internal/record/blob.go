package record

import (
	"context"
	"errors"
	"io"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/blob"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/seal"
	"caseward/internal/record/internal/store"
)

// Blob is what a record says of an object stored beside the database: its random
// name, how many bytes it opens to, and the one field class all of it is of.
type Blob struct {
	Name  string
	Size  int64
	Class policy.Class
}

// IsZero reports whether there is no object.
func (b Blob) IsZero() bool { return b.Name == "" }

// ErrTooLarge is the answer of [Records.Attach] to more than it was to take.
var ErrTooLarge error = &fault.Error{Kind: fault.Invalid, Op: "record.attach", Why: "the file is too large"}

// ErrCutOff is the cause where what was to be attached could not be read to its
// end.
var ErrCutOff = errors.New("the file did not arrive whole")

// NewID makes the id of a record that is going to be created in w with
// [Records.CreateWith], for what has to know it before.
func (r Records[T]) NewID(w *Work) ID[T] { return ID[T]{newID(w.door.clock.Now())} }

// CreateWith is Create with an id of [Records.NewID].
func (r Records[T]) CreateWith(w *Work, id ID[T], subject Subject, v T) ID[T] {
	r.create(w, r.kind.Name+".create", id.s, subject, &v)
	return id
}

// FreshID makes an id at time now for a form to carry, see [Records.CreateOnce].
func FreshID[T any](now time.Time) ID[T] { return ID[T]{newID(now)} }

// CreateOnce is Create with an id that came with a form, so that a form sent twice
// makes one record: the second is a Conflict. With the zero id it is Create.
func (r Records[T]) CreateOnce(w *Work, id ID[T], subject Subject, v T) ID[T] {
	return r.CreateOnceAs(w, r.kind.Name+".create", id, subject, v)
}

// CreateOnceAs is CreateOnce under another action, as "assessment.sign".
func (r Records[T]) CreateOnceAs(w *Work, action string, id ID[T], subject Subject, v T) ID[T] {
	if id.IsZero() {
		return r.CreateAs(w, action, subject, v)
	}
	w.once(action, id.s)
	r.create(w, action, id.s, subject, &v)
	return id
}

// once makes a work a Conflict if there is a record with an id.
func (w *Work) once(action, id string) {
	w.ops = append(w.ops, op{plan: noTarget, do: func(ctx context.Context, tx *db.Tx) error {
		if known, err := store.Known(ctx, tx, id); err != nil || !known {
			return err
		}
		return fault.Conflictf(action, "this was kept already")
	}})
}

// Attach seals what it reads, chunk by chunk, as an object of the record id about
// subject, which is created or changed in the same work. It decides "<kind>.verb"
// for class first: who may not is refused, with an entry, before anything is
// read. The object is the record's when the work is committed, and is given up if
// it is not. Nothing of it is ever on disk in clear, and no more of it in memory
// than a chunk.
//
// state is the label the record will have. max is how many bytes are taken:
// more is [ErrTooLarge].
func (r Records[T]) Attach(ctx context.Context, w *Work, verb string, subject Subject, id ID[T], state string, class policy.Class, from io.Reader, max int64) (b Blob, err error) {
	d, action := r.door, r.kind.Name+"."+verb
	if d.blobs == nil {
		return Blob{}, fault.Unavailablef(action, nil, "there is no place for documents")
	}
	t := gate.Target{Kind: r.kind.Name, ID: id.s, Subject: subject.s, State: state, Version: 1, Classes: policy.Set(class)}
	if err := d.relate(ctx, d.db, w.who, &t); err != nil {
		return Blob{}, err
	}
	end := func(outcome audit.Outcome, ans policy.Answer, err error) (Blob, error) {
		w.done = true
		// Whoever went away is in the log all the same.
		if lerr := w.a.Refuse(context.WithoutCancel(ctx), d.db, outcome, ans); lerr != nil {
			return Blob{}, lerr
		}
		return Blob{}, err
	}
	ans := d.gate.Decide(w.who, action, t)
	if !ans.OK() {
		w.a.Touch(t, ans)
		return end(audit.Refused, ans, d.refusal(w.who, action, t, ans))
	}
	if has, err := d.ring.Has(ctx, d.db, subject.s); err != nil || !has {
		if err == nil {
			err = fault.NotFoundf(action)
		}
		return end(audit.Failed, policy.Answer{}, err)
	}
	pass := w.a.Admit(gate.Writing, action, t, ans)
	b = Blob{Name: blob.NewName(), Class: class}
	sealer, err := d.ring.SealBlob(d.db, pass, seal.BlobRef{Ref: seal.Ref{Kind: r.kind.Name, ID: id.s, Subject: subject.s}, Class: class, Name: b.Name})
	if err != nil {
		return end(audit.Failed, policy.Answer{}, err)
	}
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		return store.BeginBlob(ctx, tx, b.Name, id.s, subject.s, db.Micros(d.clock.Now()))
	})
	if err == nil {
		b.Size, err = d.keep(ctx, sealer, b.Name, from, max)
		if err != nil {
			d.drop(ctx, b.Name)
		}
	}
	if err != nil {
		return end(audit.Failed, policy.Answer{}, err)
	}
	w.undo = append(w.undo, func(ctx context.Context) { d.drop(ctx, b.Name) })
	w.ops = append(w.ops, op{
		plan: func(context.Context, *Work) (gate.Target, policy.Answer, error) { return t, ans, nil },
		last: func(ctx context.Context, tx *db.Tx) error {
			ok, err := store.KeepBlob(ctx, tx, pass, b.Name, id.s, subject.s, db.Micros(d.clock.Now()))
			if err == nil && !ok {
				err = fault.NotFoundf(action)
			}
			return err
		},
	})
	return b, nil
}

// keep seals and stores what from gives.
func (d *Door) keep(ctx context.Context, s *seal.Sealer, name string, from io.Reader, max int64) (size int64, err error) {
	out, err := d.blobs.Create(ctx, name)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			out.Abort()
		}
	}()
	plain, ahead := make([]byte, seal.ChunkSize), make([]byte, seal.ChunkSize)
	defer func() { clear(plain); clear(ahead) }()
	sealed := make([]byte, 0, seal.ChunkSize+seal.Overhead)
	n, end, err := fill(from, plain)
	if err != nil {
		return 0, err
	}
	for {
		size += int64(n)
		if size > max {
			return 0, ErrTooLarge
		}
		m, last := 0, end
		if !last {
			// Whether a full chunk is the last is known when nothing follows it.
			if m, end, err = fill(from, ahead); err != nil {
				return 0, err
			}
			last = end && m == 0
		}
		if sealed, err = s.Chunk(ctx, sealed[:0], plain[:n], last); err != nil {
			return 0, err
		}
		if _, err = out.Write(sealed); err != nil {
			return 0, fault.Unavailablef("record.attach", err, "a document cannot be stored")
		}
		if last {
			return size, out.Commit()
		}
		plain, ahead, n = ahead, plain, m
	}
}

// fill reads until buf is full or from is at its end, which only io.EOF itself
// says: io.ErrUnexpectedEOF is what a request that broke off ends with.
func fill(from io.Reader, buf []byte) (n int, end bool, err error) {
	for n < len(buf) {
		k, err := from.Read(buf[n:])
		n += k
		switch {
		case err == io.EOF:
			return n, true, nil
		case err == nil:
		case fault.KindOf(err) != fault.Internal:
			return n, false, err
		default:
			return n, false, fault.Unavailablef("record.attach", errors.Join(ErrCutOff, err), "the file did not arrive whole")
		}
	}
	return n, false, nil
}

// drop gives up an object whose record was not kept, and deletes it if it can.
// Whether it was kept the database says, not the caller, who may have gone away
// while it was. What fails here the sweep finds.
func (d *Door) drop(ctx context.Context, name string) {
	ctx = context.WithoutCancel(ctx)
	var dropped bool
	err := d.db.Write(ctx, func(tx *db.Tx) (err error) {
		dropped, err = store.DropBlob(ctx, tx, name, db.Micros(d.clock.Now()))
		return err
	})
	if err != nil || !dropped || d.blobs.Delete(ctx, name) != nil {
		return
	}
	_ = d.db.Write(ctx, func(tx *db.Tx) error { return store.ForgetBlob(ctx, tx, name) })
}

// Detach gives up the object b of record id in w, under "<kind>.verb": it is
// deleted when the work is kept.
func (r Records[T]) Detach(w *Work, verb string, id ID[T], b Blob) {
	d, action := r.door, r.kind.Name+"."+verb
	var pass gate.Pass
	var row store.Row
	w.ops = append(w.ops, op{
		plan: func(ctx context.Context, w *Work) (gate.Target, policy.Answer, error) {
			var found bool
			var err error
			if row, found, err = d.row(ctx, r.kind.Name, id.s); err != nil {
				return gate.Target{}, policy.Answer{}, fault.Unavailablef(action, err, "cannot read the database")
			}
			t := gate.Target{Kind: r.kind.Name, ID: id.s, Subject: row.Subject, State: row.State, Owner: row.Owner, Version: row.Version, Classes: policy.Set(b.Class)}
			if !found {
				t.Subject = id.s
			}
			if err := d.relate(ctx, d.db, w.who, &t); err != nil {
				return t, policy.Answer{}, err
			}
			ans := d.gate.Decide(w.who, action, t)
			if !found {
				return gate.Target{Kind: r.kind.Name, ID: id.s}, ans, fault.NotFoundf(action)
			}
			if !ans.OK() {
				return t, ans, d.refusal(w.who, action, t, ans)
			}
			pass = w.a.Admit(gate.Writing, action, t, ans)
			return t, ans, nil
		},
		do: func(ctx context.Context, tx *db.Tx) error {
			return store.GiveUpBlob(ctx, tx, pass, b.Name, id.s, row.Subject, db.Micros(d.clock.Now()))
		},
	})
}

// Content is an object of a record as the asker may read it; it is there once its
// view was opened.
type Content struct {
	door *Door
	pass gate.Pass
	ref  seal.BlobRef
	blob Blob
	open *seal.Opener
}

// WantContent asks a view for one record and the object that of finds in it,
// under "<kind>.verb".
func (r Records[T]) WantContent(v *View, verb string, id ID[T], of func(T) Blob) (*Got[T], *Content) {
	g, c := &Got[T]{}, &Content{door: r.door}
	action := r.kind.Name + "." + verb
	v.want(false, func(ctx context.Context) error {
		row, t, ans, err := r.decided(ctx, v, action, id.s)
		if err != nil {
			return err
		}
		pass := v.a.Admit(gate.Reading, action, t, ans)
		v.opens = append(v.opens, func(ctx context.Context) error {
			if err := r.openFields(ctx, pass, row, 0, g.slot()); err != nil {
				return err
			}
			c.blob, c.pass = of(g.Value), pass
			c.ref = seal.BlobRef{Ref: seal.Ref{Kind: row.Kind, ID: row.ID, Subject: row.Subject}, Class: c.blob.Class, Name: c.blob.Name}
			return nil
		})
		return nil
	})
	return g, c
}

// WantListed asks a view for one record under the kind's find action: what a list
// would show of it, and no more.
func (r Records[T]) WantListed(v *View, id ID[T]) *Got[T] {
	g := &Got[T]{}
	r.want(v, r.kind.Name+".find", id.s, g.slot())
	return g
}

// Size is how many bytes the object has; 0 if there is none.
func (c *Content) Size() int64 { return c.blob.Size }

// Has reports whether there is an object.
func (c *Content) Has() bool { return !c.blob.IsZero() }

// unlock uses the pass, once.
func (c *Content) unlock() error {
	if c.open != nil {
		return nil
	}
	if !c.Has() {
		return fault.NotFoundf("record.content")
	}
	if c.door.blobs == nil {
		return fault.Unavailablef("record.content", nil, "there is no place for documents")
	}
	var err error
	c.open, err = c.door.ring.OpenBlob(c.door.db, c.pass, c.ref)
	return err
}

// chunks is how many chunks the object has.
func (c *Content) chunks() int64 {
	return max(1, (c.blob.Size+seal.ChunkSize-1)/seal.ChunkSize)
}

// Reader gives the object from its beginning. Its first chunk is opened at once,
// so that what is missing or damaged is an error before anything is shown. Every
// chunk is whole and in its place, or the reader fails there.
func (c *Content) Reader(ctx context.Context) (io.ReadCloser, error) {
	if err := c.unlock(); err != nil {
		return nil, err
	}
	in, err := c.door.blobs.Read(ctx, c.blob.Name, 0, -1)
	if err != nil {
		return nil, err
	}
	r := &chunkReader{ctx: ctx, c: c, in: in, sealed: make([]byte, seal.ChunkSize+seal.Overhead)}
	if err := r.next(); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return r, nil
}

type chunkReader struct {
	ctx    context.Context
	c      *Content
	in     io.ReadCloser
	at     int64 // the next chunk
	sealed []byte
	plain  []byte // of the chunk that is open
	left   []byte // of it, not yet read
}

func (r *chunkReader) next() (err error) {
	n := r.c.sealedSize(r.at)
	if _, err := io.ReadFull(r.in, r.sealed[:n]); err != nil {
		return fault.Unavailablef("record.content", errors.Join(seal.ErrDamaged, err), "a stored document is damaged")
	}
	if r.plain, err = r.c.open.Chunk(r.ctx, r.plain[:0], r.sealed[:n], uint64(r.at), r.at == r.c.chunks()-1); err != nil {
		return err
	}
	r.at++
	r.left = r.plain
	return nil
}

func (c *Content) sealedSize(at int64) int64 {
	return min(seal.ChunkSize, c.blob.Size-at*seal.ChunkSize) + seal.Overhead
}

// Read implements io.Reader.
func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.at == r.c.chunks() {
			return 0, io.EOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// Close implements io.Closer. What was open in memory is overwritten.
func (r *chunkReader) Close() error {
	clear(r.plain[:cap(r.plain)])
	return r.in.Close()
}

// At gives the object at any place, a chunk at a time; for what must be read from
// its end, as archives are. It is for one goroutine.
func (c *Content) At(ctx context.Context) (io.ReaderAt, error) {
	if err := c.unlock(); err != nil {
		return nil, err
	}
	return &chunkAt{ctx: ctx, c: c, at: -1, sealed: make([]byte, seal.ChunkSize+seal.Overhead)}, nil
}

type chunkAt struct {
	ctx           context.Context
	c             *Content
	at            int64 // the chunk that is open; -1 for none
	sealed, plain []byte
}

// ReadAt implements io.ReaderAt.
func (r *chunkAt) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off >= r.c.blob.Size || off < 0 {
			return n, io.EOF
		}
		if at := off / seal.ChunkSize; at != r.at {
			if err := r.load(at); err != nil {
				return n, err
			}
		}
		m := copy(p[n:], r.plain[off-r.at*seal.ChunkSize:])
		n, off = n+m, off+int64(m)
	}
	return n, nil
}

func (r *chunkAt) load(at int64) error {
	size := r.c.sealedSize(at)
	in, err := r.c.door.blobs.Read(r.ctx, r.c.blob.Name, at*(seal.ChunkSize+seal.Overhead), size)
	if err != nil {
		return err
	}
	_, err = io.ReadFull(in, r.sealed[:size])
	if err = errors.Join(err, in.Close()); err != nil {
		return fault.Unavailablef("record.content", errors.Join(seal.ErrDamaged, err), "a stored document is damaged")
	}
	r.at = -1
	if r.plain, err = r.c.open.Chunk(r.ctx, r.plain[:0], r.sealed[:size], uint64(at), at == r.c.chunks()-1); err != nil {
		return err
	}
	r.at = at
	return nil
}

// orphanAfter is how long an upload may take before what came of it is swept.
const orphanAfter = 24 * time.Hour

// SweepBlobs deletes the objects that were given up, and those whose record was
// never kept. It opens nothing and leaves no entry; who is a service. One that
// cannot be deleted keeps none of the others: what failed is returned together.
func (d *Door) SweepBlobs(ctx context.Context, who actor.Actor) error {
	if !who.Valid() || !who.Service() {
		return fault.DeniedBy("record.sweep", "service-only")
	}
	return d.sweep(ctx, db.Micros(d.clock.Now()), true)
}

// sweep deletes what was given up by now, and orphans too if it is to.
func (d *Door) sweep(ctx context.Context, now int64, orphans bool) error {
	const op = "record.sweep"
	if d.blobs == nil {
		return nil
	}
	var before int64
	if orphans {
		before = now - orphanAfter.Microseconds()
	}
	// What cannot be deleted now stays for the next time, and keeps nothing else.
	var errs []error
	failed := map[string]bool{}
	for ctx.Err() == nil {
		limit := 100 + len(failed)
		names, err := store.LostBlobs(ctx, d.db, now, before, limit)
		if err != nil {
			return errors.Join(append(errs, fault.Unavailablef(op, err, "cannot read the database"))...)
		}
		for _, name := range names {
			if failed[name] {
				continue
			}
			if err := d.blobs.Delete(ctx, name); err != nil {
				failed[name], errs = true, append(errs, err)
			} else if err := d.db.Write(ctx, func(tx *db.Tx) error { return store.ForgetBlob(ctx, tx, name) }); err != nil {
				failed[name], errs = true, append(errs, fault.Unavailablef(op, err, "cannot write the database"))
			}
		}
		if len(names) < limit {
			break
		}
	}
	return errors.Join(append(errs, ctx.Err())...)
}
