package assessment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"caseward/internal/fault"
)

// Words are what is asked, in the languages of the pages. Es is empty where the
// source has no Spanish.
type Words struct {
	En string `cbor:"en,omitzero"`
	Es string `cbor:"es,omitzero"`
}

// In is the words in a language, "es" or any other.
func (w Words) In(lang string) string {
	if lang == "es" && w.Es != "" {
		return w.Es
	}
	return w.En
}

// Type is the type of an item.
type Type string

// The types of item that are understood.
const (
	Group      Type = "group"
	Display    Type = "display"
	Choice     Type = "choice"
	OpenChoice Type = "open-choice"
	Boolean    Type = "boolean"
	Integer    Type = "integer"
	Decimal    Type = "decimal"
	String     Type = "string"
	LongText   Type = "text"
	Date       Type = "date"
)

func known(t Type) bool {
	switch t {
	case Group, Display, Choice, OpenChoice, Boolean, Integer, Decimal, String, LongText, Date:
		return true
	}
	return false
}

// Asks reports whether an item of this type takes an answer.
func (t Type) Asks() bool { return t != Group && t != Display }

// Questionnaire is what an instrument asks: the part of a FHIR R4 Questionnaire
// that a form can show.
type Questionnaire struct {
	Title     Words  `cbor:"title"`
	URL       string `cbor:"url,omitzero"`
	Version   string `cbor:"version,omitzero"`
	Copyright string `cbor:"copyright,omitzero"`
	Items     []Item `cbor:"items"`
}

// Item is a question, a heading or a sentence.
type Item struct {
	Link     string   `cbor:"link"`
	Name     string   `cbor:"name"` // of the form's field, which is the same in every edition that asks it
	Code     string   `cbor:"code,omitzero"`
	Type     Type     `cbor:"type"`
	Text     Words    `cbor:"text"`
	Help     Words    `cbor:"help,omitzero"`
	Required bool     `cbor:"required,omitzero"`
	Repeats  bool     `cbor:"repeats,omitzero"`
	Computed bool     `cbor:"computed,omitzero"` // a score: worked out, not asked
	Options  []Option `cbor:"options,omitempty"`
	When     []When   `cbor:"when,omitempty"`
	Any      bool     `cbor:"any,omitzero"` // one of When is enough
	Items    []Item   `cbor:"items,omitempty"`
}

// Option is an answer to choose.
type Option struct {
	Key    string `cbor:"key"` // the code, or o1, o2 where there is none
	Text   Words  `cbor:"text"`
	Scored bool   `cbor:"scored,omitzero"`
	Score  int    `cbor:"score,omitzero"`
}

// When is a condition under which an item is asked.
type When struct {
	Link string `cbor:"link"`
	Op   string `cbor:"op"`
	// Value is the answer to compare with, as it would be kept; "true" or
	// "false" for the operator exists.
	Value string `cbor:"value"`
}

// Bounds of a questionnaire.
const (
	MaxFile    = 512 << 10
	maxItems   = 300
	maxOptions = 200
	maxNesting = 5
	maxWords   = 4000
	maxObjects = 20_000 // in the file: each takes a hundred times its bytes while it is read
)

type rawExtension struct {
	URL     string          `json:"url"`
	Decimal *float64        `json:"valueDecimal"`
	Code    string          `json:"valueCode"`
	String  string          `json:"valueString"`
	Concept json.RawMessage `json:"valueCodeableConcept"`
	Within  []rawExtension  `json:"extension"`
}

type rawWords struct {
	Extension []rawExtension `json:"extension"`
}

type rawCoding struct {
	System    string         `json:"system"`
	Code      string         `json:"code"`
	Display   string         `json:"display"`
	Words     rawWords       `json:"_display"`
	Extension []rawExtension `json:"extension"`
}

type rawOption struct {
	Extension []rawExtension `json:"extension"`
	Coding    *rawCoding     `json:"valueCoding"`
	String    *string        `json:"valueString"`
	Integer   *int64         `json:"valueInteger"`
	Date      *string        `json:"valueDate"`
}

