package actor

import "slices"

// Held are the roles that one person has: the first and, where it was decided, a second
// beside it. Which of the two they work in at a moment is the [Actor]'s.
type Held struct {
	Role Role // the first
	Also Role // the second; empty for whoever has one
}

// Roles lists them, the first before the second.
func (h Held) Roles() []Role {
	if h.Also == "" {
		return []Role{h.Role}
	}
	return []Role{h.Role, h.Also}
}

// Works reports whether one of some roles is theirs, be it their second.
func (h Held) Works(roles ...Role) bool {
	return slices.Contains(roles, h.Role) || h.Also != "" && slices.Contains(roles, h.Also)
}
