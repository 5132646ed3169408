-- +goose Up

-- Which programs may use this database: one row. A change that an older program would
-- not survive raises the floor; every other one leaves it.
CREATE TABLE schema_floor (
    one   BIGINT NOT NULL PRIMARY KEY CHECK (one = 1), -- technical: there is one row
    floor BIGINT NOT NULL -- technical: number of the oldest schema whose programs may use this database
);
INSERT INTO schema_floor (one, floor) VALUES (1, 1);

-- The agency's own secrets, each wrapped by the key-encryption key.
CREATE TABLE agency_key (
    name    TEXT  NOT NULL PRIMARY KEY, -- technical: what the secret is for
    kek     TEXT  NOT NULL, -- technical: id of the key-encryption key
    wrapped BYTEA NOT NULL  -- secret: the secret, wrapped
);

-- +goose Down
DROP TABLE agency_key;
DROP TABLE schema_floor;
