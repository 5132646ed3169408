package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/sanction"
	"caseward/internal/program/training"
	"caseward/internal/program/training/starter"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
)

// refresher is the course that everybody takes again each year.
const refresher = "minimum-necessary"

// late is the colleague whose refresher has lapsed, by key: she can still work.
const late = "cm-e"

// required is what each role must take; everybody's is under "". What is taken once or
// every other year is taken in the first weeks.
var required = []struct {
	role  actor.Role
	lines []training.Line
}{
	{"", []training.Line{
		{Course: "orientation-privacy", Settle: 21}, {Course: "orientation-security", Settle: 21},
		{Course: refresher, Settle: 120, Within: 14, Every: 12, Grace: 14, Limited: 14},
		{Course: "phishing-mail", Settle: 120, Within: 30, Every: 12, Grace: 30, Limited: 30},
	}},
	{actor.Intake, []training.Line{early("verifying-who-asks")}},
	{actor.CaseManager, []training.Line{early("notes-and-psychotherapy-notes"), early("emergency-access")}},
	{actor.Supervisor, []training.Line{early("supervisors")}},
	{actor.ProgramManager, []training.Line{early("supervisors")}},
	{actor.PrivacyOfficer, []training.Line{early("officers")}},
	{actor.SecurityOfficer, []training.Line{early("officers")}},
	{actor.Administrator, []training.Line{early("administrators")}},
}

func early(course string) training.Line {
	return training.Line{Course: course, Settle: 60, Within: 30, Every: 24, Grace: 30, Limited: 30}
}

// acknowledged are the policies that everybody acknowledges whom they bind.
var acknowledged = []string{"acceptable-use", "emergency-access", "incident", governance.Charter, "sanctions", "uses-and-disclosures"}

// revised is the policy of which a second version is in force since a few days; those
// who have not come to it yet are in unread, by key.
const revised = "acceptable-use"

var unread = []string{"cm-f", "intake-2", "pm-recovery"}

// begin sets the compliance program up as the agency is: officers, who were designated with
// its foundation, who was cleared, what is to be learned.
func (y *year) begin(ctx context.Context, founded time.Time) error {
	on := map[string]actor.Actor{}
	for _, key := range []string{"admin", "privacy", "security", "pm-housing", "pm-recovery"} {
		who, err := y.proved(ctx, key)
		if err != nil {
			return err
		}
		on[key] = who
	}
	for _, x := range []struct {
		by, who, document, contact string
		f                          governance.Function
	}{
		{"pm-housing", "privacy", "Resolution 4 of the board, item 2", "Marguerite Lund, room 12; (206) 555-0121; privacy@harborlight.example.org", governance.Privacy},
		{"pm-recovery", "security", "Resolution 4 of the board, item 3", "Tobias Achterberg, room 3; (206) 555-0122; security@harborlight.example.org", governance.Security},
		{"privacy", "sup-a", "Letter of the Privacy Officer to the staff", "Denise Whitcombe, east office; (206) 555-0131", governance.PrivacyDeputy},
		{"security", "admin", "Letter of the Security Officer to the staff", "Wendell Oakes, room 3; (206) 555-0123", governance.SecurityDeputy},
	} {
		d := governance.Designation{Person: y.ids[x.who].String(), Function: x.f, From: founded, Document: x.document, Contact: text(x.contact)}
		if _, err := y.Governance.Designate(ctx, on[x.by], d); err != nil {
			return err
		}
	}
	for _, s := range staff {
		by := "security"
		if s.key == by {
			by = "admin"
		}
		if err := y.clear(ctx, on[by], y.ids[s.key]); err != nil {
			return err
		}
	}
	if err := y.Org.RequireClearance(ctx, on["security"], true, org.ClearanceTerms{Settle: 30}); err != nil {
		return err
	}
	if _, err := y.Training.Adopt(ctx, on["privacy"], starter.Courses()); err != nil {
		return err
	}
	for _, r := range required {
		if err := y.Training.Require(ctx, on["privacy"], r.role, 0, slices.Clone(r.lines)); err != nil {
			return err
		}
	}
	return nil
}

func (y *year) clear(ctx context.Context, by actor.Actor, id org.ID) error {
	return y.Org.Clear(ctx, by, id, org.Checked{What: text("References, licence where the work asks for one, background check. Papers: personnel file."), Outcome: org.Cleared})
}

