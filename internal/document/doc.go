// Package document keeps documents: what each is, and what it says.
//
// A document is two records: the card (title, type, date, author) and the
// content. Lists open cards only; the content is opened, and the log says so,
// when somebody opens the document (45 CFR 164.502(b)). Both are sealed under the
// client's key.
//
// Three media types are kept: plain text, HTML and PDF; a type is believed only
// if the content looks like it. HTML is only ever shown as text: it may have come
// from anywhere, and is never handed to a browser as a page. Content is at most
// 4 MiB.
//
// To start: New(door), then WantAll, Open.
package document
