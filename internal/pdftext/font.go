package pdftext

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/ledongthuc/pdf"
)

// font is what is to be known of a font: which signs its codes are, and how wide.
type font struct {
	bytes        int               // of a code
	says         map[string]string // by ToUnicode; nil if the font has none
	sixteen      bool              // other codes are signs of UTF-16
	mac          bool              // other codes are those of old Macintoshes, and not of Windows
	named        map[int]string    // but for these
	widths       map[int]float64   // in parts of the size
	width        float64           // of other codes
	about        bool              // the widths are not said, and about those of most fonts
	bold, italic bool
	known        map[string]string // what codes were found to be
}

// face is the font of a dictionary.
func (r *reader) face(v pdf.Value) *font {
	id := v.String()
	if f, ok := r.fonts[id]; ok {
		return f
	}
	f := &font{bytes: 1, widths: map[int]float64{}, known: map[string]string{}}
	r.fonts[id] = f
	about := v
	if d := v.Key("DescendantFonts").Index(0); !d.IsNull() {
		about = d
		f.bytes = 2
		f.width = 1
		if w := d.Key("DW"); !w.IsNull() {
			f.width = w.Float64() / 1000
		}
		f.learnWide(d.Key("W"))
		f.sixteen = strings.HasPrefix(v.Key("Encoding").Name(), "Uni")
	} else {
		unit := 0.001
		if v.Key("Subtype").Name() == "Type3" {
			if m := v.Key("FontMatrix").Index(0).Float64(); m > 0 {
				unit = m
			}
		}
		first := int(v.Key("FirstChar").Int64())
		list := v.Key("Widths")
		for i := range min(list.Len(), 256) {
			f.widths[first+i] = list.Index(i).Float64() * unit
		}
		f.width = v.Key("FontDescriptor").Key("MissingWidth").Float64() * unit
		if list.Len() == 0 {
			f.about = true // one of the fonts that every reader has
			if strings.Contains(v.Key("BaseFont").Name(), "Courier") {
				f.width = 0.6
			}
		}
		f.learnNames(v.Key("Encoding"))
	}
	if m := v.Key("ToUnicode"); m.Kind() == pdf.Stream {
		f.says = map[string]string{}
		f.learnSigns(r, v, m)
	}
	name := strings.ToLower(v.Key("BaseFont").Name())
	desc := about.Key("FontDescriptor")
	for _, s := range []string{"bold", "black", "heavy", "demi"} {
		f.bold = f.bold || strings.Contains(name, s)
	}
	f.bold = f.bold || desc.Key("FontWeight").Float64() >= 600 || desc.Key("Flags").Int64()&(1<<18) != 0
	f.italic = strings.Contains(name, "italic") || strings.Contains(name, "oblique") || desc.Key("ItalicAngle").Float64() != 0
	return f
}

// learnWide reads the widths of a font with codes of two bytes: `first [w w …]` and
// `first last w`.
func (f *font) learnWide(list pdf.Value) {
	for i := 0; i+1 < list.Len() && len(f.widths) < 70_000; {
		first := int(list.Index(i).Int64())
		if each := list.Index(i + 1); each.Kind() == pdf.Array {
			for j := range min(each.Len(), 65_536) {
				f.widths[first+j] = each.Index(j).Float64() / 1000
			}
			i += 2
			continue
		}
		last, w := int(list.Index(i+1).Int64()), list.Index(i+2).Float64()/1000
		for c := max(first, 0); c <= min(last, 65_535); c++ {
			f.widths[c] = w
		}
		i += 3
	}
}

