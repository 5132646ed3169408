package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"caseward/internal/app"
	"caseward/internal/fault"
	"caseward/internal/staffsync"
)

var staffImportCommand = command{
	name:  "staff import",
	args:  "FILE",
	short: "bring the workforce to what a file says of it",
	long: `
Takes a list of the workforce as CSV, or - for standard input: UTF-8, with commas,
semicolons or tabs, at most 5 MB and 10,000 rows. Who is new is invited, who is on
record otherwise is changed, who has left leaves; each is in the log as an act of its
own. The same file a second time changes nothing.

The first row names the columns, in English or Spanish and in any order: mail, given,
family, title, role, programs (with | between them), supervisor (a mail address),
started, ended, status (active or ended), external id. What has no column stays as it
is; so do names, address, role and external id whose cell is empty, while an empty cell
of title, programs or supervisor takes away what was there. People are known again by
external id, and else by mail address. Days are 2026-01-31. A last day is a day of work:
access ends when it is over, if the file is brought in then.

A row with a fault is left out, with its line and the reason, and the others go on.
Whoever is not in the file is left alone, unless --end-missing is given; the last
administrator, designated officers and accounts for emergencies are then left alone
still, and nothing is done where a row does not say whom it is about. Nothing is done
either that would end the access of more than a third of the staff.

Run it with --dry-run first: it says what would happen and prints a hash. With --expect
HASH nothing happens unless file, staff and day are as they were then.

Each who is invited gets a link to enrol, good once, for three days. It is printed this
once. See that it reaches the person and nobody else; user reset makes another.

With --json one object is printed with hash, staff, blocked, ignored, counts and rows.
Exit code 1 means that something was not done; a dry run that finds such rows gives 3.

  caseward staff import --data D --passphrase-file F --dry-run staff.csv
  caseward staff import --data D --passphrase-file F --end-missing --expect HASH staff.csv
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		dry := f.Bool("dry-run", false, "say what would happen and do nothing")
		missing := f.Bool("end-missing", false, "end the access of whoever is not in the file")
		expect := f.String("expect", "", "the `hash` of a dry run; without it, what the file says now is done")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, args []string) error {
			if len(args) != 1 {
				return usagef("name one file, or - for standard input")
			}
			body, err := staffFile(e, args[0])
			if err != nil {
				return err
			}
			return d.with(ctx, e, func(a *app.App) error {
				o, links := staffsync.Options{EndMissing: *missing}, map[string]string{}
				plan, err := a.StaffSync.Plan(ctx, operator(e), body, o)
				if err != nil {
					return err
				}
				out := staffsync.Result{Plan: plan}
				if !*dry && plan.Blocked == "" {
					if *expect == "" {
						*expect = plan.Hash
					}
					origin, _ := a.Config.Site()
					out, err = a.StaffSync.Apply(ctx, operator(e), body, o, *expect, 0, func(r staffsync.Row) error {
						if r.Act != staffsync.Invite {
							return nil
						}
						token, err := a.Authn.Invite(ctx, operator(e), r.Worker)
						if err == nil {
							links[r.Worker] = origin + "/enrol/" + token
						}
						return err
					})
					if fault.Is(err, fault.Conflict) {
						return err
					}
				}
				if perr := staffReport(e.Stdout, out, links, *dry, *asJSON); perr != nil {
					return perr
				}
				switch {
				case err != nil:
					return err
				case plan.Blocked != "" || out.Count(staffsync.Refused) > 0:
					if *dry {
						return errFaults
					}
					return errSaid
				}
				return nil
			})
		}
	},
}

func staffFile(e *Env, name string) ([]byte, error) {
	in := e.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("cannot read the file: %w", err)
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	// One byte more than is taken, so that what is too large is told from what is not.
	return io.ReadAll(io.LimitReader(in, staffsync.MaxBytes+1))
}

type staffDiff struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

type staffRow struct {
	Line    int         `json:"line,omitempty"`
	Act     string      `json:"act"`
	Worker  string      `json:"worker,omitempty"`
	Name    string      `json:"name,omitempty"`
	Mail    string      `json:"mail,omitempty"`
	Changes []staffDiff `json:"changes,omitempty"`
	Why     []string    `json:"why,omitempty"`
	Link    string      `json:"link,omitempty"`
}

// staffReport prints what came of a file, or would.
func staffReport(w io.Writer, out staffsync.Result, links map[string]string, dry, asJSON bool) error {
	counts := map[staffsync.Act]int{}
	for _, act := range []staffsync.Act{staffsync.Invite, staffsync.Change, staffsync.End, staffsync.Same, staffsync.Refused} {
		counts[act] = out.Count(act)
	}
	var rows []staffRow
	for _, r := range out.Rows {
		x := staffRow{Line: r.Line, Act: string(r.Act), Worker: r.Worker, Name: r.Name.Disclose(), Mail: r.Mail.Disclose(), Why: r.Why, Link: links[r.Worker]}
		for _, c := range r.Diffs {
			x.Changes = append(x.Changes, staffDiff{c.Field, c.From.Disclose(), c.To.Disclose()})
		}
		rows = append(rows, x)
	}
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{
			"dry_run": dry, "hash": out.Hash, "staff": out.Staff, "blocked": out.Blocked, "ignored": out.Ignored, "counts": counts, "done": out.Done, "rows": rows,
		})
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if r.Act == string(staffsync.Same) {
			continue
		}
		line := fmt.Sprintf("line %d", r.Line)
		if r.Line == 0 {
			line = "missing"
		}
		var said []string
		for _, c := range r.Changes {
			if r.Act == string(staffsync.Change) {
				said = append(said, fmt.Sprintf("%s: %s -> %s", c.Field, c.From, c.To))
			}
		}
		said = append(said, r.Why...)
		if r.Link != "" {
			said = append(said, r.Link)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", line, r.Act, r.Name, r.Mail, strings.Join(said, "; "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	verb := "done"
	switch {
	case dry || out.Blocked != "":
		verb = "nothing was done"
	case out.Left > 0:
		verb = fmt.Sprintf("broken off, %d rows are left", out.Left)
	}
	fmt.Fprintf(w, "%d invite, %d change, %d end, %d unchanged, %d refused: %s\n", counts[staffsync.Invite], counts[staffsync.Change], counts[staffsync.End], counts[staffsync.Same], counts[staffsync.Refused], verb)
	if len(out.Ignored) > 0 {
		fmt.Fprintf(w, "columns that were not read: %s\n", strings.Join(out.Ignored, ", "))
	}
	if out.Blocked != "" {
		fmt.Fprintln(w, out.Blocked)
	} else if dry {
		fmt.Fprintf(w, "hash %s\n", out.Hash)
	}
	return nil
}

var staffExportCommand = command{
	name:  "staff export",
	short: "write the workforce as the file that staff import takes",
	long: `
Writes who works here as CSV with all the columns that staff import knows, to standard
output. It is a template too: change rows, add some, and bring it in.

  caseward staff export --data D --passphrase-file F > staff.csv
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				b, err := a.StaffSync.Export(ctx, operator(e))
				if err == nil {
					_, err = e.Stdout.Write(b)
				}
				return err
			})
		}
	},
}
