-- +goose Up

-- Which account of the agency's identity provider is whose. A row is never deleted: what
-- was linked once and is not any more is not linked again without an invitation.
CREATE TABLE provider_link (
    subject   BYTEA  NOT NULL PRIMARY KEY, -- technical: keyed hash of the issuer and the subject
    worker    TEXT   NOT NULL, -- technical: id of the workforce member
    linked_at BIGINT NOT NULL, -- technical: when it was linked
    used_at   BIGINT NOT NULL, -- technical: when it last signed in; 0 if never
    ended_at  BIGINT NOT NULL  -- technical: when the link ended; 0 while it holds
);
CREATE INDEX provider_link_by_worker ON provider_link (worker, ended_at);

-- +goose Down
DROP TABLE provider_link;
