package pages

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/appointment"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/task"
	"caseward/internal/web/ui"
)

// TodayPage is GET /today: what is late, due today and due next, and whom one
// meets. POST /tasks with next=/today adds a task from it.
type TodayPage struct {
	Tiles             []ui.TileFact
	Late, Today, Next []DueRow
	Meetings          []MeetingRow
	Team              bool      // everybody's whose work the asker answers for
	Views             []ui.Tab  // own and the team's; empty for who has no team
	Cut               bool      // there is more than the lists hold
	Owed              []OwedRow // the first of what the program asks of the asker
	OwedAll           int       // how much it asks
	Quick             ui.Form   // what, due, client
	Clients           []ui.Option
}

// folded is how many rows of a list are shown before the rest is folded away.
const folded = 25

// DueRow is something that is due.
type DueRow struct {
	Client  ui.Client // no id: it is about nobody
	Gone    bool      // about a client who is no longer the asker's
	What    string    // in words, already in the language of the page
	Title   phi.Text
	On      time.Time
	At      string // "15:04"
	High    bool
	Owner   string // name, where the page shows several people's
	Path    string
	Log     string
	Task    string // id, of a task
	Version int64
	MayDo   bool // finish it, put it off
	MayBack bool // of a task that somebody gave
	Hidden  ui.Hidden
}

// dueNames says what falls due. Whoever adds a source adds its line.
var dueNames = map[task.What]string{
	"task":        "Task",
	"contact":     "Contact",
	"plan_review": "Care plan review",
	"eligibility": "Eligibility ends",
	"draft":       "Draft note to sign",
	"coverage":    "You stop standing in for a colleague",
	"appointment": "Say whether the client came",
	"assessment":  "Assessment to be asked again",
	"cosign":      "Note to co-sign",

	"conference_duty":    "Decision of a case conference",
	"conference":         "Case conference",
	"conference_minutes": "Minutes of a case conference to sign",
}

// DueName says what falls due.
func DueName(lang ui.Lang, w task.What) string {
	if s, ok := dueNames[w]; ok {
		return ui.T(lang, s)
	}
	return ui.T(lang, "Something is due")
}

// taskNoticeNames and appointmentNoticeNames say what a worker is told about
// tasks and appointments.
var taskNoticeNames = map[notice.What]string{
	"task_given":       "A colleague gave you a task.",
	"task_handed_back": "A colleague handed a task back to you.",
}

var appointmentNoticeNames = map[notice.What]string{
	"appointment_booked":    "An appointment with you was booked.",
	"appointment_moved":     "An appointment of yours was changed.",
	"appointment_cancelled": "An appointment of yours was cancelled.",
}

// noticeTables are the sentences of the notices of every area: each has a line.
var noticeTables = []map[notice.What]string{
	taskNoticeNames,
	appointmentNoticeNames,
	notesNoticeNames,
	planNoticeNames,
	assessNoticeNames,
	caseNoticeNames,
	documentNoticeNames,
	coverageNoticeNames,
	accessNoticeNames,
}

// NoticeName says in a sentence what happened.
func NoticeName(lang ui.Lang, w notice.What) string {
	for _, t := range noticeTables {
		if s, ok := t[w]; ok {
			return ui.T(lang, s)
		}
	}
	return ui.T(lang, "Something was done that concerns you.")
}

// NoticeAbout is what a sentence of a notice can name besides.
type NoticeAbout struct {
	Whom        string // name of the colleague it is about
	From, Until time.Time
}

// coverageNoticeSays are the sentences of notices that name a colleague and, the
// first two, the days.
var coverageNoticeSays = map[notice.What]string{
	org.YouCover:         "You cover for %s from %s until %s.",
	org.Covered:          "%s covers for you from %s until %s.",
	org.CoverEnded:       "You no longer cover for %s.",
	org.NotCovered:       "%s no longer covers for you.",
	org.BreakGlassSignIn: "%s signed in with an account for emergencies.",
}

// coverageNoticeNames say the same where nobody can be named.
var coverageNoticeNames = map[notice.What]string{
	org.YouCover:         "You cover for a colleague.",
	org.Covered:          "A colleague covers for you.",
	org.CoverEnded:       "You no longer cover for a colleague.",
	org.NotCovered:       "A colleague no longer covers for you.",
	org.BreakGlassSignIn: "Somebody signed in with an account for emergencies.",
}

