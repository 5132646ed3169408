package record

import (
	"context"

	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
)

// Must asks a view for an action that has no record of its own and without which
// nothing of the view may be shown, as reading the log.
func (v *View) Must(action string, subject Subject, own bool, classes policy.ClassSet) {
	v.want(false, func(ctx context.Context) error {
		t := gate.Target{Kind: kindOf(action), Subject: subject.s, Classes: classes}
		if own {
			t.Owner = v.who.Worker()
		}
		if err := v.relate(ctx, &t); err != nil {
			return err
		}
		ans := v.door.gate.Decide(v.who, action, t)
		if !ans.OK() {
			v.refused = ans
			v.a.Touch(t, ans)
			return v.door.refusal(v.who, action, t, ans)
		}
		v.a.Admit(gate.Reading, action, t, ans)
		return nil
	})
}

// Also asks a view for an action that has no record of its own, as reading who
// opened a chart, so that the page needs no second entry. The answer is known
// after Open; a refusal of it refuses nothing else.
func (v *View) Also(action string, subject Subject, classes policy.ClassSet) *bool {
	ok := new(bool)
	v.want(false, func(ctx context.Context) error {
		t := gate.Target{Kind: kindOf(action), Subject: subject.s, Classes: classes}
		if err := v.relate(ctx, &t); err != nil {
			return err
		}
		ans := v.door.gate.Decide(v.who, action, t)
		if !ans.OK() {
			return nil
		}
		v.a.Admit(gate.Reading, action, t, ans)
		v.opens = append(v.opens, func(context.Context) error { *ok = true; return nil })
		return nil
	})
	return ok
}
