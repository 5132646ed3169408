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

-- Runs of entries that were moved into files of their own, from the beginning of
-- the tree on without a gap. Rows up to the last one's end may go.
CREATE TABLE log_segment (
    first      BIGINT NOT NULL PRIMARY KEY, -- technical: position of its first entry in the tree
    entries    BIGINT NOT NULL, -- technical: how many entries it has
    through_tx BIGINT NOT NULL, -- technical: tx of its last entry
    through_id BIGINT NOT NULL, -- technical: id of its last entry
    low_id     BIGINT NOT NULL, -- technical: lowest id in it
    high_id    BIGINT NOT NULL, -- technical: highest id in it
    since      BIGINT NOT NULL, -- technical: time of its oldest entry
    until      BIGINT NOT NULL, -- technical: time of its newest entry
    bytes      BIGINT NOT NULL, -- technical: size of the file
    hash       BYTEA  NOT NULL, -- technical: SHA-256 of the file
    root       BYTEA  NOT NULL, -- technical: root hash of its part of the tree
    actions    TEXT   NOT NULL, -- technical: the actions in it, ascending, a space between two
    marks      BYTEA  NOT NULL, -- technical: a Bloom filter of the keyed hashes of workers and clients in it
    closed_at  BIGINT NOT NULL -- technical: when it was made
);

-- How far each place has come that entries are forwarded to, in the order of the
-- tree. One server at a time sends to a place: who raises turn by one has it.
CREATE TABLE log_follow (
    place      TEXT   NOT NULL PRIMARY KEY, -- technical: where entries go, as the settings name it without secrets
    size       BIGINT NOT NULL, -- technical: position of the first entry it has not got
    through_tx BIGINT NOT NULL, -- technical: tx of the last entry it got
    through_id BIGINT NOT NULL, -- technical: id of the last entry it got
    sent_at    BIGINT NOT NULL, -- technical: when it last took entries; 0 if it never did
    turn       BIGINT NOT NULL, -- technical: number of the turn; one more with each
    held_until BIGINT NOT NULL  -- technical: until when the turn is somebody's; 0 if nobody's
);

-- The database refuses to change what was logged. An owner of the file can
-- remove a trigger; what the checker says afterwards they cannot.
{{if .SQLite}}
-- +goose StatementBegin
CREATE TRIGGER log_entry_no_update BEFORE UPDATE ON log_entry
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_entry_no_delete BEFORE DELETE ON log_entry
WHEN OLD.id > coalesce((SELECT through_id FROM log_segment ORDER BY first DESC LIMIT 1), -1)
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_subject_no_update BEFORE UPDATE ON log_subject
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_subject_no_delete BEFORE DELETE ON log_subject
WHEN OLD.entry > coalesce((SELECT through_id FROM log_segment ORDER BY first DESC LIMIT 1), -1)
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
-- +goose StatementBegin
CREATE TRIGGER log_segment_no_update BEFORE UPDATE ON log_segment
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER log_segment_no_delete BEFORE DELETE ON log_segment
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- +goose StatementEnd
{{else}}
-- +goose StatementBegin
CREATE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the log is append-only'; END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION log_entry_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM (SELECT through_tx, through_id FROM log_segment ORDER BY first DESC LIMIT 1) s WHERE (s.through_tx, s.through_id) >= (OLD.tx, OLD.id)) THEN
        RAISE EXCEPTION 'the log is append-only';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION log_subject_goes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM log_entry e JOIN (SELECT through_tx, through_id FROM log_segment ORDER BY first DESC LIMIT 1) s
        ON (s.through_tx, s.through_id) >= (e.tx, e.id) WHERE e.id = OLD.entry) THEN
        RAISE EXCEPTION 'the log is append-only';
    END IF;
    RETURN OLD;
END $$;
-- +goose StatementEnd
CREATE TRIGGER log_entry_append_only BEFORE UPDATE OR TRUNCATE ON log_entry FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_entry_goes BEFORE DELETE ON log_entry FOR EACH ROW EXECUTE FUNCTION log_entry_goes();
CREATE TRIGGER log_subject_append_only BEFORE UPDATE OR TRUNCATE ON log_subject FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_subject_goes BEFORE DELETE ON log_subject FOR EACH ROW EXECUTE FUNCTION log_subject_goes();
CREATE TRIGGER log_segment_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_segment FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
CREATE TRIGGER log_checkpoint_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION log_refuse();
{{end}}
-- +goose Down
DROP TABLE log_segment;
DROP TABLE log_follow;
DROP TABLE log_tile;
DROP TABLE log_checkpoint;
DROP TABLE log_head;
DROP TABLE log_subject;
DROP TABLE log_entry;
{{if not .SQLite}}DROP FUNCTION log_refuse, log_entry_goes, log_subject_goes;{{end}}