type rawWhen struct {
	Question string       `json:"question"`
	Operator string       `json:"operator"`
	Boolean  *bool        `json:"answerBoolean"`
	Decimal  *json.Number `json:"answerDecimal"`
	Integer  *json.Number `json:"answerInteger"`
	Date     *string      `json:"answerDate"`
	String   *string      `json:"answerString"`
	Coding   *rawCoding   `json:"answerCoding"`
}

type rawItem struct {
	Extension []rawExtension    `json:"extension"`
	Modifier  []json.RawMessage `json:"modifierExtension"`
	Link      string            `json:"linkId"`
	Code      []rawCoding       `json:"code"`
	Prefix    string            `json:"prefix"`
	Text      string            `json:"text"`
	Words     rawWords          `json:"_text"`
	Type      Type              `json:"type"`
	When      []rawWhen         `json:"enableWhen"`
	Behavior  string            `json:"enableBehavior"`
	Required  bool              `json:"required"`
	Repeats   bool              `json:"repeats"`
	ReadOnly  bool              `json:"readOnly"`
	ValueSet  string            `json:"answerValueSet"`
	Options   []rawOption       `json:"answerOption"`
	Items     []rawItem         `json:"item"`
}

type rawConcept struct {
	Code      string         `json:"code"`
	Display   string         `json:"display"`
	Words     rawWords       `json:"_display"`
	Extension []rawExtension `json:"extension"`
}

type rawSet struct {
	Type    string `json:"resourceType"`
	ID      string `json:"id"`
	URL     string `json:"url"`
	Compose struct {
		Include []struct {
			Concept []rawConcept `json:"concept"`
		} `json:"include"`
	} `json:"compose"`
	Expansion struct {
		Contains []rawConcept `json:"contains"`
	} `json:"expansion"`
}

type rawQuestionnaire struct {
	Type      string            `json:"resourceType"`
	Modifier  []json.RawMessage `json:"modifierExtension"`
	URL       string            `json:"url"`
	Version   string            `json:"version"`
	Title     string            `json:"title"`
	Words     rawWords          `json:"_title"`
	Name      string            `json:"name"`
	Copyright string            `json:"copyright"`
	Contained []rawSet          `json:"contained"`
	Items     []rawItem         `json:"item"`
}

const (
	ordinalURL     = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
	itemWeightURL  = "http://hl7.org/fhir/StructureDefinition/itemWeight"
	translationURL = "http://hl7.org/fhir/StructureDefinition/translation"
	calculatedURL  = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression"
	cqfURL         = "http://hl7.org/fhir/StructureDefinition/cqf-expression"
	controlURL     = "http://hl7.org/fhir/StructureDefinition/questionnaire-itemControl"
)

// sets are the answer lists of LOINC that instruments refer to and do not
// contain.
var sets = map[string][]rawConcept{
	"http://loinc.org/vs/LL358-3": {
		{Code: "LA6568-5", Display: "Not at all", Extension: ordinal(0)},
		{Code: "LA6569-3", Display: "Several days", Extension: ordinal(1)},
		{Code: "LA6570-1", Display: "More than half the days", Extension: ordinal(2)},
		{Code: "LA6571-9", Display: "Nearly every day", Extension: ordinal(3)},
	},
}

func ordinal(v float64) []rawExtension { return []rawExtension{{URL: ordinalURL, Decimal: &v}} }

// unfit says why a questionnaire cannot be shown, in words for whoever imports
// it. Its item is named by its link, which is no client's.
func unfit(message string) error {
	return fault.InvalidFields("instrument.create", fault.Field{Name: "file", Message: message})
}

