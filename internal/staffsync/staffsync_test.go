package staffsync_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
	"caseward/internal/staffsync"
)

var ctx = context.Background()

// accounts are ways in that are closed as they are asked.
type accounts struct{ closed int }

func (a *accounts) Terminate(context.Context, actor.Actor, string) error { a.closed++; return nil }
func (a *accounts) Prove(context.Context, actor.Actor, string) (bool, time.Time, error) {
	return true, time.Time{}, nil
}

type house struct {
	*recordtest.World
	t                              testing.TB
	org                            *org.Org
	sync                           *staffsync.Sync
	accounts                       *accounts
	kept                           map[string]string
	admin, second, boss, cleo, dee org.ID
}

func open(t testing.TB, w *recordtest.World) *house {
	t.Helper()
	h := &house{World: w, t: t, accounts: &accounts{}, kept: map[string]string{}}
	h.org = org.New(w.Door, org.NewDirectory(w.Door, w.Service("authn")))
	h.org.Accounts(h.accounts)
	h.sync = staffsync.New(w.Door, h.org, func(context.Context) (map[string]string, error) { return h.kept, nil })
	if err := h.org.Found(ctx, w.Service("operator"), org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing First"}, {Code: "health", Name: "Health"}}}); err != nil {
		t.Fatal(err)
	}
	hire := func(given string, role actor.Role, boss string) org.ID {
		id, err := h.org.Invite(ctx, w.Service("operator"), org.Invitation{
			Given: phi.NewText(given), Family: phi.NewText("Example"), Mail: phi.NewText(strings.ToLower(given) + "@example.org"), Role: role, Supervisor: boss, Programs: []string{"housing"}, External: phi.NewText("E-" + given),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.org.Activate(ctx, w.Service("authn"), id); err != nil {
			t.Fatal(err)
		}
		return id
	}
	h.admin, h.second = hire("Ada", actor.Administrator, ""), hire("Bea", actor.Administrator, "")
	h.boss = hire("Sam", actor.Supervisor, "")
	h.cleo, h.dee = hire("Cleo", actor.CaseManager, h.boss.String()), hire("Dee", actor.CaseManager, h.boss.String())
	return h
}

func (h *house) who() actor.Actor { return h.Proved(h.admin.String(), actor.Administrator) }

func (h *house) plan(file string, o staffsync.Options) staffsync.Plan {
	h.t.Helper()
	p, err := h.sync.Plan(ctx, h.who(), []byte(file), o)
	if err != nil {
		h.t.Fatal(err, fault.FieldsOf(err))
	}
	return p
}

func (h *house) apply(file string, o staffsync.Options) staffsync.Result {
	h.t.Helper()
	out, err := h.sync.Apply(ctx, h.who(), []byte(file), o, h.plan(file, o).Hash, 0, func(staffsync.Row) error { return nil })
	if err != nil {
		h.t.Fatal(err, fault.FieldsOf(err))
	}
	return out
}

func (h *house) of(id org.ID) org.Staff {
	h.t.Helper()
	o, err := h.org.Read(ctx, h.who(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return o.Value
}

// says is what a plan comes to, in a line.
func says(p staffsync.Plan) string {
	var out []string
	for _, r := range p.Rows {
		s := fmt.Sprintf("%d %s", r.Line, r.Act)
		for _, d := range r.Diffs {
			if r.Act == staffsync.Change {
				s += fmt.Sprintf(" %s=%s>%s", d.Field, d.From.Disclose(), d.To.Disclose())
			}
		}
		if r.Act == staffsync.Refused {
			s += " " + strings.Join(r.Why, " ")
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func TestAPlanSaysWhatWouldComeOfEveryRow(t *testing.T) {
	h := open(t, recordtest.Open(t))
	for _, c := range []struct{ name, file, want string }{
		{"headers in Spanish, semicolons, a mark of the encoding, lines of Windows", "\ufeffCorreo electrónico;Nombre;Apellido;Rol;Programas;Supervisor\r\nnoor@example.org;Noor;\"Tavi; Ruiz\";Gestora de casos;Housing First|health;SAM@example.org\r\n", "2 invite"},
		{"tabs", "mail\tgiven\trole\nnoor@example.org\tNoor\tcase manager\n", "2 invite"},
		{"who is so already", "mail,given\nCLEO@example.org,Cleo\n", "2 same"},
		{"what is another, old and new", "mail,title,role,programs\ncleo@example.org,Lead,Supervisor,health\n", "2 change title=>Lead role=case_manager>supervisor programs=housing>health"},
		{"an address that changed, known by the external id", "external id,mail\nE-Cleo,cleo.new@example.org\n", "2 change mail=cleo@example.org>cleo.new@example.org"},
		{"an empty cell takes the supervisor away, and no name", "mail,given,supervisor\ncleo@example.org,,\n", "2 change supervisor=sam@example.org>"},
		{"a supervisor who is in the file below", "mail,given,role,supervisor\na1@example.org,A,case_manager,b1@example.org\nb1@example.org,B,supervisor,\n", "2 invite\n3 invite"},
		{"a supervisor whose row is not taken", "mail,given,role,supervisor\na1@example.org,A,case_manager,b1@example.org\nb1@example.org,B,king,\n", "2 refused The row of their supervisor is not taken.\n3 refused Choose one of the roles."},
		{"two who wait for each other", "mail,given,role,supervisor\na1@example.org,A,supervisor,b1@example.org\nb1@example.org,B,supervisor,a1@example.org\n", "2 refused The row of their supervisor is not taken.\n3 refused The row of their supervisor is not taken."},
		{"a supervisor who leaves in the same file", "mail,supervisor,status\ncleo@example.org,sam@example.org,active\nsam@example.org,,ended\n", "2 refused Choose somebody else who works here.\n3 end"},
		{"a supervisor who is none any more in the same file", "mail,supervisor,role\ncleo@example.org,sam@example.org,case_manager\nsam@example.org,,intake\n", "2 refused Choose a supervisor or a program manager.\n3 change role=supervisor>intake"},
		{"one's own supervisor", "mail,supervisor\nsam@example.org,sam@example.org\n", "2 refused Choose somebody else who works here."},
		{"ended by status", "mail,status\ncleo@example.org,terminated\n", "2 end"},
		{"ended by day, and the last day is a day of work", "mail,ended\ncleo@example.org,2020-02-29\ndee@example.org,2999-01-01\n", "2 end\n3 same"},
		{"ended and not", "mail,ended,status\ncleo@example.org,2020-02-29,active\n", "2 refused The status and the last day contradict each other."},
		{"a day and a status that are none", "mail,ended,status\ncleo@example.org,2021-02-29,\ndee@example.org,,resting\n", "2 refused Write days as 2026-01-31.\n3 refused Write the status as active or ended."},
		{"who has left and was never here", "mail,status\nghost@example.org,ended\n", "2 same"},
		{"the same person twice", "mail,external id,title\ncleo@example.org,,A\n,E-Cleo,B\nn@example.org,,\nn@example.org,,\n", "2 change title=>A\n3 refused An earlier row is about the same person.\n4 refused Give at least one name. Choose one of the roles.\n5 refused An earlier row is about the same person."},
		{"two people in one row", "mail,external id\ncleo@example.org,E-Dee\n", "2 refused The mail address and the external id belong to two people."},
		{"a comma that shifted a row", "mail,title,given\ncleo@example.org,Lead, Housing,Cleo\n", "2 refused The row has more cells than the header. A comma without quotes may have shifted it."},
		{"one's own role, and one's own title", "mail,role,title\nada@example.org,intake,\n", "2 refused Nobody changes their own role, programs or supervisor, or ends their own access."},
		{"one's own title", "mail,title\nada@example.org,Chief\n", "2 change title=>Chief"},
		{"one's own end", "mail,status\nada@example.org,ended\n", "2 refused Nobody changes their own role, programs or supervisor, or ends their own access."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := says(h.plan(c.file, staffsync.Options{})); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	for name, file := range map[string]string{
		"nothing": "", "no rows": "mail,given\n", "no column to know anybody by": "given,family\nA,B\n", "a column twice": "mail,email\na,b\n",
		"too large": strings.Repeat("x", staffsync.MaxBytes+1), "too many rows": "mail,given\n" + strings.Repeat("a@example.org,A\n", staffsync.MaxRows+1),
	} {
		if _, err := h.sync.Plan(ctx, h.who(), []byte(file), staffsync.Options{}); len(fault.FieldsOf(err)) != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatWasShownIsDoneAndNothingElse(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		file := "mail,given,family,title,role,programs,supervisor,status,external id\n" +
			"noor@example.org,Noor,Tavi,,case_manager,housing,lee@example.org,active,E-9\n" +
			"lee@example.org,Lee,Moss,,supervisor,,,active,E-8\n" +
			"cleo@example.org,Cleo,Example,Lead,case_manager,housing,lee@example.org,active,\n" +
			"dee@example.org,,,,,,,ended,\n" +
			"x@example.org,X,,,captain,,,active,\n"
		for name, who := range map[string]actor.Actor{
			"a case manager":                        h.Proved(h.cleo.String(), actor.CaseManager),
			"an administrator who did not prove it": h.As(h.admin.String(), actor.Administrator),
		} {
			if _, err := h.sync.Plan(ctx, who, []byte(file), staffsync.Options{}); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := h.sync.Export(ctx, who); !fault.Is(err, fault.Denied) {
				t.Errorf("%s writes the staff: %v", name, err)
			}
		}
		p := h.plan(file, staffsync.Options{})
		if p.Count(staffsync.Invite) != 2 || p.Count(staffsync.Change) != 1 || p.Count(staffsync.End) != 1 || p.Count(staffsync.Refused) != 1 {
			t.Fatal(says(p))
		}
		if s := h.of(h.dee); s.Status != org.Active {
			t.Error("a plan ended somebody's access")
		}
		// Somebody changes the staff between the two steps.
		title := phi.NewText("Senior")
		if err := h.org.Change(ctx, h.who(), h.boss, 0, org.Edit{Title: &title}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.sync.Apply(ctx, h.who(), []byte(file), staffsync.Options{}, p.Hash, 0, nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("a plan of before: %v", err)
		}
		p = h.plan(file, staffsync.Options{})
		if _, err := h.sync.Apply(ctx, h.who(), []byte(file+"\n"), staffsync.Options{}, p.Hash, 0, nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("another file: %v", err)
		}
		if _, err := h.sync.Apply(ctx, h.who(), []byte(file), staffsync.Options{EndMissing: true}, p.Hash, 0, nil); !fault.Is(err, fault.Conflict) {
			t.Errorf("another choice: %v", err)
		}
		// One row at a time, as far as it goes, is the same as all at once.
		var acts []string
		for left := 1; left > 0; {
			out, err := h.sync.Apply(ctx, h.who(), []byte(file), staffsync.Options{}, h.plan(file, staffsync.Options{}).Hash, 1, func(r staffsync.Row) error {
				if r.Worker == "" {
					t.Error("no id")
				}
				acts = append(acts, fmt.Sprint(r.Line, " ", r.Act))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			left = out.Left
		}
		if got := strings.Join(acts, ", "); got != "3 invite, 2 invite, 4 change, 5 end" {
			t.Error(got)
		}
		if s := h.of(h.dee); s.Status != org.Terminated || !s.Refused || h.accounts.closed != 1 {
			t.Errorf("who left: %+v, %d accounts closed", s.Status, h.accounts.closed)
		}
		lee, ok, err := h.org.ByExternal(ctx, "E-8")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if s := h.of(h.cleo); s.Supervisor != lee || s.Title.Disclose() != "Lead" || s.External.Disclose() != "E-Cleo" {
			t.Errorf("%s %s", s.Supervisor, s.Title.Disclose())
		}
		// The same file changes nothing any more, and what is written out comes back the same.
		if p := h.plan(file, staffsync.Options{}); p.Todo() != 0 {
			t.Error(says(p))
		}
		// A second role is written out, and no file changes it.
		if err := h.org.Decide(ctx, h.who(), h.cleo, org.Deciding{Role: actor.Intake, Statement: phi.NewText("Sam assigns whom Cleo registers.")}); err != nil {
			t.Fatal(err)
		}
		b, err := h.sync.Export(ctx, h.who())
		if err != nil {
			t.Fatal(err)
		}
		if s := string(b); !strings.HasPrefix(s[strings.Index(s, ",second_role"):], ",second_role\n") || strings.Count(s, ",intake\n") != 1 {
			t.Error(s)
		}
		if p := h.plan(string(b), staffsync.Options{EndMissing: true}); p.Todo() != 0 || p.Count(staffsync.Same) != p.Staff || p.Staff != 6 {
			t.Error(p.Staff, says(p))
		}
	})
}

func TestWhoIsMissingIsEndedOnlyWhenChosenAndWithinBounds(t *testing.T) {
	h := open(t, recordtest.Open(t))
	missing := staffsync.Options{EndMissing: true}
	all := "mail,given\nada@example.org,Ada\nbea@example.org,Bea\nsam@example.org,Sam\ncleo@example.org,Cleo\n"
	if got := says(h.plan(all, staffsync.Options{})); strings.Contains(got, "end") {
		t.Error(got)
	}
	if got := says(h.plan(all, missing)); !strings.HasSuffix(got, "0 end") {
		t.Error(got)
	}
	t.Run("a designated officer stays", func(t *testing.T) {
		h.kept[h.dee.String()] = "They are designated as an officer: end the designation first."
		defer clear(h.kept)
		if got := says(h.plan(all, missing)); !strings.HasSuffix(got, "0 refused They are designated as an officer: end the designation first.") {
			t.Error(got)
		}
	})
	t.Run("nobody is missing while a row does not say whom it is about", func(t *testing.T) {
		p := h.plan(all+"dee@,Dee\n", missing)
		if !strings.Contains(p.Blocked, "do not say whom") {
			t.Error(p.Blocked, says(p))
		}
		if _, err := h.sync.Apply(ctx, h.who(), []byte(all+"dee@,Dee\n"), missing, p.Hash, 0, nil); len(fault.FieldsOf(err)) != 1 {
			t.Error(err)
		}
		if p := h.plan(all+"dee@,Dee\n", staffsync.Options{}); p.Blocked != "" {
			t.Error(p.Blocked)
		}
		if p := h.plan(strings.Replace(all, "cleo@example.org,Cleo", "cleo@example.org,Cleo,x", 1), missing); p.Blocked != "" {
			t.Error("a row about somebody known blocks: ", p.Blocked)
		}
	})
	t.Run("more than a third is never ended at once", func(t *testing.T) {
		p := h.plan("mail,given\nada@example.org,Ada\nbea@example.org,Bea\nsam@example.org,Sam\n", missing)
		if !strings.Contains(p.Blocked, "more than a third") {
			t.Error(p.Blocked, says(p))
		}
	})
	t.Run("the last administrator stays, and whoever asks", func(t *testing.T) {
		op := h.Service("operator")
		p, err := h.sync.Plan(ctx, op, []byte("mail,status\nada@example.org,ended\nbea@example.org,ended\n"), staffsync.Options{})
		if err != nil || says(p) != "2 end\n3 refused They are the last administrator who works here." {
			t.Error(says(p), err)
		}
		p, err = h.sync.Plan(ctx, op, []byte("mail,role\nada@example.org,intake\nbea@example.org,intake\n"), staffsync.Options{})
		if err != nil || !strings.HasSuffix(says(p), "3 refused They are the last administrator who works here.") {
			t.Error(says(p), err)
		}
		if got := says(h.plan("mail,given\nbea@example.org,Bea\nsam@example.org,Sam\ncleo@example.org,Cleo\ndee@example.org,Dee\n", missing)); !strings.HasSuffix(got, "0 refused Nobody changes their own role, programs or supervisor, or ends their own access.") {
			t.Error(got)
		}
	})
	out := h.apply(all, missing)
	if out.Done != 1 || h.of(h.dee).Status != org.Terminated || h.of(h.cleo).Status != org.Active {
		t.Error(says(out.Plan))
	}
	// Whoever has left and is in the file as working is invited anew, and the plan says so.
	p := h.plan("mail,given,role\ndee@example.org,Dee,intake\n", staffsync.Options{})
	if p.Rows[0].Act != staffsync.Invite || len(p.Rows[0].Why) != 1 {
		t.Error(says(p))
	}
}

func TestTheLastDayEndsAtMidnightOfTheAgency(t *testing.T) {
	h := open(t, recordtest.Open(t))
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	today := h.Clock.Now().In(zone)
	file := "mail,ended\ncleo@example.org," + today.Format(time.DateOnly) + "\n"
	next := time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, zone)
	h.Clock.Advance(next.Sub(h.Clock.Now()) - time.Second)
	before := h.plan(file, staffsync.Options{})
	if says(before) != "2 same" {
		t.Error(says(before))
	}
	h.Clock.Advance(time.Second)
	if after := h.plan(file, staffsync.Options{}); says(after) != "2 end" || after.Hash == before.Hash {
		t.Error(says(after))
	}
}
