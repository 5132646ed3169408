package note

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/record"
)

// place is the case a note counts for, and the rules of notes there.
type place struct {
	file    casefile.ID
	of      record.Subject // whose record the case lies in: the client's, or one joined to it
	program string         // empty where the writer may not see the case
	worker  string         // who the client is assigned to
	agency  org.Agency
}

// place finds the case of a note, the one given or the client's open one, for a work that
// writes it. Labels say all that is asked of a case.
func (ns *Notes) place(ctx context.Context, w *record.Work, client person.ID, file casefile.ID) (place, error) {
	p := place{file: file, of: record.SubjectOf(client)}
	var err error
	if p.agency, err = ns.dir.Agency(ctx); err != nil && !fault.Is(err, fault.NotFound) {
		return p, err
	}
	var cases *record.List[casefile.Case]
	if err := w.Look(ctx, "case.find", func(v *record.View) { cases = ns.cases.WantLabelsOf(v, client) }); err != nil {
		return p, err
	}
	for _, o := range cases.Rows {
		if o.ID == file || file.IsZero() && o.Labels.State == casefile.StateOpen {
			p.file, p.of, p.program, p.worker = o.ID, o.Subject, o.Labels.Group, o.Labels.Owner
			break // the one opened last comes first
		}
	}
	return p, nil
}

func (p place) zone() *time.Location { return p.agency.Zone() }

// rules are the rules of a program; those of one that set none where it is not
// known.
func (p place) rules(program string) org.NoteRules {
	x, _ := p.agency.Program(program)
	return x.Notes
}

// rule sets what the program's rules make of a draft that was old before.
func (p place) rule(n *Note, old Note, now time.Time) {
	n.Case, n.Program = p.file, p.program
	defer func() { n.Protection = p.protection(n.Program, n.Protection, old.Protection) }()
	if n.Program == "" { // whoever lost sight of the case finishes the note under the same rules
		n.Program = old.Program
		if n.Case.IsZero() {
			n.Case = old.Case
		}
	}
	r := p.rules(n.Program)
	n.Units, n.UnitMinutes = r.Units(n.Minutes), r.Unit
	n.Due = r.SignBy(n.At, p.zone())
	if !n.ReturnedAt.IsZero() {
		n.Due = r.SignBy(n.ReturnedAt, p.zone())
	}
	if n.WrittenAt = old.WrittenAt; n.WrittenAt.IsZero() {
		n.WrittenAt = now.Truncate(time.Microsecond)
	}
	// A late entry stays one: another time of contact does not make it early. An
	// addendum is later than the contact by what it is, and says when it was written.
	n.Late = !n.IsAddendum() && (old.Late || n.WrittenAt.Sub(n.At) > r.Late())
}

// protection is how a note of a program is protected whose author chose asked and
// whose draft had was. What is said in a substance use program is protected as
// its records are, and stays so (42 CFR 2.12(a)); the author chooses whether it is
// their own counseling note (42 CFR 2.11).
func (p place) protection(program string, asked, was Protection) Protection {
	x, _ := p.agency.Program(program)
	switch {
	case !x.SUD && !asked.Part2() && !was.Part2():
		return asked
	case asked.Apart():
		return SUDCounselling
	}
	return SUD
}

// coSigned reports whether a note that who signs is to be co-signed.
//
// A psychotherapy note and a substance use counselling note never are: nobody but
// their author may read them (45 CFR 164.508(a)(2), 164.501; 42 CFR 2.11,
// 2.31(b)), and nobody signs what they have not read.
func (p place) coSigned(who actor.Actor, n Note) bool {
	if n.Protection.Apart() {
		return false
	}
	if n.Program != "" {
		return p.rules(n.Program).CoSigned(who.Worker(), who.Role())
	}
	return slices.ContainsFunc(p.agency.Programs, func(x org.Program) bool { return slices.Contains(x.Notes.CoSignWorkers, who.Worker()) })
}