// accessNoticeSays are the sentences of notices about the reader's own access, each with
// the first day.
var accessNoticeSays = map[notice.What]string{
	org.ChangePlanned:   "Your role, programs or supervisor change from %s.",
	org.ChangeCalledOff: "The change of your role, programs or supervisor from %s is called off.",
	org.ChangeEnded:     "Your role, programs and supervisor are again as before, since %s.",
	org.SecondGiven:     "You have a second role from %s.",
	org.SecondEnded:     "Your second role ended on %s.",
}

// accessNoticeNames say the same where no day is known.
var accessNoticeNames = map[notice.What]string{
	org.ChangePlanned:   "Your role, programs or supervisor change.",
	org.ChangeCalledOff: "A change of your role, programs or supervisor is called off.",
	org.ChangeEnded:     "Your role, programs and supervisor are again as before.",
	org.SecondGiven:     "You have a second role.",
	org.SecondEnded:     "Your second role ended.",
}

// NoticeSays is [NoticeName] with what the notice names.
func NoticeSays(lang ui.Lang, w notice.What, about NoticeAbout) string {
	if says, ok := accessNoticeSays[w]; ok && !about.From.IsZero() {
		return ui.T(lang, says, ui.DayYear(lang, about.From))
	}
	says, ok := coverageNoticeSays[w]
	switch {
	case !ok || about.Whom == "":
		return NoticeName(lang, w)
	case strings.Count(says, "%s") == 1:
		return ui.T(lang, says, about.Whom)
	}
	return ui.T(lang, says, about.Whom, ui.DayYear(lang, about.From), ui.DayYear(lang, about.Until))
}

// NoticesPage is GET /notices. "Mark all" posts all=yes, the ids that are shown,
// and rest.
type NoticesPage struct {
	Rows   []NoticeRow
	Views  []ui.Tab
	All    bool
	MayAll bool   // all that were not seen begin on this page
	Rest   string // where those go on that are not shown
	Older  string
}

// NoticeRow is one notice.
type NoticeRow struct {
	ID     string
	What   string
	By     string // name
	At     time.Time
	Client ui.Client // no name: no longer the asker's
	Agency bool      // it is about no client
	Seen   bool
}

// TasksPage is GET /tasks.
type TasksPage struct {
	Views []ui.Tab // open, done, dropped
	Whose []ui.Tab
	Rows  []TaskRow
	Total int
	Older string
	State string
}

// TaskRow is a task in a list.
type TaskRow struct {
	DueRow
	Repeats string
	Closed  time.Time
	By      string // who closed it
	State   string
}

// TaskPage is GET /clients/{id}/tasks/{task}, /tasks/{task} and the pages of new
// ones; the form posts what, due, due_at, priority, remind, every, unit and, for a
// new one, client or owner, origin and from.
type TaskPage struct {
	Client   ui.Client // no id: a task of the agency
	ID       string    // empty for a new one
	Version  int64
	Form     ui.Form
	Merged   *ui.Merged
	Clients  []ui.Option // to choose from, for a new one outside a chart
	Owners   []ui.Option // who may have it
	Owner    string      // name
	GivenBy  string
	MadeBy   string
	Made     time.Time
	State    string
	Closed   time.Time
	ClosedBy string
	Why      phi.Text
	On       time.Time
	From     string // the conference that decided it, if one did
	Repeats  string
	Times    []TaskTime
	May      bool // change it
	MayBack  bool
	DropForm ui.Form
	GiveForm ui.Form
	Hidden   ui.Hidden // the words are withheld
}

// TaskTime is one time that a task that repeats was done.
type TaskTime struct {
	On time.Time
	At time.Time
	By string
}

func (p TaskPage) path() string {
	switch {
	case p.ID != "" && p.Client.ID != "":
		return chartURL(p.Client.ID, "tasks") + "/" + url.PathEscape(p.ID)
	case p.ID != "":
		return "/tasks/" + url.PathEscape(p.ID)
	case p.Client.ID != "":
		return chartURL(p.Client.ID, "tasks")
	}
	return "/tasks"
}

// TaskLabel says what a field of a task is called, for [ui.MergedBox].
func TaskLabel(lang ui.Lang) func(string) string {
	return func(name string) string {
		switch name {
		case "what":
			return ui.T(lang, "What is to be done")
		case "due":
			return ui.T(lang, "Due on")
		case "due_at":
			return ui.T(lang, "At, if it matters")
		case "priority":
			return ui.T(lang, "Priority")
		case "remind":
			return ui.T(lang, "Show it before, in days")
		}
		return ui.T(lang, "Repeats every")
	}
}

