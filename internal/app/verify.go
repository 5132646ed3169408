package app

import (
	"context"
	"strings"

	"caseward/internal/audit/verify"
	"caseward/internal/config"
	"caseward/internal/db"
)

// VerifyLog checks the log of a data directory as verify.Database does, over a
// connection that is as safe as the server's: what the checker is told in clear,
// whoever stands in between could have written.
func VerifyLog(ctx context.Context, dir string, o verify.Options) (verify.Report, error) {
	cfg, err := config.Load(dir)
	if err != nil {
		return verify.Report{}, err
	}
	if strings.HasPrefix(cfg.Database, "postgres") {
		if err := db.CheckURL(cfg.Database); err != nil {
			return verify.Report{}, err
		}
	}
	if o.Segments == "" {
		o.Segments = cfg.SegmentsIn(dir)
	}
	return verify.Database(ctx, cfg.Database, dir, o)
}
