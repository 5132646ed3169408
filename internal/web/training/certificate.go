package training

import (
	"fmt"
	"strings"

	"caseward/internal/fault"
	"caseward/internal/paper"
	"caseward/internal/program/training"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// certificate is the paper that says what somebody passed (45 CFR
// 164.530(b)(2)(ii)). It names the edition, so that what it stood for can be read.
func (p *Pages) certificate(r *site.Request) (site.Answer, error) {
	id, err := attemptID(r)
	if err != nil {
		return site.Answer{}, err
	}
	a, e, err := p.Training.Taking(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	v := a.Value
	if v.Status != training.Passed {
		return site.Answer{}, fault.NotFoundf("attempt.read")
	}
	if err := p.mayKnow(r, v.Worker); err != nil {
		return site.Answer{}, err
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{v.Worker})
	if err != nil {
		return site.Answer{}, err
	}
	with, err := p.filled(r)
	if err != nil {
		return site.Answer{}, err
	}
	c := e.Value.In(string(r.Lang)).Filled(with)
	number := fmt.Sprintf("T-%06d", v.Paper)
	until := r.T("for good")
	if !v.Until.IsZero() {
		until = ui.DayYear(r.Lang, v.Until.In(r.Zone))
	}
	d := paper.Doc{
		Title: r.T("Certificate of training"), Lang: map[ui.Lang]string{ui.English: "en-US", ui.Spanish: "es-US"}[r.Lang], At: r.Now,
		Head: []string{with["agency"]}, Foot: []string{r.T("Certificate %s", number)}, Page: r.T("Page %s of %s"), Letter: true,
		Blocks: []paper.Block{
			{Heading: r.T("Certificate of training")},
			{Text: r.T("%s passed the course “%s”.", names[v.Worker], c.Title)},
			{Facts: [][2]string{
				{r.T("Number"), number},
				{r.T("Course"), fmt.Sprintf("%s (%s)", c.Title, v.Course)},
				{r.T("Edition"), fmt.Sprint(v.Number)},
				{r.T("Passed on"), ui.DayYear(r.Lang, v.Finished.In(r.Zone))},
				{r.T("Score"), r.T("%d percent; %d percent is needed", v.Score, c.Pass)},
				{r.T("Time spent"), ui.Minutes(r.Lang, v.Minutes())},
				{r.T("Holds until"), until},
				{r.T("Asked for by"), strings.Join(c.Citations, "; ")},
			}},
			{Small: r.T("What was read, asked and answered is kept with this number.")},
		},
	}
	b, err := paper.PDF(d)
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("application/pdf", "certificate-"+number+".pdf", b), nil
}

// mayKnow answers as for what is not there where somebody's training is another's
// to look after.
func (p *Pages) mayKnow(r *site.Request, worker string) error {
	if worker == r.Who.Worker() {
		return nil
	}
	under, err := p.Training.Under(r.Ctx(), r.Who)
	if err != nil {
		return err
	}
	for _, w := range under {
		if w.ID == worker {
			return nil
		}
	}
	return fault.NotFoundf("attempt.read")
}
