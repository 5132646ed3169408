package rights_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/obligation"
	"caseward/internal/program/rights"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

const day = 24 * time.Hour

// house is an agency, founded half a year ago, with an officer, a supervisor and two case
// managers.
type house struct {
	*testing.T
	*recordtest.World
	org *org.Org
	r   *rights.Rights

	sol, ada, sue, ann, bob, ivy org.ID
}

func open(t *testing.T, w *recordtest.World) *house {
	t.Helper()
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	h := &house{T: t, World: w, org: org.New(w.Door, dir), r: rights.New(w.Door, w.Log, w.Policy, dir)}
	h.ok(h.org.Found(ctx, w.Service("operator"), org.Agency{Name: "North Agency", TimeZone: "UTC"}))
	for _, x := range []struct {
		id   *org.ID
		name string
		role actor.Role
	}{
		{&h.sol, "sol", actor.SecurityOfficer}, {&h.ada, "ada", actor.Administrator}, {&h.sue, "sue", actor.Supervisor},
		{&h.ann, "ann", actor.CaseManager}, {&h.bob, "bob", actor.CaseManager},
	} {
		*x.id = h.invite(x.name, x.role)
	}
	h.Clock.Advance(183 * day)
	h.ivy = h.invite("ivy", actor.Intake)
	return h
}

func (h *house) invite(name string, role actor.Role) org.ID {
	h.Helper()
	id, err := h.org.Invite(ctx, h.World.Service("operator"), org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: role})
	h.ok(err)
	return id
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err, fault.FieldsOf(err))
	}
}

func (h *house) security() actor.Actor { return h.Proved(h.sol.String(), actor.SecurityOfficer) }

// did enters what somebody did some days ago.
func (h *house) did(who org.ID, role actor.Role, ago int, action string, rule string, kinds ...string) {
	h.Helper()
	e := audit.Entry{
		At: h.Clock.Now().Add(-time.Duration(ago) * day), Action: action, Outcome: audit.Allowed, Rules: []string{rule},
		Who: audit.Who{Worker: who.String(), Role: string(role), Purpose: "treatment"},
	}
	for _, k := range kinds {
		e.Touched = append(e.Touched, audit.Touch{Kind: k, ID: "x", Classes: []string{"case"}})
	}
	h.enter(e)
}

func (h *house) enter(e audit.Entry) {
	h.Helper()
	h.ok(h.Log.Record(ctx, e))
	h.sequence()
}

func (h *house) sequence() {
	h.Helper()
	for range 100 {
		_, err := h.Log.Sequence(ctx)
		h.ok(err)
		if head, err := h.Log.Head(ctx); err == nil && head.Unsequenced == 0 {
			return
		}
	}
	h.Fatal("the log is not put in order")
}

func (h *house) all(days int, role actor.Role) rights.Report {
	h.Helper()
	out, err := h.r.All(ctx, h.security(), days, role)
	h.ok(err)
	return out
}

func find(t testing.TB, all []rights.Used, id string) rights.Used {
	t.Helper()
	for _, u := range all {
		if u.ID == id {
			return u
		}
	}
	t.Fatalf("there is no right %s", id)
	return rights.Used{}
}

func (h *house) of(who org.ID, days int, id string) rights.Used {
	h.Helper()
	_, p, err := h.r.Of(ctx, h.security(), days, who.String())
	h.ok(err)
	return find(h.T, p.Rights, id)
}

func did(u rights.Used) (out []string) {
	for _, d := range u.Did {
		if d.Times > 0 {
			out = append(out, fmt.Sprintf("%s %d", d.Action, d.Times))
		}
	}
	return out
}

