package pages

import (
	"strconv"
	"time"

	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/prose"
	"caseward/internal/web/ui"
)

// VendorsPage is GET /vendors: whoever works for the agency from outside.
type VendorsPage struct {
	Rows      []VendorRow
	Gaps      []VendorGap
	Connected bool // only those that connections of the server reach are shown
	Begins    bool // registers new ones
}

// VendorRow is a vendor in the register. Status, Outcome and Agreement are English source.
type VendorRow struct {
	URL             string // empty where the reader may not open it
	Name, Services  string
	Tier            int
	Status, Outcome string
	Needs           bool   // it needs an agreement
	Agreement       string // how the agreement in effect stands; empty for none
	Ends            time.Time
	Review          time.Time // when its review is due; zero for never
}

// VendorGap is something about a vendor that is not as it should be. Text is English
// source; Cite is empty where agency practice asks for it.
type VendorGap struct {
	URL, Vendor, Text, Cite string
	Since                   time.Time
}

// VendorFormPage is what is said of a vendor, being written.
type VendorFormPage struct {
	Form                ui.Form
	Title, Action, Back string
	Version             string // empty for a new one
	Subs                int    // rows for subcontractors
	Seen                *VendorSeen
	Again               bool // the answers make it something else: it can be assessed again
}

// VendorSeen is what follows from what is said of a vendor.
type VendorSeen struct {
	Outcome vendor.Outcome
	Reasons []vendor.Reason
	Tier    int
	Weights []vendor.Weight
	Months  int
}

// VendorPage is one vendor.
type VendorPage struct {
	File               vendor.File
	Form               ui.Form
	Names              map[string]string // of workers
	Me                 string
	Keeps, Signs, Told bool
	Next               vendor.Step
	At                 int // which breach or evidence Next is about
	Agreement          *vendor.OpenedAgreement
	Receives           bool
	Because            vendor.Reason
	Seen               VendorSeen
	Reports            []vendor.OpenedReport
}

// VendorStepPage is one step with a vendor that asks for a few words.
type VendorStepPage struct {
	Vendor, Title, Lead  string
	Action, Back         string
	Version              string
	Form                 ui.Form
	Fields               []ui.Field
	Button, Icon, Weight string // Weight is "primary" or "danger"
}

// VendorLinkPage shows a secret link, once.
type VendorLinkPage struct {
	Vendor, Title, What string
	Link, Back          string
	Until               time.Time
}

// AgreementFormPage is an agreement being written.
type AgreementFormPage struct {
	Form                        ui.Form
	Vendor, Title, Action, Back string
	Version                     string
	Paper                       bool
	Lang                        string // of the text
	Terms                       []AgreementTerm
	Blanks                      []string
}

// AgreementTerm is a term, and whether an agreement has it.
type AgreementTerm struct {
	vendor.Term
	There bool
}

// AgreementPage is one agreement. Signing shows the form to sign it instead of the steps.
type AgreementPage struct {
	Vendor       string
	Back, URL    string
	Agreement    vendor.OpenedAgreement
	Stage        vendor.Stage
	Body         prose.HTML
	Terms        []AgreementTerm
	Blanks       []string
	Names        map[string]string
	Keeps, Signs bool
	Own          bool // the reader alone wrote it
	Signing      bool
	Form         ui.Form
}

// QuestionnairePage is what a vendor answered.
type QuestionnairePage struct {
	Vendor, Back, URL string
	Asked             vendor.OpenedQuestionnaire
	Sections          []vendor.Section
	Open              []vendor.Question
	Score             int
	Scored            bool
	Keeps             bool
	Names             map[string]string
	Form              ui.Form
}

// VendorReportPage is what a vendor reported.
type VendorReportPage struct {
	Vendor, Back string
	Report       vendor.OpenedReport
	People       ui.Hidden // where who is affected is not shown
}

// OutsideAgreementPage is an agreement as the vendor reads and signs it.
type OutsideAgreementPage struct {
	Action  string
	Offered vendor.Offered
	Body    prose.HTML
	Hash    string
	Form    ui.Form
	Signed  time.Time // zero until it was
}

// OutsideQuestionsPage is a part of a questionnaire as the vendor answers it.
type OutsideQuestionsPage struct {
	URL      string
	Vendor   string
	Asked    vendor.Questionnaire
	Sections []vendor.Section
	At       int // the part shown; as many as there are sections is handing in
	Open     []OutsideOpen
	Form     ui.Form
}

// OutsideOpen is a question that has no answer yet, and the part in which it stands.
type OutsideOpen struct {
	Part int
	Code string
	Text string
}

