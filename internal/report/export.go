package report

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of an export.
type ID = record.ID[Export]

// Opened is an export as the asker may see it.
type Opened = record.Opened[Export]

// LinkFor is how long the link of an export can be used.
const LinkFor = 15 * time.Minute

// Format is what kind of file an export is.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
	PDF  Format = "pdf"
)

// Formats lists the formats in the order screens show them.
func Formats() []Format { return []Format{CSV, XLSX, PDF} }

// Reason is why something leaves.
type Reason string

// The reasons.
const (
	ForFunder      Reason = "funder"
	ForSupervision Reason = "supervision"
	ForQuality     Reason = "quality"
	ForPlanning    Reason = "planning"
	ForOversight   Reason = "oversight"
	ForOther       Reason = "other"
)

// Reasons lists the reasons in the order screens show them.
func Reasons() []Reason {
	return []Reason{ForSupervision, ForQuality, ForFunder, ForPlanning, ForOversight, ForOther}
}

// Outside reports whether it leaves to somebody who does not work in the
// program; so it may where the reason says nothing.
func (r Reason) Outside() bool {
	return r != ForSupervision && r != ForQuality && r != ForPlanning
}

// listing is which clients a file for a reason names.
func (r Reason) listing(clients bool) listing {
	switch {
	case !clients:
		return figures
	case r.Outside():
		return outside
	}
	return inside
}

// The states of an export, as the label says them.
const (
	Asked = "asked"
	Used  = "used"
)

// Export is leave to save one report as one file.
type Export struct {
	Asker   string   `class:"workforce" doc:"Id of the worker who asked, and who alone may use it."`
	Session string   `class:"workforce" doc:"Id of the session it was asked for in, and in which alone it can be used."`
	Purpose string   `class:"program" doc:"The purpose of use of the session."`
	Report  Name     `class:"program" doc:"Which report."`
	Group   Group    `class:"program" doc:"By what it is grouped."`
	From    string   `class:"program" doc:"The first day of the period, if it has one."`
	Until   string   `class:"program" doc:"The last day of the period, if it has one."`
	Program string   `class:"program" doc:"The program it is narrowed to, if any."`
	Worker  string   `class:"workforce" doc:"Id of the worker it is narrowed to, if any."`
	Clients bool     `class:"program" doc:"Whether it lists clients; otherwise it is numbers."`
	Format  Format   `class:"program" doc:"The kind of file: csv, xlsx or pdf."`
	Classes []string `class:"program" doc:"The field classes that leave with it."`
	Lines   int      `class:"program" doc:"How many lines it had when it was asked for."`
	Reason  Reason   `class:"program" doc:"Why, from the list of reasons."`
	Words   phi.Text `class:"workforce" doc:"Why, in the asker's words; a client is not to be named there."`

	AskedAt time.Time `class:"program" doc:"When it was asked for."`
	EndsAt  time.Time `class:"program" doc:"Until when the link can be used."`
	UsedAt  time.Time `class:"program" doc:"When the link was used."`
	Saved   int       `class:"program" doc:"How many lines left when it was used."`
	Token   []byte    `class:"program" doc:"SHA-256 of the secret in the link."`
}

// Params is what the report was asked with.
func (e Export) Params() Params {
	return Params{Name: e.Report, Group: e.Group, From: e.From, Until: e.Until, Program: e.Program, Worker: e.Worker}
}

// Over reports whether the link can be used no more.
func (e Export) Over(now time.Time) bool { return !e.UsedAt.IsZero() || !now.Before(e.EndsAt) }

// Kind keeps exports.
var Kind = record.Define(record.Kind[Export]{
	Name:      "export",
	Doc:       "Leave to save one report as one file, once.",
	Retention: "compliance",
	Labels: func(e Export) record.Labels {
		l := record.Labels{State: Asked, Owner: e.Asker, Tag: string(e.Report), At: e.AskedAt, Due: e.EndsAt}
		if !e.UsedAt.IsZero() {
			l.State = Used
		}
		return l
	},
})

