package record

import (
	"encoding/binary"

	"caseward/internal/fault"
	"caseward/internal/record/internal/store"
)

// cursor writes a place in a list as a page link carries it.
func cursor(c store.Cursor) string {
	return idCoding.EncodeToString(append(binary.BigEndian.AppendUint64(nil, uint64(c.Key)), c.ID...))
}

func parseCursor(s string) (store.Cursor, error) {
	if s == "" {
		return store.Cursor{}, nil
	}
	b, err := idCoding.DecodeString(s)
	if err != nil || len(b) != 8+idLen || !wellFormed(string(b[8:])) {
		return store.Cursor{}, fault.Invalidf("record.find", "the page link is damaged; start from the first page")
	}
	return store.Cursor{Key: int64(binary.BigEndian.Uint64(b)), ID: string(b[8:])}, nil
}
