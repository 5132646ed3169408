package record_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// TestBypassDoesNotCompile builds small programs that try to go round the door.
// Each is laid over the module as a package of its own; its first line says what
// the compiler must answer.
func TestBypassDoesNotCompile(t *testing.T) {
	files, err := filepath.Glob("testdata/bypass/*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d programs, %v", len(files), err)
	}
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		t.Run(strings.ReplaceAll(strings.TrimSuffix(filepath.Base(f), ".go"), "_", " "), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(text), "\n")
			want, refused := strings.CutPrefix(first, "// want: ")
			source, err := filepath.Abs(f)
			if err != nil {
				t.Fatal(err)
			}
			// A folder of its own for each: builds side by side would else take one
			// program for another.
			folder := "internal/trespass" + strings.ReplaceAll(strings.TrimSuffix(filepath.Base(f), ".go"), "_", "")
			overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(top, folder, "trespass.go"): source}})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "overlay.json")
			if err := os.WriteFile(file, overlay, 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("go", "build", "-overlay", file, "-o", os.DevNull, "./"+folder)
			cmd.Dir = top
			out, err := cmd.CombinedOutput()
			switch {
			case !refused && err != nil:
				t.Errorf("the honest program does not compile, so the others prove nothing:\n%s", out)
			case refused && err == nil:
				t.Error("it compiles")
			case refused && !strings.Contains(string(out), want):
				t.Errorf("the compiler refuses it for another reason; want %q:\n%s", want, out)
			}
		})
	}
}

// asked is every way to ask the door for something about a client.
func asked(d *desk, who actor.Actor, n record.ID[note]) map[string]func() (shown string, err error) {
	subject := record.SubjectOf(d.who)
	return map[string]func() (string, error){
		"read": func() (string, error) {
			got, err := d.clients.Read(ctx, who, d.who)
			return got.Value.Name.Disclose() + got.Value.Phone.Disclose() + got.Value.SSN.Disclose(), err
		},
		"find": func() (string, error) {
			l, err := d.clients.Find(ctx, who, record.Query{Total: true})
			if len(l.Rows) > 0 || l.Total > 0 {
				return "rows", err
			}
			return "", err
		},
		"history": func() (string, error) {
			hs, err := d.clients.History(ctx, who, d.who)
			if len(hs) > 0 {
				return "versions", err
			}
			return "", err
		},
		"a view of several": func() (string, error) {
			v := d.Door.View(who, "chart.open")
			c := d.clients.Want(v, d.who)
			l := d.notes.WantAll(v, record.Query{Subject: subject})
			err := v.Open(ctx)
			if len(l.Rows) > 0 {
				return "rows", err
			}
			return c.Value.Name.Disclose(), err
		},
		"create": func() (string, error) {
			work := d.Door.Work(who, "note.create")
			d.notes.Create(work, subject, note{Title: "A", Author: who.Worker(), State: "draft", Body: phi.NewText("x")})
			return "", work.Commit(ctx)
		},
		"change": func() (string, error) {
			shown := ""
			work := d.Door.Work(who, "note.change")
			d.notes.Change(work, "change", n, 0, func(n *note) error { shown = n.Body.Disclose(); return nil })
			return shown, work.Commit(ctx)
		},
		"keep a draft": func() (string, error) {
			got, err := d.Door.KeepDraft(ctx, who, subject, "note/bypass", 0, map[string]phi.Text{"body": phi.NewText("x")})
			if got.Rev != 0 {
				return "kept", err
			}
			return "", err
		},
		"take up a draft": func() (string, error) {
			got, found, err := d.Door.Draft(ctx, who, subject, "note/new")
			if found {
				return got.Fields["body"].Disclose(), err
			}
			return "", err
		},
		"permit": func() (string, error) {
			return "", d.Door.Permit(ctx, who, "client.read", subject, false, clientKind.Classes(), nil)
		},
		"erase": func() (string, error) {
			r, err := d.Door.Erase(ctx, who, subject, "request")
			if r.Verify() {
				return "a receipt", err
			}
			return "", err
		},
	}
}

