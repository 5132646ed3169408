package org

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/notice"
)

// BreakGlassSignIn is the notice that an account signed in which is there for when the
// identity provider is down.
const BreakGlassSignIn notice.What = "signin.break_glass"

// BreakGlassOfficers are the worker ids of those who are told of it: the security officers
// and the privacy officers.
func (o *Org) BreakGlassOfficers(ctx context.Context) ([]string, error) {
	var out []string
	for _, role := range []actor.Role{actor.SecurityOfficer, actor.PrivacyOfficer} {
		l, err := o.dir.Officers(ctx, role)
		if err != nil {
			return nil, err
		}
		out = append(out, l...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// TellBreakGlass tells the officers that a worker signed in with a break-glass account
// (45 CFR 164.308(a)(5)(ii)(C)). Nobody is told of their own.
func (o *Org) TellBreakGlass(ctx context.Context, who actor.Actor, worker string) error {
	to, err := o.BreakGlassOfficers(ctx)
	if err != nil || len(to) == 0 {
		return err
	}
	w := o.door.Work(who, "notice.create")
	for _, id := range to {
		o.notices.TellOf(w, who, id, BreakGlassSignIn, "/staff/"+worker, worker, time.Time{}, time.Time{})
	}
	return w.Commit(ctx)
}
