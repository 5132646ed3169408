package demo

import (
	"context"
	"time"

	"caseward/internal/clinical"
	"caseward/internal/phi"
	"caseward/internal/report"
)

// told is what clients said of their health, and what a provider said.
var told = []clinical.Input{
	{Sort: clinical.Allergy, Display: text("Penicillin"), Detail: text("rash on both arms"), Since: phi.NewDate(2011, 0, 0), Told: clinical.ByClient},
	{Sort: clinical.Medication, Display: text("Ibuprofen"), Detail: text("200 mg when the knee hurts"), Told: clinical.ByClient, Note: text("Bought at the pharmacy, not prescribed.")},
	{Sort: clinical.Condition, Display: text("Migraine"), Detail: text("about twice a month"), Told: clinical.ByProvider},
	{Sort: clinical.Allergy, Display: text("Bee stings"), Detail: text("swelling; carries a pen"), Told: clinical.ByClient},
}

// paperwork has workers write down what they were told, and reports leave as
// files: one used, one left alone.
func (y *year) paperwork() {
	d := newDraw(y.seed, 1<<41)
	n := 0
	for _, c := range y.plans {
		if n == len(told) {
			break
		}
		if c.worker != "cm-a" && c.worker != "cm-b" {
			continue
		}
		in := told[n]
		n++
		y.at(y.office(d, y.now.AddDate(0, 0, -4-7*n)), c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, c.worker)
			if err != nil {
				return err
			}
			_, err = y.Clinical.Add(ctx, who, c.id, in)
			return err
		})
	}
	for i, x := range []struct {
		who, words string
		p          report.Params
		in         report.Asking
	}{
		{"sup-a", "Numbers for the team meeting on Thursday.", report.Params{Name: report.Overdue}, report.Asking{Format: report.CSV, Reason: report.ForSupervision}},
		{"pm-housing", "Quarterly figures for the county housing office.", report.Params{Name: report.Outcomes}, report.Asking{Format: report.XLSX, Reason: report.ForFunder}},
	} {
		at := y.office(d, y.now.AddDate(0, 0, -3-9*i))
		first := time.Date(at.Year(), at.Month()-1, 1, 0, 0, 0, 0, y.zone)
		if x.p.Name.Dated() {
			x.p.From, x.p.Until = first.Format("2006-01-02"), first.AddDate(0, 1, -1).Format("2006-01-02")
		}
		x.in.Words = text(x.words)
		y.at(at, -1, func(ctx context.Context) error {
			who, err := y.proved(ctx, x.who)
			if err != nil {
				return err
			}
			id, token, err := y.Reports.Ask(ctx, who, x.p, y.zone, x.in)
			if err != nil || i > 0 {
				return err
			}
			_, err = y.Reports.Use(ctx, who, id, token, y.zone, func(report.Export, report.Result) ([]byte, error) { return nil, nil })
			return err
		})
	}
}
