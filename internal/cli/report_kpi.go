package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"text/tabwriter"
	"time"

	"caseward/internal/app"
	"caseward/internal/program/kpi"
	"caseward/internal/record"
)

var reportKPICommand = command{
	name:  "report kpi",
	short: "count the figures for leadership again",
	long: `
Counts the figures for leadership from the records, as they were at the end of a
period: of the month that ended last, or of the days given. Without --report it says
what it counted.

With --report it counts the figures of a filed report again, for the period of the
report, says both, and ends with exit code 3 if any of them is another number now.
The id is on the page of the report and at the foot of its PDF. Nothing is changed.

  caseward report kpi --data D --passphrase-file F
  caseward report kpi --data D --passphrase-file F --from 2026-10-01 --until 2026-10-31
  caseward report kpi --data D --passphrase-file F --report 01jd… --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		from := f.String("from", "", "the first `day`, as 2026-10-01, in the agency's time zone")
		until := f.String("until", "", "the last `day`, as 2026-10-31")
		report := f.String("report", "", "the `id` of a filed report to compare with")
		asJSON := f.Bool("json", false, "print all of it as one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if (*from == "") != (*until == "") || *from != "" && *report != "" {
				return usagef("give --from and --until, or --report, or none of them")
			}
			return d.with(ctx, e, func(a *app.App) error {
				if *report != "" {
					return recount(ctx, e, a, *report, *asJSON)
				}
				zone, err := a.Figures.Zone(ctx)
				if err != nil {
					return err
				}
				p := kpi.PeriodAt(kpi.Monthly, e.Clock.Now(), zone).Before(zone)
				if *from != "" {
					var uerr error
					p.Name = ""
					p.From, err = time.ParseInLocation(time.DateOnly, *from, zone)
					p.Until, uerr = time.ParseInLocation(time.DateOnly, *until, zone)
					if p.Until = p.Until.AddDate(0, 0, 1); err != nil || uerr != nil || !p.From.Before(p.Until) || !p.From.Before(e.Clock.Now()) {
						return usagef("--from and --until are days, the first not after the last and not to come: 2026-10-01")
					}
				}
				figures, _, err := a.Figures.Count(ctx, operator(e), p)
				if err != nil {
					return err
				}
				return figuresOut(e, counted{Period: p.Name, From: p.From, Until: p.Until, Same: true}, nil, figures, *asJSON)
			})
		}
	},
}

// counted is what --json prints.
type counted struct {
	Report  string          `json:"report,omitempty"`
	Period  string          `json:"period,omitempty"`
	From    time.Time       `json:"from"`
	Until   time.Time       `json:"until"`
	Same    bool            `json:"same"` // as the report says; true where none was given
	Figures []figureCounted `json:"figures"`
}

type figureCounted struct {
	Source string   `json:"source"`
	Unit   kpi.Unit `json:"unit"`
	Num    int64    `json:"number"`
	Den    int64    `json:"of"`
	WasNum int64    `json:"before_number"`
	WasDen int64    `json:"before_of"`
	Target int64    `json:"target"`
	Owner  string   `json:"owner,omitempty"`
	Filed  *filed   `json:"filed,omitempty"`
	Same   bool     `json:"same"`
}

// filed is a figure as the report has it.
type filed struct {
	Num    int64 `json:"number"`
	Den    int64 `json:"of"`
	WasNum int64 `json:"before_number"`
	WasDen int64 `json:"before_of"`
}

func recount(ctx context.Context, e *Env, a *app.App, report string, asJSON bool) error {
	id, err := record.ParseID[kpi.Report](report)
	if err != nil {
		return usagef("--report is the id of a filed report, as its page has it")
	}
	o, again, same, err := a.Figures.Recount(ctx, operator(e), id)
	if err != nil {
		return err
	}
	r := o.Value
	if err := figuresOut(e, counted{Report: report, Period: r.Period, From: r.From, Until: r.Until, Same: same}, r.Figures, again, asJSON); err != nil {
		return err
	}
	if !same {
		return errFaults
	}
	return nil
}

// figuresOut prints what was counted, beside what was filed if that is given.
func figuresOut(e *Env, c counted, was, figures []kpi.Figure, asJSON bool) error {
	if asJSON {
		for i, f := range figures {
			x := figureCounted{f.Source, f.Unit, f.Num, f.Den, f.WasNum, f.WasDen, f.Target, f.Owner, nil, !f.Changed}
			if was != nil {
				x.Filed = &filed{was[i].Num, was[i].Den, was[i].WasNum, was[i].WasDen}
			}
			c.Figures = append(c.Figures, x)
		}
		return json.NewEncoder(e.Stdout).Encode(c)
	}
	fmt.Fprintf(e.Stdout, "from %s until %s, compared with the period before\n", c.From.Format(time.RFC3339), c.Until.Format(time.RFC3339))
	w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
	for i, f := range figures {
		fmt.Fprintf(w, "%s\t%s\t%s\ttarget %d", f.Source, figureOut(f.Unit, f.Num, f.Den), "before "+figureOut(f.Unit, f.WasNum, f.WasDen), f.Target)
		switch {
		case was == nil:
		case f.Changed:
			fmt.Fprintf(w, "\tDIFFERS: filed %s, before %s", figureOut(f.Unit, was[i].Num, was[i].Den), figureOut(f.Unit, was[i].WasNum, was[i].WasDen))
		default:
			fmt.Fprint(w, "\tas filed")
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func figureOut(u kpi.Unit, num, den int64) string {
	s := kpi.Text(u, num, den)
	switch {
	case s == "":
		return "nothing to count"
	case u == kpi.Percent:
		return fmt.Sprintf("%s%% (%d of %d)", s, num, den)
	case u == kpi.Days:
		return s + " days"
	}
	return s
}
