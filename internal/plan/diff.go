package plan

import (
	"strconv"

	"caseward/internal/phi"
)

// Difference is one thing that a version of a plan says otherwise than the one
// before. What is as a code, for a page to put in words; so are Before and After
// of fields that hold codes.
type Difference struct {
	What          string   // "title", "goal.text", "step.state", "progress", …
	Of            phi.Text // the goal or step it is about, in its own words
	Before, After phi.Text
}

// says reports whether the difference is in what the client is asked to agree to:
// the plan's words, its goals and its steps. That a goal or a step came along,
// what was entered of it, who may see it and when it is looked at again is none.
func (d Difference) says() bool {
	switch d.What {
	case "stage", "agreement", "review", "review_on", "outcome", "end_note", "progress", "struck", "part2", "goal.reason", "step.state":
		return false
	case "goal.state":
		return GoalState(d.After.Disclose()) == Dropped || GoalState(d.Before.Disclose()) == Dropped
	}
	return true
}

// Diff tells what after says otherwise than before.
func Diff(before, after Plan) []Difference {
	var out []Difference
	see := func(what string, of, b, a phi.Text) {
		if !b.Equal(a) {
			out = append(out, Difference{what, of, b, a})
		}
	}
	code := func(what string, of phi.Text, b, a string) { see(what, of, phi.NewText(b), phi.NewText(a)) }
	day := func(what string, of phi.Text, b, a phi.Date) { code(what, of, b.DiscloseISO(), a.DiscloseISO()) }
	none := phi.Text{}

	code("stage", none, string(before.Stage), string(after.Stage))
	see("title", none, before.Title, after.Title)
	day("from", none, before.From, after.From)
	day("until", none, before.Until, after.Until)
	see("matters", none, before.Matters, after.Matters)
	see("strengths", none, before.Strengths, after.Strengths)
	see("barriers", none, before.Barriers, after.Barriers)
	if before.Part2 != after.Part2 {
		code("part2", none, strconv.FormatBool(before.Part2), strconv.FormatBool(after.Part2))
	}
	if before.Agreement.At != after.Agreement.At {
		code("agreement", after.Agreement.Words, string(before.Agreement.Answer), string(after.Agreement.Answer))
	}
	for i := len(before.Reviews); i < len(after.Reviews); i++ {
		see("review", none, none, after.Reviews[i].Summary)
	}
	day("review_on", none, before.ReviewOn, after.ReviewOn)
	code("outcome", none, string(before.Outcome), string(after.Outcome))
	see("end_note", none, before.EndNote, after.EndNote)

	for _, a := range after.Goals {
		b, had := before.Goal(a.Key)
		if !had {
			see("goal.added", none, none, a.Text)
			continue
		}
		see("goal.text", a.Text, b.Text, a.Text)
		code("goal.area", a.Text, string(b.Area), string(a.Area))
		see("goal.measure", a.Text, b.Measure, a.Measure)
		see("goal.baseline", a.Text, b.Baseline, a.Baseline)
		day("goal.target", a.Text, b.TargetOn, a.TargetOn)
		code("goal.priority", a.Text, string(b.Priority), string(a.Priority))
		code("goal.state", a.Text, string(b.State), string(a.State))
		see("goal.reason", a.Text, b.Reason, a.Reason)
		for _, s := range a.Interventions {
			o, had := b.Step(s.Key)
			if !had {
				see("step.added", a.Text, none, s.Text)
				continue
			}
			see("step.text", s.Text, o.Text, s.Text)
			code("step.who", s.Text, string(o.Who), string(s.Who))
			see("step.with", s.Text, o.With, s.With)
			see("step.frequency", s.Text, o.Frequency, s.Frequency)
			day("step.due", s.Text, o.DueOn, s.DueOn)
			code("step.state", s.Text, string(o.State), string(s.State))
		}
		struck := map[string]bool{}
		known := map[string]bool{}
		for _, x := range b.Progress {
			known[x.Key], struck[x.Key] = true, x.Struck()
		}
		for _, x := range a.Progress {
			switch {
			case !known[x.Key]:
				out = append(out, Difference{"progress", a.Text, rated(x), x.Words})
			case x.Struck() && !struck[x.Key]:
				out = append(out, Difference{"struck", a.Text, x.Words, x.Why})
			}
		}
	}
	for _, b := range before.Goals {
		if _, has := after.Goal(b.Key); !has {
			see("goal.removed", none, b.Text, none)
		}
	}
	return out
}

// rated is a rating as a code: "-2" to "2", empty for none.
func rated(p Progress) phi.Text {
	n, ok := p.Rating.Disclose()
	if !ok {
		return phi.Text{}
	}
	return phi.NewText(strconv.FormatInt(n, 10))
}
