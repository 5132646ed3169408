package job

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/glass"
	"caseward/internal/org"
)

// Notifier tells supervisors and privacy officers of emergency access by mail,
// each message an entry of the log. On the pages they see it without being told:
// the queue is made from the grants themselves.
type Notifier struct {
	log    *audit.Log
	dir    *org.Directory
	writer *Writer // nil: no mail is sent, and the log says so
	who    actor.Actor
	origin string
	errs   *slog.Logger
	queue  chan glass.Notice
}

// NewNotifier returns a notifier that acts as the service who. origin is where
// people sign in.
func NewNotifier(l *audit.Log, dir *org.Directory, w *Writer, who actor.Actor, origin string, errs *slog.Logger) *Notifier {
	return &Notifier{log: l, dir: dir, writer: w, who: who, origin: origin, errs: errs, queue: make(chan glass.Notice, 1024)}
}

// Tell takes a notice and returns at once. Should more wait than fit, the notice
// is told at the next start: what was told is in the log.
func (n *Notifier) Tell(x glass.Notice) {
	select {
	case n.queue <- x:
	default:
		n.errs.Warn("too many notices wait; told at the next start", "event", x.Event, "grant", x.Grant)
	}
}

// Run tells what is taken until ctx is done. It first tells of grants of the last
// three days that the log does not say were told.
func (n *Notifier) Run(ctx context.Context, g *glass.Glass, now time.Time) {
	if err := n.catchUp(ctx, g, now); err != nil && ctx.Err() == nil {
		n.errs.Error("notices from before the start could not be read", "error", err)
	}
	for {
		select {
		case x := <-n.queue:
			if err := n.Deliver(ctx, x); err != nil && ctx.Err() == nil {
				n.errs.Error("somebody was not told of an emergency access", "event", x.Event, "grant", x.Grant, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

const toldAction = "glass.told"

func (n *Notifier) catchUp(ctx context.Context, g *glass.Glass, now time.Time) error {
	since := now.Add(-3 * 24 * time.Hour)
	waiting, err := g.Waiting(ctx, n.who, since)
	if err != nil || len(waiting) == 0 {
		return err
	}
	told := map[string]bool{}
	for before := int64(0); ; {
		es, err := n.log.Find(ctx, audit.Query{Worker: n.who.Worker(), Action: toldAction, Since: since, Before: before, Limit: 500, Unplaced: true})
		if err != nil {
			return err
		}
		for _, e := range es {
			if e.Outcome == audit.Allowed {
				told[e.Detail["grant"]] = true
			}
			before = e.ID
		}
		if len(es) < 500 {
			break
		}
	}
	for _, x := range waiting {
		if !told[x.Grant] {
			n.Tell(x)
		}
	}
	return nil
}

// Deliver tells one notice to everybody it concerns and records who was told. It
// tells everybody it can; the error is the first failure.
func (n *Notifier) Deliver(ctx context.Context, x glass.Notice) error {
	to, err := n.dir.Officers(ctx, actor.PrivacyOfficer)
	if err != nil {
		return err
	}
	if x.Supervisor != "" && !slices.Contains(to, x.Supervisor) {
		to = append(to, x.Supervisor)
	}
	var first error
	var told, not []string
	if n.writer == nil {
		// They see it on their pages; there is nobody to hand a message to.
		return n.record(ctx, x, nil, nil)
	}
	for _, worker := range to {
		sent, err := n.writer.Write(ctx, worker, func(in Words, _ org.Standing) (string, []string) { return n.says(in, x) })
		switch {
		case sent:
			told = append(told, worker)
		case err != nil:
			not = append(not, worker)
			if first == nil {
				first = err
			}
		}
	}
	if err := n.record(ctx, x, told, not); err != nil {
		return err
	}
	return first
}

func (n *Notifier) record(ctx context.Context, x glass.Notice, told, not []string) error {
	outcome := audit.Allowed
	if len(told) == 0 && len(not) > 0 {
		outcome = audit.Failed
	}
	detail := map[string]string{"event": string(x.Event)}
	for k, v := range map[string]string{"grant": x.Grant, "asker": x.Asker, "told": strings.Join(told, " "), "not_told": strings.Join(not, " ")} {
		if v != "" {
			detail[k] = v
		}
	}
	if n.writer == nil {
		detail["mail"] = "off"
	}
	entry := audit.Entry{Who: audit.Of(n.who), Action: toldAction, Outcome: outcome, Detail: detail}
	if x.Grant != "" {
		entry.Touched = []audit.Touch{{Kind: "glass", ID: x.Grant}}
	}
	return n.log.Record(ctx, entry)
}

func (n *Notifier) says(in Words, x glass.Notice) (subject string, parts []string) {
	where := n.origin + "/break-glass"
	switch x.Event {
	case glass.Overdue:
		return in.T("Caseward: a review of emergency access is overdue"),
			[]string{in.T("A review of emergency access was due at %s and has not been made.", stamp(x.Due)), in.T("Sign in to review it: %s", where)}
	case glass.Missed:
		return in.T("Caseward: emergency access was tried"),
			[]string{in.T("At %s a colleague asked for emergency access to a client who does not exist. Nothing was opened.", stamp(x.At)), in.T("Sign in to see who: %s", where)}
	}
	return in.T("Caseward: emergency access was used"),
		[]string{in.T("At %s a colleague opened a record in an emergency.", stamp(x.At)) + "\n" + in.T("The review is due by %s.", stamp(x.Due)), in.T("Sign in to see it: %s", where)}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
