package merge

import (
	"reflect"

	"caseward/internal/person"
	"caseward/internal/policy"
)

// From says where a value comes from when two records are joined.
type From string

// The choices.
const (
	Keep From = ""     // of the record that stays
	Take From = "take" // of the record that goes
	Both From = "both" // lists only: what stands in either
)

// Pick is the choice for one field.
type Pick struct {
	Field string `cbor:"field"`
	From  From   `cbor:"from"`
}

// Unit is a field, or several that are chosen together.
type Unit struct {
	Name   string
	Class  policy.Class
	List   bool
	fields []string
}

var units = []Unit{
	{"name", policy.Identity, false, []string{"Name"}},
	{"preferred", policy.Identity, false, []string{"Preferred"}},
	{"other_names", policy.Identity, true, []string{"OtherNames"}},
	{"pronouns", policy.Identity, false, []string{"Pronouns"}},
	{"birth_date", policy.Identity, false, []string{"BirthDate"}},
	{"identifiers", policy.Identity, true, []string{"Identifiers"}},
	{"ssn", policy.SSN, false, []string{"SSN"}},
	{"government_ids", policy.SSN, true, []string{"GovernmentIDs"}},
	{"phones", policy.Contact, true, []string{"Phones"}},
	{"emails", policy.Contact, true, []string{"Emails"}},
	{"addresses", policy.Contact, true, []string{"Addresses"}},
	{"emergency", policy.Contact, true, []string{"Emergency"}},
	{"gender", policy.Demographics, false, []string{"BirthSex", "Gender"}},
	{"language", policy.Demographics, false, []string{"Language", "OtherLanguages", "Interpreter"}},
	{"race", policy.Demographics, false, []string{"Races", "Ethnicities"}},
	{"household", policy.Household, true, []string{"Household"}},
	{"flags", policy.Flags, true, []string{"Flags"}},
}

// Units lists what is chosen, in the order screens show it.
func Units() []Unit { return units }

func unit(name string) (Unit, bool) {
	for _, u := range units {
		if u.Name == name {
			return u, true
		}
	}
	return Unit{}, false
}

func pickOf(picks []Pick, u Unit) From {
	for _, p := range picks {
		if p.Field == u.Name && (p.From == Take || p.From == Both && u.List) {
			return p.From
		}
	}
	return Keep
}

// part is where the merge keeps what stood in fields of a class.
func (m *Merge) part(c policy.Class) *person.Client {
	switch c {
	case policy.SSN:
		return &m.SSN
	case policy.Contact:
		return &m.Contact
	case policy.Demographics:
		return &m.Demographics
	case policy.Household:
		return &m.Household
	case policy.Flags:
		return &m.Flags
	}
	return &m.Identity
}

func field(c *person.Client, name string) reflect.Value {
	return reflect.ValueOf(c).Elem().FieldByName(name)
}

// copy sets the unit's fields of to as they are in from.
func (u Unit) copy(to *person.Client, from person.Client) {
	for _, f := range u.fields {
		field(to, f).Set(field(&from, f))
	}
}

// take sets the unit's fields of to from the two records.
func (u Unit) take(to *person.Client, stays, goes person.Client, from From) {
	switch from {
	case Keep:
		u.copy(to, stays)
	case Take:
		u.copy(to, goes)
	case Both:
		for _, f := range u.fields {
			a, b := field(&stays, f), field(&goes, f)
			all := reflect.MakeSlice(a.Type(), 0, a.Len()+b.Len())
			all = reflect.AppendSlice(all, a)
			for i := range b.Len() {
				if !holds(all, b.Index(i)) {
					all = reflect.Append(all, b.Index(i))
				}
			}
			field(to, f).Set(all)
		}
	}
}

func holds(list, x reflect.Value) bool {
	for i := range list.Len() {
		if reflect.DeepEqual(list.Index(i).Interface(), x.Interface()) {
			return true
		}
	}
	return false
}

// same reports whether the unit's fields are the same in both; an empty list is
// the same as none.
func (u Unit) same(a, b person.Client) bool {
	for _, f := range u.fields {
		x, y := field(&a, f), field(&b, f)
		if x.Kind() == reflect.Slice && x.Len() == 0 && y.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(x.Interface(), y.Interface()) {
			return false
		}
	}
	return true
}

// Same reports whether two records say the same of the unit.
func (u Unit) Same(a, b person.Client) bool { return u.same(a, b) }

// Empty reports whether a record says nothing of the unit.
func (u Unit) Empty(c person.Client) bool { return u.same(c, person.Client{}) }
