-- +goose Up

-- How a worker signs in. The worker's name, mail address and role are not
-- here: they are in the workforce record. A row is never deleted and its id
-- never used again (45 CFR 164.312(a)(2)(i)).
CREATE TABLE account (
    worker     TEXT   NOT NULL PRIMARY KEY, -- technical: id of the workforce member; one account for each
    status     TEXT   NOT NULL, -- technical: invited, active or ended
    epoch      BIGINT NOT NULL, -- technical: one more whenever every half-finished ceremony of the account must die
    pw_scheme  TEXT   NOT NULL, -- technical: how the password was hashed; empty if there is none
    pw_cost    BIGINT NOT NULL, -- technical: iterations it was hashed with
    pw_salt    BYTEA, -- technical: salt of the password
    pw_hash    BYTEA, -- secret: hash of the password, sealed
    totp_hash  TEXT   NOT NULL, -- technical: hash function of the one-time codes; empty if there are none
    totp       BYTEA, -- secret: shared secret of the one-time codes, sealed
    totp_step  BIGINT NOT NULL, -- technical: time step of the last code accepted, so that none is accepted twice
    created_at BIGINT NOT NULL, -- technical: when the account was made
    changed_at BIGINT NOT NULL  -- technical: when a way in was last added, changed or taken away
);

-- Passkeys of an account.
CREATE TABLE passkey (
    id           TEXT   NOT NULL PRIMARY KEY, -- technical: keyed hash of the credential's id
    worker       TEXT   NOT NULL, -- technical: id of the workforce member
    body         BYTEA  NOT NULL, -- secret: public key, flags and the name the worker gave it, sealed
    sign_count   BIGINT NOT NULL, -- technical: highest signature counter seen
    regressed_at BIGINT NOT NULL, -- technical: when the counter last went backwards, which a copied key does; 0 if never
    created_at   BIGINT NOT NULL, -- technical: when it was added
    used_at      BIGINT NOT NULL  -- technical: when it was last used; 0 if never
);
CREATE INDEX passkey_by_worker ON passkey (worker);

-- Recovery codes of an account: ten a set, each good once.
CREATE TABLE recovery (
    worker  TEXT   NOT NULL, -- technical: id of the workforce member
    hash    BYTEA  NOT NULL, -- secret: keyed hash of the slow hash of the code
    salt    BYTEA  NOT NULL, -- technical: salt of the set
    cost    BIGINT NOT NULL, -- technical: iterations the set was hashed with
    used_at BIGINT NOT NULL, -- technical: when it was used; 0 if it was not
    PRIMARY KEY (worker, hash)
);

-- Sessions. The cookie's value is not here, only its keyed hash.
CREATE TABLE session (
    id            TEXT   NOT NULL PRIMARY KEY, -- technical: random id that the log names the session by
    token         BYTEA  NOT NULL, -- secret: keyed hash of the session cookie
    worker        TEXT   NOT NULL, -- technical: id of the workforce member
    role          TEXT   NOT NULL, -- technical: role at sign-in; the role in force is the workforce record's
    purpose       TEXT   NOT NULL, -- technical: purpose of use chosen for the session
    aal           BIGINT NOT NULL, -- technical: authenticator assurance level, 2
    method        TEXT   NOT NULL, -- technical: how it was begun: passkey, totp, recovery or demo
    auth_at       BIGINT NOT NULL, -- technical: when the worker proved who they are
    stepped_up_at BIGINT NOT NULL, -- technical: when they last proved it with every factor; 0 if never
    created_at    BIGINT NOT NULL, -- technical: when it began
    seen_at       BIGINT NOT NULL, -- technical: last activity, to the minute
    locked_at     BIGINT NOT NULL, -- technical: when it was locked; 0 if it is open
    ends_at       BIGINT NOT NULL, -- technical: when it ends at the latest
    ended_at      BIGINT NOT NULL, -- technical: when it was ended; 0 if it was not
    ended_why     TEXT   NOT NULL, -- technical: why it was ended, as signed_out or revoked
    tries         BIGINT NOT NULL, -- technical: failed proofs in a row inside the session
    agent         TEXT   NOT NULL  -- technical: family of the browser and system, for the list of sessions
);
CREATE UNIQUE INDEX session_by_token ON session (token);
CREATE INDEX session_by_worker ON session (worker, ended_at);

-- Ceremonies that were spent. A ceremony under way is held, sealed, by the
-- browser; its number is kept here from its one use until it would have
-- expired, so that it cannot be used again.
CREATE TABLE ceremony (
    id         BYTEA  NOT NULL PRIMARY KEY, -- technical: random number of the ceremony
    expires_at BIGINT NOT NULL -- technical: when it would have expired
);
CREATE INDEX ceremony_by_expiry ON ceremony (expires_at);

-- Invitations to enrol, and single-use ways into the demonstration.
CREATE TABLE invitation (
    token      BYTEA  NOT NULL PRIMARY KEY, -- secret: keyed hash of the link's token
    kind       TEXT   NOT NULL, -- technical: enrol or demo
    worker     TEXT   NOT NULL, -- technical: id of the workforce member invited
    made_by    TEXT   NOT NULL, -- technical: id of who invited
    made_at    BIGINT NOT NULL, -- technical: when
    expires_at BIGINT NOT NULL, -- technical: good until
    used_at    BIGINT NOT NULL  -- technical: when it was used or withdrawn; 0 if it still stands
);
CREATE INDEX invitation_by_worker ON invitation (worker, used_at);

-- Failed attempts, counted by keyed hashes of account, network and device.
CREATE TABLE throttle (
    bucket   BYTEA   NOT NULL PRIMARY KEY, -- technical: keyed hash of what is counted
    failures BIGINT  NOT NULL, -- technical: attempts in a row that have not succeeded
    until_at BIGINT  NOT NULL, -- technical: no attempt is taken before
    at       BIGINT  NOT NULL, -- technical: when the last was counted
    keep     BOOLEAN NOT NULL  -- technical: counts towards the limit of an account that somebody has, and is not swept
);

-- +goose Down
DROP TABLE throttle;
DROP TABLE invitation;
DROP TABLE ceremony;
DROP TABLE session;
DROP TABLE recovery;
DROP TABLE passkey;
DROP TABLE account;
