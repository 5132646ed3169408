package roster

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/intake"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a list.
type ID = record.ID[Roster]

// Opened is a list as the asker may see it.
type Opened = record.Opened[Roster]

// The states of a list, as the label says them.
const (
	Uploaded  = "uploaded"
	Running   = "running" // begun, and rows are left
	Done      = "done"
	Discarded = "discarded"
)

// Keeps is how long a file is kept that nobody finishes.
const Keeps = 24 * time.Hour

// perRun is how many rows one request brings in, and perBatch after how many of
// them it says how far it is.
const perRun, perBatch = 200, 20

// runLasts is after how long a run that said nothing has died, so that another may
// go on where it stopped.
const runLasts = 2 * time.Minute

// Roster is a list of clients that somebody brought.
type Roster struct {
	By       string     `class:"program" doc:"Id of the worker who uploaded it."`
	At       time.Time  `class:"program" doc:"When."`
	Rows     int        `class:"program" doc:"How many rows it has."`
	Ended    string     `class:"program" doc:"Whether it was finished or thrown away."`
	Likeness string     `class:"program" doc:"Keyed hash of the header, by which the meaning of the columns is remembered."`
	Columns  []Column   `class:"program" doc:"What each column means."`
	Mapped   bool       `class:"program" doc:"Whether somebody said what the columns mean."`
	Run      string     `class:"program" doc:"Mark of the run that brings rows in at this moment; empty between runs."`
	RunAt    time.Time  `class:"program" doc:"When that run last said how far it is."`
	File     phi.Text   `class:"identity" doc:"The name of the file."`
	Header   []phi.Text `class:"identity" doc:"The first row."`
	Results  []Result   `class:"identity" doc:"What came of each row that was brought in."`
}

// Outcome is what came of a row, or would.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Duplicate Outcome = "duplicate" // somebody already here may be the same person
	Already   Outcome = "already"   // brought in before, under the same number
	Rejected  Outcome = "rejected"
)

// Result is what came of a row. Of a row with a client the list keeps the id alone:
// the numbers are looked up when they are shown (see [Rosters.Named]), so that they
// are gone with an erased client.
type Result struct {
	Line     int            `cbor:"line"` // of the file
	Outcome  Outcome        `cbor:"outcome"`
	External phi.Text       `cbor:"external,omitzero"` // kept only of a row without a client
	Client   record.Subject `cbor:"client"`            // who was made, or who is already here
	Number   phi.Text       `cbor:"-"`
	Why      []string       `cbor:"why,omitempty"` // sentences of the program, without what the row says
}

// State is where the list stands.
func (r Roster) State() string {
	switch {
	case r.Ended != "":
		return r.Ended
	case len(r.Results) > 0, r.Run != "":
		return Running
	}
	return Uploaded
}

// Count is how many rows came out so.
func (r Roster) Count(o Outcome) int {
	n := 0
	for _, x := range r.Results {
		if x.Outcome == o {
			n++
		}
	}
	return n
}

// Kind keeps lists.
var Kind = record.Define(record.Kind[Roster]{
	Name:      "roster",
	Doc:       "A list of clients that was brought in as a file: what its columns mean and what came of each row.",
	Retention: "working",
	Labels: func(r Roster) record.Labels {
		return record.Labels{State: r.State(), Owner: r.By, Tag: r.Likeness, At: r.At}
	},
})

// Rosters are the use-cases on lists.
type Rosters struct {
	door    *record.Door
	records record.Records[Roster]
	clients *person.Clients
	intake  *intake.Intake
}

// New returns the use-cases behind door.
func New(door *record.Door, clients *person.Clients, in *intake.Intake) *Rosters {
	return &Rosters{door, record.Use(door, Kind), clients, in}
}

const fileField = "file"

func slot(id ID) string { return "roster/" + id.String() }

// Sweep throws away the files that nobody finished within a day.
func (rs *Rosters) Sweep(ctx context.Context, who actor.Actor) error {
	return rs.door.DropDraftsBefore(ctx, who, "roster/", rs.door.Clock().Now().Add(-Keeps))
}

