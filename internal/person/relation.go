package person

import (
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Related is a household member or another person close to the client.
type Related struct {
	Name      phi.Text       `cbor:"name,omitzero"` // empty for a client: theirs is looked up when it is shown
	Kind      RelationKind   `cbor:"kind,omitzero"`
	Relation  phi.Text       `cbor:"relation,omitzero"` // in words, where the kind does not say it
	LivesWith bool           `cbor:"lives_with,omitzero"`
	Emergency bool           `cbor:"emergency,omitzero"` // to be reached in an emergency
	BirthDate phi.Date       `cbor:"birth_date,omitzero"`
	Phone     phi.Text       `cbor:"phone,omitzero"`
	Note      phi.Text       `cbor:"note,omitzero"`
	Client    record.Subject `cbor:"client"` // their own record, if they are a client too
	Roles     []LegalRole    `cbor:"roles,omitempty"`
}

// RelationKind says who somebody is to the client.
type RelationKind string

// The kinds of relation. Each has its other side.
const (
	Parent      RelationKind = "parent"
	Child       RelationKind = "child"
	Partner     RelationKind = "partner"
	Sibling     RelationKind = "sibling"
	Grandparent RelationKind = "grandparent"
	Grandchild  RelationKind = "grandchild"
	Guardian    RelationKind = "guardian"
	Ward        RelationKind = "ward" // whose guardian the client is
	Caregiver   RelationKind = "caregiver"
	CaredFor    RelationKind = "cared_for"
	Payee       RelationKind = "payee"     // receives money for the client
	PaysFor     RelationKind = "payee_for" // whose payee the client is
	Relative    RelationKind = "relative"
	Friend      RelationKind = "friend"
	OtherTie    RelationKind = "other"
)

// RelationKinds lists the kinds in the order screens show them.
func RelationKinds() []RelationKind {
	return []RelationKind{Parent, Child, Partner, Sibling, Grandparent, Grandchild, Guardian, Ward, Caregiver, CaredFor, Payee, PaysFor, Relative, Friend, OtherTie}
}

// Other is the same relation seen from the other person.
func (k RelationKind) Other() RelationKind {
	switch k {
	case Parent:
		return Child
	case Child:
		return Parent
	case Grandparent:
		return Grandchild
	case Grandchild:
		return Grandparent
	case Guardian:
		return Ward
	case Ward:
		return Guardian
	case Caregiver:
		return CaredFor
	case CaredFor:
		return Caregiver
	case Payee:
		return PaysFor
	case PaysFor:
		return Payee
	}
	return k
}

// LegalRole is a right that somebody has to act for the client, with the paper
// that gives it. A personal representative is treated as the client, as far as
// the representation goes (45 CFR 164.502(g)); who may decide what is read in
// the paper, not here.
type LegalRole struct {
	Role     Role     `cbor:"role,omitzero"`
	Document phi.Text `cbor:"document,omitzero"` // what proves it, and where it is kept
	From     phi.Date `cbor:"from,omitzero"`
	Until    phi.Date `cbor:"until,omitzero"`
}

// Role is what somebody may do for the client.
type Role string

// The legal roles.
const (
	PersonalRepresentative Role = "personal_representative"
	LegalGuardian          Role = "guardian"
	Conservator            Role = "conservator"
	HealthProxy            Role = "health_proxy" // power of attorney for health care
	PowerOfAttorney        Role = "power_of_attorney"
	RepPayee               Role = "representative_payee"
)

// Roles lists the legal roles in the order screens show them.
func Roles() []Role {
	return []Role{PersonalRepresentative, LegalGuardian, Conservator, HealthProxy, PowerOfAttorney, RepPayee}
}

// Holds reports whether the role is in force on a day.
func (r LegalRole) Holds(on phi.Date) bool { return !before(on, r.From) && !before(r.Until, on) }
