package anchor_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/audit/anchor"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

// testWitness is a witness as C2SP tlog-witness has it.
type testWitness struct {
	name string
	key  ed25519.PrivateKey
	vkey string
	log  note.Verifier

	mu    sync.Mutex
	size  int64
	root  tlog.Hash
	forge bool // it answers with a signature that is not its own
	calls int
}

func newWitness(t *testing.T, logKey string) *testWitness {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &testWitness{name: "witness.example", key: key}
	typed := append([]byte{4}, pub...)
	h := sha256.Sum256(append([]byte(w.name+"\n"), typed...))
	w.vkey = fmt.Sprintf("%s+%08x+%s", w.name, binary.BigEndian.Uint32(h[:]), base64.StdEncoding.EncodeToString(typed))
	if w.log, err = note.NewVerifier(logKey); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *testWitness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	body, _ := io.ReadAll(r.Body)
	head, checkpoint, ok := strings.Cut(string(body), "\n\n")
	lines := strings.Split(head, "\n")
	var old int64
	if _, err := fmt.Sscanf(lines[0], "old %d", &old); err != nil || !ok || r.Method != http.MethodPost || r.URL.Path != "/add-checkpoint" {
		http.Error(rw, "bad request", http.StatusBadRequest)
		return
	}
	n, err := note.Open([]byte(checkpoint), note.VerifierList(w.log))
	if err != nil {
		http.Error(rw, "who are you", http.StatusForbidden)
		return
	}
	tree, err := tlogTree(n.Text)
	if err != nil || old > tree.N {
		http.Error(rw, "bad request", http.StatusBadRequest)
		return
	}
	if old != w.size || old > 0 && old == tree.N && w.root != tree.Hash {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
		rw.WriteHeader(http.StatusConflict)
		_, _ = fmt.Fprintf(rw, "%d\n", w.size)
		return
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			http.Error(rw, "bad request", http.StatusBadRequest)
			return
		}
		proof = append(proof, h)
	}
	if old > 0 && old < tree.N && tlog.CheckTree(proof, tree.N, tree.Hash, old, w.root) != nil {
		http.Error(rw, "no proof", http.StatusUnprocessableEntity)
		return
	}
	w.size, w.root = tree.N, tree.Hash
	const second = 1772442000
	sig := ed25519.Sign(w.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", second, n.Text))
	if w.forge {
		sig[0] ^= 1
	}
	hash := strings.Split(w.vkey, "+")[1]
	var raw [4]byte
	_, _ = fmt.Sscanf(hash, "%02x%02x%02x%02x", &raw[0], &raw[1], &raw[2], &raw[3])
	line := append(binary.BigEndian.AppendUint64(raw[:], second), sig...)
	_, _ = fmt.Fprintf(rw, "\u2014 %s %s\n", w.name, base64.StdEncoding.EncodeToString(line))
}

func tlogTree(text string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	var t tlog.Tree
	if _, err := fmt.Sscan(lines[1], &t.N); err != nil {
		return t, err
	}
	h, err := tlog.ParseHash(lines[2])
	t.Hash = h
	return t, err
}

