package browser_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/paper/papertest"
	"caseward/test/browser"
)

// look at the pages of reports, exports, print, timeline, clinical and search.
func TestReportsPages(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	chart := "/clients/" + id
	for _, m := range []string{dana, denise} {
		h.prove(m)
	}
	// The questions that stand before these are answered; how they look is a story.
	h.post(denise, "/reports/caseload/export", "what", "clients")
	h.post(dana, chart+"/print", "do", "page")
	for _, x := range []struct {
		name, who, path string
		post            []string
	}{
		{"reports", denise, "/reports", nil},
		{"report-caseload", denise, "/reports/caseload", nil},
		{"report-contacts", denise, "/reports/contacts", nil},
		{"report-outcomes", leandro, "/reports/outcomes", []string{"by", "reason", "from", "2025-11-01", "until", "2026-11-19"}},
		{"report-overdue", denise, "/reports/overdue", nil},
		{"report-wrong", denise, "/reports/contacts", []string{"by", "type", "from", "2026-11-01", "until", "2026-10-01"}},
		{"export", denise, "/reports/caseload/export", nil},
		{"export-wrong", denise, "/reports/caseload/export", []string{"what", "clients"}},
		{"export-link", denise, "/reports/caseload/export", []string{"what", "clients", "format", "csv", "reason", "supervision", "words", "For the team meeting on Monday."}},
		{"exports", marguerit, "/exports", nil},
		{"timeline", dana, chart + "/notes", nil},
		{"clinical-hand", dana, chart + "/clinical", nil},
		{"clinical-new", dana, chart + "/clinical/new?sort=allergy", nil},
		{"print", dana, chart + "/print", nil},
		{"print-preview", dana, chart + "/print", []string{"part", "identity", "part", "contacts", "part", "cases", "part", "plan", "part", "clinical", "part", "notes", "part", "documents", "do", "page"}},
		{"search-chart", dana, chart + "/find", []string{"q", "the"}},
		{"find-all", dana, "/find", []string{"q", "rep"}},
	} {
		if !strings.Contains(x.name, only) {
			continue
		}
		t.Run(x.name, func(t *testing.T) {
			h.be(t, x.who)
			h.b.Look(t, browser.Desk)
			h.open(t, x.path, x.post)
			looks(t, h.b, x.name, browser.Desk, browser.Dark, browser.Phone)
			if strings.Contains(h.words(t), "%!") {
				t.Error("a text and its values do not fit")
			}
		})
	}
}

func TestReportsJobs(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	chart := "/clients/" + id
	h.eachWay(t, denise, func(t *testing.T, w hand) {
		t.Run("runs a report for a period", func(t *testing.T) {
			w.goTo(t, "/reports")
			w.press(t, `a[href="/reports/contacts"]`)
			w.fill(t, "#from", "2026-09-01")
			w.fill(t, "#until", "2026-09-30")
			w.press(t, `form[action="/reports/contacts"] button.primary`)
			w.says(t, "Total", "Minutes")
		})
		t.Run("asks for a file, says why and gets a link", func(t *testing.T) {
			h.prove(denise)
			w.goTo(t, "/reports/caseload/export")
			w.says(t, "What leaves")
			w.mark(t, "what", "clients")
			w.mark(t, "format", "csv")
			w.pick(t, "#reason", "supervision")
			w.press(t, `form[action="/reports/caseload/export"] button.primary`)
			w.answers(t)
			w.says(t, "Say in a sentence what the file is for.")
			w.fill(t, "#words", "For the team meeting, "+w.name)
			w.press(t, `form[action="/reports/caseload/export"] button.primary`)
			w.says(t, "Save the file")
		})
		t.Run("sees what they exported", func(t *testing.T) {
			w.goTo(t, "/exports")
			w.see(t, "For the team meeting, "+w.name)
		})
	})
	h.eachWay(t, dana, func(t *testing.T, w hand) {
		t.Run("narrows the timeline", func(t *testing.T) {
			w.goTo(t, chart+"/notes")
			w.press(t, `a[href="`+chart+`/notes?kind=case"]`)
			w.see(t, strings.TrimSuffix(map[bool]string{true: "Caso abierto:", false: "Case opened:"}[w.lang == "es"], ":"))
		})
		t.Run("writes an allergy down", func(t *testing.T) {
			w.goTo(t, chart+"/clinical")
			w.press(t, `a[href="`+chart+`/clinical/new?sort=allergy"]`)
			w.fill(t, "#display", "Latex "+w.name)
			w.mark(t, "told", "provider")
			w.press(t, `#item button.primary`)
			w.says(t, "Written down, with who said so.")
			w.see(t, "Latex "+w.name)
		})
		t.Run("looks for it within the chart", func(t *testing.T) {
			w.goTo(t, chart+"/find")
			w.fill(t, "#q", "LATEX "+w.name)
			w.press(t, `form[action="`+chart+`/find"] button.primary`)
			w.see(t, "Latex "+w.name)
		})
		t.Run("prints the chart", func(t *testing.T) {
			w.goTo(t, chart+"/print")
			w.mark(t, "part", "clinical")
			w.press(t, `button[value="page"]`)
			w.answers(t)
			w.says(t, "This is what it holds")
			w.see(t, "Latex "+w.name)
		})
		t.Run("finds a page by a word", func(t *testing.T) {
			w.goTo(t, "/find")
			w.fill(t, "#q", map[bool]string{true: "informes", false: "reports"}[w.lang == "es"])
			w.press(t, `section form[action="/find"] button.primary`)
			w.see(t, map[bool]string{true: "Informes", false: "Reports"}[w.lang == "es"])
		})
	})
	h.quiet(t)
}

