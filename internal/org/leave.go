package org

import (
	"context"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/task"
)

// Terminate ends somebody's access with nothing said about what they leave; see Leave.
func (o *Org) Terminate(ctx context.Context, who actor.Actor, id ID) error {
	return o.Leave(ctx, who, id, Leaving{})
}

// Leaving is what happens to what somebody leaves behind.
type Leaving struct {
	// HandTo is the worker who takes devices back and hands the caseload over: another
	// than who leaves, a supervisor or program manager who works here, and in every program
	// of a leaver who has a caseload. Empty for the supervisor.
	HandTo string
}

// Leave ends somebody's access, as one act. It holds from the next request on, on every
// node: facts, sessions and every way in end, calendar links and keys of devices with
// them, and so does what is planned of them; coverages they gave or took end in the same
// transaction; whoever hands over gets the tasks of taking devices back and of the caseload.
// Then it is tried whether they still get in, and what came of it is kept (45 CFR
// 164.308(a)(3)(ii)(C)). Nobody ends their own, or takes the last administrator from the
// agency, be it on a later day. Errors: Invalid with fields, Conflict if it has ended
// already, Denied.
//
// If the account cannot be closed the access has ended nevertheless, since every
// request asks how the worker stands; the error says so.
func (o *Org) Leave(ctx context.Context, who actor.Actor, id ID, l Leaving) error {
	const op = "staff.terminate"
	if id.String() == who.Worker() {
		return fault.Invalidf(op, "nobody ends their own access")
	}
	now := o.door.Clock().Now()
	w := o.door.Work(who, op)
	if may, err := o.door.May(ctx, who, op, record.Subject{}, false, StaffKind.Classes()); err != nil {
		return err
	} else if may.Contains(StaffKind.Classes()) {
		if err := o.settle(ctx, id, now); err != nil {
			return err
		}
		if err := o.leaves(ctx, who, w, id, l, now); err != nil {
			return err
		}
	}
	o.staff.Change(w, "terminate", id, 0, func(s *Staff) error {
		if s.Status == Terminated {
			return fault.Conflictf(op, "access has already ended")
		}
		s.Status, s.Ended, s.Planned = Terminated, now, nil
		s.alone(now)
		return nil
	})
	if err := w.Commit(ctx); err != nil {
		return err
	}
	if o.accounts == nil {
		return nil
	}
	if err := o.accounts.Terminate(ctx, who, id.String()); err != nil {
		return fault.Unavailablef(op, err, "access has ended, but the account could not be closed; its sessions are refused")
	}
	return o.Prove(ctx, who, id)
}

// Prove tries whether somebody whose access ended still gets in, and keeps what came of
// it. Conflict: their access has not ended.
func (o *Org) Prove(ctx context.Context, who actor.Actor, id ID) error {
	const op = "staff.probe"
	if err := o.door.Permit(ctx, who, op, record.Subject{}, false, StaffKind.Classes(), map[string]string{"worker": id.String()}); err != nil {
		return err
	}
	refused, revoked, err := o.accounts.Prove(ctx, who, id.String())
	if err != nil {
		return fault.Unavailablef(op, err, "access has ended; whether they are refused could not be tried")
	}
	st, err := o.dir.Standing(ctx, id.String())
	if err != nil {
		return err
	}
	now := o.door.Clock().Now()
	w := o.door.Work(who, op)
	w.Detail("refused", map[bool]string{true: "yes", false: "no"}[refused && !st.Active])
	o.staff.Change(w, "probe", id, 0, func(s *Staff) error {
		if s.Status != Terminated {
			return fault.Conflictf(op, "access has not ended")
		}
		s.Proved, s.Revoked, s.Refused = now, revoked, refused && !st.Active
		return nil
	})
	return w.Commit(ctx)
}

// leaves plans, for the work that ends somebody's access and in its transaction, the end of
// coverages and the tasks that are left. Sign-in does it in its own name: whoever ends
// access need not be let at the work.
func (o *Org) leaves(ctx context.Context, who actor.Actor, w *record.Work, id ID, l Leaving, now time.Time) error {
	const op = "staff.terminate"
	s, err := o.Read(ctx, o.dir.who, id)
	if err != nil {
		return err
	}
	gone := s.Value
	gone.Status, gone.Planned = Terminated, nil
	if err := o.administered(ctx, who, op, "hand_to", now, turn{id, s.Value, gone}); err != nil {
		return err
	}
	to := s.Value.Supervisor
	works := s.Value.Programs
	if x := s.Value.Second(now); x != nil {
		works = slices.Concat(works, x.Programs)
	}
	carries := s.Value.Held(now).Works(actor.CaseManager, actor.Supervisor)
	if l.HandTo != "" {
		st, err := o.dir.Standing(ctx, l.HandTo)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		bad := func(says string) error {
			return fault.InvalidFields(op, fault.Field{Name: "hand_to", Message: says})
		}
		switch {
		case l.HandTo == id.String():
			return bad("Choose somebody else than who leaves.")
		case err != nil || !st.Active || !st.Works(actor.Supervisor, actor.ProgramManager):
			return bad("Choose a supervisor or a program manager who works here.")
		case carries:
			// The clients handed over are of the programs that the leaver works in.
			in, err := o.dir.Programs(ctx, l.HandTo)
			if err != nil {
				return err
			}
			for _, p := range works {
				if !slices.Contains(in, p) {
					return bad("Choose somebody who works in every program of who leaves: clients of all of them are handed over.")
				}
			}
		}
		to = l.HandTo
	}
	own := o.door.Work(o.dir.who, "staff.leave")
	own.Detail("worker", id.String())
	any := false
	for _, q := range []record.Query{{Owner: id.String(), Limit: 500}, {Ref: id.String(), Limit: 500}} {
		all, err := o.coverages.Find(ctx, o.dir.who, q)
		if err != nil {
			return err
		}
		for _, c := range all.Rows {
			if c.Value.State(now) == "over" {
				continue
			}
			any = true
			o.coverages.Change(own, "end", c.ID, c.Version, func(c *Coverage) error {
				c.Until, c.EndedEarly = now, true
				if c.From.After(now) {
					c.From = now
				}
				return nil
			})
		}
	}
	if to != "" && o.tasks != nil {
		agency, err := o.dir.Agency(ctx)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		due := task.PlusDays(task.Civil(now.In(agency.Zone())), 1)
		name := s.Value.Name().Disclose()
		what := []string{"Take back devices, keys and badge of " + name}
		if carries {
			what = append(what, "Hand over the caseload of "+name)
		}
		for _, text := range what {
			_, err := o.tasks.AddIn(ctx, o.dir.who, own, task.Input{What: phi.NewText(strings.TrimSpace(text)), DueOn: due, Owner: to, Priority: task.High})
			if len(fault.FieldsOf(err)) > 0 {
				continue // whoever it is keeps no tasks: nobody is held by that
			}
			if err != nil {
				return err
			}
			any = true
		}
	}
	if any {
		w.Along(own)
	}
	return nil
}
