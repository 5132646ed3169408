package web_test

import (
	"bytes"
	"flag"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/form"
	"caseward/internal/note"
	"caseward/internal/paper/papertest"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/record"
	"caseward/internal/report"
)

var update = flag.Bool("update", false, "write what is made to testdata")

// TestPrintedChart prints a made-up chart with every part, and compares the file
// byte for byte with the one in testdata: whatever changes the layout shows.
func TestPrintedChart(t *testing.T) {
	h := open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	text := phi.NewText
	zone, _ := time.LoadLocation("America/New_York")
	ivy, ann := h.World.As(h.staff["ivy"].String(), actor.Intake), h.World.As(h.staff["ann"].String(), actor.CaseManager)
	reg, err := h.parts.Clients.Register(ctx, ivy, person.Client{
		Name: person.Name{Given: text("Oksana"), Family: text("Łukasik-Ñuñez")}, Preferred: text("Oksi"), BirthDate: phi.NewDate(1979, 2, 28), Pronouns: text("she/her"),
		Phones:    []person.Phone{{Number: text("(555) 010-0111"), Use: "mobile", TextOnly: true}},
		Emails:    []person.Email{{Address: text("oksana@example.org")}},
		Addresses: []person.Address{{Use: "home", Lines: []phi.Text{text("14 Quay Street"), text("Apartment 6, ring twice")}, City: text("Harbor"), State: text("ME"), PostalCode: text("04000")}},
		Emergency: []person.Emergency{{Name: text("Rosa Łukasik"), Relation: text("sister"), Phone: text("(555) 010-0112")}},
	}, true)
	must(err)
	c, subject := reg.ID, record.SubjectOf(reg.ID)
	_, err = h.parts.Cases.Open(ctx, ivy, c, casefile.Opening{Program: "recovery", Worker: ann.Worker(), OpenedOn: phi.NewDate(2026, 9, 1), Reason: text("Referred by the shelter after the fire"), NextContactOn: phi.NewDate(2026, 12, 1)})
	must(err)
	_, err = h.parts.Plans.Start(ctx, ann, c, plan.Beginning{Details: plan.Details{Title: text("A place of her own"), From: text("2026-11-20"), Matters: text("A door I can lock.")}, Today: phi.NewDate(2026, 11, 20), Goals: []plan.GoalInput{
		{Key: plan.Key(), Area: plan.Housing, Text: text("Move into an apartment by spring"), Measure: text("A signed lease"), Priority: plan.High},
		{Key: plan.Key(), Area: plan.Health, Text: text("See a dentist"), Priority: plan.High},
	}})
	must(err)
	for _, in := range []clinical.Input{
		{Sort: clinical.Allergy, Display: text("Penicillin"), Detail: text("Rash"), Told: clinical.ByClient},
		{Sort: clinical.Medication, Display: text("Sertraline 50 mg"), Detail: text("Once a day"), Since: phi.NewDate(2026, 3, 1), Told: clinical.ByClient},
	} {
		_, err = h.parts.Items.Add(ctx, ann, c, in)
		must(err)
	}
	phq, _ := assessment.CatalogueOf(&record.List[assessment.Instrument]{}).Current(assessment.PHQ9)
	given, n := assessment.Answers{}, 0
	phq.Questionnaire.Each(func(it assessment.Item, _ []string) {
		if it.Type == assessment.Choice && len(it.Options) > 0 {
			given[it.Link] = []string{it.Options[n%2].Key}
			n++
		}
	})
	_, err = h.parts.Assess.Sign(ctx, ann, c, phq, assessment.Input{TakenOn: phi.NewDate(2026, 11, 18), Answers: given})
	must(err)
	shape, err := h.parts.Forms.Read(ctx, h.World.As(h.staff["root"].String(), actor.Administrator), h.form)
	must(err)
	_, err = h.parts.Forms.Fill(ctx, ann, c, shape, form.Filling{Edition: 1, Get: func(string) []string { return []string{"Ms. Quist, Quay Street Homes"} }})
	must(err)
	var signed note.ID
	for i, words := range []string{
		"Called about the lease. She asks for the letter of the shelter; it goes out today.",
		strings.Repeat("We went through the budget line by line, and what the deposit leaves of it. ", 30),
	} {
		signed, err = h.parts.Notes.Sign(ctx, ann, c, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: h.Clock.Now().Add(-time.Duration(i+1) * 26 * time.Hour), Minutes: text("25"), Title: text("Lease"), Sections: note.Plain(text(words)), LateReason: text("The power was out")})
		must(err)
	}
	_, err = h.parts.Notes.Sign(ctx, ann, c, note.ID{}, 0, note.Input{Type: note.OfficeVisit, At: h.Clock.Now(), Minutes: text("50"), Format: note.SOAP, Sections: note.Written(func(heading string) phi.Text {
		return text(map[string]string{"subjective": "She slept in her car.", "objective": "Tired, on time.", "assessment": "Safe for now.", "plan": "Call the shelter today."}[heading])
	})})
	must(err)
	_, err = h.parts.Notes.Addend(ctx, ann, c, signed, text("The deposit is two months, not one."))
	must(err)
	for on, purpose := range map[int]string{17: "Look at the apartment with the landlord, and at the stairs", 27: "Sign the lease"} {
		ids, err := h.parts.Calendar.Book(ctx, ann, subject, appointment.Input{Worker: ann.Worker(), On: phi.NewDate(2026, 11, on), At: "09:00", Minutes: 45, Type: appointment.Home, Place: text("14 Quay Street"), Purpose: text(purpose)}, zone)
		must(err)
		if on == 17 {
			must(h.parts.Calendar.Miss(ctx, ann, subject, ids[0], 0))
		}
	}
	id, err := h.parts.Conferences.Call(ctx, ann, c, conference.Input{
		At: h.Clock.Now().Add(-20 * time.Hour), Place: text("Room 2"), Agenda: text("The lease\nThe dentist"), Minutes: text("One number to call: Ann’s. The landlord waits until December."),
		Attendees: []conference.Attendee{{Worker: ann.Worker(), Came: true}, {Name: text("Ms. Quist"), Came: true}, {Worker: h.staff["bob"].String()}},
		Decisions: []conference.Decision{{What: text("Write to the landlord"), Who: ann.Worker(), Due: phi.NewDate(2026, 12, 1)}},
	})
	must(err)
	_, err = h.parts.Conferences.Sign(ctx, ann, c, id, 0)
	must(err)
	must(h.parts.Conferences.Addend(ctx, ann, c, id, text("Bob joined by phone at the end.")))

	post := url.Values{"do": {"pdf"}}
	for _, p := range report.Parts() {
		post.Add("part", string(p))
	}
	b := h.as("ann")
	post.Set("csrf", b.csrf)
	code, body := b.do("POST", "/clients/"+c.String()+"/print", post)
	_, file, ok := strings.Cut(body, "\n") // after the place it leads to, which is none
	if code != 200 || !ok || !strings.HasPrefix(file, "%PDF-") {
		t.Fatalf("status %d: %.300s", code, body)
	}
	papertest.Golden(t, filepath.Join("testdata", "chart.txt"), papertest.Text(t, []byte(file)), *update)
	golden := filepath.Join("testdata", "chart.pdf")
	if *update {
		must(os.WriteFile(golden, []byte(file), 0o644))
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(want, []byte(file)) {
		t.Errorf("the file is not %s; run with -update, and look at both as pictures (%v)", golden, err)
	}
}
