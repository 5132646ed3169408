package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/test/browser"
)

// series is a client of Dana's with more than one PHQ-9.
func (h *house) series(t *testing.T) (chart, code string) {
	t.Helper()
	page := h.get(dana, "/caseload")
	for _, part := range strings.Split(page, `href="/clients/`)[1:] {
		if len(part) < 26 {
			continue
		}
		id := part[:26]
		if strings.Contains(h.get(dana, "/clients/"+id+"/assessments"), "/assess/phq-9/trend") {
			return "/clients/" + id, "phq-9"
		}
	}
	t.Fatal("nobody has a series")
	return "", ""
}

// of is a client of somebody's with something on the page of assessments.
func (h *house) of(t *testing.T, mail, pattern string) (chart string) {
	t.Helper()
	for _, part := range strings.Split(h.get(mail, "/caseload"), `href="/clients/`)[1:] {
		if len(part) < 26 || part[25] == '/' {
			continue
		}
		if strings.Contains(h.get(mail, "/clients/"+part[:26]+"/assessments"), pattern) {
			return "/clients/" + part[:26]
		}
	}
	t.Fatalf("nobody has %s", pattern)
	return ""
}

// question is the name of the nth question of the form that is answered by a choice.
func (w hand) question(t *testing.T, n int) string {
	t.Helper()
	return browser.Run(t, w.b, chromedp.Evaluate[string](`[...new Set([...document.querySelectorAll('.asks input[type=radio]')].map(e => e.name))][`+itoa(n-1)+`]`))
}

// answer gives every question that counts one answer, by its place.
func (w hand) answer(t *testing.T, first, many, choice int) {
	t.Helper()
	for i := first; i < first+many; i++ {
		name := w.question(t, i)
		value := browser.Run(t, w.b, chromedp.Evaluate[string](`document.getElementsByName(`+quote(name)+`)[`+itoa(choice)+`].value`))
		w.mark(t, name, value)
	}
}

// unfold opens what a summary hides.
func (w hand) unfold(t *testing.T, css string) {
	t.Helper()
	if !w.keys {
		w.tick(t, css)
		return
	}
	w.tab(t, css)
	w.b.Do(t, chromedp.KeyEvent("\r"))
}

func itoa(n int) string {
	const digits = "0123456789"
	if n < 10 {
		return digits[n : n+1]
	}
	return itoa(n/10) + digits[n%10:n%10+1]
}