func TestWitness(t *testing.T) {
	ctx := context.Background()
	l, c, grow := newLog(t)
	w := newWitness(t, l.PublicKey())
	srv := httptest.NewServer(w)
	defer srv.Close()
	keep := t.TempDir()
	place := func() anchor.Place {
		p, err := anchor.Witness(srv.URL+"/", w.vkey, l.PublicKey(), l, anchor.Directory(keep, c), srv.Client())
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := place()
	t.Run("it cosigns what extends what it saw, and the cosigned checkpoint is kept", func(t *testing.T) {
		for _, n := range []int{0, 1, 299, 300, 1} {
			if err := p.Put(ctx, grow(n)); err != nil {
				t.Fatalf("after %d more: %v", n, err)
			}
		}
		if w.size != 601 || w.calls != 5 {
			t.Fatalf("it has %d entries after %d calls", w.size, w.calls)
		}
		files, _ := os.ReadDir(keep)
		b, err := os.ReadFile(keep + "/" + files[len(files)-1].Name())
		if err != nil || len(files) != 5 || !bytes.Contains(b, []byte("\n\u2014 witness.example ")) || !bytes.Contains(b, []byte("\n\u2014 "+origin+" ")) {
			t.Fatalf("%d files, the last:\n%s", len(files), b)
		}
	})
	t.Run("after a restart it says what it has, and gets the proof from there", func(t *testing.T) {
		before := w.calls
		if err := place().Put(ctx, grow(50)); err != nil {
			t.Fatal(err)
		}
		if w.size != 651 || w.calls != before+2 {
			t.Fatalf("it has %d entries after %d calls", w.size, w.calls-before)
		}
	})
	t.Run("a cosignature that is not its own is no cosignature", func(t *testing.T) {
		w.forge = true
		defer func() { w.forge = false }()
		if err := place().Put(ctx, grow(1)); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	})
	t.Run("a log that was set back is refused, and so is one that was written anew", func(t *testing.T) {
		// The same agency's keys, and so the same signing key, on an older
		// database: here an empty one.
		dir := t.TempDir()
		d1, d2 := dbtest.SQLite(t), dbtest.SQLite(t)
		one, c, growOne := logOn(t, d1, dir)
		_ = c
		var name, kek string
		var wrapped []byte
		rows, err := d1.Query(ctx, `SELECT name, kek, wrapped FROM agency_key`)
		if err != nil {
			t.Fatal(err)
		}
		type secret struct {
			name, kek string
			wrapped   []byte
		}
		var secrets []secret
		for rows.Next() {
			if err := rows.Scan(&name, &kek, &wrapped); err != nil {
				t.Fatal(err)
			}
			secrets = append(secrets, secret{name, kek, bytes.Clone(wrapped)})
		}
		_ = rows.Close()
		for _, s := range secrets {
			insertSecret(t, d2, s.name, s.kek, s.wrapped)
		}
		two, _, growTwo := logOn(t, d2, dir)
		if one.PublicKey() != two.PublicKey() {
			t.Fatal("not the same key")
		}
		w := newWitness(t, one.PublicKey())
		srv := httptest.NewServer(w)
		defer srv.Close()
		put := func(p anchor.Prover, checkpoint []byte) error {
			x, err := anchor.Witness(srv.URL, w.vkey, one.PublicKey(), p, nil, srv.Client())
			if err != nil {
				t.Fatal(err)
			}
			return x.Put(ctx, checkpoint)
		}
		if err := put(one, growOne(20)); err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{10, 10, 10} { // shorter, as long, longer
			if err := put(two, growTwo(n)); !fault.Is(err, fault.Conflict) {
				t.Fatalf("%v", err)
			}
		}
	})
	t.Run("a log it does not know is refused", func(t *testing.T) {
		other, _, growOther := newLog(t)
		p, err := anchor.Witness(srv.URL, w.vkey, other.PublicKey(), other, nil, srv.Client())
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Put(ctx, growOther(1)); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
	t.Run("a witness that cannot be reached is unavailable", func(t *testing.T) {
		gone := httptest.NewServer(w)
		gone.Close()
		p, err := anchor.Witness(gone.URL, w.vkey, l.PublicKey(), l, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Put(ctx, grow(1)); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
	})
	t.Run("a witness that leads elsewhere is not followed", func(t *testing.T) {
		followed := false
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
		defer elsewhere.Close()
		leads := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
		defer leads.Close()
		p, err := anchor.Witness(leads.URL, w.vkey, l.PublicKey(), l, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Put(ctx, grow(1)); !fault.Is(err, fault.Unavailable) || followed {
			t.Fatal(err, followed)
		}
	})
	t.Run("a key that is not a witness's is refused", func(t *testing.T) {
		for _, k := range []string{"", "x", l.PublicKey(), w.vkey + "A", strings.Replace(w.vkey, "witness", "somebody", 1)} {
			if _, err := anchor.Witness(srv.URL, k, l.PublicKey(), l, nil, nil); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", k, err)
			}
		}
	})
}
