package phi

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"log"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"testing"
	texttemplate "text/template"
)

// What must never show: the words of a name, the parts of a date, the digits of
// a number, in decimal, hexadecimal and quoted forms.
const (
	plantedName = "Zanzibar"
	plantedYear = 1987
	plantedSum  = 48151623
)

var planted = []string{
	plantedName, fmt.Sprintf("%x", plantedName), fmt.Sprintf("%X", plantedName), fmt.Sprintf("% x", plantedName),
	fmt.Sprint([]byte(plantedName)), "1987", "7c3", "7C3", fmt.Sprintf("%b", plantedYear), fmt.Sprintf("%o", plantedYear),
	"48151623", fmt.Sprintf("%x", plantedSum), fmt.Sprintf("%X", plantedSum), fmt.Sprintf("%b", plantedSum), fmt.Sprintf("%o", plantedSum), "4.8151623e+07",
}

// shows is what s shows of the planted words besides the addresses of what lies in
// printed, whose digits are anything by chance.
func shows(s string, printed ...any) string {
	for _, v := range printed {
		addresses(reflect.ValueOf(v), map[uintptr]bool{}, func(at uint64) {
			for _, base := range []int{2, 8, 10, 16} {
				digits := strconv.FormatUint(at, base)
				s = strings.NewReplacer(digits, "@", strings.ToUpper(digits), "@").Replace(s)
			}
		})
	}
	for _, p := range planted {
		if strings.Contains(s, p) {
			return p
		}
	}
	return ""
}

// addresses tells of every address that fmt may print for v, and for what lies in it.
func addresses(v reflect.Value, seen map[uintptr]bool, tell func(uint64)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Chan, reflect.Func:
		at := v.Pointer()
		if at != 0 {
			tell(uint64(at))
		}
		if v.Kind() == reflect.Pointer {
			if at != 0 && !seen[at] {
				seen[at] = true
				addresses(v.Elem(), seen, tell)
			}
			return
		}
	}
	switch v.Kind() {
	case reflect.Interface:
		addresses(v.Elem(), seen, tell)
	case reflect.Struct:
		for i := range v.NumField() {
			addresses(v.Field(i), seen, tell)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			addresses(v.Index(i), seen, tell)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			addresses(k, seen, tell)
			addresses(v.MapIndex(k), seen, tell)
		}
	}
}

// Person holds every type in every way a struct can.
type Person struct {
	Name    Text
	name    Text
	Born    Date
	born    Date
	Score   Number
	score   Number
	Names   []Text
	names   [1]Text
	Next    *Text
	next    *Text
	ByKey   map[string]Text
	byKey   map[string]Date
	Any     any
	any     any
	inner   struct{ deep Text }
	Strange fmt.Stringer
}

func person() Person {
	n, b, s := NewText(plantedName), NewDate(plantedYear, 3, 11), NewNumber(plantedSum)
	p := Person{
		Name: n, name: n, Born: b, born: b, Score: s, score: s, Names: []Text{n}, names: [1]Text{n}, Next: &n, next: &n,
		ByKey: map[string]Text{"k": n}, byKey: map[string]Date{"k": b}, Any: n, any: b, Strange: s,
	}
	p.inner.deep = n
	return p
}

// values is PHI alone and in everything that can hold it.
func values() map[string]any {
	p := person()
	n, b, s := p.Name, p.Born, p.Score
	return map[string]any{
		"text": n, "date": b, "number": s,
		"pointer to text": &n, "pointer to date": &b, "pointer to number": &s,
		"slice": []Text{n}, "array": [2]Date{b}, "map": map[string]Number{"k": s}, "map key": map[Text]int{n: 1},
		"struct": p, "pointer to struct": &p, "slice of structs": []Person{p}, "interface": []any{n, b, s},
		"pointer to pointer": func() **Text { q := &n; return &q }(),
		"channel of text":    make(chan Text), "function": func() Text { return n },
	}
}

