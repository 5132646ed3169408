package demo

import (
	"context"
	"time"

	"caseward/internal/appointment"
	"caseward/internal/record"
	"caseward/internal/task"
)

// todos are what case managers of any program write on their lists.
var todos = []string{
	"Call the landlord about the repair notice.",
	"Send the verification letter to the benefits office.",
	"Ask the clinic for the next free appointment.",
	"Check that the bus pass arrived.",
	"File the recertification form.",
	"Confirm the interpreter for the next visit.",
	"Bring the copy of the lease to the next visit.",
	"Ask whether the phone number is still right.",
}

// purposes are what clients and workers meet for.
var purposes = []string{
	"Go over the budget for next month.", "Look at the apartment together.", "Fill in the application.", "Prepare for the hearing.",
	"Check in after the first week at work.", "Review the goals of the plan.", "Ride to the clinic.",
}

// days plans the days around now: tasks, appointments, and what colleagues give
// each other to do.
func (y *year) days() {
	d := newDraw(y.seed, 1<<41)
	now := y.now.In(y.zone)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	mine := func(key string) []*clientPlan {
		var out []*clientPlan
		for _, c := range y.plans {
			if c.worker == key {
				out = append(out, c)
			}
		}
		return out
	}
	before := y.office(d, day(-4))
	for _, key := range []string{"cm-a", "cm-b", "cm-c", "cm-d", "cm-e", "cm-f"} {
		clients := mine(key)
		if len(clients) < 8 {
			continue
		}
		for n, due := range []int{-2, 0, 0, 1, 3, 6} {
			c := clients[n%len(clients)]
			in := task.Input{What: text(todos[(n+len(key)+int(key[3]))%len(todos)]), DueOn: date(day(due))}
			switch n {
			case 1:
				in.Priority = task.High
			case 2:
				in.DueAt = "16:00"
			case 4:
				in.Every, in.Unit = 1, task.Weeks
			}
			y.at(before.Add(time.Duration(n)*7*time.Minute), c.i, func(ctx context.Context) error {
				who, err := y.as(ctx, key)
				if err != nil {
					return err
				}
				in.Client = record.SubjectOf(c.id)
				_, err = y.Tasks.Add(ctx, who, in)
				return err
			})
		}
		// This week, a time free of the others; two of the first worker's overlap.
		for n, x := range []struct {
			day     int
			at      string
			minutes int
			typ     appointment.Type
		}{
			{-1, "14:00", 45, appointment.Home}, {0, "09:30", 30, appointment.Office}, {0, "13:00", 60, appointment.Home}, {1, "10:00", 45, appointment.Video},
			{2, "11:00", 90, appointment.Court}, {3, "09:00", 60, appointment.Transport}, {3, "09:30", 30, appointment.Phone}, {5, "15:00", 45, appointment.Office},
		} {
			if n == 6 && key != "cm-a" {
				continue
			}
			c := clients[(n+2)%len(clients)]
			in := appointment.Input{On: date(day(x.day)), At: x.at, Minutes: x.minutes, Type: x.typ, Purpose: text(purposes[(n+int(key[3]))%len(purposes)]), Reminder: appointment.Call}
			if n == 7 {
				in.Weeks = 4
			}
			y.at(before.Add(time.Duration(60+n*5)*time.Minute), c.i, func(ctx context.Context) error {
				who, err := y.as(ctx, key)
				if err != nil {
					return err
				}
				_, err = y.Calendar.Book(ctx, who, record.SubjectOf(c.id), in, y.zone)
				return err
			})
		}
	}
	// Supervisors give their workers something to do, and intake books for them.
	for _, x := range []struct{ boss, worker, what string }{
		{"sup-a", "cm-a", "Read the note of the break-in with me before Friday."},
		{"sup-a", "cm-b", "Ask the client whether the new worker may join the next visit."},
		{"sup-b", "cm-e", "Find out why two visits in a row were missed."},
	} {
		clients := mine(x.worker)
		if len(clients) == 0 {
			continue
		}
		c := clients[min(8, len(clients)-1)]
		y.at(y.office(d, day(-1)), c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, x.boss)
			if err != nil {
				return err
			}
			_, err = y.Tasks.Add(ctx, who, task.Input{Client: record.SubjectOf(c.id), What: text(x.what), DueOn: date(day(2)), Owner: y.ids[x.worker].String(), Origin: task.FromConference})
			return err
		})
	}
	if clients := mine("cm-a"); len(clients) > 9 {
		c := clients[9]
		y.at(y.office(d, day(-1)), c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, "intake")
			if err != nil {
				return err
			}
			_, err = y.Calendar.Book(ctx, who, record.SubjectOf(c.id), appointment.Input{Worker: y.ids["cm-a"].String(), On: date(day(4)), At: "10:30", Minutes: 45, Type: appointment.Office}, y.zone)
			return err
		})
	}
	// What supervisors are to do themselves.
	for _, boss := range []string{"sup-a", "sup-b"} {
		y.at(y.office(d, day(-3)), -1, func(ctx context.Context) error {
			who, err := y.as(ctx, boss)
			if err != nil {
				return err
			}
			for n, what := range []string{"Prepare the agenda of the team meeting.", "Order bus passes for next month."} {
				if _, err := y.Tasks.Add(ctx, who, task.Input{What: text(what), DueOn: date(day(2 * n))}); err != nil {
					return err
				}
			}
			return nil
		})
	}
}
