package web_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/governance"
	"caseward/internal/program/training"
	"caseward/internal/record"
)

// courses gives sanctions the courses of the test.
type courses struct{ *training.Training }

func (c courses) AssignIn(ctx context.Context, who actor.Actor, w *record.Work, worker, course string, due time.Time) error {
	return c.Training.AssignIn(ctx, who, w, worker, course, training.Remedial, due)
}

// TestSanctions reports what a case manager did, finds it so, decides, and has the person
// read it and ask for another look; with everybody who may not at each step.
func TestSanctions(t *testing.T) {
	h := open(t) // on November 20
	h.Clock.Advance(time.Hour)
	get := func(name, path string, code int, want ...string) string {
		t.Helper()
		got, body := h.as(name).do("GET", path, nil)
		if got != code {
			t.Fatalf("%s as %s: %d %.300s", path, name, got, text(body))
		}
		for _, s := range want {
			if !strings.Contains(text(body), s) && !strings.Contains(body, s) {
				t.Errorf("%s as %s lacks %q", path, name, s)
			}
		}
		return body
	}
	send := func(b *browser, path string, form url.Values, code int, want ...string) string {
		t.Helper()
		form.Set("csrf", b.csrf)
		got, body := b.do("POST", path, form)
		if got != code {
			t.Fatalf("POST %s: %d %.400s", path, got, text(body))
		}
		for _, s := range want {
			if !strings.Contains(text(body), s) && !strings.Contains(body, s) {
				t.Errorf("POST %s lacks %q: %.600s", path, s, text(body))
			}
		}
		to, _, _ := strings.Cut(body, "\n")
		return to
	}
	post := func(name, path string, form url.Values, code int, want ...string) string {
		t.Helper()
		return send(h.as(name), path, form, code, want...)
	}
	proved := func(name string) *browser {
		b := h.as(name)
		b.do("POST", "/stepup", url.Values{"csrf": {b.csrf}, "next": {"/sanctions"}, "demo": {"1"}})
		return b
	}
	ann := h.staff["ann"].String()
	get("pat", "/governance", 200, `href="/sanctions"`)
	if strings.Contains(get("root", "/governance", 200), `href="/sanctions"`) {
		t.Error("an administrator is led to sanctions")
	}
	get("pat", "/sanctions", 200, "Nothing waits for anybody")
	get("pat", "/sanctions?view=all", 200, "Nothing was reported yet")
	for _, name := range []string{"ann", "sue", "ivy", "aud", "root"} {
		get(name, "/sanctions", 403)
		get(name, "/sanctions/new", 403)
		get(name, "/sanctions/scale/set", 403)
		get(name, "/sanctions/scale", 200, "Coaching", "Termination")
		get(name, "/sanctions/mine", 200, "Nothing was decided about you")
	}
	form := url.Values{"person": {ann}, "cause": {"exercise"}, "known": {"2026-11-19"}, "what": {"The screen stood open in the hall."}, "policy": {""}, "section": {"4.2"}}
	get("pat", "/sanctions/new?person="+ann, 200, "An exercise with suspicious mail is never a cause", `value="`+ann+`" selected`)
	post("pat", "/sanctions/new", form, 422, "An exercise with suspicious mail is never one.", "The screen stood open", "2026-11-19", `value="4.2"`)
	form.Set("cause", "other")
	post("sue", "/sanctions/new", form, 403)
	it := post("pat", "/sanctions/new", form, 303)
	for _, name := range []string{"ann", "bob", "sue", "ivy", "aud", "root"} {
		get(name, it, 403)
	}
	get("sam", it, 200, "The screen stood open in the hall.", "Is it so?", "Ann Worker")
	get("sam", "/due", 200, "Look into a report about a colleague")
	get("ann", "/sanctions/mine", 200, "Nothing was decided about you")
	found := url.Values{"version": {"1"}, "confirmed": {"yes"}, "finding": {"Two colleagues saw it."}, "refer": {"officer"}}
	post("pat", it+"/finding", found, 422, "Choose what the person knew and wanted.", "Two colleagues saw it.")
	found.Set("intent", "careless")
	post("root", it+"/finding", found, 403)
	post("pat", it+"/finding", found, 303)
	post("pat", it+"/finding", found, 409)
	// Another decides, after proving who they are, and answers first whether the law protects it.
	get("pat", it, 200, "You found it to be so. Another decides what follows.")
	get("sam", "/due", 200, "Decide what follows from a confirmed violation")
	if strings.Contains(get("pat", "/due", 200), "Decide what follows from a confirmed violation") {
		t.Error("whoever found it is asked to decide")
	}
	pat, sam := proved("pat"), proved("sam")
	decision := url.Values{"version": {"2"}, "scale": {"0"}, "level": {"2"}, "why": {"It stood open twice."}}
	send(pat, it+"/decide", decision, 403)
	if code, _ := h.as("sam").do("GET", it+"/decide", nil); code != 303 {
		t.Errorf("the form opens without a fresh proof: %d", code)
	}
	code, body := sam.do("GET", it+"/decide", nil)
	if code != 200 || !strings.Contains(text(body), "does the law protect what this person did?") || !strings.Contains(text(body), "Written warning") {
		t.Errorf("the form to decide: %d", code)
	}
	send(sam, it+"/decide", decision, 422, "Answer this before anything is decided.", "It stood open twice.")
	decision.Set("disclosure", "no")
	decision.Set("opposition", "yes")
	send(sam, it+"/decide", decision, 422, "no sanction may follow (45 CFR 164.530(e)(1))", "It stood open twice.")
	get("sam", it, 200, "Confirmed, not decided")
	decision.Set("opposition", "no")
	decision.Set("course", "no-such-course")
	decision.Set("due", "2026-12-20")
	send(sam, it+"/decide", decision, 422, "Choose a course that is published.")
	decision.Del("course")
	// It may refer to what the committee decided, and to nothing that it did not.
	decision.Set("committee", "nothing")
	send(sam, it+"/decide", decision, 422, "Choose a decision of the committee from the list.")
	of := decided(t, h)
	if code, body := sam.do("GET", it+"/decide", nil); code != 200 || !strings.Contains(body, `value="`+of+`"`) {
		t.Errorf("the committee's decision is not offered: %d", code)
	}
	decision.Set("committee", of)
	send(sam, it+"/decide", decision, 303)
	if body := get("sam", it, 200); !strings.Contains(body, `href="/governance/committee/decisions/`+of+`"`) {
		t.Error("no link to the committee's decision")
	}
	if body := get("pat", "/governance/committee/decisions/"+of, 200, "Sanctions that refer to it"); !strings.Contains(body, `href="`+it+`"`) {
		t.Error("no link back")
	}
	for _, name := range []string{"root", "sue"} {
		if strings.Contains(get(name, "/governance/committee/decisions/"+of, 200), it) {
			t.Errorf("%s learns of a sanction", name)
		}
	}
	if strings.Contains(get("ann", "/sanctions/mine", 200), of) {
		t.Error("the person is told of the committee's decision")
	}
	get("pat", it, 200, "Written warning", "It stood open twice.", "Sam Worker")
	// The person reads the decision, and not what others said.
	body = get("ann", "/sanctions/mine", 200, "Written warning", "It stood open twice.", "Ask for another look")
	for _, s := range []string{"Two colleagues", "in the hall"} {
		if strings.Contains(body, s) {
			t.Errorf("the person reads %q", s)
		}
	}
	get("ann", it, 403)
	get("ann", "/due", 200, "Read what was decided about you")
	get("bob", "/sanctions/mine", 200, "Nothing was decided about you")
	mine := it + "/appeal"
	post("ann", mine, url.Values{"version": {"3"}, "words": {""}}, 422, "Say what should be looked at again.")
	post("bob", mine, url.Values{"version": {"3"}, "words": {"Me too."}}, 403)
	post("ann", mine, url.Values{"version": {"3"}, "words": {"Somebody had fallen."}}, 303)
	send(sam, it+"/answer", url.Values{"version": {"4"}, "scale": {"0"}, "level": {"0"}, "words": {"No."}}, 403)
	code, body = pat.do("GET", it+"/answer", nil)
	if code != 200 || !strings.Contains(text(body), "It stands: Written warning") || strings.Contains(text(body), "Termination") {
		t.Errorf("the form of another look: %d", code)
	}
	send(pat, it+"/answer", url.Values{"version": {"4"}, "scale": {"0"}, "level": {"5"}, "words": {"Worse."}}, 422, "Another look never makes it harder.")
	send(pat, it+"/answer", url.Values{"version": {"4"}, "scale": {"0"}, "level": {"1"}, "words": {"The fall is in the log."}}, 303)
	get("ann", "/sanctions/mine", 200, "Coaching", "Written warning", "The fall is in the log.")
	get("pat", "/sanctions", 200, "Nothing waits for anybody")
	get("pat", "/sanctions?view=all", 200, "Ann Worker", "Looked at again")

	// Where no other officer is left, or it is better so, a program manager decides.
	bob := h.staff["bob"].String()
	form.Set("person", bob)
	form.Set("what", "The list lay in the break room.")
	it = post("sam", "/sanctions/new", form, 303)
	referred := url.Values{"version": {"1"}, "confirmed": {"yes"}, "finding": {"It lay there overnight."}, "intent": {"careless"}, "refer": {"manager"}}
	post("sam", it+"/finding", referred, 422, "No program manager could decide this. Leave it to another officer.", "It lay there overnight.")
	id, err := h.parts.Org.Invite(ctx, h.Operator(), org.Invitation{Given: phi.NewText("Moe"), Family: phi.NewText("Worker"), Mail: phi.NewText("moe@example.org"), Role: actor.ProgramManager, Programs: []string{"recovery"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.parts.Org.Activate(ctx, authn.Service(authn.SignIn), id); err != nil {
		t.Fatal(err)
	}
	h.staff["moe"] = id
	get("moe", it, 403) // not before it is referred
	post("sam", it+"/finding", referred, 303)
	get("moe", it, 200, "The list lay in the break room.")
	get("moe", "/due", 200, "Decide what follows from a confirmed violation")
	decision = url.Values{"version": {"2"}, "scale": {"0"}, "level": {"1"}, "why": {"It was one evening."}, "disclosure": {"no"}, "opposition": {"no"}}
	get("moe", send(proved("moe"), it+"/decide", decision, 303), 200, "Nothing waits for anybody")
	get("bob", "/sanctions/mine", 200, "Coaching", "It was one evening.")

	// The scale is the agency's.
	set := url.Values{"version": {"0"}, "name-1": {"A talk"}, "name-2": {"a talk"}, "ends-2": {"yes"}, "usual-unintended": {"1"}, "usual-careless": {"1"}, "usual-curious": {"2"}, "usual-malicious": {"2"}}
	send(pat, "/sanctions/scale/set", set, 422, "Give each level a name of its own.", `value="a talk"`)
	set.Set("name-2", "Parting")
	send(proved("root"), "/sanctions/scale/set", set, 403)
	send(pat, "/sanctions/scale/set", set, 303)
	get("ann", "/sanctions/scale", 200, "A talk", "Parting", "Pat Worker")
	send(sam, "/sanctions/scale/set", set, 409)
}

// decided is the id of something that the committee decided.
func decided(t *testing.T, h *house) string {
	t.Helper()
	pat, sam := h.staff["pat"].String(), h.staff["sam"].String()
	officer := h.World.Proved(pat, actor.PrivacyOfficer)
	com := h.parts.Committees
	err := com.SetUp(ctx, officer, 0, governance.Committee{
		Name: "Compliance committee", Chair: pat, Quorum: 2, Months: 3,
		Seats: []governance.Seat{{Voice: governance.PrivacyVoice, Worker: pat}, {Voice: governance.SecurityVoice, Worker: sam}},
	})
	if err != nil {
		t.Fatal(err, fault.FieldsOf(err))
	}
	in := governance.Protocol{
		At: h.Clock.Now().Add(-time.Hour), Came: []string{pat, sam}, Agenda: "- Screens", Minutes: "All is said.",
		Decisions: []governance.Resolved{{What: "Lock every screen by itself", Owner: sam, Due: h.Clock.Now().AddDate(0, 0, 10)}},
	}
	id, err := com.Convene(ctx, officer, in)
	if err == nil {
		err = com.File(ctx, officer, id, 1, in)
	}
	if err != nil {
		t.Fatal(err, fault.FieldsOf(err))
	}
	all, err := com.Overview(ctx, officer)
	if err != nil || len(all.Decisions) != 1 {
		t.Fatal(all, err)
	}
	return all.Decisions[0].ID.String()
}
