package assessment

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sort"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// ID is the opaque id of an assessment.
type ID = record.ID[Assessment]

// Opened is an assessment as the asker may see it.
type Opened = record.Opened[Assessment]

// Signed is the state of every assessment, as the label says it: what is not
// signed is a draft, and no record yet.
const Signed = "signed"

// SafetyAsked is the notice to a supervisor that an answer calls for talking
// about safety.
const SafetyAsked notice.What = "assessment.safety"

// Assessment is what a client answered to an instrument, and what it amounts
// to. Nothing of it changes after it was signed but FollowedBy.
type Assessment struct {
	Instrument  string       `class:"assessment" doc:"The code of the instrument, as phq-9."`
	Definition  InstrumentID `class:"assessment" doc:"The imported instrument it was taken with; empty if that comes with Caseward."`
	Edition     string       `class:"assessment" doc:"The edition of an instrument that comes with Caseward."`
	TakenOn     phi.Date     `class:"assessment" doc:"The day the questions were answered."`
	Answers     []Answer     `class:"assessment" doc:"What was answered, by question."`
	Result      Result       `class:"assessment" doc:"The score, what it means, the needs found, or why there is no score."`
	DueOn       phi.Date     `class:"assessment" doc:"The day from which it is to be asked again, by the agency's practice."`
	Corrects    ID           `class:"assessment" doc:"The assessment that this one corrects."`
	Reason      phi.Text     `class:"assessment" doc:"Why it was corrected."`
	SignedAt    time.Time    `class:"assessment" doc:"When it was signed."`
	SignedBy    string       `class:"assessment" doc:"Id of the worker who signed it."`
	Hash        []byte       `class:"assessment" doc:"SHA-256 of what was signed."`
	CorrectedBy ID           `class:"assessment" doc:"The assessment that corrects this one."`
	FollowedBy  ID           `class:"assessment" doc:"A later assessment with the same instrument, which is due again in its place."`
}

// Whole reports whether the assessment is what was signed.
func (a Assessment) Whole() bool { return string(a.Hash) == string(a.hash()) }

// hash is SHA-256 over every part that is signed, each with its length before
// it.
func (a Assessment) hash() []byte {
	h := sha256.New()
	put := func(parts ...string) {
		for _, s := range parts {
			var size [8]byte
			binary.BigEndian.PutUint64(size[:], uint64(len(s)))
			h.Write(size[:])
			h.Write([]byte(s))
		}
	}
	score, scored := a.Result.Score.Disclose()
	n := binary.AppendVarint(nil, score)
	if !scored {
		n = nil
	}
	put("caseward-assessment/1", a.Instrument, a.Definition.String(), a.Edition, a.TakenOn.DiscloseISO(), a.Corrects.String(), a.Reason.Disclose(),
		a.SignedAt.UTC().Format(time.RFC3339Nano), a.SignedBy, string(n), a.Result.Band.Disclose(), string(a.Result.Why))
	for _, x := range a.Answers {
		put(x.Link)
		for _, v := range x.Values {
			put("=", v.Disclose())
		}
	}
	return h.Sum(nil)
}

// Kind keeps assessments. The label says neither which instrument nor what came
// of it; when it is due again is a day like that of any contact.
var Kind = record.Define(record.Kind[Assessment]{
	Name:      "assessment",
	Doc:       "What a client answered to an instrument, and what it amounts to.",
	Retention: "designated record set",
	Late:      []string{"assessment.correct"},
	Labels: func(a Assessment) record.Labels {
		l := record.Labels{State: Signed, Owner: a.SignedBy, At: midnight(a.TakenOn)}
		if a.FollowedBy.IsZero() {
			l.Due = midnight(a.DueOn)
		}
		return l
	},
})

func midnight(d phi.Date) time.Time {
	y, m, day := d.Disclose()
	if y == 0 {
		return time.Time{}
	}
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC)
}

// civil is the day of a midnight in UTC.
func civil(t time.Time) phi.Date { return phi.NewDate(t.Year(), int(t.Month()), t.Day()) }

