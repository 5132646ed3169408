package record

import (
	"context"
	"slices"

	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/store"
)

// Subjects are the clients' own records beside the rows of a list; they are
// filled by Open.
type Subjects[T any] struct {
	opened []*Opened[T]
	of     map[Subject]int // of opened, by client
}

// Of returns the own record of a client; beside the rows of a list, where that
// record was joined to another, the one that stays, which its ID names. ok is
// false if the asker may see nothing of it.
func (s *Subjects[T]) Of(subject Subject) (o Opened[T], ok bool) {
	i, ok := s.of[subject]
	if !ok {
		return Opened[T]{}, false
	}
	return *s.opened[i], true
}

// WantSubjects asks a view for the own record of every client that the rows of
// list will be about, under the kind's find action: what a page of cases needs
// to show names, in the same entry. only is the classes the page shows of them (45
// CFR 164.502(b)): no other is decided, named in the entry or opened, and none
// finds nobody. The list must have been wanted from the same view before. Clients
// of whom the asker may see none of these are left out.
func WantSubjects[T, P any](v *View, r Records[T], list *List[P], only policy.ClassSet) *Subjects[T] {
	return r.wantEach(v, only, true, func() []Subject { return list.subjects })
}

// WantSome asks a view for the own record of each of some clients, under the
// kind's find action, and of each the classes in only. Clients of whom the asker
// may see none of these, and ids that are nobody's, are left out.
func (r Records[T]) WantSome(v *View, subjects []Subject, only policy.ClassSet) *Subjects[T] {
	return r.wantEach(v, only, false, func() []Subject { return subjects })
}

func (r Records[T]) wantEach(v *View, only policy.ClassSet, up bool, which func() []Subject) *Subjects[T] {
	s := &Subjects[T]{of: map[Subject]int{}}
	r.each(v, only, up, which, s.of, func() slot {
		o := &Opened[T]{}
		s.opened = append(s.opened, o)
		return o.slot()
	})
	return s
}

// each wants each of some clients, opened into a slot that more makes, and says in
// at which of them; up takes, for a record that was joined to another, the one that stays.
func (r records) each(v *View, only policy.ClassSet, up bool, which func() []Subject, at map[Subject]int, more func() slot) {
	made := 0
	action := r.kind.Name + ".find"
	v.want(false, func(ctx context.Context) error {
		all := which()
		ids := make([]string, 0, len(all))
		for _, of := range all {
			if !of.IsZero() {
				ids = append(ids, of.s)
			}
		}
		if err := v.relateAll(ctx, ids); err != nil {
			return err
		}
		stays := make(map[Subject]Subject, len(all))
		for _, of := range all {
			if of.IsZero() {
				continue
			}
			stays[of] = of
			if up {
				to, err := v.stays(ctx, of)
				if err != nil {
					return err
				}
				if stays[of] = to; to != of {
					ids = append(ids, to.s)
				}
			}
		}
		rows, err := store.GetEach(ctx, v.door.db, r.kind.Name, ids)
		if err != nil {
			return fault.Unavailablef(action, err, "cannot read the database")
		}
		for _, of := range all {
			if _, known := at[of]; known || of.IsZero() {
				continue
			}
			subject := stays[of]
			if i, known := at[subject]; known {
				at[of] = i
				continue
			}
			row, found := rows[subject.s]
			if !found {
				continue
			}
			t := gate.Target{Kind: r.kind.Name, ID: row.ID, Subject: row.Subject, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet() & only}
			if err := v.relate(ctx, &t); err != nil {
				return err
			}
			ans := v.door.gate.Decide(v.who, action, t)
			if !ans.OK() {
				continue
			}
			at[of], at[subject] = made, made
			made++
			r.admit(v, action, row, t, ans, more())
		}
		return nil
	})
}

// stays is the client whose record stays of those joined to a client's; the client
// themselves where none was. A service works on each record as it lies.
func (v *View) stays(ctx context.Context, subject Subject) (Subject, error) {
	for seen := map[Subject]bool{}; !seen[subject]; {
		seen[subject] = true
		t := gate.Target{Subject: subject.s}
		if err := v.relate(ctx, &t); err != nil {
			return subject, err
		}
		if t.Above != "" {
			subject = Subject{t.Above}
		}
	}
	return subject, nil
}

// Listed is a list of any kind whose rows are about clients.
type Listed interface {
	about() []Subject
	cut() bool
}

func (p *Page) about() []Subject { return p.subjects }

func (p *Page) cut() bool { return p.Next != "" }

// Cut reports whether any of some lists has more rows than its page holds.
func Cut(lists ...Listed) bool { return slices.ContainsFunc(lists, Listed.cut) }

// About is every client the rows of some lists are about, each once.
func About(lists ...Listed) []Subject {
	seen := map[Subject]bool{{}: true}
	var out []Subject
	for _, l := range lists {
		for _, s := range l.about() {
			if !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	return out
}

// WantAmong is [WantSubjects] for several lists together, so that a client who
// stands in more than one of them is opened once. The lists must have been wanted
// from the same view before.
func (r Records[T]) WantAmong(v *View, only policy.ClassSet, lists ...Listed) *Subjects[T] {
	return r.wantEach(v, only, true, func() []Subject { return About(lists...) })
}