// program is what becomes of the compliance program in the year.
func (y *year) program() {
	d := newDraw(y.seed, 1<<44)
	begun := y.walk.Now()
	ready := y.office(d, y.now.AddDate(0, -7, 0)) // the policies take effect
	change := y.office(d, y.now.AddDate(0, 0, -9))
	y.at(ready.AddDate(0, 0, -20), -1, y.adoptPolicies)
	y.at(ready.AddDate(0, 0, -6), -1, y.approvePolicies)
	y.at(ready, -1, y.enforcePolicies)
	y.at(change.AddDate(0, 0, -7), -1, y.revise)
	y.at(change, -1, func(ctx context.Context) error {
		who, err := y.proved(ctx, "security")
		if err != nil {
			return err
		}
		v, err := y.newest(ctx, who, revised)
		if err != nil {
			return err
		}
		return y.Policies.Enforce(ctx, who, v, time.Time{})
	})
	for n, s := range staff {
		d := newDraw(y.seed, 1<<44+1+uint64(n))
		lane := -2 - n // each does this beside what the others do
		sit := func(course string, at time.Time, pass bool) {
			d := newDraw(y.seed, d.Uint64())
			y.at(at, lane, func(ctx context.Context) error { return y.sit(ctx, s.key, course, d, pass) })
		}
		day := func(from, to int) time.Time { return y.office(d, begun.AddDate(0, 0, d.between(from, to))) }
		sit("orientation-privacy", day(4, 8), true)
		second := day(10, 14)
		if n%7 == 3 { // some need a second try
			sit("orientation-security", second.AddDate(0, 0, -1), false)
		}
		sit("orientation-security", second, true)
		again := day(70, 115)
		if s.key == late {
			again = begun.Add(5 * time.Hour)
		}
		sit(refresher, again, true)
		sit("phishing-mail", day(70, 115), true)
		for _, r := range required {
			if r.role != s.role || r.role == "" {
				continue
			}
			for _, l := range r.lines {
				sit(l.Course, day(20, 55), true)
			}
		}
		y.at(y.office(d, ready.AddDate(0, 0, d.between(4, 20))), lane, func(ctx context.Context) error {
			return y.acknowledge(ctx, s.key, acknowledged...)
		})
		if !slices.Contains(unread, s.key) {
			y.at(change.Add(time.Duration(25+d.IntN(6*24))*time.Hour), lane, func(ctx context.Context) error { return y.acknowledge(ctx, s.key, revised) })
		}
	}
	y.vendors(d)
	y.committee(d)
	y.hire(d)
	// Last, so that what is drawn for them moves nothing else.
	y.huddles(newDraw(y.seed, 1<<43))
	y.sanctions(d)
	y.exercise(newDraw(y.seed, 1<<42))
}

