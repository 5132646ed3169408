package policy

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"caseward/internal/actor"
)

// ClassExplanation says why one class may or may not be used.
type ClassExplanation struct {
	Class   Class
	Allowed bool
	Rules   []Rule // that decided: those that allowed, or those that refused; sorted by id
	Ways    []Way  // if refused: what would turn the answer, easiest first
}

// Kind is what kind of thing a [Way] changes.
type Kind string

// The kinds of change, easiest first.
const (
	WayStepUp     Kind = "step_up"     // prove again who you are
	WayStanding   Kind = "standing"    // have or do what is lacking
	WayPurpose    Kind = "purpose"     // ask for another purpose
	WayRelation   Kind = "relation"    // stand otherwise to the client
	WayBreakGlass Kind = "break_glass" // hold an emergency grant that covers the class
	WayState      Kind = "state"       // the record is in another state
	WayAuthor     Kind = "author"      // have written the record
	WayOwn        Kind = "own"         // the record is, or is not, about oneself
	WayNamed      Kind = "named"       // the record names the asker, or does not
	WayRole       Kind = "role"        // work in another role
)

// Change is one thing that would be otherwise.
type Change struct {
	Kind   Kind
	Values []string // each of which would do: relations, purposes, states, roles; "true" or "false" for the rest
}

// Way is what would turn a refusal: one change, or, where no single one does,
// two together.
type Way struct {
	Changes []Change
	Rules   []Rule // that would then allow, for at least one of the values
}

// Why is the refusal or the permission in one sentence to the asker: "You are
// not assigned to this client, on the care team, standing in or supervising."
func (x ClassExplanation) Why() string { return x.WhyOf("") }

// WhyOf is the same about somebody else, by name; "" is the asker.
func (x ClassExplanation) WhyOf(name string) string {
	switch {
	case x.Allowed, len(x.Rules) > 0 && len(x.Ways) == 0:
		out := make([]string, len(x.Rules))
		for i, r := range x.Rules {
			out[i] = r.English
		}
		return strings.Join(out, " ")
	case len(x.Ways) == 0:
		return "No rule allows this."
	}
	return x.Ways[0].MissingOf(name)
}

// Missing is what is missing, in one sentence to the asker.
func (w Way) Missing() string { return w.MissingOf("") }

// MissingOf is the same about somebody else, by name; "" is the asker.
func (w Way) MissingOf(name string) string {
	return w.MissingIn(name, func(s string) string { return s })
}

// MissingIn is [Way.MissingOf] in another language: say has each part of the sentence in it,
// given in English. A part has a %s where a name goes, or other parts.
func (w Way) MissingIn(name string, say func(string) string) string {
	parts := make([]string, len(w.Changes))
	for i, c := range w.Changes {
		parts[i] = c.phrase(name, say)
	}
	s := strings.Join(parts, ", "+say("and")+" ")
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:] + "."
}

// phrase is what is missing, without capital and full stop.
func (c Change) phrase(name string, say func(string) string) string {
	// about puts what is said of the asker, or of somebody else by name.
	about := func(you, other string, rest ...any) string {
		if name == "" {
			return fmt.Sprintf(say(you), rest...)
		}
		return fmt.Sprintf(say(other), append([]any{name}, rest...)...)
	}
	either := func(word func(string) string) string {
		said := make([]string, len(c.Values))
		for i, v := range c.Values {
			said[i] = say(word(v))
		}
		if last := len(said) - 1; last > 0 {
			return strings.Join(said[:last], ", ") + " " + say("or") + " " + said[last]
		}
		return said[0]
	}
	spaced := func(s string) string { return strings.ReplaceAll(s, "_", " ") }
	yes := c.Values[0] == "true"
	switch c.Kind {
	case WayRelation:
		return about("you are not %s", "%s is not %s", either(func(s string) string { return standing[Relation(s)] }))
	case WayPurpose:
		return fmt.Sprintf(say("the purpose is not %s"), either(spaced))
	case WayStepUp:
		return about("you have not proved again, a moment ago, who you are", "%s has not proved again, a moment ago, who it is")
	case WayStanding:
		var said []string
		for l := range strings.SplitSeq(c.Values[0], "+") {
			said = append(said, say(lacking[Lack(l)]))
		}
		return about("you are not %s", "%s is not %s", strings.Join(said, ", "+say("and not")+" "))
	case WayBreakGlass:
		return about("you have not broken the glass for this", "%s has not broken the glass for this")
	case WayState:
		return fmt.Sprintf(say("the record is not %s"), either(func(s string) string {
			switch s {
			case Draft:
				return "a draft"
			case RestrictedSigned:
				return "restricted and signed"
			}
			return spaced(s)
		}))
	case WayAuthor:
		if yes {
			return about("you did not write this", "%s did not write this")
		}
		return about("you wrote this", "%s wrote this")
	case WayOwn:
		if yes {
			return about("this is not about you", "this is not about %s")
		}
		return about("this is about you", "this is about %s")
	case WayNamed:
		if yes {
			return about("you are not named in this one", "%s is not named in this one")
		}
		return about("you are named in this one", "%s is named in this one")
	default:
		return about("you do not work as %s", "%s does not work as %s", either(spaced))
	}
}

