package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

func TestFind(t *testing.T) {
	for _, moved := range []int{0, 1, 3} {
		t.Run(fmt.Sprintf("with %d segments closed", moved), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) { find(t, d, moved) })
		})
	}
}

func find(t *testing.T, d *db.DB, moved int) {
	{
		ctx := context.Background()
		l, _ := openLog(t, d)
		keepSegments(t, l)
		var all []audit.Entry
		for i := range 900 {
			e := entry(i)
			switch i % 10 {
			case 3:
				e.Action, e.Outcome, e.Touched = "note.sign", audit.Refused, nil
			case 4:
				e.Action, e.Who.Purpose = "note.create", "operations"
			case 5:
				e.Action, e.Outcome, e.Who.Role = "notebook.open", audit.Failed, "supervisor"
				e.Touched = append(e.Touched, audit.Touch{Kind: "client", Subject: "c-other"})
				e.Detail = map[string]string{"reason": "timeout"}
			}
			// Entries are committed nearly, not exactly, in the order of their times.
			e.At = e.At.Add(time.Duration(i%3) * -2 * time.Second)
			all = append(all, e)
		}
		if err := l.RecordAll(ctx, all); err != nil {
			t.Fatal(err)
		}
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		closeSegments(t, l, moved)
		names := func(e audit.Entry, subject string) bool {
			for _, x := range e.Touched {
				if x.Subject == subject {
					return true
				}
			}
			return false
		}
		at := func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }
		for name, c := range map[string]struct {
			q    audit.Query
			want func(audit.Entry) bool
		}{
			"by nothing":             {audit.Query{}, func(audit.Entry) bool { return true }},
			"by worker":              {audit.Query{Worker: "w1"}, func(e audit.Entry) bool { return e.Who.Worker == "w1" }},
			"by nobody's name":       {audit.Query{Worker: "nobody"}, func(audit.Entry) bool { return false }},
			"by client":              {audit.Query{Subject: "c3"}, func(e audit.Entry) bool { return names(e, "c3") }},
			"by client and worker":   {audit.Query{Subject: "c-other", Worker: "w2"}, func(e audit.Entry) bool { return names(e, "c-other") && e.Who.Worker == "w2" }},
			"by beginning of action": {audit.Query{Action: "note."}, func(e audit.Entry) bool { return strings.HasPrefix(e.Action, "note.") }},
			"but for an action":      {audit.Query{Subject: "c3", Except: audit.Except{Ends: ".create"}}, func(e audit.Entry) bool { return names(e, "c3") && e.Action != "note.create" }},
			"but for two":            {audit.Query{Except: audit.Except{Begins: "note.c", Ends: "book.open"}}, func(e audit.Entry) bool { return e.Action != "note.create" && e.Action != "notebook.open" }},
			"by purpose":             {audit.Query{Purpose: "operations"}, func(e audit.Entry) bool { return e.Who.Purpose == "operations" }},
			"by role and client":     {audit.Query{Role: "supervisor", Subject: "c1"}, func(e audit.Entry) bool { return e.Who.Role == "supervisor" && names(e, "c1") }},
			"by refusal":             {audit.Query{Outcome: audit.Refused}, func(e audit.Entry) bool { return e.Outcome == audit.Refused }},
			"by success":             {audit.Query{Outcome: audit.Allowed}, func(e audit.Entry) bool { return e.Outcome == audit.Allowed }},
			"by refusal and worker":  {audit.Query{Outcome: audit.Refused, Worker: "w0"}, func(e audit.Entry) bool { return e.Outcome == audit.Refused && e.Who.Worker == "w0" }},
			"since":                  {audit.Query{Since: at(200)}, func(e audit.Entry) bool { return !e.At.Before(at(200)) }},
			"until":                  {audit.Query{Until: at(20)}, func(e audit.Entry) bool { return e.At.Before(at(20)) }},
			"in a minute, about a note": {audit.Query{Since: at(60), Until: at(120), Action: "note.sign"}, func(e audit.Entry) bool {
				return !e.At.Before(at(60)) && e.At.Before(at(120)) && e.Action == "note.sign"
			}},
			"in a time without entries": {audit.Query{Since: at(100000)}, func(audit.Entry) bool { return false }},
		} {
			for _, limit := range []int{3, 1000} {
				t.Run(fmt.Sprintf("%s, %d a page", name, limit), func(t *testing.T) {
					var want, got []audit.Entry
					for i := len(all) - 1; i >= 0; i-- {
						if c.want(all[i]) {
							want = append(want, all[i])
						}
					}
					q := c.q
					q.Limit = limit
					for {
						page, err := l.Find(ctx, q)
						if err != nil {
							t.Fatal(err)
						}
						for _, e := range page {
							q.Before = e.ID
							if e.Action == audit.CloseAction {
								continue
							}
							got = append(got, e.Entry)
							if all[e.Position].At != e.At {
								t.Fatalf("an entry is said to be at position %d", e.Position)
							}
						}
						if len(page) < limit {
							break
						}
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Fatal(diff)
					}
				})
			}
		}
	}
}

