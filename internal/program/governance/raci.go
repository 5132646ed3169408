package governance

import (
	"context"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// Process is something the program does again and again.
type Process string

// The processes.
const (
	AccessRequests Process = "access"
	Amendments     Process = "amendment"
	Accountings    Process = "accounting"
	Complaints     Process = "complaints"
	Breaches       Process = "breach"
	RiskAnalysis   Process = "risk"
	Sanctions      Process = "sanctions"
	Learning       Process = "training"
	Agreements     Process = "agreements"
	Departures     Process = "terminations"
	Contingency    Process = "contingency"
	PolicyReview   Process = "policies"
	LogReview      Process = "log"
	Evaluations    Process = "evaluation"
)

// Processes lists the processes in the order pages show them.
func Processes() []Process {
	return []Process{AccessRequests, Amendments, Accountings, Complaints, Breaches, RiskAnalysis, Sanctions, Learning, Agreements, Departures, Contingency, PolicyReview, LogReview, Evaluations}
}

// English is the process in words.
func (p Process) English() string {
	switch p {
	case AccessRequests:
		return "Clients’ requests to see their record"
	case Amendments:
		return "Clients’ requests to amend their record"
	case Accountings:
		return "Accounting of disclosures"
	case Complaints:
		return "Complaints"
	case Breaches:
		return "Assessing and notifying of breaches"
	case RiskAnalysis:
		return "Risk analysis and risk management"
	case Sanctions:
		return "Sanctions"
	case Learning:
		return "Training"
	case Agreements:
		return "Agreements with business associates"
	case Departures:
		return "Ending access when somebody leaves"
	case Contingency:
		return "Backups and contingency"
	case PolicyReview:
		return "Review of policies"
	case LogReview:
		return "Review of the log"
	case Evaluations:
		return "Evaluation of the program"
	}
	return ""
}

// Cite is the paragraph that asks for the process.
func (p Process) Cite() string {
	switch p {
	case AccessRequests:
		return "45 CFR 164.524"
	case Amendments:
		return "45 CFR 164.526"
	case Accountings:
		return "45 CFR 164.528"
	case Complaints:
		return "45 CFR 164.530(d)"
	case Breaches:
		return "45 CFR 164.402"
	case RiskAnalysis:
		return "45 CFR 164.308(a)(1)(ii)(A)"
	case Sanctions:
		return "45 CFR 164.530(e)"
	case Learning:
		return "45 CFR 164.530(b)(1)"
	case Agreements:
		return "45 CFR 164.504(e)"
	case Departures:
		return "45 CFR 164.308(a)(3)(ii)(C)"
	case Contingency:
		return "45 CFR 164.308(a)(7)(i)"
	case PolicyReview:
		return "45 CFR 164.316(b)(2)(iii)"
	case LogReview:
		return "45 CFR 164.308(a)(1)(ii)(D)"
	case Evaluations:
		return "45 CFR 164.308(a)(8)"
	}
	return ""
}

// Party is who has a part in a process: an office, or somebody by worker id after
// "worker:".
type Party string

// The offices. Privacy and security officer are whoever is designated; of the others,
// whoever has the role.
const (
	PrivacyParty    Party = "privacy_officer"
	SecurityParty   Party = "security_officer"
	ManagerParty    Party = "program_manager"
	AdminParty      Party = "administrator"
	SupervisorParty Party = "supervisor"
	CommitteeParty  Party = "committee"
)

// Offices lists the offices in the order pages show them.
func Offices() []Party {
	return []Party{PrivacyParty, SecurityParty, ManagerParty, AdminParty, SupervisorParty, CommitteeParty}
}

// PartyOf is somebody by name.
func PartyOf(worker string) Party { return Party("worker:" + worker) }

// Worker is the worker id of somebody by name; empty for an office.
func (p Party) Worker() string {
	id, _ := strings.CutPrefix(string(p), "worker:")
	if id == string(p) {
		return ""
	}
	return id
}

// English is an office in words; empty for somebody by name.
func (p Party) English() string {
	switch p {
	case PrivacyParty:
		return "Privacy Officer"
	case SecurityParty:
		return "Security Officer"
	case ManagerParty:
		return "Program manager"
	case AdminParty:
		return "Administrator"
	case SupervisorParty:
		return "Supervisor"
	case CommitteeParty:
		return "Committee"
	}
	return ""
}

// Duty is who has which part in a process. Exactly one is accountable.
type Duty struct {
	Process     Process `cbor:"1,keyasint"`
	Responsible []Party `cbor:"2,keyasint"`
	Accountable []Party `cbor:"3,keyasint"`
	Consulted   []Party `cbor:"4,keyasint,omitempty"`
	Informed    []Party `cbor:"5,keyasint,omitempty"`
}

// RACI is who is responsible, accountable, consulted and informed in each process.
type RACI struct {
	Duties []Duty `class:"program" doc:"For each process who is responsible, who alone is accountable, who is consulted and who is informed."`
	By     string `class:"program" doc:"Worker id of who changed it."`
}

// RACIKind declares it; there is one record, and its versions are its history.
var RACIKind = record.Define(record.Kind[RACI]{
	Name:      "raci",
	Doc:       "Who is responsible, accountable, consulted and informed in each process of the program.",
	Retention: "program",
	Labels:    func(RACI) record.Labels { return record.Labels{Ref: theRACI, Ext: theRACI} },
})

const theRACI = "raci"

// Proposed is what Caseward proposes (agency practice): it binds nobody until an officer
// takes it over.
func Proposed() []Duty {
	p := func(all ...Party) []Party { return all }
	return []Duty{
		{AccessRequests, p(PrivacyParty, SupervisorParty), p(PrivacyParty), nil, p(ManagerParty)},
		{Amendments, p(PrivacyParty), p(PrivacyParty), p(SupervisorParty), p(ManagerParty)},
		{Accountings, p(PrivacyParty), p(PrivacyParty), p(SecurityParty), nil},
		{Complaints, p(PrivacyParty), p(PrivacyParty), p(ManagerParty), p(CommitteeParty)},
		{Breaches, p(PrivacyParty, SecurityParty), p(PrivacyParty), p(AdminParty), p(CommitteeParty, ManagerParty)},
		{RiskAnalysis, p(SecurityParty, AdminParty), p(SecurityParty), p(PrivacyParty, ManagerParty), p(CommitteeParty)},
		{Sanctions, p(ManagerParty, SupervisorParty), p(PrivacyParty), p(SecurityParty), p(CommitteeParty)},
		{Learning, p(ManagerParty, SupervisorParty), p(PrivacyParty), p(SecurityParty), p(CommitteeParty)},
		{Agreements, p(PrivacyParty), p(PrivacyParty), p(SecurityParty, ManagerParty), p(CommitteeParty)},
		{Departures, p(AdminParty, SupervisorParty), p(SecurityParty), p(PrivacyParty), p(ManagerParty)},
		{Contingency, p(AdminParty), p(SecurityParty), p(ManagerParty), p(CommitteeParty)},
		{PolicyReview, p(PrivacyParty, SecurityParty), p(PrivacyParty), p(ManagerParty), p(CommitteeParty)},
		{LogReview, p(PrivacyParty, SecurityParty), p(SecurityParty), nil, p(CommitteeParty)},
		{Evaluations, p(SecurityParty, PrivacyParty), p(SecurityParty), p(CommitteeParty), p(ManagerParty, AdminParty)},
	}
}

// Standing is a duty and how it stands with who is accountable.
type Standing struct {
	Duty
	Holders []string // worker ids of who answers for it now
	Vacant  bool     // nobody does: the office is vacant, or they left
	Several bool     // several do: the role is no one person
}

// Duties is the table as it is, or was.
type Duties struct {
	Rows    []Standing
	Version int64     // 0: nobody has set it, and this is what is proposed
	At      time.Time // since when it is so
	By      string    // worker id of who changed it to be so
	Past    bool      // another version followed
	Changes []time.Time
}

// Duties opens who answers for what, as it was at a moment, or as it is if that is zero.
// How offices stand is always as of now. Errors: NotFound where nothing was set by then.
func (g *Governance) Duties(ctx context.Context, who actor.Actor, at time.Time) (Duties, error) {
	var out Duties
	rows := Proposed()
	id, _, _, found, err := g.raci.FindExt(ctx, g.who, theRACI)
	if err != nil {
		return out, err
	}
	if found {
		all, err := g.raci.History(ctx, who, id)
		if err != nil {
			return out, err
		}
		rows = nil
		for i, o := range all {
			out.Changes = append(out.Changes, o.ChangedAt)
			if rows == nil && (at.IsZero() || !o.ChangedAt.After(at)) {
				rows, out.Version, out.At, out.By, out.Past = o.Value.Duties, o.Version, o.ChangedAt, o.Value.By, i > 0
			}
		}
	} else if !g.door.Ever(who, "raci.read", false, program) {
		return out, fault.DeniedBy("raci.read")
	}
	if rows == nil || !found && !at.IsZero() {
		return out, fault.NotFoundf("raci.read")
	}
	held := map[Party][]string{}
	for _, d := range rows {
		s := Standing{Duty: d}
		for _, p := range d.Accountable {
			ids, known := held[p]
			if !known {
				if ids, err = g.holders(ctx, who, p); err != nil {
					return out, err
				}
				held[p] = ids
			}
			s.Holders = append(s.Holders, ids...)
		}
		s.Vacant, s.Several = len(s.Holders) == 0, len(s.Holders) > 1
		out.Rows = append(out.Rows, s)
	}
	return out, nil
}

// holders are who a party is now.
func (g *Governance) holders(ctx context.Context, who actor.Actor, p Party) ([]string, error) {
	if id := p.Worker(); id != "" {
		st, err := works(ctx, g.dir, id)
		if err != nil || st.Role == "" {
			return nil, err
		}
		return []string{id}, nil
	}
	if f := Function(p); f.Required() {
		o, err := g.Officer(ctx, who, f)
		if err != nil || o.Person == "" {
			return nil, err
		}
		return []string{o.Person}, nil
	}
	return g.dir.Officers(ctx, actor.Role(p))
}

// MayAnswer reports whether the asker's role says who answers for what. It is for leaving
// out what would be refused.
func (g *Governance) MayAnswer(who actor.Actor) bool {
	return who.Role() != "" && g.door.Ever(who, "raci.change", false, program)
}

// TakeOver sets what is proposed, where nobody has set anything. Errors: Conflict if
// somebody has, Denied.
func (g *Governance) TakeOver(ctx context.Context, who actor.Actor) error {
	return g.answer(ctx, who, 0, nil)
}

// Answer says who has which part in one process, of the version seen; 0 if nothing was set,
// and then the rest is as proposed. Errors: Invalid with fields, where not exactly one is
// accountable among others; Conflict; Denied.
func (g *Governance) Answer(ctx context.Context, who actor.Actor, version int64, d Duty) error {
	return g.answer(ctx, who, version, &d)
}

func (g *Governance) answer(ctx context.Context, who actor.Actor, version int64, d *Duty) error {
	check := func(op string) error {
		if d == nil {
			return nil
		}
		return g.checkDuty(ctx, op, *d)
	}
	return g.raci.Only(ctx, who, g.who, theRACI, version, check, func(v *RACI, was bool) {
		if !was {
			v.Duties = Proposed()
		}
		v.By = who.Worker()
		if d == nil {
			return
		}
		v.Duties = slices.Clone(v.Duties)
		if i := slices.IndexFunc(v.Duties, func(o Duty) bool { return o.Process == d.Process }); i >= 0 {
			v.Duties[i] = *d
		} else {
			v.Duties = append(v.Duties, *d)
		}
	})
}

func (g *Governance) checkDuty(ctx context.Context, op string, d Duty) error {
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if d.Process.English() == "" {
		return fault.Invalidf(op, "choose a process from the list")
	}
	switch {
	case len(d.Accountable) != 1:
		bad("accountable", "Choose exactly one who is accountable.")
	case d.Accountable[0] == CommitteeParty:
		bad("accountable", "Choose an office or somebody by name: a committee answers for nothing as one person does.")
	}
	if len(d.Responsible) == 0 {
		bad("responsible", "Choose who does the work.")
	}
	for _, x := range []struct {
		name string
		all  []Party
	}{{"responsible", d.Responsible}, {"accountable", d.Accountable}, {"consulted", d.Consulted}, {"informed", d.Informed}} {
		for i, p := range x.all {
			st, err := works(ctx, g.dir, p.Worker())
			if err != nil {
				return err
			}
			if p.English() == "" && st.Role == "" || slices.Contains(x.all[:i], p) {
				bad(x.name, "Choose offices from the list, and people who work here, each once.")
			}
		}
	}
	return invalid(op, wrong)
}
