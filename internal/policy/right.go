package policy

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go/types"

	"caseward/internal/actor"
)

// Right is a rule that permits a role something, as far as it does (45 CFR
// 164.308(a)(4)(ii)(B), 164.514(d)(2)).
type Right struct {
	Rule
	May      []string // actions that somebody in the role can do by it, sorted
	Everyone bool     // it is about every role: it says nothing about how one is cut
}

// Rights lists what a role may do at all, in whatever way somebody in it stands to a
// client, with every proof and lacking nothing: one right for each rule that can permit it
// something, in the order of the rules' themes. An unknown role has none.
//
// The first call asks the policies some ten thousand questions; the answer stays the same
// until the program is replaced, and is kept.
func (e *Engine) Rights(role actor.Role) []Right { return e.rights()[role] }

func (e *Engine) allRights() map[actor.Role][]Right {
	out := map[actor.Role][]Right{}
	spoken := map[string]int{}
	for _, shown := range e.Rules() {
		if shown.Forbids {
			continue
		}
		for _, role := range actor.Roles() {
			if !shown.speaks(role) {
				continue
			}
			spoken[shown.ID]++
			r := Right{Rule: shown}
			for _, a := range shown.Actions {
				if e.reaches(shown, role, a, false) {
					r.May = append(r.May, a)
				}
			}
			if len(r.May) > 0 {
				out[role] = append(out[role], r)
			}
		}
	}
	for _, rights := range out {
		for i := range rights {
			rights[i].Everyone = spoken[rights[i].ID] == len(actor.Roles())
		}
	}
	return out
}

// Could reports whether somebody in a role can do an action about any record at all; own
// narrows it to records that are theirs: that they wrote, look after, or are about them.
func (e *Engine) Could(role actor.Role, action string, own bool) bool {
	for _, r := range e.byAction[action] {
		if !r.Forbids && r.speaks(role) && e.reaches(r.Rule, role, action, own) {
			return true
		}
	}
	return false
}

// speaks reports whether a rule can be about a role: roles and services are enum entities,
// so a rule that names none of either is about all.
func (r Rule) speaks(role actor.Role) bool {
	if strings.Contains(r.Text, `Role::"`) {
		return strings.Contains(r.Text, `Role::"`+string(role)+`"`)
	}
	return !strings.Contains(r.Text, "Service")
}

// reaches looks for circumstances in which a rule permits an action to a role, and no
// other forbids it.
func (e *Engine) reaches(r Rule, role actor.Role, action string, own bool) bool {
	rules := e.byAction[action]
	// What no rule of the action speaks of makes no difference.
	texts := ""
	for _, x := range rules {
		texts += x.Text
	}
	in := []string{""}
	for _, s := range states {
		if strings.Contains(texts, `"`+s+`"`) {
			in = append(in, s)
		}
	}
	asked := slices.DeleteFunc(slices.Clone(classes[:]), func(c Class) bool { return !strings.Contains(r.Text, `Class::"`+string(c)+`"`) })
	if len(asked) == 0 {
		asked = classes[:]
	}
	for _, whose := range []struct{ author, own bool }{{true, true}, {false, false}, {false, true}} {
		if own && !whose.author {
			break
		}
		for _, named := range []bool{true, false} {
			for _, state := range in {
				for _, p := range append(actor.Purposes(), actor.Emergency) {
					req, ok := request(Question{
						Action: action, Role: role, Purpose: p, Relations: allRelations, Glass: AllClasses(), State: state,
						Author: whose.author, Own: whose.own, Named: named, SteppedUp: true,
					})
					if !ok {
						return false
					}
					for _, c := range asked {
						if permits, forbids := e.one(rules, req, c); len(forbids) == 0 && slices.Contains(permits, r.ID) {
							return true
						}
					}
				}
			}
		}
	}
	return false
}

// In reports whether an action is in a group of actions, as "any.write".
func (e *Engine) In(action, group string) bool {
	a, ok := e.entities[types.NewEntityUID(typeAction, types.String(action))]
	return ok && a.Parents.Contains(types.NewEntityUID(typeAction, types.String(group)))
}
