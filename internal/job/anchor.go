package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
)

// Anchor copies checkpoints of the log to places outside. Whoever later changes
// or cuts the log, the database's owner included, cannot make it agree with a
// copy they do not hold (45 CFR 164.312(c)(2)).
type Anchor struct {
	log    *audit.Log
	places []string // directories
	who    actor.Actor
	errs   *slog.Logger

	last int64 // entries of the checkpoint copied last
}

// NewAnchor returns a job that acts as the service who.
func NewAnchor(l *audit.Log, places []string, who actor.Actor, errs *slog.Logger) *Anchor {
	return &Anchor{log: l, places: places, who: who, errs: errs, last: -1}
}

// Run copies the newest checkpoint every so often until ctx is done.
func (a *Anchor) Run(ctx context.Context, every time.Duration) {
	if len(a.places) == 0 {
		return
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if err := a.Copy(ctx); err != nil && ctx.Err() == nil {
			a.errs.Error("a checkpoint of the log was not copied outside", "error", err)
		}
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// Copy copies the newest checkpoint to every place and records it. It does
// nothing if the log has not grown but for the entry of the last copy.
func (a *Anchor) Copy(ctx context.Context) error {
	h, err := a.log.Head(ctx)
	if err != nil {
		return err
	}
	if h.SignedSize < 0 || (a.last >= 0 && h.SignedSize <= a.last+1) {
		return nil
	}
	text, err := a.log.Checkpoint(ctx)
	if err != nil {
		return err
	}
	size, err := sizeOf(text)
	if err != nil {
		return err
	}
	var failed []string
	for i, dir := range a.places {
		if werr := keep(dir, fmt.Sprintf("%012d-%s.checkpoint", size, h.SignedAt.UTC().Format("20060102T150405Z")), text); werr != nil {
			failed = append(failed, strconv.Itoa(i+1))
			err = errors.Join(err, werr)
		}
	}
	entry := audit.Entry{Who: audit.Of(a.who), Action: "audit.anchor", Outcome: audit.Allowed, Detail: map[string]string{
		"entries": strconv.FormatInt(size, 10), "places": strconv.Itoa(len(a.places)), "failed": strings.Join(failed, " "),
	}}
	if err != nil {
		entry.Outcome = audit.Failed
	} else {
		a.last = size
	}
	return errors.Join(err, a.log.Record(ctx, entry))
}

// sizeOf is the second line of a checkpoint (C2SP tlog-checkpoint).
func sizeOf(text []byte) (int64, error) {
	lines := strings.SplitN(string(text), "\n", 3)
	if len(lines) == 3 {
		if n, err := strconv.ParseInt(lines[1], 10, 64); err == nil && n >= 0 {
			return n, nil
		}
	}
	return 0, fault.Unavailablef("audit.anchor", nil, "the newest checkpoint is damaged; run caseward audit verify")
}

// keep writes a file that is not there yet. Write-once storage takes no second
// version, and none is needed: equal names have equal contents.
func keep(dir, name string, text []byte) error {
	fail := func(err error) error {
		return fault.Unavailablef("audit.anchor", err, "cannot write a checkpoint outside")
	}
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return fail(err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fail(err)
	}
	return nil
}
