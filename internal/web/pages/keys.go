package pages

import "time"

// KeyRow is a key of a system that provisions accounts.
type KeyRow struct {
	ID, Name string
	By       string // name of who made it; empty where it was made at the command line
	Made     time.Time
	Until    time.Time
	Used     time.Time // when a request came by it, to the day; zero for never
	Revoked  time.Time // zero: it was not
	Live     bool
}

// MadeKeyPage shows a key, once.
type MadeKeyPage struct {
	Name, Secret, At string
	Until            time.Time
}
