// Package config is what an agency sets before the program starts: where the
// data is, how it is reached, whom it tells. One struct, one file, checked as a
// whole.
//
// It holds no secret: the passphrase comes from its own file or a systemd
// credential, and what an agency sets while it works (programs, holidays) is a
// record. It reads no environment.
package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/mail"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"caseward/internal/durable"
	"caseward/internal/fault"
)

// FileName is the name of the file in the data directory.
const FileName = "caseward.json"

// Config is everything that can be set. The zero value of a field is its
// default.
type Config struct {
	Listen   string   `json:"listen,omitempty" doc:"Address to serve on. Without a certificate it must be on the loopback interface." default:"127.0.0.1:8080"`
	Origin   string   `json:"origin,omitempty" doc:"How browsers reach the pages, as https://care.example.org. Passkeys are bound to its host: changing that makes every passkey worthless." default:"made from the address"`
	TLSCert  string   `json:"tls_cert,omitempty" doc:"File with the certificate chain, in PEM. With tls_key, pages are served over TLS."`
	TLSKey   string   `json:"tls_key,omitempty" doc:"File with the certificate's private key, in PEM."`
	ACME     ACME     `json:"acme,omitzero" doc:"How a certificate is got and renewed without you."`
	Proxied  bool     `json:"proxied,omitempty" doc:"Whether a proxy of the agency's own stands in front and sets X-Forwarded-For." default:"false"`
	Database string   `json:"database,omitempty" doc:"A postgres:// URL. One of another machine needs sslmode=verify-full, and sslrootcert=FILE where no public authority signed its certificate. The password is better kept in a passfile than here." default:"SQLite in the data directory"`
	Blobs    string   `json:"blobs,omitempty" doc:"Where uploaded documents are kept, sealed: a file:// URL, or s3:// for an S3-compatible bucket, as s3://name?region=…&endpoint=…, with credentials from the environment; see Buckets below. Moving it means moving what is there." default:"the directory blobs in the data directory"`
	Uploads  Uploads  `json:"uploads,omitzero" doc:"How uploaded documents are taken."`
	LogName  string   `json:"log_name,omitempty" doc:"The log's name in its checkpoints. It is chosen by init and never changes."`
	Anchors  []string `json:"anchors,omitempty" doc:"Places outside that checkpoints of the log are sent to, each as a URL: see below." default:"none"`
	Segments Segments `json:"segments,omitzero" doc:"How old entries of the log leave the database."`
	Forward  []string `json:"forward,omitempty" doc:"Places that entries of the log are forwarded to, each as a URL: see below." default:"none"`
	Metrics  string   `json:"metrics,omitempty" doc:"Address to answer Prometheus on, as 127.0.0.1:9464, at the path /metrics. It must be on the loopback interface." default:"nothing is measured"`
	OTLP     OTLPTo   `json:"otlp,omitzero" doc:"What is sent to an OpenTelemetry collector."`
	OIDC     OIDC     `json:"oidc,omitzero" doc:"The agency's identity provider, by OpenID Connect."`
	SMTP     SMTP     `json:"smtp,omitzero" doc:"How mail is sent. Mail never says anything about a client."`

	Exercises Exercises `json:"exercises,omitzero" doc:"From where mails of exercises with suspicious mail come."`
}

// ACME is how a certificate for the host of origin is got from a certificate authority
// and renewed (RFC 8555), instead of tls_cert and tls_key.
type ACME struct {
	Mail      string `json:"mail,omitempty" doc:"Address that the certificate authority writes to. With it a certificate for the host of origin is got, and renewed, from the authority, which must reach the server at the host's port 443." default:"no certificate is got"`
	Agree     bool   `json:"agree,omitempty" doc:"Whether you have read and agree to the terms of the certificate authority. Without it the server does not start." default:"false"`
	Directory string `json:"directory,omitempty" doc:"URL of the authority's directory." default:"https://acme-v02.api.letsencrypt.org/directory"`
	CA        string `json:"ca,omitempty" doc:"File, in PEM, of whoever signed the certificate of the directory, if that is an authority of your own." default:"whom the machine trusts"`
	HTTP      string `json:"http,omitempty" doc:"Address, as :80, to answer the authority on over plain HTTP too, and to lead visitors to origin from." default:"nothing"`
}

// On reports whether a certificate is got.
func (a ACME) On() bool { return a != ACME{} }

