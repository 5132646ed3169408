package fault

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

const (
	atOnce   = 32  // clients of the server
	toRead   = 600 // notes that are read, each at most once
	noteSize = 1500
)

// content is the text of a note: a token, and words whose hash ends it, so that
// half a text is not mistaken for a whole one.
func content(token string) string {
	var b [noteSize / 2]byte
	_, _ = rand.Read(b[:])
	s := token + " " + hex.EncodeToString(b[:])
	h := sha256.Sum256([]byte(s))
	return s + " " + hex.EncodeToString(h[:])
}

// tokenOf is the token of a whole text; "" if it is not whole.
func tokenOf(text string) string {
	i := strings.LastIndexByte(text, ' ')
	if i < 0 {
		return ""
	}
	h := sha256.Sum256([]byte(text[:i]))
	if text[i+1:] != hex.EncodeToString(h[:]) {
		return ""
	}
	token, _, _ := strings.Cut(text, " ")
	return token
}

// request is one request and what its sender saw of the answer.
type request struct {
	token      string
	note       string // id of the note read
	action     string // that its entry has
	from, till time.Time
	left       bool // an answer that says "done" left the server
	acked      bool // and arrived whole
}

func TestKill(t *testing.T) {
	rounds := 3
	if s := os.Getenv("CASEWARD_FAULT_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("CASEWARD_FAULT_ROUNDS is not a number of rounds: %q", s)
		}
		rounds = n
	}
	g := found(t)
	kept := map[person.ID][]string{} // what was acknowledged, by client
	for round := range rounds {
		t.Run(fmt.Sprintf("round %d: what was acknowledged is there, and what was shown is in the log", round+1), func(t *testing.T) {
			g.T = t
			client, written := killed(g, round)
			kept[client] = written
		})
	}
	t.Run("after every round all of it is still there", func(t *testing.T) {
		g.T = t
		g.open(app.Options{}, func(a *app.App) {
			for client, written := range kept {
				_, ids := notes(g, a, client)
				for _, token := range written {
					if ids[token] == "" {
						t.Errorf("%s is gone", token)
					}
				}
			}
		})
	})
}

// killed is one round on a client of its own; it returns what was acknowledged.
func killed(g *agency, round int) (client person.ID, written []string) {
	token := func(kind string, i int) string { return fmt.Sprintf("%s-%d-%d", kind, round, i) }
	reads := make([]*request, toRead)
	g.open(app.Options{}, func(a *app.App) {
		w := a.Door.Work(importer(), "import.run")
		var err error
		client, err = a.Clients.Adopt(ctx, w, person.Client{Name: person.Name{Given: phi.NewText("Fictional"), Family: phi.NewText("Client")},
			Source: person.Source{System: phi.NewText("fault"), Type: "Patient", Ref: phi.NewText(strconv.Itoa(round))}})
		g.must(err)
		opened(g, a, w, client)
		for i := range reads {
			r := &request{token: token("read", i), action: "chart.open"}
			if i%2 == 0 {
				r.action = "note.read" // without the page around it
			}
			id, err := a.Notes.Adopt(w, client, note.Note{Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now(), Minutes: 30,
				Sections: note.Plain(phi.NewText(content(r.token))),
				Source:   person.Source{System: phi.NewText("fault"), Type: "Encounter", Ref: phi.NewText(r.token)}})
			g.must(err)
			r.note = id.String()
			reads[i] = r
		}
		g.must(w.Commit(ctx))
	})

	chart := "/clients/" + client.String()
	s := g.serve()
	var acks, next atomic.Int64
	var mu sync.Mutex
	var writes []*request
	var wg sync.WaitGroup
	for c := range atOnce {
		wg.Go(func() {
			for i := 0; ; i++ {
				var r *request
				var a answer
				var err error
				if (c+i)%2 == 0 {
					r = &request{token: token("write", c*1_000_000+i), action: "note.create", from: now()}
					a, err = s.try("ann", http.MethodPost, chart+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {content(r.token)}})
					r.left = err == nil && a.code == http.StatusSeeOther
					r.acked = r.left
					mu.Lock()
					writes = append(writes, r)
					mu.Unlock()
				} else {
					n := next.Add(1) - 1
					if n >= toRead {
						return
					}
					r = reads[n]
					r.from = now()
					if r.action == "note.read" {
						a, err = s.fragment("ann", chart+"/notes/"+r.note)
					} else {
						a, err = s.try("ann", http.MethodGet, chart+"/notes/"+r.note, nil)
					}
					r.left = err == nil && a.code == http.StatusOK
					r.acked = r.left && a.whole
					if r.acked && !strings.Contains(a.body, r.token) {
						g.Errorf("the answer does not show the note")
					}
				}
				r.till = now()
				if err != nil {
					return // it was killed
				}
				if !r.left {
					g.Errorf("answered %d: %.200s", a.code, a.body)
					return
				}
				acks.Add(1)
			}
		})
	}
	target := 50 + mathrand.Int64N(700)
	eventually(g.T, "requests to be answered", func() bool { return acks.Load() >= target || next.Load() >= toRead })
	s.kill()
	wg.Wait()

	// First the files as the kill left them, with nobody's help.
	report, err := verify.Database(ctx, "", g.data, verify.Options{})
	g.must(err)
	if !report.OK {
		g.Errorf("the log does not verify after the kill:\n%s", report)
	}
	whole(g)

	g.open(app.Options{}, func(a *app.App) {
		_, err := a.Log.Sequence(ctx)
		g.must(err)
		found, ids := notes(g, a, client)
		for token, n := range found {
			if n != 1 {
				g.Errorf("%s is there %d times", token, n)
			}
		}
		entries := touching(g, a, client)
		acked, unacked := 0, 0
		for _, r := range writes {
			id := ids[r.token]
			switch {
			case r.acked && id == "":
				g.Errorf("write %s was acknowledged and is gone", r.token)
			case r.acked:
				acked++
				written = append(written, r.token)
			case id != "":
				unacked++ // done, and the answer was lost: that may be
			}
			if id != "" {
				one(g, r, entries[r.action+" "+id], true)
			} // what is not there has no id to have an entry by
			delete(found, r.token)
		}
		shown := 0
		for _, r := range reads {
			if r.left {
				shown++
			}
			if !r.from.IsZero() {
				one(g, r, entries[r.action+" "+r.note], r.left)
			} else if len(entries[r.action+" "+r.note]) > 0 {
				g.Errorf("note %s was never asked for and has an entry", r.token)
			}
			delete(found, r.token)
		}
		for token := range found {
			if strings.HasPrefix(token, "write-"+strconv.Itoa(round)+"-") {
				g.Errorf("%s is there and was never sent", token)
			}
		}
		if acked == 0 || shown == 0 {
			g.Errorf("the round shows nothing: %d writes and %d reads were answered", acked, shown)
		}
		g.Logf("killed after %d answers: %d writes acknowledged, %d more were kept, %d reads shown", acks.Load(), acked, unacked, shown)
	})
	if report, err = verify.Database(ctx, "", g.data, verify.Options{}); err != nil || !report.OK {
		g.Errorf("the log does not verify after the start: %v\n%s", err, report)
	}
	return client, written
}

