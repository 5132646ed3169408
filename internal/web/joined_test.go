package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/form"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/record"
	"caseward/internal/task"
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

// TestChartOfJoinedRecords opens what was kept in a record that was joined to another
// one, under each of the two and under the record of somebody else.
func TestChartOfJoinedRecords(t *testing.T) {
	h := open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ivy, who := h.World.As(h.staff["ivy"].String(), actor.Intake), h.World.As(h.staff["bob"].String(), actor.CaseManager)
	register := func(family string) person.ID {
		reg, err := h.parts.Clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: phi.NewText("Marisol"), Family: phi.NewText(family)}}, true)
		must(err)
		_, err = h.parts.Cases.Open(ctx, ivy, reg.ID, casefile.Opening{Program: "recovery", Worker: h.staff["bob"].String()})
		must(err)
		return reg.ID
	}
	h.parts.Documents.Take(document.Taking{Unscanned: true, Max: 6 << 20, Who: authn.Service(authn.Scanner), Notices: h.parts.Notices})
	goes, other := register("Ibanes"), register("Quist")
	pid, err := h.parts.Plans.Start(ctx, who, goes, plan.Beginning{Details: plan.Details{Title: phi.NewText("Care plan"), From: phi.NewText("2026-11-20")}})
	must(err)
	must(h.parts.Plans.AddGoal(ctx, who, goes, pid, plan.GoalInput{Key: "aaaaaaaaaaaa", Text: phi.NewText("A lease")}, phi.NewDate(2026, 11, 20)))
	in := note.Input{Type: note.HomeVisit, At: h.Clock.Now(), Minutes: phi.NewText("30"), Sections: note.Plain(phi.NewText("We spoke of the stove and of the lease."))}
	draft, err := h.parts.Notes.SaveDraft(ctx, who, goes, note.ID{}, 0, in)
	must(err)
	signed, err := h.parts.Notes.Sign(ctx, who, goes, note.ID{}, 0, in)
	must(err)
	item, err := h.parts.Items.Add(ctx, who, goes, clinical.Input{Sort: clinical.Allergy, Display: phi.NewText("Penicillin"), Told: clinical.ByClient})
	must(err)
	screen, _ := assessment.CatalogueOf(&record.List[assessment.Instrument]{}).Current(assessment.Social)
	taken, err := h.parts.Assess.Sign(ctx, who, goes, screen, assessment.Input{TakenOn: phi.NewDate(2026, 11, 19), Answers: assessment.Answers{"sn-more": {"A stove."}}, Partly: true})
	must(err)
	made, err := h.parts.Forms.Read(ctx, h.World.As(h.staff["root"].String(), actor.Administrator), h.form)
	must(err)
	filled, err := h.parts.Forms.Fill(ctx, who, goes, made, form.Filling{Edition: 1, Get: func(string) []string { return []string{"Stove Homes"} }})
	must(err)
	met, err := h.parts.Conferences.Call(ctx, who, goes, conference.Input{At: h.Clock.Now().Add(-time.Hour), Length: phi.NewText("30"), Agenda: phi.NewText("Housing"), Attendees: []conference.Attendee{{Worker: h.staff["bob"].String()}}})
	must(err)
	todo, err := h.parts.Tasks.Add(ctx, who, task.Input{Client: record.SubjectOf(goes), What: phi.NewText("Order a stove"), DueOn: phi.NewDate(2026, 11, 24)})
	must(err)
	meets, err := h.parts.Calendar.Book(ctx, who, record.SubjectOf(goes), appointment.Input{On: phi.NewDate(2026, 11, 24), At: "10:30", Minutes: 30, Type: appointment.Office}, time.UTC)
	must(err)
	file, err := h.parts.Documents.Upload(ctx, who, goes, document.Upload{Details: document.Details{Title: phi.NewText("Lease"), Category: "other", On: phi.NewDate(2026, 11, 20)}, Name: phi.NewText("lease.txt")}, strings.NewReader("The lease of the flat."))
	must(err)
	a, err := h.parts.Clients.Open(ctx, ivy, h.client)
	must(err)
	b, err := h.parts.Clients.Open(ctx, ivy, goes)
	must(err)
	_, err = h.parts.Merges.Join(ctx, ivy, h.client, goes, a.Version, b.Version, nil)
	must(err)
	bob := h.as("bob")
	for _, path := range []string{
		"plan/" + pid.String(), "plan/" + pid.String() + "/goals/aaaaaaaaaaaa", "notes/" + draft.String() + "/edit", "notes/" + signed.String(), "notes/" + signed.String() + "/versions",
		"clinical/" + item.String(), "assessments/" + taken.String(), "forms/" + filled.String(), "forms/" + filled.String() + "/edit", "conferences/" + met.String(), "conferences/" + met.String() + "/edit",
		"tasks/" + todo.String(), "appointments/" + meets[0].String(), "documents/" + file.ID.String(), "documents/" + file.ID.String() + "/file", "documents/" + file.ID.String() + "/edit",
	} {
		t.Run(path[:strings.Index(path, "/")]+path[strings.LastIndex(path, "/"):], func(t *testing.T) {
			for _, of := range []struct {
				client person.ID
				want   int
			}{{h.client, 200}, {goes, 200}, {other, 404}} {
				if code, body := bob.do("GET", "/clients/"+of.client.String()+"/"+path, nil); code != of.want {
					t.Errorf("under %s: status %d, want %d: %.300s", map[person.ID]string{h.client: "the one that stays", goes: "the one that went", other: "somebody else"}[of.client], code, of.want, text(body))
				}
			}
		})
	}
	stays := "/clients/" + h.client.String()
	post := func(path string, code int, pairs ...string) {
		t.Helper()
		form := url.Values{"csrf": {bob.csrf}}
		for i := 0; i < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		if got, body := bob.do("POST", path, form); got != code {
			t.Errorf("POST %s: status %d, want %d: %.300s", path, got, code, text(body))
		}
	}
	t.Run("it is worked on in the record that stays, and in that of nobody else", func(t *testing.T) {
		o := "/clients/" + other.String()
		post(o+"/notes/"+signed.String()+"/addenda", 404, "text", "She found the lease.")
		post(stays+"/notes/"+signed.String()+"/addenda", 303, "text", "She found the lease.")
		post(o+"/plan/"+pid.String()+"/discard", 404, "version", "2")
		post(stays+"/plan/"+pid.String()+"/discard", 303, "version", "2")
		post(o+"/clinical/"+item.String()+"/error", 404, "version", "1")
		post(stays+"/clinical/"+item.String()+"/error", 303, "version", "1")
	})
}