// Assessments are the use-cases on assessments and instruments.
type Assessments struct {
	door        *record.Door
	records     record.Records[Assessment]
	instruments record.Records[Instrument]
	clients     *person.Clients
	notices     *notice.Notices
}

// New returns the use-cases behind door.
func New(door *record.Door, clients *person.Clients, notices *notice.Notices) *Assessments {
	return &Assessments{door: door, records: record.Use(door, Kind), instruments: record.Use(door, InstrumentKind), clients: clients, notices: notices}
}

// Want asks a view for one assessment.
func (as *Assessments) Want(v *record.View, id ID) *record.Got[Assessment] {
	return as.records.Want(v, id)
}

// WantOf asks a view for a client's assessments, those taken last first, at most
// 500.
func (as *Assessments) WantOf(v *record.View, client person.ID) *record.List[Assessment] {
	return as.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 500})
}

// Read returns one assessment.
func (as *Assessments) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return as.records.Read(ctx, who, id)
}

// History returns every version of an assessment, newest first: the one signed,
// and those that say what followed.
func (as *Assessments) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return as.records.History(ctx, who, id)
}

// Input is what was filled in.
type Input struct {
	TakenOn phi.Date
	Today   phi.Date // the agency's date
	Answers Answers
	// Partly: questions that count were left out knowingly, so that there is no
	// score.
	Partly bool
	// Reason is why an assessment is corrected.
	Reason phi.Text
	// Rev is the revision of the draft that the window last saw. If another window
	// kept something since, signing is a Conflict, so that it is not thrown away.
	Rev int64
	// New is the id the assessment is to have, as its form carried it: a form sent
	// twice makes one. Zero: any.
	New ID
}

// Sign keeps an assessment of a client with an instrument, signed by who; its
// draft is no longer kept. Earlier ones with the same instrument are no longer
// due. Everything missing is told at once. Errors: Invalid with fields, Denied,
// NotFound.
func (as *Assessments) Sign(ctx context.Context, who actor.Actor, client person.ID, k Known, in Input) (ID, error) {
	return as.sign(ctx, who, client, k, in, Opened{})
}

// Correct keeps a new assessment in place of one that was wrong: taken with the
// same edition of the instrument, with the reason. The one it corrects stays as
// it is. Errors: as Sign; Conflict if it was corrected before.
func (as *Assessments) Correct(ctx context.Context, who actor.Actor, wrong Opened, k Known, in Input) (ID, error) {
	return as.sign(ctx, who, record.OwnID[person.Client](wrong.Subject), k, in, wrong)
}

