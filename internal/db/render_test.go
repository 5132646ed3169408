package db

import (
	"io/fs"
	"strings"
	"testing"
	"text/template"
)

func TestRender(t *testing.T) {
	t.Run("each migration is what a template would make of it", func(t *testing.T) {
		for _, d := range []Dialect{SQLite, Postgres} {
			files, err := rendered(d)
			if err != nil {
				t.Fatal(err)
			}
			names, err := fs.Glob(Schema, "schema/*.sql")
			if err != nil || len(names) == 0 {
				t.Fatal(names, err)
			}
			for _, name := range names {
				source, err := fs.ReadFile(Schema, name)
				if err != nil {
					t.Fatal(err)
				}
				var want strings.Builder
				if err := template.Must(template.New("").Parse(string(source))).Execute(&want, dialectWords(d)); err != nil {
					t.Fatal(err)
				}
				if got, err := fs.ReadFile(files, strings.TrimPrefix(name, "schema/")); err != nil || string(got) != want.String() {
					t.Errorf("%s for %v: %v", name, d, err)
				}
			}
		}
	})
	t.Run("a migration that raises the floor keeps writers out from its first statement on", func(t *testing.T) {
		lock := "{{if not .SQLite}}LOCK TABLE schema_floor;"
		if err := eachMigration(func(name, text string) error {
			up, _, _ := strings.Cut(text, "-- +goose Down")
			if strings.Contains(up, "UPDATE schema_floor") && (!raises.MatchString(up) || !strings.HasPrefix(up, "-- +goose Up\n"+lock)) {
				t.Errorf("%s: begin it with %s and say UPDATE schema_floor SET floor = …;", name, lock)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("what no template has is refused", func(t *testing.T) {
		for _, bad := range []string{"{{", "{{.Serial", "{{.Other}}", "{{end}}", "{{else}}", "{{if .SQLite}}x", "{{if .SQLite}}{{if .SQLite}}{{end}}{{end}}", "{{if .SQLite}}{{else}}{{.Other}}{{end}}"} {
			if got, err := render(bad, dialectWords(SQLite)); err == nil {
				t.Errorf("%s: %q", bad, got)
			}
		}
	})
}
