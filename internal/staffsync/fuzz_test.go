package staffsync

import "testing"

// FuzzRead reads whatever is uploaded: it never fails but with a reason, and never makes more
// rows than there may be.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"", "mail,given\na@example.org,A\n", "\ufeffcorreo;nombre\r\n\"a;b\";'=x\r\n", "mail\tid\n\"\n", "mail,mail\nx,y", "id,mail,\x00\n\xff\xfe,,,,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, _, err := read(body)
		if err != nil {
			if len(rows) > 0 {
				t.Error("rows and an error")
			}
			return
		}
		if len(rows) == 0 || len(rows) > MaxRows {
			t.Error(len(rows))
		}
		last := 0
		for _, r := range rows {
			if r.line <= last {
				t.Errorf("line %d after %d", r.line, last)
			}
			last = r.line
			for name := range r.cells {
				if headers[name] == nil {
					t.Errorf("a column %q", name)
				}
			}
		}
	})
}
