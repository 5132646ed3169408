package job

import (
	"context"
	"strings"
	"time"

	"caseward/internal/org"
)

// MailBreakGlass tells the officers by mail that an account signed in which is there for
// when the identity provider is down. The mail names nobody. One officer's mail that does
// not go out keeps none from the others; the first failure is returned.
func MailBreakGlass(ctx context.Context, m Mailer, o *org.Org, dir *org.Directory, origin string, at time.Time) error {
	officers, err := o.BreakGlassOfficers(ctx)
	text := strings.Join([]string{
		"At " + at.UTC().Format("2006-01-02 15:04 UTC") + " an account signed in that is there for when the identity provider is down.", "",
		"Sign in to see whose: " + origin + "/notices", "",
	}, "\n")
	for _, worker := range officers {
		st, serr := dir.Standing(ctx, worker)
		if serr == nil {
			serr = m.Send(ctx, Mail{To: st.Mail.Disclose(), Subject: "Caseward: a break-glass account signed in", Text: text})
		}
		if err == nil {
			err = serr
		}
	}
	return err
}
