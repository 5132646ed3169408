package policydoc_test

import (
	"testing"

	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/program/policydoc"
	"caseward/internal/record/recordtest"
)

func TestWhatTwoMadeOfOneTextIsPutTogether(t *testing.T) {
	for name, x := range map[string]struct {
		base, mine, theirs, want string
		clash                    bool
	}{
		"nobody changed anything":              {"a\n\nb", "a\n\nb", "a\n\nb", "a\n\nb", false},
		"each changed another paragraph":       {"a\n\nb\n\nc", "a\n\nb\n\nC", "A\n\nb\n\nc", "A\n\nb\n\nC", false},
		"one added, the other struck":          {"a\nb\nc\nd", "a\nb\nnew\nc\nd", "a\nb\nc", "a\nb\nnew\nc", false},
		"both changed the same in one way":     {"a\nb\nc", "a\nB\nc", "a\nB\nc", "a\nB\nc", false},
		"both changed the same, each in a way": {"a\nb\nc\nd\ne", "a\nmine\nc\nd\ne", "a\ntheirs\nc\nd\nE", "a\nmine\nc\nd\nE", true},
		"one struck what the other changed":    {"a\nb\nc", "a\nc", "a\nB\nc", "a\nc", true},
		"from nothing":                         {"", "mine", "theirs", "mine", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, clash := policydoc.Merge(x.base, x.mine, x.theirs)
			if got != x.want || clash != x.clash {
				t.Errorf("%q, clash %v; want %q, %v", got, clash, x.want, x.clash)
			}
		})
	}
}

func TestWhatIsTypedIsKeptForWhoeverTypesIt(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		c := play(w)
		_, v, err := c.ps.Create(ctx, c.security(), text(), "First.", 0)
		ok(t, err)
		at := policydoc.DraftOf(v)
		fields := func(text string) map[string]phi.Text { return map[string]phi.Text{"text": phi.NewText(text)} }
		one, err := c.ps.Keep(ctx, c.security(), at, 0, fields("half a"))
		ok(t, err)
		if got, found, err := c.ps.Take(ctx, c.security(), at); err != nil || !found || got.Fields["text"].Disclose() != "half a" || got.Rev != one.Rev {
			t.Errorf("taken up again: %+v %v %v", got, found, err)
		}
		if _, found, err := c.ps.Take(ctx, c.privacy(), at); err != nil || found {
			t.Errorf("somebody else takes it up: %v %v", found, err)
		}
		_, err = c.ps.Keep(ctx, c.security(), at, 0, fields("another window"))
		is(t, "another window", err, fault.Conflict)
		two, err := c.ps.Keep(ctx, c.security(), at, one.Rev, fields("half a text"))
		ok(t, err)
		// A window that did not see the last words leaves them when it saves.
		ok(t, c.ps.Save(ctx, c.security(), v, 0, text("shut", "open"), "", one.Rev))
		if _, found, _ := c.ps.Take(ctx, c.security(), at); !found {
			t.Error("what another window kept is gone")
		}
		ok(t, c.ps.Save(ctx, c.security(), v, 0, text("shut", "closed"), "", two.Rev))
		if _, found, _ := c.ps.Take(ctx, c.security(), at); found {
			t.Error("what was saved is still kept")
		}
		_, err = c.ps.Keep(ctx, c.security(), policydoc.NextOf("nowhere"), 0, fields("x"))
		is(t, "a document that is not there", err, fault.NotFound)
		_, err = c.ps.Keep(ctx, c.security(), policydoc.NewText, 0, fields("x"))
		ok(t, err)
		ok(t, c.ps.Drop(ctx, c.security(), policydoc.NewText))
		if _, found, _ := c.ps.Take(ctx, c.security(), policydoc.NewText); found {
			t.Error("what was thrown away is still kept")
		}
	})
}
