package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"time"

	"caseward/internal/acme"
	"caseward/internal/fault"
)

// getsCertificate makes what gets the certificate, where the settings say so.
func (a *App) getsCertificate(ctx context.Context) error {
	c := a.Config.ACME
	if !c.On() {
		return nil
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return fault.Unavailablef("app.acme", err, "acme.ca: the file cannot be read")
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return fault.Invalidf("app.acme", "acme.ca: the file holds no certificate")
		}
	}
	directory := c.Directory
	if directory == "" {
		directory = acme.LetsEncrypt
	}
	origin, host := a.Config.Site()
	var err error
	a.acme, err = acme.New(ctx, a.DB, a.Agency, a.Clock, acme.Config{
		Host: host, Origin: origin, Mail: c.Mail, Directory: directory,
		HTTP: &http.Client{Timeout: time.Minute, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true}},
	})
	return err
}

// Certificate has pages served with the certificate that is got, by c; nil, and false,
// where none is.
func (a *App) Certificate(c *tls.Config) (*tls.Config, bool) {
	if a.acme == nil {
		return nil, false
	}
	return a.acme.TLS(c), true
}

// Plain answers plain HTTP where a certificate is got: the authority, and nobody else
// but to lead them to the pages.
func (a *App) Plain() http.Handler { return a.acme.Plain() }
