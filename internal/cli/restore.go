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

var restoreCommand = command{
	name:  "restore",
	short: "make a data directory out of a backup",
	long: `
Puts a backup into a directory that is not there yet, or is empty but for the key
file. Nothing is ever written over. First everything is proved, and refused with
its reason: that key file and passphrase open the backup and every data key in it,
that it was not cut short or changed, that it is this agency's, that its log is the
one that was signed for. Only then is anything written; what was restored is
checked again, and its log says that it was restored and from when.

The key file is given with --key-file, or lies in the new directory already. A
backup made under an older key opens while the key file still has that.

A client erased after the backup was made is in it. Give what proves the erasures
with --erased, as often as there are: receipts that client erase wrote, a directory
of them, or a newer backup (whole enough to be opened). They are erased again
before the directory can be used. Keep receipts apart from the database for this.

Checkpoints of the log that were kept outside are given with --checkpoint: one that
is newer than the backup makes it say how many entries are missing and from when.
Later, audit verify --checkpoint says the same.

A backup of PostgreSQL needs an empty database, named with --database; should
that fail half-way, drop the database and make it anew.

It ends with what a person must look at: settings that named things of the old
machine, workers whose access was ended since, documents in a bucket.

  caseward restore --from B --data /srv/new --passphrase-file F --key-file K --dry-run
  caseward restore --from B --data /srv/new --passphrase-file F --key-file K \
      --erased /mnt/receipts --checkpoint /mnt/worm/checkpoints
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		from := f.String("from", "", "the `backup`")
		keyFile := f.String("key-file", "", "a copy of the key `file`; without it, caseward.key in the data directory")
		database := f.String("database", "", "for a backup of PostgreSQL: a postgres:// `URL` of an empty database")
		key := f.String("key", "", "the log's public `key`, or a file with it, to compare with")
		var erased, kept list
		f.Var(&erased, "erased", "a `file` of receipts of erasures, a directory of them, or a newer backup; may be given more than once")
		f.Var(&kept, "checkpoint", "a checkpoint `file` kept elsewhere, or a directory of them; may be given more than once")
		dry := f.Bool("dry-run", false, "prove everything, say what would be done, and write nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if *from == "" {
				return usagef("--from is needed")
			}
			p, err := d.passphrase(e)
			if err != nil {
				return err
			}
			o := app.RestoreOptions{From: *from, Dir: d.dir, KeyFile: *keyFile, Database: *database, Erased: erased, Key: *key, DryRun: *dry, Clock: e.Clock, Shares: d.read}
			if b, err := os.ReadFile(*key); *key != "" && err == nil {
				o.Key = strings.TrimSpace(string(b))
			}
			if o.Kept, err = verify.LoadKept(kept...); err != nil {
				return err
			}
			r, err := app.Restore(ctx, operator(e), p, o)
			if err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(e.Stdout).Encode(r)
			}
			return told(e, d.dir, r)
		}
	},
}

// told says what was restored, for a person.
func told(e *Env, dir string, r app.Restored) error {
	var b strings.Builder
	if r.Written {
		fmt.Fprintf(&b, "%s is restored, checked and ready.\n%s", dir, contents(r.Backup))
	} else {
		fmt.Fprintf(&b, "The backup is good and would be restored into %s; nothing was written.\n%s", dir, contents(r.Backup))
	}
	switch {
	case r.Receipts == 0:
		b.WriteString("  erased     nobody: no receipts were given. Whoever was erased after the backup is in it again\n")
	case r.Written:
		fmt.Fprintf(&b, "  erased     %d clients again, by %d receipts\n", r.Erased, r.Receipts)
	default:
		fmt.Fprintf(&b, "  erased     clients of %d receipts would be erased again\n", r.Receipts)
	}
	for _, n := range r.Newer {
		fmt.Fprintf(&b, "  not in it  %s\n", n)
	}
	if len(r.Newer) == 0 {
		b.WriteString("  not in it  whatever was logged later; audit verify --checkpoint FILE with a newer checkpoint says what that is\n")
	}
	b.WriteString("\nLook at this before it serves:\n")
	for _, c := range r.Check {
		fmt.Fprintf(&b, "  - %s\n", c)
	}
	_, err := fmt.Fprint(e.Stdout, b.String())
	return err
}
