// want: use of internal package caseward/internal/record/internal/store not allowed

// Package trespass reaches for the rows of the store.
package trespass

import _ "caseward/internal/record/internal/store"
