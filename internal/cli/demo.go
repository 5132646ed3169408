package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"caseward/internal/demo"
)

var demoCommand = command{
	name:  "demo",
	short: "make a fictional agency and serve it",
	long: `
Makes a fictional agency in a fresh data directory: staff of every role, some two
hundred clients, a year of notes and visits, and work due today. Serves it in the
clear on the loopback interface, and prints a link for each persona that signs in
once. Everybody in it is made up.

Without --data the agency is made in a temporary directory, which is removed when
the command ends. A directory that holds anything else than a demonstration is
refused.

With --json the first line of output is one object: url, data, and personas, each
with role, name, title, about and link.

  caseward demo
  caseward demo --listen 127.0.0.1:8123 --data /tmp/agency --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		listen := f.String("listen", "127.0.0.1:8080", "`address` on the loopback interface to serve on; port 0 for any that is free")
		dir := f.String("data", "", "`directory` to make the agency in, or one it was made in before")
		asJSON := f.Bool("json", false, "print one JSON object in the first line")
		return func(ctx context.Context, e *Env, _ []string) (err error) {
			host, _, err := net.SplitHostPort(*listen)
			if ip := net.ParseIP(host); err != nil || (host != "localhost" && (ip == nil || !ip.IsLoopback())) {
				return usagef("--listen is an address on the loopback interface, as 127.0.0.1:8080")
			}
			l, err := net.Listen("tcp", *listen)
			if err != nil {
				return fmt.Errorf("cannot listen: %w", err)
			}
			if *dir == "" {
				tmp, terr := os.MkdirTemp("", "caseward-demo-")
				if terr != nil {
					return errors.Join(terr, l.Close())
				}
				*dir = filepath.Join(tmp, "data")
				defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
			}
			if !*asJSON {
				fmt.Fprintln(e.Stderr, "caseward: making the agency's year; this takes some seconds")
			}
			a, err := demo.Open(ctx, demo.Options{Dir: *dir, Listen: l.Addr().String(), Clock: e.Clock, Log: logger(e)})
			if err != nil {
				return errors.Join(err, l.Close())
			}
			people, err := demo.Personas(ctx, a)
			if err != nil {
				return errors.Join(err, l.Close(), a.Close())
			}
			origin, _ := a.Config.Site()
			return errors.Join(serve(ctx, a, listeners{pages: l}, func() { announce(e, origin, *dir, people, *asJSON) }), a.Close())
		}
	},
}

func announce(e *Env, origin, dir string, people []demo.Persona, asJSON bool) {
	if asJSON {
		type persona struct {
			Role  string `json:"role"`
			Name  string `json:"name"`
			Title string `json:"title"`
			About string `json:"about"`
			Link  string `json:"link"`
		}
		out := struct {
			URL      string    `json:"url"`
			Data     string    `json:"data"`
			Personas []persona `json:"personas"`
		}{origin, dir, nil}
		for _, p := range people {
			out.Personas = append(out.Personas, persona{string(p.Role), p.Name.Disclose(), p.Title.Disclose(), p.About, origin + p.Path})
		}
		_ = json.NewEncoder(e.Stdout).Encode(out)
		return
	}
	fmt.Fprintf(e.Stdout, "\nA fictional agency is at %s\nEach link signs in once, as:\n\n", origin)
	for _, p := range people {
		fmt.Fprintf(e.Stdout, "  %s, %s\n    %s\n    %s%s\n\n", p.Name.Disclose(), p.Title.Disclose(), p.About, origin, p.Path)
	}
	fmt.Fprintf(e.Stdout, "Everybody here is made up. The data is in %s. Stop with Ctrl-C.\n", dir)
}
