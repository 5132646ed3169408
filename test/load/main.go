package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

func main() {
	short := flag.Bool("short", false, "a few seconds, to see that it works")
	only := flag.String("only", "", "`work` to measure alone, as \"read\"")
	at := flag.Int("connections", 0, "how many connections; 0 for 1, 8 and 64")
	watched := flag.Bool("watched", false, "measure Caseward with metrics beside Caseward without them, instead of beside the bare handler")
	serve := flag.String("serve", "", "for the tool's own use: the server to be, bare, caseward or watched")
	dir := flag.String("dir", "", "for the tool's own use: the server's directory")
	profile := flag.String("profile", "", "`file` for a processor profile of the Caseward server")
	flag.Parse()
	ctx := context.Background()
	var err error
	switch *serve {
	case "bare":
		err = serveBare(ctx, *dir)
	case "caseward":
		err = profiled(*profile, func() error { return serveCaseward(ctx, *dir, "") })
	case "watched":
		err = profiled(*profile, func() error { return serveCaseward(ctx, *dir, "127.0.0.1:0") })
	default:
		err = measure(ctx, *short, *profile, *only, *at, *watched)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

// profiled runs fn and keeps a profile of it where one is asked for.
func profiled(name string, fn func() error) error {
	if name == "" {
		return fn()
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	err = fn()
	pprof.StopCPUProfile()
	return errors.Join(err, f.Close())
}

// child starts a server in a process of its own.
func child(ctx context.Context, kind, profile string) (ready, func(), error) {
	dir, err := os.MkdirTemp("", "caseward-load-")
	if err != nil {
		return ready{}, nil, err
	}
	cmd := exec.CommandContext(ctx, os.Args[0], "-serve", kind, "-dir", dir, "-profile", profile)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return ready{}, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return ready{}, nil, err
	}
	if err := cmd.Start(); err != nil {
		return ready{}, nil, err
	}
	stop := func() {
		_ = in.Close()
		_ = cmd.Wait()
		_ = os.RemoveAll(dir)
	}
	line, err := bufio.NewReaderSize(out, 1<<20).ReadBytes('\n')
	var r ready
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err != nil {
		stop()
		return ready{}, nil, fmt.Errorf("the %s server did not start: %w", kind, err)
	}
	r.PID = cmd.Process.Pid
	return r, stop, nil
}

func measure(ctx context.Context, short bool, profile, only string, at int, watched bool) error {
	rounds, each := 3, 5*time.Second
	if short {
		rounds, each = 1, time.Second
	}
	counts := []int{1, 8, 64}
	if at > 0 {
		counts = []int{at}
	}
	left, right := "bare", "caseward"
	if watched {
		left, right = "caseward", "watched"
	}
	bare, stopBare, err := child(ctx, left, "")
	if err != nil {
		return err
	}
	defer stopBare()
	cw, stopCaseward, err := child(ctx, right, profile)
	if err != nil {
		return err
	}
	defer stopCaseward()
	text := words(noteSize)
	post := func(to ready, target string, form url.Values) shot {
		body := form.Encode()
		return func(int) (*http.Request, error) {
			req, err := http.NewRequest(http.MethodPost, to.URL+target, strings.NewReader(body))
			if err != nil {
				return nil, err
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.Header.Set("Cookie", to.Cookie)
			req.Header.Set("HX-Request", "true")
			req.Header.Set("Origin", to.URL)
			return req, nil
		}
	}
	read := func(to ready) shot {
		return func(n int) (*http.Request, error) {
			if to.Cookie == "" {
				return http.NewRequest(http.MethodGet, to.URL+"/?id="+strconv.Itoa(n%rows+1), nil)
			}
			req, err := http.NewRequest(http.MethodGet, to.URL+to.Notes[n%len(to.Notes)], nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Cookie", to.Cookie)
			req.Header.Set("HX-Request", "true")
			return req, nil
		}
	}
	write := func(to ready) shot {
		if to.Cookie == "" {
			return post(to, "/", url.Values{"text": {text}})
		}
		return post(to, to.Chart+"/notes", url.Values{"csrf": {to.CSRF}, "do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {text}})
	}
	jobs := []struct {
		name           string
		bare, caseward shot
	}{
		{"one note read", read(bare), read(cw)},
		{"one note written", write(bare), write(cw)},
	}
	fmt.Printf("%d rounds of %s each, interleaved; %s, %d processors\n\n", rounds, each, runtime.Version(), runtime.NumCPU())
	if watched {
		fmt.Println("What stands under bare is Caseward without metrics; under Caseward, with them.")
		fmt.Println()
	}
	fmt.Println("| work | connections | bare /s | Caseward /s | ratio | bare p50 | Caseward p50 | Caseward p99 | bare CPU | Caseward CPU | errors |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|")
	for _, j := range jobs {
		if !strings.Contains(j.name, only) {
			continue
		}
		for _, conns := range counts {
			var bs, cs []result
			for range rounds {
				bs = append(bs, drive(ctx, bare.PID, conns, each, j.bare))
				cs = append(cs, drive(ctx, cw.PID, conns, each, j.caseward))
			}
			b, c := median(bs), median(cs)
			fmt.Printf("| %s | %d | %.0f | %.0f | %.2f | %s | %s | %s | %d µs | %d µs | %d |\n", j.name, conns, b.perSecond, c.perSecond, c.perSecond/b.perSecond,
				ms(b.p50), ms(c.p50), ms(c.p99), b.cpu.Microseconds(), c.cpu.Microseconds(), b.errors+c.errors)
			if c.errors+b.errors > 0 {
				for _, r := range append(bs, cs...) {
					if r.firstErr != "" {
						return fmt.Errorf("%s: %s", j.name, r.firstErr)
					}
				}
			}
		}
	}
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }
