// Package store is the SQL of the record store, the same for SQLite and
// PostgreSQL. It keeps and returns sealed bodies and labels; to keep or remove
// one it demands a gate.Pass. It decides nothing and opens nothing.
package store

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"caseward/internal/db"
	"caseward/internal/policy"
	"caseward/internal/record/internal/blind"
	"caseward/internal/record/internal/gate"
)

// Row is one record as it is kept: labels in clear, content sealed.
type Row struct {
	ID, Kind, Subject             string
	Version                       int64
	State, Owner, Group, Ref, Tag string
	At, Due                       int64
	Ext                           []byte
	Classes                       string
	Body                          []byte
	CreatedAt                     int64
	CreatedBy                     string
	ChangedAt                     int64
	ChangedBy                     string
}

// ClassSet is the set of classes the row's body holds.
func (r Row) ClassSet() policy.ClassSet { return ParseClasses(r.Classes) }

// ParseClasses reads class names with commas between them; names no longer
// known are an error of an older release's data and count as every class, so
// that nothing is shown by mistake.
func ParseClasses(s string) policy.ClassSet {
	var set policy.ClassSet
	for s != "" {
		name, rest, _ := strings.Cut(s, ",")
		if !policy.Known(policy.Class(name)) {
			return policy.AllClasses()
		}
		set |= policy.Set(policy.Class(name))
		s = rest
	}
	return set
}

const columns = `r.id, r.kind, r.subject, r.version, r.state, r.owner, r.grp, r.ref, r.tag, r.at, r.due, r.classes, r.body, r.created_at, r.created_by, r.changed_at, r.changed_by`

type scanner interface{ Scan(dest ...any) error }

func scan(s scanner) (Row, error) {
	var r Row
	err := s.Scan(&r.ID, &r.Kind, &r.Subject, &r.Version, &r.State, &r.Owner, &r.Group, &r.Ref, &r.Tag, &r.At, &r.Due, &r.Classes, &r.Body, &r.CreatedAt, &r.CreatedBy, &r.ChangedAt, &r.ChangedBy)
	return r, err
}

// Get returns the newest version of a record; found is false if there is none
// of this kind.
func Get(ctx context.Context, q db.Querier, kind, id string) (r Row, found bool, err error) {
	r, err = scan(q.QueryRow(ctx, `SELECT `+columns+` FROM record r WHERE r.id = $1 AND r.kind = $2`, id, kind))
	if errors.Is(err, sql.ErrNoRows) {
		return Row{}, false, nil
	}
	return r, err == nil, err
}

// On is what a row that was got depends on, for [db.Kept].
func (r Row) On() []string { return []string{"record:" + r.ID} }

// chunk is how many ids one statement asks for; one and a few are asked for by
// shorter ones.
const chunk, few = 200, 10

// each calls fn with the ids in chunks, each once, as the values of a list of
// parameters that begins after the first n. A chunk is filled up with its last id,
// so that there are three statements and not one for each number of ids.
func each(ids []string, n int, fn func(list string, args []any) error) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for len(ids) > 0 {
		size := chunk
		switch {
		case len(ids) == 1:
			size = 1
		case len(ids) <= few:
			size = few
		}
		part := ids[:min(size, len(ids))]
		ids = ids[len(part):]
		var list strings.Builder
		args := make([]any, size)
		for i := range size {
			if i > 0 {
				list.WriteString(", ")
			}
			list.WriteString("$" + strconv.Itoa(n+i+1))
			args[i] = part[min(i, len(part)-1)]
		}
		if err := fn(list.String(), args); err != nil {
			return err
		}
	}
	return nil
}

