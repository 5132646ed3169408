// Package privacy is the pages of the people who watch over access: the log
// explorer, what one person did, why somebody can or can't, the rules, and
// emergency access with its review.
//
// Its handlers ask package inspect and package glass, which ask the door; they
// decide nothing themselves.
package privacy
