package fhir

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
)

// mapping is the version of the rules that turn resources into records: when
// they change, what was imported before is brought up to date by the next run.
const mapping = "caseward-fhir/1"

// mapped is one patient's records, as they are to be.
type mapped struct {
	client    person.Client
	notes     []note.Note
	documents []document.Document
	items     []clinical.Item
	plans     []plan.Plan
}

// print is the fingerprint of a record made of these resources.
func (im *Importer) print(raws ...[]byte) []byte {
	b := bytes.NewBufferString(mapping)
	for _, raw := range raws {
		b.WriteByte('\n')
		if json.Compact(b, raw) != nil {
			b.Write(raw)
		}
	}
	return im.clients.Fingerprint(phi.NewText(b.String()))
}

// group imports one patient: one transaction, one entry in the log.
func (im *Importer) group(ctx context.Context, who actor.Actor, in input, ix *indexed, g *group, opt Options, report *Report) error {
	m, err := im.mapGroup(in, ix, g, opt, report)
	if err != nil {
		return err
	}
	if opt.DryRun {
		return im.count(ctx, who, m, opt, report)
	}
	id, version, known, err := im.clients.Adopted(ctx, who, m.client.Source)
	if err != nil {
		return err
	}
	done := newReport()
	err = im.clients.Import(ctx, who, func(w *person.Work) (bool, error) {
		return im.fill(ctx, who, w, id, version, known, m, opt, &done)
	})
	if err == nil {
		report.add(done)
	}
	return err
}

// fill plans everything that is new or changed of one patient, and says whether
// there is anything.
func (im *Importer) fill(ctx context.Context, who actor.Actor, w *person.Work, id person.ID, version int64, known bool, m mapped, opt Options, done *Report) (bool, error) {
	have := &present{}
	work := false
	var err error
	if known {
		if have, err = im.present(ctx, who, id); err != nil {
			return false, err
		}
		if bytes.Equal(have.client, m.client.Source.Fingerprint) {
			done.ClientsUnchanged++
		} else {
			im.clients.Update(w, id, version, m.client)
			done.ClientsChanged++
			work = true
		}
	} else {
		if id, err = im.clients.Adopt(ctx, w, m.client); err != nil {
			return false, err
		}
		done.ClientsCreated++
		work = true
	}
	for _, n := range m.notes {
		if err := keep(done, "notes", &work, have.notes, n.Source, func() error { _, err := im.notes.Adopt(w, id, n); return err },
			func(o old[note.ID]) error { im.notes.Update(w, o.id, o.version, n); return nil }); err != nil {
			return false, err
		}
	}
	for _, d := range m.documents {
		if err := keep(done, "documents", &work, have.documents, d.Source, func() error { _, err := im.documents.Adopt(w, id, d); return err },
			func(o old[document.ID]) error { return im.documents.Update(ctx, who, w, id, o.id, o.version, d) }); err != nil {
			return false, err
		}
	}
	for _, i := range m.items {
		if err := keep(done, "clinical", &work, have.items, i.Source, func() error { _, err := im.items.Adopt(w, id, i); return err },
			func(o old[clinical.ID]) error { im.items.Update(w, o.id, o.version, i); return nil }); err != nil {
			return false, err
		}
	}
	for _, p := range m.plans {
		if err := keep(done, "plans", &work, have.plans, p.Source, func() error { _, err := im.plans.Adopt(w, id, p); return err },
			func(o old[plan.ID]) error { im.plans.Update(w, o.id, o.version, p); return nil }); err != nil {
			return false, err
		}
	}
	if !known && opt.Program != "" {
		if _, err := im.cases.OpenIn(ctx, who, w, id, casefile.Opening{Program: opt.Program, Level: opt.Level, Worker: opt.Assign}); err != nil {
			return false, err
		}
		done.count("cases", Count{Created: 1})
	}
	return work, nil
}

// count is what a dry run reports of a patient.
func (im *Importer) count(ctx context.Context, who actor.Actor, m mapped, opt Options, report *Report) error {
	_, _, known, err := im.clients.Adopted(ctx, who, m.client.Source)
	if err != nil {
		return err
	}
	if known {
		// What would change cannot be told without opening what is there.
		report.skip("Patient", "the client is here already; a dry run does not look at what would change", 1)
		return nil
	}
	report.ClientsCreated++
	report.count("notes", Count{Created: len(m.notes)})
	report.count("documents", Count{Created: len(m.documents)})
	report.count("clinical", Count{Created: len(m.items)})
	report.count("plans", Count{Created: len(m.plans)})
	if opt.Program != "" {
		report.count("cases", Count{Created: 1})
	}
	return nil
}

// old is a record imported before.
type old[ID any] struct {
	id      ID
	version int64
	print   []byte
}

