package audit

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/db"
	"caseward/internal/fault"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight // hashes in a full tile
)

// tile is one row of log_tile.
type tile struct {
	level, n int64
	through  place // of level 0: its last entry
	data     []byte
}

func (t *tile) width() int { return len(t.data) / tlog.HashSize }

// place is where an entry stands in the order of the log.
type place struct{ tx, id int64 }

// tree is the right edge of the log's tree: for every level the tile that is
// still being filled, which may be empty.
type tree struct {
	size  int64
	edge  []*tile
	dirty []*tile // full tiles made since it was read
}

// readTree reads the edge of a tree of the given size.
func readTree(ctx context.Context, q db.Querier, size int64) (*tree, error) {
	t := &tree{size: size}
	for level, n := int64(0), size; n > 0; level, n = level+1, n>>tileHeight {
		e := &tile{level: level, n: n >> tileHeight}
		if width := int(n % tileWidth); width > 0 {
			err := q.QueryRow(ctx, `SELECT through_tx, through_id, data FROM log_tile WHERE level = $1 AND n = $2`, e.level, e.n).
				Scan(&e.through.tx, &e.through.id, &e.data)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, fault.Unavailablef("audit.sequence", err, "cannot read the log's tree")
			}
			if len(e.data) < width*tlog.HashSize {
				return nil, fault.Unavailablef("audit.sequence", nil, "tile %d of level %d is damaged; run caseward audit verify", e.n, e.level)
			}
			e.data = e.data[:width*tlog.HashSize]
		}
		t.edge = append(t.edge, e)
	}
	return t, nil
}

// add appends the entry at p with the given leaf hash.
func (t *tree) add(h tlog.Hash, p place) {
	t.size++
	for level := int64(0); ; level++ {
		if int(level) == len(t.edge) {
			t.edge = append(t.edge, &tile{level: level})
		}
		e := t.edge[level]
		e.data = append(e.data, h[:]...)
		if level == 0 {
			e.through = p
		}
		if e.width() < tileWidth {
			return
		}
		t.dirty = append(t.dirty, e)
		t.edge[level] = &tile{level: level, n: e.n + 1}
		h = merge(hashes(e.data))
	}
}

// changed lists the tiles to be written.
func (t *tree) changed() []*tile {
	out := t.dirty
	for _, e := range t.edge {
		if e.width() > 0 {
			out = append(out, e)
		}
	}
	return out
}

// root is the tree's root hash (RFC 6962, section 2.1). Each level's hashes
// stand for full subtrees; what is right of them is one more, smaller, subtree.
func (t *tree) root() tlog.Hash {
	var right []tlog.Hash
	for _, e := range t.edge {
		list := append(hashes(e.data), right...)
		if len(list) > 0 {
			right = []tlog.Hash{merge(list)}
		}
	}
	if len(right) == 0 {
		return emptyRoot()
	}
	return right[0]
}

func hashes(data []byte) []tlog.Hash {
	out := make([]tlog.Hash, len(data)/tlog.HashSize, len(data)/tlog.HashSize+1)
	for i := range out {
		copy(out[i][:], data[i*tlog.HashSize:])
	}
	return out
}

// merge is the root over a list of subtrees, of which only the last may be
// smaller than the others.
func merge(list []tlog.Hash) tlog.Hash {
	if len(list) == 1 {
		return list[0]
	}
	k := 1
	for k*2 < len(list) {
		k *= 2
	}
	return tlog.NodeHash(merge(list[:k]), merge(list[k:]))
}

// reader reads hashes of the tree from its tiles.
type reader struct {
	ctx context.Context
	q   db.Querier
}

// ReadHashes implements [tlog.HashReader].
func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	cache := map[[2]int64][]byte{}
	for i, x := range indexes {
		t := tlog.TileForIndex(tileHeight, x)
		key := [2]int64{int64(t.L), t.N}
		data := cache[key]
		if data == nil {
			if err := r.q.QueryRow(r.ctx, `SELECT data FROM log_tile WHERE level = $1 AND n = $2`, key[0], key[1]).Scan(&data); err != nil {
				return nil, fmt.Errorf("audit.tree: tile %d of level %d: %w", t.N, t.L, err)
			}
			cache[key] = data
		}
		h, err := tlog.HashFromTile(t, data, x)
		if err != nil {
			return nil, err
		}
		out[i] = h
	}
	return out, nil
}

// Consistency proves that the tree of oldSize entries is the beginning of the
// tree of size entries (RFC 6962, section 2.1.2).
func (l *Log) Consistency(ctx context.Context, oldSize, size int64) ([]tlog.Hash, error) {
	if oldSize < 0 || size < oldSize {
		return nil, fault.Invalidf("audit.prove", "there is no proof from %d entries to %d", oldSize, size)
	}
	if oldSize == 0 || oldSize == size {
		return nil, nil // nothing to prove
	}
	p, err := tlog.ProveTree(size, oldSize, reader{ctx, l.db})
	if err != nil {
		return nil, fault.Unavailablef("audit.prove", err, "cannot read the log's tree")
	}
	return p, nil
}
