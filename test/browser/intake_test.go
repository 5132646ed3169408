package browser_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/test/browser"
)

// TestIntakePages looks at the pages of registering, duplicates, households and
// lists.
func TestIntakePages(t *testing.T) {
	h := live(t)
	id := h.find(h.post(paloma, "/find", "q", "Amparo Castellón"), `href="/clients/([0-9a-z]{26})"`)
	chart := "/clients/" + id
	pair := strings.ReplaceAll(h.find(h.get(paloma, "/duplicates"), `href="(/duplicates/compare[^"]+)"`), "&amp;", "&")
	for _, p := range []struct {
		name, who, path string
		post            []string
	}{
		{"intake-look", paloma, "/clients/new", nil},
		{"intake-found", paloma, "/clients/new/search", []string{"given", "Amparo", "family", "Castellon", "birth", "1983-04-09"}},
		{"intake-form", paloma, "/clients/new/form", []string{"given", "Amparo", "family", "Castellon", "birth", "1983-04-09"}},
		{"intake-edit", dana, chart + "/edit", nil},
		{"intake-household", dana, chart + "/household", nil},
		{"intake-household-find", paloma, chart + "/household/find", []string{"who", "Nuria"}},
		{"intake-address", dana, chart + "/household/address", nil},
		{"intake-duplicates", paloma, "/duplicates", nil},
		{"intake-compare", paloma, pair, nil},
		{"intake-import", paloma, "/import", nil},
	} {
		if !strings.Contains(p.name, only) {
			continue
		}
		h.be(t, p.who)
		t.Run(p.name, func(t *testing.T) {
			h.b.Look(t, browser.Desk)
			h.open(t, p.path, p.post)
			looks(t, h.b, p.name, browser.Desk, browser.Dark, browser.Phone)
			if strings.Contains(h.words(t), "%!") {
				t.Error("a text and its values do not fit")
			}
		})
	}
	h.quiet(t)
}