// Parse reads a FHIR R4 Questionnaire. What a form cannot show, it refuses:
// dropping a question would change what a score means. Errors: Invalid with the
// field "file".
func Parse(b []byte) (Questionnaire, error) {
	var none Questionnaire
	if len(b) > MaxFile {
		return none, unfit("The file is larger than 512 KB.")
	}
	if bytes.Count(b, []byte("{")) > maxObjects {
		return none, unfit("The file has more parts than a questionnaire has.")
	}
	var raw rawQuestionnaire
	if !utf8.Valid(b) || json.Unmarshal(b, &raw) != nil {
		return none, unfit("The file is not a FHIR Questionnaire in JSON.")
	}
	if raw.Type != "Questionnaire" {
		return none, unfit("The file is not a FHIR Questionnaire in JSON.")
	}
	if len(raw.Modifier) > 0 {
		return none, unfit("The questionnaire has extensions that change its meaning, and these are not understood.")
	}
	p := parser{sets: map[string][]rawConcept{}, links: map[string]bool{}}
	for _, c := range raw.Contained {
		if c.Type != "ValueSet" || c.ID == "" {
			continue
		}
		all := c.Expansion.Contains
		if len(all) == 0 {
			for _, in := range c.Compose.Include {
				all = append(all, in.Concept...)
			}
		}
		p.sets["#"+c.ID] = all
	}
	q := Questionnaire{URL: clip(raw.URL), Version: clip(raw.Version), Copyright: clip(raw.Copyright), Title: words(raw.Title, raw.Words)}
	if q.Title.En == "" {
		q.Title.En = clip(raw.Name)
	}
	if q.Title.En == "" {
		return none, unfit("The questionnaire has no title.")
	}
	var err error
	if q.Items, err = p.items(raw.Items, 0); err != nil {
		return none, err
	}
	if p.asks == 0 {
		return none, unfit("The questionnaire asks nothing.")
	}
	if p, ok := Recognise(q); ok {
		q.Items = computed(q.Items, p.Computed)
		if len(p.Bands) > 0 && !counted(q.Items, p.Items) {
			return none, unfit("The questionnaire asks the questions of a known one, but its answers do not count from 0 to 3 as that one's do.")
		}
	}
	return q, q.check()
}

// frequencies are the answers of LOINC's list LL358-3, by what each counts for in
// the instruments that are sums.
var frequencies = map[string]int{"LA6568-5": 0, "LA6569-3": 1, "LA6570-1": 2, "LA6571-9": 3}

// counted reports whether each question that counts has four answers, of which one
// is chosen, that count from 0 to 3: then the sum is the authors' score. Where the
// file says no values, those of the answers' codes are filled in.
func counted(items []Item, codes []string) bool {
	all := true
	for i := range items {
		it := &items[i]
		if it.Type.Asks() && !it.Computed && slices.Contains(codes, it.Code) {
			seen := 0
			for n := range it.Options {
				o := &it.Options[n]
				if v, known := frequencies[o.Key]; known && !o.Scored {
					o.Scored, o.Score = true, v
				}
				if o.Scored && o.Score >= 0 && o.Score < 4 {
					seen |= 1 << o.Score
				}
			}
			all = all && it.Type == Choice && !it.Repeats && len(it.Options) == 4 && seen == 1<<4-1
		}
		all = counted(it.Items, codes) && all
	}
	return all
}

// computed marks the questions that repeat the score of a known instrument: they
// are worked out, whether or not the file says so.
func computed(items []Item, codes []string) []Item {
	for i := range items {
		items[i].Computed = items[i].Computed || items[i].Type.Asks() && slices.Contains(codes, items[i].Code)
		items[i].Items = computed(items[i].Items, codes)
	}
	return items
}

// fieldName is the name of a question's field in a form and a draft, made from its
// link id alone: what was typed into one edition stays with its question in the
// next.
func fieldName(link string) string {
	for _, c := range []byte(link) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '-' && c != '_' && c != '.' || len(link) > 40 {
			h := sha256.Sum256([]byte(link))
			return "q~" + hex.EncodeToString(h[:8])
		}
	}
	return "q-" + link
}

// IsField reports whether name is that of a field of some questionnaire.
func IsField(name string) bool {
	return strings.HasPrefix(name, "q-") || strings.HasPrefix(name, "q~")
}

