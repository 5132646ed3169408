//go:build nextrelease

package db

import "embed"

// next is what a release to come may change: built in for the test that has servers of
// two releases serve together (test/fault, TestRolling), and in no program that is
// handed out.
//
//go:embed next/*.sql
var next embed.FS

func init() { schemas = append(schemas, within(next, "next")) }