// TestRegistering does the jobs of intake in every way.
func TestRegistering(t *testing.T) {
	h := live(t)
	worker, _, err := h.app.Directory.ByMail(ctx, dana)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	h.eachWay(t, paloma, func(t *testing.T, w hand) {
		n++
		family := []string{"", "Abelgrove", "Bartholdi", "Czarnecki", "Dunmorrow"}[n]
		w.goTo(t, "/clients/new")
		w.fill(t, "#given", "Wilhelmina")
		w.fill(t, "#family", family)
		w.fill(t, "#birth", []string{"", "1971-02-03", "1982-05-06", "1993-08-09", "1964-11-12"}[n])
		w.press(t, `#search button.btn`)
		w.says(t, "Nobody you may know of is like this")
		w.press(t, `form[action="/clients/new/form"] button.primary`)
		if got := browser.Run(t, w.b, chromedp.Evaluate[string](`document.querySelector('#family').value`)); got != family {
			t.Fatal(got)
		}
		w.pick(t, "#program", "housing")
		w.pick(t, "#worker", worker)
		w.press(t, `button[value="save"]`)
		w.says(t, "Client registered, case opened. The worker was told and can open the chart now.")
		w.see(t, family)
	})
	t.Run("whoever may be here already is shown before and at saving", func(t *testing.T) {
		h.as(t, paloma, "en")
		h.goTo(t, "/clients/new")
		h.write(t, "#given", "Wilhelmina")
		h.write(t, "#family", "Abelgroves")
		h.choose(t, "#birth", "1971-02-03")
		h.click(t, `#search button.btn`)
		h.see(t, "One client may be this person", "Same birth date", "Name alike")
		h.click(t, `form[action="/clients/new/form"] button.primary`)
		h.click(t, `button[value="save"]`)
		h.see(t, "Is this somebody already here?")
	})
	t.Run("what was not finished is there again, and can be thrown away", func(t *testing.T) {
		h.click(t, `button[value="keep"]`)
		h.see(t, "Kept as it is. Nobody is registered yet.", "You have a registration you did not finish")
		h.click(t, `a[href="/clients/new/form"]`)
		if !h.is(t, `document.querySelector('#family').value === 'Abelgroves'`) {
			t.Error("it is not what was typed")
		}
		h.goTo(t, "/clients/new")
		h.click(t, `form[action="/clients/new/discard"] button`)
		h.see(t, "The unfinished registration is thrown away.")
	})
	t.Run("two people who edit one client at once lose nothing", func(t *testing.T) {
		id := h.find(h.post(dana, "/find", "q", "Amparo Castellón"), `href="/clients/([0-9a-z]{26})"`)
		edit := "/clients/" + id + "/edit"
		h.as(t, paloma, "en")
		h.goTo(t, edit)
		hers, err := url.ParseQuery(browser.Run(t, h.b, chromedp.Evaluate[string](`new URLSearchParams(new FormData(document.querySelector('main form'))).toString()`)))
		if err != nil {
			t.Fatal(err)
		}
		h.as(t, dana, "en")
		h.goTo(t, edit)
		h.write(t, "#pronouns", "she/they")
		h.write(t, "#em_name-0", "Luz Marina Castellón")
		h.write(t, "#em_phone-0", "(360) 555-0188")
		// Meanwhile intake saves another phone, and other pronouns.
		hers.Set("pronouns", "they/them")
		hers.Set("do", "save")
		for i, v := range hers["contact_value"] {
			if v == "" {
				hers["contact_value"][i] = "(206) 555-0199"
			}
		}
		res, err := h.client(paloma).PostForm(h.url+edit, hers)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		h.click(t, `button[value="save"]`)
		h.see(t, "saved a change at", "Nothing you wrote is lost", "You both changed this. Yours is in the form. They wrote:", "they/them")
		if !h.is(t, `document.querySelector('#pronouns').value === 'she/they' && document.querySelector('#em_name-0').value === 'Luz Marina Castellón' && document.querySelector('#contact_value-1').value === '(206) 555-0199'`) {
			t.Error("something that one of them wrote is not in the form")
		}
		h.click(t, `button[value="save"]`)
		h.see(t, "Client saved.", "she/they", "(206) 555-0199", "Luz Marina")
	})
	t.Run("two records are compared, joined and parted again", func(t *testing.T) {
		h.as(t, paloma, "en")
		h.goTo(t, "/duplicates")
		h.click(t, `a[href^="/duplicates/compare"]`)
		h.see(t, "Are these one person?", "Same birth date")
		h.click(t, `button[value="preview"]`)
		h.see(t, "Nothing is joined yet.")
		h.click(t, `button[value="join"]`)
		h.see(t, "The two records are joined.", "Joined by Paloma Quintero")
		here := h.here(t)
		h.click(t, `section.panel ul.rows a.name`)
		h.see(t, "This record was joined to another of the same person.")
		h.click(t, `.banner a.btn`)
		h.goTo(t, here)
		h.click(t, `form[action$="/undo"] button`)
		h.see(t, "Undone. Both records are as they were.")
	})
	t.Run("a worker of one member does not see the member who asked for privacy", func(t *testing.T) {
		id := h.find(h.post(dana, "/find", "q", "Amparo Castellón"), `href="/clients/([0-9a-z]{26})"`)
		h.as(t, dana, "en")
		h.goTo(t, "/clients/"+id+"/household")
		h.see(t, "Joel Castellón", "Nuria Castellón", "Rosa Castellón", "Health care proxy")
		if strings.Contains(h.words(t), "Teo") {
			t.Error("Teo can be read")
		}
		h.as(t, paloma, "en")
		h.goTo(t, "/clients/"+id+"/household")
		h.see(t, "Teo Castellón", "Kept private")
	})
	t.Run("a list is uploaded, tried and brought in", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "list.csv")
		if err := os.WriteFile(name, []byte("Client ID;First name;Last name;DOB;Program\nX-1;Ottoline;Farquhar;3/4/1980;Housing Stability\nX-2;Bad;Date;99/99/1980;\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		h.as(t, paloma, "en")
		h.goTo(t, "/import")
		h.b.Do(t, chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{name}))
		h.click(t, `form[action="/import"] button.primary`)
		h.see(t, "The file is kept, sealed, for a day at most.", "What does each column mean?")
		h.click(t, `form[action$="/columns"] button.primary`)
		h.see(t, "A trial: nothing is kept yet.", "New: 1", "Not taken: 1", "The birth date is no date.")
		h.prove(paloma)
		h.click(t, `form[action$="/run"] button.primary`)
		h.see(t, "The import is finished, and the file is gone.", "New: 1")
	})
	h.quiet(t)
}
