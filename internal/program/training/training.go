package training

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
)

// Worker is somebody who works for the agency.
type Worker = obligation.Worker

// People says who works here. Nobody whose access has ended is in it.
type People interface {
	Workers(ctx context.Context, who actor.Actor) ([]Worker, error)
}

// Opened is an edition as the asker may see it.
type Opened = record.Opened[Edition]

// ID is the opaque id of an edition.
type ID = record.ID[Edition]

// Training is the use-cases on courses and on who takes them.
type Training struct {
	door        *record.Door
	self        actor.Actor
	people      People
	courses     record.Records[Edition]
	curricula   record.Records[Curriculum]
	assignments record.Records[Assignment]
	attempts    record.Records[Attempt]
	changes     record.Records[Change]
	askings     record.Records[Asking]
	rules       record.Records[PromptRule]
	prompts     func() map[Moment][]Prompt // nil: nothing is asked
	sheets      func() []Text              // nil: there is none
	huddles     record.Records[Huddle]
	attended    record.Records[Attendance]
	posting     Posting
	lures       func() []Text // nil: there is none
	campaigns   record.Records[Campaign]
	exercises   record.Records[Exercise]
	visits      visits

	mu     sync.Mutex
	titles map[ID]titles
}

// New returns the use-cases behind door. self is the service actor they act as where
// nobody asks.
func New(door *record.Door, self actor.Actor, people People) *Training {
	return &Training{
		door: door, self: self, people: people,
		courses: record.Use(door, Kind), curricula: record.Use(door, CurriculumKind), assignments: record.Use(door, AssignmentKind),
		attempts: record.Use(door, AttemptKind), changes: record.Use(door, ChangeKind), askings: record.Use(door, AskingKind), rules: record.Use(door, PromptRuleKind),
		huddles: record.Use(door, HuddleKind), attended: record.Use(door, AttendanceKind), campaigns: record.Use(door, CampaignKind), exercises: record.Use(door, ExerciseKind),
		titles: map[ID]titles{},
	}
}

// most is how many records of one sort are looked at together.
const most = 500

// Courses lists the published editions by title, and for who keeps courses the
// drafts behind them.
func (t *Training) Courses(ctx context.Context, who actor.Actor) (published, drafts []Opened, err error) {
	all, err := t.courses.Every(ctx, who, record.Query{NotState: Retired})
	if err != nil {
		return nil, nil, err
	}
	for _, o := range all {
		switch o.Value.Status {
		case Published:
			published = append(published, o)
		case Draft:
			drafts = append(drafts, o)
		}
	}
	heads := map[ID]Course{} // a course is read once, and not at each comparison
	for _, o := range published {
		heads[o.ID] = o.Value.In("en")
	}
	order.By(published, func(a, b Opened) int {
		x, y := heads[a.ID], heads[b.ID]
		if n := slices.Index(Forms(), x.Form) - slices.Index(Forms(), y.Form); n != 0 {
			return n
		}
		return strings.Compare(x.Title, y.Title)
	})
	return published, drafts, nil
}

// Read returns one edition.
func (t *Training) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return t.courses.Read(ctx, who, id)
}

// Published returns the edition of a course that is taken now. NotFound: there is
// none.
func (t *Training) Published(ctx context.Context, who actor.Actor, code string) (Opened, error) {
	l, err := t.courses.Find(ctx, who, record.Query{State: Published, Tag: code, Limit: 1})
	if err != nil {
		return Opened{}, err
	}
	if code == "" || len(l.Rows) == 0 {
		return Opened{}, fault.NotFoundf("course.read")
	}
	return l.Rows[0], nil
}

// Describe says what a course that is required is called, and where it is taken.
func (t *Training) Describe(ctx context.Context, lang, code string) (title, path string, err error) {
	o, err := t.Published(ctx, t.self, code)
	if fault.Is(err, fault.NotFound) {
		return code, "", nil // out of use: nobody can take it
	} else if err != nil {
		return "", "", err
	}
	return o.Value.In(lang).Title, "/training/courses/" + url.PathEscape(code), nil
}

