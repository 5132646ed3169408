package keys_test

import (
	"bytes"
	"context"
	"crypto/fips140"
	"crypto/mlkem"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, time.November, 20, 15, 0, 0, 0, time.UTC)
)

const passphrase = keystest.Passphrase

func TestKeyFile(t *testing.T) {
	dir, c := t.TempDir(), clock.NewFake(start)
	path := filepath.Join(dir, keys.FileName)
	f := keystest.File(t, dir, c)
	aad, key := []byte("subject_key/s1"), bytes.Repeat([]byte{7}, keys.Size)
	kek, wrapped, err := f.Wrap(ctx, aad, key)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("the file is for its owner only, and holds no key in clear", func(t *testing.T) {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"created_at", f.Current(), passphrase} {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("the file shows %q", s)
			}
		}
	})
	t.Run("what was wrapped is unwrapped by the file opened anew", func(t *testing.T) {
		again, err := keys.OpenFile(dir, []byte(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		got, err := again.Unwrap(ctx, kek, aad, wrapped)
		if err != nil || !bytes.Equal(got, key) || again.Current() != kek {
			t.Errorf("%v", err)
		}
	})
	t.Run("a wrong passphrase opens nothing, and the answer does not repeat it", func(t *testing.T) {
		for _, p := range []string{"", "correct horse battery stapl", passphrase + " ", strings.ToUpper(passphrase)} {
			_, err := keys.OpenFile(dir, []byte(p))
			if !fault.Is(err, fault.Invalid) || (p != "" && strings.Contains(err.Error(), p)) {
				t.Errorf("got %v", err)
			}
		}
	})
	t.Run("a wrapped key that was changed, or belongs elsewhere, is refused", func(t *testing.T) {
		for i := range wrapped {
			bad := bytes.Clone(wrapped)
			bad[i] ^= 1
			if _, err := f.Unwrap(ctx, kek, aad, bad); err == nil {
				t.Fatalf("a flip of byte %d passes", i)
			}
		}
		if _, err := f.Unwrap(ctx, kek, []byte("subject_key/s2"), wrapped); err == nil {
			t.Error("another client's")
		}
		if _, err := f.Unwrap(ctx, "k000000000000", aad, wrapped); !fault.Is(err, fault.Unavailable) {
			t.Errorf("an unknown key: %v", err)
		}
		if _, err := f.Unwrap(ctx, kek, aad, nil); err == nil {
			t.Error("nothing at all")
		}
	})
	t.Run("a second file is not made over the first", func(t *testing.T) {
		before, _ := os.ReadFile(path)
		if _, err := keys.CreateFile(dir, []byte(passphrase), c); !fault.Is(err, fault.Conflict) {
			t.Fatalf("got %v", err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Error("the file was changed")
		}
	})
	t.Run("a short passphrase makes no file", func(t *testing.T) {
		other := t.TempDir()
		if _, err := keys.CreateFile(other, bytes.Repeat([]byte("x"), keys.MinPassphrase-1), c); !fault.Is(err, fault.Invalid) {
			t.Fatalf("got %v", err)
		}
		if left, _ := os.ReadDir(other); len(left) != 0 {
			t.Errorf("%d files", len(left))
		}
	})
	t.Run("no file is told apart from a wrong passphrase", func(t *testing.T) {
		_, err := keys.OpenFile(t.TempDir(), []byte(passphrase))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "caseward init") {
			t.Errorf("got %v", err)
		}
	})
}

func TestDamagedKeyFile(t *testing.T) {
	dir, c := t.TempDir(), clock.NewFake(start)
	keystest.File(t, dir, c)
	path := filepath.Join(dir, keys.FileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var form map[string]any
	if err := json.Unmarshal(whole, &form); err != nil {
		t.Fatal(err)
	}
	with := func(key string, value any) []byte {
		m, slot := map[string]any{}, map[string]any{}
		for k, v := range form {
			m[k] = v
		}
		for k, v := range form["slots"].([]any)[0].(map[string]any) {
			slot[k] = v
		}
		if _, ok := form[key]; ok {
			m[key] = value
		} else {
			slot[key] = value
			m["slots"] = []any{slot}
		}
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, text := range map[string][]byte{
		"an empty file":                   {},
		"half a file":                     whole[:len(whole)/2],
		"another kind of file":            []byte("-----BEGIN PRIVATE KEY-----\n"),
		"a newer format":                  with("format", "caseward-keys/9"),
		"another way of deriving":         with("kdf", "none"),
		"a cost made cheap":               with("iterations", 1),
		"a cost made endless":             with("iterations", 1<<40),
		"a body of another file":          with("body", "AAAA"),
		"no body":                         with("body", ""),
		"another salt":                    with("salt", "AAAAAAAAAAAAAAAAAAAAAA=="),
		"a cost that is not a cost":       with("iterations", "many"),
		"no slot":                         with("slots", []any{}),
		"a slot of no kind":               with("kind", "door"),
		"a slot made at another time":     with("made", "2026-01-01T00:00:00Z"),
		"a slot that says who has shares": with("holders", []string{"Mallory"}),
		"another id":                      with("id", "s000000000000"),
		"half a public key":               with("public", "AAAA"),
		"another ciphertext":              with("to", base64.StdEncoding.EncodeToString(make([]byte, mlkem.CiphertextSize768))),
		"no file key":                     with("key", ""),
	} {
		t.Run(name+" is refused and left as it is", func(t *testing.T) {
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := keys.OpenFile(dir, []byte(passphrase)); !fault.Is(err, fault.Invalid) {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(after, text) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("the file put back opens", func(t *testing.T) {
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keys.OpenFile(dir, []byte(passphrase)); err != nil {
			t.Error(err)
		}
	})
}

func TestRotate(t *testing.T) {
	dir, c := t.TempDir(), clock.NewFake(start)
	f := keystest.File(t, dir, c)
	database := dbtest.SQLite(t)
	agency := keys.NewAgency(database, f)
	first := f.Current()
	index, err := agency.Secret(ctx, "index")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agency.Secret(ctx, "log"); err != nil {
		t.Fatal(err)
	}
	c.Advance(24 * time.Hour)
	next, err := f.Rotate(c)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("the new key is current, and the old one stays until it is forgotten", func(t *testing.T) {
		want := []keys.Info{{ID: first, CreatedAt: start}, {ID: next.ID, CreatedAt: start.Add(24 * time.Hour), Current: true}}
		if d := cmp.Diff(want, f.Keys()); d != "" {
			t.Error(d)
		}
	})
	t.Run("it is in the file", func(t *testing.T) {
		again, err := keys.OpenFile(dir, []byte(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(f.Keys(), again.Keys()); d != "" {
			t.Error(d)
		}
	})
	t.Run("a secret is the same before and after it is wrapped anew", func(t *testing.T) {
		n, err := agency.Rewrap(ctx)
		if err != nil || n != 2 {
			t.Fatalf("%d wrapped, %v", n, err)
		}
		if n, err := agency.Rewrap(ctx); err != nil || n != 0 {
			t.Errorf("a second time: %d, %v", n, err)
		}
		got, err := keys.NewAgency(database, f).Secret(ctx, "index")
		if err != nil || !bytes.Equal(got, index) {
			t.Errorf("%v", err)
		}
	})
	t.Run("the current key cannot be forgotten, nor one that is not there", func(t *testing.T) {
		for _, id := range []string{next.ID, "k000000000000", ""} {
			if err := f.Forget(c, id); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
	t.Run("after the old key is forgotten what it wrapped is gone, and the rest opens", func(t *testing.T) {
		if err := f.Forget(c, first); err != nil {
			t.Fatal(err)
		}
		again, err := keys.OpenFile(dir, []byte(passphrase))
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(again.Keys(), func(k keys.Info) bool { return k.ID == first }) {
			t.Error("it is still in the file")
		}
		got, err := keys.NewAgency(database, again).Secret(ctx, "index")
		if err != nil || !bytes.Equal(got, index) {
			t.Errorf("%v", err)
		}
	})
}

// TestSaveThatFails takes the directory away under a save: the keys in memory
// and the file stay as they were.
func TestSaveThatFails(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "data"), clock.NewFake(start)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	f := keystest.File(t, dir, c)
	if _, err := f.Rotate(c); err != nil {
		t.Fatal(err)
	}
	before := f.Keys()
	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Rotate(c); !fault.Is(err, fault.Unavailable) {
		t.Errorf("rotate: %v", err)
	}
	if err := f.Forget(c, before[0].ID); !fault.Is(err, fault.Unavailable) {
		t.Errorf("forget: %v", err)
	}
	if d := cmp.Diff(before, f.Keys()); d != "" {
		t.Errorf("in memory: %s", d)
	}
	again, err := keys.OpenFile(away, []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(before, again.Keys()); d != "" {
		t.Errorf("in the file: %s", d)
	}
	t.Run("a save leaves nothing beside the file", func(t *testing.T) {
		if err := os.Rename(away, dir); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rotate(c); err != nil {
			t.Fatal(err)
		}
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 1 {
			t.Errorf("%d files, %v", len(left), err)
		}
	})
	t.Run("a save that died halfway leaves the old file good", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(dir, ".key-123"), []byte(`{"format":"caseward-ke`), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := keys.OpenFile(dir, []byte(passphrase))
		if err != nil || got.Current() != f.Current() {
			t.Errorf("%v", err)
		}
	})
}

func TestAgency(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := keystest.Wrapper(t, t.TempDir(), clock.NewFake(start))
		t.Run("two processes that make one secret at once have the same", func(t *testing.T) {
			got := make(chan []byte)
			for range 8 {
				go func() {
					s, err := keys.NewAgency(d, f).Secret(ctx, "shared")
					if err != nil {
						t.Error(err)
					}
					got <- s
				}()
			}
			first := <-got
			for range 7 {
				if s := <-got; !bytes.Equal(s, first) {
					t.Error("two secrets")
				}
			}
			if len(first) != keys.Size {
				t.Errorf("%d bytes", len(first))
			}
		})
		t.Run("secrets of two names differ", func(t *testing.T) {
			a := keys.NewAgency(d, f)
			x, err := a.Secret(ctx, "x")
			y, err2 := a.Secret(ctx, "y")
			if err != nil || err2 != nil || bytes.Equal(x, y) {
				t.Errorf("%v, %v", err, err2)
			}
		})
		t.Run("a secret moved under another name does not open", func(t *testing.T) {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE agency_key SET wrapped = (SELECT wrapped FROM agency_key WHERE name = 'x') WHERE name = 'y'`)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if _, err := keys.NewAgency(d, f).Secret(ctx, "y"); !fault.Is(err, fault.Unavailable) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestDerive(t *testing.T) {
	secret := bytes.Repeat([]byte{1}, keys.Size)
	a, err := keys.Derive(secret, "one", 32)
	if err != nil || len(a) != 32 {
		t.Fatal(err)
	}
	b, _ := keys.Derive(secret, "two", 32)
	again, _ := keys.Derive(secret, "one", 32)
	if bytes.Equal(a, b) || !bytes.Equal(a, again) {
		t.Error("a key for one purpose is the key for another, or not the same twice")
	}
}

// TestFIPS runs this package's tests again in a process in FIPS 140-3 mode:
// whatever is not approved would panic or fail there.
func TestFIPS(t *testing.T) {
	if os.Getenv("CASEWARD_FIPS_TEST") != "" {
		if !fips140.Enabled() {
			t.Fatal("the process is not in FIPS mode")
		}
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"on", "only"} {
		t.Run("fips140="+mode, func(t *testing.T) {
			cmd := exec.Command(exe, "-test.run=^(TestFIPS|TestKeyFile|TestRotate|TestDerive|TestFirstForm|TestPassphrase|TestShares|TestService)$", "-test.v")
			cmd.Env = append(os.Environ(), "GODEBUG=fips140="+mode, "CASEWARD_FIPS_TEST=1")
			out, err := cmd.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("--- PASS: TestRotate")) || !bytes.Contains(out, []byte("--- PASS: TestShares")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestRotationElsewhere(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	c := clock.System()
	server := keystest.File(t, dir, c)
	other, err := keys.OpenFile(dir, []byte(keystest.Passphrase))
	if err != nil {
		t.Fatal(err)
	}
	first := server.Current()
	if _, err := other.Rotate(c); err != nil {
		t.Fatal(err)
	}
	t.Run("what is wrapped here after another process rotated is under its key", func(t *testing.T) {
		if kek, _, err := server.Wrap(ctx, nil, []byte("x")); err != nil || kek == first || kek != other.Current() {
			t.Errorf("%s, %v", kek, err)
		}
	})
	t.Run("a key wrapped by another process after it rotated opens here", func(t *testing.T) {
		kek, wrapped, err := other.Wrap(ctx, []byte("aad"), []byte("a data key"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := server.Unwrap(ctx, kek, []byte("aad"), wrapped)
		if err != nil || string(got) != "a data key" {
			t.Fatalf("%v", err)
		}
		if server.Current() != kek {
			t.Error("new keys are still wrapped by the old one")
		}
	})
	t.Run("a rotation here keeps the key made there", func(t *testing.T) {
		if _, err := server.Rotate(c); err != nil {
			t.Fatal(err)
		}
		if _, err := other.Rotate(c); err != nil {
			t.Fatal(err)
		}
		fresh, err := keys.OpenFile(dir, []byte(keystest.Passphrase))
		if err != nil || len(fresh.Keys()) != 4 {
			t.Fatalf("%d keys, %v", len(fresh.Keys()), err)
		}
	})
	t.Run("a key that is in no file is still refused", func(t *testing.T) {
		if _, err := server.Unwrap(ctx, "k000000000000", []byte("aad"), []byte("x")); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("got %v", err)
		}
	})
}
