// Package upkeep says how the server is, to whoever keeps it running: what it did in
// the last minutes, how far the log and what leaves it are, and what goes wrong around
// the records.
//
// Whoever asks is decided on like anybody, and leaves an entry (45 CFR 164.308(a)(1)(ii)(D),
// 164.308(a)(7)). What is shown are numbers, names of the program and of machines: it
// opens no record and knows nothing of a client, not even how many there are.
package upkeep
