package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// largest is how many bytes the program that is handed out may have. More is a
// decision, written down in docs/performance.md.
const largest = 47_900_000

// TestSize builds the program as it is handed out. One call of a method by name
// that is linked, as text/template has, makes it a fifth larger: the linker then
// keeps every exported method of every type.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("it links the program")
	}
	out := filepath.Join(t.TempDir(), "caseward")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", out, "./cmd/caseward")
	cmd.Dir = root(t)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	i, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	if i.Size() > largest {
		t.Errorf("the program has %d bytes and is to have at most %d; go build -ldflags=-dumpdep ./cmd/caseward 2>&1 | grep ReflectMethod shows whether methods are called by name, go tool nm -size -sort size what is large", i.Size(), largest)
	}
}
