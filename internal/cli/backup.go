package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"runtime/debug"

	"caseward/internal/app"
	"caseward/internal/backup"
)

var backupCommand = command{
	name:  "backup",
	short: "copy everything into one sealed file, while serving",
	long: `
Copies the database as it stands in one instant, the stored documents and the
settings into one file that only the key file and its passphrase open. The server
may be running, and whoever writes does not wait; the database's journal grows by
what is written meanwhile, and an erasure made meanwhile says that it is being
finished until the copy is done. Nothing is written in clear anywhere.

The file is read back before it gets its name: every part is opened, the database
and the log are checked, records and documents are counted, every data key is
opened. If anything is wrong nothing is left, but what is wrong is said.

The key file is NOT in it: keep a copy of caseward.key and the passphrase in
another place. A backup needs the key that was current when it was made: keep
that (caseward key forget) as long as the backup.

--to is a file that is not there yet, or a directory to make one in. Documents in a
bucket stay there unless --with-bucket is given: the backup then names those that
are needed, and the bucket needs copies of its own.

With exit code 3 the backup is good, and documents are missing that were lost
before: it says how many. The log says when the last good backup was made:
caseward audit show --action backup.verify.

  caseward backup --data /srv/caseward --passphrase-file F --to /mnt/backup
  caseward backup --data /srv/caseward --passphrase-file F --to today.backup --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		to := f.String("to", "", "the `file` to make, or a directory to make it in")
		bucket := f.Bool("with-bucket", false, "copy documents out of the bucket too")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if *to == "" {
				return usagef("--to is needed")
			}
			return d.with(ctx, e, func(a *app.App) error {
				r, err := a.Backup(ctx, operator(e), app.BackupOptions{To: *to, Bucket: *bucket, Version: programVersion()})
				if err != nil {
					return err
				}
				if *asJSON {
					err = json.NewEncoder(e.Stdout).Encode(r)
				} else {
					_, err = fmt.Fprintf(e.Stdout, "%s is made, read back and good.\n%s", r.File, contents(r))
				}
				if err == nil && len(r.Missing) > 0 {
					fmt.Fprintf(e.Stderr, "caseward backup: %d documents were not where they should be; see whether an older backup has them\n", len(r.Missing))
					err = errFaults
				}
				return err
			})
		}
	},
}

// contents says what a backup holds, for a person.
func contents(r backup.Report) string {
	s := fmt.Sprintf("  made       %s by Caseward %s\n  log        %s, signed for %d entries\n  needs key  %s\n  holds      %d records of %d clients, %d documents; %s\n",
		r.Made.Format("2006-01-02 15:04:05 UTC"), r.Version, r.Log, r.Entries, r.KEK, r.Records, r.Clients, r.Documents, size(r.Bytes))
	if r.Elsewhere > 0 {
		s += fmt.Sprintf("  NOT in it  %d documents in the bucket\n", r.Elsewhere)
	}
	if n := len(r.Missing); n > 0 {
		s += fmt.Sprintf("  missing    %d documents\n", n)
	}
	return s
}

func size(n int64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}

// programVersion is the version of the running program.
func programVersion() string {
	if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
		return b.Main.Version
	}
	return "(devel)"
}
