package demo

import (
	"context"
	"time"

	"caseward/internal/assessment"
	"caseward/internal/form"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// assessments plans the year's assessments and forms: scores that mostly get
// better, some that do not, one answer that called for talking about safety, a
// draft, and forms of two programs.
func (y *year) assessments() {
	known := assessment.CatalogueOf(&record.List[assessment.Instrument]{})
	made := map[string]form.ID{}
	y.at(y.now.AddDate(0, -11, 0), -1, func(ctx context.Context) error {
		for _, d := range ownForms() {
			id, err := y.ownForm(ctx, d)
			if err != nil {
				return err
			}
			made[d.Programs[0]] = id
		}
		return nil
	})
	nth := map[string]int{}
	for _, c := range y.plans {
		n := nth[c.worker]
		nth[c.worker]++
		d := newDraw(y.seed, 1<<41+uint64(c.i))
		dana := c.worker == "cm-a"
		if n%9 == 0 || dana && n%3 == 0 {
			y.series(d, c, known, assessment.PHQ9, d.between(3, 5), d.between(12, 21), dana && n == 0, dana && n == 3)
		}
		if n%9 == 4 || dana && n%4 == 1 {
			y.series(d, c, known, assessment.GAD7, d.between(2, 4), d.between(9, 16), false, false)
		}
		if n%12 == 2 || dana && n == 0 {
			y.once(d, c, known, assessment.HVS, map[string][]string{"worried": {"LA6729-3"}, "ran-out": {"LA28398-8"}})
		}
		if n%14 == 5 || dana && n < 2 {
			y.once(d, c, known, assessment.Social, map[string][]string{
				"sn-housing": {"losing"}, "sn-people": {"3"}, "sn-food": {one(d, []string{"never", "sometimes"})}, "sn-money": {"utilities", "childcare"}, "sn-rides": {"yes"},
				"sn-work": {"looking"}, "sn-company": {"weekly"}, "sn-safe": {"yes"}, "sn-court": {"no"}, "sn-more": {"Help with the form for the heating grant."},
			})
		}
		if n%10 == 1 || dana && n == 0 {
			y.fill(d, c, made)
		}
		if dana && n == 2 {
			y.at(y.now.Add(-2*time.Hour), c.i, func(ctx context.Context) error {
				who, err := y.as(ctx, c.worker)
				if err != nil {
					return err
				}
				_, err = y.Assess.Keep(ctx, who, c.id, assessment.PHQ9, assessment.ID{}, 0, map[string]phi.Text{
					"on": text(y.now.In(y.zone).Format("2006-01-02")), "q-i1": text("LA6569-3"), "q-i2": text("LA6570-1"), "q-i3": text("LA6569-3"),
				})
				return err
			})
		}
	}
}

// series plans the same questions over months, the last some weeks ago.
func (y *year) series(d draw, c *clientPlan, known assessment.Catalogue, code string, times, from int, safety, due bool) {
	k, _ := known.Current(code)
	prof, _ := assessment.ProfileOf(code)
	back := d.between(4, 26)
	if due {
		back = 96
	}
	score := from
	var scores []int
	for range times {
		scores = append(scores, score)
		score = max(1, min(3*len(prof.Items)-3, score-d.between(-2, 6)))
	}
	for i, s := range scores {
		at := y.office(d, y.now.AddDate(0, 0, -back-(times-1-i)*d.between(38, 52)))
		alarm := safety && i == len(scores)-2
		y.at(at, c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, c.worker)
			if err != nil {
				return err
			}
			values := spread(d, s, len(prof.Items), prof.Alarm != "", alarm)
			a := assessment.Answers{}
			k.Questionnaire.Each(func(it assessment.Item, _ []string) {
				for j, code := range prof.Items {
					if it.Code == code {
						a[it.Link] = []string{it.Options[values[j]].Key}
					}
				}
				if it.Link == "difficulty" && s > 4 {
					a[it.Link] = []string{it.Options[min(s/6, 3)].Key}
				}
			})
			id, err := y.Assess.Sign(ctx, who, c.id, k, assessment.Input{TakenOn: date(at.In(y.zone)), Answers: a})
			if err != nil || !alarm {
				return err
			}
			boss, err := y.Directory.Supervisor(ctx, who.Worker())
			if err != nil {
				return err
			}
			if err := y.Assess.TellSupervisor(ctx, who, c.id, boss, "/clients/"+c.id.String()+"/assessments/"+id.String()); err != nil {
				return err
			}
			return y.Assess.FlagSafety(ctx, who, c.id, date(at.In(y.zone)))
		})
	}
}

// spread deals a total out over items of 0 to 3. The last one stays at 0 where
// it asks about safety, but for an alarm.
func spread(d draw, total, items int, last, alarm bool) []int {
	out := make([]int, items)
	if alarm {
		out[items-1] = 1
		total--
	}
	open := items
	if last {
		open--
	}
	for total = min(total, 3*open); total > 0; {
		if i := d.IntN(open); out[i] < 3 {
			out[i]++
			total--
		}
	}
	return out
}

