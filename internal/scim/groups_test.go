package scim_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// table is what some groups of an identity provider mean.
var table = map[string]actor.Role{"cw-case-managers": actor.CaseManager, "cw-supervisors": actor.Supervisor, "cw-managers": actor.ProgramManager, "cw-admins": actor.Administrator}

func (h *house) hire(given string, role actor.Role, programs ...string) string {
	h.t.Helper()
	id, err := h.org.Invite(ctx, h.Operator(), org.Invitation{Given: phi.NewText(given), Family: phi.NewText("X"), Mail: phi.NewText(strings.ToLower(given) + "@example.org"), Role: role, Programs: programs})
	h.ok(err)
	return id.String()
}

func (h *house) activate(id string) {
	h.t.Helper()
	p, err := record.ParseID[org.Staff](id)
	h.ok(err)
	h.ok(h.org.Activate(ctx, h.Service("authn"), p))
}

func (h *house) members(group string) []string {
	h.t.Helper()
	out := []string{}
	for _, m := range h.do("GET", "/scim/v2/Groups/"+group, "").is(200).body["members"].([]any) {
		m := m.(map[string]any)
		if m["type"] != "User" || m["$ref"] != fmt.Sprint("https://care.example.org/scim/v2/Users/", m["value"]) {
			h.t.Errorf("a member is %v", m)
		}
		out = append(out, m["value"].(string))
	}
	slices.Sort(out)
	return out
}

func ops(list ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(list, ",") + `]}`
}

func value(ids ...string) string {
	var out []string
	for _, id := range ids {
		out = append(out, `{"value":"`+id+`"}`)
	}
	return "[" + strings.Join(out, ",") + "]"
}

func TestGroupsAreTheRolesThatTheTableNames(t *testing.T) {
	h := openGrouped(t, recordtest.Open(t), authn.Federation{}, map[string]actor.Role{"cw-a": actor.CaseManager, "cw-b": actor.CaseManager, "cw-c": actor.Auditor})
	ann, left := h.hire("Ann", actor.CaseManager), h.hire("Lee", actor.CaseManager)
	h.hire("Sec", actor.SecurityOfficer)
	h.do("PATCH", "/scim/v2/Users/"+left, ops(`{"op":"replace","path":"active","value":false}`)).is(200)
	all := h.do("GET", "/scim/v2/Groups", "").is(200)
	if all.at("totalResults") != float64(2) || all.at("Resources/displayName") != "cw-a" || all.at("Resources/id") != "case_manager" {
		t.Errorf("the groups are %v", all.body)
	}
	if got := h.members("case_manager"); !slices.Equal(got, []string{ann}) {
		t.Errorf("the members are %v", got)
	}
	for filter, n := range map[string]float64{
		`displayName eq "cw-a"`: 1, `displayName eq "CW-B"`: 1, `displayname eq "case manager"`: 0, `id eq "auditor"`: 1, `externalId eq "x"`: 0,
		`members.value eq "` + ann + `"`: 1, `members eq "` + left + `"`: 0,
	} {
		if got := h.do("GET", "/scim/v2/Groups?filter="+url.QueryEscape(filter), "").is(200); got.at("totalResults") != n {
			t.Errorf("%s finds %v", filter, got.body)
		}
	}
	h.do("GET", "/scim/v2/Groups?filter="+url.QueryEscape(`displayName co "c"`), "").is(400, "invalidFilter")
	if got := h.do("GET", "/scim/v2/Groups?startIndex=2&count=5", "").is(200); got.at("itemsPerPage") != float64(1) || got.at("Resources/id") != "auditor" {
		t.Errorf("the second page is %v", got.body)
	}
	if got := h.do("GET", "/scim/v2/Groups/case_manager?excludedAttributes=members", "").is(200); got.body["members"] != nil {
		t.Errorf("members that were not wanted: %v", got.body)
	}
	// What the table does not name is no group.
	h.do("GET", "/scim/v2/Groups/security_officer", "").is(404)
	h.do("POST", "/scim/v2/Groups", `{"displayName":"cw-b"}`).is(409, "uniqueness")
	h.do("POST", "/scim/v2/Groups", `{"displayName":"Nurses"}`).is(501)
	h.do("DELETE", "/scim/v2/Groups/auditor", "").is(501)
	h.do("DELETE", "/scim/v2/Groups/nurse", "").is(404)
}

