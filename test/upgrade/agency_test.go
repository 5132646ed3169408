package upgrade

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/document"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/task"
)

var ctx = context.Background()

const passphrase = "everybody here is made up"

// The files of a release.
const (
	manifestFile = "manifest.json"
	dataFile     = "data.tar.gz"
	postgresFile = "postgres.sql.gz"
	backupFile   = "postgres.backup"
)

// manifest is what a release left and must be found.
type manifest struct {
	Release    string            `json:"release"`
	Schema     map[string]string `json:"schema"`     // SHA-256 of each of its schema files
	Checkpoint string            `json:"checkpoint"` // the newest of the log in data.tar.gz
	Worker     string            `json:"worker"`     // the case manager of every client
	Segments   int               `json:"segments"`   // closed segments of the log
	Found
	Backup Found `json:"backup"` // of the backup, which is of an earlier day
}

// Found is what one finds in an agency, by id.
type Found struct {
	Records   map[string]int64  `json:"records"`   // how many of each kind
	Clients   map[string]string `json:"clients"`   // full name and birth date
	Notes     map[string]string `json:"notes"`     // what they say
	Documents map[string]string `json:"documents"` // SHA-256 of each
	Draft     string            `json:"draft"`     // what was being typed
	Entries   map[string]int    `json:"entries"`   // entries of the log that name each client, before anybody looked here
	Erased    int64             `json:"erased"`    // receipts of erasures
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, o app.Options) *app.App {
	t.Helper()
	a, err := app.Open(ctx, dir, []byte(passphrase), o)
	must(t, err)
	return a
}

// clientsOf lists the clients, but for whoever was erased.
func clientsOf(t *testing.T, a *app.App) (out []person.ID) {
	t.Helper()
	rows, err := a.DB.Query(ctx, `SELECT id FROM record WHERE kind = 'client' ORDER BY id`)
	must(t, err)
	for rows.Next() {
		var s string
		must(t, rows.Scan(&s))
		id, err := record.ParseID[person.Client](s)
		must(t, err)
		out = append(out, id)
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	return out
}

// entries counts what the log says of each client, closed segments and all.
func entries(t *testing.T, a *app.App) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, id := range clientsOf(t, a) {
		es, err := a.Log.Find(ctx, audit.Query{Subject: record.SubjectOf(id).String(), Limit: 1000})
		must(t, err)
		out[id.String()] = len(es)
	}
	return out
}

// find reads an agency as its case manager does: through the door.
func find(t *testing.T, a *app.App, worker string) Found {
	t.Helper()
	out := Found{Records: map[string]int64{}, Clients: map[string]string{}, Notes: map[string]string{}, Documents: map[string]string{}, Entries: entries(t, a)}
	who := actortest.Worker(worker, actor.CaseManager, a.Clock.Now())
	rows, err := a.DB.Query(ctx, `SELECT kind, count(*) FROM record GROUP BY kind`)
	must(t, err)
	for rows.Next() {
		var kind string
		var n int64
		must(t, rows.Scan(&kind, &n))
		out.Records[kind] = n
	}
	must(t, errors.Join(rows.Err(), rows.Close()))
	must(t, a.DB.QueryRow(ctx, `SELECT count(*) FROM erasure`).Scan(&out.Erased))
	for _, id := range clientsOf(t, a) {
		c, err := a.Clients.Open(ctx, who, id)
		must(t, err)
		name := c.Value.FullName()
		out.Clients[id.String()] = name.Disclose() + ", " + c.Value.BirthDate.DiscloseISO()
		// By the keyed hashes of a name's pieces.
		found, err := a.Clients.Find(ctx, who, c.Value.FullName(), "", 10)
		must(t, err)
		if !slices.ContainsFunc(found.Rows, func(r person.Row) bool { return r.ID == id }) {
			t.Errorf("client %s is not found by name", id)
		}
		l, err := a.Notes.Timeline(ctx, who, id, note.TimelineQuery{Limit: 100})
		must(t, err)
		for _, o := range l.Rows {
			text := o.Value.Text()
			out.Notes[o.ID.String()] = text.Disclose()
		}
		ds, err := a.Documents.List(ctx, who, id, "", 100)
		must(t, err)
		for _, o := range ds.Rows {
			f, err := a.Documents.OpenFile(ctx, who, id, o.ID)
			must(t, err)
			r, err := f.Reader(ctx)
			must(t, err)
			h := sha256.New()
			_, err = io.Copy(h, r)
			must(t, errors.Join(err, r.Close()))
			out.Documents[o.ID.String()] = hex.EncodeToString(h.Sum(nil))
		}
		if d, found, err := a.Notes.Take(ctx, who, id, note.ID{}); err != nil {
			t.Fatal(err)
		} else if found {
			text := d.Fields["text"]
			out.Draft = text.Disclose()
		}
	}
	return out
}

