package share

import (
	"slices"
	"strings"

	"caseward/internal/fault"
)

// A share's words hold, ten bits each: the set (15 bits), how the checksum is made (1)
// and the outer cipher's cost (4); group, groups needed and groups (4 each), number
// (4), shares needed (4); the value; the checksum (30).
const (
	perWord   = 10
	headWords = 4
	sumWords  = 3
	leastSize = 16 // bytes of a value
)

// Words are the words of the share.
func (s Share) Words() []string {
	in := s.head()
	// The value is filled up in front to whole words.
	n := (len(s.value)*8 + perWord - 1) / perWord
	bits, held := n*perWord-len(s.value)*8, 0
	for _, b := range s.value {
		held = held<<8 | int(b)
		for bits += 8; bits >= perWord; {
			bits -= perWord
			in = append(in, held>>bits)
			held &= 1<<bits - 1
		}
	}
	sum := polymod(s.extendable, append(slices.Clone(in), 0, 0, 0)) ^ 1
	in = append(in, sum>>20&1023, sum>>10&1023, sum&1023)
	out := make([]string, len(in))
	for i, w := range in {
		out[i] = words[w]
	}
	return out
}

// Text is the words, with spaces between them.
func (s Share) Text() string { return strings.Join(s.Words(), " ") }

func (s Share) head() []int {
	e := 0
	if s.extendable {
		e = 1
	}
	id := s.set<<5 | e<<4 | s.exponent
	place := s.number<<4 | s.need - 1 // of group 1 of 1, of which 1 is needed
	return []int{id >> 10, id & 1023, place >> 10, place & 1023}
}

// Parse reads the words of one share: in any case, of each at least four letters. An
// error says which word is wrong, as far as that can be known, and never repeats one.
func Parse(text string) (Share, error) {
	const op = "share.read"
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) == 0 {
		return Share{}, fault.Invalidf(op, "there is no word")
	}
	in := make([]int, len(fields))
	for i, f := range fields {
		n, ok := -1, false
		if len(f) >= letters {
			n, ok = byName[f[:letters]], strings.HasPrefix(words[byName[f[:letters]]], f)
		}
		if !ok {
			return Share{}, fault.Invalidf(op, "word %d is none of the list", i+1)
		}
		in[i] = n
	}
	pad := perWord * (len(in) - headWords - sumWords) % 16
	if size := perWord * (len(in) - headWords - sumWords) / 16 * 2; size < leastSize || pad > 8 {
		return Share{}, fault.Invalidf(op, "a share has 33 words, and here are %d", len(in))
	}
	s := Share{set: in[0]<<5 | in[1]>>5, extendable: in[1]>>4&1 == 1, exponent: in[1] & 15}
	if polymod(s.extendable, in) != 1 {
		if n := likely(in); n > 0 {
			return Share{}, fault.Invalidf(op, "the words do not belong together: most likely word %d is wrong", n)
		}
		return Share{}, fault.Invalidf(op, "the words do not belong together: several are wrong, or in the wrong order")
	}
	place := in[2]<<10 | in[3]
	if place>>8 != 0 {
		return Share{}, fault.Invalidf(op, "the share is of a set with groups, which is not made here")
	}
	s.number, s.need = place>>4&15, place&15+1
	held, bits := 0, -pad // the bits that fill up are nothing, and are zero
	for i, w := range in[headWords : len(in)-sumWords] {
		held, bits = held<<perWord|w, bits+perWord
		if i == 0 && held>>bits != 0 {
			return Share{}, fault.Invalidf(op, "the words say what no share says")
		}
		for bits >= 8 {
			bits -= 8
			s.value = append(s.value, byte(held>>bits))
			held &= 1<<bits - 1
		}
	}
	return s, nil
}

// polymod is the checksum RS1024, which tells up to three wrong words for certain; it
// is 1 for words that belong together.
func polymod(extendable bool, in []int) int {
	of := "shamir"
	if extendable {
		of = "shamir_extendable"
	}
	sum := 1
	add := func(v int) {
		top := sum >> 20
		sum = sum&0xfffff<<10 ^ v
		for i, g := range [...]int{0xe0e040, 0x1c1c080, 0x3838100, 0x7070200, 0xe0e0009, 0x1c0c2412, 0x38086c24, 0x3090fc48, 0x21b1f890, 0x3f3f120} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for _, c := range []byte(of) {
		add(int(c))
	}
	for _, v := range in {
		add(v)
	}
	return sum
}

// likely is the number of the one word that would make the checksum right if it were
// another, from 1; 0 if there is none. What word it should be is not told: whoever
// holds the share has it on paper, and a guess might be another's share.
func likely(in []int) int {
	try := slices.Clone(in)
	for i := range try {
		for w := range words {
			try[i] = w
			if polymod(try[1]>>4&1 == 1, try) == 1 {
				return i + 1
			}
		}
		try[i] = in[i]
	}
	return 0
}
