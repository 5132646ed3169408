package pdftext_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"caseward/internal/pdftext"
)

// TestMain is also the process that reads, which is the program of these tests started
// anew; and one that says what it can still do once it is confined.
func TestMain(m *testing.M) {
	switch {
	case slices.Equal(os.Args[1:], pdftext.Command):
		if len(os.Environ()) > 0 {
			os.Exit(9)
		}
		if pdftext.Serve(os.Stdin, os.Stdout) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	case slices.Equal(os.Args[1:], []string{"confined"}):
		confined()
	}
	os.Exit(m.Run())
}

// can is what a confined process can do.
type can struct {
	Err                     string
	Open, Write, Dial, Pipe bool
	CPU, Core               uint64
}

func confined() {
	var c can
	if err := pdftext.Confine(); err != nil {
		c.Err = err.Error()
	}
	_, err := os.Open("/proc/self/status")
	c.Open = err == nil
	_, err = os.Create(os.TempDir() + "/caseward-confined")
	c.Write = err == nil
	_, err = net.Dial("udp", "127.0.0.1:9")
	c.Dial = err == nil
	_, _, err = os.Pipe()
	c.Pipe = err == nil
	var l syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_CPU, &l)
	c.CPU = l.Max
	_ = syscall.Getrlimit(syscall.RLIMIT_CORE, &l)
	c.Core = l.Max
	_ = json.NewEncoder(os.Stdout).Encode(c)
	// More memory than is given ends it.
	var held [][]byte
	for range 64 {
		b := make([]byte, 32<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		held = append(held, b)
	}
	fmt.Println("still here", len(held))
	os.Exit(0)
}

func onLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux bounds a process")
	}
}

func TestTheProcessThatReadsCanDoNothingElse(t *testing.T) {
	onLinux(t)
	cmd := exec.Command("/proc/self/exe", "confined")
	out, err := cmd.Output()
	if err == nil || strings.Contains(string(out), "still here") {
		t.Errorf("it may take two gigabytes: %v", err)
	}
	var c can
	line, _, _ := bytes.Cut(out, []byte("\n"))
	if err := json.Unmarshal(line, &c); err != nil {
		t.Fatal(err, string(out))
	}
	if c != (can{CPU: 15}) {
		t.Errorf("it can do %+v", c)
	}
}

// isolated reads a file in the other process and wants an end within the bound.
func isolated(t *testing.T, file []byte) (*pdftext.Document, error) {
	t.Helper()
	pdftext.Wait(2 * time.Second)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	d, err := pdftext.Isolated(ctx, file)
	if ctx.Err() != nil {
		t.Error("it was not ended")
	}
	return d, err
}

func TestAFileIsReadInAProcessOfItsOwn(t *testing.T) {
	onLinux(t)
	b, err := os.ReadFile("testdata/letter.pdf")
	if err != nil {
		t.Fatal(err)
	}
	d, err := isolated(t, b)
	here, _ := extract(b)
	if err != nil || here == nil || *d != *here {
		t.Fatalf("%v %+v", err, d)
	}
	if _, err := isolated(t, page("")); !errors.Is(err, pdftext.ErrPicture) {
		t.Errorf("a refusal comes as %v", err)
	}
	if _, err := isolated(t, make([]byte, pdftext.Most+1)); !errors.Is(err, pdftext.ErrLarge) {
		t.Errorf("too large a file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := pdftext.Isolated(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever asked went away: %v", err)
	}
}

// bomb is a stream that unpacks to 400 megabytes, and has not half of one.
func bomb(begin, again string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(begin))
	for some := bytes.Repeat([]byte(again), 1<<20/len(again)); b.Len() < 400<<10; {
		_, _ = w.Write(some)
	}
	_ = w.Close()
	return stream("/Filter /FlateDecode", b.String())
}

