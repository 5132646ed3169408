package storybook

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/standing"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// standingStories are the page of what somebody must hold: in order, with reading left,
// closed, and where nothing is required.
func standingStories() []Story {
	line := func(title, path string, class policy.Lack, stage record.Stage, from, to time.Time) standing.Line {
		l := standing.Line{Item: record.Item{Name: title, Class: class, Stage: stage, Since: from, Limit: from, End: to}, Title: title, Path: path}
		if stage == record.Met {
			l.Item = record.Item{Name: title, Class: class, Stage: stage, Held: from, Until: to}
		}
		return l
	}
	held := []standing.Line{
		line("Privacy at work", "/training/orientation-privacy", policy.Orientation, record.Met, at(3, 2, 9, 0), time.Time{}),
		line("Access to client records and the minimum necessary", "/policies/access", policy.Acknowledgement, record.Met, at(3, 2, 9, 0), at(12, 31, 9, 0)),
	}
	due := line("Only what the task needs", "/training/minimum-necessary", policy.Training, record.Due, at(12, 4, 9, 0), at(12, 18, 9, 0))
	late := line("What you may tell whom", "/training/disclosures", policy.Training, record.Limited, at(11, 18, 9, 0), at(11, 25, 9, 0))
	gone := line("Security at work", "/training/orientation-security", policy.Orientation, record.Missing, at(11, 18, 9, 0), at(11, 18, 9, 0))
	cleared := line("Clearance by the agency", "", policy.Clearance, record.Missing, at(11, 18, 9, 0), at(11, 18, 9, 0))
	show := func(p pages.StandingPage) func(f ui.Frame) templ.Component {
		return func(f ui.Frame) templ.Component { return pages.Standing(f, p) }
	}
	return []Story{
		{"standing", show(pages.StandingPage{Lines: append([]standing.Line{due}, held...)})},
		{"standing-reading", show(pages.StandingPage{Lines: append([]standing.Line{late, due}, held...), Next: "/clients/c1/notes/new", Stops: true, Reads: true, Glass: true})},
		{"standing-closed", show(pages.StandingPage{Lines: append([]standing.Line{gone, cleared}, held...), Next: "/clients/c1", Stops: true, Glass: true})},
		{"standing-none", show(pages.StandingPage{})},
	}
}
