package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"
	pub "github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
)

// Every word of every rule must matter to some golden case: take away one
// condition, or one role, class, purpose, relation or action it lists, and a
// case must notice.
func TestEveryWordOfEveryRuleHasACase(t *testing.T) {
	e := engine(t)
	type ask struct {
		req    cedar.Request
		action string
	}
	var asks []ask
	for _, r := range readCases(t) {
		for _, q := range r.cases {
			req, ok := request(q)
			if !ok {
				t.Fatalf("%s: no request", r.place)
			}
			for _, c := range q.Classes.List() {
				req.Resource = types.NewEntityUID(typeClass, types.String(c))
				asks = append(asks, ask{req, q.Action})
			}
		}
	}
	holds := func(p *cedar.Policy, req cedar.Request) bool {
		_, why := cedar.Authorize(index{{Rule: Rule{ID: "x"}, asked: p}}, e.entities, req)
		return len(why.Reasons) > 0
	}
	for _, r := range e.rules {
		speaks := map[string]bool{}
		for _, a := range r.Actions {
			speaks[a] = true
		}
		var mine []ask
		var was []bool
		for _, a := range asks {
			if speaks[a.action] {
				mine, was = append(mine, a), append(was, holds(r.policy, a.req))
			}
		}
	mutants:
		for _, m := range mutants(r.policy) {
			for i, a := range mine {
				if holds(m.policy, a.req) != was[i] {
					continue mutants
				}
			}
			t.Errorf("%s: no case notices when %s", r.ID, m.what)
		}
	}
}

type mutant struct {
	what   string
	policy *cedar.Policy
}

func mutants(p *cedar.Policy) []mutant {
	old := (*ast.Policy)(p.AST())
	var out []mutant
	add := func(what string, change func(*ast.Policy)) {
		next := *old
		next.Conditions = append([]ast.ConditionType(nil), old.Conditions...)
		change(&next)
		out = append(out, mutant{what, cedar.NewPolicyFromAST((*pub.Policy)(&next))})
	}
	if s, ok := old.Action.(ast.ScopeTypeInSet); ok {
		for i, uid := range s.Entities {
			add("it does not speak of "+string(uid.ID), func(n *ast.Policy) {
				n.Action = ast.ScopeTypeInSet{Entities: append(append([]types.EntityUID(nil), s.Entities[:i]...), s.Entities[i+1:]...)}
			})
		}
	}
	if _, ok := old.Resource.(ast.ScopeTypeEq); ok {
		add("it speaks of every class", func(n *ast.Policy) { n.Resource = ast.ScopeTypeAll{} })
	}
	if _, ok := old.Principal.(ast.ScopeTypeEq); ok {
		add("anybody is meant", func(n *ast.Policy) { n.Principal = ast.ScopeTypeAll{} })
	}
	for i, c := range old.Conditions {
		for _, b := range smaller(c.Body) {
			add(b.what, func(n *ast.Policy) { n.Conditions[i].Body = b.body })
		}
	}
	return out
}

type shrunk struct {
	what string
	body ast.IsNode
}

// smaller gives every body that has one condition or one listed word less.
func smaller(n ast.IsNode) []shrunk {
	var out []shrunk
	switch n := n.(type) {
	case ast.NodeTypeAnd:
		out = append(out, shrunk{"it lacks " + text(n.Left), n.Right}, shrunk{"it lacks " + text(n.Right), n.Left})
		for _, s := range smaller(n.Left) {
			out = append(out, shrunk{s.what, ast.NodeTypeAnd{BinaryNode: ast.BinaryNode{Left: s.body, Right: n.Right}}})
		}
		for _, s := range smaller(n.Right) {
			out = append(out, shrunk{s.what, ast.NodeTypeAnd{BinaryNode: ast.BinaryNode{Left: n.Left, Right: s.body}}})
		}
	case ast.NodeTypeOr:
		out = append(out, shrunk{"it lacks " + text(n.Left), n.Right}, shrunk{"it lacks " + text(n.Right), n.Left})
		for _, s := range smaller(n.Left) {
			out = append(out, shrunk{s.what, ast.NodeTypeOr{BinaryNode: ast.BinaryNode{Left: s.body, Right: n.Right}}})
		}
		for _, s := range smaller(n.Right) {
			out = append(out, shrunk{s.what, ast.NodeTypeOr{BinaryNode: ast.BinaryNode{Left: n.Left, Right: s.body}}})
		}
	case ast.NodeTypeContains:
		for _, s := range smaller(n.Left) {
			out = append(out, shrunk{s.what, ast.NodeTypeContains{BinaryNode: ast.BinaryNode{Left: s.body, Right: n.Right}}})
		}
	case ast.NodeTypeContainsAny:
		for _, s := range smaller(n.Right) {
			out = append(out, shrunk{s.what, ast.NodeTypeContainsAny{BinaryNode: ast.BinaryNode{Left: n.Left, Right: s.body}}})
		}
	case ast.NodeTypeSet:
		for i, el := range n.Elements {
			rest := append(append([]ast.IsNode(nil), n.Elements[:i]...), n.Elements[i+1:]...)
			out = append(out, shrunk{"it does not list " + text(el), ast.NodeTypeSet{Elements: rest}})
		}
	}
	return out
}

// text is what a person would call the node.
func text(n ast.IsNode) string {
	if v, ok := n.(ast.NodeValue); ok {
		return fmt.Sprint(v.Value)
	}
	s := string(cedar.NewPolicyFromAST((*pub.Policy)(ast.Permit().When(ast.NewNode(n)))).MarshalCedar())
	_, s, _ = strings.Cut(s, "when { ")
	return strings.TrimSuffix(s, " };")
}
