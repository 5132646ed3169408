package fault

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

const noteSize = 1500

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
	stepped    bool // the clock was set meanwhile
	left       bool // an answer that says "done" left the server
	acked      bool // and arrived whole
}

// load is what many people do to one client's notes while something breaks.
type load struct {
	g      *agency
	client person.ID
	prefix string // of every token

	reads      []*request // of notes there already, each read at most once
	next, acks atomic.Int64
	mu         sync.Mutex
	writes     []*request

	// clock is the server's; nil for the machine's.
	clock *stepped

	// answered hears of each request that was answered with "done".
	answered func(r *request)
	// broken hears of each other one, and says whether its sender goes on.
	broken func(r *request, a answer, err error) bool
}

// newLoad makes a client of ann's with notes to be read.
func newLoad(g *agency, a *app.App, prefix string, toRead int) *load {
	g.Helper()
	l := &load{g: g, prefix: prefix, reads: make([]*request, toRead), answered: func(*request) {}}
	w := a.Door.Work(importer(), "import.run")
	var err error
	l.client, err = a.Clients.Adopt(ctx, w, person.Client{Name: person.Name{Given: phi.NewText("Fictional"), Family: phi.NewText("Client")},
		Source: person.Source{System: phi.NewText("fault"), Type: "Patient", Ref: phi.NewText(prefix)}})
	g.must(err)
	opened(g, a, w, l.client)
	for i := range l.reads {
		r := &request{token: l.token("read", i), action: "chart.open"}
		if i%2 == 0 {
			r.action = "note.read" // without the page around it
		}
		id, err := a.Notes.Adopt(w, l.client, note.Note{Status: note.Imported, Type: note.OfficeVisit, At: a.Clock.Now(), Minutes: 30,
			Sections: note.Plain(phi.NewText(content(r.token))),
			Source:   person.Source{System: phi.NewText("fault"), Type: "Encounter", Ref: phi.NewText(r.token)}})
		g.must(err)
		r.note = id.String()
		l.reads[i] = r
	}
	g.must(w.Commit(ctx))
	return l
}

func (l *load) token(kind string, i int) string { return fmt.Sprintf("%s-%s-%d", kind, l.prefix, i) }

// work is one of them, who writes and reads in turn, each request to a server that
// is asked for, until there is none or nothing more to read.
func (l *load) work(c int, server func() *server) {
	chart := "/clients/" + l.client.String()
	for i := 0; ; i++ {
		s := server()
		if s == nil {
			return
		}
		var r *request
		var a answer
		var err error
		steps := l.steps()
		if (c+i)%2 == 0 {
			r = &request{token: l.token("write", c*1_000_000+i), action: "note.create", from: l.now()}
			a, err = s.try("ann", http.MethodPost, chart+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {content(r.token)}})
			r.left = err == nil && a.code == http.StatusSeeOther && !outside(a)
			r.acked = r.left
			l.mu.Lock()
			l.writes = append(l.writes, r)
			l.mu.Unlock()
		} else {
			n := l.next.Add(1) - 1
			if n >= int64(len(l.reads)) {
				return
			}
			r = l.reads[n]
			r.from = l.now()
			if r.action == "note.read" {
				a, err = s.fragment("ann", chart+"/notes/"+r.note)
			} else {
				a, err = s.try("ann", http.MethodGet, chart+"/notes/"+r.note, nil)
			}
			r.left = err == nil && a.code == http.StatusOK && !outside(a)
			r.acked = r.left && a.whole
			if r.acked && !strings.Contains(a.body, r.token) {
				l.g.Errorf("the answer does not show the note")
			}
		}
		r.till = l.now()
		r.stepped = steps%2 > 0 || l.steps() != steps
		if r.left && err == nil {
			l.answered(r)
			l.acks.Add(1)
		} else if !l.broken(r, a, err) {
			return
		}
	}
}

func (l *load) now() time.Time {
	if l.clock != nil {
		return l.clock.Now()
	}
	return now()
}

func (l *load) steps() int64 {
	if l.clock != nil {
		return l.clock.steps.Load()
	}
	return 0
}

// used reports whether there is nothing more to read.
func (l *load) used() bool { return l.next.Load() >= int64(len(l.reads)) }

