package ui

import "maps"

// spanish is the catalogue: English source to Spanish, put together from one
// table for each area of the site. A text missing here is shown in English, and
// fails the test that reads every page for its texts.
var spanish = together(tables...)

var tables = []map[string]string{
	spanishCore,
	spanishNotices,
	spanishMerge,
	spanishFront,
	spanishJoin,
	spanishPlan,
	spanishAssess,
	spanishDocuments,
	spanishIntake,
	spanishToday,
	spanishReports,
	spanishNotes,
	spanishCases,
	spanishReasons,
	spanishServer, spanishStanding,
	spanishServer,
	spanishTraining,
	spanishPolicies,
	spanishGovernance,
	spanishCommittee,
	spanishProvider,
	spanishWorkforce,
	spanishVendors, spanishVendorPages,
	spanishDue,
	spanishSanctions,
	spanishRights,
	spanishStaffSync,
}

func together(tables ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}
