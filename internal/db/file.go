package db

import (
	"context"
	"fmt"
	"net/url"

	"caseward/internal/fault"
)

// File is a SQLite file of its own beside the database: made once, then only read.
// It serves one caller at a time.
type File struct{ l *lite }

// CreateFile makes an empty file at path, to be filled, closed and synced by the
// caller: it has no journal, so one that was not closed is worth nothing.
func CreateFile(ctx context.Context, path string) (*File, error) {
	return openFile(ctx, path, "mode=rwc", "page_size(8192)", "journal_mode(off)", "synchronous(off)", "temp_store(memory)", "cache_size(-32768)")
}

// OpenFile opens a file that nobody changes any more, to be read. It writes
// nothing beside it and takes no lock.
func OpenFile(ctx context.Context, path string) (*File, error) {
	return openFile(ctx, path, "mode=ro&immutable=1", "query_only(on)", "temp_store(memory)", "cache_size(-4096)")
}

func openFile(ctx context.Context, path, mode string, pragmas ...string) (*File, error) {
	l, err := openLite(ctx, "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+mode+"&"+url.Values{"_pragma": pragmas}.Encode())
	if err != nil {
		return nil, fault.Unavailablef("db.file", err, "the file cannot be opened")
	}
	return &File{l}, nil
}

// Exec runs a statement. It must be a constant.
func (f *File) Exec(ctx context.Context, query string, args ...any) error {
	if _, err := f.l.exec(ctx, query, args); err != nil {
		return fmt.Errorf("db.file: %w", err)
	}
	return nil
}

// Query reads rows; they are closed before the next call. The statement must be a
// constant.
func (f *File) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	rows, err := f.l.query(ctx, query, args, nil)
	if err != nil {
		return nil, fmt.Errorf("db.file: %w", err)
	}
	return rows, nil
}

// QueryRow reads one row. The statement must be a constant.
func (f *File) QueryRow(ctx context.Context, query string, args ...any) Row {
	rows, err := f.l.query(ctx, query, args, nil)
	if err != nil {
		return failedRow{fmt.Errorf("db.file: %w", err)}
	}
	return liteRow{rows}
}

// Good reports whether everything that was read so far could be.
func (f *File) Good() bool { return !f.l.bad }

// Close closes the file.
func (f *File) Close() error { return f.l.close() }

var _ Querier = (*File)(nil)