func TestRights(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		h.did(h.ann, actor.CaseManager, 100, "case.close", "treating-worker-writes", "case")
		h.did(h.ann, actor.CaseManager, 5, "note.create", "treating-worker-writes", "note")
		h.did(h.ann, actor.CaseManager, 4, "note.create", "treating-worker-writes", "note")
		h.did(h.ann, actor.CaseManager, 3, "chart.open", "treating-worker-views", "client", "note", "plan")

		t.Run("of the last days it says what was used, how often, when last and by how many", func(t *testing.T) {
			out := h.all(90, actor.CaseManager)
			if len(out.Roles) != 1 || out.Roles[0].Role != actor.CaseManager || len(out.Roles[0].People) != 2 || out.Days != 90 || out.Young {
				t.Fatalf("%+v", out)
			}
			u := find(t, out.Roles[0].Rights, "treating-worker-writes")
			if u.Times != 2 || u.By != 1 || u.Unused() || !u.Last.Equal(h.Clock.Now().Add(-4*day)) {
				t.Errorf("%d times by %d, last %v", u.Times, u.By, u.Last)
			}
			if u = find(t, h.all(180, actor.CaseManager).Roles[0].Rights, "treating-worker-writes"); u.Times != 3 {
				t.Errorf("in 180 days %d times", u.Times)
			}
			if u = find(t, h.all(30, actor.Supervisor).Roles[0].Rights, "treating-worker-writes"); u.Times != 0 || !u.Unused() || !u.Last.IsZero() {
				t.Errorf("supervisors used it %d times", u.Times)
			}
		})
		t.Run("a day at the edge counts, and the day before does not", func(t *testing.T) {
			h.did(h.bob, actor.CaseManager, 30, "plan.create", "treating-worker-writes", "plan")
			h.did(h.bob, actor.CaseManager, 31, "plan.create", "treating-worker-writes", "plan")
			if u := h.of(h.bob, 30, "treating-worker-writes"); u.Times != 1 {
				t.Errorf("%d times in 30 days", u.Times)
			}
		})
		t.Run("of one person it says which actions of a right were used", func(t *testing.T) {
			if got := did(h.of(h.ann, 180, "treating-worker-writes")); !slices.Equal(got, []string{"case.close 1", "note.create 2"}) {
				t.Errorf("%v", got)
			}
			// A chart is opened under one name, and shows records of many kinds.
			got := did(h.of(h.ann, 30, "treating-worker-views"))
			for _, want := range []string{"client.read 1", "note.find 1", "plan.read 1"} {
				if !slices.Contains(got, want) {
					t.Errorf("%s is missing in %v", want, got)
				}
			}
			for _, x := range got {
				if strings.HasPrefix(x, "document.") || strings.HasSuffix(x, ".history 1") {
					t.Errorf("%s was not done", x)
				}
			}
		})
		t.Run("work that changes a second record used the right to that too, and looking did not", func(t *testing.T) {
			h.did(h.sue, actor.Supervisor, 2, "case.assign", "task-is-kept", "case", "task")
			if got := did(h.of(h.sue, 30, "task-is-kept")); !slices.Contains(got, "task.give 1") {
				t.Errorf("%v", got)
			}
			h.did(h.ann, actor.CaseManager, 2, "today.open", "task-is-kept", "task")
			if got := did(h.of(h.ann, 30, "task-is-kept")); len(got) > 0 {
				t.Errorf("to look at tasks is to %v", got)
			}
		})
		t.Run("what was refused or done by a service, and what was in another role, is nobody's use", func(t *testing.T) {
			before := h.of(h.bob, 30, "conference-is-held").Times
			e := audit.Entry{At: h.Clock.Now(), Action: "conference.create", Outcome: audit.Refused, Rules: []string{"conference-is-held"}, Who: audit.Who{Worker: h.bob.String(), Role: "case_manager"}}
			h.enter(e)
			e.Outcome, e.Who.Role = audit.Allowed, "supervisor"
			h.enter(e)
			e.Who = audit.Who{Worker: "service:demo", Role: "service"}
			h.enter(e)
			if u := h.of(h.bob, 30, "conference-is-held"); u.Times != before || !u.Unused() {
				t.Errorf("%d times", u.Times)
			}
			if u := find(t, h.all(30, actor.Supervisor).Roles[0].Rights, "conference-is-held"); u.Times != 1 || u.By != 1 {
				t.Errorf("supervisors: %+v", u)
			}
		})
		t.Run("what everybody has is left out, and what is rare by nature is never for removal", func(t *testing.T) {
			for _, role := range h.all(90, "").Roles {
				for _, u := range role.Rights {
					if u.ID == "colleagues" || u.ID == "own-sessions" {
						t.Errorf("%s has %s", role.Role, u.ID)
					}
					if u.ID == "glass-breaks" && (!u.Rare || u.Unused()) {
						t.Error("breaking the glass is for removal")
					}
				}
			}
		})
		t.Run("who uses what a narrower role has is for a narrower role; whoever is new is not", func(t *testing.T) {
			h.did(h.sue, actor.Supervisor, 2, "chart.open", "treating-worker-views", "client")
			for _, p := range h.all(90, "").People {
				switch p.Worker {
				case h.sue.String():
					// Arranging conferences and opening charts is within a case manager's rights.
					if p.Narrower != actor.CaseManager || p.New || !p.Used() {
						t.Errorf("sue: %q, new %v", p.Narrower, p.New)
					}
				case h.ann.String():
					if p.Narrower != "" {
						t.Errorf("ann: %q", p.Narrower)
					}
				case h.ivy.String():
					if !p.New || p.Narrower != "" || p.Used() {
						t.Errorf("ivy: %+v", p)
					}
				}
			}
			// A role with rights of its own is another one and not a narrower one: the administrator's
			// is no role for a security officer who did no more than look here.
			_, sol, err := h.r.Of(ctx, h.security(), 90, h.sol.String())
			h.ok(err)
			if !sol.Used() || sol.Narrower != "" {
				t.Errorf("sol: %q, used %v", sol.Narrower, sol.Used())
			}
			h.did(h.sue, actor.Supervisor, 1, "note.cosign", "cosign", "note")
			_, p, err := h.r.Of(ctx, h.security(), 90, h.sue.String())
			h.ok(err)
			if p.Narrower != "" {
				t.Errorf("who co-signs is for %q", p.Narrower)
			}
		})
		t.Run("whose role is another since a few days is new in it", func(t *testing.T) {
			role := actor.Intake
			h.ok(h.org.Change(ctx, h.Proved(h.ada.String(), actor.Administrator), h.bob, 0, org.Edit{Role: &role}))
			_, p, err := h.r.Of(ctx, h.security(), 90, h.bob.String())
			h.ok(err)
			if !p.New || p.Role != role {
				t.Errorf("%+v", p)
			}
			role = actor.CaseManager
			h.ok(h.org.Change(ctx, h.Proved(h.ada.String(), actor.Administrator), h.bob, 0, org.Edit{Role: &role}))
		})
		t.Run("who has two roles is one of both, and each is counted by itself", func(t *testing.T) {
			h.ok(h.org.Decide(ctx, h.Proved(h.ada.String(), actor.Administrator), h.ann, org.Deciding{Role: actor.Supervisor, Statement: phi.NewText("Sue decides on what is her own.")}))
			h.did(h.ann, actor.Supervisor, 1, "note.cosign", "cosign", "note")
			out := h.all(90, actor.Supervisor)
			i := slices.IndexFunc(out.People, func(p rights.Person) bool { return p.Worker == h.ann.String() })
			if i < 0 || !slices.Contains(out.Roles[0].People, h.ann.String()) || !out.People[i].Used() || !out.People[i].New {
				t.Fatalf("%+v", out.People)
			}
			of, p, err := h.r.Of(ctx, h.security(), 90, h.ann.String())
			h.ok(err)
			if p.Role != actor.CaseManager || len(of.People) != 2 || of.People[1].Role != actor.Supervisor {
				t.Errorf("%s, %d", p.Role, len(of.People))
			}
			if u := find(t, of.People[0].Rights, "treating-worker-writes"); u.Times == 0 {
				t.Error("what was used in the first role is not counted")
			}
			for _, u := range of.People[0].Rights {
				if u.ID == "cosign" {
					t.Error("a right of the second role is one of the first")
				}
			}
		})
		t.Run("another server counts the same from the beginning", func(t *testing.T) {
			again := rights.New(w.Door, w.Log, w.Policy, h.org.Directory())
			h.sequence()
			a, err := again.All(ctx, h.security(), 180, actor.CaseManager)
			h.ok(err)
			h.sequence()
			b := h.all(180, actor.CaseManager)
			for i, u := range a.Roles[0].Rights {
				if v := b.Roles[0].Rights[i]; u.Times != v.Times || u.By != v.By || !u.Last.Equal(v.Last) {
					t.Errorf("%s: %d and %d", u.ID, u.Times, v.Times)
				}
			}
		})
		t.Run("what is older than can be asked for is forgotten", func(t *testing.T) {
			h.did(h.bob, actor.CaseManager, 0, "chart.print", "chart-prints", "chart")
			if u := h.of(h.bob, 180, "chart-prints"); u.Times != 1 {
				t.Fatalf("%d times", u.Times)
			}
			h.Clock.Advance(181 * day)
			if u := h.of(h.bob, 180, "chart-prints"); u.Times != 0 || !u.Last.IsZero() {
				t.Errorf("%d times, %v", u.Times, u.Last)
			}
		})
		t.Run("looking is in the log, and is for few", func(t *testing.T) {
			if _, _, err := h.r.Of(ctx, h.security(), 30, h.ann.String()); err != nil {
				t.Fatal(err)
			}
			es := w.Entries(t)
			e := es[len(es)-1]
			if es[0].At.After(e.At) {
				e = es[0]
			}
			if e.Action != rights.Read || e.Detail["worker"] != h.ann.String() || e.Detail["days"] != "30" {
				t.Errorf("%+v", e.Entry)
			}
			for _, who := range []actor.Actor{h.As(h.ann.String(), actor.CaseManager), h.As(h.sue.String(), actor.Supervisor), w.Service("counter"), {}} {
				if _, err := h.r.All(ctx, who, 90, ""); !fault.Is(err, fault.Denied) {
					t.Errorf("%s: %v", who.Role(), err)
				}
				if _, err := h.r.Duties(ctx, who); !fault.Is(err, fault.Denied) {
					t.Errorf("%s, duties: %v", who.Role(), err)
				}
			}
			for _, who := range []actor.Actor{h.As(h.ada.String(), actor.Administrator), h.As("x", actor.PrivacyOfficer), h.As("y", actor.Auditor), w.Service("operator")} {
				if _, err := h.r.All(ctx, who, 90, ""); err != nil {
					t.Errorf("%s: %v", who.Role(), err)
				}
			}
			if _, err := h.r.All(ctx, h.security(), 91, ""); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if of := h.all(0, ""); of.Days != 90 || of.Usual != 90 {
				t.Errorf("nothing is set: %d days, usual %d", of.Days, of.Usual)
			}
			set := func(n string) {
				t.Helper()
				h.ok(h.org.SetSettings(ctx, h.As(h.ada.String(), actor.Administrator), 0, func(name string) bool { return name == rights.Setting }, map[string]string{rights.Setting: n}))
			}
			set("91")
			if of := h.all(0, ""); of.Days != 91 || !slices.Equal(of.Choice, []int{30, 90, 91, 180}) {
				t.Errorf("91 are set: %d days of %v", of.Days, of.Choice)
			}
			for _, n := range []int{29, 181, 0, -1} {
				if err := rights.CheckDays(n); !fault.Is(err, fault.Invalid) {
					t.Errorf("%d days: %v", n, err)
				}
				// One that came there in another way is as if none were set.
				set(strconv.Itoa(n))
				if of := h.all(0, ""); of.Days != 90 {
					t.Errorf("%d are set: %d days", n, of.Days)
				}
			}
			for _, n := range []int{30, 180} {
				h.ok(rights.CheckDays(n))
			}
			if _, err := h.r.All(ctx, h.security(), 90, "janitor"); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if _, _, err := h.r.Of(ctx, h.security(), 90, "nobody"); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
	})
}

