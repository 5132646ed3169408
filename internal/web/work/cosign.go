package work

import (
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// noteRoutes are the pages about co-signing, phrases, and how a program's notes
// are kept.
func (w *Work) noteRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /cosign", Action: "note.await", Handle: w.coSignQueue},
		{Pattern: "POST /clients/{id}/notes/{note}/cosign", Action: "note.cosign", Handle: w.coSign},
		{Pattern: "POST /clients/{id}/notes/{note}/return", Action: "note.return", Handle: w.returnNote},
		{Pattern: "GET /clients/{id}/notes/{note}/versions", Action: "note.history", Handle: w.versions},

		{Pattern: "GET /phrases", Action: "phrase.find", Handle: w.phrases},
		{Pattern: "GET /phrases/new", Action: "phrase.create", Handle: w.newPhrase},
		{Pattern: "POST /phrases/new", Action: "phrase.create", Handle: w.addPhrase},
		{Pattern: "GET /phrases/{phrase}", Action: "phrase.change", Handle: w.editPhrase},
		{Pattern: "POST /phrases/{phrase}", Action: "phrase.change", Handle: w.savePhrase},

		{Pattern: "GET /settings/programs", Action: "agency.program", Handle: w.noteSettings},
		{Pattern: "GET /settings/programs/{program}", Action: "agency.program", Handle: w.editProgram},
		{Pattern: "POST /settings/programs/{program}", Action: "agency.program", Handle: w.saveProgram},
	}
}

func (w *Work) coSignQueue(r *site.Request) (site.Answer, error) {
	q, err := w.Notes.Queue(r.Ctx(), r.Who, w.Clients)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range append(append([]note.Opened{}, q.Awaiting.Rows...), q.Unsigned.Rows...) {
		ids = append(ids, o.Labels.Owner)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	client := func(of *record.Subjects[person.Client], s record.Subject) ui.Client {
		out := ui.Client{ID: s.String()}
		if c, ok := of.Of(s); ok {
			out.Name, out.Number = c.Value.ListName(), c.Value.Number
		}
		return out
	}
	p := pages.CoSignPage{Total: int(q.Awaiting.Total), Others: int(q.Unsigned.Total)}
	for _, o := range q.Awaiting.Rows {
		n := o.Value
		if n.IsAddendum() && n.Title.Empty() {
			n.Title = phi.NewText(r.T("Addendum"))
		}
		p.Rows = append(p.Rows, pages.CoSignRow{
			Client: client(q.Clients, o.Subject), Note: o.ID.String(), Title: n.Title, Type: typeOf[n.Type], Author: names[n.Author],
			Contact: n.At.In(r.Zone), Signed: n.SignedAt.In(r.Zone), Due: n.CoSignBy().In(r.Zone), Late: n.Late,
		})
	}
	for _, o := range q.Unsigned.Rows {
		p.Drafts = append(p.Drafts, pages.DraftRow{
			Client: client(q.Writers, o.Subject), Author: names[o.Labels.Owner], Contact: o.Labels.At.In(r.Zone), Due: o.Labels.Due.In(r.Zone),
		})
	}
	return page(func(f ui.Frame) templ.Component { return pages.CoSign(f, p) })
}

func (w *Work) coSign(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Notes.CoSign(r.Ctx(), r.Who, client, id, versionOf(r))
	if fault.Is(err, fault.Conflict) {
		return site.SeeOther("/clients/" + client.String() + "/notes/" + id.String()).Refusing("The note changed since you opened it. Read it again."), nil
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/cosign").Saying(ui.Good, "Note co-signed. Its author was told."), nil
}

func (w *Work) returnNote(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Notes.Return(r.Ctx(), r.Who, client, id, versionOf(r), written(r, "remarks"))
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		form := r.Posted(err)
		if fault.Is(err, fault.Conflict) {
			form.Fail("remarks", "The note changed since you opened it. Your remarks are kept below; nothing was returned.")
		}
		return w.noteWith(r, overtaken{form: form, spare: written(r, "remarks"), bad: true})
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/cosign").Saying(ui.Good, "Note returned. Its author was told and sees your remarks."), nil
}

// versions are all versions of a note, each decided for itself.
func (w *Work) versions(r *site.Request) (site.Answer, error) {
	_, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	all, err := w.Notes.History(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.VersionsPage{Chart: w.head(r, c), Note: id.String()}
	var ids []string
	for _, o := range all {
		if err := w.belongs(r, c.subject(), o.Subject, "note.history"); err != nil {
			return site.Answer{}, err
		}
		ids = append(ids, o.ChangedBy)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	for _, o := range all {
		x := item(r, o, 0, names)
		x.Author, x.SignedAt = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
		switch o.Labels.State {
		case note.Draft:
			x.State = pages.Draft
		case note.Awaiting:
			x.State = pages.Awaiting
		}
		x.Returned = o.Value.Status == note.Draft && o.Value.ReturnedAt.Equal(o.ChangedAt)
		if o.Shown == 0 {
			x.Hidden = ui.Hidden{Class: "note", Held: true}
		}
		p.Rows = append(p.Rows, x)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Versions(f, p) })
}

// text keeps a value of the agency's own settings in a form.
func text(s string) phi.Text { return phi.NewText(strings.TrimSpace(s)) }
