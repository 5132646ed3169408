-- +goose Up

-- What certificates of an ACME authority are asked for and served with: the account's
-- key, certificates with their keys, and challenges under way. All servers have them.
CREATE TABLE acme (
    name   TEXT  NOT NULL PRIMARY KEY, -- technical: what it is, with the host's name or a token of the authority
    sealed BYTEA NOT NULL -- technical: encrypted under the agency's secret acme, bound to the name
);

-- +goose Down
DROP TABLE acme;
