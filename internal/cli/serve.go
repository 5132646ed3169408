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
	"caseward/internal/web/crowd"
)

var serveCommand = command{
	name:  "serve",
	short: "serve the pages",
	long: `
Serves the pages and runs the jobs until it is told to stop (SIGINT or SIGTERM):
then no new request is taken, those under way are finished, the last entries of
the log are signed for, and the database is closed.

With tls_cert and tls_key in caseward.json pages are served over TLS, and with
acme.mail and acme.agree by a certificate that the server gets from a certificate
authority and renews by itself. Without either, only on the loopback interface: put
a proxy of your own in front, and set origin to how browsers reach it.

  caseward serve --data /var/lib/caseward --passphrase-file /root/passphrase --listen 127.0.0.1:8080

A balancer asks GET /readyz: 200 while requests may be sent here, 503 when the
database does not answer, the log cannot take entries, or the server stops. GET
/healthz says no more than that the process answers. With --drain the server goes
on for so long after it is told to stop, while /readyz says 503: give it longer
than the balancer takes to notice. A second signal ends it at once.

With metrics in caseward.json, what an operator watches is answered to Prometheus
on that address. It must be on the loopback interface.

Defects are told on standard error, in lines of text or, with --log-format json,
of JSON; nothing of a record is ever among them.

Under systemd, give the passphrase as a credential instead of a file:
  LoadCredentialEncrypted=caseward-passphrase:/etc/caseward/passphrase.cred
Without either, the key-management service that the key file names is asked, once
(caseward key kms). What was given and is wrong is an error; nothing else is tried. The
server says on standard error what opened the key file.
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		listen := f.String("listen", "", "`address` to serve on, instead of the one in caseward.json")
		drain := f.Duration("drain", 0, "how `long` to go on after being told to stop, for balancers to notice")
		format := f.String("log-format", "text", "`form` of the lines on standard error: text or json")
		level := f.String("log-level", "info", "least `level` of those lines: debug, info, warn or error")
		return func(ctx context.Context, e *Env, _ []string) error {
			log, err := logged(e, *format, *level)
			if err != nil {
				return err
			}
			if *drain < 0 {
				return usagef("--drain is not negative")
			}
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
			var m net.Listener
			if cfg.Metrics != "" {
				if m, err = net.Listen("tcp", cfg.Metrics); err != nil {
					return errors.Join(fmt.Errorf("cannot listen for Prometheus: %w", err), l.Close())
				}
				// A name may stand for any address.
				if t, ok := m.Addr().(*net.TCPAddr); !ok || !t.IP.IsLoopback() {
					return errors.Join(usagef("metrics: %s is not on the loopback interface", m.Addr()), m.Close(), l.Close())
				}
			}
			var plain net.Listener
			if cfg.ACME.HTTP != "" {
				if plain, err = net.Listen("tcp", cfg.ACME.HTTP); err != nil {
					err = errors.Join(fmt.Errorf("cannot listen on acme.http: %w", err), l.Close())
					if m != nil {
						err = errors.Join(err, m.Close())
					}
					return err
				}
			}
			a, err := app.Open(ctx, d.dir, p, app.Options{Clock: e.Clock, Config: &cfg, Log: log, Shares: d.read, SMTPPassword: credential(e, "caseward-smtp"), OIDCSecret: credential(e, "caseward-oidc")})
			if err != nil {
				err = errors.Join(err, l.Close())
				for _, other := range []net.Listener{m, plain} {
					if other != nil {
						err = errors.Join(err, other.Close())
					}
				}
				return err
			}
			log.Info("key file opened", "by", a.OpenedBy())
			origin, _ := cfg.Site()
			return errors.Join(serve(ctx, a, listeners{pages: l, metrics: m, plain: plain, drain: *drain}, func() {
				if *format == "json" {
					// Whoever reads JSON reads nothing else.
					if m != nil {
						log.Info("metrics", "at", "http://"+m.Addr().String()+"/metrics")
					}
					log.Info("serving", "at", origin)
					return
				}
				if m != nil {
					fmt.Fprintf(e.Stderr, "caseward: metrics at http://%s/metrics\n", m.Addr())
				}
				fmt.Fprintf(e.Stderr, "caseward: serving %s\n", origin)
			}), a.Close())
		}
	},
}

func logger(e *Env) *slog.Logger { return slog.New(slog.NewTextHandler(e.Stderr, nil)) }

// logged is the logger of a server, as its flags say.
func logged(e *Env, format, level string) (*slog.Logger, error) {
	var o slog.HandlerOptions
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usagef("--log-level is debug, info, warn or error")
	}
	o.Level = l
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(e.Stderr, &o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(e.Stderr, &o)), nil
	}
	return nil, usagef("--log-format is text or json")
}

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

// maxHeader is how many bytes the head of a request may have. Ours have under four
// thousand; in memory many small fields take twenty times as much.
const maxHeader = 16 << 10

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

// listeners is where a server answers, and how long it goes on when it is told
// to stop.
type listeners struct {
	pages   net.Listener
	metrics net.Listener // nil for none
	plain   net.Listener // of plain HTTP, where a certificate is got; nil for none
	drain   time.Duration
}

// serve serves until ctx is done or the process is told to stop. ready is called
// once requests are answered.
func serve(ctx context.Context, a *app.App, at listeners, ready func()) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	a.Start(ctx)
	errorLog := slog.NewLogLogger(a.Errors.Handler(), slog.LevelWarn)
	held := crowd.New(crowd.Usual)
	s := &http.Server{
		Handler:           a.Handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          errorLog,
		TLSConfig:         secure(),
		ConnContext:       held.Context,
		ConnState:         held.State,
	}
	pages := held.Listener(at.pages)
	got, gets := a.Certificate(secure())
	if gets {
		s.TLSConfig = got
	}
	failed := make(chan error, 3)
	go func() {
		if a.Config.TLSCert != "" || gets {
			failed <- s.ServeTLS(pages, a.Config.TLSCert, a.Config.TLSKey)
		} else {
			failed <- s.Serve(pages)
		}
	}()
	if at.plain != nil {
		p := &http.Server{
			Handler:           a.Plain(),
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       30 * time.Second,
			MaxHeaderBytes:    maxHeader,
			ErrorLog:          errorLog,
			ConnContext:       held.Context,
			ConnState:         held.State,
		}
		defer p.Close()
		go func() { failed <- p.Serve(held.Listener(at.plain)) }()
	}
	if at.metrics != nil {
		m := &http.Server{
			Handler:           a.Metrics(),
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       10 * time.Second,
			WriteTimeout:      30 * time.Second,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    16 << 10,
			ErrorLog:          errorLog,
		}
		// It answers until the last request did.
		defer m.Close()
		go func() { failed <- m.Serve(at.metrics) }()
	}
	ready()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop() // a second signal ends the process at once
	a.Stopping()
	if at.drain > 0 {
		t := time.NewTimer(at.drain)
		defer t.Stop()
		select {
		case <-t.C:
		case err := <-failed:
			return err
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	err := s.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.Join(fmt.Errorf("some requests did not finish in time and were cut off"), s.Close())
	}
	return err
}
