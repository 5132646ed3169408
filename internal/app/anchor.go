package app

import (
	"context"
	"net"
	"sync"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/audit/anchor"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/fault"
	"caseward/internal/job"
)

// anchors makes the job that sends checkpoints outside, and its places.
func (a *App) anchors(smtpPassword string) error {
	all, err := a.Config.Places(a.Dir)
	if err != nil {
		return err
	}
	a.anchor = job.NewAnchor(a.Log, a.Clock, authn.Service(authn.Sequencer), a.Errors)
	for _, x := range all {
		p, err := a.place(x, smtpPassword)
		if err != nil {
			return err
		}
		a.anchor.Add(p, x.Kind, x.Every)
	}
	return nil
}

func (a *App) place(x config.Anchor, smtpPassword string) (anchor.Place, error) {
	switch x.Kind {
	case config.Directory:
		return anchor.Directory(x.Dir, a.Clock), nil
	case config.Bucket:
		return &bucket{config: x, clock: a.Clock}, nil
	case config.Mailbox:
		m := a.Config.SMTP
		host, _, err := net.SplitHostPort(m.Server)
		if err != nil {
			return nil, fault.Invalidf("app.open", "smtp.server is not a server with a port")
		}
		ip := net.ParseIP(host)
		here := host == "localhost" || ip != nil && ip.IsLoopback()
		return anchor.Mailbox(anchor.Mail{Server: m.Server, From: m.From, To: x.To, User: m.User, Password: smtpPassword, RequireTLS: !here}, a.Clock)
	case config.Witness:
		var keep anchor.Place
		if x.Dir != "" {
			keep = anchor.Directory(x.Dir, a.Clock)
		}
		return anchor.Witness(x.URL, x.Key, a.Log.PublicKey(), a.Log, keep, nil)
	}
	return nil, fault.Invalidf("app.open", "there is no place outside of the kind %s", x.Kind)
}

// bucket is opened when it is first sent to: looking for credentials can take
// long, and a command that sends nothing should not fail for the lack of them.
type bucket struct {
	config config.Anchor
	clock  clock.Clock

	mu sync.Mutex
	p  anchor.Place
}

// Name implements [anchor.Place].
func (b *bucket) Name() string { return "bucket " + b.config.Name }

// Put implements [anchor.Place].
func (b *bucket) Put(ctx context.Context, checkpoint []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.p == nil {
		p, err := anchor.Bucket(b.config.URL, b.config.Name, b.config.Retain, b.clock)
		if err != nil {
			return err
		}
		b.p = p
	}
	return b.p.Put(ctx, checkpoint)
}

// sendWithin bounds how long somebody who waits for a page waits for the places.
const sendWithin = 10 * time.Second

// sendBriefly sends the newest checkpoint to every place that answers soon.
// What failed stands in the log and is tried again.
func (a *App) sendBriefly(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, sendWithin)
	defer cancel()
	if err := a.anchor.Send(ctx); err != nil {
		a.Errors.Warn("a checkpoint was not sent to every place outside", "error", err)
	}
}

// outside is in how many places the newest checkpoint is kept.
func (a *App) outside() int {
	n, err := a.anchor.Held(context.Background())
	if err != nil {
		return 0 // nothing is known of any
	}
	return n
}

// kept reads the checkpoints that were sent to directories. One that is empty or
// cannot be reached has nothing to say.
func (a *App) kept() ([]verify.Kept, error) {
	all, err := a.Config.Places(a.Dir)
	if err != nil {
		return nil, err
	}
	var out []verify.Kept
	for _, x := range all {
		if x.Dir == "" {
			continue
		}
		k, err := verify.LoadKept(x.Dir)
		if err == nil {
			out = append(out, k...)
		} else if !fault.Is(err, fault.Invalid) {
			a.Errors.Warn("checkpoints kept outside could not be read", "error", err)
		}
	}
	return out, nil
}
