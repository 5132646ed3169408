//go:build unix

package main

import "syscall"

// private keeps every file this process makes from other users of the machine:
// SQLite makes its journal anew at times, and would let everybody read it.
func private() { syscall.Umask(0o077) }
