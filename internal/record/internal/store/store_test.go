package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/policy"
)

var ctx = context.Background()

const now = 1_000_000

// agency is one made up of facts and open cases.
type agency struct {
	facts   []Fact
	records []Row
}

// made writes an agency into a database.
func (a agency) made(t testing.TB, d *db.DB) {
	t.Helper()
	err := d.Write(ctx, func(tx *db.Tx) error {
		for i, f := range a.facts {
			if _, err := tx.Exec(ctx, `INSERT INTO fact (record, holder, rel, object, scope, from_at, until_at) VALUES ($1, $2, $3, $4, '', $5, $6)`,
				fmt.Sprintf("f%07d", i), f.Holder, f.Rel, f.Object, f.From, f.Until); err != nil {
				return err
			}
		}
		for _, r := range a.records {
			if _, err := tx.Exec(ctx, `INSERT INTO record (id, kind, subject, version, state, owner, grp, ref, tag, at, due, classes, body, created_at, created_by, changed_at, changed_by)
				VALUES ($1, $2, $3, 1, $4, $5, '', '', '', $6, $7, 'case', $8, 0, '', 0, '')`, r.ID, r.Kind, r.Subject, r.State, r.Owner, r.At, r.Due, []byte("x")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rows runs a query of a filter and says what it found, in its order.
func rows(t testing.TB, d *db.DB, query string, args []any) []string {
	t.Helper()
	rs, err := d.Query(ctx, query, args...)
	if err != nil {
		t.Fatal(err, query)
	}
	defer func() { _ = rs.Close() }()
	var out []string
	for rs.Next() {
		r, err := scan(rs)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.ID)
	}
	if err := rs.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// randomAgency is small and dense, so that facts of every kind meet, ended,
// to come and in force, and records are merged in chains.
func randomAgency(r *rand.Rand) agency {
	var a agency
	worker := func() string { return fmt.Sprint("worker:w", r.IntN(8)) }
	program := func() string { return fmt.Sprint("program:p", r.IntN(3)) }
	client := func() string { return fmt.Sprint("client:c", r.IntN(40)) }
	fact := func(holder, rel, object string) {
		f := Fact{Holder: holder, Rel: rel, Object: object, From: now - 10, Until: db.Forever}
		switch r.IntN(5) {
		case 0:
			f.Until = now - 5
		case 1:
			f.From = now + 5
		case 2:
			f.From, f.Until = now, now+1
		}
		a.facts = append(a.facts, f)
	}
	for range 25 {
		fact(worker(), "assigned", client())
		fact(program(), "serves", client())
	}
	for range 3 {
		for _, rel := range []string{"care_team", "break_glass", "offered", "attends"} {
			fact(worker(), rel, client())
		}
		fact(worker(), "covering", worker())
		fact(worker(), "supervises", worker())
		fact(worker(), "manages", program())
		fact(client(), "same_as", client())
		fact(client(), "same_as", client())
	}
	for i := range 120 {
		x := Row{ID: fmt.Sprintf("r%03d", i), Kind: "case", Subject: fmt.Sprint("c", r.IntN(40)), State: "open", At: r.Int64N(20), Due: r.Int64N(20)}
		switch r.IntN(10) {
		case 0:
			x.Subject = ""
		case 1:
			x.State = "closed"
		case 2:
			x.Kind = "note"
		}
		a.records = append(a.records, x)
	}
	return a
}

func TestTheClientsFirstOrTheRowsFirstFindTheSame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		found := 0
		for seed := range uint64(12) {
			r := rand.New(rand.NewPCG(seed, 7))
			if err := d.Write(ctx, func(tx *db.Tx) error {
				for _, q := range []string{`DELETE FROM fact`, `DELETE FROM record`} {
					if _, err := tx.Exec(ctx, q); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			randomAgency(r).made(t, d)
			all := []policy.Relation{policy.Assigned, policy.CareTeam, policy.BreakGlass, policy.Offered, policy.Attends, policy.Covering, policy.Supervises, policy.Manages, policy.Formerly}
			for i := range 60 {
				via := policy.Rel(all[r.IntN(len(all))], all[r.IntN(len(all))])
				if i%4 == 0 {
					via = policy.Rel(all...)
				}
				f := Filter{Kind: "case", State: []string{"", "open"}[r.IntN(2)], Related: true, Worker: fmt.Sprint("w", r.IntN(9)), Now: now, Via: via, Limit: 1 + r.IntN(200), Order: Order(r.IntN(2))}
				if r.IntN(3) == 0 {
					f.After = Cursor{Key: r.Int64N(20), ID: fmt.Sprintf("r%03d", r.IntN(120))}
				}
				if r.IntN(3) == 0 {
					f.DueBefore, f.AtFrom = r.Int64N(20), r.Int64N(10)
				}
				query, args := f.buildBy(true, "SELECT "+columns, "", true)
				want := rows(t, d, query, args)
				query, args = f.buildBy(false, "SELECT "+columns, "", true)
				got := rows(t, d, query, args)
				if !slices.Equal(want, got) {
					t.Fatalf("seed %d: %+v\nby the rows    %v\nby the clients %v", seed, f, want, got)
				}
				found += len(got)
			}
		}
		if found < 1000 {
			t.Error("the test found too little to say anything:", found)
		}
	})
}

func TestManyAreLookedUpAsOneIs(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := rand.New(rand.NewPCG(3, 9))
		a := randomAgency(r)
		for i := range 450 {
			a.records = append(a.records, Row{ID: fmt.Sprintf("c%d", i), Kind: "client", Subject: fmt.Sprintf("c%d", i)})
			if i%7 == 0 {
				a.facts = append(a.facts, Fact{Holder: fmt.Sprint("worker:w", i%8), Rel: "assigned", Object: fmt.Sprint("client:c", i), Until: db.Forever})
			}
			if i%11 == 0 {
				a.facts = append(a.facts, Fact{Holder: fmt.Sprint("worker:w", i%3), Rel: []string{"offered", "attends"}[i%2], Object: fmt.Sprint("client:c", i), Until: db.Forever})
			}
		}
		a.made(t, d)
		invited := 0
		for _, n := range []int{0, 1, 2, 9, 10, 11, 199, 200, 201, 400, 500} {
			// Some are nobody's, and some are asked for twice.
			var ids []string
			for i := range n {
				ids = append(ids, fmt.Sprint("c", i))
			}
			if n > 1 {
				ids = append(ids, ids[0], ids[n-1])
			}
			got, err := GetEach(ctx, d, "client", ids)
			if err != nil || len(got) != min(n, 450) {
				t.Error(n, len(got), err)
			}
			if other, err := GetEach(ctx, d, "note", ids); err != nil || len(other) != 0 {
				t.Error(n, len(other), err)
			}
			for worker := range 3 {
				w, linked := fmt.Sprint("w", worker), 0
				all, err := StandsEach(ctx, d, w, ids, now)
				if err != nil || len(all) != n {
					t.Fatal(n, len(all), err)
				}
				for _, id := range ids {
					one, err := Stands(ctx, d, w, id, now)
					if err != nil {
						t.Fatal(err)
					}
					x := all[id]
					for _, ids := range [][]string{one.Below, x.Below, one.Offers, x.Offers} {
						slices.Sort(ids)
					}
					if x.Relations != one.Relations || x.Glass != one.Glass || !slices.Equal(x.Below, one.Below) || !slices.Equal(x.Offers, one.Offers) || x.Above != one.Above {
						t.Errorf("%d, %s to %s: %+v among many, %+v alone", n, w, id, x, one)
					}
					if len(one.Below) > 0 || one.Above != "" {
						linked++
					}
					invited += len(one.Offers)
					if row, found, err := Get(ctx, d, "client", id); err != nil || found != (got[id].ID != "") || row.Subject != got[id].Subject {
						t.Error(id, found, err)
					}
				}
				if n > 100 && linked == 0 {
					t.Error("nobody is linked to anybody")
				}
			}
		}
		if invited == 0 {
			t.Error("nobody is offered anything or asked to come")
		}
	})
}

func TestWhatIsCountedIsNamedAsItIsRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var a agency
		for i := range 5 {
			a.records = append(a.records, Row{ID: fmt.Sprint("r", i), Kind: "conference", Subject: "c", State: "planned"})
		}
		a.made(t, d)
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for i, rel := range []string{"offered", "attends", "assigned", "offered", "attends"} {
				until := db.Forever
				if i > 2 {
					until = now // no longer
				}
				if _, err := tx.Exec(ctx, `INSERT INTO fact (record, holder, rel, object, scope, from_at, until_at) VALUES ($1, 'worker:w', $2, 'client:c', '', 0, $3)`, fmt.Sprint("r", i), rel, until); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for worker, want := range map[string]int64{"w": 2, "x": 0} {
			s, err := Stands(ctx, d, worker, "c", now)
			if err != nil || int64(len(s.Offers)) != want {
				t.Errorf("%s reads %v as named, %v", worker, s.Offers, err)
			}
			groups, err := Groups(ctx, d, Filter{Kind: "conference", Now: now}, worker)
			if err != nil {
				t.Fatal(err)
			}
			var named, other int64
			for _, g := range groups {
				if g.Named {
					named += g.N
				} else {
					other += g.N
				}
			}
			if named != want || named+other != 5 {
				t.Errorf("%s: %d named and %d others are counted, want %d of 5", worker, named, other, want)
			}
		}
	})
}

// TestWordsFindTheSameHoweverTheyAreLookedFor asks for words the four ways a list is
// made, each against what the rows themselves say.
func TestWordsFindTheSameHoweverTheyAreLookedFor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := rand.New(rand.NewPCG(3, 1))
		a := randomAgency(r)
		a.made(t, d)
		has := map[string]map[int64]bool{}
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for _, x := range a.records {
				var tokens []int64
				has[x.ID] = map[int64]bool{}
				for tok := range int64(9) {
					if r.Int64N(tok+2) == 0 {
						tokens = append(tokens, tok)
						has[x.ID][tok] = true
					}
				}
				if err := MoveTokens(ctx, tx, x.ID, x.Subject, nil, tokens); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		found := 0
		for range 200 {
			f := Filter{Kind: "case", Limit: 500, Now: now, Worker: fmt.Sprint("w", r.IntN(9)), Related: r.IntN(2) == 0, Via: policy.Rel(policy.Assigned, policy.Supervises, policy.Manages)}
			for range 1 + r.IntN(4) {
				f.Words = append(f.Words, []int64{r.Int64N(9), r.Int64N(9)})
			}
			all := f
			all.Words = nil
			query, args := all.build("SELECT "+columns, "", true)
			var want []string
			for _, id := range rows(t, d, query, args) {
				each := true
				for _, w := range f.Words {
					each = each && (has[id][w[0]] || has[id][w[1]])
				}
				if each {
					want = append(want, id)
				}
			}
			for _, f.Common = range []bool{false, true} {
				query, args := f.build("SELECT "+columns, "", true)
				if got := rows(t, d, query, args); !slices.Equal(got, want) {
					t.Fatalf("%+v\nwant %v\ngot  %v", f, want, got)
				}
			}
			found += len(want)
		}
		if found < 500 {
			t.Error("the test found too little to say anything:", found)
		}
	})
}

