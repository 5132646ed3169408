package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"caseward/internal/casefile"
	"caseward/internal/person"
	"caseward/internal/phi"
)

// Languages with their share, names that go with them, and an interpreter.
var peoples = []struct {
	share          int
	code, language string
	interpreter    int // of ten who need one
	given, family  []string
}{
	{52, "en", "English", 0,
		strings.Fields("Marcus Alicia Deshawn Brenda Curtis Latoya Wayne Rhonda Terrell Joanne Russell Keisha Gordon Patrice Vernon Shanice Leon Darlene Clifford Monique Roy Tamika Earl Jolene Byron Simone Harold Yvonne Nate Crystal Dwight Loretta Travis Gwen Otis Maureen Kurt Bernice Jerome Faye"),
		strings.Fields("Abernathy Blevins Cartwright Dunmore Ellery Fairbanks Gaines Haverford Ivory Jessup Kittredge Lockhart Mayfield Norwood Overton Pettigrew Quarles Redfern Stallworth Tillman Underhill Vickers Wainscott Yancey Ashdown Birdsong Coldwell Drayton Easterly Farnsworth Goodwater Holloway")},
	{24, "es", "Spanish", 4,
		strings.Fields("Marisol Javier Lucía Ernesto Guadalupe Rafael Ximena Óscar Rocío Tomás Araceli Hugo Beatriz Ramón Itzel Joaquín Noemí Efraín Consuelo Ulises"),
		strings.Fields("Ibáñez Carranza Delgadillo Escamilla Figueroa Galván Hinojosa Jáuregui Landeros Montemayor Nevárez Olvera Quiñones Robledo Santoyo Treviño Urrutia Villaseñor Zamarripa Peñaloza")},
	{8, "vi", "Vietnamese", 6,
		strings.Fields("Minh Linh Tuấn Hạnh Quang Mai Đức Thảo Bảo Ngọc"),
		strings.Fields("Nguyễn Trần Lê Phạm Huỳnh Vũ Đặng Bùi Đỗ Hồ")},
	{8, "so", "Somali", 6,
		strings.Fields("Ayaan Abdirahman Hodan Yusuf Ifrah Liban Sahra Warsame Fadumo Guled"),
		strings.Fields("Warfa Jama Abdullahi Farah Hersi Duale Samatar Egal Mohamud Shire")},
	{8, "ru", "Russian", 5,
		strings.Fields("Oksana Dmitri Larisa Yuri Svetlana Pavel Galina Anton Vera Kirill"),
		strings.Fields("Beletskaya Morozov Zaitseva Voronin Kuzmenko Sidorov Lebedeva Gromov Tkachuk Orlova")},
}

var (
	streets = strings.Fields("Alder Birchmont Cannery Dockside Eastlake Ferncliff Gullwing Heron Ironworks Juniper Kelp Lantern Millrace Netley Orchard Pierhead Quarry Rowan Saltbox Tidewater")
	suffix  = strings.Fields("St Ave Pl Ct Way")
	cities  = [][2]string{{"Port Ellery", "98991"}, {"East Harbor", "98992"}, {"Millrace", "98993"}}
	kinship = []string{"daughter", "son", "mother", "sister", "brother", "partner", "grandmother", "aunt"}
	reasons = map[string][]string{
		"housing":  {"Behind on rent after hours were cut; three-day notice received.", "Leaving the shelter within sixty days; has a voucher and no landlord yet.", "Doubled up with family, asked to leave by the end of the month.", "Living in a vehicle with a child; school counselor referred.", "Building was sold; needs to move and has no deposit."},
		"reentry":  {"Released last month after four years; needs ID, work and a place to report from.", "On community supervision; wants to keep the job at the warehouse.", "Referred by the reentry court after a second missed report.", "Coming home to a new city; family support is limited."},
		"recovery": {"Finished detox and asks for support while starting outpatient treatment.", "Eight months in recovery, housing is putting it at risk.", "Referred by the hospital after an overdose; wants to try again.", "Drug court participant; needs help keeping appointments."},
		"family":   {"Child has missed twenty days of school; parent works nights.", "Family of five in one room; youngest has asthma.", "New to the country; needs help with school, clinic and benefits.", "Kinship placement of two nephews; grandmother asks for respite and benefits."},
	}
	customFlags = []string{"Do not mention employer when calling.", "Dog at the home; call from the car first.", "Meets only at the library; do not come to the address.", "Former partner has the same last name; check before confirming anything by phone."}
)

// draw is chance, from one seed.
type draw struct{ *rand.Rand }

func newDraw(seed uint64, stream uint64) draw { return draw{rand.New(rand.NewPCG(seed, stream))} }

func one[T any](d draw, list []T) T { return list[d.IntN(len(list))] }

// of reports n chances of a hundred.
func (d draw) of(n int) bool { return d.IntN(100) < n }

