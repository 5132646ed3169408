package appointment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
	"caseward/internal/secret"
)

// The states of a feed, as the label says them.
const (
	Live    = "live"
	Revoked = "revoked"
)

// Feed is leave for programs that know a secret to read when a worker is busy.
// The secret itself is kept nowhere: a feed is found by the hash of it.
type Feed struct {
	Worker    string    `class:"workforce" doc:"Id of the worker whose busy times it shows."`
	Title     string    `class:"workforce" doc:"What every entry is called, in the worker's language."`
	MadeAt    time.Time `class:"workforce" doc:"When it was made."`
	RevokedAt time.Time `class:"workforce" doc:"When it was revoked or replaced."`
	Hash      string    `class:"workforce" doc:"SHA-256 of the secret, in hexadecimal."`
}

// FeedID is the id of a feed.
type FeedID = record.ID[Feed]

// FeedKind keeps feeds.
var FeedKind = record.Define(record.Kind[Feed]{
	Name:      "feed",
	Doc:       "Leave for calendar programs that know a secret to read when a worker is busy.",
	Retention: "workforce",
	Labels: func(f Feed) record.Labels {
		l := record.Labels{State: Live, Owner: f.Worker, At: f.MadeAt, Ext: f.Hash}
		if !f.RevokedAt.IsZero() {
			l.State = Revoked
		}
		return l
	},
})

// Standing says whether a worker may still work here; package org does.
type Standing func(ctx context.Context, worker string) (active bool, err error)

// Feeds are the use-cases on feeds.
type Feeds struct {
	door         *record.Door
	feeds        record.Records[Feed]
	appointments record.Records[Appointment]
	who          actor.Actor // the service that reads for programs without a session
	active       Standing
}

// NewFeeds returns the use-cases behind door. who is the service actor under whose
// name a feed is read.
func NewFeeds(door *record.Door, who actor.Actor, active Standing) *Feeds {
	return &Feeds{door: door, feeds: record.Use(door, FeedKind), appointments: record.Use(door, Kind), who: who, active: active}
}

// ParseSecret reads the secret out of the last part of a feed's path. A malformed
// one is answered like one that is nobody's.
func ParseSecret(s string) (string, error) {
	s = strings.TrimSuffix(s, ".ics")
	if !secret.Is(s, 0) {
		return "", fault.NotFoundf("feed.read")
	}
	return s, nil
}

// Own is the asker's live feed; found is false if they have none.
func (fs *Feeds) Own(ctx context.Context, who actor.Actor) (o record.Opened[Feed], found bool, err error) {
	l, err := fs.feeds.Find(ctx, who, record.Query{Owner: who.Worker(), State: Live, Limit: 1})
	if err != nil || len(l.Rows) == 0 {
		return o, false, err
	}
	return l.Rows[0], true, nil
}

// Make makes the asker's feed, in place of one they have, and returns its secret:
// it is shown once and kept nowhere. What every entry is called, as "Appointment",
// says nothing about anybody.
func (fs *Feeds) Make(ctx context.Context, who actor.Actor, title string) (text string, err error) {
	old, found, err := fs.Own(ctx, who)
	if err != nil {
		return "", err
	}
	text = secret.New()
	now := fs.door.Clock().Now()
	w := fs.door.Work(who, "feed.create")
	if found {
		fs.revoke(w, old.ID, now)
	}
	fs.feeds.Create(w, record.Subject{}, Feed{Worker: who.Worker(), Title: title, MadeAt: now, Hash: secret.Hash(text)})
	return text, w.Commit(ctx)
}

// Revoke ends the asker's feed at once.
func (fs *Feeds) Revoke(ctx context.Context, who actor.Actor) error {
	old, found, err := fs.Own(ctx, who)
	if err != nil || !found {
		return err
	}
	w := fs.door.Work(who, "feed.revoke")
	fs.revoke(w, old.ID, fs.door.Clock().Now())
	return w.Commit(ctx)
}

func (fs *Feeds) revoke(w *record.Work, id FeedID, now time.Time) {
	fs.feeds.Change(w, "revoke", id, 0, func(f *Feed) error {
		if f.RevokedAt.IsZero() {
			f.RevokedAt = now
		}
		return nil
	})
}

// How far a feed reaches.
const (
	back  = 30 * 24 * time.Hour
	ahead = 180 * 24 * time.Hour
)

// Fetch returns the calendar of whoever's secret this is, in the form of RFC 5545,
// as one read with one entry; what is more than a list holds is read on, each time
// with an entry of its own. NotFound: it is nobody's, was revoked, or is of
// somebody who no longer works here; the three cannot be told apart.
func (fs *Feeds) Fetch(ctx context.Context, text string) ([]byte, error) {
	const op = "feed.read"
	id, _, _, found, err := fs.feeds.FindExt(ctx, fs.who, secret.Hash(text))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.NotFoundf(op)
	}
	l, _, found, err := fs.feeds.LabelsOf(ctx, fs.who, id)
	if err != nil {
		return nil, err
	}
	if !found || l.State != Live {
		return nil, fault.NotFoundf(op)
	}
	if ok, err := fs.active(ctx, l.Owner); err != nil || !ok {
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		return nil, fault.NotFoundf(op)
	}
	now := fs.door.Clock().Now()
	var queries []record.Query
	for _, state := range []string{Planned, Kept} {
		queries = append(queries, within(l.Owner, state, now.Add(-back), now.Add(ahead))...)
	}
	var feed *record.Got[Feed]
	var rows []Opened
	for len(queries) > 0 {
		v := fs.door.View(fs.who, op)
		v.Detail("worker", l.Owner)
		if feed == nil {
			feed = fs.feeds.Want(v, id)
		}
		lists := make([]*record.List[Appointment], len(queries))
		for i, q := range queries {
			lists[i] = fs.appointments.WantAll(v, q)
		}
		if err := v.Open(ctx); err != nil {
			return nil, err
		}
		var more []record.Query
		for i, q := range queries {
			rows = append(rows, lists[i].Rows...)
			if q.After = lists[i].Next; q.After != "" {
				more = append(more, q)
			}
		}
		queries = more
	}
	sortRows(rows)
	var busy []Busy
	for _, o := range rows {
		sum := sha256.Sum256([]byte(feed.Value.Hash + o.ID.String()))
		busy = append(busy, Busy{UID: hex.EncodeToString(sum[:16]) + "@caseward", From: o.Value.Start, Until: o.Value.End(), Changed: o.ChangedAt})
	}
	return ICalendar(feed.Value.Title, busy), nil
}
