package vendor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// filled is the starter text with its blanks filled.
func filled(lang string) string {
	values := map[string]string{}
	for _, b := range vendor.Blanks(vendor.StarterAgreement(lang)) {
		values[strings.Trim(b, "{}")] = "as agreed"
	}
	return vendor.Fill(vendor.StarterAgreement(lang), values)
}

// baa is an agreement for a year from a day after the world's beginning.
func baa() vendor.Agreement {
	from := recordtest.Start.Add(day)
	return vendor.Agreement{
		Text: filled("en"), EPHI: true, Purposes: "Keeping backups.", Classes: []policy.Class{policy.Identity, policy.Note},
		ReportHours: 48, Effective: from, Expiry: from.AddDate(1, 0, 0),
	}
}

func (h *house) agreement(id vendor.AgreementID) vendor.OpenedAgreement {
	h.Helper()
	o, err := h.vs.Agreement(ctx, h.officer(), id)
	h.ok(err)
	return o
}

// offered is an agreement with a vendor that waits to be signed.
func (h *house) offered(v vendor.ID, a vendor.Agreement) (vendor.AgreementID, string) {
	h.Helper()
	id, err := h.vs.Draft(ctx, h.officer(), v, a)
	h.ok(err)
	secret, err := h.vs.Send(ctx, h.officer(), id, 1)
	h.ok(err)
	return id, secret
}

var (
	mara = vendor.Signature{Name: "Mara Lund", Title: "Director"}
	sol  = vendor.Signature{Name: "Sol Reyes", Title: "Security Officer"}
)

// bound is a vendor and an agreement that both signed.
func (h *house) bound(v vendor.ID, a vendor.Agreement) vendor.AgreementID {
	h.Helper()
	id, secret := h.offered(v, a)
	hash := h.agreement(id).Value.Hash()
	h.ok(h.vs.Countersign(ctx, secret, hash, mara, true))
	h.ok(h.vs.Sign(ctx, h.other(), id, hash, sol, true))
	return id
}

func (h *house) stands(v vendor.ID, at time.Time) vendor.Standing {
	h.Helper()
	s, err := h.vs.InForce(ctx, h.officer(), v, at)
	h.ok(err)
	return s
}

func TestSharingASecondBeforeTheAgreementTakesEffectIsNotCovered(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.assessed(host())
		names := policy.Set(policy.Identity)
		a := baa()
		id := h.bound(v, a)
		h.ok(h.vs.Start(ctx, h.officer(), v, 0))
		covers := func(at time.Time, c policy.ClassSet) bool { return h.stands(v, at).Covers(c) }
		if covers(a.Effective.Add(-time.Second), names) || !covers(a.Effective, names) {
			t.Error("it does not begin when it takes effect")
		}
		if !covers(a.Expiry.Add(-time.Microsecond), names) || covers(a.Expiry, names) {
			t.Error("it does not end when it expires")
		}
		if covers(a.Effective, names|policy.Set(policy.SUD)) || covers(a.Effective, 0) {
			t.Error("it covers what it does not name")
		}
		if s := h.stands(v, a.Effective); s.Agreement != id.String() {
			t.Errorf("it rests on %q", s.Agreement)
		}
		// What ends is closed, and what held before is still known.
		w.Clock.Advance(30 * day)
		ended := w.Clock.Now()
		h.ok(h.vs.EndAgreement(ctx, h.officer(), id, 0, "the service is not needed"))
		if covers(ended, names) || !covers(ended.Add(-time.Microsecond), names) {
			t.Error("it does not end when it is ended")
		}
		if o := h.agreement(id); o.Value.At(ended, time.Time{}) != vendor.Ended {
			t.Errorf("it is %s", o.Value.At(ended, time.Time{}))
		}
	})
}

