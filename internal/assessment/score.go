package assessment

import (
	"slices"

	"caseward/internal/phi"
)

// Result is what the answers to an instrument amount to.
type Result struct {
	// Score is unknown where there is none; Of is the most it can be.
	Score phi.Number `cbor:"score,omitzero"`
	Of    int        `cbor:"of,omitzero"`
	// Band is the code of what the score means, as "moderate", or "positive".
	Band phi.Text `cbor:"band,omitzero"`
	// Needs are the needs found, in the order asked.
	Needs []Need `cbor:"needs,omitempty"`
	// Missing is how many answers that count were not given.
	Missing int `cbor:"missing,omitzero"`
	// Why is why there is no score; empty where there is one.
	Why Unscored `cbor:"why,omitzero"`
	// Safety: an answer calls for talking about safety now.
	Safety bool `cbor:"safety,omitzero"`
}

// Need is a need that an answer shows.
type Need struct {
	Domain phi.Text `cbor:"domain"`
	Link   string   `cbor:"link"` // of the question
}

// Unscored is why there is no score.
type Unscored string

// The reasons for no score.
const (
	Missing   Unscored = "missing"    // answers that count were not given
	Unclear   Unscored = "unclear"    // the answers decide neither way
	NeedsOnly Unscored = "needs_only" // the instrument has no total; it finds needs
	NoRule    Unscored = "no_rule"    // no scoring rule is known for it
)

// Band is a range of scores and its name.
type Band struct {
	From int
	Code string
}

// need says which answers to a question show a need.
type need struct {
	Code    string // of the question
	Answers []string
	Domain  string
}

// Profile is what is known of an instrument beside its questions: how its
// authors score it, and how soon the agency asks again.
type Profile struct {
	Code  string
	Title string // in short, as lists say it
	// Items are the codes of the questions that count; a questionnaire is this
	// instrument if it asks all of them.
	Items []string
	// Computed are codes of questions that repeat the score.
	Computed []string
	// Bands makes it a sum with these ranges; empty where it is not one.
	Bands []Band
	// Either makes it positive if one question has one of these answers.
	Either []string
	No     []string // answers that make neither
	Needs  []need
	// Alarm is the code of a question above zero in which safety is asked about.
	Alarm string
	// Every is after how many days it is asked again; from a score of Above on,
	// if positive, or if safety was asked about, after Soon. Agency practice, not a rule of the authors.
	Every, Above, Soon int
	// Domain and Measure are what a goal begun from it is about.
	Domain, Measure string
	// Goal is the words such a goal begins with.
	Goal string
}

// The instruments by code. PRAPARE's needs are those its answers name; there is
// no total of them here.
const (
	PHQ9    = "phq-9"
	GAD7    = "gad-7"
	HVS     = "hunger-vital-sign"
	PRAPARE = "prapare"
	Social  = "social-needs"
)

