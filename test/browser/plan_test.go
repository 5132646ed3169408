package browser_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/test/browser"
)

// planned is a client of Dana's with a plan in force, and that plan's path.
func (h *house) planned() (chart, plan string) {
	h.Helper()
	for _, m := range regexp.MustCompile(`href="(/clients/[0-9a-z]{26})"`).FindAllStringSubmatch(h.get(dana, "/caseload"), -1) {
		p := regexp.MustCompile(m[1] + `/plan/[0-9a-z]{26}/review`).FindString(h.get(dana, m[1]+"/plan"))
		if p != "" {
			return m[1], strings.TrimSuffix(p, "/review")
		}
	}
	h.Fatal("no client of Dana's has a plan in force")
	return "", ""
}

func TestCarePlan(t *testing.T) {
	h := live(t)
	chart, one := h.planned()
	goal := h.find(h.get(dana, one), `href="(`+one+`/goals/[a-z2-7]{12})"`)
	const save, send = `button[value="save"]`, `main form.form .formfoot .primary`

	t.Run("pages", func(t *testing.T) {
		for name, path := range map[string]string{
			"tab": chart + "/plan", "edit": one + "/edit", "goal": goal, "goal-edit": goal + "/edit", "goal-new": one + "/goals/new",
			"review": one + "/review", "agree": one + "/agree", "end": one + "/end", "history": one + "/history", "print": one + "/print?in=es",
		} {
			t.Run(name, func(t *testing.T) {
				h.be(t, dana)
				h.b.Look(t, browser.Desk)
				h.open(t, path, nil)
				looks(t, h.b, "plan-"+name, browser.Desk, browser.Dark, browser.Phone)
				if strings.Contains(h.words(t), "%!") {
					t.Error("a text and its values do not fit")
				}
			})
		}
		h.b.Look(t, browser.Desk)
		h.quiet(t)
	})

	t.Run("a plan is written, begun, followed, reviewed and ended", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, chart+"/plan/new")
			w.fill(t, "#title", "Plan "+w.name)
			w.fill(t, "#matters", "A door I can lock.")
			w.fill(t, `textarea[name$=".text"]`, "Sign a lease, "+w.name)
			w.pick(t, `select[name$=".area"]`, "housing")
			w.fill(t, `input[name$=".step"]`, "Call one landlord")
			w.press(t, save)
			w.says(t, "Saved as a draft. Put it in force when you and the client are ready.", "Draft")
			w.press(t, `a[href$="/begin"]`)
			w.mark(t, "answer", "agreed")
			w.pick(t, "#how", "person")
			w.press(t, send)
			w.says(t, "The plan is in force. The review is on the calendar of the case.", "Agrees with the plan")

			w.press(t, `a.name[href*="/goals/"]`)
			w.pick(t, "#rating", "-1")
			w.fill(t, "#words", "Two viewings.")
			w.press(t, `#progress form[action$="/progress"] .primary`)
			w.says(t, "Progress saved.")
			w.see(t, "Two viewings.")
			w.press(t, `#steps form[action$="/mark"] button`)
			w.says(t, "The step is done.")

			w.press(t, `main a[href^="`+chart+`/plan/"]`)
			w.press(t, `a[href$="/review"].primary`)
			w.fill(t, "#with", "The client and I")
			w.fill(t, "#summary", "Nearly there.")
			w.pick(t, `select[name$=".what"]`, "achieved")
			w.press(t, send)
			w.says(t, "Review recorded. The next one is on the calendar of the case.", "Achieved")
			w.press(t, `.row a[href$="/end"]`)
			w.pick(t, "#outcome", "met")
			w.press(t, send)
			w.says(t, "The plan has ended. A new one can take over what is open.", "Completed: the goals were met")
		})
		h.quiet(t)
	})

	h.be(t, dana)
	t.Run("what is wrong is said first, and nothing typed is lost", func(t *testing.T) {
		h.goTo(t, one+"/goals/new")
		h.write(t, `textarea[name$=".measure"]`, "A card in hand")
		h.click(t, save)
		h.see(t, "Choose the part of life that the goal is about.", "Write the goal")
		if !h.is(t, `document.querySelector('textarea[name$=".measure"]').value === 'A card in hand'`) {
			t.Error("the measure is lost")
		}
	})

	t.Run("a goal is begun from elsewhere, with nothing of it in the path", func(t *testing.T) {
		h.open(t, chart+"/plan/goals/start", []string{"domain", "income", "title", "Renew SNAP before it stops", "measure", "The letter of approval"})
		h.at(t, chart+"/plan/goals/start")
		h.click(t, save)
		h.see(t, "Goal added. Add a first step towards it.", "Renew SNAP before it stops", "The letter of approval")
	})

	t.Run("two who edit one plan at once lose nothing", func(t *testing.T) {
		worker, _, err := h.app.Directory.ByMail(ctx, malik)
		if err != nil {
			t.Fatal(err)
		}
		kase := h.find(h.get(denise, chart+"/case"), chart+`/case/([0-9a-z]{26})`)
		h.post(denise, chart+"/case/"+kase+"/team", "worker", worker, "from", "2026-11-20")
		b, err := browser.Launch()
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		other := *h
		other.b = b
		b.Open(t, browser.Desk, "about:blank")
		other.be(t, malik)
		text, measure := `textarea[name$=".text"]`, `textarea[name$=".measure"]`
		last := func(css string) string { return `fieldset.goalset:last-of-type ` + css }

		for _, x := range []*house{h, &other} {
			x.goTo(t, one+"/edit")
			x.click(t, `button[value="more"]`)
		}
		other.write(t, measure, "Keys in hand, says Malik")
		other.write(t, "#barriers", "The bus, says Malik")
		other.write(t, last(text), "A goal by Malik")
		other.choose(t, last(`select[name$=".area"]`), "legal")
		other.click(t, save)
		other.see(t, "Care plan saved.", "A goal by Malik")

		h.write(t, measure, "Rent paid twice, says Dana")
		h.write(t, "#strengths", "Patience, says Dana")
		h.write(t, last(text), "A goal by Dana")
		h.choose(t, last(`select[name$=".area"]`), "safety")
		h.click(t, save)
		h.see(t, "Malik Thornbury saved a change at", "Nothing you wrote is lost and nothing is saved yet.", "Keys in hand, says Malik", "They changed this, and their change is in the form:", "You both changed this. Yours is in the form. They wrote:")
		h.b.Shot(t, "plan-merged")
		for css, want := range map[string]string{measure: "Rent paid twice, says Dana", "#barriers": "The bus, says Malik", "#strengths": "Patience, says Dana"} {
			if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS(css))); got != want {
				t.Errorf("%s holds %q", css, got)
			}
		}
		h.click(t, save)
		h.see(t, "Care plan saved.", "A goal by Malik", "A goal by Dana", "The bus, says Malik", "Patience, says Dana", "Rent paid twice, says Dana")

		// What one enters about progress does not disturb who edits the words.
		h.goTo(t, goal+"/edit")
		other.goTo(t, goal)
		other.choose(t, "#rating", "0")
		other.click(t, `#progress form[action$="/progress"] .primary`)
		other.see(t, "Progress saved.")
		h.write(t, text, "Sign a lease by the end of April")
		h.click(t, save)
		h.see(t, "Goal saved.", "Sign a lease by the end of April")
	})

	t.Run("who reads and does not write is offered nothing to write", func(t *testing.T) {
		h.be(t, leandro)
		h.goTo(t, chart+"/plan")
		h.see(t, "What is due")
		if h.is(t, `document.querySelector('main a[href$="/edit"], main a[href$="/review"].primary, main form') !== null`) {
			t.Error("a program manager is offered to write")
		}
	})
	h.quiet(t)
}
