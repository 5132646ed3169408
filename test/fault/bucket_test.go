package fault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/person"
)

// objects is a bucket that can go away and come back with what it had. It believes
// every signature: those are tried on a real store (make s3).
type objects struct {
	*testing.T
	addr string

	mu      sync.Mutex
	have    map[string][]byte
	uploads map[string]map[string][]byte
	server  *http.Server
}

func newObjects(t *testing.T) *objects {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "fault")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "fault-secret")
	o := &objects{T: t, addr: "127.0.0.1:0", have: map[string][]byte{}, uploads: map[string]map[string][]byte{}}
	o.start()
	t.Cleanup(o.stop)
	return o
}

func (o *objects) url() string {
	return "s3://documents?region=us-west-9&endpoint=" + url.QueryEscape("http://"+o.addr)
}

func (o *objects) start() {
	o.Helper()
	l, err := net.Listen("tcp", o.addr)
	if err != nil {
		o.Fatal(err)
	}
	o.addr = l.Addr().String()
	o.server = &http.Server{Handler: o}
	go func(s *http.Server) { _ = s.Serve(l) }(o.server)
}

// stop cuts every request off, as a killed store does.
func (o *objects) stop() { _ = o.server.Close() }

func (o *objects) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was cut off
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	q, key := r.URL.Query(), r.URL.Path
	id := q.Get("uploadId")
	switch {
	case r.Method == http.MethodPost && q.Has("uploads"):
		id = fmt.Sprint("upload", len(o.uploads))
		o.uploads[id] = map[string][]byte{}
		fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
	case r.Method == http.MethodPut && id != "":
		o.uploads[id][fmt.Sprintf("%05s", q.Get("partNumber"))] = body
		w.Header().Set("ETag", fmt.Sprintf(`"%s"`, q.Get("partNumber")))
	case r.Method == http.MethodPost:
		var names []string
		for n := range o.uploads[id] {
			names = append(names, n)
		}
		slices.Sort(names)
		var whole []byte
		for _, n := range names {
			whole = append(whole, o.uploads[id][n]...)
		}
		o.have[key] = whole
		fmt.Fprint(w, "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key></CompleteMultipartUploadResult>")
	case r.Method == http.MethodPut:
		o.have[key] = body
	case r.Method == http.MethodDelete:
		delete(o.have, key)
		w.WriteHeader(http.StatusNoContent)
	default:
		b, ok := o.have[key]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, "<Error><Code>NoSuchKey</Code><Message>no</Message></Error>")
			return
		}
		http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), bytes.NewReader(b))
	}
}

