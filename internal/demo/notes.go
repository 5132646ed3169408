package demo

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/phrase"
)

// inTraining is the colleague whose notes are co-signed, by key.
const inTraining = "cm-b"

// programRules is how the programs keep their notes, by code.
var programRules = map[string]org.NoteRules{
	"housing":  {Unit: 15},
	"family":   {Format: string(note.DAP), Unit: 15, LateAfter: 48},
	"recovery": {Format: string(note.SOAP), Unit: 15, SignWithin: 2},
}

// withRules gives each program its rules of notes.
func withRules(list []org.Program) []org.Program {
	out := slices.Clone(list)
	for i := range out {
		out[i].Notes = programRules[out[i].Code]
	}
	return out
}

// customs keeps what the programs write their notes with.
func (y *year) customs(ctx context.Context) error {
	boss, err := y.as(ctx, "sup-a")
	if err != nil {
		return err
	}
	own, err := y.as(ctx, "cm-a")
	if err != nil {
		return err
	}
	of := func(parts ...string) (out []phrase.TextOf) {
		for i := 0; i+1 < len(parts); i += 2 {
			out = append(out, phrase.TextOf{Heading: parts[i], Text: parts[i+1]})
		}
		return out
	}
	for _, x := range []struct {
		who    actor.Actor
		shared bool
		p      phrase.Phrase
	}{
		{boss, true, phrase.Phrase{Sort: phrase.Short, Key: "lvm", Sections: of("", "Left a voicemail with my name and number only; nothing about the program.")}},
		{boss, true, phrase.Phrase{Sort: phrase.Short, Key: "interp", Sections: of("", "The interpreter was on the line for the whole call.")}},
		{boss, true, phrase.Phrase{Sort: phrase.Short, Key: "noshow", Sections: of("", "Did not come to the appointment. Called once; will try again tomorrow.")}},
		{boss, true, phrase.Phrase{Sort: phrase.Short, Key: "rent", Program: "housing", Sections: of("", "Went over the rent, what is paid and what is owed, and when the next payment falls due.")}},
		{boss, true, phrase.Phrase{Sort: phrase.Template, Title: "Home visit", Type: note.HomeVisit, Program: "housing", Sections: of("", "Condition of the home:\nWho was there:\nWhat was agreed:\nNext visit:")}},
		{boss, true, phrase.Phrase{Sort: phrase.Template, Title: "School meeting", Type: note.CareCoordination, Format: note.DAP, Program: "family", Sections: of("data", "Present:\nAttendance since the last meeting:", "assessment", "What helps:\nWhat gets in the way:", "plan", "Who does what by when:")}},
		{own, false, phrase.Phrase{Sort: phrase.Short, Key: "bus", Sections: of("", "Gave two bus tickets and wrote down the line.")}},
		{own, false, phrase.Phrase{Sort: phrase.Template, Title: "Monthly call", Type: note.PhoneCall, Sections: of("", "Housing:\nIncome and benefits:\nHealth:\nWhat is next:")}},
	} {
		if _, err := y.Phrases.Add(ctx, x.who, x.p, x.shared); err != nil {
			return err
		}
	}
	return nil
}

// inSections writes a note in the format of its program.
func inSections(d draw, c *clientPlan, at time.Time, in *note.Input) {
	var heads []string
	switch c.program {
	case "recovery":
		in.Format, heads = note.SOAP, []string{"subjective", "objective", "assessment", "plan"}
	case "family":
		in.Format, heads = note.DAP, []string{"data", "assessment", "plan"}
	default:
		return
	}
	said := in.Sections[0].Text
	texts := map[string]phi.Text{
		"subjective": said, "data": said, "objective": text(d.say(interventions, c.name, at)),
		"assessment": text(one(d, []string{"On the way; one more step than last time.", "Steady, with the same worry as before.", "A harder week, and still in touch.", "Moving towards the goal by small steps."})),
		"plan":       text(d.say(plans, c.name, at)),
	}
	in.Sections = nil
	for _, h := range heads {
		in.Sections = append(in.Sections, note.Section{Heading: h, Text: texts[h]})
	}
}

// training is what happens with the notes of the colleague in training: from a
// few days ago on they are co-signed. One of them waits, one was returned.
func (y *year) training(of func(worker string, skip int) *clientPlan) {
	began := y.now.AddDate(0, 0, -6)
	y.at(began, -1, func(ctx context.Context) error {
		boss, err := y.as(ctx, "admin")
		if err != nil {
			return err
		}
		for _, code := range []string{"housing", "family"} {
			r := programRules[code]
			r.CoSignWorkers = []string{y.ids[inTraining].String()}
			if err := y.Org.SetNoteRules(ctx, boss, 0, code, r); err != nil {
				return err
			}
		}
		return nil
	})
	for n, x := range []struct {
		ago, late time.Duration
		words     string
		remarks   string
	}{
		{30 * time.Hour, 40 * time.Minute, "Met {n} at the apartment. The lease is signed; the keys come on Friday. {n} asked about the deposit and I read out the paragraph.", ""},
		{52 * time.Hour, 20 * time.Minute, "Called {org} with {n}. They will send the form. {n} is relieved.", "Which form, and by when? Please say who you spoke to, so that a colleague can call back."},
		{75 * time.Hour, 49 * time.Hour, "Walked to the bank with {n} to open the account for the rent.", ""},
	} {
		c := of(inTraining, n)
		at := y.now.Add(-x.ago)
		var id note.ID
		y.at(at.Add(x.late), c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, inTraining)
			if err != nil {
				return err
			}
			d := newDraw(y.seed, 1<<41+uint64(n))
			in := note.Input{
				Type: note.HomeVisit, At: at.Truncate(15 * time.Minute), Timed: true, Minutes: text("40"), Title: text(one(d, titles["housing"])),
				Sections: note.Plain(text(d.say([]string{x.words}, c.name, at))), Case: c.file,
			}
			if x.late > 24*time.Hour {
				in.LateReason = text("Out sick the day after.")
			}
			id, err = y.Notes.Sign(ctx, who, c.id, note.ID{}, 0, in)
			return err
		})
		if x.remarks == "" {
			continue
		}
		y.at(at.Add(6*time.Hour), c.i, func(ctx context.Context) error {
			boss, err := y.as(ctx, "sup-a")
			if err != nil || id.IsZero() {
				return err
			}
			err = y.Notes.Return(ctx, boss, c.id, id, 0, text(x.remarks))
			return err
		})
	}
}
