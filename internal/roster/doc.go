// Package roster brings in a list of clients as a file of rows: it is read, its
// columns are given a meaning, every row is tried without keeping anything, and
// then the rows are registered, each like a client registered by hand: decided
// for itself, looked for among those already here, entered in the log.
//
// The file is kept only sealed, as a draft of whoever uploaded it, and only until
// the import is finished, thrown away, or a day old. What stays is what came of
// each row.
//
// A row that was brought in before, by the number the other system gave it, is
// not brought in again, however often the file is uploaded.
//
// What is downloaded begins no cell with what a spreadsheet would take for a
// formula.
package roster
