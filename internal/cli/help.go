package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

const intro = `Caseward keeps the case files of an agency bound by HIPAA. Every read and write
passes one door, which decides, writes the log, and only then opens the record.

Usage: caseward COMMAND [flags]

`

const exits = `Exit codes: 0 everything was done; 1 something was not, and standard error says
what; 2 the command line is wrong; 3 a check was made and found something wrong.
`

func overview(w io.Writer, all []command) {
	fmt.Fprint(w, intro)
	for _, c := range all {
		if !c.inner {
			fmt.Fprintf(w, "  %-18s %s\n", c.name, c.short)
		}
	}
	fmt.Fprintf(w, "\nRun caseward help COMMAND for what a command does, its flags and examples.\n\n%s", exits)
}

func help(e *Env, all []command, args []string) int {
	if len(args) == 0 {
		overview(e.Stdout, all)
		return Done
	}
	if c, _, ok := match(all, args); ok {
		manual(e.Stdout, c)
		return Done
	}
	// "help audit" lists the commands of that word.
	var some []command
	for _, c := range all {
		if strings.HasPrefix(c.name, args[0]+" ") {
			some = append(some, c)
		}
	}
	if len(some) == 0 {
		fmt.Fprintf(e.Stderr, "caseward: there is no command %q; run caseward help\n", strings.Join(args, " "))
		return Usage
	}
	for _, c := range some {
		fmt.Fprintf(e.Stdout, "  %-18s %s\n", c.name, c.short)
	}
	return Done
}

// manual is the page of one command.
func manual(w io.Writer, c command) {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	c.setup(f)
	fmt.Fprintf(w, "caseward %s - %s\n\nUsage: caseward %s", c.name, c.short, c.name)
	some := false
	f.VisitAll(func(*flag.Flag) { some = true })
	if some {
		fmt.Fprint(w, " [flags]")
	}
	if c.args != "" {
		fmt.Fprint(w, " ", c.args)
	}
	fmt.Fprintf(w, "\n\n%s\n", strings.TrimSpace(c.long))
	if some {
		fmt.Fprint(w, "\nFlags:\n")
		f.VisitAll(func(x *flag.Flag) {
			name, usage := flag.UnquoteUsage(x)
			head := "  --" + x.Name
			if name != "" {
				head += " " + strings.ToUpper(name)
			}
			fmt.Fprintf(w, "%s\n      %s", head, usage)
			if x.DefValue != "" && x.DefValue != "false" && x.DefValue != "0" && x.DefValue != "[]" {
				fmt.Fprintf(w, " (default %s)", x.DefValue)
			}
			fmt.Fprintln(w)
		})
	}
	fmt.Fprintf(w, "\n%s", exits)
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }
