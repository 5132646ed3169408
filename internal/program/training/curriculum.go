package training

import (
	"context"
	"slices"
	"strconv"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/record"
)

func lineField(name string, line int) string { return name + ":" + strconv.Itoa(line) }

// OpenedCurriculum is a curriculum as the asker may see it.
type OpenedCurriculum = record.Opened[Curriculum]

// Curricula lists the curricula, everyone's first.
func (t *Training) Curricula(ctx context.Context, who actor.Actor) ([]OpenedCurriculum, error) {
	rows, err := t.curricula.Every(ctx, who, record.Query{})
	role := func(o OpenedCurriculum) int { return slices.Index(actor.Roles(), o.Value.Role) }
	order.By(rows, func(a, b OpenedCurriculum) int { return role(a) - role(b) })
	return rows, err
}

// lines are what somebody in a role, and perhaps in a second, must take, everyone's first.
func lines(cs []OpenedCurriculum, role, also actor.Role) (out []Line) {
	for _, c := range cs {
		if c.Value.Role != "" && c.Value.Role != role && c.Value.Role != also {
			continue
		}
		for _, l := range c.Value.Lines {
			// A course asked for twice counts as the stricter line says.
			if i := slices.IndexFunc(out, func(o Line) bool { return o.Course == l.Course }); i >= 0 {
				out[i] = stricter(out[i], l)
				continue
			}
			out = append(out, l)
		}
	}
	return out
}

func stricter(a, b Line) Line {
	a.Settle, a.Within, a.Grace, a.Limited = min(a.Settle, b.Settle), min(a.Within, b.Within), min(a.Grace, b.Grace), min(a.Limited, b.Limited)
	if a.Every == 0 || b.Every > 0 && b.Every < a.Every {
		a.Every = b.Every
	}
	if b.Since.Before(a.Since) {
		a.Since = b.Since
	}
	return a
}

// The most days and months a line may say.
const (
	maxDays   = 366
	maxMonths = 60
)

// Require sets what a role must take, or everyone for the role "". What is asked
// for anew is asked for from now on; what was asked for before keeps its day.
// version is the one that was seen, 0 if there was none. Errors: Invalid with
// fields, named after the part and the line from 0 ("grace-2"), Conflict, Denied.
func (t *Training) Require(ctx context.Context, who actor.Actor, role actor.Role, version int64, want []Line) error {
	const op = "curriculum.change"
	if role != "" && !slices.Contains(actor.Roles(), role) {
		return fault.InvalidFields(op, fault.Field{Name: "role", Message: "Choose a role from the list."})
	}
	courses, _, err := t.Courses(ctx, who)
	if err != nil {
		return err
	}
	var bad []fault.Field
	for i := range want {
		l := &want[i]
		fail := func(part, says string) {
			bad = append(bad, fault.Field{Name: part + "-" + strconv.Itoa(i), Message: says})
		}
		c := slices.IndexFunc(courses, func(o Opened) bool { return o.Value.Code == l.Course })
		if c < 0 {
			fail("course", "Choose a course that is published.")
			continue
		}
		l.Form = courses[c].Value.In("en").Form
		if slices.ContainsFunc(want[:i], func(o Line) bool { return o.Course == l.Course }) {
			fail("course", "This course stands twice.")
		}
		if l.Form == Orientation {
			// Before the first chart: nothing opens until it is done, once.
			l.Within, l.Every, l.Grace, l.Limited = 0, 0, 0, 0
		}
		for _, x := range []struct {
			part string
			n    int
		}{{"settle", l.Settle}, {"within", l.Within}, {"grace", l.Grace}, {"limited", l.Limited}} {
			if x.n < 0 || x.n > maxDays {
				fail(x.part, "Give a number of days up to 366.")
			}
		}
		if l.Every < 0 || l.Every > maxMonths {
			fail("every", "Give a number of months up to 60, or 0 for once.")
		}
		if l.Within > l.Grace {
			fail("grace", "The grace cannot be shorter than the days at hire: nobody is stopped before it is due.")
		}
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	now := t.door.Clock().Now()
	since := func(before []Line) []Line {
		out := slices.Clone(want)
		for i := range out {
			out[i].Since, out[i].From = now, now
			if j := slices.IndexFunc(before, func(o Line) bool { return o.Course == out[i].Course }); j >= 0 {
				out[i].Since = before[j].Since
				// Other terms hold from now on: what held at a past minute can be asked.
				if sameTerms(before[j], out[i]) {
					out[i].From = before[j].From
				}
			}
		}
		return out
	}
	cs, err := t.Curricula(ctx, who)
	if err != nil {
		return err
	}
	w := t.door.Work(who, op)
	at := slices.IndexFunc(cs, func(o OpenedCurriculum) bool { return o.Value.Role == role })
	switch {
	case at < 0 && version == 0:
		t.curricula.CreateAs(w, op, record.Subject{}, Curriculum{Role: role, Lines: since(nil)})
	case at >= 0 && version != 0:
		t.curricula.Change(w, "change", cs[at].ID, version, func(c *Curriculum) error {
			c.Lines = since(c.Lines)
			return nil
		})
	default:
		return fault.Conflictf(op, "somebody else changed it since you opened it")
	}
	return w.Commit(ctx)
}
