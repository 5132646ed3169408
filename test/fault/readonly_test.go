package fault

import (
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/db"
	"caseward/internal/person"
	"caseward/internal/record"
)

// frozen is a disk that the kernel makes read-only at some moment, under open files
// too, as it does when the disk errs.
type frozen struct {
	vfs.VFS
	now *atomic.Bool
}

func (d frozen) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	return vfsutil.WrapOpen(d.VFS, name, flags) // a file without a name is not on it
}

func (d frozen) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if d.now.Load() && flags&(vfs.OPEN_READWRITE|vfs.OPEN_CREATE) != 0 {
		return nil, flags, vfs.SystemError(syscall.EROFS, sqlite3.CANTOPEN)
	}
	f, flags, err := vfsutil.WrapOpenFilename(d.VFS, name, flags)
	if err != nil {
		return f, flags, err
	}
	return &frozenFile{unmapped{f}, d.now}, flags, nil
}

func (d frozen) Delete(name string, syncDir bool) error {
	if d.now.Load() {
		return vfs.SystemError(syscall.EROFS, sqlite3.IOERR_DELETE)
	}
	return d.VFS.Delete(name, syncDir)
}

type frozenFile struct {
	unmapped
	now *atomic.Bool
}

func (f *frozenFile) may(code sqlite3.ExtendedErrorCode, fn func() error) error {
	if f.now.Load() {
		return vfs.SystemError(syscall.EROFS, code)
	}
	return fn()
}

func (f *frozenFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.may(sqlite3.IOERR_WRITE, func() error {
		n, err = f.File.WriteAt(p, off)
		return err
	})
	return n, err
}

func (f *frozenFile) Truncate(size int64) error {
	return f.may(sqlite3.IOERR_TRUNCATE, func() error { return f.File.Truncate(size) })
}

func (f *frozenFile) SizeHint(size int64) error {
	return f.may(sqlite3.IOERR_TRUNCATE, func() error { return vfsutil.WrapSizeHint(f.File, size) })
}

func (f *frozenFile) Sync(flags vfs.SyncFlag) error {
	return f.may(sqlite3.IOERR_FSYNC, func() error { return f.File.Sync(flags) })
}

func TestReadOnly(t *testing.T) {
	g := found(t)
	var client person.ID
	g.open(app.Options{}, func(a *app.App) { client = register(g, a) })
	chart := "/clients/" + client.String()
	var now atomic.Bool
	before := vfs.Find(db.VFSName)
	vfs.Register(db.VFSName, db.DurableNames(frozen{vfs.Find("os"), &now}, db.SyncDir))
	defer vfs.Register(db.VFSName, before)
	g.open(app.Options{Demo: true}, func(a *app.App) {
		a.Start(ctx)
		g.signIn(a)
		s, stop := g.within(a)
		defer stop()
		save := func(text string) answer {
			return s.do("ann", "POST", chart+"/notes", url.Values{"do": {"save"}, "type": {"phone"}, "minutes": {"15"}, "text": {text}})
		}
		ready := func(code int) func() bool {
			return func() bool { return s.do("nobody", "GET", "/readyz", nil).code == code }
		}
		for round := range 2 {
			now.Store(false)
			eventually(t, "the server to work", func() bool { return s.do("ann", "GET", chart, nil).code == 200 })
			eventually(t, "/readyz to be ready", ready(200))
			if a := save("While it could be written."); a.code != 303 {
				t.Fatalf("answered %d: %.300s", a.code, a.body)
			}
			now.Store(true)
			for range 3 {
				for _, path := range []string{chart, chart + "/notes", "/caseload"} {
					if a := s.do("ann", "GET", path, nil); a.code != 503 || strings.Contains(a.body, "Quillandra") || strings.Contains(a.body, "could be written") {
						t.Errorf("round %d: GET %s: answered %d", round, path, a.code)
					}
				}
				if a := save("While it was read-only."); a.code != 503 {
					t.Errorf("round %d: answered %d", round, a.code)
				}
			}
			eventually(t, "/readyz not to be ready", ready(503))
			if a := s.do("nobody", "GET", "/healthz", nil); a.code != 200 {
				t.Errorf("/healthz answered %d", a.code)
			}
		}
		now.Store(false)
		eventually(t, "the server to work again", func() bool { return s.do("ann", "GET", chart, nil).code == 200 })
		a1 := s.do("ann", "GET", chart+"/notes", nil)
		if n := strings.Count(a1.body, "While it could be written."); n < 2 || strings.Contains(a1.body, "While it was read-only.") {
			t.Errorf("what was kept: %d notes of two, and the page is %d bytes", n, len(a1.body))
		}
		es, err := a.Log.Find(ctx, audit.Query{Subject: record.SubjectOf(client).String(), Worker: g.staff["ann"].String(), Action: "note.create", Limit: 100})
		g.must(err)
		if len(es) != 2 {
			t.Errorf("%d entries of two notes", len(es))
		}
	})
	if r, err := verify.Database(ctx, "", g.data, verify.Options{}); err != nil || !r.OK {
		t.Errorf("the log does not verify: %v\n%s", err, r)
	}
	g.must(whole(g.data))
}
