package appointment

import (
	"sort"

	"caseward/internal/actor"
	"caseward/internal/record"
	"caseward/internal/task"
)

// IsDue is an appointment of which nobody said yet whether it came about.
const IsDue task.What = "appointment"

// unsaid is for how many days an appointment that is over is asked about.
const unsaid = 30

func sortRows(rows []Opened) {
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].Value.Start.Before(rows[j].Value.Start) })
}

// WantDue implements [task.Source]: planned appointments, those included that are
// over and of which nobody said whether the client came.
func (as *Appointments) WantDue(v *record.View, who actor.Actor, ask task.Ask) ([]record.Listed, func() []task.Due) {
	zone := ask.Now.Location()
	from, until := task.Moment(task.PlusDays(ask.Today(), -unsaid), "", zone), task.Moment(task.PlusDays(ask.Last(), 1), "", zone)
	r := as.WantRange(v, ask.Worker, Planned, from, until)
	return r.Lists(), func() []task.Due {
		var out []task.Due
		for _, o := range r.Rows() {
			a := o.Value
			d := task.Due{What: IsDue, Client: o.Subject, Title: a.Purpose, Path: Path(o.Subject, o.ID), Sort: string(a.Type), Owner: a.Worker, LateFrom: a.End()}
			d.On, d.At = ask.Clock(a.Start)
			_, d.End = ask.Clock(a.End())
			out = append(out, d)
		}
		return out
	}
}
