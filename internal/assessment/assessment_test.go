package assessment_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/assessment"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/task"
)

var ctx = context.Background()

// house is a client with a worker, a supervisor and strangers.
type house struct {
	*recordtest.World
	as                       *assessment.Assessments
	clients                  *person.Clients
	cases                    *casefile.Cases
	notices                  *notice.Notices
	client                   person.ID
	file                     casefile.ID
	one, team, boss, manager actor.Actor
	stranger, admin, intake  actor.Actor
}

func move(t *testing.T, w *recordtest.World) *house {
	t.Helper()
	clients := person.New(w.Door)
	notices := notice.New(w.Door)
	h := &house{World: w, clients: clients, cases: casefile.New(w.Door, clients), notices: notices, as: assessment.New(w.Door, clients, notices)}
	h.one, h.team, h.stranger = w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager), w.As("w9", actor.CaseManager)
	h.boss, h.manager, h.admin, h.intake = w.As("s1", actor.Supervisor), w.As("m1", actor.ProgramManager), w.As("a1", actor.Administrator), w.As("i1", actor.Intake)
	r, err := clients.Register(ctx, h.intake, person.Client{Name: person.Name{Family: phi.NewText("Quell")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	h.client = r.ID
	if h.file, err = h.cases.Open(ctx, h.intake, r.ID, casefile.Opening{Program: "housing", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}}); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) known(t *testing.T, code string) assessment.Known {
	t.Helper()
	v := h.Door.View(h.one, "instrument.find")
	l := h.as.WantInstruments(v)
	if err := v.Open(ctx); err != nil {
		t.Fatal(err)
	}
	k, ok := assessment.CatalogueOf(l).Current(code)
	if !ok {
		t.Fatal(code)
	}
	return k
}

func (h *house) of(t *testing.T) []assessment.Opened {
	t.Helper()
	v := h.Door.View(h.one, "assessment.find")
	l := h.as.WantOf(v, h.client)
	if err := v.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return l.Rows
}

func (h *house) due(t *testing.T, who actor.Actor, until phi.Date) int {
	t.Helper()
	v := h.Door.View(who, "assessment.find")
	y, m, d := until.Disclose()
	_, due := h.as.WantDue(v, who, task.Ask{Worker: who.Worker(), Now: time.Date(y, time.Month(m), d, 12, 0, 0, 0, time.UTC)})
	if err := v.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return len(due())
}

func on(y, m, d int) phi.Date { return phi.NewDate(y, m, d) }

func TestSign(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := move(t, w)
		phq := h.known(t, assessment.PHQ9)
		in := func(digits string, day phi.Date) assessment.Input {
			return assessment.Input{TakenOn: day, Today: on(2026, 11, 20), Answers: answers(phq.Questionnaire, digits)}
		}
		subject := record.SubjectOf(h.client)
		t.Run("what is filled in is kept for whoever fills it in, until it is signed", func(t *testing.T) {
			d, err := h.as.Keep(ctx, h.one, h.client, phq.Code, assessment.ID{}, 0, map[string]phi.Text{"q-i1": phi.NewText("LA6568-5")})
			if err != nil || d.Rev != 1 {
				t.Fatal(d.Rev, err)
			}
			if _, found, err := h.as.Take(ctx, h.team, h.client, phq.Code, assessment.ID{}); found || err != nil {
				t.Error("somebody else takes it up", err)
			}
			if _, found, err := h.as.Take(ctx, h.one, h.client, assessment.GAD7, assessment.ID{}); found || err != nil {
				t.Error("another instrument takes it up", err)
			}
			x := in("333110000", on(2026, 8, 1))
			if _, err := h.as.Sign(ctx, h.one, h.client, phq, x); !fault.Is(err, fault.Conflict) {
				t.Error("what another window kept is thrown away", err)
			}
			x.Rev, x.New = d.Rev, record.FreshID[assessment.Assessment](w.Clock.Now())
			for range 2 { // a double press
				if id, err := h.as.Sign(ctx, h.one, h.client, phq, x); err != nil || id != x.New {
					t.Fatal(id, err)
				}
			}
			if d, err = h.as.Keep(ctx, h.one, h.client, phq.Code, assessment.ID{}, 7, map[string]phi.Text{"q-i1": phi.NewText("LA6568-5")}); err != nil || d.Rev != 1 {
				t.Error("a window that outlived the draft keeps nothing", d.Rev, err)
			}
			if err := h.as.Drop(ctx, h.one, h.client, phq.Code, assessment.ID{}); err != nil {
				t.Error(err)
			}
			if _, found, err := h.as.Take(ctx, h.one, h.client, phq.Code, assessment.ID{}); found || err != nil {
				t.Error("it is still a draft", err)
			}
		})
		t.Run("is scored, whole, and due again", func(t *testing.T) {
			rows := h.of(t)
			if len(rows) != 1 {
				t.Fatal(len(rows))
			}
			a := rows[0].Value
			if n, _ := a.Result.Score.Disclose(); n != 11 || a.Result.Band.Disclose() != "moderate" || !a.Whole() || a.SignedBy != "w1" || a.DueOn.DiscloseISO() != "2026-08-31" {
				t.Error(n, a.Result.Band.Disclose(), a.Whole(), a.DueOn.DiscloseISO())
			}
		})
		t.Run("questions that count are not passed over by mistake, but may be left out", func(t *testing.T) {
			x := in("1111111-1", on(2026, 9, 1))
			_, err := h.as.Sign(ctx, h.one, h.client, phq, x)
			if fs := fault.FieldsOf(err); len(fs) != 1 || fs[0].Name != "q-i8" {
				t.Fatal(err, fs)
			}
			x.Partly = true
			id, err := h.as.Sign(ctx, h.one, h.client, phq, x)
			if err != nil {
				t.Fatal(err)
			}
			o, err := h.as.Read(ctx, h.one, id)
			if err != nil || o.Value.Result.Why != assessment.Missing || !o.Value.Result.Score.Empty() || !o.Value.Result.Safety {
				t.Error(said(o.Value.Result), err)
			}
		})
		t.Run("an empty one, and one of tomorrow, is not signed", func(t *testing.T) {
			if _, err := h.as.Sign(ctx, h.one, h.client, phq, assessment.Input{TakenOn: on(2026, 11, 21), Today: on(2026, 11, 20), Partly: true}); len(fault.FieldsOf(err)) != 2 {
				t.Error(fault.FieldsOf(err))
			}
			if _, err := h.as.Sign(ctx, h.one, h.client, phq, assessment.Input{Answers: answers(phq.Questionnaire, "000000000")}); len(fault.FieldsOf(err)) != 1 {
				t.Error(fault.FieldsOf(err))
			}
		})
		t.Run("only the newest is due; an older day entered late changes nothing", func(t *testing.T) {
			if n := h.due(t, h.one, on(2027, 12, 31)); n != 1 {
				t.Fatal(n)
			}
			if _, err := h.as.Sign(ctx, h.team, h.client, phq, in("000000000", on(2026, 7, 1))); err != nil {
				t.Fatal(err)
			}
			if n := h.due(t, h.one, on(2027, 12, 31)); n != 1 {
				t.Error(n)
			}
			s := assessment.Series(h.of(t))[assessment.PHQ9]
			if len(s.All) != 3 || s.Now.Value.TakenOn.DiscloseISO() != "2026-09-01" || s.Baseline.Value.TakenOn.DiscloseISO() != "2026-07-01" || s.Before.Value.TakenOn.DiscloseISO() != "2026-08-01" {
				t.Error(len(s.All))
			}
		})
		t.Run("is corrected by a new one, once, with a reason; what was signed stays", func(t *testing.T) {
			wrong := assessment.Series(h.of(t))[assessment.PHQ9].Now
			x := in("111111111", on(2026, 9, 1))
			if _, err := h.as.Correct(ctx, h.boss, wrong, phq, x); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, err := h.as.Correct(ctx, h.one, wrong, phq, x); len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Name != "reason" {
				t.Error(fault.FieldsOf(err))
			}
			x.Reason = phi.NewText("The eighth answer was left out.")
			id, err := h.as.Correct(ctx, h.one, wrong, phq, x)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.as.Correct(ctx, h.team, wrong, phq, x); !fault.Is(err, fault.Conflict) {
				t.Error("corrected twice", err)
			}
			rows := h.of(t)
			if c, ok := assessment.CorrectedBy(rows, wrong.ID); !ok || c.ID != id {
				t.Error("nothing says that it was corrected")
			}
			s := assessment.Series(rows)[assessment.PHQ9]
			if s.Now.ID != id || len(s.All) != 3 {
				t.Error(len(s.All))
			}
			old, err := h.as.Read(ctx, h.one, wrong.ID)
			if err != nil || !old.Value.Whole() || string(old.Value.Hash) != string(wrong.Value.Hash) || !old.Labels.Due.IsZero() {
				t.Error("what was signed changed, or is still due", err)
			}
			if n := h.due(t, h.one, on(2027, 12, 31)); n != 1 {
				t.Error(n)
			}
		})
		t.Run("a stranger neither signs nor reads, and the log says that they tried", func(t *testing.T) {
			before := len(w.Entries(t))
			for _, who := range []actor.Actor{h.stranger, h.manager, h.admin, h.intake} {
				if _, err := h.as.Sign(ctx, who, h.client, phq, in("000000000", on(2026, 11, 1))); err == nil {
					t.Error(who.Role(), "signs")
				}
			}
			if _, err := h.as.Read(ctx, h.stranger, h.of(t)[0].ID); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			refused := 0
			for _, e := range w.Entries(t)[:len(w.Entries(t))-before] {
				if e.Outcome == audit.Refused {
					refused++
				}
			}
			if refused < 4 {
				t.Error("refusals in the log:", refused)
			}
			if n := h.due(t, h.stranger, on(2027, 12, 31)); n != 0 {
				t.Error("a stranger sees what is due")
			}
		})
		t.Run("safety: the supervisor is told once, and the flag stands once", func(t *testing.T) {
			if err := h.as.TellSupervisor(ctx, h.one, h.client, "s1", "/clients/"+subject.String()+"/assessments"); err != nil {
				t.Fatal(err)
			}
			p, err := h.notices.Mine(ctx, h.boss, h.clients, false, "")
			if err != nil || p.Unread != 1 || p.Rows[0].Value.What != assessment.SafetyAsked {
				t.Error(p.Unread, err)
			}
			if err := h.as.TellSupervisor(ctx, h.one, h.client, "", "/"); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			for range 2 {
				if err := h.as.FlagSafety(ctx, h.one, h.client, on(2026, 11, 20)); err != nil {
					t.Fatal(err)
				}
			}
			v := w.Door.View(h.one, "client.read")
			c := h.clients.Want(v, h.client)
			if err := v.Open(ctx); err != nil || len(c.Value.Flags) != 1 {
				t.Error(len(c.Value.Flags), err)
			}
		})
	})
}