// learnSigns reads which signs the codes are: a program that begins a dictionary, for which
// own stands in. A map that breaks off counts up to there.
func (f *font) learnSigns(r *reader, own, m pdf.Value) {
	defer func() {
		if x := recover(); x == any(ErrLarge) {
			panic(ErrLarge)
		}
	}()
	pdf.Interpret(m, func(stack *pdf.Stack, op string) {
		if r.steps++; r.steps > steps || len(f.says) > 70_000 {
			panic(ErrLarge)
		}
		switch op {
		case "findresource":
			stack.Push(own)
		case "begincodespacerange", "beginbfchar", "beginbfrange", "begincmap":
			for stack.Len() > 0 {
				stack.Pop()
			}
		case "endbfchar":
			for stack.Len() >= 2 {
				to, from := stack.Pop(), stack.Pop()
				f.says[from.RawString()] = sixteen(to.RawString())
			}
		case "endbfrange":
			for stack.Len() >= 3 {
				to, last, first := stack.Pop(), stack.Pop().RawString(), stack.Pop().RawString()
				if len(first) == 0 || len(first) > 2 || len(first) != len(last) {
					continue
				}
				low, high := number(first), number(last)
				for c := low; c <= high; c++ {
					code := string([]byte{byte(c >> 8), byte(c)}[2-len(first):])
					if to.Kind() == pdf.Array {
						f.says[code] = sixteen(to.Index(c - low).RawString())
						continue
					}
					b := []byte(to.RawString())
					if n := len(b); n >= 2 {
						last := int(b[n-2])<<8 + int(b[n-1]) + c - low
						b[n-2], b[n-1] = byte(last>>8), byte(last)
						f.says[code] = sixteen(string(b))
					}
				}
			}
		}
	})
}

// sixteen is text in UTF-16, the high byte first.
func sixteen(s string) string {
	var u []uint16
	for i := 0; i+1 < len(s); i += 2 {
		u = append(u, uint16(s[i])<<8|uint16(s[i+1]))
	}
	return string(utf16.Decode(u))
}

// number is a code of at most two bytes.
func number(code string) (n int) {
	for i := range len(code) {
		n = n<<8 | int(code[i])
	}
	return n
}

// read is the sign and the width of a code.
func (f *font) read(code string) (text string, width float64) {
	n := number(code)
	width, ok := f.widths[n]
	if !ok {
		width = f.width
	}
	if text, ok = f.known[code]; ok {
		return text, f.guess(text, width)
	}
	text, ok = f.says[code]
	if !ok || text == "" {
		text = f.other(n)
	}
	text = plain(text)
	f.known[code] = text
	return text, f.guess(text, width)
}

// guess is the width of a sign in a font that does not say it.
func (f *font) guess(text string, width float64) float64 {
	if !f.about || width > 0 || text == "" {
		return width
	}
	switch r := []rune(text)[0]; {
	case strings.ContainsRune(" iljtfrI.,:;!|'()[]/-’‘", r):
		return 0.29
	case strings.ContainsRune("mwMW—@%", r):
		return 0.83
	case unicode.IsUpper(r):
		return 0.69
	}
	return 0.53
}

// learnNames reads which signs a font with codes of one byte has: those of a list that
// everybody knows, but for some that it names. Of the lists of names in use there are the
// letters, figures and signs of the languages of Western Europe.
func (f *font) learnNames(e pdf.Value) {
	base := e
	if e.Kind() == pdf.Dict {
		base = e.Key("BaseEncoding")
	}
	f.mac = base.Name() == "MacRomanEncoding"
	list, n := e.Key("Differences"), 0
	for i := range min(list.Len(), 1000) {
		x := list.Index(i)
		if x.Kind() != pdf.Name {
			n = int(x.Int64())
			continue
		}
		if f.named == nil {
			f.named = map[int]string{}
		}
		f.named[n] = called(x.Name())
		n++
	}
}

// called is the sign of a name; the replacement character where nobody knows it.
func called(name string) string {
	if len(name) == 1 {
		return name
	}
	if code, ok := strings.CutPrefix(name, "uni"); ok && len(code) == 4 {
		if n, err := strconv.ParseUint(code, 16, 16); err == nil {
			return string(rune(n))
		}
	}
	i := 0
	signs := []rune(signs)
	for n := range strings.FieldsSeq(names) {
		if n == name {
			return string(signs[i])
		}
		i++
	}
	return string(unicode.ReplacementChar)
}

// other is the sign of a code that no map of the font's own names.
func (f *font) other(n int) string {
	switch text, ok := f.named[n]; {
	case ok:
		return text
	case f.sixteen:
		return string(rune(n))
	case f.bytes == 2:
		return string(unicode.ReplacementChar)
	case n < 0x80 || n >= 0xa0 && !f.mac:
		return string(rune(n))
	case f.mac:
		return string([]rune(macintosh)[n-0x80])
	}
	return string([]rune(windows)[n-0x80])
}

