package doctor

import "strings"

// Segment is a closed segment of the log.
type Segment struct {
	File    string
	Missing bool // it is not in its place, or not of its size
}

// Segments judges whether the closed segments of the log are there. Whether they are
// as they were closed, audit verify says.
func Segments(list []Segment) Finding {
	const check = "segments"
	if len(list) == 0 {
		return found(check, Unused, "", "all of the log is in the database")
	}
	var gone []string
	for _, s := range list {
		if s.Missing {
			gone = append(gone, s.File)
		}
	}
	if len(gone) > 0 {
		return found(check, Wrong, "put them back from a backup, each as it was, and run caseward audit verify: questions that reach so far back are not answered",
			"%d of %d closed segments of the log are not in their place or have another size: %s", len(gone), len(list), strings.Join(gone[:min(3, len(gone))], ", "))
	}
	return good(check, "the closed segments of the log (%d) are in their place", len(list))
}
