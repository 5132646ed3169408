package org

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
	"caseward/internal/secret"
)

// The states of a key for provisioning, as the label says them.
const (
	KeyLive    = "live"
	KeyRevoked = "revoked"
)

// ScimKey is leave for the system that provisions accounts to add, change and end staff
// records by SCIM. Its secret is kept nowhere: a key is found by the hash of it.
type ScimKey struct {
	Name      string    `class:"program" doc:"What the key is called: the system that has it."`
	MadeBy    string    `class:"program" doc:"Id of the worker or service that made it."`
	MadeAt    time.Time `class:"program" doc:"When it was made."`
	Until     time.Time `class:"program" doc:"When it ends by itself."`
	RevokedAt time.Time `class:"program" doc:"When it was revoked; empty while it was not."`
	UsedAt    time.Time `class:"program" doc:"When a request came by it, the first of the last day on which one did; empty for never."`
	Hash      string    `class:"program" doc:"SHA-256 of the secret, in hexadecimal."`
}

// ScimKeyID is the id of a key.
type ScimKeyID = record.ID[ScimKey]

// ScimKeyKind declares keys for provisioning.
var ScimKeyKind = record.Define(record.Kind[ScimKey]{
	Name:      "scimkey",
	Doc:       "Leave for the system that provisions accounts to add, change and end staff records by SCIM.",
	Retention: "workforce",
	Labels: func(k ScimKey) record.Labels {
		l := record.Labels{State: KeyLive, At: k.UsedAt, Due: k.Until, Ext: k.Hash}
		if !k.RevokedAt.IsZero() {
			l.State = KeyRevoked
		}
		return l
	},
})

// MostKeyDays is how long a key for provisioning lasts at most.
const MostKeyDays = 400

// ScimKeys are the use-cases on keys for provisioning.
type ScimKeys struct {
	door *record.Door
	keys record.Records[ScimKey]
	who  func(key string) actor.Actor
}

// NewScimKeys returns the use-cases; who is the service that acts by a key of some id.
func NewScimKeys(d *record.Door, who func(key string) actor.Actor) *ScimKeys {
	return &ScimKeys{door: d, keys: record.Use(d, ScimKeyKind), who: who}
}

// Make makes a key for some days and returns its secret, which is shown once and kept
// nowhere. The asker must have proved again who they are. Errors: Invalid with fields,
// Denied.
func (s *ScimKeys) Make(ctx context.Context, who actor.Actor, name string, days int) (key string, err error) {
	const op = "scimkey.create"
	name = strings.TrimSpace(name)
	var wrong []fault.Field
	if n := utf8.RuneCountInString(name); n == 0 || n > 80 {
		wrong = append(wrong, fault.Field{Name: "name", Message: "Name the system that gets the key, in at most 80 characters."})
	}
	if days < 1 || days > MostKeyDays {
		wrong = append(wrong, fault.Field{Name: "days", Message: "Give days from 1 to 400."})
	}
	if len(wrong) > 0 {
		return "", fault.InvalidFields(op, wrong...)
	}
	key = "cws_" + secret.New()
	now := s.door.Clock().Now()
	w := s.door.Work(who, op)
	s.keys.CreateAs(w, op, record.Subject{}, ScimKey{Name: name, MadeBy: who.Worker(), MadeAt: now, Until: now.AddDate(0, 0, days), Hash: secret.Hash(key)})
	if err := w.Commit(ctx); err != nil {
		return "", err
	}
	return key, nil
}

// List lists the keys, newest first.
func (s *ScimKeys) List(ctx context.Context, who actor.Actor) ([]record.Opened[ScimKey], error) {
	l, err := s.keys.Find(ctx, who, record.Query{Limit: 100})
	return l.Rows, err
}

// Revoke ends a key at once. Conflict: it was revoked before.
func (s *ScimKeys) Revoke(ctx context.Context, who actor.Actor, id ScimKeyID) error {
	const op = "scimkey.revoke"
	now := s.door.Clock().Now()
	w := s.door.Work(who, op)
	s.keys.Change(w, "revoke", id, 0, func(k *ScimKey) error {
		if !k.RevokedAt.IsZero() {
			return fault.Conflictf(op, "the key was revoked before")
		}
		k.RevokedAt = now
		return nil
	})
	return w.Commit(ctx)
}

// Admit returns the service that acts by a secret. Denied: it is nobody's, was revoked or
// has ended; the three cannot be told apart. That the key was used is noted once a day.
func (s *ScimKeys) Admit(ctx context.Context, key string) (actor.Actor, error) {
	no := fault.DeniedBy("scim.key")
	if s, ok := strings.CutPrefix(key, "cws_"); !ok || !secret.Is(s, 0) {
		return actor.Actor{}, no
	}
	who := s.who("")
	id, _, _, found, err := s.keys.FindExt(ctx, who, secret.Hash(key))
	if err != nil {
		return actor.Actor{}, err
	}
	if !found {
		return actor.Actor{}, no
	}
	l, _, found, err := s.keys.LabelsOf(ctx, who, id)
	switch {
	case err != nil:
		return actor.Actor{}, err
	case !found, l.State != KeyLive, !s.door.Clock().Now().Before(l.Due):
		return actor.Actor{}, no
	}
	who = s.who(id.String())
	if now := s.door.Clock().Now(); now.Sub(l.At) >= 24*time.Hour {
		w := s.door.Work(who, "scimkey.use")
		s.keys.Change(w, "use", id, 0, func(k *ScimKey) error {
			k.UsedAt = now
			return nil
		})
		if err := w.Commit(ctx); err != nil {
			return actor.Actor{}, err
		}
	}
	return who, nil
}
