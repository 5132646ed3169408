package config

import (
	"net/mail"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/fault"
)

// The kinds of place outside that checkpoints of the log are sent to.
const (
	Directory = "directory" // file:///mnt/worm/checkpoints
	Bucket    = "bucket"    // s3://name?region=us-east-1
	Mailbox   = "mailbox"   // mailto:officer@example.org
	Witness   = "witness"   // witness+https://witness.example.org/log#name+hash+key
)

// Anchor is a place outside, as its URL says it.
type Anchor struct {
	Kind   string
	Every  time.Duration // how often a new checkpoint is sent
	Dir    string        // of a directory: where; of a witness: where what it cosigned is kept, or empty
	URL    string        // of a bucket and a witness: how it is reached
	Name   string        // of a bucket
	Retain time.Duration // of a bucket: how long a checkpoint is locked
	To     string        // of a mailbox: the address
	Key    string        // of a witness: its verifier key
}

// How often checkpoints are sent where a URL does not say.
var anchorEvery = map[string]time.Duration{
	Directory: 5 * time.Minute, Bucket: time.Hour, Mailbox: 24 * time.Hour, Witness: 5 * time.Minute,
}

// retainDays is how long a bucket locks a checkpoint where its URL does not say:
// six years (45 CFR 164.316(b)(2)(i)).
const retainDays = 2192

const day = 24 * time.Hour

// ParseAnchor reads the URL of a place outside. Whatever it does not know in it
// is Invalid, a password above all: the file holds no secret.
func ParseAnchor(raw string) (Anchor, error) {
	bad := func(why string) (Anchor, error) { return Anchor{}, fault.Invalidf("config.check", "anchors: %s", why) }
	u, err := url.Parse(raw)
	if err != nil {
		return bad("one is not a URL")
	}
	if u.User != nil {
		return bad("a URL holds a name or password; give those apart")
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return bad("what follows the question mark cannot be read")
	}
	var known []string
	var a Anchor
	switch u.Scheme {
	case "file":
		a = Anchor{Kind: Directory, Dir: filepath.Clean(u.Path)}
		if u.Host != "" || !filepath.IsAbs(u.Path) {
			return bad("give a directory as file:/// and its full path")
		}
	case "s3":
		a = Anchor{Kind: Bucket, Name: u.Host}
		if u.Host == "" || u.Path != "" {
			return bad("give a bucket as s3://name?region=…")
		}
		known = []string{"region", "endpoint", "use_path_style", "profile", "retain_days"}
	case "mailto":
		a = Anchor{Kind: Mailbox, To: u.Opaque}
		if p, err := mail.ParseAddress(u.Opaque); err != nil || p.Address != u.Opaque {
			return bad("give a mailbox as mailto:officer@example.org")
		}
	case "witness+https", "witness+http":
		scheme := strings.TrimPrefix(u.Scheme, "witness+")
		a = Anchor{Kind: Witness, URL: (&url.URL{Scheme: scheme, Host: u.Host, Path: u.Path}).String(), Key: u.Fragment}
		switch {
		case u.Host == "" || strings.Count(u.Fragment, "+") < 2:
			return bad("give a witness as witness+https://witness.example.org#name+hash+key")
		case scheme == "http" && !loopback(u.Hostname()):
			return bad("a witness elsewhere is reached over https only")
		}
		known = []string{"keep"}
	case "":
		return bad("one has no scheme; a directory is given as file:///mnt/worm/checkpoints")
	default:
		return bad("one is neither file:, s3:, mailto: nor witness+https:")
	}
	if a.Kind != Witness && u.Fragment != "" {
		return bad("only a witness has something after the # sign")
	}
	for k, v := range q {
		switch {
		case k != "every" && !slices.Contains(known, k):
			return bad("a " + a.Kind + " has no setting " + strconv.Quote(k))
		case len(v) != 1:
			return bad(k + " is given more than once")
		}
	}
	a.Every = anchorEvery[a.Kind]
	if q.Has("every") {
		if a.Every, err = time.ParseDuration(q.Get("every")); err != nil || a.Every < time.Minute || a.Every > 7*day {
			return bad("every is a time from 1m to 168h, as 15m or 24h")
		}
	}
	switch a.Kind {
	case Bucket:
		days := retainDays
		if q.Has("retain_days") {
			if days, err = strconv.Atoi(q.Get("retain_days")); err != nil || days < 1 || days > 36500 {
				return bad("retain_days is a number of days from 1 to 36500")
			}
		}
		a.Retain = time.Duration(days) * day
		if e := q.Get("endpoint"); e != "" {
			if eu, err := url.Parse(e); err != nil || eu.User != nil || eu.Host == "" || eu.Scheme != "https" && (eu.Scheme != "http" || !loopback(eu.Hostname())) {
				return bad("endpoint is a URL that begins with https://")
			}
		}
		q.Del("every")
		q.Del("retain_days")
		a.URL = (&url.URL{Scheme: "s3", Host: u.Host, RawQuery: q.Encode()}).String()
	case Witness:
		if q.Has("keep") {
			if a.Dir = filepath.Clean(q.Get("keep")); !filepath.IsAbs(a.Dir) {
				return bad("keep is a directory's full path")
			}
		}
	}
	return a, nil
}

