package demo

import (
	"context"
	"time"

	"caseward/internal/casefile"
	"caseward/internal/household"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// frontDesk is what intake did lately: a family of four of whom one asked for
// privacy, two people who were registered twice, and two who were told apart.
func (y *year) frontDesk() {
	at := y.office(newDraw(y.seed, 1<<41), y.now.AddDate(0, 0, -4))
	y.at(at, -1, y.family)
	y.at(at.Add(40*time.Minute), -1, y.twice)
}

func (y *year) family(ctx context.Context) error {
	who, err := y.as(ctx, "intake")
	if err != nil {
		return err
	}
	now := y.walk.Now()
	home := person.Address{Use: "home", Lines: []phi.Text{text("418 Lantern Pl"), text("Apt 6C")}, City: text("Millrace"), State: text("WA"), PostalCode: text("98993"), SafeToMail: true}
	ids := map[string]person.ID{}
	for _, p := range []struct {
		given, pronouns, phone, worker, program, reason string
		born                                            int
	}{
		{"Amparo", "she/her", "(206) 555-0161", "cm-a", "family", "Family of four in a two-room apartment; asks for help with school and benefits.", 1983},
		{"Joel", "he/him", "(206) 555-0162", "cm-a", "family", "Turned eighteen in spring; wants to finish school and find work.", 2008},
		{"Nuria", "she/her", "(206) 555-0163", "cm-a", "family", "Cares for her mother; asks about respite and the bus pass.", 2004},
		{"Teo", "he/him", "(206) 555-0164", "cm-d", "recovery", "Asks for support in recovery, and that his family not be told.", 1990},
	} {
		r, err := y.Intake.Register(ctx, who, person.Client{
			Name: person.Name{Use: person.Official, Given: text(p.given), Family: text("Castellón")}, BirthDate: phi.NewDate(p.born, 4, 9), Pronouns: text(p.pronouns), SSN: textf("9%02d-40-%04d", p.born%100, p.born),
			Phones: []person.Phone{{Number: text(p.phone), Use: "mobile", Preferred: true, MayLeave: p.given != "Teo", NoVoicemail: p.given == "Teo"}}, Addresses: []person.Address{home},
			Language: person.Coded{System: "urn:ietf:bcp:47", Code: text("es"), Display: text("Spanish")},
		}, true, &casefile.Opening{Program: p.program, Worker: y.ids[p.worker].String(), Reason: text(p.reason)}, 0)
		if err != nil {
			return err
		}
		ids[p.given] = r.ID
	}
	since := date(now.AddDate(-2, 0, 0))
	if _, err := y.Homes.Begin(ctx, who, household.Entry{Client: ids["Amparo"], From: since}); err != nil {
		return err
	}
	for _, m := range []struct {
		given    string
		relation person.RelationKind
		private  bool
	}{{"Joel", person.Child, false}, {"Nuria", person.Child, false}, {"Teo", person.Sibling, true}} {
		if err := y.Homes.Enter(ctx, who, ids["Amparo"], household.Entry{Client: ids[m.given], Relation: m.relation, Private: m.private, From: since}); err != nil {
			return err
		}
	}
	for _, given := range []string{"Joel", "Nuria"} {
		if err := y.Clients.Relate(ctx, who, ids["Amparo"], 0, -1, person.Related{Kind: person.Child, Client: record.SubjectOf(ids[given]), LivesWith: true}); err != nil {
			return err
		}
	}
	return y.Clients.Relate(ctx, who, ids["Amparo"], 0, -1, person.Related{
		Name: text("Rosa Castellón"), Kind: person.Parent, Emergency: true, Phone: text("(360) 555-0177"), Note: text("Speaks Spanish; call in the evening."),
		Roles: []person.LegalRole{{Role: person.HealthProxy, Document: text("Power of attorney for health care of 2024, copy in Documents"), From: phi.NewDate(2024, 5, 2)}},
	})
}

// twice registers two clients again, as happens on a busy morning, and tells two
// apart who only look alike.
func (y *year) twice(ctx context.Context) error {
	who, err := y.as(ctx, "intake-2")
	if err != nil {
		return err
	}
	slip := func(c person.Client, change func(*person.Client)) (person.ID, error) {
		again := person.Client{Name: c.Name, BirthDate: c.BirthDate, Phones: c.Phones[:1:1], Language: c.Language, SSN: c.SSN}
		again.Name.Middle = phi.Text{}
		change(&again)
		r, err := y.Clients.Register(ctx, who, again, true)
		return r.ID, err
	}
	old := y.plans[:0:0]
	for _, p := range y.plans {
		if !p.id.IsZero() && len(p.client.Phones) > 0 {
			old = append(old, p)
		}
	}
	if len(old) < 3 {
		return nil // a demonstration of a day has nobody to mix up
	}
	if _, err := slip(old[0].client, func(c *person.Client) {
		c.Name.Family = text(c.Name.Family.Disclose() + "s")
		c.Emails = []person.Email{{Address: text("new.address@example.org"), Use: "home", Safe: true}}
	}); err != nil {
		return err
	}
	if _, err := slip(old[1].client, func(c *person.Client) { c.Pronouns = text("they/them") }); err != nil {
		return err
	}
	apart, err := slip(old[2].client, func(c *person.Client) { c.Phones[0].Use = "home" })
	if err != nil {
		return err
	}
	_, err = y.Merges.Differ(ctx, who, old[2].id, apart)
	return err
}
