package doctor

import "time"

// Office is a function that law asks somebody to hold at every time.
type Office struct {
	Name   string    // "privacy officer" or "security officer"
	Ever   bool      // somebody once held it
	Vacant time.Time // since when nobody does; zero if somebody does
	Ends   time.Time // when nobody will any more; zero if that is not to come
}

// officeNames are the offices in the words of this package.
var officeNames = map[string]Words{
	"privacy_officer":  {Text: "the privacy officer"},
	"security_officer": {Text: "the security officer"},
}

// Officers judges whether somebody is designated for each office (45 CFR
// 164.530(a)(1)(i), 164.308(a)(2)). An agency that has designated nobody yet is warned; a
// gap after somebody was there is wrong.
func Officers(now time.Time, all []Office) Finding {
	const check = "officers"
	const do = "designate somebody on the page Governance, with the document that says so"
	var never, gone, going []Words
	var since, until time.Duration
	for _, o := range all {
		name, ok := officeNames[o.Name]
		if !ok {
			name = Words{Text: "%s", Args: []any{o.Name}}
		}
		switch {
		case !o.Vacant.IsZero() && o.Ever:
			gone, since = append(gone, name), max(since, now.Sub(o.Vacant))
		case !o.Vacant.IsZero():
			never = append(never, name)
		case !o.Ends.IsZero():
			if left := o.Ends.Sub(now); len(going) == 0 || left < until {
				until = left
			}
			going = append(going, name)
		}
	}
	switch {
	case len(gone) > 0:
		return found(check, Wrong, do, "nobody is designated as %s, for %s", gone, Span(since))
	case len(never) > 0:
		return found(check, Warning, do, "nobody was ever designated as %s", never)
	case len(going) > 0:
		return found(check, Warning, do, "the designation as %s ends in %s, and nobody follows", going, Span(until))
	}
	return good(check, "a privacy officer and a security officer are designated")
}
