package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"caseward/internal/app"
	"caseward/internal/audit/verify"
)

var auditVerifyCommand = command{
	name:  "audit verify",
	short: "check that the log is whole",
	long: `
Checks the log of a data directory, or an export of it, without any of the code
that writes it, and names each entry that was changed, removed, inserted or moved.
It needs no passphrase and changes nothing; the server may be running.

A log whose end was cut off, or that was rolled back as a whole, agrees with
itself. What gives it away is a checkpoint kept elsewhere: name the files or
directories where they are kept with --checkpoint, as often as there are.

A key inside the directory can be replaced with the rest: give the one that init
printed with --key.

  caseward audit verify --data /var/lib/caseward
  caseward audit verify --data /var/lib/caseward --checkpoint /mnt/worm/checkpoints --key "$(cat log.pub)"
  caseward audit verify --export evidence/ --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		dir := f.String("data", "", "the data `directory`")
		export := f.String("export", "", "a `directory` that audit export made, instead of --data")
		key := f.String("key", "", "the log's public `key`, or a file with it")
		var kept list
		f.Var(&kept, "checkpoint", "a checkpoint `file` kept elsewhere, or a directory of them; may be given more than once")
		asJSON := f.Bool("json", false, "print the report as one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if (*dir == "") == (*export == "") {
				return usagef("give either --data or --export")
			}
			o := verify.Options{PublicKey: *key}
			if b, err := os.ReadFile(*key); *key != "" && err == nil {
				o.PublicKey = strings.TrimSpace(string(b))
			}
			var err error
			if o.Kept, err = verify.LoadKept(kept...); err != nil {
				return err
			}
			var r verify.Report
			if *export != "" {
				r, err = verify.Directory(ctx, *export, o)
			} else {
				r, err = app.VerifyLog(ctx, *dir, o)
			}
			if err != nil {
				return err
			}
			if *asJSON {
				err = json.NewEncoder(e.Stdout).Encode(r)
			} else {
				_, err = fmt.Fprintln(e.Stdout, strings.TrimRight(r.String(), "\n"))
			}
			if err == nil && !r.OK {
				err = errFaults
			}
			return err
		}
	},
}
