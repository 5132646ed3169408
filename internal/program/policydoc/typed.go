package policydoc

import (
	"context"
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Place is where somebody is typing a text.
type Place string

// NewText is where a new document is typed.
const NewText Place = "new"

// NextOf is where the next version of the document of a code is typed.
func NextOf(code string) Place { return Place("next/" + code) }

// DraftOf is where a draft is changed.
func DraftOf(id VersionID) Place { return Place("draft/" + id.String()) }

// slot is the form that the door keeps it as.
func (p Place) slot() string { return record.ProgramDraft + "policy/" + string(p) }

// Keep keeps the fields of the form of a place as they are being typed, at the revision
// after rev, the one that the window last saw; 0 for the first. Nobody else sees them. How
// long they may be the form says. Errors: Conflict if another window of the same worker
// kept something since, NotFound if there is no such document or version, Denied.
func (ps *Policies) Keep(ctx context.Context, who actor.Actor, at Place, rev int64, fields map[string]phi.Text) (record.Draft, error) {
	if err := ps.there(ctx, at); err != nil {
		return record.Draft{}, err
	}
	return ps.door.KeepDraftAgain(ctx, who, record.Subject{}, at.slot(), rev, fields)
}

// there wants a place to be one where something can be typed.
func (ps *Policies) there(ctx context.Context, at Place) error {
	what, name, _ := strings.Cut(string(at), "/")
	switch what {
	case "next":
		_, err := ps.ByCode(ctx, name)
		return err
	case "draft":
		id, err := record.ParseID[Version](name)
		if err != nil {
			return fault.NotFoundf("policydoc_version.read")
		}
		_, _, found, err := ps.versions.LabelsOf(ctx, ps.service, id)
		if err == nil && !found {
			err = fault.NotFoundf("policydoc_version.read")
		}
		return err
	}
	return nil
}

// Take returns what the asker typed at a place and did not save; found is false if there
// is nothing.
func (ps *Policies) Take(ctx context.Context, who actor.Actor, at Place) (d record.Draft, found bool, err error) {
	return ps.door.Draft(ctx, who, record.Subject{}, at.slot())
}

// Drop throws away what the asker typed at a place.
func (ps *Policies) Drop(ctx context.Context, who actor.Actor, at Place) error {
	return ps.door.DropDraft(ctx, who, record.Subject{}, at.slot())
}

// settle throws away what was typed at a place with the work that saves it; what another
// window kept since stays.
func (ps *Policies) settle(w *record.Work, at Place, rev int64) {
	if rev > 0 {
		ps.door.DropDraftSeen(w, record.Subject{}, at.slot(), rev)
	}
}

// Merge puts together what two made of one text, by its lines: what only one of them
// changed is as they changed it. Where both changed the same lines, each otherwise, clash is
// true and mine stands in the text; theirs is to be shown beside it ([Compare]).
func Merge(base, mine, theirs string) (text string, clash bool) {
	b, m, t := strings.Split(base, "\n"), strings.Split(mine, "\n"), strings.Split(theirs, "\n")
	inMine, inTheirs := matches(base, mine, len(b)), matches(base, theirs, len(b))
	var out []string
	for i, j, k := 0, 0, 0; ; {
		// Up to the next line that both left as it was.
		x, to, until := i, len(m), len(t)
		for x < len(b) && (inMine[x] < 0 || inTheirs[x] < 0) {
			x++
		}
		if x < len(b) {
			to, until = inMine[x], inTheirs[x]
		}
		was, my, their := b[i:x], m[j:to], t[k:until]
		switch {
		case slices.Equal(my, was):
			out = append(out, their...)
		case slices.Equal(their, was), slices.Equal(my, their):
			out = append(out, my...)
		default:
			out, clash = append(out, my...), true
		}
		if x == len(b) {
			return strings.Join(out, "\n"), clash
		}
		out = append(out, b[x])
		i, j, k = x+1, to+1, until+1
	}
}

// matches says for each line of a text which line of another it is, from 0; -1 for none.
func matches(base, other string, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = -1
	}
	for _, r := range Compare(base, other) {
		if r.Same() {
			out[r.OldLine-1] = r.NewLine - 1
		}
	}
	return out
}