// TestDue walks over the days on which a due day could slip: leap years, month
// ends and the change of clocks have no part in it, since a due day is a civil
// day counted from another.
func TestDue(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := move(t, w)
		for _, x := range []struct {
			code, digits string
			taken        phi.Date
			due          string
		}{
			{assessment.PHQ9, "333100000", on(2026, 11, 20), "2026-12-20"}, // 10: in 30 days
			{assessment.PHQ9, "333000000", on(2026, 11, 20), "2027-02-18"}, // 9: in 90
			{assessment.GAD7, "3331000", on(2028, 2, 1), "2028-03-02"},     // over a leap day
			{assessment.GAD7, "3330000", on(2026, 8, 5), "2026-11-03"},     // over the end of summer time
			{assessment.HVS, "22", on(2027, 3, 1), "2028-02-29"},           // a year, into a leap year
			{assessment.HVS, "02", on(2026, 12, 31), "2027-03-31"},         // positive: in 90 days
			{assessment.Social, "00000", on(2026, 3, 8), "2027-03-08"},     // a year
			{assessment.PHQ9, "000000001", on(2026, 11, 20), "2026-12-20"}, // safety was asked about
			{assessment.PHQ9, "------0-0", on(2026, 1, 31), "2026-05-01"},  // not scored: in 90 days
		} {
			k := h.known(t, x.code)
			id, err := h.as.Sign(ctx, h.one, h.client, k, assessment.Input{TakenOn: x.taken, Answers: answers(k.Questionnaire, x.digits), Partly: true})
			if err != nil {
				t.Fatal(x.code, err, fault.FieldsOf(err))
			}
			o, err := h.as.Read(ctx, h.one, id)
			if err != nil || o.Value.DueOn.DiscloseISO() != x.due {
				t.Errorf("%s of %s is due on %s, not %s: %v", x.code, x.taken.DiscloseISO(), o.Value.DueOn.DiscloseISO(), x.due, err)
			}
		}
		t.Run("it is due from the first minute of its day, not before", func(t *testing.T) {
			h := move(t, w)
			k := h.known(t, assessment.PHQ9)
			if _, err := h.as.Sign(ctx, h.one, h.client, k, assessment.Input{TakenOn: on(2026, 1, 29), Answers: answers(k.Questionnaire, "333300000")}); err != nil {
				t.Fatal(err)
			}
			before := h.due(t, h.one, on(2026, 2, 27))
			if n := h.due(t, h.one, on(2026, 2, 28)); n != before+1 {
				t.Error(before, n)
			}
		})
		t.Run("what a supervisor's people have to ask again is the supervisor's to see; a closed case is nobody's", func(t *testing.T) {
			v := w.Door.View(h.one, "case.find")
			l := h.cases.WantOf(v, h.client)
			if err := v.Open(ctx); err != nil || len(l.Rows) != 1 {
				t.Fatal(err)
			}
			n := h.due(t, h.one, on(2030, 1, 1))
			if err := h.cases.Close(ctx, h.one, h.file, 0, casefile.Closing{Reason: casefile.GoalsMet}); err != nil {
				t.Fatal(err)
			}
			if m := h.due(t, h.one, on(2030, 1, 1)); m >= n {
				t.Error(n, m)
			}
		})
	})
}

