package fault

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"caseward/internal/app"
	"caseward/internal/config"
	"caseward/internal/person"
)

// cluster is where servers of PostgreSQL are made.
type cluster struct {
	*testing.T
	bin, dir string
	as       *syscall.SysProcAttr // PostgreSQL refuses to run as root
}

// newCluster skips the test where PostgreSQL is not installed.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		t.Fatal(err)
	}
	if p, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		t.Skip("no PostgreSQL server is installed")
	}
	c := &cluster{T: t, bin: filepath.Dir(found[len(found)-1])}
	// Not below t.TempDir, which another user cannot reach.
	if c.dir, err = os.MkdirTemp("", "caseward-postgres-"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(c.dir) })
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			u, err = user.Lookup("nobody")
		}
		if err != nil {
			t.Skip("there is nobody here whom PostgreSQL could run as")
		}
		uid, _ := strconv.ParseUint(u.Uid, 10, 32)
		gid, _ := strconv.ParseUint(u.Gid, 10, 32)
		c.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		if err := os.Chown(c.dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = c.dir, c.as
	cmd.Env = append(os.Environ(), "HOME="+c.dir, "LC_ALL=C")
	return cmd
}

func (c *cluster) must(name string, args ...string) {
	c.Helper()
	if out, err := c.command(name, args...).CombinedOutput(); err != nil {
		c.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// postgres is one server.
type postgres struct {
	c     *cluster
	name  string
	port  int
	cmd   *exec.Cmd
	ended chan struct{}
	out   *said
}

func (c *cluster) port() int {
	c.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		c.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// primary makes a server and starts it.
func (c *cluster) primary() *postgres {
	c.Helper()
	c.must("initdb", "-D", "primary", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
	p := &postgres{c: c, name: "primary", port: c.port()}
	p.start()
	p.exec(`CREATE DATABASE caseward`)
	return p
}

// standby makes a server that follows p and starts it.
func (p *postgres) standby() *postgres {
	p.c.Helper()
	p.c.must("pg_basebackup", "-D", "standby", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "postgres", "-R", "-X", "stream", "-c", "fast", "--no-sync")
	s := &postgres{c: p.c, name: "standby", port: p.c.port()}
	s.start()
	eventually(p.c.T, "the standby to follow", func() bool {
		return p.ask("postgres", `SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'`) == "1"
	})
	return s
}

// start starts the server. What it loses when its process is killed does not depend
// on the disk, so it does not wait for that.
func (p *postgres) start() {
	p.c.Helper()
	p.out, p.ended = &said{}, make(chan struct{})
	p.cmd = p.c.command("postgres", "-D", p.name, "-p", strconv.Itoa(p.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync=off", "-c", "max_connections=100")
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		p.c.Fatal(err)
	}
	ended := p.ended
	cmd := p.cmd
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	p.c.Cleanup(func() {
		p.kill()
		if p.c.Failed() {
			p.c.Logf("PostgreSQL said: %s", p.out)
		}
	})
	eventually(p.c.T, "PostgreSQL to answer", func() bool {
		select {
		case <-ended:
			p.c.Fatalf("PostgreSQL ended: %s", p.out)
		default:
		}
		return p.ask("postgres", `SELECT 'here'`) == "here"
	})
}

// kill ends the server's first process; the others end when they see that.
func (p *postgres) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

func (p *postgres) url(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", p.port, database)
}

func (p *postgres) exec(statement string) {
	p.c.Helper()
	d, err := sql.Open("pgx", p.url("postgres"))
	if err == nil {
		_, err = d.Exec(statement)
		_ = d.Close()
	}
	if err != nil {
		p.c.Fatalf("%s: %v", statement, err)
	}
}

// ask is the text of one value; "" if there is none.
func (p *postgres) ask(database, query string) string {
	d, err := sql.Open("pgx", p.url(database))
	if err != nil {
		return ""
	}
	defer d.Close()
	var s string
	if err := d.QueryRow(query).Scan(&s); err != nil {
		return ""
	}
	return s
}

// agencyOn is an agency whose database is on these servers, whichever can be written.
func agencyOn(t *testing.T, cfg config.Config, servers ...*postgres) *agency {
	t.Helper()
	var hosts []string
	for _, p := range servers {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", p.port))
	}
	cfg.Database = "postgres://postgres@" + strings.Join(hosts, ",") + "/caseward?sslmode=disable&target_session_attrs=read-write&connect_timeout=5"
	return foundWith(t, cfg)
}

// outage has many people work on two servers of Caseward while fail does something
// to PostgreSQL. The servers go on by themselves.
func outage(t *testing.T, g *agency, prefix string, fail func()) {
	t.Helper()
	var l *load
	g.open(app.Options{}, func(a *app.App) { l = newLoad(g, a, prefix, 300) })
	servers := []*server{g.serve(), g.serve()}
	var turn atomic.Int64
	var failing, stop atomic.Bool
	healed := make(chan struct{})
	l.broken = func(r *request, a answer, err error) bool {
		if !failing.Load() {
			g.Errorf("%s: answered %d, %v, before anything failed: %.300s", r.token, a.code, err, a.body)
			return false
		}
		if err == nil && a.code != 503 {
			g.Errorf("%s: answered %d: %.300s", r.token, a.code, a.body)
		}
		<-healed
		return true
	}
	var wg sync.WaitGroup
	for c := range 12 {
		wg.Go(func() {
			l.work(c, func() *server {
				if stop.Load() {
					return nil
				}
				return servers[int(turn.Add(1))%len(servers)]
			})
		})
	}
	eventually(t, "requests to be answered", func() bool { return l.acks.Load() >= 150 })
	failing.Store(true)
	fail()
	for _, s := range servers {
		eventually(t, "the server to be ready again", func() bool { return s.do("nobody", "GET", "/readyz", nil).code == 200 })
	}
	before := l.acks.Load()
	close(healed)
	eventually(t, "requests to be answered again", func() bool { return l.acks.Load() >= before+100 || l.used() })
	stop.Store(true)
	wg.Wait()
	for _, s := range servers {
		s.stop()
		if strings.Contains(s.out.String(), "panic") {
			t.Errorf("a server says: %s", s.out)
		}
	}
	if out, code := g.command("", "audit", "verify", "--data", g.data); code != 0 {
		t.Errorf("exit code %d\n%s", code, out)
	}
	g.open(app.Options{}, func(a *app.App) {
		found, err := l.check(a)
		g.must(err)
		for _, w := range found.wrong {
			t.Error(w)
		}
		t.Logf("%d answers, %d of them before it failed: %d writes acknowledged, %d more were kept, %d reads shown; %d entries are missing", l.acks.Load(), before, len(found.written), found.unacked, found.shown, found.missing)
	})
}

func TestPostgres(t *testing.T) {
	t.Run("killed and started again, it has everything that was acknowledged", func(t *testing.T) {
		p := newCluster(t).primary()
		g := agencyOn(t, config.Config{}, p)
		outage(t, g, "restart", func() {
			p.kill()
			p.start()
		})
	})
	t.Run("killed, with a standby that every commit waits for, it is replaced and nothing is lost", func(t *testing.T) {
		p := newCluster(t).primary()
		s := p.standby()
		g := agencyOn(t, config.Config{}, p, s)
		p.exec(`ALTER SYSTEM SET synchronous_standby_names = '*'`)
		p.exec(`SELECT pg_reload_conf()`)
		eventually(t, "commits to wait for the standby", func() bool { return p.ask("postgres", `SELECT sync_state FROM pg_stat_replication`) == "sync" })
		outage(t, g, "failover", func() {
			p.kill()
			s.c.must("pg_ctl", "promote", "-D", s.name, "-w")
		})
	})
	t.Run("with a standby that lags, what is lost is told by any checkpoint that was kept", func(t *testing.T) {
		p := newCluster(t).primary()
		s := p.standby()
		g := agencyOn(t, config.Config{}, p, s)
		server := g.serve()
		look := func() {
			t.Helper()
			for range 20 {
				if a := server.do("ann", "GET", "/caseload", nil); a.code != 200 {
					t.Fatalf("answered %d", a.code)
				}
			}
		}
		look()
		eventually(t, "the standby to have that", func() bool {
			return p.ask("postgres", `SELECT (replay_lsn = pg_current_wal_lsn())::text FROM pg_stat_replication`) == "true"
		})
		s.exec(`ALTER SYSTEM SET primary_conninfo = ''`)
		s.exec(`SELECT pg_reload_conf()`)
		eventually(t, "the standby to lag", func() bool { return p.ask("postgres", `SELECT count(*) FROM pg_stat_replication`) == "0" })
		look()
		eventually(t, "the server to have signed that", func() bool {
			return p.ask("caseward", `SELECT (signed_size = size AND size = (SELECT count(*) FROM log_entry))::text FROM log_head`) == "true"
		})
		kept := filepath.Join(t.TempDir(), "kept.checkpoint")
		g.must(os.WriteFile(kept, []byte(g.run("audit checkpoint")), 0o600))
		p.kill()
		s.c.must("pg_ctl", "promote", "-D", s.name, "-w")
		eventually(t, "the server to be ready again", func() bool { return server.do("nobody", "GET", "/readyz", nil).code == 200 })
		look()
		if out, code := g.command("", "audit", "verify", "--data", g.data, "--checkpoint", kept); code != 3 || !strings.Contains(out, "[truncated]") && !strings.Contains(out, "[forked]") {
			t.Errorf("exit code %d\n%s", code, out)
		}
		// Whoever promised the rest signs no other history over it.
		g.must(server.cmd.Process.Signal(os.Interrupt))
		<-server.ended
		if out := server.out.String(); !strings.Contains(out, "does not contain the last signed one") {
			t.Errorf("the server says nothing of it: %s", out)
		}
	})
}

// TestNodes has three servers of one agency answer in turn, as behind a balancer that
// does not care who asked whom before.
func TestNodes(t *testing.T) {
	p := newCluster(t).primary()
	cfg := config.Config{}
	cfg.Uploads.Unscanned = true
	g := agencyOn(t, cfg, p)
	var l *load
	var other person.ID
	g.open(app.Options{}, func(a *app.App) {
		l = newLoad(g, a, "nodes", 300)
		other = register(g, a)
	})
	nodes := []*server{g.serve(), g.serve(), g.serve()}
	chart := "/clients/" + other.String()

	t.Run("a draft that one kept is there on the next", func(t *testing.T) {
		g.T = t
		if a := nodes[0].do("ann", "POST", chart+"/notes/draft", url.Values{"text": {"Half a sentence"}}); a.code != 200 {
			t.Fatalf("answered %d: %.300s", a.code, a.body)
		}
		if a := nodes[1].do("ann", "GET", chart+"/notes", nil); !strings.Contains(a.body, "Half a sentence") {
			t.Errorf("it is not: %d", a.code)
		}
	})
	t.Run("what one took in is read on the next", func(t *testing.T) {
		g.T = t
		body, kind := withFile(t, g.sessions["ann"].csrf, map[string]string{"title": "Lease", "category": "housing", "on": "2026-11-03"}, "lease.txt", "The lease of a flat, in words.")
		a, err := nodes[1].post("ann", chart+"/documents", kind, body)
		if err != nil || a.code != 303 {
			t.Fatalf("answered %d, %v: %s", a.code, err, a.body)
		}
		list := nodes[2].do("ann", "GET", chart+"/documents", nil)
		m := regexp.MustCompile(`/documents/([0-9a-z]{26})`).FindStringSubmatch(list.body)
		if m == nil {
			t.Fatalf("it is not in the list: %d", list.code)
		}
		id := m[1]
		if got := nodes[2].do("ann", "GET", chart+"/documents/"+id+"/file", nil); got.code != 200 || got.body != "The lease of a flat, in words." {
			t.Errorf("%q: %d %.200s", id, got.code, got.body)
		}
	})
	t.Run("failed sign-ins are counted by all together", func(t *testing.T) {
		g.T = t
		codes := map[int]int{}
		for i := range 12 {
			a := nodes[i%3].do("nobody", "POST", "/signin", url.Values{"email": {"ann@example.org"}, "password": {"not the password of anybody"}})
			codes[a.code]++
		}
		// Five go free, and the sixth puts a wait before the seventh.
		if codes[422] != 6 || codes[429] != 6 {
			t.Errorf("the answers were %v", codes)
		}
	})
	t.Run("who signs out of one is out of all at once", func(t *testing.T) {
		g.T = t
		for _, s := range nodes {
			if a := s.do("bob", "GET", "/caseload", nil); a.code != 200 {
				t.Fatalf("answered %d", a.code)
			}
		}
		if a := nodes[0].do("bob", "POST", "/signout", nil); a.code != 303 {
			t.Fatalf("answered %d", a.code)
		}
		for i, s := range nodes {
			if a := s.do("bob", "GET", "/caseload", nil); a.code == 200 {
				t.Errorf("node %d still knows him", i)
			}
		}
	})
	t.Run("whose access was ended is out of all at once", func(t *testing.T) {
		g.T = t
		for _, s := range nodes {
			if a := s.do("ivy", "GET", "/account/sessions", nil); a.code != 200 {
				t.Fatalf("answered %d", a.code)
			}
		}
		g.run("user terminate", "ivy@example.org")
		for i, s := range nodes {
			if a := s.do("ivy", "GET", "/account/sessions", nil); a.code == 200 {
				t.Errorf("node %d still lets her in", i)
			}
		}
	})
	t.Run("one is killed and the others go on: one history, and nothing acknowledged is lost", func(t *testing.T) {
		g.T = t
		var turn atomic.Int64
		var killed, stop atomic.Bool
		l.broken = func(r *request, a answer, err error) bool {
			if err == nil || !killed.Load() {
				g.Errorf("%s: answered %d, %v: %.300s", r.token, a.code, err, a.body)
			}
			return true
		}
		var wg sync.WaitGroup
		for c := range 12 {
			wg.Go(func() {
				l.work(c, func() *server {
					n := int(turn.Add(1))
					switch {
					case stop.Load():
						return nil
					case killed.Load():
						return nodes[n%2]
					}
					return nodes[n%3]
				})
			})
		}
		eventually(t, "requests to be answered", func() bool { return l.acks.Load() >= 150 })
		killed.Store(true)
		nodes[2].kill()
		before := l.acks.Load()
		eventually(t, "the others to answer", func() bool { return l.acks.Load() >= before+100 || l.used() })
		stop.Store(true)
		wg.Wait()
		for _, s := range nodes[:2] {
			s.stop()
		}
		if out, code := g.command("", "audit", "verify", "--data", g.data); code != 0 {
			t.Errorf("exit code %d\n%s", code, out)
		}
		g.open(app.Options{}, func(a *app.App) {
			found, err := l.check(a)
			g.must(err)
			for _, w := range found.wrong {
				t.Error(w)
			}
			t.Logf("%d answers, %d of them before one was killed; %d entries are missing", l.acks.Load(), before, found.missing)
		})
	})
}

// withFile is a form with a file.
func withFile(t *testing.T, csrf string, fields map[string]string, name, content string) (*bytes.Buffer, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	fields["csrf"] = csrf
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if err := m.WriteField(k, fields[k]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write([]byte(content))
	}
	if err = errors.Join(err, m.Close()); err != nil {
		t.Fatal(err)
	}
	return &b, m.FormDataContentType()
}

// post sends a body as somebody.
func (s *server) post(name, path, kind string, body *bytes.Buffer) (answer, error) {
	req, err := http.NewRequest(http.MethodPost, s.origin+path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Cookie", s.g.sessions[name].cookie)
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Origin", s.origin)
	return s.send(req)
}
