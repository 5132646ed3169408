package ui

import (
	"testing"

	"caseward/internal/phi"
)

func TestMerge(t *testing.T) {
	// As the page was opened: two goals, a title, no note.
	posted := func(pairs ...string) Form {
		f := NewForm("was.", "1", "was.title", "Housing", "was.goal", "Lease", "was.goal", "Furniture")
		for i := 0; i < len(pairs); i += 2 {
			f.Add(pairs[i], phi.NewText(pairs[i+1]))
		}
		return f
	}
	for _, x := range []struct {
		name            string
		mine, theirs    []string
		title, note     string
		goals           int
		changes, clashs []string
	}{
		{
			name: "keeps what only I changed", mine: []string{"title", "Home", "goal", "Lease", "goal", "Furniture"},
			theirs: []string{"title", "Housing", "goal", "Lease", "goal", "Furniture"}, title: "Home", goals: 2,
		},
		{
			name: "takes what only they changed, and says so", mine: []string{"title", "Housing", "goal", "Lease", "goal", "Furniture"},
			theirs: []string{"title", "Housing", "note", "Call first", "goal", "Lease"}, title: "Housing", note: "Call first", goals: 1, changes: []string{"note", "goal"},
		},
		{
			name: "keeps both where each changed something else", mine: []string{"title", "Home", "goal", "Lease", "goal", "Furniture"},
			theirs: []string{"title", "Housing", "goal", "Lease", "goal", "Furniture", "goal", "Heating"}, title: "Home", goals: 3, changes: []string{"goal"},
		},
		{
			name: "keeps mine and shows theirs where both changed one thing", mine: []string{"title", "Home", "goal", "Lease", "goal", "Furniture"},
			theirs: []string{"title", "Shelter", "goal", "Lease", "goal", "Furniture"}, title: "Home", goals: 2, changes: []string{"title"}, clashs: []string{"title"},
		},
		{
			name: "is silent where both changed it to the same, whatever the ends of lines", mine: []string{"title", "Home\r\nNow", "goal", "Lease", "goal", "Furniture", "goal", ""},
			theirs: []string{"title", "Home\nNow", "goal", "Lease", "goal", "Furniture"}, title: "Home\r\nNow", goals: 3,
		},
		{
			name: "takes what they took away", mine: []string{"title", "Housing", "goal", "Lease", "goal", "Furniture"},
			theirs: []string{"title", "", "goal", "Lease", "goal", "Furniture"}, title: "", goals: 2, changes: []string{"title"},
		},
	} {
		t.Run(x.name, func(t *testing.T) {
			m := Merge(posted(x.mine...), NewForm(x.theirs...), "title", "note", "goal")
			if got := m.Form.Value("title").Disclose(); got != x.title {
				t.Errorf("title %q", got)
			}
			if got := m.Form.Value("note").Disclose(); got != x.note {
				t.Errorf("note %q", got)
			}
			if got := m.Form.Rows("goal"); got != x.goals {
				t.Errorf("%d goals", got)
			}
			var changes, clashes []string
			for _, c := range m.Changes {
				changes = append(changes, c.Name)
				if c.Clash {
					clashes = append(clashes, c.Name)
				}
			}
			if !equal(changes, x.changes) || !equal(clashes, x.clashs) || m.Clashes() != (len(x.clashs) > 0) {
				t.Error(changes, clashes)
			}
			// The next save is measured against what is on record now.
			again := Merge(m.Form, NewForm(x.theirs...), "title", "note", "goal")
			if len(again.Changes) != 0 {
				t.Error(again.Changes)
			}
		})
	}
	t.Run("judges fields that belong together as one", func(t *testing.T) {
		f := NewForm("was.phone", "5550101", "was.kind", "home", "phone", "5550101", "kind", "work")
		m := Merge(f, NewForm("phone", "5550199", "kind", "home"), "phone+kind")
		if len(m.Changes) != 1 || !m.Clashes() || m.Changes[0].Theirs.Disclose() != "5550199, home" {
			t.Error(len(m.Changes), m.Clashes())
		}
	})
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
