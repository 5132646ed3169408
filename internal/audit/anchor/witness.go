package anchor

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/fault"
)

// Prover proves that the tree of oldSize entries is the beginning of that of
// size entries. A log is one.
type Prover interface {
	Consistency(ctx context.Context, oldSize, size int64) ([]tlog.Hash, error)
}

type witness struct {
	url  string
	v    note.Verifier
	log  note.Verifier
	p    Prover
	keep Place
	http *http.Client

	mu  sync.Mutex
	old int64 // size the witness is known to have
}

// Witness sends checkpoints to a C2SP tlog-witness at url: it checks that each
// extends the last it saw, and cosigns it. witnessKey is the witness's verifier
// key (a cosignature/v1 one), logKey the log's. What it cosigned goes to keep,
// if that is not nil: the cosignature is proof only while it is kept.
func Witness(url, witnessKey, logKey string, p Prover, keep Place, client *http.Client) (Place, error) {
	v, err := newCosigner(witnessKey)
	if err != nil {
		return nil, fault.Invalidf("anchor.witness", "the witness's key cannot be read")
	}
	l, err := note.NewVerifier(logKey)
	if err != nil {
		return nil, fault.Invalidf("anchor.witness", "the log's key cannot be read")
	}
	if client == nil {
		client = &http.Client{Timeout: Timeout, CheckRedirect: stay}
	}
	return &witness{url: strings.TrimSuffix(url, "/"), v: v, log: l, p: p, keep: keep, http: client}, nil
}

// stay follows no witness elsewhere: where checkpoints go is for the settings to say.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (w *witness) Name() string { return "witness " + w.v.Name() }

func (w *witness) Put(ctx context.Context, checkpoint []byte) error {
	size, err := sizeOf(checkpoint)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	// The witness says what it has if we are wrong about it; once is enough
	// unless somebody else sends to it meanwhile.
	for range 3 {
		if w.old > size {
			return fault.Conflictf("anchor.witness", "the witness has seen %d entries and the log has %d: the log was set back; run caseward audit verify", w.old, size)
		}
		status, body, err := w.post(ctx, checkpoint, size)
		if err != nil {
			return err
		}
		switch status {
		case http.StatusOK:
			return w.took(ctx, checkpoint, body, size)
		case http.StatusConflict:
			n, err := strconv.ParseInt(strings.TrimSuffix(string(body), "\n"), 10, 64)
			if err != nil || n < 0 {
				return fault.Unavailablef("anchor.witness", nil, "the witness answered without a size")
			}
			if n == w.old {
				return fault.Conflictf("anchor.witness", "the witness has seen another log of %d entries: the log was forked; run caseward audit verify", n)
			}
			w.old = n
		case http.StatusUnprocessableEntity:
			return fault.Conflictf("anchor.witness", "the witness refuses the proof: the log does not extend the %d entries it has seen; run caseward audit verify", w.old)
		case http.StatusNotFound, http.StatusForbidden:
			return fault.Invalidf("anchor.witness", "the witness does not know this log or its key (%d)", status)
		default:
			return fault.Unavailablef("anchor.witness", nil, "the witness answered %d", status)
		}
	}
	return fault.Unavailablef("anchor.witness", nil, "the witness keeps changing what it has")
}

func (w *witness) post(ctx context.Context, checkpoint []byte, size int64) (int, []byte, error) {
	proof, err := w.p.Consistency(ctx, w.old, size)
	if err != nil {
		return 0, nil, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "old %d\n", w.old)
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	b.Write(checkpoint)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url+"/add-checkpoint", &b)
	if err != nil {
		return 0, nil, fault.Invalidf("anchor.witness", "the witness's URL cannot be used")
	}
	res, err := w.http.Do(req)
	if err != nil {
		return 0, nil, fault.Unavailablef("anchor.witness", err, "the witness cannot be reached")
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return 0, nil, fault.Unavailablef("anchor.witness", err, "the witness's answer broke off")
	}
	return res.StatusCode, body, nil
}

// took checks the cosignature: an answer without a good one is no witness.
func (w *witness) took(ctx context.Context, checkpoint, lines []byte, size int64) error {
	cosigned := append(bytes.Clone(checkpoint), lines...)
	n, err := note.Open(cosigned, note.VerifierList(w.log, w.v))
	if err != nil {
		return fault.Unavailablef("anchor.witness", err, "the witness's answer is not a cosignature")
	}
	for _, s := range n.Sigs {
		if s.Name == w.v.Name() && s.Hash == w.v.KeyHash() {
			w.old = size
			if w.keep != nil {
				return w.keep.Put(ctx, cosigned)
			}
			return nil
		}
	}
	return fault.Unavailablef("anchor.witness", nil, "the witness answered without its cosignature")
}
