package pdftext

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// What the process that reads is given.
const (
	processor = 15        // seconds of the processor
	memory    = 512 << 20 // bytes, besides what the program has at its start
	heap      = 384 << 20 // bytes at which it begins to save memory
	stack     = 64 << 20  // bytes of functions that call each other
	said      = 2 << 20   // bytes of its answer
)

// patience is how long the process may take until it is ended.
var patience = 20 * time.Second

// Command is what follows the program's name on the command line of that process.
var Command = []string{"read", "pdf"}

// refusals is what a file can be refused for, by its place here, from 1.
var refusals = []error{ErrBroken, ErrLocked, ErrPicture, ErrGarbled, ErrLarge, ErrAway}

// answer is what the process says.
type answer struct {
	Document *Document `json:",omitempty"`
	Refused  int       `json:",omitempty"`
}

// turn lets one file be read at a time.
var turn = make(chan struct{}, 1)

// Isolated reads a file as [Extract] does, in a process of its own that is given the file
// and nothing else. One is read at a time; others wait as long as ctx lets them.
// Errors: those of Extract; [ErrStopped] with how the process ended; [ErrAway].
func Isolated(ctx context.Context, file []byte) (*Document, error) {
	if len(file) > Most {
		return nil, ErrLarge
	}
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	// This program, also where its file was replaced since it started.
	cmd := exec.CommandContext(within, "/proc/self/exe", Command...)
	cmd.Env = []string{} // nil would be all of the server's
	cmd.Dir = "/"
	cmd.Stdin = bytes.NewReader(file)
	out := &bounded{left: said}
	cmd.Stdout = out
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	var ended *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &ended):
		return nil, fmt.Errorf("%w: %s", ErrStopped, ended.ProcessState)
	case errors.Is(err, errFull), within.Err() != nil:
		return nil, ErrStopped
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	var a answer
	if err := json.Unmarshal(out.Bytes(), &a); err != nil {
		return nil, ErrStopped
	}
	if n := a.Refused; n > 0 && n <= len(refusals) {
		return nil, refusals[n-1]
	}
	if a.Document == nil {
		return nil, ErrStopped
	}
	return a.Document, nil
}

var errFull = errors.New("pdftext: the answer is longer than one can be")

// bounded is what was written to it, up to so many bytes.
type bounded struct {
	bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errFull
	}
	return b.Buffer.Write(p)
}

// Serve is the process that reads: the file comes on in, the answer goes to out. First it
// gives away all that it does not need; where it cannot, it reads nothing.
func Serve(in io.Reader, out io.Writer) error {
	debug.SetMaxStack(stack)
	debug.SetMemoryLimit(heap)
	runtime.GOMAXPROCS(1) // the others are for those who use the server
	err := confine()
	var a answer
	if err != nil {
		err = ErrAway
	} else {
		var file []byte
		if file, err = io.ReadAll(io.LimitReader(in, Most+1)); err == nil {
			a.Document, err = Extract(bytes.NewReader(file), int64(len(file)))
		}
	}
	if err != nil {
		a.Refused = max(slices.Index(refusals, err), 0) + 1
	}
	return json.NewEncoder(out).Encode(a)
}
