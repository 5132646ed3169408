// Package pages holds every page of Caseward as a pure view.
package pages
