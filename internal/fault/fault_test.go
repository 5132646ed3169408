package fault

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKinds(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		kind Kind
		text string
	}{
		"not found":   {NotFoundf("note.read"), NotFound, "note.read: not found"},
		"denied":      {DeniedBy("note.read", "r1", "r2"), Denied, "note.read: denied"},
		"invalid":     {Invalidf("note.sign", "it has %d words", 0), Invalid, "note.sign: invalid: it has 0 words"},
		"fields":      {InvalidFields("note.sign", Field{"body", "Write something."}, Field{"on", "Choose a day."}), Invalid, "note.sign: invalid: body, on"},
		"conflict":    {Conflictf("note.change", "somebody else changed it"), Conflict, "note.change: conflict: somebody else changed it"},
		"unavailable": {Unavailablef("db.write", io.ErrUnexpectedEOF, "cannot be written"), Unavailable, "db.write: unavailable: cannot be written: unexpected EOF"},
		"any other":   {io.EOF, Internal, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.err.Error() != tt.text {
				t.Errorf("%q, want %q", tt.err, tt.text)
			}
			wrapped := fmt.Errorf("web: %w", errors.Join(errors.New("first"), tt.err))
			if KindOf(tt.err) != tt.kind || KindOf(wrapped) != tt.kind || !Is(wrapped, tt.kind) {
				t.Errorf("%v is %v, and wrapped %v", tt.err, KindOf(tt.err), KindOf(wrapped))
			}
		})
	}
	t.Run("no error is of no kind", func(t *testing.T) {
		for k := Internal; k <= Unavailable; k++ {
			if Is(nil, k) {
				t.Errorf("nil is %v", k)
			}
			if k.String() == "" {
				t.Errorf("kind %d has no name", k)
			}
		}
	})
	t.Run("the cause can be found, the fields too", func(t *testing.T) {
		if !errors.Is(Unavailablef("db.write", io.EOF, "w"), io.EOF) {
			t.Error("the cause is lost")
		}
		want := []Field{{"body", "Write something."}}
		if d := cmp.Diff(want, FieldsOf(fmt.Errorf("w: %w", InvalidFields("note.sign", want...)))); d != "" {
			t.Error(d)
		}
		if FieldsOf(io.EOF) != nil {
			t.Error("fields out of nothing")
		}
	})
	t.Run("a refusal does not print the rules that refused", func(t *testing.T) {
		if got := DeniedBy("client.read", "restricted-by-request").Error(); got != "client.read: denied" {
			t.Error(got)
		}
	})
}
