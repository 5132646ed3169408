package web_test

import (
	"net/url"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/person"
	"caseward/internal/phi"
)

// TestComposerOfAJoinedRecord writes a note in a form that stood open while a
// colleague joined the record to another of the same person.
func TestComposerOfAJoinedRecord(t *testing.T) {
	h := open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ivy := h.World.As(h.staff["ivy"].String(), actor.Intake)
	reg, err := h.parts.Clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: phi.NewText("Marisol"), Family: phi.NewText("Ibanes")}}, true)
	must(err)
	_, err = h.parts.Cases.Open(ctx, ivy, reg.ID, casefile.Opening{Program: "recovery", Worker: h.staff["bob"].String()})
	must(err)
	bob := h.as("bob")
	goes, stays := "/clients/"+reg.ID.String(), "/clients/"+h.client.String()
	note := url.Values{"csrf": {bob.csrf}, "do": {"sign"}, "type": {"phone"}, "minutes": {"15"}, "on": {"2026-11-20"}, "title": {"Voicemail"}, "text": {"Called about the stove and left no message."}}
	if code, body := bob.do("POST", goes+"/notes/draft", note); code != 200 {
		t.Fatal(code, body)
	}
	note.Set("draft", "1")
	a, err := h.parts.Clients.Open(ctx, ivy, h.client)
	must(err)
	b, err := h.parts.Clients.Open(ctx, ivy, reg.ID)
	must(err)
	_, err = h.parts.Merges.Join(ctx, ivy, h.client, reg.ID, a.Version, b.Version, nil)
	must(err)
	form := `action="` + stays + `/notes"`
	for _, do := range []string{"sign", "draft"} {
		t.Run("to "+do+" is refused with what was typed in the form of the record that stays", func(t *testing.T) {
			note.Set("do", do)
			code, body := bob.do("POST", goes+"/notes", note)
			if code != 422 {
				t.Fatalf("status %d: %.300s", code, text(body))
			}
			for _, s := range []string{"was joined to another one", "Called about the stove and left no message.", `value="Voicemail"`, form, `name="from" value="` + reg.ID.String() + `"`, `name="draft" value=""`, "C-20001"} {
				if !strings.Contains(body, s) {
					t.Errorf("%q is not on the page", s)
				}
			}
		})
	}
	t.Run("opened later, the record that went offers what was being typed in it, for the one that stays", func(t *testing.T) {
		code, body := bob.do("GET", goes+"/notes", nil)
		if code != 200 || !strings.Contains(body, form) || !strings.Contains(body, "Called about the stove") || !strings.Contains(body, "it goes into the record that stays") {
			t.Errorf("status %d: %.400s", code, text(body))
		}
	})
	t.Run("signed there, it is in that record once, and kept nowhere else", func(t *testing.T) {
		note.Set("do", "sign")
		note.Set("draft", "")
		note.Set("from", reg.ID.String())
		if code, body := bob.do("POST", stays+"/notes", note); code != 303 {
			t.Fatalf("status %d: %.300s", code, text(body))
		}
		if _, body := bob.do("GET", stays+"/notes", nil); strings.Count(body, "Called about the stove") != 1 {
			t.Errorf("it stands there %d times", strings.Count(body, "Called about the stove"))
		}
		if _, body := bob.do("GET", goes+"/notes", nil); strings.Contains(body, `id="compose`) {
			t.Error("it is still offered")
		}
	})
	t.Run("any other form comes back filled and says so", func(t *testing.T) {
		code, body := bob.do("POST", goes+"/appointments", url.Values{"csrf": {bob.csrf}, "on": {"2026-11-24"}, "at": {"10:30"}, "minutes": {"45"}, "type": {"home"}, "worker": {h.staff["bob"].String()}, "purpose": {"Look at the stove"}})
		if code != 422 || !strings.Contains(body, "Enter it in the record that stays.") || !strings.Contains(body, "Look at the stove") {
			t.Errorf("status %d: %.400s", code, text(body))
		}
	})
	t.Run("whoever has nothing to do with either learns nothing of it", func(t *testing.T) {
		code, body := h.as("sue").do("POST", goes+"/notes", note)
		if code == 422 || strings.Contains(body, "joined") || strings.Contains(body, h.client.String()) {
			t.Error(code)
		}
	})
}
