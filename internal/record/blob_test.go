package record_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

type paper struct {
	Title phi.Text    `class:"document" doc:"The title."`
	File  record.Blob `class:"document" doc:"The object."`
}

var paperKind = record.Define(record.Kind[paper]{Name: "document", Doc: "A document.", Retention: "record"})

const mib = 1 << 20

// shelf is a desk with documents.
type shelf struct {
	*desk
	papers record.Records[paper]
}

func shelve(t *testing.T, w *recordtest.World) *shelf {
	t.Helper()
	return &shelf{sit(t, w), record.Use(w.Door, paperKind)}
}

// put attaches content to a new document, and commits.
func (s *shelf) put(t *testing.T, who actor.Actor, from io.Reader, max int64) (record.ID[paper], error) {
	t.Helper()
	w := s.Door.Work(who, "document.create")
	id := s.papers.NewID(w)
	b, err := s.papers.Attach(ctx, w, "create", record.SubjectOf(s.who), id, "", policy.Document, from, max)
	if err != nil {
		return id, err
	}
	s.papers.CreateWith(w, id, record.SubjectOf(s.who), paper{Title: phi.NewText("Letter"), File: b})
	return id, w.Commit(ctx)
}

func file(p paper) record.Blob { return p.File }

// get reads a document's content through its reader and at every place.
func (s *shelf) get(t *testing.T, who actor.Actor, id record.ID[paper]) ([]byte, error) {
	t.Helper()
	v := s.Door.View(who, "document.read")
	_, c := s.papers.WantContent(v, "read", id, file)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	r, err := c.Reader(ctx)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		return b, err
	}
	at, err := c.At(ctx)
	if err != nil {
		t.Fatal(err)
	}
	again, err := io.ReadAll(io.NewSectionReader(at, 0, c.Size()))
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("read at its places it is another: %d, %v", len(again), err)
	}
	return b, nil
}

// objects are the paths of what is stored.
func (s *shelf) objects(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(s.Blobs, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

func TestBlobs(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		s := shelve(t, w)
		ann := w.As("ann", actor.CaseManager)
		t.Run("come back as they were, whatever their size", func(t *testing.T) {
			for _, n := range []int{0, 1, mib - 1, mib, mib + 1, 3 * mib, 3*mib + 17} {
				want := random(n)
				id, err := s.put(t, ann, iotest.HalfReader(bytes.NewReader(want)), 4*mib)
				if err != nil {
					t.Fatal(n, err)
				}
				got, err := s.get(t, ann, id)
				if err != nil || !bytes.Equal(got, want) {
					t.Error(n, len(got), err)
				}
			}
		})
		t.Run("the log names the document once, for the upload and for each opening", func(t *testing.T) {
			id, err := s.put(t, ann, bytes.NewReader(random(9)), mib)
			if err != nil {
				t.Fatal(err)
			}
			if e := w.Entries(t)[0]; e.Action != "document.create" || e.Outcome != audit.Allowed || len(e.Touched) != 1 || e.Touched[0].ID != id.String() {
				t.Errorf("%s %v %+v", e.Action, e.Outcome, e.Touched)
			}
			if _, err := s.get(t, ann, id); err != nil {
				t.Fatal(err)
			}
			if e := w.Entries(t)[0]; e.Action != "document.read" || len(e.Touched) != 1 {
				t.Errorf("%s %+v", e.Action, e.Touched)
			}
		})
		t.Run("who may not add one is refused before anything is read, and the log says so", func(t *testing.T) {
			before := len(s.objects(t))
			untouched := iotest.ErrReader(errors.New("it was read"))
			if _, err := s.put(t, w.As("stranger", actor.CaseManager), untouched, mib); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if e := w.Entries(t)[0]; e.Outcome != audit.Refused {
				t.Error(e.Outcome)
			}
			if n := len(s.objects(t)); n != before {
				t.Error(n - before)
			}
		})
		t.Run("who may not read gets nothing", func(t *testing.T) {
			id, err := s.put(t, ann, bytes.NewReader(random(9)), mib)
			if err != nil {
				t.Fatal(err)
			}
			if b, err := s.get(t, w.As("stranger", actor.CaseManager), id); !fault.Is(err, fault.NotFound) || b != nil {
				t.Error(err)
			}
		})
		t.Run("too much is cut off, and nothing of it is kept", func(t *testing.T) {
			before := len(s.objects(t))
			if _, err := s.put(t, ann, bytes.NewReader(random(3*mib)), 2*mib); !errors.Is(err, record.ErrTooLarge) {
				t.Error(err)
			}
			if _, err := s.put(t, ann, bytes.NewReader(random(2*mib)), 2*mib); err != nil {
				t.Error(err)
			}
			if n := len(s.objects(t)); n != before+1 {
				t.Error(n - before)
			}
		})
		t.Run("an upload that is broken off leaves nothing but an entry", func(t *testing.T) {
			before := len(s.objects(t))
			for _, why := range []error{io.ErrClosedPipe, io.ErrUnexpectedEOF, fmt.Errorf("the body: %w", io.EOF)} {
				for _, size := range []int{0, 9, mib, 2*mib + 9} {
					cut := io.MultiReader(bytes.NewReader(random(size)), iotest.ErrReader(why))
					if _, err := s.put(t, ann, cut, 9*mib); !errors.Is(err, record.ErrCutOff) {
						t.Error(size, why, err)
					}
					if e := w.Entries(t)[0]; e.Outcome != audit.Failed {
						t.Error(e.Outcome)
					}
				}
			}
			if n := len(s.objects(t)); n != before {
				t.Error(n - before)
			}
		})
		t.Run("one whose record is not kept goes with it", func(t *testing.T) {
			before := len(s.objects(t))
			work := w.Door.Work(ann, "document.create")
			id := s.papers.NewID(work)
			b, err := s.papers.Attach(ctx, work, "create", record.SubjectOf(s.who), id, "", policy.Document, bytes.NewReader(random(9)), mib)
			if err != nil {
				t.Fatal(err)
			}
			s.papers.CreateWith(work, id, record.SubjectOf(s.who), paper{File: b})
			s.notes.Change(work, "change", record.ID[note]{}, 0, func(*note) error { return nil })
			if err := work.Commit(ctx); err == nil {
				t.Fatal("it was kept")
			}
			if n := len(s.objects(t)); n != before {
				t.Error(n - before)
			}
		})
		t.Run("no entry, no object", func(t *testing.T) {
			before := len(s.objects(t))
			w.BreakLog(t)
			_, err := s.put(t, ann, bytes.NewReader(random(9)), mib)
			w.MendLog(t)
			if !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
			if n := len(s.objects(t)); n != before {
				t.Error(n - before)
			}
		})
	})
}