func (c Config) checkACME() error {
	wrong := func(key, why string) error { return fault.Invalidf("config.check", "%s: %s", key, why) }
	a := c.ACME
	if !a.On() {
		return nil
	}
	u, err := url.Parse(c.Origin)
	switch {
	case !strings.Contains(a.Mail, "@"):
		return wrong("acme.mail", "give the address that the certificate authority writes to")
	case !a.Agree:
		return wrong("acme.agree", "read the terms of the certificate authority; if you agree to them, say true here")
	case c.TLSCert != "":
		return wrong("acme, tls_cert", "give one of the two")
	case c.Origin == "" || err != nil || u.Scheme != "https" || net.ParseIP(u.Hostname()) != nil || !strings.Contains(strings.Trim(u.Hostname(), "."), "."):
		return wrong("acme, origin", "a certificate is got for the name in origin, as https://care.example.org")
	case a.Directory != "" && !strings.HasPrefix(a.Directory, "https://"):
		return wrong("acme.directory", "it must begin with https://")
	}
	if a.HTTP != "" {
		if _, _, err := net.SplitHostPort(a.HTTP); err != nil || a.HTTP == c.Address() {
			return wrong("acme.http", "it is not an address with a port of its own, as :80")
		}
	}
	return nil
}

// OTLPTo is what is sent to an OpenTelemetry collector, besides entries of the log.
type OTLPTo struct {
	Traces  string  `json:"traces,omitempty" doc:"Where traces of requests are sent, as otlp+https://collector.example.org/v1/traces, with ca, cert, key and token as in forward." default:"nowhere, and nothing is timed"`
	Share   float64 `json:"trace_share,omitempty" doc:"What share of requests is traced, above 0 and at most 1. Behind a proxy (proxied) that sends traceparent, the proxy decides." default:"0.01"`
	Metrics string  `json:"metrics,omitempty" doc:"Where metrics are sent each minute, as otlp+https://collector.example.org/v1/metrics, with ca, cert, key and token as in forward." default:"nowhere"`
}

// Uploads is how uploaded documents are taken.
type Uploads struct {
	Clamd     string `json:"clamd,omitempty" doc:"Where clamd, the virus scanner, is reached: unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310. Files go to it in clear, so it must be on this machine." default:"there is no scanner"`
	Unscanned bool   `json:"unscanned,omitempty" doc:"Without clamd: whether uploads are taken all the same, each marked as not scanned. Otherwise they are refused." default:"false"`
	MaxMiB    int    `json:"max_mib,omitempty" doc:"How large an uploaded file may be, in MiB; at most 2048. clamd must take as much (StreamMaxLength, MaxFileSize, MaxScanSize)." default:"50"`
}

// Max is how large an uploaded file may be, in bytes; 0 for the default.
func (u Uploads) Max() int64 { return int64(u.MaxMiB) << 20 }

// Segments is how old entries of the log leave the database: in full runs, each in a
// file of its own that never changes.
type Segments struct {
	Dir   string `json:"dir,omitempty" doc:"Directory of the log's closed segments. With several servers it is one that all of them have. Moving it means moving what is there." default:"the directory log in the data directory"`
	After int    `json:"after_days,omitempty" doc:"After how many days entries of the log may leave the database for closed segments, which the server then sees to once a day; at least 7." default:"they stay in the database until caseward audit close"`
}

// SegmentsIn is where the closed segments of the log are, of the data directory dir.
func (c Config) SegmentsIn(dir string) string {
	if c.Segments.Dir != "" {
		return c.Segments.Dir
	}
	return filepath.Join(dir, "log")
}

// SMTP is how mail is sent.
type SMTP struct {
	Server string `json:"server,omitempty" doc:"Mail server, as mail.example.org:587. Mail goes over TLS, or not at all unless the server is on the loopback interface." default:"no mail is sent"`
	From   string `json:"from,omitempty" doc:"Address that mail comes from."`
	User   string `json:"user,omitempty" doc:"Name to sign in to the mail server with; the password is the credential caseward-smtp." default:"none"`
}