// Upload reads a file and keeps it, sealed, until it is finished or a day old. The
// columns get the meaning the asker gave a file with the same header before, or
// else a guess. Errors: Invalid with fields, Denied.
func (rs *Rosters) Upload(ctx context.Context, who actor.Actor, name phi.Text, body []byte) (ID, error) {
	const op = "roster.create"
	if err := rs.Sweep(ctx, who); err != nil {
		return ID{}, err
	}
	if len(body) > MaxBytes {
		return ID{}, fault.InvalidFields(op, fault.Field{Name: fileField, Message: "The file is larger than 20 megabytes. Split it and bring in the parts."})
	}
	t, err := Read(body)
	if err != nil {
		return ID{}, fault.InvalidFields(op, fault.Field{Name: fileField, Message: says(err)})
	}
	r := Roster{By: who.Worker(), At: rs.door.Clock().Now(), Rows: len(t.Rows), File: name, Columns: Guess(t.Header)}
	var key []string
	for _, h := range t.Header {
		r.Header = append(r.Header, phi.NewText(h))
		key = append(key, plain(h))
	}
	r.Likeness = hex.EncodeToString(rs.door.Fingerprint(phi.NewText(strings.Join(key, "\x00"))))[:16]
	before, err := rs.records.Find(ctx, who, record.Query{Owner: who.Worker(), Tag: r.Likeness, Limit: 10})
	if err != nil {
		return ID{}, err
	}
	for _, o := range before.Rows {
		if o.Value.Mapped && len(o.Value.Columns) == len(r.Columns) {
			r.Columns = o.Value.Columns
			break
		}
	}
	w := rs.door.Work(who, op)
	id := rs.records.Create(w, record.Subject{}, r)
	if err := w.Commit(ctx); err != nil {
		return ID{}, err
	}
	_, err = rs.door.KeepDraft(ctx, who, record.Subject{}, slot(id), 0, map[string]phi.Text{fileField: phi.NewText(string(body))})
	return id, err
}

func says(err error) string {
	switch err {
	case ErrTooMany:
		return "The file has more than 5,000 rows. Split it and bring in the parts."
	case ErrEmpty:
		return "The file has no rows below its header."
	}
	return "This is not a table with a header row. Save it as CSV and try again."
}

// Mine lists the asker's own lists, newest first.
func (rs *Rosters) Mine(ctx context.Context, who actor.Actor) ([]Opened, error) {
	if err := rs.Sweep(ctx, who); err != nil {
		return nil, err
	}
	l, err := rs.records.Find(ctx, who, record.Query{Owner: who.Worker(), Limit: 50})
	return l.Rows, err
}

// Open returns a list and its rows. The table is empty once the file is gone.
func (rs *Rosters) Open(ctx context.Context, who actor.Actor, id ID) (Opened, Table, error) {
	if err := rs.Sweep(ctx, who); err != nil {
		return Opened{}, Table{}, err
	}
	o, err := rs.records.Read(ctx, who, id)
	if err != nil || o.Value.Ended != "" {
		return o, Table{}, err
	}
	d, found, err := rs.door.Draft(ctx, who, record.Subject{}, slot(id))
	if err != nil || !found {
		return o, Table{}, err
	}
	t, err := Read([]byte(d.Fields[fileField].Disclose()))
	if err != nil {
		return o, Table{}, fault.Unavailablef("roster.read", nil, "the file is damaged")
	}
	return o, t, nil
}

// Map says what the columns mean. A name is needed; each meaning stands once.
func (rs *Rosters) Map(ctx context.Context, who actor.Actor, id ID, version int64, columns []Column) error {
	const op = "roster.change"
	if bad := checkColumns(columns); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	w := rs.door.Work(who, op)
	rs.records.Change(w, "change", id, version, func(r *Roster) error {
		if r.State() != Uploaded {
			return fault.InvalidFields(op, fault.Field{Message: "The import has begun: the columns stay as they are."})
		}
		if len(columns) != len(r.Header) {
			return fault.InvalidFields(op, fault.Field{Message: "Say for each column what it means."})
		}
		r.Columns, r.Mapped = columns, true
		return nil
	})
	return w.Commit(ctx)
}

