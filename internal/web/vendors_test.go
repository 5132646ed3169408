package web_test

import (
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/web"
)

func TestWhoSeesTheRegisterOfVendors(t *testing.T) {
	h := open(t)
	for name, want := range map[string]int{"pat": 200, "sam": 200, "root": 200, "aud": 200, "ann": 403, "sue": 403, "ivy": 403} {
		code, body := h.as(name).do("GET", "/vendors", nil)
		if code != want {
			t.Errorf("%s: %d, want %d", name, code, want)
		}
		if gaps := strings.Contains(body, "What is not as it should be"); gaps != (want == 200 && name != "root") {
			t.Errorf("%s sees gaps: %v", name, gaps)
		}
	}
}

// dealings are a vendor and what belongs to it.
type dealings struct {
	vendor, landlord                 vendor.ID
	agreement, questionnaire, report string
	ask, tell, sign                  string // secrets of links
}

// dealt makes a landlord that is asked for evidence, with a breach to decide about and one
// to be cured, and a vendor with a draft of an agreement, one sent to be signed, a questionnaire
// that is open and a report.
func (h *house) dealt() dealings {
	h.Helper()
	must := func(err error) {
		h.Helper()
		if err != nil {
			h.Fatal(err)
		}
	}
	vs, pat := h.parts.Vendors, h.Proved(h.staff["pat"].String(), actor.PrivacyOfficer)
	var d dealings
	var err error
	d.vendor, err = vs.Begin(ctx, pat, vendor.Vendor{
		Name: "Harbor Records", Services: "Keeps our backups.", Contact: phi.NewText("Mara Lund, 555-0142"),
		Answers: vendor.Answers{Receives: true, Maintains: true, ForUs: true},
		Volume:  vendor.Many, Classes: []policy.Class{policy.Identity, policy.Note}, Dependency: vendor.Days,
	})
	must(err)
	must(vs.Assess(ctx, pat, d.vendor, 0, nil))
	d.landlord, err = vs.Begin(ctx, pat, vendor.Vendor{Name: "Mill Street Offices", Services: "Lets our offices.", Contact: phi.NewText("Front desk"), Answers: vendor.Answers{ForUs: true}, Dependency: vendor.Weeks})
	must(err)
	must(vs.Assess(ctx, pat, d.landlord, 0, nil))
	must(vs.Start(ctx, pat, d.landlord, 0))
	must(vs.AskEvidence(ctx, pat, d.landlord, 0, "A report of an examiner", h.Clock.Now().Add(240*time.Hour)))
	must(vs.Breached(ctx, pat, d.landlord, 0, "Two doors stood open.")) // to be decided
	must(vs.Breached(ctx, pat, d.landlord, 0, "Three doors stood open."))
	must(vs.DecideBreach(ctx, pat, d.landlord, 0, 1, vendor.ToCure, "New locks.", h.Clock.Now().Add(240*time.Hour)))
	words := vendor.Fill(vendor.StarterAgreement("en"), map[string]string{
		"agency": "Harbor Test Services", "vendor": "Harbor Records", "effective": "November 1, 2026", "purposes": "backup", "classes": "all kinds", "report_hours": "48",
		"subcontractors": "none", "term": "ends with the contract", "privacy_officer": "Pat Worker", "security_officer": "Sam Worker",
	})
	draft := func() vendor.AgreementID {
		id, err := vs.Draft(ctx, pat, d.vendor, vendor.Agreement{Text: words, EPHI: true, Purposes: "Backup", Classes: []policy.Class{policy.Identity, policy.Note}, ReportHours: 48, Effective: h.Clock.Now().Add(-24 * time.Hour)})
		must(err)
		return id
	}
	d.sign, err = vs.Send(ctx, pat, draft(), 0)
	must(err)
	d.agreement = draft().String()
	d.ask, err = vs.Ask(ctx, pat, d.vendor, "en")
	must(err)
	qs, err := vs.Questionnaires(ctx, pat, d.vendor)
	must(err)
	d.questionnaire = qs[0].ID.String()
	first, err := vs.ReportLink(ctx, pat, d.vendor)
	must(err)
	must(vs.Report(ctx, first, vendor.Report{
		HappenedOn: h.Clock.Now().Add(-48 * time.Hour), DiscoveredAt: h.Clock.Now().Add(-24 * time.Hour), What: "A disk was lost.", Kinds: "Names.", Who: "Nobody known.",
		Encrypted: "yes", Done: "Searched.", Advice: "None.", Contact: "Mara Lund, 555-0142", HowMany: "1", By: "Mara Lund",
	}))
	rs, err := vs.Reports(ctx, pat, d.vendor)
	must(err)
	d.report = rs[0].ID.String()
	d.tell, err = vs.ReportLink(ctx, pat, d.vendor)
	must(err)
	return d
}