// Asking is what an export is asked for with.
type Asking struct {
	Clients bool // list clients, if the report does and the asker may see them
	Format  Format
	Reason  Reason
	Words   phi.Text
}

const maxWords = 500

func (in Asking) check() error {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	switch in.Format {
	case CSV, XLSX, PDF:
	default:
		add("format", "Choose the kind of file.")
	}
	known := false
	for _, r := range Reasons() {
		known = known || r == in.Reason
	}
	if !known {
		add("reason", "Choose why this leaves the system.")
	}
	switch n := utf8.RuneCountInString(strings.TrimSpace(in.Words.Disclose())); {
	case n < 10:
		add("words", "Say in a sentence what the file is for.")
	case n > maxWords:
		add("words", "Keep this to 500 characters.")
	}
	if len(bad) > 0 {
		return fault.InvalidFields("report.export", bad...)
	}
	return nil
}

func hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// MayExport reports whether the asker may export now: some only once they have proved
// again who they are. It opens nothing.
func (rs *Reports) MayExport(ctx context.Context, who actor.Actor) (bool, error) {
	set, err := rs.door.May(ctx, who, "report.export", record.Subject{}, true, exported)
	return set == exported, err
}

// Ask makes an export and the secret of its link. Two entries are written: what
// the report named as it was asked for, and the export. Errors: Invalid with
// fields; Denied, with leave to step up.
func (rs *Reports) Ask(ctx context.Context, who actor.Actor, p Params, zone *time.Location, in Asking) (ID, string, error) {
	const op = "report.export"
	if err := in.check(); err != nil {
		return ID{}, "", err
	}
	p, err := p.check()
	if err != nil {
		return ID{}, "", err
	}
	in.Clients = in.Clients && p.Name.Listed()
	// Whoever may not export is told so before anything is read for it.
	if may, err := rs.MayExport(ctx, who); err != nil {
		return ID{}, "", err
	} else if !may {
		return ID{}, "", rs.door.Permit(ctx, who, op, record.Subject{}, true, exported, map[string]string{"report": string(p.Name)})
	}
	r, err := rs.run(ctx, who, op, p, zone, in.Reason.listing(in.Clients), map[string]string{"format": string(in.Format), "reason": string(in.Reason)})
	if err != nil {
		return ID{}, "", err
	}
	var raw [32]byte
	if _, err := rand.Read(raw[:]); err != nil {
		return ID{}, "", fault.Unavailablef(op, err, "no link can be made")
	}
	token := base64.RawURLEncoding.EncodeToString(raw[:])
	now := rs.door.Clock().Now()
	e := Export{
		Asker: who.Worker(), Session: who.Session(), Purpose: string(who.Purpose()), Report: p.Name, Group: p.Group, Program: p.Program, Worker: p.Worker,
		Clients: in.Clients && r.Listed, Format: in.Format, Reason: in.Reason, Words: phi.NewText(strings.TrimSpace(in.Words.Disclose())),
		AskedAt: now, EndsAt: now.Add(LinkFor), Token: hash(token),
	}
	if p.Name.Dated() {
		e.From, e.Until = p.From, p.Until
	}
	e.Lines, e.Classes = r.lines(e.Clients), r.leaves(e.Clients).Strings()
	w := rs.door.Work(who, op)
	w.Detail("report", string(p.Name))
	w.Detail("run", r.At.UTC().Format(time.RFC3339Nano))
	id := rs.exports.CreateAs(w, op, record.Subject{}, e)
	w.Detail("export", id.String())
	return id, token, w.Commit(ctx)
}

// exported is the classes an export is recorded in.
var exported = policy.Set(policy.Workforce, policy.Program)

// lines is how many lines a file of the report has.
func (out Result) lines(clients bool) int {
	if clients {
		return len(out.Rows)
	}
	return len(out.Lines)
}

// Part2 reports whether a client of a program under 42 CFR Part 2 is listed, so
// that the notice of 42 CFR 2.32 is to go with it.
func (out Result) Part2() bool {
	return slices.ContainsFunc(out.Rows, func(r Row) bool { return r.Part2 })
}