func checkColumns(columns []Column) []fault.Field {
	var bad []fault.Field
	seen := map[Column]bool{}
	for i, c := range columns {
		if c == Skip {
			continue
		}
		if !slices.Contains(Columns(), c) {
			bad = append(bad, fault.Field{Name: "column-" + strconv.Itoa(i), Message: "Choose what this column means."})
		} else if seen[c] {
			bad = append(bad, fault.Field{Name: "column-" + strconv.Itoa(i), Message: "Another column has this meaning already."})
		}
		seen[c] = true
	}
	if !seen[Given] && !seen[Family] && !seen[Whole] {
		bad = append(bad, fault.Field{Message: "Say which column holds the name."})
	}
	return bad
}

// row is a row of the file, understood.
type row struct {
	result  Result
	client  person.Client
	program string
}

// understand reads the rows from one on, at most n of them; earlier ones count for
// finding what stands twice.
func understand(t Table, columns []Column, from, n int, programs map[string]string, now time.Time) []row {
	var out []row
	numbers, people := map[string]int{}, map[string]int{}
	for i := range t.Rows[:min(len(t.Rows), from+n)] {
		c, program, ext, bad := client(t.Rows[i], columns, programs, now)
		r := row{result: Result{Line: t.Lines[i], External: ext, Why: bad}, client: c, program: program}
		if len(bad) > 0 {
			r.result.Outcome = Rejected
		} else if e := ext.Disclose(); e != "" && numbers[e] > 0 {
			r.result.Outcome, r.result.Why = Rejected, []string{"The same number stands on an earlier line of the file."}
		} else if p := pair(c); !c.BirthDate.Empty() && people[p] > 0 {
			r.result.Outcome, r.result.Why = Duplicate, []string{"The same name and birth date stand on an earlier line of the file."}
		} else {
			people[p] = t.Lines[i]
			if e != "" {
				numbers[e] = t.Lines[i]
			}
		}
		if i >= from {
			out = append(out, r)
		}
	}
	return out
}

// judge says what would come of a row, with those already here who are like it.
func judge(r *row, like []person.Row) {
	if r.result.Outcome != "" {
		return
	}
	for _, x := range like {
		for _, id := range x.Value.Identifiers {
			if !r.result.External.Empty() && id.Kind == externalKind && id.Value.Equal(r.result.External) {
				r.result.Outcome, r.result.Client, r.result.Number = Already, record.SubjectOf(x.ID), x.Value.Number
				r.result.Why = []string{"Brought in before, under the same number."}
				return
			}
		}
	}
	if len(like) > 0 {
		r.result.Outcome, r.result.Client, r.result.Number = Duplicate, record.SubjectOf(like[0].ID), like[0].Value.Number
		r.result.Why = []string{"Somebody already here may be the same person."}
		return
	}
	r.result.Outcome = Created
}

// Check tries every row and keeps nothing: what would be created, who may be here
// already, and what is wrong. It is one read for every two hundred rows, each with
// an entry of its own.
func (rs *Rosters) Check(ctx context.Context, who actor.Actor, id ID, programs map[string]string) ([]Result, error) {
	o, t, err := rs.Open(ctx, who, id)
	if err != nil || len(t.Rows) == 0 {
		return nil, err
	}
	rows := understand(t, o.Value.Columns, 0, len(t.Rows), plainly(programs), rs.door.Clock().Now())
	out := make([]Result, 0, len(rows))
	for part := range slices.Chunk(rows, perRun) {
		v := rs.door.View(who, "client.find")
		like := make([]func() []person.Row, len(part))
		for i, r := range part {
			if r.result.Outcome == "" {
				like[i] = rs.clients.WantPossible(v, r.client, person.ID{})
			}
		}
		if err := v.Open(ctx); err != nil {
			return nil, err
		}
		for i := range part {
			var found []person.Row
			if like[i] != nil {
				found = like[i]()
			}
			judge(&part[i], found)
			out = append(out, part[i].result)
		}
	}
	return out, nil
}

