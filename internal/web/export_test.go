package web

// WorkflowOf, Workflows and Without are for the test of the route table.
var (
	WorkflowOf = workflowOf
	Workflows  = workflows
	Without    = without
)
