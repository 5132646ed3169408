package training

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/prose"
	"caseward/internal/record"
)

// Text is a text in the languages it is written in.
type Text struct {
	En, Es string
}

// In is the text in a language, "es" or any other, and the language that it is in.
func (t Text) In(lang string) (text, in string) {
	if lang == "es" && t.Es != "" {
		return t.Es, "es"
	}
	return t.En, "en"
}

// Sheet is what a team talks about for some minutes, from a page that is printed.
type Sheet struct {
	Code, Title string
	Minutes     int
	Citations   []string
	Body        string // Markdown, with headings of the second order
	Lang        string
	Hash        string // tells this version of the text from others
}

// ParseSheet reads a sheet; ok is false where something that it needs is missing.
func ParseSheet(text string) (s Sheet, ok bool) {
	head, body, ok := prose.Front(text)
	minutes, err := strconv.Atoi(head.Get("minutes"))
	s = Sheet{Code: head.Get("code"), Title: head.Get("title"), Minutes: minutes, Citations: head.List("citations"), Body: body, Hash: hashOf(text)}
	return s, ok && err == nil && minutes > 0 && goodCode.MatchString(s.Code) && s.Title != "" && len(s.Citations) > 0 && strings.HasPrefix(body, "## ")
}

// Sheets gives the sheets that huddles are held from; there is none before.
func (t *Training) Sheets(all func() []Text) { t.sheets = sync.OnceValue(all) }

// SheetsIn lists the sheets in a language, by title.
func (t *Training) SheetsIn(lang string) (out []Sheet) {
	if t.sheets == nil {
		return nil
	}
	for _, x := range t.sheets() {
		text, in := x.In(lang)
		if s, ok := ParseSheet(text); ok {
			s.Lang = in
			out = append(out, s)
		}
	}
	order.By(out, func(a, b Sheet) int { return strings.Compare(a.Title, b.Title) })
	return out
}

// Sheet is one of them. NotFound: there is none of this code.
func (t *Training) Sheet(lang, code string) (Sheet, error) {
	all := t.SheetsIn(lang)
	i := slices.IndexFunc(all, func(s Sheet) bool { return s.Code == code })
	if i < 0 {
		return Sheet{}, fault.NotFoundf("huddle.find")
	}
	return all[i], nil
}

// Current reports whether a huddle was held from the text that its sheet has now.
func (t *Training) Current(h Huddle) bool {
	s, err := t.Sheet(h.Lang, h.Sheet)
	return err == nil && s.Hash == h.Hash
}

// Huddle is that a team talked about a sheet. It never changes.
type Huddle struct {
	Sheet string    `class:"workforce" doc:"Code of the sheet."`
	Title string    `class:"workforce" doc:"What the sheet was called."`
	Lang  string    `class:"workforce" doc:"The language of the sheet."`
	Text  string    `class:"workforce" doc:"The sheet as it was then, as Markdown."`
	Hash  string    `class:"workforce" doc:"SHA-256 of the sheet, in hexadecimal: the version."`
	On    time.Time `class:"workforce" doc:"The day, as its noon in UTC."`
	By    string    `class:"workforce" doc:"Id of the worker who held it."`
	Came  []string  `class:"workforce" doc:"Ids of the workers who were there."`
	At    time.Time `class:"workforce" doc:"When it was recorded."`
}

// HuddleID is the opaque id of a huddle.
type HuddleID = record.ID[Huddle]

// OpenedHuddle is a huddle as the asker may see it.
type OpenedHuddle = record.Opened[Huddle]

// HuddleKind keeps huddles.
var HuddleKind = record.Define(record.Kind[Huddle]{
	Name:      "huddle",
	Doc:       "A short talk that a team had about a sheet, and who was there.",
	Retention: "workforce",
	Labels: func(h Huddle) record.Labels {
		return record.Labels{Owner: h.By, Tag: h.Sheet, At: h.On}
	},
})

// Attendance is that one worker was at a huddle: what their own training shows.
type Attendance struct {
	Worker string    `class:"workforce" doc:"Id of the worker who was there."`
	Huddle string    `class:"workforce" doc:"Id of the huddle."`
	Sheet  string    `class:"workforce" doc:"Code of its sheet."`
	Title  string    `class:"workforce" doc:"What the sheet was called."`
	Hash   string    `class:"workforce" doc:"SHA-256 of the sheet, in hexadecimal: the version."`
	On     time.Time `class:"workforce" doc:"The day, as its noon in UTC."`
	By     string    `class:"workforce" doc:"Id of the worker who held it."`
}

// OpenedAttendance is an attendance as the asker may see it.
type OpenedAttendance = record.Opened[Attendance]

// AttendanceKind keeps who was at huddles.
var AttendanceKind = record.Define(record.Kind[Attendance]{
	Name:      "attendance",
	Doc:       "That one worker was at a huddle.",
	Retention: "workforce",
	Labels: func(a Attendance) record.Labels {
		return record.Labels{Owner: a.Worker, Ref: a.Huddle, Tag: a.Sheet, At: a.On}
	},
})

