package person

import (
	"context"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Match says how a row was found.
type Match string

// The ways to match, nearest first.
const (
	Exact  Match = "exact"  // every word is a whole word of a name, or a number or date is the same
	Prefix Match = "prefix" // every word begins a word of a name
	Alike  Match = "alike"  // sounds alike, or one letter off
)

// Row is a client who was found, and how.
type Row struct {
	Opened
	Match Match
	Like  Likeness // to the client asked about; only for possible duplicates
}

// Found is a page of a search.
type Found struct {
	Rows []Row
	Next string // cursor; empty at the end
	// Understood says how the box was read, for the page to show.
	Understood Search
}

// Search is what a search box was understood as.
type Search struct {
	Name   phi.Text
	Birth  phi.Date
	Phone  phi.Text
	Number phi.Text
}

// Empty reports whether there is nothing to search for.
func (s Search) Empty() bool {
	return s.Name.Empty() && s.Birth.Empty() && s.Phone.Empty() && s.Number.Empty()
}

// Find searches the clients the asker may see by what is typed in one box:
// words of a name, a date of birth in any usual spelling, a phone number, a
// client number, or several of these together, which must then all match. Those
// that match exactly or by their beginning come first, then those alike. A
// client the asker may not know of is not among them. after is the
// cursor of an earlier page; limit is 20 if 0.
func (cs *Clients) Find(ctx context.Context, who actor.Actor, box phi.Text, after string, limit int) (Found, error) {
	v := cs.door.View(who, "client.find")
	found, err := cs.WantFind(v, box, after, limit)
	if err != nil {
		return Found{}, err
	}
	if err := v.Open(ctx); err != nil {
		return Found{}, err
	}
	return found(), nil
}

// WantFind is [Clients.Find] among what else a view opens; what it returns is called
// once that is open. A box with nothing to search for asks the view for nothing.
func (cs *Clients) WantFind(v *record.View, box phi.Text, after string, limit int) (func() Found, error) {
	if utf8.RuneCountInString(box.Disclose()) > maxLine {
		return nil, fault.InvalidFields("client.find", fault.Field{Name: "q", Message: "Search with fewer words."})
	}
	s := Parse(box, cs.door.Clock().Now())
	if s.Empty() {
		return func() Found { return Found{Understood: s} }, nil
	}
	if limit <= 0 {
		limit = 20
	}
	v.Detail("by", s.by())
	q := record.Query{Search: s.terms(), Limit: limit, After: after, NotState: Merged}
	near := cs.records.WantAll(v, q)
	var alike *record.List[Client]
	if after == "" && !s.Name.Empty() {
		q.Alike = true
		alike = cs.records.WantAll(v, q)
	}
	return func() Found { return s.found(near, alike, limit) }, nil
}

// found puts those who are near before those who are only alike.
func (s Search) found(near, alike *record.List[Client], limit int) Found {
	out := Found{Understood: s, Next: near.Next}
	seen := map[ID]bool{}
	for _, o := range near.Rows {
		seen[o.ID] = true
		out.Rows = append(out.Rows, Row{Opened: o, Match: s.nearness(o.Value)})
	}
	if alike != nil && out.Next == "" {
		for _, o := range alike.Rows {
			if !seen[o.ID] && len(out.Rows) < limit {
				out.Rows = append(out.Rows, Row{Opened: o, Match: Alike})
			}
		}
	}
	rank := map[Match]int{Exact: 0, Prefix: 1, Alike: 2}
	sort.SliceStable(out.Rows, func(i, j int) bool {
		a, b := out.Rows[i], out.Rows[j]
		if a.Match != b.Match {
			return rank[a.Match] < rank[b.Match]
		}
		return fold(a.Value.ListName().Disclose()) < fold(b.Value.ListName().Disclose())
	})
	return out
}

// by names what is searched by, without what was typed.
func (s Search) by() string {
	var out []string
	for _, t := range s.terms() {
		out = append(out, string(t.Field))
	}
	return strings.Join(out, ",")
}

func (s Search) terms() []record.Term {
	var out []record.Term
	// The few that narrow most stand first: the door looks at four at most.
	if !s.Number.Empty() {
		out = append(out, record.Term{Field: record.NumberTerm, Text: s.Number})
	}
	if !s.Birth.Empty() {
		out = append(out, record.Term{Field: record.DateTerm, Text: phi.NewText(s.Birth.DiscloseISO())})
	}
	if !s.Phone.Empty() {
		out = append(out, record.Term{Field: record.PhoneTerm, Text: s.Phone})
	}
	if !s.Name.Empty() {
		out = append(out, record.Term{Field: record.NameTerm, Text: s.Name})
	}
	return out
}

// nearness tells exact from prefix among rows the index found.
func (s Search) nearness(c Client) Match {
	if s.Name.Empty() {
		return Exact
	}
	var names []string
	for _, n := range append([]Name{c.Name, {Text: c.Preferred}}, c.OtherNames...) {
		names = append(names, strings.Fields(fold(joined(" ", n.Given, n.Middle, n.Family, n.Text)))...)
	}
	for _, w := range strings.Fields(fold(s.Name.Disclose())) {
		whole := false
		for _, n := range names {
			whole = whole || n == w
		}
		if !whole {
			return Prefix
		}
	}
	return Exact
}

// fold drops case, accents and punctuation, for comparing.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(s))
}