// TestNarrow is which word of a search comes first.
func TestNarrow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for i := range many + 1 {
				tokens := []int64{1, 2} // both common
				if i < many-1 {
					tokens = append(tokens, 3)
				}
				if i < 4 {
					tokens = append(tokens, 4)
				}
				if err := MoveTokens(ctx, tx, fmt.Sprint("r", i), "c", nil, tokens); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			name   string
			words  [][]int64
			first  []int64
			common bool
		}{
			{"the rarest comes first", [][]int64{{1}, {3}, {4}}, []int64{4}, false},
			{"a word nobody has is the rarest", [][]int64{{4}, {9}}, []int64{9}, false},
			{"a word is as common as all it stands for", [][]int64{{4, 1}, {3}}, []int64{3}, false},
			{"one word that is rare", [][]int64{{3}}, []int64{3}, false},
			{"one word that is common", [][]int64{{1}}, []int64{1}, true},
			{"all words are common", [][]int64{{1}, {2}, {4, 3, 2}}, []int64{1}, true},
			{"no words at all", nil, nil, false},
		} {
			t.Run(x.name, func(t *testing.T) {
				asked := slices.Clone(x.words)
				f := Filter{Words: x.words}
				if err := f.Narrow(ctx, d); err != nil {
					t.Fatal(err)
				}
				if f.Common != x.common || len(f.Words) != len(asked) || len(asked) > 0 && !slices.Equal(f.Words[0], x.first) {
					t.Errorf("%v became %v, common %t", asked, f.Words, f.Common)
				}
				for i := range asked {
					if !slices.Equal(asked[i], x.words[i]) {
						t.Error("the caller's words were moved")
					}
				}
			})
		}
	})
}

