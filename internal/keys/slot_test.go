package keys_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
	"caseward/internal/keys/share"
)

const another = "six other words that are long"

// key is a key file in a directory of its own, and its path.
func key(t *testing.T) (*keys.File, string, *clock.Fake) {
	t.Helper()
	dir, c := t.TempDir(), clock.NewFake(start)
	return keystest.File(t, dir, c), filepath.Join(dir, keys.FileName), c
}

func with(passphrase string) keys.Unlock { return keys.Unlock{Passphrase: []byte(passphrase)} }

// opens reports whether u opens the file and what was wrapped by f comes out.
func opens(t *testing.T, path string, u keys.Unlock, f *keys.File) error {
	t.Helper()
	kek, wrapped, err := f.Wrap(ctx, []byte("aad"), []byte("what was wrapped"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := keys.Open(ctx, path, u)
	if err != nil {
		return err
	}
	got, err := g.Unwrap(ctx, kek, []byte("aad"), wrapped)
	if err == nil && string(got) != "what was wrapped" {
		t.Fatal("something else came out")
	}
	return err
}

// refused fails unless err is Invalid and says so.
func refused(t *testing.T, err error, k fault.Kind, says string) {
	t.Helper()
	if !fault.Is(err, k) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v; want it to say %q", err, says)
	}
}

func bytesOf(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// testdata/first.key was written by the program that knew that form only.
func TestFirstForm(t *testing.T) {
	const kek, wrapped = "k22e03c19208f", "d8baeba7b309a71915cf5b5f040316b025320a8ba8b3faaf11a0512a46c0f761593c825827a4bf24f58db0eb"
	w, err := hex.DecodeString(wrapped)
	if err != nil {
		t.Fatal(err)
	}
	first := bytesOf(t, "testdata/first.key")
	path := filepath.Join(t.TempDir(), keys.FileName)
	c := clock.NewFake(start.Add(24 * time.Hour))
	put(t, path, first)
	f, err := keys.Open(ctx, path, with(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("it opens, and what it wrapped comes out", func(t *testing.T) {
		got, err := f.Unwrap(ctx, kek, []byte("aad"), w)
		if err != nil || string(got) != "what was wrapped" || len(f.Keys()) != 2 || f.Current() != kek {
			t.Errorf("%q, %v", got, err)
		}
		if s := f.Slots(); len(s) != 1 || s[0].Kind != keys.Passphrase {
			t.Errorf("%+v", s)
		}
	})
	t.Run("opening leaves it as it is", func(t *testing.T) {
		if !bytes.Equal(bytesOf(t, path), first) {
			t.Error("it was changed")
		}
	})
	t.Run("another passphrase, and none, do not open it", func(t *testing.T) {
		_, err := keys.Open(ctx, path, with(another))
		refused(t, err, fault.Invalid, "passphrase does not open")
		_, err = keys.Open(ctx, path, keys.Unlock{KMS: &service{}})
		refused(t, err, fault.Invalid, "opened by a passphrase")
	})
	t.Run("its next change writes the new form, with the same keys and passphrase", func(t *testing.T) {
		serving, err := keys.Open(ctx, path, with(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rotate(c); err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(bytesOf(t, path), []byte("caseward-keys/2")) {
			t.Error("it is of the old form")
		}
		if err := opens(t, path, with(passphrase), f); err != nil {
			t.Error(err)
		}
		// A process that opened the old form follows.
		now, wrapped, err := f.Wrap(ctx, nil, []byte("x"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := serving.Unwrap(ctx, now, nil, wrapped); err != nil {
			t.Error(err)
		}
	})
	t.Run("so does another passphrase, which then is the only one", func(t *testing.T) {
		put(t, path, first)
		f, err := keys.Open(ctx, path, with(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.SetPassphrase(c, []byte(another)); err != nil {
			t.Fatal(err)
		}
		if err := opens(t, path, with(another), f); err != nil || len(f.Slots()) != 1 {
			t.Errorf("%v, %+v", err, f.Slots())
		}
		refused(t, opens(t, path, with(passphrase), f), fault.Invalid, "does not open")
	})
}

func TestPassphrase(t *testing.T) {
	f, path, c := key(t)
	old := bytesOf(t, path)
	serving, err := keys.Open(ctx, path, with(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a short one changes nothing", func(t *testing.T) {
		_, err := f.SetPassphrase(c, []byte("short"))
		refused(t, err, fault.Invalid, "at least")
		if !bytes.Equal(bytesOf(t, path), old) {
			t.Error("the file was changed")
		}
	})
	if _, err := f.SetPassphrase(c, []byte(another)); err != nil {
		t.Fatal(err)
	}
	t.Run("the new one opens the file, and the old one does not", func(t *testing.T) {
		if err := opens(t, path, with(another), f); err != nil {
			t.Error(err)
		}
		refused(t, opens(t, path, with(passphrase), f), fault.Invalid, "does not open")
		if !f.Knows([]byte(another)) || f.Knows([]byte(passphrase)) {
			t.Error("the old one is still taken for the passphrase")
		}
	})
	t.Run("a server that was started with the old one goes on wrapping by the key that is still the newest", func(t *testing.T) {
		if k, _, err := serving.Wrap(ctx, nil, []byte("x")); err != nil || k != f.Current() {
			t.Errorf("by %s: %v", k, err)
		}
	})
	held, wrapped, err := serving.Wrap(ctx, nil, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the file changed it is can be changed again", func(t *testing.T) {
		if _, err := f.Rotate(c); err != nil {
			t.Fatal(err)
		}
		if err := opens(t, path, with(another), f); err != nil {
			t.Error(err)
		}
	})
	t.Run("then it opens what it could, wraps nothing by the older key, and is told", func(t *testing.T) {
		if _, err := serving.Unwrap(ctx, held, nil, wrapped); err != nil {
			t.Error(err)
		}
		_, _, err := serving.Wrap(ctx, nil, []byte("x"))
		refused(t, err, fault.Unavailable, "started again")
		refused(t, serving.Look(ctx), fault.Invalid, "passphrase does not open")
		if _, err := serving.Rotate(c); !fault.Is(err, fault.Unavailable) {
			t.Errorf("it wrote over the file: %v", err)
		}
	})
	t.Run("an old copy opens with the old passphrase, and has no key made since", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "old.key")
		put(t, copied, old)
		g, err := keys.OpenCopy(copied, []byte(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		if k := g.Keys(); len(k) != 1 || k[0].ID == f.Current() {
			t.Errorf("%+v", k)
		}
	})
	t.Run("what an old copy gives does not open the newer body", func(t *testing.T) {
		// Its slots beside the newer body: whoever has the old passphrase would have the
		// file key, if that were the same.
		now := bytesOf(t, path)
		i, j := bytes.LastIndex(old, []byte(`"current"`)), bytes.LastIndex(now, []byte(`"current"`))
		put(t, path, append(slices.Clone(old[:i]), now[j:]...))
		refused(t, opens(t, path, with(passphrase), f), fault.Invalid, "changed by something else")
		put(t, path, now)
	})
}

func TestShares(t *testing.T) {
	f, path, c := key(t)
	holders := []string{"Ruth Example", "the chair", "the notary"}
	shares, made, err := f.AddShares(c, 2, holders)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("each holder has one, and the file says so and holds none", func(t *testing.T) {
		if len(shares) != 3 || made.Need != 2 || !slices.Equal(made.Holders, holders) || !made.Tried.IsZero() {
			t.Errorf("%d, %+v", len(shares), made)
		}
		b := bytesOf(t, path)
		for _, s := range shares {
			if bytes.Contains(b, []byte(s.Words()[7]+" ")) || bytes.Contains(b, []byte(s.Text())) {
				t.Error("a share is in the file")
			}
		}
	})
	t.Run("any two open the file, offline, and the passphrase still does", func(t *testing.T) {
		for i := range shares {
			if err := opens(t, path, keys.Unlock{Shares: []share.Share{shares[i], shares[(i+1)%3]}}, f); err != nil {
				t.Error(err)
			}
		}
		if err := opens(t, path, with(passphrase), f); err != nil {
			t.Error(err)
		}
	})
	t.Run("one does not, nor two of another agency's", func(t *testing.T) {
		refused(t, opens(t, path, keys.Unlock{Shares: shares[:1]}, f), fault.Invalid, "2 shares are needed")
		other, err := share.Split(bytes.Repeat([]byte{7}, share.Size), 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, opens(t, path, keys.Unlock{Shares: other}, f), fault.Invalid, "another set")
	})
	t.Run("a key made later is opened by the same shares", func(t *testing.T) {
		if _, err := f.Rotate(c); err != nil {
			t.Fatal(err)
		}
		if err := opens(t, path, keys.Unlock{Shares: shares}, f); err != nil {
			t.Error(err)
		}
	})
	t.Run("with them a lost passphrase is replaced", func(t *testing.T) {
		g, err := keys.Open(ctx, path, keys.Unlock{Shares: shares[1:]})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.SetPassphrase(c, []byte(another)); err != nil {
			t.Fatal(err)
		}
		if err := opens(t, path, with(another), g); err != nil {
			t.Error(err)
		}
		f = g
	})
	t.Run("older shares open until the new ones were tried, and then no more", func(t *testing.T) {
		next, _, err := f.AddShares(c, 3, []string{"a", "b", "c", "d"})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range [][]share.Share{shares, next} {
			if err := opens(t, path, keys.Unlock{Shares: s}, f); err != nil {
				t.Error(err)
			}
		}
		if _, _, err := f.TryShares(c, next[:2]); !fault.Is(err, fault.Invalid) {
			t.Errorf("two of three needed: %v", err)
		}
		c.Advance(time.Hour)
		// The old set's drill ends nothing newer.
		if s, ended, err := f.TryShares(c, shares); err != nil || ended != 0 || !s.Tried.Equal(c.Now()) {
			t.Errorf("%+v, %d ended, %v", s, ended, err)
		}
		if s, ended, err := f.TryShares(c, next[1:]); err != nil || ended != 1 || !s.Tried.Equal(c.Now()) {
			t.Errorf("%+v, %d ended, %v", s, ended, err)
		}
		refused(t, opens(t, path, keys.Unlock{Shares: shares}, f), fault.Invalid, "another set")
		if err := opens(t, path, keys.Unlock{Shares: next}, f); err != nil {
			t.Error(err)
		}
	})
}

// service is a key-management service that keeps what it wrapped.
type service struct {
	mu    sync.Mutex
	held  map[string][]byte
	away  error
	wrong bool
	asked int
}

func (s *service) Wrap(_ context.Context, url, bound string, secret []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held == nil {
		s.held = map[string][]byte{}
	}
	w := keys.Random(20)
	s.held[url+"|"+bound+"|"+string(w)] = bytes.Clone(secret)
	return w, s.away
}

func (s *service) Unwrap(_ context.Context, url, bound string, wrapped []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	got := s.held[url+"|"+bound+"|"+string(wrapped)]
	if s.away == nil && got == nil {
		return nil, errors.New("not wrapped here")
	}
	if s.wrong {
		got = keys.Random(keys.Size)
	}
	return got, s.away
}

func TestService(t *testing.T) {
	f, path, c := key(t)
	s := &service{}
	before := bytesOf(t, path)
	t.Run("a service that is away, or gives back something else, is not taken", func(t *testing.T) {
		s.away = errors.New("away")
		if _, err := f.AddKMS(ctx, c, s, "kms://one", "log"); err == nil {
			t.Error("taken")
		}
		s.away, s.wrong = nil, true
		_, err := f.AddKMS(ctx, c, s, "kms://one", "log")
		refused(t, err, fault.Unavailable, "something else")
		if s.wrong = false; !bytes.Equal(bytesOf(t, path), before) {
			t.Error("the file was changed")
		}
	})
	one, err := f.AddKMS(ctx, c, s, "kms://one", "log")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("it opens the file where nothing else was given, asked once", func(t *testing.T) {
		s.asked = 0
		g, err := keys.Open(ctx, path, keys.Unlock{KMS: s})
		if err != nil || s.asked != 1 {
			t.Fatalf("asked %d times, %v", s.asked, err)
		}
		if i := slices.IndexFunc(g.Slots(), func(x keys.SlotInfo) bool { return x.Opened }); i < 0 || g.Slots()[i].ID != one.ID {
			t.Errorf("%+v", g.Slots())
		}
		t.Run("and a change elsewhere is followed without asking again", func(t *testing.T) {
			if _, err := f.Rotate(c); err != nil {
				t.Fatal(err)
			}
			k, w, err := f.Wrap(ctx, nil, []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			s.away = errors.New("away")
			defer func() { s.away = nil }()
			if _, err := g.Unwrap(ctx, k, nil, w); err != nil || s.asked != 1 {
				t.Errorf("asked %d times, %v", s.asked, err)
			}
			if err := g.Look(ctx); err != nil {
				t.Error(err)
			}
		})
		t.Run("one whose slot was made anew asks where nobody waits, and only there", func(t *testing.T) {
			if one, err = f.AddKMS(ctx, c, s, "kms://one", "log"); err != nil {
				t.Fatal(err)
			}
			if _, err := f.Rotate(c); err != nil {
				t.Fatal(err)
			}
			k, w, err := f.Wrap(ctx, nil, []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			s.asked = 0
			if _, err := g.Unwrap(ctx, k, nil, w); !fault.Is(err, fault.Unavailable) || s.asked != 0 {
				t.Errorf("asked %d times, %v", s.asked, err)
			}
			if err := g.Look(ctx); err != nil || s.asked != 1 {
				t.Errorf("asked %d times, %v", s.asked, err)
			}
			if _, err := g.Unwrap(ctx, k, nil, w); err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("a passphrase that was given and is wrong is not passed over", func(t *testing.T) {
		s.asked = 0
		_, err := keys.Open(ctx, path, keys.Unlock{Passphrase: []byte(another), KMS: s})
		refused(t, err, fault.Invalid, "passphrase does not open")
		if s.asked != 0 {
			t.Error("the service was asked")
		}
	})
	t.Run("one that is away is told, and another one is asked", func(t *testing.T) {
		if _, err := f.AddKMS(ctx, c, s, "kms://two", "log"); err != nil {
			t.Fatal(err)
		}
		s.away = errors.New("away")
		if _, err := keys.Open(ctx, path, keys.Unlock{KMS: s}); err == nil || !strings.Contains(err.Error(), "away") {
			t.Errorf("got %v", err)
		}
		s.away = nil
		for k := range s.held {
			if strings.HasPrefix(k, "kms://one|") {
				delete(s.held, k)
			}
		}
		if err := opens(t, path, keys.Unlock{KMS: s}, f); err != nil {
			t.Error(err)
		}
		if err := f.Ask(ctx, one.ID); err == nil {
			t.Error("the one that lost its key is said to answer")
		}
	})
}

func TestRemove(t *testing.T) {
	f, path, c := key(t)
	s := &service{}
	of := func(f *keys.File, kind string) string {
		for _, x := range f.Slots() {
			if x.Kind == kind {
				return x.ID
			}
		}
		return ""
	}
	pass := of(f, keys.Passphrase)
	t.Run("the last one stays", func(t *testing.T) {
		refused(t, f.Remove(c, pass), fault.Conflict, "the last")
	})
	made, err := f.AddKMS(ctx, c, s, "kms://one", "log")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the one that opened the file stays", func(t *testing.T) {
		refused(t, f.Remove(c, pass), fault.Conflict, "just now")
	})
	t.Run("one that is not there is told", func(t *testing.T) {
		refused(t, f.Remove(c, "s000000000000"), fault.Invalid, "no slot")
	})
	t.Run("opened by another, it goes, and opens nothing any more", func(t *testing.T) {
		g, err := keys.Open(ctx, path, keys.Unlock{KMS: s})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Remove(c, pass); err != nil {
			t.Fatal(err)
		}
		refused(t, opens(t, path, with(passphrase), g), fault.Invalid, "no passphrase opens")
		if err := opens(t, path, keys.Unlock{KMS: s}, g); err != nil {
			t.Error(err)
		}
		refused(t, g.Remove(c, made.ID), fault.Conflict, "the last")
	})
	t.Run("a list without opening says the same", func(t *testing.T) {
		got, err := keys.ReadSlots(path)
		if err != nil || len(got) != 1 || got[0].ID != made.ID || got[0].URL != "kms://one" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestOneChangeAtATime(t *testing.T) {
	f, path, c := key(t)
	t.Run("a change beside another is refused and changes nothing", func(t *testing.T) {
		before := bytesOf(t, path)
		put(t, path+".lock", nil)
		_, err := f.Rotate(c)
		refused(t, err, fault.Conflict, "caseward.key.lock")
		if !bytes.Equal(bytesOf(t, path), before) || len(f.Keys()) != 1 {
			t.Error("it was changed")
		}
		if err := os.Remove(path + ".lock"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("of many at once none loses what another wrote", func(t *testing.T) {
		const n = 6
		var made sync.Map
		var wait sync.WaitGroup
		for range n {
			g, err := keys.Open(ctx, path, with(passphrase))
			if err != nil {
				t.Fatal(err)
			}
			wait.Go(func() {
				for {
					k, err := g.Rotate(c)
					if err == nil {
						made.Store(k.ID, true)
						return
					}
					if !fault.Is(err, fault.Conflict) {
						t.Error(err)
						return
					}
				}
			})
		}
		wait.Wait()
		g, err := keys.Open(ctx, path, with(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		made.Range(func(id, _ any) bool {
			if !slices.ContainsFunc(g.Keys(), func(k keys.Info) bool { return k.ID == id }) {
				t.Errorf("%s is lost", id)
			}
			return true
		})
		if len(g.Keys()) != n+1 {
			t.Errorf("%d keys", len(g.Keys()))
		}
	})
}
