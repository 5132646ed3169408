package vendor

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// Answer is what a vendor answers to a question.
type Answer string

// The answers.
const (
	Yes    Answer = "yes"
	Partly Answer = "partly"
	No     Answer = "no"
	NA     Answer = "na" // does not apply
)

// Question is one question to a vendor.
type Question struct {
	Code     string   `json:"code"`
	Text     string   `json:"text"`
	Help     string   `json:"help"`
	Weight   int      `json:"weight"`
	Answers  []Answer `json:"answers"`
	Evidence bool     `json:"evidence"` // a yes is to be shown
	Tiers    []int    `json:"tiers"`    // it is asked of
	Citation string   `json:"citation"` // of what it asks about; "practice" where no law does
}

// Section is questions under one title.
type Section struct {
	Title     string     `json:"title"`
	Questions []Question `json:"questions"`
}

// form is a questionnaire as it comes with the program.
type form struct {
	Title    string    `json:"title"`
	Version  int       `json:"version"`
	Sections []Section `json:"sections"`
}

func readForm(lang string) form {
	var f form
	if err := json.Unmarshal(file("questionnaire.json", lang), &f); err != nil {
		panic(err) // it is part of the program
	}
	return f
}

// Asked is what a vendor of a tier is asked, in English or Spanish ("es").
func Asked(lang string, tier int) (out []Section) {
	for _, s := range readForm(lang).Sections {
		s.Questions = slices.DeleteFunc(slices.Clone(s.Questions), func(q Question) bool { return !slices.Contains(q.Tiers, tier) })
		if len(s.Questions) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// Given is the answer to one question.
type Given struct {
	Code   string
	Answer Answer
	Note   string
}

// Exception is an answer that is not yes and that the agency accepts, with the reason.
type Exception struct {
	Code, Why, By string
	At            time.Time
}

// The states of a questionnaire.
const (
	Answering = "open"      // a link to it was made, and it can be answered
	Submitted = "submitted" // handed in
)

// Questionnaire is what one vendor was asked, and what it answered.
type Questionnaire struct {
	Vendor     string      `class:"program" doc:"Id of the vendor."`
	Tier       int         `class:"program" doc:"The tier it had when it was asked: it says which questions."`
	Lang       string      `class:"program" doc:"The language it was asked in."`
	Edition    int         `class:"program" doc:"Which edition of the questions."`
	State      string      `class:"program" doc:"Open or submitted."`
	SentAt     time.Time   `class:"program" doc:"When it was sent."`
	Given      []Given     `class:"program" doc:"The answers."`
	Exceptions []Exception `class:"program" doc:"What the agency accepts, and why."`
	Name       string      `class:"program" doc:"Who handed it in."`
	Title      string      `class:"program" doc:"Their title."`
	At         time.Time   `class:"program" doc:"When it was handed in."`
	Saves      int         `class:"program" doc:"How often answers were saved by the link."`
}

// QuestionnaireID is the id of a questionnaire.
type QuestionnaireID = record.ID[Questionnaire]

// OpenedQuestionnaire is a questionnaire as the asker may see it.
type OpenedQuestionnaire = record.Opened[Questionnaire]

// QuestionnaireKind declares questionnaires.
var QuestionnaireKind = record.Define(record.Kind[Questionnaire]{
	Name:      "questionnaire",
	Doc:       "What a vendor was asked about privacy and security, and what it answered.",
	Retention: "program",
	Labels: func(q Questionnaire) record.Labels {
		return record.Labels{State: q.State, Ref: q.Vendor, At: q.SentAt}
	},
})

// Gave is what was given to a question; the zero Given for nothing.
func (q Questionnaire) Gave(code string) Given {
	for _, g := range q.Given {
		if g.Code == code {
			return g
		}
	}
	return Given{}
}

func (q Questionnaire) answer(code string) Answer { return q.Gave(code).Answer }

// questions is what it asks, without sections.
func (q Questionnaire) questions() (out []Question) {
	for _, s := range Asked(q.Lang, q.Tier) {
		out = append(out, s.Questions...)
	}
	return out
}

// Score is the weight of what was answered with yes, and half of that with partly, in
// hundredths of the weight of all that applies, rounded down; what does not apply counts on
// neither side. Exceptions change nothing: they say what is accepted, not what is there.
// ok is false until it is handed in, or if nothing applies.
func (q Questionnaire) Score() (percent int, ok bool) {
	got, all := 0, 0
	for _, x := range q.questions() {
		switch q.answer(x.Code) {
		case NA:
			continue
		case Yes:
			got += 2 * x.Weight
		case Partly:
			got += x.Weight
		}
		all += 2 * x.Weight
	}
	if q.State != Submitted || all == 0 {
		return 0, false
	}
	return got * 100 / all, true
}

// OpenPoints are the questions answered with no or partly that the agency has not accepted.
func (q Questionnaire) OpenPoints() (out []Question) {
	for _, x := range q.questions() {
		a := q.answer(x.Code)
		if (a == No || a == Partly) && !slices.ContainsFunc(q.Exceptions, func(e Exception) bool { return e.Code == x.Code }) {
			out = append(out, x)
		}
	}
	return out
}

// Ask sends a vendor the questions of its tier; the secret of the link is returned once.
// Errors: Denied, NotFound.
func (vs *Vendors) Ask(ctx context.Context, who actor.Actor, vendor ID, lang string) (secret string, err error) {
	o, err := vs.vendors.Read(ctx, who, vendor)
	if err != nil {
		return "", err
	}
	if lang != "es" {
		lang = "en"
	}
	w := vs.door.Work(who, "questionnaire.create")
	id := vs.questionnaires.Create(w, record.Subject{}, Questionnaire{
		Vendor: vendor.String(), Tier: o.Value.Tier(), Lang: lang, Edition: readForm(lang).Version, State: Answering, SentAt: vs.door.Clock().Now(),
	})
	secret = vs.newLink(w, who, Link{Vendor: vendor.String(), Name: o.Value.Name, Use: ToAnswer, Ref: id.String()})
	if err := w.Commit(ctx); err != nil {
		return "", err
	}
	return secret, nil
}

// Answering returns the questionnaire of a link, and what the vendor is called. NotFound:
// the link leads nowhere.
func (vs *Vendors) Answering(ctx context.Context, secret string) (vendor string, q Questionnaire, err error) {
	id, _, err := vs.found(ctx, secret, ToAnswer)
	if err != nil {
		return "", q, err
	}
	l, o, err := linked(ctx, vs, id, vs.questionnaires)
	return l.Name, o.Value, err
}

// maxSaves is how often answers can be saved by one link: whoever has it fills no disk.
const maxSaves = 500

// Save keeps answers given by a link so far; what is not among them stays as it was.
// Errors: Invalid with fields named by question, Conflict once it was saved 500 times,
// NotFound.
func (vs *Vendors) Save(ctx context.Context, secret string, given []Given) error {
	return vs.save(ctx, secret, given, nil)
}

// Submit saves, and hands in: every question has its answer, and what does not apply has
// the reason. The link then leads nowhere.
// Errors: Invalid with fields, NotFound.
func (vs *Vendors) Submit(ctx context.Context, secret string, given []Given, name, title string) error {
	return vs.save(ctx, secret, given, &Signature{Name: name, Title: title})
}

func (vs *Vendors) save(ctx context.Context, secret string, given []Given, by *Signature) error {
	op, verb := "questionnaire.keep", "keep"
	if by != nil {
		op, verb = "questionnaire.submit", "submit"
	}
	link, version, err := vs.found(ctx, secret, ToAnswer)
	if err != nil {
		return err
	}
	_, o, err := linked(ctx, vs, link, vs.questionnaires)
	if err != nil {
		return err
	}
	q := o.Value
	asked := q.questions()
	var c checks
	for _, g := range given {
		i := slices.IndexFunc(asked, func(x Question) bool { return x.Code == g.Code })
		if i < 0 || g.Answer != "" && !slices.Contains(asked[i].Answers, g.Answer) {
			c.bad(g.Code, "Choose one of the answers.")
			continue
		}
		c.text(g.Code, &g.Note, "")
		if j := slices.IndexFunc(q.Given, func(x Given) bool { return x.Code == g.Code }); j >= 0 {
			q.Given[j] = g
		} else {
			q.Given = append(q.Given, g)
		}
	}
	now := vs.door.Clock().Now()
	if by != nil {
		for _, x := range asked {
			switch g := q.Gave(x.Code); {
			case g.Answer == "":
				c.bad(x.Code, "Answer this question.")
			case g.Answer == NA && g.Note == "":
				c.bad(x.Code, "Say why this does not apply.")
			}
		}
		c.line("name", &by.Name, "Write your name: it stands for your signature.")
		c.line("title", &by.Title, "Write your title.")
		q.State, q.Name, q.Title, q.At = Submitted, by.Name, by.Title, now
	} else if q.Saves >= maxSaves {
		return fault.Conflictf(op, "it was saved too often by this link; ask for another")
	}
	if len(c) > 0 {
		return c.err(op)
	}
	q.Saves++
	w := vs.door.Work(vs.who, op)
	w.Detail("link", link.String())
	if by != nil {
		vs.use(w, link, version)
	}
	vs.questionnaires.Change(w, verb, o.ID, o.Version, func(old *Questionnaire) error {
		if old.State != Answering {
			return fault.Conflictf(op, "it was handed in already")
		}
		*old = q
		return nil
	})
	return w.Commit(ctx)
}

// Except accepts an answer that is not yes, with the reason. Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (vs *Vendors) Except(ctx context.Context, who actor.Actor, id QuestionnaireID, version int64, code, why string) error {
	const op = "questionnaire.except"
	var c checks
	if c.line("why", &why, "Say why this is accepted."); len(c) > 0 {
		return c.err(op)
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.questionnaires.Change(w, "except", id, version, func(q *Questionnaire) error {
		if q.State != Submitted || !slices.ContainsFunc(q.OpenPoints(), func(x Question) bool { return x.Code == code }) {
			return fault.Conflictf(op, "there is nothing to accept")
		}
		q.Exceptions = append(q.Exceptions, Exception{code, why, who.Worker(), now})
		return nil
	})
	return w.Commit(ctx)
}

// Questionnaires lists what a vendor was asked, or all of them if it is zero, the latest
// first.
func (vs *Vendors) Questionnaires(ctx context.Context, who actor.Actor, vendor ID) ([]OpenedQuestionnaire, error) {
	return vs.questionnaires.Every(ctx, who, record.Query{Ref: vendor.String()})
}
