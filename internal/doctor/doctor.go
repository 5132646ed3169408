package doctor

import (
	"fmt"
	"strings"
	"time"
)

// State is how a check came out.
type State string

// The states, from the best.
const (
	Good    State = "good"
	Unused  State = "unused"  // it is not set up, and does not have to be
	Unknown State = "unknown" // this machine does not tell
	Warning State = "warning" // it works, and will not for long or not when it matters
	Wrong   State = "wrong"   // it does not work
)

// Finding is what one check found.
type Finding struct {
	Check string `json:"check"` // what was looked at, one or two words
	State State  `json:"state"`
	Says  string `json:"says"`         // what was found, a sentence without full stop
	Do    string `json:"do,omitempty"` // what to do about it; empty if nothing
	Words Words  `json:"-"`            // Says before its values are put in, for other languages
}

// Faulty reports whether something must be done.
func (f Finding) Faulty() bool { return f.State == Wrong || f.State == Warning }

func good(check, format string, args ...any) Finding { return found(check, Good, "", format, args...) }

func found(check string, s State, do, format string, args ...any) Finding {
	w := Words{format, args}
	return Finding{Check: check, State: s, Says: w.Say(fmt.Sprintf), Do: do, Words: w}
}

// Words is a text of this package, and what goes into it: numbers, names as they are,
// a [Span], further Words, or several, which are said with commas between.
type Words struct {
	Text string
	Args []any
}

// Say says the words as t does, which is given a text and what goes into it:
// [fmt.Sprintf], or one that knows the text in another language.
func (w Words) Say(t func(text string, args ...any) string) string {
	args := make([]any, len(w.Args))
	for i, a := range w.Args {
		switch a := a.(type) {
		case Span:
			args[i] = a.words().Say(t)
		case Words:
			args[i] = a.Say(t)
		case []Words:
			all := make([]string, len(a))
			for i, x := range a {
				all[i] = x.Say(t)
			}
			args[i] = strings.Join(all, ", ")
		default:
			args[i] = a
		}
	}
	return t(w.Text, args...)
}

// Span is how long something has been, or will be.
type Span time.Duration

// words says it in the largest unit that is not 0 or 1.
func (s Span) words() Words {
	switch d := time.Duration(s); {
	case d < 2*time.Minute:
		return Words{"%d seconds", []any{int(d.Seconds())}}
	case d < 2*time.Hour:
		return Words{"%d minutes", []any{int(d.Minutes())}}
	case d < 48*time.Hour:
		return Words{"%d hours", []any{int(d.Hours())}}
	default:
		return Words{"%d days", []any{int(d.Hours() / 24)}}
	}
}

func size(n int64) string {
	const gib = 1 << 30
	if n < gib {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/gib)
}

// Periods of backups, of their practice.
const (
	BackupEvery   = 26 * time.Hour     // a day, and what a run may be late
	BackupAtLeast = 7 * 24 * time.Hour // without one for longer, too much would be lost
)

// Backup judges when the last good backup was made; zero if there is none.
func Backup(now, last time.Time) Finding {
	const check = "backup"
	const do = "make one every day with caseward backup, and look at what it says (docs/guides/operator.md)"
	switch age := now.Sub(last); {
	case last.IsZero():
		return found(check, Wrong, do, "no backup was ever made and read back")
	case age > BackupAtLeast:
		return found(check, Wrong, do, "the last good backup is %s old", Span(age))
	case age > BackupEvery:
		return found(check, Warning, do, "the last good backup is %s old", Span(age))
	default:
		return good(check, "the last good backup is %s old", Span(max(age, 0)))
	}
}

// Queue is how far the log's sequencer is, as audit.Head has it.
type Queue struct {
	Size, Signed, Waiting int64
	Oldest                time.Time // of those that wait; zero if none do
	Err                   error
}

// LogLag is how long an entry may wait to be put in order and signed for: the
// sequencer runs every second.
const LogLag = time.Minute

// Log judges how far the log's sequencer is behind.
func Log(now time.Time, q Queue) Finding {
	const check = "log"
	const do = "see whether caseward serve runs and what it says; nothing is lost, and entries are put in order as soon as it can"
	switch {
	case q.Err != nil:
		return found(check, Wrong, do, "the log's sequencer failed")
	case q.Waiting > 0 && now.Sub(q.Oldest) > LogLag:
		return found(check, Wrong, do, "%d entries wait to be signed for, the oldest for %s", q.Waiting, Span(now.Sub(q.Oldest)))
	case q.Signed < q.Size:
		return found(check, Warning, do, "%d entries are in order and not signed for yet", q.Size-max(q.Signed, 0))
	}
	return good(check, "all %d entries are signed for", q.Size)
}

// Sent is a place outside that checkpoints go to.
type Sent struct {
	Name string    // its kind and number
	Last time.Time // when it last took one; zero if it never did
	Owed bool      // there is an entry that it should have been told of by now
}

// Forwarded is a place that entries of the log are forwarded to.
type Forwarded struct {
	Name   string    // its kind and number
	Behind int64     // entries it has not got
	Oldest time.Time // of those; zero if there are none
}

// ForwardLag is how long an entry may wait to be forwarded.
const ForwardLag = 15 * time.Minute

// Forwarding judges the places that entries are forwarded to.
func Forwarding(now time.Time, places []Forwarded) Finding {
	const check = "forwarding"
	if len(places) == 0 {
		return found(check, Unused, "", "entries of the log are forwarded nowhere")
	}
	var behind []Words
	for _, p := range places {
		if p.Behind > 0 && now.Sub(p.Oldest) > ForwardLag {
			behind = append(behind, Words{"%s lacks %d entries, the oldest for %s", []any{p.Name, p.Behind, Span(now.Sub(p.Oldest))}})
		}
	}
	if len(behind) > 0 {
		return found(check, Wrong, "see whether caseward serve runs and what it says, and whether the place can be reached; nothing is lost, and it goes on where it stood", "%s", behind)
	}
	return good(check, "every place that entries are forwarded to (%d) has them", len(places))
}

// Outside judges the places outside.
func Outside(now time.Time, places []Sent) Finding {
	const check = "checkpoints"
	if len(places) == 0 {
		return found(check, Warning, "name a place in anchors of caseward.json, as a directory on another machine",
			"no checkpoint of the log goes outside: whoever owns this machine could rewrite it unseen")
	}
	var behind []Words
	for _, p := range places {
		switch {
		case !p.Owed:
		case p.Last.IsZero():
			behind = append(behind, Words{"%s never took one", []any{p.Name}})
		default:
			behind = append(behind, Words{"%s took the last one %s ago", []any{p.Name, Span(now.Sub(p.Last))}})
		}
	}
	if len(behind) > 0 {
		return found(check, Wrong, "see whether caseward serve runs, whether the place can be reached, and what caseward audit show --action audit.anchor says",
			"the log has grown since, and %s", behind)
	}
	return good(check, "every place outside (%d) has what is due to it", len(places))
}
