package policy

import (
	"testing"

	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"
)

// strictly is the check of types that Cedar calls strict. It is run here and not when the
// program starts: it is a hundredth of the program and would find there what it found here.
func strictly(decl *resolved.Schema) func(id string, p *ast.Policy) error {
	valid := validate.New(decl, validate.WithStrict())
	return func(id string, p *ast.Policy) error { return valid.Policy(id, p) }
}

func TestEveryPolicyKeepsToTheTypesOfTheSchema(t *testing.T) {
	files, err := readFiles(embedded)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := load(files, strictly); err != nil {
		t.Error(err)
	}
}
