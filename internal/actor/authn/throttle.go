package authn

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/base64"
	"errors"
	"net/netip"
	"strings"
	"time"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// maxFailures is how many failures in a row an authenticator of an account may
// see (SP 800-63B-4). The password is then off until its owner comes in another
// way.
const maxFailures = 100

// bucket counts one thing.
type bucket struct {
	key    []byte
	free   int64         // failures before any delay
	base   time.Duration // delay after the first failure past free; doubles with each more
	cap    time.Duration // longest delay
	forget time.Duration // forgotten after this long without an attempt; 0 is never
	hard   bool          // refuses for good at maxFailures
	keep   bool          // is not swept
	refund bool          // a success takes back its own count only
}

// wait is the error that says how long to wait.
type wait struct{ after time.Duration }

func (w *wait) Error() string        { return ErrThrottled.Error() }
func (w *wait) Is(target error) bool { return target == ErrThrottled }

// RetryAfter says how long to wait before the next attempt, if err is
// ErrThrottled.
func RetryAfter(err error) (time.Duration, bool) {
	var w *wait
	if errors.As(err, &w) {
		return w.after, true
	}
	return 0, false
}

// buckets says what an attempt of this kind on this account from this browser
// counts against.
//
// A browser that has signed in to the account before has a count of its own, so
// that a stranger's failures elsewhere never delay it. Any other browser shares
// counts with its network, and, from the fiftieth failure in a row on, with
// every other browser unknown to the account; that keeps a stranger with many
// addresses from reaching the hundred at which the password goes off.
//
// held says that somebody has the account. Counts of addresses that nobody has
// are swept after a while, so that a stranger cannot fill the database with
// them; until then they look the same.
func (a *Authn) buckets(kind, subject string, held bool, v Visitor) []bucket {
	all := bucket{key: mac(a.mailKey, "all", kind, subject), free: maxFailures, hard: true, keep: held}
	if d, ok := a.device(v.Device, subject); ok {
		return []bucket{all, {key: mac(a.mailKey, "device", kind, subject, d), free: 10, base: 2 * time.Second, cap: 5 * time.Minute, forget: 24 * time.Hour}}
	}
	n := network(v.Addr)
	return []bucket{
		all,
		{key: mac(a.mailKey, "network", kind, subject, n), free: 5, base: 4 * time.Second, cap: 15 * time.Minute, forget: 24 * time.Hour},
		{key: mac(a.mailKey, "strangers", kind, subject), free: maxFailures / 2, base: time.Minute, cap: time.Hour, forget: 7 * 24 * time.Hour},
		{key: mac(a.mailKey, "spray", kind, n), free: 100, base: time.Second, cap: time.Minute, forget: time.Hour, refund: true},
	}
}