// mayOpenVendors says who may open each page about vendors, and post to it; everybody else
// is refused.
var mayOpenVendors = map[string]string{
	"GET /vendors":                                      "pat sam moe aud root",
	"GET /vendors/new":                                  "pat sam moe",
	"POST /vendors/new":                                 "pat sam moe",
	"GET /vendors/{id}":                                 "pat sam moe aud",
	"GET /vendors/{id}/edit":                            "pat sam",
	"POST /vendors/{id}/edit":                           "pat sam",
	"POST /vendors/{id}/assess":                         "pat sam",
	"GET /vendors/{id}/agreements/new":                  "pat sam",
	"POST /vendors/{id}/agreements/new":                 "pat sam",
	"GET /vendors/{id}/agreements/{agreement}":          "pat sam moe aud",
	"GET /vendors/{id}/agreements/{agreement}/edit":     "pat sam",
	"POST /vendors/{id}/agreements/{agreement}/edit":    "pat sam",
	"POST /vendors/{id}/agreements/{agreement}/send":    "pat sam",
	"POST /vendors/{id}/agreements/{agreement}/recall":  "pat sam",
	"GET /vendors/{id}/agreements/{agreement}/sign":     "pat sam moe",
	"POST /vendors/{id}/agreements/{agreement}/sign":    "pat sam moe",
	"GET /vendors/{id}/agreements/{agreement}/end":      "pat sam",
	"POST /vendors/{id}/agreements/{agreement}/end":     "pat sam",
	"POST /vendors/{id}/ask":                            "pat sam",
	"GET /vendors/{id}/questionnaires/{questionnaire}":  "pat sam moe aud",
	"POST /vendors/{id}/questionnaires/{questionnaire}": "pat sam",
	"POST /vendors/{id}/report-link":                    "pat sam",
	"GET /vendors/{id}/start":                           "pat sam",
	"POST /vendors/{id}/start":                          "pat sam",
	"GET /vendors/{id}/drop":                            "pat sam",
	"POST /vendors/{id}/drop":                           "pat sam",
	"GET /vendors/{id}/evidence":                        "pat sam",
	"POST /vendors/{id}/evidence":                       "pat sam",
	"GET /vendors/{id}/received/{n}":                    "pat sam",
	"POST /vendors/{id}/received/{n}":                   "pat sam",
	"GET /vendors/{id}/review":                          "pat sam",
	"POST /vendors/{id}/review":                         "pat sam",
	"GET /vendors/{id}/breach":                          "pat sam",
	"POST /vendors/{id}/breach":                         "pat sam",
	"GET /vendors/{id}/decide/{n}":                      "pat sam",
	"POST /vendors/{id}/decide/{n}":                     "pat sam",
	"GET /vendors/{id}/cured/{n}":                       "pat sam",
	"POST /vendors/{id}/cured/{n}":                      "pat sam",
	"GET /vendors/{id}/terminate":                       "pat sam",
	"POST /vendors/{id}/terminate":                      "pat sam",
	"GET /vendors/{id}/close":                           "pat sam",
	"POST /vendors/{id}/close":                          "pat sam",
	"GET /vendors/{id}/reports/{report}":                "pat sam aud",
}