// OutsideReportPage is a vendor's report of an incident.
type OutsideReportPage struct {
	Action, Vendor string
	Form           ui.Form
}

// answered counts the questions of a section that have an answer.
func (p OutsideQuestionsPage) answered(s vendor.Section) (n int) {
	for _, q := range s.Questions {
		if p.Asked.Gave(q.Code).Answer != "" {
			n++
		}
	}
	return n
}

func (p OutsideQuestionsPage) part(n int) string { return p.URL + "/" + strconv.Itoa(n+1) }

func vendorURL(p VendorPage, rest string) string { return "/vendors/" + p.File.ID.String() + rest }

// vendorDay shows a day on which something begins or was done; vendorLast, of a moment up
// to which something holds, the last whole day before it.
func vendorDay(f ui.Frame, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ui.DayYear(f.Lang, t.In(f.Now.Location()))
}

func vendorLast(f ui.Frame, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return vendorDay(f, t.Add(-time.Microsecond))
}

func vendorAt(f ui.Frame, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return ui.At(f.Lang, f.Now, t.In(f.Now.Location()))
}

func vendorClasses(f ui.Frame, classes []policy.Class) string {
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = string(c)
	}
	return ui.ClassNames(f.Lang, names)
}

// vendorKinds are the kinds of information that there are about clients.
func vendorKinds(f ui.Frame) (out []ui.Option) {
	for _, c := range policy.Classes() {
		if c == policy.Workforce || c == policy.Program {
			continue
		}
		o := ui.Option{Value: string(c), Text: ui.ClassName(f.Lang, string(c))}
		if ui.SpecialClass(string(c)) {
			o.Tone = ui.Special
		}
		out = append(out, o)
	}
	return out
}

func vendorVolumes(f ui.Frame) (out []ui.Option) {
	for _, v := range vendor.Volumes() {
		out = append(out, ui.Option{Value: string(v), Text: f.T(v.English())})
	}
	return out
}

func vendorDependencies(f ui.Frame) (out []ui.Option) {
	for _, d := range vendor.Dependencies() {
		out = append(out, ui.Option{Value: string(d), Text: f.T(d.English())})
	}
	return out
}

// vendorTerms are the optional terms, or with all every one, to be ticked.
func vendorTerms(f ui.Frame, terms []AgreementTerm, all bool) (out []ui.Option) {
	for _, t := range terms {
		if all || !t.Required && t.Code[0] != 'B' {
			o := ui.Option{Value: t.Code, Text: f.T(t.English)}
			if t.Code[0] == 'B' {
				o.Hint = t.Cite
			}
			out = append(out, o)
		}
	}
	return out
}

var vendorAnswerNames = map[string]string{string(vendor.Yes): "Yes", string(vendor.Partly): "Partly", string(vendor.No): "No", string(vendor.NA): "Does not apply"}

func vendorAnswers(f ui.Frame, q vendor.Question) (out []ui.Option) {
	for _, a := range q.Answers {
		out = append(out, ui.Option{Value: string(a), Text: f.T(vendorAnswerNames[string(a)])})
	}
	return out
}

var vendorLeftNames = map[string]string{string(vendor.Returned): "It came back", string(vendor.Destroyed): "It was destroyed", string(vendor.Infeasible): "Neither is feasible"}

// vendorTone says how a state stands.
func vendorTone(s vendor.Status) ui.Tone {
	switch s {
	case vendor.Active:
		return ui.Good
	case vendor.Cure:
		return ui.Danger
	case vendor.Intake, vendor.Assessed:
		return ui.Note
	}
	return ui.Plain
}

func agreementTone(s vendor.Stage) ui.Tone {
	switch s {
	case vendor.Signed:
		return ui.Good
	case vendor.Expiring:
		return ui.Warning
	case vendor.Draft, vendor.Sent, vendor.Coming:
		return ui.Note
	}
	return ui.Plain
}

func agreementIcon(s vendor.Stage) string {
	switch s {
	case vendor.Signed:
		return "circle-check"
	case vendor.Expiring, vendor.Sent:
		return "clock"
	case vendor.Draft:
		return "file-pen"
	case vendor.Coming:
		return "calendar-clock"
	}
	return "archive"
}

// stage is how an agreement of the vendor stands now.
func (p VendorPage) stage(a vendor.OpenedAgreement) vendor.Stage {
	return a.Value.At(p.File.At, vendor.Later(p.File.Agreements, a))
}

func vendorMissing(terms []AgreementTerm, ephi bool) (n int) {
	for _, t := range terms {
		if t.Required && (ephi || !t.EPHI) && !t.There {
			n++
		}
	}
	return n
}