// inStream is a PDF whose objects from 3 on are said to be in the stream that is object 4,
// with these keys; its list of objects is a stream too.
func inStream(keys string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	var at [6]int
	for i, o := range []string{1: root, 2: "<</Type /Pages /Kids [3 0 R] /Count 1>>", 4: "<<" + keys + ">>\nstream\n3 0 <</Type /Page>>\nendstream"} {
		if o != "" {
			at[i] = b.Len()
			fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i, o)
		}
	}
	at[5] = b.Len()
	var list bytes.Buffer
	for i := range at {
		switch i {
		case 0:
			list.Write([]byte{0, 0, 0, 0})
		case 3:
			list.Write([]byte{2, 0, 4, 0})
		default:
			list.Write([]byte{1, byte(at[i] >> 8), byte(at[i]), 0})
		}
	}
	fmt.Fprintf(&b, "5 0 obj\n<</Type /XRef /Size 6 /W [1 2 1] /Root 1 0 R /Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n", list.Len(), list.Bytes(), at[5])
	return b.Bytes()
}

// TestHostileFilesEndInARefusal has files that make a reader go on without end, call itself
// without end, or unpack without end. Each ends, and the process of the server goes on.
func TestHostileFilesEndInARefusal(t *testing.T) {
	onLinux(t)
	good := page("BT /F 12 Tf 72 700 Td (Lock the door.) Tj ET")
	at := bytes.Index(good, []byte("xref\n"))
	for name, file := range map[string][]byte{
		"pages that hold themselves":   file(root, "<</Type /Pages /Kids [2 0 R 2 0 R] /Count 2>>"),
		"arrays in arrays":             file(root, one, sheet, strings.Repeat("[", 3_000_000)),
		"objects in objects":           file(root, one, sheet, strings.Repeat("4 0 obj ", 500_000)),
		"a length that is its own":     inStream("/Type /ObjStm /N 1 /First 4 /Length 3 0 R"),
		"a stream that extends itself": inStream("/Type /ObjStm /N 0 /First 4 /Length 19 /Extends 4 0 R"),
		"a list before the list":       bytes.Replace(good, []byte("trailer\n<<"), fmt.Appendf(nil, "trailer\n<</Prev %d ", at), 1),
		"a list of all numbers":        bytes.Replace(good, []byte("xref\n0 7\n"), []byte("xref\n4000000000 7\n"), 1),
		"a drawing that draws itself":  file(root, one, sheet, stream("", "/X Do"), plain, stream("/Subtype /Form /Resources <</XObject <</X 6 0 R>>>>", strings.Repeat("/X Do ", 200))),
		"instructions without end":     file(root, one, sheet, bomb("", "q Q "), plain, "<<>>"),
		"a string without end":         file(root, one, sheet, bomb("(", "aaaa"), plain, "<<>>"),
		"numbers without end":          file(root, one, sheet, bomb("", "1 "), plain, "<<>>"),
		"a comment without end":        file(root, one, sheet, "%"),
	} {
		t.Run(name, func(t *testing.T) {
			d, err := isolated(t, file)
			known := false
			for _, e := range []error{pdftext.ErrBroken, pdftext.ErrPicture, pdftext.ErrGarbled, pdftext.ErrLarge, pdftext.ErrStopped} {
				known = known || errors.Is(err, e)
			}
			if !known {
				t.Errorf("%v, %+v", err, d)
			}
			t.Log(err)
		})
	}
	if d, err := isolated(t, good); err != nil || !strings.Contains(d.Text, "Lock the door.") {
		t.Errorf("afterwards a good file is read no more: %v", err)
	}
}

// TestDamagedFilesEnd cuts files off and turns bits of them over. What becomes of each is a
// text or a refusal by name, and never a process that must be stopped by its time.
func TestDamagedFilesEnd(t *testing.T) {
	onLinux(t)
	whole, err := os.ReadFile("testdata/letter.pdf")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	var files [][]byte
	for i := range 20 {
		files = append(files, whole[:len(whole)*i/20])
	}
	for range 40 {
		b := bytes.Clone(whole)
		for range 1 + random.IntN(20) {
			b[random.IntN(len(b))] ^= 1 << random.IntN(8)
		}
		files = append(files, b)
	}
	read := 0
	for i, b := range files {
		d, err := isolated(t, b)
		if err == nil {
			read++
		}
		if (err == nil) != (d != nil) || errors.Is(err, pdftext.ErrAway) {
			t.Errorf("file %d: %v", i, err)
		}
	}
	if read == 0 || read == len(files) {
		t.Errorf("%d of %d were read: the test damages nothing, or all", read, len(files))
	}
}