func (d draw) between(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

func text(s string) phi.Text { return phi.NewText(s) }

func textf(format string, args ...any) phi.Text { return phi.NewText(fmt.Sprintf(format, args...)) }

func date(t time.Time) phi.Date { return phi.NewDate(t.Year(), int(t.Month()), t.Day()) }

// phone is a number of the range that is kept for fiction.
func (d draw) phone() phi.Text {
	return textf("(%d) 555-01%02d", one(d, []int{206, 253, 360, 425}), d.IntN(100))
}

// client makes the i-th client as intake registers them.
func (d draw) client(i int, now time.Time, program string) person.Client {
	people := peoples[0]
	n := d.IntN(100)
	for _, p := range peoples {
		if n -= p.share; n < 0 {
			people = p
			break
		}
	}
	given, family := one(d, people.given), one(d, people.family)
	age := d.between(19, 71)
	born := now.AddDate(-age, 0, -d.IntN(365))
	c := person.Client{
		Name:      person.Name{Use: person.Official, Given: text(given), Family: text(family)},
		BirthDate: date(born),
		Language:  person.Coded{System: "urn:ietf:bcp:47", Code: text(people.code), Display: text(people.language)},
		BirthSex:  text(one(d, []string{"F", "M"})),
		Phones:    []person.Phone{{Number: d.phone(), Use: "mobile", Preferred: true, MayLeave: true}},
		// Area numbers from 900 on are never given to anybody.
		SSN: textf("9%02d-%02d-%04d", d.IntN(100), d.between(1, 99), d.between(1, 9999)),
	}
	if d.of(30) {
		c.Name.Middle = text(one(d, people.given))
	}
	if d.of(15) {
		c.Preferred = text(strings.TrimSuffix(given[:min(len(given), 3)], "a") + "y")
		if given[0] > 127 || len(given) < 5 {
			c.Preferred = phi.Text{}
		}
	}
	c.Pronouns = text(map[string]string{"F": "she/her", "M": "he/him"}[c.BirthSex.Disclose()])
	if d.of(4) {
		c.Pronouns = text("they/them")
	}
	if people.interpreter > d.IntN(10) {
		c.Interpreter = true
		c.Flags = append(c.Flags, person.Flag{Kind: person.Interpreter, Text: textf("%s interpreter needed", people.language), Since: date(now)})
	}
	if d.of(40) {
		c.Emails = []person.Email{{Address: textf("%s.%d@example.org", people.code, 1000+i), Use: "home", Safe: d.of(70)}}
	}
	if d.of(12) {
		c.Phones[0].NoVoicemail, c.Phones[0].MayLeave = true, false
		c.Flags = append(c.Flags, person.Flag{Kind: person.NoVoicemail, Text: text("Others listen to it"), Since: date(now)})
	}
	if d.of(20) {
		c.Phones = append(c.Phones, person.Phone{Number: d.phone(), Use: "work", Note: text("mornings only")})
	}
	city := one(d, cities)
	home := person.Address{Use: "home", City: text(city[0]), State: text("WA"), PostalCode: text(city[1]), SafeToMail: d.of(85)}
	home.Lines = []phi.Text{textf("%d %s %s", d.between(100, 9900), one(d, streets), one(d, suffix))}
	if d.of(35) {
		home.Lines = append(home.Lines, textf("Apt %d%c", d.between(1, 24), 'A'+d.IntN(6)))
	}
	if program == "housing" && d.of(35) {
		home.Use, home.Lines = "shelter", []phi.Text{text("Lantern House shelter, Pierhead Way")}
	}
	c.Addresses = []person.Address{home}
	for range d.IntN(4) {
		r := person.Related{Name: textf("%s %s", one(d, people.given), family), Relation: text(one(d, kinship)), LivesWith: d.of(70)}
		if k := r.Relation.Disclose(); k == "daughter" || k == "son" {
			r.BirthDate = date(now.AddDate(-d.between(1, 17), -d.IntN(12), 0))
		}
		c.Household = append(c.Household, r)
	}
	if d.of(45) {
		c.Emergency = []person.Emergency{{Name: textf("%s %s", one(d, people.given), one(d, people.family)), Relation: text(one(d, kinship[2:])), Phone: d.phone()}}
	}
	if d.of(9) {
		c.Flags = append(c.Flags, person.Flag{Kind: person.SafetyPlan, Text: text("Safety plan on file; review it before each home visit"), Since: date(now)})
	}
	if program == "recovery" {
		c.Flags = append(c.Flags, person.Flag{Kind: person.Part2, Text: text("Records of a 42 CFR Part 2 program"), Since: date(now)})
	}
	if d.of(6) {
		c.Flags = append(c.Flags, person.Flag{Kind: person.CustomFlag, Text: text(one(d, customFlags)), Since: date(now)})
	}
	return c
}

// level is how much support a client gets.
func (d draw) level() casefile.Level {
	switch n := d.IntN(100); {
	case n < 8:
		return casefile.Intensive
	case n < 28:
		return casefile.High
	}
	return casefile.Standard
}
