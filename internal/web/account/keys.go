package account

import (
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

const keysAt = "/settings/keys"

// scimKeys lists the keys of systems that provision accounts.
func (a *Account) scimKeys(r *site.Request) (site.Answer, error) {
	if !administers(r.Who) {
		return site.Answer{}, fault.DeniedBy("scimkey.find") // a list of none would say that there is none
	}
	l, err := a.cfg.Keys.List(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range l {
		ids = append(ids, o.Value.MadeBy)
	}
	names, err := a.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	var rows []pages.KeyRow
	for _, o := range l {
		k := o.Value
		rows = append(rows, pages.KeyRow{
			ID: o.ID.String(), Name: k.Name, By: names[k.MadeBy], Made: r.InZone(k.MadeAt), Until: r.InZone(k.Until), Used: r.InZone(k.UsedAt),
			Revoked: r.InZone(k.RevokedAt), Live: k.RevokedAt.IsZero() && r.Now.Before(k.Until),
		})
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Keys(f, rows) }), nil
}

func (a *Account) keyForm(r *site.Request) (site.Answer, error) {
	if err := proven(r, administers, "scimkey.create"); err != nil {
		return site.Answer{}, err
	}
	return site.Page(keyView(ui.NewForm("days", "365"))), nil
}

func keyView(form ui.Form) site.View {
	return func(f ui.Frame) templ.Component { return pages.NewKey(f, form) }
}

// makeKey makes a key, and shows its secret this once.
func (a *Account) makeKey(r *site.Request) (site.Answer, error) {
	days, err := strconv.Atoi(r.Value("days"))
	if err != nil {
		days = 0 // refused with the words for it
	}
	secret, err := a.cfg.Keys.Make(r.Ctx(), r.Who, r.Value("name"), days)
	if fault.Is(err, fault.Invalid) {
		return site.Invalid(keyView(r.Posted(err))), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.MadeKeyPage{Name: r.Value("name"), Secret: secret, At: a.cfg.Origin + "/scim/v2", Until: r.Now.AddDate(0, 0, days)}
	return site.Page(func(f ui.Frame) templ.Component { return pages.MadeKey(f, page) }), nil
}

func (a *Account) revokeKey(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[org.ScimKey](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, fault.NotFoundf("scimkey.revoke")
	}
	err = a.cfg.Keys.Revoke(r.Ctx(), r.Who, id)
	if fault.Is(err, fault.Conflict) {
		return site.SeeOther(keysAt).Saying(ui.Note, "The key was revoked before."), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(keysAt).Saying(ui.Good, "The key is revoked. Whom it added or ended stays as they are."), nil
}

func (a *Account) keysBack(*site.Request) (site.Answer, error) { return site.SeeOther(keysAt), nil }
