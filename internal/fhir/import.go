package fhir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/plan"
)

// Importer imports.
type Importer struct {
	clients   *person.Clients
	cases     *casefile.Cases
	notes     *note.Notes
	documents *document.Documents
	items     *clinical.Items
	plans     *plan.Plans
}

// New returns an importer over the use-cases it writes through.
func New(clients *person.Clients, cases *casefile.Cases, notes *note.Notes, documents *document.Documents, items *clinical.Items, plans *plan.Plans) *Importer {
	return &Importer{clients, cases, notes, documents, items, plans}
}

// Options say how to import.
type Options struct {
	// Program opens a case in this program for every new client; empty opens
	// none, and the clients are seen by those who may see every client.
	Program string
	// Level of support of these cases; standard if empty.
	Level casefile.Level
	// Assign is the worker these cases are assigned to; may be empty.
	Assign string
	// Source names the system the files come from. Patients are then known
	// again by the ids of their resources; otherwise by their own identifiers.
	Source string
	// DryRun checks and maps everything, and writes nothing.
	DryRun bool
	// Stdin is read for the path "-", at most 256 MiB of it.
	Stdin io.Reader
	// Progress, if not nil, is called often, from the importing goroutine.
	Progress func(Progress)
}

// Progress is how far an import is.
type Progress struct {
	File        string
	Files, Done int   // all, and finished ones
	Bytes, Of   int64 // read and written of all files; a file counts once when checked and once when written
	Resources   int
	Clients     int
}

