package pdftext

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// confine takes from this process what it does not need to read a file: more memory and
// time than are given, files and connections of any kind, and a dump of what it held. What
// is taken does not come back.
func confine() error {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, _, _ := strings.Cut(string(b), " ")
	now, err := strconv.ParseUint(pages, 10, 64)
	if err != nil {
		return err
	}
	for _, limit := range []struct {
		of  int
		max uint64
	}{
		{syscall.RLIMIT_AS, now*uint64(os.Getpagesize()) + memory},
		{syscall.RLIMIT_CPU, processor},
		{syscall.RLIMIT_FSIZE, 0},
		{syscall.RLIMIT_CORE, 0},
		{syscall.RLIMIT_NOFILE, 3}, // its input, its output and what it complains to
	} {
		if err := syscall.Setrlimit(limit.of, &syscall.Rlimit{Cur: limit.max, Max: limit.max}); err != nil {
			return err
		}
	}
	// Those who use the server come first.
	return syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10)
}
