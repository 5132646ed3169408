//go:build !linux

package pdftext

import "errors"

// confine reports that this system bounds no process as Linux does.
func confine() error { return errors.New("pdftext: only on Linux is a process bounded") }