var lacking = map[Lack]string{
	Clearance:       "cleared for work with clients",
	Orientation:     "through the orientation in privacy and security",
	Acknowledgement: "done with acknowledging the policies in force",
	Training:        "trained as the role must be",
	Lapse:           "up to date with training and policies",
}

var standing = map[Relation]string{
	Assigned:   "assigned to this client",
	CareTeam:   "on the care team",
	Covering:   "standing in",
	Supervises: "supervising",
	Manages:    "managing the program",
	Formerly:   "one who supervised or managed it once",
	Offered:    "offered the case",
	Attends:    "invited to its case conference",
}

// trial is one way of asking the same question otherwise.
type trial struct {
	kind  Kind
	value string
	with  func(Question) Question
}

// trials lists every single change to q worth trying. A service has no role,
// purpose or relation it could change.
func trials(q Question, c Class) []trial {
	var out []trial
	try := func(k Kind, v string, with func(Question) Question) { out = append(out, trial{k, v, with}) }
	flag := func(now bool) string { return map[bool]string{true: "false", false: "true"}[now] }

	if !q.SteppedUp {
		try(WayStepUp, "true", func(q Question) Question { q.SteppedUp = true; return q })
	}
	if q.Lacks != 0 {
		// All at once: one of several alone turns nothing.
		try(WayStanding, strings.Join(words(q.Lacks.List()), "+"), func(q Question) Question { q.Lacks = 0; return q })
	}
	if q.Service == "" {
		for _, p := range actor.Purposes() {
			if p != q.Purpose {
				try(WayPurpose, string(p), func(q Question) Question { q.Purpose = p; return q })
			}
		}
		for i, r := range relations {
			if r != BreakGlass && !q.Relations.Has(r) {
				try(WayRelation, string(r), func(q Question) Question { q.Relations |= 1 << i; return q })
			}
		}
		try(WayBreakGlass, "true", func(q Question) Question {
			q.Relations |= Rel(BreakGlass)
			q.Glass |= classBit[c]
			q.Purpose = actor.Emergency
			return q
		})
	}
	for _, s := range states {
		if s != q.State {
			try(WayState, s, func(q Question) Question { q.State = s; return q })
		}
	}
	try(WayAuthor, flag(q.Author), func(q Question) Question { q.Author = !q.Author; return q })
	try(WayOwn, flag(q.Own), func(q Question) Question { q.Own = !q.Own; return q })
	try(WayNamed, flag(q.Named), func(q Question) Question { q.Named = !q.Named; return q })
	if q.Service == "" {
		for _, r := range actor.Roles() {
			if r != q.Role {
				try(WayRole, string(r), func(q Question) Question { q.Role = r; return q })
			}
		}
	}
	return out
}

// Explain answers q class by class, with the rules that decided and, where they
// refused, what would turn the answer. It evaluates the policies some hundred
// times for a refusal: it is for a page somebody asked for, not for a list.
//
// Two changes are tried together only where no single one is enough.
func (e *Engine) Explain(q Question) []ClassExplanation {
	var out []ClassExplanation
	for _, c := range q.Classes.List() {
		allowed, ids := e.ask(q, c)
		x := ClassExplanation{Class: c, Allowed: allowed, Rules: e.named(ids)}
		if !allowed {
			x.Ways = e.ways(q, c)
		}
		out = append(out, x)
	}
	return out
}

// ask decides one class afresh and names the rules that decided.
func (e *Engine) ask(q Question, c Class) (bool, []string) {
	req, ok := request(q)
	if !ok {
		return false, nil
	}
	permits, forbids := e.one(e.byAction[q.Action], req, c)
	if len(forbids) > 0 {
		return false, forbids
	}
	return len(permits) > 0, permits
}