// The signs of Windows' code page 1252 from 80 to 9F, and of old Macintoshes from 80.
const (
	windows   = "€\ufffd‚ƒ„…†‡ˆ‰Š‹Œ\ufffdŽ\ufffd\ufffd‘’“”•–—˜™š›œ\ufffdžŸ"
	macintosh = "ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»…\u00a0ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\uf8ffÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ"
)

// names is what signs are called in a font, in their order.
const (
	names = "space exclam quotedbl numbersign dollar percent ampersand quotesingle parenleft parenright asterisk " +
		"plus comma hyphen period slash zero one two three four five six seven eight nine colon semicolon " +
		"less equal greater question at bracketleft backslash bracketright asciicircum underscore grave " +
		"braceleft bar braceright asciitilde bullet endash emdash quoteleft quoteright quotedblleft " +
		"quotedblright quotesinglbase quotedblbase ellipsis ff fi fl ffi ffl section paragraph copyright " +
		"registered trademark degree dagger daggerdbl periodcentered minus multiply divide plusminus Euro " +
		"sterling cent exclamdown questiondown guillemotleft guillemotright guilsinglleft guilsinglright " +
		"ordfeminine ordmasculine germandbls dotlessi AE ae OE oe Oslash oslash onehalf onequarter " +
		"threequarters lessequal greaterequal notequal fraction nbspace sfthyphen figuredash circle filledbox " +
		"checkmark Aacute Agrave Acircumflex Adieresis Atilde Aring Eacute Egrave Ecircumflex Edieresis " +
		"Ecaron Iacute Igrave Icircumflex Idieresis Itilde Oacute Ograve Ocircumflex Odieresis Otilde Uacute " +
		"Ugrave Ucircumflex Udieresis Utilde Uring Yacute Ycircumflex Ydieresis aacute agrave acircumflex " +
		"adieresis atilde aring eacute egrave ecircumflex edieresis ecaron iacute igrave icircumflex " +
		"idieresis itilde oacute ograve ocircumflex odieresis otilde uacute ugrave ucircumflex udieresis " +
		"utilde uring yacute ycircumflex ydieresis Nacute Ntilde Ncedilla Ncaron nacute ntilde ncedilla " +
		"ncaron Cacute Ccircumflex Ccedilla Ccaron cacute ccircumflex ccedilla ccaron Sacute Scircumflex " +
		"Scedilla Scaron sacute scircumflex scedilla scaron Zacute Zcaron zacute zcaron"
	signs = " !\"#$%&'()*+,-./0123456789:;<=>?@[\\]^_`{|}~•–—‘’“”‚„…ﬀﬁﬂﬃﬄ§¶©®™°†‡·−×÷±€£¢¡¿«»‹›ªºßıÆæŒœØø½¼¾≤≥≠⁄ \u00ad‒○■✓ÁÀÂÄÃÅÉÈÊËĚÍÌÎÏĨÓÒÔÖÕÚÙÛÜŨŮÝŶŸáàâäãåéèêëěíìîïĩóòôöõúùûüũůýŷÿŃÑŅŇńñņňĆĈÇČćĉçčŚŜŞŠśŝşšŹŽźž"
)

// joined is letters that printers cast as one.
var joined = strings.NewReplacer("ﬀ", "ff", "ﬁ", "fi", "ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

// plain is text without the signs that only printing needs. What is no sign at all, or one
// of a font alone, becomes the replacement character; what shows nothing becomes nothing.
func plain(s string) string {
	var b strings.Builder
	for _, r := range joined.Replace(s) {
		switch {
		case r == '\u00ad':
			b.WriteRune(r) // tells that a word goes on
		case r == '\t' || r == '\n' || r == '\r' || unicode.Is(unicode.Zs, r):
			b.WriteByte(' ')
		case r == '\u2010' || r == '\u2011':
			b.WriteByte('-')
		case strings.ContainsRune("\uf0b7\uf0a7\uf0d8\uf076\uf0fc\uf02d\u2219\u25cf\u25aa\u25e6\u25a0\u25cb\u25a1\u2023\u27a2\u2756\u2713", r):
			b.WriteRune('•')
		case unicode.Is(unicode.Co, r), r == 0:
			b.WriteRune(unicode.ReplacementChar)
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
