// want: use of internal package caseward/internal/actor/internal/mint not allowed

// Package trespass makes its own actors.
package trespass

import "caseward/internal/actor/internal/mint"

var who = mint.New(mint.Spec{Worker: "w", Role: "privacy_officer"})