func TestYoungAgency(t *testing.T) {
	h := open(t, recordtest.Open(t)) // founded 183 days ago
	if h.all(180, "").Young {
		t.Error("180 days are not full")
	}
	w := recordtest.Open(t)
	o := org.New(w.Door, org.NewDirectory(w.Door, w.Service("authn")))
	if err := o.Found(ctx, w.Service("operator"), org.Agency{Name: "North Agency", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(20 * day)
	out, err := rights.New(w.Door, w.Log, w.Policy, o.Directory()).All(ctx, w.As("sol", actor.SecurityOfficer), 30, "")
	if err != nil || !out.Young {
		t.Errorf("an agency of 20 days has 30 full ones: %v", err)
	}
}

func TestLooks(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		owed := obligation.New(w.Door, staff{h.org.Directory()})
		owed.Join("rights", h.r)
		due := func(who actor.Actor) (out []obligation.Obligation) {
			t.Helper()
			out, err := owed.Of(ctx, who, obligation.Mine, "en", h.Clock.Now().AddDate(2, 0, 0))
			h.ok(err)
			return out
		}
		founded := h.Clock.Now().Add(-183 * day)
		got := due(h.security())
		if len(got) != 1 || !got[0].Due.Equal(founded.AddDate(1, 0, 0)) || got[0].Cite != "agency practice" {
			t.Errorf("%+v", got)
		}
		if got := due(h.As(h.ada.String(), actor.Administrator)); len(got) > 0 {
			t.Errorf("of an administrator: %+v", got)
		}
		if err := h.r.Note(ctx, h.security(), "  "); len(fault.FieldsOf(err)) != 1 {
			t.Error(err)
		}
		if err := h.r.Note(ctx, h.security(), strings.Repeat("x", 2001)); len(fault.FieldsOf(err)) != 1 {
			t.Error(err)
		}
		for _, who := range []actor.Actor{h.As(h.ada.String(), actor.Administrator), h.As(h.ann.String(), actor.CaseManager), h.As("p", actor.PrivacyOfficer)} {
			if err := h.r.Note(ctx, who, ""); !fault.Is(err, fault.Denied) || h.r.Notes(who) {
				t.Errorf("%s: %v", who.Role(), err)
			}
		}
		h.ok(h.r.Note(ctx, h.security(), " Nobody exports reports. The right is taken from intake. "))
		l, err := h.r.Looks(ctx, h.As(h.ada.String(), actor.Administrator))
		if err != nil || len(l) != 1 || l[0].Value.Finding != "Nobody exports reports. The right is taken from intake." || l[0].Value.By != h.sol.String() {
			t.Fatalf("%+v, %v", l, err)
		}
		if got := due(h.security()); len(got) != 1 || !got[0].Due.Equal(l[0].Value.At.AddDate(1, 0, 0)) {
			t.Errorf("%+v", got)
		}
		agency, err := owed.Of(ctx, w.Service("notifier"), obligation.Agency, "", h.Clock.Now().AddDate(2, 0, 0))
		if err != nil || len(agency) != 1 || !agency[0].Due.Equal(l[0].Value.At.AddDate(1, 0, 0)) {
			t.Errorf("to remind: %+v, %v", agency, err)
		}
		if l, err := h.r.Looks(ctx, h.As(h.ann.String(), actor.CaseManager)); err == nil && len(l) > 0 {
			t.Error("a case manager reads what was found")
		}
	})
}

