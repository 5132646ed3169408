package backup

// The tables of the database, in an order in which they can be filled. A test
// compares them with the schema: a table that is missing here would be missing
// in every backup of PostgreSQL, and after every move to it. What says how old the
// schema is (goose_db_version, schema_floor) comes with the schema.
var tables = []struct{ name, count, all, out, in string }{
	{"agency_key", `SELECT count(*) FROM agency_key`, `SELECT * FROM agency_key`, `COPY agency_key TO STDOUT (FORMAT binary)`, `COPY agency_key FROM STDIN (FORMAT binary)`},
	{"record", `SELECT count(*) FROM record`, `SELECT * FROM record`, `COPY record TO STDOUT (FORMAT binary)`, `COPY record FROM STDIN (FORMAT binary)`},
	{"record_version", `SELECT count(*) FROM record_version`, `SELECT * FROM record_version`, `COPY record_version TO STDOUT (FORMAT binary)`, `COPY record_version FROM STDIN (FORMAT binary)`},
	{"fact", `SELECT count(*) FROM fact`, `SELECT * FROM fact`, `COPY fact TO STDOUT (FORMAT binary)`, `COPY fact FROM STDIN (FORMAT binary)`},
	{"token", `SELECT count(*) FROM token`, `SELECT * FROM token`, `COPY token TO STDOUT (FORMAT binary)`, `COPY token FROM STDIN (FORMAT binary)`},
	{"subject_key", `SELECT count(*) FROM subject_key`, `SELECT * FROM subject_key`, `COPY subject_key TO STDOUT (FORMAT binary)`, `COPY subject_key FROM STDIN (FORMAT binary)`},
	{"erasure", `SELECT count(*) FROM erasure`, `SELECT * FROM erasure`, `COPY erasure TO STDOUT (FORMAT binary)`, `COPY erasure FROM STDIN (FORMAT binary)`},
	{"draft", `SELECT count(*) FROM draft`, `SELECT * FROM draft`, `COPY draft TO STDOUT (FORMAT binary)`, `COPY draft FROM STDIN (FORMAT binary)`},
	{"counter", `SELECT count(*) FROM counter`, `SELECT * FROM counter`, `COPY counter TO STDOUT (FORMAT binary)`, `COPY counter FROM STDIN (FORMAT binary)`},
	{"log_entry", `SELECT count(*) FROM log_entry`, `SELECT * FROM log_entry`, `COPY log_entry TO STDOUT (FORMAT binary)`, `COPY log_entry FROM STDIN (FORMAT binary)`},
	{"log_subject", `SELECT count(*) FROM log_subject`, `SELECT * FROM log_subject`, `COPY log_subject TO STDOUT (FORMAT binary)`, `COPY log_subject FROM STDIN (FORMAT binary)`},
	{"log_head", `SELECT count(*) FROM log_head`, `SELECT * FROM log_head`, `COPY log_head TO STDOUT (FORMAT binary)`, `COPY log_head FROM STDIN (FORMAT binary)`},
	{"log_checkpoint", `SELECT count(*) FROM log_checkpoint`, `SELECT * FROM log_checkpoint`, `COPY log_checkpoint TO STDOUT (FORMAT binary)`, `COPY log_checkpoint FROM STDIN (FORMAT binary)`},
	{"log_tile", `SELECT count(*) FROM log_tile`, `SELECT * FROM log_tile`, `COPY log_tile TO STDOUT (FORMAT binary)`, `COPY log_tile FROM STDIN (FORMAT binary)`},
	{"log_segment", `SELECT count(*) FROM log_segment`, `SELECT * FROM log_segment`, `COPY log_segment TO STDOUT (FORMAT binary)`, `COPY log_segment FROM STDIN (FORMAT binary)`},
	{"log_follow", `SELECT count(*) FROM log_follow`, `SELECT * FROM log_follow`, `COPY log_follow TO STDOUT (FORMAT binary)`, `COPY log_follow FROM STDIN (FORMAT binary)`},
	{"account", `SELECT count(*) FROM account`, `SELECT * FROM account`, `COPY account TO STDOUT (FORMAT binary)`, `COPY account FROM STDIN (FORMAT binary)`},
	{"passkey", `SELECT count(*) FROM passkey`, `SELECT * FROM passkey`, `COPY passkey TO STDOUT (FORMAT binary)`, `COPY passkey FROM STDIN (FORMAT binary)`},
	{"recovery", `SELECT count(*) FROM recovery`, `SELECT * FROM recovery`, `COPY recovery TO STDOUT (FORMAT binary)`, `COPY recovery FROM STDIN (FORMAT binary)`},
	{"session", `SELECT count(*) FROM session`, `SELECT * FROM session`, `COPY session TO STDOUT (FORMAT binary)`, `COPY session FROM STDIN (FORMAT binary)`},
	{"session_role", `SELECT count(*) FROM session_role`, `SELECT * FROM session_role`, `COPY session_role TO STDOUT (FORMAT binary)`, `COPY session_role FROM STDIN (FORMAT binary)`},
	{"provider_session", `SELECT count(*) FROM provider_session`, `SELECT * FROM provider_session`, `COPY provider_session TO STDOUT (FORMAT binary)`, `COPY provider_session FROM STDIN (FORMAT binary)`},
	{"ceremony", `SELECT count(*) FROM ceremony`, `SELECT * FROM ceremony`, `COPY ceremony TO STDOUT (FORMAT binary)`, `COPY ceremony FROM STDIN (FORMAT binary)`},
	{"invitation", `SELECT count(*) FROM invitation`, `SELECT * FROM invitation`, `COPY invitation TO STDOUT (FORMAT binary)`, `COPY invitation FROM STDIN (FORMAT binary)`},
	{"provider_link", `SELECT count(*) FROM provider_link`, `SELECT * FROM provider_link`, `COPY provider_link TO STDOUT (FORMAT binary)`, `COPY provider_link FROM STDIN (FORMAT binary)`},
	{"throttle", `SELECT count(*) FROM throttle`, `SELECT * FROM throttle`, `COPY throttle TO STDOUT (FORMAT binary)`, `COPY throttle FROM STDIN (FORMAT binary)`},
	{"acme", `SELECT count(*) FROM acme`, `SELECT * FROM acme`, `COPY acme TO STDOUT (FORMAT binary)`, `COPY acme FROM STDIN (FORMAT binary)`},
	{"blob", `SELECT count(*) FROM blob`, `SELECT * FROM blob`, `COPY blob TO STDOUT (FORMAT binary)`, `COPY blob FROM STDIN (FORMAT binary)`},
}

const (
	// neededBlobs are the documents that records of a snapshot have.
	neededBlobs = `SELECT name FROM blob WHERE kept_at > 0 AND gone_at = 0 ORDER BY name`
	// schemaVersion is the number of the last schema change.
	schemaVersion = `SELECT max(version_id) FROM goose_db_version WHERE is_applied`
	headOfLog     = `SELECT origin, vkey, signed_size, checkpoint FROM log_head WHERE one = 1`
	agencyKeys    = `SELECT name, kek, wrapped FROM agency_key ORDER BY name`
	// nextEntry makes rows of the log that come now have higher numbers than those
	// that came along.
	nextEntry   = `SELECT setval(pg_get_serial_sequence('log_entry', 'id'), (SELECT greatest((SELECT coalesce(max(id), 0) FROM log_entry), (SELECT coalesce(max(high_id), 0) FROM log_segment)) + 1), false)`
	subjectKeys = `SELECT subject, kek, wrapped FROM subject_key ORDER BY subject`
)
