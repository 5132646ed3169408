//go:build unix

package cli_test

import "syscall"

// The program makes private files only (cmd/caseward); so do its commands here.
func init() { syscall.Umask(0o077) }
