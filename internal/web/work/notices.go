package work

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/notice"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (w *Work) notices(r *site.Request) (site.Answer, error) {
	all := r.Value("view") == "all"
	got, err := w.Notices.Mine(r.Ctx(), r.Who, w.Clients, all, r.Value("after"))
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range got.Rows {
		ids = append(ids, o.Value.By, o.Value.Whom)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.NoticesPage{All: all, Views: []ui.Tab{
		{Text: r.T("Not seen"), URL: "/notices", Count: int(got.Unread), Current: !all},
		{Text: r.T("All"), URL: "/notices?view=all", Current: all},
	}}
	for _, o := range got.Rows {
		n := o.Value
		x := pages.NoticeRow{ID: o.ID.String(), What: noticeSays(r, n, names[n.Whom]), Agency: o.Subject.IsZero(), By: names[n.By], At: n.At.In(r.Zone), Seen: !n.SeenAt.IsZero()}
		x.Client, _ = listed(o.Subject, got.Clients)
		p.Rows = append(p.Rows, x)
	}
	// From an older page on, "all" would leave out what stands before it.
	p.MayAll, p.Rest = !all && r.Value("after") == "", got.Next
	if got.Next != "" {
		p.Older = "/notices?after=" + got.Next
		if all {
			p.Older += "&view=all"
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.Notices(f, p) })
}

// noticeSays is a notice in a sentence. What ends at a moment ends, in words, on the
// last day before it.
func noticeSays(r *site.Request, n notice.Notice, whom string) string {
	about := pages.NoticeAbout{Whom: whom}
	if !n.From.IsZero() {
		about.From = n.From.In(r.Zone)
	}
	if !n.Until.IsZero() {
		about.Until = n.Until.Add(-time.Microsecond).In(r.Zone)
	}
	return pages.NoticeSays(r.Lang, n.What, about)
}

// seeNotices marks one notice as seen or, if all are meant, those that stood on the
// page and those that came after them in the list; none that came since.
func (w *Work) seeNotices(r *site.Request) (site.Answer, error) {
	var ids []notice.ID
	for _, s := range r.Values("id") {
		id, err := record.ParseID[notice.Notice](s)
		if err != nil {
			return site.Answer{}, err
		}
		ids = append(ids, id)
	}
	var err error
	if r.Value("all") == "yes" {
		err = w.Notices.SeeAll(r.Ctx(), r.Who, ids, r.Value("rest"))
	} else {
		err = w.Notices.See(r.Ctx(), r.Who, ids...)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/notices").Saying(ui.Good, "Marked as seen."), nil
}

// openNotice goes to what a notice tells of; it was seen then.
func (w *Work) openNotice(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[notice.Notice](r.PathValue("notice"))
	if err != nil {
		return site.Answer{}, err
	}
	path, err := w.Notices.Open(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(path), nil
}
