package org

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// Program is a part of the agency that serves clients: "Housing First".
type Program struct {
	Code string `cbor:"1,keyasint"` // short, for ever the same: "housing"
	Name string `cbor:"2,keyasint"`
	SUD  bool   `cbor:"3,keyasint,omitempty"` // a program under 42 CFR Part 2

	Notes NoteRules `cbor:"4,keyasint,omitempty"`
}

// Agency is what the agency has set. There is one such record.
type Agency struct {
	Name      string            `class:"program" doc:"Name of the agency."`
	Programs  []Program         `class:"program" doc:"Programs that serve clients: code, name, whether 42 CFR Part 2 applies, and how notes are kept."`
	TimeZone  string            `class:"program" doc:"Time zone by which days begin, as America/New_York."`
	Holidays  []string          `class:"program" doc:"Days on which nobody works, as YYYY-MM-DD; deadlines in working days leave them out."`
	Settings  map[string]string `class:"program" doc:"Other settings, by name."`
	Clearance ClearanceTerms    `class:"program" doc:"Whether everybody must be cleared before they work with clients, since when, and with how much time."`
	Fiction   bool              `class:"program" doc:"The agency and everybody in it are made up: a demonstration."`
}

// Has reports whether there is a program of this code.
func (a Agency) Has(code string) bool {
	return slices.ContainsFunc(a.Programs, func(p Program) bool { return p.Code == code })
}

// Part2 reports whether a program is under 42 CFR Part 2.
func (a Agency) Part2(code string) bool {
	return slices.ContainsFunc(a.Programs, func(p Program) bool { return p.Code == code && p.SUD })
}

// ProgramName is the name of a program; the code where there is none.
func (a Agency) ProgramName(code string) string {
	for _, p := range a.Programs {
		if p.Code == code {
			return p.Name
		}
	}
	return code
}

// Zone is the agency's time zone; UTC where none is set.
func (a Agency) Zone() *time.Location {
	z, err := time.LoadLocation(a.TimeZone)
	if err != nil {
		return time.UTC
	}
	return z
}

// theAgency is the identity of the one agency record.
const theAgency = "agency"

// AgencyKind declares the agency record.
var AgencyKind = record.Define(record.Kind[Agency]{
	Name:      "agency",
	Doc:       "The agency's settings.",
	Retention: "program",
	Asked:     true,
	Labels:    func(Agency) record.Labels { return record.Labels{Ext: theAgency} },
	Facts:     func(_ string, _ record.Subject, a Agency) []record.Fact { return a.Clearance.facts() },
})

// Found keeps the settings of an agency that has none yet. Conflict: it has.
func (o *Org) Found(ctx context.Context, who actor.Actor, a Agency) error {
	const op = "agency.change"
	if err := checkAgency(op, a); err != nil {
		return err
	}
	_, _, _, found, err := o.agencies.FindExt(ctx, o.dir.who, theAgency)
	if err != nil {
		return err
	}
	if found {
		return fault.Conflictf(op, "the agency has been set up already")
	}
	w := o.door.Work(who, op)
	o.agencies.CreateAs(w, op, record.Subject{}, a)
	return w.Commit(ctx)
}

// Agency returns the settings and their version.
func (o *Org) Agency(ctx context.Context, who actor.Actor) (record.Opened[Agency], error) {
	id, _, _, found, err := o.agencies.FindExt(ctx, o.dir.who, theAgency)
	if err != nil {
		return record.Opened[Agency]{}, err
	}
	if !found {
		return record.Opened[Agency]{}, fault.NotFoundf("agency.read")
	}
	return o.agencies.Read(ctx, who, id)
}

// ChangeAgency replaces the settings seen at version. A program's code is never
// taken away: cases hang on it.
func (o *Org) ChangeAgency(ctx context.Context, who actor.Actor, version int64, a Agency) error {
	const op = "agency.change"
	if err := checkAgency(op, a); err != nil {
		return err
	}
	id, _, _, found, err := o.agencies.FindExt(ctx, o.dir.who, theAgency)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFoundf(op)
	}
	w := o.door.Work(who, op)
	o.agencies.Change(w, "change", id, version, func(old *Agency) error {
		for _, p := range old.Programs {
			if !a.Has(p.Code) {
				return fault.InvalidFields(op, fault.Field{Name: "programs", Message: "A program that has been used stays on the list; rename it instead."})
			}
		}
		a.Fiction, a.Clearance = old.Fiction, old.Clearance
		*old = a
		return nil
	})
	return w.Commit(ctx)
}

var programCode = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)

func checkAgency(op string, a Agency) error {
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if strings.TrimSpace(a.Name) == "" {
		bad("name", "Give the agency's name.")
	}
	if _, err := time.LoadLocation(a.TimeZone); err != nil || a.TimeZone == "" || a.TimeZone == "Local" {
		bad("time_zone", "Give a time zone, as America/New_York.")
	}
	seen := map[string]bool{}
	for _, p := range a.Programs {
		if !programCode.MatchString(p.Code) || seen[p.Code] || strings.TrimSpace(p.Name) == "" {
			bad("programs", "Each program needs a name and a code of its own, in small letters.")
			break
		}
		wrong = append(wrong, p.Notes.check()...)
		seen[p.Code] = true
	}
	for _, h := range a.Holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			bad("holidays", "Write holidays as 2026-12-25.")
			break
		}
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	return nil
}
