package record

import (
	"context"

	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/store"
)

// Subjects are the clients' own records beside the rows of a list; they are
// filled by Open.
type Subjects[T any] struct{ of map[Subject]*Opened[T] }

// Of returns the own record of a client; beside the rows of a list, where that
// record was joined to another, the one that stays, which its ID names. ok is
// false if the asker may see nothing of it.
func (s *Subjects[T]) Of(subject Subject) (o Opened[T], ok bool) {
	p, ok := s.of[subject]
	if !ok {
		return Opened[T]{}, false
	}
	return *p, true
}

// WantSubjects asks a view for the own record of every client that the rows of
// list will be about, under the kind's find action: what a page of cases needs
// to show names, in the same entry. The list must have been wanted from the same
// view before. Clients the asker may not see are left out.
func WantSubjects[T, P any](v *View, r Records[T], list *List[P]) *Subjects[T] {
	return r.wantEach(v, 0, true, func() []Subject { return list.subjects })
}

// WantSome asks a view for the own record of each of some clients, under the
// kind's find action. Clients the asker may not see, and ids that are nobody's,
// are left out.
func (r Records[T]) WantSome(v *View, subjects []Subject) *Subjects[T] {
	return r.wantEach(v, 0, false, func() []Subject { return subjects })
}

// WantPart is [Records.WantSome] for the classes the page needs alone: no other is
// decided, named in the entry or opened (45 CFR 164.502(b)).
func (r Records[T]) WantPart(v *View, subjects []Subject, only policy.ClassSet) *Subjects[T] {
	return r.wantEach(v, only, false, func() []Subject { return subjects })
}

// wantEach wants each of some clients; up takes, for a record that was joined to
// another, the one that stays.
func (r Records[T]) wantEach(v *View, only policy.ClassSet, up bool, which func() []Subject) *Subjects[T] {
	s := &Subjects[T]{of: map[Subject]*Opened[T]{}}
	action := r.kind.Name + ".find"
	v.wants = append(v.wants, func(ctx context.Context) error {
		for _, of := range which() {
			if of.IsZero() || s.of[of] != nil {
				continue
			}
			subject := of
			if up {
				var err error
				if subject, err = v.stays(ctx, of); err != nil {
					return err
				}
				if o := s.of[subject]; o != nil {
					s.of[of] = o
					continue
				}
			}
			row, found, err := store.Get(ctx, v.door.db, r.kind.Name, subject.s)
			if err != nil {
				return fault.Unavailablef(action, err, "cannot read the database")
			}
			if !found {
				continue
			}
			t := gate.Target{Kind: r.kind.Name, ID: row.ID, Subject: row.Subject, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet()}
			if only != 0 {
				t.Classes &= only
			}
			if err := v.relate(ctx, &t); err != nil {
				return err
			}
			ans := v.door.gate.Decide(v.who, action, t)
			if !ans.OK() {
				continue
			}
			o := &Opened[T]{}
			s.of[of], s.of[subject] = o, o
			r.admit(v, action, row, t, ans, o)
		}
		return nil
	})
	return s
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
type Listed interface{ about() []Subject }

func (l *List[T]) about() []Subject { return l.subjects }

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
func (r Records[T]) WantAmong(v *View, lists ...Listed) *Subjects[T] {
	return r.wantEach(v, 0, true, func() []Subject { return About(lists...) })
}
