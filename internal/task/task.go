package task

import (
	"context"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a task.
type ID = record.ID[Task]

// Opened is a task as the asker may see it.
type Opened = record.Opened[Task]

// The states of a task, as the label says them.
const (
	Open    = "open"
	Done    = "done"
	Dropped = "dropped"
)

// Priority is how much a task matters beside others of its day.
type Priority string

// The priorities.
const (
	Normal Priority = ""
	High   Priority = "high"
)

// Origin is where a task came from.
type Origin string

// The origins.
const (
	ByHand         Origin = "hand"
	FromNote       Origin = "note"
	FromConference Origin = "conference" // what a case conference decided
	FromPlan       Origin = "plan"       // a step of a care plan
	FromVisit      Origin = "appointment"
)

// Origins lists the origins.
func Origins() []Origin { return []Origin{ByHand, FromNote, FromConference, FromPlan, FromVisit} }

// What a worker is told about a task.
const (
	WasGiven    notice.What = "task_given"
	WasHandBack notice.What = "task_handed_back"
)

// Task is something to be done by a day.
type Task struct {
	Client   record.Subject `class:"case" doc:"The client it is about; none for a task of the agency."`
	DueOn    phi.Date       `class:"case" doc:"The day it is due, in the agency's zone."`
	DueAt    string         `class:"case" doc:"The time of that day it is due at, as 15:04; empty for any."`
	Owner    string         `class:"case" doc:"Id of the worker who is to do it."`
	Status   string         `class:"case" doc:"Open, done or dropped."`
	Priority Priority       `class:"case" doc:"Whether it matters more than others of its day."`
	Origin   Origin         `class:"case" doc:"Where it came from: by hand, or from a note, a conference, a plan, an appointment."`
	From     string         `class:"case" doc:"Id of the record it came from, or the path of the conference that decided it, if any."`
	Remind   int            `class:"case" doc:"How many days before it is due it is shown among what comes next."`
	Every    int            `class:"case" doc:"How many units after it is done it is due again; 0 for never."`
	Unit     Unit           `class:"case" doc:"Days, weeks or months."`
	StartOn  phi.Date       `class:"case" doc:"The first day of a task that repeats; its days are counted from it."`
	Planned  phi.Date       `class:"case" doc:"The day it was due before it was put off."`
	GivenBy  string         `class:"case" doc:"Id of the worker who gave it to its owner."`
	MadeAt   time.Time      `class:"case" doc:"When it was made."`
	MadeBy   string         `class:"case" doc:"Id of the worker who made it."`
	ClosedAt time.Time      `class:"case" doc:"When it was done or dropped."`
	ClosedBy string         `class:"case" doc:"Id of the worker who did or dropped it."`
	Times    []Time         `class:"case" doc:"Each time that a task that repeats was done."`

	What phi.Text `class:"note" doc:"What is to be done."`
	Why  phi.Text `class:"note" doc:"Why it was dropped."`
}

// Time is one time that a task that repeats was done.
type Time struct {
	On phi.Date  `cbor:"on"` // the day it was due
	At time.Time `cbor:"at"`
	By string    `cbor:"by"`
}

// IsOpen reports whether it is still to be done.
func (t Task) IsOpen() bool { return t.Status == Open }

// Repeats reports whether it is due again once it is done.
func (t Task) Repeats() bool { return t.Every > 0 }

// due is when it is due as the label says it: the civil time, without a zone.
func (t Task) due() time.Time {
	d := flat(t.DueOn)
	if d.IsZero() || t.DueAt == "" {
		return d
	}
	h, m, _ := hours(t.DueAt)
	return d.Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute)
}

// Kind keeps tasks.
var Kind = record.Define(record.Kind[Task]{
	Name:      "task",
	Doc:       "Something to be done by a day, about a client or for the agency.",
	Retention: "working",
	Late:      []string{"task.create"},
	Labels: func(t Task) record.Labels {
		return record.Labels{State: t.Status, Owner: t.Owner, Tag: string(t.Origin), Ref: t.From, At: t.MadeAt, Due: t.due()}
	},
	// A task without a client says nothing about one: it is about the workforce.
	Reclass: func(t Task, c policy.Class) policy.Class {
		if t.Client.IsZero() {
			return policy.Workforce
		}
		return c
	},
	May: policy.Set(policy.Workforce),
})

// Tasks are the use-cases on tasks.
type Tasks struct {
	door    *record.Door
	records record.Records[Task]
	notices *notice.Notices
	sources []Source
	staff   Standing
}

// Standing says in which roles a worker works here, and whether they may now;
// package org does. NotFound: there is no such worker.
type Standing func(ctx context.Context, worker string) (held actor.Held, active bool, err error)

// Staff says who asks how a worker stands. Without it a task of the agency is
// given to nobody.
func (ts *Tasks) Staff(s Standing) { ts.staff = s }

// New returns the use-cases behind door.
func New(door *record.Door, notices *notice.Notices) *Tasks {
	return &Tasks{door: door, records: record.Use(door, Kind), notices: notices}
}

// Input is what a form about a task holds.
type Input struct {
	Client   record.Subject // of a new task; none for the agency's
	What     phi.Text
	DueOn    phi.Date
	DueAt    string
	Owner    string // the asker if empty
	Priority Priority
	Origin   Origin // by hand if empty
	From     string
	Remind   int
	Every    int
	Unit     Unit
}

const maxWhat = 500

// Short cuts words to what a task holds; where it came from has them whole.
func Short(what phi.Text) phi.Text {
	r := []rune(what.Disclose())
	if len(r) <= maxWhat {
		return what
	}
	return phi.NewText(string(r[:maxWhat-2]) + " …")
}

func (in Input) check() []fault.Field {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	if in.What.Empty() {
		add("what", "Write what is to be done.")
	} else if utf8.RuneCountInString(in.What.Disclose()) > maxWhat {
		add("what", "Keep a task to 500 characters; the rest belongs in a note.")
	}
	if y, m, d := in.DueOn.Disclose(); in.DueOn.Empty() {
		add("due", "Choose the day it is due.")
	} else if m == 0 || d == 0 || y < 2000 || y > 2200 || flat(in.DueOn).Day() != d {
		add("due", "Enter a whole date, with day, month and year.")
	}
	if _, _, ok := hours(in.DueAt); in.DueAt != "" && !ok {
		add("due_at", "Enter the time as hours and minutes, or leave it empty.")
	}
	if in.Priority != Normal && in.Priority != High {
		add("priority", "Choose a priority from the list.")
	}
	if in.Remind < 0 || in.Remind > 60 {
		add("remind", "Choose at most 60 days before.")
	}
	switch known := in.Unit == Days || in.Unit == Weeks || in.Unit == Months; {
	case in.Every == 0:
	case in.Every < 0 || in.Every > 365 || !known:
		add("every", "Repeat it every 1 to 365 days, weeks or months.")
	}
	return bad
}

// put writes the input into a task.
func (in Input) put(t *Task) {
	moved := !in.DueOn.Equal(t.DueOn) || in.Every != t.Every || in.Unit != t.Unit
	t.What, t.DueOn, t.DueAt, t.Priority, t.Remind, t.Every, t.Unit = in.What, in.DueOn, in.DueAt, in.Priority, in.Remind, in.Every, in.Unit
	if t.Every == 0 {
		t.Unit = ""
	}
	if moved {
		// A day that somebody chose is where the series is counted from.
		t.StartOn, t.Planned = in.DueOn, in.DueOn
	}
}
