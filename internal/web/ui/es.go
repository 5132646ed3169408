package ui

import (
	_ "embed"
	"io/fs"
	"maps"
	"strings"
	"sync"

	"caseward/internal/packed"
)

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

// spanishRules is the sentences of the access rules, as the policies have them, and what a
// refusal says is missing: two lines each, English above Spanish, and an empty one between.
// They are many and seldom read, so they are linked packed.
var spanishRules = sync.OnceValue(func() map[string]string {
	b, err := fs.ReadFile(rules(), "es.txt")
	if err != nil {
		panic(err) // it is part of the program
	}
	all := map[string]string{}
	for pair := range strings.SplitSeq(strings.TrimSpace(string(b)), "\n\n") {
		en, es, _ := strings.Cut(pair, "\n")
		all[en] = es
	}
	return all
})

//go:embed rules.zip
var rulesZip []byte

var rules = packed.Open(rulesZip)