var profiles = []Profile{
	{
		// Kroenke, Spitzer, Williams: The PHQ-9. J Gen Intern Med 2001;16:606.
		Code: PHQ9, Title: "PHQ-9",
		Items:    []string{"44250-9", "44255-8", "44259-0", "44254-1", "44251-7", "44258-2", "44252-5", "44253-3", "44260-8"},
		Computed: []string{"44261-6"},
		Bands:    []Band{{0, "minimal"}, {5, "mild"}, {10, "moderate"}, {15, "moderately_severe"}, {20, "severe"}},
		Alarm:    "44260-8", Every: 90, Above: 10, Soon: 30,
		Domain: "health", Measure: "PHQ-9", Goal: "Fewer symptoms of depression",
	},
	{
		// Spitzer, Kroenke, Williams, Löwe: the GAD-7. Arch Intern Med 2006;166:1092.
		Code: GAD7, Title: "GAD-7",
		Items:    []string{"69725-0", "68509-9", "69733-4", "69734-2", "69735-9", "69689-8", "69736-7"},
		Computed: []string{"70274-6"},
		Bands:    []Band{{0, "minimal"}, {5, "mild"}, {10, "moderate"}, {15, "severe"}},
		Every:    90, Above: 10, Soon: 30,
		Domain: "health", Measure: "GAD-7", Goal: "Fewer symptoms of anxiety",
	},
	{
		// Hager et al.: a 2-item screen for food insecurity. Pediatrics 2010;126:e26.
		Code: HVS, Title: "Hunger Vital Sign",
		Items:    []string{"88122-7", "88123-5"},
		Computed: []string{"88124-3"},
		Either:   []string{"LA28397-0", "LA6729-3"}, No: []string{"LA28398-8"},
		Needs: []need{{"88122-7", []string{"LA28397-0", "LA6729-3"}, "food"}, {"88123-5", []string{"LA28397-0", "LA6729-3"}, "food"}},
		Every: 365, Soon: 90,
		Domain: "food", Measure: "Hunger Vital Sign", Goal: "Enough food every month",
	},
	{
		Code: PRAPARE, Title: "PRAPARE",
		Items: []string{"71802-3", "93033-9", "93031-3", "93030-5", "93029-7", "93038-8"},
		Needs: []need{
			{"71802-3", []string{"LA30190-5"}, "housing"},
			{"93033-9", []string{"LA33-6"}, "housing"},
			{"82589-3", []string{"LA30191-3"}, "education"},
			{"67875-5", []string{"LA17956-6"}, "employment"},
			{"76437-3", []string{"LA30194-7"}, "health"},
			{"93031-3", []string{"LA30125-1"}, "food"},
			{"93031-3", []string{"LA30126-9", "LA30124-4", "LA30129-3"}, "income"},
			{"93031-3", []string{"LA30127-7"}, "family"},
			{"93031-3", []string{"LA30128-5"}, "health"},
			{"93030-5", []string{"LA30133-5", "LA30134-3"}, "transportation"},
			{"93029-7", []string{"LA27722-0", "LA30130-1"}, "social"},
			{"93038-8", []string{"LA13902-4", "LA13914-9"}, "health"},
			{"93028-9", []string{"LA33-6"}, "legal"},
			{"93027-1", []string{"LA33-6"}, "legal"},
			{"93026-3", []string{"LA32-8", "LA14072-5"}, "safety"},
			{"76501-6", []string{"LA33-6"}, "safety"},
		},
		Every: 365,
	},
	{
		Code: Social, Title: "Social needs",
		Items: []string{"sn-housing", "sn-food", "sn-rides", "sn-money", "sn-safe"},
		Needs: []need{
			{"sn-housing", []string{"unsafe", "losing", "none"}, "housing"},
			{"sn-food", []string{"sometimes", "often"}, "food"},
			{"sn-rides", []string{"yes"}, "transportation"},
			{"sn-money", []string{"utilities", "clothing", "phone"}, "income"},
			{"sn-money", []string{"medicine"}, "health"},
			{"sn-money", []string{"childcare"}, "family"},
			{"sn-work", []string{"looking"}, "employment"},
			{"sn-company", []string{"rarely"}, "social"},
			{"sn-safe", []string{"no", "unsure"}, "safety"},
			{"sn-court", []string{"yes"}, "legal"},
		},
		Every: 365,
	},
}

// ProfileOf returns what is known of the instrument with a code.
func ProfileOf(code string) (Profile, bool) {
	i := slices.IndexFunc(profiles, func(p Profile) bool { return p.Code == code })
	if i < 0 {
		return Profile{}, false
	}
	return profiles[i], true
}

// Recognise says which known instrument a questionnaire is. One that lacks a
// question that counts is none: its score would not be the authors' score.
func Recognise(q Questionnaire) (Profile, bool) {
	codes := q.Codes()
	for _, p := range profiles {
		all := true
		for _, c := range p.Items {
			all = all && codes[c]
		}
		if all {
			return p, true
		}
	}
	return Profile{}, false
}

