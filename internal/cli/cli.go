// Package cli is the command line: one file per command, over the same use-cases
// as the pages. A command acts as the named service actor "operator" and every
// use of a record it makes is in the log, with the login name of whoever ran it.
//
// It never goes round the door, never prompts but for recovery shares, and never prints anything about a
// client that was not asked for.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/keys/share"
)

// The exit codes. Scripts may rely on them.
const (
	Done   = 0 // everything that was asked for was done
	Failed = 1 // something was not done; standard error says what
	Usage  = 2 // the command line is wrong; nothing was done
	Faults = 3 // a check was made and found something wrong
)

// Env is the world a command runs in.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Clock          clock.Clock
	// Terminal reports whether Stderr is a terminal, where progress is shown.
	Terminal bool
}

// System is the world the program was started in.
func System() *Env {
	e := &Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Clock: clock.System()}
	if st, err := os.Stderr.Stat(); err == nil {
		e.Terminal = st.Mode()&os.ModeCharDevice != 0
	}
	return e
}

// command is one command of the program.
type command struct {
	name  string // "audit verify"
	args  string // what follows the flags: "PATH…"
	short string // one line, without full stop
	long  string // what a manual page says of it
	// inner: the program runs it itself; help names it only to whoever asks for it.
	inner bool
	// setup declares the flags and returns what runs the command.
	setup func(f *flag.FlagSet) func(ctx context.Context, e *Env, args []string) error
}

// commands lists every command in the order help shows them.
func commands() []command {
	return []command{
		initCommand, serveCommand, demoCommand,
		backupCommand, restoreCommand, migrateStoreCommand, upgradeCommand, doctorCommand,
		importFHIRCommand,
		userInviteCommand, userListCommand, userTerminateCommand, userResetCommand,
		staffImportCommand, staffExportCommand,
		scimKeyCommand, scimListCommand, scimRevokeCommand,
		auditVerifyCommand, auditExportCommand, auditShowCommand, auditCheckpointCommand, auditCloseCommand,
		policyListCommand, policyExplainCommand, policyTestCommand,
		keyStatusCommand, keyRotateCommand, keyRewrapCommand, keyForgetCommand,
		keySlotsCommand, keyPassphraseCommand, keySharesCommand, keyKMSCommand,
		reportKPICommand, rightsUnusedCommand,
		clientEraseCommand,
		versionCommand,
		readPDFCommand,
	}
}

// usageError is a wrong command line.
type usageError struct{ why string }

func (u usageError) Error() string { return u.why }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// errFaults is returned by a check that found something wrong and has said what.
var errFaults = errors.New("faults were found")

// errSaid is returned by a command that has said itself what was not done.
var errSaid = errors.New("not everything was done")

// Run runs a command line, without the program's name, and returns the exit
// code.
func Run(ctx context.Context, e *Env, args []string) int {
	all := commands()
	if len(args) == 0 {
		overview(e.Stderr, all)
		return Usage
	}
	switch args[0] {
	case "help", "-h", "--help", "-help":
		return help(e, all, args[1:])
	}
	c, rest, ok := match(all, args)
	if !ok {
		fmt.Fprintf(e.Stderr, "caseward: there is no command %q; run caseward help\n", unknown(all, args))
		return Usage
	}
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	run := c.setup(f)
	pos, err := parse(f, rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		manual(e.Stdout, c)
		return Done
	case err != nil:
		fmt.Fprintf(e.Stderr, "caseward %s: %v\nrun caseward help %s\n", c.name, err, c.name)
		return Usage
	case c.args == "" && len(pos) > 0:
		fmt.Fprintf(e.Stderr, "caseward %s: %q is not expected\nrun caseward help %s\n", c.name, pos[0], c.name)
		return Usage
	}
	return code(e, c, run(ctx, e, pos))
}

func code(e *Env, c command, err error) int {
	var u usageError
	switch {
	case err == nil:
		return Done
	case errors.Is(err, errFaults):
		return Faults
	case errors.Is(err, errSaid):
		return Failed
	case errors.As(err, &u):
		fmt.Fprintf(e.Stderr, "caseward %s: %v\nrun caseward help %s\n", c.name, err, c.name)
		return Usage
	}
	fmt.Fprintf(e.Stderr, "caseward %s: %v\n", c.name, err)
	for _, f := range fault.FieldsOf(err) {
		fmt.Fprintf(e.Stderr, "  %s: %s\n", f.Name, f.Message)
	}
	return Failed
}

// parse reads flags and arguments in any order, so that `audit verify DIR --json`
// works as people type it.
func parse(f *flag.FlagSet, args []string) (pos []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		rest := f.Args()
		if len(rest) == 0 {
			return pos, nil
		}
		// "--" ends the flags.
		if n := len(args) - len(rest); n > 0 && args[n-1] == "--" {
			return append(pos, rest...), nil
		}
		pos, args = append(pos, rest[0]), rest[1:]
	}
}

// match finds the command whose words begin args.
func match(all []command, args []string) (command, []string, bool) {
	for _, c := range all {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && slices.Equal(args[:len(words)], words) {
			return c, args[len(words):], true
		}
	}
	return command{}, nil, false
}

// unknown is as much of args as was meant to be a command's name.
func unknown(all []command, args []string) string {
	for _, c := range all {
		if strings.HasPrefix(c.name, args[0]+" ") && len(args) > 1 {
			return args[0] + " " + args[1]
		}
	}
	return args[0]
}

// data is the flags of commands that open a data directory.
type data struct {
	dir, passphraseFile string
	shares              list
	read                []share.Share // what shares names, once it was read
}

func dataFlags(f *flag.FlagSet) *data {
	d := &data{}
	f.StringVar(&d.dir, "data", "", "the data `directory`")
	f.StringVar(&d.passphraseFile, "passphrase-file", "", "`file` with the passphrase of the key file; without it, the systemd credential caseward-passphrase; without that, the key-management service that the key file names")
	f.Var(&d.shares, "share", "`file` with one recovery share, to open the key file with instead; given once for each, or - to type them")
	return d
}

// passphraseName is the name of the systemd credential.
const passphraseName = "caseward-passphrase"

func (d *data) passphrase(e *Env) ([]byte, error) {
	if d.dir == "" {
		return nil, usagef("--data is needed")
	}
	if len(d.shares) > 0 && d.read == nil {
		var err error
		if d.read, err = readShares(e, d.shares); err != nil {
			return nil, err
		}
	}
	return passphrase(e, d.passphraseFile)
}

// passphrase is nil where none was given: the key file may be opened by another way.
func passphrase(e *Env, file string) ([]byte, error) {
	if file == "" {
		dir := e.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return nil, nil
		}
		file = dir + "/" + passphraseName
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	return readPassphrase(file)
}

func readPassphrase(file string) ([]byte, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the passphrase: %w", err)
	}
	// An editor ends the line; the line end is no part of the passphrase.
	return []byte(strings.TrimRight(string(b), "\r\n")), nil
}

// open opens the data directory.
func (d *data) open(ctx context.Context, e *Env) (*app.App, error) {
	p, err := d.passphrase(e)
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, d.dir, p, app.Options{Clock: e.Clock, Shares: d.read, SMTPPassword: credential(e, "caseward-smtp"), OIDCSecret: credential(e, "caseward-oidc")})
}

// with opens the data directory, runs fn and closes it.
func (d *data) with(ctx context.Context, e *Env, fn func(a *app.App) error) error {
	a, err := d.open(ctx, e)
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

// operator is who runs the command.
func operator(e *Env) actor.Actor { return authn.Operator(login(e)) }

func login(e *Env) string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return e.Getenv("USER")
}