// TaskFields are the fields of a task that two people may change at once.
var TaskFields = []string{"what", "due", "due_at", "priority", "remind", "every+unit"}

// TaskWas is [TaskFields] one by one.
var TaskWas = []string{"what", "due", "due_at", "priority", "remind", "every", "unit"}

func unitOptions(f ui.Frame) []ui.Option {
	return []ui.Option{{Value: "days", Text: f.T("days")}, {Value: "weeks", Text: f.T("weeks")}, {Value: "months", Text: f.T("months")}}
}

// CalendarPage is GET /calendar.
type CalendarPage struct {
	View       string // day, week, month
	On         time.Time
	Title      string
	Earlier    string
	Later      string
	Today      string
	Views      []ui.Tab
	Whose      []ui.Tab
	Days       []CalendarDay // whole weeks in the month and the week
	Many       bool          // the rows are of several workers
	Total      int
	MayAdd     bool
	Incomplete bool // there are more than are shown
}

// CalendarDay is a day and whom one meets.
type CalendarDay struct {
	On    time.Time
	Other bool // of the month before or after
	Rows  []MeetingRow
}

// MeetingRow is an appointment.
type MeetingRow struct {
	ID         string
	Client     ui.Client // no id: a client who is no longer the asker's
	Start, End time.Time
	Type       string
	Status     string
	Purpose    phi.Text
	Place      phi.Text
	Worker     string // name
	With       string // name
	Overlap    bool
	Path       string
}

// AppointmentPage is an appointment, or the form of a new one; it posts on, at,
// minutes, type, place, purpose, reminder, worker, with and, for a new one, weeks;
// for one that recurs, series=yes with mark for all that follow it too.
type AppointmentPage struct {
	Client   ui.Client
	ID       string // empty for a new one
	Version  int64
	Meeting  MeetingRow
	Form     ui.Form
	Merged   *ui.Merged
	Workers  []ui.Option
	Cautions []string // what contact details hold against the reminder, in words
	Holds    map[string]string
	Reminder string
	Series   bool
	Rest     []MeetingRow // those planned that follow it
	Mark     string       // which versions of what follows it are shown
	RestBy   string       // who changed one that follows while the form was open, by name
	RestAt   time.Time
	Begun    bool
	May      bool // change, cancel
	MayClose bool
	NoWords  bool // who plans without the words
	Cancel   ui.Form
	Why      phi.Text
	By       string
	Closed   time.Time
	ClosedBy string
	// Overtaken: it was closed while a form of it was being filled in. Form or Cancel
	// holds what was typed.
	Overtaken bool
}

func (p AppointmentPage) path() string {
	u := chartURL(p.Client.ID, "appointments")
	if p.ID != "" {
		u += "/" + url.PathEscape(p.ID)
	}
	return u
}

// nobody says that there is nobody yet whom the client could meet.
func (p AppointmentPage) nobody(f ui.Frame) string {
	if len(p.Workers) > 0 {
		return ""
	}
	return f.T("Nobody works with this client yet. Give a case to a worker first.")
}

// closedMeanwhile says who closed an appointment while a form of it was filled in.
func closedMeanwhile(f ui.Frame, p AppointmentPage) string {
	by, at := p.ClosedBy, ui.Clock(f.Lang, p.Closed)
	switch p.Meeting.Status {
	case "kept":
		return f.T("%s recorded at %s that the client came, while you were writing.", by, at)
	case "no_show":
		return f.T("%s recorded a no-show at %s, while you were writing.", by, at)
	}
	return f.T("%s cancelled this appointment at %s, while you were writing.", by, at)
}

// AppointmentFields are the fields of an appointment that two people may change at
// once.
var AppointmentFields = []string{"on+at", "minutes", "type", "place", "purpose", "reminder", "worker", "with"}

// AppointmentWas is [AppointmentFields] one by one.
var AppointmentWas = []string{"on", "at", "minutes", "type", "place", "purpose", "reminder", "worker", "with"}

// AppointmentLabel says what a field of an appointment is called, for
// [ui.MergedBox].
func AppointmentLabel(lang ui.Lang) func(string) string {
	return func(name string) string { return ui.T(lang, appointmentFieldNames[name]) }
}

var appointmentFieldNames = map[string]string{
	"on": "Day and time", "minutes": "Minutes", "type": "Where and how", "place": "Place", "purpose": "What it is for",
	"reminder": "Reminder", "worker": "With", "with": "And with",
}