type parser struct {
	sets  map[string][]rawConcept
	links map[string]bool
	n     int
	asks  int
}

func (p *parser) items(raw []rawItem, depth int) ([]Item, error) {
	if depth >= maxNesting && len(raw) > 0 {
		return nil, unfit("The questionnaire's questions lie too deep within each other.")
	}
	var out []Item
	for _, r := range raw {
		p.n++
		switch {
		case p.n > maxItems:
			return nil, unfit("The questionnaire has more than 300 questions.")
		case r.Link == "" || p.links[r.Link]:
			return nil, unfit("Every question needs a link id of its own.")
		case !known(r.Type):
			return nil, unfit("The questionnaire asks for something that a form here cannot take, as a file or a quantity.")
		case len(r.Modifier) > 0:
			return nil, unfit("The questionnaire has extensions that change its meaning, and these are not understood.")
		}
		p.links[r.Link] = true
		it := Item{
			Link: r.Link, Name: fieldName(r.Link), Type: r.Type, Text: words(r.Text, r.Words),
			Required: r.Required, Repeats: r.Repeats && r.Type.Asks(), Any: r.Behavior == "any",
		}
		for _, c := range r.Code {
			if c.Code != "" && it.Code == "" {
				it.Code = clip(c.Code)
			}
		}
		for _, e := range r.Extension {
			if e.URL == calculatedURL || e.URL == cqfURL {
				it.Computed = true
			}
		}
		it.Computed = it.Computed || r.ReadOnly && r.Type.Asks()
		if r.Prefix != "" && it.Text.En != "" {
			it.Text.En = clip(r.Prefix + " " + it.Text.En)
		}
		var err error
		if it.Options, err = p.options(r); err != nil {
			return nil, err
		}
		if (r.Type == Choice || r.Type == OpenChoice) && len(it.Options) == 0 {
			return nil, unfit("A question's answers are in a list that is not in the file.")
		}
		if it.When, err = whens(r.When); err != nil {
			return nil, err
		}
		// A sentence under a question that a help button would open is its help.
		var below []rawItem
		for _, c := range r.Items {
			if c.Type == Display && helps(c) && it.Help.En == "" && len(c.When) == 0 {
				it.Help = words(c.Text, c.Words)
				continue
			}
			below = append(below, c)
		}
		if it.Items, err = p.items(below, depth+1); err != nil {
			return nil, err
		}
		if it.Type.Asks() && !it.Computed {
			p.asks++
		}
		out = append(out, it)
	}
	return out, nil
}

func helps(r rawItem) bool {
	for _, e := range r.Extension {
		if e.URL == controlURL && strings.Contains(string(e.Concept), `"help"`) {
			return true
		}
	}
	return false
}

