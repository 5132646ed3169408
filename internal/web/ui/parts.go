package ui

import "caseward/internal/phi"

// Badge is a safety or handling alert, or a label, about a client.
type Badge struct {
	Tone   Tone
	Icon   string   // of the sprite; one that fits the tone if empty
	Text   phi.Text // "Safety plan"
	Detail phi.Text // "Keep address and visits private."
}

func (b Badge) icon() string {
	if b.Icon != "" {
		return b.Icon
	}
	return b.Tone.icon()
}

// TileFact is a number that matters today.
type TileFact struct {
	Count  int
	Title  string
	Detail string
	Tone   Tone
	URL    string
}

// Tab is a link among its like.
type Tab struct {
	Text    string
	URL     string
	Count   int // 0 shows none
	Current bool
}

// Fact is a labelled value.
type Fact struct {
	Label  string
	Value  phi.Text
	Hidden Hidden
	Mono   bool
}
