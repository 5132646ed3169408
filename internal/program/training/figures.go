package training

import (
	"slices"
	"time"

	"caseward/internal/order"
)

// Figures is what came of training, counted from the records themselves each time.
type Figures struct {
	People  int
	Asked   int // of courses, over all people
	Held    int // of those: passed and not lapsed
	Overdue int
	Passed  int // attempts of the last twelve months
	Failed  int
	Median  int // score of those attempts
	Courses []CourseFigures
	Missed  []Missed // questions of editions in use, the most missed first
	Prompts []PromptFigures
	Huddles HuddleFigures
}

// CourseFigures is the same of one course.
type CourseFigures struct {
	Course                string
	Asked, Held, Overdue  int
	Passed, Failed, Score int
}

// Missed is how a question of the edition in use was answered.
type Missed struct {
	Course   string
	Question int // place in the bank
	Asked    int
	Wrong    int
	Percent  int // wrong, of those asked
}

// least is how often a question must have been asked before it is counted: what
// one person did is no figure.
const least = 3

// Count counts.
func Count(now time.Time, s Staff) Figures {
	f := Figures{People: len(s.Workers), Prompts: countPrompts(now, s.Askings), Huddles: countHuddles(now, s.Attended)}
	course := func(code string) *CourseFigures {
		i := slices.IndexFunc(f.Courses, func(c CourseFigures) bool { return c.Course == code })
		if i < 0 {
			f.Courses, i = append(f.Courses, CourseFigures{Course: code}), len(f.Courses)
		}
		return &f.Courses[i]
	}
	for _, x := range s.Items {
		if !x.Asked {
			continue
		}
		c := course(x.Course)
		f.Asked, c.Asked = f.Asked+1, c.Asked+1
		if x.Held {
			f.Held, c.Held = f.Held+1, c.Held+1
		}
		if x.Late(now) {
			f.Overdue, c.Overdue = f.Overdue+1, c.Overdue+1
		}
	}
	scores := map[string][]int{}
	var all []int
	for _, a := range s.Attempts {
		v := a.Value
		if v.Status == Going || v.Finished.Before(now.AddDate(-1, 0, 0)) {
			continue
		}
		c := course(v.Course)
		if v.Status == Passed {
			f.Passed, c.Passed = f.Passed+1, c.Passed+1
		} else {
			f.Failed, c.Failed = f.Failed+1, c.Failed+1
		}
		all, scores[v.Course] = append(all, v.Score), append(scores[v.Course], v.Score)
		f.missed(s.Courses, v)
	}
	f.Median = median(all)
	for i := range f.Courses {
		f.Courses[i].Score = median(scores[f.Courses[i].Course])
	}
	order.By(f.Courses, func(a, b CourseFigures) int {
		if a.Overdue != b.Overdue {
			return b.Overdue - a.Overdue
		}
		if a.Course < b.Course {
			return -1
		}
		return 1
	})
	f.Missed = slices.DeleteFunc(f.Missed, func(m Missed) bool { return m.Asked < least || m.Wrong == 0 })
	for i := range f.Missed {
		f.Missed[i].Percent = f.Missed[i].Wrong * 100 / f.Missed[i].Asked
	}
	order.By(f.Missed, func(a, b Missed) int { return b.Wrong*a.Asked - a.Wrong*b.Asked })
	return f
}

// missed counts the answers of an attempt at an edition that is in use.
func (f *Figures) missed(courses []Opened, a Attempt) {
	i := slices.IndexFunc(courses, func(o Opened) bool { return o.ID == a.Edition })
	if i < 0 {
		return
	}
	c := courses[i].Value.In("en")
	for _, q := range a.Drawn {
		if q >= len(c.Questions) {
			continue
		}
		j := slices.IndexFunc(f.Missed, func(m Missed) bool { return m.Course == a.Course && m.Question == q })
		if j < 0 {
			f.Missed, j = append(f.Missed, Missed{Course: a.Course, Question: q}), len(f.Missed)
		}
		f.Missed[j].Asked++
		if chosen, _ := a.Chosen(q); !c.Questions[q].Right(chosen) {
			f.Missed[j].Wrong++
		}
	}
}

// median of none is 0; of an even number it is the lower of the two in the middle,
// which somebody reached.
func median(of []int) int {
	if len(of) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(of))
	return s[(len(s)-1)/2]
}
