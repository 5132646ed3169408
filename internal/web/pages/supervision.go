package pages

import (
	"strconv"
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// SupervisionPage is GET /supervision: the workers somebody answers for, side by
// side. Tiles is where what else waits for them stands.
type SupervisionPage struct {
	Tiles []ui.TileFact
	Rows  []WorkerStand
}

// WorkerStand is how one worker's caseload stands.
type WorkerStand struct {
	ID   string
	Name string
	Role string

	Open                 int
	Weight, Capacity     float64
	Overdue, MostOverdue int
	Reviews, Eligibility int
	Drafts, Late         int
	OldestDraft          time.Time
	Away                 []AwayLine
	Cut                  bool
}

// AwayLine is an absence and who covers.
type AwayLine struct {
	Cover       string
	From, Until time.Time
	Now         bool
}

// BalancePage is GET /supervision/balance: weight and hours of each worker.
type BalancePage struct {
	Month   string // in words
	Earlier string // path of the month before
	Later   string // path of the next month; empty: there is none
	Rows    []BalanceRow
	Levels  []LevelMeasure
	MayMove bool
}

// BalanceRow is one worker's caseload by weight and by hours.
type BalanceRow struct {
	ID               string
	Name             string
	Open             int
	Levels           []int // cases of each level, in the order of the page's
	Weight, Capacity float64
	Hours            float64 // expected in a month
	Actual           float64 // of signed contacts
	Cut              bool
}

// LevelMeasure is what a case of a level counts.
type LevelMeasure struct {
	Name          string
	Weight, Hours float64
}

// most is the longest bar, so that all are drawn to one measure.
func (p BalancePage) most(of func(BalanceRow) (a, b float64)) float64 {
	top := 1.0
	for _, r := range p.Rows {
		a, b := of(r)
		top = max(top, a, b)
	}
	return top
}

func (p BalancePage) weights() float64 {
	return p.most(func(r BalanceRow) (float64, float64) { return r.Weight, r.Capacity })
}

func (p BalancePage) hours() float64 {
	return p.most(func(r BalanceRow) (float64, float64) { return r.Hours, r.Actual })
}

// decimal shows a number with one decimal where it has one.
func decimal(f ui.Frame, n float64) string {
	s := strconv.FormatFloat(n, 'f', 1, 64)
	if len(s) > 2 && s[len(s)-2:] == ".0" {
		return s[:len(s)-2]
	}
	if f.Lang == ui.Spanish {
		return s[:len(s)-2] + "," + s[len(s)-1:]
	}
	return s
}

func length(n, of float64) string { return strconv.FormatFloat(100*n/of, 'f', 1, 64) }

// MovePage is GET and POST /supervision/move: cases are chosen (fields worker,
// program, level narrow them; case, to (several), how), the plan is looked at
// (do=preview), and carried out (do=move, with a field step for each case).
type MovePage struct {
	Stage     MoveStage
	Form      ui.Form
	Worker    string
	Workers   []ui.Option
	Program   string
	Programs  []ui.Option
	Level     string
	Levels    []ui.Option
	Rows      []MoveRow
	Receivers []ui.Option
	Loads     []MoveLoad // of a plan
	Back      *time.Time // when the move was that can be moved back; nil: none
	Reverse   bool       // the plan is that of moving back
	Kept      int        // cases of that move that stay where they are
	Moved     int        // results
	Failed    int
}

// MoveStage is how far a move is.
type MoveStage int

// The stages of a move.
const (
	MoveChoose MoveStage = iota
	MovePreview
	MoveDone
)

// MoveRow is a case of a move.
type MoveRow struct {
	ID      string // of the case
	Client  ui.Client
	Program phi.Text
	Level   string
	From    string
	To      string
	Step    string // as it is posted
	Wrong   string // why it was not moved, in words
}

// MoveLoad is what a worker has before and after.
type MoveLoad struct {
	Name              string
	Cases, CasesAfter int
	Weight, After     float64
	Unknown           bool // the reader does not see this worker's cases
	Capacity          float64
}