func TestBlobsAreSwept(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		s := shelve(t, w)
		ann, sweeper := w.As("ann", actor.CaseManager), w.Service("sequencer")
		// The program dies between the object and the commit: the object and its
		// row are there, and no record.
		work := w.Door.Work(ann, "document.create")
		if _, err := s.papers.Attach(ctx, work, "create", record.SubjectOf(s.who), s.papers.NewID(work), "", policy.Document, bytes.NewReader(random(9)), mib); err != nil {
			t.Fatal(err)
		}
		kept, err := s.put(t, ann, bytes.NewReader(random(9)), mib)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("not while the upload may still be under way", func(t *testing.T) {
			w.Clock.Advance(23 * time.Hour)
			if err := w.Door.SweepBlobs(ctx, sweeper); err != nil || len(s.objects(t)) != 2 {
				t.Error(len(s.objects(t)), err)
			}
		})
		t.Run("a day later the orphan is gone, and what was kept is not", func(t *testing.T) {
			w.Clock.Advance(2 * time.Hour)
			if err := w.Door.SweepBlobs(ctx, sweeper); err != nil || len(s.objects(t)) != 1 {
				t.Error(len(s.objects(t)), err)
			}
			if _, err := s.get(t, w.As("ann", actor.CaseManager), kept); err != nil {
				t.Error(err)
			}
		})
		t.Run("one that cannot be deleted is told, and keeps none of the others", func(t *testing.T) {
			keep := map[string]bool{}
			for _, name := range s.objects(t) {
				keep[name] = true
			}
			for range 3 {
				work := w.Door.Work(ann, "document.create")
				if _, err := s.papers.Attach(ctx, work, "create", record.SubjectOf(s.who), s.papers.NewID(work), "", policy.Document, bytes.NewReader(random(9)), mib); err != nil {
					t.Fatal(err)
				}
			}
			stuck := ""
			for _, name := range s.objects(t) {
				if !keep[name] {
					stuck = name
				}
			}
			must := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			must(os.Remove(stuck))
			must(os.MkdirAll(filepath.Join(stuck, "full"), 0o700))
			w.Clock.Advance(25 * time.Hour)
			if err := w.Door.SweepBlobs(ctx, sweeper); err == nil {
				t.Error("nothing was said")
			}
			must(os.RemoveAll(stuck))
			if n := len(s.objects(t)); n != len(keep) {
				t.Error(n - len(keep))
			}
			if err := w.Door.SweepBlobs(ctx, sweeper); err != nil {
				t.Error(err)
			}
		})
		t.Run("no person may", func(t *testing.T) {
			if err := w.Door.SweepBlobs(ctx, ann); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
	})
}

