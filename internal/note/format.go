package note

import "caseward/internal/phi"

// Format says which sections a note is written in.
type Format string

// The formats.
const (
	PlainFormat Format = ""
	SOAP        Format = "soap"
	DAP         Format = "dap"
)

// Formats lists the formats in the order screens show them.
func Formats() []Format { return []Format{PlainFormat, SOAP, DAP} }

// Headings lists the headings a section can have, as codes, in the order a note
// shows them; "" is the text of a plain note.
func Headings() []string {
	return []string{"", "subjective", "objective", "data", "intervention", "assessment", "plan"}
}

// Sections lists the headings of a format.
func (f Format) Sections() []string {
	switch f {
	case SOAP:
		return []string{"subjective", "objective", "assessment", "plan"}
	case DAP:
		return []string{"data", "assessment", "plan"}
	}
	return []string{""}
}

// Written makes the sections of what was typed under each heading, in the order
// of [Headings]. What stands under a heading of another format is kept too.
func Written(text func(heading string) phi.Text) []Section {
	var out []Section
	for _, h := range Headings() {
		if t := text(h); !t.Empty() {
			out = append(out, Section{Heading: h, Text: t})
		}
	}
	return out
}

// Section is what stands under a heading; several are put together.
func (n Note) Section(heading string) phi.Text {
	var all string
	for _, s := range n.Sections {
		if s.Heading == heading {
			if all != "" {
				all += "\n\n"
			}
			all += s.Text.Disclose()
		}
	}
	return phi.NewText(all)
}
