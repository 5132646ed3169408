//go:build !linux

package doctor

import (
	"errors"
	"io/fs"
)

func space(string) (free, all int64, err error) { return 0, 0, errors.ErrUnsupported }

func disciplined() (bool, error) { return false, errors.ErrUnsupported }

func owner(fs.FileInfo) uint32 { return 0 }

func sameDisk(_, _ fs.FileInfo) bool { return false }