// Title says what a course is called, in a language; its code where there is none.
func Title(published []Opened, code, lang string) string {
	for _, o := range published {
		if o.Value.Code == code {
			return o.Value.In(lang).Title
		}
	}
	return code
}

// problems are what is wrong with the texts of an edition, as fields: "en" and
// "es" for the texts, "en:12" for a line of one.
func problems(en, es string) (Course, []fault.Field) {
	var bad []fault.Field
	c, ps := Parse(en)
	for _, p := range ps {
		bad = append(bad, fault.Field{Name: lineField("en", p.Line), Message: p.Says})
	}
	if strings.TrimSpace(es) == "" {
		return c, bad
	}
	o, ps := Parse(es)
	for _, p := range ps {
		bad = append(bad, fault.Field{Name: lineField("es", p.Line), Message: p.Says})
	}
	if len(bad) == 0 && !c.Alike(o) {
		bad = append(bad, fault.Field{Name: "es", Message: "The Spanish text is not the same course: head, lessons, decisions and questions must be alike, and the same choices right."})
	}
	return c, bad
}

// Wrong is something wrong with a line of a course in one of its languages.
type Wrong struct {
	Spanish bool
	Problem
}

// Problems lists what keeps texts from being published.
func Problems(en, es string) (out []Wrong) {
	_, bad := problems(en, es)
	for _, f := range bad {
		name, line, _ := strings.Cut(f.Name, ":")
		n, err := strconv.Atoi(line)
		if err != nil {
			n = 1
		}
		out = append(out, Wrong{name == "es", Problem{n, f.Message}})
	}
	return out
}

// tidy is a draft as it is kept. What is wrong with its texts keeps it from being
// published, not from being kept.
func tidy(op, en, es string) (Edition, error) {
	norm := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	e := Edition{Status: Draft, En: norm(en), Es: norm(es)}
	if e.En == "" {
		return e, fault.InvalidFields(op, fault.Field{Name: "en", Message: "Write the course."})
	}
	for _, x := range []struct{ name, text string }{{"en", e.En}, {"es", e.Es}} {
		if len(x.text) > MaxText {
			return e, fault.InvalidFields(op, fault.Field{Name: x.name, Message: "A course has at most 200,000 characters; make two."})
		}
	}
	if c, _ := Parse(e.En); goodCode.MatchString(c.Code) {
		e.Code = c.Code
	}
	return e, nil
}

// Write makes a draft. Errors: Invalid with fields, Denied.
func (t *Training) Write(ctx context.Context, who actor.Actor, en, es string) (ID, error) {
	e, err := tidy("course.create", en, es)
	if err != nil {
		return ID{}, err
	}
	w := t.door.Work(who, "course.create")
	id := t.courses.Create(w, record.Subject{}, e)
	return id, w.Commit(ctx)
}

// Rewrite changes a draft at version. Errors: Invalid with fields, Conflict,
// Denied, NotFound.
func (t *Training) Rewrite(ctx context.Context, who actor.Actor, id ID, version int64, en, es string) error {
	const op = "course.change"
	e, err := tidy(op, en, es)
	if err != nil {
		return err
	}
	w := t.door.Work(who, op)
	t.courses.Change(w, "change", id, version, func(old *Edition) error {
		if old.Status != Draft {
			return published(op)
		}
		old.Code, old.En, old.Es = e.Code, e.En, e.Es
		return nil
	})
	return w.Commit(ctx)
}

func published(op string) error {
	return fault.Conflictf(op, "it was published already, and what was published is not changed; write a new edition")
}

// Discard throws a draft away.
func (t *Training) Discard(ctx context.Context, who actor.Actor, id ID, version int64) error {
	const op = "course.change"
	w := t.door.Work(who, op)
	t.courses.Change(w, "change", id, version, func(e *Edition) error {
		if e.Status != Draft {
			return published(op)
		}
		e.Status = Discarded
		return nil
	})
	return w.Commit(ctx)
}

