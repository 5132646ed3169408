package cli

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"

	"caseward/internal/policy"
)

var versionCommand = command{
	name:  "version",
	short: "print what this program was made from",
	long:  "Prints the version of the program, of the policies in it, and of Go.",
	setup: func(*flag.FlagSet) func(context.Context, *Env, []string) error {
		return func(_ context.Context, e *Env, _ []string) error {
			version, revision := "(devel)", ""
			if b, ok := debug.ReadBuildInfo(); ok {
				if b.Main.Version != "" {
					version = b.Main.Version
				}
				for _, s := range b.Settings {
					if s.Key == "vcs.revision" {
						revision = " " + s.Value
					}
				}
			}
			p, err := policy.New()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(e.Stdout, "caseward %s%s\npolicies %.12s\n%s %s/%s\n", version, revision, p.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		}
	},
}
