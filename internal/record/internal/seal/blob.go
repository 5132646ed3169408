package seal

import (
	"context"
	"encoding/binary"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
)

// ChunkSize is how much of an object is sealed at a time; only the last chunk may
// be smaller. Overhead is what sealing adds to each.
const (
	ChunkSize = 1 << 20
	Overhead  = 12 + 16 // nonce and tag
)

// BlobRef says which object of which record this is, and the one class it is of.
type BlobRef struct {
	Ref
	Class policy.Class
	Name  string
}

// chunkAAD binds a chunk to its record, client, class and object, to its place,
// and to whether it is the last: no chunk can be moved, dropped, doubled or cut
// off unnoticed.
func chunkAAD(r BlobRef, position uint64, last bool) []byte {
	b := []byte("caseward/blob/1\x00" + r.Kind + "\x00" + r.ID + "\x00" + r.Subject + "\x00" + string(r.Class) + "\x00" + r.Name + "\x00")
	b = binary.BigEndian.AppendUint64(b, position)
	if last {
		return append(b, 1)
	}
	return append(b, 0)
}

// Sealer seals an object chunk by chunk.
type Sealer struct {
	k    *Keyring
	q    db.Querier
	ref  BlobRef
	next uint64
	done bool
}

// Opener opens chunks of an object.
type Opener struct {
	k   *Keyring
	q   db.Querier
	ref BlobRef
}

// SealBlob uses the pass to seal an object.
func (k *Keyring) SealBlob(q db.Querier, p gate.Pass, r BlobRef) (*Sealer, error) {
	if err := p.SealBlob(r.ID, r.Subject, r.Class); err != nil {
		return nil, err
	}
	return &Sealer{k: k, q: q, ref: r}, nil
}

// OpenBlob uses the pass to open an object.
func (k *Keyring) OpenBlob(q db.Querier, p gate.Pass, r BlobRef) (*Opener, error) {
	if err := p.OpenBlob(r.ID, r.Subject, r.Class); err != nil {
		return nil, err
	}
	return &Opener{k, q, r}, nil
}

// Chunk appends the next chunk, sealed, to dst. All but the last are of
// ChunkSize.
func (s *Sealer) Chunk(ctx context.Context, dst, plain []byte, last bool) ([]byte, error) {
	if s.done || len(plain) > ChunkSize || (!last && len(plain) != ChunkSize) {
		return nil, gate.ErrNoPass
	}
	a, err := s.k.aead(ctx, s.q, s.ref.Subject)
	if err != nil {
		return nil, err
	}
	dst = a.Seal(dst, nil, plain, chunkAAD(s.ref, s.next, last))
	s.next++
	s.done = last
	return dst, nil
}

// Chunk opens the chunk at position. The key is looked for each time: once the
// client is erased nothing more is opened, even in the middle.
func (o *Opener) Chunk(ctx context.Context, dst, sealed []byte, position uint64, last bool) ([]byte, error) {
	a, err := o.k.aead(ctx, o.q, o.ref.Subject)
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(dst, nil, sealed, chunkAAD(o.ref, position, last))
	if err != nil {
		return nil, fault.Unavailablef("record.open", ErrDamaged, "a stored document is damaged")
	}
	return plain, nil
}
