package policydoc

import "strings"

// Row is a line of two texts side by side. A line that is only in one has the other
// empty.
type Row struct {
	Old, New         string
	OldLine, NewLine int // from 1; 0: not there
}

// Same reports whether the line is in both.
func (r Row) Same() bool { return r.OldLine > 0 && r.NewLine > 0 && r.Old == r.New }

// most is how many pairs of lines are looked at; beyond it, what differs stands as a
// whole beside what differs.
const most = 4_000_000

// Compare sets two texts side by side by their longest common lines. Lines that
// changed in one place stand beside each other.
func Compare(before, after string) []Row {
	a, b := strings.Split(before, "\n"), strings.Split(after, "\n")
	var out []Row
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for i := range head {
		out = append(out, Row{a[i], b[i], i + 1, i + 1})
	}
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	// long[i][j] is how many lines x[i:] and y[j:] have in common.
	long := make([][]int32, len(x)+1)
	line := len(x)*len(y) <= most
	for i := range long {
		long[i] = make([]int32, 1+len(y)*map[bool]int{true: 1}[line])
	}
	for i := len(x) - 1; i >= 0 && line; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				long[i][j] = long[i+1][j+1] + 1
			} else {
				long[i][j] = max(long[i+1][j], long[i][j+1])
			}
		}
	}
	var gone, come []Row
	flush := func() {
		for k := range max(len(gone), len(come)) {
			var r Row
			if k < len(gone) {
				r.Old, r.OldLine = gone[k].Old, gone[k].OldLine
			}
			if k < len(come) {
				r.New, r.NewLine = come[k].New, come[k].NewLine
			}
			out = append(out, r)
		}
		gone, come = nil, nil
	}
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case line && i < len(x) && j < len(y) && x[i] == y[j]:
			flush()
			out = append(out, Row{x[i], y[j], head + i + 1, head + j + 1})
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && (!line || long[i+1][j] >= long[i][j+1]):
			gone = append(gone, Row{Old: x[i], OldLine: head + i + 1})
			i++
		default:
			come = append(come, Row{New: y[j], NewLine: head + j + 1})
			j++
		}
	}
	flush()
	for k := range tail {
		i, j := len(a)-tail+k, len(b)-tail+k
		out = append(out, Row{a[i], b[j], i + 1, j + 1})
	}
	return out
}
