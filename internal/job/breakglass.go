package job

import (
	"context"
	"time"

	"caseward/internal/org"
)

// MailBreakGlass tells the officers by mail that an account signed in which is there for
// when the identity provider is down. The mail names nobody. One officer's mail that does
// not go out keeps none from the others; the first failure is returned.
func MailBreakGlass(ctx context.Context, w *Writer, o *org.Org, origin string, at time.Time) error {
	officers, err := o.BreakGlassOfficers(ctx)
	for _, worker := range officers {
		_, werr := w.Write(ctx, worker, func(in Words, _ org.Standing) (string, []string) {
			return in.T("Caseward: a break-glass account signed in"),
				[]string{in.T("At %s an account signed in that is there for when the identity provider is down.", stamp(at)), in.T("Sign in to see whose: %s", origin+"/notices")}
		})
		if err == nil {
			err = werr
		}
	}
	return err
}