func TestBothSignTheSameTextAndNobodyWhatTheyAloneWrote(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.assessed(host())
		w.Clock.Advance(3 * day) // the agreement was to begin before anybody signed
		id, secret := h.offered(v, baa())
		hash := h.agreement(id).Value.Hash()
		if err := h.vs.Sign(ctx, h.officer(), id, hash, sol, true); !fault.Is(err, fault.Denied) {
			t.Errorf("who alone wrote it signs: %v", err)
		}
		if err := h.vs.Sign(ctx, h.As("sol", actor.SecurityOfficer), id, hash, sol, true); !fault.Is(err, fault.Denied) {
			t.Errorf("signed without fresh proof: %v", err)
		}
		if err := h.vs.Sign(ctx, h.other(), id, strings.Repeat("0", 64), sol, true); !fault.Is(err, fault.Conflict) {
			t.Errorf("something else is signed: %v", err)
		}
		h.ok(h.vs.Sign(ctx, h.Proved("moe", actor.ProgramManager), id, hash, vendor.Signature{Name: "Moe Hart", Title: "Manager"}, true))
		if h.agreement(id).Value.Stage != vendor.Sent || h.stands(v, w.Clock.Now()).Bound {
			t.Error("one signature is enough")
		}
		if err := h.vs.Sign(ctx, h.other(), id, hash, sol, true); !fault.Is(err, fault.Conflict) {
			t.Errorf("signed twice for the agency: %v", err)
		}
		o, err := h.vs.Offer(ctx, secret)
		if err != nil || o.Vendor != "Harbor Records" || o.Hash() != hash {
			t.Fatalf("the vendor sees %+v, %v", o, err)
		}
		for field, err := range map[string]error{
			"name":    h.vs.Countersign(ctx, secret, hash, vendor.Signature{Title: "Director"}, true),
			"title":   h.vs.Countersign(ctx, secret, hash, vendor.Signature{Name: "Mara"}, true),
			"consent": h.vs.Countersign(ctx, secret, hash, mara, false),
		} {
			if !wrong(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if err := h.vs.Countersign(ctx, secret, strings.Repeat("0", 64), mara, true); !fault.Is(err, fault.Conflict) {
			t.Errorf("the vendor signs something else: %v", err)
		}
		w.Clock.Advance(time.Hour)
		h.ok(h.vs.Countersign(ctx, secret, hash, mara, true))
		a := h.agreement(id).Value
		if a.Stage != vendor.Signed || a.Theirs.Name != "Mara Lund" || a.Ours.Worker != "moe" || !a.From.Equal(w.Clock.Now()) {
			t.Errorf("it is %+v", a)
		}
		if h.stands(v, w.Clock.Now().Add(-time.Microsecond)).Bound {
			t.Error("it binds before both signed")
		}
		if !slices.ContainsFunc(h.Entries(t), func(e audit.Logged) bool {
			return e.Action == "agreement.countersign" && e.Outcome == audit.Allowed && e.Detail["link"] != "" && e.Detail["link"] != secret
		}) {
			t.Error("no entry says by which link it was signed")
		}
	})
}

func TestALinkIsGoodForOneThingOnceAndNotForLong(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.assessed(host())
		id, secret := h.offered(v, baa())
		hash := h.agreement(id).Value.Hash()
		gone := func(name, secret string) {
			t.Helper()
			if _, err := h.vs.Offer(ctx, secret); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
			if err := h.vs.Countersign(ctx, secret, hash, mara, true); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s signs: %v", name, err)
			}
		}
		gone("a secret that is nobody's", strings.Repeat("0", len(secret)))
		gone("something else", "x")
		// Taken back, it leads nowhere and its signatures are void.
		h.ok(h.vs.Sign(ctx, h.other(), id, hash, sol, true))
		h.ok(h.vs.Recall(ctx, h.officer(), id, 0))
		gone("a link that was taken back", secret)
		if a := h.agreement(id).Value; a.Stage != vendor.Draft || !a.Ours.At.IsZero() {
			t.Errorf("taken back it is %+v", a)
		}
		secret, err := h.vs.Send(ctx, h.officer(), id, 0)
		h.ok(err)
		h.ok(h.vs.Countersign(ctx, secret, hash, mara, true))
		gone("a link that was used", secret)
		_, late := h.offered(v, baa())
		w.Clock.Advance(14 * day)
		gone("a link that has expired", late)
		// Nobody without a link signs for a vendor, and what is kept holds no secret.
		for _, e := range h.Entries(t) {
			if strings.Contains(e.Action, secret) || slices.Contains(mapValues(e.Detail), secret) {
				t.Error("the log tells the secret")
			}
		}
	})
}