func TestAssess(t *testing.T) {
	h := live(t)
	chart := h.of(t, dana, "/fill/")
	t.Run("an instrument is begun, kept, taken up again, scored and signed", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, chart+"/assessments")
			w.goTo(t, chart+"/assess/gad-7")
			w.answer(t, 1, 4, 1)
			w.press(t, `button[value="save"]`)
			w.at(t, chart+"/assessments")
			w.says(t, "Draft saved. Only you see it; continue it from here.")
			w.press(t, `.col-side a[href$="/assess/gad-7"]`)
			if !w.is(t, `document.querySelectorAll('input[type=radio]:checked').length === 4`) {
				t.Error("what was answered is not there")
			}
			w.press(t, `button[value="sign"]`)
			w.says(t, "Answer this question, or tick below that it was left out.")
			w.answer(t, 5, 3, 2)
			w.press(t, `button[value="continue"]`)
			w.see(t, map[bool]string{false: "how difficult have these problems made it", true: "qué tanta dificultad"}[w.lang == "es"])
			w.press(t, `button[value="sign"]`)
			w.says(t, "Assessment signed.", "Moderate")
			if w.lang == "es" {
				w.see(t, "10 de 21")
			} else {
				w.see(t, "10 of 21")
			}
		})
		h.quiet(t)
	})
	t.Run("an answer about hurting oneself leads to what to do next, and holds nothing up", func(t *testing.T) {
		w := hand{h, ways[0]}
		h.be(t, dana)
		h.goTo(t, chart+"/assess/phq-9")
		w.answer(t, 1, 9, 1)
		w.press(t, `button[value="continue"]`)
		w.see(t, "An answer calls for talking about safety now.")
		w.press(t, `button[value="sign"]`)
		w.see(t, "9 of 27", "Mild", "Talk about safety")
		looks(t, h.b, "assess-result", browser.Desk, browser.Dark, browser.Phone)
		h.b.Look(t, browser.Desk)
		h.click(t, `form:has(input[value="tell"]) button`)
		w.see(t, "The supervisor is told")
		if h.is(t, `document.querySelector('form:has(input[value="flag"]) button') !== null`) {
			h.click(t, `form:has(input[value="flag"]) button`)
		}
		w.see(t, "The chart says: safety plan")
		t.Run("and is corrected by a new one that says so", func(t *testing.T) {
			h.click(t, `a[href$="/correct"]`)
			looks(t, h.b, "assess-correct", browser.Desk, browser.Phone)
			h.b.Look(t, browser.Desk)
			h.click(t, `button[value="sign"]`)
			w.see(t, "Say what was wrong.")
			w.fill(t, "#reason", "The ninth answer was heard wrong.")
			w.mark(t, w.question(t, 9), "LA6568-5")
			h.click(t, `button[value="sign"]`)
			w.see(t, "8 of 27", "The ninth answer was heard wrong.", "See what was signed first")
			if strings.Contains(h.words(t), "Talk about safety") {
				t.Error("the prompt stays after the correction")
			}
		})
		h.quiet(t)
	})
	t.Run("two windows of one person are put together", func(t *testing.T) {
		h.be(t, dana)
		w := hand{h, ways[3]}
		h.b.Script(t, false)
		defer h.b.Script(t, true)
		h.goTo(t, chart+"/assess/social-needs")
		h.post(dana, chart+"/assess/social-needs", "do", "save", "draft", "0", "on", "2026-11-20", "q-sn-people", "4")
		w.mark(t, "q-sn-housing", "none")
		w.press(t, `button[value="save"]`)
		w.see(t, "Your other window saved a change")
		if !h.is(t, `document.querySelector('[name=q-sn-people]').value === '4' && document.querySelector('[name=q-sn-housing][value=none]').checked`) {
			t.Error("something is lost")
		}
		w.see(t, "Where do you stay most nights?")
		w.press(t, `button[value="save"]`)
		w.see(t, "Draft saved.")
	})
	t.Run("a form of the agency is filled in, and edited by two people at once", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, chart+"/assessments")
			w.press(t, `.col-side a[href*="/fill/"]`)
			w.press(t, `button[value="keep"]`)
			w.says(t, "Fill this in.")
			w.mark(t, "f1", "o2")
			w.fill(t, "#f3", "1,250")
			w.press(t, `button[value="keep"]`)
			w.says(t, "The form is in the chart.")
			w.see(t, "1250")
			w.press(t, `a[href$="/edit"].btn.sm`)
			path := w.here(t)
			version := browser.Run(t, w.b, chromedp.Evaluate[string](`document.querySelector('[name=version]').value`))
			w.post(denise, path, "version", version, "f1", "o2", "f3", "1250", "f5", "4")
			w.fill(t, "#f4", "90")
			w.press(t, `form.asks button.primary`)
			w.see(t, "Denise Whitcombe")
			if !w.is(t, `document.querySelector('#f5').value === '4' && document.querySelector('#f4').value === '90'`) {
				t.Error("something is lost")
			}
			w.press(t, `form.asks button.primary`)
			w.says(t, "Saved. What was there before stays in the history.")
		})
		h.quiet(t)
	})
	t.Run("a program manager sees the form, and that money is not shown to the role", func(t *testing.T) {
		filled := h.find(h.get(dana, chart+"/assessments"), chart+`/forms/([0-9a-z]{26})"`)
		h.be(t, leandro)
		h.goTo(t, chart+"/forms/"+filled)
		h.see(t, "Where the client stays now", "With others", "Not shown to your role")
		if strings.Contains(h.words(t), "1250") {
			t.Error("money is shown")
		}
		looks(t, h.b, "form-withheld", browser.Desk, browser.Phone)
	})
	t.Run("the pages look right", func(t *testing.T) {
		trend, _ := h.series(t)
		draft := h.of(t, dana, "Your draft of")
		h.be(t, dana)
		for name, path := range map[string]string{
			"assess": trend + "/assessments", "assess-draft": draft + "/assessments", "assess-trend": trend + "/assess/phq-9/trend",
			"assess-take": trend + "/assess/phq-9", "assess-social": trend + "/assess/social-needs", "form-fill": h.find(h.get(dana, chart+"/assessments"), `href="(`+chart+`/fill/[0-9a-z]{26})"`),
		} {
			h.b.Look(t, browser.Desk)
			h.open(t, path, nil)
			looks(t, h.b, name, browser.Desk, browser.Dark, browser.Phone, browser.Paper)
		}
		h.quiet(t)
	})
}

