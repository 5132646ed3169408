package db

import (
	"path/filepath"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"
)

// VFSName is the name of the file system that every connection to the SQLite file
// asks the library for. Tests register another one under it, made by [DurableNames]
// too, to see what would be left if the power failed.
const VFSName = "caseward"

func init() { vfs.Register(VFSName, DurableNames(vfs.Find("os"), SyncDir)) }

// DurableNames is a file system like below, but a file is opened for writing only
// once its name is durable: syncDir is called for its directory. The library
// syncs what is in a file and not the name of a journal it made, so a power cut
// could take a journal away with commits in it that were acknowledged.
func DurableNames(below vfs.VFS, syncDir func(dir string) error) vfs.VFS {
	return durableNames{below, syncDir}
}

type durableNames struct {
	vfs.VFS
	syncDir func(dir string) error
}

// Open implements [vfs.VFS].
func (d durableNames) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpen(d.VFS, name, flags)
	return d.named(name, f, flags, err)
}

// OpenFilename implements [vfs.VFSFilename].
func (d durableNames) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpenFilename(d.VFS, name, flags)
	return d.named(name.String(), f, flags, err)
}

// unmapped is a file that SQLite does not map into its memory. Where it could be, the
// library asks a file with checksums for the map that it does not have.
type unmapped struct{ vfs.File }

// What SQLite asks a file for besides, it asks the file below.
var (
	_ vfs.FileSharedMemory       = unmapped{}
	_ vfs.FileSizeHint           = unmapped{}
	_ vfs.FileHasMoved           = unmapped{}
	_ vfs.FilePersistWAL         = unmapped{}
	_ vfs.FilePowersafeOverwrite = unmapped{}
)

func (u unmapped) SharedMemory() vfs.SharedMemory  { return vfsutil.WrapSharedMemory(u.File) }
func (u unmapped) SizeHint(size int64) error       { return vfsutil.WrapSizeHint(u.File, size) }
func (u unmapped) HasMoved() (bool, error)         { return vfsutil.WrapHasMoved(u.File) }
func (u unmapped) PersistWAL() bool                { return vfsutil.WrapPersistWAL(u.File) }
func (u unmapped) SetPersistWAL(keep bool)         { vfsutil.WrapSetPersistWAL(u.File, keep) }
func (u unmapped) PowersafeOverwrite() bool        { return vfsutil.WrapPowersafeOverwrite(u.File) }
func (u unmapped) SetPowersafeOverwrite(safe bool) { vfsutil.WrapSetPowersafeOverwrite(u.File, safe) }

// lasting are the files that must outlast the process.
const lasting = vfs.OPEN_MAIN_DB | vfs.OPEN_MAIN_JOURNAL | vfs.OPEN_SUPER_JOURNAL | vfs.OPEN_WAL

// named makes the name of an open file durable. Another process may have made the
// file and not synced its name yet, so it is not asked whether it was there before.
func (d durableNames) named(name string, f vfs.File, flags vfs.OpenFlag, err error) (vfs.File, vfs.OpenFlag, error) {
	if err != nil {
		return f, flags, err
	}
	if flags&vfs.OPEN_MAIN_DB != 0 {
		f = unmapped{f}
	}
	if name == "" || flags&lasting == 0 || flags&vfs.OPEN_CREATE == 0 {
		return f, flags, nil
	}
	if err := d.syncDir(filepath.Dir(name)); err != nil {
		_ = f.Close()
		return nil, flags, vfs.SystemError(err, sqlite3.IOERR_DIR_FSYNC)
	}
	return f, flags, nil
}
