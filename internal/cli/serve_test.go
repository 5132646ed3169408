package cli

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.TLS = secure()
	s.StartTLS()
	defer s.Close()
	reach := func(c *tls.Config) (tls.ConnectionState, error) {
		c.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		c.ServerName = "example.com"
		conn, err := tls.Dial("tcp", s.Listener.Addr().String(), c)
		if err != nil {
			return tls.ConnectionState{}, err
		}
		defer conn.Close()
		return conn.ConnectionState(), nil
	}
	t.Run("1.3 is what is spoken with whoever can", func(t *testing.T) {
		if got, err := reach(&tls.Config{}); err != nil || got.Version != tls.VersionTLS13 {
			t.Error(got.Version, err)
		}
	})
	for name, x := range map[string]struct {
		version, suite uint16
		good           bool
	}{
		"1.2 with authenticated encryption": {tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, true},
		"1.2 with the longer key":           {tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, true},
		"1.2 for who has no AES":            {tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, true},
		"1.2 with CBC":                      {tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, false},
		"1.2 without forward secrecy":       {tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, false},
		"1.1":                               {tls.VersionTLS11, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := reach(&tls.Config{MinVersion: x.version, MaxVersion: x.version, CipherSuites: []uint16{x.suite}})
			if x.good && (err != nil || got.CipherSuite != x.suite) || !x.good && err == nil {
				t.Error(got.CipherSuite, err)
			}
		})
	}
}