// staff tells obligations who works here.
type staff struct{ dir *org.Directory }

func (s staff) Workers(ctx context.Context, _ actor.Actor) (out []obligation.Worker, err error) {
	all, err := s.dir.Members(ctx)
	for _, m := range all {
		out = append(out, obligation.Worker{ID: m.Worker, Held: m.Held, Started: m.Started})
	}
	return out, err
}

func (s staff) Worker(ctx context.Context, _ actor.Actor, id string) (obligation.Worker, error) {
	m, err := s.dir.Member(ctx, id)
	return obligation.Worker{ID: m.Worker, Held: m.Held, Started: m.Started}, err
}

// TestDuties asks the real policies of every role.
func TestDutiesThatMeetInTwoRoles(t *testing.T) {
	w := recordtest.Open(t)
	r := rights.New(w.Door, w.Log, w.Policy, org.NewDirectory(w.Door, w.Service("authn")))
	for _, x := range []struct {
		a, b actor.Role
		want string // the second of a pair that meets; empty: that of notes does not
	}{
		{actor.CaseManager, actor.Supervisor, "note.cosign"}, {actor.Supervisor, actor.CaseManager, "note.cosign"},
		{actor.CaseManager, actor.PrivacyOfficer, "glass.review"}, {actor.Administrator, actor.CaseManager, "client.read"},
		{actor.Administrator, actor.SecurityOfficer, "log.find"}, {actor.Administrator, actor.Auditor, "log.find"},
		{actor.PrivacyOfficer, actor.SecurityOfficer, ""},
	} {
		var got []string
		for _, d := range r.Meets(x.a, x.b) {
			got = append(got, d.Second)
		}
		if x.want != "" && !slices.Contains(got, x.want) || x.want == "" && slices.Contains(got, "note.cosign") {
			t.Errorf("%s and %s: %v", x.a, x.b, got)
		}
	}
}