func TestNothingPrints(t *testing.T) {
	t.Run("under any verb of fmt", func(t *testing.T) {
		for name, v := range values() {
			for _, verb := range "vTtbcdoOqxXUeEfFgGspw" {
				for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "20", ".3", "20.3", "#20"} {
					format := "%" + flags + string(verb)
					if p := shows(fmt.Sprintf(format, v), v); p != "" {
						t.Errorf("%s under %s shows %q", name, format, p)
					}
				}
			}
			for _, s := range []string{fmt.Sprint(v), fmt.Sprintln(v), string(fmt.Append(nil, v))} {
				if p := shows(s, v); p != "" {
					t.Errorf("%s shows %q", name, p)
				}
			}
		}
		if got := fmt.Sprintf("%v %s %d %q %x %+v %#v", NewText(plantedName), NewText(plantedName), NewNumber(1), NewText("a"), NewText("a"), NewDate(1987, 1, 1), NewNumber(2)); strings.Count(got, Redacted) != 7 {
			t.Errorf("want %s seven times: %s", Redacted, got)
		}
	})
	t.Run("in errors, wrapped or not", func(t *testing.T) {
		for name, v := range values() {
			inner := fmt.Errorf("with %v", v)
			for _, err := range []error{inner, fmt.Errorf("out: %w", inner), errors.Join(inner, inner), fmt.Errorf("%s %+v %w", v, v, inner)} {
				if p := shows(err.Error(), v); p != "" {
					t.Errorf("%s in an error shows %q", name, p)
				}
			}
		}
	})
	t.Run("in slog, as text and as JSON", func(t *testing.T) {
		// The digits of the time are anything by chance, too.
		untimed := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}
		for name, v := range values() {
			var text, js bytes.Buffer
			for _, h := range []slog.Handler{slog.NewTextHandler(&text, untimed), slog.NewJSONHandler(&js, untimed)} {
				l := slog.New(h)
				l.Info("m", "k", v)
				l.With("k", v).WithGroup("g").Info("m", slog.Any("k", v), slog.Group("h", "k", v))
			}
			if p := shows(text.String()+js.String(), v); p != "" {
				t.Errorf("%s in slog shows %q", name, p)
			}
		}
	})
	t.Run("in the old log", func(t *testing.T) {
		for name, v := range values() {
			var b bytes.Buffer
			l := log.New(&b, "", 0)
			l.Print(v)
			l.Printf("%v %+v %#v", v, v, v)
			if p := shows(b.String(), v); p != "" {
				t.Errorf("%s in log shows %q", name, p)
			}
		}
	})
	t.Run("in JSON and XML", func(t *testing.T) {
		for name, v := range values() {
			if b, err := json.Marshal(v); err == nil && shows(string(b), v) != "" {
				t.Errorf("%s in JSON: %s", name, b)
			} else if err != nil && shows(err.Error(), v) != "" {
				t.Errorf("%s: the JSON error shows it", name)
			}
			if b, err := xml.Marshal(v); err == nil && shows(string(b), v) != "" {
				t.Errorf("%s in XML: %s", name, b)
			} else if err != nil && shows(err.Error(), v) != "" {
				t.Errorf("%s: the XML error shows it", name)
			}
		}
		b, err := json.Marshal(person().Name)
		if err != nil || string(b) != `"`+Redacted+`"` {
			t.Errorf("%s, %v", b, err)
		}
		type attr struct {
			Name Text `xml:"name,attr"`
		}
		b, err = xml.Marshal(attr{NewText(plantedName)})
		if err != nil || !strings.Contains(string(b), Redacted) {
			t.Errorf("%s, %v", b, err)
		}
	})
	t.Run("in templates: text, attribute, URL, script, style, comment", func(t *testing.T) {
		const page = `<p title="{{.}}" style="width:{{.}}" onclick="f({{.}})">{{.}}</p><a href="/x?q={{.}}">{{printf "%v" .}}</a><script>let a = {{.}};</script><style>a { color: {{.}} }</style><!-- {{.}} -->`
		h := template.Must(template.New("").Parse(page))
		x := texttemplate.Must(texttemplate.New("").Parse(`{{.}} {{printf "%+v %#v" . .}} {{print .}} {{html .}} {{js .}} {{urlquery .}}`))
		for name, v := range values() {
			var b bytes.Buffer
			err := h.Execute(&b, v)
			err2 := x.Execute(&b, v)
			if p := shows(b.String()+fmt.Sprint(err, err2), v); p != "" {
				t.Errorf("%s in a template shows %q", name, p)
			}
		}
	})
	t.Run("in a panic that is caught and printed", func(t *testing.T) {
		who := person()
		defer func() {
			if p := shows(fmt.Sprint(recover()), who); p != "" {
				t.Errorf("shows %q", p)
			}
		}()
		panic(who)
	})
}

