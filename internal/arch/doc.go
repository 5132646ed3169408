// Package arch holds the tests that keep the architecture true: who may import
// whom (ARCHITECTURE.imports), what no source file may do, which modules are
// linked and under which licences, and that what is generated is up to date.
//
// It has no code of its own and nothing imports it. Where one of its tests
// fails, the message says what to change; a rule is changed with a reason, in a
// commit that does only that.
//
// To write the generated files anew:
//
//	go test ./internal/arch -update
package arch