func TestForms(t *testing.T) {
	h := live(t)
	t.Run("a form is made, designed, previewed, published and retired", func(t *testing.T) {
		h.eachWay(t, wendell, func(t *testing.T, w hand) {
			w.goTo(t, "/settings/forms")
			w.fill(t, "#title", "Pets "+w.name)
			w.press(t, `form[action="/settings/forms"] button`)
			w.says(t, "The form is made. Add its questions.")
			w.press(t, `button[value="publish"]`)
			w.says(t, "Add a question first: a form that asks nothing cannot be published.")
			w.press(t, `button[value="add"]`)
			w.fill(t, "#label-f1", "How many pets")
			w.pick(t, "#type-f1", "number")
			w.pick(t, "#class-f1", "household")
			w.press(t, `button[value="add"]`)
			w.fill(t, "#label-f2", "Which")
			w.pick(t, "#type-f2", "choice")
			w.unfold(t, "#question-f2 summary")
			w.fill(t, "#options-f2", "Dog | Perro\nCat | Gato")
			w.press(t, `button[value="up-f2"]`)
			if !w.is(t, `document.querySelector('[name=order]').value === 'f2' && document.querySelector('#label-f1').value === 'How many pets'`) {
				t.Error("the question did not move, or lost what was written")
			}
			w.press(t, `button[value="publish"]`)
			w.says(t, "Write the question in Spanish too.")
			w.fill(t, "#title_es", "Mascotas")
			w.fill(t, "#label_es-f1", "Cuántas mascotas")
			w.fill(t, "#label_es-f2", "Cuáles")
			w.press(t, `button[value="publish"]`)
			w.see(t, map[bool]string{false: "Published, edition 1", true: "Publicado, edición 1"}[w.lang == "es"])
			w.press(t, `.ph-a a[href$="/preview"]`)
			w.see(t, "How many pets", "Cuántas mascotas", "Perro")
			w.press(t, `.ph-a a`)
			w.press(t, `button[value="remove-f1"]`)
			w.says(t, "Changed since")
			w.press(t, `button[value="retire"]`)
			w.says(t, "Out of use")
		})
		h.quiet(t)
	})
	t.Run("two people design one form, and nothing of either is lost", func(t *testing.T) {
		h.be(t, wendell)
		w := hand{h, ways[0]}
		h.goTo(t, "/settings/forms")
		w.fill(t, "#title", "Shared")
		h.click(t, `form[action="/settings/forms"] button`)
		h.click(t, `button[value="add"]`)
		path := strings.SplitN(h.here(t), "#", 2)[0]
		version := browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('[name=version]').value`))
		h.post(leandro, path, "version", version, "title", "Shared", "order", "f1", "type-f1", "date", "class-f1", "case", "do", "add")
		w.fill(t, "#label-f1", "When")
		w.fill(t, "#title_es", "Compartido")
		h.click(t, `button[value="publish"]`)
		w.see(t, "Leandro Castellane saved a change")
		if !h.is(t, `document.querySelector('#label-f1').value === 'When' && document.querySelector('#type-f1').value === 'date' && document.querySelectorAll('[name=order]').length === 2`) {
			t.Error("something is lost")
		}
		h.click(t, `.formfoot button[value="save"]`)
		w.see(t, "Saved.")
	})
	t.Run("the pages look right", func(t *testing.T) {
		h.be(t, wendell)
		form := h.find(h.get(wendell, "/settings/forms"), `href="(/settings/forms/[0-9a-z]{26})"`)
		for name, path := range map[string]string{"forms": "/settings/forms", "form-design": form, "form-preview": form + "/preview"} {
			h.b.Look(t, browser.Desk)
			h.open(t, path, nil)
			looks(t, h.b, name, browser.Desk, browser.Dark, browser.Phone)
		}
		h.quiet(t)
	})
	t.Run("who keeps no forms sees no such page", func(t *testing.T) {
		h.be(t, dana)
		h.goTo(t, "/settings/forms")
		h.see(t, "Not")
		if h.is(t, `document.querySelector('form[action="/settings/forms"]') !== null`) {
			t.Error("a worker can make forms")
		}
	})
}
