package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// largest is how many bytes the program that is handed out may have. More is a
// decision, written down in docs/performance.md.
const largest = 45_000_000

// built is the folder of the program that the tests share.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// program builds the program as it is handed out, once for all tests: with other flags
// everything would be compiled a second time.
func program(t *testing.T) string {
	t.Helper()
	out := filepath.Join(built, "caseward")
	if built != "" {
		return out
	}
	// As make build does, but for the paths in it: those of the tests are compiled already.
	say := exec.Command("make", "-s", "release-flags")
	say.Dir = root(t)
	flags, err := say.Output()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "caseward-arch-")
	if err != nil {
		t.Fatal(err)
	}
	out = filepath.Join(dir, "caseward")
	args := append([]string{"build", "-ldflags=-s -w", "-o", out}, strings.Fields(string(flags))...)
	cmd := exec.Command("go", append(args, "./cmd/caseward")...)
	cmd.Dir = root(t)
	if said, err := cmd.CombinedOutput(); err != nil {
		_ = os.RemoveAll(dir)
		t.Fatalf("%v\n%s", err, said)
	}
	built = dir
	return out
}

// TestSize measures the program as it is handed out. One call of a method by name
// that is linked, as text/template has, makes it a fifth larger: the linker then
// keeps every exported method of every type.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("it links the program")
	}
	i, err := os.Stat(program(t))
	if err != nil {
		t.Fatal(err)
	}
	if i.Size() > largest {
		t.Errorf("the program has %d bytes and is to have at most %d; go build -ldflags=-dumpdep ./cmd/caseward 2>&1 | grep ReflectMethod shows whether methods are called by name, go tool nm -size -sort size what is large", i.Size(), largest)
	}
}
