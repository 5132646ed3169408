package pages

import "caseward/internal/web/ui"

// MeasurePage is GET, POST /settings/caseload: what a case weighs and how much a
// worker carries.
type MeasurePage struct {
	Form    ui.Form
	Merged  *ui.Merged
	Version string
	Levels  []ui.Option // the levels of support
	Workers []ui.Option // who carries cases
	Usual   map[string]string
}

// Fields lists the names of the form's fields.
func (p MeasurePage) Fields() []string {
	out := []string{"caseload.capacity"}
	for _, l := range p.Levels {
		out = append(out, "caseload.weight."+l.Value, "caseload.hours."+l.Value)
	}
	for _, w := range p.Workers {
		out = append(out, "caseload.capacity."+w.Value)
	}
	return out
}

// label gives the words for a field.
func (p MeasurePage) label(f ui.Frame) func(string) string {
	return func(name string) string {
		for _, l := range p.Levels {
			switch name {
			case "caseload.weight." + l.Value:
				return f.T("Weight of a case: %s", l.Text)
			case "caseload.hours." + l.Value:
				return f.T("Hours a month: %s", l.Text)
			}
		}
		for _, w := range p.Workers {
			if name == "caseload.capacity."+w.Value {
				return f.T("Capacity of %s", w.Text)
			}
		}
		return f.T("Capacity of a worker")
	}
}

func (p MeasurePage) field(f ui.Frame, name, label string) ui.Field {
	x := ui.Field{Name: name, Label: label, InputMode: "decimal", Optional: true}
	if u := p.Usual[name]; u != "" {
		x.Hint = f.T("%s if empty.", u)
	}
	return x
}
