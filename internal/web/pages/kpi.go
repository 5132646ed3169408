package pages

import (
	"strconv"
	"time"

	"caseward/internal/program/kpi"
	"caseward/internal/web/ui"
)

// FigureRow is a figure with its words.
type FigureRow struct {
	kpi.Figure
	Source kpi.Source
	Owner  string // name; empty where nobody was said to answer for it
}

// FiguresPage is GET /governance/report: the figures of a period so far, and what was
// filed.
type FiguresPage struct {
	Period kpi.Period
	Until  time.Time // until when it is counted, where that is before the end
	Set    bool      // somebody set the figures
	Rows   []FigureRow
	Due    []kpi.Due
	Filed  []FiledRow
	Files  bool // the reader sets figures and files reports
}

// FiledRow is a filed report in short.
type FiledRow struct {
	ID       string
	Period   kpi.Period
	At       time.Time
	By       string
	Replaces string // id of the report it corrects
	Replaced string // id of the report that corrects it
}

// FiledPage is GET /governance/report/{id}.
type FiledPage struct {
	FiledRow
	Rows    []FigureRow
	Remarks string
	Files   bool
}

// FileReportPage is GET and POST /governance/report/file. Fields period, replaces,
// remarks.
type FileReportPage struct {
	Form    ui.Form
	Periods []kpi.Period
	Of      kpi.Period // of the report that another is to replace; zero for none
}

// MeasuresPage is GET and POST /governance/report/measures. Fields use-, owner-, target-
// and cadence- with the code of a source, version.
type MeasuresPage struct {
	Form     ui.Form
	Version  string
	Sources  []kpi.Source
	People   []ui.Option
	Cadences []ui.Option
}

// PeriodName is a month or a quarter in words.
func PeriodName(lang ui.Lang, p kpi.Period) string {
	if p.Cadence() == kpi.Quarterly {
		return ui.T(lang, "quarter %s of %d", p.Name[6:], p.From.Year())
	}
	return ui.Month(lang, p.From)
}

// InUnit is a number in its unit: "85.7 percent", "2.5 days".
func InUnit(lang ui.Lang, u kpi.Unit, s string) string {
	switch u {
	case kpi.Percent:
		return ui.T(lang, "%s percent", s)
	case kpi.Days:
		return ui.T(lang, "%s days", s)
	}
	return s
}

// FigureText is what was counted, in its unit and in whole numbers where it is a part of
// them.
func FigureText(lang ui.Lang, u kpi.Unit, num, den int64) string {
	if den == 0 {
		return ui.T(lang, "Nothing to count")
	}
	s := InUnit(lang, u, kpi.Text(u, num, den))
	if u == kpi.Percent {
		s += " (" + ui.T(lang, "%d of %d", num, den) + ")"
	}
	return s
}

// TargetText is what a figure is to be.
func TargetText(lang ui.Lang, f kpi.Figure) string {
	s := InUnit(lang, f.Unit, strconv.FormatInt(f.Target, 10))
	if f.Higher {
		return ui.T(lang, "At least %s", s)
	}
	return ui.T(lang, "At most %s", s)
}

// MetText says whether the target is reached; empty where nothing was counted.
func MetText(lang ui.Lang, f kpi.Figure) string {
	switch met, known := f.Met(); {
	case !known:
		return ""
	case met:
		return ui.T(lang, "Target reached")
	}
	return ui.T(lang, "Target not reached")
}

// TrendText says whether a figure is better than that of the period before.
func TrendText(lang ui.Lang, f kpi.Figure) string {
	switch trend, known := f.Trend(); {
	case !known:
		return ""
	case trend > 0:
		return ui.T(lang, "Better")
	case trend < 0:
		return ui.T(lang, "Worse")
	}
	return ui.T(lang, "The same")
}

func metTone(f kpi.Figure) (ui.Tone, string) {
	if met, _ := f.Met(); met {
		return ui.Good, "circle-check"
	}
	return ui.Warning, "triangle-alert"
}

func trendIcon(f kpi.Figure) (ui.Tone, string) {
	switch trend, _ := f.Trend(); {
	case trend > 0:
		return ui.Good, "circle-check"
	case trend < 0:
		return ui.Warning, "triangle-alert"
	}
	return ui.Plain, "minus"
}

func filedURL(id string) string { return "/governance/report/" + id }

func periodOptions(f ui.Frame, all []kpi.Period) (out []ui.Option) {
	for _, p := range all {
		out = append(out, ui.Option{Value: p.Name, Text: ui.Sentence(PeriodName(f.Lang, p), "")})
	}
	return out
}

// unitNames say in what a target is given.
var unitNames = map[kpi.Unit]string{
	kpi.Percent: "A whole number of percent, from 0 to 100.",
	kpi.Days:    "A whole number of days.",
	kpi.Count:   "A whole number.",
}
