package assessment

import (
	"context"
	"embed"
	"slices"
	"sort"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

//go:embed instruments/*.json
var files embed.FS

// Instrument is something to assess with.
type Instrument struct {
	Code          string        `class:"program" doc:"What the instrument is called in paths and in assessments, as phq-9."`
	Title         string        `class:"program" doc:"What it is called on screens, in short."`
	Questionnaire Questionnaire `class:"program" doc:"What it asks, as imported."`
	Programs      []string      `class:"program" doc:"The programs that use it; none: every program."`
	Retired       bool          `class:"program" doc:"Whether nobody is assessed with it any more."`
	Replaces      InstrumentID  `class:"program" doc:"The instrument of the same code that it took the place of."`
	ImportedAt    time.Time     `class:"program" doc:"When it was imported."`
	ImportedBy    string        `class:"program" doc:"Id of the worker who imported it."`
}

// InstrumentID is the opaque id of an instrument that was imported.
type InstrumentID = record.ID[Instrument]

// The states of an instrument, as the label says them.
const (
	InUse   = "in_use"
	Retired = "retired"
)

// InstrumentKind keeps instruments that were imported.
var InstrumentKind = record.Define(record.Kind[Instrument]{
	Name:      "instrument",
	Doc:       "A questionnaire to assess clients with, imported by the agency.",
	Retention: "program",
	Labels: func(i Instrument) record.Labels {
		l := record.Labels{State: InUse, Tag: i.Code, At: i.ImportedAt}
		if i.Retired {
			l.State = Retired
		}
		return l
	},
})

// Known is an instrument that can be used, shipped or imported.
type Known struct {
	Instrument
	ID      InstrumentID // zero for one that comes with Caseward
	Edition string       // of one that comes with Caseward
}

// shipped are the instruments that come with Caseward, each edition that ever
// did: an assessment is read with the one it was taken with.
var shipped = func() []Known {
	var out []Known
	for _, code := range []string{PHQ9, GAD7, HVS, Social} {
		b, err := files.ReadFile("instruments/" + code + ".json")
		if err != nil {
			panic(err)
		}
		q, err := Parse(b)
		if err != nil {
			panic("assessment: " + code + " does not parse")
		}
		p, _ := ProfileOf(code)
		out = append(out, Known{Instrument: Instrument{Code: code, Title: p.Title, Questionnaire: q}, Edition: q.Version})
	}
	return out
}()

// WantInstruments asks a view for the instruments that were imported, retired
// ones too: older assessments are read with them.
func (as *Assessments) WantInstruments(v *record.View) *record.List[Instrument] {
	return as.instruments.WantAll(v, record.Query{Limit: 500})
}

// Catalogue is every instrument by now: those shipped, and those imported.
type Catalogue []Known

// CatalogueOf joins the shipped instruments with the imported ones of a list.
func CatalogueOf(l *record.List[Instrument]) Catalogue {
	out := append(Catalogue(nil), shipped...)
	for _, o := range l.Rows {
		if o.Withheld == 0 {
			out = append(out, Known{Instrument: o.Value, ID: o.ID})
		}
	}
	return out
}

// InUse are the instruments that a client of these programs can be assessed
// with now, by title.
func (c Catalogue) InUse(programs []string) []Known {
	var out []Known
	for _, k := range c {
		fits := len(k.Programs) == 0 || slices.ContainsFunc(k.Programs, func(p string) bool { return slices.Contains(programs, p) })
		if !k.Retired && fits {
			out = append(out, k)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Title < out[j].Title })
	return out
}

// Current is the instrument in use with a code: an imported one before a shipped
// one.
func (c Catalogue) Current(code string) (Known, bool) {
	var out Known
	found := false
	for _, k := range c {
		if k.Code == code && !k.Retired {
			out, found = k, true
		}
	}
	return out, found
}

// Of is the instrument an assessment was taken with.
func (c Catalogue) Of(a Assessment) (Known, bool) {
	for _, k := range c {
		if k.Code == a.Instrument && k.ID == a.Definition && k.Edition == a.Edition {
			return k, true
		}
	}
	return Known{}, false
}

// Import takes an instrument in from a FHIR R4 Questionnaire. One that is known
// by its questions gets its code and its scoring; another gets a code of its
// own. An imported one of the same code is retired by it. Errors: Invalid with
// the field "file", Denied.
func (as *Assessments) Import(ctx context.Context, who actor.Actor, file []byte, programs []string) (InstrumentID, Known, error) {
	const op = "instrument.create"
	q, err := Parse(file)
	if err != nil {
		return InstrumentID{}, Known{}, err
	}
	in := Instrument{Questionnaire: q, Title: q.Title.En, Code: slug(or(q.URL, q.Title.En)), Programs: programs, ImportedAt: as.door.Clock().Now(), ImportedBy: who.Worker()}
	if p, ok := Recognise(q); ok {
		in.Code, in.Title = p.Code, p.Title
	} else if _, taken := ProfileOf(in.Code); taken {
		return InstrumentID{}, Known{}, unfit("The questionnaire has the name of a known one, but does not ask its questions by their LOINC codes. Give it another title and address.")
	}
	if in.Code == "" {
		return InstrumentID{}, Known{}, unfit("The questionnaire has no title.")
	}
	v := as.door.View(who, "instrument.find")
	l := as.WantInstruments(v)
	if err := v.Open(ctx); err != nil {
		return InstrumentID{}, Known{}, err
	}
	w := as.door.Work(who, op)
	for _, o := range l.Rows {
		if o.Value.Code == in.Code && !o.Value.Retired {
			in.Replaces = o.ID
			as.instruments.Change(w, "retire", o.ID, o.Version, func(i *Instrument) error { i.Retired = true; return nil })
		}
	}
	id := as.instruments.Create(w, record.Subject{}, in)
	return id, Known{Instrument: in, ID: id}, w.Commit(ctx)
}

// Retire takes an imported instrument out of use; assessments taken with it
// stay as they are.
func (as *Assessments) Retire(ctx context.Context, who actor.Actor, id InstrumentID) error {
	w := as.door.Work(who, "instrument.retire")
	as.instruments.Change(w, "retire", id, 0, func(i *Instrument) error {
		if i.Retired {
			return fault.Conflictf("instrument.retire", "the instrument is out of use already")
		}
		i.Retired = true
		return nil
	})
	return w.Commit(ctx)
}

// slug makes a code of the last part of a URL, or of a title.
func slug(s string) string {
	for len(s) > 0 && s[len(s)-1] == '/' {
		s = s[:len(s)-1]
	}
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '/' {
			s = s[i+1:]
			break
		}
	}
	var b []byte
	for i := 0; i < len(s) && len(b) < 60; i++ {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z':
			b = append(b, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b = append(b, c)
		case len(b) > 0 && b[len(b)-1] != '-':
			b = append(b, '-')
		}
	}
	for len(b) > 0 && b[len(b)-1] == '-' {
		b = b[:len(b)-1]
	}
	return string(b)
}
