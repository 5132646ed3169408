package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/durable"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

var clientEraseCommand = command{
	name:  "client erase",
	args:  "CLIENT",
	short: "destroy everything about a client, and the key",
	long: `
Destroys a client's data key, and with it everything about the client; removes the
records, and prints a signed receipt. It cannot be undone. Entries of the log stay:
they hold ids only.

A backup made before holds the client and the key. Keep the receipt apart from the
database: restore erases the client again by it. Or rotate, rewrap and forget the
key-encryption key: then no older backup opens at all.

CLIENT is a client number or id. The passphrase is given a second time on
standard input.

Reasons: retention_ended, entered_in_error, test_data, court_order.

  caseward client erase --data D --passphrase-file F --reason retention_ended --receipt r.json C-20417 < F
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		reason := f.String("reason", "", "why, as a `code`")
		receipt := f.String("receipt", "", "`file` to write the receipt to, instead of standard output")
		dry := f.Bool("dry-run", false, "say whether there is such a client and do nothing")
		return func(ctx context.Context, e *Env, args []string) error {
			if len(args) != 1 {
				return usagef("name one client, by number or id")
			}
			return d.with(ctx, e, func(a *app.App) error {
				subject, err := client(ctx, a, args[0])
				if err != nil {
					return err
				}
				if *dry {
					_, err := fmt.Fprintf(e.Stdout, "would erase client %s\n", subject)
					return err
				}
				again, err := io.ReadAll(io.LimitReader(e.Stdin, 4096))
				if err != nil {
					return err
				}
				if !a.Keys.Knows([]byte(strings.TrimRight(string(again), "\r\n"))) {
					return usagef("the passphrase on standard input is not the one of the key file; nothing was erased")
				}
				who := authn.ProvedOperator(login(e), e.Clock.Now())
				r, err := a.Clients.Erase(ctx, who, record.OwnID[person.Client](subject), person.EraseReason(*reason))
				if err != nil && !errors.Is(err, record.ErrTraces) {
					return err
				}
				// With traces left the receipt stands all the same, and the
				// command says that not all is done.
				b, jerr := json.MarshalIndent(r, "", "  ")
				if jerr != nil {
					return errors.Join(jerr, err)
				}
				if *receipt != "" {
					return errors.Join(durable.WriteFile(*receipt, append(b, '\n'), 0o600), err)
				}
				_, werr := fmt.Fprintf(e.Stdout, "%s\n", b)
				return errors.Join(werr, err)
			})
		}
	},
}

// client reads a client by id or number.
func client(ctx context.Context, a *app.App, s string) (record.Subject, error) {
	if subject, err := record.ParseSubject(s); err == nil {
		return subject, nil
	}
	subject, found, err := a.ClientByNumber(ctx, phi.NewText(s))
	if err == nil && !found {
		err = fmt.Errorf("there is no such client")
	}
	return subject, err
}
