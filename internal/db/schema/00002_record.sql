-- +goose Up

-- Every record, its newest version. Content stands sealed in body; the other
-- columns are labels: in clear, because lists are made from them, and without
-- PHI. What they still tell somebody who holds the file is written in
-- SECURITY.md.
CREATE TABLE record (
    id         TEXT    NOT NULL PRIMARY KEY, -- technical: random id of the record
    kind       TEXT    NOT NULL, -- technical: what kind of record it is
    subject    TEXT    NOT NULL, -- technical: random id of the client it is about; empty for the agency's own
    version    BIGINT  NOT NULL, -- technical: 1 at first, then one more at each change
    state      TEXT    NOT NULL, -- technical: where it stands, as draft or signed; queues are made from it
    owner      TEXT    NOT NULL, -- technical: id of the worker it belongs to; worklists are made from it
    grp        TEXT    NOT NULL, -- technical: program or team it belongs to; worklists are made from it
    ref        TEXT    NOT NULL, -- technical: id of the record it hangs on
    tag        TEXT    NOT NULL, -- technical: subtype, as home_visit; filters are made from it
    at         BIGINT  NOT NULL, -- technical: when the thing it tells of happened; timelines are ordered by it
    due        BIGINT  NOT NULL, -- technical: when something about it falls due; 0 if nothing does
    ext        BYTEA, -- technical: keyed hash of its identity in the system it was imported from
    classes    TEXT    NOT NULL, -- technical: names of the field classes it holds, with commas; totals are made from it
    body       BYTEA   NOT NULL, -- PHI: the content, sealed per field class under the client's key
    created_at BIGINT  NOT NULL, -- technical: when it was made
    created_by TEXT    NOT NULL, -- technical: id of the worker who made it
    changed_at BIGINT  NOT NULL, -- technical: when this version was made
    changed_by TEXT    NOT NULL  -- technical: id of the worker who made this version
);
CREATE INDEX record_by_subject ON record (subject, kind, at);
CREATE INDEX record_by_owner ON record (owner, kind, state);
CREATE INDEX record_by_kind ON record (kind, state, due);
CREATE INDEX record_by_ref ON record (ref) WHERE ref <> '';
CREATE UNIQUE INDEX record_by_ext ON record (kind, ext) WHERE ext IS NOT NULL;

-- Versions before the newest.
CREATE TABLE record_version (
    id         TEXT   NOT NULL, -- technical: id of the record
    version    BIGINT NOT NULL, -- technical: number of this version
    subject    TEXT   NOT NULL, -- technical: random id of the client
    state      TEXT   NOT NULL, -- technical: where it stood
    body       BYTEA  NOT NULL, -- PHI: the content then, sealed
    changed_at BIGINT NOT NULL, -- technical: when this version was made
    changed_by TEXT   NOT NULL, -- technical: who made it
    PRIMARY KEY (id, version)
);
CREATE INDEX record_version_by_subject ON record_version (subject);

-- Facts: who stands how to whom, from when until when. The door decides by
-- them. A fact that ends is closed, not removed, so that a past access can be
-- judged by what held at that minute.
CREATE TABLE fact (
    record  TEXT   NOT NULL, -- technical: id of the record that says so
    holder  TEXT   NOT NULL, -- technical: worker:, program: or another holder
    rel     TEXT   NOT NULL, -- technical: the relation, as assigned
    object  TEXT   NOT NULL, -- technical: client:, worker:, program: or agency
    scope   TEXT   NOT NULL, -- technical: names of the field classes it is limited to, with commas; empty for no limit
    from_at BIGINT NOT NULL, -- technical: holds from
    until_at BIGINT NOT NULL, -- technical: holds until, not included
    PRIMARY KEY (record, holder, rel, object, from_at)
);
CREATE INDEX fact_by_holder ON fact (holder, object, rel);
CREATE INDEX fact_by_object ON fact (object, rel, holder);

-- Blind search index: keyed hashes of names and numbers, cut to 64 bits.
CREATE TABLE token (
    token   BIGINT NOT NULL, -- PHI: keyed hash of a piece of a search field
    record  TEXT   NOT NULL, -- technical: id of the record it was made from
    subject TEXT   NOT NULL, -- technical: random id of the client
    PRIMARY KEY (token, record)
){{if .SQLite}} WITHOUT ROWID{{end}};
CREATE INDEX token_by_record ON token (record);

-- One data key per client (and one for the agency's own records), wrapped by
-- the key-encryption key. To erase a client is to destroy this row.
CREATE TABLE subject_key (
    subject    TEXT   NOT NULL PRIMARY KEY, -- technical: random id of the client; empty for the agency
    kek        TEXT   NOT NULL, -- technical: id of the key-encryption key
    wrapped    BYTEA  NOT NULL, -- secret: the data key, wrapped
    created_at BIGINT NOT NULL  -- technical: when the key was made
);
CREATE INDEX subject_key_by_kek ON subject_key (kek);

-- Receipts of erasure: what was destroyed, when, by whom; signed, without PHI.
CREATE TABLE erasure (
    subject   TEXT   NOT NULL PRIMARY KEY, -- technical: random id that nothing readable belongs to any more
    at        BIGINT NOT NULL, -- technical: when
    worker    TEXT   NOT NULL, -- technical: who
    receipt   BYTEA  NOT NULL, -- technical: the receipt's text
    signature BYTEA  NOT NULL, -- technical: its signature
    scrubbed_at BIGINT NOT NULL -- technical: when the last trace was gone from the journal and the file; 0 until it is
);

-- What somebody is typing, before it is a record. Overwritten in place.
CREATE TABLE draft (
    worker   TEXT   NOT NULL, -- technical: who types
    subject  TEXT   NOT NULL, -- technical: random id of the client
    slot     TEXT   NOT NULL, -- technical: which form, as note/new
    rev      BIGINT NOT NULL, -- technical: one more at each save, so that two windows notice each other
    body     BYTEA  NOT NULL, -- PHI: the form, sealed under the client's key
    saved_at BIGINT NOT NULL, -- technical: when it was last saved
    PRIMARY KEY (worker, subject, slot)
);
CREATE INDEX draft_by_subject ON draft (subject);

-- Numbers that go up by one, as client numbers do.
CREATE TABLE counter (
    name  TEXT   NOT NULL PRIMARY KEY, -- technical: what is counted
    value BIGINT NOT NULL -- technical: the last number given
);

-- +goose Down
DROP TABLE counter;
DROP TABLE draft;
DROP TABLE erasure;
DROP TABLE subject_key;
DROP TABLE token;
DROP TABLE fact;
DROP TABLE record_version;
DROP TABLE record;