// exercise is one with suspicious mail, over since some weeks: some reported it, two followed
// the link and took the course that follows, and a mail filter opened two links. No mail
// goes anywhere: what the agency has set of where such mails come from is as before.
func (y *year) exercise(d draw) {
	links := map[string]string{} // by key: what the link of the mail ends with
	planned := y.office(d, y.now.AddDate(0, 0, -33))
	day := func(n, hour int) time.Time {
		t := planned.In(y.zone)
		return time.Date(t.Year(), t.Month(), t.Day()+n, hour, 0, 0, 0, y.zone)
	}
	var id training.CampaignID
	y.at(planned, -1, func(ctx context.Context) error {
		who, err := y.proved(ctx, "security")
		if err != nil {
			return err
		}
		noon := func(n int) time.Time {
			t := day(n, 12)
			return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC)
		}
		lures := starter.Lures()
		lure, ok := training.ParseLure(lures[0].En)
		if !ok {
			return fault.NotFoundf("campaign.create")
		}
		was := y.Training.Posting()
		y.Training.Exercising(training.Posting{Domain: "drill.harborlight.example.org", Origin: "https://drill.harborlight.example.org"}, starter.Lures)
		id, err = y.Training.Plan(ctx, who, training.Campaign{Lure: lure.Code, Lang: "en", From: noon(1), Until: noon(4)}, y.zone)
		if err == nil {
			who, err = y.proved(ctx, "privacy")
		}
		if err == nil {
			err = y.Training.Approve(ctx, who, id, y.zone)
		}
		y.Training.Exercising(was, starter.Lures)
		return err
	})
	for n := 1; n <= 4; n++ {
		y.at(day(n, 17), -1, func(ctx context.Context) error {
			was := y.Training.Posting()
			y.Training.Exercising(training.Posting{Domain: "drill.harborlight.example.org", Origin: "https://drill.harborlight.example.org"}, starter.Lures)
			defer y.Training.Exercising(was, starter.Lures)
			return y.Training.Dispatch(ctx, authn.Service(authn.Notifier), func(_ context.Context, p training.Parcel) error {
				for _, s := range staff {
					if y.ids[s.key].String() == p.Worker {
						links[s.key] = p.Link[strings.LastIndex(p.Link, "/")+1:]
					}
				}
				return nil
			})
		})
	}
	reported := []string{"privacy", "sup-a", "pm-recovery", "intake", "cm-a", "cm-c", "cm-d"}
	followed := []string{"cm-b", "intake-2"}
	for n, key := range reported {
		y.at(day(5, 8).Add(time.Duration(17*n)*time.Minute), -1, func(ctx context.Context) error {
			who, err := y.as(ctx, key)
			if err == nil {
				_, err = y.Training.Report(ctx, who)
			}
			return err
		})
	}
	for n, key := range append([]string{"cm-f", "sup-b"}, followed...) {
		y.at(day(5, 11).Add(time.Duration(7*n)*time.Minute), -1, func(ctx context.Context) error {
			x := training.Visit{Addr: "192.0.2.40", Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/145.0"}
			if !slices.Contains(followed, key) {
				x = training.Visit{Addr: "198.51.100.7", Agent: "LinkScanner/4.2 (mail filter)"}
			}
			if _, err := y.Training.Look(ctx, links[key], "en", x); err != nil {
				return err
			}
			return y.Training.Click(ctx, links[key], x, y.zone)
		})
	}
	for n, key := range followed {
		d := newDraw(y.seed, 1<<42+1+uint64(n))
		y.at(day(6+n, 10), -1, func(ctx context.Context) error { return y.sit(ctx, key, training.RemedialCourse, d, true) })
	}
}

// huddles are short talks that supervisors had with their teams, from sheets.
func (y *year) huddles(d draw) {
	for _, x := range []struct {
		by    string
		weeks int
		sheet int // its place among the sheets
	}{{"sup-a", 21, 5}, {"sup-a", 9, 0}, {"sup-a", 3, 2}, {"sup-b", 8, 0}, {"sup-b", 2, 4}} {
		y.at(y.office(d, y.now.AddDate(0, 0, -7*x.weeks)), -1, func(ctx context.Context) error {
			who, err := y.as(ctx, x.by)
			if err != nil {
				return err
			}
			team, err := y.Training.Team(ctx, who)
			if err != nil {
				return err
			}
			sheets := y.Training.SheetsIn("en")
			s := sheets[x.sheet%len(sheets)]
			in := training.Held{ID: record.FreshID[training.Huddle](y.walk.Now()), Sheet: s.Code, Lang: "en", Hash: s.Hash, On: y.walk.Now().In(y.zone)}
			for n, w := range team {
				if n == 0 || d.of(85) { // somebody is away each time
					in.Came = append(in.Came, w.ID)
				}
			}
			_, err = y.Training.Hold(ctx, who, in)
			return err
		})
	}
}

