// Package policies is the pages of policies and procedures: the shelf, a policy with its
// clauses, its versions and who acknowledged it, the editor, and the clause that governs
// a page.
//
// It holds no rule: what may be read or done is decided behind package policydoc.
package policies
