package demo

import (
	"fmt"
	"strings"
	"time"

	"caseward/internal/note"
)

// thread is something that goes on in a client's life for months: each contact
// takes it a step further.
type thread struct {
	domain string
	goal   string
	steps  [][]string // what a note says at each step; one of each is drawn
	tasks  []string   // activities of the care plan
}

// In the sentences: {n} the client's name, {who} somebody else's, {org} an
// organization, {amt} money, {day} a coming day, {past} a past one.
var threads = map[string]thread{
	"housing": {
		"housing", "Move into a place {n} can keep",
		[][]string{
			{"{n} wants a one-bedroom on the bus line and can pay up to {amt} with the voucher.", "We went through the housing list; {n} ruled out two places because of the stairs.", "{n} has stayed with a cousin since {past} and is asked to leave by the end of the month."},
			{"Applied at {org}; the screening fee was waived after I wrote to the office.", "Filled in two applications together. The old eviction shows up, so we attached a letter that explains it.", "{who} at {org} will hold a unit until {day} if the paperwork is in."},
			{"{org} asked for one more pay stub. {n} will drop it off on the way to work.", "The first landlord said no without giving a reason. {n} was quiet about it; we agreed to go on with the second.", "Inspection is set for {day}; the bathroom fan was the only thing that failed before."},
			{"Viewed the unit on the second floor. {n} liked the light and asked about laundry.", "The lease came. We read it line by line; {n} crossed out the cleaning fee and {who} agreed.", "The voucher was extended for thirty days after I sent the log of applications."},
			{"{n} signed the lease. Deposit of {amt} is paid by the move-in fund.", "Keys in hand. The truck is booked for {day}, and {who} lends two more hands.", "Moved in over the weekend. The bed comes on {day}; until then {n} has the air mattress."},
			{"First rent was paid on time. {n} set a reminder for the third of each month.", "The neighbors complained about noise once; {n} talked to them first and it went well.", "The heating was out for two days; {n} called the manager without my help and it is fixed."},
		},
		[]string{"Apply to three landlords", "Get the voucher extended", "Collect pay stubs and ID copies", "Set up the utilities", "Budget for the first three months"},
	},
	"eviction": {
		"housing", "Stay in the apartment",
		[][]string{
			{"{n} owes {amt} since hours were cut. The notice gives until {day}.", "A three-day notice was on the door on {past}. {n} brought it in unopened."},
			{"Called {who} at {org}: they will wait for the rental assistance decision if {n} pays {amt} now.", "Sent the assistance application with the lease and the notice. The answer takes ten working days."},
			{"{n} kept the payment plan for the second month. I asked for a written copy of it.", "The hearing is on {day}. Legal aid takes the case; {n} has the number and the room."},
			{"Assistance was granted: {amt}, straight to the landlord. {n} asked to sit for a minute before we went on.", "The court dismissed the case. {who} said in the hallway that the account is current."},
			{"Rent is paid ahead to the end of the month. {n} keeps the receipts in the blue folder.", "No new notices. {n} has four extra shifts and wants to save a cushion."},
		},
		[]string{"Apply for rental assistance", "Meet legal aid before the hearing", "Keep the payment plan", "Save one month of rent"},
	},
	"benefits": {
		"income", "Have steady income and food",
		[][]string{
			{"SNAP stopped because the review was missed; the letter went to the old address.", "{n} gets by on {amt} a month. We looked at what is missing: SNAP, the bus pass, and the energy credit."},
			{"Called the benefits line together and waited 48 minutes. The interview is on {day} between 8 and 12.", "Uploaded the pay stubs and the rent receipt. The worker there is {who}."},
			{"{n} did the phone interview alone and was proud of it. They want proof of address.", "The office lost the fax. I sent it again and noted the confirmation number."},
			{"SNAP is approved: {amt} a month, with back pay to the date of application.", "The disability application is in. {n} has the list of doctors they may ask."},
			{"Benefits were loaded on {past}. {n} cooked for the first time in weeks and told me the recipe.", "A letter says income changed. We reported the new hours the same day to avoid an overpayment."},
		},
		[]string{"Renew SNAP", "Apply for the energy credit", "Report changes within ten days", "Apply for the reduced bus pass"},
	},
	"court": {
		"legal", "Keep every court and supervision date",
		[][]string{
			{"Reviewed the conditions with {n}: report every second week, no missed tests, treatment on {day}.", "{n} was afraid the missed report would be a violation. We called {who} together and explained the hospital stay."},
			{"Court on {day} at 9. We planned the bus: two transfers, so {n} leaves at 7:20.", "{who} moved the report day to mornings so that {n} can keep the shift."},
			{"Went to court with {n}. The judge asked about work and said to keep it up; next date on {day}.", "{n} reported on time. The officer wants a letter about program attendance; sent it today with the release."},
			{"Fines of {amt} are on a payment plan of 25 a month. {n} paid the first at the window.", "All reports kept this quarter. {who} speaks of moving {n} to monthly."},
			{"Moved to monthly reporting. {n} read me the message twice.", "The restitution hearing is off the calendar; I asked for it in writing."},
		},
		[]string{"Put every date on the phone's calendar", "Bring proof of attendance", "Set up the payment plan", "Ask for monthly reporting"},
	},
	"recovery": {
		"recovery", "Stay in recovery, one week at a time",
		[][]string{
			{"{n} has nine days and goes to the noon meeting. Evenings are the hard part.", "First appointment at {org} was on {past}; {n} stayed for the group after it."},
			{"Talked about what went before the last time: payday, the old bus stop, nobody at home. {n} will take the other line.", "{n} has a sponsor, {who}, and has called twice this week."},
			{"A hard week; {n} thought of using on {past} and called the line instead. We went over the plan and who is on it.", "{n} told me about a slip on {past}, one day. Back in group the next morning. We looked at what to change and left the rest."},
			{"Thirty days. {n} showed me the coin and said not to make a fuss.", "Attendance at {org} is complete this month. The dose has not changed and sleep is better."},
			{"Ninety days. {n} chairs the Saturday meeting next month.", "{n} has moved into the sober house and likes the rules more than expected."},
		},
		[]string{"Go to four meetings a week", "Keep outpatient appointments", "Call somebody before, not after", "Find an evening that is not empty"},
	},
	"work": {
		"employment", "Find work and keep it",
		[][]string{
			{"We wrote the resume again. {n} left out the warehouse; we put it back, two years is two years.", "{n} wants day shifts because of the buses. Looked at the kitchen and the laundry jobs."},
			{"Applied at {org} and two other places. The second asks for a forklift card.", "Practised the question about the gap. {n} has one sentence for it and then talks about now."},
			{"Interview at {org} on {day}. Shirt and shoes from the closet fit.", "{n} was turned down by mail; the background check again. We asked for a copy of it."},
			{"Hired at {org}, 28 hours, starts on {day}. {n} called me from the parking lot.", "The forklift course begins on {day}; the fund pays {amt}."},
			{"Four weeks at work. {n} asked for and got the early shift.", "The supervisor, {who}, gave {n} the keys to the supply room."},
		},
		[]string{"Finish the resume", "Apply to three places a week", "Take the forklift course", "Plan the commute"},
	},
	"health": {
		"health", "Look after health and keep appointments",
		[][]string{
			{"{n} has not seen a doctor in two years and has run out of the blood pressure pills.", "The clinic at {org} takes new patients; booked {day} at 10:40 with an interpreter where needed."},
			{"Rode along to {org}. {n} asked the questions from the list and wrote the answers down.", "The appointment was missed; the ride never came. Booked again and set up the other company."},
			{"The new prescription costs {amt}; {who} at the pharmacy found the program that covers it.", "{n} brought the readings: better than last month, and sleeps through."},
			{"Dental work is done after three visits. {n} laughed with the hand down.", "The specialist wants a scan on {day}. {n} asked me to be there and I will be."},
			{"Check-up was fine; next in six months. {n} put it on the calendar alone.", "{n} takes the pills at breakfast now and has not missed a day since {past}."},
		},
		[]string{"See the doctor", "Refill the prescriptions", "Set up rides", "Dental check-up"},
	},
	"school": {
		"family", "Children in school every day",
		[][]string{
			{"The school counselor, {who}, counts twenty missed days since fall. {n} works nights and the bus comes at 6:50.", "Enrolled the youngest at the new school; the shots record is missing."},
			{"Meeting at school on {day}. {n} wants the older one moved out of the back row.", "{who} set up a ride for the mornings after night shift."},
			{"No missed days for two weeks. The chart on the fridge was the children's idea.", "The reading test is above the class. {n} asked what the next book is."},
			{"The school offers the summer program; the form is signed and {n} keeps the copy.", "Picked up backpacks and shoes for three; the middle one wanted no pictures on it."},
		},
		[]string{"Meet the counselor", "Find a ride for the mornings", "Get the shots record", "Sign up for summer"},
	},
	"papers": {
		"documents", "Have papers in order",
		[][]string{
			{"{n}'s wallet was stolen on {past}; no ID, no card, no pass.", "The birth certificate has the old spelling. Two forms, and a fee of {amt} that can be waived."},
			{"Ordered the birth certificate; it takes two to three weeks. I keep the receipt in the file.", "Went to the licensing office. They wanted one more proof of address; we came back with the shelter letter."},
			{"The ID came in the mail. {n} asked me to copy it before anything else.", "The replacement card is ordered; {n} gets a letter, not a call."},
		},
		[]string{"Order the birth certificate", "Replace the ID", "Replace the card", "Keep copies in the file"},
	},
}