// network is the part of an address that one visitor can hardly change.
func network(addr string) string {
	ip, err := netip.ParseAddr(addr)
	if err != nil {
		return "unknown"
	}
	ip = ip.Unmap()
	bits := 24
	if ip.Is6() {
		bits = 56
	}
	p, err := ip.WithZone("").Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

func delay(b bucket, failures int64) time.Duration {
	over := failures - b.free
	if over <= 0 || b.base == 0 {
		return 0
	}
	if over > 30 {
		return b.cap
	}
	return min(b.base<<(over-1), b.cap)
}

// charge counts an attempt before it is judged, so that many at once cannot
// slip past the count. A refused attempt is not counted.
func (a *Authn) charge(ctx context.Context, bs []bucket) error {
	now := a.now()
	return a.db.Write(ctx, func(tx *db.Tx) error {
		counts := make([]int64, len(bs))
		for i, b := range bs {
			var n, until, at int64
			err := tx.QueryRow(ctx, `SELECT failures, until_at, at FROM throttle WHERE bucket = $1`, b.key).Scan(&n, &until, &at)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if b.forget > 0 && now.Sub(db.Time(at)) >= b.forget {
				n = 0
			}
			if b.hard && n >= maxFailures {
				return ErrPasswordOff
			}
			// Longer than any wait is one of a clock that was set back since.
			if left := db.Time(until).Sub(now); left > 0 && left <= b.cap+setBack {
				return &fault.Error{Kind: fault.Denied, Op: "authn.signin", Why: "wait before the next attempt", Err: &wait{left}}
			}
			counts[i] = n + 1
		}
		for i, b := range bs {
			if _, err := tx.Exec(ctx, `INSERT INTO throttle (bucket, failures, until_at, at, keep) VALUES ($1, $2, $3, $4, $5)
				ON CONFLICT (bucket) DO UPDATE SET failures = $2, until_at = $3, at = $4, keep = $5`,
				b.key, counts[i], db.Micros(now.Add(delay(b, counts[i]))), db.Micros(now), b.keep); err != nil {
				return err
			}
		}
		return nil
	})
}

// clear forgets the failures after a success.
func (a *Authn) clear(ctx context.Context, bs []bucket) error {
	return a.db.Write(ctx, func(tx *db.Tx) error {
		for _, b := range bs {
			var err error
			if b.refund {
				_, err = tx.Exec(ctx, `UPDATE throttle SET failures = failures - 1, until_at = 0 WHERE bucket = $1 AND failures > 0`, b.key)
			} else {
				_, err = tx.Exec(ctx, `DELETE FROM throttle WHERE bucket = $1`, b.key)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// clearAccount takes the hundred-failures limit and the delay of strangers off
// an account whose owner came in another way or was invited anew.
func (a *Authn) clearAccount(ctx context.Context, subject string) error {
	var bs []bucket
	for _, kind := range []string{"password", "second", "recovery"} {
		bs = append(bs, bucket{key: mac(a.mailKey, "all", kind, subject)}, bucket{key: mac(a.mailKey, "strangers", kind, subject)})
	}
	return a.clear(ctx, bs)
}

// subject is what an account is counted by: its mail address, keyed, so that an
// address nobody has is counted like any other.
func (a *Authn) subject(mail string) string {
	return base64.RawURLEncoding.EncodeToString(mac(a.mailKey, "mail", mail))
}

// A device cookie is a random number and, for each account that signed in with
// the browser, a keyed hash over both. It signs nobody in: all it gives is a
// count of failures of its own.
const (
	deviceAccounts = 8
	deviceTag      = 16
)

// device says whether the browser has signed in to the account before, and by
// which number.
func (a *Authn) device(cookie, subject string) (string, bool) {
	parts := strings.Split(cookie, ".")
	if len(parts) < 2 || len(parts) > deviceAccounts+1 || len(parts[0]) != base64.RawURLEncoding.EncodedLen(deviceTag) {
		return "", false
	}
	want := base64.RawURLEncoding.EncodeToString(mac(a.deviceKey, parts[0], subject)[:deviceTag])
	known := false
	for _, p := range parts[1:] {
		known = hmac.Equal([]byte(p), []byte(want)) || known
	}
	return parts[0], known
}

// DeviceCookie returns the value of the device cookie after a sign-in, made
// from the value the browser sent: set it for a year, HttpOnly, Secure,
// SameSite=Strict.
func (a *Authn) DeviceCookie(old string, s Session) string {
	v := s.get()
	subject := a.subject(normalMail(v.mail.Disclose()))
	if _, ok := a.device(old, subject); ok {
		return old
	}
	parts := strings.Split(old, ".")
	if len(parts) < 2 || len(parts) > deviceAccounts+1 || len(parts[0]) != base64.RawURLEncoding.EncodedLen(deviceTag) {
		parts = []string{base64.RawURLEncoding.EncodeToString(keys.Random(deviceTag))}
	}
	if len(parts) == deviceAccounts+1 {
		parts = append(parts[:1:1], parts[2:]...) // the oldest goes
	}
	return strings.Join(append(parts, base64.RawURLEncoding.EncodeToString(mac(a.deviceKey, parts[0], subject)[:deviceTag])), ".")
}