// ways finds what would turn a refusal: single changes; where there is none, two
// together; then an emergency grant, and other roles.
func (e *Engine) ways(q Question, c Class) []Way {
	all := trials(q, c)
	var easy, hard []Way
	for _, t := range all {
		if ok, ids := e.ask(t.with(q), c); ok {
			if t.kind == WayBreakGlass || t.kind == WayRole {
				hard = e.add(hard, []trial{t}, ids)
			} else {
				easy = e.add(easy, []trial{t}, ids)
			}
		}
	}
	if len(easy) > 0 {
		return append(easy, hard...)
	}
	otherRole := slices.ContainsFunc(hard, func(w Way) bool { return w.Changes[0].Kind == WayRole })
	for i, t := range all {
		for _, u := range all[i+1:] {
			if !together(t.kind, u.kind) || u.kind == WayRole && otherRole {
				continue
			}
			if ok, ids := e.ask(u.with(t.with(q)), c); ok {
				easy = e.add(easy, []trial{t, u}, ids)
			}
		}
	}
	// What a record is cannot be changed by whoever asks: say so only where
	// nothing else would help.
	if open := slices.DeleteFunc(slices.Clone(easy), Way.given); len(open) > 0 {
		easy = open
	}
	return append(e.merge(easy), hard...)
}

// given reports whether w changes only what the record is.
func (w Way) given() bool {
	return !slices.ContainsFunc(w.Changes, func(c Change) bool {
		return c.Kind != WayState && c.Kind != WayAuthor && c.Kind != WayOwn
	})
}

// together reports whether two changes are worth trying at once.
func together(a, b Kind) bool {
	if a == WayBreakGlass || b == WayBreakGlass || a == b {
		return false
	}
	return b != WayRole || a == WayStepUp
}

// merge makes one of pairs that differ in their first value only: each of these
// purposes with each of those relations.
func (e *Engine) merge(pairs []Way) []Way {
	var out []Way
next:
	for _, p := range pairs {
		for i := range out {
			w := &out[i]
			if w.Changes[0].Kind == p.Changes[0].Kind && w.Changes[1].Kind == p.Changes[1].Kind && slices.Equal(w.Changes[1].Values, p.Changes[1].Values) {
				w.Changes[0].Values = append(w.Changes[0].Values, p.Changes[0].Values...)
				w.Rules = e.named(append(ruleIDs(w.Rules), ruleIDs(p.Rules)...))
				continue next
			}
		}
		out = append(out, p)
	}
	return out
}

// add notes a change that works, beside those like it: several relations that
// would each do are one Way.
func (e *Engine) add(ways []Way, ts []trial, ids []string) []Way {
	for i := range ways {
		if w := &ways[i]; w.takes(ts) {
			last := &w.Changes[len(w.Changes)-1]
			last.Values = append(last.Values, ts[len(ts)-1].value)
			w.Rules = e.named(append(ruleIDs(w.Rules), ids...))
			return ways
		}
	}
	w := Way{Rules: e.named(ids)}
	for _, t := range ts {
		w.Changes = append(w.Changes, Change{Kind: t.kind, Values: []string{t.value}})
	}
	return append(ways, w)
}

// takes reports whether ts differs from w only in the value of its last change.
func (w *Way) takes(ts []trial) bool {
	last := len(ts) - 1
	for i, t := range ts {
		if w.Changes[i].Kind != t.kind || i < last && !slices.Equal(w.Changes[i].Values, []string{t.value}) {
			return false
		}
	}
	return true
}

func ruleIDs(rules []Rule) []string {
	out := make([]string, len(rules))
	for i, r := range rules {
		out[i] = r.ID
	}
	return out
}

// named looks rules up by id.
func (e *Engine) named(ids []string) []Rule {
	var out []Rule
	for _, id := range tidy(slices.Clone(ids)) {
		i, _ := slices.BinarySearchFunc(e.rules, id, func(r *rule, id string) int { return strings.Compare(r.ID, id) })
		out = append(out, e.rules[i].Rule)
	}
	return out
}

// Rule returns the rule of that id.
func (e *Engine) Rule(id string) (Rule, bool) {
	i, ok := slices.BinarySearchFunc(e.rules, id, func(r *rule, id string) int { return strings.Compare(r.ID, id) })
	if !ok {
		return Rule{}, false
	}
	return e.rules[i].Rule, true
}
