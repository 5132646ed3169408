package arch

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// changed says which schema files, by their hashes, are not what a release had.
func changed(release string, was, is map[string]string) (wrong []string) {
	for name, hash := range was {
		if is[name] != hash {
			wrong = append(wrong, fmt.Sprintf("internal/db/schema/%s is not what %s had. Databases that %[2]s made will not get the change: put it back, and make the change in a migration with the next number. Only if %[2]s is not tagged yet: make release-data VERSION=%[2]s", name, release))
		}
	}
	last := ""
	for name := range was {
		last = max(last, name)
	}
	for name := range is {
		if _, released := was[name]; !released && name < last {
			wrong = append(wrong, fmt.Sprintf("internal/db/schema/%s comes before %s, which %s had: give it the next number", name, last, release))
		}
	}
	return wrong
}

// TestReleasedSchema keeps each migration as it was released.
func TestReleasedSchema(t *testing.T) {
	is := map[string]string{}
	files, err := filepath.Glob(filepath.Join(root(t), "internal/db/schema/*.sql"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.Sum256(b)
		is[filepath.Base(f)] = hex.EncodeToString(h[:])
	}
	releases, err := filepath.Glob(filepath.Join(root(t), "test/upgrade/testdata/*/manifest.json"))
	if err != nil || len(releases) == 0 {
		t.Fatal("no release is in test/upgrade/testdata", err)
	}
	for _, f := range releases {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var m struct{ Schema map[string]string }
		if err := json.Unmarshal(b, &m); err != nil || len(m.Schema) == 0 {
			t.Fatal(f, err)
		}
		for _, w := range changed(filepath.Base(filepath.Dir(f)), m.Schema, is) {
			t.Error(w)
		}
	}
	was := map[string]string{"00001_a.sql": "1", "00003_b.sql": "3"}
	for _, c := range []struct {
		what string
		is   map[string]string
		says string
	}{
		{"the same", map[string]string{"00001_a.sql": "1", "00003_b.sql": "3"}, ""},
		{"one more", map[string]string{"00001_a.sql": "1", "00003_b.sql": "3", "00004_c.sql": "4"}, ""},
		{"one that was changed", map[string]string{"00001_a.sql": "1", "00003_b.sql": "other"}, "00003_b.sql is not what"},
		{"one that is gone", map[string]string{"00003_b.sql": "3"}, "00001_a.sql is not what"},
		{"one in between", map[string]string{"00001_a.sql": "1", "00002_x.sql": "2", "00003_b.sql": "3"}, "00002_x.sql comes before"},
	} {
		if got := strings.Join(changed("v1.0.0", was, c.is), "\n"); (got == "") != (c.says == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: it says %q", c.what, got)
		}
	}
}
