package appointment

import (
	"crypto/rand"
	"encoding/hex"
	"sort"
	"time"
	"unicode/utf8"

	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/task"
)

// ID is the opaque id of an appointment.
type ID = record.ID[Appointment]

// Opened is an appointment as the asker may see it.
type Opened = record.Opened[Appointment]

// Type is where and how the two meet.
type Type string

// The types.
const (
	Office    Type = "office"
	Home      Type = "home"
	Video     Type = "video"
	Phone     Type = "phone"
	Court     Type = "court"
	Transport Type = "transport"
	Elsewhere Type = "elsewhere"
)

// Types lists the types in the order screens show them.
func Types() []Type { return []Type{Office, Home, Video, Phone, Court, Transport, Elsewhere} }

// The states of an appointment, as the label says them.
const (
	Planned   = "planned"
	Kept      = "kept"
	NoShow    = "no_show"
	Cancelled = "cancelled"
)

// By is who cancelled.
type By string

// Who can cancel.
const (
	ByClient By = "client"
	ByWorker By = "worker"
	ByOther  By = "other" // a court, a clinic, the weather
)

// Cancellers lists who can cancel.
func Cancellers() []By { return []By{ByClient, ByWorker, ByOther} }

// Reminder is how the client wants to be reminded.
type Reminder string

// The reminders.
const (
	NoReminder Reminder = ""
	Call       Reminder = "call"
	Text       Reminder = "text"
	Mail       Reminder = "email"
	Letter     Reminder = "letter"
)

// Reminders lists the reminders in the order screens show them.
func Reminders() []Reminder { return []Reminder{NoReminder, Call, Text, Mail, Letter} }

// What a worker is told about an appointment.
const (
	WasBooked    notice.What = "appointment_booked"
	WasMoved     notice.What = "appointment_moved"
	WasCancelled notice.What = "appointment_cancelled"
)

// Appointment is one meeting.
type Appointment struct {
	Worker  string    `class:"workforce" doc:"Id of the worker the client meets."`
	With    string    `class:"workforce" doc:"Id of a colleague who is there too."`
	Start   time.Time `class:"workforce" doc:"When it begins."`
	Minutes int       `class:"workforce" doc:"How many minutes it takes."`
	Type    Type      `class:"workforce" doc:"Where and how they meet: office, home, video, phone, court, transport or elsewhere."`
	Status  string    `class:"workforce" doc:"Planned, kept, no_show or cancelled."`

	Client      record.Subject `class:"case" doc:"The client."`
	Reminder    Reminder       `class:"case" doc:"How the client wants to be reminded."`
	Series      string         `class:"case" doc:"What meetings that recur have in common."`
	MadeBy      string         `class:"case" doc:"Id of the worker who booked it."`
	ClosedAt    time.Time      `class:"case" doc:"When it was said to be kept, missed or cancelled."`
	ClosedBy    string         `class:"case" doc:"Id of the worker who said so."`
	CancelledBy By             `class:"case" doc:"Who cancelled it: client, worker or other."`

	Place   phi.Text `class:"note" doc:"Where they meet, in words."`
	Purpose phi.Text `class:"note" doc:"What it is for."`
	Why     phi.Text `class:"note" doc:"Why it was cancelled."`
}

// End is when it ends.
func (a Appointment) End() time.Time { return a.Start.Add(time.Duration(a.Minutes) * time.Minute) }

// Kind keeps appointments.
var Kind = record.Define(record.Kind[Appointment]{
	Name:      "appointment",
	Doc:       "When a worker and a client meet, and whether they did.",
	Retention: "designated record set",
	Labels: func(a Appointment) record.Labels {
		return record.Labels{State: a.Status, Owner: a.Worker, Group: a.With, Ref: a.Series, Tag: string(a.Type), At: a.Start, Due: a.End()}
	},
})

// Appointments are the use-cases on appointments.
type Appointments struct {
	door    *record.Door
	records record.Records[Appointment]
	notices *notice.Notices
}

// New returns the use-cases behind door.
func New(door *record.Door, notices *notice.Notices) *Appointments {
	return &Appointments{door: door, records: record.Use(door, Kind), notices: notices}
}

// Input is what the form of an appointment holds. Day and time are in the agency's
// zone.
type Input struct {
	Worker, With string
	On           phi.Date
	At           string // 15:04
	Minutes      int
	Type         Type
	Place        phi.Text
	Purpose      phi.Text
	Reminder     Reminder
	Weeks        int // how many meetings, a week apart; 0 and 1 are one
}

// MaxWeeks is how many meetings are booked at once.
const MaxWeeks = 26

