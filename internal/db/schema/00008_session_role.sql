-- +goose Up

-- Which sessions are in the second role of their worker. A session without a row is in the
-- first.
CREATE TABLE session_role (
    session   TEXT   NOT NULL PRIMARY KEY, -- technical: id of the session
    role      TEXT   NOT NULL, -- technical: the second role that was chosen; it holds only while the workforce record says so
    chosen_at BIGINT NOT NULL  -- technical: when
);

-- +goose Down
DROP TABLE session_role;
