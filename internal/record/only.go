package record

import (
	"context"

	"caseward/internal/actor"
)

// Only writes the one record of its kind that has this reference, as its Ref and Ext say:
// makes it where version, as the asker saw it, is 0, and otherwise changes it. own is the
// service actor that finds it.
//
// check says what is wrong with what is to be kept. It runs outside the transaction and
// only for whoever may do this: anybody else is refused as the policies say and learns
// nothing of it. set gets the value as it is, the zero value if there is none yet, and
// must keep to what [Records.Change] asks of an edit; it says whether there was one.
//
// Errors: Denied; what check returns; Conflict if it was made or changed meanwhile.
func (r Records[T]) Only(ctx context.Context, who, own actor.Actor, ref string, version int64, check func(op string) error, set func(v *T, was bool)) error {
	op := r.kind.Name + ".change"
	classes := r.kind.classes()
	may, err := r.door.May(ctx, who, op, Subject{}, false, classes)
	if err != nil {
		return err
	}
	w := r.door.Work(who, op)
	var v T
	if !may.Contains(classes) {
		r.CreateAs(w, op, Subject{}, v)
		return w.Commit(ctx)
	}
	mark, err := r.Mark(ctx, own, ref)
	if err != nil {
		return err
	}
	if err := check(op); err != nil {
		return err
	}
	id, _, _, found, err := r.FindExt(ctx, own, ref)
	switch {
	case err != nil:
		return err
	case found != (version != 0):
		return stale(op)
	case found:
		r.Change(w, "change", id, version, func(v *T) error { set(v, true); return nil })
	default:
		set(&v, false)
		r.Unmoved(w, mark)
		r.CreateAs(w, op, Subject{}, v)
	}
	return w.Commit(ctx)
}

// One opens the one record of its kind that has this reference; its version is 0 while
// there is none. own is the service actor that finds it. Errors: Denied.
func (r Records[T]) One(ctx context.Context, who, own actor.Actor, ref string) (o Opened[T], err error) {
	id, _, _, found, err := r.FindExt(ctx, own, ref)
	if err != nil || !found {
		return o, err
	}
	return r.Read(ctx, who, id)
}
