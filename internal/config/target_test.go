package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/config"
	"caseward/internal/fault"
)

func TestForwards(t *testing.T) {
	for raw, want := range map[string]config.Target{
		"syslog+tls://logs.example.org": {Kind: "syslog", Over: "tls", Address: "logs.example.org:6514"},
		"syslog+tls://[2001:db8::1]:7000?ca=/etc/ca.pem&cert=/etc/c.pem&key=/etc/k.pem": {Kind: "syslog", Over: "tls", Address: "[2001:db8::1]:7000", CA: "/etc/ca.pem", Cert: "/etc/c.pem", Key: "/etc/k.pem"},
		"syslog+tcp://127.0.0.1":                 {Kind: "syslog", Over: "tcp", Address: "127.0.0.1:514"},
		"syslog+udp://localhost:5514?from=start": {Kind: "syslog", Over: "udp", Address: "localhost:5514", All: true},
		"otlp+https://collector.example.org/v1/logs?token=/run/credentials/t&ca=/etc/ca.": {Kind: "otlp", URL: "https://collector.example.org/v1/logs", CA: "/etc/ca.", Token: "/run/credentials/t"},
		"otlp+http://[::1]:4318/v1/logs": {Kind: "otlp", URL: "http://[::1]:4318/v1/logs"},
	} {
		got, err := config.Config{Forward: []string{raw}}.Forwards()
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if d := cmp.Diff([]config.Target{want}, got); d != "" {
			t.Errorf("%s: %s", raw, d)
		}
	}
	for raw, why := range map[string]string{
		"syslog+tcp://logs.example.org:514":             "over TLS only",
		"syslog+udp://10.0.0.1":                         "over TLS only",
		"otlp+http://collector.example.org/v1/logs":     "over TLS only",
		"syslog+tls://u:secret@logs.example.org":        "name or password",
		"syslog://127.0.0.1":                            "neither",
		"syslog+tls://logs.example.org/path":            "no path",
		"syslog+tls://":                                 "give a place as",
		"syslog+tls:logs":                               "give a place as",
		"https://collector.example.org/v1/logs":         "over TLS only",
		"gelf+tls://logs.example.org":                   "neither",
		"otlp+https://collector.example.org":            "with its path",
		"syslog+tls://logs.example.org?token=/t":        "no setting",
		"syslog+tls://logs.example.org?cert=/c":         "both cert and key",
		"syslog+tls://logs.example.org?ca=ca.pem":       "full path",
		"syslog+tls://logs.example.org?ca=/a&ca=/b":     "more than once",
		"syslog+tcp://127.0.0.1?ca=/a":                  "for TLS",
		"syslog+tls://logs.example.org?from=yesterday":  "from is start",
		"syslog+tls://logs.example.org?insecure=true":   "no setting",
		"otlp+https://c.example.org/v1/logs#fragment":   "give a place as",
		"syslog+tls://logs.example.org?from=start&%zz=": "cannot be read",
	} {
		err := config.Config{Forward: []string{raw}}.Check()
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", raw, err, why)
		}
	}
	for raw, why := range map[string]string{
		"otlp+https://c.example.org/v1/metrics?token=/t": "",
		"syslog+tls://logs.example.org":                  "otlp.metrics: give a collector",
		"otlp+http://c.example.org/v1/metrics":           "otlp.metrics: a place elsewhere",
		"otlp+https://c.example.org/v1/m?from=start":     "no setting",
	} {
		c := config.Config{OTLP: config.OTLPTo{Metrics: raw}}
		err := c.Check()
		if (err == nil) != (why == "") || err != nil && !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v, want %q", raw, err, why)
		}
		if to, ok, _ := c.MetricsTo(); ok != (why == "") || ok && to.URL != "https://c.example.org/v1/metrics" {
			t.Errorf("%+v, %v", to, ok)
		}
	}
	twice := config.Config{Forward: []string{"syslog+tls://a.example.org", "syslog+tls://a.example.org:6514?ca=/x"}}
	if err := twice.Check(); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("a place that is there twice: %v", err)
	}
}
