-- +goose Up

-- The agency's own secrets, each wrapped by the key-encryption key.
CREATE TABLE agency_key (
    name    TEXT  NOT NULL PRIMARY KEY, -- technical: what the secret is for
    kek     TEXT  NOT NULL, -- technical: id of the key-encryption key
    wrapped BYTEA NOT NULL  -- secret: the secret, wrapped
);

-- +goose Down
DROP TABLE agency_key;
