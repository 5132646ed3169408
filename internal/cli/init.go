package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strings"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/config"
	"caseward/internal/keys"
	"caseward/internal/org"
)

var initCommand = command{
	name:  "init",
	short: "make a data directory",
	long: `
Makes a data directory: settings, the sealed key file, the database and the log.
A directory that already holds one is refused and left as it is.

The passphrase file holds the passphrase in its first line, at least 15
characters. Whoever has both the key file and the passphrase can read every
record; whoever has lost either can read none, and nobody can help. Keep a copy
of each, in different places.

The first line of the log's public key is printed: keep it outside, so that the
log can be checked against it whatever happens here.

  caseward init --data /var/lib/caseward --passphrase-file /root/passphrase \
      --name "Northside Family Services" --time-zone America/Chicago \
      --program housing="Housing First" --program reentry="Re-entry"
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		database := f.String("database", "", "a postgres:// `URL`; without it, SQLite in the data directory")
		blobs := f.String("blobs", "", "a file:// or s3:// `URL` for uploaded documents, sealed")
		listen := f.String("listen", "", "`address` to serve on")
		origin := f.String("origin", "", "how browsers reach the pages, as https://care.example.org")
		name := f.String("name", "Our agency", "the agency's `name`; it can be changed later")
		zone := f.String("time-zone", "UTC", "the `zone` by which the agency's days begin, as America/New_York")
		var programs list
		f.Var(&programs, "program", "a program that serves clients, as `code=name`; may be given more than once")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			p, err := d.passphrase(e)
			if err != nil {
				return err
			}
			if p == nil {
				return usagef("--passphrase-file is needed, or the systemd credential %s", passphraseName)
			}
			agency := org.Agency{Name: *name, TimeZone: *zone}
			for _, s := range programs {
				code, title, ok := strings.Cut(s, "=")
				if !ok {
					return usagef("--program is code=name, as housing=\"Housing First\"")
				}
				agency.Programs = append(agency.Programs, org.Program{Code: code, Name: title})
			}
			if len(agency.Programs) == 0 {
				agency.Programs = []org.Program{{Code: "general", Name: "General"}}
			}
			cfg := config.Config{Database: *database, Blobs: *blobs, Listen: *listen, Origin: *origin, LogName: logName()}
			if err := app.Init(ctx, d.dir, p, cfg, app.Options{Clock: e.Clock}); err != nil {
				return err
			}
			a, err := d.open(ctx, e)
			if err != nil {
				return err
			}
			key := a.Log.PublicKey()
			if err := errors.Join(a.Org.Found(ctx, operator(e), agency), a.Close()); err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(e.Stdout).Encode(map[string]string{"data": d.dir, "log_public_key": key})
			}
			fmt.Fprintf(e.Stdout, `%s is ready.

Keep copies of %s and of the passphrase, in different places: without both, nothing
can be read again. Keep this key of the log outside, too (it is also in %s):
  %s

Next:
  caseward user invite --data %[1]s --passphrase-file FILE --role administrator --mail you@example.org --given Your --family Name
  caseward serve --data %[1]s --passphrase-file FILE
`, d.dir, keys.FileName, audit.KeyFileName, key)
			return nil
		}
	},
}

// logName names the log of a new directory. It tells nothing about the agency
// and is unlike any other log's.
func logName() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return "caseward.local/" + hex.EncodeToString(b[:])
}