// sanctions is what was found of two people: of one it is decided what follows, of the other
// the security officer is to decide.
func (y *year) sanctions(d draw) {
	found := func(days int, of, by, what, section, why string, intent sanction.Intent, then func(context.Context, sanction.ID) error) {
		known := y.office(d, y.now.AddDate(0, 0, -days))
		y.at(known.Add(time.Hour), -1, func(ctx context.Context) error {
			who, err := y.proved(ctx, by)
			if err != nil {
				return err
			}
			id, err := y.Sanctions.Report(ctx, who, sanction.Sanction{
				Person: y.ids[of].String(), Cause: sanction.Rule, Policy: revised, Section: section, Known: known, What: what,
			})
			if err != nil {
				return err
			}
			if err := y.Sanctions.Find(ctx, who, id, 1, true, false, intent, why); err != nil || then == nil {
				return err
			}
			return then(ctx, id)
		})
	}
	found(75, "cm-b", "privacy", "A list with names lay on the printer of the east office over a weekend. The cleaner found it and told the front desk; nobody else was there.", "4",
		"He says so himself, and had told his supervisor on Monday. He had passed the course in spring.", sanction.Careless, func(ctx context.Context, id sanction.ID) error {
			who, err := y.proved(ctx, "security")
			if err != nil {
				return err
			}
			return y.Sanctions.Decide(ctx, who, id, 2, sanction.Decision{
				Guard: sanction.Guard{Disclosure: sanction.No, Opposition: sanction.No}, Level: 1,
				Why: "You left a list on the printer over a weekend. You told it yourself at the first chance, and the printer stands badly; so it is a talk and no warning.",
			})
		})
	found(9, "intake-2", "privacy", "The screen at the front desk stood unlocked over lunch, twice in a week, with the search of clients open. Visitors stood before it.", "3",
		"Two colleagues saw it independently of each other; he says so too.", sanction.Careless, nil)
}

// committee is whom the program answers to: a committee that met once, and what came of
// it; and who answers for what.
func (y *year) committee(d draw) {
	id := func(key string) string { return y.ids[key].String() }
	met := y.office(d, y.now.AddDate(0, 0, -40))
	today := y.now.In(y.zone)
	on := func(days int) time.Time {
		return time.Date(today.Year(), today.Month(), today.Day()+days, 0, 0, 0, 0, y.zone)
	}
	y.at(y.office(d, y.now.AddDate(0, -3, 0)), -1, func(ctx context.Context) error {
		who, err := y.proved(ctx, "privacy")
		if err != nil {
			return err
		}
		if err := y.Governance.TakeOver(ctx, who); err != nil {
			return err
		}
		if err := y.Governance.Answer(ctx, who, 1, governance.Duty{
			Process: governance.Sanctions, Responsible: []governance.Party{governance.ManagerParty, governance.SupervisorParty},
			Accountable: []governance.Party{governance.PartyOf(id("pm-housing"))}, Consulted: []governance.Party{governance.PrivacyParty}, Informed: []governance.Party{governance.CommitteeParty},
		}); err != nil {
			return err
		}
		return y.Committees.SetUp(ctx, who, 0, governance.Committee{
			Name: "Privacy and security committee", Chair: id("pm-housing"), Quorum: 3, Months: 3,
			Seats: []governance.Seat{
				{Voice: governance.PrivacyVoice, Worker: id("privacy")}, {Voice: governance.SecurityVoice, Worker: id("security")}, {Voice: governance.CareVoice, Worker: id("sup-a")},
				{Voice: governance.TechnologyVoice, Worker: id("admin")}, {Voice: governance.ComplianceVoice, Worker: id("privacy")}, {Voice: governance.PeopleVoice, Worker: id("pm-housing")},
			},
		})
	})
	y.at(met, -1, func(ctx context.Context) error {
		who, err := y.as(ctx, "pm-housing")
		if err != nil {
			return err
		}
		in := governance.Protocol{
			At: y.walk.Now().Add(-time.Hour), Came: []string{id("pm-housing"), id("privacy"), id("security"), id("sup-a")},
			Agenda:  "- Emergency access since summer\n- Backups: was one ever restored?\n- The shared printer in the east office",
			Minutes: "The Privacy Officer reported how often the glass was broken: each time was reviewed, and each was right.\n\nNobody could say **when a backup was last restored**. The printer in the east office stands where visitors wait.",
			Decisions: []governance.Resolved{
				{What: "Restore a backup on a machine of its own, and write down how long it took", Owner: id("security"), Due: on(-5)},
				{What: "Move the printer of the east office behind the counter", Owner: id("sup-a"), Due: on(12)},
			},
		}
		m, err := y.Committees.Convene(ctx, who, in)
		if err != nil {
			return err
		}
		return y.Committees.File(ctx, who, m, 1, in)
	})
}

