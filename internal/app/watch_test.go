package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/watch"
)

// certificate writes one that ends at a time, and its key.
func certificate(t *testing.T, dir string, ends time.Time) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: ends.Add(-time.Hour), NotAfter: ends, DNSNames: []string{"localhost"}}
	der, err := x509.CreateCertificate(rand.Reader, x, x, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	kb, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: kb}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

type watched struct {
	*app.App
	pages, metrics *httptest.Server
	client         *http.Client
}

func watchedServer(t *testing.T, o app.Options) *watched {
	t.Helper()
	ctx := context.Background()
	root := t.TempDir()
	dir, pass := filepath.Join(root, "data"), []byte("a passphrase for these tests only")
	cfg := config.Config{LogName: "caseward.test/watch", Metrics: "127.0.0.1:0", Forward: []string{"syslog+udp://127.0.0.1:9"}, Anchors: []string{"file://" + filepath.Join(root, "outside")}}
	cfg.TLSCert, cfg.TLSKey = certificate(t, root, time.Unix(2000000000, 0))
	if err := os.Mkdir(filepath.Join(root, "outside"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := app.Init(ctx, dir, pass, cfg, app.Options{Clock: o.Clock}); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(ctx, dir, pass, o)
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{App: a, pages: httptest.NewServer(a.Handler()), metrics: httptest.NewServer(a.Metrics())}
	w.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		w.pages.Close()
		w.metrics.Close()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *watched) get(t *testing.T, path string) (int, string) {
	t.Helper()
	r, err := w.client.Get(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// values are the series as Prometheus is answered.
func (w *watched) values(t *testing.T) map[string]float64 {
	t.Helper()
	code, body := w.get(t, w.metrics.URL+"/metrics")
	if code != 200 {
		t.Fatalf("answered %d", code)
	}
	out := map[string]float64{}
	for _, l := range strings.Split(strings.TrimSpace(body), "\n") {
		if strings.HasPrefix(l, "#") {
			continue
		}
		i := strings.LastIndexByte(l, ' ')
		v, err := strconv.ParseFloat(l[i+1:], 64)
		if err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		if _, twice := out[l[:i]]; twice {
			t.Errorf("%s stands there twice", l[:i])
		}
		out[l[:i]] = v
	}
	return out
}

func TestWatch(t *testing.T) {
	ctx := context.Background()
	w := watchedServer(t, app.Options{})
	h, err := w.Log.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	w.Start(ctx)
	for range 3 {
		w.get(t, w.pages.URL+"/signin")
	}
	for i := range 2 {
		r, err := w.client.PostForm(w.pages.URL+"/signin", url.Values{"mail": {"quillandra@example.org"}, "password": {fmt.Sprint("Vostermansch", i)}})
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
	}
	if err := w.Checkpoint(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Log.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
	v := w.values(t)
	is := func(series string, want float64) {
		t.Helper()
		if got, ok := v[series]; !ok || got != want {
			t.Errorf("%s is %v (there: %v), want %v", series, got, ok, want)
		}
	}
	t.Run("requests are counted by route", func(t *testing.T) {
		is(`caseward_http_request_seconds_count{class="2xx",method="GET",route="/signin"}`, 3)
		is(`caseward_http_request_seconds_bucket{class="2xx",method="GET",route="/signin",le="+Inf"}`, 3)
		posts := 0.0
		for s, n := range v {
			if strings.HasPrefix(s, "caseward_http_request_seconds_count{") && strings.Contains(s, `method="POST",route="/signin"`) {
				posts += n
			}
		}
		if posts != 2 {
			t.Errorf("%v posts", posts)
		}
	})
	t.Run("decisions are what stands in the log", func(t *testing.T) {
		es, err := w.Log.Find(ctx, audit.Query{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]float64{}
		entries := 0.0
		for _, e := range es {
			if e.Position >= h.Size {
				outcome := map[audit.Outcome]string{audit.Allowed: "allowed", audit.Refused: "refused", audit.Failed: "failed"}[e.Outcome]
				want[fmt.Sprintf(`caseward_decisions_total{action="%s",outcome="%s"}`, e.Action, outcome)]++
				entries++
			}
		}
		got := map[string]float64{}
		for s, n := range v {
			if strings.HasPrefix(s, "caseward_decisions_total") {
				got[s] = n
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		is("caseward_log_entries_total", entries)
		is("caseward_log_tree_entries", float64(len(es)))
		is(`caseward_signins_total{outcome="refused",step="password"}`, 2)
	})
	t.Run("states are there", func(t *testing.T) {
		is("caseward_ready", 1)
		is("caseward_sessions_open", 0)
		is("caseward_certificate_end_timestamp_seconds", 2000000000)
		is("caseward_db_failing", 0)
		is("caseward_log_failing", 0)
		is("caseward_watch_failures_total", 0)
		is(`caseward_checkpoint_failures{place="directory 1"}`, 0)
		is(`caseward_uploads_total{result="virus"}`, 0)
		for _, s := range []string{`caseward_db_size_bytes{part="data"}`, "caseward_db_commit_seconds_count", "caseward_disk_free_bytes", `caseward_checkpoint_sent_timestamp_seconds{place="directory 1"}`, "caseward_goroutines"} {
			if v[s] <= 0 {
				t.Errorf("%s is %v", s, v[s])
			}
		}
		if v["caseward_db_commit_requests_sum"] < v["caseward_db_commit_seconds_count"] {
			t.Error("commits carried less than a request each")
		}
	})
	t.Run("a thousand paths make no series", func(t *testing.T) {
		visit := func(from, to int) {
			for i := from; i < to; i++ {
				for _, p := range []string{"/clients/%026d", "/clients/%d/notes/x", "/nothing/%d", "/Vostermansch%d?q=Quillandra"} {
					w.get(t, w.pages.URL+fmt.Sprintf(p, i))
				}
				r, err := http.NewRequest("M"+strconv.Itoa(i), w.pages.URL+"/signin", nil)
				if err != nil {
					t.Fatal(err)
				}
				res, err := w.client.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
			}
		}
		requests := func() (n int) {
			for s := range w.values(t) {
				if strings.HasPrefix(s, "caseward_http") {
					n++
				}
			}
			return n
		}
		visit(0, 1)
		before := requests()
		visit(1, 250)
		if n := requests(); n != before {
			t.Errorf("%d series became %d", before, n)
		}
		_, body := w.get(t, w.metrics.URL+"/metrics")
		for _, word := range []string{"Vostermansch", "Quillandra", "quillandra", "M7", "0000"} {
			if strings.Contains(regexp.MustCompile(`(?m) \S+$`).ReplaceAllString(body, ""), word) {
				t.Errorf("%q is among the labels", word)
			}
		}
	})
	t.Run("the listener answers nothing else", func(t *testing.T) {
		for _, path := range []string{"/", "/signin", "/healthz", "/metrics/", "/debug/pprof/", "/debug/vars", "/static/"} {
			if code, _ := w.get(t, w.metrics.URL+path); code != http.StatusNotFound {
				t.Errorf("%s answers %d", path, code)
			}
		}
		r, err := w.client.Post(w.metrics.URL+"/metrics", "text/plain", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Body.Close()
		if r.StatusCode != http.StatusMethodNotAllowed {
			t.Errorf("a post is answered %d", r.StatusCode)
		}
		if code, _ := w.get(t, w.pages.URL+"/metrics"); code == 200 {
			t.Error("the pages' address answers with metrics")
		}
	})
	t.Run("the operator's table has every metric, and no other", func(t *testing.T) {
		text, err := os.ReadFile("../../docs/guides/operator.md")
		if err != nil {
			t.Fatal(err)
		}
		_, section, _ := strings.Cut(string(text), "## Watching it")
		section, _, _ = strings.Cut(section, "\n## ")
		var documented, exposed, named []string
		for _, m := range regexp.MustCompile("(?m)^\\| `(caseward_\\w+)`").FindAllStringSubmatch(section, -1) {
			documented = append(documented, m[1])
		}
		_, body := w.get(t, w.metrics.URL+"/metrics")
		for _, m := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllStringSubmatch(body, -1) {
			exposed = append(exposed, m[1])
		}
		for _, m := range watch.Metrics() {
			named = append(named, m.Name)
		}
		for _, x := range [][]string{documented, exposed, named} {
			slices.Sort(x)
		}
		if !slices.Equal(documented, exposed) || !slices.Equal(named, exposed) {
			t.Errorf("documented %q\nexposed %q\nnamed %q", documented, exposed, named)
		}
		rules, err := os.ReadFile("../../docs/alerts.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`caseward_\w+`).FindAllString(string(rules), -1) {
			m = regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(m, "")
			if !slices.Contains(exposed, m) {
				t.Errorf("the rules ask for %s, which is not there", m)
			}
		}
	})
}

func TestNothingIsMeasuredUnlessAsked(t *testing.T) {
	ctx := context.Background()
	dir, pass := filepath.Join(t.TempDir(), "data"), []byte("a passphrase for these tests only")
	if err := app.Init(ctx, dir, pass, config.Config{LogName: "caseward.test/watch"}, app.Options{}); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(ctx, dir, pass, app.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Metrics() != nil {
		t.Error("there are metrics that nobody wanted")
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReady(t *testing.T) {
	ctx := context.Background()
	c := clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
	w := watchedServer(t, app.Options{Clock: c})
	rename := func(from string) {
		t.Helper()
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			q := `ALTER TABLE log_entry RENAME TO log_entry_away`
			if from != "log_entry" {
				q = `ALTER TABLE log_entry_away RENAME TO log_entry`
			}
			_, err := tx.Exec(ctx, q)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	says := func(code int, body string) {
		t.Helper()
		if got, said := w.get(t, w.pages.URL+"/readyz"); got != code || said != body {
			t.Errorf("/readyz answers %d %q, want %d", got, said, code)
		}
		if got, _ := w.get(t, w.pages.URL+"/healthz"); got != 200 {
			t.Errorf("/healthz answers %d", got)
		}
	}
	says(200, "ready\n")
	rename("log_entry")
	says(200, "ready\n") // an answer holds for a second, so that strangers cannot keep the writer busy
	c.Advance(time.Second)
	says(503, "unavailable\n")
	if v := w.values(t); v["caseward_ready"] != 0 {
		t.Error("the metric says that it is ready")
	}
	rename("log_entry_away")
	c.Advance(time.Second)
	says(200, "ready\n")
	w.Stopping()
	says(503, "unavailable\n")
}
