package training

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/prose"
	"caseward/internal/record"
	"caseward/internal/secret"
)

// Exercises with suspicious mail: mails that the agency sends to its own people, with a
// link that leads to a lesson on this server. None ever asks for a password where it
// leads, and nothing but learning follows from a click.

// Lure is the mail of an exercise.
type Lure struct {
	Code, Title       string
	FromName, Subject string
	Tells             []string // by what it could have been known
	Body              string   // Markdown, with {{given}} and {{link}}
	Hash              string   // tells this version of the text from others
}

// ParseLure reads the mail of an exercise; ok is false where something is missing.
func ParseLure(text string) (l Lure, ok bool) {
	head, body, ok := prose.Front(text)
	l = Lure{Code: head.Get("code"), Title: head.Get("title"), FromName: head.Get("from_name"), Subject: head.Get("subject"), Tells: head.List("tells"), Body: body, Hash: hashOf(text)}
	return l, ok && goodCode.MatchString(l.Code) && l.Title != "" && l.FromName != "" && l.Subject != "" && len(l.Tells) > 0 && strings.Contains(body, "({{link}})")
}

var (
	linked   = regexp.MustCompile(`\[([^\]\n]+)\]\(\{\{link\}\}\)`)
	invented = regexp.MustCompile(`[a-z]+@[a-z.]*example\.(org|com)`)
	ending   = regexp.MustCompile(`example\.(org|com)`)
)

// From is the address that the mail comes from, of a domain.
func (l Lure) From(domain string) string { return l.Code + "@" + domain }

// Said is the mail as plain text, to somebody and with a link.
func (l Lure) Said(given, link, domain string) string {
	s := linked.ReplaceAllString(l.Body, "$1:\n"+strings.ReplaceAll(link, "$", "$$"))
	s = invented.ReplaceAllLiteralString(s, l.From(domain))
	return strings.NewReplacer("{{given}}", given, "**", "").Replace(s) + "\n"
}

// Told is by what the mail could have been known, where it came from a domain.
func (l Lure) Told(domain string) (out []string) {
	for _, s := range l.Tells {
		out = append(out, ending.ReplaceAllLiteralString(s, domain))
	}
	return out
}

// Posting is from where mails of exercises come, and where their links lead: both of a
// domain that the agency chose for it. It is zero where none can be sent.
type Posting struct {
	Domain string
	Origin string // of this server
}

// Exercising gives the mails of exercises, and from where they come; none is sent before.
func (t *Training) Exercising(p Posting, all func() []Text) {
	t.posting, t.lures = p, sync.OnceValue(all)
}

// Posting says from where mails of exercises come.
func (t *Training) Posting() Posting { return t.posting }

// Lures lists the mails of exercises in a language.
func (t *Training) Lures(lang string) (out []Lure) {
	if t.lures == nil {
		return nil
	}
	for _, x := range t.lures() {
		text, _ := x.In(lang)
		if l, ok := ParseLure(text); ok {
			out = append(out, l)
		}
	}
	return out
}

// Lure is one of them.
func (t *Training) Lure(lang, code string) (Lure, bool) {
	all := t.Lures(lang)
	i := slices.IndexFunc(all, func(l Lure) bool { return l.Code == code })
	if i < 0 {
		return Lure{}, false
	}
	return all[i], true
}

// RemedialCourse is the code of the course that follows a click, and RemedialDays within
// how many days it is to be taken: agency practice.
const (
	RemedialCourse = "phishing-mail"
	RemedialDays   = 14
)

// The states of a campaign, besides [Draft] and [Discarded].
const (
	Approved = "approved"
	Stopped  = "stopped"
)

