package pages

import (
	"net/url"
	"strconv"
	"time"

	"caseward/internal/actor"
	"caseward/internal/prose"
	"caseward/internal/web/ui"
)

// TrainingPage is GET /training: what the reader is to learn.
type TrainingPage struct {
	Due, Held, Rest []TrainingRow
	Back            string // where the reader came from, a path of the site
	MayLead         bool
	MayLook         bool
	Huddles         []HeldRow // at which the reader was
}

// TrainingRow is how the reader stands to a course.
type TrainingRow struct {
	Code, Title, Form string
	Minutes           int
	Why               string // in words, already in the reader's language
	Due               time.Time
	Late              bool
	Orientation       bool
	Begun             bool
	Last              time.Time
	Score             int
	Certificate       string // path
}

// CoursePage is GET /training/courses/{code}: what a course is, and the way in.
type CoursePage struct {
	TrainingRow
	Lessons, Scenarios, Questions int
	Pass                          int
	Cites                         []string
	Edition                       int
	On                            time.Time
	Back                          string
}

// Choosing is a choice on a page of a course.
type Choosing struct {
	Value  string
	Text   string
	Chosen bool
	Right  bool
	Why    string
}

// StepPage is GET /training/attempts/{id}: one step of a course.
type StepPage struct {
	ID, Title, Heading string
	Step, Steps        int
	Text               prose.HTML
	Ask                string
	Choices            []Choosing
	Several            bool
	Made               bool // of a decision: it was made, and says why
	Right              bool
	Kind               string // "lesson", "decision", "question", "end"
	Number, Of         int    // of the question
	Form               ui.Form
	Back               string
}

// CourseResultPage is GET /training/attempts/{id} after it was handed in.
type CourseResultPage struct {
	ID, Code, Title string
	Passed          bool
	Score, Pass     int
	Minutes         int
	At, Until       time.Time
	Rows            []CourseResultRow
	Certificate     string
	Back            string
	Who             string // whose it is, where somebody else reads it
}

// CourseResultRow is a question with what was chosen.
type CourseResultRow struct {
	Ask, Why string
	Right    bool
	Choices  []Choosing
}

// TrainingStaffPage is GET /training/staff: who has what.
type TrainingStaffPage struct {
	Rows    []TrainingStaffRow
	Overdue int
	Form    ui.Form
	Workers []ui.Option
	Courses []ui.Option
	MayGive bool
	MayTake bool // back what was assigned
}

// TrainingStaffRow is one worker.
type TrainingStaffRow struct {
	ID, Name string
	Role     actor.Role
	Courses  []TrainingStand
	Huddles  []HeldRow // at which they were
}

// TrainingStand is how a worker stands to a course.
type TrainingStand struct {
	Title   string
	Open    bool
	Late    bool
	Held    bool
	Due     time.Time
	Last    time.Time
	Score   int
	Why     string
	Result  string // path of what came of it
	Given   []string
	Orients bool
}

// CurriculaPage is GET /training/curricula.
type CurriculaPage struct {
	Rows    []CurriculumRow
	MayEdit bool
}

// CurriculumRow is what a role must take.
type CurriculumRow struct {
	Role  string // "everyone" or the role
	Name  string
	Lines []CurriculumLine
}

// CurriculumLine is one course of it.
type CurriculumLine struct {
	Title                                 string
	Settle, Within, Every, Grace, Limited int
	Orientation                           bool
}

// CurriculumFormPage is GET /training/curricula/{role}. The fields of line i end
// with it: course-0, within-0, every-0, grace-0, limited-0, settle-0.
type CurriculumFormPage struct {
	Role, Name string
	Version    string
	Lines      int
	Courses    []ui.Option
	Form       ui.Form
	Merged     *ui.Merged
}

// CurriculumFields are the fields of so many lines.
func CurriculumFields(lines int) (out []string) {
	for i := range lines {
		for _, part := range []string{"course", "settle", "within", "every", "grace", "limited"} {
			out = append(out, part+"-"+strconv.Itoa(i))
		}
	}
	return out
}

// CoursesPage is GET /training/keep: the courses for who keeps them.
type CoursesPage struct {
	Published, Drafts []CourseRow
	Starters          []CourseRow // that came with the program and are not in use
	MayWrite          bool
}

// CourseRow is a course in the list.
type CourseRow struct {
	ID, Code, Title, Form string
	Edition               int
	Minutes               int
	Spanish               bool
	On                    time.Time
	Problems              int
}