// Team are those whose attendance the asker records: whom they look after, and not
// themselves.
func (t *Training) Team(ctx context.Context, who actor.Actor) ([]Worker, error) {
	ws, err := t.Under(ctx, who)
	return slices.DeleteFunc(ws, func(w Worker) bool { return w.ID == who.Worker() }), err
}

// Held is what is said of a huddle that was held.
type Held struct {
	ID    HuddleID // that came with the form, so that one sent twice records one huddle
	Sheet string
	Lang  string
	Hash  string    // of the sheet that was read
	On    time.Time // the day, any moment of it in the agency's zone; zero if it is none
	Came  []string
}

// longAgo is how many days after a huddle it can be recorded; agency practice.
const longAgo = 90

// Hold records that the asker held a huddle with workers they look after, from a sheet
// as it is now. Errors: Invalid with fields, Conflict if the sheet is another by now or
// the form was sent already, Denied, NotFound.
func (t *Training) Hold(ctx context.Context, who actor.Actor, in Held) (HuddleID, error) {
	const op = "huddle.hold"
	s, err := t.Sheet(in.Lang, in.Sheet)
	if err != nil {
		return HuddleID{}, err
	}
	team, err := t.Team(ctx, who)
	if err != nil {
		return HuddleID{}, err
	}
	now := t.door.Clock().Now()
	var bad []fault.Field
	today, day := noon(now.In(in.On.Location())), noon(in.On)
	switch {
	case in.On.IsZero() || day.After(today):
		bad = append(bad, fault.Field{Name: "on", Message: "Give the day on which it was held, today or before."})
	case day.Before(today.AddDate(0, 0, -longAgo)):
		bad = append(bad, fault.Field{Name: "on", Message: "A huddle is recorded within 90 days, while people remember who was there."})
	}
	came := slices.Compact(slices.Sorted(slices.Values(in.Came)))
	if len(came) == 0 {
		bad = append(bad, fault.Field{Name: "came", Message: "Mark who was there."})
	}
	for _, id := range came {
		if !slices.ContainsFunc(team, func(w Worker) bool { return w.ID == id }) {
			bad = append(bad, fault.Field{Name: "came", Message: "Choose people whom you look after."})
			break
		}
	}
	if len(bad) > 0 {
		return HuddleID{}, fault.InvalidFields(op, bad...)
	}
	if in.Hash != s.Hash {
		return HuddleID{}, fault.Conflictf(op, "the sheet is another by now")
	}
	w := t.door.Work(who, op)
	id := t.huddles.CreateOnceAs(w, op, in.ID, record.Subject{}, Huddle{
		Sheet: s.Code, Title: s.Title, Lang: s.Lang, Text: s.Body, Hash: s.Hash, On: day, By: who.Worker(), Came: came, At: now,
	})
	for _, x := range came {
		t.attended.Create(w, record.Subject{}, Attendance{Worker: x, Huddle: id.String(), Sheet: s.Code, Title: s.Title, Hash: s.Hash, On: day, By: who.Worker()})
	}
	return id, w.Commit(ctx)
}

// noon is a day as its noon in UTC, so that it is the same day everywhere.
func noon(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
}

// holder is whose huddles the asker sees: all for officers and auditors, their own for
// others.
func holder(who actor.Actor) string {
	switch who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
		return ""
	}
	return who.Worker()
}

// Huddles lists those that were held, the newest first: all for officers and auditors,
// and for others those they held.
func (t *Training) Huddles(ctx context.Context, who actor.Actor) ([]OpenedHuddle, error) {
	return t.huddles.Every(ctx, who, record.Query{Owner: holder(who)})
}

// Huddle returns one of them. NotFound: it is another's, or there is none.
func (t *Training) Huddle(ctx context.Context, who actor.Actor, id HuddleID) (OpenedHuddle, error) {
	o, err := t.huddles.Read(ctx, who, id)
	if err == nil && holder(who) != "" && o.Value.By != who.Worker() {
		return OpenedHuddle{}, fault.NotFoundf("huddle.read")
	}
	return o, err
}

// Attended lists at which huddles the asker was, the newest first.
func (t *Training) Attended(ctx context.Context, who actor.Actor) ([]OpenedAttendance, error) {
	return t.attended.Every(ctx, who, record.Query{Owner: who.Worker()})
}

// HuddleFigures is what huddles came to in the last twelve months.
type HuddleFigures struct {
	Held    int // huddles at which any of the people counted was
	Reached int // people who were at one at least
}

// countHuddles counts.
func countHuddles(now time.Time, all []OpenedAttendance) HuddleFigures {
	held, people := map[string]bool{}, map[string]bool{}
	for _, o := range all {
		if v := o.Value; !v.On.Before(now.AddDate(-1, 0, 0)) {
			held[v.Huddle], people[v.Worker] = true, true
		}
	}
	return HuddleFigures{len(held), len(people)}
}