func mapValues(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func TestAnAgreementThatMissesARequiredTermIsNotSigned(t *testing.T) {
	if got := vendor.TermsIn(vendor.StarterAgreement("es")); !slices.Equal(got, vendor.TermsIn(vendor.StarterAgreement("en"))) || len(got) != 17 {
		t.Errorf("the starters say %v", got)
	}
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.assessed(host())
		for _, term := range vendor.Terms() {
			if !term.Required {
				continue
			}
			a := baa()
			a.Text = strings.Replace(a.Text, " ["+term.Code+"]", "", 1)
			if got := a.Missing(); !slices.Equal(got, []string{term.Code}) {
				t.Errorf("without %s it misses %v", term.Code, got)
			}
			// Where nothing is electronic, the law asks for less.
			if a.EPHI = false; (len(a.Missing()) == 0) != term.EPHI {
				t.Errorf("without %s on paper alone it misses %v", term.Code, a.Missing())
			}
		}
		short := baa()
		short.Text = strings.Replace(short.Text, " [BAA-11]", "", 1)
		id, err := h.vs.Draft(ctx, h.officer(), v, short)
		h.ok(err)
		if _, err := h.vs.Send(ctx, h.officer(), id, 1); !wrong(err, "terms") {
			t.Errorf("sent without a term: %v", err)
		}
		short.Text = strings.Replace(baa().Text, "9.4 Return or destruction [BAA-11]", "9.4 Return or destruction [BAA-11]\n\n### And then", 1)
		h.ok(h.vs.Redraft(ctx, h.officer(), id, 1, short))
		if _, err := h.vs.Send(ctx, h.officer(), id, 2); !wrong(err, "terms") {
			t.Errorf("sent with an empty term: %v", err)
		}
		short.Text = vendor.StarterAgreement("en")
		h.ok(h.vs.Redraft(ctx, h.officer(), id, 2, short))
		if _, err := h.vs.Send(ctx, h.officer(), id, 3); !wrong(err, "text") {
			t.Errorf("sent with blanks: %v", err)
		}
		// A paper is confirmed by somebody else, and only with every term found in it.
		paper := baa()
		paper.Paper = vendor.Paper{Place: "Cabinet 2", SignedFor: "Mara Lund, Director", SignedOn: recordtest.Start.AddDate(0, 0, -10)}
		paper.Effective = recordtest.Start.AddDate(0, 0, -20)
		for _, term := range vendor.Terms() {
			if term.Required && term.Code != "BAA-01" {
				paper.Ticked = append(paper.Ticked, term.Code)
			}
		}
		pid, err := h.vs.Draft(ctx, h.officer(), v, paper)
		h.ok(err)
		if err := h.vs.Sign(ctx, h.other(), pid, h.agreement(pid).Value.Hash(), sol, true); !wrong(err, "terms") {
			t.Errorf("a paper without a term: %v", err)
		}
		paper.Ticked = append(paper.Ticked, "BAA-01")
		h.ok(h.vs.Redraft(ctx, h.officer(), pid, 0, paper))
		h.ok(h.vs.Sign(ctx, h.other(), pid, h.agreement(pid).Value.Hash(), sol, true))
		if s := h.stands(v, paper.Paper.SignedOn); !s.Bound || h.stands(v, paper.Paper.SignedOn.Add(-time.Second)).Bound {
			t.Errorf("a paper binds %+v", s)
		}
	})
}