func TestImport(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := move(t, w)
		const file = `{"resourceType":"Questionnaire","title":"Wellbeing","url":"https://example.org/Questionnaire/Well_Being","item":[{"linkId":"a","type":"boolean","text":"Well?"}]}`
		t.Run("an administrator brings an instrument in, and a worker uses it", func(t *testing.T) {
			_, k, err := h.as.Import(ctx, h.admin, []byte(file), nil)
			if err != nil || k.Code != "well-being" {
				t.Fatal(k.Code, err)
			}
			k = h.known(t, "well-being")
			id, err := h.as.Sign(ctx, h.one, h.client, k, assessment.Input{TakenOn: on(2026, 11, 1), Answers: assessment.Answers{"a": {"true"}}})
			if err != nil {
				t.Fatal(err)
			}
			t.Run("a newer edition takes its place, and older assessments keep theirs", func(t *testing.T) {
				if _, _, err := h.as.Import(ctx, h.manager, []byte(file), []string{"housing"}); err != nil {
					t.Fatal(err)
				}
				v := w.Door.View(h.one, "instrument.find")
				l := h.as.WantInstruments(v)
				got := h.as.Want(v, id)
				if err := v.Open(ctx); err != nil {
					t.Fatal(err)
				}
				c := assessment.CatalogueOf(l)
				now, _ := c.Current("well-being")
				old, ok := c.Of(got.Value)
				if !ok || old.ID == now.ID || now.Replaces != old.ID {
					t.Error("the editions are mixed up")
				}
				if n := len(c.InUse([]string{"recovery"})); n != 4 {
					t.Error("an instrument of another program is offered:", n)
				}
				if n := len(c.InUse([]string{"housing"})); n != 5 {
					t.Error(n)
				}
				if err := h.as.Retire(ctx, h.admin, now.ID); err != nil {
					t.Error(err)
				}
				if err := h.as.Retire(ctx, h.admin, now.ID); !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			})
		})
		t.Run("a worker brings none in", func(t *testing.T) {
			if _, _, err := h.as.Import(ctx, h.one, []byte(file), nil); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
		t.Run("a file that cannot be shown is refused with its reason", func(t *testing.T) {
			if _, _, err := h.as.Import(ctx, h.admin, []byte("{}"), nil); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
		codes := strings.Fields("44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8")
		phq := func(title string, answers string) string {
			var items []string
			for _, c := range codes {
				items = append(items, `{"linkId":"`+c+`","type":"choice","text":"Q","code":[{"system":"http://loinc.org","code":"`+c+`"}],"answerOption":[`+answers+`]}`)
			}
			return `{"resourceType":"Questionnaire","title":"` + title + `","item":[` + strings.Join(items, ",") + `]}`
		}
		answer := func(code, value string) string {
			ext := ""
			if value != "" {
				ext = `,"extension":[{"url":"http://hl7.org/fhir/StructureDefinition/ordinalValue","valueDecimal":` + value + `}]`
			}
			return `{"valueCoding":{"system":"http://loinc.org","code":"` + code + `","display":"` + code + `"}` + ext + `}`
		}
		plain := answer("LA6568-5", "") + "," + answer("LA6569-3", "") + "," + answer("LA6570-1", "") + "," + answer("LA6571-9", "")
		t.Run("the PHQ-9 is scored by the codes of its answers where the file gives no values, and asks about safety", func(t *testing.T) {
			if _, _, err := h.as.Import(ctx, h.admin, []byte(phq("Our own", plain)), nil); err != nil {
				t.Fatal(err)
			}
			a := assessment.Answers{}
			for _, c := range codes {
				a[c] = []string{"LA6571-9"}
			}
			if r := assessment.Score(h.known(t, "phq-9").Questionnaire, a); !r.Safety || r.Of != 27 || r.Missing != 0 || r.Band.Disclose() != "severe" {
				t.Errorf("%+v", r)
			}
		})
		t.Run("nothing takes the place of the PHQ-9 that is not scored as it is", func(t *testing.T) {
			for name, file := range map[string]string{
				"by its name":      `{"resourceType":"Questionnaire","title":"PHQ-9","item":[{"linkId":"a","type":"boolean","text":"Well?"}]}`,
				"by its address":   `{"resourceType":"Questionnaire","title":"T","url":"https://example.org/phq-9/","item":[{"linkId":"a","type":"boolean","text":"Well?"}]}`,
				"with other sums":  phq("T", answer("a", "0")+","+answer("b", "1")+","+answer("c", "2")+","+answer("d", "30")),
				"without values":   phq("T", answer("a", "")+","+answer("b", "")+","+answer("c", "")+","+answer("d", "")),
				"with less to say": phq("T", answer("a", "0")+","+answer("b", "1")+","+answer("c", "2")),
			} {
				if _, _, err := h.as.Import(ctx, h.admin, []byte(file), nil); len(fault.FieldsOf(err)) != 1 {
					t.Error(name, err)
				}
			}
		})
	})
}