// sit has somebody take a course: with as few mistakes as pass, or with too many.
func (y *year) sit(ctx context.Context, key, course string, d draw, pass bool) error {
	who, err := y.as(ctx, key)
	if err != nil {
		return err
	}
	var missed []int // places of the questions
	_, err = y.Training.Sit(ctx, who, course, y.walk.Now().Add(-time.Duration(d.between(9, 34))*time.Minute), func(c training.Course, a training.Attempt, p training.Place) (chosen []int) {
		right := true
		var choices []training.Choice
		switch {
		case p.Scenario >= 0:
			choices, right = c.Scenarios[p.Scenario].Decisions[p.Decision].Choices, d.of(85)
		case p.Question >= 0:
			if missed == nil {
				n := len(a.Drawn)
				wrong := n - (n*c.Pass+99)/100 // the most that pass
				if pass {
					wrong = d.IntN(wrong + 1)
				} else {
					wrong += 1 + d.IntN(2)
				}
				missed = d.Perm(n)[:wrong]
			}
			choices, right = c.Questions[a.Drawn[p.Question]].Choices, !slices.Contains(missed, p.Question)
		}
		for i, x := range choices {
			if x.Right == right {
				chosen = append(chosen, i)
			}
		}
		if (p.Scenario >= 0 || !right) && len(chosen) > 1 {
			chosen = chosen[:1]
		}
		return chosen
	})
	return err
}

// adoptPolicies has each officer begin the policies that are theirs.
func (y *year) adoptPolicies(ctx context.Context) error {
	for _, key := range []string{"privacy", "security"} {
		who, err := y.proved(ctx, key)
		if err != nil {
			return err
		}
		var codes []string
		for _, s := range policydoc.Starter("en") {
			if (s.Owner == actor.SecurityOfficer) == (key == "security") {
				codes = append(codes, s.Code)
			}
		}
		if _, err := y.Policies.Adopt(ctx, who, "en", codes); err != nil {
			return err
		}
	}
	return nil
}

// each does something with the newest version of every policy.
func (y *year) each(ctx context.Context, who actor.Actor, do func(policydoc.File) error) error {
	shelf, err := y.Policies.List(ctx, who)
	if err != nil {
		return err
	}
	for _, o := range shelf.Documents {
		f, err := y.Policies.Open(ctx, who, o.ID)
		if err != nil {
			return err
		}
		if err := do(f); err != nil {
			return err
		}
	}
	return nil
}

// approvePolicies has each version sent to review by its author, and approved by a
// program manager.
func (y *year) approvePolicies(ctx context.Context) error {
	privacy, err := y.proved(ctx, "privacy")
	if err != nil {
		return err
	}
	manager, err := y.proved(ctx, "pm-housing")
	if err != nil {
		return err
	}
	owners := map[actor.Role]string{actor.SecurityOfficer: "security", actor.Administrator: "admin", actor.ProgramManager: "pm-housing"}
	return y.each(ctx, privacy, func(f policydoc.File) error {
		owner := "privacy"
		if k := owners[f.Value.OwnerRole]; k != "" {
			owner = k
		}
		v := f.Versions[0]
		c := policydoc.Care{Owner: y.ids[owner].String(), Acknowledged: slices.Contains(acknowledged, f.Value.Code)}
		if c.Acknowledged {
			c.Grace, c.Limited = 30, 14
		}
		if err := y.Policies.SetCare(ctx, privacy, f.ID, f.Version, c); err != nil {
			return err
		}
		if err := y.Policies.Submit(ctx, privacy, v.ID); err != nil {
			return err
		}
		return y.Policies.Approve(ctx, manager, v.ID, v.Value.Sum)
	})
}

func (y *year) enforcePolicies(ctx context.Context) error {
	who, err := y.proved(ctx, "privacy")
	if err != nil {
		return err
	}
	return y.each(ctx, who, func(f policydoc.File) error { return y.Policies.Enforce(ctx, who, f.Versions[0].ID, time.Time{}) })
}

// newest is the newest version of a policy.
func (y *year) newest(ctx context.Context, who actor.Actor, code string) (policydoc.VersionID, error) {
	id, err := y.Policies.ByCode(ctx, code)
	if err != nil {
		return policydoc.VersionID{}, err
	}
	f, err := y.Policies.Open(ctx, who, id)
	if err != nil {
		return policydoc.VersionID{}, err
	}
	return f.Versions[0].ID, nil
}