// Count is what became of the records of a kind.
type Count struct {
	Created   int `json:"created"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Skip is what was left out, and why.
type Skip struct {
	Type   string `json:"type"` // of the resource
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

// Report is what became of an import. It holds no content.
type Report struct {
	ClientsCreated   int                       `json:"clients_created"`
	ClientsChanged   int                       `json:"clients_changed"`
	ClientsUnchanged int                       `json:"clients_unchanged"`
	Counts           map[string]Count          `json:"counts"` // by kind: notes, documents, clinical, plans, cases
	Became           map[string]map[string]int `json:"became"` // by type of resource, then kind
	Skipped          []Skip                    `json:"skipped"`
	Errors           []Problem                 `json:"errors"`
	Files            int                       `json:"files"`
	FilesImported    int                       `json:"files_imported"`
	Resources        int                       `json:"resources"`
	DryRun           bool                      `json:"dry_run,omitempty"`
}

func (r *Report) count(kind string, c Count) {
	was := r.Counts[kind]
	r.Counts[kind] = Count{was.Created + c.Created, was.Changed + c.Changed, was.Unchanged + c.Unchanged}
}

func (r *Report) became(typ, kind string) {
	if r.Became[typ] == nil {
		r.Became[typ] = map[string]int{}
	}
	r.Became[typ][kind]++
}

func (r *Report) skip(typ, reason string, n int) {
	for i := range r.Skipped {
		if r.Skipped[i].Type == typ && r.Skipped[i].Reason == reason {
			r.Skipped[i].Count += n
			return
		}
	}
	r.Skipped = append(r.Skipped, Skip{typ, reason, n})
}

// add takes over what happened in one file.
func (r *Report) add(f Report) {
	r.ClientsCreated += f.ClientsCreated
	r.ClientsChanged += f.ClientsChanged
	r.ClientsUnchanged += f.ClientsUnchanged
	r.Resources += f.Resources
	for k, c := range f.Counts {
		r.count(k, c)
	}
	for t, kinds := range f.Became {
		for k, n := range kinds {
			if r.Became[t] == nil {
				r.Became[t] = map[string]int{}
			}
			r.Became[t][k] += n
		}
	}
	for _, s := range f.Skipped {
		r.skip(s.Type, s.Reason, s.Count)
	}
}

func newReport() Report {
	return Report{Counts: map[string]Count{}, Became: map[string]map[string]int{}, Skipped: []Skip{}, Errors: []Problem{}}
}

const maxPipe = 256 << 20

// input is one file to import.
type input struct {
	name   string
	at     io.ReaderAt
	size   int64
	close  func() error
	walked bool // found in a directory, not named
}

// Import imports files, the files of directories (those named .json and
// .ndjson), and standard input for "-". A file with anything wrong in it is not
// imported and is in the report's errors; the others are. The error is for what
// stops the whole run: the asker may not, the database is away, ctx is done.
func (im *Importer) Import(ctx context.Context, who actor.Actor, paths []string, opt Options) (Report, error) {
	report := newReport()
	report.DryRun = opt.DryRun
	files := im.list(paths, &report)
	report.Files = len(files)
	var p Progress
	p.Files = len(files)
	for _, f := range files {
		if f.path != "-" {
			if st, err := os.Stat(f.path); err == nil {
				p.Of += 2 * st.Size()
			}
		}
	}
	for _, f := range files {
		p.File = f.path
		problem, err := im.file(ctx, who, f, opt, &report, &p)
		if err != nil {
			return finish(report), err
		}
		if problem != nil {
			report.Errors = append(report.Errors, *problem)
		}
		p.Done++
		tell(opt, p)
	}
	return finish(report), nil
}

func finish(r Report) Report {
	sort.Slice(r.Skipped, func(i, j int) bool {
		a, b := r.Skipped[i], r.Skipped[j]
		return a.Count > b.Count || a.Count == b.Count && a.Type+a.Reason < b.Type+b.Reason
	})
	return r
}

func tell(opt Options, p Progress) {
	if opt.Progress != nil {
		opt.Progress(p)
	}
}

type place struct {
	path   string
	walked bool
}

// list is the files that paths name, those of a directory in the order of their
// names.
func (im *Importer) list(paths []string, report *Report) []place {
	var out []place
	for _, path := range paths {
		st, err := os.Stat(path)
		switch {
		case path == "-":
			out = append(out, place{path: path})
		case err != nil:
			report.Errors = append(report.Errors, Problem{File: path, Message: "there is no such file, or it may not be read"})
		case st.IsDir():
			err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
				if err != nil {
					report.Errors = append(report.Errors, Problem{File: p, Message: "the directory cannot be read"})
					return nil
				}
				ext := strings.ToLower(filepath.Ext(p))
				if d.Type().IsRegular() && (ext == ".json" || ext == ".ndjson") {
					out = append(out, place{p, true})
				}
				return nil
			})
			if err != nil {
				report.Errors = append(report.Errors, Problem{File: path, Message: "the directory cannot be read"})
			}
		case !st.Mode().IsRegular():
			report.Errors = append(report.Errors, Problem{File: path, Message: "this is neither a file nor a directory"})
		default:
			out = append(out, place{path: path})
		}
	}
	return out
}

func open(f place, stdin io.Reader) (input, *Problem) {
	in := input{name: f.path, walked: f.walked, close: func() error { return nil }}
	if f.path == "-" {
		if stdin == nil {
			return in, &Problem{File: "-", Message: "there is no standard input"}
		}
		b, err := io.ReadAll(io.LimitReader(stdin, maxPipe+1))
		if err != nil {
			return in, &Problem{File: "-", Message: "standard input cannot be read"}
		}
		if len(b) > maxPipe {
			return in, &Problem{File: "-", Message: "standard input has more than 256 MiB; name a file instead"}
		}
		in.at, in.size = bytes.NewReader(b), int64(len(b))
		return in, nil
	}
	file, err := os.Open(f.path)
	if err != nil {
		return in, &Problem{File: f.path, Message: "the file may not be read"}
	}
	st, err := file.Stat()
	if err != nil || !st.Mode().IsRegular() {
		_ = file.Close()
		return in, &Problem{File: f.path, Message: "this is not a file"}
	}
	in.at, in.size, in.close = file, st.Size(), file.Close
	return in, nil
}

// file imports one file. The problem is what is wrong with the file; the error
// stops the run.
func (im *Importer) file(ctx context.Context, who actor.Actor, f place, opt Options, report *Report, p *Progress) (*Problem, error) {
	in, problem := open(f, opt.Stdin)
	if problem != nil {
		return problem, nil
	}
	defer func() { _ = in.close() }()
	begun := p.Bytes
	ix, err := index(ctx, in, opt, func(offset int64, n int) {
		p.Bytes, p.Resources = begun+offset, p.Resources+n
		if p.Resources%100 == 0 {
			tell(opt, *p)
		}
	})
	if errors.Is(err, errNotFHIR) && in.walked {
		report.skip("(file)", errNotFHIR.Error(), 1)
		p.Bytes = begun + 2*in.size
		return nil, nil
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return located(in, err), nil
	}
	p.Bytes = begun + in.size
	done := newReport()
	done.Resources = ix.count
	for _, s := range ix.skipped {
		done.skip(s.Type, s.Reason, s.Count)
	}
	for i, g := range ix.groups {
		if err := im.group(ctx, who, in, ix, g, opt, &done); err != nil {
			report.add(done)
			var problem *Problem
			if errors.As(err, &problem) {
				return located(in, err), nil
			}
			switch k := fault.KindOf(err); {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case k == fault.Unavailable || k == fault.Denied || k == fault.NotFound:
				return nil, err
			}
			first := g.entries[0]
			return located(in, &Problem{Offset: first.offset, Entry: first.number, Type: "Patient", ID: first.id, Message: "the patient's records cannot be kept: " + err.Error()}), nil
		}
		p.Clients++
		p.Bytes = begun + in.size + in.size*int64(i+1)/int64(len(ix.groups))
		tell(opt, *p)
	}
	report.FilesImported++
	report.add(done)
	p.Bytes = begun + 2*in.size
	return nil, nil
}

// located names the file and counts the line of a problem.
func located(in input, err error) *Problem {
	var p *Problem
	if !errors.As(err, &p) {
		p = &Problem{Message: err.Error()}
	}
	out := *p
	out.File = in.name
	if out.Offset > 0 || out.Entry > 0 {
		out.Line = 1
		r := io.NewSectionReader(in.at, 0, min(out.Offset, in.size))
		buf := make([]byte, 64<<10)
		for {
			n, err := r.Read(buf)
			out.Line += int64(bytes.Count(buf[:n], []byte{'\n'}))
			if err != nil {
				break
			}
		}
	}
	return &out
}

// found is an entry that is kept: where it lies and what it is.
type found struct {
	entry
	typ, id, full string
	about         int // index of the group; -1 if of none
}

// group is one patient and what is about them, in the order of the file.
type group struct{ entries []found }

// indexed is what is remembered of a file after it has been checked.
type indexed struct {
	groups  []*group
	byRef   map[string]found // every entry something may refer to
	skipped []Skip
	count   int
}

// index reads a file from end to end and checks everything in it.
func index(ctx context.Context, in input, opt Options, progress func(offset int64, n int)) (*indexed, error) {
	ix := &indexed{byRef: map[string]found{}}
	skips := newReport()
	var all []found
	var about []string
	origins := map[string]int{} // identity of a patient to the entry that has it
	nobody := func(reference) string { return "" }
	err := scan(ctx, io.NewSectionReader(in.at, 0, in.size), func(e entry, full string, raw []byte) error {
		progress(e.offset, 1)
		ix.count++
		if raw == nil {
			skips.skip("(none)", "the entry has no resource, or asks for one to be deleted", 1)
			return nil
		}
		f := found{entry: e, full: full, about: -1}
		at := func(err error) error {
			var l leftOut
			if errors.As(err, &l) {
				return err
			}
			var kind *json.UnmarshalTypeError
			p := &Problem{Offset: e.offset, Entry: e.number, Type: safe(f.typ), ID: safe(f.id)}
			if errors.As(err, &kind) {
				p.Message = typeMessage(kind)
			} else {
				p.Message = err.Error()
			}
			return p
		}
		var b base
		if err := read(raw, &b); err != nil {
			return at(err)
		}
		f.typ, f.id = b.ResourceType, b.ID
		if b.ResourceType == "" {
			return at(wrongf("resourceType is missing"))
		}
		if !isName(b.ResourceType) {
			return at(wrongf("resourceType is not the name of a resource"))
		}
		refs := []string{}
		if full != "" {
			refs = append(refs, full)
		}
		if b.ID != "" {
			refs = append(refs, b.ResourceType+"/"+b.ID)
		}
		for _, ref := range refs {
			if other, ok := ix.byRef[ref]; ok && other.number != e.number {
				if other.hash == e.hash && other.typ == f.typ {
					skips.skip(b.ResourceType, "it is there twice, the same", 1)
					return nil
				}
				return at(wrongf("entry %d has the same id and is not the same", other.number))
			}
		}
		for _, ref := range refs {
			ix.byRef[ref] = f
		}
		if kept[b.ResourceType] == "" {
			reason, ok := reasons[b.ResourceType]
			if !ok {
				reason = unknown
			}
			skips.skip(b.ResourceType, reason, 1)
			return nil
		}
		if _, psychotherapy := protected(b); psychotherapy {
			skips.skip(b.ResourceType, "it is labelled a psychotherapy note, which only its author may have", 1)
			return nil
		}
		// Mapped now only to find what is wrong, before anything is written.
		var err error
		switch b.ResourceType {
		case "Patient":
			if part2, _ := protected(b); part2 {
				// Who somebody is cannot be kept in the class of Part 2 records.
				err = leftOut{"the patient as a whole is labelled as a Part 2 record, which cannot be kept apart"}
				break
			}
			if _, err = toClient(raw); err == nil {
				var s person.Source
				if s, err = origin(raw, b, full, opt.Source); err == nil {
					if other, ok := origins[s.Ext()]; ok {
						return at(wrongf("entry %d is the same patient", other))
					}
					origins[s.Ext()] = e.number
				}
			}
		case "Encounter":
			_, err = toNote(raw, nobody)
		case "DocumentReference":
			_, err = toDocument(raw, nobody)
		case "Condition", "AllergyIntolerance", "MedicationRequest":
			_, err = toItem(b.ResourceType, raw, nobody)
		case "CarePlan":
			_, _, err = toPlan(raw, nobody)
		case "Goal":
			_, err = toGoal(raw)
		case "CareTeam":
			_, err = toTeam(raw, nobody)
		}
		var l leftOut
		if errors.As(err, &l) {
			skips.skip(b.ResourceType, l.reason, 1)
			return nil
		}
		if err != nil {
			return at(err)
		}
		all, about = append(all, f), append(about, b.about())
		return nil
	})
	if err != nil {
		return nil, err
	}
	groups := map[int]*group{} // by number of the patient's entry
	for i := range all {
		if all[i].typ == "Patient" {
			g := &group{entries: []found{all[i]}}
			ix.groups, groups[all[i].number] = append(ix.groups, g), g
		}
	}
	for i, f := range all {
		if f.typ == "Patient" {
			continue
		}
		p, ok := ix.find(about[i])
		g := groups[p.number]
		switch {
		case about[i] == "":
			skips.skip(f.typ, "it names no patient", 1)
		case !ok || g == nil:
			skips.skip(f.typ, "its patient is not in the file, or was left out", 1)
		default:
			g.entries = append(g.entries, f)
		}
	}
	ix.skipped = skips.Skipped
	return ix, nil
}

// find resolves a reference to an entry of the file: by full address, by type
// and id, or by the type and id at the end of an address.
func (ix *indexed) find(ref string) (found, bool) {
	if ref == "" || strings.HasPrefix(ref, "#") {
		return found{}, false
	}
	if f, ok := ix.byRef[ref]; ok {
		return f, true
	}
	// A version says nothing here: there is one of each.
	if i := strings.Index(ref, "/_history/"); i > 0 {
		ref = ref[:i]
	}
	parts := strings.Split(ref, "/")
	if n := len(parts); n >= 2 {
		f, ok := ix.byRef[parts[n-2]+"/"+parts[n-1]]
		return f, ok
	}
	return found{}, false
}

// isName reports whether s is written like the name of a resource type.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

// safe is an id as an error may name it.
func safe(s string) string {
	if len(s) > 64 || strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.')
	}) {
		return "(not an id)"
	}
	return s
}

// fetch reads an entry again and returns its resource. One that is no longer
// what was checked is refused.
func fetch(in input, f found) ([]byte, error) {
	buf := make([]byte, f.size)
	changed := &Problem{Offset: f.offset, Entry: f.number, Type: safe(f.typ), ID: safe(f.id), Message: "the file was changed while it was read"}
	if _, err := in.at.ReadAt(buf, f.offset); err != nil && err != io.EOF {
		return nil, changed
	}
	if f.bare {
		var compact bytes.Buffer
		if json.Compact(&compact, buf) != nil || hashOf(compact.Bytes()) != f.hash {
			return nil, changed
		}
		return buf, nil
	}
	if hashOf(buf) != f.hash {
		return nil, changed
	}
	_, resource, err := unwrap(buf)
	if err != nil || resource == nil {
		return nil, changed
	}
	return resource, nil
}

// called says what a resource referred to is called: as the reference says, or
// as the resource says itself.
func (ix *indexed) called(in input, cache map[int]string) names {
	return func(r reference) string {
		if r.Display != "" {
			return r.Display
		}
		f, ok := ix.find(r.Reference)
		if !ok || f.typ == "Patient" {
			return ""
		}
		if w, ok := cache[f.number]; ok {
			return w
		}
		var n named
		if raw, err := fetch(in, f); err == nil && read(raw, &n) == nil {
			cache[f.number] = n.words()
		}
		return cache[f.number]
	}
}
