package fault

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/config"
)

func TestOutside(t *testing.T) {
	g := found(t)
	kept := filepath.Join(t.TempDir(), "kept")
	blocked := filepath.Join(t.TempDir(), "blocked")
	anchors := func(t *testing.T, urls ...string) {
		t.Helper()
		c, err := config.Load(g.data)
		if err != nil {
			t.Fatal(err)
		}
		c.Anchors = urls
		if err := c.Save(g.data); err != nil {
			t.Fatal(err)
		}
	}
	files := func(t *testing.T) []string {
		t.Helper()
		got, err := filepath.Glob(filepath.Join(kept, "*.checkpoint"))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	verified := func(t *testing.T) {
		t.Helper()
		if out, code := g.command("", "audit", "verify", "--data", g.data, "--checkpoint", kept); code != 0 || strings.Contains(out, " 0 kept elsewhere") {
			t.Errorf("exit code %d\n%s", code, out)
		}
	}
	t.Run("the command sends at once, and what it sent checks the log", func(t *testing.T) {
		anchors(t, "file://"+kept)
		printed := g.run("audit checkpoint")
		got := files(t)
		if len(got) != 1 {
			t.Fatalf("kept: %v", got)
		}
		b, err := os.ReadFile(got[0])
		if err != nil || string(b) != printed {
			t.Errorf("kept %q, printed %q, %v", b, printed, err)
		}
		verified(t)
	})
	t.Run("a place that takes nothing is told, and holds up neither the other nor what is printed", func(t *testing.T) {
		if err := os.WriteFile(blocked, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		anchors(t, "file://"+blocked, "file://"+kept)
		out, code := g.command("", "audit", "checkpoint", "--data", g.data, "--passphrase-file", g.passfile)
		if code != 1 || !strings.Contains(out, blocked) || !strings.Contains(out, "caseward.test/fault\n") {
			t.Errorf("exit code %d: %s", code, out)
		}
		if len(files(t)) != 2 {
			t.Errorf("kept: %v", files(t))
		}
	})
	t.Run("a server sends by itself, and the officers see in how many places the newest is kept", func(t *testing.T) {
		g.T = t
		before := len(files(t))
		s := g.serve()
		eventually(t, "a checkpoint outside", func() bool { return len(files(t)) > before })
		if a := s.do("pat", "POST", "/log/verify", nil); a.code != 303 {
			t.Errorf("answered %d: %s", a.code, visible(a.body))
		}
		if a := s.do("pat", "GET", "/log", nil); !strings.Contains(visible(a.body), "In 1 place") {
			t.Errorf("the page says: %s", visible(a.body))
		}
		s.stop()
		verified(t)
	})
	t.Run("each sending is an entry of the sequencer's, and a place that fails is one", func(t *testing.T) {
		g.T = t
		g.open(app.Options{}, func(a *app.App) {
			es, err := a.Log.Find(ctx, audit.Query{Action: "audit.anchor", Limit: 100})
			g.must(err)
			sent, failed := 0, 0
			for _, e := range es {
				if e.Who.Worker != "service:sequencer" || e.Detail["place"] != "directory" {
					t.Errorf("an entry says %+v", e.Entry)
				}
				switch e.Outcome {
				case audit.Allowed:
					sent++
				case audit.Failed:
					failed++
				}
			}
			// The command once, and the server once, met the place that takes nothing.
			if sent != len(files(t)) || failed != 2 {
				t.Errorf("%d files, %d entries of sendings, %d of failures", len(files(t)), sent, failed)
			}
		})
	})
	t.Run("a place in the data directory stops the start", func(t *testing.T) {
		anchors(t, "file://"+filepath.Join(g.data, "kept"))
		out, code := g.command("", "audit", "checkpoint", "--data", g.data, "--passphrase-file", g.passfile)
		if code != 1 || !strings.Contains(out, "anchors") {
			t.Errorf("exit code %d: %s", code, out)
		}
	})
}
