package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/cli"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/kpi"
	"caseward/internal/record"
)

// TestReportKPI files a report and one with a wrong figure, and wants the command to tell
// them apart by its exit code.
func TestReportKPI(t *testing.T) {
	ctx, dir := context.Background(), filepath.Join(t.TempDir(), "data")
	c := clock.NewFake(time.Date(2026, time.November, 20, 15, 0, 0, 0, time.UTC))
	pass := []byte("correct horse battery staple")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(app.Init(ctx, dir, pass, config.Config{LogName: "caseward.test/kpi"}, app.Options{Clock: c}))
	a, err := app.Open(ctx, dir, pass, app.Options{Clock: c})
	must(err)
	operator := authn.Operator("test")
	must(a.Org.Found(ctx, operator, org.Agency{Name: "North Agency", TimeZone: "America/New_York"}))
	pat, err := a.Org.Invite(ctx, actortest.Operator(c.Now()), org.Invitation{Given: phi.NewText("Pat"), Family: phi.NewText("Example"), Mail: phi.NewText("pat@example.org"), Role: actor.PrivacyOfficer})
	must(err)
	c.Set(time.Date(2026, time.December, 2, 15, 0, 0, 0, time.UTC))
	who := actortest.SteppedUp(pat.String(), actor.PrivacyOfficer, c.Now())
	must(a.Figures.Set(ctx, who, 0, []kpi.Measure{{Source: "standing.met", Owner: pat.String(), Target: 95, Cadence: kpi.Monthly}, {Source: "officers.gap", Owner: pat.String(), Cadence: kpi.Monthly}}))
	good, err := a.Figures.File(ctx, who, "2026-11", "", "")
	must(err)
	o, err := a.Figures.Read(ctx, who, good)
	must(err)
	wrong := o.Value
	wrong.Figures = []kpi.Figure{o.Value.Figures[0], o.Value.Figures[1]}
	wrong.Figures[1].Num = 0
	w := a.Door.Work(who, "kpi_report.create")
	bad := record.Use(a.Door, kpi.Kind).Create(w, record.Subject{}, wrong)
	must(w.Commit(ctx))
	must(a.Close())
	file := filepath.Join(t.TempDir(), "pass")
	must(os.WriteFile(file, pass, 0o600))
	run := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := cli.Run(ctx, &cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Clock: c}, append([]string{"report", "kpi", "--data", dir, "--passphrase-file", file}, args...))
		return code, out.String() + errs.String()
	}
	for name, x := range map[string]struct {
		args []string
		code int
		want []string
	}{
		"a report that is right":                 {[]string{"--report", good.String()}, cli.Done, []string{"standing.met", "100% (1 of 1)", "10.59 days", "as filed"}},
		"one with a wrong figure":                {[]string{"--report", bad.String()}, cli.Faults, []string{"as filed", "DIFFERS: filed 0 days"}},
		"the month that ended last":              {nil, cli.Done, []string{"from 2026-11-01T00:00:00-04:00 until 2026-12-01T00:00:00-05:00", "10.59 days", "target 95"}},
		"some days, the first and last included": {[]string{"--from", "2026-11-21", "--until", "2026-11-22"}, cli.Done, []string{"2 days", "before 0.59 days"}},
		"days to come":                           {[]string{"--from", "2026-12-21", "--until", "2026-12-22"}, cli.Usage, []string{"not to come"}},
		"no report":                              {[]string{"--report", "nonsense"}, cli.Usage, []string{"id of a filed report"}},
	} {
		code, said := run(x.args...)
		if code != x.code {
			t.Errorf("%s ends with %d, want %d: %s", name, code, x.code, said)
		}
		for _, s := range x.want {
			if !strings.Contains(said, s) {
				t.Errorf("%s: %q is not in %s", name, s, said)
			}
		}
	}
	code, said := run("--report", bad.String(), "--json")
	var got struct {
		Same    bool
		Figures []struct {
			Source string
			Number int64
			Same   bool
			Filed  struct{ Number int64 }
		}
	}
	if err := json.Unmarshal([]byte(said), &got); err != nil || code != cli.Faults || got.Same || !got.Figures[0].Same || got.Figures[1].Same || got.Figures[1].Number != 1059 || got.Figures[1].Filed.Number != 0 {
		t.Errorf("%d, %v: %s", code, err, said)
	}
}