// CourseFormPage is GET /training/keep/{id}: a course being written, or one that
// was published and is only read.
type CourseFormPage struct {
	ID       string
	Version  string
	Title    string
	Form     ui.Form
	Merged   *ui.Merged
	Problems []LineProblem
	Seen     []CoursePart // the preview
	Fixed    bool         // published or retired: it is read
	State    string
	Edition  int
	Retire   bool // it is in use and can be taken out of it
}

// LineProblem is something wrong with a line of a text.
type LineProblem struct {
	Text string // "English" or "Spanish", in the reader's language
	Line int
	Says string // English source
}

// CoursePart is a part of a course as it will be seen.
type CoursePart struct {
	Kind, Title string
	Text        prose.HTML
	Choices     []Choosing
	Why         string
}

// ChangesPage is GET /training/changes.
type ChangesPage struct {
	Rows    []ChangeRow
	MayTell bool
	Form    ui.Form
	Whys    []ui.Option
	Courses []ui.Option
	Roles   []ui.Option
	Workers []ui.Option
}

// ChangeRow is a change that staff are trained on.
type ChangeRow struct {
	Why, Title, Words, Cite, Courses, By string
	At, Due                              time.Time
	Count, Open                          int
}

// TrainingFiguresPage is GET /training/figures.
type TrainingFiguresPage struct {
	People, Asked, Held, Overdue, Passed, Failed, Median int
	Courses                                              []CourseFigure
	Missed                                               []MissedRow
	Yours                                                bool // of those the reader looks after, not of everybody
	Prompts                                              []PromptFigure
	Huddles, Reached                                     int // held in a year; people who were at one
}

// Rate is the per cent of what is asked for that is held; -1 if nothing is asked.
func (p TrainingFiguresPage) Rate() int {
	if p.Asked == 0 {
		return -1
	}
	return p.Held * 100 / p.Asked
}

// CourseFigure is what came of one course.
type CourseFigure struct {
	Title                                       string
	Asked, Held, Overdue, Passed, Failed, Score int
}

// MissedRow is a question that is missed often.
type MissedRow struct {
	Course, Ask    string
	Asked, Percent int
}

func courseURL(code, back string) string {
	return withBack("/training/courses/"+url.PathEscape(code), back)
}

// AttemptURL is where an attempt goes on; step -1 is where it has come to.
func AttemptURL(id string, step int, back string) string {
	p := "/training/attempts/" + url.PathEscape(id)
	if step >= 0 {
		p += "?step=" + strconv.Itoa(step)
	}
	return withBack(p, back)
}

// withBack puts the way back into an address.
func withBack(path, back string) string {
	if back == "" {
		return path
	}
	sep := "?"
	if u, err := url.Parse(path); err == nil && u.RawQuery != "" {
		sep = "&"
	}
	return path + sep + "back=" + url.QueryEscape(back)
}

func keepURL(id string) string { return "/training/keep/" + url.PathEscape(id) }

// CourseForm says a form of course in words.
func CourseForm(lang ui.Lang, form string) string {
	switch form {
	case "orientation":
		return ui.T(lang, "Orientation")
	case "micro":
		return ui.T(lang, "A few minutes")
	}
	return ui.T(lang, "Module")
}

func trainingTabs(f ui.Frame, at string, lead, look bool) []ui.Tab {
	tabs := []ui.Tab{{Text: f.T("My training"), URL: "/training", Current: at == "mine"}}
	if look {
		tabs = append(tabs, ui.Tab{Text: f.T("Who has what"), URL: "/training/staff", Current: at == "staff"}, ui.Tab{Text: f.T("Figures"), URL: "/training/figures", Current: at == "figures"})
	}
	if look {
		tabs = append(tabs, ui.Tab{Text: f.T("Huddles"), URL: "/training/huddles", Current: at == "huddles"}, ui.Tab{Text: f.T("Exercises"), URL: "/training/exercises", Current: at == "exercises"})
	}
	tabs = append(tabs, ui.Tab{Text: f.T("Curricula"), URL: "/training/curricula", Current: at == "curricula"})
	if lead {
		tabs = append(tabs, ui.Tab{Text: f.T("Courses"), URL: "/training/keep", Current: at == "keep"}, ui.Tab{Text: f.T("What changed"), URL: "/training/changes", Current: at == "changes"}, ui.Tab{Text: f.T("Questions at risk"), URL: "/training/prompts", Current: at == "prompts"})
	}
	return tabs
}

// tabsOf are the tabs of who may look at others: every page but one's own has them.
func tabsOf(f ui.Frame, at string) []ui.Tab {
	lead := f.Worker.Role == actor.PrivacyOfficer || f.Worker.Role == actor.SecurityOfficer || f.Worker.Role == actor.Auditor
	return trainingTabs(f, at, lead, lead || f.Worker.Role == actor.Supervisor || f.Worker.Role == actor.ProgramManager)
}