func TestDuties(t *testing.T) {
	e, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rights.Check(e, rights.Duties()) {
		name := row.First + ", " + row.Second + " are kept apart by " + string(row.Apart)
		t.Run(name, func(t *testing.T) {
			if len(row.Broken) > 0 {
				t.Errorf("not in %v", row.Broken)
			}
			if row.Apart == rights.ByOwn && len(row.Rules) == 0 {
				t.Error("no rule says so")
			}
			if row.Why == "" || row.Cite == "" {
				t.Error("it does not say why")
			}
			// A pair of which nobody holds a part keeps nothing apart.
			first, second := false, false
			for _, h := range row.Roles {
				first, second = first || h.First, second || h.Second
			}
			if !first || !second {
				t.Errorf("somebody does the first: %v, the second: %v", first, second)
			}
		})
	}
	t.Run("a pair that a role holds is found", func(t *testing.T) {
		for _, d := range []rights.Duty{
			{First: "note.create", Second: "note.sign", Apart: rights.ByRole},
			{First: "note.create", Second: "note.sign", Apart: rights.ByOwn},
			{First: "agreement.create", Second: "agreement.sign", Apart: rights.ByRole},
		} {
			row := rights.Check(e, []rights.Duty{d})[0]
			if len(row.Broken) == 0 {
				t.Errorf("%s and %s are held apart by %s", d.First, d.Second, d.Apart)
			}
		}
	})
	t.Run("every action is one", func(t *testing.T) {
		for _, d := range rights.Duties() {
			for _, a := range []string{d.First, d.Second} {
				if !slices.Contains(policy.Actions(), a) {
					t.Errorf("%s is no action", a)
				}
			}
		}
	})
}

