package scim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/record"
)

// mostMoved is how many people one request moves into a group.
const mostMoved = 500

// group is a role, as SCIM calls a group: those of whom it is the first role are its members.
type group struct {
	role  actor.Role
	names []string // what the identity provider calls it, sorted; the first is shown
}

// groupsOf is a group for each role that the table of what the provider's groups mean names;
// without a table, for every role.
func groupsOf(table map[string]actor.Role) (out []group) {
	for _, role := range actor.Roles() {
		g := group{role: role}
		for name, r := range table {
			if r == role {
				g.names = append(g.names, name)
			}
		}
		slices.Sort(g.names)
		if len(table) == 0 {
			g.names = []string{strings.ReplaceAll(string(role), "_", " ")}
		}
		if len(g.names) > 0 {
			out = append(out, g)
		}
	}
	return out
}

func (g group) called(name string) bool {
	return slices.ContainsFunc(g.names, func(n string) bool { return strings.EqualFold(n, name) })
}

type staff = []record.Opened[org.Staff]

// members are the ids of whoever's first role it is and whose access has not ended.
func (g group) members(all staff) (out []string) {
	for i := range all {
		if v := &all[i].Value; v.Role == g.role && v.Status != org.Terminated {
			out = append(out, all[i].ID.String())
		}
	}
	return out
}

// shownGroup is a group as SCIM writes it (RFC 7643, 4.2). without leaves its members out.
func (s *Server) shownGroup(g group, all staff, without bool) map[string]any {
	x := map[string]any{
		"schemas": []string{groupSchema}, "id": string(g.role), "displayName": g.names[0],
		"meta": meta{Type: "Group", Location: s.origin + Prefix + "Groups/" + string(g.role)},
	}
	if !without {
		list := []any{}
		for _, id := range g.members(all) {
			list = append(list, map[string]any{"value": id, "$ref": s.origin + Prefix + "Users/" + id, "type": "User"})
		}
		x["members"] = list
	}
	return x
}

// workforce reads everybody, if a request is about members.
func (s *Server) workforce(r request) (all staff, without bool, err error) {
	for _, x := range strings.Split(r.URL.Query().Get("excludedAttributes"), ",") {
		without = without || strings.EqualFold(strings.TrimSpace(x), "members")
	}
	if !without || strings.Contains(strings.ToLower(r.URL.Query().Get("filter")), "members") {
		all, err = s.org.Everybody(r.Context(), r.who, org.StaffQuery{All: true})
	}
	return all, without, err
}

// groups answers a page of groups: by startIndex and count, and by a filter of one comparison.
func (s *Server) groups(r request) (reply, error) {
	q := r.URL.Query()
	start, count, err := window(q)
	if err != nil {
		return reply{}, err
	}
	all, without, err := s.workforce(r)
	if err != nil {
		return reply{}, err
	}
	found := s.roles
	if f := q.Get("filter"); f != "" {
		attr, want, ok := comparison(f)
		attr = strings.TrimPrefix(attr, strings.ToLower(groupSchema)+":")
		if !ok || !slices.Contains([]string{"displayname", "id", "externalid", "members", "members.value"}, attr) {
			return reply{}, invalid("invalidFilter", `filters are displayName eq "…", id eq "…" and members.value eq "…"`)
		}
		found = nil
		for _, g := range s.roles {
			switch attr {
			case "displayname":
				ok = g.called(want)
			case "id":
				ok = string(g.role) == want
			case "externalid":
				ok = false // none is kept of a group
			default:
				ok = slices.Contains(g.members(all), want)
			}
			if ok {
				found = append(found, g)
			}
		}
	}
	out := []any{}
	for i := start - 1; i < len(found) && len(out) < count; i++ {
		out = append(out, s.shownGroup(found[i], all, without))
	}
	return page(out, len(out), len(found), start), nil
}

func (s *Server) groupAt(r request) (group, error) {
	for _, g := range s.roles {
		if string(g.role) == r.PathValue("id") {
			return g, nil
		}
	}
	return group{}, fault.NotFoundf("scim.group")
}

