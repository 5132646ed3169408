package app

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"strings"

	"caseward/internal/actor/authn"
	"caseward/internal/audit/forward"
	"caseward/internal/config"
	"caseward/internal/fault"
	"caseward/internal/job"
	"caseward/internal/otlp"
)

// forwards makes the job that forwards the log's entries, and its places.
func (a *App) forwards() error {
	all, err := a.Config.Forwards()
	if err != nil {
		return err
	}
	_, host := a.Config.Site()
	a.forward = job.NewForward(a.Log, authn.Service(authn.Sequencer), a.Errors)
	for _, t := range all {
		c, err := tlsOf("forward", t)
		if err != nil {
			return err
		}
		var p forward.Place
		switch t.Kind {
		case config.OTLP:
			p = forward.Collector{Client: otlp.New(t.URL, c, token(t.Token)), Clock: a.Clock, Host: host, Log: a.Log.Origin()}
		default:
			network := "tcp"
			if t.Over == config.OverUDP {
				network = "udp"
			}
			if t.Over != config.OverTLS {
				c = nil
			}
			p = forward.Syslog{Network: network, Address: t.Address, TLS: c, Host: host, Log: a.Log.Origin()}
		}
		a.forward.Add(p, t.Kind, t.Place(), t.All)
	}
	return nil
}

// tlsOf is how a target is spoken to over TLS. A file that cannot be read stops the
// start: entries would go nowhere.
func tlsOf(key string, t config.Target) (*tls.Config, error) {
	const op = "app.open"
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if host, _, err := net.SplitHostPort(t.Address); err == nil {
		c.ServerName = host
	} else if u, err := url.Parse(t.URL); err == nil {
		c.ServerName = u.Hostname()
	}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fault.Invalidf(op, "%s: the file that ca names cannot be read", key)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.Invalidf(op, "%s: the file that ca names holds no certificate", key)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fault.Invalidf(op, "%s: the certificate and its key cannot be read or do not belong together", key)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// token reads the value of the header Authorization each time, since such are
// renewed; nil for none.
func token(file string) func() (string, error) {
	if file == "" {
		return nil
	}
	return func() (string, error) {
		b, err := os.ReadFile(file)
		return strings.TrimSpace(string(b)), err
	}
}
