package storybook

import (
	"context"
	"errors"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/doctor"
	"caseward/internal/upkeep"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// serverStories are the page about the server: in trouble, well, and just started.
func serverStories() []Story {
	show := func(change func(*upkeep.Status)) func(f ui.Frame) templ.Component {
		return func(f ui.Frame) templ.Component {
			s := serverStatus()
			change(&s)
			return pages.Server(administrator(f), s)
		}
	}
	return []Story{
		{"server", show(func(*upkeep.Status) {})},
		{"server-well", show(func(s *upkeep.Status) {
			s.Findings = []upkeep.Finding{doctor.Backup(Now, at(11, 20, 2, 0)), doctor.Log(Now, doctor.Queue{Size: 18412, Signed: 18412}), doctor.Served(doctor.Requests{Over: s.Over, Answered: 412})}
			s.Failed, s.Outside, s.Forwards = 0, nil, nil
		})},
		{"server-started", show(func(s *upkeep.Status) {
			s.Looked, s.Started, s.Over, s.Answered, s.Failed, s.Median, s.Slow = time.Time{}, Now.Add(-20*time.Second), 20*time.Second, 0, 0, 0, 0
			s.Findings = []upkeep.Finding{doctor.Served(doctor.Requests{Over: s.Over}), doctor.Log(Now, doctor.Queue{Size: 18412, Signed: 18412})}
		})},
	}
}

func administrator(f ui.Frame) ui.Frame {
	g := frameOf(f.Lang, "Wendell Okafor", actor.Administrator)
	g.Nonce, g.Theme, g.Density, g.NoKeys = f.Nonce, f.Theme, f.Density, f.NoKeys
	return g
}

func serverStatus() upkeep.Status {
	const lately = 15 * time.Minute
	return upkeep.Status{
		At: Now, Version: "v1.4.0", Go: "go1.26.0", Started: at(11, 17, 6, 2), Looked: at(11, 20, 9, 2),
		Servers:  []upkeep.Server{{Name: "caseward care-1.example.org 811", Here: true}, {Name: "caseward care-2.example.org 790"}},
		Database: "postgres", Data: 3 << 30, Free: 41 << 30,
		Over: lately, Answered: 1240, Failed: 3, Median: 25 * time.Millisecond, Slow: 250 * time.Millisecond, Sessions: 37,
		Entries: 1_284_120, Waiting: 3, SignedAt: at(11, 20, 9, 40), Segments: 4, Scans: 2,
		Outside:  []upkeep.Place{{Kind: "directory", Number: 1, At: at(11, 20, 9, 30), Behind: 212}, {Kind: "witness", Number: 2, Behind: 1284120, Failures: 7}},
		Forwards: []upkeep.Place{{Kind: "syslog", Number: 1, At: at(11, 20, 9, 40), Behind: 1}},
		Findings: []upkeep.Finding{
			doctor.Outside(Now, []doctor.Sent{{Name: "directory 1", Last: at(11, 20, 9, 30)}, {Name: "witness 2", Owed: true}}),
			{Check: "mail", State: doctor.Wrong, Says: "the mail server does not take us: refused", Do: "see smtp in caseward.json and the credential caseward-smtp", Words: doctor.Words{Text: "the mail server does not take us: %s", Args: []any{errors.New("refused")}}},
			doctor.KeyCopy(Now, "", nil, doctor.Copy{}),
			doctor.Backup(Now, at(11, 18, 2, 0)),
			doctor.Served(doctor.Requests{Over: lately, Answered: 1240, Failed: 3}),
			doctor.Recovery(Now, []doctor.Way{{}}),
			doctor.Clock(Now, Now),
			doctor.Log(Now, doctor.Queue{Size: 1284120, Signed: 1284120}),
			doctor.Keys("b", map[string]int64{"a": 3, "b": 5}),
			doctor.Forwarding(Now, []doctor.Forwarded{{Name: "syslog 1", Behind: 1, Oldest: Now}}),
			doctor.Database(&doctor.Session{Version: 160004, Synced: true, TLS: "TLSv1.3"}, true),
			doctor.Segments(make([]doctor.Segment, 4)),
			doctor.Service(context.Background(), true, nil),
		},
	}
}
