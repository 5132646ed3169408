package record

import (
	"context"

	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
)

// Also asks a view for an action that has no record of its own, as reading who
// opened a chart, so that the page needs no second entry. The answer is known
// after Open; a refusal of it refuses nothing else.
func (v *View) Also(action string, subject Subject, classes policy.ClassSet) *bool {
	ok := new(bool)
	v.wants = append(v.wants, func(ctx context.Context) error {
		t := gate.Target{Kind: kindOf(action), Subject: subject.s, Classes: classes}
		if err := v.relate(ctx, &t); err != nil {
			return err
		}
		ans := v.door.gate.Decide(v.who, action, t)
		if !ans.OK() {
			return nil
		}
		v.a.Admit(action, t, ans)
		v.opens = append(v.opens, func(context.Context) error { *ok = true; return nil })
		return nil
	})
	return ok
}
