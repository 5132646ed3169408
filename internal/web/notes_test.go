package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
)

// desk is a worker with a client of their own, writing as a browser without
// script would.
type desk struct {
	*house
	t      *testing.T
	b      *browser
	who    actor.Actor
	client person.ID
	chart  string
}

// deskOf gives Dee, whom Sue supervises, a client of a program.
func deskOf(t *testing.T, h *house, family, program string) *desk {
	t.Helper()
	ivy := h.World.As(h.staff["ivy"].String(), actor.Intake)
	reg, err := h.parts.Clients.Register(ctx, ivy, person.Client{Name: person.Name{Family: phi.NewText(family)}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if h.staff["dee"].IsZero() {
		if h.staff["dee"], err = h.parts.Org.Invite(ctx, h.World.Operator(), org.Invitation{Given: phi.NewText("Dee"), Family: phi.NewText("Worker"), Mail: phi.NewText("dee@example.org"), Role: actor.CaseManager, Supervisor: h.staff["sue"].String()}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.parts.Cases.Open(ctx, ivy, reg.ID, casefile.Opening{Program: program, Worker: h.staff["dee"].String()}); err != nil {
		t.Fatal(err)
	}
	return &desk{house: h, t: t, b: h.as("dee"), who: h.World.As(h.staff["dee"].String(), actor.CaseManager), client: reg.ID, chart: "/clients/" + reg.ID.String()}
}

// post sends a form to a path under the chart and expects a status.
func (d *desk) post(t *testing.T, path string, code int, pairs ...string) string {
	t.Helper()
	form := url.Values{"csrf": {d.b.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	got, body := d.b.do("POST", d.chart+path, form)
	if got != code {
		t.Fatalf("POST %s: %d, want %d: %.600s", path, got, code, text(body))
	}
	return body
}

func (d *desk) get(t *testing.T, path string, words ...string) string {
	t.Helper()
	code, body := d.b.do("GET", d.chart+path, nil)
	if code != 200 {
		t.Fatalf("GET %s: %d", path, code)
	}
	for _, w := range words {
		if !strings.Contains(body, w) {
			t.Errorf("GET %s does not say %q", path, w)
		}
	}
	return body
}

// notes are the client's notes as Dee sees them, newest contact first.
func (d *desk) notes(t *testing.T) []note.Opened {
	t.Helper()
	l, err := d.parts.Notes.Timeline(ctx, d.who, d.client, note.TimelineQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return l.Rows
}

// field is the value of a hidden field of a page.
func field(t *testing.T, body, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("the page has no field %q", name)
	}
	return m[1]
}

var written = []string{"type", "phone", "minutes", "15", "on", "2026-11-20", "text", "Called about the lease and left a message."}

// writing is the fields of a whole note with some of its own.
func writing(pairs ...string) []string { return append(append([]string(nil), written...), pairs...) }

func TestNoteProtection(t *testing.T) {
	h := open(t)
	t.Run("in a Part 2 program, the form says so, and what it sends is kept as a record of it", func(t *testing.T) {
		d := deskOf(t, h, "Pruitt", "clinic")
		body := d.get(t, "/notes", "Care team, Part 2", "Restricted, Part 2")
		if !regexp.MustCompile(`name="access" value="sud" checked`).MatchString(body) || strings.Contains(body, `value="restricted"`) {
			t.Error("the form does not offer what the note will be")
		}
		d.post(t, "/notes", 303, writing("do", "save", "access", "sud")...)
		n := d.notes(t)[0]
		if n.Value.Protection != note.SUD {
			t.Fatalf("%q", n.Value.Protection)
		}
		path := "/notes/" + n.ID.String()
		body = d.get(t, path+"/edit")
		if !regexp.MustCompile(`name="access" value="sud" checked`).MatchString(body) {
			t.Error("the draft's form does not say what it is")
		}
		d.post(t, path, 303, writing("do", "sign", "access", "sud", "version", field(t, body, "version"))...)
		if n := d.notes(t)[0].Value; n.Protection != note.SUD || n.Status != note.Signed {
			t.Errorf("%q, %s", n.Protection, n.Status)
		}
		if body := d.get(t, path, "42 CFR Part 2"); strings.Contains(body, "Restricted</") {
			t.Error("a note for the care team of the program is called restricted")
		}
	})
	t.Run("in another, it offers none of that", func(t *testing.T) {
		d := deskOf(t, h, "Lee", "recovery")
		body := d.get(t, "/notes", `name="access" value="team" checked`)
		if strings.Contains(body, "Part 2") {
			t.Error("an ordinary program's form speaks of Part 2")
		}
		d.post(t, "/notes", 303, writing("do", "save", "access", "restricted")...)
		n := d.notes(t)[0]
		if n.Value.Protection != note.Psychotherapy {
			t.Fatalf("%q", n.Value.Protection)
		}
		path := "/notes/" + n.ID.String()
		version := field(t, d.get(t, path+"/edit", `name="access" value="restricted" checked`), "version")
		if body := d.post(t, path, 422, writing("do", "sign", "version", version)...); !strings.Contains(body, "Choose who may read the note.") {
			t.Error("a form without who may read it lowered the protection")
		}
		d.post(t, path, 303, writing("do", "sign", "access", "team", "version", version)...)
		if n := d.notes(t)[0].Value; n.Protection != note.Ordinary || n.Status != note.Signed {
			t.Errorf("%q, %s", n.Protection, n.Status)
		}
	})
}

// coSigned has the notes of case managers in a program co-signed.
func (d *desk) coSigned(t *testing.T, program string) actor.Actor {
	t.Helper()
	if err := d.parts.Org.SetNoteRules(ctx, d.World.As(d.staff["root"].String(), actor.Administrator), 0, program, org.NoteRules{CoSignRoles: []actor.Role{actor.CaseManager}}); err != nil {
		t.Fatal(err)
	}
	return d.World.As(d.staff["sue"].String(), actor.Supervisor)
}

func TestReturnedNote(t *testing.T) {
	d := deskOf(t, open(t), "Pruitt", "recovery")
	sue := d.coSigned(t, "recovery")
	d.post(t, "/notes", 303, writing("do", "sign", "access", "team")...)
	n := d.notes(t)[0]
	path := "/notes/" + n.ID.String()
	if err := d.parts.Notes.Return(ctx, sue, d.client, n.ID, n.Version, phi.NewText("Whose call was this?")); err != nil {
		t.Fatal(err)
	}
	t.Run("its page offers to mark it as entered in error, and not to throw it away", func(t *testing.T) {
		if body := d.get(t, path, "Mark as entered in error"); strings.Contains(body, "Discard draft") {
			t.Error("it offers to throw it away")
		}
		d.post(t, path+"/discard", 303, "version", "3")
		d.get(t, path, "Nothing was discarded.", "Returned with remarks")
	})
	t.Run("it is not marked without a reason or over a change, and what was typed comes back", func(t *testing.T) {
		if body := d.post(t, path+"/wrong", 422, "version", "3"); !strings.Contains(body, "Say what is wrong with the note.") {
			t.Error("what is missing is not said")
		}
		if body := d.post(t, path+"/wrong", 422, "reason", "It was another client."); !strings.Contains(body, "nothing was marked") || !strings.Contains(body, "It was another client.") {
			t.Error("a form without a version marked it, or the reason is lost")
		}
	})
	t.Run("marked, it stands in the chart with the reason", func(t *testing.T) {
		d.post(t, path+"/wrong", 303, "version", "3", "reason", "It was another client.")
		d.get(t, path, "Entered in error.", "It was another client.", "Called about the lease")
		d.get(t, "/notes", "Entered in error", "Called about the lease")
		if body := d.post(t, path+"/wrong", 422, "version", "3", "reason", "Typed in another window."); !strings.Contains(body, "Typed in another window.") {
			t.Error("what was typed in another window is lost")
		}
	})
}

// TestReturnedAddendum is about the addendum of one whose notes are co-signed, on
// the pages of its author and of their supervisor.
func TestReturnedAddendum(t *testing.T) {
	d := deskOf(t, open(t), "Pruitt", "recovery")
	d.post(t, "/notes", 303, writing("do", "sign", "access", "team")...)
	parent := "/notes/" + d.notes(t)[0].ID.String()
	d.post(t, parent+"/addenda", 303, "text", "The first one stands at once.")
	if body := d.get(t, parent, "The first one stands at once."); strings.Contains(body, "awaiting co-signature") {
		t.Error("an addendum waits where no note is co-signed")
	}
	d.coSigned(t, "recovery")
	boss := *d
	boss.b = d.as("sue")
	d.post(t, parent+"/addenda", 303, "text", "He rang back at noon.")
	d.get(t, parent, "He rang back at noon.", "Signed, awaiting co-signature", "Open the addendum")
	d.get(t, "/notes", "1 addendum awaits a co-signature")
	var path string
	for _, o := range d.notes(t) {
		if o.Value.Status == note.Awaiting {
			path = "/notes/" + o.ID.String()
		}
	}
	t.Run("the supervisor finds it in the queue and returns it", func(t *testing.T) {
		if _, body := boss.b.do("GET", "/cosign", nil); !strings.Contains(body, d.chart+path) || !strings.Contains(body, ">Addendum<") {
			t.Error("it is not in the queue")
		}
		boss.get(t, path, "Co-sign note", "Return it with remarks", `href="`+d.chart+parent+`"`)
		boss.post(t, path+"/return", 303, "version", "1", "remarks", "Was it noon?")
		if body := boss.get(t, parent); strings.Contains(body, "He rang back at noon.") {
			t.Error("a draft is shown to another than its author")
		}
	})
	t.Run("its author changes it on its page; bad input and another window lose nothing", func(t *testing.T) {
		d.get(t, parent, "He rang back at noon.", "Returned with remarks")
		d.get(t, "/notes", "Addendum returned", "Change the addendum")
		if code, _ := d.b.do("GET", d.chart+path+"/edit", nil); code != 303 {
			t.Error("the form of a note is offered for an addendum", code)
		}
		body := d.get(t, path, "Was it noon?", "He rang back at noon.</textarea>")
		if v := field(t, body, "version"); v != "2" {
			t.Fatal(v)
		}
		if body := d.post(t, path+"/addendum", 422, "do", "sign", "version", "2", "text", "No"); !strings.Contains(body, "Write what is to be added") || !strings.Contains(body, ">No</textarea>") {
			t.Error("what was typed is gone")
		}
		d.post(t, path+"/addendum", 303, "do", "save", "version", "2", "text", "He rang back at one.")
		body = d.post(t, path+"/addendum", 422, "do", "sign", "version", "2", "was.", "1", "was.text", "He rang back at noon.", "text", "He rang back at two.")
		if !strings.Contains(body, "He rang back at two.</textarea>") || !strings.Contains(body, "He rang back at one.") {
			t.Error("one of two windows is lost")
		}
		if v := field(t, body, "version"); v != "3" {
			t.Error(v)
		}
	})
	t.Run("sent again, it waits and is co-signed", func(t *testing.T) {
		d.post(t, path+"/addendum", 303, "do", "sign", "version", "3", "text", "He rang back at two.")
		d.get(t, path, "Waits for a co-signature", "He rang back at two.")
		if body := d.post(t, path+"/addendum", 422, "do", "sign", "version", "3", "text", "Typed in a third window."); !strings.Contains(body, "Typed in a third window.") {
			t.Error("what was typed in a third window is lost")
		}
		boss.post(t, path+"/cosign", 303, "version", "4")
		d.get(t, parent, "He rang back at two.", "Co-signed by")
	})
}

// TestFormWithoutVersion sends the forms that end something as a page would that
// lost its version: what was changed since stays, and with its version each does
// what it says.
func TestFormWithoutVersion(t *testing.T) {
	d := deskOf(t, open(t), "Pruitt", "recovery")
	d.coSigned(t, "recovery")
	boss := *d
	boss.b = d.as("sue")
	d.post(t, "/notes", 303, writing("do", "save", "access", "team")...)
	id := d.notes(t)[0].ID
	path := "/notes/" + id.String()
	d.post(t, path, 303, writing("do", "save", "access", "team", "version", "1", "title", "Changed")...)
	state := func(t *testing.T, want string) {
		t.Helper()
		if got := d.notes(t)[0].Value; got.Status != want || got.Title.Disclose() != "Changed" {
			t.Errorf("%s, %q", got.Status, got.Title.Disclose())
		}
	}
	for _, none := range [][]string{nil, {"version", "0"}, {"version", "x"}} {
		t.Run("sent with "+strings.Join(append([]string{"fields"}, none...), " "), func(t *testing.T) {
			d.post(t, path+"/sign", 303, none...)
			d.post(t, path+"/discard", 303, none...)
			d.post(t, path, 200, writing(append([]string{"do", "sign", "access", "team"}, none...)...)...)
			state(t, note.Draft)
		})
	}
	d.post(t, path+"/sign", 303, "version", "2")
	state(t, note.Awaiting)
	t.Run("a co-signature and a return name the version that was read", func(t *testing.T) {
		boss.post(t, path+"/cosign", 303)
		boss.post(t, path+"/return", 422, "remarks", "Say when.")
		state(t, note.Awaiting)
		boss.post(t, path+"/cosign", 303, "version", "3")
		state(t, note.Signed)
	})
	t.Run("a draft plan is thrown away as it was seen", func(t *testing.T) {
		plans := d.parts.Plans
		pid, err := plans.Start(ctx, d.who, d.client, plan.Beginning{Details: plan.Details{Title: phi.NewText("Care plan"), From: phi.NewText("2026-11-20")}})
		if err != nil {
			t.Fatal(err)
		}
		if err := plans.AddGoal(ctx, d.who, d.client, pid, plan.GoalInput{Key: "aaaaaaaaaaaa", Text: phi.NewText("A lease")}, phi.NewDate(2026, 11, 20)); err != nil {
			t.Fatal(err)
		}
		d.post(t, "/plan/"+pid.String()+"/discard", 303)
		d.post(t, "/plan/"+pid.String()+"/goals/aaaaaaaaaaaa/remove", 303)
		if o, err := plans.Read(ctx, d.who, pid); err != nil || o.Value.Stage != plan.Drafted || len(o.Value.Goals) != 1 {
			t.Error(o.Value.Stage, len(o.Value.Goals), err)
		}
		d.post(t, "/plan/"+pid.String()+"/discard", 303, "version", "2")
		if o, err := plans.Read(ctx, d.who, pid); err != nil || o.Value.Stage != plan.Discarded {
			t.Error(o.Value.Stage, err)
		}
	})
	t.Run("a clinical item is marked and changed as it was seen", func(t *testing.T) {
		in := clinical.Input{Sort: clinical.Allergy, Display: phi.NewText("Penicillin"), Told: clinical.ByClient}
		iid, err := d.parts.Items.Add(ctx, d.who, d.client, in)
		if err != nil {
			t.Fatal(err)
		}
		in.Detail = phi.NewText("rash")
		if err := d.parts.Items.Change(ctx, d.who, d.client, iid, 1, in); err != nil {
			t.Fatal(err)
		}
		wrong := func() bool {
			t.Helper()
			s, err := d.parts.Items.Summary(ctx, d.who, d.client)
			if err != nil || len(s.Allergies) != 1 {
				t.Fatal(len(s.Allergies), err)
			}
			return s.Allergies[0].Value.Wrong
		}
		d.post(t, "/clinical/"+iid.String()+"/error", 303)
		if wrong() {
			t.Error("it was marked over a change")
		}
		d.post(t, "/clinical/"+iid.String()+"/error", 303, "version", "2")
		if !wrong() {
			t.Error("it was not marked")
		}
	})
}
