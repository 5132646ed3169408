package staffsync

import (
	"bytes"
	"context"
	"encoding/csv"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/record"
	"caseward/internal/roster"
)

// Stale is what people are told when the staff changed between plan and run.
const Stale = "The staff changed since this was shown, or another day has begun. Nothing was done. Look at what would happen now."

// Result is what was done.
type Result struct {
	Plan     // Rows say what came of each; what was not come to is as it was planned
	Done int // rows that were written
	Left int // rows that are left, for the next run
}

// Apply does what the plan with this hash said, at most most rows of it; 0 is all. each is
// called after every row that was written, with the worker's id in it; its error ends the
// run. Invitations and changes come before ends, and a supervisor before their people. A
// row that cannot be kept is refused for itself and the others go on.
//
// Errors: Conflict with [Stale] if the plan would be another now, Invalid if it is blocked,
// Denied, and Unavailable where the run broke off: what was done is in the result, and the
// same file goes on where it stopped.
func (s *Sync) Apply(ctx context.Context, who actor.Actor, body []byte, o Options, hash string, most int, each func(Row) error) (Result, error) {
	p, err := s.Plan(ctx, who, body, o)
	out := Result{Plan: p, Left: p.Todo()}
	switch {
	case err != nil:
		return out, err
	case p.Hash != hash:
		return out, fault.Conflictf(op, "%s", Stale)
	case p.Blocked != "":
		return out, fault.InvalidFields(op, fault.Field{Name: "file", Message: p.Blocked})
	}
	for _, ends := range []bool{false, true} {
		for _, i := range p.order {
			r := &p.Rows[i]
			if r.Act == Same || r.Act == Refused || (r.Act == End) != ends {
				continue
			}
			if most > 0 && out.Done == most {
				return out, nil
			}
			if err := ctx.Err(); err != nil {
				return out, fault.Unavailablef(op, err, "the run was broken off")
			}
			// A row that is begun is finished: what came of it would be unknown.
			err := s.bring(context.WithoutCancel(ctx), who, p.Rows, r)
			switch {
			case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
				r.refuse("This row could not be kept. Try it again by hand.")
				for _, f := range fault.FieldsOf(err) {
					r.Why = append(r.Why, f.Message)
				}
				out.Left--
				continue
			case err != nil:
				return out, err
			}
			r.Done = true
			out.Done++
			out.Left--
			if err := each(*r); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// bring does what one row says.
func (s *Sync) bring(ctx context.Context, who actor.Actor, rows []Row, r *Row) error {
	if r.boss >= 0 {
		// Whoever was to be invited before has an id now.
		boss := rows[r.boss].Worker
		if boss == "" || rows[r.boss].Act == Refused && rows[r.boss].version == 0 {
			return fault.InvalidFields(op, fault.Field{Name: "supervisor", Message: noBoss})
		}
		r.invitation.Supervisor = boss
		if r.edit.Supervisor != nil {
			r.edit.Supervisor = &boss
		}
	}
	if r.Act == Invite {
		id, err := s.org.Invite(ctx, who, r.invitation)
		if err == nil {
			r.Worker = id.String()
		}
		return err
	}
	id, err := record.ParseID[org.Staff](r.Worker)
	if err != nil {
		return err
	}
	if r.Act == End {
		return s.org.Leave(ctx, who, id, org.Leaving{})
	}
	return s.org.Change(ctx, who, id, r.version, r.edit)
}

// Export writes who works here as a file that [Sync.Plan] takes and finds nothing to do in.
func (s *Sync) Export(ctx context.Context, who actor.Actor) ([]byte, error) {
	if err := s.org.MayInvite(ctx, who); err != nil {
		return nil, err
	}
	all, err := s.org.Everybody(ctx, who, org.StaffQuery{All: true})
	if err != nil {
		return nil, err
	}
	agency, err := s.org.Directory().Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	mails := map[string]string{}
	for _, m := range all {
		if m.Value.Status != org.Terminated {
			mails[m.ID.String()] = m.Value.Mail.Disclose()
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := func(cells ...string) {
		for i := range cells {
			cells[i] = roster.Safe(cells[i])
		}
		_ = w.Write(cells)
	}
	var head []string
	for _, c := range columns {
		head = append(head, headers[c][0])
	}
	line(append(head, secondRole)...)
	now := s.door.Clock().Now()
	for _, m := range all {
		if v := m.Value; v.Status != org.Terminated {
			line(v.Mail.Disclose(), v.Given.Disclose(), v.Family.Disclose(), v.Title.Disclose(), string(v.Role), strings.Join(v.Programs, "|"),
				mails[v.Supervisor], v.Started.In(agency.Zone()).Format(time.DateOnly), "", string(v.Status), v.External.Disclose(), string(v.Held(now).Also))
		}
	}
	w.Flush()
	return b.Bytes(), nil
}