// write does a day's work for a client, and says what it wrote.
func write(t *testing.T, a *app.App, worker string, client person.ID, words string) {
	t.Helper()
	who := actortest.Worker(worker, actor.CaseManager, a.Clock.Now())
	_, err := a.Notes.Sign(ctx, who, client, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: a.Clock.Now().Add(-time.Minute), Minutes: phi.NewText("15"), Sections: note.Plain(phi.NewText(words)), LateReason: phi.NewText("none")})
	must(t, err)
	_, err = a.Documents.Upload(ctx, who, client, document.Upload{Details: document.Details{Title: phi.NewText("Lease"), Category: "housing", On: phi.NewDate(2026, 10, 3)}, Name: phi.NewText("lease.txt")}, strings.NewReader(words))
	must(t, err)
	_, err = a.Tasks.Add(ctx, who, task.Input{Client: record.SubjectOf(client), What: phi.NewText("Ask the landlord again"), DueOn: phi.NewDate(2026, 10, 9)})
	must(t, err)
}

// pack writes the files of a data directory into one, and unpack lays them out again.
func pack(t *testing.T, dir, to string) {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	must(t, err)
	w := tar.NewWriter(z)
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || filepath.Ext(path) == ".db-shm" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		in, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: int64(len(in))}); err != nil {
			return err
		}
		_, err = w.Write(in)
		return err
	}))
	must(t, errors.Join(w.Close(), z.Close()))
	must(t, os.WriteFile(to, b.Bytes(), 0o644))
}

func unpack(t *testing.T, from, dir string) {
	t.Helper()
	r := tar.NewReader(unzipped(t, from))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		must(t, err)
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		b, err := io.ReadAll(r)
		must(t, err)
		must(t, os.WriteFile(path, b, 0o600))
	}
}

func unzipped(t *testing.T, path string) io.Reader {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	r, err := gzip.NewReader(bytes.NewReader(b))
	must(t, err)
	return r
}

// hashes are those of the schema files of this program.
func hashes(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	names, err := fs.Glob(db.Schema, "schema/*.sql")
	must(t, err)
	for _, name := range names {
		b, err := fs.ReadFile(db.Schema, name)
		must(t, err)
		h := sha256.Sum256(b)
		out[filepath.Base(name)] = hex.EncodeToString(h[:])
	}
	return out
}

// releases are the directories of testdata.
func releases(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join("testdata", "*", manifestFile))
	must(t, err)
	if len(all) == 0 {
		t.Fatal("there is no release in testdata")
	}
	var out []string
	for _, m := range all {
		out = append(out, filepath.Dir(m))
	}
	return out
}

func read(t *testing.T, dir string) (m manifest) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	must(t, err)
	must(t, json.Unmarshal(b, &m))
	return m
}

// load fills an empty database of PostgreSQL with what pg_dump wrote.
func load(t *testing.T, url, path string) {
	t.Helper()
	b, err := io.ReadAll(unzipped(t, path))
	must(t, err)
	d, err := sql.Open("pgx", url)
	must(t, err)
	_, err = d.Exec(string(b))
	must(t, errors.Join(err, d.Close()))
}

// dump is a database of PostgreSQL as plain SQL, without what only the program that
// wrote it, or only some servers, understand.
func dump(t *testing.T, url, to string) {
	t.Helper()
	out, err := exec.Command("pg_dump", "--inserts", "--no-owner", "--no-privileges", "--dbname", url).Output()
	must(t, err)
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	must(t, err)
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, `\restrict`) || strings.HasPrefix(line, `\unrestrict`) || strings.HasPrefix(line, "SET transaction_timeout") {
			continue
		}
		_, err := fmt.Fprint(z, line)
		must(t, err)
	}
	must(t, z.Close())
	must(t, os.WriteFile(to, b.Bytes(), 0o644))
}

// same compares what was found with what there was.
func same(t *testing.T, was, is Found) {
	t.Helper()
	for what, pair := range map[string][2]map[string]string{"client": {was.Clients, is.Clients}, "note": {was.Notes, is.Notes}, "document": {was.Documents, is.Documents}} {
		if len(pair[0]) == 0 || !maps.Equal(pair[0], pair[1]) {
			t.Errorf("each %s: there was %v, and there is %v", what, pair[0], pair[1])
		}
	}
	if len(was.Records) == 0 || !maps.Equal(was.Records, is.Records) {
		t.Errorf("records: there were %v, and there are %v", was.Records, is.Records)
	}
	if was.Draft == "" || was.Draft != is.Draft || was.Erased != is.Erased {
		t.Errorf("the draft says %q and said %q; %d receipts, and there were %d", is.Draft, was.Draft, is.Erased, was.Erased)
	}
}