// TestTheTestCanFail proves that what TestNothingPrints looks for would be found.
func TestTheTestCanFail(t *testing.T) {
	type leaky struct{ name string }
	for _, s := range []string{fmt.Sprintf("%+v", leaky{plantedName}), fmt.Sprintf("%x", plantedName), fmt.Sprintf("%d", plantedYear), fmt.Sprint([]byte(plantedName)), fmt.Sprintf("%x", plantedSum)} {
		if shows(s) == "" {
			t.Errorf("not noticed: %s", s)
		}
	}
	p := person()
	if shows(fmt.Sprint(&p.Next, make(chan Text), plantedName), p, &p) == "" {
		t.Error("a name beside addresses is not noticed")
	}
}

func TestDisclose(t *testing.T) {
	t.Run("gives back what was put in", func(t *testing.T) {
		if got := NewText(plantedName).Disclose(); got != plantedName {
			t.Error(got)
		}
		if y, m, d := NewDate(1987, 3, 11).Disclose(); y != 1987 || m != 3 || d != 11 {
			t.Error(y, m, d)
		}
		if v, ok := NewNumber(-7).Disclose(); v != -7 || !ok {
			t.Error(v, ok)
		}
	})
	t.Run("zero is unknown, and unknown is not zero", func(t *testing.T) {
		if !(Text{}).Empty() || !(Date{}).Empty() || !(Number{}).Empty() || NewNumber(0).Empty() || !NewText("").Empty() {
			t.Error("Empty is wrong")
		}
		if _, ok := (Number{}).Disclose(); ok || (Number{}).Equal(NewNumber(0)) {
			t.Error("an unknown number is known")
		}
		if (Text{}).Disclose() != "" || (Date{}).DiscloseISO() != "" {
			t.Error("zero is something")
		}
	})
	t.Run("a date shows the precision it has", func(t *testing.T) {
		for want, d := range map[string]Date{"1987": NewDate(1987, 0, 0), "1987-03": NewDate(1987, 3, 0), "1987-03-11": NewDate(1987, 3, 11), "0007-01-02": NewDate(7, 1, 2)} {
			if got := d.DiscloseISO(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		}
	})
	t.Run("equal means the same value", func(t *testing.T) {
		if !NewText("a").Equal(NewText("a")) || NewText("a").Equal(NewText("b")) || !NewDate(1, 2, 3).Equal(NewDate(1, 2, 3)) || NewDate(1, 2, 3).Equal(NewDate(1, 2, 4)) || !NewNumber(3).Equal(NewNumber(3)) {
			t.Error("Equal is wrong")
		}
	})
}

func TestParseDate(t *testing.T) {
	for _, s := range []string{"1987", "1987-03", "1987-03-11", "2024-02-29"} {
		if d, err := ParseDate(s); err != nil || d.DiscloseISO() != s {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "87", "1987-3", "1987-13", "1987-02-30", "2023-02-29", "11/03/1987", "1987-03-11T00:00:00Z", "Zanzibar", "１９８７"} {
		d, err := ParseDate(s)
		if err == nil || !d.Empty() {
			t.Errorf("%q was read", s)
		} else if s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("%q is repeated in the error", s)
		}
	}
}

// TestBinary sends values through the sealed store's encoding.
func TestBinary(t *testing.T) {
	for name, pair := range map[string][2]any{
		"text":          {NewText("Ibáñez\x00\n"), new(Text)},
		"no text":       {Text{}, new(Text)},
		"date":          {NewDate(1987, 3, 11), new(Date)},
		"year":          {NewDate(1987, 0, 0), new(Date)},
		"no date":       {Date{}, new(Date)},
		"number":        {NewNumber(-1 << 63), new(Number)},
		"largest":       {NewNumber(1<<63 - 1), new(Number)},
		"nought":        {NewNumber(0), new(Number)},
		"unknown score": {Number{}, new(Number)},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := pair[0].(encoding.BinaryMarshaler).MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if err := pair[1].(encoding.BinaryUnmarshaler).UnmarshalBinary(b); err != nil {
				t.Fatal(err)
			}
			back := reflect.ValueOf(pair[1]).Elem()
			if !reflect.ValueOf(pair[0]).MethodByName("Equal").Call([]reflect.Value{back})[0].Bool() {
				t.Error("came back as something else")
			}
		})
	}
	t.Run("damage is an error and not a value", func(t *testing.T) {
		var d Date
		if err := d.UnmarshalBinary([]byte("yesterday")); err == nil || !d.Empty() {
			t.Error("a date was read")
		}
		var n Number
		for _, b := range [][]byte{{0x80}, {0x02, 0x02}, bytes.Repeat([]byte{0xff}, 11)} {
			if err := n.UnmarshalBinary(b); err == nil {
				t.Errorf("% x was read", b)
			}
		}
	})
	// encoding/gob uses MarshalBinary: it does carry the value, which is why
	// only package record may import an encoder that does. This pins the fact
	// that the import rule rests on.
	t.Run("an encoder that uses MarshalBinary carries the value, so imports of one are ruled", func(t *testing.T) {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(NewText(plantedName)); err != nil {
			t.Fatal(err)
		}
		if shows(b.String()) == "" {
			t.Error("gob no longer uses MarshalBinary: the guard on it may go")
		}
	})
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"", "1987", "1987-03", "1987-03-11", "2023-02-29", "0000-00-00", "9999-12-31", "-001", "1987-03-11T00:00", "+987"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			if !d.Empty() || (len(s) > 4 && strings.Contains(err.Error(), s) && !strings.Contains("phi: not a date of the form YYYY, YYYY-MM or YYYY-MM-DD", s)) {
				t.Fatal("the error keeps or repeats the input")
			}
			return
		}
		if d.DiscloseISO() != s {
			t.Fatalf("%q came back as %q", s, d.DiscloseISO())
		}
	})
}

func FuzzDateUnmarshalBinary(f *testing.F) {
	f.Add([]byte("1987-03-11"))
	f.Add([]byte{})
	f.Add([]byte{0xff, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Date
		if d.UnmarshalBinary(b) != nil {
			return
		}
		again, _ := d.MarshalBinary()
		if !bytes.Equal(again, b) {
			t.Fatalf("%q came back as %q", b, again)
		}
	})
}

func FuzzNumberUnmarshalBinary(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0x02})
	f.Add(bytes.Repeat([]byte{0xff}, 10))
	f.Fuzz(func(t *testing.T, b []byte) {
		var n, m Number
		if n.UnmarshalBinary(b) != nil {
			return
		}
		again, _ := n.MarshalBinary()
		if err := m.UnmarshalBinary(again); err != nil || !m.Equal(n) {
			t.Fatalf("% x came back as another number, %v", b, err)
		}
	})
}
