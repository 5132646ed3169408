package merge

import (
	"context"
	"sort"

	"caseward/internal/actor"
	"caseward/internal/person"
	"caseward/internal/record"
)

// perRun is how many clients one run of the finder begins with: each is looked up
// among all by birth date, phone and identifier, so the work is bounded.
const perRun = 100

// Found is what a run of the finder brought.
type Found struct {
	Pairs  []Two
	Looked int    // clients this run began with
	Next   string // where the next run goes on; empty at the end
}

// Find looks for records that may be of one person among the clients the asker
// may see, the newest clients first, the likeliest pairs first. Pairs of whom
// somebody said that they are two people are left out. after is where an earlier
// run stopped.
//
// It is two reads, and a third where pairs were found: the second looks up what the
// first showed, the third what was said of the pairs.
func (ms *Merges) Find(ctx context.Context, who actor.Actor, after string) (Found, error) {
	const op = "merge.find"
	v := ms.door.View(who, op)
	page := ms.people.WantPage(v, perRun, after)
	if err := v.Open(ctx); err != nil {
		return Found{}, err
	}
	out := Found{Looked: len(page.Rows), Next: page.Next}
	type pair struct{ a, b string }
	seen := map[pair]bool{}
	add := func(a, b string) bool {
		if a > b {
			a, b = b, a
		}
		if seen[pair{a, b}] {
			return false
		}
		seen[pair{a, b}] = true
		return true
	}
	if len(page.Rows) == 0 {
		return out, nil
	}
	look := ms.door.View(who, op)
	looked := make([]func() []person.Row, len(page.Rows))
	for i, o := range page.Rows {
		looked[i] = ms.people.WantAlike(look, o.Value, o.ID)
	}
	if err := look.Open(ctx); err != nil {
		return Found{}, err
	}
	for i, o := range page.Rows {
		for _, row := range looked[i]() {
			if row.Like.Likely() && add(o.ID.String(), row.ID.String()) {
				out.Pairs = append(out.Pairs, Two{Stays: older(o, row.Opened), Goes: newer(o, row.Opened), Like: row.Like})
			}
		}
	}
	if err := ms.unsaid(ctx, who, &out.Pairs); err != nil {
		return Found{}, err
	}
	sort.SliceStable(out.Pairs, func(i, j int) bool { return out.Pairs[i].Like.Score > out.Pairs[j].Like.Score })
	return out, nil
}

// unsaid drops the pairs of whom somebody said that they are two people, whichever
// of the two it was said of and however long ago.
func (ms *Merges) unsaid(ctx context.Context, who actor.Actor, pairs *[]Two) error {
	if len(*pairs) == 0 {
		return nil
	}
	v := ms.door.View(who, "merge.find")
	said := make([][2]*record.List[Merge], len(*pairs))
	for i, p := range *pairs {
		a, b := record.SubjectOf(p.Stays.ID), record.SubjectOf(p.Goes.ID)
		said[i][0] = ms.records.WantAll(v, record.Query{Subject: a, Ref: b.String(), State: Distinct, Limit: 1})
		said[i][1] = ms.records.WantAll(v, record.Query{Subject: b, Ref: a.String(), State: Distinct, Limit: 1})
	}
	if err := v.Open(ctx); err != nil {
		return err
	}
	var rest []Two
	for i, p := range *pairs {
		if len(said[i][0].Rows)+len(said[i][1].Rows) == 0 {
			rest = append(rest, p)
		}
	}
	*pairs = rest
	return nil
}

// The record made first is proposed to stay.
func older(a, b person.Opened) person.Opened {
	if b.CreatedAt.Before(a.CreatedAt) {
		return b
	}
	return a
}

func newer(a, b person.Opened) person.Opened {
	if b.CreatedAt.Before(a.CreatedAt) {
		return a
	}
	return b
}
