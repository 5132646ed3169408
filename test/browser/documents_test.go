package browser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/internal/web/ui"
	"caseward/test/browser"
)

// attach chooses files for the field that takes them, as a file picker does.
func (w hand) attach(t *testing.T, paths ...string) {
	t.Helper()
	w.b.Do(t, chromedp.SetUploadFiles(chromedp.CSS("#file"), paths))
}

// written makes a file to add.
func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// lockedPDF is a PDF that has a password.
const lockedPDF = "%PDF-1.7\ntrailer <</Encrypt 5 0 R>>"

var documentPath = regexp.MustCompile(`^/clients/[0-9a-z]{26}/documents/[0-9a-z]{26}$`)

func TestDocuments(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	list := "/clients/" + id + "/documents"
	h.eachWay(t, dana, func(t *testing.T, w hand) {
		w.goTo(t, list)
		w.press(t, `a[href$="/documents/new"]`)
		// What is wrong is said, and what was typed is kept.
		w.fill(t, "#title", "Lease, "+w.name)
		w.press(t, `main form[enctype] .formfoot button`)
		w.says(t, "Choose what kind of document it is.")
		if got := browser.Run(t, w.b, chromedp.Evaluate[string](`document.querySelector('#title').value`)); got != "Lease, "+w.name {
			t.Errorf("the title is %q", got)
		}
		w.pick(t, "#category", "housing")
		w.fill(t, "#on", "2026-11-03")
		w.attach(t, written(t, "lease.txt", "Quiet hours from ten to seven, "+w.name+"."))
		w.press(t, `main form[enctype] .formfoot button`)
		w.says(t, "The document was added. It was not scanned for viruses.", "Not scanned")
		w.see(t, "Lease, "+w.name, "Quiet hours from ten to seven, "+w.name)
		one := w.here(t)
		if !documentPath.MatchString(one) {
			t.Fatal(one)
		}
		// A newer version, with its reason.
		w.press(t, `a[href$="/version"]`)
		w.fill(t, "#why", "Signed by both")
		w.attach(t, written(t, "lease2.txt", "Signed, "+w.name+"."))
		w.press(t, `main form[enctype] .formfoot button`)
		w.see(t, "Signed, "+w.name, "Signed by both", ui.T(w.lang, "Version %d", 1))
		// Its details.
		w.press(t, `a[href*="/documents/"][href$="/edit"]`)
		w.fill(t, "#title", "Lease signed, "+w.name)
		w.press(t, `form[action$="/edit"] .formfoot button`)
		w.says(t, "The details are saved.")
		w.see(t, "Lease signed, "+w.name)
		// And that it was a mistake.
		w.fill(t, "#why", "Another client’s lease")
		w.press(t, `form[action$="/withdraw"] button`)
		w.says(t, "The document is marked as filed in error.", "Filed in error")
		w.goTo(t, one)
		w.says(t, "There is a newer version.", "Older version")
	})
	t.Run("two people who edit one document lose nothing", func(t *testing.T) {
		h.be(t, dana)
		w := hand{h, ways[0]}
		h.goTo(t, list+"/new")
		w.fill(t, "#title", "Shared letter")
		w.pick(t, "#category", "letter")
		w.fill(t, "#on", "2026-11-03")
		w.attach(t, written(t, "a.txt", "words"))
		w.press(t, `main form[enctype] .formfoot button`)
		doc := h.here(t)
		h.goTo(t, doc+"/edit")
		w.fill(t, "#title", "Mine")
		// The same worker in another window changes the date, and the title too.
		page := h.get(dana, doc+"/edit")
		h.post(dana, doc+"/edit", "version", h.find(page, `name="version" value="(\d+)"`), "title", "Theirs", "category", "letter", "on", "2026-10-01", "case", "")
		w.press(t, `form[action$="/edit"] .formfoot button`)
		h.see(t, "Nothing you wrote is lost and nothing is saved yet.", "Theirs")
		if got := browser.Run(t, w.b, chromedp.Evaluate[string](`document.querySelector('#title').value + ' ' + document.querySelector('#on').value`)); got != "Mine 2026-10-01" {
			t.Error(got)
		}
		w.press(t, `form[action$="/edit"] .formfoot button`)
		h.see(t, "The details are saved.", "Mine")
	})
	t.Run("what has a password is kept closed until the security officer decides", func(t *testing.T) {
		h.be(t, dana)
		w := hand{h, ways[0]}
		h.goTo(t, list+"/new")
		w.fill(t, "#title", "Locked paper")
		w.pick(t, "#category", "income")
		w.fill(t, "#on", "2026-11-03")
		w.attach(t, written(t, "a.pdf", lockedPDF))
		w.press(t, `main form[enctype] .formfoot button`)
		h.see(t, "kept closed", "It has a password, so nobody can look into it.")
		doc := h.here(t)
		h.be(t, tobias)
		h.goTo(t, "/quarantine")
		page := h.words(t)
		if strings.Contains(page, "Locked paper") {
			t.Error("the officer sees what it is called")
		}
		w.press(t, `table a.name`)
		h.see(t, "Prove again that it is you before you decide.")
		w.press(t, `a[href^="/stepup?next="]`)
		if strings.HasPrefix(h.here(t), "/stepup") {
			w.press(t, proceed)
		}
		w.mark(t, "decision", "release")
		w.press(t, `main form[action^="/quarantine/"] button`)
		h.see(t, "Write why, without naming the client.")
		w.fill(t, "#why", "The office that sent it gave the password")
		w.press(t, `main form[action^="/quarantine/"] button`)
		h.see(t, "Your decision is recorded and carried out.")
		h.be(t, dana)
		h.goTo(t, doc)
		h.see(t, "It was in quarantine", "Save a copy")
	})
	for _, p := range []struct{ name, who, path string }{
		{"documents", dana, list}, {"documents-none", dana, list + "?state=received"}, {"document-add", dana, list + "/new"},
		{"quarantine", tobias, "/quarantine"}, {"quarantine-all", tobias, "/quarantine?view=all"},
	} {
		t.Run(p.name, func(t *testing.T) {
			h.be(t, p.who)
			h.open(t, p.path, nil)
			looks(t, h.b, p.name, browser.Desk, browser.Dark, browser.Phone)
		})
	}
	// The papers that the agency has in its charts.
	papers := ""
	for _, m := range regexp.MustCompile(`href="/clients/([0-9a-z]{26})"`).FindAllStringSubmatch(h.get(dana, "/caseload"), -1) {
		if page := h.get(dana, "/clients/"+m[1]+"/documents"); strings.Contains(page, "Photo of the radiator") {
			papers = page
			break
		}
	}
	papers += h.get(dana, list)
	for name, title := range map[string]string{"picture": "Photo of the radiator", "paper": "Lease, signed by both", "quarantined": "Pay slips of October", "withdrawn": "Lease signed, with a mouse"} {
		t.Run("document-"+name, func(t *testing.T) {
			path := h.find(papers, `href="(/clients/[0-9a-z]{26}/documents/[0-9a-z]{26})">`+title)
			h.be(t, dana)
			h.open(t, path, nil)
			looks(t, h.b, "document-"+name, browser.Desk, browser.Dark, browser.Phone)
		})
	}
	h.b.Look(t, browser.Desk)
}
