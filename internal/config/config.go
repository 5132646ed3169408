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
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"

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
	Proxied  bool     `json:"proxied,omitempty" doc:"Whether a proxy of the agency's own stands in front and sets X-Forwarded-For." default:"false"`
	Database string   `json:"database,omitempty" doc:"A postgres:// URL. One of another machine needs sslmode=verify-full, and sslrootcert=FILE where no public authority signed its certificate. The password is better kept in a passfile than here." default:"SQLite in the data directory"`
	Blobs    string   `json:"blobs,omitempty" doc:"Where uploaded documents are kept, sealed: a file:// URL, or s3:// for an S3-compatible bucket, as s3://name?region=…&endpoint=…, with credentials from the environment; see Buckets below. Moving it means moving what is there." default:"the directory blobs in the data directory"`
	Uploads  Uploads  `json:"uploads,omitzero" doc:"How uploaded documents are taken."`
	LogName  string   `json:"log_name,omitempty" doc:"The log's name in its checkpoints. It is chosen by init and never changes."`
	Anchors  []string `json:"anchors,omitempty" doc:"Places outside that checkpoints of the log are sent to, each as a URL: see below." default:"none"`
	Metrics  string   `json:"metrics,omitempty" doc:"Address to answer Prometheus on, as 127.0.0.1:9464, at the path /metrics. It must be on the loopback interface." default:"nothing is measured"`
	SMTP     SMTP     `json:"smtp,omitzero" doc:"How mail is sent. Mail never says anything about a client."`
}

// Uploads is how uploaded documents are taken.
type Uploads struct {
	Clamd     string `json:"clamd,omitempty" doc:"Where clamd, the virus scanner, is reached: unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310. Files go to it in clear, so it must be on this machine." default:"there is no scanner"`
	Unscanned bool   `json:"unscanned,omitempty" doc:"Without clamd: whether uploads are taken all the same, each marked as not scanned. Otherwise they are refused." default:"false"`
	MaxMiB    int    `json:"max_mib,omitempty" doc:"How large an uploaded file may be, in MiB; at most 2048. clamd must take as much (StreamMaxLength, MaxFileSize, MaxScanSize)." default:"50"`
}

// Max is how large an uploaded file may be, in bytes; 0 for the default.
func (u Uploads) Max() int64 { return int64(u.MaxMiB) << 20 }

// SMTP is how mail is sent.
type SMTP struct {
	Server string `json:"server,omitempty" doc:"Mail server, as mail.example.org:587. Mail goes over TLS, or not at all unless the server is on the loopback interface." default:"no mail is sent"`
	From   string `json:"from,omitempty" doc:"Address that mail comes from."`
	User   string `json:"user,omitempty" doc:"Name to sign in to the mail server with; the password is the credential caseward-smtp." default:"none"`
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
	fail := func(err error) error { return fault.Unavailablef(op, err, "cannot write %s", FileName) }
	f, err := os.CreateTemp(dir, ".config-*") // mode 0600
	if err != nil {
		return fail(err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fail(err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, FileName)); err != nil {
		return fail(err)
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
	case c.TLSCert == "" && !loopback(host):
		return wrong("listen", "without tls_cert and tls_key pages are served on the loopback interface only")
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
	if c.SMTP.Server != "" {
		if _, _, err := net.SplitHostPort(c.SMTP.Server); err != nil {
			return wrong("smtp.server", "it is not a server with a port, as mail.example.org:587")
		}
		if !strings.Contains(c.SMTP.From, "@") {
			return wrong("smtp.from", "give the address that mail comes from")
		}
	}
	if _, err := c.places(); err != nil {
		return err
	}
	return nil
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
		"`caseward-passphrase`, and the mail server's password as the systemd credential `caseward-smtp`.\n")
	b.WriteString(anchorDoc)
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
