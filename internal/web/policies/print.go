package policies

import (
	"strings"

	"caseward/internal/fault"
	"caseward/internal/paper"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// print is a version on paper, with what says which text it is: its number, its
// fingerprint, who approved it, and from when until when it is in force. It is read as the
// page is, and the log has the same entry of it.
func (p *Policies) print(r *site.Request) (site.Answer, error) {
	id, err := version(r)
	if err != nil {
		return site.Answer{}, err
	}
	file, err := p.open(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, ok := file.Find(id)
	if !ok {
		return site.Answer{}, fault.NotFoundf("policydoc_version.read")
	}
	fill, err := p.fill(r)
	if err != nil {
		return site.Answer{}, err
	}
	v, d := o.Value, file.Value
	text := p.Policies.Text(v)
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{v.Approver, d.Owner})
	if err != nil {
		return site.Answer{}, err
	}
	state := pages.PolicyState(r.Lang, v, r.Now)
	called := state
	if n := d.Number(id); n > 0 {
		called = r.T("Version %d", n)
	}
	owner := ui.RoleName(r.Lang, text.Owner)
	if n := names[d.Owner]; n != "" {
		owner += ", " + n
	}
	doc := paper.Doc{
		Title: v.Title, Lang: map[ui.Lang]string{ui.English: "en-US", ui.Spanish: "es-US"}[r.Lang], At: r.Now, Page: r.T("Page %s of %s"), Letter: true,
		Head:   []string{fill.Text["agency"], v.Title},
		Foot:   []string{called + " · SHA-256 " + v.Sum, r.T("Printed %s. Whether it still holds is in Caseward, at %s.", ui.DayYear(r.Lang, r.Now), "/policies/doc/"+d.Code)},
		Blocks: []paper.Block{{Heading: v.Title}},
	}
	if now, in := d.At(r.Now); !in || now.Version != id {
		doc.Blocks = append(doc.Blocks, paper.Block{Notice: state + ". " + r.T("This is not the version in force today.")})
	}
	facts := [][2]string{{r.T("State"), state}, {r.T("Version"), called}}
	fact := func(label, value string) { facts = append(facts, [2]string{label, value}) }
	if !v.From.IsZero() {
		fact(r.T("In force from"), ui.DayYear(r.Lang, v.From.In(r.Zone)))
	}
	if !v.Until.IsZero() {
		fact(r.T("Until"), ui.DayYear(r.Lang, v.Until.In(r.Zone)))
	}
	if v.Approver != "" {
		fact(r.T("Approved by"), names[v.Approver]+", "+ui.DayYear(r.Lang, v.ApprovedAt.In(r.Zone)))
	}
	fact(r.T("Owner"), owner)
	fact(r.T("For"), pages.PolicyAudience(r.Lang, text.Audience))
	fact(r.T("What it answers"), strings.Join(text.Standards, "; "))
	fact("SHA-256", v.Sum)
	doc.Blocks = append(append(doc.Blocks, paper.Block{Facts: facts}), text.Doc.Paper(fill)...)
	b, err := paper.PDF(doc)
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("application/pdf", "policy-"+d.Code+"-"+id.String()[:8]+".pdf", b), nil
}
