package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"time"

	"caseward/internal/document"
)

// paper is a file that a worker adds to a chart.
type paper struct {
	worker   string
	skip     int // which of their clients
	days     int // ago
	title    string
	category string
	name     string
	content  func() []byte
	part2    bool
	again    string // why there is a newer version a few days later; empty: there is none
}

var papers = []paper{
	{"cm-a", 0, 41, "Lease, signed by both", "housing", "lease.pdf", letter("LEASE SUMMARY", "One bedroom, rent as agreed, deposit paid.", "Quiet hours from ten to seven.", "Signed by tenant and landlord."), false, "The page with the signatures was missing."},
	{"cm-a", 0, 12, "Photo of the radiator in the bedroom", "photo", "IMG_2207.png", radiator, false, ""},
	{"cm-a", 0, 4, "Consent to talk to the housing office", "consent", "consent.pdf", letter("CONSENT", "I allow Harborlight Community Services to talk to the", "housing office about my application for one year."), false, ""},
	{"cm-a", 0, 1, "Pay slips of October", "income", "payslips.pdf", locked, false, ""},
	{"cm-a", 1, 20, "List of calls to landlords", "housing", "calls.csv", plain("day,who,answer\n2026-10-21,Bay Street 4,no pets\n2026-10-22,Mill Lane 19,visit on Friday\n"), false, ""},
	{"cm-e", 0, 15, "Weekly attendance of the group", "medical", "attendance.txt", plain("Attended three of four sessions in October.\nMissed the second because of a cold; called ahead.\n"), true, ""},
}

// addPapers adds files to some charts: of one client many, one of them in quarantine
// because it has a password.
func (y *year) addPapers() {
	for _, p := range papers {
		c := y.clientOf(p.worker, p.skip)
		d := newDraw(y.seed, uint64(1<<41+len(p.title)))
		at := y.office(d, y.now.AddDate(0, 0, -p.days))
		var id document.ID
		add := func(of *document.ID, why string) func(ctx context.Context) error {
			return func(ctx context.Context) error {
				who, err := y.as(ctx, p.worker)
				if err != nil {
					return err
				}
				in := document.Upload{
					Details: document.Details{Title: text(p.title), Category: p.category, On: date(y.walk.Now().In(y.zone)), Case: c.file},
					Name:    text(p.name), Part2: p.part2, Of: *of, Why: text(why),
				}
				a, err := y.Documents.Upload(ctx, who, c.id, in, bytes.NewReader(p.content()))
				id = a.ID
				return err
			}
		}
		y.at(at, c.i, add(&document.ID{}, ""))
		if p.again != "" {
			y.at(at.Add(3*24*time.Hour), c.i, add(&id, p.again))
		}
	}
}

// clientOf is one of the clients a worker has had for the longest.
func (y *year) clientOf(worker string, skip int) *clientPlan {
	for _, c := range y.plans {
		if c.worker == worker && c.client.Flags != nil {
			if skip--; skip < 0 {
				return c
			}
		}
	}
	return y.plans[0]
}

func plain(s string) func() []byte { return func() []byte { return []byte(s) } }

// letter is a PDF of one page with these lines.
func letter(lines ...string) func() []byte {
	return func() []byte { return pdf("", lines...) }
}

// locked is a PDF that says that it has a password.
func locked() []byte { return pdf(" /Encrypt 6 0 R", "PAY SLIPS") }

func pdf(trailer string, lines ...string) []byte {
	var page strings.Builder
	page.WriteString("BT /F1 13 Tf 72 720 Td 20 TL\n")
	for _, l := range lines {
		fmt.Fprintf(&page, "(%s) Tj T*\n", l)
	}
	page.WriteString("ET")
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	var at []int
	for i, o := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", page.Len(), page.String()), "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, trailer, xref)
	return b.Bytes()
}

// radiator is a picture: a cold radiator under a window.
func radiator() []byte {
	const w, h = 480, 320
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{
		color.RGBA{0xe9, 0xe4, 0xda, 0xff}, color.RGBA{0xc9, 0xdc, 0xe8, 0xff}, color.RGBA{0x8a, 0x8f, 0x94, 0xff}, color.RGBA{0x5d, 0x4a, 0x3a, 0xff},
	})
	fill := func(x0, y0, x1, y1 int, c uint8) {
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				m.SetColorIndex(x, y, c)
			}
		}
	}
	fill(120, 20, 360, 150, 3)
	fill(130, 30, 236, 142, 1)
	fill(244, 30, 350, 142, 1)
	for x := 110; x < 370; x += 24 {
		fill(x, 180, x+16, 280, 2)
	}
	fill(100, 190, 380, 196, 2)
	fill(100, 262, 380, 268, 2)
	fill(0, 296, w, h, 3)
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // a picture in memory always encodes
	}
	return b.Bytes()
}
