package pdftext

import "time"

// Confine is confine, for the tests' own process.
var Confine = confine

// Wait makes the process be ended after another time.
func Wait(d time.Duration) { patience = d }
