// want: name.v undefined

// Package trespass takes PHI out of its wrapping without Disclose.
package trespass

import "caseward/internal/phi"

func take(name phi.Text) string { return *name.v }
