package app

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/job"
	"caseward/internal/oidc"
	"caseward/internal/org"
	"caseward/internal/record"
)

// providerRoles is what the groups of the identity provider mean here.
func (a *App) providerRoles() map[string]actor.Role {
	out := map[string]actor.Role{}
	for value, role := range a.Config.OIDC.Roles {
		out[value] = actor.Role(role)
	}
	return out
}

// federates has the agency's identity provider sign people in, if there is one.
func (a *App) federates(cfg *authn.Config, secret string, writer *job.Writer) error {
	o := a.Config.OIDC
	if !o.On() {
		return nil
	}
	c := oidc.Config{
		Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret, CA: o.CA, Scopes: o.Scopes, RoleClaim: o.RoleClaim, ACR: o.ACR, AMR: o.AMR,
		Redirect: cfg.Origin + "/signin/provider/back", After: cfg.Origin + "/signin", Clock: a.Clock,
	}
	c.MaxAge, c.Told = time.Duration(o.MaxAge)*time.Hour, o.MaxAge > 0
	if c.MaxAge == 0 {
		c.MaxAge = 12 * time.Hour
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
	f := authn.Federation{Client: a.provider, MaxAge: c.MaxAge, Decides: o.Decides, Only: o.Only, Roles: a.providerRoles()}
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
		if writer != nil {
			at := a.Clock.Now()
			a.jobs.Go(func() {
				if err := job.MailBreakGlass(ctx, writer, a.Org, cfg.Origin, at); err != nil {
					a.Errors.ErrorContext(ctx, "an officer got no mail of a break-glass sign-in", "error", err)
				}
			})
		}
	}
	cfg.Federation = f
	return nil
}
