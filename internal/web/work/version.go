package work

import (
	"strconv"

	"caseward/internal/web/site"
)

// versionField is the field in which a form carries the version of the record it
// was made from. It is read here and nowhere else.
const versionField = "version"

// unseen is the version of a form that names none: no record ever has it. Zero
// would not do: to the use-cases, zero takes the newest.
const unseen int64 = -1

// versionOf is the version a form was made from. A form that names none, or what
// is none, saw nothing of what there is by now: it is refused as one that somebody
// overtook, with what was typed kept, and never taken for the newest.
func versionOf(r *site.Request) int64 { return versionIn(r.Value(versionField)) }

func versionIn(s string) int64 {
	if n := int64(parse(s)); n > 0 {
		return n
	}
	return unseen
}

// revisionOf is the revision of a plan that the client was asked about. A plan that
// nobody changed since has revision zero.
func revisionOf(r *site.Request) int64 {
	if n, err := strconv.ParseInt(r.Value("revision"), 10, 64); err == nil && n >= 0 {
		return n
	}
	return unseen
}

// versionSaid is what the form said of its version, for the form that is shown
// again: what was seen stays what was seen.
func versionSaid(r *site.Request) string { return r.Value(versionField) }
