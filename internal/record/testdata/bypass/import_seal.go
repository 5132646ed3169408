// want: use of internal package caseward/internal/record/internal/seal not allowed

// Package trespass reaches for the keys.
package trespass

import _ "caseward/internal/record/internal/seal"
