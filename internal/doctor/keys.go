package doctor

import (
	"context"
	"net/url"
	"strings"
	"time"
)

// Drill is how long shares that were tried are good for.
const Drill = 365 * 24 * time.Hour

// Way is one thing that opens the key file.
type Way struct {
	Shares      bool
	Made, Tried time.Time // Tried of shares: when last; zero if never
	Need, Of    int       // of shares
}

// Recovery judges whether the key file can be opened on the day when what opens it
// today is lost (45 CFR 164.308(a)(7)(ii)(B)).
func Recovery(now time.Time, ways []Way) Finding {
	const check = "recovery"
	const drill = "try them: caseward key shares --try (docs/guides/key-ceremony.md)"
	var newest *Way
	sets := 0
	for i, w := range ways {
		if w.Shares {
			newest, sets = &ways[i], sets+1
		}
	}
	switch {
	case newest == nil && len(ways) < 2:
		return found(check, Warning, "make shares of a recovery secret: caseward key shares (docs/guides/key-ceremony.md)",
			"one thing alone opens the key file: if it is lost, so is everything, every backup included")
	case newest == nil:
		return found(check, Warning, "make shares of a recovery secret: caseward key shares (docs/guides/key-ceremony.md)",
			"%d things open the key file, and none of them is shares that work without a network and without one person's memory", len(ways))
	case newest.Tried.IsZero() && sets > 1:
		return found(check, Warning, drill, "the newest shares were never tried, and the older ones still open the key file")
	case newest.Tried.IsZero():
		return found(check, Warning, drill, "the shares were never tried")
	case now.Sub(newest.Tried) > Drill:
		return found(check, Warning, drill, "shares were last tried %s ago", Span(now.Sub(newest.Tried)))
	case len(ways) == 1:
		return found(check, Warning, "set a passphrase: caseward key passphrase", "nothing but shares opens the key file")
	}
	return good(check, "any %d of %d shares open the key file, tried %s ago", newest.Need, newest.Of, Span(max(now.Sub(newest.Tried), 0)))
}

// Service asks a key-management service that opens the key file to do so. ask is nil
// where there is none; others says whether something else opens the file too.
func Service(ctx context.Context, others bool, ask func(context.Context) error) Finding {
	const check = "key service"
	const do = "see whether it can be reached from here, whether token or role are still good, and whether the key is there; meanwhile the server starts with the passphrase or with shares"
	if ask == nil {
		return found(check, Unused, "", "no key-management service opens the key file")
	}
	if err := ask(ctx); err != nil {
		return found(check, Wrong, do, "the key-management service does not open the key file: %s", strings.TrimSpace(err.Error()))
	}
	if !others {
		return found(check, Warning, "keep another way: caseward key passphrase, caseward key shares", "the key-management service alone opens the key file: whoever deletes the key there destroys everything")
	}
	return good(check, "the key-management service opens the key file")
}

// Settings looks for a secret in the settings, which lie beside the data and go into
// every backup.
func Settings(database string) Finding {
	const check = "settings"
	const do = "take it out of database in caseward.json: a passfile (PGPASSFILE), or peer or certificate authentication"
	u, err := url.Parse(database)
	if err != nil {
		return found(check, Warning, do, "database in caseward.json cannot be read as a URL")
	}
	if _, there := u.User.Password(); there || u.Query().Has("password") || u.Query().Has("sslpassword") {
		return found(check, Warning, do, "a password of the database stands in caseward.json")
	}
	return good(check, "no secret stands in caseward.json")
}

// Session is how PostgreSQL sees the server.
type Session struct {
	Superuser bool   // or may make roles, or databases: more than it needs
	TLS       string // the version; "" if in clear
	Local     bool   // whether it comes from this machine
	Version   int    // as 150004
	Synced    bool   // whether a commit waits until it is on the disk
}

const unsummed = "its pages have no checksums: what the disk changes in one is not noticed"

// Database judges how a PostgreSQL database is reached, nil for SQLite; and of both whether
// their pages have checksums.
func Database(s *Session, sums bool) Finding {
	const check = "database"
	switch {
	case s == nil && !sums:
		return found(check, Warning, "make a backup, and restore it: what is restored has them (docs/guides/operator.md)", unsummed)
	case s == nil:
		return good(check, "it is in the data directory, reached by nobody else")
	case !s.Synced:
		return found(check, Wrong, "set fsync and synchronous_commit to on", "PostgreSQL says that something is kept before it is: a power cut loses entries of the log that were answered for")
	case s.TLS == "" && !s.Local:
		return found(check, Wrong, "set sslmode=verify-full in database of caseward.json", "PostgreSQL on another machine is reached in clear")
	case s.Superuser:
		return found(check, Warning, "make a role that owns this database and nothing else", "the role is a superuser, or may make roles or databases: who gets it owns more than this database")
	case s.Version < 150000:
		return found(check, Warning, "use version 15 or newer", "PostgreSQL is of version %d", s.Version/10000)
	case !sums:
		return found(check, Warning, "stop PostgreSQL, and run pg_checksums --enable", unsummed)
	}
	if s.TLS == "" {
		return good(check, "PostgreSQL %d on this machine; the role owns no more than it needs", s.Version/10000)
	}
	return good(check, "PostgreSQL %d over %s; the role owns no more than it needs", s.Version/10000, s.TLS)
}