// Campaign is one exercise: which mail goes to whom, and from when until when.
type Campaign struct {
	Lure       string     `class:"program" doc:"Code of the mail."`
	Lang       string     `class:"program" doc:"Language of the mail."`
	Hash       string     `class:"program" doc:"SHA-256 of the mail that was approved, in hexadecimal."`
	Role       actor.Role `class:"program" doc:"The role it goes to; empty for every role."`
	Team       string     `class:"program" doc:"Id of the supervisor whose workers it goes to; empty for everybody's."`
	From       time.Time  `class:"program" doc:"The first day on which mails go out, as its noon in UTC."`
	Until      time.Time  `class:"program" doc:"The last day, as its noon in UTC."`
	Status     string     `class:"program" doc:"Draft, discarded, approved or stopped."`
	By         string     `class:"program" doc:"Id of who planned it."`
	At         time.Time  `class:"program" doc:"When it was planned."`
	ApprovedBy string     `class:"program" doc:"Id of the officer who approved it."`
	ApprovedAt time.Time  `class:"program" doc:"When it was approved."`
	Count      int        `class:"program" doc:"To how many people it goes."`
}

// CampaignID is the opaque id of a campaign.
type CampaignID = record.ID[Campaign]

// OpenedCampaign is a campaign as the asker may see it.
type OpenedCampaign = record.Opened[Campaign]

// CampaignKind keeps campaigns.
var CampaignKind = record.Define(record.Kind[Campaign]{
	Name:      "campaign",
	Doc:       "An exercise with suspicious mail: which mail, to whom and when.",
	Retention: "program",
	Labels: func(c Campaign) record.Labels {
		return record.Labels{State: c.Status, Tag: c.Lure, At: c.From, Due: c.Until}
	},
})

// The states of the mail to one person.
const (
	Planned = "planned"
	Taken   = "taken" // a server is sending it
	Sent    = "sent"
	Unsent  = "unsent"  // it did not go out in its time
	Unclear = "unclear" // a server took it and never said what became of it
)

// Exercise is the mail of a campaign to one person, and what came of it.
type Exercise struct {
	Campaign   string    `class:"workforce" doc:"Id of the campaign."`
	Worker     string    `class:"workforce" doc:"Id of the worker it goes to."`
	Hash       string    `class:"workforce" doc:"SHA-256 of the secret in its link, in hexadecimal."`
	SendAt     time.Time `class:"workforce" doc:"When it goes out."`
	Status     string    `class:"workforce" doc:"Planned, taken by a server that sends it, sent, not sent in its time, or unclear: taken by a server that fell over."`
	SentAt     time.Time `class:"workforce" doc:"When it was sent, or taken to be."`
	Looked     int       `class:"workforce" doc:"How often its link was opened without anybody seen to be there."`
	Clicked    time.Time `class:"workforce" doc:"When somebody followed its link."`
	Reported   time.Time `class:"workforce" doc:"When they reported it."`
	Assignment string    `class:"workforce" doc:"Id of the assignment that followed a click."`
}

// ExerciseID is the opaque id of the mail to one person.
type ExerciseID = record.ID[Exercise]

// OpenedExercise is one as the asker may see it.
type OpenedExercise = record.Opened[Exercise]

// ExerciseKind keeps the mails of campaigns.
var ExerciseKind = record.Define(record.Kind[Exercise]{
	Name:      "exercise",
	Doc:       "The mail of an exercise to one person, and what came of it.",
	Retention: "workforce",
	Labels: func(e Exercise) record.Labels {
		return record.Labels{State: e.Status, Owner: e.Worker, Ref: e.Campaign, At: e.SentAt, Due: e.SendAt, Ext: e.Hash}
	},
})

// ending is what the link of a mail ends with: a keyed hash that nobody without the
// agency's key can make, and that is kept nowhere.
func (t *Training) ending(id ExerciseID) string {
	return secret.Text(t.door.Fingerprint(phi.NewText("exercise/" + id.String())))
}

// The hours of the agency's days, Monday to Friday, in which mails go out, and the most
// days a campaign lasts; agency practice.
const (
	dayBegins, dayEnds = 9, 16
	longest            = 60
)