func (as *Assessments) sign(ctx context.Context, who actor.Actor, client person.ID, k Known, in Input, wrong Opened) (ID, error) {
	op := "assessment.sign"
	if !wrong.ID.IsZero() {
		op = "assessment.correct"
	}
	subject := record.SubjectOf(client)
	a := Assessment{
		Instrument: k.Code, Definition: k.ID, Edition: k.Edition, TakenOn: in.TakenOn, Answers: k.Questionnaire.List(in.Answers),
		Result: Score(k.Questionnaire, in.Answers), Corrects: wrong.ID, SignedAt: as.door.Clock().Now().Truncate(time.Microsecond), SignedBy: who.Worker(),
	}
	if bad := as.unsignable(k, in, a, wrong); len(bad) > 0 {
		return ID{}, fault.InvalidFields(op, bad...)
	}
	if !wrong.ID.IsZero() {
		a.Reason = in.Reason
	}
	if n := DueIn(k.Code, a.Result); n > 0 {
		a.DueOn = civil(midnight(in.TakenOn).AddDate(0, 0, n))
	}
	a.Hash = a.hash()

	v := as.door.View(who, "assessment.find")
	l := as.WantOf(v, client)
	if err := v.Open(ctx); err != nil {
		return ID{}, err
	}
	w := as.door.Work(who, op)
	later := ID{} // one taken after this, whose due day stands
	for _, o := range l.Rows {
		x := o.Value
		if o.ID == in.New && x.SignedBy == who.Worker() {
			return o.ID, nil // the form was sent twice
		}
		if !wrong.ID.IsZero() && x.Corrects == wrong.ID {
			return ID{}, corrected(op)
		}
		if x.Instrument == k.Code && x.FollowedBy.IsZero() && o.ID != wrong.ID && midnight(x.TakenOn).After(midnight(in.TakenOn)) {
			later = o.ID
		}
	}
	a.FollowedBy = later
	id := as.records.CreateOnceAs(w, op, in.New, subject, a)
	if !wrong.ID.IsZero() {
		as.records.ChangeOf(w, "follow", subject, wrong.ID, 0, func(x *Assessment) error {
			if !x.CorrectedBy.IsZero() {
				return corrected(op)
			}
			x.CorrectedBy = id
			if later.IsZero() && x.FollowedBy.IsZero() {
				x.FollowedBy = id
			}
			return nil
		})
	}
	if later.IsZero() {
		for _, o := range l.Rows {
			if o.Value.Instrument != k.Code || !o.Value.FollowedBy.IsZero() || o.ID == wrong.ID {
				continue
			}
			as.records.ChangeOf(w, "follow", subject, o.ID, 0, func(x *Assessment) error {
				if x.FollowedBy.IsZero() {
					x.FollowedBy = id
				}
				return nil
			})
		}
	}
	as.door.DropDraftAt(w, subject, slot(k.Code, wrong.ID), in.Rev)
	if err := w.Commit(ctx); err != nil {
		return ID{}, err
	}
	return id, nil
}

func corrected(op string) error {
	return fault.Conflictf(op, "the assessment was corrected already; correct the newer one")
}

// unsignable tells what the form still lacks.
func (as *Assessments) unsignable(k Known, in Input, a Assessment, wrong Opened) (bad []fault.Field) {
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	switch {
	case in.TakenOn.Empty():
		add("on", "Enter the date as month, day and year.")
	case !in.Today.Empty() && midnight(in.TakenOn).After(midnight(in.Today)):
		add("on", "The day is in the future; choose when the questions were answered.")
	case midnight(in.TakenOn).Year() < 1950:
		add("on", "Check the year.")
	}
	if len(a.Answers) == 0 {
		add("", "Nothing is answered yet.")
	}
	for _, name := range k.Questionnaire.Lacking(in.Answers) {
		add(name, "Answer this question.")
	}
	if a.Result.Why == Missing && !in.Partly && len(a.Answers) > 0 {
		for _, name := range k.Questionnaire.uncounted(in.Answers) {
			add(name, "Answer this question, or tick below that it was left out.")
		}
	}
	if !wrong.ID.IsZero() && len(in.Reason.Disclose()) < 3 {
		add("reason", "Say what was wrong.")
	}
	return bad
}

// Counts reports whether answers count towards a score, so that one that was left
// out leaves none.
func (q Questionnaire) Counts() bool {
	if p, ok := Recognise(q); ok {
		return len(p.Items) > 0
	}
	return len(q.uncounted(nil)) > 0 && Score(q, nil).Why == Missing
}

// uncounted are the names of questions that count towards the score and have no
// answer.
func (q Questionnaire) uncounted(a Answers) []string {
	p, _ := Recognise(q)
	asked := q.Asked(a)
	var out []string
	q.Each(func(it Item, _ []string) {
		counts := it.Type == Choice && !it.Computed
		if len(p.Items) > 0 {
			counts = false
			for _, c := range p.Items {
				counts = counts || c == it.Code
			}
		}
		if counts && asked[it.Link] && len(a[it.Link]) == 0 {
			out = append(out, it.Name)
		}
	})
	return out
}

// slot is the form that an assessment is written in.
func slot(code string, corrects ID) string {
	if corrects.IsZero() {
		return "assessment/" + code
	}
	return "assessment/" + corrects.String()
}