// threadsOf is what goes on in a client's life, by program.
var threadsOf = map[string][]string{
	"housing":  {"housing", "eviction", "benefits", "health", "papers", "work"},
	"reentry":  {"court", "work", "papers", "housing", "benefits", "health"},
	"recovery": {"recovery", "housing", "health", "court", "work", "benefits"},
	"family":   {"school", "benefits", "housing", "health", "eviction", "papers"},
}

var (
	others = []string{"Ms. Tanaka", "Mr. Bellweather", "Officer Dunleavy", "Ms. Achebe", "Mr. Santangelo", "Ms. Rourke", "Dr. Imanov", "Mr. Vance", "Ms. Delacroix", "Mr. Okafor", "Nurse Halvorsen", "Ms. Prewitt"}
	places = []string{"Cannery Row Apartments", "Tidewater Management", "the Pierhead clinic", "Gullwing Foods", "Lantern House", "Netley Health", "Saltbox Laundry", "Eastlake Homes", "Harbor Freight Co-op", "Quarry Street Center"}

	openers = map[note.Type][]string{
		note.PhoneCall:        {"Called {n}.", "{n} called back in the afternoon.", "Reached {n} on the second try.", "Short call with {n} between shifts.", "{n} called from a borrowed phone.", "Phone check-in with {n}, about twenty minutes."},
		note.HomeVisit:        {"Visited {n} at home.", "Home visit. {n} had coffee ready.", "Met {n} at the apartment; a sister was there and {n} was fine with that.", "Saw {n} at home; the place is tidy and the heat works.", "Stopped by as agreed. {n} was waiting at the door."},
		note.OfficeVisit:      {"{n} came in on time.", "Met {n} at the office.", "{n} came by without an appointment and waited.", "Office visit with {n}; we used the small room.", "{n} brought the folder and a list of questions."},
		note.Message:          {"Text from {n}.", "Exchanged messages with {n}.", "{n} wrote in the evening; answered this morning."},
		note.CareCoordination: {"Care coordination for {n}; release on file.", "Spoke with {who} about {n}, release on file.", "Email with {org} about {n}, within the release."},
		note.Group:            {"{n} took part in the Thursday group.", "{n} came to the group and stayed to the end."},
	}
	tagged = []string{
		"Called {n} at the mobile number: no answer, did not leave details. Will try again on {day} in the morning.",
		"Phone tag with {n}: missed each other twice. Sent a text asking for a good time, nothing more.",
		"Called {n}; the mailbox is full. Sent a letter to the mailing address to ask for a call.",
		"{n} called while I was in court with somebody else; called back at 4:10, no answer. Try again on {day}.",
	}
	asides = []string{
		"Mood was better than last time.", "{n} was tired but stayed with it.", "We laughed about the bus.", "{n} asked about the food pantry hours; Tuesday and Friday, ten to two.",
		"No safety concerns today.", "Gave two bus tickets.", "{n} mentioned the new phone plan and will send the number.", "Checked in about sleep and meals; both are all right.",
		"{n} asked for the next visit to be shorter.", "Offered the winter coat drive; {n} will think about it.", "{n} said the last month was long.", "Went over the budget again; there is {amt} left for the week.",
	}
	plans = []string{
		"Next: {n} gathers the papers, I call {who} by {day}.", "Next contact on {day} by phone.", "Plan: meet again on {day} and bring the letter.", "I will follow up with {org} and let {n} know.",
		"{n} will call if anything changes before {day}.", "To do before {day}: copy of the lease, proof of income.", "Agreed on {day} at the office, 2 pm.", "Next step is {n}'s; I check in on {day}.",
	}
	titles = map[string][]string{
		"housing": {"Housing search", "Apartment application", "Lease and move"}, "eviction": {"Notice and payment plan", "Rent arrears"}, "benefits": {"Benefits", "SNAP renewal", "Income"},
		"court": {"Court date", "Supervision", "Reporting"}, "recovery": {"Check-in", "Recovery plan", "Group and appointments"}, "work": {"Job search", "Work"}, "health": {"Clinic", "Health check-in", "Medication and rides"},
		"school": {"School meeting", "School attendance"}, "papers": {"ID and papers"},
	}
	interventions = []string{"Support, problem solving and advocacy by phone with the office named.", "Active listening; went through the options and their costs.", "Practical help with forms and a call made together.", "Motivational interviewing; reflected what is working."}
	therapy       = []string{
		"Session on grief after the brother's death. {n} spoke about the funeral for the first time. Countertransference noted for supervision; pace to stay with {n}.",
		"Explored the dream that keeps coming back and what {n} makes of it. Affect congruent, no acute risk. My hypothesis is written here for myself and not for the chart.",
		"{n} connected the anger at the landlord with an older one. We stayed there. Working through continues; interpretation held back for now.",
	}
	drafts = []string{
		"Saw {n} at the shelter desk, ten minutes. {who} said the bed is safe until",
		"{n} called about the letter from {org}. Read it out to me. It says that",
		"Home visit with {n}. New lock on the door, the neighbor",
		"Called {org} for {n}: the intake nurse wants",
	}
)

