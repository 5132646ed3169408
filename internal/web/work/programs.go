package work

import (
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (w *Work) noteSettings(r *site.Request) (site.Answer, error) {
	o, err := w.Org.Agency(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	set, err := w.Door.May(r.Ctx(), r.Who, "agency.change", record.Subject{}, false, policy.Set(policy.Program))
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.ProgramsPage{MayWeigh: set != 0}
	for _, x := range o.Value.Programs {
		n := x.Notes
		row := pages.ProgramRow{
			Code: x.Code, Name: x.Name, Format: formatName(note.Format(n.Format)), Unit: n.Unit, LateHours: int(n.Late().Hours()), SignDays: n.SignWithin,
			CoSigned: len(n.CoSignRoles)+len(n.CoSignWorkers) > 0,
		}
		if row.SignDays == 0 {
			row.SignDays = 3
		}
		if row.MayEdit, err = w.Org.MaySetNotes(r.Ctx(), r.Who, x.Code); err != nil {
			return site.Answer{}, err
		}
		p.Rows = append(p.Rows, row)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Programs(f, p) })
}

// rulesShown is how a program's notes are kept, as the form shows it.
func rulesShown(n org.NoteRules) ui.Form {
	f := ui.NewForm("format", formatName(note.Format(n.Format)), "rounding", "midpoint")
	if n.Rounding != org.Midpoint {
		f = ui.NewForm("format", formatName(note.Format(n.Format)), "rounding", string(n.Rounding))
	}
	for _, x := range []struct {
		name string
		n    int
	}{{"unit", n.Unit}, {"late", n.LateAfter}, {"sign", n.SignWithin}} {
		if x.n > 0 {
			f.Add(x.name, text(strconv.Itoa(x.n)))
		}
	}
	for _, role := range n.CoSignRoles {
		f.Add("cosign_roles", text(string(role)))
	}
	for _, worker := range n.CoSignWorkers {
		f.Add("cosign_workers", text(worker))
	}
	return f
}

// rulesIn reads the form. A number that is none is one that the use-case refuses.
func rulesIn(r *site.Request) org.NoteRules {
	n := org.NoteRules{Rounding: org.Rounding(r.Value("rounding")), CoSignWorkers: r.Values("cosign_workers")}
	if f := noteFormat(r.Value("format")); f != note.PlainFormat {
		n.Format = string(f)
	}
	if n.Rounding == "midpoint" {
		n.Rounding = org.Midpoint
	}
	count := func(name string) int {
		s := r.Value(name)
		if s == "" {
			return 0
		}
		if v, err := strconv.Atoi(s); err == nil && v > 0 {
			return v
		}
		return -1
	}
	n.Unit, n.LateAfter, n.SignWithin = count("unit"), count("late"), count("sign")
	for _, role := range r.Values("cosign_roles") {
		n.CoSignRoles = append(n.CoSignRoles, actor.Role(role))
	}
	return n
}

func (w *Work) editProgram(r *site.Request) (site.Answer, error) {
	return w.programWith(r, pages.ProgramFormPage{}, nil)
}

// programWith shows the form of a program; change says what is to be shown
// instead of what is on record.
func (w *Work) programWith(r *site.Request, p pages.ProgramFormPage, posted func(now ui.Form, by string, o org.AgencyOpened) pages.ProgramFormPage) (site.Answer, error) {
	o, err := w.Org.Agency(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	x, ok := o.Value.Program(r.PathValue("program"))
	if !ok {
		return site.Answer{}, fault.NotFoundf("agency.program")
	}
	may, err := w.Org.MaySetNotes(r.Ctx(), r.Who, x.Code)
	if err != nil {
		return site.Answer{}, err
	}
	if !may {
		return site.Answer{}, fault.DeniedBy("agency.program", "program-notes-are-set")
	}
	names, err := w.names(r, o.ChangedBy)
	if err != nil {
		return site.Answer{}, err
	}
	if posted != nil {
		p = posted(rulesShown(x.Notes), names[o.ChangedBy], o)
	} else {
		p.Form, p.Version = rulesShown(x.Notes), number(o.Version)
	}
	p.Code, p.Name = x.Code, x.Name
	staff, err := w.Org.Everybody(r.Ctx(), r.Who, org.StaffQuery{Role: actor.CaseManager})
	if err != nil {
		return site.Answer{}, err
	}
	for _, s := range staff {
		p.Workers = append(p.Workers, ui.Option{Value: s.ID.String(), Text: s.Value.Name().Disclose()})
	}
	ui.ByText(p.Workers)
	if p.Merged != nil {
		inWords(p.Merged, p.Workers, pages.FormatOptions(r.Lang), pages.Roundings(r.Lang), pages.CoSignRoles(r.Lang))
	}
	view := func(f ui.Frame) templ.Component { return pages.ProgramForm(f, p) }
	if len(p.Form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) saveProgram(r *site.Request) (site.Answer, error) {
	code := r.PathValue("program")
	err := w.Org.SetNoteRules(r.Ctx(), r.Who, versionOf(r), code, rulesIn(r))
	switch {
	case fault.Is(err, fault.Invalid):
		return w.programWith(r, pages.ProgramFormPage{}, func(ui.Form, string, org.AgencyOpened) pages.ProgramFormPage {
			return pages.ProgramFormPage{Form: r.Posted(err), Version: versionSaid(r)}
		})
	case fault.Is(err, fault.Conflict):
		return w.programWith(r, pages.ProgramFormPage{}, func(now ui.Form, by string, o org.AgencyOpened) pages.ProgramFormPage {
			m := ui.Merge(r.Posted(nil), now, pages.ProgramFields()...)
			m.By, m.At = by, o.ChangedAt.In(r.Zone)
			return pages.ProgramFormPage{Form: m.Form, Merged: &m, Version: number(o.Version)}
		})
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/settings/programs").Saying(ui.Good, "Saved. It holds for notes written from now on."), nil
}
