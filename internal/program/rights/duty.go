package rights

import (
	"context"
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/law"
)

// Apart is how two duties are kept apart.
type Apart string

// The ways.
const (
	ByRole Apart = "role" // no role may do both
	ByOwn  Apart = "own"  // whoever did the first may not do the second to it, whatever their role
)

// Duty is two actions that nobody does both of to one thing.
type Duty struct {
	First, Second string // actions
	Apart         Apart
	Why           string // English source
	Cite          string // the paragraph behind it; [law.Practice] where none asks for it
}

// Duties is the matrix: which duties are kept apart, how and why. Law asks for access that
// fits a role and for reviews of what is done; that two people share a duty is the agency's
// own practice where no paragraph stands.
func Duties() []Duty {
	const access, watch = "45 CFR 164.308(a)(4)(ii)(B)", "45 CFR 164.308(a)(1)(ii)(D)"
	return []Duty{
		{"glass.break", "glass.review", ByRole, "Whoever opens a record in an emergency does not decide whether that was right.", watch},
		{"glass.break", "glass.review", ByOwn, "Nobody reviews an emergency access of their own.", watch},
		{"staff.change", "log.find", ByRole, "Whoever gives access does not watch how it is used, and whoever watches gives none.", watch},
		{"staff.change", "client.read", ByRole, "Whoever gives access opens no client's record.", access},
		{"staff.change", "note.read", ByRole, "Whoever gives access reads no notes.", access},
		{"agency.change", "quarantine.release", ByRole, "Whoever keeps the settings does not let a harmful file through.", law.Practice},
		{"document.create", "quarantine.release", ByRole, "Whoever uploads does not release from quarantine.", law.Practice},
		{"client.change", "client.erase", ByRole, "Whoever keeps clients' records does not destroy them.", "45 CFR 164.312(c)(1)"},
		{"note.create", "audit.export", ByRole, "Whoever writes in charts does not give out the log.", law.Practice},
		{"note.sign", "note.cosign", ByOwn, "Nobody co-signs a note of their own.", law.Practice},
		{"policydoc_version.create", "policydoc_version.approve", ByOwn, "Nobody approves a policy that they wrote.", law.Practice},
		{"policydoc_version.create", "policydoc_version.review", ByOwn, "Nobody reviews a policy that they wrote.", law.Practice},
		{"agreement.create", "agreement.sign", ByOwn, "Nobody signs an agreement for the agency that they alone wrote.", law.Practice},
		{"vendor.change", "vendor.review", ByOwn, "Nobody reviews a vendor that they look after.", law.Practice},
		{"committee_decision.report", "committee_decision.settle", ByOwn, "Nobody accepts what they report of a decision of their own.", law.Practice},
		{"clearance.read", "clearance.record", ByOwn, "Nobody clears themselves.", "45 CFR 164.308(a)(3)(ii)(B)"},
		{"designation.change", "designation.create", ByOwn, "Nobody designates themselves.", law.Practice},
		{"sanction.appeal", "sanction.decide", ByOwn, "Nobody decides what follows from what they did.", law.Practice},
		{"sanction.appeal", "sanction.answer", ByOwn, "Nobody answers their own appeal.", law.Practice},
	}
}

// Holds is which of two duties a role has.
type Holds struct {
	Role          actor.Role
	First, Second bool
}

// Row is a pair of duties as the policies have it.
type Row struct {
	Duty
	Roles  []Holds       // in the order of [actor.Roles]
	Rules  []policy.Rule // that keep the second from one's own, where that is how
	Broken []actor.Role  // in which the two are not kept apart
}

// Check asks the policies of each role whether duties are kept apart.
func Check(e *policy.Engine, duties []Duty) (out []Row) {
	for _, d := range duties {
		row := Row{Duty: d}
		for _, role := range actor.Roles() {
			h := Holds{role, e.Could(role, d.First, false), e.Could(role, d.Second, false)}
			row.Roles = append(row.Roles, h)
			if d.Apart == ByRole && h.First && h.Second || d.Apart == ByOwn && h.Second && e.Could(role, d.Second, true) {
				row.Broken = append(row.Broken, role)
			}
		}
		if d.Apart == ByOwn {
			row.Rules = slices.DeleteFunc(e.Rules(), func(r policy.Rule) bool {
				return !r.Forbids || !slices.Contains(r.Actions, d.Second) || !strings.Contains(r.Text, "context.own") && !strings.Contains(r.Text, "context.author")
			})
		}
		out = append(out, row)
	}
	return out
}

// Meets are the duties to keep apart that somebody in two roles would have, the first of a
// pair in one and the second in the other. It asks the rules alone, and is about nobody.
func (r *Rights) Meets(a, b actor.Role) (out []Duty) {
	for _, x := range r.checked() {
		var in [2]Holds
		for _, h := range x.Roles {
			switch h.Role {
			case a:
				in[0] = h
			case b:
				in[1] = h
			}
		}
		if in[0].First && in[1].Second || in[1].First && in[0].Second {
			out = append(out, x.Duty)
		}
	}
	return out
}

// checked are the duties as the policies have them, asked once.
func (r *Rights) checked() []Row {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.duties == nil {
		r.duties = Check(r.engine, Duties())
	}
	return r.duties
}

// Duties says of each pair of duties which role has which, and whether they are kept apart.
// It is in the log that the asker looked. Errors: Denied.
func (r *Rights) Duties(ctx context.Context, who actor.Actor) ([]Row, error) {
	if err := r.door.Permit(ctx, who, Read, record.Subject{}, false, classes, map[string]string{"asked": "duties"}); err != nil {
		return nil, err
	}
	return r.checked(), nil
}
