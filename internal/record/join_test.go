package record_test

import (
	"testing"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

func TestTotalsAreOfTheClassesAskedFor(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		for i := range 5 {
			d.write(t, "ann", note{Body: phi.NewText("Met."), Private: i < 2})
		}
		ann := d.As("ann", actor.CaseManager)
		for name, c := range map[string]struct {
			only policy.ClassSet
			want int64
		}{
			"of all":                         {0, 5},
			"of what every note has":         {policy.Set(policy.Case), 5},
			"of what some have":              {policy.Set(policy.Note), 3},
			"of what the others have":        {policy.Set(policy.Psychotherapy), 2},
			"of what none has":               {policy.Set(policy.Identity), 0},
			"of what is held back from them": {policy.Set(policy.SSN), 0},
		} {
			for _, subject := range []record.Subject{{}, record.SubjectOf(d.who)} {
				q := record.Query{Subject: subject, Only: c.only, Total: true}
				l, err := d.notes.Find(ctx, ann, q)
				if err != nil || l.Total != c.want || int64(len(l.Rows)) != c.want {
					t.Error(name, l.Total, len(l.Rows), err)
				}
				if n, err := d.notes.Tally(ctx, ann, q); err != nil || n != c.want {
					t.Error(name, n, err)
				}
			}
		}
	})
}

func TestClientsBesideAList(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		d.admit(t, "Walter Pruitt", "ann")
		other := d.admit(t, "Somebody Else", "bob")
		identity := policy.Set(policy.Identity)
		ann := d.Proved("ann", actor.CaseManager)
		clientsOf := func(t *testing.T) (shown []string) {
			t.Helper()
			for _, x := range d.Entries(t)[0].Touched {
				if x.Kind == "client" {
					if len(x.Withheld) > 0 {
						t.Error("the entry says withheld of what was not asked for:", x.Withheld)
					}
					shown = append(shown, x.Classes...)
				}
			}
			return shown
		}
		ways := map[string]func(v *record.View, l *record.List[casework], only policy.ClassSet) *record.Subjects[client]{
			"one list": func(v *record.View, l *record.List[casework], only policy.ClassSet) *record.Subjects[client] {
				return record.WantSubjects(v, d.clients, l, only)
			},
			"several lists": func(v *record.View, l *record.List[casework], only policy.ClassSet) *record.Subjects[client] {
				return d.clients.WantAmong(v, only, l, d.cases.WantAll(v, record.Query{}))
			},
			"some clients": func(v *record.View, _ *record.List[casework], only policy.ClassSet) *record.Subjects[client] {
				return d.clients.WantSome(v, []record.Subject{record.SubjectOf(d.who), record.SubjectOf(other)}, only)
			},
		}
		for name, want := range ways {
			t.Run(name+": the classes asked for and no other, whatever else would be allowed", func(t *testing.T) {
				v := d.Door.View(ann, "case.find")
				cs := want(v, d.cases.WantAll(v, record.Query{}), identity)
				if err := v.Open(ctx); err != nil {
					t.Fatal(err)
				}
				o, ok := cs.Of(record.SubjectOf(d.who))
				if !ok || o.Value.Name.Empty() || !o.Value.SSN.Empty() || !o.Value.Phone.Empty() || o.Shown != identity {
					t.Error(ok, o.Shown)
				}
				if _, ok := cs.Of(record.SubjectOf(other)); ok {
					t.Error("another worker's client is there")
				}
				for _, c := range clientsOf(t) {
					if c != string(policy.Identity) {
						t.Error("the entry says", c)
					}
				}
			})
			t.Run(name+": a page that says it shows more gets it", func(t *testing.T) {
				v := d.Door.View(ann, "case.find")
				cs := want(v, d.cases.WantAll(v, record.Query{}), policy.Set(policy.Identity, policy.SSN))
				if err := v.Open(ctx); err != nil {
					t.Fatal(err)
				}
				if o, _ := cs.Of(record.SubjectOf(d.who)); o.Value.SSN.Empty() || !o.Value.Phone.Empty() {
					t.Error(o.Shown)
				}
			})
			t.Run(name+": who asks for nothing is shown nobody", func(t *testing.T) {
				v := d.Door.View(ann, "case.find")
				cs := want(v, d.cases.WantAll(v, record.Query{}), 0)
				if err := v.Open(ctx); err != nil {
					t.Fatal(err)
				}
				if _, ok := cs.Of(record.SubjectOf(d.who)); ok || len(clientsOf(t)) != 0 {
					t.Error("somebody is there")
				}
			})
		}
	})
}
