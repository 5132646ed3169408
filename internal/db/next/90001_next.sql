-- +goose Up
ALTER TABLE record ADD COLUMN next_label TEXT NOT NULL DEFAULT '';
CREATE INDEX record_by_next_label ON record (next_label) WHERE next_label <> '';

-- +goose Down
DROP INDEX record_by_next_label;
ALTER TABLE record DROP COLUMN next_label;
