package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"caseward/internal/app"
	"caseward/internal/config"
)

var serveCommand = command{
	name:  "serve",
	short: "serve the pages",
	long: `
Serves the pages and runs the jobs until it is told to stop (SIGINT or SIGTERM):
then no new request is taken, those under way are finished, the last entries of
the log are signed for, and the database is closed.

With tls_cert and tls_key in caseward.json pages are served over TLS. Without
them, only on the loopback interface: put a proxy of your own in front, and set
origin to how browsers reach it.

  caseward serve --data /var/lib/caseward --passphrase-file /root/passphrase --listen 127.0.0.1:8080

Under systemd, give the passphrase as a credential instead of a file:
  LoadCredentialEncrypted=caseward-passphrase:/etc/caseward/passphrase.cred
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		listen := f.String("listen", "", "`address` to serve on, instead of the one in caseward.json")
		return func(ctx context.Context, e *Env, _ []string) error {
			p, err := d.passphrase(e)
			if err != nil {
				return err
			}
			cfg, err := config.Load(d.dir)
			if err != nil {
				return err
			}
			if *listen != "" {
				cfg.Listen = *listen
				if err := cfg.Check(); err != nil {
					return usagef("%v", err)
				}
			}
			l, err := net.Listen("tcp", cfg.Address())
			if err != nil {
				return fmt.Errorf("cannot listen: %w", err)
			}
			cfg.Listen = l.Addr().String()
			a, err := app.Open(ctx, d.dir, p, app.Options{Clock: e.Clock, Config: &cfg, Log: logger(e), SMTPPassword: credential(e, "caseward-smtp")})
			if err != nil {
				return errors.Join(err, l.Close())
			}
			origin, _ := cfg.Site()
			return errors.Join(serve(ctx, e, a, l, func() { fmt.Fprintf(e.Stderr, "caseward: serving %s\n", origin) }), a.Close())
		}
	},
}

func logger(e *Env) *slog.Logger { return slog.New(slog.NewTextHandler(e.Stderr, nil)) }

// credential reads a systemd credential; it is empty if there is none.
func credential(e *Env, name string) string {
	dir := e.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return ""
	}
	b, err := os.ReadFile(dir + "/" + name)
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(b), "\r\n")
}

// finishWithin is how long requests under way may take to finish.
const finishWithin = 20 * time.Second

// secure is how pages are served over TLS: 1.3, or 1.2 with what is as good. The
// library would also take suites of 1.2 without authenticated encryption.
func secure() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, CipherSuites: []uint16{
		tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	}}
}

// serve serves until ctx is done or the process is told to stop. ready is called
// once requests are answered.
func serve(ctx context.Context, e *Env, a *app.App, l net.Listener, ready func()) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	a.Start(ctx)
	s := &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.Errors.Handler(), slog.LevelWarn),
		TLSConfig:         secure(),
	}
	failed := make(chan error, 1)
	go func() {
		if a.Config.TLSCert != "" {
			failed <- s.ServeTLS(l, a.Config.TLSCert, a.Config.TLSKey)
		} else {
			failed <- s.Serve(l)
		}
	}()
	ready()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop() // a second signal ends the process at once
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	err := s.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("some requests did not finish in time and were cut off"), s.Close())
	}
	return err
}