// Run brings in the next rows, each decided and kept for itself, and says what
// came of them. It is called again until the list is done; the file is then gone.
// A row that is like somebody already here is not brought in.
//
// The list is taken before the first row, so that of two windows one goes on and
// the other gets Conflict, and what came of the rows is kept every few of them. A
// run whose asker went away keeps what it did; one that died can be taken up again
// after two minutes.
func (rs *Rosters) Run(ctx context.Context, who actor.Actor, id ID, version int64, programs map[string]string) (Roster, error) {
	const op = "roster.run"
	if err := rs.door.Permit(ctx, who, op, record.Subject{}, true, policy.Set(policy.Program), map[string]string{"list": id.String()}); err != nil {
		return Roster{}, err
	}
	o, t, err := rs.Open(ctx, who, id)
	if err != nil {
		return Roster{}, err
	}
	if len(t.Rows) == 0 {
		if version != 0 && version != o.Version {
			return o.Value, fault.Conflictf(op, "another window went on with this list")
		}
		return o.Value, fault.InvalidFields(op, fault.Field{Message: "The file is no longer kept. Upload it again: rows that were brought in are not brought in twice."})
	}
	now := rs.door.Clock().Now()
	r := run{rs: rs, who: who, id: id, mark: rand.Text()}
	if o.Value.Run != "" {
		r.died = o.Value.RunAt
	}
	w := rs.door.Work(who, op)
	rs.records.Change(w, "change", id, version, func(x *Roster) error {
		if x.Run != "" && now.Sub(x.RunAt) < runLasts {
			return fault.Conflictf(op, "another window goes on with this list")
		}
		x.Run, x.RunAt, r.list = r.mark, now, *x
		return nil
	})
	if err := w.Commit(ctx); err != nil {
		return o.Value, err
	}
	rows := understand(t, r.list.Columns, len(r.list.Results), perRun, plainly(programs), now)
	for i := range rows {
		if ctx.Err() != nil {
			break
		}
		// A row is finished once it is begun: what came of it would be unknown.
		rs.bring(context.WithoutCancel(ctx), who, &rows[i], r.died)
		r.fresh = append(r.fresh, rows[i].result)
		if len(r.fresh) == perBatch && i < len(rows)-1 {
			if err := r.tell(ctx, false); err != nil || r.list.Ended != "" {
				return r.list, err
			}
		}
	}
	return r.list, r.tell(ctx, true)
}

// run is one taking of a list.
type run struct {
	rs    *Rosters
	who   actor.Actor
	id    ID
	mark  string
	died  time.Time // when the run before this last said something, if it died
	list  Roster
	fresh []Result // not kept yet
}

