package pages

import "time"

// VendorsPage is GET /vendors: whoever works for the agency from outside.
type VendorsPage struct {
	Rows      []VendorRow
	Gaps      []VendorGap
	Connected bool // only those that connections of the server reach are shown
}

// VendorRow is a vendor in the register. Status, Outcome and Agreement are English source.
type VendorRow struct {
	Name, Services  string
	Tier            int
	Status, Outcome string
	Needs           bool   // it needs an agreement
	Agreement       string // how the agreement in effect stands; empty for none
	Ends            time.Time
	Review          time.Time // when its review is due; zero for never
}

// VendorGap is something about a vendor that is not as it should be. Text is English
// source; Cite is empty where agency practice asks for it.
type VendorGap struct {
	Vendor, Text, Cite string
	Since              time.Time
}
