// want: use of internal package caseward/internal/record/internal/blind not allowed

// Package trespass makes its own search tokens.
package trespass

import _ "caseward/internal/record/internal/blind"