// TestBucketAway has the store of documents go away and come back while people work.
func TestBucketAway(t *testing.T) {
	o := newObjects(t)
	cfg := config.Config{Blobs: o.url()}
	cfg.Uploads.Unscanned = true
	g := foundWith(t, cfg)
	var l *load
	var client person.ID
	g.open(app.Options{}, func(a *app.App) {
		l = newLoad(g, a, "bucket", 4000)
		client = register(g, a)
	})
	s := g.serve()
	documents := "/clients/" + client.String() + "/documents"
	var sent atomic.Int64
	upload := func() (title string, a answer, err error) {
		title = fmt.Sprintf("Lease number %d", sent.Add(1))
		body, kind := withFile(t, g.sessions["ann"].csrf, map[string]string{"title": title, "category": "housing", "on": "2026-11-03"}, "lease.txt", "The words of "+title+".")
		a, err = s.post("ann", documents, kind, body)
		return title, a, err
	}
	title, a, err := upload()
	if err != nil || a.code != 303 {
		t.Fatalf("answered %d, %v: %s", a.code, err, a.body)
	}
	kept := map[string]bool{title: true}
	file := documents + "/" + regexp.MustCompile(`/documents/([0-9a-z]{26})`).FindStringSubmatch(s.do("ann", "GET", documents, nil).body)[1] + "/file"

	// Others write and read notes, and never see that anything is wrong.
	l.broken = func(r *request, a answer, err error) bool {
		g.Errorf("%s: answered %d, %v: %.300s", r.token, a.code, err, a.body)
		return false
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for c := range 4 {
		wg.Go(func() {
			l.work(c, func() *server {
				if stop.Load() {
					return nil
				}
				return s
			})
		})
	}
	// Some upload all the time.
	var mu sync.Mutex
	var refused atomic.Int64
	for range 3 {
		wg.Go(func() {
			for !stop.Load() {
				title, a, err := upload()
				switch {
				case err == nil && a.code == 303:
					mu.Lock()
					kept[title] = true
					mu.Unlock()
				case err == nil && a.code == 422:
					// The form is back, with what was typed.
					if !strings.Contains(a.body, "this file was not kept") || !strings.Contains(a.body, title) {
						g.Errorf("the answer was %s", a.body)
					}
					refused.Add(1)
				default:
					g.Errorf("%s: answered %d, %v: %.300s", title, a.code, err, a.body)
				}
			}
		})
	}
	uploaded := func() int64 { mu.Lock(); defer mu.Unlock(); return int64(len(kept)) }
	for range 3 {
		n := uploaded()
		eventually(t, "documents to be kept", func() bool { return uploaded() >= n+5 || t.Failed() })
		n = refused.Load()
		acks := l.acks.Load()
		o.stop()
		eventually(t, "uploads to be refused", func() bool { return refused.Load() >= n+3 || t.Failed() })
		if a := s.do("ann", "GET", file, nil); a.code != 503 {
			t.Errorf("the file: answered %d", a.code)
		}
		if a := s.do("ann", "GET", documents, nil); a.code != 200 || !strings.Contains(a.body, title) {
			t.Errorf("the list: answered %d", a.code)
		}
		if a := s.do("nobody", "GET", "/readyz", nil); a.code != 200 {
			t.Errorf("/readyz answered %d", a.code)
		}
		eventually(t, "notes to be written and read meanwhile", func() bool { return l.acks.Load() >= acks+20 || l.used() || t.Failed() })
		o.start()
	}
	eventually(t, "the file to be there again", func() bool { return s.do("ann", "GET", file, nil).code == 200 })
	n := uploaded()
	eventually(t, "documents to be kept again", func() bool { return uploaded() >= n+3 || t.Failed() })
	stop.Store(true)
	wg.Wait()

	// What was said to be kept is there whole, and nothing else is.
	s.stop()
	g.open(app.Options{}, func(a *app.App) {
		// One that arrived just before was filed later: the server tries each minute.
		g.must(a.Documents.LookAgain(ctx))
		whole := documentsOf(g, a, client)
		for title := range kept {
			if want := "The words of " + title + "."; whole[title] != want {
				t.Errorf("%s was acknowledged and says %q", title, whole[title])
			}
		}
		if len(whole) != len(kept) {
			t.Errorf("%d documents are there, and %d were acknowledged", len(whole), len(kept))
		}
		left, err := l.check(a)
		g.must(err)
		for _, w := range left.wrong {
			t.Error(w)
		}
		t.Logf("away 3 times: %d documents kept, %d uploads refused, %d notes written or read meanwhile", len(kept), refused.Load(), l.acks.Load())
	})
}

// documentsOf is what each document of a client says, by its title; two of one title
// are an error.
func documentsOf(g *agency, a *app.App, client person.ID) map[string]string {
	g.Helper()
	ann := actortest.Worker(g.staff["ann"].String(), actor.CaseManager, a.Clock.Now())
	out := map[string]string{}
	for after := ""; ; {
		l, err := a.Documents.List(ctx, ann, client, after, 100)
		g.must(err)
		for _, o := range l.Rows {
			f, err := a.Documents.OpenFile(ctx, ann, client, o.ID)
			g.must(err)
			r, err := f.Reader(ctx)
			g.must(err)
			b, err := io.ReadAll(r)
			g.must(errors.Join(err, r.Close()))
			title := o.Value.Title.Disclose()
			if _, twice := out[title]; twice {
				g.Errorf("%s is there twice", title)
			}
			out[title] = string(b)
		}
		if after = l.Next; after == "" {
			return out
		}
	}
}
