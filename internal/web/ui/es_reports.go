package ui

// spanishReports is the Spanish of reports, exports, print, the timeline, the
// clinical summary and the search.
var spanishReports = map[string]string{
	"once supervised or managed it": "antes lo supervisó o dirigió",
}
