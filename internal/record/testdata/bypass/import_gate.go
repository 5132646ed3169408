// want: use of internal package caseward/internal/record/internal/gate not allowed

// Package trespass makes its own passes.
package trespass

import _ "caseward/internal/record/internal/gate"