// spread is when a mail goes out: some minute of the working hours between two days, by
// a seed. ok is false where no such day is between.
func spread(from, until time.Time, zone *time.Location, seed string) (at time.Time, ok bool) {
	var days []time.Time
	for d := from; !d.After(until); d = d.AddDate(0, 0, 1) {
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday {
			days = append(days, d)
		}
	}
	if len(days) == 0 {
		return time.Time{}, false
	}
	sum := sha256.Sum256([]byte(seed))
	const minutes = (dayEnds - dayBegins) * 60
	n := int(binary.BigEndian.Uint32(sum[:4]) % uint32(len(days)*minutes))
	y, m, d := days[n/minutes].Date()
	return time.Date(y, m, d, dayBegins, n%minutes, 0, 0, zone), true
}

// Plan plans a campaign; nothing is sent before it is approved. Errors: Invalid with
// fields, Denied.
func (t *Training) Plan(ctx context.Context, who actor.Actor, c Campaign, zone *time.Location) (CampaignID, error) {
	const op = "campaign.create"
	now := t.door.Clock().Now()
	var bad []fault.Field
	fail := func(name, says string) { bad = append(bad, fault.Field{Name: name, Message: says}) }
	if _, ok := t.Lure(c.Lang, c.Lure); !ok {
		fail("lure", "Choose a mail from the list.")
	}
	if c.Role != "" && !slices.Contains(actor.Roles(), c.Role) {
		fail("audience", "Choose whom it goes to from the list.")
	}
	switch today := noon(now.In(zone)); {
	case c.From.IsZero() || c.From.Before(today):
		fail("from", "Choose a day that is still to come, or today.")
	case c.Until.Before(c.From) || c.Until.After(c.From.AddDate(0, 0, longest)):
		fail("until", "Choose a day on or after the first, within 60 days.")
	default:
		if _, ok := spread(c.From, c.Until, zone, ""); !ok {
			fail("until", "Mails go out on working days; choose at least one.")
		}
	}
	if len(bad) == 0 {
		all, err := t.people.Workers(ctx, who)
		if err != nil {
			return CampaignID{}, err
		}
		to := audience(c, all)
		if len(to) == 0 {
			fail("audience", "Nobody works here whom it would go to.")
		}
		c.Count = len(to)
	}
	if len(bad) > 0 {
		return CampaignID{}, fault.InvalidFields(op, bad...)
	}
	c.Status, c.By, c.At, c.Hash, c.ApprovedBy, c.ApprovedAt = Draft, who.Worker(), now, "", "", time.Time{}
	w := t.door.Work(who, op)
	id := t.campaigns.Create(w, record.Subject{}, c)
	return id, w.Commit(ctx)
}

// audience are those of all whom a campaign goes to; it takes the others out of all.
func audience(c Campaign, all []Worker) []Worker {
	return slices.DeleteFunc(all, func(w Worker) bool {
		return c.Role != "" && !w.Works(c.Role) || c.Team != "" && w.Supervisor != c.Team
	})
}

// Own reports whether the asker planned a campaign and another officer could approve it:
// nobody approves what is their own while another can.
func (t *Training) Own(ctx context.Context, who actor.Actor, c Campaign) (bool, error) {
	if c.By != who.Worker() {
		return false, nil
	}
	all, err := t.people.Workers(ctx, who)
	return own(who, c, all), err
}

func own(who actor.Actor, c Campaign, all []Worker) bool {
	return c.By == who.Worker() && slices.ContainsFunc(all, func(w Worker) bool {
		return w.ID != who.Worker() && w.Works(actor.PrivacyOfficer, actor.SecurityOfficer)
	})
}

