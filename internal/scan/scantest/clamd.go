// Package scantest starts a real clamd for tests, with one signature of its own:
// that of the EICAR test file.
package scantest

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// EICAR is the test file that every scanner finds. It is put together here so
// that this file is not found itself.
func EICAR() []byte {
	return []byte(`X5O!P%@AP[4\PZX54(P^)7CC)7}` + `$EICAR-STANDARD-ANTI` + `VIRUS-TEST-FILE!$H+H*`)
}

// Daemon is a clamd.
type Daemon struct {
	URL string
	cmd *exec.Cmd
	end sync.Once
}

// Start starts a clamd and stops it with the test. Where there is none the test
// is skipped, unless CI says that there must be one.
func Start(t testing.TB) *Daemon {
	t.Helper()
	tool, err := exec.LookPath("clamd")
	if err != nil {
		tool = "/usr/sbin/clamd"
	}
	if _, err := os.Stat(tool); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("clamd is not installed (Debian: apt-get install clamav-daemon)")
		}
		t.Skip("clamd is not installed (Debian: apt-get install clamav-daemon)")
	}
	// A socket's path has to be short.
	dir, err := os.MkdirTemp("", "clamd-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	for name, text := range map[string]string{
		"db/local.ndb": "Eicar-Test:0:*:" + hex.EncodeToString(EICAR()) + "\n",
		"clamd.conf": strings.Join([]string{
			"Foreground yes", "DatabaseDirectory " + filepath.Join(dir, "db"), "LocalSocket " + socket, "TemporaryDirectory " + dir,
			"LogFile " + filepath.Join(dir, "log"), "SelfCheck 0", "MaxThreads 2", "AlertExceedsMax yes", "",
		}, "\n"),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	d := &Daemon{URL: "unix://" + socket, cmd: exec.Command(tool, "--config-file="+filepath.Join(dir, "clamd.conf"))}
	said := &strings.Builder{}
	d.cmd.Stdout, d.cmd.Stderr = said, said
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	exited := make(chan error, 1)
	go func() { exited <- d.cmd.Wait() }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 3000 {
		if ping(socket) {
			return d
		}
		select {
		case err := <-exited:
			t.Fatalf("clamd did not start: %v\n%s", err, said.String())
		case <-tick.C:
		}
	}
	t.Fatal("clamd does not answer")
	return nil
}

func ping(socket string) bool {
	c, err := net.Dial("unix", socket)
	if err != nil {
		return false
	}
	defer c.Close()
	if _, err := fmt.Fprint(c, "zPING\x00"); err != nil {
		return false
	}
	b := make([]byte, 5)
	n, _ := c.Read(b)
	return strings.HasPrefix(string(b[:n]), "PONG")
}

// Stop kills the clamd, as a crash would.
func (d *Daemon) Stop() { d.end.Do(func() { _ = d.cmd.Process.Kill() }) }
