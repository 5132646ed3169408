// Package demo makes a fictional agency: staff of every role, some two hundred
// clients, a year of notes and visits, work that is due today, and a compliance
// program: officers, policies, training, vendors. It is made from a seed, so that the same
// seed on the same day makes the same agency.
//
// Nothing is written round the door. Each person of the agency signs in and does
// their own work, at the time it is said to have happened, through the use-cases
// of the pages; the log of the demonstration is a year of real entries.
//
// Everybody is unmistakably made up: social security numbers have area numbers
// from 900 on, telephone numbers are of the 555-01xx range, and mail addresses
// are of example.org. It never touches a data directory that it did not make.
package demo
