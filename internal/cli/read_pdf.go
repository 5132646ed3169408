package cli

import (
	"context"
	"flag"

	"caseward/internal/pdftext"
)

var readPDFCommand = command{
	name:  "read pdf",
	short: "read a PDF in a process of its own",
	inner: true,
	long: `
The server runs this itself when somebody brings a policy as PDF; nobody else needs to.
A PDF comes on standard input, its text goes to standard output as one JSON object, with
what was not taken over, or with the number of what it is refused for.

It opens no data directory and needs none. Before it reads, it gives away for good, by
limits of the kernel, all but 15 seconds of the processor and 512 MiB of memory, and every
file and connection but its input and its output; where it cannot, it reads nothing. So it
does on Linux alone. Standard output must be a pipe: it may write to no file.

  caseward read pdf < policy.pdf | cat
`,
	setup: func(*flag.FlagSet) func(context.Context, *Env, []string) error {
		return func(_ context.Context, e *Env, _ []string) error { return pdftext.Serve(e.Stdin, e.Stdout) }
	},
}
