package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"caseward/internal/app"
	"caseward/internal/doctor"
)

var doctorCommand = command{
	name:  "doctor",
	short: "look at everything around the records that goes wrong unseen",
	long: `
Looks at permissions, disk, clock, certificate, the copy of the key file, what else
opens it and when that was tried, the key-management service (it is asked), secrets in
the settings, how the database is reached, the age of the last good backup, how far the log and its checkpoints outside are, the place of
the documents, the virus scanner (with the test file that every scanner knows) and
the mail server (nothing is sent), and whether a privacy and a security officer are
designated. The server may be running. It changes nothing,
opens no record, and leaves one entry in the log.

With --key-copy a copy of caseward.key is opened with the passphrase and compared
with the keys in use; the log keeps that it was proved, and a warning comes once
that is older than 90 days. A backup without a key file that opens is worth nothing.

Each check is good, unused, unknown, a warning (it works, and will not for long or
not when it matters) or wrong. With exit code 3 something is wrong, or with --strict
is warned about.

  caseward doctor --data /srv/caseward --passphrase-file F
  caseward doctor --data /srv/caseward --passphrase-file F --key-copy /mnt/safe/caseward.key
  caseward doctor --data /srv/caseward --passphrase-file F --strict --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		copied := f.String("key-copy", "", "a copy of the key file: the `file` to prove")
		strict := f.Bool("strict", false, "let warnings count as wrong")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			p, err := d.passphrase(e)
			if err != nil {
				return err
			}
			return d.with(ctx, e, func(a *app.App) error {
				found, err := a.Doctor(ctx, operator(e), app.DoctorOptions{
					PassphraseFile: d.passphraseFile, Passphrase: p, Shares: d.read, KeyCopy: *copied, SMTPPassword: credential(e, "caseward-smtp"),
				})
				if err != nil {
					return err
				}
				if *asJSON {
					err = json.NewEncoder(e.Stdout).Encode(map[string]any{"findings": found})
				} else {
					err = chart(e.Stdout, found)
				}
				for _, f := range found {
					if err == nil && (f.State == doctor.Wrong || *strict && f.Faulty()) {
						return errFaults
					}
				}
				return err
			})
		}
	},
}

// chart prints findings for a person.
func chart(w io.Writer, found []doctor.Finding) error {
	for _, f := range found {
		if _, err := fmt.Fprintf(w, "%-8s %-12s %s\n", f.State, f.Check, f.Says); err != nil {
			return err
		}
		if f.Do != "" {
			if _, err := fmt.Fprintf(w, "%-21s   → %s\n", "", f.Do); err != nil {
				return err
			}
		}
	}
	return nil
}
