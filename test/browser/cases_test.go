package browser_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/internal/web/ui"
	"caseward/test/browser"
)

// clientsOf are the ids of the clients on somebody's caseload.
func (h *house) clientsOf(mail string) []string {
	h.Helper()
	var out []string
	for _, m := range regexp.MustCompile(`class="name" href="/clients/([0-9a-z]{26})"`).FindAllStringSubmatch(h.get(mail, "/caseload?view=all"), -1) {
		out = append(out, m[1])
	}
	return out
}

// free is a client whose case can be offered.
func (h *house) free(mail string, skip int) (client, path string) {
	h.Helper()
	for _, id := range h.clientsOf(mail) {
		if m := regexp.MustCompile(`href="(/clients/` + id + `/case/[0-9a-z]{26})/offer"`).FindStringSubmatch(h.get(mail, "/clients/"+id+"/case")); m != nil {
			if skip--; skip < 0 {
				return id, m[1]
			}
		}
	}
	h.Fatal("nobody's case can be offered")
	return "", ""
}

func TestCases(t *testing.T) {
	h := live(t)
	colleague, _, err := h.app.Directory.ByMail(ctx, malik)
	if err != nil {
		t.Fatal(err)
	}
	me, _, err := h.app.Directory.ByMail(ctx, dana)
	if err != nil {
		t.Fatal(err)
	}
	client, path := h.free(dana, 0)
	t.Run("a case is offered and taken back", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, "/clients/"+client+"/case")
			w.press(t, `a[href$="/offer"]`)
			w.press(t, `form[action$="/offer"] .btn.primary`)
			w.says(t, "Choose a colleague.", "Write what the colleague needs to know first.")
			w.pick(t, "#worker", colleague)
			w.fill(t, "#matters", "The hearing is on Monday.")
			w.press(t, `form[action$="/offer"] .btn.primary`)
			w.says(t, "The case is offered. Your colleague is told; you are told of the answer.")
			w.press(t, `form[action$="/withdraw"] button`)
			w.says(t, "The offer is taken back. Your colleague is told and no longer sees the client.")
		})
	})
	t.Run("an offer is declined with a reason, and another accepted", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			theirs, offered := h.free(malik, 0)
			offer := "/offers/" + offered[strings.LastIndex(offered, "/")+1:]
			make := func() {
				version := h.find(h.get(malik, offered+"/offer"), `name="version" value="(\d+)"`)
				h.post(malik, offered+"/offer", "version", version, "worker", me, "matters", "Recertification is under way.", "until", "2026-11-27")
			}
			make()
			w.goTo(t, "/offers")
			w.press(t, `.act a[href="`+offer+`"]`)
			w.see(t, "Recertification is under way.")
			w.press(t, `form[action$="/decline"] button`)
			w.says(t, "Say why you decline, so that the case finds somebody else.")
			w.fill(t, "#reason", "My caseload is full.")
			w.press(t, `form[action$="/decline"] button`)
			w.says(t, "Declined. The colleague who offered it is told why.")
			w.goTo(t, offer)
			w.says(t, "This offer is over")
			make()
			w.goTo(t, offer)
			w.press(t, `form[action$="/accept"] button`)
			w.says(t, "The case is yours. The colleague who offered it is told.")
			w.at(t, "/clients/"+theirs+"/case")
		})
	})
	t.Run("a filter is saved, used and removed", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, "/caseload?view=all&level=high")
			w.unfold(t, `.kept-filters > summary`)
			w.fill(t, "#filter_name", "High, "+w.name)
			w.press(t, `form[action="/caseload/filters"] button`)
			w.says(t, "Filter saved. It is with your caseload, under saved filters.")
			w.unfold(t, `.kept-filters > summary`)
			w.see(t, "High, "+w.name)
			w.press(t, `.kept-filters a[href*="level=high"]`)
			w.see(t, "High, "+w.name)
			w.unfold(t, `.kept-filters > summary`)
			w.press(t, `.kept-filters li:has(a[href*="level=high"]) form[action$="/remove"] button`)
			w.says(t, "Filter removed.")
		})
	})
	t.Run("cases are moved by a plan that is looked at, and planned back", func(t *testing.T) {
		h.eachWay(t, denise, func(t *testing.T, w hand) {
			w.goTo(t, "/supervision")
			w.press(t, `a[href="/supervision/move"]`)
			w.press(t, `button[value="preview"]`)
			w.says(t, "Choose at least one case.", "Choose who gets the cases.")
			w.goTo(t, "/supervision/move?worker="+me)
			id := h.find(browser.Run(t, w.b, chromedp.Evaluate[string](`document.querySelector('#case').outerHTML`)), `name="case" value="([0-9a-z]{26})"`)
			w.mark(t, "case", id)
			w.mark(t, "to", colleague)
			w.press(t, `button[value="preview"]`)
			w.says(t, "Nothing has changed yet. This is who would get which case.")
			w.press(t, `button[value="move"]`)
			w.says(t, "1 case was moved.")
			w.press(t, `a[href="/supervision/move?back=1"]`)
			w.says(t, "The way back")
		})
	})
	t.Run("what two people change in a case is put together", func(t *testing.T) {
		h.as(t, dana, ui.English)
		h.goTo(t, path+"/edit")
		version := h.find(h.get(leandro, path+"/edit"), `name="version" value="(\d+)"`)
		h.post(leandro, path+"/edit", "version", version, "level", "standard", "next_on", "2026-12-09", "next", "Home visit", "review_on", "2027-01-15", "open_reason", "From the shelter")
		h.write(t, "#open_reason", "Referred by the shelter")
		h.click(t, `form[action$="/edit"] .btn.primary`)
		h.see(t, "saved a change at", "Nothing you wrote is lost and nothing is saved yet.", "From the shelter")
		if got := browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('#next').value + '/' + document.querySelector('#open_reason').value`)); got != "Home visit/Referred by the shelter" {
			t.Error(got)
		}
		h.click(t, `form[action$="/edit"] .btn.primary`)
		h.see(t, "Case saved.")
	})
	h.quiet(t)
}

func TestConferences(t *testing.T) {
	h := live(t)
	client, _ := h.free(dana, 0)
	me, _, err := h.app.Directory.ByMail(ctx, dana)
	if err != nil {
		t.Fatal(err)
	}
	h.eachWay(t, dana, func(t *testing.T, w hand) {
		w.goTo(t, "/clients/"+client+"/conferences")
		w.press(t, `a[href$="/conferences/new"]`)
		w.fill(t, "#on", "2026-11-19")
		w.fill(t, "#agenda", "Housing")
		w.press(t, `form[action$="/conferences/new"] .btn.primary`)
		w.says(t, "The conference is called. Your colleagues are told.")
		w.press(t, `a[href$="/edit"].btn:not(.sm)[href*="/conferences/"]`)
		w.fill(t, "#minutes", "We agreed on one number, "+w.name)
		w.mark(t, "came", me)
		w.fill(t, "#decision-0", "Call the landlord")
		w.fill(t, "#decision_due-0", "2026-12-01")
		w.press(t, `form[action$="/edit"] .btn.primary`)
		w.says(t, "Saved. Whoever called the conference signs the minutes.")
		w.press(t, `form[action$="/sign"] button`)
		w.says(t, "The minutes are signed. Whoever has something to do is told.")
		w.press(t, `form[action$="/follow"] button`)
		w.says(t, "The decision is done.")
		w.fill(t, "#text", "The landlord called back.")
		w.press(t, `form[action$="/addenda"] .btn.primary`)
		w.says(t, "Addendum added.")
	})
	h.quiet(t)
}

func TestCasesPages(t *testing.T) {
	h := live(t)
	client, path := h.free(dana, 0)
	chart := "/clients/" + client
	offer := h.find(h.get(dana, "/offers"), `href="(/offers/[0-9a-z]{26})"`)
	held, conferring := "", ""
	for _, id := range h.clientsOf(dana) {
		if m := regexp.MustCompile(`class="name" href="(/clients/`+id+`/conferences/[0-9a-z]{26})"`).FindAllStringSubmatch(h.get(dana, "/clients/"+id+"/conferences"), -1); m != nil {
			held, conferring = m[len(m)-1][1], "/clients/"+id+"/conferences"
		}
	}
	me, _, _ := h.app.Directory.ByMail(ctx, dana)
	colleague, _, _ := h.app.Directory.ByMail(ctx, malik)
	kase := h.find(h.get(denise, "/supervision/move?worker="+me), `name="case" value="([0-9a-z]{26})"`)
	for _, p := range []struct {
		name, who, path string
		post            []string
	}{
		{"caseload-filters", dana, "/caseload/filters", []string{"view", "all", "filter_name", ""}},
		{"caseload-eligibility", denise, "/caseload?view=eligibility", nil},
		{"offers", dana, "/offers", nil},
		{"offers-none", anders, "/offers", nil},
		{"offer", dana, offer, nil},
		{"offer-errors", dana, offer + "/decline", []string{"reason", ""}},
		{"offer-over", anders, offer, nil},
		{"case-tab", dana, chart + "/case", nil},
		{"case-offer", dana, path + "/offer", nil},
		{"case-edit", dana, path + "/edit", nil},
		{"case-renew", dana, path + "/renew", nil},
		{"case-close-checks", dana, path + "/close", nil},
		{"supervision", denise, "/supervision", nil},
		{"supervision-manager", leandro, "/supervision", nil},
		{"balance", denise, "/supervision/balance", nil},
		{"move", denise, "/supervision/move?worker=" + me, nil},
		{"move-preview", denise, "/supervision/move", []string{"case", kase, "to", colleague, "do", "preview"}},
		{"conferences", dana, conferring, nil},
		{"conference", dana, held, nil},
		{"conference-new", dana, chart + "/conferences/new", nil},
		{"conferences-none", dana, chart + "/conferences", nil},
	} {
		if !strings.Contains(p.name, only) {
			continue
		}
		h.be(t, p.who)
		t.Run(p.name, func(t *testing.T) {
			h.b.Look(t, browser.Desk)
			h.b.Complaints()
			h.open(t, p.path, p.post)
			looks(t, h.b, p.name, browser.Desk, browser.Dark, browser.Phone)
			for _, c := range h.b.Complaints() {
				if !strings.Contains(c, "Failed to load resource: the server responded with a status of 4") {
					t.Error(c)
				}
			}
			if strings.Contains(h.words(t), "%!") {
				t.Error("a text and its values do not fit")
			}
		})
	}
}
