package watch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/watch"
)

func open(t testing.TB, c clock.Clock, asks ...func(context.Context, watch.Put) error) *watch.Watch {
	t.Helper()
	w, err := watch.New(c, asks...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func says(t testing.TB, w *watch.Watch) string {
	t.Helper()
	r := httptest.NewRecorder()
	w.Handler().ServeHTTP(r, httptest.NewRequest("GET", "/metrics", nil))
	if r.Code != 200 || r.Header().Get("Content-Type") != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%d %v", r.Code, r.Header())
	}
	return r.Body.String()
}

func has(t testing.TB, text string, lines ...string) {
	t.Helper()
	for _, l := range lines {
		if !strings.Contains("\n"+text, "\n"+l+"\n") {
			t.Errorf("there is no line %s in\n%s", l, text)
		}
	}
}

func TestText(t *testing.T) {
	c := clock.NewFake(time.Unix(1800000000, 0))
	w := open(t, c, func(_ context.Context, put watch.Put) error {
		put(watch.Build, 1, "version", "a \"b\"\\c\nd")
		put(watch.Sessions, 2)
		return nil
	})
	for _, took := range []time.Duration{time.Millisecond, 7 * time.Millisecond, time.Minute} {
		w.Request("GET /clients/{id}", "GET", 200, took)
	}
	w.Request("/", "POST", 404, time.Second)
	done := w.Commit(3)
	c.Advance(2 * time.Millisecond)
	done(true)
	has(t, says(t, w),
		"# HELP caseward_http_request_seconds How long requests took, by route, method and class of status",
		"# TYPE caseward_http_request_seconds histogram",
		`caseward_http_request_seconds_bucket{class="2xx",method="GET",route="/clients/{id}",le="0.005"} 1`,
		`caseward_http_request_seconds_bucket{class="2xx",method="GET",route="/clients/{id}",le="0.01"} 2`,
		`caseward_http_request_seconds_bucket{class="2xx",method="GET",route="/clients/{id}",le="10"} 2`,
		`caseward_http_request_seconds_bucket{class="2xx",method="GET",route="/clients/{id}",le="+Inf"} 3`,
		`caseward_http_request_seconds_sum{class="2xx",method="GET",route="/clients/{id}"} 60.008`,
		`caseward_http_request_seconds_count{class="2xx",method="GET",route="/clients/{id}"} 3`,
		`caseward_http_request_seconds_count{class="4xx",method="POST",route="/"} 1`,
		`caseward_build_info{version="a \"b\"\\c\nd"} 1`,
		"# TYPE caseward_sessions_open gauge", "caseward_sessions_open 2",
		"# TYPE caseward_db_commit_failures_total counter", "caseward_db_commit_failures_total 1",
		"caseward_db_commit_seconds_sum 0.002", "caseward_db_commit_requests_sum 3", `caseward_db_commit_requests_bucket{le="2"} 0`, `caseward_db_commit_requests_bucket{le="4"} 1`,
	)
}

func TestJobs(t *testing.T) {
	c := clock.NewFake(time.Unix(1800000000, 0))
	w := open(t, c)
	w.Job("sweep")
	has(t, says(t, w), `caseward_job_runs_total{name="sweep",outcome="done"} 0`, `caseward_job_runs_total{name="sweep",outcome="failed"} 0`, `caseward_job_success_timestamp_seconds{name="sweep"} 0`)
	w.Ran("sweep", nil)
	c.Advance(time.Hour)
	w.Ran("sweep", errors.New("no"))
	has(t, says(t, w), `caseward_job_runs_total{name="sweep",outcome="done"} 1`, `caseward_job_runs_total{name="sweep",outcome="failed"} 1`, `caseward_job_success_timestamp_seconds{name="sweep"} 1.8e+09`)
}

func TestWhatCannotBeHadIsLeftOut(t *testing.T) {
	w := open(t, clock.System(), func(context.Context, watch.Put) error { return errors.New("away") },
		func(_ context.Context, put watch.Put) error { put(watch.Sessions, 4); return nil })
	says(t, w)
	text := says(t, w)
	has(t, text, "caseward_sessions_open 4")
	if strings.Contains(text, "caseward_log_tree_entries") {
		t.Error("a value stands there that nobody gave")
	}
	if strings.Contains(text, "caseward_watch_failures_total 0") {
		t.Error("the failures are not counted")
	}
}

// TestSeriesAreBounded puts far more names to a metric than the program has: what
// is too much is one series.
func TestSeriesAreBounded(t *testing.T) {
	w := open(t, clock.System())
	for i := range 20_000 {
		w.Count(watch.Decisions, 1, "action", fmt.Sprint("a", i), "outcome", "allowed")
	}
	if n := strings.Count(says(t, w), "caseward_decisions_total{"); n > 2000 {
		t.Errorf("%d series", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	w := open(t, clock.System())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				w.Request("GET /a", "GET", 200, time.Duration(i))
				if i%50 == 0 {
					says(t, w)
				}
			}
		})
	}
	wg.Wait()
	has(t, says(t, w), `caseward_http_request_seconds_count{class="2xx",method="GET",route="/a"} 1600`)
}

func BenchmarkRequest(b *testing.B) {
	w := open(b, clock.System())
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			w.Request("GET /clients/{id}/notes/{note}", "GET", 200, 700*time.Microsecond)
		}
	})
}

func BenchmarkCommit(b *testing.B) {
	w := open(b, clock.System())
	b.ReportAllocs()
	for b.Loop() {
		w.Commit(16)(false)
	}
}
