package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"time"

	"caseward/internal/fault"
)

// Patience is how long a check waits for another program.
const Patience = 10 * time.Second

// How long before its end a certificate is warned about. One that renews itself
// does so at a third of 90 days.
const certEnds = 21 * 24 * time.Hour

const certDo = "renew it, and start the server anew"

// Certificate looks at the certificate and key that pages are served with. roots
// are the authorities that are trusted; nil for those of this machine.
func Certificate(now time.Time, certFile, keyFile, host string, roots *x509.CertPool) Finding {
	const check = "certificate"
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return found(check, Wrong, "give the chain and the key that belongs to it, in PEM", "the certificate and its key cannot be read or do not belong together")
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return found(check, Wrong, certDo, "the certificate cannot be read")
		}
		chain = append(chain, c)
	}
	return judge(now, chain, host, roots)
}

// Site looks at the certificate of whatever stands in front, as browsers would.
// origin is how they reach the pages; roots as in [Certificate].
func Site(ctx context.Context, now time.Time, origin string, roots *x509.CertPool) Finding {
	const check = "certificate"
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" {
		return found(check, Unused, "", "pages are served on this machine only, without TLS")
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	port := u.Port()
	if port == "" {
		port = "443"
	}
	// What it shows is judged below, with the reason; nothing is sent to it.
	d := tls.Dialer{Config: &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true}}
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return found(check, Wrong, "see whether the proxy runs, and whether this machine knows its name", "%s does not answer with TLS", origin)
	}
	defer c.Close()
	conn, ok := c.(*tls.Conn)
	if !ok || len(conn.ConnectionState().PeerCertificates) == 0 {
		return found(check, Wrong, certDo, "%s shows no certificate", origin)
	}
	return judge(now, conn.ConnectionState().PeerCertificates, u.Hostname(), roots)
}

func judge(now time.Time, chain []*x509.Certificate, host string, roots *x509.CertPool) Finding {
	const check = "certificate"
	leaf, between := chain[0], x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	left := leaf.NotAfter.Sub(now)
	switch {
	case leaf.VerifyHostname(host) != nil:
		return found(check, Wrong, "use one for the name in origin", "the certificate is not for %s", host)
	case now.Before(leaf.NotBefore):
		return found(check, Wrong, "look at the clock first", "the certificate holds from %s on", leaf.NotBefore.UTC().Format(time.DateOnly))
	case left <= 0:
		return found(check, Wrong, certDo, "the certificate ended on %s", leaf.NotAfter.UTC().Format(time.DateOnly))
	case left < certEnds:
		return found(check, Warning, certDo, "the certificate ends in %s", Span(left))
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now}); err != nil {
		return found(check, Warning, "give the whole chain; where the authority is your own, this machine and every browser must know it", "nobody whom this machine trusts signed the certificate for %s", host)
	}
	return good(check, "the certificate for %s holds until %s", host, leaf.NotAfter.UTC().Format(time.DateOnly))
}

// Scanner is a virus scanner.
type Scanner interface {
	// Signatures is when the newest signatures it uses were made.
	Signatures(ctx context.Context) (time.Time, error)
	// Scan has everything from gives looked at; threat is empty if it is clean.
	Scan(ctx context.Context, from io.Reader) (threat string, err error)
}

// Signatures older than this are warned about: they are made every day.
const signaturesOld = 4 * 24 * time.Hour

// eicar is the test file of every scanner, in two halves so that none takes this
// program for it.
const eicar = `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + `EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`

// Uploads looks whether the virus scanner answers, finds what it must find, and is
// not out of date. s is nil if there is none; unscanned whether uploads are taken
// all the same.
func Uploads(ctx context.Context, now time.Time, s Scanner, unscanned bool) Finding {
	const check = "scanner"
	if s == nil {
		if unscanned {
			return found(check, Warning, "install clamd and name it in uploads.clamd (45 CFR 164.308(a)(5)(ii)(B))", "uploads are taken without being scanned")
		}
		return found(check, Unused, "", "there is no virus scanner, and uploads are refused")
	}
	const do = "see whether clamd and freshclam run, and whether uploads.clamd names its socket"
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	made, err := s.Signatures(ctx)
	if err != nil {
		return found(check, Wrong, do, "the virus scanner does not answer: uploads wait")
	}
	threat, err := s.Scan(ctx, strings.NewReader(eicar))
	switch age := now.Sub(made); {
	case err != nil:
		return found(check, Wrong, do, "the virus scanner answers and does not scan: uploads wait")
	case threat == "":
		return found(check, Wrong, do, "the virus scanner does not find the test file that every scanner knows")
	case made.IsZero():
		return found(check, Warning, do, "the virus scanner does not say how old its signatures are")
	case age > signaturesOld:
		return found(check, Warning, do, "the virus scanner's signatures are %s old", Span(age))
	default:
		return good(check, "the virus scanner finds the test file; its signatures are of %s", made.UTC().Format(time.DateOnly))
	}
}

// Mail looks whether the mail server takes us, and sends nothing. reach connects
// and signs in; nil if no server is set.
func Mail(ctx context.Context, reach func(context.Context) error) Finding {
	const check = "mail"
	if reach == nil {
		return found(check, Warning, "name a mail server in smtp of caseward.json: reminders and break-glass notices go by mail too", "no mail is sent")
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	if err := reach(ctx); err != nil {
		why := err.Error()
		if c := errors.Unwrap(err); c != nil {
			why = c.Error()
		}
		return found(check, Wrong, "see smtp in caseward.json and the credential caseward-smtp", "the mail server does not take us: %s", strings.TrimSpace(why))
	}
	return good(check, "the mail server takes us over a connection that is safe")
}

// Provider looks whether the agency's identity provider can sign people in. ask asks it for
// its description and its keys, and says how many there are, how far its clock is from
// ours, and whether it says what time it has.
func Provider(ctx context.Context, ask func(context.Context) (keys int, apart time.Duration, told bool, err error)) Finding {
	const check = "provider"
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	keys, apart, told, err := ask(ctx)
	switch apart = apart.Abs(); {
	case err != nil:
		why := err.Error()
		var f *fault.Error
		if errors.As(err, &f) && f.Why != "" {
			why = f.Why
		}
		return found(check, Wrong, "see oidc in caseward.json, and whether the provider can be reached from here; meanwhile the accounts of oidc.break_glass come in", "nobody can sign in by the identity provider: %s", why)
	case told && apart > providerApart:
		return found(check, Wrong, "set both clocks by a time server: sign-ins are refused", "the identity provider's clock is %s from ours", Span(apart))
	case told && apart > providerApart/3:
		return found(check, Warning, "set both clocks by a time server: from a minute on sign-ins are refused", "the identity provider's clock is %s from ours", Span(apart))
	case !told:
		return good(check, "the identity provider answers as the issuer that is set, and it has keys (%d)", keys)
	}
	return good(check, "the identity provider answers as the issuer that is set, its clock is ours, and it has keys (%d)", keys)
}

// providerApart is how far the two clocks may be apart.
const providerApart = time.Minute

// Reach looks whether a store that is kept elsewhere answers: what is "documents"
// or the like. ask asks it for something that is not there.
func Reach(ctx context.Context, check string, ask func(context.Context) error) Finding {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	if err := ask(ctx); err != nil {
		return found(check, Wrong, "see whether it can be reached from here and whether its credentials hold", "where %s are kept does not answer", Words{Text: check})
	}
	return good(check, "where %s are kept answers", Words{Text: check})
}
