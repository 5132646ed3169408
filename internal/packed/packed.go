// Package packed opens the texts the program carries compressed: what an agency adopts
// and edits is many times the size of what it is packed to.
//
// The texts stand in a folder, as written, and beside it in a zip of the same name,
// which is what is linked. internal/arch packs them and compares the two. Nothing here
// reads a file of the machine.
package packed

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"sync"
)

// Open returns the files of a packed folder, opened when they are asked for first. It
// panics if b is no zip: it is part of the program.
func Open(b []byte) func() fs.FS {
	return sync.OnceValue(func() fs.FS {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			panic(err)
		}
		return z
	})
}