// GetEach is [Get] for many records, by id; who is not there is left out.
func GetEach(ctx context.Context, q db.Querier, kind string, ids []string) (map[string]Row, error) {
	out := map[string]Row{}
	err := each(ids, 1, func(list string, args []any) error {
		// The kind is an expression, or SQLite reads all of the kind.
		rows, err := q.Query(ctx, `SELECT `+columns+` FROM record r WHERE r.kind || '' = $1 AND r.id IN (`+list+`)`, append([]any{kind}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r, err := scan(rows)
			if err != nil {
				return err
			}
			out[r.ID] = r
		}
		return rows.Err()
	})
	return out, err
}

// GetLabels is Get without the body, for what is asked at every request.
func GetLabels(ctx context.Context, q db.Querier, kind, id string) (r Row, found bool, err error) {
	err = q.QueryRow(ctx, `SELECT version, state, owner, grp, ref, tag, at, due FROM record WHERE id = $1 AND kind = $2`, id, kind).
		Scan(&r.Version, &r.State, &r.Owner, &r.Group, &r.Ref, &r.Tag, &r.At, &r.Due)
	if errors.Is(err, sql.ErrNoRows) {
		return Row{}, false, nil
	}
	return r, err == nil, err
}

// Known reports whether there is a record with an id, of whatever kind.
func Known(ctx context.Context, q db.Querier, id string) (bool, error) {
	var n int64
	err := q.QueryRow(ctx, `SELECT count(*) FROM record WHERE id = $1`, id).Scan(&n)
	return n > 0, err
}

// GetExt returns the id and subject of the record imported under ext.
func GetExt(ctx context.Context, q db.Querier, kind string, ext []byte) (id, subject string, version int64, found bool, err error) {
	err = q.QueryRow(ctx, `SELECT id, subject, version FROM record WHERE kind = $1 AND ext = $2`, kind, ext).Scan(&id, &subject, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", 0, false, nil
	}
	return id, subject, version, err == nil, err
}

// Versions returns the versions before the newest, newest first.
func Versions(ctx context.Context, q db.Querier, id string) ([]Row, error) {
	rows, err := q.Query(ctx, `SELECT version, subject, state, body, changed_at, changed_by FROM record_version WHERE id = $1 ORDER BY version DESC`, id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		r := Row{ID: id}
		if err := rows.Scan(&r.Version, &r.Subject, &r.State, &r.Body, &r.ChangedAt, &r.ChangedBy); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Insert keeps a new record.
func Insert(ctx context.Context, tx *db.Tx, p gate.Pass, r Row) error {
	if err := p.Keep(r.ID, r.Subject); err != nil {
		return err
	}
	// What is not there is not remembered.
	_, err := tx.Change(ctx, nil, `INSERT INTO record (id, kind, subject, version, state, owner, grp, ref, tag, at, due, ext, classes, body, created_at, created_by, changed_at, changed_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		r.ID, r.Kind, r.Subject, r.Version, r.State, r.Owner, r.Group, r.Ref, r.Tag, r.At, r.Due, nullable(r.Ext), r.Classes, r.Body, r.CreatedAt, r.CreatedBy, r.ChangedAt, r.ChangedBy)
	return err
}

func nullable(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// Update keeps a new version of a record and moves the old one to the history.
// ok is false if the record is no longer at version r.Version-1.
func Update(ctx context.Context, tx *db.Tx, p gate.Pass, r Row) (ok bool, err error) {
	if err := p.Keep(r.ID, r.Subject); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO record_version (id, version, subject, state, body, changed_at, changed_by)
		SELECT id, version, subject, state, body, changed_at, changed_by FROM record WHERE id = $1 AND version = $2`, r.ID, r.Version-1)
	if err != nil || n == 0 {
		return false, err
	}
	n, err = tx.Change(ctx, r.On(), `UPDATE record SET version = $1, state = $2, owner = $3, grp = $4, ref = $5, tag = $6, at = $7, due = $8, classes = $9, body = $10, changed_at = $11, changed_by = $12
		WHERE id = $13 AND version = $14`,
		r.Version, r.State, r.Owner, r.Group, r.Ref, r.Tag, r.At, r.Due, r.Classes, r.Body, r.ChangedAt, r.ChangedBy, r.ID, r.Version-1)
	return n == 1, err
}

// MoveTokens removes and adds search tokens of a record.
func MoveTokens(ctx context.Context, tx *db.Tx, id, subject string, remove, add []int64) error {
	for _, t := range remove {
		if _, err := tx.Exec(ctx, `DELETE FROM token WHERE token = $1 AND record = $2`, t, id); err != nil {
			return err
		}
	}
	for _, t := range add {
		if _, err := tx.Exec(ctx, `INSERT INTO token (token, record, subject) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, t, id, subject); err != nil {
			return err
		}
	}
	return nil
}

// Fact is one row of who stands how to whom.
type Fact struct {
	Holder, Rel, Object, Scope string
	From, Until                int64
}

func (f Fact) on() []string { return []string{factOn(f.Holder), factOn(f.Object)} }

// MoveFacts closes at now the facts that record id no longer says and adds the
// new ones. What once held is never lost.
func MoveFacts(ctx context.Context, tx *db.Tx, id string, ended, added []Fact, now int64) error {
	for _, f := range ended {
		at := max(now, f.From)
		if f.Rel == string(policy.BreakGlass) {
			at = f.From // a clock that is set back must not find it open again
		}
		if _, err := tx.Change(ctx, f.on(), `UPDATE fact SET until_at = $1 WHERE record = $2 AND holder = $3 AND rel = $4 AND object = $5 AND from_at = $6 AND until_at > $1`,
			at, id, f.Holder, f.Rel, f.Object, f.From); err != nil {
			return err
		}
	}
	for _, f := range added {
		if f.Until <= f.From {
			continue
		}
		if _, err := tx.Change(ctx, f.on(), `INSERT INTO fact (record, holder, rel, object, scope, from_at, until_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (record, holder, rel, object, from_at) DO UPDATE SET scope = excluded.scope, until_at = excluded.until_at`,
			id, f.Holder, f.Rel, f.Object, f.Scope, f.From, f.Until); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(ended, Fact.standing) || slices.ContainsFunc(added, Fact.standing) {
		tx.Changed(EpochOn...)
		_, err := Next(ctx, tx, epoch, 1)
		return err
	}
	return nil
}

// BrokeGlass is the relation that is left of break_glass when it is over: it opens nothing,
// and says what was open then.
const BrokeGlass = "broke_glass"

// Broke adds to how a worker stood to a client at a past moment what emergency access opened
// that is over by now.
func Broke(ctx context.Context, q db.Querier, s *Standing, worker, subject string, at int64) error {
	rows, err := q.Query(ctx, `SELECT scope FROM fact WHERE holder = $1 AND object = $2 AND rel = '`+BrokeGlass+`' AND from_at <= $3 AND until_at > $3`, "worker:"+worker, object(subject), at)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var scope string
		if err := rows.Scan(&scope); err != nil {
			return err
		}
		s.Relations |= policy.Rel(policy.BreakGlass)
		s.Glass |= ParseClasses(scope)
	}
	return rows.Err()
}

// Said is a fact and the record that says it.
type Said struct {
	Record string
	Fact
}

// Held returns the facts of one relation that worker holds at now.
func Held(ctx context.Context, q db.Querier, worker string, rel policy.Relation, now int64) ([]Said, error) {
	return said(q.Query(ctx, `SELECT record, holder, rel, object, scope, from_at, until_at FROM fact
		WHERE holder = $1 AND rel = $2 AND object LIKE 'client:%' AND from_at <= $3 AND until_at > $3 ORDER BY until_at`, "worker:"+worker, string(rel), now))
}

// Filter is what a list is narrowed by. Empty fields narrow nothing.
type Filter struct {
	Kind, Subject, Owner, State, NotState, Group, Ref, Tag string
	DueBefore                                              int64
	AtFrom, AtUntil                                        int64
	Same                                                   []string  // clients whose records were merged into Subject: theirs are found too
	Words                                                  [][]int64 // blind search: each word matches any of its tokens; [Filter.Narrow] puts the rarest first
	Common                                                 bool      // every word is in many records; [Filter.Narrow] says
	Order                                                  Order
	After                                                  Cursor
	Limit                                                  int

	// The relations one of which the worker must have to the client; only
	// counts when Related is set.
	Related bool
	Worker  string
	Now     int64
	Via     policy.Relations
}

// AllOfOne reports whether f is narrowed by a client alone.
func (f Filter) AllOfOne() bool {
	g := Filter{Kind: f.Kind, Subject: f.Subject, Limit: f.Limit, Worker: f.Worker, Now: f.Now}
	return f.Subject != "" && reflect.DeepEqual(f, g)
}

// maxCandidates is how many records that have all words of a search are looked at
// where each of the words is in many.
const maxCandidates = 2000

// many is in how many records a word is common.
const many = 500

// rare is how many rows of the index of each word are read first: a name mostly has a word
// that is in fewer records, and then none is read any further.
const rare = 32

// Narrow puts the word of f that is in the fewest records first, so that they are
// found by it, and says whether even that one is common. It reads at most many rows
// of the index a word.
func (f *Filter) Narrow(ctx context.Context, q db.Querier) error {
	if len(f.Words) == 0 {
		return nil
	}
	rarest, fewest := 0, int64(many)
	for _, most := range [...]int64{rare, many} {
		for i, w := range f.Words {
			var n int64
			var args []any
			arg := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
			query := "SELECT COUNT(*) FROM (SELECT 1 FROM token WHERE token IN " + oneOf(w, arg) + " LIMIT " + arg(most) + ") s"
			if err := q.QueryRow(ctx, query, args...).Scan(&n); err != nil {
				return err
			}
			if n < fewest {
				rarest, fewest = i, n
			}
		}
		if fewest < most {
			break
		}
		fewest = many
	}
	f.Words = slices.Clone(f.Words)
	f.Words[0], f.Words[rarest] = f.Words[rarest], f.Words[0]
	f.Common = fewest == many
	return nil
}

// oneOf is a list of the tokens of one word, padded so that all statements of one
// shape have one text: of a word that is looked for as it is typed, and of one that is
// looked for with what is like it.
func oneOf(alternatives []int64, arg func(any) string) string {
	shape := 2
	if len(alternatives) > shape {
		shape = blind.MaxAlternatives
	}
	var sb strings.Builder
	for j := range shape {
		if j > 0 {
			sb.WriteString(", ")
		}
		sb.WriteString(arg(alternatives[min(j, len(alternatives)-1)]))
	}
	return "(" + sb.String() + ")"
}

// Order is how a list is ordered.
type Order int

// The orders. Each ends in the id, so that paging is exact.
const (
	Newest  Order = iota // by time of the thing, newest first
	DueNext              // by due date, soonest first
)

// Cursor is where a page ended.
type Cursor struct {
	Key int64
	ID  string
}

// IsZero reports whether this is the start.
func (c Cursor) IsZero() bool { return c.ID == "" }

// build composes constant fragments; no value is ever put into the text. args are
// the values head speaks of.
func (f Filter) build(head, tail string, paged bool, args ...any) (string, []any) {
	// What is found by a word, a worker or a record is few rows, whoever asks: each
	// is looked at for itself. Anything else could be of any client of the agency,
	// so the clients the worker stands to are found first, and the rows by them.
	return f.buildBy(len(f.Words) > 0 && !f.Common || f.Owner != "" || f.Ref != "", head, tail, paged, args...)
}

func (f Filter) buildBy(byRow bool, head, tail string, paged bool, args ...any) (string, []any) {
	var sb strings.Builder
	arg := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(len(args))
	}
	if f.Related && !byRow {
		sb.WriteString(f.ways(arg).known())
	}
	sb.WriteString(head)
	byWord := len(f.Words) > 0 && (byRow || !f.Related)
	words := f.Words
	if byWord {
		// The rarest word finds few rows, and of each is asked whether it has the
		// others too. Asked within the first, SQLite would begin with the other word.
		sb.WriteString(" FROM (SELECT DISTINCT t.record FROM token t WHERE t.token IN " + oneOf(words[0], arg))
		if f.Common {
			for _, w := range words[1:] {
				sb.WriteString(" AND EXISTS (SELECT 1 FROM token u WHERE u.record = t.record AND u.token IN " + oneOf(w, arg) + ")")
			}
			sb.WriteString(" LIMIT " + arg(maxCandidates))
			words = words[:1]
		}
		sb.WriteString(") s JOIN record r ON r.id = s.record")
		words = words[1:]
	} else if f.Related && !byRow {
		// CROSS JOIN: SQLite takes the clients first.
		sb.WriteString(" FROM known k CROSS JOIN record r")
	} else {
		sb.WriteString(" FROM record r")
	}
	// SQLite, which keeps no statistics here, takes an index of two columns over one
	// of one, however many rows that leaves: of all the agency's open cases rather
	// than of one client's. So what is not to be looked up by is an expression.
	kind, state := " WHERE r.kind = ", " AND r.state = "
	if byWord || f.Ref != "" {
		kind = " WHERE r.kind || '' = "
	}
	if byWord || f.Ref != "" || f.Subject != "" || f.Related && !byRow {
		state = " AND r.state || '' = "
	}
	sb.WriteString(kind + arg(f.Kind))
	if f.Related && !byRow {
		sb.WriteString(" AND r.subject = substr(k.object, 8)")
	}
	for _, w := range words {
		sb.WriteString(" AND EXISTS (SELECT 1 FROM token t WHERE t.record = r.id AND t.token IN " + oneOf(w, arg) + ")")
	}
	if f.Ref != "" {
		// What hangs on one record is all about one client, so the narrower
		// index serves; saying that ref is not empty lets it be used.
		f.Subject = ""
		sb.WriteString(" AND r.ref <> ''")
	}
	if f.Subject != "" && len(f.Same) > 0 {
		sb.WriteString(" AND r.subject IN (" + arg(f.Subject))
		for _, s := range f.Same {
			sb.WriteString(", " + arg(s))
		}
		sb.WriteString(")")
		f.Subject = ""
	}
	for _, c := range []struct{ sql, v string }{
		{" AND r.subject = ", f.Subject}, {" AND r.owner = ", f.Owner}, {state, f.State}, {" AND r.state <> ", f.NotState},
		{" AND r.grp = ", f.Group}, {" AND r.ref = ", f.Ref}, {" AND r.tag = ", f.Tag},
	} {
		if c.v != "" {
			sb.WriteString(c.sql + arg(c.v))
		}
	}
	if f.DueBefore != 0 {
		due := "r.due"
		if f.Owner != "" {
			due = "r.due + 0"
		}
		sb.WriteString(" AND " + due + " > 0 AND " + due + " < " + arg(f.DueBefore))
	}
	if f.AtFrom != 0 {
		sb.WriteString(" AND r.at >= " + arg(f.AtFrom))
	}
	if f.AtUntil != 0 {
		sb.WriteString(" AND r.at < " + arg(f.AtUntil))
	}
	if f.Related && byRow {
		w := f.ways(arg)
		// Where two records were merged, a relation to either is one to both.
		sb.WriteString(` AND (EXISTS (` + w.to(`'client:' || r.subject`) + `)` +
			` OR EXISTS (SELECT 1 FROM fact m WHERE m.holder = 'client:' || r.subject AND m.rel = 'same_as' AND m.from_at <= ` + w.now + ` AND m.until_at > ` + w.now + ` AND EXISTS (` + w.to("m.object") + `))` +
			` OR EXISTS (SELECT 1 FROM fact m WHERE m.object = 'client:' || r.subject AND m.rel = 'same_as' AND m.from_at <= ` + w.now + ` AND m.until_at > ` + w.now + ` AND EXISTS (` + w.to("m.holder") + `)))`)
	}
	if paged {
		switch f.Order {
		case DueNext:
			// Nothing due sorts last: 0 is moved to the end of time.
			key := "(CASE WHEN r.due = 0 THEN 4611686018427387904 ELSE r.due END)"
			if !f.After.IsZero() {
				sb.WriteString(" AND (" + key + ", r.id) > (" + arg(f.After.Key) + ", " + arg(f.After.ID) + ")")
			}
			tail = " ORDER BY " + key + ", r.id LIMIT " + arg(f.Limit)
		default:
			if !f.After.IsZero() {
				sb.WriteString(" AND (r.at, r.id) < (" + arg(f.After.Key) + ", " + arg(f.After.ID) + ")")
			}
			tail = " ORDER BY r.at DESC, r.id DESC LIMIT " + arg(f.Limit)
		}
	}
	sb.WriteString(tail)
	return sb.String(), args
}

// ways is how the worker of a filter may stand to a client, as fragments of SQL.
type ways struct {
	now, worker, direct, through string
	formerly                     bool
}

func (f Filter) ways(arg func(any) string) ways {
	pick := func(rel policy.Relation) string {
		if f.Via.Has(rel) {
			return arg(string(rel))
		}
		return arg("-")
	}
	return ways{
		now: arg(f.Now), worker: arg("worker:" + f.Worker), formerly: f.Via.Has(policy.Formerly),
		direct:  "(" + pick(policy.Assigned) + ", " + pick(policy.CareTeam) + ", " + pick(policy.BreakGlass) + ", " + pick(policy.Offered) + ", " + pick(policy.Attends) + ")",
		through: "(" + pick(policy.Covering) + ", " + pick(policy.Supervises) + ", " + pick(policy.Manages) + ")",
	}
}

// holds says that a fact is one now.
func (w ways) holds(f string) string {
	return f + `.from_at <= ` + w.now + ` AND ` + f + `.until_at > ` + w.now
}

// to says that the worker has one of the relations to a client.
func (w ways) to(client string) string {
	out := `SELECT 1 FROM fact f WHERE f.holder = ` + w.worker + ` AND f.object = ` + client + ` AND ` + w.holds("f") + ` AND f.rel IN ` + w.direct +
		` UNION ALL SELECT 1 FROM fact f JOIN fact s ON s.object = f.holder WHERE f.object = ` + client + ` AND f.rel IN ('assigned', 'serves') AND ` + w.holds("f") +
		` AND s.holder = ` + w.worker + ` AND ` + w.holds("s") + ` AND s.rel IN ` + w.through
	if w.formerly {
		out += ` UNION ALL SELECT 1 FROM fact f JOIN fact s ON s.object = f.holder WHERE f.object = ` + client + ` AND f.rel IN ('assigned', 'serves') AND f.until_at <= ` + w.now +
			` AND s.holder = ` + w.worker + ` AND ` + w.holds("s") + ` AND s.rel IN ('supervises', 'manages')`
	}
	return out
}

// known names the clients to whom the worker has one of the relations, each once,
// beginning with the worker's own facts: it takes time with their number, not with
// that of the agency's clients. It is to find what [ways.to] says of each.
func (w ways) known() string {
	own := `SELECT f.object FROM fact f WHERE f.holder = ` + w.worker + ` AND ` + w.holds("f") + ` AND f.rel IN ` + w.direct +
		` UNION SELECT f.object FROM fact s CROSS JOIN fact f WHERE s.holder = ` + w.worker + ` AND ` + w.holds("s") + ` AND s.rel IN ` + w.through +
		` AND f.holder = s.object AND f.rel IN ('assigned', 'serves') AND ` + w.holds("f")
	if w.formerly {
		own += ` UNION SELECT f.object FROM fact s CROSS JOIN fact f WHERE s.holder = ` + w.worker + ` AND ` + w.holds("s") + ` AND s.rel IN ('supervises', 'manages')` +
			` AND f.holder = s.object AND f.rel IN ('assigned', 'serves') AND f.until_at <= ` + w.now
	}
	// Where two records were merged, a relation to either is one to both.
	return `WITH own AS (` + own + `), known AS (SELECT object FROM own WHERE object LIKE 'client:%'` +
		` UNION SELECT m.holder FROM own o CROSS JOIN fact m WHERE m.object = o.object AND m.rel = 'same_as' AND ` + w.holds("m") +
		` UNION SELECT m.object FROM own o CROSS JOIN fact m WHERE m.holder = o.object AND m.rel = 'same_as' AND ` + w.holds("m") + `) `
}

// Key is the row's place in the order.
func (f Filter) Key(r Row) Cursor {
	if f.Order == DueNext {
		if r.Due == 0 {
			return Cursor{db.Forever, r.ID}
		}
		return Cursor{r.Due, r.ID}
	}
	return Cursor{r.At, r.ID}
}

// List returns a page of rows.
func List(ctx context.Context, q db.Querier, f Filter) ([]Row, error) {
	query, args := f.build("SELECT "+columns, "", true)
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Group is how many rows look alike to the policies.
type Group struct {
	Classes policy.ClassSet
	State   string
	Mine    bool
	Named   bool // offered to the asker, or asks them to come
	N       int64
}

// Groups counts the rows a filter finds, by what the policies tell apart.
func Groups(ctx context.Context, q db.Querier, f Filter, worker string) ([]Group, error) {
	// The fact that offers a record, or asks somebody to come, hangs on that record
	// itself, and only while it stands; a worker has few of them, so they are found
	// once.
	query, args := f.build("SELECT g.classes, g.state, g.owner, g.named, COUNT(*) FROM (SELECT r.classes, r.state, r.owner, CASE WHEN "+
		"r.id IN (SELECT o.record FROM fact o WHERE o.holder = $1 AND o.rel IN ($2, $3) AND o.from_at <= $4 AND o.until_at > $4) THEN 1 ELSE 0 END AS named",
		") g GROUP BY g.classes, g.state, g.owner, g.named", false, "worker:"+worker, string(policy.Offered), string(policy.Attends), f.Now)
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Group
	for rows.Next() {
		var g Group
		var classes, owner string
		var named int64
		if err := rows.Scan(&classes, &g.State, &owner, &named, &g.N); err != nil {
			return nil, err
		}
		g.Named = named != 0
		g.Classes, g.Mine = ParseClasses(classes), owner != "" && owner == worker
		out = append(out, g)
	}
	return out, rows.Err()
}

// Next counts up and returns the new number.
func Next(ctx context.Context, tx *db.Tx, name string, first int64) (int64, error) {
	var n int64
	err := tx.QueryRow(ctx, `INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value`, name, first).Scan(&n)
	return n, err
}

// Draft is what somebody is typing.
type Draft struct {
	Rev     int64
	Body    []byte
	SavedAt int64
}

// GetDraft returns a draft; found is false if there is none.
func GetDraft(ctx context.Context, q db.Querier, worker, subject, slot string) (d Draft, found bool, err error) {
	err = q.QueryRow(ctx, `SELECT rev, body, saved_at FROM draft WHERE worker = $1 AND subject = $2 AND slot = $3`, worker, subject, slot).Scan(&d.Rev, &d.Body, &d.SavedAt)
	if errors.Is(err, sql.ErrNoRows) {
		return Draft{}, false, nil
	}
	return d, err == nil, err
}

// Drafts returns which forms about a client a worker has drafts of, and when each
// was saved last.
func Drafts(ctx context.Context, q db.Querier, worker, subject string) (map[string]int64, error) {
	rows, err := q.Query(ctx, `SELECT slot, saved_at FROM draft WHERE worker = $1 AND subject = $2`, worker, subject)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var slot string
		var at int64
		if err := rows.Scan(&slot, &at); err != nil {
			return nil, err
		}
		out[slot] = at
	}
	return out, rows.Err()
}

// PutDraft overwrites a draft if it still is at revision d.Rev-1.
func PutDraft(ctx context.Context, tx *db.Tx, worker, subject, slot string, d Draft) (bool, error) {
	if d.Rev == 1 {
		n, err := tx.Exec(ctx, `INSERT INTO draft (worker, subject, slot, rev, body, saved_at) VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT DO NOTHING`, worker, subject, slot, d.Body, d.SavedAt)
		return n == 1, err
	}
	n, err := tx.Exec(ctx, `UPDATE draft SET rev = $1, body = $2, saved_at = $3 WHERE worker = $4 AND subject = $5 AND slot = $6 AND rev = $7`, d.Rev, d.Body, d.SavedAt, worker, subject, slot, d.Rev-1)
	return n == 1, err
}

// DropDraft removes a draft.
func DropDraft(ctx context.Context, tx *db.Tx, worker, subject, slot string) error {
	_, err := tx.Exec(ctx, `DELETE FROM draft WHERE worker = $1 AND subject = $2 AND slot = $3`, worker, subject, slot)
	return err
}

// DropDraftsBefore removes the drafts about no client whose slot begins with slot
// and that were last saved before t.
func DropDraftsBefore(ctx context.Context, tx *db.Tx, slot string, t int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM draft WHERE subject = '' AND substr(slot, 1, $1) = $2 AND saved_at < $3`, len(slot), slot, t)
	return err
}

// EraseSubject removes every row about a client but the receipt, and the names of
// objects that are yet to be deleted.
func EraseSubject(ctx context.Context, tx *db.Tx, p gate.Pass, subject string, now int64) error {
	if err := p.Keep(subject, subject); err != nil {
		return err
	}
	for _, query := range []string{
		`DELETE FROM token WHERE subject = $1`,
		`DELETE FROM draft WHERE subject = $1`,
		`DELETE FROM record_version WHERE subject = $1`,
		`DELETE FROM fact WHERE record IN (SELECT id FROM record WHERE subject = $1)`,
		`DELETE FROM record WHERE subject = $1`,
	} {
		if _, err := tx.Exec(ctx, query, subject); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, `UPDATE blob SET gone_at = $1 WHERE subject = $2 AND gone_at = 0`, now, subject); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM fact WHERE object = $1`, "client:"+subject)
	return err
}

// KeepReceipt keeps the proof of an erasure.
func KeepReceipt(ctx context.Context, tx *db.Tx, subject string, at int64, worker string, receipt, signature []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO erasure (subject, at, worker, receipt, signature, scrubbed_at) VALUES ($1, $2, $3, $4, $5, 0)`, subject, at, worker, receipt, signature)
	return err
}
