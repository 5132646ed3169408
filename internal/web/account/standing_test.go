package account_test

import (
	"context"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// course is a module that requires one course, and says who took it.
type course struct {
	Worker string    `class:"program" doc:"Who took it."`
	At     time.Time `class:"program" doc:"From when."`
	Days   int       `class:"program" doc:"How long it is good for."`
}

var courseKind = record.Define(record.Kind[course]{
	Name: "coverage", Doc: "A course.", Retention: "workforce",
	Labels: func(course) record.Labels { return record.Labels{State: "active"} },
	Facts: func(_ string, _ record.Subject, v course) []record.Fact {
		if v.Worker != "" {
			return []record.Fact{record.Holding(v.Worker, "training/privacy", v.At, v.At.AddDate(0, 0, v.Days))}
		}
		return []record.Fact{record.Requirement{Role: actor.Intake, Name: "training/privacy", Class: policy.Training, Since: v.At, Grace: 10, Limited: 5}.Fact(v.At, time.Time{})}
	},
})

type school struct{}

func (school) Describe(_ context.Context, lang, code string) (title, path string, err error) {
	return map[string]string{"en": "Privacy at work", "es": "Privacidad en el trabajo"}[lang], "/training/" + code, nil
}

func TestStanding(t *testing.T) {
	h := open(t, false)
	h.must.Add("training", school{})
	ina := h.hire("Ina Brook", "ina@example.org", actor.Intake, h.boss.String())
	b, secret := h.enrol(ina)
	courses := record.Use(h.Door, courseKind)
	state := func(c course) {
		h.t.Helper()
		w := h.Door.Work(h.As(h.boss.String(), actor.Supervisor), "coverage.create")
		courses.Create(w, record.Subject{}, c)
		h.ok(w.Commit(ctx))
	}
	h.run("who must hold nothing is told so", func(t *testing.T) {
		b.get("/register").is(200, "registering")
		b.get("/standing").is(200, "The agency requires nothing of your role at the moment.")
		b.get("/standing?next=/register").to("/register")
	})
	state(course{At: h.Clock.Now()})
	h.run("who lacks something is led to what is missing, with the way back, in whatever way they asked", func(t *testing.T) {
		there := "/standing?next=%2Fregister"
		b.get("/register").to(there)
		b.at = "/register"
		b.post("/register").to(there)
		b.get(there).is(200, "For now you can only read the records of your own caseload.", "Privacy at work", "It’s an emergency",
			`href="/training/privacy?back=%2Fstanding%3Fnext%3D%252Fregister"`, `href="/register"`)
	})
	h.run("nobody is sent on to another site", func(t *testing.T) {
		b.get("/standing?next=https://evil.example/").is(200).without(`href="https://evil`)
	})
	state(course{Worker: ina.String(), At: h.Clock.Now(), Days: 30})
	h.run("whoever made it good goes on where they were going, and reads until when it is good", func(t *testing.T) {
		b.get("/standing?next=%2Fregister").to("/register")
		b.get("/register").is(200, "registering")
		b.get("/standing").is(200, "Nothing keeps you from your work.", "good until")
	})
	h.run("after a lapse it is said what is left, and when nothing will be", func(t *testing.T) {
		h.Clock.Advance(41 * 24 * time.Hour)
		b := h.signIn("ina@example.org", secret)
		b.get("/standing").is(200, "For now you can only read the records of your own caseload.", "all closes on")
		b.post("/language", "lang", "es", "next", "/standing").to("/standing")
		b.get("/standing").is(200, "Privacidad en el trabajo", "Hacerlo ahora")
		b.post("/language", "lang", "en", "next", "/standing").to("/standing")
		h.Clock.Advance(5 * 24 * time.Hour)
		h.signIn("ina@example.org", secret).get("/standing").is(200, "Clients’ records are closed to you for now.", "Missing")
	})
}
