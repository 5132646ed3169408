package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/inspect"
	"caseward/internal/record"
)

var auditShowCommand = command{
	name:  "audit show",
	short: "show what the log says",
	long: `
Shows entries of the log, newest first: when, who, in which role, what, to which
records of which client, which field classes, and which rule decided. Clients and
records stand there by their ids. Asking is an entry of the log too.

  caseward audit show --data D --passphrase-file F --client 01jd… --since 2026-11-01
  caseward audit show --data D --passphrase-file F --user ruth@example.org --refused
  caseward audit show --data D --passphrase-file F --since 24h --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		client := f.String("client", "", "only what names this client, by `id`")
		user := f.String("user", "", "only what this worker did, by `id` or mail address, or service:NAME")
		action := f.String("action", "", "only actions that begin so, as note.`sign`")
		since := f.String("since", "", "only from this `time` on: 2026-11-01, 2026-11-01T09:00:00Z, or 24h ago")
		refused := f.Bool("refused", false, "only what was refused")
		limit := f.Int("limit", 100, "at most this `many`; 0 for all")
		asJSON := f.Bool("json", false, "print each entry as one JSON object on its own line")
		return func(ctx context.Context, e *Env, _ []string) error {
			q := inspect.Query{Action: *action}
			var err error
			if q.Since, err = when(*since, e.Clock.Now()); err != nil {
				return err
			}
			if *client != "" {
				if q.Subject, err = record.ParseSubject(*client); err != nil {
					return usagef("--client is the id of a client, as the log has it")
				}
			}
			if *refused {
				q.Outcome = audit.Refused
			}
			return d.with(ctx, e, func(a *app.App) error {
				if q.Worker, err = worker(ctx, a, *user); err != nil {
					return err
				}
				return show(ctx, e, a, q, *limit, *asJSON)
			})
		}
	},
}

// when reads a time, or how long ago.
func when(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	if ago, err := time.ParseDuration(s); err == nil {
		return now.Add(-ago.Abs()), nil
	}
	return time.Time{}, usagef("--since is a day, a time or how long ago: 2026-11-01, 2026-11-01T09:00:00Z, 24h")
}

// worker reads a worker by id or mail address.
func worker(ctx context.Context, a *app.App, s string) (string, error) {
	if !strings.Contains(s, "@") {
		return s, nil
	}
	id, ok, err := a.Directory.ByMail(ctx, strings.ToLower(strings.TrimSpace(s)))
	if err == nil && !ok {
		err = usagef("nobody who works here has this address")
	}
	return id, err
}

func show(ctx context.Context, e *Env, a *app.App, q inspect.Query, limit int, asJSON bool) error {
	for shown := 0; ; {
		q.Limit = 500
		if limit > 0 {
			q.Limit = min(q.Limit, limit-shown)
		}
		p, err := a.Inspect.Explore(ctx, operator(e), q)
		if err != nil {
			return err
		}
		ids := make([]string, len(p.Entries))
		for i, x := range p.Entries {
			ids[i] = x.Who.Worker
		}
		names, err := a.Directory.Names(ctx, operator(e), ids)
		if err != nil {
			return err
		}
		for _, x := range p.Entries {
			if err := line(e.Stdout, x, names, asJSON); err != nil {
				return err
			}
		}
		shown += len(p.Entries)
		if p.Older == 0 || (limit > 0 && shown >= limit) {
			return nil
		}
		q.Before = p.Older
	}
}

// shown is an entry as --json prints it.
type shown struct {
	Position int64             `json:"position"`
	At       time.Time         `json:"at"`
	Worker   string            `json:"worker"`
	Name     string            `json:"name,omitempty"`
	Role     string            `json:"role,omitempty"`
	Purpose  string            `json:"purpose,omitempty"`
	Session  string            `json:"session,omitempty"`
	For      string            `json:"on_behalf_of,omitempty"`
	Action   string            `json:"action"`
	Outcome  string            `json:"outcome"`
	Touched  []touched         `json:"touched,omitempty"`
	Rules    []string          `json:"rules,omitempty"`
	Detail   map[string]string `json:"detail,omitempty"`
}

type touched struct {
	Kind     string   `json:"kind"`
	ID       string   `json:"id,omitempty"`
	Client   string   `json:"client,omitempty"`
	Version  int64    `json:"version,omitempty"`
	Classes  []string `json:"classes,omitempty"`
	Withheld []string `json:"withheld,omitempty"`
}

func outcome(o audit.Outcome) string {
	switch o {
	case audit.Refused:
		return "refused"
	case audit.Failed:
		return "failed"
	}
	return "allowed"
}

func line(w io.Writer, x audit.Logged, names map[string]string, asJSON bool) error {
	if asJSON {
		s := shown{
			Position: x.Position, At: x.At, Worker: x.Who.Worker, Name: names[x.Who.Worker], Role: x.Who.Role, Purpose: x.Who.Purpose, Session: x.Who.Session,
			For: x.Who.OnBehalfOf, Action: x.Action, Outcome: outcome(x.Outcome), Rules: x.Rules, Detail: x.Detail,
		}
		for _, t := range x.Touched {
			s.Touched = append(s.Touched, touched{t.Kind, t.ID, t.Subject, t.Version, t.Classes, t.Withheld})
		}
		return json.NewEncoder(w).Encode(s)
	}
	name := names[x.Who.Worker]
	if name == "" {
		name = x.Who.Worker
	}
	if name == "" {
		name = "nobody"
	}
	fmt.Fprintf(w, "%s  %-8s %-22s %s", x.At.UTC().Format("2006-01-02 15:04:05Z"), outcome(x.Outcome), x.Action, name)
	if x.Who.Role != "" && x.Who.Role != "service" {
		fmt.Fprintf(w, " (%s, %s)", strings.ReplaceAll(x.Who.Role, "_", " "), x.Who.Purpose)
	}
	if len(x.Rules) > 0 {
		fmt.Fprintf(w, " by %s", strings.Join(x.Rules, ", "))
	}
	var clients []string
	for _, t := range x.Touched {
		if t.Subject != "" && !slices.Contains(clients, t.Subject) {
			clients = append(clients, t.Subject)
		}
	}
	switch {
	case len(clients) == 1:
		fmt.Fprintf(w, " client %s", clients[0])
	case len(clients) > 1:
		fmt.Fprintf(w, " %d clients", len(clients))
	}
	_, err := fmt.Fprintln(w)
	return err
}
