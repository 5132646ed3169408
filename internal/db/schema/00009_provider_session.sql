-- +goose Up

-- Which sessions began with a sign-in at the agency's identity provider, and by which of its
-- own there, so that they end when it says that those did.
CREATE TABLE provider_session (
    session TEXT  NOT NULL PRIMARY KEY, -- technical: id of the session
    subject BYTEA NOT NULL, -- technical: keyed hash of the issuer and the subject
    sid     BYTEA NOT NULL  -- technical: keyed hash of the issuer and its id of the session there, or of none
);
CREATE INDEX provider_session_by_subject ON provider_session (subject);
CREATE INDEX provider_session_by_sid ON provider_session (sid);

-- +goose Down
DROP TABLE provider_session;