// Exercises is from where mails of exercises with suspicious mail come. Whoever filters
// the agency's mail must let that domain through, or nobody gets one.
type Exercises struct {
	Domain string `json:"domain,omitempty" doc:"Domain of the agency's own that mails of exercises come from, as drill.example.org. It needs smtp.server, and the mail server must take mail from it; let it through the filters." default:"there are no exercises"`
	Origin string `json:"origin,omitempty" doc:"How browsers reach this server under that domain, as https://care.drill.example.org: where the links in those mails lead." default:"the origin, which must then be of that domain"`
}

// ExercisesFrom is from which domain mails of exercises come, and where their links lead;
// both are empty where there are none.
func (c Config) ExercisesFrom() (domain, origin string, err error) {
	wrong := func(key, why string) (string, string, error) {
		return "", "", fault.Invalidf("config.check", "%s: %s", key, why)
	}
	x := c.Exercises
	if x.Domain == "" {
		if x.Origin != "" {
			return wrong("exercises.domain", "give the domain that exercises.origin is of")
		}
		return "", "", nil
	}
	if p, err := mail.ParseAddress("drill@" + x.Domain); err != nil || p.Address != "drill@"+x.Domain || !strings.Contains(x.Domain, ".") {
		return wrong("exercises.domain", "it is not a domain, as drill.example.org")
	}
	if c.SMTP.Server == "" {
		return wrong("exercises.domain", "mail needs smtp.server")
	}
	at := x.Origin
	if at == "" {
		at = c.Origin
	}
	u, err := url.Parse(at)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil {
		return wrong("exercises.origin", "give how browsers reach this server, as https://care.drill.example.org")
	}
	if h := u.Hostname(); h != x.Domain && !strings.HasSuffix(h, "."+x.Domain) {
		return wrong("exercises.origin", "it is not of exercises.domain: links lead where the mail comes from")
	}
	return x.Domain, at, nil
}

// Load reads the file in dir. A file that is not there is Invalid: the directory
// was not made by init. A key it does not know is refused, so that a slip of the
// pen is not silently ignored.
func Load(dir string) (Config, error) {
	const op = "config.load"
	b, err := os.ReadFile(filepath.Join(dir, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fault.Invalidf(op, "there is no %s in the data directory; run caseward init first", FileName)
	}
	if err != nil {
		return Config{}, fault.Unavailablef(op, err, "cannot read %s", FileName)
	}
	var c Config
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, fault.Invalidf(op, "%s: %s", FileName, strings.TrimPrefix(err.Error(), "json: "))
	}
	if d.More() {
		return Config{}, fault.Invalidf(op, "%s: there is something after the end", FileName)
	}
	return c, c.Check()
}

// Save writes the file in dir, whole or not at all, for the owner's eyes only.
func (c Config) Save(dir string) error {
	const op = "config.save"
	if err := c.Check(); err != nil {
		return err
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fault.Unavailablef(op, err, "cannot encode the settings")
	}
	if err := durable.WriteFile(filepath.Join(dir, FileName), append(b, '\n'), 0o600); err != nil {
		return fault.Unavailablef(op, err, "cannot write %s", FileName)
	}
	return nil
}

// DefaultListen is where pages are served if nothing is said.
const DefaultListen = "127.0.0.1:8080"

// Address is where to listen.
func (c Config) Address() string {
	if c.Listen == "" {
		return DefaultListen
	}
	return c.Listen
}

// Site is the origin of the pages and the domain passkeys are bound to.
func (c Config) Site() (origin, domain string) {
	origin = strings.TrimSuffix(c.Origin, "/")
	if origin == "" {
		scheme := "http"
		if c.TLSCert != "" {
			scheme = "https"
		}
		host, port, err := net.SplitHostPort(c.Address())
		if err == nil && (host == "" || loopback(host)) {
			// Passkeys are bound to a name; an address is none.
			host = "localhost"
		}
		origin = scheme + "://" + net.JoinHostPort(host, port)
	}
	if u, err := url.Parse(origin); err == nil {
		domain = u.Hostname()
	}
	return origin, domain
}

