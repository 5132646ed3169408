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

// Tier says how closely an organization is watched: 1 most closely, 3 least. It is
// agency practice, worked out from how much it has, how grave that is and how much the
// agency hangs on it, each from 0 to 2; nobody sets it by hand, and it is kept nowhere.
func (v Vendor) Tier() int {
	sum := max(0, slices.Index(Dependencies(), v.Dependency))
	if v.PHI() {
		sum += max(0, slices.Index(Volumes(), v.Volume))
		switch set := v.ClassSet(); {
		case set&grave != 0:
			sum += 2
		case set != 0:
			sum++
		}
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
