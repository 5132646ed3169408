// Package report counts the work, keeps account of what leaves as a file, and
// puts a chart together for print and for a search within it.
//
// A report is a sum over records the asker may count, under actions that open no
// more than when, how long and how a case ended (45 CFR 164.502(b)). What one may
// not count is in no line and no total. It keeps no figures: it counts anew each
// time, so that the same question about a closed period has the same answer.
//
// An [Export] is leave to save one report as one file: asked for with a reason,
// used once, by the same person in the same session, within fifteen minutes. The
// file is made when the link is used and never lies anywhere.
//
// To start: New(door), then Run, Ask and Use; Chart and Search.
package report