// revise writes a second version of a policy after a near miss, and has it approved.
func (y *year) revise(ctx context.Context) error {
	who, err := y.proved(ctx, "security")
	if err != nil {
		return err
	}
	manager, err := y.proved(ctx, "pm-recovery")
	if err != nil {
		return err
	}
	id, err := y.Policies.ByCode(ctx, revised)
	if err != nil {
		return err
	}
	f, err := y.Policies.Open(ctx, who, id)
	if err != nil {
		return err
	}
	before := "- If you find a colleague's open screen,"
	after := strings.Replace(f.Versions[0].Value.Text, before, "- In a room with clients turn the screen away before you open a chart, and lock it before you open the door.\n"+before, 1)
	v, err := y.Policies.Begin(ctx, who, id, after, "3.2: screens in rooms with clients, after a visitor read a name over somebody's shoulder.", 0)
	if err != nil {
		return err
	}
	if err := y.Policies.Submit(ctx, who, v); err != nil {
		return err
	}
	return y.Policies.Approve(ctx, manager, v, policydoc.Sum(after))
}

// acknowledge has somebody acknowledge the versions in force of some policies.
func (y *year) acknowledge(ctx context.Context, key string, codes ...string) error {
	who, err := y.as(ctx, key)
	if err != nil {
		return err
	}
	shelf, err := y.Policies.List(ctx, who)
	if err != nil {
		return err
	}
	now := y.walk.Now()
	for _, o := range shelf.Documents {
		p, in := o.Value.At(now)
		if !in || !slices.Contains(codes, o.Value.Code) || !policydoc.Binds(o.Value.Audience, who.Role()) {
			continue
		}
		if err := y.Policies.Acknowledge(ctx, who, p.Version); err != nil {
			return err
		}
	}
	return nil
}

// newcomer is whoever began the day before yesterday and is not through the orientation
// yet, so that no chart opens. Nothing of the year is theirs.
var newcomer = colleague{"cm-new", "Rashida", "Bellweather", "Recovery case manager, new", actor.CaseManager, []string{"recovery"}, "sup-b", "Began this week. No chart opens before the orientation is passed; a page says what is missing and leads to it."}

// hire takes on the newcomer, who tries a chart too early.
func (y *year) hire(d draw) {
	first := y.office(d, y.now.AddDate(0, 0, -2))
	var client person.ID // whom the newcomer is to work with
	y.at(first.AddDate(0, 0, -6), -1, func(ctx context.Context) error {
		var err error
		if y.newcomer, err = y.invite(ctx, newcomer, first); err != nil {
			return err
		}
		by, err := y.proved(ctx, "security")
		if err != nil {
			return err
		}
		return y.clear(ctx, by, y.newcomer)
	})
	y.at(first.Add(time.Hour), -1, func(ctx context.Context) error {
		boss, err := y.as(ctx, newcomer.boss)
		if err != nil {
			return err
		}
		for _, c := range y.plans {
			if c.worker != "cm-f" || c.program != "recovery" || c.file.IsZero() {
				continue
			}
			err := y.Cases.Join(ctx, boss, c.file, casefile.Member{Worker: y.newcomer.String(), Role: text("second worker")})
			if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
				continue // this case is closed
			}
			client = c.id
			return err
		}
		return nil
	})
	y.at(first.Add(2*time.Hour), -1, func(ctx context.Context) error {
		who, err := y.as(ctx, newcomer.key)
		if err != nil || client.IsZero() {
			return err
		}
		if _, err = y.Clients.Open(ctx, who, client); fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
			return nil
		}
		return err
	})
}