// Approve has the mails of a campaign go out, each at a minute of its own. What is to
// follow a click must be there first, and whoever planned it leaves it to another officer
// if there is one. Errors: Conflict with what is missing, or if it is
// no draft any more; Denied, NotFound.
func (t *Training) Approve(ctx context.Context, who actor.Actor, id CampaignID, zone *time.Location) error {
	const op = "campaign.approve"
	o, err := t.campaigns.Read(ctx, who, id)
	if err != nil {
		return err
	}
	c := o.Value
	l, ok := t.Lure(c.Lang, c.Lure)
	switch {
	case c.Status != Draft:
		return fault.Conflictf(op, "it is no draft any more")
	case !ok:
		return fault.Conflictf(op, "its mail is not there any more")
	case t.posting == Posting{}:
		return fault.Conflictf(op, "no domain is set from which such mails come")
	}
	all, err := t.people.Workers(ctx, who)
	if err != nil {
		return err
	}
	if own(who, c, all) {
		return fault.Conflictf(op, "another officer approves what the asker planned")
	}
	if _, err := t.Published(ctx, who, RemedialCourse); fault.Is(err, fault.NotFound) {
		return fault.Conflictf(op, "the course that follows a click is not in use")
	} else if err != nil {
		return err
	}
	to := audience(c, all)
	now := t.door.Clock().Now()
	w := t.door.Work(who, op)
	t.campaigns.Change(w, "approve", id, o.Version, func(c *Campaign) error {
		c.Status, c.ApprovedBy, c.ApprovedAt, c.Hash, c.Count = Approved, who.Worker(), now, l.Hash, len(to)
		return nil
	})
	for _, p := range to {
		at, ok := spread(c.From, c.Until, zone, id.String()+"/"+p.ID)
		if !ok {
			return fault.Conflictf(op, "no working day is left for it")
		}
		x := t.exercises.NewID(w)
		t.exercises.CreateWith(w, x, record.Subject{}, Exercise{Campaign: id.String(), Worker: p.ID, Hash: secret.Hash(t.ending(x)), SendAt: at, Status: Planned})
	}
	return w.Commit(ctx)
}

// Stop ends a campaign, or throws its draft away: what was not sent is not sent. Errors:
// Conflict if it has ended, Denied, NotFound.
func (t *Training) Stop(ctx context.Context, who actor.Actor, id CampaignID) error {
	const op = "campaign.stop"
	w := t.door.Work(who, op)
	t.campaigns.Change(w, "stop", id, 0, func(c *Campaign) error {
		switch c.Status {
		case Draft:
			c.Status = Discarded
		case Approved:
			c.Status = Stopped
		default:
			return fault.Conflictf(op, "it has ended already")
		}
		return nil
	})
	return w.Commit(ctx)
}

// Campaigns lists the campaigns, the newest first, without those thrown away.
func (t *Training) Campaigns(ctx context.Context, who actor.Actor) ([]OpenedCampaign, error) {
	return t.campaigns.Every(ctx, who, record.Query{NotState: Discarded})
}

// Campaign returns one.
func (t *Training) Campaign(ctx context.Context, who actor.Actor, id CampaignID) (OpenedCampaign, error) {
	return t.campaigns.Read(ctx, who, id)
}

// Outcome is what came of the mail to one person.
type Outcome string

// The outcomes. Who reported it before anything else did best, and that is what is
// counted.
const (
	NotYet      Outcome = "waiting" // not sent yet
	Undelivered Outcome = "unsent"
	Unknown     Outcome = "unclear" // it may have been sent, and nothing came back
	Neither     Outcome = "neither"
	Followed    Outcome = "clicked"
	Told        Outcome = "reported"
)

// Outcome says what came of it.
func (e Exercise) Outcome() Outcome {
	switch {
	case !e.Reported.IsZero() && (e.Clicked.IsZero() || e.Reported.Before(e.Clicked)):
		return Told
	case !e.Clicked.IsZero():
		return Followed
	case e.Status == Sent:
		return Neither
	case e.Status == Unsent:
		return Undelivered
	case e.Status == Unclear:
		return Unknown
	}
	return NotYet
}

// Results is what came of a campaign, by count.
type Results struct {
	Of, Sent, Reported, Clicked, Neither, Unsent int
	Unclear                                      int // that may have been sent: a server fell over as it did
	Machines                                     int // whose link only programs opened
	Assigned                                     int // clicked, and given the course
}

