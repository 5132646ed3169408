package packed

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"testing"
)

func TestWhatIsPackedIsReadAsFiles(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("es/a.md")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("¿Quién llama?")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	f := Open(b.Bytes())()
	if got, err := fs.ReadFile(f, "es/a.md"); err != nil || string(got) != "¿Quién llama?" {
		t.Errorf("%q, %v", got, err)
	}
	if all, err := fs.ReadDir(f, "es"); err != nil || len(all) != 1 {
		t.Errorf("%v, %v", all, err)
	}
}

func TestWhatIsDamagedIsNotReadAsNothing(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("it was opened")
		}
	}()
	Open([]byte("no zip"))()
}
