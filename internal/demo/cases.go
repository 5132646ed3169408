package demo

import (
	"context"
	"slices"
	"time"

	"caseward/internal/casefile"
	"caseward/internal/conference"
	"caseward/internal/filter"
	"caseward/internal/phi"
	"caseward/internal/supervision"
)

// lighter are the workers who carry less, by what the agency has set: the new
// colleague, and the one who works half the week.
var lighter = map[string]string{"cm-c": "30", "cm-e": "45"}

// casework is what happens between colleagues about cases: an offer that waits
// for an answer, conferences with decisions, and how they like to look at their
// caseloads. It comes after everything else of the year.
func (y *year) casework() {
	// A client whose case is open all year, of a worker; skip passes over some.
	of := func(worker, program string, skip int) *clientPlan {
		for _, c := range y.plans {
			if c.worker == worker && c.program == program {
				if skip--; skip < 0 {
					return c
				}
			}
		}
		return y.plans[0]
	}
	last := y.now.Add(-20 * time.Minute)
	for n, x := range []struct {
		from, program, to string
		words             casefile.Words
	}{
		{"cm-b", "housing", "cm-a", casefile.Words{
			Matters: text("Recertification of the voucher is under way; the landlord wants an answer before the end of next week."),
			Items:   text("Pay stubs for two months are missing.\nThe fan in the bathroom is not fixed."), Risks: text("Does not open mail. A text in the morning works best.")}},
		{"cm-d", "reentry", "cm-f", casefile.Words{
			Matters: text("Released four weeks ago, reports every second Tuesday and has kept every date."), Items: text("State ID is ordered; pick it up together.")}},
	} {
		c := of(x.from, x.program, 2+n)
		y.at(last, c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, x.from)
			if err != nil {
				return err
			}
			return y.Cases.Offer(ctx, who, c.id, c.file, 0, casefile.Offering{To: y.ids[x.to].String(), Words: x.words})
		})
	}

	c := y.conferring(of)
	guest := conference.Attendee{Name: text("Ms. Ferreira, Harbor Elementary")}
	came := func(keys ...string) []conference.Attendee {
		out := []conference.Attendee{}
		for _, k := range keys {
			out = append(out, conference.Attendee{Worker: y.ids[k].String(), Came: true})
		}
		return out
	}
	held := y.now.AddDate(0, 0, -8)
	day := func(n int) phi.Date { return date(y.now.In(y.zone).AddDate(0, 0, n)) }
	y.at(held, c.i, func(ctx context.Context) error {
		who, err := y.as(ctx, c.worker)
		if err != nil {
			return err
		}
		in := conference.Input{
			At: held.Add(-90 * time.Minute), Length: text("45"), Place: text("Room 2, and by phone"), Attendees: append(came("cm-a", "sup-a"), guest),
			Agenda: text("Housing after the inspection\nSchool attendance\nWho does what until the holidays"), Minutes: text("The unit passed the second inspection. School reports two absences since the move, both excused. Transport is the open question; the bus pass arrives in ten days. The family wants one person to call, not three."),
			Decisions: []conference.Decision{
				{What: text("Call the school office about transport until the pass arrives"), Who: y.ids["cm-a"].String(), Due: day(-2)},
				{What: text("Ask the landlord for a copy of the inspection report"), Who: y.ids["cm-a"].String(), Due: day(5)},
				{What: text("Agree on one phone number for the family"), Who: y.ids["sup-a"].String(), Due: day(-6)},
			},
		}
		id, err := y.Conferences.Call(ctx, who, c.id, in)
		if err != nil {
			return err
		}
		if _, err := y.Conferences.Sign(ctx, who, c.id, id, 0); err != nil {
			return err
		}
		if err := y.Conferences.Follow(ctx, who, c.id, id, 3, true); err != nil {
			return err
		}
		return y.Conferences.Addend(ctx, who, c.id, id, text("Ms. Ferreira joined by phone for the second item only."))
	})
	y.at(last, c.i, func(ctx context.Context) error {
		who, err := y.as(ctx, c.worker)
		if err != nil {
			return err
		}
		_, err = y.Conferences.Call(ctx, who, c.id, conference.Input{
			At: y.now.AddDate(0, 0, 6), Length: text("30"), Place: text("Room 2"), Attendees: append(came("cm-a", "cm-b"), guest), Agenda: text("Look back on the first month\nTransport"),
		})
		return err
	})

	y.at(last, -1, func(ctx context.Context) error {
		for key, fs := range map[string][]filter.Filter{
			"cm-a":  {{Name: text("Intensive, by last contact"), Level: string(casefile.Intensive), Sort: "contact"}, {Name: text("Housing, late first"), Program: "housing", Tab: "attention"}},
			"sup-a": {{Name: text("Dana’s overdue contacts"), Worker: y.ids["cm-a"].String(), Tab: "attention"}},
		} {
			who, err := y.as(ctx, key)
			if err != nil {
				return err
			}
			for _, f := range fs {
				if _, err := y.Filters.Save(ctx, who, f); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// conferring is the client of Dana's about whom colleagues confer.
func (y *year) conferring(of func(worker, program string, skip int) *clientPlan) *clientPlan {
	c := of("cm-a", "family", 0)
	if i := slices.IndexFunc(y.plans, func(c *clientPlan) bool { return c.worker == "cm-a" && c.level == casefile.Intensive }); i >= 0 {
		c = y.plans[i]
	}
	return c
}

// weigh sets what the agency says about caseloads: how much a worker carries, and
// who carries less.
func (y *year) weigh(ctx context.Context) error {
	o, err := y.Org.Agency(ctx, service())
	if err != nil {
		return err
	}
	a := o.Value
	a.Settings = map[string]string{supervision.SettingCapacity: "60"}
	for key, n := range lighter {
		a.Settings[supervision.SettingCapacity+"."+y.ids[key].String()] = n
	}
	return y.Org.ChangeAgency(ctx, service(), o.Version, a)
}
