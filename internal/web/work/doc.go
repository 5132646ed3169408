// Package work is the pages of casework: the caseload, finding a client, the
// chart with its tabs, contact notes, and the forms for clients and cases.
//
// A chart page is one read with one entry in the log, whatever it shows. What
// the reader may not see is left out or marked as withheld; the handlers never
// decide which.
package work