func TestALaterAgreementGoverns(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.assessed(host())
		first := h.bound(v, baa())
		later := baa()
		later.Effective, later.Classes = baa().Effective.AddDate(0, 1, 0), []policy.Class{policy.Identity}
		second := h.bound(v, later)
		if s := h.stands(v, later.Effective.Add(-time.Second)); s.Agreement != first.String() || s.Scope != policy.Set(policy.Identity, policy.Note) {
			t.Errorf("before: %+v", s)
		}
		if s := h.stands(v, later.Effective); s.Agreement != second.String() || s.Scope != policy.Set(policy.Identity) {
			t.Errorf("after: %+v", s)
		}
		all, err := h.vs.Agreements(ctx, h.officer(), v)
		h.ok(err)
		stage := func(id vendor.AgreementID, at time.Time) vendor.Stage {
			o := h.agreement(id)
			return o.Value.At(at, vendor.Later(all, o))
		}
		if stage(first, later.Effective) != vendor.Superseded || stage(second, later.Effective) != vendor.Signed || stage(second, later.Effective.Add(-time.Second)) != vendor.Coming {
			t.Errorf("they are %s and %s", stage(first, later.Effective), stage(second, later.Effective))
		}
		// Ended before it began, a later one changes nothing.
		h.ok(h.vs.EndAgreement(ctx, h.officer(), second, 0, "signed by mistake"))
		if s := h.stands(v, later.Effective); s.Agreement != first.String() {
			t.Errorf("after the later one was ended: %+v", s)
		}
		third := h.bound(v, later)
		w.Clock.Advance(40 * day)
		h.ok(h.vs.EndAgreement(ctx, h.officer(), third, 0, "the vendor was sold"))
		if s := h.stands(v, w.Clock.Now()); s.Bound {
			t.Errorf("what was superseded came back: %+v", s)
		}
	})
}

func TestStagesFollowFromDates(t *testing.T) {
	a := baa()
	a.Stage, a.From = vendor.Signed, a.Effective
	for at, want := range map[time.Time]vendor.Stage{
		a.Effective.Add(-1):                     vendor.Coming,
		a.Effective:                             vendor.Signed,
		a.Expiry.Add(-60 * day):                 vendor.Expiring,
		a.Expiry.Add(-60*day - time.Nanosecond): vendor.Signed,
		a.Expiry:                                vendor.Expired,
	} {
		if got := a.At(at, time.Time{}); got != want {
			t.Errorf("at %v it is %s, want %s", at, got, want)
		}
	}
	found := recordtest.Start
	if by := a.ReportBy(found); !by.Equal(found.Add(48 * time.Hour)) {
		t.Errorf("48 hours are until %v", by)
	}
	for _, hours := range []int{0, 24 * 61, 1 << 40} {
		if a.ReportHours = hours; !a.ReportBy(found).Equal(found.AddDate(0, 0, 60)) {
			t.Errorf("%d hours are until %v", hours, a.ReportBy(found))
		}
	}
}

func TestWhoeverMayNotKeepsNoAgreement(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		v := h.assessed(host())
		id := h.bound(v, baa())
		for name, who := range map[string]actor.Actor{"a program manager": h.Proved("moe", actor.ProgramManager), "an administrator": h.Proved("ada", actor.Administrator), "a case manager": h.Proved("cleo", actor.CaseManager)} {
			if _, err := h.vs.Draft(ctx, who, v, baa()); err == nil || fault.Is(err, fault.Invalid) {
				t.Errorf("%s drafts: %v", name, err)
			}
			if err := h.vs.EndAgreement(ctx, who, id, 0, "no"); err == nil || fault.Is(err, fault.Invalid) {
				t.Errorf("%s ends: %v", name, err)
			}
		}
		if rows, err := h.vs.Agreements(ctx, h.As("ole", actor.Auditor), v); err != nil || len(rows) != 1 {
			t.Errorf("an auditor sees %d, %v", len(rows), err)
		}
		if _, err := h.vs.Agreement(ctx, h.As("cleo", actor.CaseManager), id); !fault.Is(err, fault.Denied) {
			t.Errorf("a case manager opens one: %v", err)
		}
		if _, err := h.vs.Draft(ctx, h.officer(), record.FreshID[vendor.Vendor](w.Clock.Now()), baa()); !fault.Is(err, fault.NotFound) {
			t.Errorf("with a vendor that is not there: %v", err)
		}
	})
}
