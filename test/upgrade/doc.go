// Package upgrade opens, with today's program, what every tagged release wrote.
//
// Each directory of testdata holds a small agency as one release left it: a data
// directory with SQLite, keys, documents and a closed segment of the log in
// data.tar.gz, the same database as PostgreSQL in postgres.sql.gz, a backup of
// PostgreSQL from an earlier day, and in manifest.json what must be found in them, with the hashes of that
// release's schema files. Everybody in it is made up, and the passphrase is no secret.
//
// It holds tests only. `make release-data VERSION=v1.2.3` writes such a directory by the
// program itself, when a release is tagged; from then on it never changes.
package upgrade