func (s *Server) group(r request) (reply, error) {
	g, err := s.groupAt(r)
	if err != nil {
		return reply{}, err
	}
	all, without, err := s.workforce(r)
	if err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusOK, body: s.shownGroup(g, all, without)}, nil
}

// createGroup tells a client that would make a group whether there is one of that name, which
// it can then find, and makes none: what a role may do is in the policies.
func (s *Server) createGroup(r request) (reply, error) {
	var in struct {
		Name string `json:"displayName"`
	}
	if err := body(r, &in); err != nil {
		return reply{}, err
	}
	for _, g := range s.roles {
		if g.called(in.Name) {
			return reply{}, &problem{http.StatusConflict, "uniqueness", "displayName: there is a group of that name; find it by its name"}
		}
	}
	return reply{}, &problem{status: http.StatusNotImplemented, detail: "groups are roles, and none is made here. What a group of the identity provider means is said by oidc.roles in the settings"}
}

func (s *Server) removeGroup(r request) (reply, error) {
	if _, err := s.groupAt(r); err != nil {
		return reply{}, err
	}
	return reply{}, &problem{status: http.StatusNotImplemented, detail: "groups are roles, and none is deleted here. Move its members to other groups"}
}

// incomingGroup is a group as clients write one.
type incomingGroup struct {
	ID      string          `json:"id"`
	Name    *string         `json:"displayName"`
	Members json.RawMessage `json:"members"`
}

// replaceGroup takes a whole group. Without members it has none, which only an empty group
// can have: everybody has a role (RFC 7644, 3.5.1).
func (s *Server) replaceGroup(r request) (reply, error) {
	g, err := s.groupAt(r)
	if err != nil {
		return reply{}, err
	}
	var in incomingGroup
	if err := body(r, &in); err != nil {
		return reply{}, err
	}
	if in.Name != nil && !g.called(*in.Name) {
		return reply{}, invalid("mutability", renamed)
	}
	want, err := memberIDs(in.Members)
	if err != nil {
		return reply{}, err
	}
	all, err := s.org.Everybody(r.Context(), r.who, org.StaffQuery{All: true})
	if err != nil {
		return reply{}, err
	}
	if err := s.regroup(r, g, all, want); err != nil {
		return reply{}, err
	}
	return s.group(r)
}

const renamed = "displayName: what a group is called is said by oidc.roles in the settings"

// patchGroup takes the operations of RFC 7644, 3.5.2, all or none: they are carried out on the
// list of members, and what has become of it is made so.
func (s *Server) patchGroup(r request) (reply, error) {
	g, err := s.groupAt(r)
	if err != nil {
		return reply{}, err
	}
	ops, err := operations(r)
	if err != nil {
		return reply{}, err
	}
	all, err := s.org.Everybody(r.Context(), r.who, org.StaffQuery{All: true})
	if err != nil {
		return reply{}, err
	}
	want := g.members(all)
	for _, x := range ops {
		if want, err = g.take(want, x); err != nil {
			return reply{}, err
		}
	}
	if err := s.regroup(r, g, all, want); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, nil
}

