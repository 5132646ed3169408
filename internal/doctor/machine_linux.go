package doctor

import (
	"io/fs"
	"syscall"
)

// space is how many bytes are free for the server, and how many there are.
func space(dir string) (free, all int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	unit := int64(s.Bsize)
	return int64(s.Bavail) * unit, int64(s.Blocks) * unit, nil
}

// disciplined reports whether the kernel's clock is kept by something.
func disciplined() (bool, error) {
	const timeError = 5 // TIME_ERROR of adjtimex(2): not synchronized
	state, err := syscall.Adjtimex(&syscall.Timex{})
	return state != timeError, err
}

func owner(i fs.FileInfo) uint32 {
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		return s.Uid
	}
	return 0
}

func sameDisk(a, b fs.FileInfo) bool {
	x, ok := a.Sys().(*syscall.Stat_t)
	y, yes := b.Sys().(*syscall.Stat_t)
	return ok && yes && x.Dev == y.Dev
}
