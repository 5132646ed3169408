package app

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/doctor"
	"caseward/internal/upkeep"
	"caseward/internal/watch"
)

// scansShown is how many uploads that wait are counted at most.
const scansShown = 1000

// status is how the server is now. Nobody outside is asked: what that takes is of the
// last round.
func (a *App) status(ctx context.Context) (upkeep.Status, error) {
	now := a.Clock.Now()
	s := upkeep.Status{At: now, Version: version(), Go: runtime.Version(), Started: a.started, Database: string(a.DB.Dialect()), Free: -1}
	peers, err := a.DB.Peers(ctx)
	if err != nil {
		return s, err
	}
	for _, p := range peers {
		s.Servers = append(s.Servers, upkeep.Server{Name: p.Name, Here: p.Here})
	}
	if s.Data, s.Journal, err = a.DB.Size(ctx); err != nil {
		return s, err
	}
	if free, err := doctor.Free(a.Dir); err == nil {
		s.Free = free
	} else if !errors.Is(err, errors.ErrUnsupported) {
		return s, err
	}
	lately := a.recent.Sum()
	s.Over, s.Answered, s.Failed, s.Median, s.Slow = watch.Lately, lately.Answered, lately.Failed, lately.Median, lately.Slow
	// It has not looked back further than its start.
	if up := now.Sub(a.started); !a.started.IsZero() && up < s.Over {
		s.Over = max(up, time.Second)
	}
	if s.Sessions, err = a.Authn.Open(ctx); err != nil {
		return s, err
	}
	head, err := a.Log.Head(ctx)
	if err != nil {
		return s, err
	}
	s.Entries, s.Waiting, s.SignedAt = head.Size, head.Unsequenced+head.Size-max(head.SignedSize, 0), head.SignedAt
	sent, err := a.anchor.Sent(ctx)
	if err != nil {
		return s, err
	}
	for _, x := range sent {
		s.Outside = append(s.Outside, upkeep.Place{Kind: x.Kind, Number: x.Number, At: x.At, Behind: x.Behind, Failures: x.Failures})
	}
	all, err := a.forward.Forwarded(ctx)
	if err != nil {
		return s, err
	}
	for _, x := range all {
		s.Forwards = append(s.Forwards, upkeep.Place{Kind: x.Kind, Number: x.Number, At: x.At, Behind: x.Behind, Failures: x.Failures})
	}
	if s.Scans, err = a.Documents.Unscanned(ctx, scansShown); err != nil {
		return s, err
	}
	offices, err := a.offices(ctx, authn.Service(authn.Sequencer))
	if err != nil {
		return s, err
	}
	a.round.mu.Lock()
	round := slices.Clone(a.round.findings)
	s.Looked, s.Segments = a.round.at, a.round.segments
	a.round.mu.Unlock()
	s.Findings = upkeep.Merge(round, []doctor.Finding{
		doctor.Served(doctor.Requests{Over: s.Over, Answered: s.Answered, Failed: s.Failed, Slow: s.Slow}),
		queued(now, head),
		doctor.Forwarding(now, forwarded(all)),
		doctor.Disk(a.Dir, a.uses()),
		doctor.Officers(now, offices),
	})
	return s, nil
}