// Publish makes a draft the edition that is taken; the one before is retired, and
// attempts begun at it are finished at it. Errors: Invalid with what is wrong by
// line, Conflict, Denied, NotFound.
func (t *Training) Publish(ctx context.Context, who actor.Actor, id ID, version int64) error {
	const op = "course.publish"
	o, err := t.courses.Read(ctx, who, id)
	if err != nil {
		return err
	}
	if version == 0 || o.Version != version {
		return fault.Conflictf(op, "somebody else changed it since you opened it")
	}
	w := t.door.Work(who, op)
	if err := t.publish(ctx, who, w, o.Value, func(e Edition) {
		t.courses.Change(w, "publish", id, version, func(old *Edition) error {
			if old.Status != Draft {
				return published(op)
			}
			*old = e
			return nil
		})
	}); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// publish plans, in w, that e is taken from now on; keep keeps it.
func (t *Training) publish(ctx context.Context, who actor.Actor, w *record.Work, e Edition, keep func(Edition)) error {
	const op = "course.publish"
	c, bad := problems(e.En, e.Es)
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	now := t.door.Clock().Now()
	before, err := t.courses.Every(ctx, who, record.Query{Tag: c.Code})
	if err != nil {
		return err
	}
	number := 0
	for _, o := range before {
		if o.Value.Number == 0 {
			continue
		}
		number = max(number, o.Value.Number)
		if o.Value.In("en").Form != c.Form && (o.Value.In("en").Form == Orientation || c.Form == Orientation) {
			return fault.InvalidFields(op, fault.Field{Name: "en", Message: "What was an orientation stays one, and what was none does not become one: give it another code."})
		}
		if o.Value.Status == Published {
			t.courses.Change(w, "publish", o.ID, o.Version, func(old *Edition) error {
				old.Status, old.RetiredAt = Retired, now
				return nil
			})
		}
	}
	e.Code, e.Number, e.Status, e.PublishedAt, e.PublishedBy = c.Code, number+1, Published, now, who.Worker()
	keep(e)
	return nil
}

// Adopt publishes courses that came with the program, as they are. Those of which
// the agency has an edition already are left out. Errors: Denied.
func (t *Training) Adopt(ctx context.Context, who actor.Actor, starters []Edition) (adopted int, err error) {
	has, _, err := t.Courses(ctx, who)
	if err != nil {
		return 0, err
	}
	w := t.door.Work(who, "course.publish")
	for _, e := range starters {
		c, _ := Parse(e.En)
		if slices.ContainsFunc(has, func(o Opened) bool { return o.Value.Code == c.Code }) {
			continue
		}
		e.Starter = true
		if err := t.publish(ctx, who, w, e, func(e Edition) { t.courses.CreateAs(w, "course.publish", record.Subject{}, e) }); err != nil {
			return 0, err
		}
		adopted++
	}
	if adopted == 0 {
		return 0, nil
	}
	return adopted, w.Commit(ctx)
}

// Retire takes a course out of use. Errors: Conflict while a curriculum asks for
// it, Denied, NotFound.
func (t *Training) Retire(ctx context.Context, who actor.Actor, id ID, version int64) error {
	const op = "course.publish"
	o, err := t.courses.Read(ctx, who, id)
	if err != nil {
		return err
	}
	cs, err := t.Curricula(ctx, who)
	if err != nil {
		return err
	}
	for _, c := range cs {
		if slices.ContainsFunc(c.Value.Lines, func(l Line) bool { return l.Course == o.Value.Code }) {
			return fault.Conflictf(op, "a curriculum asks for it; take it out there first")
		}
	}
	now := t.door.Clock().Now()
	w := t.door.Work(who, op)
	t.courses.Change(w, "publish", id, version, func(e *Edition) error {
		if e.Status != Published {
			return fault.Conflictf(op, "it is not in use")
		}
		e.Status, e.RetiredAt = Retired, now
		return nil
	})
	return w.Commit(ctx)
}