var meetingNames = map[string]string{
	"office": "At the office", "home": "At home", "video": "By video", "phone": "By phone", "court": "In court", "transport": "Transport", "elsewhere": "Elsewhere",
}

var meetingIcons = map[string]string{
	"office": "building-2", "home": "house", "video": "video", "phone": "phone", "court": "gavel", "transport": "route", "elsewhere": "map-pin",
}

// MeetingName says where and how two meet.
func MeetingName(lang ui.Lang, t string) string { return ui.T(lang, meetingNames[t]) }

func meetingOptions(f ui.Frame) []ui.Option {
	var out []ui.Option
	for _, t := range appointment.Types() {
		out = append(out, ui.Option{Value: string(t), Text: MeetingName(f.Lang, string(t)), Icon: meetingIcons[string(t)]})
	}
	return out
}

var statusOfMeetingNames = map[string]string{"planned": "Planned", "kept": "Kept", "no_show": "No-show", "cancelled": "Cancelled"}

// MeetingState is how an appointment stands, in a word.
func MeetingState(lang ui.Lang, status string) string {
	return ui.T(lang, statusOfMeetingNames[status])
}

var reminderNames = map[string]string{"": "No reminder", "call": "Phone call", "text": "Text message", "email": "Email", "letter": "Letter"}

func (p AppointmentPage) reminders(f ui.Frame) []ui.Option {
	var out []ui.Option
	for _, r := range appointment.Reminders() {
		o := ui.Option{Value: string(r), Text: f.T(reminderNames[string(r)])}
		if h := p.Holds[string(r)]; h != "" {
			o.Text += " (" + lower(h) + ")"
		}
		out = append(out, o)
	}
	return out
}

var cautionNames = map[appointment.Caution]string{
	"no_number":     "No phone number is on record.",
	"texts_only":    "Every number is for texts only.",
	"no_voicemail":  "Leave no voicemail.",
	"no_safe_mail":  "No email address is marked as safe.",
	"no_safe_place": "No address is marked as safe to mail.",
	"keep_private":  "There is a safety plan: keep visits private.",
}

// CautionName says what is held against a reminder.
func CautionName(lang ui.Lang, c appointment.Caution) string { return ui.T(lang, cautionNames[c]) }

var cancellerNames = map[string]string{"client": "The client", "worker": "We did", "other": "Somebody else: a court, a clinic, the weather"}

// CancellerName is who cancelled an appointment, in words; empty if nobody did.
func CancellerName(lang ui.Lang, by string) string { return ui.T(lang, cancellerNames[by]) }

func cancellers(f ui.Frame) []ui.Option {
	var out []ui.Option
	for _, c := range appointment.Cancellers() {
		out = append(out, ui.Option{Value: string(c), Text: f.T(cancellerNames[string(c)])})
	}
	return out
}

// PickClientPage is GET and POST /calendar/new: whom the appointment is with.
type PickClientPage struct {
	Clients []ui.Option
	On      string
	Form    ui.Form
}

// FeedPage is GET and POST /account/calendar.
type FeedPage struct {
	Made time.Time // zero where there is none
	Link string    // shown once, after it was made
}

// span is from when until when: "9:00 am to 9:45 am".
func span(f ui.Frame, m MeetingRow) string {
	return f.T("%s to %s", ui.Clock(f.Lang, m.Start), ui.Clock(f.Lang, m.End))
}

// calendar is where the day's appointments are, of the same people.
func (p TodayPage) calendar() string {
	if p.Team {
		return "/calendar?view=day&whose=team"
	}
	return "/calendar?view=day"
}

// day is where a day of the calendar can be seen, of the same people.
func (p CalendarPage) day(t time.Time) string {
	u := "/calendar?view=day&on=" + t.Format("2006-01-02")
	if p.Many && len(p.Whose) > 0 {
		u += "&whose=team"
	}
	return u
}

// weeks puts days in rows of seven.
func weeks(days []CalendarDay) [][]CalendarDay {
	var out [][]CalendarDay
	for i := 0; i+7 <= len(days); i += 7 {
		out = append(out, days[i:i+7])
	}
	return out
}

func clockOf(f ui.Frame, at string) string {
	t, err := time.Parse("15:04", at)
	if err != nil {
		return ""
	}
	return ui.Clock(f.Lang, t)
}

func version(n int64) string { return strconv.FormatInt(n, 10) }

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