// Keep keeps what the asker is filling in, at the revision after rev; 0 for the
// first. corrects is zero for a new assessment. Conflict: another window kept
// something since.
func (as *Assessments) Keep(ctx context.Context, who actor.Actor, client person.ID, code string, corrects ID, rev int64, fields map[string]phi.Text) (record.Draft, error) {
	total := 0
	for k, v := range fields {
		total += len(k) + len(v.Disclose())
	}
	if total > 200_000 || len(fields) > 2*maxItems || corrects.IsZero() && (code == "" || slug(code) != code) {
		return record.Draft{}, fault.InvalidFields("draft.keep", fault.Field{Message: "This is too long to be kept."})
	}
	return as.door.KeepDraftAgain(ctx, who, record.SubjectOf(client), slot(code, corrects), rev, fields)
}

// Take returns what the asker was filling in; found is false if there is nothing.
func (as *Assessments) Take(ctx context.Context, who actor.Actor, client person.ID, code string, corrects ID) (d record.Draft, found bool, err error) {
	return as.door.Draft(ctx, who, record.SubjectOf(client), slot(code, corrects))
}

// Drop throws away what the asker was filling in.
func (as *Assessments) Drop(ctx context.Context, who actor.Actor, client person.ID, code string, corrects ID) error {
	return as.door.DropDraft(ctx, who, record.SubjectOf(client), slot(code, corrects))
}

// TellSupervisor tells a supervisor by notice that an answer calls for talking
// about safety. path is where it is seen. Errors: Invalid if there is nobody to
// tell.
func (as *Assessments) TellSupervisor(ctx context.Context, who actor.Actor, client person.ID, supervisor, path string) error {
	const op = "notice.create"
	if supervisor == "" || supervisor == who.Worker() {
		return fault.Invalidf(op, "there is no supervisor to tell")
	}
	w := as.door.Work(who, op)
	as.notices.Tell(w, who, record.SubjectOf(client), supervisor, SafetyAsked, path)
	return w.Commit(ctx)
}

// FlagSafety puts the alert "safety plan" at the head of the chart, if it is not
// there yet. on is the agency's date.
func (as *Assessments) FlagSafety(ctx context.Context, who actor.Actor, client person.ID, on phi.Date) error {
	return as.clients.Edit(ctx, who, client, 0, func(c *person.Client) {
		if !c.Flagged(person.SafetyPlan) {
			c.Flags = append(c.Flags, person.Flag{Kind: person.SafetyPlan, Since: on})
		}
	})
}

// Latest is the newest standing assessment with one instrument: not corrected,
// taken last.
type Latest struct {
	Now      Opened
	Before   Opened // the one before it; no ID if there is none
	Baseline Opened // the first; no ID if Now is it
	All      []Opened
}

// Series puts the standing assessments of a client in order, by instrument:
// those that were corrected are left out, the newest is first.
func Series(rows []Opened) map[string]Latest {
	corrected := map[ID]bool{}
	for _, o := range rows {
		if !o.Value.Corrects.IsZero() {
			corrected[o.Value.Corrects] = true
		}
	}
	by := map[string][]Opened{}
	for _, o := range rows {
		if !corrected[o.ID] && o.Withheld == 0 {
			by[o.Value.Instrument] = append(by[o.Value.Instrument], o)
		}
	}
	out := map[string]Latest{}
	for code, all := range by {
		sort.SliceStable(all, func(i, j int) bool {
			a, b := midnight(all[i].Value.TakenOn), midnight(all[j].Value.TakenOn)
			if !a.Equal(b) {
				return a.After(b)
			}
			return all[i].Value.SignedAt.After(all[j].Value.SignedAt)
		})
		l := Latest{Now: all[0], All: all}
		if len(all) > 1 {
			l.Before, l.Baseline = all[1], all[len(all)-1]
		}
		out[code] = l
	}
	return out
}

// CorrectedBy is the assessment that corrects id, among a client's.
func CorrectedBy(rows []Opened, id ID) (Opened, bool) {
	for _, o := range rows {
		if o.Value.Corrects == id {
			return o, true
		}
	}
	return Opened{}, false
}