func (p *parser) options(r rawItem) ([]Option, error) {
	var out []Option
	seen := map[string]bool{}
	add := func(key string, text Words, exts ...[]rawExtension) error {
		if key == "" {
			key = "o" + strconv.Itoa(len(out)+1)
		}
		if key = clip(key); seen[key] || len(out) == maxOptions || text.En == "" {
			return unfit("A question has two answers that are the same, one without words, or more than 200.")
		}
		seen[key] = true
		o := Option{Key: key, Text: text}
		for _, es := range exts {
			for _, e := range es {
				if (e.URL == ordinalURL || e.URL == itemWeightURL) && e.Decimal != nil {
					if v := *e.Decimal; v != math.Trunc(v) || math.Abs(v) > 1000 {
						return unfit("An answer's score is not a whole number.")
					}
					o.Scored, o.Score = true, int(*e.Decimal)
				}
			}
		}
		out = append(out, o)
		return nil
	}
	if r.ValueSet != "" {
		all, ok := p.sets[r.ValueSet]
		if !ok {
			all = sets[strings.SplitN(r.ValueSet, "|", 2)[0]]
		}
		for _, c := range all {
			if err := add(c.Code, words(or(c.Display, c.Code), c.Words), c.Extension); err != nil {
				return nil, err
			}
		}
	}
	for _, o := range r.Options {
		var err error
		switch {
		case o.Coding != nil:
			err = add(o.Coding.Code, words(or(o.Coding.Display, o.Coding.Code), o.Coding.Words), o.Extension, o.Coding.Extension)
		case o.String != nil:
			err = add("", words(*o.String, rawWords{}), o.Extension)
		case o.Integer != nil:
			s := strconv.FormatInt(*o.Integer, 10)
			err = add(s, words(s, rawWords{}), o.Extension)
		case o.Date != nil:
			err = add(*o.Date, words(*o.Date, rawWords{}), o.Extension)
		default:
			err = unfit("A question has two answers that are the same, one without words, or more than 200.")
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func whens(raw []rawWhen) ([]When, error) {
	var out []When
	for _, r := range raw {
		w := When{Link: r.Question, Op: r.Operator}
		switch {
		case r.Boolean != nil:
			w.Value = strconv.FormatBool(*r.Boolean)
		case r.Coding != nil:
			w.Value = r.Coding.Code
		case r.Integer != nil:
			w.Value = r.Integer.String()
		case r.Decimal != nil:
			w.Value = r.Decimal.String()
		case r.Date != nil:
			w.Value = *r.Date
		case r.String != nil:
			w.Value = *r.String
		default:
			return nil, unfit("A question depends on an answer in a way that is not understood.")
		}
		switch w.Op {
		case "exists":
			if r.Boolean == nil {
				return nil, unfit("A question depends on an answer in a way that is not understood.")
			}
		case "=", "!=", ">", "<", ">=", "<=":
		default:
			return nil, unfit("A question depends on an answer in a way that is not understood.")
		}
		out = append(out, w)
	}
	return out, nil
}

// check refuses conditions on questions that are not there, and questions that
// wait for each other.
func (q Questionnaire) check() error {
	needs := map[string][]string{}
	q.Each(func(it Item, parents []string) {
		needs[it.Link] = append([]string(nil), parents...)
		for _, w := range it.When {
			needs[it.Link] = append(needs[it.Link], w.Link)
		}
	})
	const open, done = 1, 2
	state := map[string]int{}
	var walk func(link string) error
	walk = func(link string) error {
		if _, ok := needs[link]; !ok {
			return unfit("A question depends on one that is not in the questionnaire.")
		}
		switch state[link] {
		case done:
			return nil
		case open:
			return unfit("Two questions depend on each other.")
		}
		state[link] = open
		for _, n := range needs[link] {
			if err := walk(n); err != nil {
				return err
			}
		}
		state[link] = done
		return nil
	}
	for link := range needs {
		if err := walk(link); err != nil {
			return err
		}
	}
	return nil
}

// Each calls fn for every item in reading order, with the links of the items it
// lies in.
func (q Questionnaire) Each(fn func(it Item, parents []string)) {
	var walk func(items []Item, parents []string)
	walk = func(items []Item, parents []string) {
		for _, it := range items {
			fn(it, parents)
			walk(it.Items, append(parents[:len(parents):len(parents)], it.Link))
		}
	}
	walk(q.Items, nil)
}

// Codes are the codes of the questions that are asked.
func (q Questionnaire) Codes() map[string]bool {
	out := map[string]bool{}
	q.Each(func(it Item, _ []string) {
		if it.Code != "" && it.Type.Asks() {
			out[it.Code] = true
		}
	})
	return out
}

func words(text string, w rawWords) Words {
	out := Words{En: clip(text)}
	for _, e := range w.Extension {
		if e.URL != translationURL {
			continue
		}
		lang, content := "", ""
		for _, x := range e.Within {
			switch x.URL {
			case "lang":
				lang = x.Code
			case "content":
				content = x.String
			}
		}
		if l, _, _ := strings.Cut(lang, "-"); l == "es" {
			out.Es = clip(content)
		}
	}
	return out
}

// clip takes the spaces around a text away, and what is beyond any length that
// a form can show.
func clip(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxWords {
		s = strings.ToValidUTF8(s[:maxWords], "")
	}
	return s
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