// Results counts what came of a campaign, for whoever may see campaigns: no name is in
// it. Errors: Denied, NotFound.
func (t *Training) Results(ctx context.Context, who actor.Actor, id CampaignID) (r Results, err error) {
	if _, err := t.campaigns.Read(ctx, who, id); err != nil {
		return r, err
	}
	rows, err := t.exercises.Every(ctx, t.self, record.Query{Ref: id.String()})
	for _, o := range rows {
		v := o.Value
		r.Of++
		if v.Status == Sent {
			r.Sent++
		}
		switch v.Outcome() {
		case Told:
			r.Reported++
		case Followed:
			r.Clicked++
		case Neither:
			r.Neither++
		case Undelivered:
			r.Unsent++
		case Unknown:
			r.Unclear++
		}
		if v.Looked > 0 && v.Clicked.IsZero() {
			r.Machines++
		}
		if !v.Clicked.IsZero() && v.Assignment != "" {
			r.Assigned++
		}
	}
	return r, err
}

// Exercises lists the mails of a campaign by person, for who leads training.
func (t *Training) Exercises(ctx context.Context, who actor.Actor, id CampaignID) ([]OpenedExercise, error) {
	return t.exercises.Every(ctx, who, record.Query{Ref: id.String()})
}

// Parcel is a mail to be sent.
type Parcel struct {
	Worker   string
	Lure     Lure
	Link     string
	Domain   string
	Exercise ExerciseID
}

// batchOf is how many mails are looked at in one round.
const batchOf = 50

// late is how long after its minute a mail still goes out, as when no server ran.
const late = 24 * time.Hour

