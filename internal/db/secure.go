package db

import (
	"crypto/tls"
	"net/netip"

	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/fault"
)

// CheckURL is nil if the connections that a postgres:// URL leads to can be read
// and answered by nobody in between (45 CFR 164.312(e)(1)): those that stay on this
// machine, and those over TLS to a server whose certificate is checked. What the
// URL leaves open, the environment says (PGSSLMODE, PGSSLROOTCERT); what that
// leaves open too would be a connection in clear wherever the server has no TLS.
//
// Invalid: the URL cannot be read, or leads to a connection that is not like that.
func CheckURL(rawURL string) error {
	const op = "db.open"
	c, err := pgconn.ParseConfig(rawURL)
	if err != nil {
		// What is wrong with it would be told with the password in it.
		return fault.Invalidf(op, "the database URL cannot be read")
	}
	ways := append([]*pgconn.FallbackConfig{{Host: c.Host, Port: c.Port, TLSConfig: c.TLSConfig}}, c.Fallbacks...)
	for _, w := range ways {
		if network, _ := pgconn.NetworkAddress(w.Host, w.Port); network == "unix" || onThisMachine(w.Host) || checked(w.TLSConfig) {
			continue
		}
		return fault.Invalidf(op, "PostgreSQL on another machine is reached over TLS only, and its certificate is checked: add sslmode=verify-full to the database URL, and sslrootcert=FILE where no public authority signed it")
	}
	return nil
}

// checked reports whether a connection proves that it leads to the right server:
// by its name, or, where the name is left out of it, by an authority of one's own.
func checked(c *tls.Config) bool {
	return c != nil && (!c.InsecureSkipVerify || c.VerifyPeerCertificate != nil && c.RootCAs != nil)
}

func onThisMachine(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