// places reads the anchors, of which no two may be the same.
func (c Config) places() ([]Anchor, error) {
	var out []Anchor
	seen := map[string]bool{}
	for _, raw := range c.Anchors {
		a, err := ParseAnchor(raw)
		if err != nil {
			return nil, err
		}
		where := a.Kind + " " + a.To + a.Name + a.URL
		if a.Kind == Directory {
			where = a.Kind + " " + a.Dir
		}
		if seen[where] {
			return nil, fault.Invalidf("config.check", "anchors: a place is there twice")
		}
		seen[where] = true
		if a.Kind == Mailbox && c.SMTP.Server == "" {
			return nil, fault.Invalidf("config.check", "anchors: mail needs smtp.server")
		}
		out = append(out, a)
	}
	return out, nil
}

// Places reads the anchors of a data directory. One that lies in the directory
// is refused: it would go wherever the directory goes.
func (c Config) Places(dir string) ([]Anchor, error) {
	all, err := c.places()
	if err != nil {
		return nil, err
	}
	inside := resolved(dir)
	for _, a := range all {
		if a.Kind != Directory {
			continue
		}
		if rel, err := filepath.Rel(inside, resolved(a.Dir)); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return nil, fault.Invalidf("config.check", "anchors: a directory lies in the data directory, which is not outside")
		}
	}
	return all, nil
}

// resolved is a path without links, as far as it is there.
func resolved(path string) string {
	path, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if p, err := filepath.EvalSymlinks(path); err == nil {
		return p
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolved(parent), filepath.Base(path))
	}
	return path
}

// anchorDoc is the section of docs/config.md about places outside.
const anchorDoc = `
## Places outside

A log that is set back as a whole agrees with itself. A checkpoint that somebody else
keeps shows what is missing, so checkpoints should go where whoever can change the
server cannot reach. ` + "`anchors`" + ` lists such places, each as a URL:

| URL | What it is | How often |
| --- | --- | --- |
| ` + "`file:///mnt/worm/checkpoints`" + ` | A directory on another machine or write-once storage, outside the data directory. | 5 minutes |
| ` + "`s3://name?region=us-east-1`" + ` | An S3 bucket made with object lock. Each checkpoint is locked in compliance mode for ` + "`retain_days`" + ` (2192: six years). Also: ` + "`endpoint`" + `, ` + "`use_path_style`" + `, ` + "`profile`" + `. | hour |
| ` + "`mailto:officer@example.org`" + ` | Mail with the checkpoint attached, by the server in ` + "`smtp`" + `. | day |
| ` + "`witness+https://witness.example.org#name+hash+key`" + ` | A C2SP tlog-witness and its verifier key. With ` + "`?keep=/mnt/worm/cosigned`" + ` what it cosigned is kept in that directory: a cosignature is proof only while it is kept. | 5 minutes |

` + "`every`" + `, as in ` + "`file:///mnt/worm?every=15m`" + `, sets how often a place gets a new checkpoint,
from ` + "`1m`" + ` to ` + "`168h`" + `. Nothing is sent while the log grew by nothing but the entries of
earlier sendings. Each sending is an entry of the log; ` + "`caseward audit checkpoint`" + ` sends
at once. A place that fails is tried again and holds up nothing.

A URL with a name or password in it stops the start.

## Buckets

A bucket, of documents or of checkpoints, is given as ` + "`s3://name`" + ` with, after a question
mark, ` + "`region`" + `; ` + "`endpoint`" + ` for a store that is not Amazon's; ` + "`use_path_style=true`" + ` where that
store wants the bucket's name in the path; ` + "`profile`" + ` of the credentials file. One of
documents also takes ` + "`fips=true`" + ` and ` + "`dualstack=true`" + ` for those endpoints of Amazon's, and
` + "`ssetype`" + ` (` + "`AES256`, or `aws:kms` with `kmskeyid`" + `) where the bucket's policy wants that said
with each object. Without them ` + "`AWS_REGION`" + ` and ` + "`AWS_ENDPOINT_URL_S3`" + ` hold. Any other
setting is refused.

Credentials are, in this order, ` + "`AWS_ACCESS_KEY_ID`" + ` with ` + "`AWS_SECRET_ACCESS_KEY`" + `; the
file ` + "`AWS_SHARED_CREDENTIALS_FILE`" + ` names, which under systemd can be a credential:
` + "`Environment=AWS_SHARED_CREDENTIALS_FILE=%d/caseward-s3`" + `; the role of the machine, the
container or the cluster's service account. A profile that is to assume another role is
not followed. They should allow writing and reading what was written, and with documents
deleting it and giving up an upload (` + "`s3:AbortMultipartUpload`" + `), and nothing else; of
checkpoints also ` + "`s3:GetObjectRetention` and `s3:PutObjectRetention`" + `.

A store on another machine is reached over TLS only. One whose certificate no public authority signed is trusted by the file of
certificates that ` + "`AWS_CA_BUNDLE`" + ` names, and then no other is.
`
