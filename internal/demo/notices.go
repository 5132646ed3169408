package demo

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/notice"
)

// looks has everybody in a care role look through their notices some days before
// now, so that what is not seen yet is new.
func (y *year) looks() {
	d := newDraw(y.seed, 1<<43)
	for _, s := range staff {
		switch s.role {
		case actor.CaseManager, actor.Supervisor, actor.ProgramManager, actor.Intake:
		default:
			continue
		}
		y.at(y.office(d, y.now.AddDate(0, 0, -3)), -1, func(ctx context.Context) error {
			who, err := y.as(ctx, s.key)
			if err != nil {
				return err
			}
			for {
				p, err := y.Notices.Mine(ctx, who, y.Clients, false, "")
				if err != nil || len(p.Rows) == 0 {
					return err
				}
				var ids []notice.ID
				for _, o := range p.Rows {
					ids = append(ids, o.ID)
				}
				if err := y.Notices.See(ctx, who, ids...); err != nil {
					return err
				}
			}
		})
	}
}