// TestWhatNarrowsIsLookedUpBy holds how SQLite finds the rows of a filter: by what
// leaves few of them, and never by walking over all of a kind.
func TestWhatNarrowsIsLookedUpBy(t *testing.T) {
	d := dbtest.SQLite(t)
	plan := func(query string, args []any) (out []string) {
		t.Helper()
		rs, err := d.Query(ctx, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rs.Close() }()
		for rs.Next() {
			var id, parent, unused int64
			var step string
			if err := rs.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			out = append(out, step)
		}
		if err := rs.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	words := [][]int64{{1, 2}, {3}}
	for _, x := range []struct {
		name string
		f    Filter
		want string // how the records are found
	}{
		{"a client's notes", Filter{Kind: "note", Subject: "c"}, "record_by_subject (subject=? AND kind=?)"},
		{"a client's drafts", Filter{Kind: "note", Subject: "c", State: "draft"}, "record_by_subject (subject=? AND kind=?)"},
		{"a client's, and those joined to them", Filter{Kind: "note", Subject: "c", Same: []string{"d"}, State: "draft"}, "record_by_subject (subject=? AND kind=?)"},
		{"a client's of a time", Filter{Kind: "note", Subject: "c", AtFrom: 1, AtUntil: 9}, "record_by_subject (subject=? AND kind=? AND at>? AND at<?)"},
		{"a worker's", Filter{Kind: "task", Owner: "w"}, "record_by_owner (owner=? AND kind=?)"},
		{"a worker's open ones that are due", Filter{Kind: "task", Owner: "w", State: "open", DueBefore: 9, Order: DueNext}, "record_by_owner (owner=? AND kind=? AND state=?)"},
		{"a worker's of a client", Filter{Kind: "task", Owner: "w", Subject: "c", State: "open"}, "record_by_"},
		{"what hangs on a record", Filter{Kind: "note", Ref: "n"}, "record_by_ref (ref=?)"},
		{"open ones that hang on a record", Filter{Kind: "case", Ref: "w", State: "open"}, "record_by_ref (ref=?)"},
		{"what hangs on a record of a client", Filter{Kind: "note", Ref: "n", Subject: "c", State: "signed"}, "record_by_ref (ref=?)"},
		{"by words", Filter{Kind: "client", Words: words}, "sqlite_autoindex_record_1 (id=?)"},
		{"by words in a state", Filter{Kind: "client", Words: words, State: "active", DueBefore: 9}, "sqlite_autoindex_record_1 (id=?)"},
		{"by words, of known clients", Filter{Kind: "client", Words: words, Related: true, Worker: "w", Via: policy.Rel(policy.Assigned)}, "sqlite_autoindex_record_1 (id=?)"},
		{"by common words", Filter{Kind: "client", Words: words, Common: true}, "sqlite_autoindex_record_1 (id=?)"},
		{"by common words, of known clients", Filter{Kind: "client", Words: words, Common: true, Related: true, Worker: "w", Via: policy.Rel(policy.Assigned)}, "record_by_subject (subject=? AND kind=?)"},
		{"of known clients", Filter{Kind: "case", State: "open", Related: true, Worker: "w", Via: policy.Rel(policy.Assigned)}, "record_by_subject (subject=? AND kind=?)"},
		{"all that are due, of everybody", Filter{Kind: "case", State: "open", DueBefore: 9, Order: DueNext}, "record_by_kind (kind=? AND state=? AND due>? AND due<?)"},
	} {
		t.Run(x.name, func(t *testing.T) {
			x.f.Limit, x.f.Now = 25, now
			listed, args := x.f.build("SELECT "+columns, "", true)
			counted, more := x.f.build("SELECT COUNT(*)", "", false)
			for _, steps := range [][]string{plan(listed, args), plan(counted, more)} {
				found := false
				for _, s := range steps {
					if strings.HasPrefix(s, "SEARCH r ") || strings.HasPrefix(s, "SCAN r") {
						found = strings.Contains(s, x.want)
					}
				}
				if !found {
					t.Errorf("want %s, got\n%s", x.want, strings.Join(steps, "\n"))
				}
			}
		})
	}
	t.Run("many by their ids", func(t *testing.T) {
		asked := ""
		spy := recorder{d, &asked}
		if _, err := GetEach(ctx, spy, "client", []string{"a", "b", "c"}); err != nil {
			t.Fatal(err)
		}
		args := make([]any, strings.Count(asked, "$"))
		for i := range args {
			args[i] = ""
		}
		if steps := strings.Join(plan(asked, args), "\n"); !strings.Contains(steps, "sqlite_autoindex_record_1 (id=?)") {
			t.Error(steps)
		}
	})
}

// recorder keeps the last query.
type recorder struct {
	db.Querier
	last *string
}

func (r recorder) Query(ctx context.Context, query string, args ...any) (db.Rows, error) {
	*r.last = query
	return r.Querier.Query(ctx, query, args...)
}

// BenchmarkStands is how a worker stands to five hundred clients, each alone and
// all at once; the server is where CASEWARD_TEST_POSTGRES says.
func BenchmarkStands(b *testing.B) {
	dbs := map[string]*db.DB{"SQLite": dbtest.SQLite(b)}
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		dbs["PostgreSQL"] = dbtest.Postgres(b)
	}
	var ids []string
	var a agency
	for i := range 500 {
		ids = append(ids, fmt.Sprint("c", i))
		a.facts = append(a.facts, Fact{Holder: "worker:w", Rel: "assigned", Object: fmt.Sprint("client:c", i), Until: db.Forever})
	}
	for name, d := range dbs {
		a.made(b, d)
		b.Run(name+", each alone", func(b *testing.B) {
			for b.Loop() {
				for _, id := range ids {
					if _, err := Stands(ctx, d, "w", id, now); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run(name+", at once", func(b *testing.B) {
			for b.Loop() {
				if all, err := StandsEach(ctx, d, "w", ids, now); err != nil || len(all) != 500 {
					b.Fatal(len(all), err)
				}
			}
		})
	}
}

// BenchmarkTeam is a page of the open cases of a supervisor of four workers with
// thirty clients each, in agencies of several sizes.
func BenchmarkTeam(b *testing.B) {
	for _, n := range []int{2_000, 20_000, 200_000} {
		d := dbtest.SQLite(b)
		var a agency
		for i := range n {
			w := i / 30
			a.facts = append(a.facts, Fact{Holder: fmt.Sprint("worker:w", w), Rel: "assigned", Object: fmt.Sprint("client:c", i), Until: db.Forever})
			a.records = append(a.records, Row{ID: fmt.Sprintf("r%07d", i), Kind: "case", Subject: fmt.Sprint("c", i), State: "open", Owner: fmt.Sprint("w", w), Due: int64(n - i)})
			if w < 4 && i%30 == 0 {
				a.facts = append(a.facts, Fact{Holder: "worker:boss", Rel: "supervises", Object: fmt.Sprint("worker:w", w), Until: db.Forever})
			}
		}
		a.made(b, d)
		f := Filter{Kind: "case", State: "open", Related: true, Worker: "boss", Now: now, Via: policy.Rel(policy.Assigned, policy.Supervises), Limit: 51, Order: DueNext}
		for _, byRow := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d cases, rows first %t", n, byRow), func(b *testing.B) {
				for b.Loop() {
					query, args := f.buildBy(byRow, "SELECT "+columns, "", true)
					if got := rows(b, d, query, args); len(got) != 51 {
						b.Fatal(len(got))
					}
				}
			})
		}
	}
}
