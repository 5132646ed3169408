package record

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record/internal/store"
)

// Kind declares a kind of record: what it is called, how its fields are classed
// and which labels, facts and search terms are made from it.
//
// T is a struct; each of its fields has two tags, or Define panics and says
// which to add: class, one of the field classes, and doc, a sentence for the
// data dictionary.
type Kind[T any] struct {
	// Name is the singular noun, also the first word of its actions.
	Name string
	// Doc says in a sentence what a record of this kind is.
	Doc string
	// Retention is the retention class.
	Retention string
	// Labels are kept in clear so that lists can be made. They hold no PHI.
	Labels func(T) Labels
	// Terms are what the record can be found by; they are kept only as keyed
	// hashes. Nil: it is not searched.
	Terms func(T) []Term
	// Facts are what the record says about who stands how to whom. Nil: none.
	Facts func(id string, subject Subject, v T) []Fact
	// Reclass moves a class of fields of one record to a stricter class, as the
	// body of a psychotherapy note. Nil: never.
	Reclass func(v T, c policy.Class) policy.Class
	// May is the classes that Reclass can give.
	May policy.ClassSet
	// Late is the actions by which a record is made even about a client whose
	// record was joined to another: what belongs to a record that lies there, as an
	// addendum, or is no part of the record, as a notice. By any other, people make
	// it in the record that stays.
	Late []string
	// Asked says that labels are asked for at many requests: of one record
	// ([Records.LabelsOf], [Records.FindExt]), which are remembered until a record of the
	// kind changes, or of all about a client, until one of those does.
	Asked bool

	core kind
}

// kind is a Kind without its type, which is what the door works with: its code is
// there once, and not once for each kind there is. A value of the kind is passed as a
// pointer to it.
type kind struct {
	Name    string
	typ     reflect.Type
	may     policy.ClassSet
	late    []string
	asked   bool
	fields  []Field
	groups  []group
	labels  func(v any) Labels
	terms   func(v any) []Term
	facts   func(id string, subject Subject, v any) []Fact
	reclass func(v any, c policy.Class) policy.Class
}

// Labels stand in clear beside the sealed content. The data dictionary says of
// each why it may.
type Labels struct {
	State string    // "draft", "signed"
	Owner string    // worker it belongs to
	Group string    // program or team
	Ref   string    // record it hangs on
	Tag   string    // subtype
	At    time.Time // when the thing happened
	Due   time.Time // when something falls due
	Ext   string    // identity in the system it was imported from; kept as a keyed hash
}

// Term is something a record can be found by.
type Term struct {
	Field TermField
	Text  phi.Text
}

// TermField says how a term is indexed.
type TermField string

// The fields that can be searched.
const (
	NameTerm   TermField = "name"   // exact, prefix, phonetic, one typo; any script
	DateTerm   TermField = "date"   // exact, as YYYY-MM-DD
	PhoneTerm  TermField = "phone"  // exact, by its digits
	NumberTerm TermField = "number" // exact, letters and digits
)

// Fact says that holder stands in relation rel to object from From until Until.
// Holders and objects are "worker:<id>", "program:<name>" and "client:<id>"; those of
// standing are made by [Requirement], [Holding] and [Works].
type Fact struct {
	Holder, Rel, Object string
	Scope               policy.ClassSet // limits a break-glass grant; 0 for no limit
	terms               string          // of a requirement
	From, Until         time.Time       // Until zero: no end
}

// WorkerHolder, ProgramHolder and ClientObject name the ends of a fact.
func WorkerHolder(worker string) string   { return "worker:" + worker }
func ProgramHolder(program string) string { return "program:" + program }
func ClientObject(s Subject) string       { return "client:" + s.s }

// BrokeGlass is the relation of an emergency access that is over: it opens nothing at any
// moment, and explains what was opened.
const BrokeGlass = store.BrokeGlass

// Field is one field of a kind, for the data dictionary.
type Field struct {
	Name  string
	Type  string
	Class policy.Class
	Doc   string
}

// group is the fields of one class: a struct type made for encoding them.
type group struct {
	class policy.Class
	index []int
	typ   reflect.Type
}

// Define completes k. It panics when a field lacks its class or its sentence:
// that is a defect of the program, found at its first start.
func Define[T any](k Kind[T]) *Kind[T] {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct || k.Name == "" || k.Doc == "" || k.Retention == "" {
		panic(fmt.Sprintf("record: kind %q needs a struct, a name, a sentence and a retention class", k.Name))
	}
	k.core = kind{
		Name: k.Name, typ: t, may: k.May, late: k.Late, asked: k.Asked,
		labels:  func(any) Labels { return Labels{} },
		terms:   func(any) []Term { return nil },
		facts:   func(string, Subject, any) []Fact { return nil },
		reclass: func(_ any, c policy.Class) policy.Class { return c },
	}
	if k.Labels != nil {
		k.core.labels = func(v any) Labels { return k.Labels(*v.(*T)) }
	}
	if k.Terms != nil {
		k.core.terms = func(v any) []Term { return k.Terms(*v.(*T)) }
	}
	if k.Facts != nil {
		k.core.facts = func(id string, subject Subject, v any) []Fact { return k.Facts(id, subject, *v.(*T)) }
	}
	if k.Reclass != nil {
		k.core.reclass = func(v any, c policy.Class) policy.Class { return k.Reclass(*v.(*T), c) }
	}
	k.core.describe()
	return &k
}

// describe reads the fields of the kind's type and groups them by class.
func (k *kind) describe() {
	t := k.typ
	byClass := map[policy.Class][]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		class, doc := policy.Class(f.Tag.Get("class")), f.Tag.Get("doc")
		if !f.IsExported() || !policy.Known(class) || doc == "" {
			panic(fmt.Sprintf("record: %s.%s needs to be exported and to have `class:\"<one of %s>\" doc:\"<one sentence>\"`",
				t, f.Name, policy.AllClasses()))
		}
		k.fields = append(k.fields, Field{snake(f.Name), f.Type.String(), class, doc})
		byClass[class] = append(byClass[class], i)
	}
	for _, c := range policy.Classes() {
		index := byClass[c]
		if index == nil {
			continue
		}
		var sf []reflect.StructField
		for _, i := range index {
			f := t.Field(i)
			sf = append(sf, reflect.StructField{
				Name: f.Name, Type: f.Type,
				Tag: reflect.StructTag(`cbor:"` + snake(f.Name) + `,omitzero"`),
			})
		}
		k.groups = append(k.groups, group{c, index, reflect.StructOf(sf)})
	}
}

// Fields lists the kind's fields, for the data dictionary.
func (k *Kind[T]) Fields() []Field { return k.core.fields }

// Classes is the set of classes the kind's fields have before Reclass.
func (k *Kind[T]) Classes() policy.ClassSet { return k.core.classes() }

func (k *kind) classes() policy.ClassSet {
	var s policy.ClassSet
	for _, g := range k.groups {
		s |= policy.Set(g.class)
	}
	return s
}

// Described is what the data dictionary prints of a kind of any type.
type Described interface {
	Describe() (name, doc, retention string, fields []Field)
}

// Describe implements [Described].
func (k *Kind[T]) Describe() (name, doc, retention string, fields []Field) {
	return k.Name, k.Doc, k.Retention, k.core.fields
}

func snake(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || (i+1 < len(runes) && unicode.IsLower(runes[i+1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