// say draws one of the sentences and fills it in.
func (d draw) say(list []string, name string, at time.Time) string {
	s := one(d, list)
	coming := at.AddDate(0, 0, d.between(2, 9))
	for wd := coming.Weekday(); wd == time.Saturday || wd == time.Sunday; wd = coming.Weekday() {
		coming = coming.AddDate(0, 0, 1)
	}
	return strings.NewReplacer(
		"{n}", name, "{who}", one(d, others), "{org}", one(d, places), "{amt}", fmt.Sprintf("$%d", 5*d.between(8, 260)),
		"{day}", coming.Format("Monday, January 2"), "{past}", at.AddDate(0, 0, -d.between(2, 12)).Format("January 2"),
	).Replace(s)
}

// goal is a thread's goal for a client.
func (t thread) goalFor(name string) string { return strings.ReplaceAll(t.goal, "{n}", name) }

// written is what a worker writes about one contact.
func (d draw) written(c *clientPlan, at time.Time, typ note.Type) note.Input {
	in := note.Input{Type: typ, At: at, Minutes: textf("%d", 5*d.between(2, 9))}
	if typ == note.HomeVisit || typ == note.OfficeVisit {
		in.Minutes = textf("%d", 5*d.between(6, 15))
	}
	if typ == note.PhoneCall && d.of(14) {
		in.Minutes, in.Title = text("5"), text("Phone tag")
		in.Sections = note.Plain(text(d.say(tagged, c.name, at)))
		return in
	}
	key := c.threads[d.IntN(len(c.threads))]
	t := threads[key]
	step := min(c.step[key], len(t.steps)-1)
	c.step[key]++
	said := []string{d.say(openers[typ], c.name, at), d.say(t.steps[step], c.name, at)}
	if d.of(35) {
		other := c.threads[d.IntN(len(c.threads))]
		if other != key {
			s := threads[other].steps
			said = append(said, d.say(s[min(c.step[other], len(s)-1)], c.name, at))
		}
	}
	if d.of(55) {
		said = append(said, d.say(asides, c.name, at))
	}
	in.Title, in.Goal = text(one(d, titles[key])), text(t.goalFor(c.name))
	plan := d.say(plans, c.name, at)
	if d.of(22) {
		in.Sections = []note.Section{
			{Heading: "data", Text: text(strings.Join(said, " "))}, {Heading: "intervention", Text: text(d.say(interventions, c.name, at))}, {Heading: "plan", Text: text(plan)},
		}
	} else {
		in.Sections = note.Plain(text(strings.Join(said, " ") + " " + plan))
	}
	return in
}

// kindOfContact draws how worker and client were in contact.
func (d draw) kindOfContact() note.Type {
	switch n := d.IntN(100); {
	case n < 42:
		return note.PhoneCall
	case n < 60:
		return note.HomeVisit
	case n < 80:
		return note.OfficeVisit
	case n < 88:
		return note.Message
	case n < 97:
		return note.CareCoordination
	}
	return note.Group
}
