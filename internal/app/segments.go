package app

import (
	"context"
	"strconv"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// closeLeast is the youngest that an entry of the log leaves the database at: until
// then it stands beside what it tells of.
const closeLeast = 7 * 24 * time.Hour

// ClosedLog is what left the database for closed segments, or would.
type ClosedLog struct {
	Written  bool           `json:"written"`  // false for a dry run
	Full     int64          `json:"full"`     // segments that were full and old enough
	Entries  int64          `json:"entries"`  // in them
	Segments []audit.Closed `json:"segments"` // those that were closed
}

// CloseLog moves entries of the log that are older than a time out of the database
// into closed segments, in full runs, while others work. An entry says that it begins,
// where there is something to do, and one tells of each segment.
func (a *App) CloseLog(ctx context.Context, who actor.Actor, older time.Duration, dry bool) (ClosedLog, error) {
	out := ClosedLog{Segments: []audit.Closed{}}
	if older < closeLeast {
		return out, fault.Invalidf("app.close", "entries younger than 7 days stay in the database")
	}
	before := a.Clock.Now().Add(-older)
	n, each, err := a.Log.Closable(ctx, before)
	if err != nil {
		return out, err
	}
	out.Full, out.Entries = n, n*each
	if dry {
		return out, nil
	}
	// What one that was broken off left is finished first, whatever is closed now.
	if _, err := a.Log.FinishClosing(ctx); err != nil {
		return out, err
	}
	if n > 0 {
		if err := a.Door.Permit(ctx, who, audit.CloseAction, record.Subject{}, false, policy.Set(policy.Program), map[string]string{"segments": strconv.FormatInt(n, 10)}); err != nil {
			return out, err
		}
	}
	for range n {
		c, ok, err := a.Log.CloseNext(ctx, audit.Of(who), before)
		if err != nil {
			return out, err
		}
		if !ok {
			break // another node was first
		}
		out.Segments = append(out.Segments, c)
	}
	out.Written = true
	return out, nil
}

// closeLog is the daily turn of it: to finish what was broken off, and to close more
// where the settings say when.
func (a *App) closeLog(ctx context.Context) error {
	if a.Config.Segments.After == 0 {
		_, err := a.Log.FinishClosing(ctx)
		return err
	}
	_, err := a.CloseLog(ctx, authn.Service(authn.Sequencer), time.Duration(a.Config.Segments.After)*24*time.Hour, false)
	return err
}