// Check says what is wrong, if anything.
func (c Config) Check() error {
	const op = "config.check"
	wrong := func(key, why string) error { return fault.Invalidf(op, "%s: %s", key, why) }
	host, _, err := net.SplitHostPort(c.Address())
	switch {
	case err != nil:
		return wrong("listen", "it is not an address with a port, as 127.0.0.1:8080")
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return wrong("tls_cert, tls_key", "give both or none")
	case c.TLSCert == "" && !c.ACME.On() && !loopback(host):
		return wrong("listen", "without tls_cert and tls_key, or acme, pages are served on the loopback interface only")
	}
	if c.Metrics != "" {
		at, port, err := net.SplitHostPort(c.Metrics)
		switch {
		case err != nil:
			return wrong("metrics", "it is not an address with a port, as 127.0.0.1:9464")
		case !loopback(at):
			return wrong("metrics", "it must be on the loopback interface, as 127.0.0.1:9464")
		case port != "0" && c.Metrics == c.Address():
			return wrong("metrics", "pages are served on that address; give another port")
		}
	}
	if c.Origin != "" {
		u, err := url.Parse(c.Origin)
		switch {
		case err != nil, u.Host == "", u.Path != "" && u.Path != "/", u.RawQuery != "", u.User != nil:
			return wrong("origin", "it is not an origin, as https://care.example.org")
		case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
			return wrong("origin", "it must begin with https://")
		}
	}
	if c.Database != "" && c.Database != "sqlite" && !strings.HasPrefix(c.Database, "postgres://") && !strings.HasPrefix(c.Database, "postgresql://") {
		return wrong("database", "it must begin with postgres://")
	}
	if c.Blobs != "" && !strings.HasPrefix(c.Blobs, "file://") && !strings.HasPrefix(c.Blobs, "s3://") {
		return wrong("blobs", "it must begin with file:// or s3://")
	}
	if u := c.Uploads; u.MaxMiB < 0 || u.MaxMiB > 2048 {
		return wrong("uploads.max_mib", "it is not between 1 and 2048")
	} else if u.Clamd != "" && !strings.HasPrefix(u.Clamd, "unix:///") && !strings.HasPrefix(u.Clamd, "tcp://") {
		return wrong("uploads.clamd", "it must begin with unix:/// or tcp://")
	}
	if a := c.Segments.After; a != 0 && a < 7 || a > 36500 {
		return wrong("segments.after_days", "it is not at least 7")
	}
	if d := c.Segments.Dir; d != "" && !filepath.IsAbs(d) {
		return wrong("segments.dir", "it is not the whole path of a directory")
	}
	if c.SMTP.Server != "" {
		if _, _, err := net.SplitHostPort(c.SMTP.Server); err != nil {
			return wrong("smtp.server", "it is not a server with a port, as mail.example.org:587")
		}
		if !strings.Contains(c.SMTP.From, "@") {
			return wrong("smtp.from", "give the address that mail comes from")
		}
	}
	if err := c.checkACME(); err != nil {
		return err
	}
	if _, _, err := c.ExercisesFrom(); err != nil {
		return err
	}
	if err := c.checkOIDC(); err != nil {
		return err
	}
	if _, err := c.places(); err != nil {
		return err
	}
	if _, err := c.Forwards(); err != nil {
		return err
	}
	if s := c.OTLP.Share; !(s >= 0 && s <= 1) {
		return wrong("otlp.trace_share", "it is not above 0 and at most 1")
	}
	if _, _, err := c.TracesTo(); err != nil {
		return err
	}
	_, _, err = c.MetricsTo()
	return err
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Markdown is docs/config.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString("# Configuration\n\n<!-- Made from internal/config by `go test ./internal/config -update`; do not edit. -->\n\n")
	fmt.Fprintf(&b, "`%s` in the data directory. `caseward init` makes it; the server reads it when it starts. "+
		"A key that is not listed here stops the start. The file holds no secret.\n\n", FileName)
	b.WriteString("| Key | What it says | If it is left out |\n| --- | --- | --- |\n")
	rows(&b, "", reflect.TypeFor[Config]())
	b.WriteString("\nSecrets are given apart: the passphrase of the key file with `--passphrase-file` or as the systemd credential " +
		"`caseward-passphrase`, the mail server's password as the systemd credential `caseward-smtp`, and the secret of the client " +
		"at the identity provider as the systemd credential `caseward-oidc`.\n")
	b.WriteString(oidcDoc)
	b.WriteString(anchorDoc)
	b.WriteString(targetDoc)
	return b.String()
}

func rows(b *strings.Builder, prefix string, t reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type.Kind() == reflect.Struct {
			rows(b, prefix+key+".", f.Type)
			continue
		}
		def := f.Tag.Get("default")
		if def == "" {
			def = "nothing"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", prefix+key, f.Tag.Get("doc"), def)
	}
}