// Leaves is the classes of what a file of the report holds.
func (out Result) Leaves(clients bool) policy.ClassSet { return out.leaves(clients) }

func (out Result) leaves(clients bool) policy.ClassSet {
	s := policy.Set(policy.Case)
	if clients {
		s |= policy.Set(policy.Identity, policy.Workforce)
		if out.Part2() {
			s |= policy.Set(policy.SUD)
		}
	} else if out.Group == ByWorker {
		s |= policy.Set(policy.Workforce)
	}
	return s
}

// Why a link does not work.
var (
	ErrUsed      error = &fault.Error{Kind: fault.Conflict, Op: "export.use", Why: "the link was used already"}
	ErrOver      error = &fault.Error{Kind: fault.Conflict, Op: "export.use", Why: "the link has ended"}
	ErrElsewhere error = &fault.Error{Kind: fault.Conflict, Op: "export.use", Why: "the link belongs to another session"}
)

// opens says why a link cannot be used by this actor with this secret, if so.
func (e Export) opens(who actor.Actor, token string, now time.Time) error {
	switch {
	case e.Asker != who.Worker(), subtle.ConstantTimeCompare(e.Token, hash(token)) != 1:
		return fault.NotFoundf("export.use")
	case !e.UsedAt.IsZero():
		return ErrUsed
	case !now.Before(e.EndsAt):
		return ErrOver
	case e.Session != who.Session():
		return ErrElsewhere
	}
	return nil
}

// Use counts the report of an export anew, of what the asker may see now, gives
// it to file, and spends the link once that has made the file: whatever fails
// before leaves the link as it was. Of two who use it at once one gets the file.
// Errors: [ErrUsed], [ErrOver], [ErrElsewhere]; NotFound for a wrong secret;
// Denied for anybody else, and for clients who may be listed no more; those of
// file.
func (rs *Reports) Use(ctx context.Context, who actor.Actor, id ID, token string, zone *time.Location, file func(Export, Result) ([]byte, error)) ([]byte, error) {
	const op = "export.use"
	// What cannot be used is told from the attempt to spend it, so that the log has
	// the attempt.
	spend := func(lines int) error {
		now := rs.door.Clock().Now()
		w := rs.door.Work(who, op)
		w.Detail("export", id.String())
		rs.exports.Change(w, "use", id, 0, func(x *Export) error {
			if err := x.opens(who, token, now); err != nil {
				return err
			}
			x.UsedAt, x.Saved = now, lines
			return nil
		})
		return w.Commit(ctx)
	}
	o, err := rs.exports.Read(ctx, who, id)
	if err != nil {
		return nil, err
	}
	e := o.Value
	if err := e.opens(who, token, rs.door.Clock().Now()); err != nil {
		return nil, cmp.Or(spend(0), err)
	}
	detail := map[string]string{"export": id.String(), "format": string(e.Format)}
	r, err := rs.run(ctx, who, op, e.Params(), zone, e.Reason.listing(e.Clients), detail)
	if err != nil {
		return nil, err
	}
	if e.Clients && !r.Listed {
		// Figures in the place of clients would be another file than was asked for.
		if err := rs.door.Permit(ctx, who, "report.rows", record.Subject{}, false, policy.Set(policy.Program), detail); err != nil {
			return nil, err
		}
		return nil, fault.Conflictf(op, "who may list clients changed while it was used")
	}
	body, err := file(e, r)
	if err != nil {
		return nil, err
	}
	if err := spend(r.lines(e.Clients)); err != nil {
		return nil, err
	}
	return body, nil
}

// Read returns an export: the asker's own, or anybody's to an officer.
func (rs *Reports) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return rs.exports.Read(ctx, who, id)
}

// Exports returns a page of exports, newest first: the asker's own, or
// everybody's to an officer.
func (rs *Reports) Exports(ctx context.Context, who actor.Actor, after string) (record.List[Export], error) {
	q := record.Query{Owner: who.Worker(), Limit: 50, After: after, Total: true}
	switch who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
		q.Owner = ""
	}
	return rs.exports.Find(ctx, who, q)
}

func number(n int) string { return strconv.Itoa(n) }
