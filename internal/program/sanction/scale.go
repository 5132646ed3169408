package sanction

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// MaxLevels is how many levels a scale has at most.
const MaxLevels = 8

// Set is the scale with where it comes from.
type Set struct {
	Scale
	Version int64 // 0: the one that comes with the program
	At      time.Time
	Past    []record.Opened[Scale] // earlier versions, newest first
}

// Scale opens the scale. Everybody who works here may know it.
func (s *Sanctions) Scale(ctx context.Context, who actor.Actor) (Set, error) {
	out := Set{Scale: Starter()}
	id, _, _, found, err := s.scales.FindExt(ctx, s.who, theScale)
	if err != nil {
		return out, err
	}
	if !found {
		if !s.door.Ever(who, "sanction_scale.read", false, program) {
			return out, fault.DeniedBy("sanction_scale.read")
		}
		return out, nil
	}
	all, err := s.scales.History(ctx, who, id)
	if err != nil {
		return out, err
	}
	return Set{all[0].Value, all[0].Version, all[0].ChangedAt, all[1:]}, nil
}

// SetScale sets the scale, of the version seen; 0 if it was the one that comes with the
// program. What was decided by an earlier one stays as it was decided. The asker must have
// proved again who they are. Errors: Invalid with fields, Conflict, Denied.
func (s *Sanctions) SetScale(ctx context.Context, who actor.Actor, version int64, scale Scale) error {
	return s.scales.Only(ctx, who, s.who, theScale, version, scale.check, func(x *Scale, _ bool) {
		scale.By = who.Worker()
		*x = scale
	})
}

func (s *Scale) check(op string) error {
	var c checks
	if n := len(s.Levels); n < 2 || n > MaxLevels {
		c.bad("name-1", "Give a scale of two to eight levels.")
	}
	for i := range s.Levels {
		l, n := &s.Levels[i], fmt.Sprintf("-%d", i+1)
		c.line("name"+n, &l.Name, "Say what this level is called.")
		c.line("about"+n, &l.About, "")
		for _, o := range s.Levels[:i] {
			if l.Name != "" && strings.EqualFold(o.Name, l.Name) {
				c.bad("name"+n, "Give each level a name of its own.")
				break
			}
		}
	}
	before := 1
	for _, i := range Intents() {
		switch n := s.Usual[i]; {
		case n < 1 || n > len(s.Levels):
			c.bad("usual-"+string(i), "Choose a level of this scale.")
		case n < before:
			c.bad("usual-"+string(i), "Choose no slighter level than for less.")
		default:
			before = n
		}
	}
	return c.err(op)
}

// Texts are at most so many characters.
const (
	maxLine = 200
	maxText = 4000
)

// checks gathers what is wrong with an input.
type checks []fault.Field

func (c *checks) bad(name, message string) {
	*c = append(*c, fault.Field{Name: name, Message: message})
}

// line trims a line, which must stand where missing says what to write.
func (c *checks) line(name string, s *string, missing string) {
	if *s = strings.Join(strings.Fields(*s), " "); *s == "" && missing != "" {
		c.bad(name, missing)
	} else if utf8.RuneCountInString(*s) > maxLine {
		c.bad(name, "Keep this to 200 characters.")
	}
}

// text trims a text that must stand.
func (c *checks) text(name string, s *string, missing string) {
	if *s = strings.TrimSpace(strings.ReplaceAll(*s, "\r\n", "\n")); *s == "" {
		c.bad(name, missing)
	} else if utf8.RuneCountInString(*s) > maxText {
		c.bad(name, "Shorten this to 4,000 characters.")
	}
}

func (c checks) err(op string) error {
	if len(c) == 0 {
		return nil
	}
	return fault.InvalidFields(op, c...)
}