// answers answers the question that stands before what was pressed, where it is this
// person's turn, and goes on.
func (w hand) answers(t *testing.T) {
	t.Helper()
	if !w.is(t, `document.querySelector('[name="prompt_asked"]') !== null`) {
		return
	}
	w.says(t, "One short question before you go on. What you chose and typed is kept, and is done as soon as you have answered, right or wrong.")
	w.mark(t, "answer", "1")
	w.press(t, `main form .btn.primary`)
	w.says(t, "You chose this")
	w.press(t, `main form .btn.primary`)
}

// TestExportLink follows the link of an export as a program would.
func TestExportLink(t *testing.T) {
	h := live(t)
	h.prove(denise)
	ask := func(format string) string {
		page := h.post(denise, "/reports/caseload/export", "what", "clients", "format", format, "reason", "supervision", "words", "For the team meeting on Monday.")
		return h.find(page, `action="(/exports/[0-9a-z]{26})"`) + "?" + h.find(page, `name="secret" value="([A-Za-z0-9_-]+)"`)
	}
	get := func(who, link string) (*http.Response, string) {
		path, secret, _ := strings.Cut(link, "?")
		res, err := h.client(who).PostForm(h.url+path, url.Values{"csrf": {h.find(h.get(who, "/account/sessions"), `name="csrf" value="([^"]+)"`)}, "secret": {secret}})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(b)
	}
	// A client's number in a row of its own. A page's tokens are random and may hold
	// anything shorter.
	client := regexp.MustCompile(`(?m)^"?C-\d+"?,|,"?C-\d+"?,`)
	t.Run("saves one file once, and then says why not", func(t *testing.T) {
		link := ask("csv")
		if res, body := get(anders, link); res.StatusCode != 403 || client.MatchString(body) {
			t.Error("a colleague:", res.StatusCode)
		}
		// Looking at the address spends nothing.
		if path, _, _ := strings.Cut(link, "?"); client.MatchString(h.get(denise, path)) {
			t.Error("a file for who only looks")
		}
		res, body := get(denise, link)
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Content-Disposition"), "attachment") || !client.MatchString(body) || res.Header.Get("Cache-Control") != "no-store" {
			t.Fatal(res.StatusCode, res.Header, body[:min(300, len(body))])
		}
		if res, body := get(denise, link); res.StatusCode != 410 || !strings.Contains(body, "It was used already") || !strings.Contains(body, `href="/reports/caseload/export?by=worker"`) {
			t.Error(res.StatusCode)
		}
	})
	t.Run("a workbook and a PDF hold the same clients, and the PDF says whose it is on every page", func(t *testing.T) {
		if _, body := get(denise, ask("xlsx")); !strings.HasPrefix(body, "PK") {
			t.Error("no workbook")
		}
		_, body := get(denise, ask("pdf"))
		for i, page := range papertest.Text(t, []byte(body)) {
			if !strings.Contains(page, "Confidential.") || !strings.Contains(page, "Denise Whitcombe") || !strings.Contains(page, "For the team meeting on Monday.") {
				t.Error("page", i+1)
			}
		}
	})
	t.Run("ends after fifteen minutes", func(t *testing.T) {
		link := ask("csv")
		h.clock.Advance(14 * time.Minute)
		h.get(denise, "/exports") // somebody is there
		h.clock.Advance(2 * time.Minute)
		if res, body := get(denise, link); res.StatusCode != 410 || !strings.Contains(body, "It has ended") {
			t.Error(res.StatusCode)
		}
	})
	t.Run("a chart as PDF is signed, numbered and the same each time", func(t *testing.T) {
		id, _ := h.mine()
		form := []string{"part", "identity", "part", "cases", "part", "notes", "from", "2026-10-01", "until", "2026-11-19", "do", "pdf"}
		a, b := h.post(dana, "/clients/"+id+"/print", form...), h.post(dana, "/clients/"+id+"/print", form...)
		if a != b {
			t.Error("it is not the same")
		}
		text := papertest.Text(t, []byte(a))
		all := strings.Join(text, "\n")
		if !strings.Contains(all, "Signed by Dana Reyes") || !strings.Contains(text[len(text)-1], "Printed by Dana Reyes") {
			t.Error(len(text))
		}
	})
}

// TestClinicalTogether has two people change one item at once.
func TestClinicalTogether(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	chart := "/clients/" + id
	h.post(dana, chart+"/clinical/new", "sort", "medication", "display", "Ibuprofen", "detail", "200 mg", "told", "client")
	path := h.find(h.get(dana, chart+"/clinical"), `href="(`+chart+`/clinical/[0-9a-z]{26})"`)
	h.b.Look(t, browser.Desk)
	h.as(t, dana, "en")
	h.goTo(t, path)
	// The same, in another window, saves first.
	version := h.find(h.get(dana, path), `name="version" value="(\d+)"`)
	h.post(dana, path, "version", version, "sort", "medication", "display", "Ibuprofen", "detail", "400 mg", "told", "client")
	w := hand{h, ways[0]}
	w.fill(t, "#display", "Ibuprofen, as needed")
	w.press(t, "#item button.primary")
	w.see(t, "Nothing you wrote is lost")
	w.press(t, "#item button.primary")
	w.see(t, "Ibuprofen, as needed")
	w.see(t, "400 mg")
	h.quiet(t)
}