// tell keeps what came of the rows since it was last called. It is Conflict if
// another run took the list.
func (r *run) tell(ctx context.Context, last bool) error {
	const op = "roster.run"
	w := r.rs.door.Work(r.who, op)
	r.rs.records.Change(w, "change", r.id, 0, func(x *Roster) error {
		if x.Run != r.mark {
			return fault.Conflictf(op, "another window goes on with this list")
		}
		for _, y := range r.fresh {
			if !y.Client.IsZero() {
				y.External, y.Number = phi.Text{}, phi.Text{}
			}
			x.Results = append(x.Results, y)
		}
		x.RunAt = r.rs.door.Clock().Now()
		if x.Ended == "" && len(x.Results) >= x.Rows {
			x.Ended = Done
		}
		if last || x.Ended != "" {
			x.Run = ""
		}
		r.list = *x
		return nil
	})
	if len(r.list.Results)+len(r.fresh) >= r.list.Rows {
		r.rs.door.DropDraftIn(w, record.Subject{}, slot(r.id))
	}
	if err := w.Commit(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	r.fresh = nil
	return nil
}

// bring registers one row. died is when a run before this one died, which may have
// registered the row and not said so.
func (rs *Rosters) bring(ctx context.Context, who actor.Actor, r *row, died time.Time) {
	if r.result.Outcome != "" {
		return
	}
	like, err := rs.clients.Possible(ctx, who, r.client, person.ID{})
	if err == nil && !died.IsZero() {
		for _, x := range like {
			if x.CreatedBy == who.Worker() && !x.CreatedAt.Before(died) && x.Like.Has(person.SameName) && x.Value.BirthDate.Equal(r.client.BirthDate) {
				r.result.Outcome, r.result.Client, r.result.Number = Created, record.SubjectOf(x.ID), x.Value.Number
				return
			}
		}
	}
	if err == nil {
		judge(r, like)
	}
	if err == nil && r.result.Outcome == Created {
		var open *casefile.Opening
		if r.program != "" {
			open = &casefile.Opening{Program: r.program}
		}
		var got intake.Registration
		if got, err = rs.intake.Add(ctx, who, r.client, open); err == nil {
			r.result.Client, r.result.Number = record.SubjectOf(got.ID), got.Number
		}
	}
	if err != nil {
		r.result.Outcome, r.result.Client, r.result.Number = Rejected, record.Subject{}, phi.Text{}
		r.result.Why = []string{"This row could not be kept. Try it again by hand."}
		for _, f := range fault.FieldsOf(err) {
			r.result.Why = append(r.result.Why, f.Message)
		}
	}
}

func plainly(programs map[string]string) map[string]string {
	out := map[string]string{}
	for code, name := range programs {
		out[plain(code)], out[plain(name)] = code, code
	}
	return out
}

// Discard throws a list's file away. What was brought in stays.
func (rs *Rosters) Discard(ctx context.Context, who actor.Actor, id ID) error {
	const op = "roster.change"
	w := rs.door.Work(who, op)
	rs.records.Change(w, "change", id, 0, func(r *Roster) error {
		if r.Ended == "" {
			r.Ended = Discarded
		}
		return nil
	})
	rs.door.DropDraftIn(w, record.Subject{}, slot(id))
	return w.Commit(ctx)
}

// Named fills in the numbers of the clients of some rows, of those the asker may
// find, as one read for every two hundred.
func (rs *Rosters) Named(ctx context.Context, who actor.Actor, results []Result) ([]Result, error) {
	out := slices.Clone(results)
	for part := range slices.Chunk(out, perRun) {
		var subjects []record.Subject
		for _, x := range part {
			if !x.Client.IsZero() {
				subjects = append(subjects, x.Client)
			}
		}
		if len(subjects) == 0 {
			continue
		}
		v := rs.door.View(who, "client.find")
		some := rs.clients.WantSome(v, subjects, person.Named)
		if err := v.Open(ctx); err != nil {
			return nil, err
		}
		for i, x := range part {
			o, ok := some.Of(x.Client)
			if !ok {
				continue
			}
			part[i].Number = o.Value.Number
			if x.Outcome != Created && x.Outcome != Already {
				continue // the row's number may be another's
			}
			for _, id := range o.Value.Identifiers {
				if id.Kind == externalKind {
					part[i].External = id.Value
				}
			}
		}
	}
	return out, nil
}

// Report writes what came of each row as CSV, in the words that say gives.
func Report(results []Result, say func(string) string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := func(cells ...string) {
		for i := range cells {
			cells[i] = Safe(cells[i])
		}
		_ = w.Write(cells)
	}
	line("line", "external_id", "outcome", "client_number", "client_id", "reasons")
	for _, r := range results {
		var why []string
		for _, s := range r.Why {
			why = append(why, say(s))
		}
		line(strconv.Itoa(r.Line), r.External.Disclose(), string(r.Outcome), r.Number.Disclose(), r.Client.String(), strings.Join(why, " "))
	}
	w.Flush()
	return b.Bytes()
}