func TestWhoeverIsAddedToAGroupHasItsRole(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := openGrouped(t, w, authn.Federation{}, table)
		ann, bo, cy := h.hire("Ann", actor.CaseManager), h.hire("Bo", actor.CaseManager), h.hire("Cy", actor.Supervisor, "housing")
		for _, c := range []struct {
			name, method, group, body string
			want                      map[string]actor.Role
		}{
			{"added by a list", "PATCH", "supervisor", ops(`{"op":"Add","path":"members","value":` + value(ann, bo) + `}`), map[string]actor.Role{ann: actor.Supervisor, bo: actor.Supervisor}},
			{"added without a path", "PATCH", "case_manager", ops(`{"op":"add","value":{"id":"case_manager","displayName":"cw-case-managers","externalId":"g-1","members":` + value(ann) + `}}`), map[string]actor.Role{ann: actor.CaseManager, bo: actor.Supervisor}},
			{"one by itself, with the schema before the path", "PATCH", "case_manager", ops(`{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members","value":{"value":"` + bo + `","display":"Bo"}}`), map[string]actor.Role{bo: actor.CaseManager}},
			{"the list of members replaced", "PATCH", "program_manager", ops(`{"op":"replace","path":"members","value":` + value(cy) + `}`), map[string]actor.Role{cy: actor.ProgramManager}},
			{"the group replaced", "PUT", "case_manager", `{"displayName":"cw-case-managers","members":` + value(ann, bo, cy) + `}`, map[string]actor.Role{ann: actor.CaseManager, cy: actor.CaseManager}},
			{"added and taken out again", "PATCH", "supervisor", ops(`{"op":"add","path":"members","value":`+value(ann)+`}`, `{"op":"remove","path":"members[value eq \"`+ann+`\"]"}`), map[string]actor.Role{ann: actor.CaseManager}},
			{"whoever was taken out already by being added elsewhere", "PATCH", "supervisor", ops(`{"op":"Remove","path":"members","value":` + value(ann) + `}`), map[string]actor.Role{ann: actor.CaseManager}},
			{"an empty group emptied", "PATCH", "supervisor", ops(`{"op":"remove","path":"members"}`), nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				h.t = t
				want := 204
				if c.method == "PUT" {
					want = 200
				}
				before := h.entries("staff.change")
				h.do(c.method, "/scim/v2/Groups/"+c.group, c.body).is(want)
				for id, role := range c.want {
					if got := h.staff(id); got.Role != role {
						t.Errorf("%s is %s, want %s", got.Given.Disclose(), got.Role, role)
					}
				}
				if n := h.entries("staff.change") - before; n > 1 {
					t.Errorf("%d entries of one request", n)
				}
			})
		}
		h.t = t
		if got := h.members("case_manager"); len(got) != 3 {
			t.Errorf("members %v", got)
		}
	})
}