// TestFindAfterTheClockWasSet asks by time where the clock was hours ahead for a while.
func TestFindAfterTheClockWasSet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, c := openLog(t, d)
		keepSegments(t, l)
		made := map[string]time.Time{}
		var signed bool
		// A hundred entries, a second each.
		during := func(name string) {
			made[name] = c.Now()
			for i := range 100 {
				e := entry(i)
				e.At = c.Now()
				if err := l.Record(ctx, e); err != nil {
					t.Fatal(err)
				}
				c.Advance(time.Second)
				if signed && i%50 == 0 {
					if _, err := sequenceAll(l); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		finds := func(t *testing.T) {
			t.Helper()
			for name, at := range made {
				for _, q := range []audit.Query{{}, {Worker: "w1"}, {Subject: "c3"}} {
					q.Since, q.Until, q.Limit, q.Action = at, at.Add(100*time.Second), 1000, "chart."
					es, err := l.Find(ctx, q)
					if err != nil {
						t.Fatal(err)
					}
					want := map[bool]int{true: 100}[q.Worker+q.Subject == ""] + map[string]int{"w1": 33}[q.Worker] + map[string]int{"c3": 14}[q.Subject]
					if len(es) != want {
						t.Errorf("%s, worker %q, client %q: %d entries of %d", name, q.Worker, q.Subject, len(es), want)
					}
				}
			}
		}
		signed = true
		during("before")
		c.Advance(5 * time.Hour)
		during("five hours ahead")
		signed = false
		c.Advance(-5 * time.Hour)
		during("set back, not signed for yet")
		finds(t)
		t.Run("once that is signed for too, and it is three hours behind for a moment", func(t *testing.T) {
			if _, err := sequenceAll(l); err != nil {
				t.Fatal(err)
			}
			signed = true
			c.Advance(-3 * time.Hour)
			during("three hours behind")
			c.Advance(3 * time.Hour)
			during("right again")
			finds(t)
		})
		t.Run("from a closed segment", func(t *testing.T) {
			closeSegments(t, l, 1)
			finds(t)
		})
		t.Run("the latest time is not the newest entry's", func(t *testing.T) {
			want := made["five hours ahead"].Add(99 * time.Second)
			if at, err := l.Latest(ctx); err != nil || !at.Equal(want) {
				t.Errorf("%s and not %s, %v", at, want, err)
			}
		})
	})
}

func TestFindShowsNoChangedEntry(t *testing.T) {
	ctx := context.Background()
	for name, change := range map[string]string{
		"leaf":   `UPDATE log_entry SET leaf = replace(leaf, 'chart', 'chars')`,
		"detail": `UPDATE log_entry SET detail = x'00' || substr(detail, 2)`,
	} {
		t.Run("an entry with a changed "+name+" is an error, not an answer", func(t *testing.T) {
			d := dbtest.SQLite(t)
			l, _ := openLog(t, d)
			record(t, l, 0, 1)
			for _, s := range []string{`DROP TRIGGER log_entry_no_update`, change} {
				if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, s); return err }); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := l.Find(ctx, audit.Query{}); !fault.Is(err, fault.Unavailable) || len(got) > 0 {
				t.Fatalf("%d entries, %v", len(got), err)
			}
		})
	}
}

func TestPrepareRefuses(t *testing.T) {
	l, _ := openLog(t, dbtest.SQLite(t))
	for name, change := range map[string]func(*audit.Entry){
		"no action":                func(e *audit.Entry) { e.Action = "" },
		"words as an action":       func(e *audit.Entry) { e.Action = "opened Jane's chart" },
		"an action that is long":   func(e *audit.Entry) { e.Action = strings.Repeat("a", 256) },
		"no outcome":               func(e *audit.Entry) { e.Outcome = 0 },
		"a time before the epoch":  func(e *audit.Entry) { e.At = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC) },
		"a time that is too large": func(e *audit.Entry) { e.At = time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		t.Run("an entry with "+name, func(t *testing.T) {
			e := entry(0)
			change(&e)
			if _, err := l.Prepare(e); !fault.Is(err, fault.Invalid) {
				t.Fatalf("got %v", err)
			}
		})
	}
	t.Run("to be appended without being prepared", func(t *testing.T) {
		if err := (audit.Prepared{}).Append(context.Background(), nil); err == nil {
			t.Fatal("it was not")
		}
	})
	t.Run("nothing in an entry without a time: it gets the clock's", func(t *testing.T) {
		e := entry(0)
		e.At = time.Time{}
		if err := l.Record(context.Background(), e); err != nil {
			t.Fatal(err)
		}
		got, err := l.Find(context.Background(), audit.Query{})
		if err != nil || !got[0].At.Equal(start) {
			t.Fatalf("%+v, %v", got, err)
		}
	})
}