// keep creates what is new and changes what has changed.
func keep[ID any](done *Report, kind string, work *bool, have map[string]old[ID], s person.Source, create func() error, change func(old[ID]) error) error {
	o, ok := have[s.Ext()]
	switch {
	case !ok:
		done.count(kind, Count{Created: 1})
		*work = true
		return create()
	case bytes.Equal(o.print, s.Fingerprint):
		done.count(kind, Count{Unchanged: 1})
		return nil
	}
	done.count(kind, Count{Changed: 1})
	*work = true
	return change(o)
}

// present is what was imported of a client before.
type present struct {
	client    []byte
	notes     map[string]old[note.ID]
	documents map[string]old[document.ID]
	items     map[string]old[clinical.ID]
	plans     map[string]old[plan.ID]
}

// present reads what was imported of a client before, to compare: as one read
// with one entry in the log, or a few where there is very much.
func (im *Importer) present(ctx context.Context, who actor.Actor, id person.ID) (*present, error) {
	p := &present{notes: map[string]old[note.ID]{}, documents: map[string]old[document.ID]{}, items: map[string]old[clinical.ID]{}, plans: map[string]old[plan.ID]{}}
	var client *person.Page
	var notes *note.Page
	var documents *document.Page
	var items *clinical.Page
	var plans *plan.Page
	want := func(v *person.View) {
		client = im.clients.WantAdopted(v, id)
		notes, documents = im.notes.WantImported(v, id, ""), im.documents.WantCards(v, id, "")
		items, plans = im.items.WantPage(v, id, ""), im.plans.WantPage(v, id, "")
	}
	for first := true; ; first = false {
		if err := im.clients.Imported(ctx, who, want); err != nil {
			return nil, err
		}
		if first {
			if len(client.Rows) == 0 {
				return nil, fault.NotFoundf("import.run")
			}
			p.client = client.Rows[0].Value.Source.Fingerprint
		}
		var more []func(*person.View)
		if notes != nil {
			for _, o := range notes.Rows {
				p.notes[o.Value.Source.Ext()] = old[note.ID]{o.ID, o.Version, o.Value.Source.Fingerprint}
			}
			next := notes.Next
			notes = nil
			if next != "" {
				more = append(more, func(v *person.View) { notes = im.notes.WantImported(v, id, next) })
			}
		}
		if documents != nil {
			for _, o := range documents.Rows {
				p.documents[o.Value.Source.Ext()] = old[document.ID]{o.ID, o.Version, o.Value.Source.Fingerprint}
			}
			next := documents.Next
			documents = nil
			if next != "" {
				more = append(more, func(v *person.View) { documents = im.documents.WantCards(v, id, next) })
			}
		}
		if items != nil {
			for _, o := range items.Rows {
				p.items[o.Value.Source.Ext()] = old[clinical.ID]{o.ID, o.Version, o.Value.Source.Fingerprint}
			}
			next := items.Next
			items = nil
			if next != "" {
				more = append(more, func(v *person.View) { items = im.items.WantPage(v, id, next) })
			}
		}
		if plans != nil {
			for _, o := range plans.Rows {
				p.plans[o.Value.Source.Ext()] = old[plan.ID]{o.ID, o.Version, o.Value.Source.Fingerprint}
			}
			next := plans.Next
			plans = nil
			if next != "" {
				more = append(more, func(v *person.View) { plans = im.plans.WantPage(v, id, next) })
			}
		}
		if len(more) == 0 {
			return p, nil
		}
		want = func(v *person.View) {
			for _, m := range more {
				m(v)
			}
		}
	}
}

