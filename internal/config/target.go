package config

import (
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"caseward/internal/fault"
)

// The kinds of place that something is sent to over the net.
const (
	Syslog = "syslog" // syslog+tls://logs.example.org:6514
	OTLP   = "otlp"   // otlp+https://collector.example.org/v1/logs
)

// The ways to a syslog server.
const (
	OverTLS = "tls" // RFC 5425
	OverTCP = "tcp" // RFC 6587 with octet counting; on this machine only
	OverUDP = "udp" // RFC 5426; on this machine only
)

// syslogPorts are the ports where a URL names none.
var syslogPorts = map[string]string{OverTLS: "6514", OverTCP: "514", OverUDP: "514"}

// Target is a place that something is sent to over the net, as its URL says it.
type Target struct {
	Kind    string
	Over    string // of syslog
	Address string // of syslog: host and port
	URL     string // of OTLP
	CA      string // file with the authorities it is trusted by; empty for the machine's
	Cert    string // file with the certificate to show it, and
	Key     string // the one with its key
	Token   string // of OTLP: file with the value of the header Authorization
	All     bool   // it is to get every entry since the first
}

// Place is what the target is known by: where it is, without its settings.
func (t Target) Place() string {
	if t.Kind == OTLP {
		return "otlp+" + t.URL
	}
	return "syslog+" + t.Over + "://" + t.Address
}

// parseTarget reads the URL of a target for the setting key. Whatever it does not
// know in it is Invalid, a password above all.
func parseTarget(key, raw string) (Target, error) {
	bad := func(why string) (Target, error) { return Target{}, fault.Invalidf("config.check", "%s: %s", key, why) }
	u, err := url.Parse(raw)
	if err != nil {
		return bad("one is not a URL")
	}
	q, err := url.ParseQuery(u.RawQuery)
	kind, over, _ := strings.Cut(u.Scheme, "+")
	t := Target{Kind: kind, CA: q.Get("ca"), Cert: q.Get("cert"), Key: q.Get("key"), Token: q.Get("token")}
	known := []string{"ca", "cert", "key"}
	encrypted := over == "tls" || over == "https"
	switch {
	case err != nil:
		return bad("what follows the question mark cannot be read")
	case u.User != nil:
		return bad("a URL holds a name or password; give those apart")
	case u.Hostname() == "" || u.Fragment != "" || u.Opaque != "":
		return bad("give a place as syslog+tls://logs.example.org:6514 or otlp+https://collector.example.org/v1/logs")
	case !encrypted && !loopback(u.Hostname()):
		return bad("a place elsewhere is reached over TLS only, as syslog+tls: or otlp+https:")
	}
	switch kind + "+" + over {
	case "syslog+tls", "syslog+tcp", "syslog+udp":
		port := u.Port()
		if port == "" {
			port = syslogPorts[over]
		}
		if u.Path != "" {
			return bad("a syslog server has no path")
		}
		t.Over, t.Address = over, net.JoinHostPort(u.Hostname(), port)
	case "otlp+https", "otlp+http":
		if u.Path == "" || u.Path == "/" {
			return bad("give an OTLP collector with its path, as otlp+https://collector.example.org/v1/logs")
		}
		t.URL = (&url.URL{Scheme: over, Host: u.Host, Path: u.Path}).String()
		known = append(known, "token")
	default:
		return bad("one begins neither with syslog+tls:, syslog+tcp:, syslog+udp: nor otlp+https:")
	}
	if key == "forward" {
		known = append(known, "from")
	}
	for k, v := range q {
		switch {
		case !slices.Contains(known, k):
			return bad("a place of the kind " + kind + " has no setting " + strconv.Quote(k))
		case len(v) != 1:
			return bad(k + " is given more than once")
		case k != "from" && !filepath.IsAbs(v[0]):
			return bad(k + " is a file's full path")
		case !encrypted && k != "token" && k != "from":
			return bad(k + " is for TLS")
		}
	}
	if (t.Cert == "") != (t.Key == "") {
		return bad("give both cert and key or none")
	}
	if q.Has("from") {
		if q.Get("from") != "start" {
			return bad("from is start, or left out for what comes from now on")
		}
		t.All = true
	}
	return t, nil
}

// Forwards reads the places that entries of the log are forwarded to, of which no
// two may be the same.
func (c Config) Forwards() ([]Target, error) {
	var out []Target
	seen := map[string]bool{}
	for _, raw := range c.Forward {
		t, err := parseTarget("forward", raw)
		if err != nil {
			return nil, err
		}
		if seen[t.Place()] {
			return nil, fault.Invalidf("config.check", "forward: a place is there twice")
		}
		seen[t.Place()] = true
		out = append(out, t)
	}
	return out, nil
}

// MetricsTo is where metrics are sent; ok is false if nowhere.
func (c Config) MetricsTo() (t Target, ok bool, err error) {
	return collector("otlp.metrics", c.OTLP.Metrics, "/v1/metrics")
}

// TracesTo is where traces are sent; ok is false if nowhere.
func (c Config) TracesTo() (t Target, ok bool, err error) {
	return collector("otlp.traces", c.OTLP.Traces, "/v1/traces")
}

// shareIfNone is what share of requests is traced if nothing is said.
const shareIfNone = 0.01

// TraceShare is what share of requests is traced.
func (c Config) TraceShare() float64 {
	if c.OTLP.Share == 0 {
		return shareIfNone
	}
	return c.OTLP.Share
}

func collector(key, at, path string) (t Target, ok bool, err error) {
	if at == "" {
		return Target{}, false, nil
	}
	t, err = parseTarget(key, at)
	if err == nil && t.Kind != OTLP {
		err = fault.Invalidf("config.check", "%s: give a collector as otlp+https://collector.example.org%s", key, path)
	}
	return t, err == nil, err
}

// targetDoc is the section of docs/config.md about forwarding.
const targetDoc = `
## Forwarding the log

` + "`forward`" + ` lists places that each entry of the audit log is sent to, for whoever watches
an agency's machines. Each is a URL:

| URL | What it is |
| --- | --- |
| ` + "`syslog+tls://logs.example.org:6514`" + ` | A syslog server over TLS (RFC 5424 and 5425). |
| ` + "`syslog+tcp://127.0.0.1:514`, `syslog+udp://127.0.0.1:514`" + ` | One on this machine. UDP tells nobody what was lost. |
| ` + "`otlp+https://collector.example.org/v1/logs`" + ` | An OpenTelemetry collector, by OTLP over HTTP in JSON. ` + "`otlp+http:`" + ` on this machine. |

After a question mark: ` + "`ca=FILE`" + ` with the authorities that alone are trusted, where no
public one signed the place's certificate; ` + "`cert=FILE&key=FILE`" + ` to show one of one's own;
` + "`token=FILE`" + `, for OTLP, with the value of the header ` + "`Authorization`" + `, read each time;
` + "`from=start`" + ` for every entry since the first: without it a place that is new gets what
comes from then on.

What leaves is in the [operator's guide](guides/operator.md#forwarding): ids, names of the
program and numbers, nothing of a client. A URL with a name or password in it stops the
start.
`
