package scim

import (
	"encoding/json"
	"slices"
	"testing"

	"caseward/internal/actor"
)

// FuzzGroupPatch takes any operation on any list of members: it never fails but with an answer
// of SCIM, and names nobody twice, and nobody who was neither there nor in the operation.
func FuzzGroupPatch(f *testing.F) {
	for _, s := range []string{
		`{"op":"add","path":"members","value":[{"value":"c"}]}`, `{"op":"remove","path":"members[value eq \"a\"]"}`, `{"op":"replace","value":{"members":"c","id":"intake"}}`,
		`{"op":"Remove","path":"Members","value":{"value":"b"}}`, `{"op":"remove","path":"members["}`, `{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:Group:members[value eq \"]\"]"}`, `{"op":"add","value":{"":{"members":[[]]}}}`,
	} {
		f.Add([]byte(s))
	}
	g := group{role: actor.Intake, names: []string{"intake"}}
	f.Fuzz(func(t *testing.T, b []byte) {
		var x operation
		if json.Unmarshal(b, &x) != nil {
			return
		}
		before := []string{"a", "b"}
		got, err := g.take(slices.Clone(before), x)
		if err != nil {
			if _, is := err.(*problem); !is || got != nil {
				t.Fatalf("%v with %v", got, err)
			}
			return
		}
		for i, id := range got {
			if id == "" || slices.Contains(got[:i], id) {
				t.Errorf("members %q", got)
			}
		}
	})
}