// once plans an assessment some weeks ago.
func (y *year) once(d draw, c *clientPlan, known assessment.Catalogue, code string, a assessment.Answers) {
	k, _ := known.Current(code)
	at := y.office(d, y.now.AddDate(0, 0, -d.between(8, 80)))
	y.at(at, c.i, func(ctx context.Context) error {
		who, err := y.as(ctx, c.worker)
		if err != nil {
			return err
		}
		_, err = y.Assess.Sign(ctx, who, c.id, k, assessment.Input{TakenOn: date(at.In(y.zone)), Answers: a})
		return err
	})
}

func both(en, es string) form.Words { return form.Words{En: en, Es: es} }

// ownForms are the forms of two programs.
func ownForms() []form.Design {
	return []form.Design{
		{Title: both("Housing readiness", "Preparación para la vivienda"), Programs: []string{"housing"}, Fields: []form.Field{
			{Type: form.Choice, Label: both("Where the client stays now", "Dónde vive ahora la persona"), Class: policy.Case, Required: true, Options: []form.Option{{Text: both("Shelter", "Refugio")}, {Text: both("With others", "Con otras personas")}, {Text: both("Own lease", "Contrato propio")}, {Text: both("Outside", "En la calle")}}},
			{Type: form.Several, Label: both("Papers at hand", "Documentos disponibles"), Class: policy.Document, Options: []form.Option{{Text: both("Photo ID", "Identificación con foto")}, {Text: both("Proof of income", "Comprobante de ingresos")}, {Text: both("Landlord reference", "Referencia de propietario")}}},
			{Type: form.Number, Label: both("Monthly income in dollars", "Ingreso mensual en dólares"), Help: both("From all sources, before taxes.", "De todas las fuentes, antes de impuestos."), Class: policy.Financial, Required: true},
			{Type: form.Number, Label: both("Savings for a deposit in dollars", "Ahorros para el depósito en dólares"), Class: policy.Financial},
			{Type: form.Number, Label: both("People who will live there", "Personas que vivirán ahí"), Class: policy.Household},
			{Type: form.YesNo, Label: both("An eviction on record", "Tiene un desalojo registrado"), Class: policy.LegalMatter},
			{Type: form.LongText, Label: both("What the home must have", "Qué debe tener la vivienda"), Help: both("Stairs, a bus line, pets.", "Escaleras, una línea de autobús, mascotas."), Class: policy.Plan},
		}},
		{Title: both("Supervision conditions", "Condiciones de supervisión"), Programs: []string{"reentry"}, Fields: []form.Field{
			{Type: form.Text, Label: both("Supervising officer", "Oficial de supervisión"), Class: policy.LegalMatter, Required: true},
			{Type: form.Date, Label: both("Supervision ends", "Fin de la supervisión"), Class: policy.LegalMatter},
			{Type: form.Several, Label: both("Conditions", "Condiciones"), Class: policy.LegalMatter, Options: []form.Option{{Text: both("Curfew", "Toque de queda")}, {Text: both("No contact with named persons", "Sin contacto con ciertas personas")}, {Text: both("Travel needs permission", "Viajar requiere permiso")}, {Text: both("Weekly report", "Informe semanal")}}},
			{Type: form.Text, Label: both("Best time to meet", "Mejor hora para reunirse"), Class: policy.Case},
			{Type: form.Number, Label: both("Fines still owed in dollars", "Multas pendientes en dólares"), Class: policy.Financial},
		}},
	}
}

// ownForm designs and publishes a form, as the administrator does.
func (y *year) ownForm(ctx context.Context, d form.Design) (form.ID, error) {
	who, err := y.as(ctx, "admin")
	if err != nil {
		return form.ID{}, err
	}
	id, err := y.Forms.Create(ctx, who, d.Title, d.Programs)
	if err != nil {
		return id, err
	}
	if err := y.Forms.Design(ctx, who, id, 1, d); err != nil {
		return id, err
	}
	return id, y.Forms.Publish(ctx, who, id, 2)
}

// fill plans that the form of a client's program is filled in.
func (y *year) fill(d draw, c *clientPlan, made map[string]form.ID) {
	answers := map[string]map[string][]string{
		"housing": {"f1": {"o1"}, "f2": {"o1", "o2"}, "f3": {"1640"}, "f4": {"300"}, "f5": {"3"}, "f6": {"no"}, "f7": {"Ground floor, near the number 7 bus."}},
		"reentry": {"f1": {"Officer Halvorsen, east field office"}, "f2": {date(y.now.AddDate(1, 2, 0)).DiscloseISO()}, "f3": {"o3", "o4"}, "f4": {"After four, once the shift ends"}, "f5": {"475"}},
	}[c.program]
	if answers == nil {
		return
	}
	y.at(y.office(d, y.now.AddDate(0, 0, -d.between(15, 90))), c.i, func(ctx context.Context) error {
		who, err := y.as(ctx, c.worker)
		if err != nil {
			return err
		}
		o, err := y.Forms.Read(ctx, who, made[c.program])
		if err != nil {
			return err
		}
		_, err = y.Forms.Fill(ctx, who, c.id, o, form.Filling{Edition: 1, Get: func(key string) []string { return answers[key] }})
		return err
	})
}
