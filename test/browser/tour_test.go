package browser_test

import (
	"net/http"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// TestTour goes where each step of each tour leads, as the one it is for.
func TestTour(t *testing.T) {
	h := live(t)
	personas := map[actor.Role]string{
		actor.CaseManager: dana, actor.Supervisor: denise, actor.Intake: paloma, actor.ProgramManager: leandro,
		actor.PrivacyOfficer: marguerit, actor.SecurityOfficer: tobias, actor.Administrator: wendell, actor.Auditor: constance,
	}
	for _, role := range actor.Roles() {
		t.Run("every step of the tour of a "+string(role)+" leads to a page", func(t *testing.T) {
			mail := personas[role]
			if mail == "" || pages.Tour(ui.English, role, 1) == nil {
				t.Fatal("nobody to show round, or nothing to show")
			}
			for n := 1; ; n++ {
				step := pages.Tour(ui.English, role, n)
				if step == nil {
					break
				}
				res, err := h.client(mail).Get(h.url + step.URL)
				if err != nil {
					t.Fatal(err)
				}
				_ = res.Body.Close()
				if res.StatusCode != http.StatusOK || res.Request.URL.Path != step.URL {
					t.Errorf("step %d, %s: %d at %s", n, step.URL, res.StatusCode, res.Request.URL.Path)
				}
			}
		})
	}
}
