-- +goose Up

-- Objects beside the database: what was uploaded, sealed in chunks under the
-- client's key. A row is there before its object, so that nothing is ever stored
-- that nobody knows of.
CREATE TABLE blob (
    name    TEXT   NOT NULL PRIMARY KEY, -- technical: random name of the object
    record  TEXT   NOT NULL, -- technical: id of the record it belongs to
    subject TEXT   NOT NULL, -- technical: random id of the client
    at      BIGINT NOT NULL, -- technical: when it was begun
    kept_at BIGINT NOT NULL, -- technical: when the record was kept; 0 until it is, and an object without is swept after a day
    gone_at BIGINT NOT NULL  -- technical: when it was given up and is to be deleted; 0 if it is not
);
CREATE INDEX blob_by_subject ON blob (subject);
CREATE INDEX blob_to_delete ON blob (gone_at, kept_at, at);

-- +goose Down
DROP TABLE blob;
