package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInto(t *testing.T) {
	const page = "# Title\n\n<!-- measured: mix -->\nold\n<!-- measured -->\n\nBetween.\n\n<!-- measured: log -->\n<!-- measured -->\nEnd.\n"
	write := func(t *testing.T) string {
		name := filepath.Join(t.TempDir(), "page.md")
		if err := os.WriteFile(name, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	t.Run("what is printed stands in its section, and all else stays", func(t *testing.T) {
		name := write(t)
		for section, says := range map[string]string{"mix": "new", "log": "| a |"} {
			if err := into(name, section, func() error { _, err := fmt.Println(says); return err }); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		want := "# Title\n\n<!-- measured: mix -->\n\nnew\n\n<!-- measured -->\n\nBetween.\n\n<!-- measured: log -->\n\n| a |\n\n<!-- measured -->\nEnd.\n"
		if err != nil || string(got) != want {
			t.Errorf("%v\n%s", err, got)
		}
	})
	t.Run("a section that is not there is said before anything is measured", func(t *testing.T) {
		err := into(write(t), "soak", func() error { t.Error("it ran"); return nil })
		if err == nil || !strings.Contains(err.Error(), "measured: soak") {
			t.Error(err)
		}
	})
	t.Run("a run that fails changes nothing", func(t *testing.T) {
		name := write(t)
		if err := into(name, "mix", func() error { fmt.Println("half"); return os.ErrInvalid }); err == nil {
			t.Error("no error")
		}
		if got, _ := os.ReadFile(name); string(got) != page {
			t.Errorf("%s", got)
		}
	})
}
