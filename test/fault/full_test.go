package fault

import (
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/person"
	"caseward/internal/record"
)

// room says up to which byte the process may write to any file; "" is anywhere.
// What is written beyond fails, as it does on a full disk.
func (s *server) room(bytes string) {
	s.g.Helper()
	if bytes == "" {
		bytes = "unlimited"
	}
	out, err := exec.Command("prlimit", "--pid", strconv.Itoa(s.cmd.Process.Pid), "--fsize="+bytes+":unlimited").CombinedOutput()
	if err != nil {
		s.g.Fatalf("prlimit: %v: %s", err, out)
	}
}

func TestFull(t *testing.T) {
	if _, err := exec.LookPath("prlimit"); err != nil {
		t.Skip("prlimit, which takes a process's room to write, is not on this machine")
	}
	g := found(t)
	var client person.ID
	g.open(app.Options{}, func(a *app.App) { client = register(g, a) })
	chart := "/clients/" + client.String()
	s := g.serve()
	save := func(text string) answer {
		return s.do("ann", "POST", chart+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {text}})
	}
	if a := save("Before the disk was full."); a.code != 303 {
		t.Fatalf("answered %d: %.300s", a.code, a.body)
	}
	if a := s.do("ann", "GET", chart, nil); a.code != 200 || !strings.Contains(a.body, "Quillandra") {
		t.Fatalf("answered %d", a.code)
	}
	t.Run("nothing is shown and nothing is kept while there is no room", func(t *testing.T) {
		g.T = t
		s.room("1")
		defer s.room("")
		for range 3 {
			for _, path := range []string{chart, chart + "/notes", "/caseload", "/clients/" + client.String() + "/edit"} {
				a := s.do("ann", "GET", path, nil)
				if a.code != 503 {
					t.Errorf("GET %s: answered %d", path, a.code)
				}
				for _, w := range []string{"Quillandra", "Vostermansch", "Marzipanweg", "010-7391", "Before the disk"} {
					if strings.Contains(a.body, w) {
						t.Errorf("GET %s shows %q", path, w)
					}
				}
			}
			for path, form := range map[string]url.Values{
				chart + "/notes":       {"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {"While the disk was full."}},
				chart + "/notes/draft": {"text": {"While the disk was full, half of it."}},
				"/find":                {"q": {"Vostermansch"}},
			} {
				a := s.do("ann", "POST", path, form)
				if a.code != 503 || strings.Contains(a.body, "Quillandra") {
					t.Errorf("POST %s: answered %d", path, a.code)
				}
			}
		}
	})
	t.Run("a balancer is told, and told again when there is room, though nobody else asks", func(t *testing.T) {
		g.T = t
		ready := func(code int) func() bool {
			return func() bool { return s.do("nobody", "GET", "/readyz", nil).code == code }
		}
		eventually(t, "/readyz to be ready", ready(200))
		s.room("1")
		defer s.room("")
		if a := s.do("ann", "GET", chart, nil); a.code != 503 {
			t.Errorf("answered %d", a.code)
		}
		eventually(t, "/readyz not to be ready", ready(503))
		if a := s.do("nobody", "GET", "/healthz", nil); a.code != 200 {
			t.Errorf("/healthz answered %d", a.code)
		}
		s.room("")
		eventually(t, "/readyz to be ready again", ready(200))
	})
	t.Run("with room again everything works, in the same process", func(t *testing.T) {
		g.T = t
		eventually(t, "the server to work again", func() bool { return s.do("ann", "GET", chart, nil).code == 200 })
		if a := save("After the disk was full."); a.code != 303 {
			t.Errorf("answered %d", a.code)
		}
		a := s.do("ann", "GET", chart+"/notes", nil)
		for w, want := range map[string]bool{"Before the disk was full.": true, "After the disk was full.": true, "While the disk": false} {
			if strings.Contains(a.body, w) != want {
				t.Errorf("%q is on the page: %v", w, !want)
			}
		}
		s.stop()
	})
	t.Run("the log is whole and tells of every access that was answered", func(t *testing.T) {
		g.T = t
		if out, code := g.command("", "audit", "verify", "--data", g.data); code != 0 {
			t.Errorf("exit code %d\n%s", code, out)
		}
		g.must(whole(g.data))
		g.open(app.Options{}, func(a *app.App) {
			es, err := a.Log.Find(ctx, audit.Query{Subject: record.SubjectOf(client).String(), Worker: g.staff["ann"].String(), Limit: 100})
			g.must(err)
			made := map[string]int{}
			for _, e := range es {
				if e.Outcome == audit.Allowed {
					made[e.Action]++
				}
			}
			if made["note.create"] != 2 || made["chart.open"] != 3 {
				t.Errorf("entries: %v", made)
			}
		})
	})
	for _, h := range newScanner(t, planted...).scan([]byte(s.out.String())) {
		t.Errorf("the server's log: %s", h)
	}
}
