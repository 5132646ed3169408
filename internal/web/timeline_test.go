package web_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/conference"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// TestTimelineSources opens the timeline of a chart with an appointment, a
// conference for the care team and a restricted one, an assessment, a form and a
// draft of one in it, as colleagues who may see less and less of it.
func TestTimelineSources(t *testing.T) {
	h := open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	worker := func(name string, role actor.Role, o org.Invitation) actor.Actor {
		o.Given, o.Family, o.Mail, o.Role = phi.NewText(name), phi.NewText("Worker"), phi.NewText(name+"@example.org"), role
		id, err := h.parts.Org.Invite(ctx, h.World.Operator(), o)
		must(err)
		h.staff[name] = id
		return h.World.As(id.String(), role)
	}
	mia := worker("mia", actor.ProgramManager, org.Invitation{Programs: []string{"recovery"}})
	worker("tom", actor.CaseManager, org.Invitation{})
	ann := h.World.As(h.staff["ann"].String(), actor.CaseManager)
	must(h.parts.Cases.Join(ctx, mia, h.kase, casefile.Member{Worker: h.staff["tom"].String()}))
	client := record.SubjectOf(h.client)
	zone, _ := time.LoadLocation("America/New_York")
	book := func(on phi.Date, purpose string) appointment.ID {
		ids, err := h.parts.Calendar.Book(ctx, ann, client, appointment.Input{Worker: ann.Worker(), On: on, At: "09:00", Minutes: 45, Type: appointment.Home, Purpose: phi.NewText(purpose)}, zone)
		must(err)
		return ids[0]
	}
	kept, missed := book(phi.NewDate(2026, 11, 18), "Look at the boiler"), book(phi.NewDate(2026, 11, 19), "Look at the meter")
	book(phi.NewDate(2026, 11, 27), "Look at the attic")
	must(h.parts.Calendar.Keep(ctx, ann, client, kept, 0))
	must(h.parts.Calendar.Miss(ctx, ann, client, missed, 0))
	call := func(agenda string, restricted bool, guests ...string) conference.ID {
		in := conference.Input{At: h.Clock.Now().Add(-3 * time.Hour), Agenda: phi.NewText(agenda), Restricted: restricted}
		for _, g := range append(guests, "ann") {
			in.Attendees = append(in.Attendees, conference.Attendee{Worker: h.staff[g].String()})
		}
		id, err := h.parts.Conferences.Call(ctx, ann, h.client, in)
		must(err)
		return id
	}
	open, closed := call("The lease and the landlord", false, "bob"), call("What the sister said", true, "tom")
	_, err := h.parts.Assess.Keep(ctx, ann, h.client, assessment.PHQ9, assessment.ID{}, 0, map[string]phi.Text{"on": phi.NewText("2026-11-20")})
	must(err)
	h.Clock.Advance(time.Minute)

	chart := "/clients/" + h.client.String()
	// The links and words of each source.
	assessed := []string{chart + "/assessments/" + h.screen.String(), chart + "/forms/" + h.filled.String(), "Landlord"}
	draft := []string{`<a class="name" href="` + chart + "/assess/" + assessment.PHQ9 + `"`}
	met := []string{chart + "/appointments/" + kept.String(), "No-show"}
	words := []string{"Look at the boiler", "Look at the meter"}
	held := []string{chart + "/conferences/" + open.String(), "The lease and the landlord"}
	apart := []string{chart + "/conferences/" + closed.String(), "What the sister said"}
	lists := func(all ...[]string) (out []string) {
		for _, l := range all {
			out = append(out, l...)
		}
		return out
	}
	read := func(t *testing.T, who, query string) string {
		t.Helper()
		b := h.as(who)
		_, _ = b.do("GET", chart+"/notes", nil) // once for the names of colleagues, which are kept
		before := len(h.Entries(t))
		code, body := b.do("GET", chart+"/notes"+query, nil)
		if code != 200 {
			t.Fatalf("%s: %d %.300s", who, code, text(body))
		}
		if n := len(h.Entries(t)) - before; n > 2 {
			t.Errorf("%s: %d entries", who, n)
		}
		_, body, _ = strings.Cut(body, `class="tl-list"`)
		// What comes next stands beside the timeline.
		return body[:max(strings.LastIndex(body, "</article>"), 0)]
	}
	for _, x := range []struct {
		who, query string
		has, not   []string
	}{
		{"ann", "", lists(assessed, draft, met, words, held, apart), []string{"Look at the attic"}},
		{"ann", "?kind=assessment", lists(assessed, draft), lists(met, words, held, apart)},
		{"ann", "?kind=appointment", lists(met, words), lists(assessed, draft, held, apart)},
		{"ann", "?kind=conference", lists(held, apart), lists(assessed, draft, met, words)},
		{"ann", "?until=2026-11-18", met[:1], lists(assessed, draft, held, apart, met[1:])},
		{"ann", "?from=2026-11-19&until=2026-11-19", lists(assessed[:1], met[1:]), lists(draft, held, apart, met[:1])},
		// On the care team, but neither the worker nor who called it.
		{"tom", "", lists(assessed, met, words, held), lists(draft, apart)},
		// Asked to come: the conference and nothing else of the chart.
		{"bob", "", held, lists(assessed, draft, met, words, apart)},
		// Manages the program: that they met, not why; conferences whole.
		{"mia", "", lists(met, held, apart), lists(draft, words)},
		// Arranges appointments, without a word of them.
		{"ivy", "", met, lists(assessed, draft, words, held, apart)},
		// Sees which client an entry of the log is about, and no more.
		{"aud", "", nil, lists(assessed, draft, met, words, held, apart)},
	} {
		t.Run(x.who+" at "+x.query+" is shown what is theirs to see", func(t *testing.T) {
			body := read(t, x.who, x.query)
			for _, s := range x.has {
				if !strings.Contains(body, s) {
					t.Errorf("%q is not there", s)
				}
			}
			for _, s := range x.not {
				if strings.Contains(body, s) {
					t.Errorf("%q is there", s)
				}
			}
		})
	}
	t.Run("who reads the timeline leaves one entry, and each link leads somewhere", func(t *testing.T) {
		b := h.as("ann")
		_, _ = b.do("GET", chart+"/notes", nil)
		for _, kind := range []string{"", "assessment", "appointment", "conference"} {
			before := len(h.Entries(t))
			if code, _ := b.do("GET", chart+"/notes?kind="+url.QueryEscape(kind), nil); code != 200 {
				t.Fatal(kind, code)
			}
			n := 0
			for _, e := range h.Entries(t)[:len(h.Entries(t))-before] {
				if e.Entry.Action == "chart.open" {
					n++
				}
			}
			if n != 1 {
				t.Errorf("%q: %d entries", kind, n)
			}
		}
		for _, to := range append(lists(assessed[:2], met[:1], held[:1], apart[:1]), chart+"/assess/"+assessment.PHQ9) {
			if code, _ := b.do("GET", to, nil); code != 200 {
				t.Errorf("%s: %d", to, code)
			}
		}
	})
	t.Run("nobody else gains a page by it", func(t *testing.T) {
		for _, who := range []string{"root", "sam", "sue"} {
			if code, body := h.as(who).do("GET", chart+"/notes", nil); code == 200 {
				t.Errorf("%s: %.200s", who, text(body))
			}
		}
	})
}
