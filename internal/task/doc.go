// Package task keeps what somebody is to do by a day, and works out what falls
// due.
//
// A task is about a client or, without one, about the agency's own work. It is
// open, done or dropped; it belongs to one worker, who may give it to a colleague
// who works with the client and gets it back. A task that repeats goes on to its
// next day when it is done: the record keeps each time. What is to be done is in
// the words of the task, a class of their own, so that who plans the week need not
// read them.
//
// Every day and time is civil, in the agency's zone: a task of November 1 is late
// when November 2 begins there, whatever the clocks do in between. A task of a day
// that has no such hour is due when the clocks have gone forward.
//
// # What falls due
//
// Most of what is due is stored nowhere as due: a case says when its client is to
// be contacted, a draft when it is to be signed. Each package that knows of such a
// thing is a [Source]; package app joins them with [Tasks.Join], and
// [Tasks.Day] asks all of them in one view, so that the whole day is one entry in
// the log. To add one:
//
//  1. declare a [What] in the package that knows, as "consent_ends";
//  2. write a method WantDue there that wants a list from the view with what the
//     [Ask] narrows it to, and returns that list and a function that makes a [Due]
//     of each row once the view is open;
//  3. add it to the call of Join in internal/app, and a sentence for the What to
//     the table dueNames in internal/web/pages.
//
// It never decides who may see what: a list holds what the door lets through. It
// reminds nobody outside the program.
//
// To start: New(door, notices), then Add, Done, Snooze, Give, Day.
package task
