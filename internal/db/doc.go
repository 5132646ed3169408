// Package db opens the database, SQLite or PostgreSQL, and runs transactions.
//
// One SQL serves both: the common subset, with $1-style placeholders that are
// rewritten to ?1 for SQLite (a bare $2…$1 binds silently wrong there). Times
// are BIGINT microseconds since 1970 UTC, bytes are BYTEA, flags are BOOLEAN.
//
// # Writing
//
// There is one writer. [DB.Write] hands a function to it; the writer gathers
// what is waiting into one transaction, runs each function in a savepoint of
// its own, commits once, and only then answers everybody. So a commit that
// costs one fsync carries many callers, and no caller is told "done" before its
// work is on disk: on SQLite with WAL and synchronous=FULL, on PostgreSQL with
// its synchronous_commit. A function that fails undoes only itself. Several servers
// on one PostgreSQL write in turn, so a function that looks before it writes is right
// on any number of them; what is only added, as the entry of a read, waits for nobody.
//
// # Reading
//
// [DB.Query] and [DB.QueryRow] use a pool of about one connection a processor:
// more readers than that starve the writer of the machine. On SQLite they use the
// library's own statements, not database/sql. [DB.Snapshot] reads several things
// as of one moment. [Kept] remembers there what is asked at every request, until a
// transaction of any process changes what it depends on.
//
// # Changing the schema
//
// The schema's changes are numbered. Each only adds, so that servers of the release
// before go on; what takes away raises the floor, the oldest schema whose programs may
// use the database ([Age]), and a program below it is refused.
//
// Package db knows nothing of records, keys or the log. It never decides, never
// seals, and never puts a value into SQL text: every statement is a constant.
package db