// worked makes an agency of 200 case managers who leave n entries, in the log's tree.
func worked(tb testing.TB, n int) (w *recordtest.World, dir *org.Directory, sequence func()) {
	tb.Helper()
	w = recordtest.Open(tb)
	dir = org.NewDirectory(w.Door, w.Service("authn"))
	if err := org.New(w.Door, dir).Found(ctx, w.Service("operator"), org.Agency{Name: "North Agency", TimeZone: "UTC"}); err != nil {
		tb.Fatal(err)
	}
	const each = 5_000
	for from := 0; from < n; from += each {
		es := make([]audit.Entry, min(each, n-from))
		for i := range es {
			k := from + i
			es[i] = audit.Entry{
				At: w.Clock.Now().Add(-time.Duration(k%170) * day), Action: []string{"chart.open", "note.create", "today.open"}[k%3], Outcome: audit.Allowed,
				Who: audit.Who{Worker: fmt.Sprintf("w%d", k%200), Role: "case_manager", Purpose: "treatment", Session: "s1"}, Rules: []string{"treating-worker-views", "treating-worker-writes"},
				Touched: []audit.Touch{{Kind: "client", ID: "0000000000000001", Subject: "0000000000000001", Version: 1, Classes: []string{"identity", "contact"}}, {Kind: "note", ID: "0000000000000002", Subject: "0000000000000001", Version: 2, Classes: []string{"note"}}},
			}
		}
		if err := w.Log.RecordAll(ctx, es); err != nil {
			tb.Fatal(err)
		}
	}
	sequence = func() {
		for {
			if _, err := w.Log.Sequence(ctx); err != nil {
				tb.Fatal(err)
			}
			if h, err := w.Log.Head(ctx); err != nil || h.Unsequenced == 0 {
				return
			}
		}
	}
	sequence()
	return w, dir, sequence
}

// TestCountedByAndBy has more in the log than is counted at a time.
func TestCountedByAndBy(t *testing.T) {
	w, dir, _ := worked(t, 10_000)
	who := w.As("sol", actor.SecurityOfficer)
	atOnce := rights.New(w.Door, w.Log, w.Policy, dir)
	byAndBy := rights.New(w.Door, w.Log, w.Policy, dir)
	for _, times := range []int{1, 2} {
		if err := byAndBy.Count(ctx); err != nil {
			t.Fatal(err)
		}
		want, err := atOnce.All(ctx, who, 90, actor.CaseManager)
		if err != nil {
			t.Fatal(err)
		}
		got, err := byAndBy.All(ctx, who, 90, actor.CaseManager)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("counted %d times, then looked at: %s", times, diff)
		}
	}
}

// BenchmarkCount counts a log, and looks again after one more entry.
func BenchmarkCount(b *testing.B) {
	const n = 100_000
	w, dir, sequence := worked(b, n)
	who := w.As("sol", actor.SecurityOfficer)
	w.Policy.Rights(actor.Intake)
	b.Run("from the beginning", func(b *testing.B) {
		for b.Loop() {
			if _, err := rights.New(w.Door, w.Log, w.Policy, dir).All(ctx, who, 90, ""); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
	})
	b.Run("again", func(b *testing.B) {
		r := rights.New(w.Door, w.Log, w.Policy, dir)
		if _, err := r.All(ctx, who, 90, ""); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if _, err := r.All(ctx, who, 90, ""); err != nil {
				b.Fatal(err)
			}
			sequence()
		}
	})
}
