package account

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/staffsync"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// perRun is how many rows one request writes; shownRows how many a page shows.
const perRun, shownRows = 200, 500

var importFields = map[string]string{
	"mail": "Work email", "given": "First name", "family": "Last name", "title": "Job title", "role": "Role",
	"programs": "Programs", "supervisor": "Supervisor", "external": "Number in the other system",
}

func (a *Account) importForm(r *site.Request) (site.Answer, error) {
	if err := proven(r, administers, "staff.invite"); err != nil {
		return site.Answer{}, err
	}
	return site.Page(importView(pages.StaffImportPage{})), nil
}

func importView(p pages.StaffImportPage) site.View {
	return show("/staff/import", func(f ui.Frame) templ.Component { return pages.StaffImport(f, p) })
}

// uploaded is the file of a request: one that was chosen, or the one that the page before
// had in it.
func uploaded(r *site.Request) ([]byte, error) {
	unread := fault.InvalidFields("staff.import", fault.Field{Name: "file", Message: "The file could not be read. Try again."})
	if kept := r.FormValue("kept"); kept != "" {
		z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(kept)))
		if err != nil {
			return nil, unread
		}
		body, err := io.ReadAll(io.LimitReader(z, staffsync.MaxBytes+1))
		if err != nil {
			return nil, unread
		}
		return body, nil
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return nil, fault.InvalidFields("staff.import", fault.Field{Name: "file", Message: "Choose a file."})
	}
	defer func() { _ = file.Close() }()
	body, err := io.ReadAll(io.LimitReader(file, staffsync.MaxBytes+1))
	if err != nil {
		return nil, unread
	}
	return body, nil
}

// kept is a file as the page carries it to the next step: nothing of it is stored here.
func kept(body []byte) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(body)
	_ = z.Close()
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

func options(r *site.Request) staffsync.Options {
	return staffsync.Options{EndMissing: r.Value("missing") == "end"}
}

func (a *Account) importPlan(r *site.Request) (site.Answer, error) {
	body, err := uploaded(r)
	if err == nil {
		var plan staffsync.Plan
		if plan, err = a.cfg.Staff.Plan(r.Ctx(), r.Who, body, options(r)); err == nil {
			return site.Page(importView(planned(r, plan, body))), nil
		}
	}
	fields := fault.FieldsOf(err)
	if len(fields) == 0 {
		return site.Answer{}, err
	}
	return site.Page(importView(pages.StaffImportPage{Form: r.Posted(err)})).Status(http.StatusUnprocessableEntity), nil
}

// planned is the page that says what would come of a file.
func planned(r *site.Request, plan staffsync.Plan, body []byte) pages.StaffImportPage {
	p := importPage(r, plan, nil)
	p.Step, p.Hash, p.Kept, p.Todo = pages.ImportPlanned, plan.Hash, kept(body), plan.Todo()
	if plan.Blocked != "" {
		p.Blocked, p.Todo = r.T(plan.Blocked), 0
	}
	return p
}

func importPage(r *site.Request, plan staffsync.Plan, links map[string]string) pages.StaffImportPage {
	p := pages.StaffImportPage{
		Missing: r.Value("missing") == "end", Ignored: strings.Join(plan.Ignored, ", "),
		Invite: plan.Count(staffsync.Invite), Change: plan.Count(staffsync.Change), End: plan.Count(staffsync.End), Same: plan.Count(staffsync.Same), Refused: plan.Count(staffsync.Refused),
	}
	for _, act := range []staffsync.Act{staffsync.Refused, staffsync.End, staffsync.Invite, staffsync.Change} {
		for _, x := range plan.Rows {
			if x.Act != act {
				continue
			}
			if len(p.Rows) == shownRows && links[x.Worker] == "" {
				p.More++
				continue
			}
			row := pages.StaffImportRow{Line: x.Line, Act: string(x.Act), Name: ui.Show(x.Name), Email: ui.Show(x.Mail), Worker: x.Worker, Link: links[x.Worker]}
			for _, d := range x.Diffs {
				from, to := ui.Show(d.From), ui.Show(d.To)
				if d.Field == "role" {
					from, to = ui.RoleName(r.Lang, actor.Role(from)), ui.RoleName(r.Lang, actor.Role(to))
				}
				if act == staffsync.Invite && (d.Field == "mail" || d.Field == "given" || d.Field == "family") {
					continue // the row begins with them
				}
				row.Diffs = append(row.Diffs, pages.StaffDiff{Field: r.T(importFields[d.Field]), From: from, To: to})
			}
			for _, s := range x.Why {
				row.Why = append(row.Why, r.T(s))
			}
			p.Rows = append(p.Rows, row)
		}
	}
	return p
}

// importApply does what was shown, so many rows of it, and shows the links of who was
// invited, this once.
func (a *Account) importApply(r *site.Request) (site.Answer, error) {
	body, err := uploaded(r)
	if err != nil {
		return site.Page(importView(pages.StaffImportPage{Form: r.Posted(err)})).Status(http.StatusUnprocessableEntity), nil
	}
	links := map[string]string{}
	out, err := a.cfg.Staff.Apply(r.Ctx(), r.Who, body, options(r), r.Value("hash"), perRun, func(x staffsync.Row) error {
		if x.Act != staffsync.Invite {
			return nil
		}
		token, err := a.authn.Invite(r.Ctx(), r.Who, x.Worker)
		if err == nil {
			links[x.Worker] = a.cfg.Origin + enrolPath(token)
		}
		return err
	})
	switch fields := fault.FieldsOf(err); {
	case err != nil && out.Hash == "" && len(fields) == 0, err != nil && out.Done == 0 && !fault.Is(err, fault.Conflict) && len(fields) == 0:
		return site.Answer{}, err
	case out.Hash == "":
		return site.Page(importView(pages.StaffImportPage{Form: r.Posted(err)})).Status(http.StatusUnprocessableEntity), nil
	case out.Hash != r.Value("hash"):
		p := planned(r, out.Plan, body)
		p.Notice = r.T(staffsync.Stale)
		return site.Page(importView(p)).Status(http.StatusConflict), nil
	case out.Blocked != "":
		return site.Page(importView(planned(r, out.Plan, body))).Status(http.StatusUnprocessableEntity), nil
	}
	out.Rows = slices.DeleteFunc(out.Rows, func(x staffsync.Row) bool { return !x.Done && x.Act != staffsync.Refused })
	p := importPage(r, out.Plan, links)
	p.Step = pages.ImportDone
	if p.Left = out.Left; p.Left > 0 {
		p.Kept = kept(body)
	}
	if err != nil {
		// What was done stays, and its links must be seen.
		p.Notice = r.T("The run broke off. What stands here was done; go on with the rest.")
	}
	return site.Page(importView(p)).Because(err), nil
}

func (a *Account) exportStaff(r *site.Request) (site.Answer, error) {
	b, err := a.cfg.Staff.Export(r.Ctx(), r.Who)
	return site.File("text/csv; charset=utf-8", "staff.csv", b), err
}
