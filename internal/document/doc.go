// Package document keeps documents: what each is, and what it says.
//
// An uploaded document is one record with a file stored beside the database, sealed
// as it arrives; how large it may be the operator sets ([Taking]). Which kinds are
// taken ([Accept]) is told by what is in the file: PDF, pictures, plain text, and
// word-processing and spreadsheet files. It is closed until it was looked at for
// viruses: filed then, or in quarantine until the security officer decides. A newer
// version supersedes it, and one that was filed in error is withdrawn; neither is
// lost. Versions are numbered as they arrive.
//
// An imported document is two records: the card (title, type, date, author) and
// the content, at most [MaxContent]. It is plain text, HTML or PDF, believed only if
// the content looks like it. HTML is only ever shown as text: it may have come from
// anywhere, and is never handed to a browser as a page.
//
// Lists open cards only; the content is opened, and the log says so, when somebody
// opens the document (45 CFR 164.502(b)). All of it is sealed under the client's
// key.
//
// It never hands out what nobody looked at for viruses where a scanner is asked for,
// and never shows the security officer whose document is in quarantine.
//
// To start: New(door), Take, then Upload, WantSome, OpenFile; Adopt for imports.
package document