func TestWhatIsNotTakenOfAGroupChangesNobody(t *testing.T) {
	h := openGrouped(t, recordtest.Open(t), authn.Federation{}, table)
	ann, bo := h.hire("Ann", actor.CaseManager), h.hire("Bo", actor.CaseManager)
	sec, left := h.hire("Sec", actor.SecurityOfficer), h.hire("Lee", actor.Supervisor)
	h.do("PATCH", "/scim/v2/Users/"+left, ops(`{"op":"replace","path":"active","value":false}`)).is(200)
	for _, c := range []struct {
		name, method, group, body string
		status                    int
		kind                      string
	}{
		{"somebody who would be left without a role", "PATCH", "case_manager", ops(`{"op":"remove","path":"members[value eq \"` + ann + `\"]"}`), 400, "mutability"},
		{"and by the value", "PATCH", "case_manager", ops(`{"op":"Remove","path":"members","value":` + value(ann) + `}`), 400, "mutability"},
		{"all of them", "PATCH", "case_manager", ops(`{"op":"remove","path":"members"}`), 400, "mutability"},
		{"a list that leaves somebody out", "PUT", "case_manager", `{"members":` + value(ann) + `}`, 400, "mutability"},
		{"a list that is missing", "PUT", "case_manager", `{"displayName":"cw-case-managers"}`, 400, "mutability"},
		{"nobody", "PATCH", "supervisor", ops(`{"op":"add","path":"members","value":` + value(ann, "nobody") + `}`), 400, "invalidValue"},
		{"somebody who has left", "PATCH", "supervisor", ops(`{"op":"add","path":"members","value":` + value(ann, left) + `}`), 400, "invalidValue"},
		{"somebody whose role no group stands for", "PATCH", "supervisor", ops(`{"op":"add","path":"members","value":` + value(ann, sec) + `}`), 400, "mutability"},
		{"a role that needs a program", "PATCH", "program_manager", ops(`{"op":"add","path":"members","value":` + value(ann) + `}`), 400, "invalidValue"},
		{"a group that is no role", "PATCH", "nurse", ops(`{"op":"add","path":"members","value":` + value(ann) + `}`), 404, ""},
		{"another name", "PATCH", "supervisor", ops(`{"op":"replace","path":"displayName","value":"x"}`), 400, "mutability"},
		{"another name of a whole group", "PUT", "supervisor", `{"displayName":"x","members":[]}`, 400, "mutability"},
		{"another id", "PATCH", "supervisor", ops(`{"op":"replace","value":{"id":"auditor"}}`), 400, "mutability"},
		{"a path that is none", "PATCH", "supervisor", ops(`{"op":"add","path":"owners","value":"x"}`), 400, "invalidPath"},
		{"a filter that is none", "PATCH", "case_manager", ops(`{"op":"remove","path":"members[display eq \"Ann\"]"}`), 400, "invalidPath"},
		{"a filter that does not end", "PATCH", "case_manager", ops(`{"op":"remove","path":"members[value eq \"` + ann + `\""}`), 400, "invalidPath"},
		{"one picked out and added", "PATCH", "supervisor", ops(`{"op":"add","path":"members[value eq \"` + ann + `\"]","value":"x"}`), 400, "invalidPath"},
		{"members that are none", "PATCH", "supervisor", ops(`{"op":"add","path":"members","value":[7]}`), 400, "invalidValue"},
		{"a removal without a path", "PATCH", "supervisor", ops(`{"op":"remove"}`), 400, "noTarget"},
		{"an unknown operation", "PATCH", "supervisor", ops(`{"op":"move","path":"members"}`), 400, "invalidSyntax"},
		{"good, then bad", "PATCH", "supervisor", ops(`{"op":"add","path":"members","value":`+value(ann)+`}`, `{"op":"add","path":"owners","value":"x"}`), 400, "invalidPath"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h.t = t
			a := h.do(c.method, "/scim/v2/Groups/"+c.group, c.body).is(c.status)
			if c.kind != "" {
				a.is(c.status, c.kind)
			}
		})
	}
	h.t = t
	if n := h.entries("staff.change"); n != 0 {
		t.Errorf("%d changes", n)
	}
	if got := h.members("case_manager"); len(got) != 2 || !slices.Contains(got, bo) {
		t.Errorf("members %v", got)
	}
	if s := h.staff(sec); s.Role != actor.SecurityOfficer {
		t.Errorf("the security officer is %s", s.Role)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	h := openGrouped(t, recordtest.Open(t), authn.Federation{}, table)
	ada, bea := h.hire("Ada", actor.Administrator), h.hire("Bea", actor.Administrator)
	// Both at once would be all of them.
	h.do("PATCH", "/scim/v2/Groups/case_manager", ops(`{"op":"add","path":"members","value":`+value(ada, bea)+`}`)).is(400, "invalidValue")
	h.do("PATCH", "/scim/v2/Groups/case_manager", ops(`{"op":"add","path":"members","value":`+value(bea)+`}`)).is(204)
	h.do("PATCH", "/scim/v2/Groups/case_manager", ops(`{"op":"add","path":"members","value":`+value(ada)+`}`)).is(400, "invalidValue")
	h.do("PATCH", "/scim/v2/Users/"+ada, ops(`{"op":"replace","path":"roles","value":[{"value":"intake"}]}`)).is(400, "invalidValue")
	h.do("PATCH", "/scim/v2/Users/"+ada, ops(`{"op":"replace","path":"active","value":false}`)).is(400, "invalidValue")
	if s := h.staff(ada); s.Role != actor.Administrator || s.Status == org.Terminated {
		t.Errorf("the record is %+v", s)
	}
	// Somebody who is only invited does not stand in for whoever signs in.
	h.activate(ada)
	h.do("PATCH", "/scim/v2/Groups/administrator", ops(`{"op":"add","path":"members","value":`+value(bea)+`}`)).is(204)
	h.do("PATCH", "/scim/v2/Users/"+ada, ops(`{"op":"replace","path":"active","value":false}`)).is(400, "invalidValue")
	h.activate(bea)
	h.do("PATCH", "/scim/v2/Users/"+ada, ops(`{"op":"replace","path":"active","value":false}`)).is(200)
	if s := h.staff(ada); s.Status != org.Terminated {
		t.Errorf("the record is %+v", s)
	}
}

