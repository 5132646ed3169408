// Package job is the work nobody waits for: telling people of emergency access,
// telling people that their own access changes, reminding of overdue reviews,
// copying the log's checkpoints outside, sweeping ended sessions. Each job acts as
// its own named service actor, with policies of its own, and is handed ids only.
//
// A job never sends anything about a client: mail says that something waits, and
// where to sign in.
package job
