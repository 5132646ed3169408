package governance

import (
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/program/governance"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Words are what the words in braces of policies and courses are filled with: the agency,
// its officers, and how people reach who takes complaints, as it is designated (45 CFR
// 164.530(a)(1)(ii)). Where nobody is designated, those who have the role are named.
func Words(r *site.Request, g *governance.Governance, dir *org.Directory) (map[string]string, error) {
	a, err := dir.Agency(r.Ctx())
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	out := map[string]string{"agency": a.Name}
	for _, x := range []struct {
		word string
		f    governance.Function
		role actor.Role
	}{{"privacy_officer", governance.Privacy, actor.PrivacyOfficer}, {"security_officer", governance.Security, actor.SecurityOfficer}} {
		o, err := g.Officer(r.Ctx(), r.Who, x.f)
		if err != nil {
			return nil, err
		}
		ids := []string{o.Person}
		if o.Person == "" {
			if ids, err = dir.Officers(r.Ctx(), x.role); err != nil {
				return nil, err
			}
		}
		names, err := dir.Names(r.Ctx(), r.Who, ids)
		if err != nil {
			return nil, err
		}
		var all []string
		for _, id := range ids {
			if n := names[id]; n != "" {
				all = append(all, n)
			}
		}
		slices.Sort(all)
		said := strings.Join(all, ", ")
		if said == "" {
			said = r.T(ui.RoleName(ui.English, x.role))
		}
		out[x.word] = said
		if x.f == governance.Privacy {
			out["complaints"] = said
			if !o.Contact.Empty() {
				// Lines of an address are one sentence here.
				out["complaints"] += " (" + strings.Join(strings.Fields(ui.Show(o.Contact)), " ") + ")"
			}
		}
	}
	return out, nil
}