// vendors is whom the agency works with: five of different kinds.
func (y *year) vendors(d draw) {
	host := vendor.Vendor{
		Name: "Tidewater Hosting", Services: "Keeps the machines that this program runs on, and their backups.", Contact: text("Support desk; (253) 555-0140; desk@tidewater.example.org"),
		Answers: vendor.Answers{Receives: true, Maintains: true, Transmits: true, ForUs: true}, Volume: vendor.Many, Dependency: vendor.Hours,
		Classes:  []policy.Class{policy.Identity, policy.Contact, policy.SSN, policy.Case, policy.Note, policy.Clinical, policy.SUD, policy.Document},
		ExitPlan: "Restore the last backup on a machine of our own; the keys are with us.", Subcontractors: []vendor.Subcontractor{{Name: "Cannery Row Data Center", Does: "Rooms, power and network"}},
	}
	voices := vendor.Vendor{
		Name: "Many Voices Interpreters", Services: "Interpreters by telephone and at visits.", Contact: text("Scheduling; (206) 555-0151; book@manyvoices.example.org"),
		Answers: vendor.Answers{Receives: true, ForUs: true}, Volume: vendor.Some, Dependency: vendor.Days,
		Classes: []policy.Class{policy.Identity, policy.Contact, policy.Note}, ExitPlan: "The county's language line.",
	}
	shred := vendor.Vendor{
		Name: "Ironworks Records and Shredding", Services: "Stores closed paper files, and shreds what is due.", Contact: text("Yard office; (360) 555-0163; yard@ironworks.example.org"),
		Answers: vendor.Answers{Receives: true, Maintains: true, ForUs: true}, Volume: vendor.Many, Dependency: vendor.Weeks,
		Classes: []policy.Class{policy.Identity, policy.Contact, policy.Case, policy.Note}, ExitPlan: "Fetch the boxes; rent a locked room.",
	}
	var ids [3]vendor.ID
	var sent string // the secret of the link by which the host reads and signs

	begin := y.office(d, y.now.AddDate(0, -11, 2))
	y.at(begin, -1, func(ctx context.Context) error {
		privacy, err := y.proved(ctx, "privacy")
		if err != nil {
			return err
		}
		if ids[0], err = y.engage(ctx, privacy, host, false); err != nil {
			return err
		}
		agreed := vendor.Fill(vendor.StarterAgreement("en"), map[string]string{
			"agency": agencyName, "vendor": host.Name, "effective": begin.Format("January 2, 2006"), "purposes": "hosting, backup and restore", "classes": "all kinds that the Agency keeps", "report_hours": "48",
			"subcontractors": "Cannery Row Data Center", "term": "ends with the Service Contract", "privacy_officer": "Marguerite Lund", "security_officer": "Tobias Achterberg",
		})
		a, err := y.Vendors.Draft(ctx, privacy, ids[0], vendor.Agreement{Text: agreed, EPHI: true, Purposes: "Hosting, backup and restore", Classes: host.Classes, ReportHours: 48, Effective: begin})
		if err != nil {
			return err
		}
		sent, err = y.Vendors.Send(ctx, privacy, a, 0)
		return err
	})
	y.at(begin.AddDate(0, 0, 3), -1, func(ctx context.Context) error {
		o, err := y.Vendors.Offer(ctx, sent)
		if err != nil {
			return err
		}
		if err := y.Vendors.Countersign(ctx, sent, o.Hash(), vendor.Signature{Name: "Ottoline Marsh", Title: "Managing director"}, true); err != nil {
			return err
		}
		manager, err := y.proved(ctx, "pm-housing")
		if err != nil {
			return err
		}
		as, err := y.Vendors.Agreements(ctx, manager, ids[0])
		if err != nil {
			return err
		}
		if err := y.Vendors.Sign(ctx, manager, as[0].ID, as[0].Value.Hash(), vendor.Signature{Name: "Leandro Castellane", Title: "Program manager"}, true); err != nil {
			return err
		}
		privacy, err := y.proved(ctx, "privacy")
		if err != nil {
			return err
		}
		if err := y.Vendors.Start(ctx, privacy, ids[0], 0); err != nil {
			return err
		}
		sent, err = y.Vendors.Ask(ctx, privacy, ids[0], "en")
		return err
	})
	y.at(begin.AddDate(0, 0, 12), -1, func(ctx context.Context) error {
		_, q, err := y.Vendors.Answering(ctx, sent)
		if err != nil {
			return err
		}
		var given []vendor.Given
		for _, s := range vendor.Asked(q.Lang, q.Tier) {
			for _, x := range s.Questions {
				g := vendor.Given{Code: x.Code, Answer: vendor.Yes}
				switch n := len(given); {
				case n%17 == 9:
					g.Answer, g.Note = vendor.Partly, "Once a year and not for every machine; the rest follows in spring."
				case n == 31:
					g.Answer, g.Note = vendor.No, "Our customers are told by mail; there is no page for it."
				}
				given = append(given, g)
			}
		}
		return y.Vendors.Submit(ctx, sent, given, "Ottoline Marsh", "Managing director")
	})
	y.at(y.office(d, y.now.AddDate(0, -5, 0)), -1, func(ctx context.Context) error {
		who, err := y.proved(ctx, "security")
		if err != nil {
			return err
		}
		return y.Vendors.Reviewed(ctx, who, ids[0], 0, "Answers read, two points talked over by telephone. Goes on; look at tests of the backup next year.")
	})
	y.at(y.office(d, y.now.AddDate(0, -11, 20)), -1, func(ctx context.Context) error {
		privacy, err := y.proved(ctx, "privacy")
		if err != nil {
			return err
		}
		manager, err := y.proved(ctx, "pm-recovery")
		if err != nil {
			return err
		}
		today := y.now.In(y.zone)
		ends := time.Date(today.Year(), today.Month(), today.Day()+20, 0, 0, 0, 0, y.zone)
		for i, x := range []struct {
			v     vendor.Vendor
			place string
			ends  time.Time
		}{{voices, "Binder 2 in the privacy office, behind M", ends}, {shred, "Binder 2 in the privacy office, behind I", time.Time{}}} {
			if ids[i+1], err = y.engage(ctx, privacy, x.v, false); err != nil {
				return err
			}
			a := vendor.Agreement{
				Paper:    vendor.Paper{Place: x.place, SignedOn: y.walk.Now().AddDate(0, 0, -3), SignedFor: "The owner, by hand"},
				Purposes: x.v.Services, Classes: x.v.Classes, ReportHours: 72, Effective: y.walk.Now(), Expiry: x.ends,
			}
			for _, t := range vendor.Terms() {
				if t.Required {
					a.Ticked = append(a.Ticked, t.Code)
				}
			}
			id, err := y.Vendors.Draft(ctx, privacy, ids[i+1], a)
			if err != nil {
				return err
			}
			o, err := y.Vendors.Agreement(ctx, manager, id)
			if err != nil {
				return err
			}
			if err := y.Vendors.Sign(ctx, manager, id, o.Value.Hash(), vendor.Signature{Name: "Ingrid Solvang", Title: "Program manager"}, true); err != nil {
				return err
			}
			if err := y.Vendors.Start(ctx, privacy, ids[i+1], 0); err != nil {
				return err
			}
		}
		for _, v := range []vendor.Vendor{{
			Name: "Pierhead Couriers", Services: "Carries sealed envelopes between our offices.", Contact: text("Dispatch; (206) 555-0172"),
			Answers: vendor.Answers{Transmits: true, ForUs: true, Passing: true}, Volume: vendor.Some, Dependency: vendor.Weeks, Classes: []policy.Class{policy.Identity, policy.Contact},
		}, {
			Name: "Millrace Family Clinic", Services: "Primary care of clients whom we refer.", Contact: text("Referral nurse; (360) 555-0184"),
			Answers: vendor.Answers{Receives: true, Treats: true}, Volume: vendor.Some, Dependency: vendor.Days, Classes: []policy.Class{policy.Identity, policy.Contact, policy.Clinical},
		}} {
			if _, err := y.engage(ctx, privacy, v, true); err != nil {
				return err
			}
		}
		return nil
	})
	y.at(y.office(d, y.now.AddDate(0, 0, -6)), -1, func(ctx context.Context) error {
		who, err := y.proved(ctx, "privacy")
		if err != nil {
			return err
		}
		if err := y.Vendors.Breached(ctx, who, ids[2], 0, "Two boxes stood open in the yard over a weekend. It told us by telephone after nine days; seventy-two hours were agreed on."); err != nil {
			return err
		}
		return y.Vendors.DecideBreach(ctx, who, ids[2], 0, 0, vendor.ToCure, "A locked cage for our boxes, photographs of it, and a written list of who has the key.", y.now.AddDate(0, 0, 12))
	})
}

// engage enters a vendor and decides what it is; one that needs no agreement begins.
func (y *year) engage(ctx context.Context, who actor.Actor, v vendor.Vendor, start bool) (vendor.ID, error) {
	id, err := y.Vendors.Begin(ctx, who, v)
	if err != nil {
		return id, err
	}
	if err := y.Vendors.Assess(ctx, who, id, 0, nil); err != nil || !start {
		return id, err
	}
	return id, y.Vendors.Start(ctx, who, id, 0)
}
