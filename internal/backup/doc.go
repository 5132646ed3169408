// Package backup copies a whole agency into one sealed file and back: the
// database as it stood in one instant, the stored documents, the settings (45 CFR
// 164.308(a)(7)(ii)(A), (B)).
//
// [Move] copies all rows from SQLite into PostgreSQL, and closes the first.
//
// [Make] writes a file while the server serves, reads it back and checks it
// before it gets its name. [Open] opens one with the key file, [Archive.Check]
// proves that it is whole, and [Archive.Write] puts it into an empty directory.
//
// # The file
//
// First a header in clear: format, the log's name, fingerprints of keys, time,
// version of the program. Then chunks of 16 KiB, each AES-256-GCM under a key of
// the file's own, which the agency's key-encryption key wraps. Each chunk is
// bound to the header, to its place, and to whether it is the last. What is
// inside is sealed a second time as far as it is sealed in the database.
//
// # What it never does
//
// It never writes anything in clear beside its file (rows that move go straight from one
// database to the other), never holds more than some
// chunks in memory, never puts the key file into a backup, never writes over
// anything, and opens no record: what a client's key sealed stays so. It decides
// nothing and writes no entry of the log: package app does, before and after.
package backup