// left is what a load left behind.
type left struct {
	wrong   []string // each a sentence
	written []string // tokens of what was acknowledged and is there
	unacked int      // done, and the answer was lost: that may be
	shown   int
	missing int // entries that should be there
}

func (l *left) fail(format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

// check compares what was answered with what is there, through the door and the
// log. An error means that it could not look.
func (l *load) check(a *app.App) (left, error) {
	var out left
	if _, err := a.Log.Sequence(ctx); err != nil {
		return out, err
	}
	found, ids, err := notes(l.g, a, l.client)
	if err != nil {
		return out, err
	}
	for token, n := range found {
		if token == "" {
			out.fail("%d notes are not whole", n)
		} else if n != 1 {
			out.fail("%s is there %d times", token, n)
		}
	}
	delete(found, "")
	entries, err := touching(a, l.client)
	if err != nil {
		return out, err
	}
	for _, r := range l.writes {
		id := ids[r.token]
		switch {
		case r.acked && id == "":
			out.fail("write %s was acknowledged and is gone", r.token)
		case r.acked:
			out.written = append(out.written, r.token)
		case id != "":
			out.unacked++
		}
		if id != "" {
			l.one(&out, r, entries[r.action+" "+id], true)
		} // what is not there has no id to have an entry by
		delete(found, r.token)
	}
	for _, r := range l.reads {
		if r.left {
			out.shown++
		}
		if !r.from.IsZero() {
			l.one(&out, r, entries[r.action+" "+r.note], r.left)
		} else if len(entries[r.action+" "+r.note]) > 0 {
			out.fail("note %s was never asked for and has an entry", r.token)
		}
		delete(found, r.token)
	}
	for token := range found {
		if strings.HasPrefix(token, "write-"+l.prefix+"-") {
			out.fail("%s is there and was never sent", token)
		}
	}
	return out, nil
}

// one says whether the entries of a request are one, made while it was under
// way; a request without an answer may have none, and one more that says that the
// database did not confirm the first.
func (l *load) one(out *left, r *request, es []audit.Logged, must bool) {
	if !r.acked {
		es = slices.DeleteFunc(es, func(e audit.Logged) bool { return e.Outcome == audit.Failed && e.Detail["kept"] == "unconfirmed" })
	}
	if len(es) == 0 && !must {
		return
	}
	if len(es) != 1 {
		out.fail("%s has %d entries", r.token, len(es))
		if len(es) == 0 {
			out.missing++
		}
		return
	}
	e := es[0]
	// The log keeps microseconds.
	if !r.stepped && (e.At.Before(r.from.Truncate(time.Microsecond)) || e.At.After(r.till)) {
		out.fail("%s: the entry is of %s, the request from %s to %s", r.token, e.At, r.from, r.till)
	}
	if e.Outcome != audit.Allowed || e.Who.Worker != l.g.staff["ann"].String() || e.Position < 0 {
		out.fail("%s: the entry says %+v at %d", r.token, e.Entry, e.Position)
	}
}

// notes reads every note of the client through the door: how often each token is
// there, "" for those that are not whole, and the note's id by it.
func notes(g *agency, a *app.App, client person.ID) (map[string]int, map[string]string, error) {
	ann := actortest.Worker(g.staff["ann"].String(), actor.CaseManager, a.Clock.Now())
	count, ids := map[string]int{}, map[string]string{}
	for after := ""; ; {
		l, err := a.Notes.Timeline(ctx, ann, client, note.TimelineQuery{After: after, Limit: 100})
		if err != nil {
			return nil, nil, err
		}
		for _, o := range l.Rows {
			v := o.Value
			text := v.Text()
			token := tokenOf(text.Disclose())
			count[token]++
			ids[token] = o.ID.String()
		}
		if l.Next == "" {
			return count, ids, nil
		}
		after = l.Next
	}
}

// touching lists the entries that name the client, by action and record.
func touching(a *app.App, client person.ID) (map[string][]audit.Logged, error) {
	out := map[string][]audit.Logged{}
	for before := int64(0); ; {
		es, err := a.Log.Find(ctx, audit.Query{Subject: record.SubjectOf(client).String(), Before: before, Limit: 1000})
		if err != nil {
			return nil, err
		}
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
			return out, nil
		}
	}
}
