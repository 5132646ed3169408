package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"caseward/internal/clock"
)

// shot makes the n-th request of a connection.
type shot func(n int) (*http.Request, error)

// result is one measurement.
type result struct {
	perSecond float64
	cpu       time.Duration // the server's processor time for one request; 0 where it is not known
	p50, p99  time.Duration
	errors    int
	firstErr  string
}

// drive sends requests over conns keep-alive connections, each waiting for its
// answer before the next, for d.
func drive(ctx context.Context, pid, conns int, d time.Duration, make shot) result {
	clk := clock.System()
	client := &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: conns, MaxConnsPerHost: conns},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	var all []time.Duration
	var res result
	var wg sync.WaitGroup
	used := processorTime(pid)
	start := clk.Now()
	end := start.Add(d)
	for c := range conns {
		wg.Go(func() {
			var mine []time.Duration
			fail := ""
			failures := 0
			for n := c; ; n += conns {
				began := clk.Now()
				if !began.Before(end) || ctx.Err() != nil {
					break
				}
				if err := one(ctx, client, make, n); err != nil {
					failures++
					fail = err.Error()
					continue
				}
				mine = append(mine, clk.Now().Sub(began))
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, mine...)
			res.errors += failures
			if fail != "" {
				res.firstErr = fail
			}
		})
	}
	wg.Wait()
	took := clk.Now().Sub(start)
	slices.Sort(all)
	if len(all) > 0 {
		res.cpu = (processorTime(pid) - used) / time.Duration(len(all))
		res.p50, res.p99 = all[len(all)/2], all[len(all)*99/100]
		res.perSecond = float64(len(all)) / took.Seconds()
	}
	return res
}

func one(ctx context.Context, c *http.Client, make shot, n int) error {
	req, err := make(n)
	if err != nil {
		return err
	}
	_, err = sent(ctx, c, req)
	return err
}

// sent sends a request, reads its whole answer, and says where it leads.
func sent(ctx context.Context, c *http.Client, req *http.Request) (led string, err error) {
	res, err := c.Do(req.WithContext(ctx))
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return "", err
	}
	led = cmp.Or(res.Header.Get("Location"), res.Header.Get("HX-Redirect"))
	if res.StatusCode >= 400 || strings.Contains(led, "signin") {
		return "", fmt.Errorf("%s %s: %s %.300s", req.Method, req.URL.Path, res.Status, body)
	}
	return led, nil
}

// median of a few measurements, figure by figure.
func median(rs []result) result {
	if len(rs) == 0 {
		return result{}
	}
	pick := func(f func(result) float64) float64 {
		v := []float64{}
		for _, r := range rs {
			v = append(v, f(r))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	out := result{
		perSecond: pick(func(r result) float64 { return r.perSecond }),
		cpu:       time.Duration(pick(func(r result) float64 { return float64(r.cpu) })),
		p50:       time.Duration(pick(func(r result) float64 { return float64(r.p50) })),
		p99:       time.Duration(pick(func(r result) float64 { return float64(r.p99) })),
	}
	for _, r := range rs {
		out.errors += r.errors
	}
	return out
}

// processorTime is what a process has used of the processors so far, as Linux
// counts it, in hundredths of a second; 0 elsewhere.
func processorTime(pid int) time.Duration {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	// The name of the program comes second, in brackets, and may hold anything.
	_, rest, _ := bytes.Cut(b[bytes.LastIndexByte(b, ')')+1:], []byte(" "))
	f := strings.Fields(string(rest))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
