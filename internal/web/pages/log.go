package pages

import (
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// LogEntry is one entry of the access log, as a sentence can be made of it. It
// holds ids, labels and rules; nothing of what was in the record.
type LogEntry struct {
	Number   int64 // its place in the log; the leaf of the tree
	At       time.Time
	WhoID    string // of the workforce member, for a link; "" for a service
	Who      string // "Jordan Avery", "service import"; "" where nobody was recognised
	Role     actor.Role
	Purpose  actor.Purpose
	Action   string // "note.read"
	Outcome  Outcome
	ClientID string   // for a link; empty where no client was touched
	Client   phi.Text // the client number, "C-20417"
	Others   int      // further clients touched by the same request
	Records  []string // kind and id of each record, "note 01J…"
	Classes  []string // shown or written
	Withheld []string
	Relation []string // of who to the client
	Rules    []Rule   // that decided
	Detail   []ui.Fact
	Hash     string // of the leaf, hex
}

// Outcome is how a request ended.
type Outcome string

// The outcomes.
const (
	Allowed Outcome = "allowed"
	Refused Outcome = "refused"
	Failed  Outcome = "failed"
)

// Rule is a rule of access, as an officer reads it.
type Rule struct {
	ID       string
	Sentence string // English, one sentence; shown as it is where no Spanish is known
	Cite     string // "45 CFR 164.506(c)(1)"; "agency practice"
	Practice bool   // the agency's choice; otherwise the law's
	Forbids  bool
	Roles    []actor.Role
	Classes  []string
	Actions  []string
}

// Action phrases: what comes between who did it and whose record it is.
var phrases = map[string]string{
	"client.read": "opened the chart of", "client.find": "looked for", "client.create": "registered", "client.change": "changed the chart of", "client.erase": "erased the chart of",
	"chart.open": "opened the chart of", "chart.view": "viewed the chart of",
	"note.read": "read notes of", "note.find": "listed notes of", "note.create": "wrote a note on", "note.change": "changed a draft note on", "note.sign": "signed a note on", "note.addend": "added an addendum on", "note.discard": "discarded a draft on", "note.history": "read the history of a note on",
	"draft.keep": "saved a draft on", "draft.read": "reopened a draft on",
	"case.read": "read the case of", "case.find": "listed cases of", "case.open": "opened a case for", "case.assign": "assigned the case of", "case.change": "changed the case of", "case.close": "closed the case of",
	"plan.read": "read the care plan of", "plan.find": "listed care plans of", "plan.create": "wrote a care plan for", "plan.change": "changed the care plan of",
	"clinical.read": "read the clinical summary of", "clinical.find": "listed the clinical summary of", "clinical.create": "added clinical facts of",
	"document.read": "opened a document of", "document.find": "listed documents of", "document.create": "added a document of",
	"glass.break": "used emergency access to the chart of", "glass.find": "listed emergency access", "glass.read": "read an emergency access", "glass.review": "reviewed an emergency access to", "glass.end": "ended an emergency access to", "glass.expire": "wrote down the end of an emergency access to",
	"log.find": "searched the access log", "log.client": "asked who opened the chart of", "log.worker": "asked what a colleague did", "log.verify": "verified the access log", "log.close": "moved old entries into a closed part of the log", "audit.export": "exported the access log", "audit.anchor": "sent out a checkpoint of the log", "audit.forward": "forwarded the log",
	"coverage.create": "arranged coverage", "coverage.end": "ended a coverage", "coverage.find": "listed coverage", "coverage.read": "read a coverage",
	"staff.find": "listed staff", "staff.read": "opened a staff record", "staff.invite": "invited a colleague", "staff.change": "changed a staff record", "staff.language": "chose the language of their mails", "staff.plan": "planned a change of a colleague’s role", "staff.cancel": "called off a planned change of a colleague’s role", "staff.begin": "wrote down a planned change of a colleague’s role", "staff.second": "gave a colleague a second role", "staff.second_end": "ended a colleague’s second role", "staff.reset": "reset a colleague’s sign-in", "staff.terminate": "ended a colleague’s access", "staff.sessions": "listed a colleague’s sessions",
	"session.list": "listed their sessions", "session.revoke": "ended a session", "policy.explain": "asked why somebody can or can’t", "policy.explain_self": "asked why they can or can’t", "policy.read": "read the access rules",
	"agency.read": "read the agency’s settings", "agency.change": "changed the agency’s settings", "import.run": "imported records", "key.status": "looked at the keys", "key.rotate": "rotated a key", "key.rewrap": "re-wrapped keys", "key.slot": "changed what opens the key file", "key.try": "tried recovery shares", "key.prove": "proved a copy of the key file", "system.check": "looked whether everything around the records works", "system.read": "looked how the server is",
	"backup.make": "made a backup", "backup.verify": "read a backup back and found it good", "backup.restore": "restored from a backup", "store.move": "moved everything to another database",
	"signin.demo": "signed in by a demonstration link", "signin.second": "gave the second factor", "signin.recovery": "signed in with a recovery code",
	"session.signout": "signed out", "session.lock": "locked the screen", "session.unlock": "unlocked the screen", "session.end": "was signed out", "session.provider_end": "was signed out at the identity provider", "session.purpose": "chose another purpose", "session.role": "began to work in another role of theirs", "session.revoke_all": "ended every session of a colleague", "session.last_seen": "looked who was signed in when",
	"stepup.demo": "proved again who they are", "stepup.passkey": "proved again who they are", "stepup.totp": "proved again who they are",
	"enrol.passkey": "added a passkey", "enrol.password": "set a password", "enrol.totp": "set up an authenticator app",
	"account.invite": "made an invitation", "account.reset": "reset a sign-in", "account.terminate": "ended a colleague’s ways in", "account.ways": "looked at ways to sign in", "staff.activate": "marked a colleague as working here",
	"signin.password": "signed in with a password", "signin.passkey": "signed in with a passkey", "signout": "signed out",
}

// phrase says an action in words; an action without a phrase is shown as it is.
func phrase(lang ui.Lang, action string) string {
	if s, ok := phrases[action]; ok {
		return ui.T(lang, s)
	}
	return strings.ReplaceAll(action, ".", " ")
}

// wantsClient reports whether an action's phrase is not complete without whom it
// was about.
func wantsClient(action string) bool {
	s := phrases[action]
	if action == "client.create" {
		return true
	}
	for _, end := range []string{" of", " on", " for", " to"} {
		if strings.HasSuffix(s, end) {
			return true
		}
	}
	return false
}

// OutcomeChip is how an outcome is shown.
func (o Outcome) show() (ui.Tone, string, string) {
	switch o {
	case Refused:
		return ui.Danger, "ban", "Refused"
	case Failed:
		return ui.Warning, "triangle-alert", "Failed"
	}
	return ui.Good, "check", "Allowed"
}

// AccessPage is GET /clients/{id}/access: who opened this chart (45 CFR
// 164.312(b)), most recent first.
type AccessPage struct {
	Chart
	Since   time.Time // of the list of people
	People  []SeenBy
	Entries []LogEntry
	Newer   string
	Older   string
	// MayFollow offers links to what each person did.
	MayFollow bool
}

// LogPage is GET and POST /log: the log explorer. The filter posts, because a
// client number is in it.
type LogPage struct {
	Form     ui.Form // worker, client (number), action, outcome, purpose, from, to
	Workers  []ui.Option
	Actions  []ui.Option
	Entries  []LogEntry
	Back     time.Time // how far back one page looked, where it stopped before it was full; else zero
	Newer    string    // value of the field "page" that leads there; empty at the ends
	Older    string
	Filtered bool
	Verify   *VerifyPanel
}

// VerifyPanel is what is known of the log's integrity (45 CFR 164.312(c)(1)).
type VerifyPanel struct {
	Good         bool
	Size         int64  // entries in the tree
	Root         string // hash of the tree, base64
	Checkpoint   time.Time
	Verified     time.Time
	VerifiedSize int64
	Says         string // what is wrong, if something is; English source
	Witnesses    int    // places outside that hold a checkpoint
	MayVerify    bool   // offers Verify now: POST /log/verify
}

// WorkerPage is GET /staff/{id}/activity: everything this person did.
type WorkerPage struct {
	ID      string
	Name    string
	Role    actor.Role
	Own     bool // the reader's own
	Days    []DayCount
	Day     time.Time // shown; zero: all
	Clients int       // different clients in the period
	Refused int
	Glass   int
	Entries []LogEntry
	Newer   string
	Older   string
}

// DayCount is how much was done on a day.
type DayCount struct {
	On      time.Time
	Count   int
	URL     string
	Current bool
}

// related reports whether anybody's relation to the client is known.
func (p AccessPage) related() bool {
	for _, s := range p.People {
		if s.Relation != "" || s.Glass {
			return true
		}
	}
	return false
}
