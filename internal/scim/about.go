package scim

import (
	"net/http"

	"caseward/internal/fault"
)

func (s *Server) config(request) (reply, error) {
	no := map[string]any{"supported": false}
	return reply{status: http.StatusOK, body: map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   map[string]any{"supported": true}, "etag": map[string]any{"supported": true},
		"bulk":   map[string]any{"supported": false, "maxOperations": 0, "maxPayloadSize": maxBody},
		"filter": map[string]any{"supported": true, "maxResults": perPage}, "changePassword": no, "sort": no,
		"authenticationSchemes": []any{map[string]any{
			"type": "oauthbearertoken", "name": "Bearer token", "description": "A key that an administrator makes for this system", "primary": true,
		}},
		"meta": meta{Type: "ServiceProviderConfig", Location: s.origin + Prefix + "ServiceProviderConfig"},
	}}, nil
}

// one answers all of a list, or the one with an id.
func one(r request, all []map[string]any) (reply, error) {
	id := r.PathValue("id")
	if id == "" {
		return page(all, len(all), len(all), 1), nil
	}
	for _, x := range all {
		if x["id"] == id {
			return reply{status: http.StatusOK, body: x}, nil
		}
	}
	return reply{}, fault.NotFoundf("scim.about")
}

func (s *Server) types(r request) (reply, error) {
	kind := func(name, path, schema string, more ...any) map[string]any {
		x := map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": name, "name": name, "endpoint": path, "schema": schema,
			"meta": meta{Type: "ResourceType", Location: s.origin + Prefix + "ResourceTypes/" + name},
		}
		if len(more) > 0 {
			x["schemaExtensions"] = more
		}
		return x
	}
	return one(r, []map[string]any{
		kind("User", "/Users", userSchema, map[string]any{"schema": workSchema, "required": false}),
		kind("Group", "/Groups", groupSchema),
	})
}

// attribute describes one (RFC 7643, 7).
func attribute(name, kind, says, mutability, returned, uniqueness string, required, many bool, sub ...map[string]any) map[string]any {
	x := map[string]any{
		"name": name, "type": kind, "description": says, "mutability": mutability, "returned": returned, "uniqueness": uniqueness,
		"required": required, "multiValued": many, "caseExact": false,
	}
	if len(sub) > 0 {
		x["subAttributes"] = sub
	}
	return x
}

// refers says what an attribute that is a reference leads to (RFC 7643, 7).
func refers(x map[string]any, to ...string) map[string]any {
	x["referenceTypes"] = to
	return x
}

func simple(name, kind, says string) map[string]any {
	return attribute(name, kind, says, "readWrite", "default", "none", false, false)
}

func (s *Server) schemas(r request) (reply, error) {
	schema := func(id, name, says string, attributes ...map[string]any) map[string]any {
		return map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": id, "name": name, "description": says, "attributes": attributes,
			"meta": meta{Type: "Schema", Location: s.origin + Prefix + "Schemas/" + id},
		}
	}
	read := func(name, kind, says string, many bool, sub ...map[string]any) map[string]any {
		return attribute(name, kind, says, "readOnly", "default", "none", false, many, sub...)
	}
	return one(r, []map[string]any{
		schema(userSchema, "User", "A member of the workforce",
			attribute("userName", "string", "Work mail address", "readWrite", "default", "server", true, false),
			attribute("name", "complex", "Name", "readWrite", "default", "none", false, false, simple("givenName", "string", "Given name"), simple("familyName", "string", "Family name"), read("formatted", "string", "Both", false)),
			read("displayName", "string", "The name", false),
			simple("title", "string", "Job title"),
			simple("userType", "string", "The role, for clients that write no roles; roles come first"),
			attribute("active", "boolean", "Whether access has not ended. False ends it at once and for good", "readWrite", "default", "none", false, false),
			read("emails", "complex", "The work mail address", true, read("value", "string", "Address", false), read("type", "string", "work", false), read("primary", "boolean", "true", false)),
			attribute("roles", "complex", "The one role, by the id of a group", "readWrite", "default", "none", true, true, simple("value", "string", "Id of a group"), simple("primary", "boolean", "Which of several counts")),
		),
		schema(workSchema, "EnterpriseUser", "How the person works",
			simple("department", "string", "Codes of programs, with commas"),
			attribute("manager", "complex", "The supervisor", "readWrite", "default", "none", false, false, simple("value", "string", "Id of a user")),
		),
		schema(groupSchema, "Group", "A role. It is neither made nor deleted", read("displayName", "string", "What the identity provider calls it, or the role", false),
			attribute("members", "complex", "Whose role it is. Whoever is added leaves the group they were in; nobody is only removed", "readWrite", "default", "none", false, true,
				attribute("value", "string", "Id of a user", "immutable", "default", "none", true, false),
				refers(attribute("$ref", "reference", "Address of the user", "readOnly", "default", "none", false, false), "User"),
				read("type", "string", "User", false))),
	})
}
