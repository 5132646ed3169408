package vendor

import (
	"slices"

	"caseward/internal/policy"
)

// Volume is about how many people's information an organization has.
type Volume string

// The volumes. The law draws a line at 500 people, from which a breach is told to the
// public and at once (45 CFR 164.406, 164.408).
const (
	Few  Volume = "few"  // fewer than 50 people
	Some Volume = "some" // fewer than 500
	Many Volume = "many" // 500 and more
)

// Volumes lists the volumes, smallest first.
func Volumes() []Volume { return []Volume{Few, Some, Many} }

// English is the volume in words.
func (v Volume) English() string {
	switch v {
	case Few:
		return "Fewer than 50 people"
	case Some:
		return "50 to 499 people"
	case Many:
		return "500 people or more"
	}
	return ""
}

// Dependency is how long the agency can work without an organization.
type Dependency string

// The dependencies.
const (
	Weeks Dependency = "weeks"
	Days  Dependency = "days"
	Hours Dependency = "hours"
)

// Dependencies lists the dependencies, slightest first.
func Dependencies() []Dependency { return []Dependency{Weeks, Days, Hours} }

// English is the dependency in words.
func (d Dependency) English() string {
	switch d {
	case Weeks:
		return "We can do without it for weeks"
	case Days:
		return "We can do without it for days"
	case Hours:
		return "We can do without it for hours at most"
	}
	return ""
}

// grave are the classes of information that harm most where they come out.
var grave = policy.Set(policy.SSN, policy.Psychotherapy, policy.SUD, policy.SUDCounselling, policy.Note, policy.Clinical, policy.Assessment)

// Weight is one part of what the tier follows from: what it is about, and what it counts,
// from 0 to 2.
type Weight struct {
	Text   string
	Points int
}

// Weights are the parts of the tier: how much it has, how grave that is, and how much the
// agency hangs on it.
func (v Vendor) Weights() []Weight {
	much, harm := Weight{"It has no health information.", 0}, Weight{"Nothing it has harms anybody where it comes out.", 0}
	if v.PHI() {
		switch n := max(0, slices.Index(Volumes(), v.Volume)); n {
		case 0:
			much = Weight{"It has information of fewer than 50 people.", n}
		case 1:
			much = Weight{"It has information of 50 to 499 people.", n}
		default:
			much = Weight{"It has information of 500 people or more.", n}
		}
		switch set := v.ClassSet(); {
		case set&grave != 0:
			harm = Weight{"Some of what it has harms most where it comes out.", 2}
		case set != 0:
			harm = Weight{"What it has harms people where it comes out.", 1}
		}
	}
	hangs := Weight{"We can do without it for weeks.", 0}
	switch v.Dependency {
	case Days:
		hangs = Weight{"We can do without it for days.", 1}
	case Hours:
		hangs = Weight{"We can do without it for hours at most.", 2}
	}
	return []Weight{much, harm, hangs}
}

// Tier says how closely an organization is watched: 1 most closely, 3 least. It is
// agency practice, the sum of [Vendor.Weights]; nobody sets it by hand, and it is kept
// nowhere.
func (v Vendor) Tier() int {
	sum := 0
	for _, w := range v.Weights() {
		sum += w.Points
	}
	switch {
	case sum >= 4:
		return 1
	case sum >= 2:
		return 2
	}
	return 3
}

// ReviewMonths is how many months may pass between two reviews: 12 for a business
// associate, whatever its tier, and for tiers 1 and 2; 24 for the rest. It is agency
// practice: the law in force names no interval.
func (v Vendor) ReviewMonths() int {
	if v.Outcome == Associate || v.Tier() < 3 {
		return 12
	}
	return 24
}
