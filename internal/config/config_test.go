package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/config"
	"caseward/internal/fault"
)

var update = flag.Bool("update", false, "write docs/config.md anew")

func TestLoad(t *testing.T) {
	t.Run("what was saved is loaded, and only its owner may read it", func(t *testing.T) {
		dir := t.TempDir()
		want := config.Config{Listen: "127.0.0.1:9000", Anchors: []string{"file:///mnt/worm"}, LogName: "care.example.org/log", SMTP: config.SMTP{Server: "mail.example.org:587", From: "care@example.org"}}
		if err := want.Save(dir); err != nil {
			t.Fatal(err)
		}
		got, err := config.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		st, err := os.Stat(filepath.Join(dir, config.FileName))
		if err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", st.Mode(), err)
		}
	})
	t.Run("a directory that init did not make says so", func(t *testing.T) {
		_, err := config.Load(t.TempDir())
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "caseward init") {
			t.Errorf("got %v", err)
		}
	})
	for name, text := range map[string]string{
		"an unknown key":       `{"listen": "127.0.0.1:1", "lisen": "x"}`,
		"an unknown key below": `{"smtp": {"password": "x"}}`,
		"not JSON":             `listen: x`,
		"more than one object": `{} {}`,
	} {
		t.Run("refused: "+name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := config.Load(dir); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// got are settings by which a certificate is got, but for what change does.
func got(change func(c *config.Config)) config.Config {
	c := config.Config{Listen: ":443", Origin: "https://care.example.org", ACME: config.ACME{Mail: "ops@example.org", Agree: true}}
	change(&c)
	return c
}

func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		c    config.Config
		word string // in the error; empty if it is good
	}{
		"nothing set":                          {config.Config{}, ""},
		"a certificate lets it be reached":     {config.Config{Listen: ":443", TLSCert: "c", TLSKey: "k"}, ""},
		"in the clear on all interfaces":       {config.Config{Listen: ":8080"}, "loopback"},
		"in the clear on one interface":        {config.Config{Listen: "10.0.0.1:8080"}, "loopback"},
		"in the clear on the other loopback":   {config.Config{Listen: "[::1]:8080"}, ""},
		"no port":                              {config.Config{Listen: "127.0.0.1"}, "listen"},
		"a certificate that is got":            {got(func(*config.Config) {}), ""},
		"one that is got with port 80":         {got(func(c *config.Config) { c.ACME.HTTP = ":80" }), ""},
		"got without agreement":                {got(func(c *config.Config) { c.ACME.Agree = false }), "acme.agree"},
		"got by nobody":                        {got(func(c *config.Config) { c.ACME.Mail = "" }), "acme.mail"},
		"got and given":                        {got(func(c *config.Config) { c.TLSCert, c.TLSKey = "c", "k" }), "one of the two"},
		"got for no name":                      {got(func(c *config.Config) { c.Origin = "" }), "origin"},
		"got for an address":                   {got(func(c *config.Config) { c.Origin = "https://192.0.2.7" }), "origin"},
		"got for a name of this machine":       {got(func(c *config.Config) { c.Origin = "https://care" }), "origin"},
		"got in the clear":                     {got(func(c *config.Config) { c.Origin = "http://localhost:8080" }), "origin"},
		"an authority in the clear":            {got(func(c *config.Config) { c.ACME.Directory = "http://ca.example.org" }), "acme.directory"},
		"plain HTTP where the pages are":       {got(func(c *config.Config) { c.ACME.HTTP = ":443" }), "acme.http"},
		"metrics for everybody":                {config.Config{Metrics: ":9464"}, "metrics"},
		"metrics on a public address":          {config.Config{Metrics: "192.0.2.7:9464"}, "metrics"},
		"metrics on every address":             {config.Config{Metrics: "[::]:9464"}, "metrics"},
		"metrics by a name":                    {config.Config{Metrics: "metrics.example.org:9464"}, "metrics"},
		"metrics without a port":               {config.Config{Metrics: "127.0.0.1"}, "metrics"},
		"metrics where the pages are":          {config.Config{Metrics: "127.0.0.1:8080"}, "metrics"},
		"half a certificate":                   {config.Config{TLSCert: "c"}, "tls_key"},
		"an origin in the clear":               {config.Config{Origin: "http://care.example.org"}, "https"},
		"an origin in the clear on this":       {config.Config{Origin: "http://localhost:8080"}, ""},
		"an origin with a path":                {config.Config{Origin: "https://care.example.org/x"}, "origin"},
		"a database of another make":           {config.Config{Database: "mysql://x"}, "database"},
		"an anchor that depends on where I am": {config.Config{Anchors: []string{"there"}}, "anchors"},
		"the same anchor twice":                {config.Config{Anchors: []string{"file:///a", "file:///a/?every=1h"}}, "twice"},
		"anchors by mail without a server":     {config.Config{Anchors: []string{"mailto:o@example.org"}}, "smtp.server"},
		"exercises without mail":               {config.Config{Origin: "https://care.drill.org", Exercises: config.Exercises{Domain: "drill.org"}}, "smtp.server"},
		"exercises from no domain":             {config.Config{SMTP: config.SMTP{Server: "mail.example.org:25", From: "a@example.org"}, Exercises: config.Exercises{Domain: "x@y"}}, "exercises.domain"},
		"exercises that lead elsewhere":        {config.Config{Origin: "https://care.example.org", SMTP: config.SMTP{Server: "mail.example.org:25", From: "a@example.org"}, Exercises: config.Exercises{Domain: "drill.org"}}, "exercises.origin"},
		"exercises that lead beside":           {config.Config{SMTP: config.SMTP{Server: "mail.example.org:25", From: "a@example.org"}, Exercises: config.Exercises{Domain: "drill.org", Origin: "https://evildrill.org"}}, "exercises.origin"},
		"exercises in clear":                   {config.Config{SMTP: config.SMTP{Server: "mail.example.org:25", From: "a@example.org"}, Exercises: config.Exercises{Domain: "drill.org", Origin: "http://drill.org"}}, "exercises.origin"},
		"links of exercises without a domain":  {config.Config{Exercises: config.Exercises{Origin: "https://drill.org"}}, "exercises.domain"},
		"a provider in the clear":              {config.Config{OIDC: config.OIDC{Issuer: "http://login.example.org", ClientID: "c"}}, "oidc.issuer"},
		"a provider with a query":              {config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org/?x=y", ClientID: "c"}}, "oidc.issuer"},
		"a provider":                           {config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org", ClientID: "c"}}, ""},
		"a provider that knows no client":      {config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org"}}, "oidc.client_id"},
		"a client of no provider":              {config.Config{OIDC: config.OIDC{ClientID: "c"}}, "oidc.issuer"},
		"nobody to break the glass":            {config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org", ClientID: "c", Only: true, AMR: []string{"mfa"}}}, "oidc.break_glass"},
		"the provider only, with one factor":   {config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org", ClientID: "c", Only: true, BreakGlass: []string{"a@example.org"}}}, "oidc.acr"},
		"a role that nobody has":               {config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org", ClientID: "c", Roles: map[string]string{"g": "king"}}}, "oidc.roles"},
		"a provider that decides nothing":      {config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org", ClientID: "c", Decides: true}}, "oidc.roles"},
		"mail from nobody":                     {config.Config{SMTP: config.SMTP{Server: "mail.example.org:25"}}, "smtp.from"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.c.Check()
			if tc.word == "" && err != nil || tc.word != "" && (err == nil || !strings.Contains(err.Error(), tc.word)) {
				t.Errorf("got %v, want it to say %q", err, tc.word)
			}
		})
	}
}

func TestSite(t *testing.T) {
	for name, tc := range map[string]struct {
		c              config.Config
		origin, domain string
	}{
		"by itself":            {config.Config{}, "http://localhost:8080", "localhost"},
		"on another port":      {config.Config{Listen: "127.0.0.1:9"}, "http://localhost:9", "localhost"},
		"as it is reached":     {config.Config{Origin: "https://care.example.org/"}, "https://care.example.org", "care.example.org"},
		"with a certificate":   {config.Config{Listen: "care.example.org:443", TLSCert: "c", TLSKey: "k"}, "https://care.example.org:443", "care.example.org"},
		"on the other address": {config.Config{Listen: "[::1]:9"}, "http://localhost:9", "localhost"},
	} {
		t.Run(name, func(t *testing.T) {
			origin, domain := tc.c.Site()
			if origin != tc.origin || domain != tc.domain {
				t.Errorf("got %s, %s", origin, domain)
			}
		})
	}
}

func TestDocument(t *testing.T) {
	const path = "../../docs/config.md"
	want := config.Markdown()
	if strings.Contains(want, "|  |") {
		t.Error("a key has no sentence")
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("docs/config.md is behind; run go test ./internal/config -update\n%s", d)
	}
}