func (in Input) check(now time.Time, zone *time.Location) []fault.Field {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	y, m, d := in.On.Disclose()
	day := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	switch {
	case in.On.Empty():
		add("on", "Choose the day.")
	case m == 0 || d == 0 || day.Day() != d || y < now.Year()-1 || y > now.Year()+3:
		add("on", "Enter a whole date, of last year to three years from now.")
	}
	if t, err := time.Parse("15:04", in.At); err != nil {
		add("at", "Enter when it begins, as hours and minutes.")
	} else if len(bad) == 0 {
		// The clocks skip this hour on that day.
		if s := task.Moment(in.On, in.At, zone).In(zone); s.Hour() != t.Hour() || s.Minute() != t.Minute() {
			add("at", "The clocks go forward over this time that day; choose another.")
		}
	}
	if in.Minutes < 5 || in.Minutes > 720 {
		add("minutes", "Enter how long it takes, from 5 to 720 minutes.")
	}
	if !one(Types(), in.Type) {
		add("type", "Choose where and how you meet.")
	}
	if !one(Reminders(), in.Reminder) {
		add("reminder", "Choose a reminder from the list.")
	}
	if in.Worker == "" {
		add("worker", "Choose whom the client meets.")
	}
	if in.With != "" && in.With == in.Worker {
		add("with", "Choose somebody else, or nobody.")
	}
	if in.Weeks < 0 || in.Weeks > MaxWeeks {
		add("weeks", "Book at most 26 meetings at once.")
	}
	for _, t := range []struct {
		name string
		t    phi.Text
	}{{"place", in.Place}, {"purpose", in.Purpose}} {
		if utf8.RuneCountInString(t.t.Disclose()) > 500 {
			add(t.name, "Keep this to 500 characters.")
		}
	}
	return bad
}

func one[T comparable](list []T, x T) bool {
	for _, k := range list {
		if k == x {
			return true
		}
	}
	return false
}

// put writes the input into an appointment, n weeks on.
func (in Input) put(a *Appointment, zone *time.Location, n int) {
	a.Worker, a.With, a.Minutes, a.Type, a.Reminder = in.Worker, in.With, in.Minutes, in.Type, in.Reminder
	a.Place, a.Purpose = in.Place, in.Purpose
	a.Start = task.Moment(task.PlusDays(in.On, 7*n), in.At, zone).UTC()
}

func newSeries() string {
	var b [13]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Overlaps says which of some appointments have a worker who is in another of
// them at the same time. Those that are cancelled or were missed take no time.
func Overlaps(rows []Opened) map[ID]bool {
	var live []Opened
	for _, o := range rows {
		if s := o.Value.Status; s == Planned || s == Kept {
			live = append(live, o)
		}
	}
	sort.SliceStable(live, func(i, j int) bool { return live[i].Value.Start.Before(live[j].Value.Start) })
	out := map[ID]bool{}
	for i, a := range live {
		for _, b := range live[i+1:] {
			if !b.Value.Start.Before(a.Value.End()) {
				break
			}
			if share(a.Value, b.Value) {
				out[a.ID], out[b.ID] = true, true
			}
		}
	}
	return out
}

func share(a, b Appointment) bool {
	in := func(w string) bool { return w != "" && (w == b.Worker || w == b.With) }
	return in(a.Worker) || in(a.With)
}

// Caution is why a client should not be reminded in a way, as a code.
type Caution string

// The cautions.
const (
	NoNumber     Caution = "no_number"     // there is no phone on record
	TextsOnly    Caution = "texts_only"    // every number is for texts only
	NoVoicemail  Caution = "no_voicemail"  // call, and leave no message
	NoSafeMail   Caution = "no_safe_mail"  // no mail address is said to be safe
	NoSafeLetter Caution = "no_safe_place" // no address is said to be safe to mail
	KeepPrivate  Caution = "keep_private"  // there is a safety plan
)

// Cautions says what the client's contact details hold against a reminder. It
// looks at what the asker was shown of the client.
func Cautions(c person.Client, how Reminder) []Caution {
	var out []Caution
	switch how {
	case NoReminder:
		return nil
	case Call, Text:
		callable, quiet := false, c.Flagged(person.NoVoicemail)
		for _, p := range c.Phones {
			callable = callable || !p.TextOnly
			quiet = quiet || p.NoVoicemail
		}
		switch {
		case len(c.Phones) == 0:
			out = append(out, NoNumber)
		case how == Call && !callable:
			out = append(out, TextsOnly)
		case how == Call && quiet:
			out = append(out, NoVoicemail)
		}
	case Mail:
		safe := false
		for _, m := range c.Emails {
			safe = safe || m.Safe
		}
		if !safe {
			out = append(out, NoSafeMail)
		}
	case Letter:
		safe := false
		for _, a := range c.Addresses {
			safe = safe || a.SafeToMail
		}
		if !safe {
			out = append(out, NoSafeLetter)
		}
	}
	if c.Flagged(person.SafetyPlan) {
		out = append(out, KeepPrivate)
	}
	return out
}