// Score works out what answers amount to.
func Score(q Questionnaire, a Answers) Result {
	asked := q.Asked(a)
	byCode := map[string]Item{}
	q.Each(func(it Item, _ []string) {
		if it.Code != "" && it.Type.Asks() {
			if _, twice := byCode[it.Code]; !twice {
				byCode[it.Code] = it
			}
		}
	})
	given := func(it Item) []string {
		if !asked[it.Link] {
			return nil
		}
		return a[it.Link]
	}
	p, ok := Recognise(q)
	if !ok {
		return plain(q, given)
	}
	var r Result
	if it, ok := byCode[p.Alarm]; ok && p.Alarm != "" {
		if s, _, ok := sum(it, given(it)); ok && s > 0 {
			r.Safety = true
		}
	}
	for _, n := range p.Needs {
		it, ok := byCode[n.Code]
		if !ok {
			continue
		}
		if slices.ContainsFunc(given(it), func(v string) bool { return slices.Contains(n.Answers, v) }) {
			r.Needs = append(r.Needs, Need{Domain: phi.NewText(n.Domain), Link: it.Link})
		}
	}
	switch {
	case len(p.Bands) > 0:
		total := 0
		for _, c := range p.Items {
			it := byCode[c]
			s, m, ok := sum(it, given(it))
			r.Of += m
			if !ok {
				r.Missing++
			}
			total += s
		}
		if r.Missing > 0 {
			r.Why = Missing
			return r
		}
		r.Score = phi.NewNumber(int64(total))
		for _, b := range p.Bands {
			if total >= b.From {
				r.Band = phi.NewText(b.Code)
			}
		}
	case len(p.Either) > 0:
		no := 0
		for _, c := range p.Items {
			v := given(byCode[c])
			switch {
			case len(v) == 0:
				r.Missing++
			case slices.Contains(p.Either, v[0]):
				r.Band = phi.NewText("positive")
			case slices.Contains(p.No, v[0]):
				no++
			}
		}
		switch {
		case !r.Band.Empty():
		case no == len(p.Items):
			r.Band = phi.NewText("negative")
		case r.Missing > 0:
			r.Why = Missing
		default:
			r.Why = Unclear
		}
	default:
		for _, c := range p.Items {
			if len(given(byCode[c])) == 0 {
				r.Missing++
			}
		}
		r.Why = NeedsOnly
	}
	return r
}

// sum is the value of the answer to a question and the most there is; ok is
// false if there is no answer with a value.
func sum(it Item, given []string) (value, most int, ok bool) {
	for _, o := range it.Options {
		if o.Scored {
			most = max(most, o.Score)
		}
	}
	for _, v := range given {
		if o, found := it.Option(v); found && o.Scored {
			value, ok = value+o.Score, true
		}
	}
	return value, most, ok
}

// plain is the total of a questionnaire nothing is known of, if it says the
// value of every answer to every choice itself: then the sum is its own. One
// that does so for some only has no total, and nor has a part of a known
// instrument: its sum would be taken for that instrument's score.
func plain(q Questionnaire, given func(Item) []string) Result {
	r := Result{Why: NoRule}
	codes := q.Codes()
	for _, p := range profiles {
		if slices.ContainsFunc(p.Items, func(c string) bool { return codes[c] }) {
			return r
		}
	}
	total, of, missing, n := 0, 0, 0, 0
	whole := true
	q.Each(func(it Item, _ []string) {
		if it.Type != Choice || it.Computed {
			return
		}
		for _, o := range it.Options {
			whole = whole && o.Scored
		}
		s, m, ok := sum(it, given(it))
		n, total, of = n+1, total+s, of+m
		if !ok {
			missing++
		}
	})
	switch {
	case !whole || n < 2:
	case missing > 0:
		r.Why, r.Of, r.Missing = Missing, of, missing
	default:
		r = Result{Score: phi.NewNumber(int64(total)), Of: of}
	}
	return r
}

// DueIn is after how many days an instrument is to be asked again, given what it
// amounted to; 0 for never by itself.
func DueIn(code string, r Result) int {
	p, ok := ProfileOf(code)
	if !ok {
		return 0
	}
	score, scored := r.Score.Disclose()
	if p.Soon > 0 && (r.Safety || p.Above > 0 && scored && int(score) >= p.Above || r.Band.Disclose() == "positive") {
		return p.Soon
	}
	return p.Every
}
