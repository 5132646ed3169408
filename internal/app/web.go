package app

import (
	"context"
	"net/http"
	"strings"

	"caseward/internal/audit/verify"
	"caseward/internal/scim"
	"caseward/internal/web"
	"caseward/internal/web/crowd"
	"caseward/internal/web/privacy"
)

// Handler answers the requests of browsers.
func (a *App) Handler() http.Handler {
	origin, _ := a.Config.Site()
	pages := web.New(web.Parts{
		Authn: a.Authn, Door: a.Door, Org: a.Org, Clients: a.Clients, Cases: a.Cases, Notes: a.Notes, Items: a.Clinical,
		Documents: a.Documents, Plans: a.Plans, Glass: a.Glass, Inspect: a.Inspect, Clock: a.Clock, Log: a.Errors,
		Notices:  a.Notices,
		Policies: a.Policies, Engine: a.Policy,
		Assess:   a.Assess,
		Forms:    a.Forms,
		Intake:   a.Intake,
		Merges:   a.Merges,
		Homes:    a.Homes,
		Rosters:  a.Rosters,
		Staff:    a.StaffSync,
		Reports:  a.Reports,
		Phrases:  a.Phrases,
		Provider: a.Config.OIDC.Name,
		Origin:   origin, Proxied: a.Config.Proxied, Demo: a.demo, Verify: a.verify,
		Ready: a.Ready, Seen: a.seen, Upkeep: a.Upkeep, Standing: a.Standing, Tracer: a.tracer,
		Governance: a.Governance, Committees: a.Committees, Sanctions: a.Sanctions,
		Figures: a.Figures, Rights: a.Rights,
		Vendors: a.Vendors, ScimKeys: a.ScimKeys,
		Owed: a.Owed, Mailed: a.Config.SMTP.Server != "",
		Tasks:       a.Tasks,
		Calendar:    a.Calendar,
		Feeds:       a.Feeds,
		Outside:     a.outside,
		Conferences: a.Conferences, Filters: a.Filters, Supervision: a.Supervision, Training: a.Training,
	})
	// Programs that provision accounts have a key and no session, and speak no HTML.
	provisioning := scim.New(a.Org, a.ScimKeys, origin, a.providerRoles(), a.Errors, crowd.Known)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, scim.Prefix) {
			provisioning.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// verify checks the log as an outsider would, against every checkpoint that was
// copied outside and can be read from here.
func (a *App) verify(ctx context.Context) (privacy.Verified, error) {
	if _, err := a.Log.Sequence(ctx); err != nil {
		return privacy.Verified{}, err
	}
	// A place that is away is tried again later; the log is checked all the same.
	a.sendBriefly(ctx)
	kept, err := a.kept()
	if err != nil {
		return privacy.Verified{}, err
	}
	r, err := verify.Database(ctx, a.Config.Database, a.Dir, verify.Options{Kept: kept})
	if err != nil {
		return privacy.Verified{}, err
	}
	v := privacy.Verified{At: a.Clock.Now(), Size: r.Entries, Good: r.OK}
	if len(r.Faults) > 0 {
		v.Says = r.Faults[0].Text
	}
	return v, nil
}
