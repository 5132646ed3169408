// Package paper writes what leaves the screen: a table as CSV or as a workbook, a
// document as PDF. It is given words and numbers that somebody was allowed to see
// and returns bytes.
//
// It never reads a record, never decides who may see one, keeps nothing, and
// writes no file. The same input makes the same PDF, byte for byte: it knows no
// time but the one it is given. Its PDFs carry their text, their language and
// their title; they are not tagged, because the library has no structure tree.
//
// To start: CSV, XLSX and PDF.
package paper
