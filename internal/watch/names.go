package watch

// Kind is how a value behaves over time.
type Kind string

// The kinds, as Prometheus names them.
const (
	Counter   Kind = "counter"   // grows until the server starts again
	Gauge     Kind = "gauge"     // goes up and down
	Histogram Kind = "histogram" // a distribution, with its count and sum
)

// Metric is one metric: what it is called, measured in, and means.
type Metric struct {
	Name  string
	Kind  Kind
	Unit  string // "s", "By", "1", or "{thing}"
	Means string // one sentence without full stop
	edges []float64
}

// The metrics that values are put to by name.
const (
	Requests        = "caseward_http_request_seconds"
	Decisions       = "caseward_decisions_total"
	SignIns         = "caseward_signins_total"
	Sessions        = "caseward_sessions_open"
	CommitTime      = "caseward_db_commit_seconds"
	CommitRequests  = "caseward_db_commit_requests"
	CommitFailures  = "caseward_db_commit_failures_total"
	Failing         = "caseward_db_failing"
	WaitingWrites   = "caseward_db_waiting_writes"
	WaitingReaders  = "caseward_db_waiting_readers"
	ReaderWaits     = "caseward_db_reader_waits_total"
	Size            = "caseward_db_size_bytes"
	DiskFree        = "caseward_disk_free_bytes"
	LogEntries      = "caseward_log_entries_total"
	LogTree         = "caseward_log_tree_entries"
	LogWaiting      = "caseward_log_waiting_entries"
	LogWaitingFor   = "caseward_log_waiting_seconds"
	LogSigned       = "caseward_log_signed_timestamp_seconds"
	LogFailing      = "caseward_log_failing"
	Sent            = "caseward_checkpoint_sent_timestamp_seconds"
	SentBehind      = "caseward_checkpoint_behind_entries"
	SentFailures    = "caseward_checkpoint_failures"
	ForwardBehind   = "caseward_forward_behind_entries"
	ForwardWaits    = "caseward_forward_waiting_seconds"
	ForwardFailures = "caseward_forward_failures"
	JobRuns         = "caseward_job_runs_total"
	JobSuccess      = "caseward_job_success_timestamp_seconds"
	Uploads         = "caseward_uploads_total"
	Ready           = "caseward_ready"
	Certificate     = "caseward_certificate_end_timestamp_seconds"
	Started         = "caseward_start_timestamp_seconds"
	Build           = "caseward_build_info"
	Memory          = "caseward_memory_bytes"
	Goroutines      = "caseward_goroutines"
	OpenFiles       = "caseward_open_files"
	Unknown         = "caseward_watch_failures_total"
)

var (
	seconds  = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10}
	commits  = []float64{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5}
	together = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}
)

// Metrics is every metric there is.
func Metrics() []Metric {
	return []Metric{
		{Requests, Histogram, "s", "How long requests took, by route, method and class of status", seconds},
		{Decisions, Counter, "{entry}", "Entries of the log, by action and outcome: allowed, refused, or allowed and failed", nil},
		{SignIns, Counter, "{entry}", "Steps of signing in, by step and outcome", nil},
		{Sessions, Gauge, "{session}", "Sessions that have not ended, locked ones included", nil},
		{CommitTime, Histogram, "s", "How long the writer took for a group of requests, with its commit", commits},
		{CommitRequests, Histogram, "{request}", "How many requests shared a commit", together},
		{CommitFailures, Counter, "{commit}", "Groups that the database did not keep", nil},
		{Failing, Gauge, "1", "1 if the last group that was to be kept was not", nil},
		{WaitingWrites, Gauge, "{request}", "Requests that wait for the writer", nil},
		{WaitingReaders, Gauge, "{reader}", "Readers that wait for a connection (SQLite)", nil},
		{ReaderWaits, Counter, "{reader}", "Readers that had to wait for a connection", nil},
		{Size, Gauge, "By", "How large the database and its journal are", nil},
		{DiskFree, Gauge, "By", "How much of the data directory's disk is free", nil},
		{LogEntries, Counter, "{entry}", "Entries that this server put into the log's tree", nil},
		{LogTree, Gauge, "{entry}", "Entries in the log's tree", nil},
		{LogWaiting, Gauge, "{entry}", "Entries that are not signed for yet", nil},
		{LogWaitingFor, Gauge, "s", "How long the oldest entry has waited to get into the tree; 0 if none waits", nil},
		{LogSigned, Gauge, "s", "When the newest checkpoint was signed", nil},
		{LogFailing, Gauge, "1", "1 if entries could not be put in order or signed for at the last turn", nil},
		{Sent, Gauge, "s", "When each place outside last took a checkpoint; 0 if not since the start", nil},
		{SentBehind, Gauge, "{entry}", "Entries signed for since the checkpoint each place outside took", nil},
		{SentFailures, Gauge, "{sending}", "Failures in a row of each place outside", nil},
		{ForwardBehind, Gauge, "{entry}", "Entries in the log's tree that each place they are forwarded to has not got", nil},
		{ForwardWaits, Gauge, "s", "How long the oldest of those has waited; 0 if there is none", nil},
		{ForwardFailures, Gauge, "{sending}", "Failures in a row of each place that entries are forwarded to", nil},
		{JobRuns, Counter, "{run}", "Runs of each job, by outcome", nil},
		{JobSuccess, Gauge, "s", "When each job last succeeded; 0 if not since the start", nil},
		{Uploads, Counter, "{upload}", "Looks at uploads, by result", nil},
		{Ready, Gauge, "1", "1 if /readyz says so", nil},
		{Certificate, Gauge, "s", "When the certificate that is served ends", nil},
		{Started, Gauge, "s", "When the server started", nil},
		{Build, Gauge, "1", "1, with the version, the version of Go, and the kind of database", nil},
		{Memory, Gauge, "By", "Memory of the process, by use: heap, or all that was asked of the system", nil},
		{Goroutines, Gauge, "{goroutine}", "Goroutines", nil},
		{OpenFiles, Gauge, "{file}", "Open files and connections (Linux)", nil},
		{Unknown, Counter, "{value}", "Values that could not be had when somebody looked", nil},
	}
}
