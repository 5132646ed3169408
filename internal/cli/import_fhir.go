package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/fhir"
)

var importFHIRCommand = command{
	name:  "import fhir",
	args:  "PATH…",
	short: "take clients in from FHIR R4 bundles",
	long: `
Takes in FHIR R4 bundles and NDJSON as Synthea and US Core systems make them:
files, directories of them, or - for standard input. Patients become clients;
encounters and documents, contacts and documents; conditions, allergies and
medications, the clinical summary; care plans and goals, plans. Claims are left
out. The report says what became of what, and what was left out and why.

A file is checked from end to end before anything of it is kept. One with a fault
is left out whole, with the place named, and the others go on. Run it again at any
time: what is unchanged is left alone, what was broken off goes on.

New clients are seen by those who may see every client. With --program a case in
that program is opened for each, so that the program's people see them.

With --json, the last line of output is one object with clients_created,
clients_changed, clients_unchanged, counts by kind, skipped and errors.

  caseward import fhir --data D --passphrase-file F --program housing synthea/
  caseward import fhir --data D --passphrase-file F --dry-run --json bundle.json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		program := f.String("program", "", "open a case in the program of this `code` for each new client")
		assign := f.String("assign", "", "assign these cases to this worker, by mail `address` or id")
		source := f.String("source", "", "`name` of the system the files come from; patients are then known again by their ids in it")
		dry := f.Bool("dry-run", false, "check and count everything, and keep nothing")
		asJSON := f.Bool("json", false, "print the report as one JSON object")
		return func(ctx context.Context, e *Env, paths []string) error {
			if len(paths) == 0 {
				return usagef("name files, directories, or - for standard input")
			}
			return d.with(ctx, e, func(a *app.App) error {
				o := fhir.Options{Program: *program, Source: *source, DryRun: *dry, Stdin: e.Stdin}
				if *program != "" {
					agency, err := a.Directory.Agency(ctx)
					if err != nil {
						return err
					}
					if !agency.Has(*program) {
						var codes []string
						for _, p := range agency.Programs {
							codes = append(codes, p.Code)
						}
						return usagef("there is no program %q; there are %s", *program, strings.Join(codes, ", "))
					}
				}
				var err error
				if o.Assign, err = worker(ctx, a, *assign); err != nil {
					return err
				}
				if o.Assign != "" && *program == "" {
					return usagef("--assign needs --program: it is a case that is assigned")
				}
				bar := &progress{e: e}
				if e.Terminal {
					o.Progress = bar.show
				}
				r, err := a.Import.Import(ctx, authn.Service(authn.Import), paths, o)
				bar.clear()
				if *asJSON {
					err = errors.Join(err, json.NewEncoder(e.Stdout).Encode(r))
				} else {
					report(e.Stdout, r)
				}
				if err == nil && len(r.Errors) > 0 {
					err = errSaid
				}
				return err
			})
		}
	},
}

// progress is one line on the terminal, at most ten times a second.
type progress struct {
	e    *Env
	last time.Time
	on   bool
}

func (b *progress) show(p fhir.Progress) {
	now := b.e.Clock.Now()
	if now.Sub(b.last) < 100*time.Millisecond {
		return
	}
	b.last, b.on = now, true
	const width = 28
	full := 0
	if p.Of > 0 {
		full = int(min(width, p.Bytes*width/p.Of))
	}
	fmt.Fprintf(b.e.Stderr, "\r\x1b[K[%s%s] %d of %d files, %d clients, %d resources", strings.Repeat("=", full), strings.Repeat(" ", width-full), p.Done, p.Files, p.Clients, p.Resources)
}

func (b *progress) clear() {
	if b.on {
		fmt.Fprint(b.e.Stderr, "\r\x1b[K")
	}
}

// report prints what became of an import for a person.
func report(w io.Writer, r fhir.Report) {
	verb := "imported"
	if r.DryRun {
		verb = "would be imported"
	}
	fmt.Fprintf(w, "%d of %d files %s\n", r.FilesImported, r.Files, verb)
	fmt.Fprintf(w, "  %-12s %6d created %6d changed %6d unchanged\n", "clients", r.ClientsCreated, r.ClientsChanged, r.ClientsUnchanged)
	kinds := make([]string, 0, len(r.Counts))
	for k := range r.Counts {
		kinds = append(kinds, k)
	}
	sort.Strings(kinds)
	for _, k := range kinds {
		c := r.Counts[k]
		fmt.Fprintf(w, "  %-12s %6d created %6d changed %6d unchanged\n", k, c.Created, c.Changed, c.Unchanged)
	}
	if len(r.Skipped) > 0 {
		fmt.Fprintln(w, "left out:")
		for _, s := range slices.SortedFunc(slices.Values(r.Skipped), func(a, b fhir.Skip) int { return b.Count - a.Count }) {
			fmt.Fprintf(w, "  %6d %s: %s\n", s.Count, s.Type, s.Reason)
		}
	}
	for _, p := range r.Errors {
		fmt.Fprintf(w, "not imported: %s\n", p.Error())
	}
}