// one says whether the entries of a request are one, made while it was under
// way; a request without an answer may have none.
func one(g *agency, r *request, es []audit.Logged, must bool) {
	g.Helper()
	if len(es) == 0 && !must {
		return
	}
	if len(es) != 1 {
		g.Errorf("%s has %d entries", r.token, len(es))
		return
	}
	e := es[0]
	// The log keeps microseconds.
	if e.At.Before(r.from.Truncate(time.Microsecond)) || e.At.After(r.till) {
		g.Errorf("%s: the entry is of %s, the request from %s to %s", r.token, e.At, r.from, r.till)
	}
	if e.Outcome != audit.Allowed || e.Who.Worker != g.staff["ann"].String() || e.Position < 0 {
		g.Errorf("%s: the entry says %+v at %d", r.token, e.Entry, e.Position)
	}
}

// notes reads every note of the client through the door: how often each token is
// there, and the note's id by it.
func notes(g *agency, a *app.App, client person.ID) (map[string]int, map[string]string) {
	g.Helper()
	ann := actortest.Worker(g.staff["ann"].String(), actor.CaseManager, a.Clock.Now())
	count, ids := map[string]int{}, map[string]string{}
	for after := ""; ; {
		l, err := a.Notes.Timeline(ctx, ann, client, note.TimelineQuery{After: after, Limit: 100})
		g.must(err)
		for _, o := range l.Rows {
			v := o.Value
			text := v.Text()
			token := tokenOf(text.Disclose())
			if token == "" {
				g.Errorf("note %s is not whole", o.ID)
				continue
			}
			count[token]++
			ids[token] = o.ID.String()
		}
		if l.Next == "" {
			return count, ids
		}
		after = l.Next
	}
}

// touching lists the entries that name the client, by action and record.
func touching(g *agency, a *app.App, client person.ID) map[string][]audit.Logged {
	g.Helper()
	out := map[string][]audit.Logged{}
	for before := int64(0); ; {
		es, err := a.Log.Find(ctx, audit.Query{Subject: record.SubjectOf(client).String(), Before: before, Limit: 1000})
		g.must(err)
		for _, e := range es {
			before = e.ID
			for _, t := range e.Touched {
				if t.Kind == "note" {
					key := e.Action + " " + t.ID
					out[key] = append(out[key], e)
				}
			}
		}
		if len(es) < 1000 {
			return out
		}
	}
}

// whole asks SQLite whether the file is.
func whole(g *agency) {
	g.Helper()
	d, err := sql.Open("sqlite3", "file:"+filepath.ToSlash(filepath.Join(g.data, "caseward.db")))
	g.must(err)
	defer d.Close()
	var says string
	g.must(d.QueryRow(`PRAGMA integrity_check`).Scan(&says))
	if says != "ok" {
		g.Errorf("SQLite says: %s", says)
	}
}