// Parse reads a search box. now decides the century of two-digit years and that
// a birth date is not in the future.
func Parse(box phi.Text, now time.Time) Search {
	var s Search
	text := strings.TrimSpace(norm.NFKC.String(box.Disclose()))
	rest, birth := takeDate(text, now)
	s.Birth = birth
	rest, phone := takePhone(rest)
	s.Phone = phi.NewText(phone)
	var words []string
	for _, w := range strings.FieldsFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }) {
		w = strings.Trim(w, "#().")
		switch d := digits(w); {
		case w == "":
		case s.Number.Empty() && len(d) >= 4 && numberLike(w):
			s.Number = phi.NewText(strings.ToUpper(w))
		case s.Number.Empty() && len(d) >= 4 && (len(d) == len(w) || strings.Contains(w, "-")):
			s.Number = phi.NewText(w)
		default:
			words = append(words, w)
		}
	}
	s.Name = phi.NewText(strings.Join(words, " "))
	return s
}

// numberLike reports whether w is written like a client number: C-20417, c20417.
func numberLike(w string) bool {
	w = strings.ToUpper(w)
	return strings.HasPrefix(w, "C") && digits(w) == strings.TrimLeft(w, "C- ")
}

// takePhone cuts a run of seven or more digits with the usual marks between
// them out of s.
func takePhone(s string) (rest, phone string) {
	isMark := func(r rune) bool { return strings.ContainsRune(" ()-./+", r) }
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		if !(runes[i] >= '0' && runes[i] <= '9') && runes[i] != '(' && runes[i] != '+' {
			continue
		}
		// A digit inside a word, as in C-20417, does not begin a phone number.
		if i > 0 && !unicode.IsSpace(runes[i-1]) && runes[i-1] != ',' && runes[i-1] != '(' && runes[i-1] != '+' {
			continue
		}
		j := i
		for j < len(runes) && (runes[j] >= '0' && runes[j] <= '9' || isMark(runes[j])) {
			j++
		}
		if n := len(digits(string(runes[i:j]))); n >= 7 && n <= 15 && (j == len(runes) || !unicode.IsLetter(runes[j])) {
			return string(runes[:i]) + " " + string(runes[j:]), strings.TrimSpace(string(runes[i:j]))
		}
		i = j
	}
	return s, ""
}

// WantNumbers asks a view for the numbers of some clients. What it returns gives
// them by subject once the view is open, for those the asker may know of.
func (cs *Clients) WantNumbers(v *record.View, subjects []record.Subject) func() map[string]phi.Text {
	some := cs.records.WantSome(v, subjects, Named)
	return func() map[string]phi.Text {
		out := map[string]phi.Text{}
		for _, s := range subjects {
			if o, ok := some.Of(s); ok {
				out[s.String()] = o.Value.Number
			}
		}
		return out
	}
}

// Numbers returns the numbers of some clients by subject, of those the asker may
// know of, as one read.
func (cs *Clients) Numbers(ctx context.Context, who actor.Actor, subjects []record.Subject) (map[string]phi.Text, error) {
	if len(subjects) == 0 {
		return nil, nil
	}
	v := cs.door.View(who, "client.find")
	known := cs.WantNumbers(v, subjects)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	return known(), nil
}