// Dispatch sends the mails whose minute has come, once each, however many servers do so:
// each is taken first, and whoever did not get it leaves it. What the mail server does
// not take is tried again an hour later, for a day. What was taken an hour ago and not said
// to be sent may have been: it is called unclear, and not sent a second time. The error is the first failure.
func (t *Training) Dispatch(ctx context.Context, who actor.Actor, send func(context.Context, Parcel) error) error {
	if t.posting == (Posting{}) {
		return nil
	}
	if err := t.abandoned(ctx, who); err != nil {
		return err
	}
	ids, err := t.exercises.InState(ctx, who, Planned, "", batchOf)
	if err != nil {
		return err
	}
	var first error
	for _, id := range ids {
		l, version, ok, err := t.exercises.LabelsOf(ctx, who, id)
		if err != nil {
			return err
		}
		if !ok || l.Due.After(t.door.Clock().Now()) {
			break // the soonest comes first
		}
		if err := t.dispatch(ctx, who, id, version, l, send); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// abandoned says of mails that a server took and did not send within the hour that it is not
// clear what became of them: the mail server had a minute to take each.
func (t *Training) abandoned(ctx context.Context, who actor.Actor) error {
	ids, err := t.exercises.InState(ctx, who, Taken, "", batchOf)
	if err != nil {
		return err
	}
	for _, id := range ids {
		l, version, ok, err := t.exercises.LabelsOf(ctx, who, id)
		if err != nil {
			return err
		}
		took := l.At
		if took.IsZero() {
			took = l.Due
		}
		if !ok || l.State != Taken || t.door.Clock().Now().Before(took.Add(time.Hour)) {
			continue
		}
		if err := t.setSending(ctx, who, id, version, func(e *Exercise) { e.Status = Unclear }); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// setSending keeps what became of sending a mail, whatever ends the server.
func (t *Training) setSending(ctx context.Context, who actor.Actor, id ExerciseID, version int64, change func(*Exercise)) error {
	w := t.door.Work(who, "exercise.send")
	t.exercises.Change(w, "send", id, version, func(e *Exercise) error {
		change(e)
		return nil
	})
	return w.Commit(context.WithoutCancel(ctx))
}

func (t *Training) dispatch(ctx context.Context, who actor.Actor, id ExerciseID, version int64, l record.Labels, send func(context.Context, Parcel) error) error {
	set := func(version int64, change func(*Exercise)) error { return t.setSending(ctx, who, id, version, change) }
	campaign, err := record.ParseID[Campaign](l.Ref)
	if err != nil {
		return err
	}
	c, err := t.campaigns.Read(ctx, who, campaign)
	if err != nil {
		return err
	}
	lure, ok := t.Lure(c.Value.Lang, c.Value.Lure)
	now := t.door.Clock().Now()
	// What was approved is sent, and nothing else; what was stopped is not.
	if c.Value.Status != Approved || !ok || lure.Hash != c.Value.Hash || now.After(l.Due.Add(late)) {
		return set(version, func(e *Exercise) { e.Status = Unsent })
	}
	if err := set(version, func(e *Exercise) { e.Status, e.SentAt = Taken, now }); fault.Is(err, fault.Conflict) {
		return nil // another server has it
	} else if err != nil {
		return err
	}
	err = send(ctx, Parcel{Worker: l.Owner, Lure: lure, Link: t.posting.Origin + "/by-link/mail/" + t.ending(id), Domain: t.posting.Domain, Exercise: id})
	if err != nil {
		serr := set(0, func(e *Exercise) { e.Status, e.SendAt, e.SentAt = Planned, now.Add(time.Hour), time.Time{} })
		if serr != nil {
			return serr
		}
		return err
	}
	return set(0, func(e *Exercise) { e.Status, e.SentAt = Sent, t.door.Clock().Now() })
}

// Visit is somebody, or something, that follows the link of a mail.
type Visit struct {
	Addr, Agent string
	Head        bool // only whether it is there was asked
}

// machines are programs that open links before people do, by how they name themselves.
var machines = regexp.MustCompile(`(?i)bot\b|crawl|spider|preview|scan|safelinks|proofpoint|mimecast|barracuda|headless|phantom|curl|wget|python|go-http|java/|okhttp|libwww|urldefense|virus|fetch`)

// How soon after a mail was sent nobody can have read it, and how many different links
// from one address within a minute are a program's.
const (
	tooSoon   = 10 * time.Second
	manyLinks = 3
)

// visits remembers which links were opened from which address within the last minute.
type visits struct {
	sync.Mutex
	by map[string]map[string]time.Time
}

// many notes a visit, and reports whether too many different links were opened from the
// address to be one person.
func (v *visits) many(now time.Time, addr, hash string) bool {
	v.Lock()
	defer v.Unlock()
	if v.by == nil || len(v.by) > 10_000 {
		v.by = map[string]map[string]time.Time{}
	}
	if v.by[addr] == nil {
		v.by[addr] = map[string]time.Time{}
	}
	v.by[addr][hash] = now
	for h, at := range v.by[addr] {
		if now.Sub(at) > time.Minute {
			delete(v.by[addr], h)
		}
	}
	return len(v.by[addr]) >= manyLinks
}

// found is the mail of a secret that was sent. NotFound: there is none.
func (t *Training) found(ctx context.Context, ending string) (id ExerciseID, l record.Labels, err error) {
	const op = "exercise.look"
	if !secret.Is(ending, 16) {
		return id, l, fault.NotFoundf(op)
	}
	id, _, _, ok, err := t.exercises.FindExt(ctx, t.self, secret.Hash(ending))
	if err == nil && ok {
		l, _, ok, err = t.exercises.LabelsOf(ctx, t.self, id)
	}
	if err == nil && (!ok || l.State != Sent && l.State != Taken && l.State != Unclear) {
		err = fault.NotFoundf(op)
	}
	return id, l, err
}

// mostLooks is up to how many openings are counted.
const mostLooks = 100

// Look opens the link of a mail: it says what the mail was, and counts that the link was
// opened, by whom- or whatever. Nothing follows from it. NotFound: it leads nowhere.
func (t *Training) Look(ctx context.Context, ending, lang string, x Visit) (Lure, error) {
	id, l, err := t.found(ctx, ending)
	if err != nil {
		return Lure{}, err
	}
	t.visits.many(t.door.Clock().Now(), x.Addr, secret.Hash(ending))
	if err := t.looked(ctx, id); err != nil {
		return Lure{}, err
	}
	campaign, err := record.ParseID[Campaign](l.Ref)
	if err != nil {
		return Lure{}, err
	}
	c, err := t.campaigns.Read(ctx, t.self, campaign)
	if err != nil {
		return Lure{}, err
	}
	lure, ok := t.Lure(lang, c.Value.Lure)
	if !ok {
		return Lure{}, fault.NotFoundf("exercise.look")
	}
	return lure, nil
}

func (t *Training) looked(ctx context.Context, id ExerciseID) error {
	w := t.door.Work(t.self, "exercise.look")
	t.exercises.Change(w, "look", id, 0, func(e *Exercise) error {
		e.Looked = min(e.Looked+1, mostLooks)
		return nil
	})
	return w.Commit(ctx)
}

// Click says that somebody is at the page that a link leads to: its page says so once
// somebody moves there. What looks like a program is only counted as one. A click gives
// the course that follows from it in the same act, and no click is kept without it;
// nothing else follows, ever. Whoever reported the mail before was only curious, and
// whoever clicks again is given nothing again. NotFound: the link leads nowhere.
func (t *Training) Click(ctx context.Context, ending string, x Visit, zone *time.Location) error {
	id, l, err := t.found(ctx, ending)
	if err != nil {
		return err
	}
	now := t.door.Clock().Now()
	many := t.visits.many(now, x.Addr, secret.Hash(ending))
	if x.Head || x.Agent == "" || machines.MatchString(x.Agent) || many || l.State == Taken || now.Before(l.At.Add(tooSoon)) {
		return t.looked(ctx, id)
	}
	w := t.door.Work(t.self, "exercise.click")
	done := fault.Conflictf("exercise.click", "it was clicked or reported already")
	due := now.In(zone).AddDate(0, 0, RemedialDays)
	y, m, d := due.Date()
	given := t.assignments.NewID(w)
	t.exercises.Change(w, "click", id, 0, func(e *Exercise) error {
		if !e.Clicked.IsZero() || !e.Reported.IsZero() {
			return done
		}
		e.Clicked, e.Assignment = now, given.String()
		return nil
	})
	t.assignments.CreateWith(w, given, record.Subject{}, Assignment{
		Worker: l.Owner, Course: RemedialCourse, Why: Phished, Due: time.Date(y, m, d+1, 0, 0, 0, 0, zone).Add(-time.Second), At: now, By: t.self.Worker(), Status: Open,
	})
	if err := w.Commit(ctx); err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	return nil
}

// reportable is how long after it was sent a mail can be reported.
const reportable = 30 * 24 * time.Hour

// Report says that the asker got a mail that looks wrong. was tells whether one of an
// exercise waited to be reported; if none did, the mail is somebody else's, and the
// security officer is to know of it at once. Errors: Denied.
func (t *Training) Report(ctx context.Context, who actor.Actor) (was bool, err error) {
	now := t.door.Clock().Now()
	rows, err := t.exercises.Every(ctx, t.self, record.Query{Owner: who.Worker(), NotState: Planned})
	if err != nil {
		return false, err
	}
	w := t.door.Work(who, "exercise.report")
	for _, o := range rows {
		if v := o.Value; v.Status != Sent && v.Status != Unclear || !v.Reported.IsZero() || now.After(o.Value.SentAt.Add(reportable)) {
			continue
		}
		was = true
		t.exercises.Change(w, "report", o.ID, 0, func(e *Exercise) error {
			if e.Reported.IsZero() {
				e.Reported = now
			}
			return nil
		})
	}
	if !was {
		return false, nil
	}
	return true, w.Commit(ctx)
}
