package config

import (
	"net/url"
	"slices"
	"strings"

	"caseward/internal/fault"
)

// OIDC is the agency's identity provider, by OpenID Connect. The client's secret is the
// credential caseward-oidc.
type OIDC struct {
	Issuer   string   `json:"issuer,omitempty" doc:"Issuer of the agency's OpenID provider, to the letter as the provider writes it. With it people sign in there; see below." default:"there is none"`
	ClientID string   `json:"client_id,omitempty" doc:"What the provider calls this server. Its secret is the credential caseward-oidc; without one it is a public client that PKCE alone protects."`
	Name     string   `json:"name,omitempty" doc:"What people call the provider, for the button on the sign-in page." default:"your organization"`
	CA       string   `json:"ca,omitempty" doc:"File, in PEM, of whoever signed the provider's certificate, if that is an authority of your own." default:"whom the machine trusts"`
	Scopes   []string `json:"scopes,omitempty" doc:"What is asked for besides openid." default:"email, profile"`
	ACR      []string `json:"acr,omitempty" doc:"Values of acr that mean two factors; they are asked for. Without acr and amr the provider's word counts for one factor, and a one-time code of Caseward's own is asked for besides." default:"none"`
	AMR      []string `json:"amr,omitempty" doc:"Values of amr any of which means two factors, as mfa." default:"none"`

	MaxAge int `json:"max_age_hours,omitempty" doc:"Hours after which somebody who signed in at the provider signs in there anew, from 1 to 24: it is asked for that, and a session here ends then. If it is given, nobody comes in of whom the provider does not say when (auth_time)." default:"12, of whom the provider says when"`

	RoleClaim string            `json:"role_claim,omitempty" doc:"Claim of the ID token that roles are read from, as groups, or realm_access.roles with dots as the way down." default:"groups"`
	Roles     map[string]string `json:"roles,omitempty" doc:"What values of that claim mean: a value, and the role here, as case_manager. With any, nobody signs in whose role on record the provider does not confirm." default:"the provider says nothing about roles"`
	Decides   bool              `json:"provider_decides_roles,omitempty" doc:"Whether the one role that the provider gives replaces the role on record at each sign-in." default:"false"`

	Only       bool     `json:"only,omitempty" doc:"Whether passwords, passkeys and recovery codes of Caseward's own are switched off for everybody but the accounts of break_glass." default:"false"`
	BreakGlass []string `json:"break_glass,omitempty" doc:"Mail addresses of the accounts that come in when the provider is down. Each sign-in of theirs is marked in the log, and the privacy and security officers are told." default:"none"`
}

// On reports whether there is a provider.
func (o OIDC) On() bool { return o.Issuer != "" }

// roleNames are the roles that a provider can confirm or give.
var roleNames = []string{"intake", "case_manager", "supervisor", "program_manager", "privacy_officer", "security_officer", "administrator", "auditor"}

func (c Config) checkOIDC() error {
	wrong := func(key, why string) error { return fault.Invalidf("config.check", "%s: %s", key, why) }
	o := c.OIDC
	if !o.On() {
		if o.ClientID != "" || o.Only || o.Decides || o.MaxAge != 0 || len(o.Roles) > 0 || len(o.BreakGlass) > 0 {
			return wrong("oidc.issuer", "give the provider that the other settings of oidc are about")
		}
		return nil
	}
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil, u.Host == "", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return wrong("oidc.issuer", "it is not an issuer, as https://login.example.org")
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return wrong("oidc.issuer", "it must begin with https://")
	case o.MaxAge < 0 || o.MaxAge > 24:
		return wrong("oidc.max_age_hours", "it is not from 1 to 24")
	case o.ClientID == "":
		return wrong("oidc.client_id", "give what the provider calls this server")
	case o.Only && len(o.BreakGlass) == 0:
		return wrong("oidc.break_glass", "name an account that comes in when the provider is down")
	case o.Only && len(o.ACR) == 0 && len(o.AMR) == 0:
		return wrong("oidc.acr, oidc.amr", "say what means two factors: without it everybody needs a one-time code of Caseward's own, which oidc.only switches off")
	case o.Decides && len(o.Roles) == 0:
		return wrong("oidc.roles", "say which roles the provider can give")
	}
	for _, r := range o.Roles {
		if !slices.Contains(roleNames, r) {
			return wrong("oidc.roles", "a role is one of "+strings.Join(roleNames, ", "))
		}
	}
	for _, m := range o.BreakGlass {
		if !strings.Contains(m, "@") {
			return wrong("oidc.break_glass", "give mail addresses")
		}
	}
	return nil
}

// oidcDoc is the section of docs/config.md about the identity provider.
const oidcDoc = `
## The identity provider

At the provider, register a web application with the authorization code flow and:

| Setting there | Value |
| --- | --- |
| Redirect URI | ` + "`<origin>/signin/provider/back`" + ` |
| Redirect URI after signing out | ` + "`<origin>/signin`" + ` |
| Back-channel logout URI, where the provider has that | ` + "`<origin>/signin/provider/logout`" + `; the session's id (` + "`sid`" + `) may be left out |
| Token signature | RS256, PS256, ES256, EdDSA or a longer one of these; a shared secret is not taken |
| Claims in the ID token, or where it has one its userinfo endpoint | ` + "`email`, `email_verified`" + `; what ` + "`role_claim`" + ` names; ` + "`auth_time`" + ` when ` + "`max_age`" + ` is sent; ` + "`acr`" + ` or ` + "`amr`" + ` |

` + "```json" + `
"oidc": {
  "issuer": "https://login.example.org",
  "client_id": "caseward",
  "name": "Example Login",
  "amr": ["mfa"],
  "role_claim": "groups",
  "roles": {"cw-case-managers": "case_manager", "cw-supervisors": "supervisor"},
  "only": true,
  "break_glass": ["oncall@example.org"]
}
` + "```" + `

What happens at a sign-in, and what to do when the provider is away, is in the
[operator's guide](guides/operator.md#the-identity-provider).
`
