-- +goose Up

-- The log: one row per request, never changed and never deleted (45 CFR
-- 164.312(b)). The leaf is what the Merkle tree is made of; at, actor and
-- outcome repeat parts of it so that questions can use an index, and the
-- checker compares them with it.
CREATE TABLE log_entry (
    id      {{.Serial}}, -- technical: number of the row; has gaps, and is not the position in the tree
    tx      {{.TxID}}, -- technical: number of the transaction that wrote it; entries are put in order by (tx, id)
    at      BIGINT NOT NULL, -- technical: when the request was made
    actor   BYTEA  NOT NULL, -- technical: keyed hash of who asked
    outcome BIGINT NOT NULL, -- technical: how it ended, the letter's code: a allowed, r refused, f failed
    leaf    BYTEA  NOT NULL, -- technical: what the tree holds: time, action, outcome, keyed hashes
    detail  BYTEA  NOT NULL  -- technical: who, which records, classes and rules; ids only, sealed under the log's key
);
CREATE INDEX log_entry_by_actor ON log_entry (actor, id);
CREATE INDEX log_entry_by_time ON log_entry (at, id);
CREATE INDEX log_entry_not_allowed ON log_entry (outcome, id) WHERE outcome <> 97;
{{if not .SQLite}}
CREATE INDEX log_entry_in_order ON log_entry (tx, id);
{{end}}

-- Which clients an entry names. The leaf commits to these rows too.
CREATE TABLE log_subject (
    subject BYTEA  NOT NULL, -- technical: keyed hash of the client's random id
    entry   BIGINT NOT NULL, -- technical: the log_entry row
    PRIMARY KEY (subject, entry)
){{if .SQLite}} WITHOUT ROWID{{end}};

-- The tree as far as it is built: one row.
CREATE TABLE log_head (
    one         BIGINT NOT NULL PRIMARY KEY CHECK (one = 1), -- technical: always 1
    origin      TEXT   NOT NULL, -- technical: name of the log in its checkpoints
    vkey        TEXT   NOT NULL, -- technical: public key of the checkpoints, as a note verifier key
    size        BIGINT NOT NULL, -- technical: entries in the tree
    root        BYTEA  NOT NULL, -- technical: root hash of the tree
    through_tx  BIGINT NOT NULL, -- technical: tx of the last entry in the tree
    through_id  BIGINT NOT NULL, -- technical: id of the last entry in the tree
    tx_base     BIGINT NOT NULL, -- technical: added to the server's transaction numbers; raised when the database moves to a server that counts lower
    checkpoint  BYTEA  NOT NULL, -- technical: newest signed checkpoint; empty before the first
    signed_size BIGINT NOT NULL, -- technical: entries the checkpoint covers; -1 before the first
    signed_at   BIGINT NOT NULL  -- technical: when it was signed
);

-- Checkpoints signed in the past, about one every ten minutes.
CREATE TABLE log_checkpoint (
    size       BIGINT NOT NULL PRIMARY KEY, -- technical: entries it covers
    signed_at  BIGINT NOT NULL, -- technical: when it was signed
    checkpoint BYTEA  NOT NULL  -- technical: the signed note
);

-- The tree's hashes in tiles of up to 256 (C2SP tlog-tiles, height 8).
CREATE TABLE log_tile (
    level      BIGINT NOT NULL, -- technical: 0 for hashes of entries, then of tiles of the level below
    n          BIGINT NOT NULL, -- technical: number of the tile on its level
    width      BIGINT NOT NULL, -- technical: hashes in it; 256 when it is full
    through_tx BIGINT NOT NULL, -- technical: on level 0, tx of its last entry; else 0
    through_id BIGINT NOT NULL, -- technical: on level 0, id of its last entry; else 0
    data       BYTEA  NOT NULL, -- technical: the hashes one after another
    PRIMARY KEY (level, n)
);
CREATE INDEX log_tile_by_entry ON log_tile (through_tx, through_id) WHERE level = 0;

-- The database refuses to change what was logged. An owner of the file can
-- remove a trigger; what the checker says afterwards they cannot.
{{if .SQLite}}
-- +goose StatementBegin
CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_subject_no_update BEFORE UPDATE ON log_subject
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_subject_no_delete BEFORE DELETE ON log_subject
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_checkpoint_no_update BEFORE UPDATE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_checkpoint_no_delete BEFORE DELETE ON log_checkpoint
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
{{else}}
-- +goose StatementBegin
CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is append-only'; END $$;
-- +goose StatementEnd
CREATE TRIGGER log_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_subject_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_subject FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
{{end}}
-- +goose Down
DROP TABLE log_tile;
DROP TABLE log_checkpoint;
DROP TABLE log_head;
DROP TABLE log_subject;
DROP TABLE log_entry;
{{if not .SQLite}}DROP FUNCTION log_refuse;{{end}}
