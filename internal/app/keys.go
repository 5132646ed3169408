package app

import (
	"context"
	"net/url"
	"path/filepath"
	"strconv"

	"caseward/internal/actor"
	"caseward/internal/keys"
	"caseward/internal/keys/share"
	"caseward/internal/kms"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// The actions of changing what opens the key file, and of trying shares.
const (
	keySlot = "key.slot"
	keyTry  = "key.try"
)

// unlock is what a key file is opened with: shares if there are any, else the
// passphrase, else whatever key-management service the file names.
func (o Options) unlock(passphrase []byte) keys.Unlock {
	return keys.Unlock{Passphrase: passphrase, Shares: o.Shares, KMS: kms.New(kms.Options{Clock: o.Clock})}
}

// OpenedBy says, for the server's log, what opened the key file.
func (a *App) OpenedBy() string {
	for _, s := range a.Keys.Slots() {
		if !s.Opened {
			continue
		}
		if u, err := url.Parse(s.URL); err == nil && s.URL != "" {
			return s.Kind + " " + u.Scheme + "://" + u.Host + u.Path
		}
		return s.Kind
	}
	return keys.Passphrase
}

// entry leaves the entry of a change of what opens the key file, before it is made.
func (a *App) entry(ctx context.Context, who actor.Actor, action string, detail map[string]string) error {
	return a.Door.Permit(ctx, who, action, record.Subject{}, false, policy.Set(policy.Program), detail)
}

// SetPassphrase makes another passphrase open the key file, instead of the one that
// does.
func (a *App) SetPassphrase(ctx context.Context, who actor.Actor, passphrase []byte) (keys.SlotInfo, error) {
	if err := keys.CheckPassphrase(passphrase); err != nil {
		return keys.SlotInfo{}, err
	}
	if err := a.entry(ctx, who, keySlot, map[string]string{"change": "passphrase", "by": a.OpenedBy()}); err != nil {
		return keys.SlotInfo{}, err
	}
	return a.Keys.SetPassphrase(a.Clock, passphrase)
}

// MakeShares makes one share for each holder, of which need open the key file. They
// are returned and kept nowhere.
func (a *App) MakeShares(ctx context.Context, who actor.Actor, need int, holders []string) ([]share.Share, keys.SlotInfo, error) {
	if err := share.Check(need, len(holders)); err != nil {
		return nil, keys.SlotInfo{}, err
	}
	if err := a.entry(ctx, who, keySlot, map[string]string{"change": "shares", "need": strconv.Itoa(need), "of": strconv.Itoa(len(holders)), "by": a.OpenedBy()}); err != nil {
		return nil, keys.SlotInfo{}, err
	}
	return a.Keys.AddShares(a.Clock, need, holders)
}

// TryShares proves that shares open the key file, which ends older ones, and says how
// many sets those were.
func (a *App) TryShares(ctx context.Context, who actor.Actor, shares []share.Share) (keys.SlotInfo, int, error) {
	if err := a.entry(ctx, who, keyTry, map[string]string{"shares": strconv.Itoa(len(shares))}); err != nil {
		return keys.SlotInfo{}, 0, err
	}
	return a.Keys.TryShares(a.Clock, shares)
}

// AddKMS lets the key-management service at a URL open the key file. What it wraps is
// bound to the name of the log.
func (a *App) AddKMS(ctx context.Context, who actor.Actor, at string) (keys.SlotInfo, error) {
	if err := kms.Check(at); err != nil {
		return keys.SlotInfo{}, err
	}
	detail := map[string]string{"change": "kms", "by": a.OpenedBy()}
	if u, err := url.Parse(at); err == nil {
		detail["service"] = u.Scheme + "://" + u.Host + u.Path
	}
	if err := a.entry(ctx, who, keySlot, detail); err != nil {
		return keys.SlotInfo{}, err
	}
	return a.Keys.AddKMS(ctx, a.Clock, kms.New(kms.Options{Clock: a.Clock}), at, a.Config.LogName)
}

// RemoveSlots takes away what opens the key file.
func (a *App) RemoveSlots(ctx context.Context, who actor.Actor, ids ...string) error {
	for _, id := range ids {
		if err := a.entry(ctx, who, keySlot, map[string]string{"change": "remove", "slot": id, "by": a.OpenedBy()}); err != nil {
			return err
		}
	}
	return a.Keys.Remove(a.Clock, ids...)
}

// KeySlots lists what opens the key file of a data directory, without opening it: for
// whoever has lost what they opened it with.
func KeySlots(dir string) ([]keys.SlotInfo, error) {
	return keys.ReadSlots(filepath.Join(dir, keys.FileName))
}
