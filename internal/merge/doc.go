// Package merge finds records that may be of one person, joins two that are, and
// parts them again.
//
// Nothing is moved and nothing is sealed anew. A [Merge] says that two records are
// of one person from a moment until it is undone; as long as that holds, whoever
// stands in a relation to either stands in it to both, and a list about the
// record that stays holds what was written about the other too (package record).
// The other record leaves searches. Which values the record that stays took over
// is in the merge, with what stood there before, so that undoing brings it back.
//
// It tells of a pair only to somebody who may see both records, and never
// compares government numbers: to find them the same would be to confirm them.
package merge