func TestBypassAtRunTime(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann := d.As("ann", actor.CaseManager)
		id := d.write(t, "ann", note{Title: "A", Body: phi.NewText("said")})
		if _, err := d.Door.KeepDraft(ctx, ann, record.SubjectOf(d.who), "note/new", 0, map[string]phi.Text{"body": phi.NewText("typed")}); err != nil {
			t.Fatal(err)
		}
		before, err := d.clients.Read(ctx, ann, d.who)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("the zero actor gets nothing by any call", func(t *testing.T) {
			for name, ask := range asked(d, actor.Actor{}, id) {
				shown, err := ask()
				switch k := fault.KindOf(err); {
				case shown != "":
					t.Errorf("%s: something was shown or done", name)
				case name == "find" || (name == "take up a draft" && err == nil):
					// A list of nothing is an answer too.
				case err == nil || (k != fault.Denied && k != fault.NotFound):
					t.Errorf("%s: got %v", name, err)
				}
			}
		})
		t.Run("an actor another request changed the purpose of is still the same worker", func(t *testing.T) {
			if got := ann.For(actor.Payment); got.Worker() != "ann" || got.Role() != actor.CaseManager || ann.Purpose() != actor.Treatment {
				t.Error("For changed more than the purpose")
			}
			if (actor.Actor{}).For(actor.Treatment).Valid() {
				t.Error("For made an actor out of nothing")
			}
		})
		t.Run("when the log cannot be written nothing is shown and nothing kept, by any call", func(t *testing.T) {
			w.BreakLog(t)
			defer w.MendLog(t)
			for _, who := range []actor.Actor{ann, d.Operator()} {
				for name, ask := range asked(d, who, id) {
					shown, err := ask()
					if shown != "" {
						t.Errorf("%s %s: %q was shown or done", who.Worker(), name, shown)
					}
					// A draft nobody has is nothing to record.
					if err == nil && !(name == "take up a draft" && who.Worker() != "ann") {
						t.Errorf("%s %s: went through", who.Worker(), name)
					} else if err != nil && !fault.Is(err, fault.Unavailable) {
						t.Errorf("%s %s: got %v, want unavailable", who.Worker(), name, err)
					}
				}
			}
		})
		t.Run("and afterwards all is as it was", func(t *testing.T) {
			after, err := d.clients.Read(ctx, ann, d.who)
			if err != nil || after.Version != before.Version || !after.Value.Name.Equal(before.Value.Name) {
				t.Errorf("version %d became %d, %v", before.Version, after.Version, err)
			}
			l, err := d.notes.Find(ctx, ann, record.Query{Subject: record.SubjectOf(d.who), Total: true})
			if err != nil || l.Total != 1 {
				t.Errorf("%d notes, %v", l.Total, err)
			}
		})
		t.Run("the database refuses to change or remove what was logged", func(t *testing.T) {
			entries := len(d.Entries(t))
			if entries == 0 {
				t.Fatal("there is nothing to remove")
			}
			for _, statement := range []string{
				`UPDATE log_entry SET at = 0`,
				`UPDATE log_entry SET outcome = 97 WHERE id = 1`,
				`DELETE FROM log_entry`,
				`DELETE FROM log_entry WHERE id = 1`,
				`UPDATE log_subject SET entry = 0`,
				`DELETE FROM log_subject`,
			} {
				err := w.DB.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(ctx, statement)
					return err
				})
				if err == nil || !strings.Contains(err.Error(), "append-only") {
					t.Errorf("%s: got %v", statement, err)
				}
			}
			if w.DB.Dialect() == db.Postgres {
				err := w.DB.Write(ctx, func(tx *db.Tx) error {
					_, err := tx.Exec(ctx, `TRUNCATE log_entry`)
					return err
				})
				if err == nil {
					t.Error("TRUNCATE went through")
				}
			}
			if got := len(d.Entries(t)); got != entries {
				t.Errorf("%d entries became %d", entries, got)
			}
		})
		t.Run("a refusal is in the log under the name of who was refused", func(t *testing.T) {
			if _, err := d.clients.Read(ctx, d.As("mallory", actor.CaseManager), d.who); !fault.Is(err, fault.NotFound) {
				t.Fatalf("got %v", err)
			}
			last := d.Entries(t)[0]
			if last.Entry.Who.Worker != "mallory" || last.Entry.Outcome != audit.Refused {
				t.Errorf("the newest entry is %s by %s", string(rune(last.Entry.Outcome)), last.Entry.Who.Worker)
			}
		})
	})
}