func TestBlobsAreBound(t *testing.T) {
	w := recordtest.Open(t)
	s := shelve(t, w)
	ann := w.As("ann", actor.CaseManager)
	const sealed = mib + 28
	one, err := s.put(t, ann, bytes.NewReader(random(3*mib)), 9*mib)
	if err != nil {
		t.Fatal(err)
	}
	path := s.objects(t)[0]
	two, err := s.put(t, ann, bytes.NewReader(random(3*mib)), 9*mib)
	if err != nil {
		t.Fatal(err)
	}
	other := s.objects(t)[0]
	if other == path {
		other = s.objects(t)[1]
	}
	whole, err := os.ReadFile(path)
	if err != nil || len(whole) != 3*sealed {
		t.Fatal(len(whole), err)
	}
	foreign, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	part := func(i int) []byte { return whole[i*sealed : (i+1)*sealed] }
	flipped := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	for name, bad := range map[string][]byte{
		"cut off in the middle of a chunk":                     whole[:2*sealed+99],
		"cut off at the end of a chunk":                        whole[:2*sealed],
		"with its last chunk missing and another in its place": bytes.Join([][]byte{part(0), part(1), part(1)}, nil),
		"with two chunks changed about":                        bytes.Join([][]byte{part(1), part(0), part(2)}, nil),
		"with a chunk left out":                                bytes.Join([][]byte{part(0), part(2)}, nil),
		"of another document":                                  foreign,
		"with one chunk of another document":                   bytes.Join([][]byte{part(0), foreign[sealed : 2*sealed], part(2)}, nil),
		"with the first bit flipped":                           flipped(0),
		"with a bit of the last chunk flipped":                 flipped(2*sealed + 500_000),
		"with the last bit flipped":                            flipped(3*sealed - 1),
		"empty":                                                {},
	} {
		t.Run("an object "+name+" does not open", func(t *testing.T) {
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if b, err := s.get(t, ann, one); !fault.Is(err, fault.Unavailable) || len(b) >= 3*mib {
				t.Error(len(b), err)
			}
		})
	}
	t.Run("and the right one does", func(t *testing.T) {
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, id := range []record.ID[paper]{one, two} {
			if _, err := s.get(t, ann, id); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("one that is missing says so", func(t *testing.T) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, err := s.get(t, ann, one); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
	})
}

func TestBlobsAreErased(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		s := shelve(t, w)
		ann := w.As("ann", actor.CaseManager)
		id, err := s.put(t, ann, bytes.NewReader(random(3*mib)), 9*mib)
		if err != nil {
			t.Fatal(err)
		}
		v := w.Door.View(ann, "document.read")
		_, c := s.papers.WantContent(v, "read", id, file)
		if err := v.Open(ctx); err != nil {
			t.Fatal(err)
		}
		r, err := c.Reader(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		// What cannot be deleted now: the directory is in its place.
		path := s.objects(t)[0]
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(path, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Door.Erase(ctx, w.Proved("p1", actor.PrivacyOfficer), record.SubjectOf(s.who), "retention_ended"); !errors.Is(err, record.ErrTraces) {
			t.Fatal(err)
		}
		t.Run("nothing more is opened, even of one that was being read", func(t *testing.T) {
			if b, err := io.ReadAll(r); err == nil || len(b) > mib {
				t.Error(len(b), err)
			}
			if _, err := s.get(t, ann, id); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("what could not be deleted is, later", func(t *testing.T) {
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".away", path); err != nil {
				t.Fatal(err)
			}
			if err := w.Door.FinishErasures(ctx, w.Service("sequencer")); err != nil {
				t.Fatal(err)
			}
			if left := s.objects(t); len(left) != 0 {
				t.Error(left)
			}
		})
	})
}