func TestWhoOpensWhichPageAboutVendors(t *testing.T) {
	h := open(t)
	id, err := h.parts.Org.Invite(ctx, h.Operator(), org.Invitation{Given: phi.NewText("Moe"), Family: phi.NewText("Worker"), Mail: phi.NewText("moe@example.org"), Role: actor.ProgramManager, Programs: []string{"recovery"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.parts.Org.Activate(ctx, authn.Service(authn.SignIn), id); err != nil {
		t.Fatal(err)
	}
	h.staff["moe"] = id
	d := h.dealt()
	names := []string{"ivy", "ann", "sue", "root", "aud", "moe", "sam", "pat"} // whoever may most comes last
	at := map[string]*browser{}
	for _, n := range names {
		at[n] = h.as(n)
		at[n].do("POST", "/stepup", url.Values{"csrf": {at[n].csrf}, "next": {"/vendors"}, "demo": {"1"}})
	}
	l := d.landlord.String()
	with := strings.NewReplacer("{id}/received/{n}", l+"/received/0", "{id}/decide/{n}", l+"/decide/0", "{id}/cured/{n}", l+"/cured/1", "{id}", d.vendor.String(), "{agreement}", d.agreement, "{questionnaire}", d.questionnaire, "{report}", d.report)
	seen := 0
	for _, r := range web.Routes(h.parts) {
		method, path, _ := strings.Cut(r.Pattern, " ")
		if !strings.HasPrefix(path, "/vendors") {
			continue
		}
		seen++
		may, ok := mayOpenVendors[r.Pattern]
		if !ok {
			t.Errorf("who may open %s is in no row of mayOpenVendors", r.Pattern)
			continue
		}
		entries := len(h.Entries(t))
		for _, n := range names {
			var form url.Values
			if method == "POST" {
				form = url.Values{"csrf": {at[n].csrf}, "version": {"1"}}
			}
			code, body := at[n].do(method, with.Replace(path), form)
			allowed := strings.Contains(" "+may+" ", " "+n+" ")
			switch {
			// What was typed may be looked at before who typed it, and then nothing is done.
			case !allowed && code != 403 && code != 404 && (method == "GET" || code != 422):
				t.Errorf("%s as %s: %d, not refused", r.Pattern, n, code)
			case allowed && (code == 403 || method == "GET" && code != 200 || code >= 500):
				t.Errorf("%s as %s: %d: %.200s", r.Pattern, n, code, body)
			case allowed:
				continue
			}
			for _, e := range h.Entries(t)[entries:] {
				if e.Action == r.Action && e.Outcome == audit.Allowed {
					t.Errorf("%s as %s: the log says that it was done", r.Pattern, n)
				}
			}
		}
	}
	if seen != len(mayOpenVendors) {
		t.Errorf("%d routes, %d rows", seen, len(mayOpenVendors))
	}
}

func TestALinkIsNotAskedForWithoutEnd(t *testing.T) {
	h := open(t)
	d := h.dealt()
	pat, out := h.as("pat"), h.browser()
	get := func(path string, want int, has string) string {
		t.Helper()
		code, body := out.do("GET", path, nil)
		check(t, path, code, body, want, has)
		return body
	}
	ask, tell := "/by-link/questions/"+d.ask, "/by-link/report/"+d.tell
	for range 60 {
		get(ask, 200, "Harbor Records")
	}
	res, err := out.http.Get(h.server.URL + ask)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	page, _ := io.ReadAll(res.Body)
	if body := string(page); res.StatusCode != 429 || !strings.Contains(body, "asked for too often") || !strings.Contains(body, "the link stays as it is") {
		t.Errorf("the 61st within a minute: %d %.300s", res.StatusCode, page)
	}
	if after := res.Header.Get("Retry-After"); after != "60" {
		t.Errorf("it may be asked again after %q", after)
	}
	get(tell, 200, "Harbor Records") // another link, of the same network
	if code, _ := pat.do("GET", "/vendors", nil); code != 200 {
		t.Errorf("a colleague: %d", code)
	}
	h.Clock.Advance(time.Minute)
	get(ask, 200, "Harbor Records")

	// Somebody guesses: what leads nowhere is answered alike, and soon not at all.
	for i := range 20 {
		switch secret := regexp.MustCompile(`^..`).ReplaceAllString(d.ask, fmt.Sprintf("%02d", i)); i % 4 {
		case 0:
			get("/by-link/questions/"+secret, 404, "This link leads nowhere")
		case 1:
			get("/by-link/report/short", 404, "This link leads nowhere")
		case 2:
			get("/by-link/agreement/"+d.ask, 404, "This link leads nowhere") // of another use
		default:
			get("/by-link/agreement/"+strings.Repeat("!", 500), 404, "This link leads nowhere")
		}
	}
	get("/by-link/questions/"+strings.Repeat("0", 52), 429, "asked for too often")
	get("/by-link/agreement/"+d.ask, 429, "asked for too often")
	get("/by-link/agreement/"+d.sign, 200, "Harbor Records")
	if code, _ := pat.do("GET", "/vendors", nil); code != 200 {
		t.Errorf("a colleague: %d", code)
	}
	h.Clock.Advance(10 * time.Minute)
	get("/by-link/questions/"+strings.Repeat("0", 52), 404, "This link leads nowhere")
}
