package app

import (
	"context"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/job"
	"caseward/internal/oidc"
	"caseward/internal/org"
	"caseward/internal/record"
)

// federates has the agency's identity provider sign people in, if there is one.
func (a *App) federates(cfg *authn.Config, secret string, mailer job.Mailer) error {
	o := a.Config.OIDC
	if !o.On() {
		return nil
	}
	c := oidc.Config{
		Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret, CA: o.CA, Scopes: o.Scopes, RoleClaim: o.RoleClaim, ACR: o.ACR, AMR: o.AMR,
		Redirect: cfg.Origin + "/signin/provider/back", After: cfg.Origin + "/signin", Clock: a.Clock,
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"email", "profile"}
	}
	if c.RoleClaim == "" {
		c.RoleClaim = "groups"
	}
	var err error
	if a.provider, err = oidc.New(c); err != nil {
		return err
	}
	f := authn.Federation{Client: a.provider, Decides: o.Decides, Only: o.Only, Roles: map[string]actor.Role{}}
	for value, role := range o.Roles {
		f.Roles[value] = actor.Role(role)
	}
	for _, m := range o.BreakGlass {
		f.BreakGlass = append(f.BreakGlass, org.NormalMail(m))
	}
	who := authn.Service(authn.SignIn)
	f.SetRole = func(ctx context.Context, worker string, role actor.Role) error {
		id, err := record.ParseID[org.Staff](worker)
		if err != nil {
			return err
		}
		return a.Org.Change(ctx, who, id, 0, org.Edit{Role: &role})
	}
	f.Told = func(ctx context.Context, worker string) {
		// Whoever broke the glass is in, and the log says so: that an officer could not be
		// told must not keep them out.
		ctx = context.WithoutCancel(ctx)
		if err := a.Org.TellBreakGlass(ctx, who, worker); err != nil {
			a.Errors.ErrorContext(ctx, "the officers were not told of a break-glass sign-in", "error", err)
		}
		if mailer != nil {
			a.jobs.Go(func() { a.mailBreakGlass(ctx, mailer, cfg.Origin) })
		}
	}
	cfg.Federation = f
	return nil
}

// mailBreakGlass tells the officers by mail too, without a name.
func (a *App) mailBreakGlass(ctx context.Context, mailer job.Mailer, origin string) {
	at := a.Clock.Now().UTC().Format("2006-01-02 15:04 UTC")
	officers, err := a.Org.BreakGlassOfficers(ctx)
	for _, worker := range officers {
		st, serr := a.Directory.Standing(ctx, worker)
		if serr == nil {
			serr = mailer.Send(ctx, job.Mail{To: st.Mail.Disclose(), Subject: "Caseward: a break-glass account signed in",
				Text: strings.Join([]string{"At " + at + " an account signed in that is there for when the identity provider is down.", "", "Sign in to see whose: " + origin + "/notices", ""}, "\n")})
		}
		if err == nil {
			err = serr
		}
	}
	if err != nil {
		a.Errors.ErrorContext(ctx, "an officer got no mail of a break-glass sign-in", "error", err)
	}
}