// mapGroup reads a patient's entries again and maps them.
func (im *Importer) mapGroup(in input, ix *indexed, g *group, opt Options, report *Report) (m mapped, err error) {
	called := ix.called(in, map[int]string{})
	// names looks a reference up and remembers what it found, so that a change
	// of the thing referred to is a change of the record.
	var looked []byte
	names := func(r reference) string {
		w := called(r)
		looked = append(append(looked, w...), 0)
		return w
	}
	problem := func(f found, err error) error {
		var p *Problem
		if errors.As(err, &p) {
			return err
		}
		return &Problem{Offset: f.offset, Entry: f.number, Type: safe(f.typ), ID: safe(f.id), Message: err.Error()}
	}
	head := g.entries[0]
	raw, err := fetch(in, head)
	if err != nil {
		return m, err
	}
	if m.client, err = toClient(raw); err != nil {
		return m, problem(head, err)
	}
	var b base
	if err := read(raw, &b); err != nil {
		return m, problem(head, err)
	}
	if m.client.Source, err = origin(raw, b, head.full, opt.Source); err != nil {
		return m, problem(head, err)
	}
	m.client.Source.Fingerprint = im.print(raw)
	report.became("Patient", "clients")
	source := func(f found, raws ...[]byte) person.Source {
		return person.Source{System: m.client.Source.System, Type: f.typ, Ref: phi.NewText(m.client.Source.Ref.Disclose() + "/" + ref(f)), Fingerprint: im.print(append(raws, looked)...)}
	}
	type loose struct {
		f   found
		raw []byte
	}
	goals, teams := map[int]loose{}, map[int]loose{}
	var goalOrder, teamOrder, planOrder []loose
	for _, f := range g.entries[1:] {
		raw, err := fetch(in, f)
		if err != nil {
			return m, err
		}
		part2 := part2Of(raw)
		looked = nil
		switch f.typ {
		case "Encounter":
			n, err := toNote(raw, names)
			if err != nil {
				return m, problem(f, err)
			}
			if part2 {
				n.Protection = note.SUD
			}
			n.Source = source(f, raw)
			m.notes = append(m.notes, n)
		case "DocumentReference":
			d, err := toDocument(raw, names)
			if err != nil {
				return m, problem(f, err)
			}
			d.Part2, d.Source = part2, source(f, raw)
			m.documents = append(m.documents, d)
		case "Condition", "AllergyIntolerance", "MedicationRequest":
			i, err := toItem(f.typ, raw, names)
			if err != nil {
				return m, problem(f, err)
			}
			i.Part2, i.Source = part2, source(f, raw)
			m.items = append(m.items, i)
		case "Goal":
			goals[f.number] = loose{f, raw}
			goalOrder = append(goalOrder, loose{f, raw})
		case "CareTeam":
			teams[f.number] = loose{f, raw}
			teamOrder = append(teamOrder, loose{f, raw})
		case "CarePlan":
			planOrder = append(planOrder, loose{f, raw})
		}
		report.became(f.typ, kept[f.typ])
	}
	// Goals and teams go with the plan that refers to them.
	for _, l := range planOrder {
		looked = nil
		p, refs, err := toPlan(l.raw, names)
		if err != nil {
			return m, problem(l.f, err)
		}
		raws := [][]byte{l.raw}
		for _, r := range refs.Goal {
			if f, ok := ix.find(r.Reference); ok {
				if q, ok := goals[f.number]; ok {
					goal, err := toGoal(q.raw)
					if err != nil {
						return m, problem(q.f, err)
					}
					p.Goals, raws = append(p.Goals, goal), append(raws, q.raw)
					p.Part2 = p.Part2 || part2Of(q.raw)
					q.f.about = 1
					goals[f.number] = q
				}
			}
		}
		for _, r := range refs.CareTeam {
			if f, ok := ix.find(r.Reference); ok {
				if q, ok := teams[f.number]; ok {
					team, err := toTeam(q.raw, names)
					if err != nil {
						return m, problem(q.f, err)
					}
					p.Team, raws = append(p.Team, team...), append(raws, q.raw)
					p.Part2 = p.Part2 || part2Of(q.raw)
					q.f.about = 1
					teams[f.number] = q
				}
			}
		}
		p.Part2 = p.Part2 || part2Of(l.raw)
		p.Source = source(l.f, raws...)
		m.plans = append(m.plans, p)
	}
	// What no plan refers to is a plan of its own.
	for _, l := range goalOrder {
		if goals[l.f.number].f.about == 1 {
			continue
		}
		looked = nil
		goal, err := toGoal(l.raw)
		if err != nil {
			return m, problem(l.f, err)
		}
		status := goal.Status.Disclose()
		m.plans = append(m.plans, plan.Plan{
			Title: phi.NewText("Goal"), Status: goal.Status, Current: status == "active" || status == "accepted" || status == "planned" || status == "on-hold",
			From: goal.StartOn, Goals: []plan.Goal{goal}, Source: source(l.f, l.raw), Part2: part2Of(l.raw),
		})
	}
	for _, l := range teamOrder {
		if teams[l.f.number].f.about == 1 {
			continue
		}
		looked = nil
		team, err := toTeam(l.raw, names)
		if err != nil {
			return m, problem(l.f, err)
		}
		m.plans = append(m.plans, plan.Plan{Title: phi.NewText("Care team"), Current: true, Team: team, Source: source(l.f, l.raw), Part2: part2Of(l.raw)})
	}
	return m, nil
}

func part2Of(raw []byte) bool {
	var b base
	if read(raw, &b) != nil {
		return true // what cannot be read is not let out
	}
	part2, _ := protected(b)
	return part2
}

// ref is the identity of a resource among those of its patient.
func ref(f found) string {
	switch {
	case f.id != "":
		return f.typ + "/" + f.id
	case f.full != "":
		return f.full
	}
	return f.typ + "/" + string(encodeHash(f.hash))
}

func encodeHash(h [16]byte) []byte {
	const hex = "0123456789abcdef"
	out := make([]byte, 0, 32)
	for _, b := range h {
		out = append(out, hex[b>>4], hex[b&15])
	}
	return out
}
