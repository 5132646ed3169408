package doctor

import "time"

// Requests is what a server answered in the last minutes.
type Requests struct {
	Over     time.Duration // how long was looked back
	Answered int64
	Failed   int64         // with a status of 500 or more
	Slow     time.Duration // what 95 of 100 took at most
}

// How bad requests may be. Fewer than few say nothing of the rest.
const (
	few        = 20
	failedMany = 20          // one of so many failed
	slow       = time.Second // what a page may take
)

// Served judges how requests were answered.
func Served(r Requests) Finding {
	const check = "requests"
	const do = "look for the reference of each in the server's log: it says what failed"
	switch over := Span(r.Over); {
	case r.Answered == 0:
		return good(check, "nobody asked for a page in the last %s", over)
	case r.Answered >= few && r.Failed*failedMany > r.Answered:
		return found(check, Wrong, do, "%d of %d requests of the last %s failed", r.Failed, r.Answered, over)
	case r.Failed > 0:
		return found(check, Warning, do, "%d of %d requests of the last %s failed", r.Failed, r.Answered, over)
	case r.Answered >= few && r.Slow > slow:
		return found(check, Warning, "see whether the disk, the database or the processors are what is slow: caseward_db_commit_seconds and caseward_db_reader_waits_total tell (docs/guides/operator.md)", "one request in twenty of the last %s took longer than a second", over)
	default:
		return good(check, "none of %d requests of the last %s failed", r.Answered, over)
	}
}

// Keys says how much of the data keys is under older key-encryption keys: current is
// the id of the one in use. It says no number: there is a data key for each client.
func Keys(current string, wraps map[string]int64) Finding {
	const check = "keys"
	all, old, under := int64(0), 0, int64(0)
	for id, n := range wraps {
		all += n
		if id != current && n > 0 {
			old, under = old+1, under+n
		}
	}
	if old > 0 {
		// Rounded up: what is there is not 0%.
		return good(check, "%d%% of the data keys are under older keys (%d), which stay in use; caseward key rewrap puts them under the current one", (under*100+all-1)/all, old)
	}
	return good(check, "every data key is under the current key")
}
