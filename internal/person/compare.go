package person

import (
	"strings"
	"unicode/utf8"

	"caseward/internal/phi"
)

// Reason is one thing two clients have in common, as a code.
type Reason string

// The reasons to think that two records are of one person.
const (
	SameBirth      Reason = "birth"
	BirthNear      Reason = "birth_near" // day and month swapped, or one digit off
	SameName       Reason = "name"
	NameAlike      Reason = "name_alike" // one letter off, the same sound, or a former name
	SamePhone      Reason = "phone"
	SameMail       Reason = "mail"
	SameAddress    Reason = "address"
	SameIdentifier Reason = "identifier"
)

// Likeness is how much two clients have in common.
type Likeness struct {
	Score   int // at most 100
	Reasons []Reason
}

// Has reports whether r is among the reasons.
func (l Likeness) Has(r Reason) bool {
	for _, x := range l.Reasons {
		if x == r {
			return true
		}
	}
	return false
}

// Likely reports whether somebody should look: the same identifier, or a name
// alike together with the birth date or a phone number.
func (l Likeness) Likely() bool {
	named := l.Has(SameName) || l.Has(NameAlike)
	return l.Has(SameIdentifier) || named && (l.Has(SameBirth) || l.Has(SamePhone)) || l.Has(SameName) && l.Has(BirthNear)
}

// Compare says what two clients have in common. Only what the asker may see of
// both is compared: what was withheld is empty. Government numbers are left out:
// a comparison that finds them the same confirms them.
func Compare(a, b Client) Likeness {
	var l Likeness
	add := func(r Reason, score int) {
		l.Reasons = append(l.Reasons, r)
		l.Score = min(l.Score+score, 100)
	}
	for _, x := range a.Identifiers {
		for _, y := range b.Identifiers {
			if v := plain(x.Value); len(v) >= 4 && v == plain(y.Value) && (x.Kind == "" || y.Kind == "" || x.Kind == y.Kind) && !l.Has(SameIdentifier) {
				add(SameIdentifier, 60)
			}
		}
	}
	switch {
	case fullDate(a.BirthDate) && a.BirthDate.Equal(b.BirthDate):
		add(SameBirth, 35)
	case nearDate(a.BirthDate, b.BirthDate):
		add(BirthNear, 15)
	}
	switch namesLike(a, b) {
	case 2:
		add(SameName, 40)
	case 1:
		add(NameAlike, 25)
	}
	for _, x := range a.Phones {
		for _, y := range b.Phones {
			if d := tail(digits(x.Number.Disclose())); len(d) == 7 && d == tail(digits(y.Number.Disclose())) && !l.Has(SamePhone) {
				add(SamePhone, 25)
			}
		}
	}
	for _, x := range a.Emails {
		for _, y := range b.Emails {
			if !x.Address.Empty() && strings.EqualFold(x.Address.Disclose(), y.Address.Disclose()) && !l.Has(SameMail) {
				add(SameMail, 15)
			}
		}
	}
	for _, x := range a.Addresses {
		for _, y := range b.Addresses {
			if s := place(x); s != "" && s == place(y) && !l.Has(SameAddress) {
				add(SameAddress, 10)
			}
		}
	}
	return l
}

func fullDate(d phi.Date) bool { return len(d.DiscloseISO()) == len("2006-01-02") }

// nearDate reports day and month swapped, or one digit different.
func nearDate(a, b phi.Date) bool {
	if !fullDate(a) || !fullDate(b) || a.Equal(b) {
		return false
	}
	ay, am, ad := a.Disclose()
	by, bm, bd := b.Disclose()
	if ay == by && am == bd && ad == bm {
		return true
	}
	x, y, off := a.DiscloseISO(), b.DiscloseISO(), 0
	for i := range len(x) {
		if x[i] != y[i] {
			off++
		}
	}
	return off == 1
}

func plain(t phi.Text) string { return strings.ReplaceAll(fold(t.Disclose()), " ", "") }

func tail(s string) string {
	if len(s) > 7 {
		return s[len(s)-7:]
	}
	return s
}

func place(a Address) string {
	if len(a.Lines) == 0 || len(digits(a.Lines[0].Disclose())) == 0 {
		return ""
	}
	return strings.Join(strings.Fields(fold(a.Lines[0].Disclose())), " ") + "/" + plain(a.PostalCode)
}

// namesLike is 2 for the same name, 1 for a name alike, 0 for another.
func namesLike(a, b Client) int {
	x, y := words(a.Name), words(b.Name)
	if len(x) > 0 && len(y) > 0 && covers(x, y, same) {
		return 2
	}
	for _, m := range variants(a) {
		for _, n := range variants(b) {
			if covers(m, n, alikeWords) {
				return 1
			}
		}
	}
	return 0
}

func words(n Name) []string {
	if n.Given.Empty() && n.Family.Empty() {
		return strings.Fields(fold(n.Text.Disclose()))
	}
	return strings.Fields(fold(joined(" ", n.Given, n.Family)))
}

// variants are the names a client may give: the official one, the others, and
// each with the name they want to be called by.
func variants(c Client) [][]string {
	out := [][]string{words(c.Name)}
	family := strings.Fields(fold(c.Name.Family.Disclose()))
	if !c.Preferred.Empty() {
		out = append(out, append(strings.Fields(fold(c.Preferred.Disclose())), family...))
	}
	for _, n := range c.OtherNames {
		w := words(n)
		out = append(out, w)
		if given := strings.Fields(fold(c.Name.Given.Disclose())); len(w) == 1 {
			out = append(out, append(given, w...))
		}
	}
	return out
}

// covers reports whether every word of the shorter name has its own in the
// longer one; a single word is not enough against several.
func covers(x, y []string, like func(a, b string) bool) bool {
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) == 0 || len(x) == 1 && len(y) > 1 {
		return false
	}
	used := make([]bool, len(y))
	for _, a := range x {
		hit := false
		for j, b := range y {
			if !used[j] && like(a, b) {
				used[j], hit = true, true
				break
			}
		}
		if !hit {
			return false
		}
	}
	return true
}

func same(a, b string) bool { return a == b }

// alikeWords reports whether two words of names are the same but for a slip: a
// letter off, two in a long word, or one that is the other's beginning.
func alikeWords(a, b string) bool {
	if a == b {
		return true
	}
	m, n := utf8.RuneCountInString(a), utf8.RuneCountInString(b)
	if min(m, n) >= 3 && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
		return true
	}
	slips := 0
	switch {
	case min(m, n) >= 7:
		slips = 2
	case min(m, n) >= 4:
		slips = 1
	}
	return slips > 0 && distance([]rune(a), []rune(b)) <= slips
}

// distance counts letters put in, left out, changed or swapped with the next.
func distance(a, b []rune) int {
	prev2, prev, cur := []int(nil), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, make([]int, len(b)+1)
	}
	return prev[len(b)]
}
