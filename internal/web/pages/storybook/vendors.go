package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// vendorStories are the register of vendors: with gaps, in order, and for an administrator.
func vendorStories() []Story {
	rows := []pages.VendorRow{
		{URL: storyVendor, Name: "Harbor Records", Services: "Keeps our backups.", Tier: 1, Status: "Active", Outcome: "Business associate", Needs: true, Agreement: "Expires soon", Ends: at(5, 1, 0, 0), Review: at(4, 2, 0, 0)},
		{Name: "Swift Transcripts", Services: "Writes what we dictate.", Tier: 2, Status: "To cure a breach", Outcome: "Business associate", Needs: true, Review: at(9, 2, 0, 0)},
		{Name: "Mill Street Offices", Services: "Lets our offices.", Tier: 3, Status: "Active", Outcome: "No health information", Review: at(9, 2, 0, 0)},
	}
	gaps := []pages.VendorGap{
		{Vendor: "Swift Transcripts", Text: "It is a business associate and no agreement is in effect.", Cite: "45 CFR 164.502(e)(1)", Since: at(3, 2, 0, 0)},
		{URL: storyVendor, Vendor: "Harbor Records", Text: "Its review is due.", Since: at(3, 2, 0, 0)},
	}
	return []Story{
		{"vendors", func(f ui.Frame) templ.Component {
			return pages.Vendors(officer(f), pages.VendorsPage{Rows: rows, Gaps: gaps, Begins: true})
		}},
		{"vendors-in-order", func(f ui.Frame) templ.Component {
			return pages.Vendors(officer(f), pages.VendorsPage{Rows: rows[2:]})
		}},
		{"vendors-connected", func(f ui.Frame) templ.Component {
			return pages.Vendors(officer(f), pages.VendorsPage{Connected: true})
		}},
	}
}
