package work

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/supervision"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// measurePage makes the form of what a case weighs, with the settings as they are.
func (w *Work) measurePage(r *site.Request) (pages.MeasurePage, org.AgencyOpened, error) {
	o, err := w.Org.Agency(r.Ctx(), r.Who)
	if err != nil {
		return pages.MeasurePage{}, o, err
	}
	set, err := w.Door.May(r.Ctx(), r.Who, "agency.change", record.Subject{}, false, policy.Set(policy.Program))
	if err != nil {
		return pages.MeasurePage{}, o, err
	}
	if set == 0 {
		return pages.MeasurePage{}, o, fault.DeniedBy("agency.change")
	}
	p := pages.MeasurePage{Version: number(o.Version), Usual: map[string]string{}}
	usual := supervision.MeasureOf(nil)
	text := func(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
	for _, l := range casefile.Levels() {
		p.Levels = append(p.Levels, ui.Option{Value: string(l), Text: levelWord(r, l).Disclose()})
		p.Usual[supervision.SettingWeight+string(l)], p.Usual[supervision.SettingHours+string(l)] = text(usual.Weight[l]), text(usual.Hours[l])
	}
	p.Usual[supervision.SettingCapacity] = text(usual.Capacity)
	staff, err := w.Org.Everybody(r.Ctx(), r.Who, org.StaffQuery{Role: actor.CaseManager})
	if err != nil {
		return p, o, err
	}
	for _, s := range staff {
		p.Workers = append(p.Workers, ui.Option{Value: s.ID.String(), Text: s.Value.Name().Disclose()})
	}
	ui.ByText(p.Workers)
	for _, n := range p.Fields() {
		if v := o.Value.Settings[n]; v != "" {
			p.Form.Add(n, phi.NewText(v))
		}
	}
	return p, o, nil
}

func (w *Work) editMeasure(r *site.Request) (site.Answer, error) {
	p, _, err := w.measurePage(r)
	if err != nil {
		return site.Answer{}, err
	}
	return page(func(f ui.Frame) templ.Component { return pages.MeasureForm(f, p) })
}

func (w *Work) saveMeasure(r *site.Request) (site.Answer, error) {
	p, o, err := w.measurePage(r)
	if err != nil {
		return site.Answer{}, err
	}
	again := func() (site.Answer, error) {
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.MeasureForm(f, p) }), nil
	}
	typed := map[string]string{}
	for name, v := range r.PostForm {
		if strings.HasPrefix(name, "caseload.") && len(v) > 0 {
			typed[name] = v[0]
		}
	}
	values, bad := supervision.Settings(typed)
	if len(bad) > 0 {
		p.Form, p.Version = r.Posted(fault.InvalidFields("agency.change", bad...)), versionSaid(r)
		return again()
	}
	err = w.Org.SetSettings(r.Ctx(), r.Who, versionOf(r), supervision.Setting, values)
	if fault.Is(err, fault.Conflict) {
		names, err := w.names(r, o.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		m := ui.Merge(r.Posted(nil), p.Form, p.Fields()...)
		m.By, m.At = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
		p.Form, p.Merged = m.Form, &m
		return again()
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/settings/programs").Saying(ui.Good, "Saved. Caseload balance is measured by it from now on."), nil
}