// take is a list of members after one operation.
func (g group) take(members []string, x operation) ([]string, error) {
	op := strings.ToLower(x.Op)
	if op != "add" && op != "replace" && op != "remove" {
		return nil, invalid("invalidSyntax", "op: it is add, replace or remove")
	}
	path := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(x.Path)), strings.ToLower(groupSchema)+":")
	one, is, err := picked(x.Path, path)
	switch {
	case err != nil:
		return nil, err
	case is && op != "remove":
		return nil, invalid("invalidPath", "path: what is picked out of members can be removed, and nothing else")
	case is:
		return less(members, []string{one}), nil
	}
	switch path {
	case "":
		if op == "remove" {
			return nil, invalid("noTarget", "a removal needs a path")
		}
		var all map[string]json.RawMessage
		if json.Unmarshal(x.Value, &all) != nil || all == nil {
			return nil, invalid("invalidValue", "without a path, value is an object")
		}
		for k, v := range all {
			if strings.EqualFold(k, "schemas") || k == "" {
				continue
			}
			if members, err = g.take(members, operation{op, k, v}); err != nil {
				return nil, err
			}
		}
		return members, nil
	case "members":
		given, err := memberIDs(x.Value)
		switch {
		case err != nil:
			return nil, err
		case op == "add":
			return append(less(members, given), given...), nil
		case op == "replace":
			return given, nil
		case len(x.Value) == 0 || string(x.Value) == "null":
			return nil, nil
		}
		// Some clients say whom to remove by the value and not by the path.
		return less(members, given), nil
	case "id", "displayname":
		var v string
		if op == "remove" || json.Unmarshal(x.Value, &v) != nil || path == "id" && v != string(g.role) {
			return nil, invalid("mutability", path+": it cannot be changed")
		} else if path == "displayname" && !g.called(v) {
			return nil, invalid("mutability", renamed)
		}
		return members, nil
	case "externalid", "meta": // nothing is kept of it
		return members, nil
	}
	return nil, noPath(x.Path)
}

// picked reads the path of one member, members[value eq "id"] (RFC 7644, 3.5.2, figure 7). low
// is the path in lower case and without the schema before it.
func picked(path, low string) (id string, is bool, err error) {
	if !strings.HasPrefix(low, "members[") {
		return "", false, nil
	}
	in, closed := strings.CutSuffix(strings.TrimSpace(path[strings.Index(path, "[")+1:]), "]")
	attr, want, ok := comparison(in)
	if !closed || !ok || attr != "value" {
		return "", false, invalid("invalidPath", `path: one member is members[value eq "…"]`)
	}
	return want, true, nil
}

// memberIDs are the ids of users in what a client writes of members: several, one, or an id
// by itself.
func memberIDs(raw json.RawMessage) (out []string, err error) {
	no := invalid("invalidValue", "members: give the ids of users, each as value")
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var many []json.RawMessage
	if json.Unmarshal(raw, &many) != nil {
		many = []json.RawMessage{raw}
	}
	for _, m := range many {
		var one struct {
			Value string `json:"value"`
		}
		if json.Unmarshal(m, &one.Value) != nil && json.Unmarshal(m, &one) != nil || one.Value == "" {
			return nil, no
		}
		if !slices.Contains(out, one.Value) {
			out = append(out, one.Value)
		}
	}
	return out, nil
}

// less is a list without what is in another.
func less(list, gone []string) (out []string) {
	for _, x := range list {
		if !slices.Contains(gone, x) {
			out = append(out, x)
		}
	}
	return out
}

// regroup makes a group have these members: whoever is new in it has another role from now on,
// which takes them out of the group they were in. Nobody is taken out otherwise: a role cannot
// be without another in its place (RFC 7644, 3.5.2.2, of attributes that are required).
func (s *Server) regroup(r request, g group, all staff, want []string) error {
	are := g.members(all)
	if len(less(are, want)) > 0 {
		return invalid("mutability", "members: everybody has one role. Put them in another group, which takes them out of this one, or set active to false")
	}
	added := less(want, are)
	if len(added) == 0 {
		return nil
	}
	if len(added) > mostMoved {
		return &problem{status: http.StatusRequestEntityTooLarge, detail: "members: move at most 500 people at once"}
	}
	var ids []org.ID
	by := map[string]*record.Opened[org.Staff]{}
	for i := range all {
		by[all[i].ID.String()] = &all[i]
	}
	for _, id := range added {
		o := by[id]
		switch {
		case o == nil:
			return invalid("invalidValue", "members: there is no such user")
		case o.Value.Status == org.Terminated:
			return invalid("invalidValue", "members: somebody's access has ended; create the person anew")
		case !slices.ContainsFunc(s.roles, func(g group) bool { return g.role == o.Value.Role }):
			return invalid("mutability", "members: somebody has a role that no group stands for; an administrator gives and takes it")
		}
		ids = append(ids, o.ID)
	}
	return s.org.Assign(r.Context(), r.who, ids, g.role)
}
