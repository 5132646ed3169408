package backup

import (
	"encoding/binary"
	"encoding/json"

	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// Manifest is what a backup holds. It is sealed with the rest.
type Manifest struct {
	Dialect    db.Dialect       `json:"dialect"`
	Schema     int64            `json:"schema"`     // number of the last schema change in the database
	Config     config.Config    `json:"config"`     // the settings
	PublicKey  string           `json:"public_key"` // of the log
	Entries    int64            `json:"entries"`    // entries the newest checkpoint covers
	Checkpoint []byte           `json:"checkpoint"` // that checkpoint
	Rows       map[string]int64 `json:"rows"`       // rows of each table
	PageSize   int64            `json:"page_size"`  // of SQLite, in bytes
	DBSize     int64            `json:"db_size"`    // of the database, in bytes
	Pages      []extent         `json:"pages"`      // where the pages of SQLite are
	Tables     []table          `json:"tables"`     // where the rows of PostgreSQL are
	Segments   []table          `json:"segments"`   // the files of the log's closed segments
	BlobsAt    int64            `json:"blobs_at"`   // where the documents begin
	BlobsEnd   int64            `json:"blobs_end"`  // and end
	Blobs      int64            `json:"blobs"`      // documents inside
	BlobBytes  int64            `json:"blob_bytes"` // their size, in bytes
	Elsewhere  int64            `json:"elsewhere"`  // documents that are needed and are in a bucket
	Missing    []string         `json:"missing"`    // documents that were not where they should be
	Included   bool             `json:"included"`   // whether documents are inside
}

// has reports whether a table was there when the backup was made. The release that made
// it listed every table that it knew.
func (m *Manifest) has(table string) bool {
	_, ok := m.Rows[table]
	return ok
}

// extent is a run of bytes of the database file. Of two that overlap the later
// one counts.
type extent struct {
	Off int64 `json:"o"` // in the database file
	At  int64 `json:"a"` // in the backup
	Len int64 `json:"l"`
}

// table is the rows of one table, as COPY writes them.
type table struct {
	Name string `json:"name"`
	At   int64  `json:"at"`
	Len  int64  `json:"len"`
}

// write puts the manifest at the end.
func (m *Manifest) write(s *sealer) error {
	b, err := json.Marshal(m)
	if err != nil {
		return fault.Unavailablef("backup.make", err, "cannot encode the manifest")
	}
	if _, err := s.Write(b); err != nil {
		return err
	}
	_, err = s.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
	return err
}

func (a *Archive) readManifest() error {
	odd := func() error { return refused(ErrChanged, "what it holds cannot be read") }
	if a.length < 8 {
		return odd()
	}
	var n [8]byte
	if _, err := a.ReadAt(n[:], a.length-8); err != nil {
		return err
	}
	size := binary.BigEndian.Uint64(n[:])
	if size > uint64(a.length-8) {
		return odd()
	}
	b := make([]byte, size)
	if _, err := a.ReadAt(b, a.length-8-int64(size)); err != nil {
		return err
	}
	if err := json.Unmarshal(b, &a.Manifest); err != nil {
		return odd()
	}
	return nil
}