func TestTheLastAdministratorOfADayToComeStays(t *testing.T) {
	h := openGrouped(t, recordtest.Open(t), authn.Federation{}, table)
	ada, bea, cy := h.hire("Ada", actor.Administrator), h.hire("Bea", actor.Administrator), h.hire("Cy", actor.CaseManager)
	for _, id := range []string{ada, bea, cy} {
		h.activate(id)
	}
	who := h.Proved(ada, actor.Administrator)
	of := func(id string) org.ID {
		p, err := record.ParseID[org.Staff](id)
		h.ok(err)
		return p
	}
	intake, day := actor.Intake, h.Clock.Now().AddDate(0, 0, 10)
	h.ok(h.org.Plan(ctx, who, of(bea), org.Planning{From: day, Role: &intake}))
	takes := map[string]func() answer{
		"by a role": func() answer {
			return h.do("PATCH", "/scim/v2/Users/"+ada, ops(`{"op":"replace","path":"roles","value":[{"value":"intake"}]}`))
		},
		"by the end of access": func() answer {
			return h.do("PATCH", "/scim/v2/Users/"+ada, ops(`{"op":"replace","path":"active","value":false}`))
		},
		"by another group": func() answer {
			return h.do("PATCH", "/scim/v2/Groups/case_manager", ops(`{"op":"add","path":"members","value":`+value(ada)+`}`))
		},
	}
	for name, take := range takes {
		if a := take().is(400, "invalidValue"); !strings.Contains(fmt.Sprint(a.body["detail"]), "nobody would be an administrator") {
			t.Errorf("%s: %v", name, a.body["detail"])
		}
	}
	if s := h.staff(ada); s.Role != actor.Administrator || s.Status != org.Active {
		t.Errorf("the record is %+v", s)
	}
	// What leaves one on every day is taken: somebody else is made one by then.
	admin := actor.Administrator
	h.ok(h.org.Plan(ctx, who, of(cy), org.Planning{From: day, Role: &admin}))
	takes["by the end of access"]().is(200)
	if s := h.staff(ada); s.Status != org.Terminated {
		t.Errorf("the record is %+v", s)
	}
}
