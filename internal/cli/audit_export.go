package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"caseward/internal/app"
)

var auditExportCommand = command{
	name:  "audit export",
	args:  "OUT",
	short: "write the log as a directory anybody can check",
	long: `
Writes the log, as far as it is signed for, into the directory OUT in the format
of C2SP tlog-tiles: checkpoint, tile/…, and the public key in log.pub. Tools that
know nothing of Caseward can check it. It needs no passphrase, and holds nothing
that tells who a client is. An earlier export in OUT is brought up to date;
anything else there is refused.

  caseward audit export --data /var/lib/caseward evidence/
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		dir := f.String("data", "", "the data `directory`")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, args []string) error {
			if *dir == "" || len(args) != 1 {
				return usagef("give --data and one directory to write to")
			}
			n, err := app.ExportLog(ctx, *dir, args[0])
			if err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(e.Stdout).Encode(map[string]any{"entries": n, "out": args[0]})
			}
			fmt.Fprintf(e.Stdout, "%d entries written to %s\n", n, args[0])
			return nil
		}
	},
}
