package assessment

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"caseward/internal/fault"
	"caseward/internal/phi"
)

// Answer is what was answered to one question.
type Answer struct {
	Link   string     `cbor:"link"`
	Values []phi.Text `cbor:"values"` // keys of options, or what was written
}

// OtherKey is the value of the answer "other, in words" to an open choice; the
// words come after it.
const OtherKey = "other:"

// Answers are the answers by question.
type Answers map[string][]string

// Given reads the answers of a record.
func Given(list []Answer) Answers {
	out := Answers{}
	for _, a := range list {
		for _, v := range a.Values {
			out[a.Link] = append(out[a.Link], v.Disclose())
		}
	}
	return out
}

// List is the answers as a record keeps them, in reading order, those to
// questions that are not asked left out.
func (q Questionnaire) List(a Answers) []Answer {
	asked := q.Asked(a)
	var out []Answer
	q.Each(func(it Item, _ []string) {
		if !asked[it.Link] || !it.Type.Asks() || len(a[it.Link]) == 0 {
			return
		}
		x := Answer{Link: it.Link}
		for _, v := range a[it.Link] {
			x.Values = append(x.Values, phi.NewText(v))
		}
		out = append(out, x)
	})
	return out
}

// Asked says which items are shown, given the answers so far: a question whose
// condition does not hold is not asked, nor is anything in it, and its answer
// counts for nothing.
func (q Questionnaire) Asked(a Answers) map[string]bool {
	items := map[string]Item{}
	within := map[string][]string{}
	q.Each(func(it Item, parents []string) {
		items[it.Link] = it
		within[it.Link] = parents
	})
	known := map[string]bool{}
	var asked func(link string) bool
	asked = func(link string) bool {
		if v, ok := known[link]; ok {
			return v
		}
		known[link] = false // [Questionnaire.check] has seen that none waits for itself
		it := items[link]
		yes := true
		for _, p := range within[link] {
			yes = yes && asked(p)
		}
		if yes && len(it.When) > 0 {
			held := 0
			for _, w := range it.When {
				var given []string
				if asked(w.Link) {
					given = a[w.Link]
				}
				if w.holds(items[w.Link].Type, given) {
					held++
				}
			}
			yes = held == len(it.When) || it.Any && held > 0
		}
		known[link] = yes
		return yes
	}
	for link := range items {
		asked(link)
	}
	return known
}

// holds reports whether the condition holds for one of the answers given. A
// comparison with no answer does not hold, but for "not equal", which FHIR R4
// lets hold only where there is an answer too.
func (w When) holds(t Type, given []string) bool {
	if w.Op == "exists" {
		return (len(given) > 0) == (w.Value == "true")
	}
	for _, g := range given {
		if compares(t, g, w.Op, w.Value) {
			return true
		}
	}
	return false
}

func compares(t Type, given, op, value string) bool {
	c := strings.Compare(given, value)
	if t == Integer || t == Decimal {
		x, err1 := strconv.ParseFloat(given, 64)
		y, err2 := strconv.ParseFloat(value, 64)
		if err1 != nil || err2 != nil {
			return false
		}
		switch {
		case x < y:
			c = -1
		case x > y:
			c = 1
		default:
			c = 0
		}
	}
	switch op {
	case "=":
		return c == 0
	case "!=":
		return c != 0
	case ">":
		return c > 0
	case "<":
		return c < 0
	case ">=":
		return c >= 0
	case "<=":
		return c <= 0
	}
	return false
}

const (
	maxShort = 200
	maxLong  = 10_000
)

// Read takes the answers out of a form: get gives the values of a field. Other
// words for an open choice are in the field with "~other" at its end. What
// cannot be kept is told, each under the name of its field.
func (q Questionnaire) Read(get func(name string) []string) (a Answers, bad []fault.Field) {
	a = Answers{}
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	q.Each(func(it Item, _ []string) {
		if !it.Type.Asks() || it.Computed {
			return
		}
		var vals []string
		for _, v := range get(it.Name) {
			if v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n")); v != "" {
				vals = append(vals, v)
			}
		}
		if !it.Repeats && len(vals) > 1 {
			vals = vals[:1]
		}
		switch it.Type {
		case Choice, OpenChoice:
			var kept []string
			for _, v := range vals {
				if v == OtherKey && it.Type == OpenChoice {
					other := strings.TrimSpace(strings.Join(get(it.Name+"~other"), " "))
					if other == "" {
						add(it.Name, "Write which other answer was given.")
					} else if utf8.RuneCountInString(other) > maxShort {
						add(it.Name, "Keep this to 200 characters.")
					}
					kept = append(kept, OtherKey+other)
					continue
				}
				if _, ok := it.Option(v); !ok {
					add(it.Name, "Choose one of the answers.")
					continue
				}
				kept = append(kept, v)
			}
			vals = kept
		case Boolean:
			if len(vals) > 0 && vals[0] != "true" && vals[0] != "false" {
				add(it.Name, "Choose one of the answers.")
				vals = nil
			}
		case Integer:
			for _, v := range vals {
				if _, err := strconv.ParseInt(v, 10, 32); err != nil {
					add(it.Name, "Enter a whole number.")
				}
			}
		case Decimal:
			for i, v := range vals {
				v = strings.ReplaceAll(strings.TrimPrefix(v, "$"), ",", "")
				if f, err := strconv.ParseFloat(v, 64); err != nil || f != f || f > 1e12 || f < -1e12 {
					add(it.Name, "Enter a number.")
					continue
				}
				vals[i] = v
			}
		case Date:
			for _, v := range vals {
				if _, err := phi.ParseDate(v); err != nil {
					add(it.Name, "Enter the date as month, day and year.")
				}
			}
		default:
			limit, says := maxShort, "Keep this to 200 characters."
			if it.Type == LongText {
				limit, says = maxLong, "Keep this to 10,000 characters."
			}
			for _, v := range vals {
				if utf8.RuneCountInString(v) > limit {
					add(it.Name, says)
				}
			}
		}
		if len(vals) > 0 {
			a[it.Link] = vals
		}
	})
	return a, bad
}

// Fields are the answers as the form holds them, by field.
func (q Questionnaire) Fields(a Answers) map[string][]string {
	out := map[string][]string{}
	q.Each(func(it Item, _ []string) {
		for _, v := range a[it.Link] {
			if other, ok := strings.CutPrefix(v, OtherKey); ok && it.Type == OpenChoice {
				out[it.Name] = append(out[it.Name], OtherKey)
				out[it.Name+"~other"] = append(out[it.Name+"~other"], other)
				continue
			}
			out[it.Name] = append(out[it.Name], v)
		}
	})
	return out
}

// Option returns the option with a key.
func (it Item) Option(key string) (Option, bool) {
	for _, o := range it.Options {
		if o.Key == key {
			return o, true
		}
	}
	return Option{}, false
}

// Lacking are the names of questions that are asked, must be answered and are
// not.
func (q Questionnaire) Lacking(a Answers) []string {
	asked := q.Asked(a)
	var out []string
	q.Each(func(it Item, _ []string) {
		if it.Required && !it.Computed && it.Type.Asks() && asked[it.Link] && len(a[it.Link]) == 0 {
			out = append(out, it.Name)
		}
	})
	return out
}
